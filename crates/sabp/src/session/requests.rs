//! What was asked and not answered yet, and what waits for its turn.

use std::collections::VecDeque;

use bytes::Bytes;
use cbs::MessageId;

use super::{Request, SessionConfig, Token};
use crate::pdu::ServiceArea;

/// The open requests: those that wait for their turn, those in time, and those whose time is up and that only wait for
/// a late answer.
///
/// An RNC knows a message by its identifier, the 12 leftmost bits of the serial number and the service area (TS 25.419
/// §8.2.2). Of two requests for the same that it has at once it drops one (a kill, a query) or gives up the first (a
/// write). So they go one after the other for each message and service area. But a kill waits for nothing but another
/// kill, and a write for no query: the RNC has done, or told, what came before when it comes to them.
///
/// An answer belongs to a request that has the service areas it names, and among those to the oldest in time, and only then
/// to one that is late: were it the other way round, an answer that never comes would put each later one off by one.
#[derive(Debug)]
pub(super) struct Requests {
    waiting: Vec<(Asked, Bytes)>,
    in_time: VecDeque<Asked>,
    late: VecDeque<Asked>,
    /// How long an answer may take.
    patience_ms: u64,
}

#[derive(Debug)]
struct Asked {
    token: Token,
    request: Request,
    areas: Reach,
    /// When it was sent.
    at_ms: u64,
}

/// The service areas of a request, ascending; none: all.
#[derive(Debug)]
struct Reach(Vec<ServiceArea>);

impl Reach {
    fn new(mut areas: Vec<ServiceArea>) -> Self {
        areas.sort_unstable();
        Self(areas)
    }

    fn has(&self, area: ServiceArea) -> bool {
        self.0.is_empty() || self.0.binary_search(&area).is_ok()
    }

    fn meets(&self, other: &Self) -> bool {
        let (Some(first), Some(last)) = (self.0.first(), self.0.last()) else { return true };
        if other.0.is_empty() {
            return true;
        }
        let from = other.0.partition_point(|area| area < first);
        let mut theirs = other.0[from..].iter().take_while(|area| *area <= last);
        theirs.any(|area| self.0.binary_search(area).is_ok())
    }
}

impl Asked {
    /// Whether this one has to wait until an earlier one is done.
    fn waits_for(&self, earlier: &Self) -> bool {
        let overtakes = match self.request {
            Request::Kill { .. } => !matches!(earlier.request, Request::Kill { .. }),
            Request::Write { .. } => matches!(earlier.request, Request::StatusQuery { .. }),
            Request::StatusQuery { .. } | Request::LoadQuery | Request::Reset => false,
        };
        Subject::of(self.request) == Subject::of(earlier.request)
            && !overtakes
            && self.areas.meets(&earlier.areas)
    }
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
    pub(super) fn new(config: &SessionConfig) -> Self {
        let (waiting, in_time, late) = (Vec::new(), VecDeque::new(), VecDeque::new());
        Self { waiting, in_time, late, patience_ms: config.answer_timeout_ms }
    }

    /// Takes a request for these service areas in; [`Requests::next_to_send`] tells when its turn has come. Writes that
    /// still wait where it kills are named and forgotten: they must not follow it.
    pub(super) fn push(
        &mut self,
        token: Token,
        request: Request,
        areas: Vec<ServiceArea>,
        pdu: Bytes,
    ) -> Vec<Token> {
        let asked = Asked { token, request, areas: Reach::new(areas), at_ms: 0 };
        let is_overtaken = |(earlier, _): &mut (Asked, Bytes)| {
            matches!((earlier.request, request), (Request::Write { .. }, Request::Kill { .. }))
                && earlier.waits_for(&asked)
        };
        let overtaken = self.waiting.extract_if(.., is_overtaken).map(|(earlier, _)| earlier.token).collect();
        self.waiting.push((asked, pdu));
        overtaken
    }

    /// The oldest request whose turn has come.
    pub(super) fn next_to_send(&mut self, now_ms: u64) -> Option<Bytes> {
        let has_turn = |at: usize| {
            let asked = &self.waiting[at].0;
            let mut earlier = self.in_time.iter().chain(self.waiting[..at].iter().map(|(asked, _)| asked));
            !earlier.any(|earlier| asked.waits_for(earlier))
        };
        let at = (0..self.waiting.len()).find(|at| has_turn(*at))?;
        let (asked, pdu) = self.waiting.remove(at);
        self.in_time.push_back(Asked { at_ms: now_ms, ..asked });
        Some(pdu)
    }

    /// Takes the request that an answer belongs to. `named` is a service area that the answer names.
    pub(super) fn take(
        &mut self,
        config: &SessionConfig,
        named: Option<ServiceArea>,
        fits: impl Fn(&Request) -> bool,
    ) -> Option<(Token, Request)> {
        // An RNC that names another service area than it was asked about means some request all the same.
        let about = named.map(|named| move |asked: &Asked| asked.areas.has(named));
        let tries = about.iter().map(|about| about as &dyn Fn(&Asked) -> bool);
        for is_meant in tries.chain([&(|_: &Asked| true) as _]) {
            let place_in = |open: &VecDeque<Asked>| {
                open.iter().position(|asked| fits(&asked.request) && is_meant(asked))
            };
            let taken = if let Some(at) = place_in(&self.in_time) {
                self.in_time.remove(at)
            } else if let Some(at) = place_in(&self.late) {
                self.wait_longer(config);
                self.late.remove(at)
            } else {
                continue;
            };
            return taken.map(|asked| (asked.token, asked.request));
        }
        None
    }

    /// The RNC is not silent but slow. What is given up too early cannot be told apart from its repeat in the answers.
    fn wait_longer(&mut self, config: &SessionConfig) {
        let most_ms = config.late_answer_ms.max(self.patience_ms);
        self.patience_ms = self.patience_ms.saturating_mul(2).min(most_ms);
    }

    /// The next request whose time is up; it is remembered for a late answer. Those remembered for too long, or too
    /// many, are forgotten.
    pub(super) fn overdue(&mut self, now_ms: u64, config: &SessionConfig) -> Option<Token> {
        let forget_ms = self.patience_ms.saturating_add(config.late_answer_ms);
        while self.late.front().is_some_and(|asked| asked.at_ms.saturating_add(forget_ms) <= now_ms)
            || self.late.len() > config.requests_max
        {
            self.late.pop_front();
        }
        if self.next_overdue_ms()? > now_ms {
            return None;
        }
        let asked = self.in_time.pop_front()?;
        let token = asked.token;
        self.late.push_back(asked);
        Some(token)
    }

    /// When the time of the oldest request in time is up.
    pub(super) fn next_overdue_ms(&self) -> Option<u64> {
        self.in_time.front().map(|asked| asked.at_ms.saturating_add(self.patience_ms))
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
