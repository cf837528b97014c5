//! Cuts the rest of an order into batches: as many cells as the peer takes in one request, each cell only when it is
//! due, never a part of an eNB.

use std::ops::Range;

use area::CellRuns;
use sbcap::GlobalEnbId;

use crate::limiter::{CellLimit, CellLimiter};
use crate::register::Lost;
use crate::wire::{Runs, Sector, Wire, WireTai};

/// Octets that one cell adds to a request.
const CELL_OCTETS: u32 = 7;
/// Octets that one tracking area adds to a request.
const TAI_OCTETS: u32 = 6;

/// The time at which what waits for an answer, and not for a time, is looked at again: when it is told to.
pub(crate) const UNTIL_TOLD: u64 = u64::MAX;

/// What an order still has to do at a peer: runs of cells to look at, those of one eNB next to each other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rest {
    /// The next one last.
    runs: Runs,
    deferred: Vec<Range<u32>>,
    due_ms: u64,
}

/// How large a batch may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// The most cells.
    pub(crate) cells: u32,
    /// The most octets for cells and tracking areas.
    pub(crate) octets: u32,
}

/// The cells of one request, in the order in which it names them.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Batch {
    pub(crate) runs: Vec<Range<u32>>,
    /// Their tracking areas.
    pub(crate) tais: Vec<WireTai>,
    /// The node they all belong to, where it is named because it restarted.
    pub(crate) node: Option<GlobalEnbId>,
}

/// How often a cell may be written, and who has been spared: cells that hear of this order through another peer already.
pub(crate) struct Spacing<'a> {
    pub(crate) limiter: &'a CellLimiter,
    pub(crate) limit: CellLimit,
    pub(crate) spared: &'a CellRuns,
}

impl Spacing<'_> {
    /// How many cells from the first of these on are all due now.
    fn due_now(&self, now_ms: u64, cells: Range<u32>) -> u32 {
        if self.spared.is_empty() {
            return self.limiter.due_now(now_ms, self.limit, cells);
        }
        cells.take_while(|cell| self.due_ms(now_ms, *cell) <= now_ms).count() as u32
    }

    fn due_ms(&self, now_ms: u64, cell: u32) -> u64 {
        if self.spared.contains(area::CellIndex(cell)) {
            return now_ms;
        }
        self.limiter.due_ms(now_ms, self.limit, cell)
    }
}

impl Rest {
    /// These cells of the sector.
    pub(crate) fn new(sector: &Sector, cells: &CellRuns) -> Self {
        let mut runs = sector.in_enb_order(cells);
        runs.reverse();
        Self { runs, ..Self::default() }
    }

    /// Every cell that is left, deferred or not.
    pub(crate) fn cells(&self) -> CellRuns {
        let mut runs: Vec<Range<u32>> = self.runs.iter().chain(&self.deferred).cloned().collect();
        runs.sort_unstable_by_key(|run| run.start);
        runs.into_iter().collect()
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.deferred.is_empty()
    }

    /// When there is something to look at: `None` for at once.
    pub(crate) fn asleep_until(&self) -> Option<u64> {
        (self.runs.is_empty() && !self.deferred.is_empty()).then_some(self.due_ms)
    }

    /// Defers those of the cells to look at that are among the `busy`, until it is told that they are so no more.
    pub(crate) fn hold(&mut self, sector: &Sector, busy: &CellRuns) {
        let mut runs: Vec<Range<u32>> = self.runs.iter().cloned().collect();
        runs.sort_unstable_by_key(|run| run.start);
        let cells: CellRuns = runs.into_iter().collect();
        let held = cells.intersect(busy);
        if !held.is_empty() {
            self.runs = Self::new(sector, &cells.subtract(&held)).runs;
            held.iter().for_each(|run| self.defer(UNTIL_TOLD, &[run]));
        }
    }

    /// Looks at the deferred cells again.
    pub(crate) fn wake(&mut self) {
        self.runs.insert_many(0, self.deferred.drain(..).rev());
    }

