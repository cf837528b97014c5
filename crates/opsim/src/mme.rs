//! An MME and its eNBs as a CBC sees them (TS 29.168 §4.3; the eNBs' part is TS 36.413 §8.12).
//!
//! The MME finds the eNBs that a request addresses and passes it on; it answers at once. What the eNBs made of it comes
//! later, in indications, if they were asked for.

mod enbs;

use std::collections::BTreeMap;

use area::{CellIndex, CellRuns, ControllerId, Inventory};
use bytes::{Bytes, BytesMut};
use sbcap::{
    BroadcastArea, Cancelled, Cause, CellsInTai, CriticalityDiagnostics, Ecgi, ErrorIndication, Extensions,
    Pdu, PwsFailureIndication, PwsRestartIndication, Response, StopWarningIndication, StopWarningRequest,
    Tai, TypeOfError, WarningArea, WriteReplaceWarningIndication, WriteReplaceWarningRequest,
};

use crate::element::Heard;
use crate::message::{Body, Cadence, Message};
use crate::radio::Radio;
use crate::{Habits, MessageKey};
use enbs::{Addressed, Enbs};

/// An MME with its eNBs.
#[derive(Debug)]
pub(crate) struct Mme {
    enbs: Enbs,
    habits: Habits,
    indicates: bool,
    refuse_writes: Option<Cause>,
    /// By time and order: indications that are due.
    later: BTreeMap<(u64, u64), Indication>,
    entries: u64,
    /// Cells whose restart no CBC has been told about yet.
    restarted: CellRuns,
}

/// What an indication will be about. Cells are gathered when it is sent.
#[derive(Debug)]
enum Indication {
    Scheduled { key: MessageKey, cells: CellRuns, by_tai: bool },
    Cancelled { key: MessageKey, cells: Vec<(u32, u16)>, empty: Vec<u32>, by_tai: bool },
}

/// The cells of a PWS-Restart- or Failure-Indication, and the eNBs of a Broadcast-Empty-Area-List.
const LIST_MAX: usize = 256;
/// Indications that may be due at once; further ones are not sent.
const INDICATIONS_MAX: usize = 100_000;
/// A broadcast without a period is over after this time, in milliseconds.
const ONCE_MS: u64 = 1_000;

impl Mme {
    /// An MME of this controller's cells. It refuses all writes if a cause is given, and never indicates anything unless
    /// told to.
    pub(crate) fn new(
        inventory: &Inventory,
        controller: ControllerId,
        habits: Habits,
        indicates: bool,
        refuse_writes: Option<u8>,
    ) -> Self {
        Self {
            enbs: Enbs::new(inventory, controller),
            habits,
            indicates,
            refuse_writes: refuse_writes.map(Cause),
            later: BTreeMap::new(),
            entries: 0,
            restarted: CellRuns::new(),
        }
    }

    /// A CBC is connected. It hears of restarts that nobody has heard of.
    pub(crate) fn connected(&mut self, radio: &Radio, out: &mut Vec<Bytes>) {
        let restarted = std::mem::take(&mut self.restarted);
        self.tell_restart(&restarted, radio.inventory(), out);
    }

    /// The CBC is gone; indications on their way to it are lost.
    pub(crate) fn disconnected(&mut self) {
        self.later.clear();
    }

    /// All eNBs restart and lose everything; the next CBC to connect hears of it.
    pub(crate) fn restart(&mut self, now_ms: u64, radio: &mut Radio) {
        self.later.clear();
        self.restarted = CellRuns::from_range(self.enbs.range());
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
        let ours = cells.within(self.enbs.range());
        if connected {
            self.tell_restart(&ours, radio.inventory(), out);
        } else {
            self.restarted = self.restarted.union(&ours);
        }
    }

