//! The orders that wait for their turn at a peer: those with something to do now by rank, the others by time.

use std::collections::BTreeMap;

use engine::order::{OrderId, Priority};

use crate::batch::{Rest, UNTIL_TOLD};

/// An order's place in line: the more urgent first, then what is new before what its cells had before, then the earlier.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Rank {
    pub(crate) priority: Priority,
    /// Every cell has been asked for the same message before: ten thousand restarted cells that get their warnings again
    /// must not keep others from a new one.
    pub(crate) is_repeat: bool,
    pub(crate) arrival: u64,
}

/// What an order has to do at one peer.
#[derive(Clone, Debug)]
pub(crate) struct Errand {
    pub(crate) order: OrderId,
    /// The place of the order's controller among the routes.
    pub(crate) route: usize,
    pub(crate) rest: Rest,
}

/// A line of errands.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    awake: BTreeMap<Rank, Errand>,
    /// By the time at which the first of their cells is due.
    asleep: BTreeMap<(u64, Rank), Errand>,
}

impl Queue {
    /// Adds an errand, or puts it back.
    pub(crate) fn insert(&mut self, rank: Rank, errand: Errand) {
        match errand.rest.asleep_until() {
            Some(due_ms) => self.asleep.insert((due_ms, rank), errand),
            None => self.awake.insert(rank, errand),
        };
    }

    /// Wakes what is due.
    pub(crate) fn wake(&mut self, now_ms: u64) {
        while let Some(entry) = self.asleep.first_entry().filter(|entry| entry.key().0 <= now_ms) {
            let ((_, rank), mut errand) = entry.remove_entry();
            errand.rest.wake();
            self.awake.insert(rank, errand);
        }
    }

    /// The rank of the first errand that is awake.
    pub(crate) fn first(&self) -> Option<Rank> {
        self.awake.first_key_value().map(|(rank, _)| *rank)
    }

    /// Takes the first errand that is awake.
    pub(crate) fn pop(&mut self) -> Option<(Rank, Errand)> {
        self.awake.pop_first()
    }

    /// Wakes what waits for an answer.
    pub(crate) fn rouse(&mut self) {
        while let Some(entry) = self.asleep.last_entry().filter(|entry| entry.key().0 == UNTIL_TOLD) {
            let ((_, rank), mut errand) = entry.remove_entry();
            errand.rest.wake();
            self.awake.insert(rank, errand);
        }
    }

    /// When the next errand wakes.
    pub(crate) fn next_wakeup(&self) -> Option<u64> {
        self.asleep.first_key_value().map(|((due_ms, _), _)| *due_ms).filter(|due_ms| *due_ms < UNTIL_TOLD)
    }

    /// How many errands.
    pub(crate) fn len(&self) -> usize {
        self.awake.len() + self.asleep.len()
    }

    /// Takes the errands of which this holds, by rank.
    pub(crate) fn extract(&mut self, which: impl Fn(Rank, &Errand) -> bool) -> Vec<(Rank, Errand)> {
        let awake = self.awake.extract_if(.., |rank, errand| which(*rank, errand));
        let asleep = self.asleep.extract_if(.., |(_, rank), errand| which(*rank, errand));
        let mut taken: Vec<_> = awake.chain(asleep.map(|((_, rank), errand)| (rank, errand))).collect();
        taken.sort_unstable_by_key(|(rank, _)| *rank);
        taken
    }
}

#[cfg(test)]
mod tests {
    use area::CellRuns;

    use super::*;
    use crate::testing;
    use crate::wire::{Sector, Wire};

    #[test]
    fn what_waits_for_an_answer_is_not_looked_at_until_it_is_told() {
        let inventory = testing::inventory(&[testing::lte("pool", 1, &[0x101, 0x201])]);
        let wire = Wire::new(&inventory);
        let sector = Sector::new(&inventory, &inventory.controllers()[0], &wire);
        let rank = Rank { priority: Priority::Test, is_repeat: false, arrival: 1 };
        let mut rest = Rest::new(&sector, &sector.all());
        rest.hold(&sector, &CellRuns::from_range(0..5));
        let mut queue = Queue::default();
        queue.insert(rank, Errand { order: OrderId(1), route: 0, rest });
        queue.wake(UNTIL_TOLD - 1);
        assert_eq!((queue.first(), queue.next_wakeup(), queue.len()), (None, None, 1));
        queue.rouse();
        let (_, errand) = queue.pop().unwrap();
        assert_eq!((errand.rest.cells(), errand.rest.asleep_until()), (sector.all(), None));
    }
}
