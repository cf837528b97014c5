//! The checker: it compares what the control room is told with what the octets on the links, the cells and the phones
//! say, against the eight things that must always hold.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use area::{CellRuns, ControllerId, OperatorId};
use dispatch::Reach;
use engine::order::Verb;
use engine::record::StepVerb;
use engine::report::Outcome;
use engine::{AlertId, Edition, Engine, Entry, Phase, Record, Seq};
use opsim::{Change, MessageKey, Network};

use crate::book::Book;
use crate::land::{Land, PERIOD_S};
use crate::words::{Asked, Told};

/// Something that must always hold did not.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Violation {
    /// Which of the eight.
    pub invariant: u8,
    /// When, in milliseconds after the start.
    pub at_ms: u64,
    /// What was seen.
    pub words: String,
}

/// Both ledgers, and the first violation.
#[derive(Debug)]
pub(crate) struct Checker {
    pub(crate) book: Book,
    pub(crate) durable: Seq,
    pub(crate) violation: Option<Violation>,
    /// A step of the wall clock has moved expiry against what networks count.
    pub(crate) clock_stepped: bool,
    now_ms: u64,
    /// Where peers said that a message is on the air.
    on: BTreeMap<(OperatorId, MessageKey), CellRuns>,
    accepted: BTreeSet<(ControllerId, MessageKey)>,
    /// Cells that lost everything without a word that reached us.
    pub(crate) untold: BTreeSet<u32>,
    /// What a serial number stood for when it was last on the air, and when that was.
    owners: BTreeMap<(OperatorId, MessageKey), Owner>,
    /// When each cell was last written, the newest last.
    written: BTreeMap<u32, VecDeque<u64>>,
    /// When each peer was last asked.
    asked: Vec<VecDeque<u64>>,
    expected: Vec<Expected>,
    /// Kills that a peer must get before anything else.
    owed: BTreeMap<usize, BTreeSet<MessageKey>>,
    seen: Vec<usize>,
    pub(crate) kills: u64,
    pub(crate) writes: u64,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Owner {
    alert: AlertId,
    edition: Edition,
    at_ms: u64,
}

/// Something that must be handed out soon.
#[derive(Clone, Debug)]
struct Expected {
    controller: ControllerId,
    key: MessageKey,
    alert: AlertId,
    kill: bool,
    by_ms: u64,
}

const DAY_MS: u64 = 86_400_000;
/// The least time between two writes to a cell, after so many at once.
const INTERVAL_MS: u64 = 1_000;
const BURST: usize = 4;
/// How soon the first write of a version is handed out to a healthy peer.
const WRITE_WITHIN_MS: u64 = 30_000;
/// How soon the first kill is.
const KILL_WITHIN_MS: u64 = 3_000;

impl Checker {
    pub(crate) fn new(land: &Land, networks: usize) -> Self {
        Self {
            book: Book::default(),
            durable: Seq(0),
            violation: None,
            clock_stepped: false,
            now_ms: 0,
            on: BTreeMap::new(),
            accepted: BTreeSet::new(),
            untold: BTreeSet::new(),
            owners: BTreeMap::new(),
            written: BTreeMap::new(),
            asked: vec![VecDeque::new(); land.peers.len()],
            expected: Vec::new(),
            owed: BTreeMap::new(),
            seen: vec![0; networks],
            kills: 0,
            writes: 0,
        }
    }

    pub(crate) fn at(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
        let late = self.expected.iter().position(|expected| expected.by_ms < now_ms);
        if let Some(expected) = late.map(|at| self.expected.swap_remove(at)) {
            let what = if expected.kill { "kill" } else { "write" };
            let words = format!(
                "no {what} of {} {} ({}) was handed to the healthy controller {} in time",
                expected.key.message_id, expected.key.serial, expected.alert, expected.controller.0
            );
            self.fail(if expected.kill { 3 } else { 7 }, words);
        }
    }

    pub(crate) fn fail(&mut self, invariant: u8, words: String) {
        let at_ms = self.now_ms;
        self.violation.get_or_insert(Violation { invariant, at_ms, words });
    }

    /// The daemon is dead: what it was told is no ground for what the next one says.
    pub(crate) fn died(&mut self) {
        self.on.clear();
        self.accepted.clear();
        self.expected.clear();
        self.owed.clear();
    }

    /// The daemon starts from these records.
    pub(crate) fn started(&mut self, entries: &[Entry], acknowledged: Seq) {
        self.book = Book::of(entries);
        let last = entries.last().map_or(Seq(0), |entry| entry.seq);
        self.durable = last;
        self.asked.iter_mut().for_each(VecDeque::clear);
        if last < acknowledged {
            self.fail(
                6,
                format!("record {acknowledged} was acknowledged; after the death {last} is the last"),
            );
        }
    }

