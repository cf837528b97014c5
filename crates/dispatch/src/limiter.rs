//! The least time between writes to one cell: the generic cell rate algorithm. Cells that were written together have one
//! stamp.

use std::ops::Range;

use area::{CellRuns, Spans};

/// A limit on the writes to each cell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CellLimit {
    interval_ms: u32,
    /// How far ahead of now a cell's stamp may be for a write to be in order: the interval times (burst - 1).
    tolerance_ms: u32,
}

impl CellLimit {
    /// One write in `interval_ms`, after `burst` at once; `None` without an interval.
    pub(crate) fn new(interval_ms: u32, burst: u16) -> Option<Self> {
        let tolerance_ms = interval_ms.saturating_mul(u32::from(burst).saturating_sub(1));
        (interval_ms > 0).then_some(Self { interval_ms, tolerance_ms })
    }
}

/// When the cells of one controller were written: for each the time, in monotonic milliseconds, at which it has rested from
/// all its writes.
#[derive(Debug)]
pub(crate) struct CellLimiter {
    rested_ms: Spans<u64>,
    started_ms: Option<u64>,
}

/// Stands for a cell not written since the start, which counts as written at the start.
const UNWRITTEN: u64 = 0;

impl CellLimiter {
    /// A limiter for these cells.
    pub(crate) fn new(cells: Range<u32>) -> Self {
        Self { rested_ms: Spans::of([(cells, UNWRITTEN)]), started_ms: None }
    }

    /// Notes the start, once.
    pub(crate) fn start(&mut self, now_ms: u64) {
        self.started_ms.get_or_insert(now_ms);
    }

    /// When the cell may be written, at the earliest now.
    pub(crate) fn due_ms(&self, now_ms: u64, limit: CellLimit, cell: u32) -> u64 {
        let rested = self.rested_ms.within(cell..cell + 1).next();
        rested.map_or(now_ms, |(_, rested_ms)| self.due_at(now_ms, limit, rested_ms))
    }

    /// How many cells from the first of these on are all due now.
    pub(crate) fn due_now(&self, now_ms: u64, limit: CellLimit, cells: Range<u32>) -> u32 {
        let mut spans = self.rested_ms.within(cells.clone());
        let late = spans.find(|(_, rested_ms)| self.due_at(now_ms, limit, *rested_ms) > now_ms);
        late.map_or(cells.end, |(run, _)| run.start) - cells.start
    }

    /// Notes a write to each of these cells.
    pub(crate) fn note(&mut self, now_ms: u64, limit: CellLimit, cells: &CellRuns) {
        let started_ms = self.started_ms;
        self.rested_ms.change(cells, |rested_ms, _| {
            *rested_ms = rested(started_ms, limit, *rested_ms).max(now_ms) + u64::from(limit.interval_ms);
        });
    }

    fn due_at(&self, now_ms: u64, limit: CellLimit, rested_ms: u64) -> u64 {
        let rested_ms = rested(self.started_ms, limit, rested_ms);
        rested_ms.saturating_sub(limit.tolerance_ms.into()).max(now_ms)
    }
}

/// When a cell has rested, counting what it may have got before the start.
fn rested(started_ms: Option<u64>, limit: CellLimit, rested_ms: u64) -> u64 {
    match started_ms {
        Some(started_ms) if rested_ms == UNWRITTEN => started_ms + u64::from(limit.interval_ms),
        _ => rested_ms,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn after_a_start_every_cell_counts_as_just_written() {
        let limit = CellLimit::new(1000, 1).unwrap();
        let mut limiter = CellLimiter::new(0..1);
        limiter.start(50);
        limiter.start(900);
        assert_eq!(limiter.due_ms(100, limit, 0), 1050);
        assert_eq!(limiter.due_ms(1050, limit, 0), 1050);
    }

    #[test]
    fn no_interval_is_no_limit() {
        assert!(CellLimit::new(0, 3).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn no_window_of_time_holds_more_writes_than_the_limit_grants(
            start in prop_oneof![Just(0), Just(1 << 40)],
            interval in 1..500u32,
            burst in 1..4u16,
            waits in prop::collection::vec(0..400u64, 1..60),
        ) {
            let limit = CellLimit::new(interval, burst).unwrap();
            let mut limiter = CellLimiter::new(0..1);
            limiter.start(start);
            let mut now = start;
            let mut writes: Vec<u64> = vec![start];
            for wait in waits {
                now += wait;
                if limiter.due_ms(now, limit, 0) == now {
                    limiter.note(now, limit, &CellRuns::from_range(0..1));
                    writes.push(now);
                } else {
                    prop_assert!(limiter.due_ms(now, limit, 0) <= now + u64::from(interval));
                }
            }
            for (at, first) in writes.iter().enumerate() {
                for (count, last) in writes[at..].iter().enumerate() {
                    let granted = u64::from(burst) + (last - first) / u64::from(interval);
                    prop_assert!((count as u64) < granted, "{writes:?}");
                }
            }
        }
    }
}
