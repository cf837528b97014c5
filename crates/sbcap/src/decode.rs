//! Octets become messages.

mod container;
mod envelope;
pub(crate) mod values;

use cbs::{Content, Coordinates, DataCodingScheme, Pages};

use crate::Error;
use crate::pdu::{
    ErrorIndication, Extension, Extensions, Pdu, PwsFailureIndication, PwsRestartIndication, Response,
    StopWarningIndication, StopWarningRequest, Tai, WriteReplaceWarningIndication,
    WriteReplaceWarningRequest,
};
use crate::schema::{MessageKind, id, max};

pub(crate) use container::Ies;
pub(crate) use envelope::{Envelope, Header};
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

/// What a decoder forgives. The default is nothing.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tolerance {
    /// A PWS-Restart-Indication without its mandatory List-of-TAIs-Restart.
    pub restart_without_tais: bool,
}

impl Pdu {
    /// Reads a message. IEs may come in any order; those that are not understood are treated by their criticality, extension
    /// additions and octets after the end are passed over.
    pub fn decode(input: &[u8]) -> Result<Decoded, Error> {
        Self::decode_with(input, Tolerance::default())
    }

    /// Reads a message and forgives what `tolerance` says.
    pub fn decode_with(input: &[u8], tolerance: Tolerance) -> Result<Decoded, Error> {
        let envelope = Envelope::read(input)?;
        let mut ies = envelope.ies()?;
        ies.check(tolerance)?;
        let pdu = match envelope.message.kind {
            MessageKind::WriteReplaceWarningRequest => {
                Self::WriteReplaceWarningRequest(WriteReplaceWarningRequest::read(&mut ies)?)
            }
            MessageKind::WriteReplaceWarningResponse => {
                Self::WriteReplaceWarningResponse(Response::read(&mut ies)?)
            }
            MessageKind::StopWarningRequest => Self::StopWarningRequest(StopWarningRequest::read(&mut ies)?),
            MessageKind::StopWarningResponse => Self::StopWarningResponse(Response::read(&mut ies)?),
            MessageKind::ErrorIndication => Self::ErrorIndication(ErrorIndication::read(&mut ies)?),
            MessageKind::WriteReplaceWarningIndication => {
                Self::WriteReplaceWarningIndication(WriteReplaceWarningIndication::read(&mut ies)?)
            }
            MessageKind::StopWarningIndication => {
                Self::StopWarningIndication(StopWarningIndication::read(&mut ies)?)
            }
            MessageKind::PwsRestartIndication => {
                Self::PwsRestartIndication(PwsRestartIndication::read(&mut ies, tolerance)?)
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
        let extended = |reader: &mut aper::Reader<'_>| Ok(reader.integer(4096..=131_071)? as u32);
        Ok(Self {
            message_id: ies.mandatory(id::MESSAGE_IDENTIFIER, Take::take)?,
            serial: ies.mandatory(id::SERIAL_NUMBER, Take::take)?,
            tais: ies.optional(id::LIST_OF_TAIS, |reader| list(reader, max::TAIS))?.unwrap_or_default(),
            area: ies.optional(id::WARNING_AREA_LIST, Take::take)?,
            repetition_period: ies
                .mandatory(id::REPETITION_PERIOD, |reader| Ok(reader.integer(0..=4096)? as u16))?,
            extended_repetition_period: ies.optional(id::EXTENDED_REPETITION_PERIOD, extended)?,
            broadcasts: ies.mandatory(id::NUMBER_OF_BROADCASTS_REQUESTED, |reader| {
                Ok(reader.integer(0..=65_535)? as u16)
            })?,
            warning_type: ies.optional(id::WARNING_TYPE, Take::take)?,
            security_info: ies.optional(id::WARNING_SECURITY_INFORMATION, Take::take)?,
            dcs,
            content: ies.optional(id::WARNING_MESSAGE_CONTENT, |reader| {
                let pages = Pages::decode(&reader.octet_string(1..=max::CONTENT)?)?;
                Ok(Content::from_pages(pages, dcs.unwrap_or(DataCodingScheme::GSM7)))
            })?,
            omc_id: ies.optional(id::OMC_ID, Take::take)?,
            concurrent: ies.flag(id::CONCURRENT_WARNING_MESSAGE_INDICATOR),
            send_write_replace_indication: ies.flag(id::SEND_WRITE_REPLACE_WARNING_INDICATION),
            global_enb_id: ies.optional(id::GLOBAL_ENB_ID, Take::take)?,
            coordinates: ies.optional(id::WARNING_AREA_COORDINATES, |reader| {
                Ok(Coordinates::decode(&reader.octet_string(1..=Coordinates::OCTETS_MAX)?)?)
            })?,
            ext: Extensions::read(ies)?,
        })
    }
}

impl StopWarningRequest {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            message_id: ies.mandatory(id::MESSAGE_IDENTIFIER, Take::take)?,
            serial: ies.mandatory(id::SERIAL_NUMBER, Take::take)?,
            tais: ies.optional(id::LIST_OF_TAIS, |reader| list(reader, max::TAIS))?.unwrap_or_default(),
            area: ies.optional(id::WARNING_AREA_LIST, Take::take)?,
            omc_id: ies.optional(id::OMC_ID, Take::take)?,
            send_stop_indication: ies.flag(id::SEND_STOP_WARNING_INDICATION),
            stop_all: ies.flag(id::STOP_ALL_INDICATOR),
            ext: Extensions::read(ies)?,
        })
    }
}

