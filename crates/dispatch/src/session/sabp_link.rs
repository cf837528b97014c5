//! A session with an RNC, and the one question that its answers may leave open.
//!
//! An RNC knows a message by its identifier and the serial number without its update number. "Message reference already
//! used" therefore does not say whether it is this version that is on the air, from a write whose answer was lost, or
//! another. Only a Message-Status-Query tells (TS 25.419 §8.2.3, §8.5), and until it has, the write has no answer.

use std::collections::{BTreeMap, VecDeque};

use bytes::{Bytes, BytesMut};
use engine::order::Action;
use engine::report::{Cause, Outcome};
use sabp::{CompletedArea, Event, FailedArea, Pdu, Request, ResetPolicy, ServiceArea, Session, Token};

use super::sabp_words;
use crate::heard::{Answer, Heard};
use crate::register::Reference;
use crate::{FirstContact, NoticeKind, Profile};

/// What tells the token of a query of our own from that of the write it is about.
const OWN: u64 = 1 << 63;

/// The CBC's side of one link to an RNC.
#[derive(Debug)]
pub(crate) struct SabpLink {
    session: Session,
    reset: ResetPolicy,
    /// The latest time seen.
    now_ms: u64,
    /// By the token of the write.
    doubts: BTreeMap<u64, Doubt>,
    heard: VecDeque<Heard>,
}

/// A write that found its reference used.
#[derive(Debug)]
struct Doubt {
    /// What its answer says of the other service areas.
    answer: Answer,
    reference: Reference,
    /// Where the reference is used.
    used: Vec<ServiceArea>,
}

impl SabpLink {
    /// A session for a new link to this peer. On first contact the service areas with these octets are reset.
    pub(super) fn new(profile: &Profile, first: FirstContact, cells: &[u8]) -> Self {
        let areas = sabp_words::areas(cells).ok().filter(|_| first.0);
        Self {
            session: Session::new(sabp_words::config(profile)),
            reset: areas.map_or(ResetPolicy::Never, ResetPolicy::First),
            now_ms: 0,
            doubts: BTreeMap::new(),
            heard: VecDeque::new(),
        }
    }

    pub(super) fn connected(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
        let reset = std::mem::replace(&mut self.reset, ResetPolicy::Never);
        self.session.connected(now_ms, reset);
    }

    pub(super) fn disconnected(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
        self.session.disconnected(now_ms);
    }

    pub(super) fn received(&mut self, now_ms: u64, pdu: &[u8]) {
        self.now_ms = now_ms;
        self.session.received(now_ms, pdu);
    }

    pub(super) fn handle_timeout(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
        self.session.handle_timeout(now_ms);
    }

    pub(super) fn next_wakeup(&self) -> Option<u64> {
        self.session.next_wakeup()
    }

    pub(super) fn request(&mut self, now_ms: u64, token: u64, action: &Action, cells: &[&[u8]], pdu: Bytes) {
        self.now_ms = now_ms;
        // Cells of an inventory are in decimal digits; without its list a request would only wait for more others.
        let areas = sabp_words::areas(&cells.concat()).unwrap_or_default();
        self.session.request(now_ms, Token(token), sabp_words::request(action), areas, pdu);
    }

    pub(super) fn poll_transmit(&mut self) -> Option<Bytes> {
        self.session.poll_transmit()
    }

    pub(super) fn is_ready(&self) -> bool {
        self.session.is_ready()
    }

    pub(super) fn close_reason(&self) -> Option<String> {
        self.session.should_close().map(sabp_words::close_reason)
    }

    pub(super) fn poll_heard(&mut self) -> Option<Heard> {
        while self.heard.is_empty() {
            let event = self.session.poll_event()?;
            self.take(event);
        }
        self.heard.pop_front()
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Failed { token, request: Request::Write { message_id, serial }, failures, completed }
                if failures.iter().any(is_used) =>
            {
                self.doubt(token.0, (message_id, serial), &failures, &completed);
            }
            Event::Completed { token, completed, .. } | Event::Failed { token, completed, .. }
                if is_own(token) =>
            {
                self.resolve(token, &completed, Outcome::Refused(Cause::Unspecified));
            }
            Event::Unanswered { token } | Event::ErrorIndication { token: Some(token), .. }
                if is_own(token) =>
            {
                self.resolve(token, &[], Outcome::Unanswered);
            }
            event => self.heard.extend(sabp_words::heard(event)),
        }
    }

    /// Asks what is on the air where the reference is used, before the answer is passed on.
    fn doubt(
        &mut self,
        token: u64,
        reference: Reference,
        failures: &[FailedArea],
        completed: &[CompletedArea],
    ) {
        let (used, failures): (Vec<FailedArea>, Vec<FailedArea>) =
            failures.iter().partition(|failed| is_used(failed));
        let used: Vec<ServiceArea> = used.into_iter().map(|failed| failed.area).collect();
        let answer = sabp_words::failed(&failures, completed);
        self.doubts.insert(token, Doubt { answer, reference, used: used.clone() });
        let (own, (message_id, serial)) = (Token(token | OWN), reference);
        let query = Pdu::MessageStatusQuery(sabp_words::reference(message_id, serial, used.clone()));
        let mut pdu = BytesMut::new();
        match query.encode(&mut pdu) {
            Ok(()) => {
                let request = Request::StatusQuery { message_id, serial };
                self.session.request(self.now_ms, own, request, used, pdu.freeze());
            }
            Err(_) => self.resolve(own, &[], Outcome::Unanswered),
        }
    }

    /// Passes on the answer to a write, now that it is known where its version has been on the air all the time;
    /// elsewhere it is what `otherwise` says.
    fn resolve(&mut self, Token(token): Token, on_air: &[CompletedArea], otherwise: Outcome) {
        let token = token & !OWN;
        // A late answer finds nothing any more: the write has had its own.
        let Some(Doubt { mut answer, reference, used }) = self.doubts.remove(&token) else { return };
        let on_air: Vec<ServiceArea> = sabp_words::known(on_air).collect();
        if on_air.len() < used.len() && otherwise != Outcome::Unanswered {
            let (message_id, serial) = reference;
            let count = used.len() - on_air.len();
            let words = format!(
                "{count} service areas have another version of message {message_id} {serial} on the air"
            );
            self.heard.push_back(Heard::Remark { kind: NoticeKind::SerialClash, words });
        }
        answer.parts.push((Outcome::Confirmed, vec![sabp_words::place(on_air)]));
        answer.parts.push((otherwise, vec![sabp_words::place(used)]));
        self.heard.push_back(Heard::Answer { token, answer });
    }
}

/// Whether this is a query of the link's own.
fn is_own(Token(token): Token) -> bool {
    token & OWN != 0
}

fn is_used(failed: &FailedArea) -> bool {
    failed.cause == sabp::Cause::MESSAGE_REFERENCE_ALREADY_USED
}
