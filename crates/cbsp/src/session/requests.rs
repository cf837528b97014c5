//! What was asked and not answered yet, in the order it was asked.

use std::collections::VecDeque;

use super::{Request, SessionConfig, Token};

/// The open requests: those in time, and those whose time is up and that only wait for a late answer.
///
/// An answer belongs to the oldest request in time that it fits, and only then to one that is late: were it the other
/// way round, an answer that never comes would put each later one off by one, and a retry would never be answered.
#[derive(Debug)]
pub(super) struct Requests {
    in_time: VecDeque<Asked>,
    late: VecDeque<Asked>,
    /// How long an answer may take.
    patience_ms: u64,
}

#[derive(Clone, Copy, Debug)]
struct Asked {
    token: Token,
    request: Request,
    at_ms: u64,
}

impl Requests {
    pub(super) fn new(config: &SessionConfig) -> Self {
        Self { in_time: VecDeque::new(), late: VecDeque::new(), patience_ms: config.answer_timeout_ms }
    }

    pub(super) fn push(&mut self, token: Token, request: Request, at_ms: u64) {
        self.in_time.push_back(Asked { token, request, at_ms });
    }

    /// Takes the request that an answer belongs to.
    pub(super) fn take(
        &mut self,
        config: &SessionConfig,
        fits: impl Fn(&Request) -> bool,
    ) -> Option<(Token, Request)> {
        let index_in = |open: &VecDeque<Asked>| open.iter().position(|asked| fits(&asked.request));
        let taken = if let Some(index) = index_in(&self.in_time) {
            self.in_time.remove(index)
        } else {
            let index = index_in(&self.late)?;
            self.wait_longer(config);
            self.late.remove(index)
        };
        taken.map(|asked| (asked.token, asked.request))
    }

    /// The peer is not silent but slow. What is given up too early cannot be told apart from its repeat in the answers.
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
        self.late.push_back(asked);
        Some(asked.token)
    }

    /// When the time of the oldest request in time is up.
    pub(super) fn next_overdue_ms(&self) -> Option<u64> {
        self.in_time.front().map(|asked| asked.at_ms.saturating_add(self.patience_ms))
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