impl Response {
    pub(crate) fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            message_id: ies.mandatory(id::MESSAGE_IDENTIFIER, Take::take)?,
            serial: ies.mandatory(id::SERIAL_NUMBER, Take::take)?,
            cause: ies.mandatory(id::CAUSE, Take::take)?,
            criticality_diagnostics: ies.optional(id::CRITICALITY_DIAGNOSTICS, Take::take)?,
            unknown_tais: ies
                .optional(id::UNKNOWN_TRACKING_AREA_LIST, |reader| list(reader, max::TAIS))?
                .unwrap_or_default(),
            ext: Extensions::read(ies)?,
        })
    }
}

impl ErrorIndication {
    pub(crate) fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            cause: ies.optional(id::CAUSE, Take::take)?,
            criticality_diagnostics: ies.optional(id::CRITICALITY_DIAGNOSTICS, Take::take)?,
        })
    }
}

impl WriteReplaceWarningIndication {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            message_id: ies.mandatory(id::MESSAGE_IDENTIFIER, Take::take)?,
            serial: ies.mandatory(id::SERIAL_NUMBER, Take::take)?,
            broadcast_scheduled_area: ies.optional(id::BROADCAST_SCHEDULED_AREA_LIST, Take::take)?,
            ext: Extensions::read(ies)?,
        })
    }
}

impl StopWarningIndication {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            message_id: ies.mandatory(id::MESSAGE_IDENTIFIER, Take::take)?,
            serial: ies.mandatory(id::SERIAL_NUMBER, Take::take)?,
            broadcast_cancelled_area: ies.optional(id::BROADCAST_CANCELLED_AREA_LIST, Take::take)?,
            broadcast_empty_area: ies
                .optional(id::BROADCAST_EMPTY_AREA_LIST, |reader| list(reader, max::ENBS))?
                .unwrap_or_default(),
            ext: Extensions::read(ies)?,
        })
    }
}

impl PwsRestartIndication {
    fn read(ies: &mut Ies<'_>, tolerance: Tolerance) -> Result<Self, Error> {
        Ok(Self {
            restarted_cells: ies
                .mandatory(id::RESTARTED_CELL_LIST, |reader| list(reader, max::RESTARTED_CELLS))?,
            global_enb_id: ies.mandatory(id::GLOBAL_ENB_ID, Take::take)?,
            restart_tais: restart_tais(ies, tolerance)?,
            restart_eais: ies
                .optional(id::LIST_OF_EAIS_RESTART, |reader| list(reader, max::RESTART_EAIS))?
                .unwrap_or_default(),
            ext: Extensions::read(ies)?,
        })
    }
}

/// The tracking areas of a PWS-Restart-Indication; none where their absence is forgiven.
pub(crate) fn restart_tais(ies: &mut Ies<'_>, tolerance: Tolerance) -> Result<Vec<Tai>, Error> {
    let read = |reader: &mut aper::Reader<'_>| list(reader, max::RESTART_TAIS);
    match tolerance.restart_without_tais {
        true => Ok(ies.optional(id::LIST_OF_TAIS_RESTART, read)?.unwrap_or_default()),
        false => ies.mandatory(id::LIST_OF_TAIS_RESTART, read),
    }
}

impl PwsFailureIndication {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            failed_cells: ies.mandatory(id::FAILED_CELL_LIST, |reader| list(reader, max::FAILED_CELLS))?,
            global_enb_id: ies.mandatory(id::GLOBAL_ENB_ID, Take::take)?,
            ext: Extensions::read(ies)?,
        })
    }
}

impl Extensions {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        let mut extensions = Vec::new();
        for raw in ies.extensions() {
            extensions.extend(ies.understand(&raw, |reader| Extension::read(raw.id, reader))?);
        }
        Ok(Self(extensions))
    }
}

impl Extension {
    /// Reads an extension that the table of its message names.
    fn read(id: u16, reader: &mut aper::Reader<'_>) -> Result<Self, Error> {
        match id {
            id::LIST_OF_5GS_TAIS => list(reader, max::TAIS_5GS).map(Self::Tais),
            id::WARNING_AREA_LIST_5GS => Take::take(reader).map(Self::Area),
            id::GLOBAL_RAN_NODE_ID => Take::take(reader).map(Self::RanNode),
            id::GLOBAL_GNB_ID => Take::take(reader).map(Self::Gnb),
            id::UNKNOWN_5GS_TRACKING_AREA_LIST => list(reader, max::TAIS_5GS).map(Self::UnknownTais),
            id::BROADCAST_SCHEDULED_AREA_LIST_5GS => Take::take(reader).map(Self::ScheduledArea),
            id::BROADCAST_CANCELLED_AREA_LIST_5GS => Take::take(reader).map(Self::CancelledArea),
            id::BROADCAST_EMPTY_AREA_LIST_5GS => list(reader, max::RAN_NODES).map(Self::EmptyArea),
            id::RESTARTED_CELL_LIST_NR => list(reader, max::CELLS_GNB).map(Self::RestartedCells),
            id::FAILED_CELL_LIST_NR => list(reader, max::CELLS_GNB).map(Self::FailedCells),
            id::LIST_OF_5GS_TAI_FOR_RESTART => list(reader, max::TAIS_5GS).map(Self::RestartTais),
            _ => Ok(Self::RatSelector),
        }
    }
}
