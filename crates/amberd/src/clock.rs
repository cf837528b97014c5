//! The one clock of the daemon.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use engine::Now;

/// Both clocks of this machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started: Instant,
}

impl Clock {
    /// A clock that counts its monotonic time from now on.
    pub(crate) fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// What time it is.
    pub(crate) fn now(self) -> Now {
        let monotonic = self.started.elapsed().as_millis();
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        Now {
            monotonic_ms: u64::try_from(monotonic).unwrap_or(u64::MAX),
            wall_ms: i64::try_from(wall).unwrap_or(i64::MAX),
        }
    }
}
