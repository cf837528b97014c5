//! SABP in the words of dispatch (TS 25.419).

use cbs::{Alphabet, Broadcasts, Content, MessageId, SerialNumber};
use engine::order::{Action, Body, Message};
use engine::report::{Cause, Outcome};
use sabp::{
    BroadcastCount, CloseReason, CompletedArea, CompletedInfo, Event, Extension, Extensions, FailedArea,
    PeerError, Recovery, Reference, RepetitionSeconds, Request, SecurityInfo, ServiceArea, SessionConfig,
    WriteReplace,
};

use super::fitted;
use crate::heard::{Answer, Counts, Heard, Place};
use crate::{NoticeKind, Profile, SabpDialect};

/// The session's configuration that follows from a profile.
pub(super) fn config(profile: &Profile) -> SessionConfig {
    SessionConfig {
        answer_timeout_ms: profile.answer_timeout_ms.into(),
        reset_areas_max: profile.cells_per_pdu as usize,
        ..SessionConfig::default()
    }
}

/// How the answer to this action is known.
pub(super) fn request(action: &Action) -> Request {
    let serial = action.serial();
    match action {
        Action::Write { message, .. } => Request::Write { message_id: message.message_id, serial },
        Action::Query { message, .. } => Request::StatusQuery { message_id: message.message_id, serial },
        Action::Kill { message_id, .. } => Request::Kill { message_id: *message_id, serial },
    }
}

/// A write of a message, but for its service areas and the serial number it replaces.
pub(super) fn write(
    message: &Message,
    broadcasts: Broadcasts,
    dialect: SabpDialect,
) -> Result<WriteReplace, sabp::Error> {
    let repetition_period = RepetitionSeconds::from_period(message.period)?;
    let real_ms = u32::from(repetition_period.seconds()) * 1000;
    let (dcs, content, ext) = match &message.body {
        Body::Text { dcs, pages } => (*dcs, Content::from_pages(pages.clone(), *dcs), Extensions::default()),
        Body::Primary(warning_type) => {
            // A text is mandatory; the last extension says that this one is none.
            let filler = Content::new("ETWS", Alphabet::Gsm7)?;
            let extensions = vec![
                Extension::SecurityInfo(SecurityInfo([0; 50])),
                Extension::PagingEtws,
                Extension::WarningType(*warning_type),
                Extension::ContentNotValid,
            ];
            (Alphabet::Gsm7.dcs(), filler, Extensions(extensions))
        }
    };
    Ok(WriteReplace {
        message_id: message.message_id,
        new_serial: message.serial,
        old_serial: None,
        service_areas: Vec::new(),
        category: dialect.category,
        repetition_period,
        broadcasts: BroadcastCount::from(fitted(broadcasts, message.period, real_ms)),
        dcs,
        content,
        ext,
    })
}

/// What a kill or a status query says.
pub(super) fn reference(
    message_id: MessageId,
    old_serial: SerialNumber,
    service_areas: Vec<ServiceArea>,
) -> Reference {
    Reference { message_id, old_serial, service_areas }
}

/// The service areas with these octets, seven each.
pub(super) fn areas(octets: &[u8]) -> Result<Vec<ServiceArea>, sabp::Error> {
    octets.as_chunks().0.iter().map(|area| ServiceArea::from_octets(*area)).collect()
}

/// Why the link should be closed.
pub(super) fn close_reason(reason: CloseReason) -> String {
    match reason {
        CloseReason::Flooded => "sends more than is taken".into(),
        CloseReason::ResetUnanswered => "the RESET was not answered".into(),
    }
}

/// An event in the words of dispatch; `None` for what the session's state says too, and for answers to what dispatch
/// does not ask.
pub(super) fn heard(event: Event) -> Option<Heard> {
    Some(match event {
        Event::Completed { token, request, completed } => {
            Heard::Answer { token: token.0, answer: self::completed(request, &completed) }
        }
        Event::Failed { token, request, failures, mut completed } => {
            if matches!(request, Request::StatusQuery { .. }) {
                completed.retain(is_known);
            }
            let counts = counts(request, &completed);
            Heard::Answer { token: token.0, answer: failed(&failures, &completed).counted(counts) }
        }
        Event::ErrorIndication { token: Some(token), error } => {
            let why = error.cause.unwrap_or(sabp::Cause::UNSPECIFIED_ERROR);
            let answer = Answer {
                words: format!("error indication: {why}"),
                ..Answer::all(Outcome::Refused(cause(why)))
            };
            Heard::Answer { token: token.0, answer }
        }
        Event::ErrorIndication { token: None, error } => {
            let words = error.cause.map_or_else(|| "no cause".to_owned(), |cause| cause.to_string());
            Heard::Remark { kind: NoticeKind::ErrorIndication, words }
        }
        Event::Restart { areas, recovery } => {
            let data_lost = recovery == Recovery::DataLost;
            Heard::Restart { places: vec![place(areas)], node: None, data_lost }
        }
        Event::Failure { areas } => Heard::Failure { places: vec![place(areas)] },
        Event::Unanswered { token } => Heard::Unanswered { token: token.0 },
        Event::Reset { failures, .. } if !failures.is_empty() => {
            let words = format!("the RESET failed in {} service areas", failures.len());
            Heard::Remark { kind: NoticeKind::SessionRefused, words }
        }
        Event::PeerError { what } => {
            Heard::Remark { kind: NoticeKind::ProtocolError, words: peer_error(what) }
        }
        Event::Unexpected { procedure, triggering } => {
            let words = format!("{triggering:?} of procedure {procedure}, unasked");
            Heard::Remark { kind: NoticeKind::Unsolicited, words }
        }
        Event::Ready | Event::Loading { .. } | Event::Reset { .. } => return None,
    })
}

