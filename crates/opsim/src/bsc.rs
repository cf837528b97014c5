//! A BSC and its BTSs as a CBC sees them (TS 48.049 §6, §7).

mod named;

use area::{CellIndex, CellRuns, ControllerId, Inventory};
use bytes::{Bytes, BytesMut};
use cbsp::pdu::{
    Broadcast, BroadcastMessageType, Channel, Completed, CompletedInfo, Emergency, ErrorIndication,
    FailedCell, Failure, Kill, KillComplete, KillFailure, LoadQuery, LoadQueryComplete, LoadQueryFailure,
    Loading, MessageStatusQuery, MessageStatusQueryComplete, MessageStatusQueryFailure, Recovery, Reset,
    ResetComplete, ResetFailure, Restart, SetDrx, SetDrxComplete, SetDrxFailure, TextBroadcast, WriteReplace,
    WriteReplaceComplete, WriteReplaceFailure,
};
use cbsp::{Cause, CellList, CompletedList, LoadingList, Pdu, RepetitionCoding, RepetitionUnits};

use crate::element::Heard;
use crate::message::{Body, Cadence, Message};
use crate::radio::{Obstacle, Radio};
use crate::{Habits, MessageKey};
use named::{Named, Names};

/// A BSC with its BTSs.
#[derive(Debug)]
pub(crate) struct Bsc {
    names: Names,
    habits: Habits,
    /// The cause for cells that never broadcast.
    barred_cause: Cause,
    refuse_writes: Option<Cause>,
    /// The cells of which nobody has been told yet that their messages are lost.
    restarted: CellRuns,
}

/// What became of a request, cell by cell.
#[derive(Debug, Default)]
struct Outcome {
    done: Vec<u32>,
    failed: Vec<(u32, Cause)>,
    unknown: Vec<FailedCell>,
    /// How often a message was broadcast that went off, or that was asked about.
    completed: Vec<(u32, u16)>,
}

/// A cell that fails or restarts does so for both kinds of message.
const MESSAGE_TYPES: [BroadcastMessageType; 2] = [BroadcastMessageType::Cbs, BroadcastMessageType::Emergency];

impl Bsc {
    /// The most cells.
    pub(crate) const CELLS_MAX: usize = Names::CELLS_MAX;

    /// A BSC of this controller's cells. Cells that never broadcast fail with `barred_cause`, by default "cell broadcast
    /// not operational"; all writes fail if `refuse_writes` gives a cause.
    pub(crate) fn new(
        inventory: &Inventory,
        controller: ControllerId,
        habits: Habits,
        barred_cause: Option<u8>,
        refuse_writes: Option<u8>,
    ) -> Self {
        let names = Names::new(inventory, controller);
        Self {
            restarted: CellRuns::from_range(names.range()),
            names,
            habits,
            barred_cause: barred_cause.map_or(Cause::CELL_BROADCAST_NOT_OPERATIONAL, Cause),
            refuse_writes: refuse_writes.map(Cause),
        }
    }

