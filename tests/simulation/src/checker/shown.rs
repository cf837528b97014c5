//! What the control room is shown: that the network gave it, that everything settles once faults have stopped, and that
//! phones rang as it says.

use std::collections::BTreeSet;

use area::CellIndex;
use engine::{Alert, Broadcast, Engine, Leg, Phase};
use opsim::{MessageKey, Network, Radio};

use super::Checker;
use super::evidence::Name;
use crate::land::{Land, Peer};

/// One leg of an alert that is not over, with the name of its present text.
struct Shown<'a> {
    alert: &'a Alert,
    broadcast: &'a Broadcast,
    leg: &'a Leg,
    name: Name,
}

impl Shown<'_> {
    fn all<'a>(land: &'a Land, engine: &'a Engine) -> impl Iterator<Item = Shown<'a>> {
        engine.alerts().filter(|alert| !alert.state.is_over()).flat_map(move |alert| {
            let broadcasts = alert.broadcasts.iter().filter_map(|id| engine.broadcast(*id));
            broadcasts.flat_map(move |broadcast| {
                broadcast.legs.iter().filter_map(move |leg| {
                    let operator = land.inventory.controller(leg.controller()).operator;
                    let (message_id, serial) = broadcast.editions.last()?.name(operator)?;
                    let name = (operator, MessageKey { message_id, serial });
                    Some(Shown { alert, broadcast, leg, name })
                })
            })
        })
    }

    fn words(&self, cell: u32) -> String {
        let (_, MessageKey { message_id, serial }) = self.name;
        format!("{} {message_id} {serial}: cell {cell}", self.alert.id)
    }
}

impl Checker {
    /// What the control room is shown is what the network gave.
    pub(crate) fn look(&mut self, land: &Land, engine: &Engine, wall_ms: i64) {
        let may_be_late = self.clock_just_stepped();
        for alert in engine.alerts().filter(|alert| alert.state.is_on() && !may_be_late) {
            let late_ms = wall_ms - alert.expires_ms;
            if late_ms > 2_000 {
                self.fail(
                    5,
                    format!("{} is {} {} s after its expiry", alert.id, alert.state, late_ms / 1_000),
                );
            }
        }
        for shown in Shown::all(land, engine) {
            let (on, taken) = (self.evidence.on(shown.name), self.evidence.taken(shown.name));
            let mut totals = engine::Totals::default();
            for (cell, status) in shown.leg.statuses() {
                totals[status.phase() as usize] += 1;
                let said = match status.phase() {
                    Phase::Confirmed => on.contains(CellIndex(cell)),
                    Phase::Accepted => taken.contains(CellIndex(cell)),
                    _ => true,
                };
                if !said {
                    let words = shown.words(cell);
                    self.fail(1, format!("{words} is shown {:?}; no peer said so", status.phase()));
                }
            }
            if totals != *shown.leg.totals() {
                let words = shown.words(0);
                self.fail(1, format!("{words} and others: their totals are not the sums of the cells"));
            }
        }
    }

    /// Faults have stopped a while ago: everything reachable has settled, and what is shown is so.
    pub(crate) fn settled(&mut self, land: &Land, engine: &Engine, networks: &[Network], wall_ms: i64) {
        let mut legs: Vec<Shown<'_>> = Shown::all(land, engine).collect();
        legs.retain(|shown| {
            let step_ms = shown.alert.history.last().map(|step| step.wall_ms);
            let shared_ms = self.book.shared_out_ms(shown.leg.controller());
            step_ms.max(shared_ms).is_none_or(|changed_ms| changed_ms + SETTLES_WITHIN_MS < wall_ms)
        });
        for shown in legs {
            let controller = shown.leg.controller();
            let Some(indications) = land.traits(controller).map(|traits| traits.indications) else {
                continue;
            };
            let Some((first, _)) = land.peers_of(controller).next() else { continue };
            let network = &networks[land.peers[first].network];
            if !land.peers_of(controller).any(|(_, peer)| is_hopeless(peer, indications)) {
                self.check_leg(&shown, network, indications);
            }
        }
        networks.iter().for_each(|network| self.check_rings(network));
    }

