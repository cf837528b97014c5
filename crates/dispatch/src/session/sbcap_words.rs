//! SBc-AP in the words of dispatch (TS 29.168).

use cbs::{Broadcasts, Content, MessageId, SerialNumber};
use engine::order::{Action, Body, Message, Verb};
use engine::report::{Cause, Outcome};
use sbcap::{
    CloseReason, Event, Extensions, GlobalEnbId, Kind, PeerError, Request, SecurityInfo, SessionConfig,
    StopWarningRequest, WriteReplaceWarningRequest,
};

use super::fitted;
use crate::heard::{Answer, Counts, Heard, Place};
use crate::{NoticeKind, Profile, SbcapDialect};

/// The longest period that the base IE says; a longer one goes in the extended IE, and the base keeps this: 4096 means
/// something else to an eNB, and 0 would mean no broadcast (TS 36.413 §9.2.1.48).
const BASE_PERIOD_MAX_S: u16 = 4095;

/// The session's configuration that follows from a profile.
pub(super) fn config(profile: &Profile) -> SessionConfig {
    SessionConfig { answer_timeout_ms: profile.answer_timeout_ms.into(), ..SessionConfig::default() }
}

/// How the answer to this action is known. A write of the live serial is the query.
pub(super) fn request(action: &Action) -> Request {
    let (kind, message_id) = match action {
        Action::Write { message, .. } | Action::Query { message, .. } => (Kind::Write, message.message_id),
        Action::Kill { message_id, .. } => (Kind::Stop, *message_id),
    };
    Request { kind, message_id, serial: action.serial() }
}

/// A write of a message, but for its cells and tracking areas. `None` when what goes without the concurrent flag is to be
/// broadcast until it is stopped: without the flag that count means never (TS 36.413 §8.12.1.2).
pub(super) fn write(
    message: &Message,
    broadcasts: Broadcasts,
    dialect: SbcapDialect,
) -> Option<WriteReplaceWarningRequest> {
    let concurrent = dialect.concurrent && !message.message_id.is_etws();
    // Whole seconds, and never more slowly than asked for.
    let period_s = (message.period.ms() / 1000).max(1);
    let broadcasts = match fitted(broadcasts, message.period, period_s * 1000) {
        Broadcasts::Once => 1,
        Broadcasts::Count(count) => count.get(),
        Broadcasts::UntilStopped if concurrent => 0,
        Broadcasts::UntilStopped => return None,
    };
    let (warning_type, dcs, content) = match &message.body {
        Body::Text { dcs, pages } => (None, Some(*dcs), Some(Content::from_pages(pages.clone(), *dcs))),
        Body::Primary(warning_type) => (Some(*warning_type), None, None),
    };
    Some(WriteReplaceWarningRequest {
        message_id: message.message_id,
        serial: message.serial,
        tais: Vec::new(),
        area: None,
        repetition_period: u16::try_from(period_s).unwrap_or(u16::MAX).min(BASE_PERIOD_MAX_S),
        extended_repetition_period: (period_s > BASE_PERIOD_MAX_S.into()).then_some(period_s),
        broadcasts,
        warning_type,
        // A signature is not used in practice.
        security_info: warning_type.map(|_| SecurityInfo([0; 50])),
        dcs,
        content,
        omc_id: None,
        concurrent,
        send_write_replace_indication: dialect.indications,
        global_enb_id: None,
        coordinates: None,
        ext: Extensions::default(),
    })
}

/// A stop of a message, or of `all` there are, but for its cells and tracking areas.
pub(super) fn stop(
    message_id: MessageId,
    serial: SerialNumber,
    all: bool,
    dialect: SbcapDialect,
) -> StopWarningRequest {
    StopWarningRequest {
        message_id,
        serial,
        tais: Vec::new(),
        area: None,
        omc_id: None,
        send_stop_indication: dialect.indications,
        stop_all: all,
        ext: Extensions::default(),
    }
}

/// Why the association should be closed.
pub(super) fn close_reason(reason: CloseReason) -> String {
    match reason {
        CloseReason::Overrun => "sends more than is taken".into(),
    }
}

