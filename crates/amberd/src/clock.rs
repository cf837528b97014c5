//! The one clock of the daemon.

use std::time::{SystemTime, UNIX_EPOCH};

use engine::Now;

/// Both clocks of this machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started_ms: u64,
}

impl Clock {
    /// A clock that counts its monotonic time from now on.
    pub(crate) fn start() -> Self {
        Self { started_ms: since_boot_ms() }
    }

    /// What time it is.
    pub(crate) fn now(self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        Now {
            monotonic_ms: since_boot_ms().saturating_sub(self.started_ms),
            wall_ms: i64::try_from(wall).unwrap_or(i64::MAX),
        }
    }
}

/// Goes on while the machine sleeps: sleep must not look like a step of the wall clock.
fn since_boot_ms() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    u64::try_from(time.tv_sec * 1000 + time.tv_nsec / 1_000_000).unwrap_or(0)
}
