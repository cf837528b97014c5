//! One run: a land, its networks, the daemon, the officers and the faults of a plan, moved from one event to the next.

mod daemon_side;
mod faults;
mod officers;

use std::collections::BTreeSet;

use area::ControllerId;
use dispatch::PeerId;
use engine::{Engine, Entry, Now, Phase, Seq};
use opsim::{Network, Transmit};

use crate::chance::Chance;
use crate::checker::{Checker, Violation};
use crate::daemon::Daemon;
use crate::disk::Disk;
use crate::land::Land;
use crate::plan::{Plan, What};
use crate::planted::{Bug, Planted};
use crate::totals::Totals;
use crate::trace::Trace;
use crate::wire::{State, Wire};
use crate::words::{self, Told};
use officers::Officers;

/// What a run came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What did not hold, if something did not.
    pub violation: Option<Violation>,
    /// The same for the same plan, always.
    pub trace: Trace,
    /// What happened.
    pub totals: Totals,
    /// How many effects there were, each a moment to die at.
    pub effects: u64,
    /// At the first death: how many octets of the journal were not synced.
    pub octets_unsynced: u64,
}

/// How long after the faults everything may take to settle, and as long again after everything is taken back.
pub const SETTLE_MS: u64 = 300_000;

/// When the daemon is started for the first time, by the wall clock.
const WALL_MS: i64 = 1_790_000_000_000;
/// More moments than any run has.
const MOMENTS_MAX: u64 = 3_000_000;

/// Plays a plan, with a mistake on purpose or without.
pub fn run(plan: &Plan, bug: Option<Bug>) -> Outcome {
    let mut simulation = Simulation::new(plan, bug);
    simulation.play();
    let Simulation { checker, trace, mut totals, effects, octets_unsynced, now_ms, .. } = simulation;
    totals.seeds = 1;
    totals.simulated_ms = now_ms;
    (totals.writes, totals.kills) = checker.handed_out();
    let octets_unsynced = octets_unsynced.unwrap_or(0);
    Outcome { violation: checker.violation, trace, totals, effects, octets_unsynced }
}

struct Simulation<'a> {
    plan: &'a Plan,
    land: Land,
    networks: Vec<Network>,
    wires: Vec<Wire>,
    daemon: Option<Daemon>,
    disk: Disk,
    officers: Officers,
    checker: Checker,
    planted: Planted,
    trace: Trace,
    totals: Totals,
    chance: Chance,
    now_ms: u64,
    /// What the wall clock has been stepped by.
    stepped_ms: i64,
    effects: u64,
    octets_unsynced: Option<u64>,
    die_at: Option<u64>,
    down_for_ms: u64,
    start_ms: Option<u64>,
    acknowledged: Seq,
    /// Records of the daemon's that the checker has seen.
    noted: usize,
    next_event: usize,
    /// Cells that restart at a time.
    repairs: Vec<(u64, area::CellRuns)>,
    calm: Calm,
    /// When faults have stopped, or a command has changed something after that.
    pub(crate) stirred_ms: u64,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Calm {
    /// Faults may come.
    Storm,
    /// Everything settles.
    Settling,
    /// Everything is taken back.
    Ending,
    Over,
}

impl<'a> Simulation<'a> {
    fn new(plan: &'a Plan, bug: Option<Bug>) -> Self {
        let (mut land, networks) = Land::new(plan);
        let mut chance = Chance::new(plan.seed, 3);
        let checker = Checker::new(&land, networks.len());
        let sync_ms = chance.one_of(&[(1, 1), (1, 20), (200, 900)]);
        let planted = Planted::new(bug);
        planted.alter_land(&mut land);
        Self {
            plan,
            wires: land.peers.iter().map(|peer| Wire::new(peer.latency_ms)).collect(),
            daemon: None,
            disk: Disk::new(Chance::new(plan.seed, 4), sync_ms),
            officers: Officers::default(),
            checker,
            planted,
            trace: Trace::default(),
            totals: Totals { cells: u64::from(land.inventory.len()), ..Totals::default() },
            chance,
            now_ms: 0,
            stepped_ms: 0,
            effects: 0,
            octets_unsynced: None,
            die_at: None,
            down_for_ms: 2_000,
            start_ms: Some(0),
            acknowledged: Seq(0),
            noted: 0,
            next_event: 0,
            repairs: Vec::new(),
            calm: Calm::Storm,
            stirred_ms: 0,
            land,
            networks,
        }
    }

