//! The hot path: a message encoded once, then sent to run after run of cells. A run is one copy.

use aper::{OpenTypeStream, Sink, Writer};
use bytes::{Bytes, BytesMut};

use crate::Error;
use crate::encode::{Ies, put_extensions, put_header, put_ie_header};
use crate::pdu::{Ecgi, Extensions, StopWarningRequest, Tai, WriteReplaceWarningRequest};
use crate::schema::{self, Message, id, max};

/// Octets of an IE before its open type: id (2), criticality (1).
const IE_HEADER_OCTETS: usize = 3;
/// Octets of the two IEs that stand before the areas: identifier and serial number, 6 each.
const HEAD_OCTETS: usize = 12;
/// Octets of a tracking area in a list: a preamble, then the identity.
const TAI_ITEM_OCTETS: usize = 1 + Tai::OCTETS;
/// How many of them are put at once.
const TAIS_AT_ONCE: usize = 32;

/// When a message names the tracking areas whose eNBs the MME shall address.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum TaiPolicy {
    /// Whenever there are any.
    Always,
    /// Only beside cells: a message to all cells names neither.
    #[default]
    WithCells,
    /// Never.
    Never,
}

/// A Write-Replace-Warning-Request that lacks its cells and tracking areas.
#[derive(Clone, Debug)]
pub struct WriteTemplate(Template);

impl WriteTemplate {
    /// A template of this request; its `tais` and `area` are not looked at.
    pub fn new(request: &WriteReplaceWarningRequest, tais: TaiPolicy) -> Result<Self, Error> {
        let request = WriteReplaceWarningRequest { tais: Vec::new(), area: None, ..request.clone() };
        let schema = &schema::WRITE_REPLACE_WARNING_REQUEST;
        Template::new(schema, tais, &request.ext, |ies| request.put_ies(ies)).map(Self)
    }

    /// Appends the request for these cells to `out`. Each run holds whole cells as [`Ecgi::octets`] gives them; without any
    /// run that has cells the request goes to all of them. `tais` are as [`Tai::octets`] gives them.
    pub fn encode(
        &self,
        cells: &[&[u8]],
        tais: &[[u8; Tai::OCTETS]],
        out: &mut BytesMut,
    ) -> Result<(), Error> {
        self.0.encode(cells, tais, out)
    }
}

/// A Stop-Warning-Request that lacks its cells and tracking areas.
#[derive(Clone, Debug)]
pub struct StopTemplate(Template);

impl StopTemplate {
    /// A template of this request; its `tais` and `area` are not looked at.
    pub fn new(request: &StopWarningRequest, tais: TaiPolicy) -> Result<Self, Error> {
        let request = StopWarningRequest { tais: Vec::new(), area: None, ..request.clone() };
        let schema = &schema::STOP_WARNING_REQUEST;
        Template::new(schema, tais, &request.ext, |ies| request.put_ies(ies)).map(Self)
    }

    /// Appends the request for these cells to `out`, as [`WriteTemplate::encode`] does.
    pub fn encode(
        &self,
        cells: &[&[u8]],
        tais: &[[u8; Tai::OCTETS]],
        out: &mut BytesMut,
    ) -> Result<(), Error> {
        self.0.encode(cells, tais, out)
    }
}

/// The octets around the areas. In both requests the tracking areas and the area are the third and the fourth IE.
#[derive(Clone, Debug)]
struct Template {
    /// The CHOICE, the procedure and its criticality.
    header: [u8; 3],
    /// The message's preamble.
    preamble: u8,
    /// What stands before the open types of the tracking areas and of the area.
    area_headers: [[u8; IE_HEADER_OCTETS]; 2],
    /// How many IEs there are without the areas.
    ies: usize,
    /// Those before the areas, [`HEAD_OCTETS`], and those behind.
    invariant: Bytes,
    /// The extensions with their count, or nothing.
    extensions: Bytes,
    tais: TaiPolicy,
}

impl Template {
    fn new(
        schema: &'static Message,
        tais: TaiPolicy,
        extensions: &Extensions,
        put_ies: impl FnOnce(&mut Ies<'_, '_>) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let header = three_octets(|writer| put_header(writer, schema));
        let area_headers = [id::LIST_OF_TAIS, id::WARNING_AREA_LIST]
            .map(|id| three_octets(|writer| put_ie_header(writer, id, schema.criticality_of(id))));

        let mut out = BytesMut::new();
        let mut writer = Writer::new(&mut out);
        let mut ies = Ies::new(&mut writer, schema);
        put_ies(&mut ies)?;
        let ies = ies.count();
        let invariant = out.split().freeze();

        put_extensions(&mut Writer::new(&mut out), schema, extensions)?;
        // The extension bit, then the bit of the protocolExtensions.
        let preamble = if extensions.is_empty() { 0x00 } else { 0x40 };
        Ok(Self { header, preamble, area_headers, ies, invariant, extensions: out.freeze(), tais })
    }

