//! The hot path: a message encoded once, then sent to run after run of service areas. A run is one copy.

use aper::{OpenTypeStream, Sink, Writer};
use bytes::{Bytes, BytesMut};
use cbs::SerialNumber;

use crate::encode::{Ies, put_extensions, put_header, put_ie_header};
use crate::pdu::{Criticality, Extensions, Reference, ServiceArea, WriteReplace};
use crate::schema::{self, Message, id, max};
use crate::{BroadcastCount, Error};

/// The most service areas of one message. A peer may take fewer: there is one that takes 1000.
pub const AREAS_PER_PDU_MAX: usize = max::SERVICE_AREAS;

/// Octets of an IE before its open type: id (2), criticality (1).
const IE_HEADER_OCTETS: usize = 3;

/// A Write-Replace that lacks its service areas, and what differs from batch to batch.
#[derive(Clone, Debug)]
pub struct WriteTemplate {
    frame: Frame,
    reference: Bytes,
    pace: Bytes,
    text: Bytes,
    /// How many IEs there are without the old serial number.
    ies: usize,
}

impl WriteTemplate {
    /// A template of this message; its old serial number, service areas and number of broadcasts are not looked at.
    pub fn new(write: &WriteReplace) -> Result<Self, Error> {
        let schema = &schema::WRITE_REPLACE;
        let (reference, reference_ies) = elements(schema, |ies| write.put_reference(ies))?;
        let (pace, pace_ies) = elements(schema, |ies| write.put_pace(ies))?;
        let (text, text_ies) = elements(schema, |ies| write.put_text(ies))?;
        // The service areas and the number of broadcasts make two more.
        let ies = reference_ies + pace_ies + text_ies + 2;
        Ok(Self { frame: Frame::new(schema, &write.ext)?, reference, pace, text, ies })
    }

    /// Appends a Write-Replace for these service areas to `out`. Each run holds whole ones, 7 octets each as
    /// [`ServiceArea::octets`] gives them. `old_serial` is what they hold now and is replaced.
    pub fn encode(
        &self,
        broadcasts: BroadcastCount,
        old_serial: Option<SerialNumber>,
        areas: &[&[u8]],
        out: &mut BytesMut,
    ) -> Result<(), Error> {
        let old =
            old_serial.map(|serial| short_ie(id::OLD_SERIAL_NUMBER, Criticality::Ignore, serial.bits()));
        let old = old.as_ref().map_or(&[][..], |ie| ie);
        let count = short_ie(id::NUMBER_OF_BROADCASTS_REQUESTED, Criticality::Reject, broadcasts.0);
        let ies = self.ies + usize::from(!old.is_empty());
        self.frame.encode(ies, [&self.reference, old], areas, [&self.pace, &count, &self.text], out)
    }
}

/// A Kill that lacks its service areas.
#[derive(Clone, Debug)]
pub struct KillTemplate {
    frame: Frame,
    reference: Bytes,
    ies: usize,
}

impl KillTemplate {
    /// A template of this message; its service areas are not looked at.
    pub fn new(kill: &Reference) -> Result<Self, Error> {
        let (reference, ies) = elements(&schema::KILL, |ies| kill.put_reference(ies))?;
        Ok(Self { frame: Frame::new(&schema::KILL, &Extensions::default())?, reference, ies: ies + 1 })
    }

    /// Appends a Kill for these service areas to `out`, as [`WriteTemplate::encode`] does.
    pub fn encode(&self, areas: &[&[u8]], out: &mut BytesMut) -> Result<(), Error> {
        self.frame.encode(self.ies, [&self.reference], areas, [], out)
    }
}

/// What is around the IEs.
#[derive(Clone, Debug)]
struct Frame {
    /// The CHOICE, the procedure and its criticality.
    header: Bytes,
    /// What stands before the open type of the service areas.
    areas_header: Bytes,
    /// The extensions with their count, or nothing.
    extensions: Bytes,
}

impl Frame {
    fn new(schema: &'static Message, extensions: &Extensions) -> Result<Self, Error> {
        Ok(Self {
            header: written(|writer| {
                put_header(writer, schema);
                Ok(())
            })?,
            areas_header: written(|writer| {
                put_ie_header(writer, id::SERVICE_AREAS_LIST, Criticality::Reject);
                Ok(())
            })?,
            extensions: written(|writer| put_extensions(writer, schema, extensions))?,
        })
    }

    /// Appends a message of `ies` IEs: these, the service areas, and those.
    fn encode<const B: usize, const A: usize>(
        &self,
        ies: usize,
        before: [&[u8]; B],
        areas: &[&[u8]],
        after: [&[u8]; A],
        out: &mut BytesMut,
    ) -> Result<(), Error> {
        let mut area_octets = 0;
        for run in areas {
            if run.len() % ServiceArea::OCTETS != 0 {
                return Err(Error::AreaOctets { found: run.len() });
            }
            area_octets += run.len();
        }
        let found = area_octets / ServiceArea::OCTETS;
        if !(1..=AREAS_PER_PDU_MAX).contains(&found) {
            let why = aper::Error::Size { min: 1, max: AREAS_PER_PDU_MAX, found };
            return Err(Error::Ie { id: id::SERVICE_AREAS_LIST, why });
        }
        // The count of a list with a lower bound of one is written less one.
        let count = (found as u16).wrapping_sub(1).to_be_bytes();
        let list_octets = count.len() + area_octets;
        let rest: usize = before.iter().chain(&after).map(|part| part.len()).sum();
        let body_octets =
            3 + rest + IE_HEADER_OCTETS + Writer::open_type_octets(list_octets) + self.extensions.len();

        out.reserve(self.header.len() + Writer::open_type_octets(body_octets));
        out.put(&self.header);
        let mut body = OpenTypeStream::new(out, body_octets);
        // The extension bit, then the bit of the protocolExtensions.
        body.put(if self.extensions.is_empty() { &[0x00] } else { &[0x40] });
        body.put(&(ies as u16).to_be_bytes());
        before.iter().for_each(|part| body.put(part));
        body.put(&self.areas_header);
        let mut list = OpenTypeStream::new(&mut body, list_octets);
        list.put(&count);
        areas.iter().for_each(|run| list.put(run));
        let mut is_complete = list.finish();
        after.iter().for_each(|part| body.put(part));
        body.put(&self.extensions);
        is_complete &= body.finish();
        debug_assert!(is_complete, "the lengths above are those of what was put");
        Ok(())
    }
}

/// An IE whose value is a number in two octets.
fn short_ie(id: u16, criticality: Criticality, value: u16) -> [u8; 6] {
    let ([a, b], [c, d]) = (id.to_be_bytes(), value.to_be_bytes());
    let criticality = match criticality {
        Criticality::Reject => 0x00,
        Criticality::Ignore => 0x40,
        Criticality::Notify => 0x80,
    };
    [a, b, criticality, 2, c, d]
}

/// Some IEs one after the other, and how many they are.
fn elements(
    schema: &'static Message,
    put: impl FnOnce(&mut Ies<'_, '_>) -> Result<(), Error>,
) -> Result<(Bytes, usize), Error> {
    let mut count = 0;
    let octets = written(|writer| {
        let mut ies = Ies::new(writer, schema);
        put(&mut ies)?;
        count = ies.count();
        Ok(())
    })?;
    Ok((octets, count))
}

fn written(write: impl FnOnce(&mut Writer<'_>) -> Result<(), Error>) -> Result<Bytes, Error> {
    let mut out = BytesMut::new();
    write(&mut Writer::new(&mut out))?;
    Ok(out.freeze())
}
