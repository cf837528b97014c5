//! The cells of an indication without an object per cell: a national alert is told about in millions of them.

use aper::Reader;

use crate::Error;
use crate::decode::values::{Take, sequence};
use crate::pdu::{Eai, Ecgi, GlobalEnbId, Tai};
use crate::schema::max;

/// The fewest bits of an item with a cell.
const CELL_BITS: usize = 52;
/// The bits of the two preambles before a cell's identity: the item's and the EUTRAN-CGI's, two each.
const PREAMBLE_BITS: u32 = 4;

/// Where something is on or off the air, as Write-Replace-Warning-Indication and Stop-Warning-Indication say it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AreaCells {
    /// All cells that are named, by themselves, in a tracking area or in an emergency area: PLMN (3 octets) and ECI << 4
    /// (4 octets) each, as in [`Ecgi::octets`]. A cell that is named twice is here twice.
    pub cells: Vec<u8>,
    /// How often the message was broadcast, for each of `cells` in order. Empty in a Write-Replace-Warning-Indication.
    pub broadcasts: Vec<u16>,
    /// The tracking areas that are named.
    pub tais: Vec<Tai>,
    /// The emergency areas that are named.
    pub eais: Vec<Eai>,
    /// eNBs that had nothing on the air. Only in a Stop-Warning-Indication.
    pub empty_enbs: Vec<GlobalEnbId>,
}

impl AreaCells {
    /// Reads a Broadcast-Scheduled-Area-List.
    pub(crate) fn scheduled(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Self::read(reader, |area, reader, max| scheduled_cells(reader, max, &mut area.cells))
    }

    /// Reads a Broadcast-Cancelled-Area-List.
    pub(crate) fn cancelled(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Self::read(reader, |area, reader, max| {
            each(reader, max, CELL_BITS, |reader| {
                read_cell(reader, &mut area.cells)?;
                area.broadcasts.push(reader.integer(0..=65_535)? as u16);
                Ok(())
            })
        })
    }

