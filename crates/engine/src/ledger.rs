//! The states of a broadcast's cells at one controller, and how many are in each.

use area::{CellRuns, Span, Spans};

use crate::cells::{CellStatus, Phase};

/// How many cells are in each phase, by the phase's number.
pub type Totals = [u32; Phase::ALL.len()];

/// Cells and their states; the totals are always those of the states.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Ledger {
    statuses: Spans<CellStatus>,
    totals: Totals,
}

impl Ledger {
    /// A ledger of these cells, ascending.
    pub(crate) fn of(spans: impl IntoIterator<Item = Span<CellStatus>>) -> Self {
        let mut ledger = Self { statuses: Spans::of(spans), totals: Totals::default() };
        ledger.count();
        ledger
    }

    /// Every span of cells in one state, ascending.
    pub(crate) fn spans(&self) -> impl Iterator<Item = Span<CellStatus>> + '_ {
        self.statuses.iter()
    }

    /// How many cells are in each phase.
    pub(crate) fn totals(&self) -> &Totals {
        &self.totals
    }

    /// How many cells.
    pub(crate) fn len(&self) -> u32 {
        self.totals.iter().sum()
    }

    /// Every cell.
    pub(crate) fn cells(&self) -> CellRuns {
        self.statuses.cells()
    }

    /// The cells of which this holds.
    pub(crate) fn cells_where(&self, holds: impl Fn(CellStatus) -> bool) -> CellRuns {
        self.spans().filter(|(_, status)| holds(*status)).map(|(run, _)| run).collect()
    }

    /// The spans of these cells, as far as the ledger has them.
    pub(crate) fn within<'a>(&'a self, cells: &'a CellRuns) -> impl Iterator<Item = Span<CellStatus>> + 'a {
        cells.iter().flat_map(|run| self.statuses.within(run))
    }

    /// Adds cells in this state, where the ledger does not have them.
    pub(crate) fn add(&mut self, cells: &CellRuns, status: CellStatus) {
        self.statuses.add(cells, status);
        self.count();
    }

    /// Changes the state of these cells, as far as the ledger has them. What `change` does must rest on the state alone:
    /// it is called once for neighbours of the same one.
    pub(crate) fn change(&mut self, cells: &CellRuns, mut change: impl FnMut(&mut CellStatus)) {
        self.statuses.change(cells, |status, count| {
            self.totals[status.phase() as usize] -= count;
            change(status);
            self.totals[status.phase() as usize] += count;
        });
    }

    /// Changes the state of every cell.
    pub(crate) fn change_all(&mut self, change: impl FnMut(&mut CellStatus)) {
        self.statuses.change_all(change);
        self.count();
    }

    fn count(&mut self) {
        self.totals = Totals::default();
        for (run, status) in self.statuses.iter() {
            self.totals[status.phase() as usize] += run.end - run.start;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use area::CellIndex;
    use proptest::prelude::*;

    use super::*;
    use crate::cells::{Ear, Edition};
    use crate::order::Verb;
    use crate::report::{Cause, Outcome};

    type Change = Box<dyn Fn(&mut CellStatus)>;

    /// Something that happens to some cells.
    #[derive(Clone, Debug)]
    enum Event {
        Add(CellRuns),
        Hear(CellRuns, Verb, Edition, Outcome),
        Restart(CellRuns),
        Unwant(CellRuns),
        DoubtAll,
    }

    fn cells() -> impl Strategy<Value = CellRuns> {
        prop::collection::vec((0..60_u32, 0..25_u32), 0..4)
            .prop_map(|runs| runs.into_iter().map(|(start, len)| start..start + len).collect())
    }

    fn event() -> impl Strategy<Value = Event> {
        let verb = prop_oneof![Just(Verb::Write), Just(Verb::Query), Just(Verb::Kill)];
        let outcome = prop_oneof![
            Just(Outcome::Sent),
            Just(Outcome::Accepted),
            Just(Outcome::Confirmed),
            Just(Outcome::Unanswered),
            Just(Outcome::Refused(Cause::CapacityExceeded)),
            Just(Outcome::Refused(Cause::ReferenceUnknown)),
        ];
        prop_oneof![
            2 => cells().prop_map(Event::Add),
            8 => (cells(), verb, (0..3_u16).prop_map(Edition), outcome)
                .prop_map(|(cells, verb, edition, outcome)| Event::Hear(cells, verb, edition, outcome)),
            1 => cells().prop_map(Event::Restart),
            1 => cells().prop_map(Event::Unwant),
            1 => Just(Event::DoubtAll),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn a_ledger_of_runs_says_what_one_of_cells_would(events in prop::collection::vec(event(), 1..30)) {
            let ear = Ear { current: Edition(2), in_place: false, indications: true, repeat: false };
            let mut ledger = Ledger::default();
            let mut model: BTreeMap<u32, CellStatus> = BTreeMap::new();
            for event in events {
                let (cells, change): (CellRuns, Change) = match event {
                    Event::Add(cells) => {
                        ledger.add(&cells, CellStatus::WANTED);
                        cells.indices().for_each(|cell| {
                            model.entry(cell.0).or_insert(CellStatus::WANTED);
                        });
                        continue;
                    }
                    Event::DoubtAll => {
                        ledger.change_all(|status| status.doubt(ear.current, true));
                        model.values_mut().for_each(|status| status.doubt(ear.current, true));
                        continue;
                    }
                    Event::Hear(cells, verb, edition, outcome) => {
                        (cells, Box::new(move |status| status.hear(ear, verb, edition, outcome)))
                    }
                    Event::Restart(cells) => (cells, Box::new(|status: &mut CellStatus| status.restart())),
                    Event::Unwant(cells) => (cells, Box::new(CellStatus::unwant)),
                };
                ledger.change(&cells, &change);
                let inside = model.iter_mut().filter(|(cell, _)| cells.contains(CellIndex(**cell)));
                inside.for_each(|(_, status)| change(status));
                let within: Vec<_> = each(ledger.within(&cells)).collect();
                let expected: Vec<_> = model.iter().filter(|(cell, _)| cells.contains(CellIndex(**cell))).map(own).collect();
                prop_assert_eq!(within, expected);
            }
            prop_assert_eq!(each(ledger.spans()).collect::<Vec<_>>(), model.iter().map(own).collect::<Vec<_>>());
            prop_assert_eq!(ledger.len() as usize, model.len());
            for phase in Phase::ALL {
                let count = model.values().filter(|status| status.phase() == phase).count();
                prop_assert_eq!(ledger.totals()[phase as usize] as usize, count);
            }
        }
    }

    fn each(spans: impl Iterator<Item = Span<CellStatus>>) -> impl Iterator<Item = (u32, CellStatus)> {
        spans.flat_map(|(run, status)| run.map(move |cell| (cell, status)))
    }

    fn own((cell, status): (&u32, &CellStatus)) -> (u32, CellStatus) {
        (*cell, *status)
    }
}
