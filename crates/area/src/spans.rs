//! What holds for each cell of a set, cells that are neighbours and alike as one span.

use std::ops::Range;

use smallvec::SmallVec;

use crate::CellRuns;

/// Cells and a value for each, by spans of neighbours with the same value.
///
/// Networks are asked and answer by runs of cells, so that a whole controller's cells are a span or a few where they
/// would be tens of thousands of values. In the worst case, where every cell differs from the one before it, a span is a
/// cell. Looking at a run costs its spans, changing it moves those behind it too.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Spans<T> {
    /// Ascending and disjoint; neighbours that touch differ in their value.
    spans: Vec<Span<T>>,
}

/// A run of cells and the value of each.
pub type Span<T> = (Range<u32>, T);

impl<T> Default for Spans<T> {
    fn default() -> Self {
        Self { spans: Vec::new() }
    }
}

impl<T: Copy + Eq> Spans<T> {
    /// The cells of these runs, ascending.
    pub fn of(spans: impl IntoIterator<Item = Span<T>>) -> Self {
        let mut of = Self::default();
        spans.into_iter().for_each(|(run, value)| append(&mut of.spans, run, value));
        of
    }

    /// Every span, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Span<T>> + '_ {
        self.spans.iter().cloned()
    }

    /// Every cell.
    pub fn cells(&self) -> CellRuns {
        self.spans.iter().map(|(run, _)| run.clone()).collect()
    }

    /// The spans of a run, as far as its cells are there.
    pub fn within(&self, run: Range<u32>) -> impl Iterator<Item = Span<T>> + '_ {
        let from = self.spans.partition_point(|(span, _)| span.end <= run.start);
        let inside = self.spans[from..].iter().take_while(move |(span, _)| span.start < run.end);
        inside.map(move |(span, value)| (span.start.max(run.start)..span.end.min(run.end), *value))
    }

    /// Adds cells with this value, where they are not there yet.
    pub fn add(&mut self, cells: &CellRuns, value: T) {
        let new = cells.subtract(&self.cells());
        if new.is_empty() {
            return;
        }
        let mut spans = std::mem::take(&mut self.spans);
        spans.extend(new.into_iter().map(|run| (run, value)));
        spans.sort_unstable_by_key(|(run, _)| run.start);
        *self = Self::of(spans);
    }

    /// Changes the values of these cells, as far as they are there. `change` is called once for neighbours that were alike,
    /// with the number of them.
    pub fn change(&mut self, cells: &CellRuns, mut change: impl FnMut(&mut T, u32)) {
        let (Some(first), Some(last)) = (cells.iter().next(), cells.iter().next_back()) else { return };
        // The spans that hold some of them, and those that touch: they may become one with them.
        let from = self.spans.partition_point(|(span, _)| span.end < first.start);
        let to = from + self.spans[from..].partition_point(|(span, _)| span.start <= last.end);
        let mut spans: SmallVec<[Span<T>; 6]> = SmallVec::new();
        for (span, value) in &self.spans[from..to] {
            let mut left = span.clone();
            for part in cells.within(span.clone()) {
                let mut changed = *value;
                change(&mut changed, part.end - part.start);
                append(&mut spans, left.start..part.start, *value);
                left.start = part.end;
                append(&mut spans, part, changed);
            }
            append(&mut spans, left, *value);
        }
        self.spans.splice(from..to, spans);
    }

    /// Changes every value.
    pub fn change_all(&mut self, mut change: impl FnMut(&mut T)) {
        self.spans.iter_mut().for_each(|(_, value)| change(value));
        self.spans.dedup_by(|(span, value), (before, known)| {
            let joins = before.end == span.start && known == value;
            if joins {
                before.end = span.end;
            }
            joins
        });
    }
}

/// Adds a run behind the others, joined to the last where they touch and are alike.
fn append<T: Copy + Eq>(spans: &mut (impl Extend<Span<T>> + AsMut<[Span<T>]>), run: Range<u32>, value: T) {
    match spans.as_mut().last_mut() {
        _ if run.is_empty() => {}
        Some((last, known)) if last.end == run.start && *known == value => last.end = run.end,
        _ => spans.extend([(run, value)]),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::CellIndex;

    /// What is done to some cells.
    #[derive(Clone, Debug)]
    enum Deed {
        Add(CellRuns, u8),
        Change(CellRuns, u8),
        ChangeAll(u8),
    }

    fn deed() -> impl Strategy<Value = Deed> {
        let cells = || {
            prop::collection::vec((0..60_u32, 0..25_u32), 0..4)
                .prop_map(|runs| runs.into_iter().map(|(start, len)| start..start + len).collect())
        };
        prop_oneof![
            2 => (cells(), 0..3_u8).prop_map(|(cells, value)| Deed::Add(cells, value)),
            6 => (cells(), 0..3_u8).prop_map(|(cells, by)| Deed::Change(cells, by)),
            1 => (0..3_u8).prop_map(Deed::ChangeAll),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn spans_say_what_a_map_of_cells_would(
            deeds in prop::collection::vec(deed(), 1..30),
            start in 0..70_u32,
            len in 0..30_u32,
        ) {
            let mut spans = Spans::default();
            let mut model: BTreeMap<u32, u8> = BTreeMap::new();
            for deed in deeds {
                match deed {
                    Deed::Add(cells, value) => {
                        spans.add(&cells, value);
                        for CellIndex(cell) in cells.indices() {
                            model.entry(cell).or_insert(value);
                        }
                    }
                    Deed::Change(cells, by) => {
                        let mut counted = 0;
                        spans.change(&cells, |value, count| {
                            *value = *value / 2 + by;
                            counted += count;
                        });
                        let inside = model.iter_mut().filter(|(cell, _)| cells.contains(CellIndex(**cell)));
                        let changed = inside.map(|(_, value)| *value = *value / 2 + by).count();
                        prop_assert_eq!(counted as usize, changed);
                    }
                    Deed::ChangeAll(by) => {
                        spans.change_all(|value| *value = *value / 2 + by);
                        model.values_mut().for_each(|value| *value = *value / 2 + by);
                    }
                }
                let each = |spans: &mut dyn Iterator<Item = Span<u8>>| -> Vec<(u32, u8)> {
                    spans.flat_map(|(run, value)| run.map(move |cell| (cell, value))).collect()
                };
                let run = start..start + len;
                let inside: Vec<_> = model.range(run.clone()).map(|(cell, value)| (*cell, *value)).collect();
                prop_assert_eq!(each(&mut spans.within(run)), inside);
                let all: Vec<_> = model.iter().map(|(cell, value)| (*cell, *value)).collect();
                prop_assert_eq!(each(&mut spans.iter()), all);
                let few = |pair: &[Span<u8>]| pair[0].0.end < pair[1].0.start || pair[0].1 != pair[1].1;
                prop_assert!(spans.spans.windows(2).all(few));
            }
        }
    }
}
