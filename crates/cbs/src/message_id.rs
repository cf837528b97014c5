//! The message identifier: what kind of message this is (TS 23.041 §9.4.1.2.2, TS 102 900).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::WarningType;

/// A message identifier, 16 bits. Public warning uses 4352 to 6400.
///
/// A message in the local language goes out under the main identifier, one in any other language under that
/// identifier's additional-language twin, which a phone shows only where its owner asked for it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(transparent)]
pub struct MessageId(u16);

impl MessageId {
    /// ETWS: earthquake.
    pub const ETWS_EARTHQUAKE: Self = Self(4352);
    /// ETWS: tsunami.
    pub const ETWS_TSUNAMI: Self = Self(4353);
    /// ETWS: earthquake and tsunami.
    pub const ETWS_EARTHQUAKE_AND_TSUNAMI: Self = Self(4354);
    /// ETWS: test.
    pub const ETWS_TEST: Self = Self(4355);
    /// ETWS: other.
    pub const ETWS_OTHER: Self = Self(4356);
    /// EU-Alert Level 1, CMAS Presidential. A phone cannot switch it off.
    pub const LEVEL_1: Self = Self(4370);
    /// EU-Alert Level 2, CMAS Extreme: immediate, observed.
    pub const EXTREME_IMMEDIATE_OBSERVED: Self = Self(4371);
    /// EU-Alert Level 2, CMAS Extreme: immediate, likely.
    pub const EXTREME_IMMEDIATE_LIKELY: Self = Self(4372);
    /// EU-Alert Level 3, CMAS Extreme: expected, observed.
    pub const EXTREME_EXPECTED_OBSERVED: Self = Self(4373);
    /// EU-Alert Level 3, CMAS Extreme: expected, likely.
    pub const EXTREME_EXPECTED_LIKELY: Self = Self(4374);
    /// EU-Alert Level 3, CMAS Severe: immediate, observed.
    pub const SEVERE_IMMEDIATE_OBSERVED: Self = Self(4375);
    /// EU-Alert Level 3, CMAS Severe: immediate, likely.
    pub const SEVERE_IMMEDIATE_LIKELY: Self = Self(4376);
    /// EU-Alert Level 3, CMAS Severe: expected, observed.
    pub const SEVERE_EXPECTED_OBSERVED: Self = Self(4377);
    /// EU-Alert Level 3, CMAS Severe: expected, likely.
    pub const SEVERE_EXPECTED_LIKELY: Self = Self(4378);
    /// EU-Amber, CMAS Child Abduction Emergency: a missing child.
    pub const AMBER: Self = Self(4379);
    /// EU-Test, CMAS Required Monthly Test.
    pub const TEST: Self = Self(4380);
    /// EU-Exercise, CMAS Exercise.
    pub const EXERCISE: Self = Self(4381);
    /// For the operator's own use.
    pub const OPERATOR: Self = Self(4382);
    /// EU-Alert Level 4, CMAS Public Safety.
    pub const LEVEL_4: Self = Self(4396);
    /// CMAS State/Local Test.
    pub const STATE_LOCAL_TEST: Self = Self(4398);
    /// Tells a phone to judge its position again. It has no text.
    pub const GEOFENCING_TRIGGER: Self = Self(4400);
    /// EU-Info.
    pub const EU_INFO: Self = Self(6400);

    /// From a main identifier of 4370 to 4382 to its twin.
    const TO_ADDITIONAL: u16 = 13;

