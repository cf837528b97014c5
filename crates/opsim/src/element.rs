//! An MME, a BSC, an RNC or a CBC with its connection and its faults.

use std::collections::VecDeque;
use std::ops::Range;

use area::{CellIndex, CellRuns, ControllerId, Rat};
use bytes::Bytes;

use crate::bsc::Bsc;
use crate::cbc::Cbc;
use crate::chance::Chance;
use crate::mme::Mme;
use crate::radio::Radio;
use crate::rnc::Rnc;
use crate::{Counters, ElementKind, ElementPlan, ElementReport, Error, Faults, Share};

/// What kind of message has come in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Heard {
    /// A message to broadcast.
    Write,
    /// A message to take off the air.
    Stop,
    /// Anything else that was understood.
    Other,
    /// It was not understood.
    Undecodable,
}

/// What an element wants done to its connection.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Transmit {
    /// Send this message.
    Pdu(Bytes),
    /// Break the connection; what was to be sent is lost.
    Close,
}

/// An MME, a BSC or an RNC with its connection and its faults. It knows one dispatcher at a time.
#[derive(Debug)]
pub struct Element {
    name: String,
    controller: ControllerId,
    rat: Rat,
    cells: Range<u32>,
    model: Model,
    faults: Faults,
    chance: Chance,
    connected: bool,
    close: bool,
    /// By the time they leave, ascending.
    waiting: VecDeque<(u64, Bytes)>,
    leaving: VecDeque<Bytes>,
    quiet: Option<Quiet>,
    restart_ms: Option<u64>,
    written: bool,
    counters: Counters,
}

#[derive(Debug)]
enum Model {
    Mme(Mme),
    Bsc(Bsc),
    Rnc(Rnc),
    Cbc(Cbc),
}

/// A time of silence.
#[derive(Clone, Copy, Debug)]
struct Quiet {
    from_ms: u64,
    until_ms: u64,
    deaf: bool,
}

impl Element {
    /// The most messages that wait to be sent; further ones are lost.
    pub const WAITING_MAX: usize = 65_536;

