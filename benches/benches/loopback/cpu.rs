//! The processor's time that a process takes.

use std::time::Duration;

/// The processor's time that all threads of a process took during some work.
pub(crate) fn of(process: u32, work: impl FnOnce()) -> Duration {
    let before = so_far(process);
    work();
    so_far(process) - before
}

/// What its threads have run, as the scheduler counts it: in nanoseconds, where the clock of `times` ticks every ten
/// milliseconds.
fn so_far(process: u32) -> Duration {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let run_ns = threads.map(|thread| {
        let schedule = std::fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap_or_default();
        schedule.split(' ').next().and_then(|run_ns| run_ns.parse::<u64>().ok()).unwrap_or(0)
    });
    Duration::from_nanos(run_ns.sum())
}
