//! A link between the daemon and an element, with its delays and its ways to fail.

use std::collections::VecDeque;

use bytes::Bytes;

/// A link.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    pub(crate) latency_ms: u64,
    pub(crate) state: State,
    /// PDUs to the element, and to the daemon, by the time they arrive.
    pub(crate) to_element: VecDeque<(u64, Bytes)>,
    pub(crate) to_daemon: VecDeque<(u64, Bytes)>,
    /// Everything is lost until then; then the link breaks.
    pub(crate) hole_ms: Option<u64>,
    /// Nothing moves towards the element until then.
    pub(crate) stall_ms: Option<u64>,
    /// Something was wrong with it until then.
    pub(crate) sick_ms: u64,
}

/// Where a link stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum State {
    /// It is dialled at this time.
    Down { dial_ms: u64 },
    /// It is up.
    Up,
    /// It is down; the daemon hears of it at this time.
    Breaking { heard_ms: u64 },
}

/// How many PDUs a stalled link takes.
pub(crate) const ROOM: usize = 2;
/// How long after a loss a link is dialled again.
pub(crate) const REDIAL_MS: u64 = 1_000;

impl Wire {
    pub(crate) fn new(latency_ms: u64) -> Self {
        Self {
            latency_ms,
            state: State::Down { dial_ms: 0 },
            to_element: VecDeque::new(),
            to_daemon: VecDeque::new(),
            hole_ms: None,
            stall_ms: None,
            sick_ms: 0,
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.state == State::Up
    }

    pub(crate) fn is_full(&self) -> bool {
        self.stall_ms.is_some() && self.to_element.len() >= ROOM
    }

    /// When something happens on it next.
    pub(crate) fn next_wakeup(&self, daemon_lives: bool) -> Option<u64> {
        let state = match self.state {
            State::Down { dial_ms } => daemon_lives.then_some(dial_ms),
            State::Breaking { heard_ms } => Some(heard_ms),
            State::Up => None,
        };
        let to_element =
            if self.stall_ms.is_some() { self.stall_ms } else { self.to_element.front().map(|(at, _)| *at) };
        let to_daemon = self.to_daemon.front().map(|(at, _)| *at);
        [state, to_element, to_daemon, self.hole_ms].into_iter().flatten().min()
    }

    /// Nothing is on its way any more; what was is lost.
    pub(crate) fn clear(&mut self) -> impl Iterator<Item = Bytes> + use<> {
        self.to_element.clear();
        (self.hole_ms, self.stall_ms) = (None, None);
        std::mem::take(&mut self.to_daemon).into_iter().map(|(_, pdu)| pdu)
    }
}