    /// A CBC is connected: it hears whether there is still what it has written.
    pub(crate) fn connected(&mut self, radio: &Radio, out: &mut Vec<Bytes>) {
        let restarted = std::mem::take(&mut self.restarted);
        if restarted == CellRuns::from_range(self.names.range()) {
            return self.tell_restart(CellList::bss(), Recovery::DataLost, out);
        }
        self.tell_restart(CellList::bss(), Recovery::DataAvailable, out);
        self.tell_lost(&restarted, radio, out);
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
            self.tell_lost(&ours, radio, out);
        } else {
            self.restarted = self.restarted.union(&ours);
        }
    }

    /// Cells have failed: says so for those that are ours.
    pub(crate) fn cells_failed(&mut self, cells: &CellRuns, radio: &Radio, out: &mut Vec<Bytes>) {
        let ours = indices(&cells.within(self.names.range()));
        let failed: Vec<_> =
            ours.into_iter().map(|cell| (cell, Cause::CELL_BROADCAST_NOT_OPERATIONAL)).collect();
        if let Some(failures) = self.names.failures(&failed, Vec::new(), radio.inventory()) {
            for broadcast_message_type in MESSAGE_TYPES {
                let failures = failures.clone();
                self.send(Pdu::Failure(Failure { failures, broadcast_message_type }), out);
            }
        }
    }

    /// A message has come in.
    pub(crate) fn received(
        &mut self,
        now_ms: u64,
        frame: &[u8],
        radio: &mut Radio,
        out: &mut Vec<Bytes>,
    ) -> Heard {
        let pdu = match Pdu::decode_with(self.coding(), frame) {
            Ok(pdu) => pdu,
            Err(error) => {
                const ERROR_INDICATION: u8 = 0x15;
                if frame.first() != Some(&ERROR_INDICATION) {
                    self.complain(error.cause(), out);
                }
                return Heard::Undecodable;
            }
        };
        let answer = match pdu {
            Pdu::WriteReplace(write) => {
                let answer = self.write(now_ms, write, radio);
                self.send(answer, out);
                return Heard::Write;
            }
            Pdu::Kill(kill) => {
                let answer = self.kill(now_ms, kill, radio);
                self.send(answer, out);
                return Heard::Stop;
            }
            Pdu::LoadQuery(query) => self.load(query, radio),
            Pdu::MessageStatusQuery(query) => self.status(now_ms, query, radio),
            Pdu::SetDrx(set) => self.set_drx(set, radio.inventory()),
            Pdu::Reset(reset) => self.reset(now_ms, reset, radio),
            Pdu::KeepAlive(_) => Pdu::KeepAliveComplete(cbsp::pdu::KeepAliveComplete {}),
            // Never answered.
            Pdu::ErrorIndication(_) => return Heard::Other,
            // What only a BSC says makes no sense to one.
            _ => {
                self.complain(Cause::UNRECOGNISED_MESSAGE, out);
                return Heard::Undecodable;
            }
        };
        self.send(answer, out);
        Heard::Other
    }

    fn write(&mut self, now_ms: u64, write: WriteReplace, radio: &mut Radio) -> Pdu {
        let WriteReplace { message_id, new_serial, old_serial, cells, broadcast } = write;
        let channel = match &broadcast {
            Broadcast::Text(text) => Some(text.channel),
            Broadcast::Emergency(_) => None,
        };
        let new = MessageKey { message_id, serial: new_serial };
        let old = old_serial.map(|serial| MessageKey { message_id, serial });
        let Named { cells, unknown } = self.names.resolve(&cells, radio.inventory());
        let mut outcome = Outcome { unknown, ..Outcome::default() };
        for CellIndex(cell) in cells.indices() {
            match self.refusal(cell, new, old, channel, radio) {
                Some(cause) => outcome.failed.push((cell, cause)),
                None => {
                    let replaced = old.and_then(|old| radio.stop(now_ms, cell, old));
                    outcome.completed.extend(replaced.map(|broadcasts| (cell, broadcasts)));
                    outcome.done.push(cell);
                }
            }
        }
        let message = Message { key: new, cadence: self.cadence(&broadcast), body: body(broadcast) };
        radio.start(now_ms, message, &runs(&outcome.done));

        let inventory = radio.inventory();
        let completed = self.completed(&outcome.completed, inventory);
        let cells = self.names.list(&outcome.done, inventory, |_, id| id);
        match self.names.failures(&outcome.failed, outcome.unknown, inventory) {
            None => Pdu::WriteReplaceComplete(WriteReplaceComplete {
                message_id,
                new_serial,
                old_serial,
                completed,
                cells,
                channel,
            }),
            Some(failures) => Pdu::WriteReplaceFailure(WriteReplaceFailure {
                message_id,
                new_serial,
                old_serial,
                failures,
                completed,
                cells,
                channel,
            }),
        }
    }

    /// Why a write cannot be done in a cell, if so (TS 48.049 §7.1, §8.2.13).
    fn refusal(
        &self,
        cell: u32,
        new: MessageKey,
        old: Option<MessageKey>,
        channel: Option<Channel>,
        radio: &Radio,
    ) -> Option<Cause> {
        if self.refuse_writes.is_some() {
            return self.refuse_writes;
        }
        if channel == Some(Channel::Extended) {
            return Some(Cause::EXTENDED_CHANNEL_NOT_SUPPORTED);
        }
        let obstacle = radio.obstacle(cell);
        match obstacle {
            Some(Obstacle::Barred) => return Some(self.barred_cause),
            Some(Obstacle::Failed) => return Some(Cause::CELL_BROADCAST_NOT_OPERATIONAL),
            Some(Obstacle::Full) | None => {}
        }
        if old.is_some_and(|old| radio.find(cell, old).is_none()) {
            return Some(Cause::MESSAGE_REFERENCE_NOT_IDENTIFIED);
        }
        if radio.find(cell, new).is_some() {
            return Some(Cause::MESSAGE_REFERENCE_ALREADY_USED);
        }
        // A replacement makes its own room.
        (obstacle == Some(Obstacle::Full) && old.is_none()).then_some(Cause::CELL_MEMORY_EXCEEDED)
    }

    fn kill(&mut self, now_ms: u64, kill: Kill, radio: &mut Radio) -> Pdu {
        let Kill { message_id, old_serial, cells, channel } = kill;
        let key = MessageKey { message_id, serial: old_serial };
        let outcome = self.each(&cells, radio, |radio, cell| {
            // Without a channel an emergency message is meant.
            radio.find(cell, key).filter(|on_air| on_air.message.is_emergency() == channel.is_none())?;
            radio.stop(now_ms, cell, key)
        });
        let inventory = radio.inventory();
        let completed = self.completed(&outcome.completed, inventory);
        let failures = self.names.failures(&outcome.failed, outcome.unknown, inventory);
        let cells = match self.habits.osmocom && channel.is_some() {
            true => None,
            false => self.names.list(&outcome.done, inventory, |_, id| id),
        };
        match failures {
            None => Pdu::KillComplete(KillComplete { message_id, old_serial, completed, cells, channel }),
            Some(failures) => {
                Pdu::KillFailure(KillFailure { message_id, old_serial, failures, completed, cells, channel })
            }
        }
    }

    fn status(&self, now_ms: u64, query: MessageStatusQuery, radio: &mut Radio) -> Pdu {
        let MessageStatusQuery { message_id, old_serial, cells, channel } = query;
        let key = MessageKey { message_id, serial: old_serial };
        let outcome = self.each(&cells, radio, |radio, cell| Some(radio.find(cell, key)?.made(now_ms)));
        let inventory = radio.inventory();
        let completed = self.completed(&outcome.completed, inventory);
        match (self.names.failures(&outcome.failed, outcome.unknown, inventory), completed) {
            (Some(failures), completed) => Pdu::MessageStatusQueryFailure(MessageStatusQueryFailure {
                message_id,
                old_serial,
                failures,
                completed,
                channel,
            }),
            (None, Some(completed)) => Pdu::MessageStatusQueryComplete(MessageStatusQueryComplete {
                message_id,
                old_serial,
                completed,
                channel,
            }),
            (None, None) => error(Cause::CELL_IDENTITY_NOT_VALID),
        }
    }

    fn load(&self, query: LoadQuery, radio: &Radio) -> Pdu {
        let LoadQuery { cells, channel } = query;
        let Named { cells, unknown } = self.names.resolve(&cells, radio.inventory());
        let inventory = radio.inventory();
        let loading: Option<LoadingList> = self.names.list(&indices(&cells), inventory, |cell, id| {
            let percent = if channel == Channel::Basic { load_percent(radio, cell) } else { 0 };
            Loading { cell: id, load: [percent; 2] }
        });
        match (self.names.failures(&[], unknown, inventory), loading) {
            (Some(failures), loading) => {
                Pdu::LoadQueryFailure(LoadQueryFailure { failures, loading, channel })
            }
            (None, Some(loading)) => Pdu::LoadQueryComplete(LoadQueryComplete { loading, channel }),
            (None, None) => error(Cause::CELL_IDENTITY_NOT_VALID),
        }
    }

    fn set_drx(&self, set: SetDrx, inventory: &Inventory) -> Pdu {
        let SetDrx { cells, channel, .. } = set;
        let Named { cells, unknown } = self.names.resolve(&cells, inventory);
        let cells = self.names.list(&indices(&cells), inventory, |_, id| id);
        match self.names.failures(&[], unknown, inventory) {
            Some(failures) => Pdu::SetDrxFailure(SetDrxFailure { failures, cells, channel }),
            None => Pdu::SetDrxComplete(SetDrxComplete { cells, channel }),
        }
    }

    fn reset(&mut self, now_ms: u64, reset: Reset, radio: &mut Radio) -> Pdu {
        let Named { cells, unknown } = self.names.resolve(&reset.cells, radio.inventory());
        let down = radio.failed().intersect(&cells);
        let up = cells.subtract(&down);
        up.indices().for_each(|CellIndex(cell)| radio.wipe(now_ms, cell));
        let failed: Vec<_> =
            indices(&down).into_iter().map(|cell| (cell, Cause::CELL_BROADCAST_NOT_OPERATIONAL)).collect();
        let inventory = radio.inventory();
        match self.names.failures(&failed, unknown, inventory) {
            // Said in the words of the request: it may have been about the whole BSC.
            None => Pdu::ResetComplete(ResetComplete { cells: reset.cells }),
            Some(failures) => {
                let cells = self.names.list(&indices(&up), inventory, |_, id| id);
                Pdu::ResetFailure(ResetFailure { failures, cells })
            }
        }
    }

    /// Does something in each cell that gives a count of broadcasts; without one the message is not there.
    fn each(
        &self,
        cells: &CellList,
        radio: &mut Radio,
        mut act: impl FnMut(&mut Radio, u32) -> Option<u16>,
    ) -> Outcome {
        let Named { cells, unknown } = self.names.resolve(cells, radio.inventory());
        let mut outcome = Outcome { unknown, ..Outcome::default() };
        for CellIndex(cell) in cells.indices() {
            match act(radio, cell) {
                Some(broadcasts) => {
                    outcome.completed.push((cell, broadcasts));
                    outcome.done.push(cell);
                }
                None => outcome.failed.push((cell, Cause::MESSAGE_REFERENCE_NOT_IDENTIFIED)),
            }
        }
        outcome
    }

    fn completed(&self, counts: &[(u32, u16)], inventory: &Inventory) -> Option<CompletedList> {
        let cells: Vec<u32> = counts.iter().map(|(cell, _)| *cell).collect();
        self.names.list(&cells, inventory, |cell, id| {
            let count = counts.binary_search_by_key(&cell, |(cell, _)| *cell).map_or(0, |at| counts[at].1);
            Completed { cell: id, completed: count, info: CompletedInfo::Valid }
        })
    }

    /// When a message is broadcast (TS 48.049 §8.2.8, §8.2.9, §8.2.25).
    fn cadence(&self, broadcast: &Broadcast) -> Cadence {
        match broadcast {
            Broadcast::Text(TextBroadcast { repetition_period, broadcasts, .. }) => {
                let limit = match (broadcasts.0, self.habits.osmocom) {
                    (0, false) => None,
                    (0, true) => Some(1),
                    (broadcasts, _) => Some(broadcasts),
                };
                Cadence::new(repetition_period.ms().into(), limit)
            }
            Broadcast::Emergency(Emergency { warning_period, .. }) => {
                // The pages of an emergency message go out one after the other: one broadcast as long as the period.
                let limit = warning_period.s().map(|_| 1);
                let slot_ms = RepetitionUnits::UNIT_MS.into();
                Cadence::new(warning_period.s().map_or(slot_ms, |s| u64::from(s) * 1_000), limit)
            }
        }
    }

    fn tell_lost(&self, cells: &CellRuns, radio: &Radio, out: &mut Vec<Bytes>) {
        if let Some(cells) = self.names.list(&indices(cells), radio.inventory(), |_, id| id) {
            self.tell_restart(cells, Recovery::DataLost, out);
        }
    }

    fn tell_restart(&self, cells: CellList, recovery: Recovery, out: &mut Vec<Bytes>) {
        for broadcast_message_type in MESSAGE_TYPES {
            let recovery = Some(recovery);
            self.send(Pdu::Restart(Restart { cells: cells.clone(), broadcast_message_type, recovery }), out);
        }
    }

    fn complain(&self, cause: Cause, out: &mut Vec<Bytes>) {
        self.send(error(cause), out);
    }

    /// What we say ourselves can be encoded; should it not be, it is not sent.
    fn send(&self, pdu: Pdu, out: &mut Vec<Bytes>) {
        let mut octets = BytesMut::new();
        let encoded = pdu.encode_with(self.coding(), &mut octets);
        debug_assert_eq!(encoded, Ok(()), "{pdu:?}");
        if encoded.is_ok() {
            out.push(octets.freeze());
        }
    }

    fn coding(&self) -> RepetitionCoding {
        if self.habits.osmocom { RepetitionCoding::Osmocom } else { RepetitionCoding::Spec }
    }
}

