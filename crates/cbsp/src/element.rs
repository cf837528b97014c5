//! The information elements: their identifiers, their lengths, and how each value is read and written
//! (TS 48.049 §8.2). All numbers are big-endian.

use bytes::{BufMut, BytesMut};
use cbs::{DataCodingScheme, MessageId, SerialNumber, WarningType};

use crate::pdu::{
    BroadcastMessageType, Category, Cause, CellKind, Channel, DrxParameter, Entry, FailureList, List,
    Recovery, SecurityInfo,
};
use crate::{BroadcastCount, Error, KeepAlivePeriod, WarningPeriod};

/// The identifiers by the standard's names (TS 48.049 §8.2.1).
pub(crate) mod iei {
    pub(crate) const MESSAGE_CONTENT: u8 = 0x01;
    pub(crate) const OLD_SERIAL_NUMBER: u8 = 0x02;
    pub(crate) const NEW_SERIAL_NUMBER: u8 = 0x03;
    pub(crate) const CELL_LIST: u8 = 0x04;
    pub(crate) const CATEGORY: u8 = 0x05;
    pub(crate) const REPETITION_PERIOD: u8 = 0x06;
    pub(crate) const BROADCASTS_REQUESTED: u8 = 0x07;
    pub(crate) const BROADCASTS_COMPLETED_LIST: u8 = 0x08;
    pub(crate) const FAILURE_LIST: u8 = 0x09;
    pub(crate) const LOADING_LIST: u8 = 0x0a;
    pub(crate) const CAUSE: u8 = 0x0b;
    pub(crate) const DATA_CODING_SCHEME: u8 = 0x0c;
    pub(crate) const RECOVERY_INDICATION: u8 = 0x0d;
    pub(crate) const MESSAGE_IDENTIFIER: u8 = 0x0e;
    pub(crate) const EMERGENCY_INDICATOR: u8 = 0x0f;
    pub(crate) const WARNING_TYPE: u8 = 0x10;
    pub(crate) const WARNING_SECURITY_INFORMATION: u8 = 0x11;
    pub(crate) const CHANNEL_INDICATOR: u8 = 0x12;
    pub(crate) const NUMBER_OF_PAGES: u8 = 0x13;
    pub(crate) const SCHEDULE_PERIOD: u8 = 0x14;
    pub(crate) const RESERVED_SLOTS: u8 = 0x15;
    pub(crate) const BROADCAST_MESSAGE_TYPE: u8 = 0x16;
    pub(crate) const WARNING_PERIOD: u8 = 0x17;
    pub(crate) const KEEP_ALIVE_PERIOD: u8 = 0x18;
    pub(crate) const LAST: u8 = KEEP_ALIVE_PERIOD;
}

/// How long the value of an element is. The element does not say which of the two it is: who does not know an
/// identifier cannot pass over it.
pub(crate) enum ValueLength {
    /// Always this many octets.
    Fixed(usize),
    /// As many as the two octets say that open it.
    Counted,
}

impl ValueLength {
    /// The length that this identifier implies; `None` when nobody knows it.
    pub(crate) const fn of(iei: u8) -> Option<Self> {
        Some(match iei {
            iei::MESSAGE_CONTENT => Self::Fixed(83),
            iei::OLD_SERIAL_NUMBER
            | iei::NEW_SERIAL_NUMBER
            | iei::REPETITION_PERIOD
            | iei::BROADCASTS_REQUESTED
            | iei::MESSAGE_IDENTIFIER
            | iei::WARNING_TYPE => Self::Fixed(2),
            iei::CELL_LIST | iei::BROADCASTS_COMPLETED_LIST | iei::FAILURE_LIST | iei::LOADING_LIST => {
                Self::Counted
            }
            iei::WARNING_SECURITY_INFORMATION => Self::Fixed(SecurityInfo::OCTETS),
            iei::CATEGORY..=iei::LAST => Self::Fixed(1),
            _ => return None,
        })
    }
}

/// The value of an element in a message that came: where it begins, and its octets without their count.
#[derive(Clone, Copy)]
pub(crate) struct Found<'a> {
    pub(crate) at: usize,
    pub(crate) octets: &'a [u8],
}

