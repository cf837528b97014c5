//! The values of IEs and what they are made of, in the order of `encode`'s.

use aper::{Index, Reader};
use cbs::{Content, DataCodingScheme, MessageId, Pages, SerialNumber, WarningType};

use crate::pdu::{
    Category, Cause, CompletedArea, CompletedInfo, Criticality, CriticalityDiagnostics, FailedArea,
    IeDiagnostics, LoadedArea, Recovery, SecurityInfo, ServiceArea, TriggeringMessage, TypeOfError,
};
use crate::schema::{id, max};
use crate::{BroadcastCount, Error, RepetitionSeconds};

/// A value that can be read.
pub(crate) trait Take: Sized {
    /// The fewest bits that it takes in a list: a count is judged by it before an item is read.
    const BITS_MIN: usize = 8;

    fn take(reader: &mut Reader<'_>) -> Result<Self, Error>;
}

// The message.

impl Take for MessageId {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self::new(reader.bits(16)? as u16))
    }
}

impl Take for SerialNumber {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self::from_bits(reader.bits(16)? as u16))
    }
}

impl Take for DataCodingScheme {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self::new(reader.bits(8)? as u8))
    }
}

/// A Broadcast-Message-Content: pages under this scheme.
pub(crate) fn content(reader: &mut Reader<'_>, dcs: DataCodingScheme) -> Result<Content, Error> {
    let (octets, found_bits) = reader.long_bit_string(1..=max::CONTENT_BITS)?;
    if found_bits % 8 != 0 {
        return Err(Error::ContentBits { found_bits });
    }
    Ok(Content::from_pages(Pages::decode(&octets)?, dcs))
}

impl Take for Category {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(match root(reader, 4)? {
            0 => Self::HighPriority,
            1 => Self::BackgroundPriority,
            2 => Self::NormalPriority,
            _ => Self::DefaultPriority,
        })
    }
}

impl Take for RepetitionSeconds {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Self::new(reader.integer(1..=Self::MAX_S.into())? as u32)
    }
}

impl Take for BroadcastCount {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self(reader.integer(0..=65_535)? as u16))
    }
}

impl Take for WarningType {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self::from_octets((reader.bits(16)? as u16).to_be_bytes()))
    }
}

impl Take for SecurityInfo {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self(reader.octet_array()?))
    }
}

impl Take for Recovery {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(if reader.bit()? { Self::DataAvailable } else { Self::DataLost })
    }
}

// Service areas.

impl Take for ServiceArea {
    const BITS_MIN: usize = 56;

    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Self::from_octets(reader.octet_array()?)
    }
}

impl Take for CompletedArea {
    const BITS_MIN: usize = 75;

    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, 2, |reader, preamble| {
            let area = ServiceArea::take(reader)?;
            let completed = reader.integer(0..=65_535)? as u16;
            let info = match preamble.has(0) {
                false => None,
                true => Some(match reader.index(2, true)? {
                    Index::Root(0) => CompletedInfo::Overflow,
                    // What a later release says of the number makes it no better known.
                    Index::Root(_) | Index::Extension(_) => CompletedInfo::Unknown,
                }),
            };
            Ok(Self { area, completed, info })
        })
    }
}

impl Take for FailedArea {
    const BITS_MIN: usize = 66;

    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, 1, |reader, _| {
            Ok(Self { area: ServiceArea::take(reader)?, cause: Cause::take(reader)? })
        })
    }
}

impl Take for LoadedArea {
    const BITS_MIN: usize = 74;

    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, 1, |reader, _| {
            let area = ServiceArea::take(reader)?;
            Ok(Self { area, bandwidth: reader.integer(0..=max::BANDWIDTH)? as u16 })
        })
    }
}

// Causes and diagnostics.

impl Take for Cause {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self(reader.integer(0..=255)? as u8))
    }
}

