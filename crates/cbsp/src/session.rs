//! The conversation with one BSC, from the CBC's side: who is there, who was asked what, who answered.
//!
//! No I/O and no clock. The caller hands in connections, frames, requests and the time, and takes frames and events
//! out; after each call it should poll both until they are empty.

mod event;
mod requests;

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use cbs::{MessageId, SerialNumber};

use crate::pdu::{
    Cause, CellList, CompletedList, ErrorIndication, FailureList, KeepAlive, MessageType, Pdu, Recovery,
    Reset,
};
pub use event::{CloseReason, Event, Request, RequestKind, ResetPolicy, SessionConfig, Token};
use requests::Requests;

/// The CBC's side of a connection with one BSC, over all its connections, one at a time.
#[derive(Debug)]
pub struct Session {
    config: SessionConfig,
    phase: Phase,
    requests: Requests,
    transmit: VecDeque<Bytes>,
    events: VecDeque<Event>,
}

/// Where the conversation stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// No connection.
    Down,
    /// The RESET waits for its answer until then.
    Resetting { until_ms: u64, keep_alive: KeepAliveTimer },
    /// Requests are taken.
    Ready { keep_alive: KeepAliveTimer },
    /// Nothing more is said or heard; the caller should close the connection.
    Closing(CloseReason),
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct KeepAliveTimer {
    /// When to send the next KEEP-ALIVE.
    next_ms: u64,
    /// When to give the peer up, while a KEEP-ALIVE waits for its answer.
    lost_ms: Option<u64>,
}

