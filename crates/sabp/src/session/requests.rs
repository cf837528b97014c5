//! What was asked and not answered yet, and what waits for its turn.

use std::collections::VecDeque;

use bytes::Bytes;
use cbs::MessageId;

use super::{Request, SessionConfig, Token};

/// The open requests: those that wait for their turn, those in time, and those whose time is up and that only wait for
/// a late answer.
///
/// An RNC knows a message by its identifier and the 12 leftmost bits of the serial number (TS 25.419 §8.2.2). Of two requests for the
/// same message that it has at once it drops one (a kill, a query) or gives up the first (a write). So one at a time is
/// out for each message, in whatever service areas: which these are is not looked at.
///
/// An answer belongs to the oldest request in time that it fits, and only then to one that is late: were it the other
/// way round, an answer that never comes would put each later one off by one.
#[derive(Debug, Default)]
pub(super) struct Requests {
    waiting: VecDeque<(Asked, Bytes)>,
    in_time: VecDeque<Asked>,
    late: VecDeque<Asked>,
}

#[derive(Clone, Copy, Debug)]
struct Asked {
    token: Token,
    request: Request,
    /// When it was sent.
    at_ms: u64,
}

/// Of what an RNC takes one request at a time.
#[derive(PartialEq)]
enum Subject {
    /// Identifier, and the 12 leftmost bits of the serial number.
    Message(MessageId, u16),
    Load,
    Reset,
}

impl Subject {
    fn of(request: Request) -> Self {
        match request {
            Request::Write { message_id, serial }
            | Request::Kill { message_id, serial }
            | Request::StatusQuery { message_id, serial } => Self::Message(message_id, serial.bits() >> 4),
            Request::LoadQuery => Self::Load,
            Request::Reset => Self::Reset,
        }
    }
}

impl Requests {
    /// Takes a request in; [`Requests::next_to_send`] tells when its turn has come.
    pub(super) fn push(&mut self, token: Token, request: Request, pdu: Bytes) {
        self.waiting.push_back((Asked { token, request, at_ms: 0 }, pdu));
    }

    /// The next waiting write of the message of this kill, taken out: it must not follow the kill, nor delay it.
    pub(super) fn overtaken(&mut self, kill: Request) -> Option<Token> {
        let Request::Kill { .. } = kill else { return None };
        let is_overtaken = |(asked, _): &(Asked, Bytes)| {
            matches!(asked.request, Request::Write { .. }) && Subject::of(asked.request) == Subject::of(kill)
        };
        let index = self.waiting.iter().position(is_overtaken)?;
        self.waiting.remove(index).map(|(asked, _)| asked.token)
    }

    /// The oldest request whose turn has come.
    pub(super) fn next_to_send(&mut self, now_ms: u64) -> Option<Bytes> {
        let is_out =
            |subject: Subject| self.in_time.iter().any(|asked| Subject::of(asked.request) == subject);
        let index = self.waiting.iter().position(|(asked, _)| !is_out(Subject::of(asked.request)))?;
        let (asked, pdu) = self.waiting.remove(index)?;
        self.in_time.push_back(Asked { at_ms: now_ms, ..asked });
        Some(pdu)
    }

    /// Takes the request that an answer belongs to.
    pub(super) fn take(&mut self, fits: impl Fn(&Request) -> bool) -> Option<(Token, Request)> {
        for asked in [&mut self.in_time, &mut self.late] {
            if let Some(index) = asked.iter().position(|asked| fits(&asked.request)) {
                return asked.remove(index).map(|asked| (asked.token, asked.request));
            }
        }
        None
    }

    /// The next request whose time is up; it is remembered for a late answer. Those remembered for too long, or too
    /// many, are forgotten.
    pub(super) fn overdue(&mut self, now_ms: u64, config: &SessionConfig) -> Option<Token> {
        let forget_ms = config.answer_timeout_ms.saturating_add(config.late_answer_ms);
        while self.late.front().is_some_and(|asked| asked.at_ms.saturating_add(forget_ms) <= now_ms)
            || self.late.len() > config.requests_max
        {
            self.late.pop_front();
        }
        if self.next_overdue_ms(config)? > now_ms {
            return None;
        }
        let asked = self.in_time.pop_front()?;
        self.late.push_back(asked);
        Some(asked.token)
    }

    /// When the time of the oldest request in time is up.
    pub(super) fn next_overdue_ms(&self, config: &SessionConfig) -> Option<u64> {
        self.in_time.front().map(|asked| asked.at_ms.saturating_add(config.answer_timeout_ms))
    }

    /// Forgets everything and names those that nobody was told about yet.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Token> + use<> {
        self.late.clear();
        let in_time = std::mem::take(&mut self.in_time).into_iter();
        in_time
            .chain(std::mem::take(&mut self.waiting).into_iter().map(|(asked, _)| asked))
            .map(|asked| asked.token)
    }

    /// How many wait for their turn or are in time.
    pub(super) fn len(&self) -> usize {
        self.waiting.len() + self.in_time.len()
    }
}
