//! An RNC and its service areas as a CBC sees them (TS 25.419 §8).
//!
//! An RNC knows a message by its identifier and the serial number without its update number: two updates of one message
//! are one message to it, and the second has to replace the first.

mod named;

use area::{CellIndex, CellRuns, ControllerId, Inventory};
use bytes::{Bytes, BytesMut};
use cbs::MessageId;
use sabp::{
    Areas, Cause, CompletedArea, ErrorIndication, FailedArea, LoadQueryComplete, LoadQueryFailure,
    LoadedArea, Pdu, Recovery, Reference, ReferenceComplete, ReferenceFailure, Refusal, ResetComplete,
    ResetFailure, Restart, ServiceArea, WriteReplace, WriteReplaceComplete, WriteReplaceFailure,
};

use crate::element::Heard;
use crate::message::{Body, Cadence, Message};
use crate::radio::{Obstacle, Radio};
use crate::{Habits, MessageKey};
use named::{Named, Names};

/// An RNC with its service areas; each is a cell.
#[derive(Debug)]
pub(crate) struct Rnc {
    names: Names,
    habits: Habits,
    /// The cause for cells that never broadcast.
    barred_cause: Cause,
    refuse_writes: Option<Cause>,
    /// Cells whose restart no CBC has been told about yet.
    restarted: CellRuns,
}

/// What became of a request, service area by service area.
#[derive(Debug, Default)]
struct Outcome {
    done: Vec<u32>,
    failures: Vec<FailedArea>,
    /// How often the message that went off, or that was asked about, was broadcast.
    completed: Vec<CompletedArea>,
}

/// The whole of a service area's broadcast channel, in bit/s (TS 25.419 §9.2.10).
const BANDWIDTH_MAX: u64 = 20_480;
/// Bits of a page with its length.
const PAGE_BITS: u64 = 83 * 8;

impl Rnc {
    /// The most cells: as many as one list names.
    pub(crate) const CELLS_MAX: usize = sabp::AREAS_PER_PDU_MAX;

    /// An RNC of this controller's cells. Cells that never broadcast fail with `barred_cause`, by default "broadcast not
    /// operational"; all writes fail if `refuse_writes` gives a cause.
    pub(crate) fn new(
        inventory: &Inventory,
        controller: ControllerId,
        habits: Habits,
        barred_cause: Option<u8>,
        refuse_writes: Option<u8>,
    ) -> Self {
        Self {
            names: Names::new(inventory, controller),
            habits,
            barred_cause: barred_cause.map_or(Cause::SERVICE_AREA_BROADCAST_NOT_OPERATIONAL, Cause),
            refuse_writes: refuse_writes.map(Cause),
            restarted: CellRuns::new(),
        }
    }

    /// A CBC is connected. It hears of restarts that nobody has heard of.
    pub(crate) fn connected(&mut self, radio: &Radio, out: &mut Vec<Bytes>) {
        let restarted = std::mem::take(&mut self.restarted);
        self.tell_restart(&restarted, radio.inventory(), out);
    }

    /// The CBC is gone.
    pub(crate) fn disconnected(&mut self, now_ms: u64, radio: &mut Radio) {
        if !self.habits.keeps_messages {
            self.names.range().for_each(|cell| radio.wipe(now_ms, cell));
            self.restarted = CellRuns::from_range(self.names.range());
        }
    }

    /// All cells restart and lose everything; the next CBC to connect hears of it.
    pub(crate) fn restart(&mut self, now_ms: u64, radio: &mut Radio) {
        self.restarted = CellRuns::from_range(self.names.range());
        radio.restart(now_ms, &self.restarted);
    }

    /// Cells have restarted: says so for those that are ours.
    pub(crate) fn cells_restarted(
        &mut self,
        cells: &CellRuns,
        connected: bool,
        radio: &Radio,
        out: &mut Vec<Bytes>,
    ) {
        let ours = cells.within(self.names.range());
        if connected {
            self.tell_restart(&ours, radio.inventory(), out);
        } else {
            self.restarted = self.restarted.union(&ours);
        }
    }

    /// Cells have failed: says so for those that are ours.
    pub(crate) fn cells_failed(&mut self, cells: &CellRuns, radio: &Radio, out: &mut Vec<Bytes>) {
        let service_areas = self.names.areas(&cells.within(self.names.range()), radio.inventory());
        if !service_areas.is_empty() {
            send(Pdu::Failure(Areas { service_areas }), out);
        }
    }

