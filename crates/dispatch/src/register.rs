//! What was handed to a controller's peers, so that an indication finds its broadcast.

use std::collections::VecDeque;

use area::{CellRuns, ControllerId};
use cbs::{MessageId, SerialNumber};
use engine::order::{BroadcastId, Verb};
use sbcap::GlobalEnbId;
use smallvec::SmallVec;

use crate::{PeerId, Traffic};

/// The most messages that are remembered of one controller; the oldest is forgotten first.
const MESSAGES_MAX: usize = 256;

/// A message as an indication names it.
pub(crate) type Reference = (MessageId, SerialNumber);

/// The messages handed to a controller's peers.
#[derive(Debug, Default)]
pub(crate) struct Register {
    /// The oldest first. Nearly every word is about one of the last.
    messages: VecDeque<(Reference, Handed)>,
}

/// What was handed out of one message.
#[derive(Debug)]
pub(crate) struct Handed {
    pub(crate) broadcast: BroadcastId,
    /// The cells it was handed out for, to whatever end.
    pub(crate) cells: CellRuns,
    /// Those of them whose stop a peer has accepted since it was last written there, by peer.
    stopping: SmallVec<[(PeerId, CellRuns); 2]>,
    /// The peers it was handed to.
    pub(crate) peers: SmallVec<[PeerId; 8]>,
    /// The nodes that have restarted since, each with its cells that had it and are to have it again.
    pub(crate) lost: Vec<Lost>,
    pdus: u64,
    octets: u64,
}

/// A node that restarted, and the cells in which it lost a message.
pub(crate) type Lost = (GlobalEnbId, CellRuns);

impl Handed {
    fn new(broadcast: BroadcastId) -> Self {
        Self {
            broadcast,
            cells: CellRuns::new(),
            stopping: SmallVec::new(),
            peers: SmallVec::new(),
            lost: Vec::new(),
            pdus: 0,
            octets: 0,
        }
    }
}

impl Handed {
    /// The cells whose stop this peer has accepted since it was last written there; `None` where it has accepted none.
    pub(crate) fn stopping(&self, peer: PeerId) -> Option<&CellRuns> {
        self.stopping.iter().find(|(known, _)| *known == peer).map(|(_, cells)| cells)
    }
}

impl Register {
    /// Notes a request about a message; `octets` go out for it, none where another request's do. Says whether every one of these cells has been asked for it before.
    pub(crate) fn note(
        &mut self,
        reference: Reference,
        verb: Verb,
        broadcast: BroadcastId,
        peer: PeerId,
        cells: &CellRuns,
        octets: usize,
    ) -> bool {
        let at = self.place(reference).unwrap_or_else(|| {
            if self.messages.len() == MESSAGES_MAX {
                self.messages.pop_front();
            }
            self.messages.push_back((reference, Handed::new(broadcast)));
            self.messages.len() - 1
        });
        let handed = &mut self.messages[at].1;
        // The same reference for another broadcast: its serial number has come round after its rest.
        if handed.broadcast != broadcast {
            *handed = Handed::new(broadcast);
        }
        if !handed.peers.contains(&peer) {
            handed.peers.push(peer);
        }
        let all = handed.cells.union(cells);
        let repeat = all == handed.cells;
        handed.cells = all;
        if verb != Verb::Kill {
            handed.stopping.iter_mut().for_each(|(_, stopping)| *stopping = stopping.subtract(cells));
        }
        handed.lost.iter_mut().for_each(|(_, lost)| *lost = lost.subtract(cells));
        handed.lost.retain(|(_, lost)| !lost.is_empty());
        handed.pdus += u64::from(octets > 0);
        handed.octets += octets as u64;
        repeat
    }

    /// A node restarted: these cells have lost whatever was handed out for them.
    pub(crate) fn restarted(&mut self, node: GlobalEnbId, cells: &CellRuns) {
        for (_, handed) in &mut self.messages {
            let lost = handed.cells.intersect(cells);
            handed.lost.retain(|(known, _)| *known != node);
            handed.lost.extend((!lost.is_empty()).then_some((node, lost)));
        }
    }

    /// A peer has accepted to take a message off the air in these cells.
    pub(crate) fn stops(&mut self, reference: Reference, peer: PeerId, cells: &CellRuns) {
        let Some(at) = self.place(reference) else { return };
        let stopping = &mut self.messages[at].1.stopping;
        match stopping.iter_mut().find(|(known, _)| *known == peer) {
            Some((_, known)) => *known = known.union(cells),
            None => stopping.push((peer, cells.clone())),
        }
    }

    /// What was handed out of a message.
    pub(crate) fn handed(&self, reference: Reference) -> Option<&Handed> {
        self.place(reference).map(|at| &self.messages[at].1)
    }

    /// What a broadcast cost towards the controller, as far as its messages are remembered; `None` when it had none.
    pub(crate) fn traffic(&self, controller: ControllerId, broadcast: BroadcastId) -> Option<Traffic> {
        let mut handed =
            self.messages.iter().map(|(_, handed)| handed).filter(|handed| handed.broadcast == broadcast);
        let first = handed.next()?;
        let traffic = Traffic { controller, pdus: first.pdus, octets: first.octets };
        Some(handed.fold(traffic, |sum, handed| Traffic {
            pdus: sum.pdus + handed.pdus,
            octets: sum.octets + handed.octets,
            ..sum
        }))
    }

    fn place(&self, reference: Reference) -> Option<usize> {
        self.messages.iter().rposition(|(known, _)| *known == reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeat_is_told_from_new_cells_and_the_oldest_message_is_forgotten() {
        let mut register = Register::default();
        let reference = |serial| (MessageId::new(4379), SerialNumber::from_bits(serial));
        let mut note = |serial, cells| {
            register.note(
                reference(serial),
                Verb::Write,
                BroadcastId(7),
                PeerId(0),
                &CellRuns::from_range(cells),
                10,
            )
        };
        assert!(!note(0, 0..4));
        assert!(note(0, 1..3));
        assert!(!note(0, 3..5));
        for serial in 1..=MESSAGES_MAX as u16 {
            note(serial, 0..1);
        }
        assert!(register.handed(reference(0)).is_none());
        assert_eq!(register.handed(reference(1)).map(|handed| handed.broadcast), Some(BroadcastId(7)));
        assert_eq!(register.messages.len(), MESSAGES_MAX);
    }

    #[test]
    fn a_stop_counts_from_its_acceptance_to_the_next_write() {
        let mut register = Register::default();
        let reference = (MessageId::new(4379), SerialNumber::from_bits(0));
        let cells = CellRuns::from_range;
        register.note(reference, Verb::Write, BroadcastId(7), PeerId(0), &cells(0..4), 10);
        register.note(reference, Verb::Kill, BroadcastId(7), PeerId(0), &cells(0..4), 10);
        assert!(register.handed(reference).unwrap().stopping(PeerId(0)).is_none());
        register.stops(reference, PeerId(0), &cells(0..2));
        assert_eq!(register.handed(reference).unwrap().stopping(PeerId(0)), Some(&cells(0..2)));
        assert!(register.handed(reference).unwrap().stopping(PeerId(1)).is_none());
        register.note(reference, Verb::Write, BroadcastId(7), PeerId(0), &cells(0..1), 10);
        assert_eq!(register.handed(reference).unwrap().stopping(PeerId(0)), Some(&cells(1..2)));
    }
}
