//! The ETWS warning type (TS 23.041 §9.3.24). A primary notification has no text: this is all that the phone is told.

use serde::{Deserialize, Serialize};

use crate::Error;

/// A warning type, two octets.
///
/// ```text
///  15        9  8       7       6        0
/// +-----------+-------+-------+-----------+
/// | value     | alert | popup | padding 0 |
/// +-----------+-------+-------+-----------+
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub struct WarningType(u16);

impl WarningType {
    /// Earthquake.
    pub const EARTHQUAKE: u8 = 0;
    /// Tsunami.
    pub const TSUNAMI: u8 = 1;
    /// Earthquake and tsunami.
    pub const EARTHQUAKE_AND_TSUNAMI: u8 = 2;
    /// Test.
    pub const TEST: u8 = 3;
    /// Other.
    pub const OTHER: u8 = 4;

    const ALERT: u16 = 1 << 8;
    const POPUP: u16 = 1 << 7;

    /// A warning type of this value (0 to 127), with or without sound (`user_alert`) and display (`popup`).
    pub fn new(value: u8, user_alert: bool, popup: bool) -> Result<Self, Error> {
        if value > 127 {
            return Err(Error::WarningType { found: value });
        }
        let flags = (u16::from(user_alert) * Self::ALERT) | (u16::from(popup) * Self::POPUP);
        Ok(Self(u16::from(value) << 9 | flags))
    }

    /// A named warning type, with sound and display.
    pub(crate) const fn loud(value: u8) -> Self {
        Self((value as u16) << 9 | Self::ALERT | Self::POPUP)
    }

    /// The warning type in its two octets; their padding is ignored.
    pub const fn from_octets(octets: [u8; 2]) -> Self {
        Self(u16::from_be_bytes(octets) & 0xff80)
    }

    /// The two octets, as they go on the wire.
    pub const fn octets(self) -> [u8; 2] {
        self.0.to_be_bytes()
    }

    /// What happened: 0 to 4 have names here, the others are reserved.
    pub const fn value(self) -> u8 {
        (self.0 >> 9) as u8
    }

    /// Whether the phone sounds.
    pub const fn user_alert(self) -> bool {
        self.0 & Self::ALERT != 0
    }

    /// Whether the phone shows it at once.
    pub const fn popup(self) -> bool {
        self.0 & Self::POPUP != 0
    }
}

impl TryFrom<Fields> for WarningType {
    type Error = Error;

    fn try_from(fields: Fields) -> Result<Self, Error> {
        Self::new(fields.value, fields.user_alert, fields.popup)
    }
}

/// The parts of a warning type by name, as the engineers' tools print them.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    value: u8,
    user_alert: bool,
    popup: bool,
}

impl From<WarningType> for Fields {
    fn from(kind: WarningType) -> Self {
        Self { value: kind.value(), user_alert: kind.user_alert(), popup: kind.popup() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden() {
        for (value, octets) in [
            (WarningType::EARTHQUAKE, [0x01, 0x80]),
            (WarningType::TSUNAMI, [0x03, 0x80]),
            (WarningType::EARTHQUAKE_AND_TSUNAMI, [0x05, 0x80]),
            (WarningType::TEST, [0x07, 0x80]),
            (WarningType::OTHER, [0x09, 0x80]),
        ] {
            let kind = WarningType::new(value, true, true).unwrap();
            assert_eq!(kind.octets(), octets);
            assert_eq!(WarningType::from_octets(octets), kind);
        }
        assert_eq!(WarningType::new(128, true, true), Err(Error::WarningType { found: 128 }));
    }

    #[test]
    fn every_pattern_survives_its_parts() {
        for bits in 0..=u16::MAX {
            let kind = WarningType::from_octets(bits.to_be_bytes());
            assert_eq!(WarningType::new(kind.value(), kind.user_alert(), kind.popup()), Ok(kind));
            assert_eq!(kind.octets(), (bits & 0xff80).to_be_bytes());
        }
    }
}