    fn now(&self) -> Now {
        Now { monotonic_ms: self.now_ms, wall_ms: self.wall_ms() }
    }

    fn wall_ms(&self) -> i64 {
        WALL_MS + self.now_ms as i64 + self.stepped_ms
    }

    fn play(&mut self) {
        for _ in 0..MOMENTS_MAX {
            if self.checker.violation.is_some() || self.calm == Calm::Over {
                return;
            }
            self.now_ms = self.next_moment().max(self.now_ms);
            self.checker.at(self.now_ms);
            self.moment();
        }
        self.checker.fail(7, "the run does not come to its end".into());
    }

    /// When something happens next.
    fn next_moment(&self) -> u64 {
        let lives = self.daemon.is_some();
        let wires = self.wires.iter().filter_map(|wire| wire.next_wakeup(lives));
        let networks = self.networks.iter().filter_map(Network::next_wakeup);
        let daemon = self.daemon.as_ref().and_then(Daemon::next_wakeup);
        let event = self.plan.events.get(self.next_event).map(|event| event.at_ms);
        let repairs = self.repairs.iter().map(|(at_ms, _)| *at_ms);
        let disk = if lives { self.disk.next_wakeup() } else { None };
        let others =
            [daemon, event, disk, self.start_ms, self.officers.next_wakeup(), Some(self.calm_ends_ms())];
        wires.chain(networks).chain(repairs).chain(others.into_iter().flatten()).min().unwrap_or(u64::MAX)
    }

    fn calm_ends_ms(&self) -> u64 {
        match self.calm {
            Calm::Storm => self.plan.calm_ms,
            Calm::Settling | Calm::Ending | Calm::Over => self.stirred_ms + SETTLE_MS,
        }
    }

    /// Everything that is due now.
    fn moment(&mut self) {
        self.change_weather();
        while let Some(event) =
            self.plan.events.get(self.next_event).filter(|event| event.at_ms <= self.now_ms)
        {
            self.next_event += 1;
            self.happen(event.what);
        }
        if self.start_ms.is_some_and(|start_ms| start_ms <= self.now_ms) {
            self.start_daemon();
        }
        self.repair();
        for network in &mut self.networks {
            network.handle_timeout(self.now_ms);
        }
        self.move_octets();
        self.hear_networks();
        self.sync();
        self.ask();
        self.work();
        for (at, network) in self.networks.iter().enumerate() {
            let wall_ms = WALL_MS + self.now_ms as i64 + self.stepped_ms;
            self.checker.aired(&self.land, at, network, wall_ms);
        }
    }

    fn change_weather(&mut self) {
        if self.calm_ends_ms() > self.now_ms {
            return;
        }
        self.stirred_ms = self.now_ms;
        match self.calm {
            Calm::Storm => {
                self.calm = Calm::Settling;
                self.heal();
            }
            Calm::Settling => {
                self.calm = Calm::Ending;
                self.look();
                if let Some(daemon) = &self.daemon {
                    let wall_ms = self.wall_ms();
                    self.checker.settled(&self.land, &daemon.engine, &self.networks, wall_ms);
                    let on = daemon.engine.alerts().filter(|alert| alert.state.is_on()).map(|alert| alert.id);
                    self.officers.take_back(self.now_ms, on.collect());
                } else {
                    self.checker.fail(7, "the daemon does not live".into());
                }
            }
            Calm::Ending => {
                self.calm = Calm::Over;
                self.look();
                if let Some(daemon) = &self.daemon {
                    self.checker.over(&self.land, &daemon.engine, &self.networks);
                    self.totals.alerts += daemon.engine.alerts().count() as u64;
                    let drafts = daemon.engine.alerts().count();
                    if drafts > self.officers.drafts() {
                        let words = format!(
                            "{} drafts were asked for, and {drafts} are there",
                            self.officers.drafts()
                        );
                        self.checker.fail(6, words);
                    }
                }
                self.totals.rings += self
                    .networks
                    .iter()
                    .map(|network| {
                        let phones = network.phones();
                        (0..phones.len()).map(|phone| phones.report(phone).rings.len() as u64).sum::<u64>()
                    })
                    .sum::<u64>();
            }
            Calm::Over => {}
        }
    }

