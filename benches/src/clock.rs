//! Times of pieces of work that take turns, so that a busy machine slows all alike.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock and its arguments")]

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Whether `--quick` is among the arguments: fewer rounds, the same work.
pub fn is_quick() -> bool {
    std::env::args().any(|argument| argument == "--quick")
}

/// So many rounds, or fewer when it is to be quick.
pub fn rounds(full: usize, quick: usize) -> usize {
    if is_quick() { quick } else { full }
}

/// How long some work takes.
pub fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

/// The median of the ratios of pairs, and the median of what was measured. Each pair was taken at about the same time.
pub fn ratio(pairs: &[(Duration, Duration)]) -> (f64, Duration) {
    let ratios = pairs.iter().map(|(measured, yardstick)| measured.as_secs_f64() / yardstick.as_secs_f64());
    (
        median(ratios),
        Duration::from_secs_f64(median(pairs.iter().map(|(measured, _)| measured.as_secs_f64()))),
    )
}

/// The median; of an even number the upper one.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