    /// The daemon wrote a record: what it claims must have been said.
    pub(crate) fn recorded(&mut self, land: &Land, entry: &Entry) {
        self.book.apply(entry);
        if let Some(key) = self.book.done_twice.take() {
            self.fail(6, format!("what was asked under key {key} was done twice"));
        }
        let Record::Reported { controller, broadcast, edition, verb, outcome, cells } = &entry.record else {
            return;
        };
        let operator = land.inventory.controller(*controller).operator;
        let Some(key) = self.book.name_of(*broadcast, *edition, operator) else { return };
        match (verb, outcome) {
            (Verb::Write | Verb::Query, Outcome::Confirmed) => {
                let said = self.on.get(&(operator, key)).cloned().unwrap_or_default();
                let more = cells.subtract(&said);
                if !more.is_empty() {
                    self.fail(
                        1,
                        format!(
                            "{} {}: record {} confirms cells {more:?} that no peer named",
                            key.message_id, key.serial, entry.seq
                        ),
                    );
                }
            }
            (Verb::Write | Verb::Query, Outcome::Accepted)
                if !self.accepted.contains(&(*controller, key)) =>
            {
                self.fail(
                    1,
                    format!(
                        "{} {}: record {} tells of an acceptance that no peer gave",
                        key.message_id, key.serial, entry.seq
                    ),
                );
            }
            _ => {}
        }
    }

    /// Octets of a peer have reached the daemon.
    pub(crate) fn told(&mut self, land: &Land, peer: usize, told: Vec<Told>) {
        let peer = &land.peers[peer];
        for word in told {
            match word {
                Told::Accepted(key) => {
                    self.accepted.insert((peer.controller, key));
                }
                Told::On(key, cells) => {
                    let known = self.on.entry((peer.operator, key)).or_default();
                    *known = known.union(&cells);
                }
                Told::Lost(cells) => {
                    for cell in cells.iter().flatten() {
                        self.untold.remove(&cell);
                    }
                    self.on.values_mut().for_each(|known| *known = known.subtract(&cells));
                }
            }
        }
    }

    /// A peer's link is down as far as the daemon knows.
    pub(crate) fn down(&mut self, land: &Land, peer: usize, last: bool) {
        let controller = land.peers[peer].controller;
        self.owed.remove(&peer);
        self.disturbed(controller);
        if last {
            let cells = CellRuns::from_range(land.inventory.cells_of(controller));
            self.on.values_mut().for_each(|known| *known = known.subtract(&cells));
            self.accepted.retain(|(other, _)| *other != controller);
        }
    }

    /// Something is wrong with a controller's peers: nothing is due soon there.
    pub(crate) fn disturbed(&mut self, controller: ControllerId) {
        self.expected.retain(|expected| expected.controller != controller);
    }

    /// A controller can be asked again: what has ended goes first, where one peer serves it.
    pub(crate) fn up(&mut self, land: &Land, engine: &Engine, controller: ControllerId) {
        let mut peers = land.peers_of(controller);
        let (Some((peer, profile)), None) = (peers.next(), peers.next()) else { return };
        let mut owed = BTreeSet::new();
        for alert in engine.alerts().filter(|alert| alert.state.is_ending()) {
            for id in &alert.broadcasts {
                let Some(broadcast) = engine.broadcast(*id) else { continue };
                for leg in broadcast.legs.iter().filter(|leg| leg.controller() == controller) {
                    let held = leg
                        .statuses()
                        .flat_map(|(_, status)| status.held(broadcast.current()).collect::<Vec<_>>());
                    let names = held.filter_map(|edition| self.book.name_of(*id, edition, profile.operator));
                    owed.extend(names);
                }
            }
        }
        self.owed.insert(peer, owed);
    }

    /// The daemon handed octets to a link.
    pub(crate) fn handed(&mut self, land: &Land, peer: usize, wall_ms: i64, asked: &Asked) {
        let now_ms = self.now_ms;
        let at = &land.peers[peer];
        if matches!(asked, Asked::Other) {
            return;
        }
        let pace = u64::from(at.profile.pdus_per_second);
        let recent = &mut self.asked[peer];
        recent.push_back(now_ms);
        recent.retain(|asked_ms| *asked_ms + 1_000 > now_ms);
        if pace > 0 && recent.len() as u64 > pace + 1 {
            let words =
                format!("{} requests in a second to {}, which takes {pace}", recent.len(), at.profile.name);
            self.fail(8, words);
        }
        match asked {
            Asked::Unreadable => {
                self.fail(8, format!("octets that nobody can read went to {}", at.profile.name))
            }
            Asked::Kill { key } => {
                self.kills += 1;
                if let Some(owed) = self.owed.get_mut(&peer) {
                    owed.remove(key);
                }
                self.expected.retain(|expected| {
                    !(expected.kill && expected.controller == at.controller && expected.key == *key)
                });
            }
            Asked::Write { key, cells } => {
                self.writes += 1;
                self.expected.retain(|expected| {
                    !(!expected.kill && expected.controller == at.controller && expected.key == *key)
                });
                self.check_write(land, peer, wall_ms, *key, cells);
            }
            Asked::Query | Asked::Other => {}
        }
    }

