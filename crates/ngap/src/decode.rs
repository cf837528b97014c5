//! Octets become messages.

mod container;
mod envelope;
mod values;

use cbs::{Content, Coordinates, DataCodingScheme, Pages};

use crate::Error;
use crate::pdu::{
    Pdu, PwsCancelRequest, PwsCancelResponse, PwsFailureIndication, PwsRestartIndication,
    WriteReplaceWarningRequest, WriteReplaceWarningResponse,
};
use crate::schema::{MessageKind, id, max};

use container::Ies;
use envelope::Envelope;
use values::{Take, list};

/// A message that came, and what was passed over in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decoded {
    /// The message.
    pub pdu: Pdu,
    /// Ids of IEs that were not understood and asked to be ignored.
    pub skipped: Vec<u16>,
    /// Ids of IEs that were not understood and asked to be reported.
    pub report: Vec<u16>,
    /// How many octets came after the end of the message.
    pub trailing: usize,
}

impl Pdu {
    /// Reads a message. IEs may come in any order; those that are not understood are treated by their criticality, extension
    /// additions and octets after the end are passed over. Messages of NGAP that are not of public warning are refused.
    pub fn decode(input: &[u8]) -> Result<Decoded, Error> {
        let envelope = Envelope::read(input)?;
        let mut ies = envelope.ies()?;
        ies.check()?;
        let pdu = match envelope.message.kind {
            MessageKind::WriteReplaceWarningRequest => {
                Self::WriteReplaceWarningRequest(WriteReplaceWarningRequest::read(&mut ies)?)
            }
            MessageKind::WriteReplaceWarningResponse => {
                Self::WriteReplaceWarningResponse(WriteReplaceWarningResponse::read(&mut ies)?)
            }
            MessageKind::PwsCancelRequest => Self::PwsCancelRequest(PwsCancelRequest::read(&mut ies)?),
            MessageKind::PwsCancelResponse => Self::PwsCancelResponse(PwsCancelResponse::read(&mut ies)?),
            MessageKind::PwsRestartIndication => {
                Self::PwsRestartIndication(PwsRestartIndication::read(&mut ies)?)
            }
            MessageKind::PwsFailureIndication => {
                Self::PwsFailureIndication(PwsFailureIndication::read(&mut ies)?)
            }
        };
        let Ies { skipped, report, .. } = ies;
        Ok(Decoded { pdu, skipped, report, trailing: envelope.trailing })
    }
}

impl WriteReplaceWarningRequest {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        let dcs =
            ies.optional(id::DATA_CODING_SCHEME, |reader| Ok(DataCodingScheme::new(reader.bits(8)? as u8)))?;
        Ok(Self {
            message_id: ies.mandatory(id::MESSAGE_IDENTIFIER, Take::take)?,
            serial: ies.mandatory(id::SERIAL_NUMBER, Take::take)?,
            area: ies.optional(id::WARNING_AREA_LIST, Take::take)?,
            repetition_period: ies
                .mandatory(id::REPETITION_PERIOD, |reader| Ok(reader.integer(0..=max::PERIOD_S)? as u32))?,
            broadcasts: ies.mandatory(id::NUMBER_OF_BROADCASTS_REQUESTED, |reader| {
                Ok(reader.integer(0..=65_535)? as u16)
            })?,
            warning_type: ies.optional(id::WARNING_TYPE, Take::take)?,
            security_info: ies.optional(id::WARNING_SECURITY_INFO, Take::take)?,
            dcs,
            content: ies.optional(id::WARNING_MESSAGE_CONTENTS, |reader| {
                let pages = Pages::decode(&reader.octet_string(1..=max::CONTENT)?)?;
                Ok(Content::from_pages(pages, dcs.unwrap_or(DataCodingScheme::GSM7)))
            })?,
            concurrent: ies.flag(id::CONCURRENT_WARNING_MESSAGE_IND),
            coordinates: ies.optional(id::WARNING_AREA_COORDINATES, |reader| {
                Ok(Coordinates::decode(&reader.octet_string(1..=Coordinates::OCTETS_MAX)?)?)
            })?,
        })
    }
}

impl WriteReplaceWarningResponse {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            message_id: ies.mandatory(id::MESSAGE_IDENTIFIER, Take::take)?,
            serial: ies.mandatory(id::SERIAL_NUMBER, Take::take)?,
            broadcast_completed: ies.optional(id::BROADCAST_COMPLETED_AREA_LIST, Take::take)?,
            criticality_diagnostics: ies.optional(id::CRITICALITY_DIAGNOSTICS, Take::take)?,
        })
    }
}

impl PwsCancelRequest {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            message_id: ies.mandatory(id::MESSAGE_IDENTIFIER, Take::take)?,
            serial: ies.mandatory(id::SERIAL_NUMBER, Take::take)?,
            area: ies.optional(id::WARNING_AREA_LIST, Take::take)?,
            cancel_all: ies.flag(id::CANCEL_ALL_WARNING_MESSAGES),
        })
    }
}

impl PwsCancelResponse {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            message_id: ies.mandatory(id::MESSAGE_IDENTIFIER, Take::take)?,
            serial: ies.mandatory(id::SERIAL_NUMBER, Take::take)?,
            broadcast_cancelled: ies.optional(id::BROADCAST_CANCELLED_AREA_LIST, Take::take)?,
            criticality_diagnostics: ies.optional(id::CRITICALITY_DIAGNOSTICS, Take::take)?,
        })
    }
}

impl PwsRestartIndication {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            cells: ies.mandatory(id::CELL_ID_LIST_FOR_RESTART, Take::take)?,
            node: ies.mandatory(id::GLOBAL_RAN_NODE_ID, Take::take)?,
            tais: ies.mandatory(id::TAI_LIST_FOR_RESTART, |reader| list(reader, max::RESTART_TAIS))?,
            eais: ies
                .optional(id::EMERGENCY_AREA_ID_LIST_FOR_RESTART, |reader| list(reader, max::RESTART_EAIS))?
                .unwrap_or_default(),
        })
    }
}

impl PwsFailureIndication {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            cells: ies.mandatory(id::PWS_FAILED_CELL_ID_LIST, Take::take)?,
            node: ies.mandatory(id::GLOBAL_RAN_NODE_ID, Take::take)?,
        })
    }
}
