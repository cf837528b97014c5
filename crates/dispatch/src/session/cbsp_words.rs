//! CBSP in the words of dispatch (TS 48.049).

use cbs::Content;
use cbsp::pdu::{BroadcastMessageType, Entry, List, Recovery, TextBroadcast};
use cbsp::{
    BroadcastCount, CellKind, CellList, CloseReason, CompletedList, Event, FailureList, KeepAlivePeriod,
    RepetitionUnits, Request, RequestKind, SessionConfig,
};
use engine::order::{Action, Body, Message};
use engine::report::{Cause, Outcome};

use crate::heard::{Answer, Counts, Heard, Place};
use crate::{CbspDialect, NoticeKind, Profile};

/// The session's configuration that follows from a profile.
pub(super) fn config(profile: &Profile, dialect: CbspDialect) -> SessionConfig {
    let keep_alive_s = u16::try_from(profile.keep_alive_ms / 1000).unwrap_or(u16::MAX);
    SessionConfig {
        answer_timeout_ms: profile.answer_timeout_ms.into(),
        keep_alive_period: KeepAlivePeriod::from_s(keep_alive_s).unwrap_or(KeepAlivePeriod::DEFAULT),
        repetition_coding: dialect.repetition,
        ..SessionConfig::default()
    }
}

/// How the answer to this action is known.
pub(super) fn request(action: &Action) -> Request {
    let (kind, message_id) = match action {
        Action::Write { message, .. } => (RequestKind::Write, message.message_id),
        Action::Query { message, .. } => (RequestKind::StatusQuery, message.message_id),
        Action::Kill { message_id, .. } => (RequestKind::Kill, *message_id),
    };
    Request { kind, message_id, serial: action.serial() }
}

/// What the BSC is to broadcast of a message; each write has its own count. A primary notification is refused: nothing
/// says how a text takes the place of an emergency message.
pub(super) fn broadcast(message: &Message, dialect: CbspDialect) -> Result<TextBroadcast, String> {
    let Body::Text { dcs, pages } = &message.body else {
        return Err("a primary notification of ETWS does not go over CBSP".into());
    };
    let repetition_period = repetition_period(message, dialect).map_err(|error| error.to_string())?;
    Ok(TextBroadcast {
        channel: dialect.channel,
        category: dialect.category,
        repetition_period,
        broadcasts: BroadcastCount(0),
        dcs: *dcs,
        content: Content::from_pages(pages.clone(), *dcs),
    })
}

fn repetition_period(message: &Message, dialect: CbspDialect) -> Result<RepetitionUnits, cbsp::Error> {
    if dialect.raw_period {
        let (found, max) = (message.period.ms() / 1000, dialect.repetition_max);
        let units = u16::try_from(found).ok().filter(|units| *units <= max);
        return RepetitionUnits::new(units.ok_or(cbsp::Error::RepetitionPeriod { max, found })?);
    }
    RepetitionUnits::from_period(message.period, dialect.repetition_max)
}

/// Why the link should be closed.
pub(super) fn close_reason(reason: CloseReason) -> String {
    match reason {
        CloseReason::Flooded => "sends more than is taken".into(),
        CloseReason::KeepAliveLost => "a KEEP-ALIVE was not answered".into(),
        CloseReason::ResetUnanswered => "the RESET was not answered".into(),
    }
}

/// An event in the words of dispatch; `None` for what the session's state says too.
pub(super) fn heard(event: Event) -> Option<Heard> {
    Some(match event {
        Event::Completed { token, request, cells, counts } => {
            let times = counts.as_ref().map(|list| self::counts(request.kind, list)).unwrap_or_default();
            Heard::Answer { token: token.0, answer: completed(request.kind, cells, counts).counted(times) }
        }
        Event::Failed { token, request, failures, cells, counts } => {
            // Of the cells in neither list it says nothing.
            let mut parts = refused(&failures);
            let completed = counts.as_ref().map(|list| self::counts(request.kind, list)).unwrap_or_default();
            let done = match request.kind {
                RequestKind::StatusQuery => counts.map(|counts| places(&counts)),
                RequestKind::Write | RequestKind::Kill => cells.map(|cells| places(&cells)),
            };
            parts.extend(done.map(|done| (Outcome::Confirmed, vec![done])));
            let answer = Answer { parts, ..Answer::all(Outcome::Unanswered) };
            Heard::Answer { token: token.0, answer: answer.counted(completed) }
        }
        Event::ErrorIndication { token: Some(token), error } => {
            let words = format!("error indication: {}", error.cause);
            let outcome = Outcome::Refused(cause(error.cause));
            Heard::Answer { token: token.0, answer: Answer { words, ..Answer::all(outcome) } }
        }
        Event::ErrorIndication { token: None, error } => {
            Heard::Remark { kind: NoticeKind::ErrorIndication, words: error.cause.to_string() }
        }
        // Each comes once for cell broadcast and once for emergency messages; we send only the former.
        Event::Restart { message_type: BroadcastMessageType::Emergency, .. }
        | Event::Failure { message_type: BroadcastMessageType::Emergency, .. } => return None,
        Event::Restart { cells, recovery, .. } => {
            let data_lost = recovery == Recovery::DataLost;
            Heard::Restart { places: vec![places(&cells)], node: None, data_lost }
        }
        Event::Failure { failures, .. } => {
            let places = refused(&failures).into_iter().flat_map(|(_, places)| places);
            Heard::Failure { places: places.collect() }
        }
        Event::Unanswered { token } => Heard::Unanswered { token: token.0 },
        Event::PeerError(error) => {
            Heard::Remark { kind: NoticeKind::ProtocolError, words: error.to_string() }
        }
        Event::ResetFailed { failures } => {
            let words = format!("the RESET failed for {} entries of its failure list", failures.len());
            Heard::Remark { kind: NoticeKind::SessionRefused, words }
        }
        Event::Unexpected { message } => {
            Heard::Remark { kind: NoticeKind::Unsolicited, words: format!("{message}, unasked") }
        }
        Event::Ready | Event::KeepAliveLost => return None,
    })
}

