//! What goes wrong, and the end of it.

use area::{CellRuns, Rat};
use opsim::{Command, Restart};

use super::Simulation;
use crate::plan::What;
use crate::wire::State;

/// No supervisor starts the daemon sooner (`RestartSec` of the unit file); within it no cell is due again.
const RESTART_MS: u64 = 1_000;

impl Simulation<'_> {
    pub(super) fn fault(&mut self, what: What) {
        let peers = self.land.peers.len() as u64;
        let now_ms = self.now_ms;
        *self.totals.faults.entry(kind(what)).or_default() += 1;
        match what {
            // An answer of SBc-AP does not say which cells it is about: that an MME loses some requests and answers
            // later ones, on an association that stands, cannot be seen from outside.
            What::Silence { element, for_ms, deaf: true }
                if self.land.peers[(element % peers) as usize].rat == Rat::Lte =>
            {
                self.fault(What::Hole { element, for_ms });
            }
            What::Silence { element, for_ms, deaf } => {
                let at = (element % peers) as usize;
                self.sick(at, for_ms);
                let element = self.land.peers[at].profile.name.clone();
                self.command(at, Command::Silent { element, for_ms, deaf });
            }
            What::RestartElement { element } => {
                let at = (element % peers) as usize;
                self.sick(at, 0);
                let cells = self.land.inventory.cells_of(self.land.peers[at].controller);
                self.checker.untold.extend(cells);
                let element = self.land.peers[at].profile.name.clone();
                self.command(at, Command::Restart(Restart::Element(element)));
            }
            What::RestartCells { cell, count } => self.restart_cells(&self.some_cells(cell, count)),
            What::FailCells { cell, count, for_ms } => {
                let cells = self.some_cells(cell, count);
                self.checker.untold.extend(cells.iter().flatten());
                if let Some(at) = self.peer_of(&cells) {
                    self.sick(at, for_ms);
                    self.command(at, Command::Fail { cells: cells.clone() });
                    self.repairs.push((now_ms + for_ms, cells));
                }
            }
            What::Cut { element, arriving } => {
                let at = (element % peers) as usize;
                if self.wires[at].is_up() && self.wires[at].hole_ms.is_none() {
                    for _ in 0..arriving {
                        let pdu = self.wires[at].to_element.pop_front();
                        pdu.into_iter().for_each(|(_, pdu)| self.reach_element(at, &pdu));
                        let pdu = self.wires[at].to_daemon.pop_front();
                        pdu.into_iter().for_each(|(_, pdu)| self.reach_daemon(at, &pdu));
                    }
                    self.break_link(at);
                }
            }
            What::Hole { element, for_ms } => {
                let at = (element % peers) as usize;
                if self.wires[at].is_up() {
                    self.sick(at, for_ms);
                    let lost: Vec<_> = self.wires[at].clear().collect();
                    self.wires[at].hole_ms = Some(now_ms + for_ms);
                    lost.iter().for_each(|pdu| self.lose(at, pdu));
                }
            }
            What::Stall { element, for_ms } => {
                let at = (element % peers) as usize;
                if self.wires[at].is_up() && self.wires[at].hole_ms.is_none() {
                    self.sick(at, for_ms);
                    self.wires[at].stall_ms = Some(now_ms + for_ms);
                }
            }
            What::ClockStep { by_ms } => {
                self.stepped_ms += by_ms;
                // What a daemon cannot write down, the next one does not know.
                let notes = self.daemon.as_ref().is_some_and(|daemon| !daemon.journal_failed);
                self.checker.clock_stepped(by_ms < 0 || notes);
            }
            What::Die { effects, for_ms } => {
                self.die_at = Some(self.effects + 1 + effects);
                self.down_for_ms = for_ms;
            }
            What::SyncFails { for_ms } => {
                self.disk.fail_next();
                self.down_for_ms = for_ms.max(RESTART_MS);
            }
            What::DiskFull { for_ms } => {
                self.disk.fill();
                self.down_for_ms = for_ms.max(RESTART_MS);
            }
            What::Ask(_) | What::Look => {}
        }
    }

    /// Faults stop. A daemon whose journal has failed is started anew, as its operators are told to do.
    pub(super) fn heal(&mut self) {
        self.die_at = None;
        self.down_for_ms = 1_000;
        self.start_ms = self.start_ms.map(|start_ms| start_ms.min(self.now_ms + 1_000));
        self.disk.heal();
        if self.daemon.as_ref().is_some_and(|daemon| daemon.journal_failed) {
            self.die();
        }
        for at in 0..self.wires.len() {
            let element = self.land.peers[at].profile.name.clone();
            self.command(at, Command::Silent { element, for_ms: 0, deaf: false });
            if self.wires[at].hole_ms.is_some() {
                self.break_link(at);
            }
            self.wires[at].stall_ms = self.wires[at].stall_ms.map(|_| self.now_ms);
        }
        self.repairs.iter_mut().for_each(|(at_ms, _)| *at_ms = self.now_ms);
    }

    /// Cells that failed restart when their time has come.
    pub(super) fn repair(&mut self) {
        let now_ms = self.now_ms;
        let due: Vec<_> = self.repairs.extract_if(.., |(at_ms, _)| *at_ms <= now_ms).collect();
        due.into_iter().for_each(|(_, cells)| self.restart_cells(&cells));
    }

    /// A link breaks: the element knows at once, the daemon a little later. What was on its way is lost.
    pub(super) fn break_link(&mut self, at: usize) {
        let (network, element) = (self.land.peers[at].network, self.land.peers[at].element);
        if !self.land.peers[at].keeps_messages && self.land.peers[at].rat != area::Rat::Lte {
            self.checker.untold.extend(self.land.inventory.cells_of(self.land.peers[at].controller));
        }
        let lost: Vec<_> = self.wires[at].clear().collect();
        lost.iter().for_each(|pdu| self.lose(at, pdu));
        self.networks[network].disconnected(self.now_ms, element);
        let heard_ms = self.now_ms + self.wires[at].latency_ms;
        self.wires[at].state = State::Breaking { heard_ms };
        self.sick(at, 0);
    }

    fn restart_cells(&mut self, cells: &CellRuns) {
        self.checker.untold.extend(cells.iter().flatten());
        if let Some(at) = self.peer_of(cells) {
            self.sick(at, 0);
            self.command(at, Command::Restart(Restart::Cells(cells.clone())));
        }
    }

    fn command(&mut self, at: usize, command: Command) {
        let network = &mut self.networks[self.land.peers[at].network];
        if let Err(error) = network.command(self.now_ms, command) {
            self.checker.fail(8, format!("the model of the network refuses a command: {error}"));
        }
        network.handle_timeout(self.now_ms);
    }

    /// Something is wrong with a peer: nothing can be expected of it for a while.
    fn sick(&mut self, at: usize, for_ms: u64) {
        let wire = &mut self.wires[at];
        wire.sick_ms = wire.sick_ms.max(self.now_ms + for_ms);
        self.checker.disturbed(self.land.peers[at].controller);
    }

    /// A few cells of one controller, from a drawn one on.
    fn some_cells(&self, cell: u64, count: u64) -> CellRuns {
        let first = (cell % u64::from(self.land.inventory.len())) as u32;
        let controller = self.land.inventory.controller_of(area::CellIndex(first));
        let end = self.land.inventory.cells_of(controller).end.min(first + count as u32);
        CellRuns::from_range(first..end)
    }

    fn peer_of(&self, cells: &CellRuns) -> Option<usize> {
        let first = cells.iter().next()?.start;
        let controller = self.land.inventory.controller_of(area::CellIndex(first));
        self.land.peers_of(controller).next().map(|(at, _)| at)
    }
}

fn kind(what: What) -> &'static str {
    match what {
        What::Ask(_) => "ask",
        What::Silence { deaf: true, .. } => "deaf and silent",
        What::Silence { .. } => "silent",
        What::RestartElement { .. } => "element restart",
        What::RestartCells { .. } => "cells restart",
        What::FailCells { .. } => "cells fail",
        What::Cut { arriving: 0, .. } => "link broken",
        What::Cut { .. } => "link broken in mid-frame",
        What::Hole { .. } => "link half open",
        What::Stall { .. } => "link full",
        What::ClockStep { .. } => "clock step",
        What::Die { .. } => "death ordered",
        What::SyncFails { .. } => "sync fails",
        What::DiskFull { .. } => "disk full",
        What::Look => "look",
    }
}