    /// A message has come in.
    pub(crate) fn received(
        &mut self,
        now_ms: u64,
        pdu: &[u8],
        radio: &mut Radio,
        out: &mut Vec<Bytes>,
    ) -> Heard {
        let decoded = match Pdu::decode(pdu) {
            Ok(decoded) => decoded,
            Err(error) => {
                if let Some(refusal) = Refusal::of(pdu, &error) {
                    send(refusal.error_indication(), out);
                }
                return Heard::Undecodable;
            }
        };
        let (answer, heard) = match decoded.pdu {
            Pdu::WriteReplace(write) => (self.write(now_ms, write, radio), Heard::Write),
            Pdu::Kill(kill) => (self.kill(now_ms, kill, radio), Heard::Stop),
            Pdu::LoadQuery(query) => (self.load(&query, radio), Heard::Other),
            Pdu::MessageStatusQuery(query) => (self.status(now_ms, query, radio), Heard::Other),
            Pdu::Reset(reset) => (self.reset(now_ms, &reset, radio), Heard::Other),
            // Never answered.
            Pdu::ErrorIndication(_) => return Heard::Other,
            // What only an RNC says makes no sense to one.
            _ => {
                let cause = Some(Cause::MESSAGE_NOT_COMPATIBLE_WITH_RECEIVER_STATE);
                let error = ErrorIndication { cause, ..ErrorIndication::default() };
                (Pdu::ErrorIndication(error), Heard::Undecodable)
            }
        };
        send(answer, out);
        heard
    }

    fn write(&self, now_ms: u64, write: WriteReplace, radio: &mut Radio) -> Pdu {
        let WriteReplace { message_id, new_serial, old_serial, service_areas, .. } = write;
        let new = MessageKey { message_id, serial: new_serial };
        let old = old_serial.map(|serial| MessageKey { message_id, serial });
        let Named { cells, unknown } = self.names.resolve(&service_areas, radio.inventory());
        let mut outcome = Outcome { failures: unknown, ..Outcome::default() };
        for CellIndex(cell) in cells.indices() {
            let area = self.names.area(cell, radio.inventory());
            match self.refusal(cell, new, old, radio) {
                Some(cause) => outcome.failures.push(FailedArea { area, cause }),
                None => {
                    let replaced = old.and_then(|old| known(radio, cell, old));
                    let completed =
                        replaced.and_then(|replaced| radio.stop(now_ms, cell, replaced)).unwrap_or(0);
                    outcome.completed.push(CompletedArea { area, completed, info: None });
                    outcome.done.push(cell);
                }
            }
        }
        let limit = (write.broadcasts.0 > 0).then_some(write.broadcasts.0);
        let cadence = Cadence::new(u64::from(write.repetition_period.seconds()) * 1_000, limit);
        let body = Body::Text { dcs: write.dcs, pages: write.content.pages().clone() };
        let done = CellRuns::from_sorted(outcome.done.iter().copied().map(CellIndex));
        radio.start(now_ms, Message { key: new, body, cadence }, &done);

        let Outcome { failures, completed, .. } = outcome;
        let criticality_diagnostics = None;
        if failures.is_empty() {
            Pdu::WriteReplaceComplete(WriteReplaceComplete {
                message_id,
                new_serial,
                completed,
                criticality_diagnostics,
            })
        } else {
            Pdu::WriteReplaceFailure(WriteReplaceFailure {
                message_id,
                new_serial,
                failures,
                completed,
                criticality_diagnostics,
            })
        }
    }

    /// Why a write cannot be done in a cell, if so (TS 25.419 §8.2.3).
    fn refusal(&self, cell: u32, new: MessageKey, old: Option<MessageKey>, radio: &Radio) -> Option<Cause> {
        if self.refuse_writes.is_some() {
            return self.refuse_writes;
        }
        let obstacle = radio.obstacle(cell);
        match obstacle {
            Some(Obstacle::Barred) => return Some(self.barred_cause),
            Some(Obstacle::Failed) => return Some(Cause::SERVICE_AREA_BROADCAST_NOT_OPERATIONAL),
            Some(Obstacle::Full) | None => {}
        }
        let replaced = old.and_then(|old| known(radio, cell, old));
        if old.is_some() && replaced.is_none() {
            return Some(Cause::VALID_CN_MESSAGE_NOT_IDENTIFIED);
        }
        if known(radio, cell, new).is_some_and(|used| replaced != Some(used)) {
            return Some(Cause::MESSAGE_REFERENCE_ALREADY_USED);
        }
        // A replacement makes its own room.
        (obstacle == Some(Obstacle::Full) && replaced.is_none()).then_some(Cause::RNC_MEMORY_EXCEEDED)
    }

    fn kill(&self, now_ms: u64, kill: Reference, radio: &mut Radio) -> Pdu {
        let Reference { message_id, old_serial, service_areas } = kill;
        let key = MessageKey { message_id, serial: old_serial };
        let outcome = self.each(&service_areas, radio, |radio, cell| {
            let held = known(radio, cell, key)?;
            radio.stop(now_ms, cell, held)
        });
        match outcome.answer(message_id, key) {
            Ok(complete) => Pdu::KillComplete(complete),
            Err(failure) => Pdu::KillFailure(failure),
        }
    }

    /// A query is about one version of a message: another update of it is not what is asked for.
    fn status(&self, now_ms: u64, query: Reference, radio: &mut Radio) -> Pdu {
        let Reference { message_id, old_serial, service_areas } = query;
        let key = MessageKey { message_id, serial: old_serial };
        let outcome =
            self.each(&service_areas, radio, |radio, cell| Some(radio.find(cell, key)?.made(now_ms)));
        match outcome.answer(message_id, key) {
            Ok(complete) => Pdu::MessageStatusQueryComplete(complete),
            Err(failure) => Pdu::MessageStatusQueryFailure(failure),
        }
    }