    /// Takes the next batch, into one that is empty. It stays so when no cell that is left to look at is due. An eNB larger
    /// than the room goes alone and whole, and so does one that restarted and `lost` the message.
    #[expect(clippy::too_many_arguments, reason = "what a batch depends on")]
    pub(crate) fn cut(
        &mut self,
        batch: &mut Batch,
        now_ms: u64,
        wire: &Wire,
        sector: &Sector,
        room: Room,
        spacing: Option<&Spacing<'_>>,
        lost: &[Lost],
    ) {
        let mut left = room;
        // The tracking area of the last cell taken, and the cells up to which it holds.
        let mut known = 0..0;
        let mut enb = Runs::new();
        loop {
            if lost.is_empty()
                && let Some(stretch) = self.stretch(now_ms, wire, sector, left, &known, spacing)
            {
                left.cells -= stretch.end - stretch.start;
                left.octets -= (stretch.end - stretch.start) * CELL_OCTETS;
                if batch.note_tai(sector, stretch.start, &mut known) {
                    left.octets -= TAI_OCTETS;
                }
                append(&mut batch.runs, stretch);
                continue;
            }
            if !self.next_enb(wire, sector, &mut enb) {
                break;
            }
            let due_ms = spacing.map_or(now_ms, |spacing| {
                let due = enb.iter().cloned().flatten().map(|cell| spacing.due_ms(now_ms, cell));
                due.max().unwrap_or(now_ms)
            });
            if due_ms > now_ms {
                self.defer(due_ms, &enb);
                continue;
            }
            let tais = batch.tais.len();
            for cell in enb.iter().cloned().flatten() {
                batch.note_tai(sector, cell, &mut known);
            }
            let cells: u32 = enb.iter().map(|run| run.end - run.start).sum();
            let octets = cells * CELL_OCTETS + (batch.tais.len() - tais) as u32 * TAI_OCTETS;
            let node = enb.first().and_then(|run| {
                let lost = lost.iter().find(|(_, lost)| lost.contains(area::CellIndex(run.start)));
                lost.map(|(node, _)| *node)
            });
            let fits = cells <= left.cells && octets <= left.octets && node == batch.node;
            if !batch.runs.is_empty() && !fits {
                batch.tais.truncate(tais);
                self.runs.extend(enb.drain(..).rev());
                break;
            }
            left.cells = left.cells.saturating_sub(cells);
            left.octets = left.octets.saturating_sub(octets);
            batch.node = node;
            enb.drain(..).for_each(|run| append(&mut batch.runs, run));
        }
        if !batch.tais.is_sorted_by(|a, b| a < b) {
            batch.tais.sort_unstable();
            batch.tais.dedup();
        }
    }

    /// Takes whole eNBs of one tracking area that lie together, as many as are due and fit: what makes a run of cells
    /// one step. `None` when the next eNB needs a closer look.
    fn stretch(
        &mut self,
        now_ms: u64,
        wire: &Wire,
        sector: &Sector,
        left: Room,
        known: &Range<u32>,
        spacing: Option<&Spacing<'_>>,
    ) -> Option<Range<u32>> {
        let run = self.runs.last()?.clone();
        let start = run.start;
        let (here, tai_octets) = match sector.tai(start) {
            Some((_, cells)) if known.contains(&start) => (cells, 0),
            Some((_, cells)) => (cells, TAI_OCTETS),
            None => (run.clone(), 0),
        };
        let fitting = left.cells.min(left.octets.saturating_sub(tai_octets) / CELL_OCTETS);
        let mut end = run.end.min(here.end).min(start.saturating_add(fitting));
        if let Some(spacing) = spacing {
            end = start + spacing.due_now(now_ms, start..end);
        }
        // Back to where an eNB ends.
        let after_run = self.runs.iter().rev().nth(1).map(|next| next.start);
        let next = |end: u32| if end < run.end { Some(end) } else { after_run };
        while end > start && next(end).is_some_and(|next| sector.inseparable(wire, end - 1, next)) {
            end -= 1;
        }
        if end == start {
            return None;
        }
        if end == run.end {
            self.runs.pop();
        } else if let Some(run) = self.runs.last_mut() {
            run.start = end;
        }
        Some(start..end)
    }

