//! Messages become octets.

mod values;

use aper::Writer;
use bytes::BytesMut;

use crate::Error;
use crate::pdu::{
    Areas, Criticality, CriticalityDiagnostics, ErrorIndication, Extension, Extensions, LoadQueryComplete,
    LoadQueryFailure, Pdu, Reference, ReferenceComplete, ReferenceFailure, ResetComplete, ResetFailure,
    Restart, TriggeringMessage, WriteReplace, WriteReplaceComplete, WriteReplaceFailure,
};
use crate::schema::{self, Message, id};

use values::{Put, put_criticality};

impl Pdu {
    /// Appends the message to `out`; on an error `out` is as it was.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        let start = out.len();
        let result = match self {
            Self::WriteReplace(message) => message.encode(out),
            Self::WriteReplaceComplete(message) => message.encode(out),
            Self::WriteReplaceFailure(message) => message.encode(out),
            Self::Kill(message) => message.encode(&schema::KILL, out),
            Self::KillComplete(message) => message.encode(&schema::KILL_COMPLETE, out),
            Self::KillFailure(message) => message.encode(&schema::KILL_FAILURE, out),
            Self::LoadQuery(message) => message.encode(&schema::LOAD_QUERY, out),
            Self::LoadQueryComplete(message) => message.encode(out),
            Self::LoadQueryFailure(message) => message.encode(out),
            Self::MessageStatusQuery(message) => message.encode(&schema::MESSAGE_STATUS_QUERY, out),
            Self::MessageStatusQueryComplete(message) => {
                message.encode(&schema::MESSAGE_STATUS_QUERY_COMPLETE, out)
            }
            Self::MessageStatusQueryFailure(message) => {
                message.encode(&schema::MESSAGE_STATUS_QUERY_FAILURE, out)
            }
            Self::Reset(message) => message.encode(&schema::RESET, out),
            Self::ResetComplete(message) => message.encode(out),
            Self::ResetFailure(message) => message.encode(out),
            Self::Restart(message) => message.encode(out),
            Self::Failure(message) => message.encode(&schema::FAILURE, out),
            Self::ErrorIndication(message) => message.encode(out),
        };
        if result.is_err() {
            out.truncate(start);
        }
        result
    }
}

impl WriteReplace {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        message(&schema::WRITE_REPLACE, &self.ext, out, |ies| {
            self.put_reference(ies)?;
            ies.optional(id::OLD_SERIAL_NUMBER, self.old_serial.as_ref())?;
            ies.list(id::SERVICE_AREAS_LIST, &self.service_areas)?;
            self.put_pace(ies)?;
            ies.put(id::NUMBER_OF_BROADCASTS_REQUESTED, &self.broadcasts)?;
            self.put_text(ies)
        })
    }

    /// The IEs before the old serial number.
    pub(crate) fn put_reference(&self, ies: &mut Ies<'_, '_>) -> Result<(), Error> {
        ies.put(id::MESSAGE_IDENTIFIER, &self.message_id)?;
        ies.put(id::NEW_SERIAL_NUMBER, &self.new_serial)
    }

    /// The IEs between the service areas and the number of broadcasts.
    pub(crate) fn put_pace(&self, ies: &mut Ies<'_, '_>) -> Result<(), Error> {
        ies.optional(id::CATEGORY, self.category.as_ref())?;
        ies.put(id::REPETITION_PERIOD, &self.repetition_period)
    }

    /// The IEs behind the number of broadcasts.
    pub(crate) fn put_text(&self, ies: &mut Ies<'_, '_>) -> Result<(), Error> {
        ies.put(id::DATA_CODING_SCHEME, &self.dcs)?;
        ies.put(id::BROADCAST_MESSAGE_CONTENT, &self.content)
    }
}

impl WriteReplaceComplete {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        plain(&schema::WRITE_REPLACE_COMPLETE, out, |ies| {
            ies.put(id::MESSAGE_IDENTIFIER, &self.message_id)?;
            ies.put(id::NEW_SERIAL_NUMBER, &self.new_serial)?;
            ies.list(id::NUMBER_OF_BROADCASTS_COMPLETED_LIST, &self.completed)?;
            ies.diagnostics(&self.criticality_diagnostics)
        })
    }
}

impl WriteReplaceFailure {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        plain(&schema::WRITE_REPLACE_FAILURE, out, |ies| {
            ies.put(id::MESSAGE_IDENTIFIER, &self.message_id)?;
            ies.put(id::NEW_SERIAL_NUMBER, &self.new_serial)?;
            ies.list(id::FAILURE_LIST, &self.failures)?;
            ies.optional_list(id::NUMBER_OF_BROADCASTS_COMPLETED_LIST, &self.completed)?;
            ies.diagnostics(&self.criticality_diagnostics)
        })
    }
}

