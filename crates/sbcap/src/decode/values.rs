//! The values of IEs and what they are made of, in the order of `encode`'s.

use aper::{Index, Reader};
use cbs::{MessageId, Plmn, SerialNumber, WarningType};

use crate::Error;
use crate::pdu::{
    BroadcastArea, Cancelled, Cause, CellsInEai, CellsInTai, Criticality, CriticalityDiagnostics, Eai, Ecgi,
    EnbKind, GlobalEnbId, GlobalGnbId, GlobalRanNodeId, IeDiagnostics, NrCgi, OmcId, SecurityInfo, Tai,
    Tai5gs, TriggeringMessage, TypeOfError, WarningArea, WarningArea5gs,
};
use crate::schema::max;

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

impl Take for OmcId {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Self::new(reader.octet_string(1..=Self::OCTETS_MAX)?.into_owned())
    }
}

// Areas.

impl Take for Plmn {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self::from_octets(reader.octet_array()?)?)
    }
}

impl Take for Tai {
    const BITS_MIN: usize = 40;

    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, false, 1, |reader, _| Self::from_octets(reader.octet_array()?))
    }
}

impl Take for Tai5gs {
    const BITS_MIN: usize = 48;

    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, false, 1, |reader, _| Self::new(Plmn::take(reader)?, reader.bits(24)? as u32))
    }
}

impl Take for Ecgi {
    const BITS_MIN: usize = 52;

    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, true, 1, |reader, _| {
            let plmn = Plmn::take(reader)?;
            Self::new(plmn, reader.bit_string(28..=28)?.0 as u32)
        })
    }
}

impl Take for NrCgi {
    const BITS_MIN: usize = 60;

    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, true, 1, |reader, _| {
            let plmn = Plmn::take(reader)?;
            Self::new(plmn, reader.bit_string(36..=36)?.0)
        })
    }
}

impl Take for Eai {
    const BITS_MIN: usize = 24;

    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self(reader.octet_array()?))
    }
}

impl Take for WarningArea {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        match alternative(reader, 3)? {
            0 => list(reader, max::CELLS).map(Self::Cells),
            1 => list(reader, max::TAIS).map(Self::Tais),
            _ => list(reader, max::EMERGENCY_AREAS).map(Self::Eais),
        }
    }
}

impl Take for WarningArea5gs {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        match alternative(reader, 4)? {
            0 => list(reader, max::CELLS).map(Self::Cells),
            1 => list(reader, max::CELLS_GNB).map(Self::NrCells),
            2 => Tai5gs::take(reader).map(Self::Tai),
            _ => list(reader, max::EMERGENCY_AREAS).map(Self::Eais),
        }
    }
}

/// A cell as an item of a broadcast area.
pub(crate) trait TakeItem: Sized {
    /// The most cells that are named by themselves.
    const CELLS_MAX: usize;
    /// The fewest bits of an item.
    const ITEM_BITS_MIN: usize;

    /// The members of the item before its iE-Extensions.
    fn take_members(reader: &mut Reader<'_>) -> Result<Self, Error>;

    fn take_item(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, true, 1, |reader, _| Self::take_members(reader))
    }
}

impl TakeItem for Ecgi {
    const CELLS_MAX: usize = max::CELLS;
    const ITEM_BITS_MIN: usize = 52;

    fn take_members(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Self::take(reader)
    }
}

impl TakeItem for NrCgi {
    const CELLS_MAX: usize = max::CELLS_5GS;
    const ITEM_BITS_MIN: usize = 60;

    fn take_members(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Self::take(reader)
    }
}

impl<C: TakeItem> TakeItem for Cancelled<C> {
    const CELLS_MAX: usize = C::CELLS_MAX;
    const ITEM_BITS_MIN: usize = C::ITEM_BITS_MIN + 16;

    fn take_members(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self { cell: C::take_members(reader)?, broadcasts: reader.integer(0..=65_535)? as u16 })
    }
}

impl<C: TakeItem, T: Take, E: TakeItem> Take for BroadcastArea<C, T, E> {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, true, 4, |reader, preamble| {
            let mut area = Self::default();
            if preamble.has(0) {
                area.cells = items(reader, C::CELLS_MAX)?;
            }
            if preamble.has(1) {
                area.tais = list(reader, max::TAIS)?;
            }
            if preamble.has(2) {
                area.eais = list(reader, max::EMERGENCY_AREAS)?;
            }
            Ok(area)
        })
    }
}

impl<C: TakeItem, T: Take> Take for CellsInTai<C, T> {
    const BITS_MIN: usize = T::BITS_MIN + C::ITEM_BITS_MIN;

    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, true, 1, |reader, _| {
            Ok(Self { tai: T::take(reader)?, cells: items(reader, max::CELLS_IN_AREA)? })
        })
    }
}

