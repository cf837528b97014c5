//! The conversation with one RNC, from the CBC's side, without the socket: messages and the time go in, messages and
//! events come out.
//!
//! There is no handshake and no keep-alive. A session is ready as soon as it is connected, or when the RESETs that it
//! was told to begin with are answered. One request for each message is out at a time; the others wait for their turn.

mod event;
mod requests;

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use cbs::{MessageId, SerialNumber};

pub use event::{CloseReason, Event, PeerError, Request, ResetPolicy, SessionConfig, Token};

use crate::pdu::{
    Areas, CompletedArea, ErrorIndication, FailedArea, LoadedArea, Pdu, Recovery, ServiceArea,
    TriggeringMessage,
};
use crate::{Decoded, Error, Refusal};
use requests::Requests;

/// The CBC's side of a connection with one RNC, over all its connections, one at a time.
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    phase: Phase,
    /// The latest time seen: a clock that steps back must not lengthen a timeout.
    now_ms: u64,
    requests: Requests,
    transmit: VecDeque<Bytes>,
    events: VecDeque<Event>,
}

/// Where the conversation stands.
#[derive(Debug)]
enum Phase {
    /// No connection.
    Down,
    /// RESETs wait for their answers until then.
    Resetting {
        until_ms: u64,
        /// How many service areas each of them names, the oldest first.
        areas: VecDeque<usize>,
    },
    /// Requests are taken.
    Ready,
    /// Nothing more is said or heard; the caller should close the connection.
    Closing(CloseReason),
}

impl Session {
    /// A session without a connection.
    pub fn new(config: SessionConfig) -> Self {
        Self {
            config,
            phase: Phase::Down,
            now_ms: 0,
            requests: Requests::new(&config),
            transmit: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// The connection is there, whoever opened it.
    pub fn connected(&mut self, now_ms: u64, reset: ResetPolicy) {
        self.disconnected(now_ms);
        let areas = match reset {
            ResetPolicy::Never => Vec::new(),
            ResetPolicy::First(areas) => areas,
        };
        if areas.is_empty() {
            return self.ready();
        }
        let chunks = areas.chunks(self.config.reset_areas_max.clamp(1, crate::AREAS_PER_PDU_MAX));
        let until_ms = self.now_ms.saturating_add(self.config.answer_timeout_ms);
        self.phase = Phase::Resetting { until_ms, areas: chunks.clone().map(<[_]>::len).collect() };
        for chunk in chunks {
            self.send(&Pdu::Reset(Areas { service_areas: chunk.to_vec() }));
        }
    }

    /// The connection is gone. What was asked on it stays without an answer for ever.
    pub fn disconnected(&mut self, now_ms: u64) {
        self.advance(now_ms);
        self.phase = Phase::Down;
        self.transmit.clear();
        for token in self.requests.drain() {
            self.event(Event::Unanswered { token });
        }
    }

    /// One message came, whole and alone. What cannot be taken is answered with an Error-Indication where one is due.
    pub fn received(&mut self, now_ms: u64, pdu: &[u8]) {
        self.advance(now_ms);
        if matches!(self.phase, Phase::Down | Phase::Closing(_)) {
            return;
        }
        match Pdu::decode(pdu) {
            Ok(decoded) => self.take(decoded, pdu),
            Err(error) => self.refuse(error, pdu),
        }
        self.send_next();
    }

    /// Asks the peer for something, as soon as no other request for the same message and service areas is out; a kill
    /// waits for no write, and puts aside those that still wait. `pdu` is the whole message; `request` and the service
    /// areas in it say how to know its answer.
    pub fn request(
        &mut self,
        now_ms: u64,
        token: Token,
        request: Request,
        areas: Vec<ServiceArea>,
        pdu: Bytes,
    ) {
        self.advance(now_ms);
        let is_full = self.requests.len().max(self.transmit.len()) >= self.config.requests_max;
        if !self.is_ready() || is_full {
            return self.event(Event::Unanswered { token });
        }
        for token in self.requests.push(token, request, areas, pdu) {
            self.event(Event::Unanswered { token });
        }
        self.send_next();
    }

    /// The next message to send.
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        self.transmit.pop_front()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Does what is due by now.
    pub fn handle_timeout(&mut self, now_ms: u64) {
        self.advance(now_ms);
        while let Some(token) = self.requests.overdue(self.now_ms, &self.config) {
            self.event(Event::Unanswered { token });
        }
        if matches!(self.phase, Phase::Resetting { until_ms, .. } if until_ms <= self.now_ms) {
            self.phase = Phase::Closing(CloseReason::ResetUnanswered);
        }
        self.send_next();
    }

    /// When [`Session::handle_timeout`] should be called next, if nothing happens before.
    pub fn next_wakeup(&self) -> Option<u64> {
        let reset = match self.phase {
            Phase::Resetting { until_ms, .. } => Some(until_ms),
            Phase::Down | Phase::Ready | Phase::Closing(_) => None,
        };
        let answer = self.requests.next_overdue_ms();
        reset.into_iter().chain(answer).min()
    }

    /// How many requests wait for their turn or for their answers.
    pub fn pending(&self) -> usize {
        self.requests.len()
    }

    /// Whether requests are taken.
    pub fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Ready)
    }

