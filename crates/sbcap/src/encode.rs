//! Messages become octets.

mod values;

use aper::Writer;
use bytes::BytesMut;

use crate::Error;
use crate::pdu::{
    Criticality, ErrorIndication, Extension, Extensions, Pdu, PwsFailureIndication, PwsRestartIndication,
    Response, StopWarningIndication, StopWarningRequest, TriggeringMessage, WriteReplaceWarningIndication,
    WriteReplaceWarningRequest,
};
use crate::schema::{self, Message, id, max};

use values::{Put, put_criticality};

impl Pdu {
    /// Appends the message to `out`; on an error `out` is as it was.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        let start = out.len();
        let result = match self {
            Self::WriteReplaceWarningRequest(message) => message.encode(out),
            Self::WriteReplaceWarningResponse(message) => {
                message.encode(&schema::WRITE_REPLACE_WARNING_RESPONSE, out)
            }
            Self::StopWarningRequest(message) => message.encode(out),
            Self::StopWarningResponse(message) => message.encode(&schema::STOP_WARNING_RESPONSE, out),
            Self::ErrorIndication(message) => message.encode(out),
            Self::WriteReplaceWarningIndication(message) => message.encode(out),
            Self::StopWarningIndication(message) => message.encode(out),
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
        message(&schema::WRITE_REPLACE_WARNING_REQUEST, &self.ext, out, |ies| self.put_ies(ies))
    }

    /// The IEs in the order of the wire.
    pub(crate) fn put_ies(&self, ies: &mut Ies<'_, '_>) -> Result<(), Error> {
        ies.put(id::MESSAGE_IDENTIFIER, &self.message_id)?;
        ies.put(id::SERIAL_NUMBER, &self.serial)?;
        ies.list(id::LIST_OF_TAIS, &self.tais, max::TAIS)?;
        ies.optional(id::WARNING_AREA_LIST, self.area.as_ref())?;
        ies.integer(id::REPETITION_PERIOD, self.repetition_period.into(), 0, 4096)?;
        if let Some(period) = self.extended_repetition_period {
            ies.integer(id::EXTENDED_REPETITION_PERIOD, period.into(), 4096, 131_071)?;
        }
        ies.integer(id::NUMBER_OF_BROADCASTS_REQUESTED, self.broadcasts.into(), 0, 65_535)?;
        ies.optional(id::WARNING_TYPE, self.warning_type.as_ref())?;
        ies.optional(id::WARNING_SECURITY_INFORMATION, self.security_info.as_ref())?;
        ies.optional(id::DATA_CODING_SCHEME, self.dcs.as_ref())?;
        ies.optional(id::WARNING_MESSAGE_CONTENT, self.content.as_ref())?;
        ies.optional(id::OMC_ID, self.omc_id.as_ref())?;
        ies.flag(id::CONCURRENT_WARNING_MESSAGE_INDICATOR, self.concurrent)?;
        ies.flag(id::SEND_WRITE_REPLACE_WARNING_INDICATION, self.send_write_replace_indication)?;
        ies.optional(id::GLOBAL_ENB_ID, self.global_enb_id.as_ref())?;
        ies.optional(id::WARNING_AREA_COORDINATES, self.coordinates.as_ref())
    }
}

impl StopWarningRequest {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        message(&schema::STOP_WARNING_REQUEST, &self.ext, out, |ies| self.put_ies(ies))
    }

    /// The IEs in the order of the wire.
    pub(crate) fn put_ies(&self, ies: &mut Ies<'_, '_>) -> Result<(), Error> {
        ies.put(id::MESSAGE_IDENTIFIER, &self.message_id)?;
        ies.put(id::SERIAL_NUMBER, &self.serial)?;
        ies.list(id::LIST_OF_TAIS, &self.tais, max::TAIS)?;
        ies.optional(id::WARNING_AREA_LIST, self.area.as_ref())?;
        ies.optional(id::OMC_ID, self.omc_id.as_ref())?;
        ies.flag(id::SEND_STOP_WARNING_INDICATION, self.send_stop_indication)?;
        ies.flag(id::STOP_ALL_INDICATOR, self.stop_all)
    }
}

impl Response {
    fn encode(&self, schema: &'static Message, out: &mut BytesMut) -> Result<(), Error> {
        message(schema, &self.ext, out, |ies| {
            ies.put(id::MESSAGE_IDENTIFIER, &self.message_id)?;
            ies.put(id::SERIAL_NUMBER, &self.serial)?;
            ies.put(id::CAUSE, &self.cause)?;
            ies.optional(id::CRITICALITY_DIAGNOSTICS, self.criticality_diagnostics.as_ref())?;
            ies.list(id::UNKNOWN_TRACKING_AREA_LIST, &self.unknown_tais, max::TAIS)
        })
    }
}

impl ErrorIndication {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        message(&schema::ERROR_INDICATION, &Extensions::default(), out, |ies| {
            ies.optional(id::CAUSE, self.cause.as_ref())?;
            ies.optional(id::CRITICALITY_DIAGNOSTICS, self.criticality_diagnostics.as_ref())
        })
    }
}

