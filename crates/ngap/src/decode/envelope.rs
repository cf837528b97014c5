//! What is around the IEs: the CHOICE, the procedure, the open type.

use aper::{Index, OpenType, Reader};

use super::container::Ies;
use super::values::criticality;
use crate::Error;
use crate::pdu::{Criticality, TriggeringMessage};
use crate::schema::Message;

/// The first octets of a PDU.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Header {
    triggering: TriggeringMessage,
    procedure: u8,
    criticality: Criticality,
}

impl Header {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let triggering = match reader.index(3, true)? {
            Index::Root(0) => TriggeringMessage::InitiatingMessage,
            Index::Root(1) => TriggeringMessage::SuccessfulOutcome,
            Index::Root(_) => TriggeringMessage::UnsuccessfulOutcome,
            Index::Extension(found) => {
                return Err(Error::Outcome { found: found.saturating_add(3) });
            }
        };
        let [procedure] = reader.octet_array()?;
        Ok(Self { triggering, procedure, criticality: criticality(reader)? })
    }
}

/// A PDU whose message is known, its IEs not read yet.
pub(crate) struct Envelope<'a> {
    pub(crate) message: &'static Message,
    body: OpenType<'a>,
    /// How many octets came after the end.
    pub(crate) trailing: usize,
}

impl<'a> Envelope<'a> {
    pub(crate) fn read(input: &'a [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(input);
        let Header { triggering, procedure, criticality } = Header::read(&mut reader)?;
        let body = reader.open_type()?;
        let message = Message::of(procedure, triggering).ok_or(Error::Procedure {
            procedure,
            triggering,
            criticality,
        })?;
        Ok(Self { message, body, trailing: reader.octets_left() })
    }

    /// The IEs, in whatever order they came.
    pub(crate) fn ies(&self) -> Result<Ies<'_>, Error> {
        Ies::read(self.message, &mut self.body.reader())
    }
}