    /// Why the connection should be closed, if it should.
    pub fn should_close(&self) -> Option<CloseReason> {
        match self.phase {
            Phase::Closing(reason) => Some(reason),
            Phase::Down | Phase::Resetting { .. } | Phase::Ready => None,
        }
    }

    fn take(&mut self, decoded: Decoded, pdu: &[u8]) {
        let Decoded { pdu: message, report, trailing, .. } = decoded;
        let may_report = !matches!(message, Pdu::ErrorIndication(_));
        if trailing > 0 {
            self.event(Event::PeerError { what: PeerError::Trailing { octets: trailing } });
        }
        if !report.is_empty() {
            if may_report {
                self.answer(Refusal::notify(pdu, &report));
            }
            self.event(Event::PeerError { what: PeerError::NotUnderstood { ies: report } });
        }
        let Some(event) = self.heard(message) else {
            return self.unexpected(pdu);
        };
        self.event(event);
    }

    /// What a message says; `None`: it has no place here.
    fn heard(&mut self, pdu: Pdu) -> Option<Event> {
        match pdu {
            Pdu::WriteReplaceComplete(pdu) => {
                self.completed(write(pdu.message_id, pdu.new_serial), pdu.completed)
            }
            Pdu::WriteReplaceFailure(pdu) => {
                self.failed(write(pdu.message_id, pdu.new_serial), pdu.failures, pdu.completed)
            }
            Pdu::KillComplete(pdu) => self.completed(kill(pdu.message_id, pdu.old_serial), pdu.completed),
            Pdu::KillFailure(pdu) => {
                self.failed(kill(pdu.message_id, pdu.old_serial), pdu.failures, pdu.completed)
            }
            Pdu::MessageStatusQueryComplete(pdu) => {
                self.completed(status_query(pdu.message_id, pdu.old_serial), pdu.completed)
            }
            Pdu::MessageStatusQueryFailure(pdu) => {
                self.failed(status_query(pdu.message_id, pdu.old_serial), pdu.failures, pdu.completed)
            }
            Pdu::LoadQueryComplete(pdu) => self.loading(pdu.loading, Vec::new()),
            Pdu::LoadQueryFailure(pdu) => self.loading(pdu.loading, pdu.failures),
            Pdu::ResetComplete(pdu) => self.reset(pdu.service_areas, Vec::new()),
            Pdu::ResetFailure(pdu) => self.reset(pdu.service_areas, pdu.failures),
            Pdu::Restart(pdu) => {
                let recovery = pdu.recovery.unwrap_or(Recovery::DataLost);
                Some(Event::Restart { areas: pdu.service_areas, recovery })
            }
            Pdu::Failure(pdu) => Some(Event::Failure { areas: pdu.service_areas }),
            Pdu::ErrorIndication(error) => {
                let token = self
                    .requests
                    .take(&self.config, None, |request| is_about(&error, *request))
                    .map(|(token, _)| token);
                Some(Event::ErrorIndication { token, error })
            }
            Pdu::WriteReplace(_)
            | Pdu::Kill(_)
            | Pdu::LoadQuery(_)
            | Pdu::MessageStatusQuery(_)
            | Pdu::Reset(_) => None,
        }
    }

    fn completed(&mut self, request: Request, completed: Vec<CompletedArea>) -> Option<Event> {
        let named = completed.first().map(|completed| completed.area);
        let (token, request) = self.requests.take(&self.config, named, |asked| *asked == request)?;
        Some(Event::Completed { token, request, completed })
    }

