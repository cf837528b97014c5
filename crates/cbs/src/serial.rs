//! The serial number: which message this is, and which version of it (TS 23.041 §9.4.1.2.1).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Error;

/// A serial number, 16 bits.
///
/// ```text
///  15 14 13                          4  3        0
/// +-----+-----------------------------+-----------+
/// | GS  | message code                | update    |
/// +-----+-----------------------------+-----------+
/// ```
///
/// A phone drops a message whose (message identifier, serial number) it has seen within a day, whatever the text.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub struct SerialNumber(u16);

impl SerialNumber {
    /// The highest message code.
    pub const CODE_MAX: u16 = 1023;
    /// The highest update number; the next version needs another message code.
    pub const UPDATE_MAX: u8 = 15;

    /// A serial number of these parts, or the part that does not fit its bits.
    pub fn new(scope: GeographicalScope, code: u16, update: u8) -> Result<Self, Error> {
        if code > Self::CODE_MAX {
            return Err(Error::MessageCode { found: code });
        }
        if update > Self::UPDATE_MAX {
            return Err(Error::UpdateNumber { found: update });
        }
        Ok(Self((scope as u16) << 14 | code << 4 | u16::from(update)))
    }

    /// The serial number with these 16 bits; every pattern is one.
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// Its 16 bits, as they go on the wire.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Over which area "a new message" is judged.
    pub const fn scope(self) -> GeographicalScope {
        match self.0 >> 14 {
            0 => GeographicalScope::CellImmediate,
            1 => GeographicalScope::Plmn,
            2 => GeographicalScope::LocationArea,
            _ => GeographicalScope::Cell,
        }
    }

    /// The message code, 0 to 1023.
    pub const fn code(self) -> u16 {
        self.0 >> 4 & Self::CODE_MAX
    }

    /// The update number, 0 to 15.
    pub const fn update(self) -> u8 {
        (self.0 & 0xf) as u8
    }

    /// The serial number of the next version; `None` after update 15, where a new message code is due.
    pub const fn next_update(self) -> Option<Self> {
        if self.update() == Self::UPDATE_MAX { None } else { Some(Self(self.0 + 1)) }
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}", self.0)
    }
}

impl TryFrom<Fields> for SerialNumber {
    type Error = Error;

    fn try_from(fields: Fields) -> Result<Self, Error> {
        Self::new(GeographicalScope::try_from(fields.gs)?, fields.code, fields.update)
    }
}

/// The parts of a serial number by name, as the engineers' tools print them.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    gs: u8,
    code: u16,
    update: u8,
}

impl From<SerialNumber> for Fields {
    fn from(serial: SerialNumber) -> Self {
        Self { gs: serial.scope() as u8, code: serial.code(), update: serial.update() }
    }
}

/// Over which area a phone judges whether a message is new (TS 23.041 §9.4.1.2.1).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum GeographicalScope {
    /// The cell, shown at once.
    CellImmediate = 0,
    /// The whole network: the choice for public warning, since a phone that moves is not alerted again.
    #[default]
    Plmn = 1,
    /// The location area, service area or tracking area.
    LocationArea = 2,
    /// The cell.
    Cell = 3,
}

impl TryFrom<u8> for GeographicalScope {
    type Error = Error;

    fn try_from(found: u8) -> Result<Self, Error> {
        match found {
            0 => Ok(Self::CellImmediate),
            1 => Ok(Self::Plmn),
            2 => Ok(Self::LocationArea),
            3 => Ok(Self::Cell),
            _ => Err(Error::Scope { found }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden() {
        let serial = SerialNumber::new(GeographicalScope::Plmn, 17, 0).unwrap();
        assert_eq!(serial.bits(), 0x4110);
        assert_eq!(serial.next_update().unwrap().bits(), 0x4111);
        assert_eq!(SerialNumber::new(GeographicalScope::Cell, 1023, 15).unwrap().bits(), 0xffff);
        assert_eq!(SerialNumber::from_bits(0xffff).next_update(), None);
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        assert_eq!(
            SerialNumber::new(GeographicalScope::Plmn, 1024, 0),
            Err(Error::MessageCode { found: 1024 })
        );
        assert_eq!(SerialNumber::new(GeographicalScope::Plmn, 0, 16), Err(Error::UpdateNumber { found: 16 }));
    }

    #[test]
    fn every_pattern_survives_its_parts() {
        for bits in 0..=u16::MAX {
            let serial = SerialNumber::from_bits(bits);
            assert_eq!(SerialNumber::new(serial.scope(), serial.code(), serial.update()), Ok(serial));
        }
    }
}