    fn load(&self, query: &Areas, radio: &Radio) -> Pdu {
        let inventory = radio.inventory();
        let Named { cells, unknown: failures } = self.names.resolve(&query.service_areas, inventory);
        let load = |CellIndex(cell)| LoadedArea {
            area: self.names.area(cell, inventory),
            bandwidth: free_bandwidth(radio, cell),
        };
        let loading: Vec<LoadedArea> = cells.indices().map(load).collect();
        if failures.is_empty() {
            Pdu::LoadQueryComplete(LoadQueryComplete { loading, criticality_diagnostics: None })
        } else {
            Pdu::LoadQueryFailure(LoadQueryFailure { failures, loading, criticality_diagnostics: None })
        }
    }

    fn reset(&self, now_ms: u64, reset: &Areas, radio: &mut Radio) -> Pdu {
        let Named { cells, unknown: mut failures } =
            self.names.resolve(&reset.service_areas, radio.inventory());
        let down = radio.failed().intersect(&cells);
        let up = cells.subtract(&down);
        up.indices().for_each(|CellIndex(cell)| radio.wipe(now_ms, cell));
        let cause = Cause::SERVICE_AREA_BROADCAST_NOT_OPERATIONAL;
        let inventory = radio.inventory();
        failures
            .extend(self.names.areas(&down, inventory).into_iter().map(|area| FailedArea { area, cause }));
        let service_areas = self.names.areas(&up, inventory);
        if failures.is_empty() {
            Pdu::ResetComplete(ResetComplete { service_areas, criticality_diagnostics: None })
        } else {
            Pdu::ResetFailure(ResetFailure { failures, service_areas, criticality_diagnostics: None })
        }
    }

    /// Does something in each cell that gives a count of broadcasts; without one the message is not there.
    fn each(
        &self,
        service_areas: &[ServiceArea],
        radio: &mut Radio,
        mut act: impl FnMut(&mut Radio, u32) -> Option<u16>,
    ) -> Outcome {
        let Named { cells, unknown } = self.names.resolve(service_areas, radio.inventory());
        let mut outcome = Outcome { failures: unknown, ..Outcome::default() };
        for CellIndex(cell) in cells.indices() {
            let area = self.names.area(cell, radio.inventory());
            match act(radio, cell) {
                Some(completed) => outcome.completed.push(CompletedArea { area, completed, info: None }),
                None => {
                    let cause = Cause::VALID_CN_MESSAGE_NOT_IDENTIFIED;
                    outcome.failures.push(FailedArea { area, cause });
                }
            }
        }
        outcome
    }

    fn tell_restart(&self, cells: &CellRuns, inventory: &Inventory, out: &mut Vec<Bytes>) {
        let service_areas = self.names.areas(cells, inventory);
        if !service_areas.is_empty() {
            let recovery = Some(Recovery::DataLost);
            send(Pdu::Restart(Restart { service_areas, recovery }), out);
        }
    }
}

impl Outcome {
    /// The answer to a kill or a query.
    fn answer(self, message_id: MessageId, key: MessageKey) -> Result<ReferenceComplete, ReferenceFailure> {
        let Self { failures, completed, .. } = self;
        let (old_serial, criticality_diagnostics) = (key.serial, None);
        if failures.is_empty() {
            Ok(ReferenceComplete { message_id, old_serial, completed, criticality_diagnostics })
        } else {
            Err(ReferenceFailure { message_id, old_serial, failures, completed, criticality_diagnostics })
        }
    }
}

/// The message in a cell that an RNC takes for this one: the same but for its update number.
fn known(radio: &Radio, cell: u32, key: MessageKey) -> Option<MessageKey> {
    let reference = |key: MessageKey| (key.message_id, key.serial.bits() >> 4);
    let mut held = radio.on_air(cell).iter().map(|on_air| on_air.message.key);
    held.find(|held| reference(*held) == reference(key))
}

/// What the messages on the air leave of a cell's broadcast channel, in bit/s.
fn free_bandwidth(radio: &Radio, cell: u32) -> u16 {
    let taken = radio
        .on_air(cell)
        .iter()
        .map(|on_air| on_air.message.pages() as u64 * PAGE_BITS * 1_000 / on_air.message.cadence.period_ms());
    BANDWIDTH_MAX.saturating_sub(taken.sum()) as u16
}

/// What we say ourselves can be encoded; should it not be, it is not sent.
fn send(pdu: Pdu, out: &mut Vec<Bytes>) {
    let mut octets = BytesMut::new();
    let encoded = pdu.encode(&mut octets);
    debug_assert_eq!(encoded, Ok(()), "{pdu:?}");
    if encoded.is_ok() {
        out.push(octets.freeze());
    }
}