impl WriteReplaceWarningIndication {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        message(&schema::WRITE_REPLACE_WARNING_INDICATION, &self.ext, out, |ies| {
            ies.put(id::MESSAGE_IDENTIFIER, &self.message_id)?;
            ies.put(id::SERIAL_NUMBER, &self.serial)?;
            ies.optional(id::BROADCAST_SCHEDULED_AREA_LIST, self.broadcast_scheduled_area.as_ref())
        })
    }
}

impl StopWarningIndication {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        message(&schema::STOP_WARNING_INDICATION, &self.ext, out, |ies| {
            ies.put(id::MESSAGE_IDENTIFIER, &self.message_id)?;
            ies.put(id::SERIAL_NUMBER, &self.serial)?;
            ies.optional(id::BROADCAST_CANCELLED_AREA_LIST, self.broadcast_cancelled_area.as_ref())?;
            ies.list(id::BROADCAST_EMPTY_AREA_LIST, &self.broadcast_empty_area, max::ENBS)
        })
    }
}

impl PwsRestartIndication {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        message(&schema::PWS_RESTART_INDICATION, &self.ext, out, |ies| {
            ies.mandatory_list(id::RESTARTED_CELL_LIST, &self.restarted_cells, max::RESTARTED_CELLS)?;
            ies.put(id::GLOBAL_ENB_ID, &self.global_enb_id)?;
            ies.list(id::LIST_OF_TAIS_RESTART, &self.restart_tais, max::RESTART_TAIS)?;
            ies.list(id::LIST_OF_EAIS_RESTART, &self.restart_eais, max::RESTART_EAIS)
        })
    }
}

impl PwsFailureIndication {
    fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        message(&schema::PWS_FAILURE_INDICATION, &self.ext, out, |ies| {
            ies.mandatory_list(id::FAILED_CELL_LIST, &self.failed_cells, max::FAILED_CELLS)?;
            ies.put(id::GLOBAL_ENB_ID, &self.global_enb_id)
        })
    }
}

impl Extension {
    fn put(&self, ies: &mut Ies<'_, '_>) -> Result<(), Error> {
        match self {
            Self::Tais(tais) => ies.mandatory_list(id::LIST_OF_5GS_TAIS, tais, max::TAIS_5GS),
            Self::Area(area) => ies.put(id::WARNING_AREA_LIST_5GS, area),
            Self::RanNode(node) => ies.put(id::GLOBAL_RAN_NODE_ID, node),
            Self::Gnb(gnb) => ies.put(id::GLOBAL_GNB_ID, gnb),
            Self::RatSelector => ies.flag(id::RAT_SELECTOR_5GS, true),
            Self::UnknownTais(tais) => {
                ies.mandatory_list(id::UNKNOWN_5GS_TRACKING_AREA_LIST, tais, max::TAIS_5GS)
            }
            Self::ScheduledArea(area) => ies.put(id::BROADCAST_SCHEDULED_AREA_LIST_5GS, area),
            Self::CancelledArea(area) => ies.put(id::BROADCAST_CANCELLED_AREA_LIST_5GS, area),
            Self::EmptyArea(nodes) => {
                ies.mandatory_list(id::BROADCAST_EMPTY_AREA_LIST_5GS, nodes, max::RAN_NODES)
            }
            Self::RestartedCells(cells) => {
                ies.mandatory_list(id::RESTARTED_CELL_LIST_NR, cells, max::CELLS_GNB)
            }
            Self::FailedCells(cells) => ies.mandatory_list(id::FAILED_CELL_LIST_NR, cells, max::CELLS_GNB),
            Self::RestartTais(tais) => {
                ies.mandatory_list(id::LIST_OF_5GS_TAI_FOR_RESTART, tais, max::TAIS_5GS)
            }
        }
    }
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
        if schema.extensions.is_some() {
            writer.bit(!extensions.is_empty());
        }
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
    let written = written.ok_or(aper::Error::Size { min: count_min, max: max::IES, found: count })?;
    writer.fill_count(place, written);
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

    fn put(&mut self, id: u16, value: &impl Put) -> Result<(), Error> {
        self.put_with(id, |writer| value.put(writer))
    }

    fn optional(&mut self, id: u16, value: Option<&impl Put>) -> Result<(), Error> {
        value.map_or(Ok(()), |value| self.put(id, value))
    }

    /// A list that is left out when it is empty.
    fn list(&mut self, id: u16, items: &[impl Put], max: usize) -> Result<(), Error> {
        if items.is_empty() { Ok(()) } else { self.mandatory_list(id, items, max) }
    }

    fn mandatory_list<T: Put>(&mut self, id: u16, items: &[T], max: usize) -> Result<(), Error> {
        self.put_with(id, |writer| writer.list(items, 1..=max, |writer, item: &T| item.put(writer)))
    }

    fn integer(&mut self, id: u16, value: u64, min: u64, max: u64) -> Result<(), Error> {
        self.put_with(id, |writer| writer.integer(value, min..=max))
    }

    /// An ENUMERATED {true}: no bits at all, so its open type holds the one octet that each must.
    fn flag(&mut self, id: u16, flag: bool) -> Result<(), Error> {
        if flag { self.put_with(id, |_| Ok(())) } else { Ok(()) }
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