    /// Takes the next cells that must not be parted: all that are left of an eNB, or one cell.
    fn next_enb(&mut self, wire: &Wire, sector: &Sector, enb: &mut Runs) -> bool {
        enb.clear();
        while let Some(run) = self.runs.last_mut() {
            let first = run.start;
            if enb.last().is_some_and(|before| !sector.inseparable(wire, before.end - 1, first)) {
                break;
            }
            let same = run.clone().skip(1).take_while(|cell| sector.inseparable(wire, cell - 1, *cell));
            let end = first + 1 + same.count() as u32;
            enb.push(first..end);
            if end < run.end {
                run.start = end;
                break;
            }
            self.runs.pop();
        }
        !enb.is_empty()
    }

    fn defer(&mut self, due_ms: u64, runs: &[Range<u32>]) {
        self.due_ms = if self.deferred.is_empty() { due_ms } else { self.due_ms.min(due_ms) };
        runs.iter().for_each(|run| append(&mut self.deferred, run.clone()));
    }
}

impl Batch {
    /// Adds the tracking area of a cell, unless it is the one `known` already; whether it was added.
    fn note_tai(&mut self, sector: &Sector, cell: u32, known: &mut Range<u32>) -> bool {
        if known.contains(&cell) {
            return false;
        }
        let Some((tai, cells)) = sector.tai(cell) else { return false };
        *known = cells;
        self.tais.push(tai);
        true
    }

    /// The cells as a set.
    pub(crate) fn cells(&self) -> CellRuns {
        let mut runs: Runs = self.runs.iter().cloned().collect();
        runs.sort_unstable_by_key(|run| run.start);
        runs.into_iter().collect()
    }

    /// Empties it; what it has grown to stays for the next.
    pub(crate) fn clear(&mut self) {
        self.runs.clear();
        self.tais.clear();
        self.node = None;
    }
}

