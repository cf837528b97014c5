//! The values of IEs and what they are made of, in the order of `encode`'s.

use aper::{Index, Reader};
use cbs::{MessageId, Plmn, SerialNumber, WarningType};

use crate::Error;
use crate::pdu::{
    BroadcastArea, Cancelled, CellList, CellsInEai, CellsInTai, Criticality, CriticalityDiagnostics, Eai,
    EutraCgi, GlobalGnbId, GlobalN3iwfId, GlobalNgEnbId, GlobalRanNodeId, IeDiagnostics, NgEnbKind, NrCgi,
    SecurityInfo, Tai, TriggeringMessage, TypeOfError, WarningArea,
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

// Areas.

impl Take for Plmn {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self::from_octets(reader.octet_array()?)?)
    }
}

impl Take for Tai {
    const BITS_MIN: usize = 50;

    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, 1, |reader, _| Self::new(Plmn::take(reader)?, reader.bits(24)? as u32))
    }
}

impl Take for EutraCgi {
    const BITS_MIN: usize = 52;

    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, 1, |reader, _| {
            let plmn = Plmn::take(reader)?;
            Self::new(plmn, reader.bit_string(28..=28)?.0 as u32)
        })
    }
}

impl Take for NrCgi {
    const BITS_MIN: usize = 60;

    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, 1, |reader, _| {
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

impl Take for CellList {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        match alternative(reader, 2)? {
            0 => list(reader, max::CELLS_IN_NG_ENB).map(Self::Eutra),
            _ => list(reader, max::CELLS_IN_GNB).map(Self::Nr),
        }
    }
}

impl Take for WarningArea {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        match alternative(reader, 4)? {
            0 => list(reader, max::FOR_WARNING).map(Self::Cells),
            1 => list(reader, max::FOR_WARNING).map(Self::NrCells),
            2 => list(reader, max::FOR_WARNING).map(Self::Tais),
            _ => list(reader, max::FOR_WARNING).map(Self::Eais),
        }
    }
}

/// A cell as an item of a broadcast area.
pub(crate) trait TakeItem: Sized {
    /// The fewest bits of an item.
    const ITEM_BITS_MIN: usize;

    /// The members of the item before its iE-Extensions.
    fn take_members(reader: &mut Reader<'_>) -> Result<Self, Error>;

    fn take_item(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, 1, |reader, _| Self::take_members(reader))
    }
}

impl TakeItem for EutraCgi {
    const ITEM_BITS_MIN: usize = 52;

    fn take_members(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Self::take(reader)
    }
}

impl TakeItem for NrCgi {
    const ITEM_BITS_MIN: usize = 60;

    fn take_members(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Self::take(reader)
    }
}

impl<C: TakeItem> TakeItem for Cancelled<C> {
    const ITEM_BITS_MIN: usize = C::ITEM_BITS_MIN + 16;

    fn take_members(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(Self { cell: C::take_members(reader)?, broadcasts: reader.integer(0..=65_535)? as u16 })
    }
}

impl<E: TakeItem, N: TakeItem> Take for BroadcastArea<E, N> {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        match alternative(reader, 6)? {
            0 => items(reader).map(Self::Cells),
            1 => list(reader, max::FOR_WARNING).map(Self::Tais),
            2 => list(reader, max::FOR_WARNING).map(Self::Eais),
            3 => items(reader).map(Self::NrCells),
            4 => list(reader, max::FOR_WARNING).map(Self::NrTais),
            _ => list(reader, max::FOR_WARNING).map(Self::NrEais),
        }
    }
}

impl<C: TakeItem> Take for CellsInTai<C> {
    const BITS_MIN: usize = Tai::BITS_MIN + C::ITEM_BITS_MIN;

    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, 1, |reader, _| Ok(Self { tai: Tai::take(reader)?, cells: items(reader)? }))
    }
}

impl<C: TakeItem> Take for CellsInEai<C> {
    const BITS_MIN: usize = Eai::BITS_MIN + C::ITEM_BITS_MIN;

    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, 1, |reader, _| Ok(Self { eai: Eai::take(reader)?, cells: items(reader)? }))
    }
}

// Nodes.

impl Take for GlobalRanNodeId {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        match alternative(reader, 3)? {
            0 => GlobalGnbId::take(reader).map(Self::Gnb),
            1 => GlobalNgEnbId::take(reader).map(Self::NgEnb),
            _ => GlobalN3iwfId::take(reader).map(Self::N3iwf),
        }
    }
}

impl Take for GlobalGnbId {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, 1, |reader, _| {
            let plmn = Plmn::take(reader)?;
            alternative(reader, 1)?;
            let widths = Self::BITS_MIN as usize..=Self::BITS_MAX as usize;
            let (id, width) = reader.bit_string(widths)?;
            Self::new(plmn, id as u32, width as u32)
        })
    }
}

impl Take for GlobalNgEnbId {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, 1, |reader, _| {
            let plmn = Plmn::take(reader)?;
            let kind = match alternative(reader, 3)? {
                0 => NgEnbKind::Macro,
                1 => NgEnbKind::ShortMacro,
                _ => NgEnbKind::LongMacro,
            };
            let width = kind.bits() as usize;
            Self::new(plmn, kind, reader.bit_string(width..=width)?.0 as u32)
        })
    }
}

impl Take for GlobalN3iwfId {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, 1, |reader, _| {
            let plmn = Plmn::take(reader)?;
            alternative(reader, 1)?;
            Ok(Self { plmn, id: reader.bit_string(16..=16)?.0 as u16 })
        })
    }
}

// Diagnostics.

impl Take for CriticalityDiagnostics {
    fn take(reader: &mut Reader<'_>) -> Result<Self, Error> {
        sequence(reader, 5, |reader, preamble| {
            let mut diagnostics = Self::default();
            if preamble.has(0) {
                diagnostics.procedure_code = Some(reader.integer(0..=255)? as u8);
            }
            if preamble.has(1) {
                diagnostics.triggering = Some(match reader.integer(0..=2)? {
                    0 => TriggeringMessage::InitiatingMessage,
                    1 => TriggeringMessage::SuccessfulOutcome,
                    _ => TriggeringMessage::UnsuccessfulOutcome,
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
        sequence(reader, 1, |reader, _| {
            let criticality = criticality(reader)?;
            let id = u16::from_be_bytes(reader.octet_array()?);
            let at = reader.offset();
            let error = match reader.index(2, true)? {
                Index::Root(0) => TypeOfError::NotUnderstood,
                Index::Root(_) => TypeOfError::Missing,
                Index::Extension(index) => {
                    let found = index.saturating_add(2);
                    return Err(aper::Error::Value { at, min: 0, max: 1, found }.into());
                }
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

fn items<C: TakeItem>(reader: &mut Reader<'_>) -> Result<Vec<C>, Error> {
    reader.list(1..=max::FOR_WARNING, C::ITEM_BITS_MIN, C::take_item)
}

/// The index of one of so many alternatives; behind them is the one for extensions, of which none are known here.
fn alternative(reader: &mut Reader<'_>, known: u64) -> Result<u64, Error> {
    let at = reader.offset();
    match reader.integer(0..=known)? {
        index if index == known => Err(Error::Choice { at, max: known - 1 }),
        index => Ok(index),
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