    /// What the control room is shown is so, and is what the records give.
    fn look(&mut self) {
        let wall_ms = self.wall_ms();
        let Some(daemon) = &self.daemon else { return };
        self.checker.look(&self.land, &daemon.engine, wall_ms);
        if daemon.journal_failed {
            return;
        }
        let mut replayed = self.land.engine();
        let entries = self.disk.entries();
        entries.iter().for_each(|entry| replayed.replay(entry));
        if let Some(differs) = first_difference(&daemon.engine, &replayed) {
            self.checker.fail(6, differs);
        }
        self.check_snapshot(&entries, &replayed);
    }

    /// A snapshot of some of the records and a replay of the others give what a replay of all of them gives.
    fn check_snapshot(&mut self, entries: &[Entry], replayed: &Engine) {
        let (first, rest) = entries.split_at(self.chance.below(entries.len() as u64 + 1) as usize);
        let mut engine = self.land.engine();
        first.iter().for_each(|entry| engine.replay(entry));
        let octets = |engine: &Engine| serde_json::to_vec(&engine.snapshot()).unwrap_or_default();
        let Ok(snapshot) = serde_json::from_slice(&octets(&engine)) else {
            return self.checker.fail(6, "a snapshot cannot be read".into());
        };
        let mut restored = Engine::restore(self.land.setup(), snapshot);
        rest.iter().for_each(|entry| restored.replay(entry));
        if octets(&restored) != octets(replayed) {
            let words =
                format!("a snapshot after {} of {} records gives another state", first.len(), entries.len());
            self.checker.fail(6, words);
        }
    }

    /// Moves what is on the links.
    fn move_octets(&mut self) {
        for at in 0..self.wires.len() {
            let now_ms = self.now_ms;
            if self.wires[at].hole_ms.is_some_and(|end_ms| end_ms <= now_ms) {
                self.break_link(at);
            }
            match self.wires[at].state {
                State::Breaking { heard_ms } if heard_ms <= now_ms => self.link_lost(at),
                State::Down { dial_ms } if dial_ms <= now_ms && self.daemon.is_some() => self.link_made(at),
                _ => {}
            }
            if self.wires[at].stall_ms.is_some_and(|end_ms| end_ms <= now_ms) {
                self.wires[at].stall_ms = None;
                self.link_writable(at);
            }
            while self.wires[at].stall_ms.is_none()
                && let Some((_, pdu)) = self.wires[at].to_element.pop_front_if(|(at_ms, _)| *at_ms <= now_ms)
            {
                self.reach_element(at, &pdu);
            }
            while let Some((_, pdu)) = self.wires[at].to_daemon.pop_front_if(|(at_ms, _)| *at_ms <= now_ms) {
                self.reach_daemon(at, &pdu);
            }
        }
    }

    fn reach_element(&mut self, at: usize, pdu: &[u8]) {
        let peer = &self.land.peers[at];
        self.networks[peer.network].received(self.now_ms, peer.element, pdu);
        self.networks[peer.network].handle_timeout(self.now_ms);
    }

    fn reach_daemon(&mut self, at: usize, pdu: &[u8]) {
        let told = words::told(&self.land, &self.land.peers[at], pdu);
        self.checker.told(&self.land, at, &told);
        if let Some(daemon) = &mut self.daemon {
            daemon.dispatch.received(self.now_ms, PeerId(at as u16), pdu);
        }
        // Before the next word: it may take back what this one said.
        self.hear();
    }