impl Session {
    /// A session without a connection.
    pub fn new(config: SessionConfig) -> Self {
        Self {
            requests: Requests::new(&config),
            config,
            phase: Phase::Down,
            transmit: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// The connection is there.
    pub fn connected(&mut self, now_ms: u64, reset: ResetPolicy) {
        self.disconnected(now_ms);
        let keep_alive =
            KeepAliveTimer { next_ms: now_ms.saturating_add(self.keep_alive_interval_ms()), lost_ms: None };
        match reset {
            ResetPolicy::Never => {
                self.phase = Phase::Ready { keep_alive };
                self.event(Event::Ready);
            }
            ResetPolicy::First => {
                let until_ms = now_ms.saturating_add(self.config.answer_timeout_ms);
                self.phase = Phase::Resetting { until_ms, keep_alive };
                self.send(&Pdu::Reset(Reset { cells: CellList::bss() }));
            }
        }
    }

    /// The connection is gone. What was asked on it stays without an answer for ever.
    pub fn disconnected(&mut self, _now_ms: u64) {
        self.phase = Phase::Down;
        self.transmit.clear();
        for token in self.requests.drain() {
            self.event(Event::Unanswered { token });
        }
    }

    /// One frame came, whole and alone.
    pub fn received(&mut self, _now_ms: u64, frame: &[u8]) {
        if matches!(self.phase, Phase::Down | Phase::Closing(_)) {
            return;
        }
        match Pdu::decode_with(self.config.repetition_coding, frame) {
            Ok(pdu) => self.heard(pdu),
            Err(error) => {
                // An error indication is never answered with another, or two peers could go on for ever.
                if frame.first() != Some(&MessageType::ErrorIndication.code()) {
                    self.refuse(error.cause());
                }
                self.event(Event::PeerError(error));
            }
        }
    }

    /// Asks the peer for something. `pdu` is the whole message; `request` says how to know its answer.
    pub fn request(&mut self, now_ms: u64, token: Token, request: Request, pdu: Bytes) {
        if self.is_ready() && self.requests.len() < self.config.requests_max {
            self.requests.push(token, request, now_ms);
            self.transmit.push_back(pdu);
        } else {
            self.event(Event::Unanswered { token });
        }
    }

    /// The next frame to send.
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        self.transmit.pop_front()
    }

    /// The next event.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Does what is due by now.
    pub fn handle_timeout(&mut self, now_ms: u64) {
        while let Some(token) = self.requests.overdue(now_ms, &self.config) {
            self.event(Event::Unanswered { token });
        }
        if matches!(self.phase, Phase::Resetting { until_ms, .. } if until_ms <= now_ms) {
            self.phase = Phase::Closing(CloseReason::ResetUnanswered);
        }
        let interval_ms = self.keep_alive_interval_ms();
        let lost_ms = now_ms.saturating_add(self.keep_alive_period_ms() + self.config.keep_alive_grace_ms);
        let Some(timer) = self.phase.keep_alive() else { return };
        if timer.lost_ms.is_some_and(|lost_ms| lost_ms <= now_ms) {
            self.phase = Phase::Closing(CloseReason::KeepAliveLost);
            self.event(Event::KeepAliveLost);
        } else if timer.next_ms <= now_ms {
            timer.next_ms = now_ms.saturating_add(interval_ms);
            timer.lost_ms.get_or_insert(lost_ms);
            self.send(&Pdu::KeepAlive(KeepAlive { period: self.config.keep_alive_period }));
        }
    }

    /// When [`Session::handle_timeout`] should be called next, if nothing happens before.
    pub fn next_wakeup(&self) -> Option<u64> {
        let (reset, keep_alive) = match self.phase {
            Phase::Down | Phase::Closing(_) => (None, None),
            Phase::Resetting { until_ms, keep_alive } => (Some(until_ms), Some(keep_alive)),
            Phase::Ready { keep_alive } => (None, Some(keep_alive)),
        };
        let keep_alive =
            keep_alive.map(|timer| timer.lost_ms.map_or(timer.next_ms, |lost| lost.min(timer.next_ms)));
        let answer = self.requests.next_overdue_ms();
        [reset, keep_alive, answer].into_iter().flatten().min()
    }

    /// How many requests wait for their answers.
    pub fn pending(&self) -> usize {
        self.requests.len()
    }

    /// Whether requests are taken.
    pub fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Ready { .. })
    }

    /// Why the connection should be closed, if it should.
    pub fn should_close(&self) -> Option<CloseReason> {
        match self.phase {
            Phase::Closing(reason) => Some(reason),
            _ => None,
        }
    }

    fn heard(&mut self, pdu: Pdu) {
        let message = pdu.message_type();
        match pdu {
            Pdu::WriteReplaceComplete(pdu) => {
                let request = request(RequestKind::Write, pdu.message_id, pdu.new_serial);
                self.completed(message, request, pdu.cells, pdu.completed);
            }
            Pdu::WriteReplaceFailure(pdu) => {
                let request = request(RequestKind::Write, pdu.message_id, pdu.new_serial);
                self.failed(message, request, pdu.failures, pdu.cells, pdu.completed);
            }
            Pdu::KillComplete(pdu) => {
                let request = request(RequestKind::Kill, pdu.message_id, pdu.old_serial);
                self.completed(message, request, pdu.cells, pdu.completed);
            }
            Pdu::KillFailure(pdu) => {
                let request = request(RequestKind::Kill, pdu.message_id, pdu.old_serial);
                self.failed(message, request, pdu.failures, pdu.cells, pdu.completed);
            }
            Pdu::MessageStatusQueryComplete(pdu) => {
                let request = request(RequestKind::StatusQuery, pdu.message_id, pdu.old_serial);
                self.completed(message, request, None, Some(pdu.completed));
            }
            Pdu::MessageStatusQueryFailure(pdu) => {
                let request = request(RequestKind::StatusQuery, pdu.message_id, pdu.old_serial);
                self.failed(message, request, pdu.failures, None, pdu.completed);
            }
            Pdu::ResetComplete(_) => {
                if !self.reset_answered() {
                    self.event(Event::Unexpected { message });
                }
            }
            Pdu::ResetFailure(pdu) => {
                if self.reset_answered() {
                    self.event(Event::ResetFailed { failures: pdu.failures });
                } else {
                    self.event(Event::Unexpected { message });
                }
            }
            Pdu::Restart(pdu) => self.event(Event::Restart {
                cells: pdu.cells,
                message_type: pdu.broadcast_message_type,
                recovery: pdu.recovery.unwrap_or(Recovery::DataLost),
            }),
            Pdu::Failure(pdu) => {
                let message_type = pdu.broadcast_message_type;
                self.event(Event::Failure { failures: pdu.failures, message_type });
            }
            Pdu::ErrorIndication(error) => {
                let token = self
                    .requests
                    .take(&self.config, |request| is_about(&error, request))
                    .map(|(token, _)| token);
                self.event(Event::ErrorIndication { token, error });
            }
            Pdu::KeepAliveComplete(_) => {
                if let Some(timer) = self.phase.keep_alive() {
                    timer.lost_ms = None;
                }
            }
            Pdu::LoadQueryComplete(_)
            | Pdu::LoadQueryFailure(_)
            | Pdu::SetDrxComplete(_)
            | Pdu::SetDrxFailure(_) => self.event(Event::Unexpected { message }),
            Pdu::WriteReplace(_)
            | Pdu::Kill(_)
            | Pdu::LoadQuery(_)
            | Pdu::MessageStatusQuery(_)
            | Pdu::SetDrx(_)
            | Pdu::Reset(_)
            | Pdu::KeepAlive(_) => {
                self.refuse(Cause::UNRECOGNISED_MESSAGE);
                self.event(Event::Unexpected { message });
            }
        }
    }

    fn completed(
        &mut self,
        message: MessageType,
        request: Request,
        cells: Option<CellList>,
        counts: Option<CompletedList>,
    ) {
        let event = match self.requests.take(&self.config, |asked| *asked == request) {
            Some((token, request)) => Event::Completed { token, request, cells, counts },
            None => Event::Unexpected { message },
        };
        self.event(event);
    }

    fn failed(
        &mut self,
        message: MessageType,
        request: Request,
        failures: FailureList,
        cells: Option<CellList>,
        counts: Option<CompletedList>,
    ) {
        let event = match self.requests.take(&self.config, |asked| *asked == request) {
            Some((token, request)) => Event::Failed { token, request, failures, cells, counts },
            None => Event::Unexpected { message },
        };
        self.event(event);
    }

    /// Makes the session ready, if its RESET was waiting for this.
    fn reset_answered(&mut self) -> bool {
        let Phase::Resetting { keep_alive, .. } = self.phase else { return false };
        self.phase = Phase::Ready { keep_alive };
        self.event(Event::Ready);
        true
    }

    fn refuse(&mut self, cause: Cause) {
        // A peer that talks nonsense faster than the link takes our answers need not get them all.
        if self.transmit.len() < self.config.requests_max {
            let (message_id, new_serial, old_serial, channel) = (None, None, None, None);
            self.send(&Pdu::ErrorIndication(ErrorIndication {
                cause,
                message_id,
                new_serial,
                old_serial,
                channel,
            }));
        }
    }

    fn send(&mut self, pdu: &Pdu) {
        let mut frame = BytesMut::new();
        if pdu.encode(&mut frame).is_ok() {
            self.transmit.push_back(frame.freeze());
        }
    }

    fn event(&mut self, event: Event) {
        self.events.push_back(event);
        if self.events.len() >= self.config.events_max && self.phase != Phase::Down {
            self.phase = Phase::Closing(CloseReason::Flooded);
        }
    }

    fn keep_alive_period_ms(&self) -> u64 {
        u64::from(self.config.keep_alive_period.s()) * 1000
    }

    /// The time from one KEEP-ALIVE to the next: a fifth less than what they announce, so that the next one is there in
    /// time even when the network is slow.
    fn keep_alive_interval_ms(&self) -> u64 {
        self.keep_alive_period_ms() / 5 * 4
    }
}

impl Phase {
    fn keep_alive(&mut self) -> Option<&mut KeepAliveTimer> {
        match self {
            Self::Resetting { keep_alive, .. } | Self::Ready { keep_alive } => Some(keep_alive),
            Self::Down | Self::Closing(_) => None,
        }
    }
}

fn request(kind: RequestKind, message_id: MessageId, serial: SerialNumber) -> Request {
    Request { kind, message_id, serial }
}

/// Whether an error indication is about this request. A new serial number names a write; an old one alone names one of
/// the others.
fn is_about(error: &ErrorIndication, request: &Request) -> bool {
    let is_write = request.kind == RequestKind::Write;
    error.message_id == Some(request.message_id)
        && match (error.new_serial, error.old_serial) {
            (Some(new_serial), _) => is_write && new_serial == request.serial,
            (None, Some(old_serial)) => !is_write && old_serial == request.serial,
            (None, None) => true,
        }
}
