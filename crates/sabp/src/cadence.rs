//! How often and how many times, in the words of SABP (TS 25.419 §9.2.8, §9.2.9).

use cbs::{Broadcasts, RepetitionPeriod};
use serde::{Deserialize, Serialize};

use crate::Error;

/// A Repetition-Period: 1 to 4096 seconds from one broadcast to the next.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct RepetitionSeconds(u16);

impl RepetitionSeconds {
    /// The longest period, in seconds.
    pub const MAX_S: u16 = 4096;

    /// So many seconds, 1 to 4096.
    pub const fn new(seconds: u32) -> Result<Self, Error> {
        if seconds == 0 || seconds > Self::MAX_S as u32 {
            return Err(Error::RepetitionPeriod { found_s: seconds });
        }
        Ok(Self(seconds as u16))
    }

    /// The seconds nearest to a period. More than 4096 are refused: a shorter period would be another promise.
    pub const fn from_period(period: RepetitionPeriod) -> Result<Self, Error> {
        Self::new((period.ms() + 500) / 1000)
    }

    /// How many seconds.
    pub const fn seconds(self) -> u16 {
        self.0
    }
}

impl TryFrom<u32> for RepetitionSeconds {
    type Error = Error;

    fn try_from(seconds: u32) -> Result<Self, Error> {
        Self::new(seconds)
    }
}

impl From<RepetitionSeconds> for u32 {
    fn from(period: RepetitionSeconds) -> Self {
        period.0.into()
    }
}

/// A Number-of-Broadcasts-Requested as it goes on the wire; 0 is "until killed".
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct BroadcastCount(pub u16);

impl From<Broadcasts> for BroadcastCount {
    fn from(broadcasts: Broadcasts) -> Self {
        Self(match broadcasts {
            Broadcasts::Once => 1,
            Broadcasts::Count(count) => count.get(),
            Broadcasts::UntilStopped => 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use super::*;

    fn seconds(ms: u32) -> Result<u16, Error> {
        RepetitionSeconds::from_period(RepetitionPeriod::from_ms(ms).unwrap()).map(RepetitionSeconds::seconds)
    }

    #[test]
    fn a_period_is_the_nearest_number_of_seconds() {
        assert_eq!(seconds(1_000), Ok(1));
        assert_eq!(seconds(1_499), Ok(1));
        assert_eq!(seconds(1_883), Ok(2));
        assert_eq!(seconds(4_096_000), Ok(4096));
    }

    #[test]
    fn a_period_that_the_field_cannot_say_is_refused_and_not_clipped() {
        assert_eq!(seconds(4_097_000), Err(Error::RepetitionPeriod { found_s: 4097 }));
        assert_eq!(seconds(131_071_000), Err(Error::RepetitionPeriod { found_s: 131_071 }));
        assert_eq!(RepetitionSeconds::new(0), Err(Error::RepetitionPeriod { found_s: 0 }));
    }

    #[test]
    fn only_until_stopped_is_a_count_of_zero() {
        assert_eq!(BroadcastCount::from(Broadcasts::UntilStopped).0, 0);
        assert_eq!(BroadcastCount::from(Broadcasts::Once).0, 1);
        assert_eq!(BroadcastCount::from(Broadcasts::Count(NonZeroU16::MIN)).0, 1);
        assert_eq!(BroadcastCount::from(Broadcasts::Count(NonZeroU16::MAX)).0, 65_535);
    }
}