    fn check_write(&mut self, land: &Land, peer: usize, wall_ms: i64, key: MessageKey, cells: &CellRuns) {
        let (at, now_ms) = (&land.peers[peer], self.now_ms);
        let what = format!("a write of {} {} to {}", key.message_id, key.serial, at.profile.name);
        if let Some(owed) = self.owed.get(&peer).and_then(|owed| owed.first()) {
            let words =
                format!("{what} before the kill of {} {}, which was due", owed.message_id, owed.serial);
            self.fail(3, words);
        }
        // Where every peer gets every message, a cell counts once for all of them: that cannot be seen from outside.
        let counted = land.routes.iter().all(|route| {
            route.controller != at.controller
                || route.reach == Reach::OneThenFailover
                || route.peers.len() == 1
        });
        for cell in cells.iter().flatten().filter(|_| counted) {
            let written = self.written.entry(cell).or_default();
            let early = written.len() == BURST && written[0] + INTERVAL_MS > now_ms;
            written.push_back(now_ms);
            if written.len() > BURST {
                written.pop_front();
            }
            if early {
                return self.fail(8, format!("{what}: cell {cell} is written too often"));
            }
        }
        let Some(named) = self.book.names.get(&(at.operator, key)).cloned() else {
            return self.fail(2, format!("{what}: no record gives this serial number"));
        };
        let Some(facts) = self.book.alerts.get(&named.alert) else { return };
        let failed = if named.seq > self.durable {
            Some((6, "before its record was durable"))
        } else if facts.ended == Some(StepVerb::Cancel) {
            Some((3, "after the cancel was accepted"))
        } else if facts.ended.is_some() || wall_ms >= facts.expires_ms {
            Some((5, "after expiry"))
        } else if facts.alone {
            Some((4, "that its author approved"))
        } else if key.message_id.channel().map(|channel| format!("{channel:?}").to_lowercase())
            != Some(facts.channel.to_string())
        {
            Some((4, "on another channel's identifier"))
        } else if self.book.current.get(&named.broadcast) != Some(&named.edition) || !named.wanted {
            Some((2, "of a version that is no longer wanted"))
        } else if !cells.subtract(&named.cells).is_empty() {
            Some((2, "outside its area"))
        } else {
            None
        };
        if let Some((invariant, why)) = failed {
            return self.fail(invariant, format!("{what} {why} ({})", named.alert));
        }
        let owner = Owner { alert: named.alert, edition: named.edition, at_ms: now_ms };
        if let Some(known) = self.owners.insert((at.operator, key), owner.clone())
            && (known.alert, known.edition) != (owner.alert, owner.edition)
            && known.at_ms + DAY_MS > now_ms
        {
            self.fail(5, format!("{what}: {} used this serial number less than a day ago", known.alert));
        }
    }

    /// An alert's approval is durable, or its cancel accepted: healthy peers hear of it soon.
    pub(crate) fn expect(&mut self, land: &Land, seq: Seq, healthy: &BTreeSet<ControllerId>) {
        let fresh: Vec<_> = self
            .book
            .names
            .iter()
            .filter(|(_, named)| named.seq == seq && named.ever == named.cells)
            .map(|((operator, key), named)| (*operator, *key, named.clone()))
            .collect();
        for (operator, key, named) in fresh {
            for controller in healthy.iter().copied() {
                let own = land.inventory.controller(controller);
                if own.operator == operator
                    && !named.cells.within(own.cells.clone()).is_empty()
                    && !self.accepted.contains(&(controller, key))
                    && !self.on.contains_key(&(operator, key))
                {
                    let by_ms = self.now_ms + WRITE_WITHIN_MS;
                    self.expected.push(Expected { controller, key, alert: named.alert, kill: false, by_ms });
                }
            }
        }
    }

