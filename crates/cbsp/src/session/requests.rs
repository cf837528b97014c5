//! What was asked and not answered yet, in the order it was asked.

use std::collections::VecDeque;

use super::{Request, SessionConfig, Token};

/// The open requests: those in time, and those whose time is up and that only wait for a late answer.
///
/// An answer belongs to the oldest request in time that it fits, and only then to one that is late: were it the other
/// way round, an answer that never comes would put each later one off by one, and a retry would never be answered.
#[derive(Debug, Default)]
pub(super) struct Requests {
    in_time: VecDeque<Asked>,
    late: VecDeque<Asked>,
}

#[derive(Clone, Copy, Debug)]
struct Asked {
    token: Token,
    request: Request,
    at_ms: u64,
}

impl Requests {
    pub(super) fn push(&mut self, token: Token, request: Request, at_ms: u64) {
        self.in_time.push_back(Asked { token, request, at_ms });
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
        let forget_ms = config.answer_timeout_ms + config.late_answer_ms;
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
        std::mem::take(&mut self.in_time).into_iter().map(|asked| asked.token)
    }

    /// How many are in time.
    pub(super) fn len(&self) -> usize {
        self.in_time.len()
    }
}