/// Adds a run to a list, joined to the last one where they touch.
fn append(runs: &mut Vec<Range<u32>>, run: Range<u32>) {
    match runs.last_mut() {
        Some(last) if last.end == run.start => last.end = run.end,
        _ => runs.push(run),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;
    use crate::testing;

    /// The first and last cells of a batch's runs.
    fn ends(batch: &Batch) -> Vec<(u32, u32)> {
        batch.runs.iter().map(|run| (run.start, run.end)).collect()
    }

    fn cut(
        rest: &mut Rest,
        now_ms: u64,
        wire: &Wire,
        sector: &Sector,
        room: Room,
        spacing: Option<&Spacing<'_>>,
    ) -> Batch {
        let mut batch = Batch::default();
        rest.cut(&mut batch, now_ms, wire, sector, room, spacing, &[]);
        batch
    }

    fn pool() -> (Wire, Sector) {
        let inventory = testing::inventory(&[
            testing::lte("pool", 1, &[0x101, 0x102, 0x201, 0x202, 0x203]),
            testing::lte("pool", 2, &[0x301, 0x401, 0x402]),
        ]);
        let wire = Wire::new(&inventory);
        let sector = Sector::new(&inventory, &inventory.controllers()[0], &wire);
        (wire, sector)
    }

    const TAI_1: WireTai = [0x22, 0xf0, 0x30, 0, 1];
    const TAI_2: WireTai = [0x22, 0xf0, 0x30, 0, 2];
    const WIDE: Room = Room { cells: 100, octets: 10_000 };

    #[test]
    fn a_batch_ends_between_two_enbs_and_carries_exactly_its_tracking_areas() {
        let (wire, sector) = pool();
        let mut rest = Rest::new(&sector, &sector.all());
        let room = Room { cells: 4, ..WIDE };
        let cut = |rest: &mut Rest| cut(rest, 0, &wire, &sector, room, None);
        for (run, tais) in [((0, 2), vec![TAI_1]), ((2, 6), vec![TAI_1, TAI_2]), ((6, 8), vec![TAI_2])] {
            let batch = cut(&mut rest);
            assert_eq!((ends(&batch), batch.tais), (vec![run], tais));
        }
        assert_eq!(cut(&mut rest), Batch::default());
        assert!(rest.is_empty());
    }

    #[test]
    fn octets_end_a_batch_too_and_an_enb_that_fills_them_goes_alone() {
        let (wire, sector) = pool();
        let mut rest = Rest::new(&sector, &sector.all());
        let room = Room { octets: 21, ..WIDE };
        let mut cut = || ends(&cut(&mut rest, 0, &wire, &sector, room, None));
        assert_eq!([cut(), cut(), cut(), cut()].concat(), [(0, 2), (2, 5), (5, 6), (6, 8)]);
        assert!(cut().is_empty());
    }

    #[test]
    fn an_enb_with_a_cell_that_is_not_due_waits_whole_and_the_others_go() {
        let (wire, sector) = pool();
        let mut rest = Rest::new(&sector, &sector.all());
        let limit = CellLimit::new(1000, 1).unwrap();
        let mut limiter = CellLimiter::new(0..8);
        limiter.note(4500, limit, &CellRuns::from_range(3..4));
        limiter.note(4700, limit, &CellRuns::from_range(6..7));
        let spacing = Spacing { limiter: &limiter, limit, spared: &CellRuns::new() };
        assert_eq!(ends(&cut(&mut rest, 5000, &wire, &sector, WIDE, Some(&spacing))), [(0, 2), (5, 6)]);
        assert_eq!(rest.asleep_until(), Some(5500));
        rest.wake();
        assert_eq!(ends(&cut(&mut rest, 5500, &wire, &sector, WIDE, Some(&spacing))), [(2, 5)]);
        assert_eq!(rest.asleep_until(), Some(5700));
        assert_eq!(rest.cells(), CellRuns::from_range(6..8));
    }

    /// What an order has left, with the limiter that it meets.
    #[derive(Clone, Debug)]
    struct Task {
        /// The eNB of each cell; one may have cells in both tracking areas, not next to each other.
        enbs: Vec<u32>,
        cells: BTreeSet<u32>,
        spared: BTreeSet<u32>,
        /// When cells were written before.
        written: Vec<(u64, u32, u32)>,
        room: Room,
    }

    const CELLS: u32 = 11;
    const NOW_MS: u64 = 20_000;

    fn tasks() -> impl Strategy<Value = Task> {
        let cells = || prop::collection::btree_set(0..CELLS, 0..CELLS as usize);
        let written = prop::collection::vec((15_000..NOW_MS, 0..CELLS, 1..6_u32), 0..5);
        let room = (1..8_u32, 13..90_u32).prop_map(|(cells, octets)| Room { cells, octets });
        (prop::collection::vec(1..5_u32, CELLS as usize), cells(), cells(), written, room)
            .prop_map(|(enbs, cells, spared, written, room)| Task { enbs, cells, spared, written, room })
    }

    fn runs(cells: &BTreeSet<u32>) -> CellRuns {
        CellRuns::from_sorted(cells.iter().map(|cell| area::CellIndex(*cell)))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn batches_are_whole_enbs_that_are_due_and_fit_and_the_rest_sleeps_until_it_is(task in tasks()) {
            let identities: Vec<u32> = task.enbs.iter().zip(1..).map(|(enb, n)| enb << 8 | n).collect();
            let (here, there) = identities.split_at(5);
            let inventory = testing::inventory(&[testing::lte("pool", 1, here), testing::lte("pool", 2, there)]);
            let wire = Wire::new(&inventory);
            let sector = Sector::new(&inventory, &inventory.controllers()[0], &wire);
            let limit = CellLimit::new(1000, 2).unwrap();
            let mut limiter = CellLimiter::new(0..CELLS);
            for (at_ms, first, len) in &task.written {
                limiter.note(*at_ms, limit, &CellRuns::from_range(*first..(first + len).min(CELLS)));
            }
            let spared = runs(&task.spared);
            let spacing = Spacing { limiter: &limiter, limit, spared: &spared };
            let due_ms = |cell: u32| {
                if task.spared.contains(&cell) { NOW_MS } else { limiter.due_ms(NOW_MS, limit, cell) }
            };
            // The model: an eNB is its cells, and is due when the last of them is.
            let mut order = identities.clone();
            order[..5].sort_unstable();
            order[5..].sort_unstable();
            let mut enbs: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
            for cell in &task.cells {
                enbs.entry(order[*cell as usize] >> 8).or_default().insert(*cell);
            }
            let due = |cells: &BTreeSet<u32>| cells.iter().map(|cell| due_ms(*cell)).max().unwrap();
            let (now, later): (Vec<_>, Vec<_>) = enbs.values().cloned().partition(|cells| due(cells) <= NOW_MS);

            let mut rest = Rest::new(&sector, &runs(&task.cells));
            let mut sent = BTreeSet::new();
            loop {
                let mut batch = Batch::default();
                rest.cut(&mut batch, NOW_MS, &wire, &sector, task.room, Some(&spacing), &[]);
                if batch.runs.is_empty() {
                    break;
                }
                let cells: BTreeSet<u32> = batch.runs.iter().cloned().flatten().collect();
                let count = batch.runs.iter().map(ExactSizeIterator::len).sum::<usize>();
                prop_assert_eq!(count, cells.len(), "a cell twice");
                prop_assert!(cells.is_disjoint(&sent));
                let whole: Vec<_> = now.iter().filter(|enb| enb.is_subset(&cells)).collect();
                prop_assert_eq!(whole.iter().map(|enb| enb.len()).sum::<usize>(), cells.len(), "part of an eNB");
                let tais: BTreeSet<WireTai> = cells.iter().map(|cell| sector.tai(*cell).unwrap().0).collect();
                let octets = CELL_OCTETS * cells.len() as u32 + TAI_OCTETS * tais.len() as u32;
                let fits = cells.len() as u32 <= task.room.cells && octets <= task.room.octets;
                prop_assert!(fits || whole.len() == 1, "{cells:?}");
                prop_assert_eq!(&batch.tais, &tais.into_iter().collect::<Vec<_>>());
                sent.extend(cells);
            }
            prop_assert_eq!(sent, all(&now));
            prop_assert_eq!(rest.cells(), runs(&all(&later)));
            prop_assert_eq!(rest.asleep_until(), later.iter().map(due).min());
        }

        #[test]
        fn a_sweep_of_stamps_finds_what_is_due_cell_by_cell(
            written in prop::collection::vec((15_000..NOW_MS, 0..300_u32, 1..200_u32), 0..6),
            burst in 1..4_u16,
            from in 0..300_u32,
            len in 0..300_u32,
        ) {
            let limit = CellLimit::new(1000, burst).unwrap();
            let mut limiter = CellLimiter::new(0..300);
            for (at_ms, first, len) in written {
                limiter.note(at_ms, limit, &CellRuns::from_range(first..(first + len).min(300)));
            }
            let cells = from..(from + len).min(300);
            let one_by_one = cells.clone().take_while(|cell| limiter.due_ms(NOW_MS, limit, *cell) <= NOW_MS);
            prop_assert_eq!(limiter.due_now(NOW_MS, limit, cells), one_by_one.count() as u32);
        }
    }

    fn all(enbs: &[BTreeSet<u32>]) -> BTreeSet<u32> {
        enbs.iter().flatten().copied().collect()
    }
}