    /// A cancel was accepted.
    pub(crate) fn cancelled(&mut self, land: &Land, alert: AlertId, healthy: &BTreeSet<ControllerId>) {
        self.expected.retain(|expected| expected.alert != alert);
        let names: Vec<_> =
            self.book.names.iter().filter(|(_, named)| named.alert == alert).map(|(key, _)| *key).collect();
        for (operator, key) in names {
            for controller in healthy.iter().copied() {
                let own = land.inventory.controller(controller);
                let on = self.on.get(&(operator, key)).map_or(0, |on| on.within(own.cells.clone()).len());
                if own.operator == operator && on > 0 && self.book.name_is_current(operator, key) {
                    let by_ms = self.now_ms + KILL_WITHIN_MS;
                    self.expected.push(Expected { controller, key, alert, kill: true, by_ms });
                }
            }
        }
    }

    /// A version replaced another, or an alert ended by itself: what was due is due no more.
    pub(crate) fn superseded(&mut self, alert: AlertId) {
        self.expected.retain(|expected| expected.alert != alert);
    }

    /// Nothing is due any more: no write leaves once the journal has failed.
    pub(crate) fn superseded_all(&mut self) {
        self.expected.retain(|expected| expected.kill);
    }

    /// What has gone on the air since: it must be wanted there, and end with its alert.
    pub(crate) fn aired(&mut self, network: usize, radio: &Network, wall_ms: i64) {
        let history = radio.radio().history();
        let news: Vec<Change> = history[self.seen[network]..].to_vec();
        self.seen[network] = history.len();
        let operator = radio.radio().operator();
        for change in news.into_iter().filter(|change| change.on) {
            self.untold.remove(&change.cell);
            let Some(named) = self.book.names.get(&(operator, change.key)) else { continue };
            let what = format!("{} {} in cell {}", change.key.message_id, change.key.serial, change.cell);
            if !named.ever.contains(area::CellIndex(change.cell)) {
                return self.fail(2, format!("{what}: on the air outside its area"));
            }
            let Some(on_air) = radio.radio().find(change.cell, change.key) else { continue };
            let (cadence, facts) = (on_air.message.cadence, self.book.alerts.get(&named.alert));
            let period_ms = u64::from(PERIOD_S) * 1_000;
            if cadence.period_ms().abs_diff(period_ms) > 1_883 {
                return self.fail(2, format!("{what}: a broadcast every {} ms", cadence.period_ms()));
            }
            if on_air.message.text() != named.text {
                return self.fail(2, format!("{what}: another text"));
            }
            let Some(facts) = facts.filter(|_| !self.clock_stepped) else { continue };
            let expires_ms = change.at_ms.saturating_add_signed(facts.expires_ms - wall_ms);
            let Some(ends_ms) = cadence.ends_ms(change.at_ms) else {
                return self.fail(5, format!("{what}: broadcast without an end"));
            };
            if ends_ms > expires_ms + OVERRUN_MS {
                return self.fail(
                    5,
                    format!("{what}: broadcast for {} s after expiry", (ends_ms - expires_ms) / 1_000),
                );
            }
        }
    }

    /// What the control room is shown is what the network gave.
    pub(crate) fn look(&mut self, land: &Land, engine: &Engine, wall_ms: i64) {
        for alert in engine.alerts() {
            if alert.state.is_on() && alert.expires_ms + 2_000 < wall_ms {
                self.fail(
                    5,
                    format!(
                        "{} is {} {} s after its expiry",
                        alert.id,
                        alert.state,
                        (wall_ms - alert.expires_ms) / 1_000
                    ),
                );
            }
            for id in alert.broadcasts.iter().filter(|_| !alert.state.is_over()) {
                let Some(broadcast) = engine.broadcast(*id) else { continue };
                for leg in &broadcast.legs {
                    let operator = land.inventory.controller(leg.controller()).operator;
                    let Some((message_id, serial)) =
                        broadcast.editions.last().and_then(|text| text.name(operator))
                    else {
                        continue;
                    };
                    let key = MessageKey { message_id, serial };
                    let on = self.on.get(&(operator, key)).cloned().unwrap_or_default();
                    let accepted = self.accepted.contains(&(leg.controller(), key));
                    let mut totals = engine::Totals::default();
                    for (cell, status) in leg.statuses() {
                        totals[status.phase() as usize] += 1;
                        let is_on = on.contains(area::CellIndex(cell));
                        let said = match status.phase() {
                            Phase::Confirmed => is_on,
                            Phase::Accepted => accepted || is_on,
                            _ => true,
                        };
                        if !said {
                            self.fail(
                                1,
                                format!(
                                    "{} {}: cell {cell} is shown {:?}; no peer said so",
                                    message_id,
                                    serial,
                                    status.phase()
                                ),
                            );
                        }
                    }
                    if totals != *leg.totals() {
                        self.fail(
                            1,
                            format!(
                                "the totals of {id:?} at {:?} are not the sums of its cells",
                                leg.controller()
                            ),
                        );
                    }
                }
            }
        }
    }

