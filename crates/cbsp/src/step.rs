//! Periods in steps that grow with the period (TS 48.049 §8.2.25, §8.2.26).

use serde::{Deserialize, Serialize};

use crate::Error;

/// Where each step begins: the first code, its seconds, and the seconds that each further code adds.
const STEPS: [(u8, u16, u16); 5] = [(1, 1, 1), (11, 12, 2), (21, 35, 5), (39, 130, 10), (87, 630, 30)];
/// The last code, 3600 s; those above are reserved.
const LAST_CODE: u8 = 186;

/// The seconds that a code stands for; 0, which is "unlimited", and the reserved codes stand for none.
fn seconds(code: u8) -> Option<u16> {
    let (first, from_s, step_s) = *STEPS.iter().rev().find(|(first, ..)| code >= *first)?;
    (code <= LAST_CODE).then(|| from_s + u16::from(code - first) * step_s)
}

/// The code that stands for just these seconds.
fn code(name: &'static str, found_s: u16, last_code: u8) -> Result<u8, Error> {
    // The longest period not above the one asked for; the table is ordered, so its codes can be searched.
    let mut below = (0, 0);
    for code in 1..=last_code {
        match seconds(code) {
            Some(s) if s <= found_s => below = (code, s),
            _ => break,
        }
    }
    let (code, below_s) = below;
    if code > 0 && below_s == found_s { Ok(code) } else { Err(Error::Period { name, found_s, below_s }) }
}

/// For how long an emergency message is broadcast: 1 to 3600 s in steps, or without an end.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "Option<u16>", into = "Option<u16>")]
pub struct WarningPeriod(u8);

impl WarningPeriod {
    /// Until it is killed.
    pub const UNLIMITED: Self = Self(0);

    /// This many seconds, when they have a code.
    pub fn from_s(s: u16) -> Result<Self, Error> {
        code("warning period", s, LAST_CODE).map(Self)
    }

    /// The period with this code; `None` for the reserved ones.
    pub fn from_code(code: u8) -> Option<Self> {
        (code == 0 || seconds(code).is_some()).then_some(Self(code))
    }

    /// The code, as it goes on the wire.
    pub const fn code(self) -> u8 {
        self.0
    }

    /// The seconds; `None` when it has no end.
    pub fn s(self) -> Option<u16> {
        seconds(self.0)
    }
}

impl TryFrom<Option<u16>> for WarningPeriod {
    type Error = Error;

    fn try_from(s: Option<u16>) -> Result<Self, Error> {
        s.map_or(Ok(Self::UNLIMITED), Self::from_s)
    }
}

impl From<WarningPeriod> for Option<u16> {
    fn from(period: WarningPeriod) -> Self {
        period.s()
    }
}

/// Within which time the next KEEP-ALIVE follows: 1 to 120 s in steps.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct KeepAlivePeriod(u8);

impl KeepAlivePeriod {
    /// 30 s.
    pub const DEFAULT: Self = Self(20);
    /// 120 s.
    const LAST_CODE: u8 = 38;

    /// This many seconds, when they have a code.
    pub fn from_s(s: u16) -> Result<Self, Error> {
        code("keep-alive period", s, Self::LAST_CODE).map(Self)
    }

    /// The period with this code; `None` for those beyond 120 s.
    pub fn from_code(code: u8) -> Option<Self> {
        (1..=Self::LAST_CODE).contains(&code).then_some(Self(code))
    }

    /// The code, as it goes on the wire.
    pub const fn code(self) -> u8 {
        self.0
    }

    /// The seconds.
    pub fn s(self) -> u16 {
        // Every code of this type has its seconds.
        seconds(self.0).unwrap_or_default()
    }
}

impl TryFrom<u16> for KeepAlivePeriod {
    type Error = Error;

    fn try_from(s: u16) -> Result<Self, Error> {
        Self::from_s(s)
    }
}

impl From<KeepAlivePeriod> for u16 {
    fn from(period: KeepAlivePeriod) -> Self {
        period.s()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_begins_and_ends_where_the_standard_says() {
        for (code, s) in [
            (1, 1),
            (10, 10),
            (11, 12),
            (20, 30),
            (21, 35),
            (26, 60),
            (38, 120),
            (39, 130),
            (86, 600),
            (87, 630),
            (186, 3600),
        ] {
            assert_eq!(seconds(code), Some(s));
            assert_eq!(WarningPeriod::from_s(s).unwrap().code(), code);
        }
        assert_eq!(seconds(0), None);
        assert_eq!(seconds(187), None);
    }

    #[test]
    fn every_code_survives_its_seconds() {
        for code in 1..=186 {
            assert_eq!(WarningPeriod::from_s(seconds(code).unwrap()).unwrap().code(), code);
        }
        for code in 1..=38 {
            let period = KeepAlivePeriod::from_code(code).unwrap();
            assert_eq!(KeepAlivePeriod::from_s(period.s()), Ok(period));
        }
    }

    #[test]
    fn a_period_between_two_codes_is_refused_and_named() {
        let error = Error::Period { name: "keep-alive period", found_s: 31, below_s: 30 };
        assert_eq!(KeepAlivePeriod::from_s(31), Err(error));
        let error = Error::Period { name: "keep-alive period", found_s: 130, below_s: 120 };
        assert_eq!(KeepAlivePeriod::from_s(130), Err(error));
        assert!(KeepAlivePeriod::from_s(0).is_err());
        assert!(WarningPeriod::from_s(0).is_err());
    }
}
