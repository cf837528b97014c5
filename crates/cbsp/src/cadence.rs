//! How often and how many times, in the words of CBSP (TS 48.049 §8.2.8, §8.2.9).

use cbs::{Broadcasts, RepetitionPeriod};
use serde::{Deserialize, Serialize};

use crate::Error;

/// A repetition period in slots of the broadcast channel, 1.883 s each: 1 to 4095.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct RepetitionUnits(u16);

impl RepetitionUnits {
    /// The length of a slot, in milliseconds.
    pub const UNIT_MS: u32 = 1883;
    /// The most that the 12 bits of the field can say.
    pub const MAX: u16 = 4095;
    /// The most that a peer is asked for unless configured otherwise; it is open whether the standard allows more.
    pub const DEFAULT_BOUND: u16 = 1024;

    /// This many slots, 1 to 4095.
    pub const fn new(units: u16) -> Result<Self, Error> {
        match units {
            1..=Self::MAX => Ok(Self(units)),
            _ => Err(Error::RepetitionPeriod { max: Self::MAX, found: units as u32 }),
        }
    }

    /// The slots nearest to a period, at least one: 60 s are 32 slots. More than `bound` slots are refused.
    pub fn from_period(period: RepetitionPeriod, bound: u16) -> Result<Self, Error> {
        let max = bound.min(Self::MAX);
        let units = ((period.ms() + Self::UNIT_MS / 2) / Self::UNIT_MS).max(1);
        match u16::try_from(units) {
            Ok(units) if units <= max => Self::new(units),
            _ => Err(Error::RepetitionPeriod { max, found: units }),
        }
    }

    /// How many slots.
    pub const fn units(self) -> u16 {
        self.0
    }

    /// How long they last, in milliseconds.
    pub const fn ms(self) -> u32 {
        self.0 as u32 * Self::UNIT_MS
    }
}

impl TryFrom<u16> for RepetitionUnits {
    type Error = Error;

    fn try_from(units: u16) -> Result<Self, Error> {
        Self::new(units)
    }
}

impl From<RepetitionUnits> for u16 {
    fn from(units: RepetitionUnits) -> Self {
        units.0
    }
}

/// How the repetition period lies in its two octets. Up to 15 slots both ways are the same.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RepetitionCoding {
    /// As the standard has it: bits 12 to 5 in the first octet, bits 4 to 1 at the end of the second.
    #[default]
    Spec,
    /// As osmo-bsc and libosmocore have it: one 16-bit number.
    Osmocom,
}

impl RepetitionCoding {
    /// The two octets of a period.
    pub const fn octets(self, period: RepetitionUnits) -> [u8; 2] {
        let RepetitionUnits(units) = period;
        match self {
            Self::Spec => [(units >> 4) as u8, (units & 0xf) as u8],
            Self::Osmocom => units.to_be_bytes(),
        }
    }

    /// The number in two octets; the spare bits of the standard's form are not looked at.
    pub(crate) const fn units(self, [first, second]: [u8; 2]) -> u16 {
        match self {
            Self::Spec => (first as u16) << 4 | (second & 0xf) as u16,
            Self::Osmocom => u16::from_be_bytes([first, second]),
        }
    }
}

/// The number of broadcasts requested, as it goes on the wire. What 0 means depends on the peer: see
/// [`UnlimitedForm`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct BroadcastCount(pub u16);

impl BroadcastCount {
    /// The count that says this to a peer.
    pub const fn new(broadcasts: Broadcasts, unlimited: UnlimitedForm) -> Self {
        match (broadcasts, unlimited) {
            (Broadcasts::Once, _) => Self(1),
            (Broadcasts::Count(count), _) => Self(count.get()),
            (Broadcasts::UntilStopped, UnlimitedForm::Zero) => Self(0),
            (Broadcasts::UntilStopped, UnlimitedForm::Largest) => Self(u16::MAX),
        }
    }
}

