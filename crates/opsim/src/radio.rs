//! The cells of an operator, and what each has on the air.

use std::collections::BTreeMap;
use std::mem;
use std::ops::Range;
use std::sync::Arc;

use area::{CellIndex, CellRuns, Inventory, OperatorId, Rat};

use crate::MessageKey;
use crate::cbc::Memory;
use crate::message::Message;

/// A message on the air in one cell.
#[derive(Clone, Debug)]
pub struct OnAir {
    /// The message.
    pub message: Arc<Message>,
    /// Since when, in milliseconds.
    pub since_ms: u64,
}

impl OnAir {
    /// How many broadcasts were made by `now_ms`.
    pub fn made(&self, now_ms: u64) -> u16 {
        self.message.cadence.made(self.since_ms, now_ms)
    }
}

/// Why a cell cannot take a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Obstacle {
    /// It never broadcasts: a fault of the plan.
    Barred,
    /// It has failed and not yet restarted.
    Failed,
    /// It has [`Radio::MESSAGES_PER_CELL_MAX`] messages.
    Full,
}

/// Something went on or off the air in a cell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Change {
    /// When, in milliseconds.
    pub at_ms: u64,
    /// Where.
    pub cell: u32,
    /// Which message.
    pub key: MessageKey,
    /// Whether it went on.
    pub on: bool,
}

/// A message that has gone on the air, for the phones to hear.
#[derive(Clone, Debug)]
pub(crate) struct Aired {
    pub(crate) on_air: OnAir,
    pub(crate) cells: CellRuns,
}

/// All cells of an operator. They belong to no MME: those of one pool share them.
#[derive(Debug)]
pub struct Radio {
    inventory: Arc<Inventory>,
    operator: OperatorId,
    /// What the operator's CBC knows, for each technology that it has.
    memories: BTreeMap<Rat, Memory>,
    cells: Range<u32>,
    air: Vec<Vec<OnAir>>,
    barred: CellRuns,
    failed: CellRuns,
    fresh: Vec<Aired>,
    /// By time and order of entry: what ends by itself.
    ends: BTreeMap<(u64, u64), Aired>,
    /// So many ends are worth looking for those that are no more.
    ends_max: usize,
    entries: u64,
    history: Vec<Change>,
    history_max: usize,
    history_dropped: u64,
}

impl Radio {
    /// The most messages in one cell.
    pub const MESSAGES_PER_CELL_MAX: usize = 16;
    /// The most changes that are remembered unless the caller sets another limit.
    pub const HISTORY_MAX: usize = 4_000_000;

    /// The silent cells of an operator.
    pub(crate) fn new(inventory: Arc<Inventory>, operator: OperatorId) -> Self {
        let cells = inventory.cells_of_operator(operator);
        Self {
            operator,
            memories: BTreeMap::new(),
            air: vec![Vec::new(); cells.len()],
            cells,
            inventory,
            barred: CellRuns::new(),
            failed: CellRuns::new(),
            fresh: Vec::new(),
            ends: BTreeMap::new(),
            ends_max: ENDS_MIN,
            entries: 0,
            history: Vec::new(),
            history_max: Self::HISTORY_MAX,
            history_dropped: 0,
        }
    }

    /// Remembers at most `changes` changes from now on.
    pub(crate) fn limit_history(&mut self, changes: usize) {
        self.history_max = changes;
    }

    /// The inventory whose indices name the cells.
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// The operator.
    pub fn operator(&self) -> OperatorId {
        self.operator
    }

    /// The operator's cells.
    pub fn cells(&self) -> Range<u32> {
        self.cells.clone()
    }

    /// What the CBC of a technology knows: its endpoints share it.
    pub(crate) fn memory(&mut self, rat: Rat) -> &mut Memory {
        self.memories.entry(rat).or_default()
    }

    /// What is on the air in a cell; nothing in one that is not the operator's.
    pub fn on_air(&self, cell: u32) -> &[OnAir] {
        self.slot(cell).map_or(&[], |at| self.air[at].as_slice())
    }

