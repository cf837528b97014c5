//! How often, and how many times. Every interface counts differently; each protocol crate converts and refuses what
//! it cannot say (TS 23.041 §9.2.7, TS 48.049 §8.2.8, TS 36.413 §9.2.1.48).

use serde::{Deserialize, Serialize};

use crate::Error;

/// The time from one broadcast of a message to its next, in milliseconds.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct RepetitionPeriod(u32);

impl RepetitionPeriod {
    /// The longest period that any interface can say: 131071 s.
    pub const MAX_MS: u32 = 131_071_000;

    /// A period of `ms` milliseconds, at least a second.
    pub const fn from_ms(ms: u32) -> Result<Self, Error> {
        if ms < 1000 || ms > Self::MAX_MS {
            return Err(Error::RepetitionPeriod { found_ms: ms, max_ms: Self::MAX_MS });
        }
        Ok(Self(ms))
    }

    /// The period in milliseconds.
    pub const fn ms(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for RepetitionPeriod {
    type Error = Error;

    fn try_from(ms: u32) -> Result<Self, Error> {
        Self::from_ms(ms)
    }
}

impl From<RepetitionPeriod> for u32 {
    fn from(period: RepetitionPeriod) -> Self {
        period.0
    }
}

/// How many times a message is broadcast. Zero means three different things on three interfaces, so it does not exist here.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Broadcasts {
    /// Exactly once.
    Once,
    /// This many times, one a period.
    Count(std::num::NonZeroU16),
    /// Until the CBC stops it.
    UntilStopped,
}

impl Broadcasts {
    /// What is left of a count, if it should have begun so many milliseconds ago; once at least.
    ///
    /// ```
    /// use cbs::{Broadcasts, RepetitionPeriod};
    /// let (thirty, minute) = (Broadcasts::Count(30.try_into()?), RepetitionPeriod::from_ms(60_000)?);
    /// assert_eq!(thirty.late_by(59_999, minute), thirty);
    /// assert_eq!(thirty.late_by(600_000, minute), Broadcasts::Count(20.try_into()?));
    /// assert_eq!(thirty.late_by(3_600_000, minute), Broadcasts::Once);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn late_by(self, late_ms: u64, period: RepetitionPeriod) -> Self {
        let Self::Count(count) = self else { return self };
        let missed = late_ms / u64::from(period.ms()).max(1);
        let left = u64::from(count.get()).saturating_sub(missed);
        let left = u16::try_from(left).ok().and_then(std::num::NonZeroU16::new);
        left.filter(|left| left.get() > 1).map_or(Self::Once, Self::Count)
    }
}