impl Reference {
    fn encode(&self, schema: &'static Message, out: &mut BytesMut) -> Result<(), Error> {
        plain(schema, out, |ies| {
            self.put_reference(ies)?;
            ies.list(id::SERVICE_AREAS_LIST, &self.service_areas)
        })
    }

    /// The IEs before the service areas.
    pub(crate) fn put_reference(&self, ies: &mut Ies<'_, '_>) -> Result<(), Error> {
        ies.put(id::MESSAGE_IDENTIFIER, &self.message_id)?;
        ies.put(id::OLD_SERIAL_NUMBER, &self.old_serial)
    }
}

impl ReferenceComplete {
    fn encode(&self, schema: &'static Message, out: &mut BytesMut) -> Result<(), Error> {
        plain(schema, out, |ies| {
            ies.put(id::MESSAGE_IDENTIFIER, &self.message_id)?;
            ies.put(id::OLD_SERIAL_NUMBER, &self.old_serial)?;
            ies.list(id::NUMBER_OF_BROADCASTS_COMPLETED_LIST, &self.completed)?;
            ies.diagnostics(&self.criticality_diagnostics)
        })
    }
}

impl ReferenceFailure {
    fn encode(&self, schema: &'static Message, out: &mut BytesMut) -> Result<(), Error> {
        plain(schema, out, |ies| {
            ies.put(id::MESSAGE_IDENTIFIER, &self.message_id)?;
            if schema.position(id::OLD_SERIAL_NUMBER) < schema.position(id::FAILURE_LIST) {
                ies.put(id::OLD_SERIAL_NUMBER, &self.old_serial)?;
                ies.list(id::FAILURE_LIST, &self.failures)?;
            } else {
                ies.list(id::FAILURE_LIST, &self.failures)?;
                ies.put(id::OLD_SERIAL_NUMBER, &self.old_serial)?;
            }
            ies.optional_list(id::NUMBER_OF_BROADCASTS_COMPLETED_LIST, &self.completed)?;
            ies.diagnostics(&self.criticality_diagnostics)
        })
    }
}

impl Areas {
    fn encode(&self, schema: &'static Message, out: &mut BytesMut) -> Result<(), Error> {
        plain(schema, out, |ies| ies.list(id::SERVICE_AREAS_LIST, &self.service_areas))
    }
}

impl LoadQueryComplete {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        plain(&schema::LOAD_QUERY_COMPLETE, out, |ies| {
            ies.list(id::RADIO_RESOURCE_LOADING_LIST, &self.loading)?;
            ies.diagnostics(&self.criticality_diagnostics)
        })
    }
}

impl LoadQueryFailure {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        plain(&schema::LOAD_QUERY_FAILURE, out, |ies| {
            ies.list(id::FAILURE_LIST, &self.failures)?;
            ies.optional_list(id::RADIO_RESOURCE_LOADING_LIST, &self.loading)?;
            ies.diagnostics(&self.criticality_diagnostics)
        })
    }
}

impl ResetComplete {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        plain(&schema::RESET_COMPLETE, out, |ies| {
            ies.list(id::SERVICE_AREAS_LIST, &self.service_areas)?;
            ies.diagnostics(&self.criticality_diagnostics)
        })
    }
}

impl ResetFailure {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        plain(&schema::RESET_FAILURE, out, |ies| {
            ies.list(id::FAILURE_LIST, &self.failures)?;
            ies.optional_list(id::SERVICE_AREAS_LIST, &self.service_areas)?;
            ies.diagnostics(&self.criticality_diagnostics)
        })
    }
}

impl Restart {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        plain(&schema::RESTART, out, |ies| {
            ies.list(id::SERVICE_AREAS_LIST, &self.service_areas)?;
            ies.optional(id::RECOVERY_INDICATION, self.recovery.as_ref())
        })
    }
}

impl ErrorIndication {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        plain(&schema::ERROR_INDICATION, out, |ies| {
            ies.optional(id::MESSAGE_IDENTIFIER, self.message_id.as_ref())?;
            ies.optional(id::SERIAL_NUMBER, self.serial.as_ref())?;
            ies.optional(id::CAUSE, self.cause.as_ref())?;
            ies.diagnostics(&self.criticality_diagnostics)
        })
    }
}

impl Extension {
    fn put(&self, ies: &mut Ies<'_, '_>) -> Result<(), Error> {
        match self {
            Self::SecurityInfo(info) => ies.put(id::WARNING_SECURITY_INFO, info),
            Self::PagingEtws => ies.flag(id::PAGING_ETWS_INDICATOR),
            Self::WarningType(kind) => ies.put(id::WARNING_TYPE, kind),
            Self::ContentNotValid => ies.flag(id::BROADCAST_MESSAGE_CONTENT_VALIDITY_INDICATOR),
        }
    }
}