    /// Faults have stopped a while ago: everything reachable has settled, and what is shown is so.
    pub(crate) fn settled(&mut self, land: &Land, engine: &Engine, networks: &[Network], now_ms: u64) {
        for alert in engine.alerts().filter(|alert| !alert.state.is_over()) {
            for id in &alert.broadcasts {
                let Some(broadcast) = engine.broadcast(*id) else { continue };
                for leg in &broadcast.legs {
                    let controller = leg.controller();
                    let own = land.inventory.controller(controller);
                    let Some(traits) = land.traits(controller) else { continue };
                    let Some((first, _)) = land.peers_of(controller).next() else { continue };
                    let network = &networks[land.peers[first].network];
                    // Where every word can be late or is never given there is nothing to settle for.
                    let hopeless = land.peers_of(controller).any(|(_, peer)| {
                        peer.faults.refuse_writes.is_some()
                            || peer.faults.delay_ms > 5_000
                            || (traits.indications && peer.faults.no_indications)
                    });
                    let name = broadcast.editions.last().and_then(|text| text.name(own.operator));
                    let Some((message_id, serial)) = name else { continue };
                    let key = MessageKey { message_id, serial };
                    for (cell, status) in leg.statuses() {
                        if network.radio().is_dead(cell) || hopeless {
                            continue;
                        }
                        let full = network.radio().on_air(cell).len() >= opsim::Radio::MESSAGES_PER_CELL_MAX;
                        let fine = match status.phase() {
                            Phase::Confirmed => status.stale(broadcast.current()).is_none(),
                            Phase::Accepted => !traits.indications,
                            Phase::Refused => full,
                            Phase::Off => true,
                            Phase::OffAccepted => !traits.indications,
                            _ => false,
                        };
                        let what = format!("{} {message_id} {serial}: cell {cell}", alert.id);
                        if !fine {
                            self.fail(
                                7,
                                format!("{what} has not settled: {:?} {:?}", status.phase(), status.cause()),
                            );
                        }
                        let on_air = network.radio().find(cell, key);
                        if status.phase() == Phase::Confirmed
                            && on_air.is_none()
                            && !self.untold.contains(&cell)
                            && !self.clock_stepped
                        {
                            self.fail(1, format!("{what} is shown confirmed and is not on the air"));
                        }
                        if status.phase() == Phase::Confirmed && on_air.is_some() {
                            self.check_phones(network, cell, key, now_ms);
                        }
                    }
                }
            }
        }
        for network in networks {
            self.check_rings(network);
        }
    }

    /// Everything has been taken back: nothing is on the air, and every alert is over.
    pub(crate) fn over(&mut self, land: &Land, engine: &Engine, networks: &[Network]) {
        for network in networks {
            for cell in network.radio().cells() {
                if let Some(on_air) = network.radio().on_air(cell).first() {
                    let key = on_air.message.key;
                    self.fail(
                        7,
                        format!("{} {} is still on the air in cell {cell}", key.message_id, key.serial),
                    );
                }
            }
            self.check_rings(network);
            for element in network.elements().iter().filter(|element| element.counters().undecodable > 0) {
                self.fail(8, format!("{} was sent what it cannot read", element.name()));
            }
        }
        let quiet = land.peers.iter().any(|peer| peer.faults.no_indications || peer.faults.delay_ms > 5_000);
        for alert in engine.alerts().filter(|alert| alert.state.is_on() || alert.state.is_ending()) {
            if alert.state.is_on() || !quiet {
                self.fail(7, format!("{} is still {}", alert.id, alert.state));
            }
        }
    }

    /// Phones that are shown to be warned have rung, once.
    fn check_phones(&mut self, network: &Network, cell: u32, key: MessageKey, now_ms: u64) {
        let phones = network.phones();
        for phone in phones.of_cell(cell) {
            let enabled = phones.choices(phone).shows(key.message_id);
            let rang = phones.rang(phone, key);
            if rang != usize::from(enabled) {
                self.fail(
                    2,
                    format!(
                        "phone {phone} in cell {cell} rang {rang} times for {} {} by {now_ms}",
                        key.message_id, key.serial
                    ),
                );
            }
        }
    }

    /// No phone rang for what nobody approved for its cell, or twice for one version.
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

/// How much longer than its alert a broadcast may last: it is counted when it is ordered, and may wait for its link.
const OVERRUN_MS: u64 = 400_000;