    /// The message of this key in a cell, if it is on the air there.
    pub fn find(&self, cell: u32, key: MessageKey) -> Option<&OnAir> {
        self.on_air(cell).iter().find(|on_air| on_air.message.key == key)
    }

    /// Why a cell cannot take one more message, if so.
    pub fn obstacle(&self, cell: u32) -> Option<Obstacle> {
        if self.barred.contains(CellIndex(cell)) {
            Some(Obstacle::Barred)
        } else if self.failed.contains(CellIndex(cell)) {
            Some(Obstacle::Failed)
        } else {
            (self.on_air(cell).len() >= Self::MESSAGES_PER_CELL_MAX).then_some(Obstacle::Full)
        }
    }

    /// Whether a cell cannot broadcast anything: by plan, or since it failed.
    pub fn is_dead(&self, cell: u32) -> bool {
        matches!(self.obstacle(cell), Some(Obstacle::Barred | Obstacle::Failed))
    }

    /// The cells that have failed and not yet restarted.
    pub fn failed(&self) -> &CellRuns {
        &self.failed
    }

    /// What went on and off so far, in order of time, up to the limit.
    pub fn history(&self) -> &[Change] {
        &self.history
    }

    /// How many changes were not remembered for want of room.
    pub fn history_dropped(&self) -> u64 {
        self.history_dropped
    }

    /// Puts a message on the air in those of the cells that nothing keeps from it.
    pub(crate) fn start(&mut self, now_ms: u64, message: Message, cells: &CellRuns) {
        let (key, end) = (message.key, message.cadence.ends_ms(now_ms));
        let on_air = OnAir { message: Arc::new(message), since_ms: now_ms };
        let mut started = CellRuns::new();
        for CellIndex(cell) in cells.indices() {
            let Some(at) = self.slot(cell).filter(|_| self.obstacle(cell).is_none()) else { continue };
            self.air[at].push(on_air.clone());
            self.note(now_ms, cell, key, true);
            started.push(cell..cell + 1);
        }
        if started.is_empty() {
            return;
        }
        let aired = Aired { on_air, cells: started };
        if let Some(end) = end {
            self.entries += 1;
            self.ends.insert((end, self.entries), aired.clone());
            self.forget_stopped();
        }
        self.fresh.push(aired);
    }

    /// Takes a message off the air in a cell. Answers how often it was broadcast, if it was on.
    pub(crate) fn stop(&mut self, now_ms: u64, cell: u32, key: MessageKey) -> Option<u16> {
        let at = self.slot(cell)?;
        let place = self.air[at].iter().position(|on_air| on_air.message.key == key)?;
        let on_air = self.air[at].remove(place);
        self.note(now_ms, cell, key, false);
        Some(on_air.made(now_ms))
    }

    /// Takes everything off the air in a cell.
    pub(crate) fn wipe(&mut self, now_ms: u64, cell: u32) {
        let Some(at) = self.slot(cell) else { return };
        for on_air in mem::take(&mut self.air[at]) {
            self.note(now_ms, cell, on_air.message.key, false);
        }
    }

    /// These cells never broadcast.
    pub(crate) fn bar(&mut self, cells: &CellRuns) {
        self.barred = self.barred.union(cells);
    }

    /// These cells lose everything and can no longer broadcast.
    pub(crate) fn fail(&mut self, now_ms: u64, cells: &CellRuns) {
        cells.indices().for_each(|CellIndex(cell)| self.wipe(now_ms, cell));
        self.failed = self.failed.union(cells);
    }

    /// These cells lose everything and can broadcast again.
    pub(crate) fn restart(&mut self, now_ms: u64, cells: &CellRuns) {
        cells.indices().for_each(|CellIndex(cell)| self.wipe(now_ms, cell));
        self.failed = self.failed.subtract(cells);
    }

    /// What went on the air since this was last asked.
    pub(crate) fn take_fresh(&mut self) -> Vec<Aired> {
        mem::take(&mut self.fresh)
    }