/// Writes a PDU without extensions.
fn plain(
    schema: &'static Message,
    out: &mut BytesMut,
    put_ies: impl FnOnce(&mut Ies<'_, '_>) -> Result<(), Error>,
) -> Result<(), Error> {
    message(schema, &Extensions::default(), out, put_ies)
}

/// Writes a PDU: the CHOICE, the procedure, and the open type with the IEs and the extensions.
fn message(
    schema: &'static Message,
    extensions: &Extensions,
    out: &mut BytesMut,
    put_ies: impl FnOnce(&mut Ies<'_, '_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut writer = Writer::new(out);
    put_header(&mut writer, schema);
    writer.open_type(|writer| {
        writer.bit(false);
        writer.bit(!extensions.is_empty());
        container(writer, schema, 0, put_ies)?;
        put_extensions(writer, schema, extensions)
    })
}

/// The extensions with their count, or nothing when there are none.
pub(crate) fn put_extensions(
    writer: &mut Writer<'_>,
    schema: &'static Message,
    extensions: &Extensions,
) -> Result<(), Error> {
    if extensions.is_empty() {
        return Ok(());
    }
    container(writer, schema, 1, |ies| extensions.0.iter().try_for_each(|extension| extension.put(ies)))
}

/// The CHOICE, the procedure code and its criticality.
pub(crate) fn put_header(writer: &mut Writer<'_>, schema: &Message) {
    let outcome = match schema.triggering {
        TriggeringMessage::InitiatingMessage => 0,
        TriggeringMessage::SuccessfulOutcome => 1,
        TriggeringMessage::UnsuccessfulOutcome | TriggeringMessage::Outcome => 2,
    };
    // An extension bit and two bits of index.
    writer.bits(outcome, 3);
    writer.octets(&[schema.procedure]);
    put_criticality(writer, schema.criticality);
}

/// A list of IEs or extensions; its count is written less `count_min`.
fn container(
    writer: &mut Writer<'_>,
    schema: &'static Message,
    count_min: usize,
    put_ies: impl FnOnce(&mut Ies<'_, '_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let place = writer.reserve_count();
    let mut ies = Ies { writer, schema, count: 0 };
    put_ies(&mut ies)?;
    let count = ies.count;
    let written = count.checked_sub(count_min).and_then(|count| u16::try_from(count).ok());
    let size = aper::Error::Size { min: count_min, max: schema::max::IES, found: count };
    writer.fill_count(place, written.ok_or(size)?);
    Ok(())
}

/// Writes the IEs of a message one after the other.
pub(crate) struct Ies<'w, 'b> {
    writer: &'w mut Writer<'b>,
    schema: &'static Message,
    count: usize,
}

impl<'w, 'b> Ies<'w, 'b> {
    /// Goes on in a container whose count is known elsewhere.
    pub(crate) fn new(writer: &'w mut Writer<'b>, schema: &'static Message) -> Self {
        Self { writer, schema, count: 0 }
    }

    /// How many were written.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    pub(crate) fn put(&mut self, id: u16, value: &impl Put) -> Result<(), Error> {
        self.put_with(id, |writer| value.put(writer))
    }

    fn optional(&mut self, id: u16, value: Option<&impl Put>) -> Result<(), Error> {
        value.map_or(Ok(()), |value| self.put(id, value))
    }

    fn list<T: Put>(&mut self, id: u16, items: &[T]) -> Result<(), Error> {
        let sizes = 1..=schema::max::SERVICE_AREAS;
        self.put_with(id, |writer| writer.list(items, sizes, |writer, item: &T| item.put(writer)))
    }

    /// A list that is left out when it is empty.
    fn optional_list(&mut self, id: u16, items: &[impl Put]) -> Result<(), Error> {
        if items.is_empty() { Ok(()) } else { self.list(id, items) }
    }

    fn diagnostics(&mut self, diagnostics: &Option<CriticalityDiagnostics>) -> Result<(), Error> {
        self.optional(id::CRITICALITY_DIAGNOSTICS, diagnostics.as_ref())
    }

    /// An ENUMERATED of one value and a marker: one bit, 0.
    fn flag(&mut self, id: u16) -> Result<(), Error> {
        self.put_with(id, |writer| writer.index(0, 1, true))
    }

    fn put_with(
        &mut self,
        id: u16,
        value: impl FnOnce(&mut Writer<'_>) -> Result<(), aper::Error>,
    ) -> Result<(), Error> {
        self.count += 1;
        put_ie_header(self.writer, id, self.schema.criticality_of(id));
        self.writer.open_type(value).map_err(|why| Error::Ie { id, why })
    }
}

/// What stands before the open type of an IE.
pub(crate) fn put_ie_header(writer: &mut Writer<'_>, id: u16, criticality: Criticality) {
    writer.octets(&id.to_be_bytes());
    put_criticality(writer, criticality);
}
