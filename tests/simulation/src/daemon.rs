//! The daemon: the real engine and dispatch, joined as the dispatcher's thread joins them.

use std::collections::VecDeque;

use bytes::Bytes;
use dispatch::{Dispatch, PeerId};
use engine::{AlertId, Engine, Entry, Refusal, Seq};

use crate::land::Land;

/// What one process owns.
pub(crate) struct Daemon {
    pub(crate) engine: Engine,
    pub(crate) dispatch: Dispatch,
    /// Records that wait to be handed to the disk.
    pub(crate) records: Vec<Entry>,
    pub(crate) durable: Seq,
    /// Nothing becomes durable any more.
    pub(crate) journal_failed: bool,
    /// Answers that wait for their records.
    pub(crate) answers: VecDeque<(Seq, usize, Result<AlertId, Refusal>)>,
    pub(crate) ports: Vec<Port>,
    /// Approvals whose records are not durable yet.
    pub(crate) approvals: Vec<Seq>,
}

/// A peer's link as the daemon knows it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Port {
    pub(crate) up: bool,
    /// A PDU that the link's full queue has not taken yet.
    pub(crate) held: Option<Bytes>,
}

impl Daemon {
    /// A process that has read these records.
    pub(crate) fn new(land: &Land, entries: &[Entry]) -> Self {
        let mut engine = land.engine();
        entries.iter().for_each(|entry| engine.replay(entry));
        Self {
            durable: engine.last(),
            engine,
            dispatch: land.dispatch(),
            records: Vec::new(),
            journal_failed: false,
            answers: VecDeque::new(),
            ports: vec![Port::default(); land.peers.len()],
            approvals: Vec::new(),
        }
    }

    /// How many requests wait for an answer, over all peers.
    pub(crate) fn unanswered(&self) -> usize {
        (0..self.ports.len()).map(|peer| self.dispatch.peer_status(PeerId(peer as u16)).in_flight).sum()
    }

    /// When it has something to do next.
    pub(crate) fn next_wakeup(&self) -> Option<u64> {
        [self.engine.next_wakeup(), self.dispatch.next_wakeup()].into_iter().flatten().min()
    }
}