    /// Reads either list; `cells` reads a list of so many items with a cell at most.
    fn read(
        reader: &mut Reader<'_>,
        cells: impl Fn(&mut Self, &mut Reader<'_>, usize) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let mut area = Self::default();
        sequence(reader, true, 4, |reader, preamble| {
            if preamble.has(0) {
                cells(&mut area, reader, max::CELLS)?;
            }
            if preamble.has(1) {
                each(reader, max::TAIS, Tai::BITS_MIN + CELL_BITS, |reader| {
                    area.tais.push(Tai::take(reader)?);
                    cells(&mut area, reader, max::CELLS_IN_AREA)
                })?;
            }
            if preamble.has(2) {
                each(reader, max::EMERGENCY_AREAS, Eai::BITS_MIN + CELL_BITS, |reader| {
                    area.eais.push(Eai::take(reader)?);
                    cells(&mut area, reader, max::CELLS_IN_AREA)
                })?;
            }
            Ok(())
        })?;
        Ok(area)
    }
}

/// Reads a list of items that are a cell alone. Without extensions an item is seven octets from one identity to the next,
/// for its preambles lie in the nibble behind the cell before it: those are one copy.
///
/// ```text
/// count 0000 ····│PLMN PLMN PLMN ECI ECI ECI ECI·0000│PLMN …
/// ```
fn scheduled_cells(reader: &mut Reader<'_>, max: usize, cells: &mut Vec<u8>) -> Result<(), Error> {
    reader.each(1..=max, CELL_BITS, |reader, count| {
        cells.reserve(count * Ecgi::OCTETS);
        for read in 0..count {
            // The first item says where the octets begin; the others are tried as they lie.
            sequence(reader, true, 1, |reader, _| read_cell(reader, cells))?;
            if read == 0 && plain_items(reader, count - 1, cells)? {
                break;
            }
        }
        Ok(())
    })
}

/// Reads so many items when all of them are plain, and says so; else reads nothing.
fn plain_items(reader: &mut Reader<'_>, count: usize, cells: &mut Vec<u8>) -> Result<bool, Error> {
    let Some(before_last) = count.checked_sub(1) else { return Ok(true) };
    let mut ahead = reader.clone();
    let first_preambles = ahead.bits(PREAMBLE_BITS)?;
    let Ok(octets) = ahead.octets(before_last * Ecgi::OCTETS) else { return Ok(false) };
    let (items, _) = octets.as_chunks::<{ Ecgi::OCTETS }>();
    let preambles = items.iter().fold(0, |bits, [.., last]| bits | last & 0x0f);
    if first_preambles != 0 || preambles != 0 {
        return Ok(false);
    }
    let first = cells.len();
    cells.extend_from_slice(octets);
    // The last item has no other behind it whose preambles fill its octet.
    if read_identity(&mut ahead, cells).is_err() {
        cells.truncate(first);
        return Ok(false);
    }
    *reader = ahead;
    Ok(true)
}

/// Reads a list of 1 to `max` cells into seven octets each.
pub(crate) fn cell_octets(reader: &mut Reader<'_>, max: usize) -> Result<Vec<u8>, Error> {
    let mut cells = Vec::new();
    reader.each(1..=max, Ecgi::BITS_MIN, |reader, count| {
        cells.reserve(count * Ecgi::OCTETS);
        (0..count).try_for_each(|_| read_cell(reader, &mut cells))
    })?;
    Ok(cells)
}

/// Reads a list whose items are SEQUENCEs with iE-Extensions; `members` reads what is before those.
fn each(
    reader: &mut Reader<'_>,
    max: usize,
    item_bits: usize,
    mut members: impl FnMut(&mut Reader<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    reader.each(1..=max, item_bits, |reader, count| {
        (0..count).try_for_each(|_| sequence(reader, true, 1, |reader, _| members(reader)))
    })
}

fn read_cell(reader: &mut Reader<'_>, cells: &mut Vec<u8>) -> Result<(), Error> {
    sequence(reader, true, 1, |reader, _| read_identity(reader, cells))
}

fn read_identity(reader: &mut Reader<'_>, cells: &mut Vec<u8>) -> Result<(), Error> {
    let plmn: [u8; 3] = reader.octet_array()?;
    let (eci, _) = reader.bit_string(28..=28)?;
    cells.extend_from_slice(&plmn);
    cells.extend_from_slice(&((eci as u32) << 4).to_be_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use aper::Writer;
    use bytes::BytesMut;
    use proptest::prelude::*;

    use super::*;

    /// What follows a cell's identity in an item.
    #[derive(Clone, Copy, Debug)]
    enum Tail {
        Nothing,
        /// iE-Extensions of the EUTRAN-CGI, then of the item.
        Extensions(bool, bool),
    }

    /// A list as a peer writes it, padding and all.
    fn written(items: &[([u8; 3], u32, Tail)], padding: u64) -> Result<BytesMut, aper::Error> {
        let mut out = BytesMut::new();
        let mut writer = Writer::new(&mut out);
        writer.size(items.len(), &(1..=max::CELLS))?;
        for (plmn, eci, tail) in items {
            let (of_cell, of_item) = match tail {
                Tail::Nothing => (false, false),
                Tail::Extensions(of_cell, of_item) => (*of_cell, *of_item),
            };
            writer.bits(u64::from(of_item) << 2 | u64::from(of_cell), PREAMBLE_BITS);
            writer.bits(padding, 2);
            writer.octets(plmn);
            writer.bit_string((*eci).into(), 28, 28..=28)?;
            for _ in 0..usize::from(of_cell) + usize::from(of_item) {
                writer.size(1, &(1..=max::IES))?;
                writer.octets(&[0, 9]);
                writer.bits(1, 2);
                writer.open_type::<aper::Error>(|value| value.octet_string(b"ext", 0..=usize::MAX))?;
            }
        }
        Ok(out)
    }

    /// The plain way: an item at a time.
    fn plainly(reader: &mut Reader<'_>, cells: &mut Vec<u8>) -> Result<(), Error> {
        each(reader, max::CELLS, CELL_BITS, |reader| read_cell(reader, cells))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn a_list_is_read_as_item_by_item(
            items in prop::collection::vec((any::<[u8; 3]>(), 0..1_u32 << 28, prop_oneof![
                20 => Just(Tail::Nothing),
                1 => (any::<bool>(), any::<bool>()).prop_map(|(a, b)| Tail::Extensions(a, b)),
            ]), 1..40),
            padding in prop_oneof![3 => Just(0), 1 => 0..4_u64],
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..2),
            cut in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let mut octets = written(&items, padding).map_err(|error| TestCaseError::fail(error.to_string()))?;
            damage.iter().for_each(|(at, octet)| {
                let at = at.index(octets.len());
                octets[at] = *octet;
            });
            octets.truncate(cut.map_or(octets.len(), |cut| cut.index(octets.len())));
            let (mut fast, mut plain) = (Reader::new(&octets), Reader::new(&octets));
            let (mut cells, mut expected) = (Vec::new(), Vec::new());
            let read = scheduled_cells(&mut fast, max::CELLS, &mut cells);
            prop_assert_eq!(&read, &plainly(&mut plain, &mut expected));
            if read.is_ok() {
                prop_assert_eq!((cells, fast.bits_left()), (expected, plain.bits_left()));
            }
        }
    }
}
