//! The requests in flight, the oldest first.

use std::collections::VecDeque;

use cbs::{MessageId, SerialNumber};

/// The caller's name of a request.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Token(pub u64);

/// What was asked.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Kind {
    /// Write-Replace-Warning.
    Write,
    /// Stop-Warning.
    Stop,
}

/// What tells which answer belongs to a request.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Request {
    /// What was asked.
    pub kind: Kind,
    /// The identifier in the request.
    pub message_id: MessageId,
    /// The serial number in the request.
    pub serial: SerialNumber,
}

/// Requests in the order in which they were sent. Since the timeout never gets shorter, those that are overdue come first.
#[derive(Debug, Default)]
pub(super) struct Requests {
    sent: VecDeque<Sent>,
    overdue: usize,
}

/// A request that has its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answered {
    pub(super) token: Token,
    /// It was overdue.
    pub(super) is_late: bool,
}

#[derive(Debug)]
struct Sent {
    token: Token,
    request: Request,
    /// When it is reported unanswered; for one that is overdue, when it is forgotten.
    deadline_ms: u64,
}

impl Requests {
    /// How many are remembered.
    pub(super) fn len(&self) -> usize {
        self.sent.len()
    }

    /// How many are not overdue.
    pub(super) fn pending(&self) -> usize {
        self.sent.len() - self.overdue
    }

    /// Remembers a request.
    pub(super) fn sent(&mut self, token: Token, request: Request, deadline_ms: u64) {
        self.sent.push_back(Sent { token, request, deadline_ms });
    }

    /// Takes the request that this answers: the oldest in time, and only then one that is overdue. Were it the other way
    /// round, an answer that never comes would put each later one off by one, and a retry would never be answered.
    pub(super) fn answered(&mut self, request: Request) -> Option<Answered> {
        let fits = |index: &usize| self.sent[*index].request == request;
        let index = (self.overdue..self.sent.len()).chain(0..self.overdue).find(fits)?;
        let is_late = index < self.overdue;
        self.overdue -= usize::from(is_late);
        self.sent.remove(index).map(|sent| Answered { token: sent.token, is_late })
    }

    /// The next request that becomes overdue at `now_ms`; it is remembered `late_ms` longer.
    pub(super) fn expire(&mut self, now_ms: u64, late_ms: u64) -> Option<Token> {
        while self.overdue > 0 && self.sent.front().is_some_and(|sent| sent.deadline_ms <= now_ms) {
            self.sent.pop_front();
            self.overdue -= 1;
        }
        let sent = self.sent.get_mut(self.overdue).filter(|sent| sent.deadline_ms <= now_ms)?;
        sent.deadline_ms = now_ms.saturating_add(late_ms);
        self.overdue += 1;
        Some(sent.token)
    }

    /// When the next request becomes overdue or is forgotten.
    pub(super) fn next_deadline_ms(&self) -> Option<u64> {
        let forgotten = self.sent.front();
        let overdue = self.sent.get(self.overdue);
        [forgotten, overdue].into_iter().flatten().map(|sent| sent.deadline_ms).min()
    }

    /// Forgets all of them and names those that were not overdue.
    pub(super) fn forget_all(&mut self) -> impl Iterator<Item = Token> {
        let overdue = std::mem::take(&mut self.overdue);
        std::mem::take(&mut self.sent).into_iter().skip(overdue).map(|sent| sent.token)
    }
}
