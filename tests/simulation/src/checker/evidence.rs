//! What peers have said is on the air, read from the octets that reached the daemon: the ground of every claim.

use std::collections::BTreeMap;

use area::{CellRuns, OperatorId};
use opsim::MessageKey;

use crate::words::Told;

/// A message as one operator's network names it.
pub(crate) type Name = (OperatorId, MessageKey);

/// The last word of the peers on each message.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    messages: BTreeMap<Name, Word>,
}

/// On one message.
#[derive(Debug, Default)]
struct Word {
    on: CellRuns,
    accepted: CellRuns,
    /// Where it was asked for: an acceptance names no cells.
    asked: CellRuns,
    /// Where it was asked to stop, and not asked for since: a late word about a kill is none about a later write.
    killed: CellRuns,
}

impl Evidence {
    /// A write or a query was handed to a link.
    pub(crate) fn asked(&mut self, name: Name, cells: &CellRuns) {
        let word = self.messages.entry(name).or_default();
        word.asked = word.asked.union(cells);
        word.killed = word.killed.subtract(cells);
    }

    /// A kill was.
    pub(crate) fn killed(&mut self, name: Name, cells: &CellRuns) {
        let word = self.messages.entry(name).or_default();
        word.killed = word.killed.union(cells);
    }

    /// A peer of `operator`, which answers for `own` cells, said something.
    pub(crate) fn hear(&mut self, operator: OperatorId, own: &CellRuns, told: &Told) {
        match told {
            Told::Accepted(key) => {
                let word = self.messages.entry((operator, *key)).or_default();
                word.accepted = word.accepted.union(&word.asked.intersect(own));
            }
            Told::On(key, cells) => {
                let word = self.messages.entry((operator, *key)).or_default();
                word.on = word.on.union(cells);
            }
            Told::Off(key, cells) => {
                let word = self.messages.entry((operator, *key)).or_default();
                let off = cells.intersect(&word.killed);
                word.on = word.on.subtract(&off);
                word.accepted = word.accepted.subtract(&off);
            }
            Told::Lost(cells) => self.forget(cells),
        }
    }

    /// What was said of these cells is no longer sure.
    pub(crate) fn forget(&mut self, cells: &CellRuns) {
        for word in self.messages.values_mut() {
            word.on = word.on.subtract(cells);
            word.accepted = word.accepted.subtract(cells);
        }
    }

    /// The daemon that heard it is dead.
    pub(crate) fn clear(&mut self) {
        self.messages.clear();
    }

    /// Where peers said that it is on the air.
    pub(crate) fn on(&self, name: Name) -> CellRuns {
        self.messages.get(&name).map_or(CellRuns::new(), |word| word.on.clone())
    }

    /// Where they said so, and no kill has been handed out since it was last asked for.
    pub(crate) fn to_kill(&self, name: Name) -> CellRuns {
        self.messages.get(&name).map_or(CellRuns::new(), |word| word.on.subtract(&word.killed))
    }

    /// Where a peer took it, or said that it is on.
    pub(crate) fn taken(&self, name: Name) -> CellRuns {
        self.messages.get(&name).map_or(CellRuns::new(), |word| word.accepted.union(&word.on))
    }
}
