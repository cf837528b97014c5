//! The hot path: the parts of a message that are the same for every batch of cells, encoded once. A batch then is two
//! or three copies and a copy per run of cells.

use bytes::{BufMut, BytesMut};
use cbs::{MessageId, SerialNumber};

use crate::element::iei::{
    BROADCASTS_REQUESTED, CELL_LIST, CHANNEL_INDICATOR, MESSAGE_IDENTIFIER, NEW_SERIAL_NUMBER,
    OLD_SERIAL_NUMBER,
};
use crate::encode::{Writer, put_header, put_length};
use crate::pdu::{CellKind, Channel, MessageType, TextBroadcast};
use crate::{BroadcastCount, Error, HEADER_BYTES, RepetitionCoding};

/// The octets of a cell by CGI: network (3), location area code (2), cell identity (2).
pub const CGI_OCTETS: usize = 7;

/// The most cells of one message: the two octets of the list's length count its discriminator too.
pub const MAX_CELLS_PER_PDU: usize = (65_535 - 1) / CGI_OCTETS;

/// Octets of an element that is a number: its identifier, then two.
const NUMBER_OCTETS: usize = 3;
/// Octets of a cell list before its cells: identifier (1), length (2), discriminator (1).
const LIST_HEADER_OCTETS: usize = 4;

/// A WRITE-REPLACE of one version of a message, for any cells.
#[derive(Clone, Debug)]
pub struct WriteTemplate {
    message: Box<[u8]>,
    before_count: Box<[u8]>,
    after_count: Box<[u8]>,
}

impl WriteTemplate {
    /// The template for this message; the number of broadcasts in `broadcast` is not used, since each write has its
    /// own.
    pub fn new(
        message_id: MessageId,
        new_serial: SerialNumber,
        broadcast: &TextBroadcast,
        coding: RepetitionCoding,
    ) -> Self {
        Self {
            message: elements(coding, |out| {
                out.field(MESSAGE_IDENTIFIER, &message_id);
                out.field(NEW_SERIAL_NUMBER, &new_serial);
            }),
            before_count: elements(coding, |out| broadcast.write_before_count(out)),
            after_count: elements(coding, |out| broadcast.write_after_count(out)),
        }
    }

    /// Appends a WRITE-REPLACE for these runs of cells, each run in wire form (seven octets a cell), to `out`.
    /// `old_serial` is what the cells hold now and is replaced.
    pub fn encode(
        &self,
        broadcasts: BroadcastCount,
        old_serial: Option<SerialNumber>,
        cells: &[&[u8]],
        out: &mut BytesMut,
    ) -> Result<(), Error> {
        let list_octets = list_octets(cells)?;
        let parts = [&self.message, &self.before_count, &self.after_count];
        let numbers_octets = NUMBER_OCTETS * (1 + usize::from(old_serial.is_some()));
        let parts_octets: usize = parts.iter().map(|part| part.len()).sum();
        // Exactly what is put, so that a buffer made for one message has no room left over.
        out.reserve(HEADER_BYTES + parts_octets + LIST_HEADER_OCTETS + list_octets + numbers_octets);
        let start = put_header(MessageType::WriteReplace, out);
        out.put_slice(&self.message);
        Writer::new(RepetitionCoding::Spec, out).field(OLD_SERIAL_NUMBER, &old_serial);
        put_cells(list_octets, cells, out);
        out.put_slice(&self.before_count);
        Writer::new(RepetitionCoding::Spec, out).field(BROADCASTS_REQUESTED, &broadcasts);
        out.put_slice(&self.after_count);
        put_length(start, out);
        Ok(())
    }
}

/// A KILL of one version of a message, for any cells.
#[derive(Clone, Debug)]
pub struct KillTemplate {
    message: Box<[u8]>,
    channel: Box<[u8]>,
}

impl KillTemplate {
    /// The template for this message; `channel` is none for an emergency message.
    pub fn new(message_id: MessageId, old_serial: SerialNumber, channel: Option<Channel>) -> Self {
        Self {
            message: elements(RepetitionCoding::Spec, |out| {
                out.field(MESSAGE_IDENTIFIER, &message_id);
                out.field(OLD_SERIAL_NUMBER, &old_serial);
            }),
            channel: elements(RepetitionCoding::Spec, |out| {
                out.field(CHANNEL_INDICATOR, &channel);
            }),
        }
    }

    /// Appends a KILL for these runs of cells, each run in wire form (seven octets a cell), to `out`.
    pub fn encode(&self, cells: &[&[u8]], out: &mut BytesMut) -> Result<(), Error> {
        let list_octets = list_octets(cells)?;
        let list = LIST_HEADER_OCTETS + list_octets;
        out.reserve(HEADER_BYTES + self.message.len() + list + self.channel.len());
        let start = put_header(MessageType::Kill, out);
        out.put_slice(&self.message);
        put_cells(list_octets, cells, out);
        out.put_slice(&self.channel);
        put_length(start, out);
        Ok(())
    }
}

/// Elements as octets.
fn elements(coding: RepetitionCoding, write: impl FnOnce(&mut Writer<'_>)) -> Box<[u8]> {
    let mut out = BytesMut::new();
    write(&mut Writer::new(coding, &mut out));
    out.as_ref().into()
}

/// The octets of all runs, when they are whole cells and fit one list.
fn list_octets(cells: &[&[u8]]) -> Result<usize, Error> {
    let mut octets = 0;
    for run in cells {
        if run.len() % CGI_OCTETS != 0 {
            return Err(Error::CellOctets { width: CGI_OCTETS, found: run.len() });
        }
        octets += run.len();
    }
    let found = octets / CGI_OCTETS;
    if found > MAX_CELLS_PER_PDU {
        return Err(Error::CellCount { max: MAX_CELLS_PER_PDU, found });
    }
    Ok(octets)
}

fn put_cells(list_octets: usize, cells: &[&[u8]], out: &mut BytesMut) {
    out.put_u8(CELL_LIST);
    out.put_u16((1 + list_octets) as u16);
    out.put_u8(CellKind::Cgi.code());
    for run in cells {
        out.put_slice(run);
    }
}
