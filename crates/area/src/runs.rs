//! Sets of cells as runs of dense indices.

use std::ops::Range;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smallvec::{SmallVec, smallvec};

use crate::CellIndex;

/// A set of cells of one inventory: half-open runs of indices, ascending, disjoint and not adjacent.
///
/// An inventory is sorted by controller and area, so a warning area is a few hundred runs where it has
/// thousands of cells. Every operation is linear in the number of runs. Two of them lie in the set itself, in the room
/// of a `Vec`, so that the sets of the hot path, mostly of one, take no heap. As JSON: `[[start, end], …]`.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct CellRuns {
    runs: SmallVec<[Range<u32>; 2]>,
}

impl CellRuns {
    /// No cell.
    pub const fn new() -> Self {
        Self { runs: SmallVec::new_const() }
    }

    /// The cells of one run; none when it is empty.
    pub fn from_range(run: Range<u32>) -> Self {
        let mut cells = Self::new();
        cells.push(run);
        cells
    }

    /// The cells of a list, best in ascending order (linear then); doubles do no harm.
    pub fn from_sorted(cells: impl IntoIterator<Item = CellIndex>) -> Self {
        cells.into_iter().map(|CellIndex(at)| at..at.saturating_add(1)).collect()
    }

    /// Adds a run: in constant time when it begins at or after the last run's start, else by a union.
    pub fn push(&mut self, run: Range<u32>) {
        if run.is_empty() {
            return;
        }
        match self.runs.last_mut() {
            Some(last) if run.start < last.start => *self = self.union(&Self { runs: smallvec![run] }),
            Some(last) if run.start <= last.end => last.end = last.end.max(run.end),
            _ => self.runs.push(run),
        }
    }

    /// How many cells.
    pub fn len(&self) -> u32 {
        self.runs.iter().map(|run| run.end - run.start).sum()
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The runs, ascending.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Range<u32>> + DoubleEndedIterator + '_ {
        self.runs.iter().cloned()
    }

    /// The cells one by one, ascending.
    pub fn indices(&self) -> impl Iterator<Item = CellIndex> + '_ {
        self.iter().flatten().map(CellIndex)
    }

    /// Whether the cell is in the set; logarithmic in the number of runs.
    pub fn contains(&self, CellIndex(cell): CellIndex) -> bool {
        let after = self.runs.partition_point(|run| run.end <= cell);
        self.runs.get(after).is_some_and(|run| run.start <= cell)
    }

    /// The cells in either set.
    pub fn union(&self, other: &Self) -> Self {
        self.combine(other, |here, there| here || there)
    }

    /// The cells in both sets.
    pub fn intersect(&self, other: &Self) -> Self {
        self.combine(other, |here, there| here && there)
    }

    /// The cells of this set that are not in the other.
    pub fn subtract(&self, other: &Self) -> Self {
        self.combine(other, |here, there| here && !there)
    }

    /// The cells of this set inside one range, for example one controller's. Costs only the runs inside.
    pub fn within(&self, range: Range<u32>) -> Self {
        let from = self.runs.partition_point(|run| run.end <= range.start);
        let inside = self.runs[from..].iter().take_while(|run| run.start < range.end);
        inside.map(|run| run.start.max(range.start)..run.end.min(range.end)).collect()
    }

    /// Sweeps the boundaries of both sets in ascending order and keeps what `keep(in self, in other)` says.
    fn combine(&self, other: &Self, keep: impl Fn(bool, bool) -> bool) -> Self {
        let mut here = self.boundaries().peekable();
        let mut there = other.boundaries().peekable();
        let (mut in_here, mut in_there) = (false, false);
        let mut start = None;
        let mut runs = SmallVec::with_capacity(self.runs.len().max(other.runs.len()));
        while let Some(at) = match (here.peek(), there.peek()) {
            (Some(a), Some(b)) => Some(*a.min(b)),
            (one, other) => one.or(other).copied(),
        } {
            in_here ^= here.next_if_eq(&at).is_some();
            in_there ^= there.next_if_eq(&at).is_some();
            match (start, keep(in_here, in_there)) {
                (None, true) => start = Some(at),
                (Some(from), false) => {
                    runs.push(from..at);
                    start = None;
                }
                _ => {}
            }
        }
        Self { runs }
    }

    /// Where membership changes: starts and ends, strictly ascending because runs are never adjacent.
    fn boundaries(&self) -> impl Iterator<Item = u32> + '_ {
        self.runs.iter().flat_map(|run| [run.start, run.end])
    }
}

