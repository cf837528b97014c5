//! What a PDU of the MME means to a session.

use crate::decode::values::{Take, list};
use crate::decode::{Envelope, Ies, restart_tais};
use crate::indication::{AreaCells, cell_octets};
use crate::pdu::{ErrorIndication, Response};
use crate::schema::{MessageKind, id, max};
use crate::{Error, Event, Kind, Tolerance};

/// A PDU that came, and what there is to note about it.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) meaning: Meaning,
    /// IEs that were not understood and asked to be reported.
    pub(super) report: Vec<u16>,
    /// How many octets came after the end of the message.
    pub(super) trailing: usize,
}

#[derive(Debug)]
pub(super) enum Meaning {
    /// An answer.
    Response(Kind, Response),
    /// Something that needs no answer.
    Told(Event),
    /// A request, which only a CBC sends.
    Request { procedure: u8 },
}

impl Incoming {
    /// Reads a PDU, cells as octets and not as objects.
    pub(super) fn read(pdu: &[u8], tolerance: Tolerance) -> Result<Self, Error> {
        let envelope = Envelope::read(pdu)?;
        let mut ies = envelope.ies()?;
        ies.check(tolerance)?;
        let meaning = match envelope.message.kind {
            MessageKind::WriteReplaceWarningRequest | MessageKind::StopWarningRequest => {
                Meaning::Request { procedure: envelope.message.procedure }
            }
            MessageKind::WriteReplaceWarningResponse => {
                Meaning::Response(Kind::Write, Response::read(&mut ies)?)
            }
            MessageKind::StopWarningResponse => Meaning::Response(Kind::Stop, Response::read(&mut ies)?),
            MessageKind::ErrorIndication => {
                let ErrorIndication { cause, criticality_diagnostics: diagnostics } =
                    ErrorIndication::read(&mut ies)?;
                Meaning::Told(Event::ErrorIndication { cause, diagnostics })
            }
            MessageKind::WriteReplaceWarningIndication => Meaning::Told(write_indication(&mut ies)?),
            MessageKind::StopWarningIndication => Meaning::Told(stop_indication(&mut ies)?),
            MessageKind::PwsRestartIndication => Meaning::Told(restart(&mut ies, tolerance)?),
            MessageKind::PwsFailureIndication => Meaning::Told(failure(&mut ies)?),
        };
        Ok(Self { meaning, report: ies.report, trailing: envelope.trailing })
    }
}

fn write_indication(ies: &mut Ies<'_>) -> Result<Event, Error> {
    let message_id = ies.mandatory(id::MESSAGE_IDENTIFIER, Take::take)?;
    let serial = ies.mandatory(id::SERIAL_NUMBER, Take::take)?;
    let area = ies.optional(id::BROADCAST_SCHEDULED_AREA_LIST, AreaCells::scheduled)?;
    let empty_enbs = ies.optional(id::BROADCAST_EMPTY_AREA_LIST, |reader| list(reader, max::ENBS))?;
    let area = AreaCells { empty_enbs: empty_enbs.unwrap_or_default(), ..area.unwrap_or_default() };
    Ok(Event::WriteIndication { message_id, serial, area })
}

fn stop_indication(ies: &mut Ies<'_>) -> Result<Event, Error> {
    let message_id = ies.mandatory(id::MESSAGE_IDENTIFIER, Take::take)?;
    let serial = ies.mandatory(id::SERIAL_NUMBER, Take::take)?;
    let area = ies.optional(id::BROADCAST_CANCELLED_AREA_LIST, AreaCells::cancelled)?;
    let empty_enbs = ies.optional(id::BROADCAST_EMPTY_AREA_LIST, |reader| list(reader, max::ENBS))?;
    let area = AreaCells { empty_enbs: empty_enbs.unwrap_or_default(), ..area.unwrap_or_default() };
    Ok(Event::StopIndication { message_id, serial, area })
}

fn restart(ies: &mut Ies<'_>, tolerance: Tolerance) -> Result<Event, Error> {
    Ok(Event::Restart {
        cells: ies.mandatory(id::RESTARTED_CELL_LIST, |reader| cell_octets(reader, max::RESTARTED_CELLS))?,
        global_enb_id: ies.mandatory(id::GLOBAL_ENB_ID, Take::take)?,
        tais: restart_tais(ies, tolerance)?,
    })
}

fn failure(ies: &mut Ies<'_>) -> Result<Event, Error> {
    Ok(Event::Failure {
        cells: ies.mandatory(id::FAILED_CELL_LIST, |reader| cell_octets(reader, max::FAILED_CELLS))?,
        global_enb_id: ies.mandatory(id::GLOBAL_ENB_ID, Take::take)?,
    })
}