    /// When the next message ends by itself, in milliseconds.
    pub(crate) fn next_wakeup(&self) -> Option<u64> {
        self.ends.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes off what has had its last broadcast by `now_ms`.
    pub(crate) fn handle_timeout(&mut self, now_ms: u64) {
        while let Some(first) = self.ends.first_entry().filter(|first| first.key().0 <= now_ms) {
            let ((at_ms, _), ended) = first.remove_entry();
            for CellIndex(cell) in ended.cells.indices() {
                // The same message may have been stopped and started again: that one ends later.
                if self.carries(cell, &ended.on_air) {
                    self.stop(at_ms, cell, ended.on_air.message.key);
                }
            }
        }
    }

    /// Whether just this broadcast, not a later one of the same message, is on the air in a cell.
    pub(crate) fn carries(&self, cell: u32, broadcast: &OnAir) -> bool {
        self.on_air(cell).iter().any(|on_air| Arc::ptr_eq(&on_air.message, &broadcast.message))
    }

    /// Now and then drops the ends of broadcasts that were stopped everywhere, so that no more are kept than are on the
    /// air. Costs on average as much as the entries that were made.
    fn forget_stopped(&mut self) {
        if self.ends.len() < self.ends_max {
            return;
        }
        let mut ends = mem::take(&mut self.ends);
        ends.retain(|_, aired| {
            aired.cells.indices().any(|CellIndex(cell)| self.carries(cell, &aired.on_air))
        });
        self.ends_max = 2 * ends.len().max(ENDS_MIN);
        self.ends = ends;
    }

    fn slot(&self, cell: u32) -> Option<usize> {
        self.cells.contains(&cell).then(|| (cell - self.cells.start) as usize)
    }

    fn note(&mut self, at_ms: u64, cell: u32, key: MessageKey, on: bool) {
        if self.history.len() < self.history_max {
            self.history.push(Change { at_ms, cell, key, on });
        } else {
            self.history_dropped += 1;
        }
    }
}

/// Fewer ends of broadcasts are never tidied up.
const ENDS_MIN: usize = 1_024;

#[cfg(test)]
mod tests {
    use cbs::{MessageId, SerialNumber, WarningType};

    use super::*;
    use crate::{Body, Cadence};

    const CELL: &str = "operator,mcc,mnc,rat,lac_or_tac,cell_id,enb_or_gnb_id,lat,lon,azimuth_deg,beamwidth_deg,\
                        radius_m,controller\ny,220,01,gsm,1,1,,44.5,20.5,0,360,500,b\n";

    fn message(serial: u16, limit: Option<u16>) -> Message {
        Message {
            key: MessageKey { message_id: MessageId::AMBER, serial: SerialNumber::from_bits(serial) },
            body: Body::Emergency(WarningType::from_octets([0, 0])),
            cadence: Cadence::new(1_000_000, limit),
        }
    }

    #[test]
    fn broadcasts_that_were_stopped_leave_nothing_behind() {
        let inventory = Arc::new(Inventory::import(CELL.as_bytes()).unwrap());
        let mut radio = Radio::new(inventory, OperatorId(0));
        let cells = CellRuns::from_range(0..1);
        radio.start(0, message(9_999, Some(3)), &cells);
        for serial in 0..5_000 {
            let message = message(serial, Some(10));
            let key = message.key;
            radio.start(1, message, &cells);
            assert_eq!(radio.stop(2, 0, key), Some(1));
            assert!(radio.ends.len() <= 2 * ENDS_MIN);
        }
        assert_eq!(radio.next_wakeup(), Some(3_000_000), "what is on the air still ends");
        radio.handle_timeout(3_000_000);
        assert!(radio.on_air(0).is_empty());
    }

    #[test]
    fn a_history_that_is_full_says_how_much_it_lacks() {
        let inventory = Arc::new(Inventory::import(CELL.as_bytes()).unwrap());
        let mut radio = Radio::new(inventory, OperatorId(0));
        radio.limit_history(1);
        radio.start(5, message(1, None), &CellRuns::from_range(0..1));
        radio.wipe(6, 0);
        assert_eq!((radio.history().len(), radio.history_dropped()), (1, 1));
    }
}
