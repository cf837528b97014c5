//! The least time between writes to one cell: the generic cell rate algorithm, one stamp a cell.

use std::ops::Range;

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

/// When each cell was written. A stamp is the time, in milliseconds modulo 2^32, at which the cell has rested from all
/// its writes; 0 stands for a cell not written since the start, which counts as written at the start.
#[derive(Debug)]
pub(crate) struct CellLimiter {
    stamps: Vec<u32>,
    started_ms: Option<u64>,
}

impl CellLimiter {
    /// A limiter for so many cells.
    pub(crate) fn new(cells: u32) -> Self {
        Self { stamps: vec![0; cells as usize], started_ms: None }
    }

    /// Notes the start, once.
    pub(crate) fn start(&mut self, now_ms: u64) {
        self.started_ms.get_or_insert(now_ms);
    }

    /// When the cell may be written, at the earliest now.
    pub(crate) fn due_ms(&self, now_ms: u64, limit: CellLimit, cell: u32) -> u64 {
        let stamp = self.stamps.get(cell as usize).copied().unwrap_or(0);
        let ahead_ms = self.clock(now_ms, limit).ahead_ms(stamp);
        now_ms + u64::from(ahead_ms.saturating_sub(limit.tolerance_ms))
    }

    /// How many cells from the first of these on are all due now. A run that has rested is one sweep without a branch.
    pub(crate) fn due_now(&self, now_ms: u64, limit: CellLimit, cells: Range<u32>) -> u32 {
        let clock = self.clock(now_ms, limit);
        let stamps = self.stamps.get(cells.start as usize..cells.end as usize).unwrap_or_default();
        let is_late = |stamp: &u32| clock.ahead_ms(*stamp) > limit.tolerance_ms;
        let mut due = 0;
        for sweep in stamps.chunks(SWEEP) {
            if sweep.iter().fold(false, |late, stamp| late | is_late(stamp)) {
                return due + sweep.iter().take_while(|stamp| !is_late(stamp)).count() as u32;
            }
            due += sweep.len() as u32;
        }
        due
    }

    /// Notes a write to each cell of a run.
    pub(crate) fn note(&mut self, now_ms: u64, limit: CellLimit, cells: Range<u32>) {
        let clock = self.clock(now_ms, limit);
        let stamps = self.stamps.get_mut(cells.start as usize..cells.end as usize).unwrap_or_default();
        for stamp in stamps {
            let ahead_ms = clock.ahead_ms(*stamp) + limit.interval_ms;
            *stamp = clock.now_ms.wrapping_add(ahead_ms).max(1);
        }
    }

    fn clock(&self, now_ms: u64, limit: CellLimit) -> Clock {
        let rested_ms = self.started_ms.map_or(0, |start| start + u64::from(limit.interval_ms));
        Clock {
            now_ms: now_ms as u32,
            unwritten_ahead_ms: rested_ms.saturating_sub(now_ms) as u32,
            ahead_max_ms: limit.tolerance_ms + limit.interval_ms,
        }
    }
}

/// What makes a stamp a time ahead of now.
#[derive(Clone, Copy)]
struct Clock {
    now_ms: u32,
    unwritten_ahead_ms: u32,
    ahead_max_ms: u32,
}

impl Clock {
    /// How far a stamp is ahead of now. One further ahead than any write can put it is one of the past, seen around the
    /// modulus; the rare one that lands in reach costs a write no more than its interval.
    fn ahead_ms(self, stamp: u32) -> u32 {
        let ahead_ms = stamp.wrapping_sub(self.now_ms);
        let ahead_ms = if ahead_ms <= self.ahead_max_ms { ahead_ms } else { 0 };
        if stamp == 0 { self.unwritten_ahead_ms } else { ahead_ms }
    }
}

/// How many stamps are looked at between two decisions.
const SWEEP: usize = 128;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn after_a_start_every_cell_counts_as_just_written() {
        let limit = CellLimit::new(1000, 1).unwrap();
        let mut limiter = CellLimiter::new(1);
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
            start in prop_oneof![Just(0), Just(u64::from(u32::MAX) - 3000), Just(1 << 40)],
            interval in 1..500u32,
            burst in 1..4u16,
            waits in prop::collection::vec(0..400u64, 1..60),
        ) {
            let limit = CellLimit::new(interval, burst).unwrap();
            let mut limiter = CellLimiter::new(1);
            limiter.start(start);
            let mut now = start;
            let mut writes: Vec<u64> = vec![start];
            for wait in waits {
                now += wait;
                if limiter.due_ms(now, limit, 0) == now {
                    limiter.note(now, limit, 0..1);
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
