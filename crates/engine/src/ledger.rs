//! The states of a broadcast's cells at one controller, neighbours of the same state as one span.
//!
//! A network speaks of runs of cells, so a word about 25,000 of them changes a span or two and not 25,000 statuses.
//! A span is 12 octets; in the worst case, where every cell differs from the one before it, it is one a cell.

use std::ops::Range;

use area::CellRuns;

use crate::cells::{CellStatus, Phase};

/// How many cells are in each phase, by the phase's number.
pub type Totals = [u32; Phase::ALL.len()];

/// Cells and their states; the totals are always those of the spans.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Ledger {
    /// Ascending and disjoint; neighbours that touch differ in their state.
    spans: Vec<Span>,
    totals: Totals,
}

/// A run of cells in one state.
pub(crate) type Span = (Range<u32>, CellStatus);

impl Ledger {
    /// A ledger of these cells, ascending.
    pub(crate) fn of(spans: impl IntoIterator<Item = Span>) -> Self {
        let mut ledger = Self::default();
        for (run, status) in spans {
            ledger.totals[status.phase() as usize] += run.end - run.start;
            append(&mut ledger.spans, run, status);
        }
        ledger
    }

    /// Every span, ascending.
    pub(crate) fn spans(&self) -> impl Iterator<Item = Span> + '_ {
        self.spans.iter().cloned()
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
        self.spans.iter().map(|(run, _)| run.clone()).collect()
    }

    /// The cells of which this holds.
    pub(crate) fn cells_where(&self, holds: impl Fn(CellStatus) -> bool) -> CellRuns {
        self.spans.iter().filter(|(_, status)| holds(*status)).map(|(run, _)| run.clone()).collect()
    }

    /// The spans of these cells, as far as the ledger has them.
    pub(crate) fn within<'a>(&'a self, cells: &'a CellRuns) -> impl Iterator<Item = Span> + 'a {
        let (from, to) = self.touched(cells);
        self.spans[from..to].iter().flat_map(|(run, status)| {
            let parts = cells.within(run.clone());
            parts.into_iter().map(|part| (part, *status))
        })
    }

    /// Adds cells in this state, where the ledger does not have them.
    pub(crate) fn add(&mut self, cells: &CellRuns, status: CellStatus) {
        let new = cells.subtract(&self.cells());
        if new.is_empty() {
            return;
        }
        let mut spans = std::mem::take(&mut self.spans);
        spans.extend(new.into_iter().map(|run| (run, status)));
        spans.sort_unstable_by_key(|(run, _)| run.start);
        *self = Self::of(spans);
    }

    /// Changes the state of these cells, as far as the ledger has them. What `change` does must rest on the state alone:
    /// it is called once for neighbours of the same one.
    pub(crate) fn change(&mut self, cells: &CellRuns, mut change: impl FnMut(&mut CellStatus)) {
        let (from, to) = self.touched(cells);
        let mut spans = Vec::with_capacity(to - from + 2);
        for (run, status) in &self.spans[from..to] {
            let mut left = run.clone();
            for part in cells.within(run.clone()) {
                let mut changed = *status;
                change(&mut changed);
                self.totals[status.phase() as usize] -= part.end - part.start;
                self.totals[changed.phase() as usize] += part.end - part.start;
                append(&mut spans, left.start..part.start, *status);
                left.start = part.end;
                append(&mut spans, part, changed);
            }
            append(&mut spans, left, *status);
        }
        self.spans.splice(from..to, spans);
    }

    /// Changes the state of every cell.
    pub(crate) fn change_all(&mut self, change: impl Fn(&mut CellStatus)) {
        let spans = std::mem::take(&mut self.spans).into_iter();
        *self = Self::of(spans.map(|(run, mut status)| {
            change(&mut status);
            (run, status)
        }));
    }

    /// The spans that these cells touch: those that hold some of them and those beside, which may become one with them.
    fn touched(&self, cells: &CellRuns) -> (usize, usize) {
        let (Some(first), Some(last)) = (cells.iter().next(), cells.iter().next_back()) else {
            return (0, 0);
        };
        let from = self.spans.partition_point(|(run, _)| run.end < first.start);
        let to = self.spans.partition_point(|(run, _)| run.start <= last.end);
        (from, to.max(from))
    }
}

/// Adds a run behind the others, joined to the last where they touch and are in the same state.
fn append(spans: &mut Vec<Span>, run: Range<u32>, status: CellStatus) {
    match spans.last_mut() {
        _ if run.is_empty() => {}
        Some((last, known)) if last.end == run.start && *known == status => last.end = run.end,
        _ => spans.push((run, status)),
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
                    Event::Restart(cells) => (cells, Box::new(CellStatus::restart)),
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
            let neighbours = ledger.spans.windows(2);
            let differ = |pair: &[Span]| pair[0].0.end < pair[1].0.start || (pair[0].0.end == pair[1].0.start && pair[0].1 != pair[1].1);
            prop_assert!(neighbours.into_iter().all(differ));
        }
    }

    fn each(spans: impl Iterator<Item = Span>) -> impl Iterator<Item = (u32, CellStatus)> {
        spans.flat_map(|(run, status)| run.map(move |cell| (cell, status)))
    }

    fn own((cell, status): (&u32, &CellStatus)) -> (u32, CellStatus) {
        (*cell, *status)
    }
}
