//! Waiting for what others do.

use std::time::{Duration, Instant};

/// Asks again and again until there is an answer; panics with what was waited for after `limit_s` seconds.
pub fn until<T>(what: &str, limit_s: u64, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(started.elapsed() < Duration::from_secs(limit_s), "{what}: not within {limit_s} s");
        std::thread::sleep(Duration::from_millis(20));
    }
}