impl<C: TakeItem> Take for CellsInEai<C> {
    const BITS_MIN: usize = Eai::BITS_MIN + C::ITEM_BITS_MIN;

    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, true, 1, |reader, _| {
            Ok(Self { eai: Eai::take(reader)?, cells: items(reader, max::CELLS_IN_AREA)? })
        })
    }
}

// Nodes.

impl Take for GlobalEnbId {
    const BITS_MIN: usize = 44;

    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, true, 1, |reader, _| {
            let plmn = Plmn::take(reader)?;
            let at = reader.offset();
            let (kind, id) = match reader.index(2, true)? {
                Index::Root(0) => (EnbKind::Macro, enb_bits(reader, EnbKind::Macro)?),
                Index::Root(_) => (EnbKind::Home, enb_bits(reader, EnbKind::Home)?),
                Index::Extension(index) => {
                    let kind = match index {
                        0 => EnbKind::ShortMacro,
                        1 => EnbKind::LongMacro,
                        found => return Err(aper::Error::Value { at, min: 0, max: 1, found }.into()),
                    };
                    (kind, enb_bits(&mut reader.open_type()?.reader(), kind)?)
                }
            };
            Self::new(plmn, kind, id)
        })
    }
}

fn enb_bits(reader: &mut Reader<'_>, kind: EnbKind) -> Result<u32, Error> {
    let width = kind.bits() as usize;
    Ok(reader.bit_string(width..=width)?.0 as u32)
}

impl Take for GlobalGnbId {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, true, 1, |reader, _| {
            let plmn = Plmn::take(reader)?;
            alternative(reader, 1)?;
            let widths = Self::BITS_MIN as usize..=Self::BITS_MAX as usize;
            let (id, width) = reader.bit_string(widths)?;
            Self::new(plmn, id as u32, width as u32)
        })
    }
}

impl Take for GlobalRanNodeId {
    const BITS_MIN: usize = 44;

    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        match alternative(reader, 2)? {
            0 => GlobalGnbId::take(reader).map(Self::Gnb),
            _ => GlobalEnbId::take(reader).map(Self::NgEnb),
        }
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
        sequence(reader, true, 5, |reader, preamble| {
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
                diagnostics.ies = list(reader, max::ERRORS)?;
            }
            Ok(diagnostics)
        })
    }
}

impl Take for IeDiagnostics {
    const BITS_MIN: usize = 22;

    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, true, 1, |reader, _| {
            let criticality = criticality(reader)?;
            let id = u16::from_be_bytes(reader.octet_array()?);
            let error = match alternative(reader, 2)? {
                0 => TypeOfError::NotUnderstood,
                _ => TypeOfError::Missing,
            };
            Ok(Self { criticality, id, error })
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

/// A list of 1 to `max` items.
pub(crate) fn list<T: Take>(reader: &mut Reader<'_>, max: usize) -> Result<Vec<T>, Error> {
    reader.list(1..=max, T::BITS_MIN, T::take)
}

fn items<C: TakeItem>(reader: &mut Reader<'_>, max: usize) -> Result<Vec<C>, Error> {
    reader.list(1..=max, C::ITEM_BITS_MIN, C::take_item)
}

/// The index of an alternative that this release knows.
fn alternative(reader: &mut Reader<'_>, alternatives: u64) -> Result<u64, Error> {
    let at = reader.offset();
    match reader.index(alternatives, true)? {
        Index::Root(index) => Ok(index),
        Index::Extension(index) => {
            let (max, found) = (alternatives - 1, index.saturating_add(alternatives));
            Err(aper::Error::Value { at, min: 0, max, found }.into())
        }
    }
}

/// A SEQUENCE whose last OPTIONAL member is its iE-Extensions. `members` reads what is before them; the extensions, of which
/// none are defined, and additions behind the marker are skipped.
pub(crate) fn sequence<T>(
    reader: &mut Reader<'_>,
    extensible: bool,
    optionals: u32,
    members: impl FnOnce(&mut Reader<'_>, aper::Preamble) -> Result<T, Error>,
) -> Result<T, Error> {
    let preamble = reader.preamble(extensible, optionals)?;
    let value = members(reader, preamble)?;
    if preamble.has(optionals - 1) {
        skip_extensions(reader)?;
    }
    if preamble.is_extended() {
        reader.skip_additions()?;
    }
    Ok(value)
}

fn skip_extensions(reader: &mut Reader<'_>) -> Result<(), Error> {
    // An extension takes at least its id, its criticality and a length.
    reader.each(1..=max::IES, 32, |reader, count| {
        for _ in 0..count {
            let _id: [u8; 2] = reader.octet_array()?;
            criticality(reader)?;
            reader.skip_open_type()?;
        }
        Ok(())
    })
}