    /// Takes what the elements have to send.
    fn hear_networks(&mut self) {
        for at in 0..self.wires.len() {
            let (network, element) = (self.land.peers[at].network, self.land.peers[at].element);
            while let Some(transmit) = self.networks[network].poll_transmit_of(element) {
                let wire = &mut self.wires[at];
                match transmit {
                    Transmit::Close => self.break_link(at),
                    Transmit::Pdu(pdu) if wire.is_up() && wire.hole_ms.is_none() => {
                        let before = wire.to_daemon.back().map_or(0, |(at_ms, _)| *at_ms);
                        wire.to_daemon.push_back((before.max(self.now_ms + wire.latency_ms), pdu));
                    }
                    Transmit::Pdu(pdu) => self.lose(at, &pdu),
                }
            }
        }
    }

    /// Octets of an element that never arrive.
    fn lose(&mut self, at: usize, pdu: &[u8]) {
        self.totals.lost += 1;
        for word in words::told(&self.land, &self.land.peers[at], pdu) {
            if let Told::Lost(cells) = word {
                self.checker.untold.extend(cells.iter().flatten());
            }
        }
    }

    /// Controllers whose peers all do well, and have nothing to do.
    fn healthy(&self) -> BTreeSet<ControllerId> {
        let Some(daemon) = &self.daemon else { return BTreeSet::new() };
        let indications = |controller| self.land.traits(controller).is_some_and(|traits| traits.indications);
        let well = |(at, peer): (usize, &crate::land::Peer)| {
            let (wire, status) = (&self.wires[at], daemon.dispatch.peer_status(PeerId(at as u16)));
            wire.is_up()
                && wire.stall_ms.is_none()
                && wire.hole_ms.is_none()
                && wire.sick_ms + 20_000 < self.now_ms
                && status.ready
                && status.queued_orders == 0
                && status.in_flight < usize::from(peer.profile.window)
                && peer.faults.delay_ms <= 400
                && peer.faults.refuse_writes.is_none()
                && !(peer.faults.no_indications && indications(peer.controller))
        };
        self.land.controllers().filter(|controller| self.land.peers_of(*controller).all(well)).collect()
    }

    /// Whether the daemon dies at this effect.
    fn effect(&mut self) -> bool {
        self.effects += 1;
        if self.die_at == Some(self.effects) || self.plan.deaths.contains(&self.effects) {
            self.die();
            return true;
        }
        false
    }
}

/// The first cell that two engines know differently. What was handed to a link and not answered yet is not recorded.
fn first_difference(live: &Engine, replayed: &Engine) -> Option<String> {
    live.alerts().find_map(|alert| {
        let again = replayed.alert(alert.id)?;
        if alert != again {
            return Some(format!(
                "{}: a replay of the records gives {again:?} in place of {alert:?}",
                alert.id
            ));
        }
        alert.broadcasts.iter().find_map(|id| {
            let legs = [live, replayed].map(|engine| engine.broadcast(*id).map(|broadcast| &broadcast.legs));
            let [Some(shown), Some(again)] = legs else { return Some(format!("{id:?} is not replayed")) };
            let cells =
                shown.iter().zip(again).flat_map(|(shown, again)| shown.statuses().zip(again.statuses()));
            cells.into_iter().find_map(|((cell, shown), (_, again))| {
                let in_flight = matches!(shown.phase(), Phase::Sent | Phase::OffSent);
                let same = if in_flight {
                    shown.phase().is_wanted() == again.phase().is_wanted()
                } else {
                    shown.phase() == again.phase()
                };
                (!same).then(|| {
                    format!(
                        "{}: cell {cell} is {:?}; a replay of the records gives {:?}",
                        alert.id,
                        shown.phase(),
                        again.phase()
                    )
                })
            })
        })
    })
}

impl Simulation<'_> {
    fn happen(&mut self, what: What) {
        match what {
            What::Ask(ask) => self.officers.plan(self.now_ms, ask),
            What::Look => self.look(),
            fault => self.fault(fault),
        }
    }
}
