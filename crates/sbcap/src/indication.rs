//! The cells of an indication without an object per cell: a national alert is told about in millions of them.

use aper::Reader;

use crate::Error;
use crate::decode::values::{Take, sequence};
use crate::pdu::{Eai, Ecgi, GlobalEnbId, Tai};
use crate::schema::max;

/// The fewest bits of an item with a cell.
const CELL_BITS: usize = 52;

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
        Self::read(reader, Self::read_cell)
    }

    /// Reads a Broadcast-Cancelled-Area-List.
    pub(crate) fn cancelled(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Self::read(reader, |area, reader| {
            area.read_cell(reader)?;
            area.broadcasts.push(reader.integer(0..=65_535)? as u16);
            Ok(())
        })
    }

    /// Reads either list; `members` reads the members of an item with a cell.
    fn read(
        reader: &mut Reader<'_>,
        members: impl Fn(&mut Self, &mut Reader<'_>) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let mut area = Self::default();
        sequence(reader, true, 4, |reader, preamble| {
            if preamble.has(0) {
                area.read_cells(reader, max::CELLS, &members)?;
            }
            if preamble.has(1) {
                each(reader, max::TAIS, Tai::BITS_MIN + CELL_BITS, |reader| {
                    area.tais.push(Tai::take(reader)?);
                    area.read_cells(reader, max::CELLS_IN_AREA, &members)
                })?;
            }
            if preamble.has(2) {
                each(reader, max::EMERGENCY_AREAS, Eai::BITS_MIN + CELL_BITS, |reader| {
                    area.eais.push(Eai::take(reader)?);
                    area.read_cells(reader, max::CELLS_IN_AREA, &members)
                })?;
            }
            Ok(())
        })?;
        Ok(area)
    }

    fn read_cells(
        &mut self,
        reader: &mut Reader<'_>,
        max: usize,
        members: impl Fn(&mut Self, &mut Reader<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        each(reader, max, CELL_BITS, |reader| members(self, reader))
    }

    fn read_cell(&mut self, reader: &mut Reader<'_>) -> Result<(), Error> {
        read_cell(reader, &mut self.cells)
    }
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
    sequence(reader, true, 1, |reader, _| {
        let plmn: [u8; 3] = reader.octet_array()?;
        let (eci, _) = reader.bit_string(28..=28)?;
        cells.extend_from_slice(&plmn);
        cells.extend_from_slice(&((eci as u32) << 4).to_be_bytes());
        Ok(())
    })
}
