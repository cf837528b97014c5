//! One association with an MME, without the socket: PDUs and the time go in, PDUs and events come out.
//!
//! There is no handshake: the session is ready as soon as it is connected (TS 29.168 §4.1.3). A request is answered, or
//! reported unanswered once; an answer that comes after that is still told with its token. Answers find their request by
//! (kind, message identifier, serial number), the oldest in time first.

mod event;
mod incoming;
mod requests;

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

pub use event::{CloseReason, Event, PeerError};
pub use requests::{Kind, Request, Token};

use incoming::{Incoming, Meaning};
use requests::Requests;

use crate::{Error, Refusal, Tolerance};

/// The limits and habits of a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SessionConfig {
    /// How long an answer may take before the request is reported unanswered, in milliseconds. A peer whose answers come
    /// later is given twice as long, again and again, up to `late_answer_ms`.
    pub answer_timeout_ms: u64,
    /// How long a request without an answer is remembered after that, in milliseconds.
    pub late_answer_ms: u64,
    /// How many requests may be remembered, answered or not; one more is reported unanswered at once.
    pub requests_max: usize,
    /// How many events and PDUs may wait to be polled each; when events overrun, the session asks to be closed, since an
    /// indication must not get lost silently.
    pub queue_max: usize,
    /// Take a PWS-Restart-Indication that lacks its mandatory tracking areas: the reload matters more.
    pub tolerate_restart_without_tais: bool,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            answer_timeout_ms: 10_000,
            late_answer_ms: 60_000,
            requests_max: 4_096,
            queue_max: 16_384,
            tolerate_restart_without_tais: true,
        }
    }
}

/// The CBC's end of an association with one MME.
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    connected: bool,
    /// How long an answer may take now.
    patience_ms: u64,
    /// The latest time seen: a clock that steps back must not lengthen a timeout.
    now_ms: u64,
    requests: Requests,
    transmit: VecDeque<Bytes>,
    events: VecDeque<Event>,
    overrun: bool,
}

impl Session {
    /// A session that is not connected yet.
    pub fn new(config: SessionConfig) -> Self {
        Self {
            config,
            connected: false,
            patience_ms: config.answer_timeout_ms,
            now_ms: 0,
            requests: Requests::default(),
            transmit: VecDeque::new(),
            events: VecDeque::new(),
            overrun: false,
        }
    }

    /// The association is up. If it was up already the MME has begun anew: no answer to what was sent before will come.
    pub fn connected(&mut self, now_ms: u64) {
        self.disconnected(now_ms);
        self.connected = true;
        self.overrun = false;
    }

    /// The association is gone: every pending request is reported unanswered, what was not polled is not sent.
    pub fn disconnected(&mut self, now_ms: u64) {
        self.advance(now_ms);
        self.connected = false;
        self.transmit.clear();
        self.events.extend(self.requests.forget_all().map(|token| Event::Unanswered { token }));
    }

    /// A PDU of the MME. What cannot be taken is answered with an Error-Indication where one is due.
    pub fn received(&mut self, now_ms: u64, pdu: &[u8]) {
        self.advance(now_ms);
        if !self.connected {
            return;
        }
        if self.events.len() >= self.config.queue_max {
            self.overrun = true;
            return;
        }
        let tolerance = Tolerance { restart_without_tais: self.config.tolerate_restart_without_tais };
        match Incoming::read(pdu, tolerance) {
            Ok(incoming) => self.take(incoming, pdu),
            Err(error) => self.refuse(error, pdu),
        }
    }

    /// Sends a request. `pdu` is its encoding, `request` what its answer will say. Without an association, or with too many
    /// requests in flight, it is reported unanswered at once.
    pub fn request(&mut self, now_ms: u64, token: Token, request: Request, pdu: Bytes) {
        self.advance(now_ms);
        let is_full =
            self.requests.len() >= self.config.requests_max || self.transmit.len() >= self.config.queue_max;
        if !self.connected || is_full {
            self.events.push_back(Event::Unanswered { token });
            return;
        }
        self.requests.sent(token, request, self.now_ms.saturating_add(self.patience_ms));
        self.transmit.push_back(pdu);
    }