/// How much of a cell's broadcast channel is taken, in percent: one page takes a slot of 1.883 s.
fn load_percent(radio: &Radio, cell: u32) -> u8 {
    let share =
        |pages: usize, period_ms| pages as u64 * u64::from(RepetitionUnits::UNIT_MS) * 100 / period_ms;
    let percent: u64 = radio
        .on_air(cell)
        .iter()
        .map(|on_air| share(on_air.message.pages(), on_air.message.cadence.period_ms()))
        .sum();
    percent.min(100) as u8
}

fn body(broadcast: Broadcast) -> Body {
    match broadcast {
        Broadcast::Text(text) => Body::Text { dcs: text.dcs, pages: text.content.pages().clone() },
        Broadcast::Emergency(emergency) => Body::Emergency(emergency.warning_type),
    }
}

fn error(cause: Cause) -> Pdu {
    Pdu::ErrorIndication(ErrorIndication {
        cause,
        message_id: None,
        new_serial: None,
        old_serial: None,
        channel: None,
    })
}

fn indices(cells: &CellRuns) -> Vec<u32> {
    cells.indices().map(|CellIndex(cell)| cell).collect()
}

fn runs(cells: &[u32]) -> CellRuns {
    CellRuns::from_sorted(cells.iter().map(|cell| CellIndex(*cell)))
}
