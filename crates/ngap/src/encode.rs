//! Messages become octets.

mod values;

use aper::Writer;
use bytes::BytesMut;

use crate::Error;
use crate::pdu::{
    Pdu, PwsCancelRequest, PwsCancelResponse, PwsFailureIndication, PwsRestartIndication, TriggeringMessage,
    WriteReplaceWarningRequest, WriteReplaceWarningResponse,
};
use crate::schema::{self, Message, id, max};

use values::{Put, put_criticality};

impl Pdu {
    /// Appends the message to `out`; on an error `out` is as it was.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        let start = out.len();
        let result = match self {
            Self::WriteReplaceWarningRequest(message) => message.encode(out),
            Self::WriteReplaceWarningResponse(message) => message.encode(out),
            Self::PwsCancelRequest(message) => message.encode(out),
            Self::PwsCancelResponse(message) => message.encode(out),
            Self::PwsRestartIndication(message) => message.encode(out),
            Self::PwsFailureIndication(message) => message.encode(out),
        };
        if result.is_err() {
            out.truncate(start);
        }
        result
    }
}

impl WriteReplaceWarningRequest {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        message(&schema::WRITE_REPLACE_WARNING_REQUEST, out, |ies| {
            ies.put(id::MESSAGE_IDENTIFIER, &self.message_id)?;
            ies.put(id::SERIAL_NUMBER, &self.serial)?;
            ies.optional(id::WARNING_AREA_LIST, self.area.as_ref())?;
            ies.integer(id::REPETITION_PERIOD, self.repetition_period.into(), max::PERIOD_S)?;
            ies.integer(id::NUMBER_OF_BROADCASTS_REQUESTED, self.broadcasts.into(), 65_535)?;
            ies.optional(id::WARNING_TYPE, self.warning_type.as_ref())?;
            ies.optional(id::WARNING_SECURITY_INFO, self.security_info.as_ref())?;
            ies.optional(id::DATA_CODING_SCHEME, self.dcs.as_ref())?;
            ies.optional(id::WARNING_MESSAGE_CONTENTS, self.content.as_ref())?;
            ies.flag(id::CONCURRENT_WARNING_MESSAGE_IND, self.concurrent)?;
            ies.optional(id::WARNING_AREA_COORDINATES, self.coordinates.as_ref())
        })
    }
}

impl WriteReplaceWarningResponse {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        message(&schema::WRITE_REPLACE_WARNING_RESPONSE, out, |ies| {
            ies.put(id::MESSAGE_IDENTIFIER, &self.message_id)?;
            ies.put(id::SERIAL_NUMBER, &self.serial)?;
            ies.optional(id::BROADCAST_COMPLETED_AREA_LIST, self.broadcast_completed.as_ref())?;
            ies.optional(id::CRITICALITY_DIAGNOSTICS, self.criticality_diagnostics.as_ref())
        })
    }
}

impl PwsCancelRequest {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        message(&schema::PWS_CANCEL_REQUEST, out, |ies| {
            ies.put(id::MESSAGE_IDENTIFIER, &self.message_id)?;
            ies.put(id::SERIAL_NUMBER, &self.serial)?;
            ies.optional(id::WARNING_AREA_LIST, self.area.as_ref())?;
            ies.flag(id::CANCEL_ALL_WARNING_MESSAGES, self.cancel_all)
        })
    }
}

impl PwsCancelResponse {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        message(&schema::PWS_CANCEL_RESPONSE, out, |ies| {
            ies.put(id::MESSAGE_IDENTIFIER, &self.message_id)?;
            ies.put(id::SERIAL_NUMBER, &self.serial)?;
            ies.optional(id::BROADCAST_CANCELLED_AREA_LIST, self.broadcast_cancelled.as_ref())?;
            ies.optional(id::CRITICALITY_DIAGNOSTICS, self.criticality_diagnostics.as_ref())
        })
    }
}

impl PwsRestartIndication {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        message(&schema::PWS_RESTART_INDICATION, out, |ies| {
            ies.put(id::CELL_ID_LIST_FOR_RESTART, &self.cells)?;
            ies.put(id::GLOBAL_RAN_NODE_ID, &self.node)?;
            ies.list(id::TAI_LIST_FOR_RESTART, &self.tais, max::RESTART_TAIS)?;
            if self.eais.is_empty() {
                return Ok(());
            }
            ies.list(id::EMERGENCY_AREA_ID_LIST_FOR_RESTART, &self.eais, max::RESTART_EAIS)
        })
    }
}

impl PwsFailureIndication {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        message(&schema::PWS_FAILURE_INDICATION, out, |ies| {
            ies.put(id::PWS_FAILED_CELL_ID_LIST, &self.cells)?;
            ies.put(id::GLOBAL_RAN_NODE_ID, &self.node)
        })
    }
}

/// Writes a PDU: the CHOICE, the procedure, and the open type with the IEs.
fn message(
    schema: &'static Message,
    out: &mut BytesMut,
    put_ies: impl FnOnce(&mut Ies<'_, '_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut writer = Writer::new(out);
    put_header(&mut writer, schema);
    writer.open_type(|writer| {
        writer.bit(false);
        let place = writer.reserve_count();
        let mut ies = Ies { writer, schema, count: 0 };
        put_ies(&mut ies)?;
        let count = ies.count;
        writer.fill_count(place, count);
        Ok(())
    })
}

/// The CHOICE, the procedure code and its criticality.
fn put_header(writer: &mut Writer<'_>, schema: &Message) {
    let outcome = match schema.triggering {
        TriggeringMessage::InitiatingMessage => 0,
        TriggeringMessage::SuccessfulOutcome => 1,
        TriggeringMessage::UnsuccessfulOutcome => 2,
    };
    // An extension bit and two bits of index.
    writer.bits(outcome, 3);
    writer.octets(&[schema.procedure]);
    put_criticality(writer, schema.criticality);
}

/// Writes the IEs of a message one after the other.
struct Ies<'w, 'b> {
    writer: &'w mut Writer<'b>,
    schema: &'static Message,
    count: u16,
}

impl Ies<'_, '_> {
    fn put(&mut self, id: u16, value: &impl Put) -> Result<(), Error> {
        self.put_with(id, |writer| value.put(writer))
    }

    fn optional(&mut self, id: u16, value: Option<&impl Put>) -> Result<(), Error> {
        value.map_or(Ok(()), |value| self.put(id, value))
    }

    fn list<T: Put>(&mut self, id: u16, items: &[T], max: usize) -> Result<(), Error> {
        self.put_with(id, |writer| writer.list(items, 1..=max, |writer, item: &T| item.put(writer)))
    }

    fn integer(&mut self, id: u16, value: u64, max: u64) -> Result<(), Error> {
        self.put_with(id, |writer| writer.integer(value, 0..=max))
    }

    /// An ENUMERATED {true, ...}: the marker's bit.
    fn flag(&mut self, id: u16, flag: bool) -> Result<(), Error> {
        if flag { self.put_with(id, |writer| writer.index(0, 1, true)) } else { Ok(()) }
    }

    fn put_with(
        &mut self,
        id: u16,
        value: impl FnOnce(&mut Writer<'_>) -> Result<(), aper::Error>,
    ) -> Result<(), Error> {
        self.count += 1;
        self.writer.octets(&id.to_be_bytes());
        put_criticality(self.writer, self.schema.criticality_of(id));
        self.writer.open_type(value).map_err(|why| Error::Ie { id, why })
    }
}