/// How to tell a peer "until killed".
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnlimitedForm {
    /// 0, as the standard has it.
    #[default]
    Zero,
    /// 65535, for a BSC that stops a message of 0 broadcasts after the first (osmo-bsc). It ends some day: at a
    /// period of one slot after 34 hours. Whoever sends it has to renew it.
    Largest,
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use super::*;

    fn slots(ms: u32, bound: u16) -> Result<u16, Error> {
        RepetitionUnits::from_period(RepetitionPeriod::from_ms(ms).unwrap(), bound)
            .map(RepetitionUnits::units)
    }

    #[test]
    fn a_period_is_counted_in_slots_and_not_in_seconds() {
        assert_eq!(slots(60_000, 1024), Ok(32));
        assert_eq!(slots(60_256, 1024), Ok(32));
        assert_eq!(slots(30_000, 1024), Ok(16));
        assert_eq!(slots(600_000, 1024), Ok(319));
    }

    #[test]
    fn a_period_is_within_half_a_slot_of_what_was_asked_for_unless_it_is_the_shortest() {
        for ms in (1000..1_900_000).step_by(977) {
            let units = RepetitionUnits::from_period(RepetitionPeriod::from_ms(ms).unwrap(), 1024).unwrap();
            let off_ms = units.ms().abs_diff(ms);
            assert!(off_ms <= RepetitionUnits::UNIT_MS / 2 || units.units() == 1, "{ms} ms gave {units:?}");
        }
    }

    #[test]
    fn a_period_beyond_the_bound_is_refused_and_not_clipped() {
        assert_eq!(slots(1024 * 1883, 1024), Ok(1024));
        assert_eq!(slots(1025 * 1883, 1024), Err(Error::RepetitionPeriod { max: 1024, found: 1025 }));
        assert_eq!(slots(4095 * 1883, u16::MAX), Ok(4095));
        assert_eq!(slots(131_071_000, u16::MAX), Err(Error::RepetitionPeriod { max: 4095, found: 69608 }));
    }

    #[test]
    fn no_period_of_zero_slots_exists() {
        assert_eq!(RepetitionUnits::new(0), Err(Error::RepetitionPeriod { max: 4095, found: 0 }));
        assert_eq!(slots(1000, 1024), Ok(1));
    }

    #[test]
    fn until_stopped_is_never_a_count_that_the_peer_takes_for_another() {
        let count = |broadcasts, form| BroadcastCount::new(broadcasts, form).0;
        assert_eq!(count(Broadcasts::UntilStopped, UnlimitedForm::Zero), 0);
        assert_eq!(count(Broadcasts::UntilStopped, UnlimitedForm::Largest), 65_535);
        for form in [UnlimitedForm::Zero, UnlimitedForm::Largest] {
            assert_eq!(count(Broadcasts::Once, form), 1);
            assert_eq!(count(Broadcasts::Count(NonZeroU16::MIN), form), 1);
            assert_eq!(count(Broadcasts::Count(NonZeroU16::MAX), form), 65_535);
        }
    }

    #[test]
    fn both_codings_agree_up_to_15_slots_and_differ_above() {
        for units in 1..=RepetitionUnits::MAX {
            let period = RepetitionUnits::new(units).unwrap();
            let [spec, osmocom] =
                [RepetitionCoding::Spec, RepetitionCoding::Osmocom].map(|coding| coding.octets(period));
            assert_eq!(spec == osmocom, units <= 15);
            assert_eq!(RepetitionCoding::Spec.units(spec), units);
            assert_eq!(RepetitionCoding::Osmocom.units(osmocom), units);
        }
        assert_eq!(RepetitionCoding::Spec.octets(RepetitionUnits(32)), [0x02, 0x00]);
        assert_eq!(RepetitionCoding::Spec.octets(RepetitionUnits(20)), [0x01, 0x04]);
        assert_eq!(RepetitionCoding::Spec.octets(RepetitionUnits(1024)), [0x40, 0x00]);
        assert_eq!(RepetitionCoding::Osmocom.octets(RepetitionUnits(32)), [0x00, 0x20]);
    }
}
