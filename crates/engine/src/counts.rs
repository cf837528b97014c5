//! How often a message was broadcast, cell by cell, as the network says when it is stopped.

use std::ops::Range;

use area::CellRuns;
use serde::{Deserialize, Serialize};

/// Runs of cells with the same count, ascending and disjoint.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Counts(pub(crate) Vec<(Range<u32>, u16)>);

impl Counts {
    /// Takes these counts, disjoint, in place of what was known of their cells.
    pub(crate) fn note(&mut self, counts: &[(Range<u32>, u16)]) {
        let new: CellRuns = {
            let mut runs: Vec<Range<u32>> = counts.iter().map(|(run, _)| run.clone()).collect();
            runs.sort_unstable_by_key(|run| run.start);
            runs.into_iter().collect()
        };
        let mut all = counts.to_vec();
        for (run, count) in &self.0 {
            let mut left = run.clone();
            for part in new.within(run.clone()).iter() {
                all.push((left.start..part.start, *count));
                left.start = part.end;
            }
            all.push((left, *count));
        }
        all.retain(|(run, _)| !run.is_empty());
        all.sort_unstable_by_key(|(run, _)| run.start);
        self.0.clear();
        for (run, count) in all {
            match self.0.last_mut() {
                Some((last, known)) if last.end == run.start && *known == count => last.end = run.end,
                _ => self.0.push((run, count)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_about_a_cell_holds() {
        let mut counts = Counts::default();
        counts.note(&[(0..10, 12)]);
        counts.note(&[(8..9, 3), (2..4, 12), (9..12, 12)]);
        assert_eq!(counts.0, [(0..8, 12), (8..9, 3), (9..12, 12)]);
        counts.note(&[(0..12, 0)]);
        assert_eq!(counts.0, [(0..12, 0)]);
    }
}