    /// The element of a plan. Draws the cells that never broadcast.
    pub(crate) fn new(plan: &ElementPlan, mut chance: Chance, radio: &mut Radio) -> Result<Self, Error> {
        let inventory = radio.inventory();
        let controller = inventory
            .by_name(&plan.controller)
            .filter(|id| inventory.controller(*id).operator == radio.operator())
            .ok_or_else(|| Error::Controller {
                element: plan.name.clone(),
                found: plan.controller.clone(),
            })?;
        let rat = inventory.controller(controller).rat;
        let cells = match plan.kind {
            ElementKind::Cbc => inventory.cells_of_rat(radio.operator(), rat),
            _ => inventory.cells_of(controller),
        };
        let (habits, faults) = (plan.habits.clone(), plan.faults.clone());
        let model = match (plan.kind, rat) {
            (ElementKind::Mme, Rat::Lte) => {
                let indicates = !faults.no_indications;
                Model::Mme(Mme::new(inventory, controller, habits, indicates, faults.refuse_writes))
            }
            (ElementKind::Bsc, Rat::Gsm) if cells.len() <= Bsc::CELLS_MAX => {
                Model::Bsc(Bsc::new(inventory, controller, habits, faults.refuse_cause, faults.refuse_writes))
            }
            (ElementKind::Rnc, Rat::Umts) if cells.len() <= Rnc::CELLS_MAX => {
                Model::Rnc(Rnc::new(inventory, controller, habits, faults.refuse_cause, faults.refuse_writes))
            }
            (ElementKind::Cbc, _) => {
                Model::Cbc(Cbc::new(inventory, rat, cells.clone(), habits, faults.refuse_writes)?)
            }
            (ElementKind::Bsc, Rat::Gsm) | (ElementKind::Rnc, Rat::Umts) => {
                let max = if rat == Rat::Gsm { Bsc::CELLS_MAX } else { Rnc::CELLS_MAX };
                return Err(Error::Cells { element: plan.name.clone(), max, found: cells.len() });
            }
            (kind, found) => return Err(Error::Rat { element: plan.name.clone(), kind, found }),
        };
        if let Some(share) = faults.refuse_cells {
            radio.bar(&drawn(share, &cells, &mut chance));
        }
        Ok(Self {
            name: plan.name.clone(),
            controller,
            rat,
            cells,
            model,
            faults,
            chance,
            connected: false,
            close: false,
            waiting: VecDeque::new(),
            leaving: VecDeque::new(),
            quiet: None,
            restart_ms: None,
            written: false,
            counters: Counters::default(),
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its cells, as indices of the inventory.
    pub fn cells(&self) -> Range<u32> {
        self.cells.clone()
    }

    /// Whether a dispatcher is connected.
    pub fn is_connected(&self) -> bool {
        self.connected
    }

    /// What it has counted.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Whether it keeps silent at `now_ms`.
    pub fn is_silent(&self, now_ms: u64) -> bool {
        self.quiet(now_ms).is_some()
    }

    /// What it tells of itself.
    pub fn report(&self, now_ms: u64, radio: &Radio) -> ElementReport {
        let on_air = self.cells.clone().filter(|cell| !radio.on_air(*cell).is_empty());
        ElementReport {
            name: self.name.clone(),
            controller: radio.inventory().controller(self.controller).name.clone(),
            rat: self.rat,
            connected: self.connected,
            silent: self.is_silent(now_ms),
            cells: self.cells.len() as u32,
            cells_on_air: on_air.count() as u32,
            counters: self.counters,
        }
    }

    /// A dispatcher is connected; the one before, if any, is gone.
    pub(crate) fn connected(&mut self, now_ms: u64, radio: &mut Radio) {
        self.disconnected(now_ms, radio);
        self.connected = true;
        self.close = false;
        self.counters.connections += 1;
        let mut out = Vec::new();
        match &mut self.model {
            Model::Mme(mme) => mme.connected(radio, &mut out),
            Model::Bsc(bsc) => bsc.connected(radio, &mut out),
            Model::Rnc(rnc) => rnc.connected(radio, &mut out),
            Model::Cbc(_) => {}
        }
        self.send(now_ms, out);
    }

    /// The dispatcher is gone.
    pub(crate) fn disconnected(&mut self, now_ms: u64, radio: &mut Radio) {
        if !self.connected {
            return;
        }
        self.hang_up();
        match &mut self.model {
            Model::Mme(mme) => mme.disconnected(),
            Model::Bsc(bsc) => bsc.disconnected(now_ms, radio),
            Model::Rnc(rnc) => rnc.disconnected(now_ms, radio),
            Model::Cbc(_) => {}
        }
    }

    /// A message has come in.
    pub(crate) fn received(&mut self, now_ms: u64, pdu: &[u8], radio: &mut Radio) {
        if !self.connected {
            return;
        }
        self.counters.pdus_in += 1;
        self.counters.octets_in += pdu.len() as u64;
        if self.quiet(now_ms).is_some_and(|quiet| quiet.deaf) {
            self.counters.lost += 1;
            return;
        }
        let mut out = Vec::new();
        let heard = match &mut self.model {
            Model::Mme(mme) => mme.received(now_ms, pdu, radio, &mut out),
            Model::Bsc(bsc) => bsc.received(now_ms, pdu, radio, &mut out),
            Model::Rnc(rnc) => rnc.received(now_ms, pdu, radio, &mut out),
            Model::Cbc(cbc) => cbc.received(now_ms, pdu, radio, &mut out),
        };
        match heard {
            Heard::Write => {
                self.counters.writes += 1;
                self.first_write(now_ms);
            }
            Heard::Stop => self.counters.stops += 1,
            Heard::Undecodable => self.counters.undecodable += 1,
            Heard::Other => {}
        }
        self.send(now_ms, out);
    }

    /// The next thing to do to the connection.
    pub(crate) fn poll_transmit(&mut self) -> Option<Transmit> {
        if std::mem::take(&mut self.close) {
            return Some(Transmit::Close);
        }
        let pdu = self.leaving.pop_front()?;
        self.counters.pdus_out += 1;
        self.counters.octets_out += pdu.len() as u64;
        Some(Transmit::Pdu(pdu))
    }

    /// When it has something to do next, in milliseconds.
    pub(crate) fn next_wakeup(&self) -> Option<u64> {
        let indication = match &self.model {
            Model::Mme(mme) => mme.next_wakeup(),
            Model::Bsc(_) | Model::Rnc(_) | Model::Cbc(_) => None,
        };
        let waiting = self.waiting.front().map(|(at, _)| *at);
        [indication, waiting, self.restart_ms].into_iter().flatten().min()
    }

    /// Whether its plan has it restart by `now_ms`.
    pub(crate) fn restart_due(&self, now_ms: u64) -> bool {
        self.restart_ms.is_some_and(|at| at <= now_ms)
    }

    /// Does what is due, but for a restart.
    pub(crate) fn handle_timeout(&mut self, now_ms: u64, radio: &Radio) {
        let mut out = Vec::new();
        if let Model::Mme(mme) = &mut self.model {
            mme.handle_timeout(now_ms, radio, &mut out);
        }
        self.send(now_ms, out);
    }

    /// Falls silent at once.
    pub(crate) fn silence(&mut self, now_ms: u64, for_ms: u64, deaf: bool) {
        self.quiet = Some(Quiet { from_ms: now_ms, until_ms: now_ms.saturating_add(for_ms), deaf });
    }

    /// Loses its messages and its connection.
    pub(crate) fn restart(&mut self, now_ms: u64, radio: &mut Radio) {
        self.restart_ms = None;
        self.close |= self.connected;
        self.hang_up();
        match &mut self.model {
            Model::Mme(mme) => mme.restart(now_ms, radio),
            Model::Bsc(bsc) => bsc.restart(now_ms, radio),
            Model::Rnc(rnc) => rnc.restart(now_ms, radio),
            Model::Cbc(cbc) => cbc.restart(now_ms, radio),
        }
    }

    /// Cells have restarted.
    pub(crate) fn cells_restarted(&mut self, now_ms: u64, cells: &CellRuns, radio: &Radio) {
        let mut out = Vec::new();
        match &mut self.model {
            Model::Mme(mme) => mme.cells_restarted(cells, self.connected, radio, &mut out),
            Model::Bsc(bsc) => bsc.cells_restarted(cells, self.connected, radio, &mut out),
            Model::Rnc(rnc) => rnc.cells_restarted(cells, self.connected, radio, &mut out),
            // Nobody asks a CBC about its cells' restarts.
            Model::Cbc(_) => {}
        }
        self.send(now_ms, out);
    }

    /// Cells have failed.
    pub(crate) fn cells_failed(&mut self, now_ms: u64, cells: &CellRuns, radio: &Radio) {
        let mut out = Vec::new();
        match &mut self.model {
            Model::Mme(mme) => mme.cells_failed(cells, radio, &mut out),
            Model::Bsc(bsc) => bsc.cells_failed(cells, radio, &mut out),
            Model::Rnc(rnc) => rnc.cells_failed(cells, radio, &mut out),
            Model::Cbc(_) => {}
        }
        self.send(now_ms, out);
    }

    /// The plan's faults are counted from the first write.
    fn first_write(&mut self, now_ms: u64) {
        if std::mem::replace(&mut self.written, true) {
            return;
        }
        if let Some(silence) = self.faults.silent {
            let from_ms = now_ms.saturating_add(silence.from_ms);
            let until_ms = from_ms.saturating_add(silence.for_ms);
            self.quiet = Some(Quiet { from_ms, until_ms, deaf: silence.deaf });
        }
        self.restart_ms = self.faults.restart_after_ms.map(|after_ms| now_ms.saturating_add(after_ms));
    }

    /// Puts messages on their way and lets go those whose time has come. Whether silence swallows one is judged when it
    /// leaves.
    fn send(&mut self, now_ms: u64, out: Vec<Bytes>) {
        for pdu in out {
            if !self.connected || self.waiting.len() + self.leaving.len() >= Self::WAITING_MAX {
                self.counters.lost += 1;
                continue;
            }
            let late_ms = self.faults.delay_ms.saturating_add(match self.faults.jitter_ms {
                0 => 0,
                most_ms => self.chance.below(most_ms.saturating_add(1)),
            });
            let before = self.waiting.back().map_or(0, |(at, _)| *at);
            self.waiting.push_back((before.max(now_ms.saturating_add(late_ms)), pdu));
        }
        while let Some((at, _)) = self.waiting.front().filter(|(at, _)| *at <= now_ms) {
            let swallowed = self.is_silent(*at);
            if let Some((_, pdu)) = self.waiting.pop_front() {
                match swallowed {
                    true => self.counters.lost += 1,
                    false => self.leaving.push_back(pdu),
                }
            }
        }
    }

    fn quiet(&self, now_ms: u64) -> Option<Quiet> {
        self.quiet.filter(|quiet| (quiet.from_ms..quiet.until_ms).contains(&now_ms))
    }

    fn hang_up(&mut self) {
        self.connected = false;
        self.waiting.clear();
        self.leaving.clear();
    }
}

fn drawn(share: Share, cells: &Range<u32>, chance: &mut Chance) -> CellRuns {
    let all = cells.len() as u32;
    let count = match share {
        Share::Count(count) => count,
        // Rounded, and as a cast does it: nothing below 0, all above 1.
        Share::Fraction(fraction) => (fraction * f64::from(all)).round() as u32,
    };
    CellRuns::from_sorted(chance.choose(count, all).into_iter().map(|at| CellIndex(cells.start + at)))
}