    /// The identifier with this number.
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// The number, as it goes on the wire.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// What the standards call it, the same for a main identifier and its additional-language twin; `None` where they
    /// give no meaning.
    ///
    /// The names of 4380, 4382 and 4396 differ between editions of TS 102 900.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.main_language() {
            Self::ETWS_EARTHQUAKE => "ETWS earthquake",
            Self::ETWS_TSUNAMI => "ETWS tsunami",
            Self::ETWS_EARTHQUAKE_AND_TSUNAMI => "ETWS earthquake and tsunami",
            Self::ETWS_TEST => "ETWS test",
            Self::ETWS_OTHER => "ETWS other",
            Self::LEVEL_1 => "EU-Alert Level 1 (CMAS Presidential)",
            Self::EXTREME_IMMEDIATE_OBSERVED => "EU-Alert Level 2 (CMAS Extreme, immediate, observed)",
            Self::EXTREME_IMMEDIATE_LIKELY => "EU-Alert Level 2 (CMAS Extreme, immediate, likely)",
            Self::EXTREME_EXPECTED_OBSERVED => "EU-Alert Level 3 (CMAS Extreme, expected, observed)",
            Self::EXTREME_EXPECTED_LIKELY => "EU-Alert Level 3 (CMAS Extreme, expected, likely)",
            Self::SEVERE_IMMEDIATE_OBSERVED => "EU-Alert Level 3 (CMAS Severe, immediate, observed)",
            Self::SEVERE_IMMEDIATE_LIKELY => "EU-Alert Level 3 (CMAS Severe, immediate, likely)",
            Self::SEVERE_EXPECTED_OBSERVED => "EU-Alert Level 3 (CMAS Severe, expected, observed)",
            Self::SEVERE_EXPECTED_LIKELY => "EU-Alert Level 3 (CMAS Severe, expected, likely)",
            Self::AMBER => "EU-Amber (CMAS Child Abduction Emergency)",
            Self::TEST => "EU-Test (CMAS Required Monthly Test)",
            Self::EXERCISE => "EU-Exercise (CMAS Exercise)",
            Self::OPERATOR => "operator defined",
            Self::LEVEL_4 => "EU-Alert Level 4 (CMAS Public Safety)",
            Self::STATE_LOCAL_TEST => "CMAS State/Local Test",
            Self::GEOFENCING_TRIGGER => "geo-fencing trigger",
            Self::EU_INFO => "EU-Info",
            _ => return None,
        })
    }

    /// The identifier for the same message in an additional language. ETWS and EU-Info have none.
    pub const fn additional_language(self) -> Option<Self> {
        match self.0 {
            4370..=4382 => Some(Self(self.0 + Self::TO_ADDITIONAL)),
            4396 | 4398 => Some(Self(self.0 + 1)),
            _ => None,
        }
    }

    /// The identifier for the same message in the local language: itself, unless it is an additional-language twin.
    pub const fn main_language(self) -> Self {
        match self.0 {
            4383..=4395 => Self(self.0 - Self::TO_ADDITIONAL),
            4397 | 4399 => Self(self.0 - 1),
            _ => self,
        }
    }

    /// Which channel it belongs to; `None` for an identifier that no message with a text may use.
    pub const fn channel(self) -> Option<Channel> {
        match self.main_language().0 {
            4352..=4354 | 4356 | 4370..=4379 | 4396 | 6400 => Some(Channel::Live),
            4355 | 4380 | 4398 => Some(Channel::Test),
            4381 => Some(Channel::Exercise),
            4382 => Some(Channel::Operator),
            _ => None,
        }
    }

    /// How grave a live warning under it is; `None` for what is no live warning.
    pub const fn level(self) -> Option<Level> {
        Some(match self.main_language().0 {
            4352..=4354 | 4356 | 4370 => Level::One,
            4371..=4372 => Level::Two,
            4373..=4378 => Level::Three,
            4379 => Level::Amber,
            4396 | 6400 => Level::Four,
            _ => return None,
        })
    }

    /// Whether phones take it for a real warning.
    pub const fn is_live(self) -> bool {
        matches!(self.channel(), Some(Channel::Live))
    }

    /// Whether it is for tests.
    pub const fn is_test(self) -> bool {
        matches!(self.channel(), Some(Channel::Test))
    }

    /// Whether it is for exercises.
    pub const fn is_exercise(self) -> bool {
        matches!(self.channel(), Some(Channel::Exercise))
    }

    /// What a primary notification under it warns of, with sound and display; `None` for what is not of ETWS, and for
    /// identifiers of ETWS that mean nothing yet.
    pub const fn warning_type(self) -> Option<WarningType> {
        Some(WarningType::loud(match self {
            Self::ETWS_EARTHQUAKE => WarningType::EARTHQUAKE,
            Self::ETWS_TSUNAMI => WarningType::TSUNAMI,
            Self::ETWS_EARTHQUAKE_AND_TSUNAMI => WarningType::EARTHQUAKE_AND_TSUNAMI,
            Self::ETWS_TEST => WarningType::TEST,
            Self::ETWS_OTHER => WarningType::OTHER,
            _ => return None,
        }))
    }

    /// Whether it is of the earthquake and tsunami system: its primary notification needs a warning type, and none of its
    /// messages takes the concurrent-warning flag.
    pub const fn is_etws(self) -> bool {
        matches!(self.0, 4352..=4359)
    }
}

/// How grave a live warning is, by the levels of EU-Alert (TS 102 900); the graver is the smaller.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Level 1 (CMAS Presidential), and earthquake and tsunami warnings.
    One,
    /// Level 2 (CMAS Extreme, immediate).
    Two,
    /// Level 3 (CMAS Extreme, expected, and Severe).
    Three,
    /// EU-Amber.
    Amber,
    /// Level 4 (CMAS Public Safety) and EU-Info.
    Four,
}

/// What an identifier is for. Nothing crosses from one channel to another.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Real warnings.
    Live,
    /// Tests. Phones show them only where their owner asked for it.
    Test,
    /// Exercises.
    Exercise,
    /// The operator's own use.
    Operator,
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_main_identifier_and_its_twin_find_each_other() {
        let twins: Vec<_> = (0..=u16::MAX)
            .map(MessageId::new)
            .filter_map(|main| main.additional_language().map(|twin| (main, twin)))
            .collect();
        assert_eq!(twins.len(), 15);
        for (main, twin) in twins {
            assert_eq!((twin.main_language(), main.main_language()), (main, main));
            assert_eq!((twin.channel(), twin.name()), (main.channel(), main.name()));
            assert_eq!(twin.level(), main.level());
            assert_eq!(twin.additional_language(), None);
        }
        assert_eq!(MessageId::AMBER.additional_language(), Some(MessageId::new(4392)));
        assert_eq!(MessageId::LEVEL_4.additional_language(), Some(MessageId::new(4397)));
        assert_eq!(MessageId::EU_INFO.additional_language(), None);
    }

    #[test]
    fn every_identifier_is_in_its_channel_and_no_other() {
        for number in 0..=u16::MAX {
            let expected = match number {
                4352..=4354 | 4356 | 4370..=4379 | 4383..=4392 | 4396 | 4397 | 6400 => Some(Channel::Live),
                4355 | 4380 | 4393 | 4398 | 4399 => Some(Channel::Test),
                4381 | 4394 => Some(Channel::Exercise),
                4382 | 4395 => Some(Channel::Operator),
                _ => None,
            };
            let id = MessageId::new(number);
            assert_eq!(id.channel(), expected, "{number}");
            assert_eq!(
                [id.is_live(), id.is_test(), id.is_exercise()].iter().filter(|is| **is).count(),
                usize::from(expected.is_some_and(|channel| channel != Channel::Operator))
            );
            assert!(expected.is_none() || id.name().is_some(), "{number}");
            assert_eq!(id.level().is_some(), id.is_live(), "{number}");
        }
    }
}