    fn check_leg(&mut self, shown: &Shown<'_>, network: &Network, indications: bool) {
        let (_, key) = shown.name;
        let current = shown.broadcast.current();
        let named = self.book.names.get(&shown.name);
        let waits = named.map(|named| self.book.waits(shown.leg.controller(), named.broadcast));
        let waits = waits.unwrap_or_default();
        for (cell, status) in shown.leg.statuses().filter(|(cell, _)| !network.radio().is_dead(*cell)) {
            let phase = status.phase();
            let is_full = network.radio().on_air(cell).len() >= Radio::MESSAGES_PER_CELL_MAX;
            let is_settled = match phase {
                Phase::Confirmed => status.stale(current).is_none(),
                Phase::Accepted | Phase::OffAccepted => !indications,
                Phase::Refused => is_full,
                Phase::Off => true,
                Phase::Deferred => waits.contains(CellIndex(cell)),
                _ => false,
            };
            let words = shown.words(cell);
            if !is_settled {
                self.fail(7, format!("{words} has not settled: {phase:?} {:?}", status.cause()));
            }
            let is_on = network.radio().find(cell, key).is_some();
            match phase {
                Phase::Confirmed if is_on => self.check_phones(network, cell, key),
                Phase::Confirmed if !self.untold.contains(&cell) && self.clock_stepped_ms.is_none() => {
                    self.fail(1, format!("{words} is shown confirmed and is not on the air"));
                }
                Phase::Off | Phase::OffAccepted | Phase::Deferred if is_on => {
                    self.fail(1, format!("{words} is shown {phase:?} and is on the air"));
                }
                _ => {}
            }
        }
    }

    /// Everything has been taken back: nothing is on the air, and every alert is over.
    pub(crate) fn over(&mut self, land: &Land, engine: &Engine, networks: &[Network]) {
        for network in networks {
            for cell in network.radio().cells() {
                if let Some(on_air) = network.radio().on_air(cell).first().filter(|_| !self.stepped_unseen) {
                    let MessageKey { message_id, serial } = on_air.message.key;
                    self.fail(7, format!("{message_id} {serial} is still on the air in cell {cell}"));
                }
            }
            self.check_rings(network);
            for element in network.elements().iter().filter(|element| element.counters().undecodable > 0) {
                self.fail(8, format!("{} was sent what it cannot read", element.name()));
            }
        }
        let is_quiet = |peer: &Peer| peer.faults.no_indications || peer.faults.delay_ms > ANSWERS_WITHIN_MS;
        let quiet = land.peers.iter().any(is_quiet);
        for alert in engine.alerts().filter(|alert| alert.state.is_on() || alert.state.is_ending()) {
            if alert.state.is_on() || !quiet {
                self.fail(7, format!("{} is still {}", alert.id, alert.state));
            }
        }
    }

    /// Phones that are shown to be warned have rung, once.
    fn check_phones(&mut self, network: &Network, cell: u32, key: MessageKey) {
        let phones = network.phones();
        for phone in phones.of_cell(cell) {
            let (enabled, rang) = (phones.choices(phone).shows(key.message_id), phones.rang(phone, key));
            if rang != usize::from(enabled) {
                let MessageKey { message_id, serial } = key;
                self.fail(
                    2,
                    format!("phone {phone} in cell {cell} rang {rang} times for {message_id} {serial}"),
                );
            }
        }
    }

    /// No phone rang twice for one version.
    fn check_rings(&mut self, network: &Network) {
        let (phones, operator) = (network.phones(), network.radio().operator());
        for phone in 0..phones.len() {
            let mut heard = BTreeSet::new();
            for ring in phones.report(phone).rings {
                let key = MessageKey { message_id: ring.message_id, serial: ring.serial };
                let Some(named) = self.book.names.get(&(operator, key)) else { continue };
                if !heard.insert((named.broadcast, named.edition)) {
                    let words = format!("phone {phone} rang twice for one version of {}", named.alert);
                    return self.fail(2, words);
                }
            }
        }
    }
}

/// What has changed later than this need not have settled yet.
const SETTLES_WITHIN_MS: i64 = 200_000;
/// Later answers than this may come too late to settle anything in the time that is given.
const ANSWERS_WITHIN_MS: u64 = 5_000;

/// Where words can be late or are never given there is nothing to settle for.
fn is_hopeless(peer: &Peer, indications: bool) -> bool {
    let faults = &peer.faults;
    faults.refuse_writes.is_some()
        || faults.delay_ms > ANSWERS_WITHIN_MS
        || (indications && faults.no_indications)
}