    fn encode(&self, cells: &[&[u8]], tais: &[[u8; Tai::OCTETS]], out: &mut BytesMut) -> Result<(), Error> {
        let mut cell_octets = 0;
        for run in cells {
            if run.len() % Ecgi::OCTETS != 0 {
                return Err(Error::CellOctets { found: run.len() });
            }
            cell_octets += run.len();
        }
        let cell_count = cell_octets / Ecgi::OCTETS;
        let tais = match self.tais {
            TaiPolicy::Always => tais,
            TaiPolicy::WithCells if cell_count > 0 => tais,
            TaiPolicy::WithCells | TaiPolicy::Never => &[],
        };
        // In an area the CHOICE's octet, the count and the first cell's preamble come before the cells; every other cell's
        // preamble lies in the low nibble of the cell before it.
        let [tais_header, cells_header] = self.area_headers;
        let tai_area = Area::new(tais_header, tais.len(), max::TAIS, 2 + tais.len() * TAI_ITEM_OCTETS)?;
        let cell_area = Area::new(cells_header, cell_count, max::CELLS, 4 + cell_octets)?;
        let mut body_octets = 3 + self.invariant.len() + self.extensions.len();
        let mut ies = self.ies;
        for area in [&tai_area, &cell_area].into_iter().flatten() {
            body_octets += IE_HEADER_OCTETS + Writer::open_type_octets(area.octets);
            ies += 1;
        }

        out.reserve(self.header.len() + Writer::open_type_octets(body_octets));
        out.put(&self.header);
        let mut body = OpenTypeStream::new(out, body_octets);
        body.put(&[self.preamble]);
        body.put(&(ies as u16).to_be_bytes());
        let (head, tail) = self.invariant.split_at(HEAD_OCTETS);
        body.put(head);
        if let Some(area) = tai_area {
            area.put(&mut body, |value| {
                value.put(&area.written_count);
                for group in tais.chunks(TAIS_AT_ONCE) {
                    let mut items = [[0; TAI_ITEM_OCTETS]; TAIS_AT_ONCE];
                    items.iter_mut().zip(group).for_each(|([_, item @ ..], tai)| *item = *tai);
                    value.put(items[..group.len()].as_flattened());
                }
            });
        }
        if let Some(area) = cell_area {
            area.put(&mut body, |value| {
                value.put(&[0]);
                value.put(&area.written_count);
                value.put(&[0]);
                cells.iter().for_each(|run| value.put(run));
            });
        }
        body.put(tail);
        body.put(&self.extensions);
        let is_complete = body.finish();
        debug_assert!(is_complete, "the lengths above are those of what was put");
        Ok(())
    }
}

/// One of the two lists, with at least one item.
struct Area {
    header: [u8; IE_HEADER_OCTETS],
    /// The count as a list with a lower bound of one has it: less one.
    written_count: [u8; 2],
    /// Octets of the open type's content.
    octets: usize,
}

impl Area {
    fn new(
        header: [u8; IE_HEADER_OCTETS],
        count: usize,
        max: usize,
        octets: usize,
    ) -> Result<Option<Self>, Error> {
        let Some(less_one) = count.checked_sub(1) else {
            return Ok(None);
        };
        if count > max {
            let [high, low, _] = header;
            let why = aper::Error::Size { min: 1, max, found: count };
            return Err(Error::Ie { id: u16::from_be_bytes([high, low]), why });
        }
        Ok(Some(Self { header, written_count: (less_one as u16).to_be_bytes(), octets }))
    }

    fn put<S: Sink>(&self, body: &mut S, value: impl FnOnce(&mut OpenTypeStream<'_, S>)) {
        body.put(&self.header);
        let mut stream = OpenTypeStream::new(body, self.octets);
        value(&mut stream);
        let is_complete = stream.finish();
        debug_assert!(is_complete, "the area's octets are those of what was put");
    }
}

fn three_octets(write: impl FnOnce(&mut Writer<'_>)) -> [u8; 3] {
    let mut out = BytesMut::with_capacity(3);
    write(&mut Writer::new(&mut out));
    let mut octets = [0; 3];
    octets.copy_from_slice(&out);
    octets
}