/// COMPLETE means all service areas that were asked, and its list is the RNC's wording of them. A status query alone asks
/// *where*, so that what its list knows is the answer.
fn completed(request: Request, completed: &[CompletedArea]) -> Answer {
    match request {
        Request::StatusQuery { .. } => Answer {
            parts: vec![(Outcome::Confirmed, vec![place(known(completed))])],
            ..Answer::all(Outcome::Refused(Cause::ReferenceUnknown))
        },
        _ => Answer::done(done(completed)).counted(counts(request, completed)),
    }
}

/// How often a message had been broadcast where it was killed.
fn counts(request: Request, completed: &[CompletedArea]) -> Counts {
    let killed = completed.iter().filter(|_| matches!(request, Request::Kill { .. }));
    let known = killed.filter(|completed| completed.info != Some(CompletedInfo::Unknown));
    known.map(|completed| (completed.area.octets(), completed.completed)).collect()
}

/// What a failure says: where and why, and where not. Of the service areas in neither list it says nothing.
pub(super) fn failed(failures: &[FailedArea], completed: &[CompletedArea]) -> Answer {
    let mut groups: Vec<(sabp::Cause, Vec<ServiceArea>)> = Vec::new();
    for failure in failures {
        match groups.iter_mut().find(|(cause, _)| *cause == failure.cause) {
            Some((_, areas)) => areas.push(failure.area),
            None => groups.push((failure.cause, vec![failure.area])),
        }
    }
    let refused = groups.into_iter().map(|(why, areas)| (Outcome::Refused(cause(why)), vec![place(areas)]));
    let parts = refused.chain([(Outcome::Confirmed, vec![done(completed)])]).collect();
    Answer { parts, ..Answer::all(Outcome::Unanswered) }
}

fn done(completed: &[CompletedArea]) -> Place {
    place(completed.iter().map(|completed| completed.area))
}

/// Where the version that a status query asked about is known. An RNC lists the others too, with 0 broadcasts that are
/// "unknown" (TS 25.419 §8.5.2).
pub(super) fn known(completed: &[CompletedArea]) -> impl Iterator<Item = ServiceArea> {
    completed.iter().filter(|completed| is_known(completed)).map(|completed| completed.area)
}

fn is_known(completed: &CompletedArea) -> bool {
    (completed.completed, completed.info) != (0, Some(CompletedInfo::Unknown))
}

/// Service areas as places.
pub(super) fn place(areas: impl IntoIterator<Item = ServiceArea>) -> Place {
    Place::Cells(areas.into_iter().flat_map(ServiceArea::octets).collect())
}

fn peer_error(what: PeerError) -> String {
    match what {
        PeerError::NotUnderstood { ies } => format!("IEs that are not understood: {ies:?}"),
        PeerError::ResetAreas { expected, found } => {
            format!("a RESET of {expected} service areas was answered for {found}")
        }
        PeerError::Trailing { octets } => format!("{octets} octets after the end of a message"),
        PeerError::Undecodable(error) => error.to_string(),
    }
}

fn cause(cause: sabp::Cause) -> Cause {
    match cause {
        sabp::Cause::PARAMETER_NOT_RECOGNISED | sabp::Cause::PARAMETER_VALUE_INVALID => {
            Cause::InvalidParameter
        }
        sabp::Cause::VALID_CN_MESSAGE_NOT_IDENTIFIED => Cause::ReferenceUnknown,
        sabp::Cause::SERVICE_AREA_IDENTITY_NOT_VALID => Cause::AreaUnknown,
        sabp::Cause::RNC_CAPACITY_EXCEEDED | sabp::Cause::RNC_MEMORY_EXCEEDED => Cause::CapacityExceeded,
        sabp::Cause::SERVICE_AREA_BROADCAST_NOT_SUPPORTED => Cause::NotSupported,
        sabp::Cause::SERVICE_AREA_BROADCAST_NOT_OPERATIONAL => Cause::NotOperational,
        sabp::Cause::MESSAGE_REFERENCE_ALREADY_USED => Cause::ReferenceUsed,
        sabp::Cause::UNRECOGNISED_MESSAGE
        | sabp::Cause::MISSING_MANDATORY_ELEMENT
        | sabp::Cause::TRANSFER_SYNTAX_ERROR
        | sabp::Cause::SEMANTIC_ERROR
        | sabp::Cause::MESSAGE_NOT_COMPATIBLE_WITH_RECEIVER_STATE
        | sabp::Cause::ABSTRACT_SYNTAX_ERROR_REJECT
        | sabp::Cause::ABSTRACT_SYNTAX_ERROR_IGNORE_AND_NOTIFY
        | sabp::Cause::ABSTRACT_SYNTAX_ERROR_FALSELY_CONSTRUCTED_MESSAGE => Cause::ProtocolError,
        _ => Cause::Unspecified,
    }
}