impl Found<'_> {
    pub(crate) fn array<const N: usize>(&self) -> Result<[u8; N], Error> {
        let truncated = Error::Truncated { at: self.at, expected: N, found: self.octets.len() };
        self.octets.try_into().map_err(|_| truncated)
    }

    pub(crate) fn number(&self) -> Result<u16, Error> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn octet(&self) -> Result<u8, Error> {
        self.array().map(|[octet]| octet)
    }

    /// The error that says what the element takes instead.
    pub(crate) fn unexpected(&self, expected: &'static str, found: impl Into<u16>) -> Error {
        Error::ElementValue { at: self.at, expected, found: found.into() }
    }
}

/// What stands in an element.
pub(crate) trait Value: Sized {
    /// Reads it.
    fn read(found: Found<'_>) -> Result<Self, Error>;

    /// Writes all that follows the identifier.
    fn put(&self, out: &mut BytesMut);
}

/// Values that are a number, whatever it is.
macro_rules! number {
    ($($value:ty, $found:ident => $read:expr, $self:ident => $octets:expr;)*) => {$(
        impl Value for $value {
            fn read($found: Found<'_>) -> Result<Self, Error> {
                Ok($read)
            }

            fn put(&self, out: &mut BytesMut) {
                let $self = self;
                out.put_slice(&$octets);
            }
        }
    )*};
}

number! {
    MessageId, found => Self::new(found.number()?), value => value.number().to_be_bytes();
    SerialNumber, found => Self::from_bits(found.number()?), value => value.bits().to_be_bytes();
    BroadcastCount, found => Self(found.number()?), value => value.0.to_be_bytes();
    Cause, found => Self(found.octet()?), value => [value.0];
    DataCodingScheme, found => Self::new(found.octet()?), value => [value.octet()];
    DrxParameter, found => Self(found.octet()?), value => [value.0];
    WarningType, found => Self::from_octets(found.array()?), value => value.octets();
    SecurityInfo, found => Self(found.array()?), value => value.0;
}

/// Values that are one octet, of which the peer may use only some. Where the standard has a half octet, the spare half
/// is not looked at.
macro_rules! choice {
    ($($value:ty, $mask:literal, $expected:literal { $($code:literal => $variant:ident),* })*) => {$(
        impl Value for $value {
            fn read(found: Found<'_>) -> Result<Self, Error> {
                match found.octet()? & $mask {
                    $($code => Ok(Self::$variant),)*
                    other => Err(found.unexpected($expected, other)),
                }
            }

            fn put(&self, out: &mut BytesMut) {
                out.put_u8(*self as u8);
            }
        }
    )*};
}

choice! {
    Channel, 0x0f, "channel 0 or 1" { 0 => Basic, 1 => Extended }
    Category, 0xff, "category 0 to 2" { 0 => High, 1 => Background, 2 => Normal }
    BroadcastMessageType, 0x0f, "broadcast message type 0 or 1" { 0 => Cbs, 1 => Emergency }
    Recovery, 0x0f, "recovery indication 0 or 1" { 0 => DataAvailable, 1 => DataLost }
}

impl Value for WarningPeriod {
    fn read(found: Found<'_>) -> Result<Self, Error> {
        let code = found.octet()?;
        Self::from_code(code).ok_or(found.unexpected("warning period code 0 to 186", code))
    }

    fn put(&self, out: &mut BytesMut) {
        out.put_u8(self.code());
    }
}

impl Value for KeepAlivePeriod {
    fn read(found: Found<'_>) -> Result<Self, Error> {
        let code = found.octet()?;
        Self::from_code(code).ok_or(found.unexpected("keep-alive period code 1 to 38", code))
    }

    fn put(&self, out: &mut BytesMut) {
        out.put_u8(self.code());
    }
}

impl<E: Entry> Value for List<E> {
    fn read(found: Found<'_>) -> Result<Self, Error> {
        let Some((&first, entries)) = found.octets.split_first() else {
            return Err(Error::Truncated { at: found.at, expected: 1, found: 0 });
        };
        let discriminator = first & 0xf;
        let kind = CellKind::from_code(discriminator)
            .ok_or(Error::Discriminator { at: found.at, found: discriminator })?;
        Self::read(kind, entries, found.at + 1)
    }

    fn put(&self, out: &mut BytesMut) {
        // A list is made only with octets that its length can count.
        out.put_u16((1 + self.octets().len()) as u16);
        out.put_u8(self.kind().code());
        out.put_slice(self.octets());
    }
}

impl Value for FailureList {
    fn read(found: Found<'_>) -> Result<Self, Error> {
        Self::read(found.octets, found.at)
    }

    fn put(&self, out: &mut BytesMut) {
        out.put_u16(self.octets().len() as u16);
        out.put_slice(self.octets());
    }
}