/// COMPLETE means all cells that were asked, and its list is the BSC's wording of them. A status query alone asks *where*,
/// so that its list is the answer.
fn completed(kind: RequestKind, cells: Option<CellList>, counts: Option<CompletedList>) -> Answer {
    let nowhere = Answer::all(Outcome::Refused(Cause::ReferenceUnknown));
    match (kind, cells, counts) {
        (RequestKind::StatusQuery, _, Some(counts)) => {
            Answer { parts: vec![(Outcome::Confirmed, vec![places(&counts)])], ..nowhere }
        }
        (_, Some(cells), _) => Answer::done(places(&cells)),
        // Some name the cells of a kill only beside their counts; those of a write are of the message it replaced.
        (RequestKind::Kill, None, Some(counts)) => Answer::done(places(&counts)),
        _ => Answer::all(Outcome::Confirmed),
    }
}

/// How often a message had been broadcast where it was killed, of cells that are named in full.
fn counts(kind: RequestKind, list: &CompletedList) -> Counts {
    let killed = list.iter().filter(|_| kind == RequestKind::Kill);
    let known = killed.filter(|completed| completed.info != cbsp::pdu::CompletedInfo::Unknown);
    let named = known.filter_map(|completed| {
        let mut octets = Vec::new();
        completed.cell.put(&mut octets);
        Some((octets.try_into().ok()?, completed.completed))
    });
    named.collect()
}

/// The cells of a failure list by cause, those of one form and cause together.
fn refused(failures: &FailureList) -> Vec<(Outcome, Vec<Place>)> {
    let mut groups: Vec<(cbsp::Cause, CellKind, Vec<u8>)> = Vec::new();
    for failure in failures.iter() {
        let kind = failure.cell.kind();
        let at = groups.iter().position(|(cause, other, _)| (*cause, *other) == (failure.cause, kind));
        let at = at.unwrap_or_else(|| {
            groups.push((failure.cause, kind, Vec::new()));
            groups.len() - 1
        });
        failure.cell.put(&mut groups[at].2);
    }
    let part = |(why, kind, octets)| (Outcome::Refused(cause(why)), vec![Place::Gsm { kind, octets }]);
    groups.into_iter().map(part).collect()
}

/// The cells of a list, without what else it says about them.
fn places<E: Entry>(list: &List<E>) -> Place {
    let width = list.kind().width();
    let octets = match list.octets().len().checked_div(width + E::EXTRA) {
        Some(_) if E::EXTRA > 0 => {
            let entries = list.octets().chunks_exact(width + E::EXTRA);
            entries.flat_map(|entry| &entry[..width]).copied().collect()
        }
        _ => list.octets().to_vec(),
    };
    Place::Gsm { kind: list.kind(), octets }
}

fn cause(cause: cbsp::Cause) -> Cause {
    match cause {
        cbsp::Cause::PARAMETER_NOT_RECOGNISED
        | cbsp::Cause::PARAMETER_VALUE_INVALID
        | cbsp::Cause::INCOMPATIBLE_DRX_PARAMETER => Cause::InvalidParameter,
        cbsp::Cause::MESSAGE_REFERENCE_NOT_IDENTIFIED => Cause::ReferenceUnknown,
        cbsp::Cause::CELL_IDENTITY_NOT_VALID => Cause::CellUnknown,
        cbsp::Cause::LAI_OR_LAC_NOT_VALID => Cause::AreaUnknown,
        cbsp::Cause::UNRECOGNISED_MESSAGE | cbsp::Cause::MISSING_MANDATORY_ELEMENT => Cause::ProtocolError,
        cbsp::Cause::BSC_CAPACITY_EXCEEDED
        | cbsp::Cause::CELL_MEMORY_EXCEEDED
        | cbsp::Cause::BSC_MEMORY_EXCEEDED => Cause::CapacityExceeded,
        cbsp::Cause::CELL_BROADCAST_NOT_SUPPORTED | cbsp::Cause::EXTENDED_CHANNEL_NOT_SUPPORTED => {
            Cause::NotSupported
        }
        cbsp::Cause::CELL_BROADCAST_NOT_OPERATIONAL => Cause::NotOperational,
        cbsp::Cause::MESSAGE_REFERENCE_ALREADY_USED => Cause::ReferenceUsed,
        _ => Cause::Unspecified,
    }
}