    /// The next PDU to send.
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        self.transmit.pop_front()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When [`Session::handle_timeout`] is due, in milliseconds of the caller's clock.
    pub fn next_wakeup(&self) -> Option<u64> {
        self.requests.next_deadline_ms()
    }

    /// Reports requests whose answer is overdue, and forgets those that were reported long ago.
    pub fn handle_timeout(&mut self, now_ms: u64) {
        self.advance(now_ms);
        while let Some(token) = self.requests.expire(self.now_ms, self.config.late_answer_ms) {
            self.events.push_back(Event::Unanswered { token });
        }
    }

    /// How many requests wait for their answer and have not been reported unanswered.
    pub fn pending(&self) -> usize {
        self.requests.pending()
    }

    /// Whether requests can be sent.
    pub fn is_ready(&self) -> bool {
        self.connected
    }

    /// Whether the association should be closed, and why.
    pub fn should_close(&self) -> Option<CloseReason> {
        self.overrun.then_some(CloseReason::Overrun)
    }

    fn take(&mut self, incoming: Incoming, pdu: &[u8]) {
        let Incoming { meaning, report, trailing } = incoming;
        let may_report = match meaning {
            Meaning::Response(kind, response) => {
                let (message_id, serial) = (response.message_id, response.serial);
                let answered = self.requests.answered(Request { kind, message_id, serial });
                if answered.is_some_and(|answered| answered.is_late) {
                    self.wait_longer();
                }
                self.events.push_back(Event::Response {
                    token: answered.map(|answered| answered.token),
                    kind,
                    message_id,
                    serial,
                    cause: response.cause,
                    unknown_tais: response.unknown_tais,
                    diagnostics: response.criticality_diagnostics,
                });
                true
            }
            Meaning::Told(event) => {
                let lacks_tais = matches!(&event, Event::Restart { tais, .. } if tais.is_empty());
                let is_error_indication = matches!(event, Event::ErrorIndication { .. });
                self.events.push_back(event);
                if lacks_tais {
                    self.blame(PeerError::RestartWithoutTais);
                }
                !is_error_indication
            }
            Meaning::Request { procedure } => {
                self.blame(PeerError::Unexpected { procedure });
                self.answer(Refusal::unexpected(pdu));
                false
            }
        };
        if trailing > 0 {
            self.blame(PeerError::Trailing { octets: trailing });
        }
        if !report.is_empty() {
            if may_report {
                self.answer(Refusal::notify(pdu, &report));
            }
            self.blame(PeerError::NotUnderstood { ies: report });
        }
    }

    fn refuse(&mut self, error: Error, pdu: &[u8]) {
        if let Some(refusal) = Refusal::of(pdu, &error) {
            self.answer(refusal);
        }
        self.blame(PeerError::Undecodable(error));
    }

    fn blame(&mut self, what: PeerError) {
        self.events.push_back(Event::PeerError { what });
    }

    /// Queues an Error-Indication, unless the MME lets them pile up.
    fn answer(&mut self, refusal: Refusal) {
        let mut out = BytesMut::new();
        let encoded = refusal.error_indication().encode(&mut out);
        if encoded.is_ok() && self.transmit.len() < self.config.queue_max {
            self.transmit.push_back(out.freeze());
        }
    }

    /// The MME is not silent but slow. What is given up too early cannot be told apart from its repeat in the answers.
    fn wait_longer(&mut self) {
        let most_ms = self.config.late_answer_ms.max(self.patience_ms);
        self.patience_ms = self.patience_ms.saturating_mul(2).min(most_ms);
    }

    fn advance(&mut self, now_ms: u64) {
        self.now_ms = self.now_ms.max(now_ms);
    }
}