impl IntoIterator for CellRuns {
    type Item = Range<u32>;
    type IntoIter = smallvec::IntoIter<[Range<u32>; 2]>;

    /// The runs, ascending.
    fn into_iter(self) -> Self::IntoIter {
        self.runs.into_iter()
    }
}

impl FromIterator<Range<u32>> for CellRuns {
    fn from_iter<I: IntoIterator<Item = Range<u32>>>(runs: I) -> Self {
        let mut cells = Self::new();
        runs.into_iter().for_each(|run| cells.push(run));
        cells
    }
}

impl Serialize for CellRuns {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.runs.iter().map(|run| (run.start, run.end)))
    }
}

impl<'de> Deserialize<'de> for CellRuns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pairs = Vec::<(u32, u32)>::deserialize(deserializer)?;
        let mut free_from = 0;
        for (at, (start, end)) in pairs.iter().enumerate() {
            if start < &free_from || start >= end {
                return Err(D::Error::custom(format!(
                    "run {at}: expected [start, end] with {free_from} <= start < end, found [{start}, {end}]"
                )));
            }
            // One free index between runs: adjacent runs would be one run written twice.
            free_from = end.saturating_add(1);
        }
        Ok(Self { runs: pairs.into_iter().map(|(start, end)| start..end).collect() })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn sets() -> impl Strategy<Value = BTreeSet<u32>> {
        proptest::collection::btree_set(0..80u32, 0..50)
    }

    fn runs(set: &BTreeSet<u32>) -> CellRuns {
        CellRuns::from_sorted(set.iter().copied().map(CellIndex))
    }

    fn is_canonical(cells: &CellRuns) -> bool {
        cells.runs.iter().all(|run| !run.is_empty())
            && cells.runs.windows(2).all(|pair| pair[0].end < pair[1].start)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn set_operations_agree_with_a_set_of_integers(a in sets(), b in sets(), start in 0..80u32, len in 0..80u32) {
            let (x, y) = (runs(&a), runs(&b));
            prop_assert_eq!(x.len() as usize, a.len());
            prop_assert_eq!(x.is_empty(), a.is_empty());
            prop_assert!(x.indices().map(|cell| cell.0).eq(a.iter().copied()));
            for at in 0..81 {
                prop_assert_eq!(x.contains(CellIndex(at)), a.contains(&at));
            }
            let range = start..start + len;
            let inside: BTreeSet<u32> = a.iter().copied().filter(|at| range.contains(at)).collect();
            for (got, expected) in [
                (x.union(&y), a.union(&b).copied().collect()),
                (x.intersect(&y), a.intersection(&b).copied().collect()),
                (x.subtract(&y), a.difference(&b).copied().collect()),
                (x.within(range), inside),
            ] {
                prop_assert!(is_canonical(&got));
                prop_assert_eq!(got, runs(&expected));
            }
        }

        #[test]
        fn runs_pushed_in_any_order_give_the_same_set(pushed in proptest::collection::vec((0..60u32, 0..9u32), 0..20)) {
            let cells: CellRuns = pushed.iter().map(|(start, len)| *start..start + len).collect();
            let expected: BTreeSet<u32> = pushed.iter().flat_map(|(start, len)| *start..start + len).collect();
            prop_assert!(is_canonical(&cells));
            prop_assert_eq!(cells, runs(&expected));
        }

        #[test]
        fn json_gives_the_set_back(a in sets()) {
            let json = serde_json::to_string(&runs(&a)).unwrap();
            prop_assert_eq!(serde_json::from_str::<CellRuns>(&json).unwrap(), runs(&a));
        }
    }

    #[test]
    fn json_is_a_list_of_pairs() {
        let cells: CellRuns = [3..5, 9..10].into_iter().collect();
        assert_eq!(serde_json::to_string(&cells).unwrap(), "[[3,5],[9,10]]");
    }

    #[test]
    fn json_out_of_order_overlapping_adjacent_or_empty_is_refused() {
        for json in ["[[5,9],[1,2]]", "[[1,5],[4,6]]", "[[1,5],[5,6]]", "[[4,4]]", "[[6,4]]"] {
            let error = serde_json::from_str::<CellRuns>(json).unwrap_err().to_string();
            assert!(error.contains("expected [start, end]"), "{json}: {error}");
        }
        assert!(serde_json::from_str::<CellRuns>("[[0,4294967295]]").is_ok());
    }
}
