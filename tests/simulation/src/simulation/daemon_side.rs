//! What the daemon's own thread does, in the order in which it does it: take what came in, let engine and dispatch work
//! until neither has anything to say, hand the records over, answer.

use bytes::Bytes;
use dispatch::{FirstContact, NoticeKind, PeerId};
use engine::order::Demand;
use engine::report::Report;
use engine::{Record, Seq};

use super::Simulation;
use crate::daemon::Daemon;
use crate::disk::Synced;
use crate::planted::Bug;
use crate::wire::{REDIAL_MS, State};
use crate::words;

impl Simulation<'_> {
    pub(super) fn start_daemon(&mut self) {
        self.start_ms = None;
        let entries = self.disk.recover();
        self.checker.started(&entries, self.acknowledged);
        let mut daemon = Daemon::new(&self.land, &entries);
        self.planted.started();
        self.noted = 0;
        daemon.engine.start(self.planted.time(self.now()), &[], &mut daemon.records);
        self.daemon = Some(daemon);
        self.totals.starts += 1;
        for wire in &mut self.wires {
            wire.state = State::Down { dial_ms: self.now_ms + wire.latency_ms };
        }
        self.note_records();
    }

    /// The process is gone, with all that it had not handed out.
    pub(super) fn die(&mut self) {
        if self.daemon.take().is_none() {
            return;
        }
        self.die_at = None;
        self.totals.deaths += 1;
        self.start_ms = Some(self.now_ms + self.down_for_ms);
        if self.octets_unsynced.is_none() {
            self.octets_unsynced = Some(self.disk.unsynced());
            self.plan.octets_kept.into_iter().for_each(|octets| self.disk.keep(octets));
        }
        self.disk.lose_tail();
        self.checker.died();
        self.officers.hang_up(self.now_ms);
        for at in 0..self.wires.len() {
            if self.wires[at].is_up() {
                // What the kernel had taken may still arrive.
                if self.chance.once_in(2) && self.wires[at].hole_ms.is_none() {
                    let peer = &self.land.peers[at];
                    for (_, pdu) in std::mem::take(&mut self.wires[at].to_element) {
                        self.networks[peer.network].received(self.now_ms, peer.element, &pdu);
                    }
                }
                self.break_link(at);
            }
        }
    }

    pub(super) fn sync(&mut self) {
        if self.daemon.is_none() {
            return;
        }
        while let Some(synced) = self.disk.poll(self.now_ms) {
            if self.effect() {
                return;
            }
            let Some(daemon) = &mut self.daemon else { return };
            match synced {
                Synced::Durable(seq) => {
                    daemon.durable = seq;
                    self.checker.durable = seq;
                    daemon.engine.durable(self.planted.durable(daemon.engine.last(), seq));
                    let due: Vec<Seq> =
                        daemon.approvals.extract_if(.., |approved| *approved <= seq).collect();
                    let healthy = self.healthy();
                    due.into_iter().for_each(|seq| self.checker.approved(&self.land, seq, &healthy));
                }
                Synced::Failed => self.lose_journal(),
            }
        }
    }

    /// Nothing becomes durable any more, and nobody whose records have not is answered.
    fn lose_journal(&mut self) {
        let Some(daemon) = &mut self.daemon else { return };
        daemon.journal_failed = true;
        let unanswered = std::mem::take(&mut daemon.answers);
        unanswered.into_iter().for_each(|(_, ask, _)| self.officers.again(ask, self.now_ms));
        self.checker.journal_failed();
    }

    pub(super) fn work(&mut self) {
        let now = self.planted.time(self.now());
        let Some(daemon) = &mut self.daemon else { return };
        daemon.engine.tick(now, &mut daemon.records);
        daemon.dispatch.handle_timeout(now.monotonic_ms);
        self.note_records();
        loop {
            let mut idle = !self.take_demands();
            while let Some((peer, pdu)) = self.next_pdu() {
                if self.effect() {
                    return;
                }
                self.send(peer, pdu, true);
                idle = false;
                self.hear();
            }
            idle &= !self.hear();
            if self.daemon.is_none() {
                return;
            }
            if idle {
                break;
            }
        }
        self.notices();
        self.hand_over();
        self.answer();
    }

    fn take_demands(&mut self) -> bool {
        let Some(daemon) = &mut self.daemon else { return false };
        if self.planted.is(Bug::SentBeforeDurable) {
            daemon.engine.durable(daemon.engine.last());
        }
        let unanswered = daemon.unanswered();
        let mut demands: Vec<Demand> = self.planted.released(unanswered);
        while let Some(demand) = daemon.engine.poll_demand() {
            demands.extend(self.planted.demand(&self.land, demand, unanswered));
        }
        let any = !demands.is_empty();
        demands.into_iter().for_each(|demand| daemon.dispatch.demand(self.now_ms, demand));
        any
    }

    fn next_pdu(&mut self) -> Option<(PeerId, Bytes)> {
        let daemon = self.daemon.as_mut()?;
        if self.planted.is(Bug::StallDelaysOthers) && daemon.ports.iter().any(|port| port.held.is_some()) {
            return None;
        }
        daemon.dispatch.poll_transmit(self.now_ms)
    }

    fn send(&mut self, peer: PeerId, pdu: Bytes, fresh: bool) {
        let at = usize::from(peer.0);
        let wall_ms = self.wall_ms();
        if fresh {
            self.trace.note(1, self.now_ms, at as u64, &pdu);
            self.totals.pdus += 1;
            let asked = words::asked(&self.land, &self.land.peers[at], &pdu);
            self.checker.handed(&self.land, at, wall_ms, &asked);
        }
        let Some(daemon) = &mut self.daemon else { return };
        // A link that is gone says so itself; what was meant for it is reported unanswered then.
        if !daemon.ports[at].up {
            return;
        }
        let wire = &mut self.wires[at];
        if !wire.is_up() || wire.hole_ms.is_some() {
            return;
        }
        if wire.is_full() {
            daemon.ports[at].held = Some(pdu);
            daemon.dispatch.set_writable(peer, false);
            return;
        }
        let before = wire.to_element.back().map_or(0, |(at_ms, _)| *at_ms);
        wire.to_element.push_back((before.max(self.now_ms + wire.latency_ms), pdu));
    }

    pub(super) fn hear(&mut self) -> bool {
        let now = self.planted.time(self.now());
        let mut heard = false;
        while let Some(report) = self.daemon.as_mut().and_then(|daemon| daemon.dispatch.poll_report()) {
            for report in self.planted.report(report) {
                let Some(daemon) = &mut self.daemon else { return heard };
                match report {
                    Report::Up(controller) => self.checker.up(&self.land, &daemon.engine, controller),
                    Report::Down(controller) => self.checker.controller_down(&self.land, controller),
                    _ => {}
                }
                daemon.engine.report(now, report, &mut daemon.records);
                self.note_records();
            }
            heard = true;
        }
        heard
    }

    /// Shows the checker what has been recorded since.
    pub(super) fn note_records(&mut self) {
        let Some(daemon) = &mut self.daemon else { return };
        for entry in &daemon.records[self.noted..] {
            self.totals.records += 1;
            if matches!(entry.record, Record::Approved { .. }) {
                daemon.approvals.push(entry.seq);
            }
            self.checker.recorded(&self.land, entry);
        }
        self.noted = daemon.records.len();
    }

    fn notices(&mut self) {
        while let Some(notice) = self.daemon.as_mut().and_then(|daemon| daemon.dispatch.poll_notice()) {
            if notice.kind == NoticeKind::CloseLink && self.wires[usize::from(notice.peer.0)].is_up() {
                self.break_link(usize::from(notice.peer.0));
            }
        }
    }

    fn hand_over(&mut self) {
        let Some(daemon) = &mut self.daemon else { return };
        let entries = std::mem::take(&mut daemon.records);
        self.noted = 0;
        if daemon.journal_failed || entries.is_empty() {
            return;
        }
        if !self.disk.has_room() {
            return self.lose_journal();
        }
        for entry in &entries {
            if self.effect() {
                return;
            }
            self.trace.note(2, self.now_ms, entry.seq.0, &[]);
            self.disk.append(self.now_ms, std::slice::from_ref(entry));
        }
    }

    fn answer(&mut self) {
        loop {
            let early = self.planted.is(Bug::AnsweredBeforeDurable);
            let Some(daemon) = &mut self.daemon else { return };
            let durable = daemon.durable;
            let Some((seq, ask, answer)) = daemon.answers.pop_front_if(|(seq, ..)| *seq <= durable || early)
            else {
                return;
            };
            self.acknowledged = self.acknowledged.max(seq);
            self.trace.note(3, self.now_ms, ask as u64, &[]);
            if let Err(words) = self.officers.answered(ask, answer, self.now_ms) {
                self.checker.fail(6, words);
            }
        }
    }

    pub(super) fn link_made(&mut self, at: usize) {
        let (now, id) = (self.planted.time(self.now()), PeerId(at as u16));
        let peer = &self.land.peers[at];
        self.networks[peer.network].connected(self.now_ms, peer.element);
        self.wires[at].state = State::Up;
        self.wires[at].sick_ms = self.wires[at].sick_ms.max(self.now_ms);
        let Some(daemon) = &mut self.daemon else { return };
        daemon.ports[at].up = true;
        daemon.ports[at].held = None;
        let met = daemon.engine.meet(now, &peer.profile.name, &mut daemon.records);
        daemon.dispatch.set_writable(id, true);
        daemon.dispatch.link_up(self.now_ms, id, FirstContact(!met));
        self.note_records();
    }

    pub(super) fn link_lost(&mut self, at: usize) {
        self.wires[at].state = State::Down { dial_ms: self.now_ms + REDIAL_MS };
        let Some(daemon) = &mut self.daemon else { return };
        daemon.ports[at].up = false;
        daemon.ports[at].held = None;
        daemon.dispatch.link_down(self.now_ms, PeerId(at as u16));
        self.hear();
        self.checker.link_down(&self.land, at);
    }

    pub(super) fn link_writable(&mut self, at: usize) {
        let Some(daemon) = &mut self.daemon else { return };
        let held = daemon.ports[at].held.take();
        daemon.dispatch.set_writable(PeerId(at as u16), true);
        if let Some(pdu) = held {
            self.send(PeerId(at as u16), pdu, false);
        }
    }
}