    /// Cells have failed: says so for those that are ours.
    pub(crate) fn cells_failed(&mut self, cells: &CellRuns, radio: &Radio, out: &mut Vec<Bytes>) {
        for (enb, cells) in self.enbs.by_enb(&cells.within(self.enbs.range())) {
            let Some(global_enb_id) = self.enbs.global_id(enb) else { continue };
            for cells in cells.chunks(LIST_MAX) {
                let failed_cells = self.ecgis(cells.iter().copied(), radio.inventory());
                let ext = Extensions::default();
                send(
                    Pdu::PwsFailureIndication(PwsFailureIndication { failed_cells, global_enb_id, ext }),
                    out,
                );
            }
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
        match Pdu::decode(pdu) {
            Ok(decoded) => match decoded.pdu {
                Pdu::WriteReplaceWarningRequest(request) => {
                    self.write(now_ms, request, radio, out);
                    Heard::Write
                }
                Pdu::StopWarningRequest(request) => {
                    self.stop(now_ms, request, radio, out);
                    Heard::Stop
                }
                // An Error-Indication is never answered.
                Pdu::ErrorIndication(_) => Heard::Other,
                // What only an MME says makes no sense to one.
                _ => {
                    complain(Cause::MESSAGE_NOT_COMPATIBLE_WITH_RECEIVER_STATE, None, out);
                    Heard::Undecodable
                }
            },
            Err(error) => {
                if !is_error_indication(pdu) {
                    let (cause, diagnostics) = cause_of(pdu, error);
                    complain(cause, diagnostics, out);
                }
                Heard::Undecodable
            }
        }
    }

    /// When the next indication is due, in milliseconds.
    pub(crate) fn next_wakeup(&self) -> Option<u64> {
        self.later.first_key_value().map(|((at, _), _)| *at)
    }

    /// Sends the indications that are due.
    pub(crate) fn handle_timeout(&mut self, now_ms: u64, radio: &Radio, out: &mut Vec<Bytes>) {
        while let Some(first) = self.later.first_entry().filter(|first| first.key().0 <= now_ms) {
            match first.remove() {
                Indication::Scheduled { key, cells, by_tai } => {
                    self.tell_scheduled(key, &cells, by_tai, radio, out)
                }
                Indication::Cancelled { key, cells, empty, by_tai } => {
                    self.tell_cancelled(key, &cells, &empty, by_tai, radio.inventory(), out);
                }
            }
        }
    }

    fn write(
        &mut self,
        now_ms: u64,
        request: WriteReplaceWarningRequest,
        radio: &mut Radio,
        out: &mut Vec<Bytes>,
    ) {
        let key = MessageKey { message_id: request.message_id, serial: request.serial };
        let answer =
            |cause, unknown_tais| Pdu::WriteReplaceWarningResponse(response(key, cause, unknown_tais));
        if let Some(cause) = self.refuse_writes {
            return send(answer(cause, Vec::new()), out);
        }
        let Addressed { enbs, unknown } =
            self.enbs.addressed(&request.tais, request.global_enb_id, radio.inventory());
        if !unknown.is_empty() && unknown.len() == request.tais.len() {
            return send(answer(Cause::TRACKING_AREA_NOT_VALID, unknown), out);
        }
        send(answer(Cause::MESSAGE_ACCEPTED, unknown), out);

        let cells = self.enbs.cells(&enbs, request.area.as_ref(), radio.inventory());
        let by_tai = matches!(request.area, Some(WarningArea::Tais(_)));
        let asked = request.send_write_replace_indication;
        let concurrent = request.concurrent;
        if let Some(message) = message(key, request) {
            broadcast(now_ms, message, concurrent, &cells, radio);
        }
        if asked {
            self.indicate(now_ms, Indication::Scheduled { key, cells, by_tai });
        }
    }

    fn stop(&mut self, now_ms: u64, request: StopWarningRequest, radio: &mut Radio, out: &mut Vec<Bytes>) {
        let key = MessageKey { message_id: request.message_id, serial: request.serial };
        let answer = |cause, unknown_tais| Pdu::StopWarningResponse(response(key, cause, unknown_tais));
        let Addressed { enbs, unknown } = self.enbs.addressed(&request.tais, None, radio.inventory());
        if !unknown.is_empty() && unknown.len() == request.tais.len() {
            return send(answer(Cause::TRACKING_AREA_NOT_VALID, unknown), out);
        }
        let cells = self.enbs.cells(&enbs, request.area.as_ref(), radio.inventory());
        let stopped: Vec<(u32, u16)> = cells
            .indices()
            .filter_map(|CellIndex(cell)| {
                if !request.stop_all {
                    return Some((cell, radio.stop(now_ms, cell, key)?));
                }
                // Whoever stops all gets no counts (TS 36.413 §8.12.2.2).
                let anything = !radio.on_air(cell).is_empty();
                radio.wipe(now_ms, cell);
                anything.then_some((cell, 0))
            })
            .collect();
        let cause = match stopped.is_empty() && !request.stop_all {
            true => Cause::VALID_MESSAGE_NOT_IDENTIFIED,
            false => Cause::MESSAGE_ACCEPTED,
        };
        send(answer(cause, unknown), out);
        if request.send_stop_indication && cause.is_accepted() {
            let off = CellRuns::from_sorted(stopped.iter().map(|(cell, _)| CellIndex(*cell)));
            let had: Vec<u32> = self.enbs.by_enb(&off).map(|(enb, _)| enb).collect();
            let empty = enbs.into_iter().filter(|enb| had.binary_search(enb).is_err()).collect();
            let by_tai = matches!(request.area, Some(WarningArea::Tais(_)));
            self.indicate(now_ms, Indication::Cancelled { key, cells: stopped, empty, by_tai });
        }
    }

    fn indicate(&mut self, now_ms: u64, indication: Indication) {
        if self.indicates && self.later.len() < INDICATIONS_MAX {
            self.entries += 1;
            self.later
                .insert((now_ms.saturating_add(self.habits.indication_delay_ms), self.entries), indication);
        }
    }

    fn tell_scheduled(
        &self,
        key: MessageKey,
        cells: &CellRuns,
        by_tai: bool,
        radio: &Radio,
        out: &mut Vec<Bytes>,
    ) {
        let on: Vec<u32> = cells
            .indices()
            .map(|CellIndex(cell)| cell)
            .filter(|cell| radio.find(*cell, key).is_some())
            .collect();
        let tell = |area| {
            Pdu::WriteReplaceWarningIndication(WriteReplaceWarningIndication {
                message_id: key.message_id,
                serial: key.serial,
                broadcast_scheduled_area: area,
                ext: Extensions::default(),
            })
        };
        if on.is_empty() {
            return send(tell(None), out);
        }
        for cells in on.chunks(self.cells_per_indication()) {
            let cells = cells.iter().filter_map(|cell| {
                Some((self.enbs.tai(*cell, radio.inventory()), self.enbs.ecgi(*cell, radio.inventory())?))
            });
            send(tell(Some(broadcast_area(cells, by_tai))), out);
        }
    }

    fn tell_cancelled(
        &self,
        key: MessageKey,
        cells: &[(u32, u16)],
        empty: &[u32],
        by_tai: bool,
        inventory: &Inventory,
        out: &mut Vec<Bytes>,
    ) {
        let tell = |area, empty: &[u32]| {
            Pdu::StopWarningIndication(StopWarningIndication {
                message_id: key.message_id,
                serial: key.serial,
                broadcast_cancelled_area: area,
                broadcast_empty_area: empty.iter().filter_map(|enb| self.enbs.global_id(*enb)).collect(),
                ext: Extensions::default(),
            })
        };
        for cells in cells.chunks(self.cells_per_indication()) {
            let cells = cells.iter().filter_map(|(cell, broadcasts)| {
                let cancelled =
                    Cancelled { cell: self.enbs.ecgi(*cell, inventory)?, broadcasts: *broadcasts };
                Some((self.enbs.tai(*cell, inventory), cancelled))
            });
            send(tell(Some(broadcast_area(cells, by_tai)), &[]), out);
        }
        for enbs in empty.chunks(LIST_MAX) {
            send(tell(None, enbs), out);
        }
    }

    fn tell_restart(&self, cells: &CellRuns, inventory: &Inventory, out: &mut Vec<Bytes>) {
        for (enb, cells) in self.enbs.by_enb(cells) {
            let Some(global_enb_id) = self.enbs.global_id(enb) else { continue };
            for cells in cells.chunks(LIST_MAX) {
                let mut restart_tais: Vec<Tai> =
                    cells.iter().map(|cell| self.enbs.tai(*cell, inventory)).collect();
                restart_tais.sort_unstable();
                restart_tais.dedup();
                send(
                    Pdu::PwsRestartIndication(PwsRestartIndication {
                        restarted_cells: self.ecgis(cells.iter().copied(), inventory),
                        global_enb_id,
                        restart_tais,
                        restart_eais: Vec::new(),
                        ext: Extensions::default(),
                    }),
                    out,
                );
            }
        }
    }

    fn ecgis(&self, cells: impl Iterator<Item = u32>, inventory: &Inventory) -> Vec<Ecgi> {
        cells.filter_map(|cell| self.enbs.ecgi(cell, inventory)).collect()
    }

    fn cells_per_indication(&self) -> usize {
        usize::from(self.habits.cells_per_indication.max(1))
    }
}

/// What each eNB does with a write, cell by cell (TS 36.413 §8.12.1.2): the same identifier and serial number on the air
/// already, nothing changes; with the concurrent flag it goes on beside the others, without it in the place of all.
fn broadcast(now_ms: u64, message: Message, concurrent: bool, cells: &CellRuns, radio: &mut Radio) {
    let known = cells.indices().filter(|CellIndex(cell)| radio.find(*cell, message.key).is_some());
    let known = CellRuns::from_sorted(known);
    let new = cells.subtract(&known);
    if !concurrent {
        new.indices().for_each(|CellIndex(cell)| radio.wipe(now_ms, cell));
    }
    radio.start(now_ms, message, &new);
}

/// The message of a request, if it is one to broadcast.
fn message(key: MessageKey, request: WriteReplaceWarningRequest) -> Option<Message> {
    let body = match (request.warning_type, request.dcs, request.content) {
        (_, Some(dcs), Some(content)) => Body::Text { dcs, pages: content.pages().clone() },
        (Some(warning), ..) => Body::Emergency(warning),
        _ => return None,
    };
    let period_s = request.extended_repetition_period.unwrap_or(request.repetition_period.into());
    // TS 36.413 §8.12.1.2, §8.12.1.3. A primary notification goes out whatever the two say.
    let cadence = match (&body, request.broadcasts, period_s) {
        (_, 1, 0) | (Body::Emergency(_), _, 0) => Cadence::new(ONCE_MS, Some(1)),
        (_, _, 0) => return None,
        (Body::Text { .. }, 0, _) if !request.concurrent => return None,
        (_, 0, period_s) => Cadence::new(u64::from(period_s) * 1_000, None),
        (_, broadcasts, period_s) => Cadence::new(u64::from(period_s) * 1_000, Some(broadcasts)),
    };
    Some(Message { key, body, cadence })
}

fn broadcast_area<C>(cells: impl Iterator<Item = (Tai, C)>, by_tai: bool) -> BroadcastArea<C, Tai> {
    let mut area = BroadcastArea::default();
    for (tai, cell) in cells {
        if !by_tai {
            area.cells.push(cell);
            continue;
        }
        match area.tais.last_mut() {
            Some(CellsInTai { tai: last, cells }) if *last == tai => cells.push(cell),
            _ => area.tais.push(CellsInTai { tai, cells: vec![cell] }),
        }
    }
    area
}

fn response(key: MessageKey, cause: Cause, unknown_tais: Vec<Tai>) -> Response {
    Response {
        message_id: key.message_id,
        serial: key.serial,
        cause,
        criticality_diagnostics: None,
        unknown_tais,
        ext: Extensions::default(),
    }
}

/// What an Error-Indication says about a message that was not understood (TS 29.168 §4.5).
fn cause_of(pdu: &[u8], error: sbcap::Error) -> (Cause, Option<CriticalityDiagnostics>) {
    match error {
        sbcap::Error::Ies { ies, .. } => {
            let cause = match ies.iter().any(|ie| ie.error == TypeOfError::Missing) {
                true => Cause::MISSING_MANDATORY_ELEMENT,
                false => Cause::ABSTRACT_SYNTAX_ERROR_REJECT,
            };
            let procedure_code = pdu.get(1).copied();
            (cause, Some(CriticalityDiagnostics { procedure_code, ies, ..CriticalityDiagnostics::default() }))
        }
        sbcap::Error::Duplicate { .. } => (Cause::ABSTRACT_SYNTAX_ERROR_FALSELY_CONSTRUCTED_MESSAGE, None),
        sbcap::Error::IeValue { .. } => (Cause::PARAMETER_VALUE_INVALID, None),
        sbcap::Error::Procedure { .. } => (Cause::UNRECOGNISED_MESSAGE, None),
        _ => (Cause::TRANSFER_SYNTAX_ERROR, None),
    }
}

/// Whether octets that cannot be decoded begin like an Error-Indication: procedure 2 as an initiating message.
fn is_error_indication(pdu: &[u8]) -> bool {
    matches!(pdu, [0x00, 2, ..])
}

fn complain(cause: Cause, criticality_diagnostics: Option<CriticalityDiagnostics>, out: &mut Vec<Bytes>) {
    send(Pdu::ErrorIndication(ErrorIndication { cause: Some(cause), criticality_diagnostics }), out);
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
