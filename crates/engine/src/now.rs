//! Time and order as arguments.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What time it is, told by the caller.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Now {
    /// Milliseconds of a clock that never steps: for retries and waits.
    pub monotonic_ms: u64,
    /// Milliseconds since 1970-01-01T00:00:00Z: for expiry, quarantine and records.
    pub wall_ms: i64,
}

impl Now {
    /// When to look at the clocks next, in monotonic milliseconds, so as not to miss that the wall clock reaches
    /// `wall_ms`: then, or in a second, since the wall clock may be set and the machine may sleep.
    pub fn look_for(self, wall_ms: i64) -> u64 {
        let wait_ms = u64::try_from(wall_ms.saturating_sub(self.wall_ms)).unwrap_or(0);
        self.monotonic_ms.saturating_add(wait_ms.min(1_000))
    }
}

/// The place of a record in the journal; the first is 1, and 0 is before all.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// The place after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