/// An event in the words of dispatch.
pub(super) fn heard(event: Event) -> Heard {
    match event {
        Event::Response { token: Some(token), cause: why, unknown_tais, diagnostics, .. } => {
            let outcome = if why.is_accepted() { Outcome::Accepted } else { Outcome::Refused(cause(why)) };
            let unknown: Vec<Place> = unknown_tais.into_iter().map(|tai| Place::Tai(tai.octets())).collect();
            let words = match diagnostics {
                Some(diagnostics) => format!("{why}; {diagnostics}"),
                None => why.to_string(),
            };
            let parts = if unknown.is_empty() {
                Vec::new()
            } else {
                vec![(Outcome::Refused(Cause::AreaUnknown), unknown)]
            };
            Heard::Answer { token: token.0, answer: Answer { parts, words, ..Answer::all(outcome) } }
        }
        Event::Response { token: None, kind, message_id, serial, .. } => Heard::Remark {
            kind: NoticeKind::Unsolicited,
            words: format!("an answer to a {kind:?} of message {message_id} {serial} that nobody sent"),
        },
        Event::Unanswered { token } => Heard::Unanswered { token: token.0 },
        Event::WriteIndication { message_id, serial, area } => Heard::Indication {
            reference: (message_id, serial),
            verb: Verb::Write,
            places: vec![Place::Cells(area.cells)],
            nowhere: area.empty_enbs.into_iter().map(enb).collect(),
            counts: Counts::new(),
        },
        Event::StopIndication { message_id, serial, area } => Heard::Indication {
            reference: (message_id, serial),
            verb: Verb::Kill,
            counts: area.cells.as_chunks().0.iter().copied().zip(area.broadcasts).collect(),
            places: vec![Place::Cells(area.cells)],
            nowhere: area.empty_enbs.into_iter().map(enb).collect(),
        },
        Event::Restart { cells, global_enb_id, .. } => {
            Heard::Restart { places: vec![Place::Cells(cells)], node: Some(global_enb_id), data_lost: true }
        }
        Event::Failure { cells, .. } => Heard::Failure { places: vec![Place::Cells(cells)] },
        Event::ErrorIndication { cause, diagnostics } => {
            let cause = cause.map_or_else(|| "no cause".to_owned(), |cause| cause.to_string());
            let words = match diagnostics {
                Some(diagnostics) => format!("{cause}; {diagnostics}"),
                None => cause,
            };
            Heard::Remark { kind: NoticeKind::ErrorIndication, words }
        }
        Event::PeerError { what } => {
            Heard::Remark { kind: NoticeKind::ProtocolError, words: peer_error(what) }
        }
    }
}

fn peer_error(what: PeerError) -> String {
    match what {
        PeerError::RestartWithoutTais => "a restart indication without tracking areas".into(),
        PeerError::NotUnderstood { ies } => format!("IEs that are not understood: {ies:?}"),
        PeerError::Trailing { octets } => format!("{octets} octets after the end of a message"),
        PeerError::Undecodable(error) => error.to_string(),
        PeerError::Unexpected { procedure } => {
            format!("a request of procedure {procedure}, which only a CBC sends")
        }
    }
}

fn enb(enb: GlobalEnbId) -> Place {
    Place::Enb { plmn: enb.plmn().octets(), id: enb.id(), bits: enb.kind().bits() }
}

fn cause(cause: sbcap::Cause) -> Cause {
    match cause {
        sbcap::Cause::PARAMETER_NOT_RECOGNISED | sbcap::Cause::PARAMETER_VALUE_INVALID => {
            Cause::InvalidParameter
        }
        sbcap::Cause::VALID_MESSAGE_NOT_IDENTIFIED => Cause::ReferenceUnknown,
        sbcap::Cause::TRACKING_AREA_NOT_VALID => Cause::AreaUnknown,
        sbcap::Cause::MME_CAPACITY_EXCEEDED | sbcap::Cause::MME_MEMORY_EXCEEDED => Cause::CapacityExceeded,
        sbcap::Cause::WARNING_BROADCAST_NOT_SUPPORTED => Cause::NotSupported,
        sbcap::Cause::WARNING_BROADCAST_NOT_OPERATIONAL => Cause::NotOperational,
        sbcap::Cause::MESSAGE_REFERENCE_ALREADY_USED => Cause::ReferenceUsed,
        sbcap::Cause::UNRECOGNISED_MESSAGE
        | sbcap::Cause::MISSING_MANDATORY_ELEMENT
        | sbcap::Cause::TRANSFER_SYNTAX_ERROR
        | sbcap::Cause::SEMANTIC_ERROR
        | sbcap::Cause::MESSAGE_NOT_COMPATIBLE_WITH_RECEIVER_STATE
        | sbcap::Cause::ABSTRACT_SYNTAX_ERROR_REJECT
        | sbcap::Cause::ABSTRACT_SYNTAX_ERROR_IGNORE_AND_NOTIFY
        | sbcap::Cause::ABSTRACT_SYNTAX_ERROR_FALSELY_CONSTRUCTED_MESSAGE => Cause::ProtocolError,
        _ => Cause::Unspecified,
    }
}
