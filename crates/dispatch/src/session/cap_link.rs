//! A session with an operator's cell broadcast centre, which is asked by CAP.
//!
//! Several orders may want the same message of CAP: one for each message of the alert and controller. The session posts it
//! once; here is remembered who wanted it, so that a delivery report, which speaks of the CAP message, finds the messages
//! that the engine knows.

use std::collections::VecDeque;

use area::{CellName, Rat};
use cbe::{DeliveryReport, Document, Event, Session, SessionConfig, Token};
use engine::order::{Action, Verb};
use engine::report::{Cause, Outcome};

use crate::heard::{Answer, Heard, Place};
use crate::register::Reference;
use crate::{NoticeKind, Profile};

/// The most CAP messages of which is known who wanted them; the oldest is forgotten first.
const MESSAGES_MAX: usize = 256;

/// Our side of one link to an operator's CBC.
#[derive(Debug)]
pub(crate) struct CapLink {
    session: Session,
    wanted: VecDeque<Wanted>,
    heard: VecDeque<Heard>,
}

/// A CAP message and what it is wanted for.
#[derive(Debug)]
struct Wanted {
    identifier: String,
    by: Vec<(Reference, Verb)>,
}

impl CapLink {
    /// A session for a new link to this peer.
    pub(super) fn new(profile: &Profile) -> Self {
        let config = SessionConfig {
            path: profile.path.clone(),
            answer_timeout_ms: profile.answer_timeout_ms.into(),
            ..SessionConfig::default()
        };
        Self { session: Session::new(config), wanted: VecDeque::new(), heard: VecDeque::new() }
    }

    pub(super) fn connected(&mut self) {
        self.session.connected();
    }

    pub(super) fn disconnected(&mut self) {
        self.session.disconnected();
    }

    pub(super) fn received(&mut self, now_ms: u64, frame: &[u8]) {
        self.session.received(now_ms, frame);
    }

    pub(super) fn handle_timeout(&mut self, now_ms: u64) {
        self.session.handle_timeout(now_ms);
    }

    pub(super) fn next_wakeup(&self) -> Option<u64> {
        self.session.next_wakeup()
    }

    /// The CBC is to hold this message: a write, a kill and a query ask for nothing else. Says whether it is posted for
    /// this.
    pub(super) fn request(&mut self, now_ms: u64, token: u64, action: &Action, document: &Document) -> bool {
        let (message_id, verb) = match action {
            Action::Write { message, .. } | Action::Query { message, .. } => {
                (message.message_id, Verb::Write)
            }
            Action::Kill { message_id, .. } => (*message_id, Verb::Kill),
        };
        let by = ((message_id, action.serial()), verb);
        match self.wanted.iter_mut().find(|wanted| wanted.identifier == document.identifier) {
            Some(wanted) if wanted.by.contains(&by) => {}
            Some(wanted) => wanted.by.push(by),
            None => {
                self.wanted.push_back(Wanted { identifier: document.identifier.clone(), by: vec![by] });
                if self.wanted.len() > MESSAGES_MAX {
                    self.wanted.pop_front();
                }
            }
        }
        self.session.request(now_ms, Token(token), document)
    }

    pub(super) fn poll_transmit(&mut self) -> Option<bytes::Bytes> {
        self.session.poll_transmit()
    }

    pub(super) fn is_ready(&self) -> bool {
        self.session.is_ready()
    }

    pub(super) fn poll_heard(&mut self) -> Option<Heard> {
        while self.heard.is_empty() {
            let event = self.session.poll_event()?;
            self.take(event);
        }
        self.heard.pop_front()
    }

    fn take(&mut self, event: Event) {
        let heard = match event {
            Event::Accepted { token: Token(token) } => {
                Heard::Answer { token, answer: Answer::all(Outcome::Accepted) }
            }
            Event::Refused { token: Token(token), status, words } => {
                let answer = Answer { words, ..Answer::all(Outcome::Refused(cause(status))) };
                Heard::Answer { token, answer }
            }
            Event::Unanswered { token: Token(token) } => Heard::Unanswered { token },
            Event::Delivery(report) => return self.deliver(&report),
            Event::ServerError { words, .. } => Heard::Remark { kind: NoticeKind::ErrorIndication, words },
            Event::PeerError(error) => {
                Heard::Remark { kind: NoticeKind::ProtocolError, words: error.to_string() }
            }
            Event::Unexpected { tag } => {
                let words = format!("an answer to request {}, which is not open", tag.0);
                Heard::Remark { kind: NoticeKind::Unsolicited, words }
            }
        };
        self.heard.push_back(heard);
    }

    /// What a report on a CAP message says of each message that it was wanted for. Where the CBC has failed it tries again
    /// by itself: asking it once more would change nothing.
    fn deliver(&mut self, report: &DeliveryReport) {
        let Some(wanted) = self.wanted.iter().find(|wanted| wanted.identifier == report.identifier) else {
            return;
        };
        for (reference, verb) in &wanted.by {
            let done = if *verb == Verb::Kill { &report.off_air } else { &report.on_air };
            let parts = [(Outcome::Refused(Cause::CellFailed), &report.failed), (Outcome::Confirmed, done)];
            let parts = parts
                .into_iter()
                .filter(|(_, cells)| !cells.is_nowhere())
                .map(|(outcome, cells)| (outcome, place(cells)))
                .collect();
            self.heard.push_back(Heard::Delivery { reference: *reference, verb: *verb, parts });
        }
    }
}

/// What the status code of a refusal means.
fn cause(status: u16) -> Cause {
    match status {
        // A CAP message of type Error, or what is wrong with ours.
        200..=299 | 400 | 413 | 414 | 422 => Cause::InvalidParameter,
        404 | 405 | 406 | 410 | 415 => Cause::NotSupported,
        429 => Cause::CapacityExceeded,
        _ => Cause::Unspecified,
    }
}

fn place(cells: &cbe::Place) -> Place {
    match cells {
        cbe::Place::All(_) => Place::Everywhere,
        cbe::Place::Cells(names) => Place::Named(names.iter().filter_map(|name| cell(name)).collect()),
    }
}

/// `operator/technology/location area/cell`, the third empty on 4G and 5G.
fn cell(name: &str) -> Option<CellName> {
    let mut parts = name.split('/');
    let (operator, rat) = (parts.next()?.to_owned(), parts.next()?.parse::<Rat>().ok()?);
    let lac = Some(parts.next()?).filter(|lac| !lac.is_empty()).map(str::parse).transpose().ok()?;
    let cell_id = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some(CellName { operator, rat, lac, cell_id })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_named_as_in_cap_rs() {
        let named = |rat, lac, cell_id| Some(CellName { operator: "mts".into(), rat, lac, cell_id });
        assert_eq!(cell("mts/gsm/1100/17"), named(Rat::Gsm, Some(1100), 17));
        assert_eq!(cell("mts/nr//68719476735"), named(Rat::Nr, None, 68_719_476_735));
        for wrong in ["", "mts/gsm/1100", "mts/cdma/1/1", "mts/gsm/x/1", "mts/gsm/1/1/1", "mts/lte//-1"] {
            assert_eq!(cell(wrong), None, "{wrong}");
        }
    }
}