    fn failed(
        &mut self,
        request: Request,
        failures: Vec<FailedArea>,
        completed: Vec<CompletedArea>,
    ) -> Option<Event> {
        let named = failures.first().map(|failed| failed.area);
        let (token, request) = self.requests.take(&self.config, named, |asked| *asked == request)?;
        Some(Event::Failed { token, request, failures, completed })
    }

    fn loading(&mut self, loading: Vec<LoadedArea>, failures: Vec<FailedArea>) -> Option<Event> {
        let (token, _) = self.requests.take(&self.config, None, |asked| *asked == Request::LoadQuery)?;
        Some(Event::Loading { token, loading, failures })
    }

    fn reset(&mut self, areas: Vec<ServiceArea>, failures: Vec<FailedArea>) -> Option<Event> {
        let Phase::Resetting { areas: asked, .. } = &mut self.phase else {
            let (token, _) = self.requests.take(&self.config, None, |asked| *asked == Request::Reset)?;
            return Some(Event::Reset { token: Some(token), areas, failures });
        };
        let (expected, found) = (asked.pop_front()?, areas.len() + failures.len());
        let was_last = asked.is_empty();
        if expected != found {
            self.event(Event::PeerError { what: PeerError::ResetAreas { expected, found } });
        }
        if was_last {
            self.ready();
        }
        Some(Event::Reset { token: None, areas, failures })
    }

    fn ready(&mut self) {
        self.phase = Phase::Ready;
        self.event(Event::Ready);
    }

    /// A message that has no place here: an answer to nothing is only told, a request is refused too.
    fn unexpected(&mut self, pdu: &[u8]) {
        let refusal = Refusal::unexpected(pdu);
        let diagnostics = &refusal.diagnostics;
        let (Some(procedure), Some(triggering)) = (diagnostics.procedure_code, diagnostics.triggering) else {
            return;
        };
        if triggering == TriggeringMessage::InitiatingMessage {
            self.answer(refusal);
        }
        self.event(Event::Unexpected { procedure, triggering });
    }

    fn refuse(&mut self, error: Error, pdu: &[u8]) {
        if let Some(refusal) = Refusal::of(pdu, &error) {
            self.answer(refusal);
        }
        self.event(Event::PeerError { what: PeerError::Undecodable(error) });
    }

    fn answer(&mut self, refusal: Refusal) {
        // A peer that talks nonsense faster than the link takes our answers need not get them all.
        if self.transmit.len() < self.config.requests_max {
            self.send(&refusal.error_indication());
        }
    }

    fn send(&mut self, pdu: &Pdu) {
        let mut octets = BytesMut::new();
        if pdu.encode(&mut octets).is_ok() {
            self.transmit.push_back(octets.freeze());
        }
    }

    /// Sends the requests whose turn has come.
    fn send_next(&mut self) {
        while self.is_ready()
            && let Some(pdu) = self.requests.next_to_send(self.now_ms)
        {
            self.transmit.push_back(pdu);
        }
    }

    fn event(&mut self, event: Event) {
        self.events.push_back(event);
        if self.events.len() >= self.config.events_max && !matches!(self.phase, Phase::Down) {
            self.phase = Phase::Closing(CloseReason::Flooded);
        }
    }

    fn advance(&mut self, now_ms: u64) {
        self.now_ms = self.now_ms.max(now_ms);
    }
}

fn write(message_id: MessageId, serial: SerialNumber) -> Request {
    Request::Write { message_id, serial }
}

fn kill(message_id: MessageId, serial: SerialNumber) -> Request {
    Request::Kill { message_id, serial }
}

fn status_query(message_id: MessageId, serial: SerialNumber) -> Request {
    Request::StatusQuery { message_id, serial }
}

/// Whether an Error-Indication is about this request: it names the message, and the procedure if it says more.
fn is_about(error: &ErrorIndication, request: Request) -> bool {
    let Some((message_id, serial)) = request.reference() else { return false };
    let procedure = match request {
        Request::Write { .. } => 0,
        Request::Kill { .. } => 1,
        Request::LoadQuery => 2,
        Request::StatusQuery { .. } => 3,
        Request::Reset => 5,
    };
    let named = error.criticality_diagnostics.as_ref().and_then(|diagnostics| diagnostics.procedure_code);
    error.message_id == Some(message_id)
        && error.serial.is_none_or(|named| named == serial)
        && named.is_none_or(|named| named == procedure)
}