impl Take for CriticalityDiagnostics {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, 5, |reader, preamble| {
            let mut diagnostics = Self::default();
            if preamble.has(0) {
                diagnostics.procedure_code = Some(reader.integer(0..=255)? as u8);
            }
            if preamble.has(1) {
                diagnostics.triggering = Some(match reader.integer(0..=3)? {
                    0 => TriggeringMessage::InitiatingMessage,
                    1 => TriggeringMessage::SuccessfulOutcome,
                    2 => TriggeringMessage::UnsuccessfulOutcome,
                    _ => TriggeringMessage::Outcome,
                });
            }
            if preamble.has(2) {
                diagnostics.procedure_criticality = Some(criticality(reader)?);
            }
            if preamble.has(3) {
                diagnostics.ies = reader.list(1..=max::ERRORS, IeDiagnostics::BITS_MIN, Take::take)?;
            }
            Ok(diagnostics)
        })
    }
}

impl Take for IeDiagnostics {
    const BITS_MIN: usize = 21;

    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let preamble = reader.preamble(true, 2)?;
        let criticality = criticality(reader)?;
        let id = u16::from_be_bytes(reader.octet_array()?);
        let repetition = preamble.has(0).then(|| reader.integer(0..=255)).transpose()?;
        let mut error = None;
        if preamble.has(1) {
            extensions(reader, |id, reader| {
                if id == id::TYPE_OF_ERROR {
                    error = Some(TypeOfError::take(reader)?);
                }
                Ok(())
            })?;
        }
        if preamble.is_extended() {
            reader.skip_additions()?;
        }
        Ok(Self { criticality, id, repetition: repetition.map(|number| number as u8), error })
    }
}

impl Take for TypeOfError {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(match root(reader, 2)? {
            0 => Self::NotUnderstood,
            _ => Self::Missing,
        })
    }
}

/// Criticality, two bits.
pub(crate) fn criticality(reader: &mut Reader<'_>) -> Result<Criticality, Error> {
    Ok(match reader.integer(0..=2)? {
        0 => Criticality::Reject,
        1 => Criticality::Ignore,
        _ => Criticality::Notify,
    })
}

/// A list with an item for each of 1 to 65535 service areas.
pub(crate) fn list<T: Take>(reader: &mut Reader<'_>) -> Result<Vec<T>, Error> {
    reader.list(1..=max::SERVICE_AREAS, T::BITS_MIN, T::take)
}

/// The index of a value that this release knows.
fn root(reader: &mut Reader<'_>, values: u64) -> Result<u64, Error> {
    let at = reader.offset();
    match reader.index(values, true)? {
        Index::Root(index) => Ok(index),
        Index::Extension(index) => {
            let (max, found) = (values - 1, index.saturating_add(values));
            Err(aper::Error::Value { at, min: 0, max, found }.into())
        }
    }
}

/// An extensible SEQUENCE whose last OPTIONAL member is its iE-Extensions. `members` reads what is before them; the
/// extensions, of which none are defined, and additions behind the marker are skipped.
fn sequence<T>(
    reader: &mut Reader<'_>,
    optionals: u32,
    members: impl FnOnce(&mut Reader<'_>, aper::Preamble) -> Result<T, Error>,
) -> Result<T, Error> {
    let preamble = reader.preamble(true, optionals)?;
    let value = members(reader, preamble)?;
    if preamble.has(optionals - 1) {
        extensions(reader, |_, _| Ok(()))?;
    }
    if preamble.is_extended() {
        reader.skip_additions()?;
    }
    Ok(value)
}

/// A container of iE-Extensions; `extension` reads the value of each.
fn extensions(
    reader: &mut Reader<'_>,
    mut extension: impl FnMut(u16, &mut Reader<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    // An extension takes at least its id, its criticality and a length.
    reader.each(1..=max::IES, 32, |reader, count| {
        for _ in 0..count {
            let id = u16::from_be_bytes(reader.octet_array()?);
            criticality(reader)?;
            extension(id, &mut reader.open_type()?.reader())?;
        }
        Ok(())
    })
}
