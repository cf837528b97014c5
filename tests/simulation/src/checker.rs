//! The checker: it compares what the control room is told with what the octets on the links, the cells and the phones
//! say, against the eight things that must always hold.

mod due;
mod evidence;
mod requests;
mod shown;

use std::collections::{BTreeMap, BTreeSet};

use area::{CellRuns, ControllerId, OperatorId};
use engine::order::{BroadcastId, Verb};
use engine::record::Said;
use engine::report::Outcome;
use engine::{Cadence, Entry, Load, Record, Seq, WHOLE};
use opsim::{Change, Network};

use crate::book::Book;
use crate::land::{Land, PERIOD_S};
use crate::words::Told;
use due::Due;
use evidence::Evidence;
use requests::Requests;

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
    /// When the wall clock was last stepped: that moves expiry against what networks count.
    clock_stepped_ms: Option<u64>,
    /// It was stepped forward while no daemon lived: to the next one so much time has passed.
    stepped_unseen: bool,
    /// Cells that lost everything without a word that reached us.
    pub(crate) untold: BTreeSet<u32>,
    now_ms: u64,
    evidence: Evidence,
    requests: Requests,
    due: Due,
    /// How much of each network's history has been seen.
    seen: Vec<usize>,
}

/// How much longer than its alert a broadcast may last: it is counted when it is ordered, and may wait for its link.
const OVERRUN_MS: u64 = 400_000;

impl Checker {
    pub(crate) fn new(land: &Land, networks: usize) -> Self {
        Self {
            book: Book::default(),
            durable: Seq(0),
            violation: None,
            clock_stepped_ms: None,
            stepped_unseen: false,
            untold: BTreeSet::new(),
            now_ms: 0,
            evidence: Evidence::default(),
            requests: Requests::new(land.peers.len()),
            due: Due::default(),
            seen: vec![0; networks],
        }
    }

    /// Time has passed.
    pub(crate) fn at(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
        if let Some((invariant, words)) = self.due.late(now_ms, &self.book) {
            self.fail(invariant, words);
        }
    }

    pub(crate) fn fail(&mut self, invariant: u8, words: String) {
        let at_ms = self.now_ms;
        self.violation.get_or_insert(Violation { invariant, at_ms, words });
    }

    /// How many writes and kills were handed to links.
    pub(crate) fn handed_out(&self) -> (u64, u64) {
        (self.requests.writes, self.requests.kills)
    }

    /// The daemon is dead: what it was told is no ground for what the next one says.
    pub(crate) fn died(&mut self) {
        // It may have died before it had written down that the clock was set.
        self.stepped_unseen |=
            self.clock_stepped_ms.is_some_and(|stepped_ms| self.now_ms < stepped_ms + 3_000);
        self.evidence.clear();
        self.due = Due::default();
        self.requests.died();
    }

    /// The daemon starts from these records.
    pub(crate) fn started(&mut self, entries: &[Entry], acknowledged: Seq) {
        self.book = Book::of(entries);
        let last = entries.last().map_or(Seq(0), |entry| entry.seq);
        self.durable = last;
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
        match &entry.record {
            Record::Rationed { controller, .. } => self.due.shared_out(self.now_ms, *controller),
            Record::Approved { alert, .. } | Record::Stepped { alert, .. } => self.due.forget_alert(*alert),
            Record::Renamed { broadcast, serial, .. } => {
                self.fail(2, format!("{broadcast:?} is called {serial} now, though no other CBC is there"));
            }
            Record::Reported { said, cells } => {
                for operator in (0..land.inventory.operators().len()).map(|at| OperatorId(at as u16)) {
                    let own = land.inventory.cells_of_operator(operator);
                    self.reported(operator, said, &cells.within(own), entry.seq);
                }
            }
            _ => {}
        }
    }

    /// The daemon wrote that the network said this of cells of one operator.
    fn reported(&mut self, operator: OperatorId, claim: &Said, cells: &CellRuns, seq: Seq) {
        let Some(key) = self.book.name_of(claim.broadcast, claim.edition, operator) else { return };
        let (said, what) = match (claim.verb, claim.outcome) {
            (Verb::Write | Verb::Query, Outcome::Confirmed) => {
                (self.evidence.on((operator, key)), "confirms")
            }
            (Verb::Write | Verb::Query, Outcome::Accepted) => {
                (self.evidence.taken((operator, key)), "accepts")
            }
            _ => return,
        };
        let more = cells.subtract(&said);
        if !more.is_empty() {
            let words = format!(
                "{} {}: record {seq} {what} cells {more:?}, of which no peer said so",
                key.message_id, key.serial
            );
            self.fail(1, words);
        }
    }

    /// Octets of a peer have reached the daemon.
    pub(crate) fn told(&mut self, land: &Land, peer: usize, told: &[Told]) {
        let peer = &land.peers[peer];
        let own = CellRuns::from_range(land.inventory.cells_of(peer.controller));
        for word in told {
            if let Told::Lost(cells) = word {
                self.untold.retain(|cell| !cells.contains(area::CellIndex(*cell)));
            }
            self.evidence.hear(peer.operator, &own, word);
        }
    }

    /// A peer's link is down.
    pub(crate) fn link_down(&mut self, land: &Land, peer: usize) {
        self.requests.link_down(peer);
        self.disturbed(land.peers[peer].controller);
    }

    /// The daemon knows of no way to a controller: what was said of its cells is no longer sure.
    pub(crate) fn controller_down(&mut self, land: &Land, controller: ControllerId) {
        self.evidence.forget(&CellRuns::from_range(land.inventory.cells_of(controller)));
    }

    /// Something is wrong with a controller's peers: nothing is due soon there.
    pub(crate) fn disturbed(&mut self, controller: ControllerId) {
        self.due.forget_controller(controller);
    }

    /// The wall clock is another one now.
    pub(crate) fn clock_stepped(&mut self, seen: bool) {
        self.clock_stepped_ms = Some(self.now_ms);
        self.stepped_unseen |= !seen;
    }

    /// Whether the daemon need not have noticed yet: it looks every second.
    fn clock_just_stepped(&self) -> bool {
        self.clock_stepped_ms.is_some_and(|stepped_ms| self.now_ms <= stepped_ms + 1_000)
    }

    /// No write leaves once the journal has failed.
    pub(crate) fn journal_failed(&mut self) {
        self.due.forget_writes();
    }

    /// What has gone on the air since: it must be wanted there, and end with its alert.
    pub(crate) fn aired(&mut self, land: &Land, network: usize, radio: &Network, wall_ms: i64) {
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
            // What arrives after it was taken back was not put on the air knowingly, and what a stepped clock has ended
            // may last.
            let controller = land.inventory.controller_of(area::CellIndex(change.cell));
            if self.clock_stepped_ms.is_none()
                && !self.requests.was_stopped(controller, change.key)
                && let Some(load) = self.overload(land, radio, change.cell)
            {
                return self.fail(8, format!("{what}: with it {load} of {WHOLE} of the air is taken"));
            }
            let (cadence, facts) = (on_air.message.cadence, self.book.alerts.get(&named.alert));
            let period_ms = u64::from(PERIOD_S) * 1_000;
            let is_asked_for = cadence.period_ms().abs_diff(period_ms) <= 1_883
                || self.book.was_slowed(named.broadcast, cadence.period_ms());
            if !is_asked_for {
                return self.fail(2, format!("{what}: a broadcast every {} ms", cadence.period_ms()));
            }
            if on_air.message.text() != named.text {
                return self.fail(2, format!("{what}: another text"));
            }
            let Some(facts) = facts.filter(|_| self.clock_stepped_ms.is_none()) else { continue };
            let expires_ms = change.at_ms.saturating_add_signed(facts.last_ms - wall_ms);
            let Some(ends_ms) = cadence.ends_ms(change.at_ms) else {
                return self.fail(5, format!("{what}: broadcast without an end"));
            };
            if ends_ms > expires_ms + OVERRUN_MS + cadence.period_ms() {
                return self.fail(
                    5,
                    format!("{what}: broadcast for {} s after expiry", (ends_ms - expires_ms) / 1_000),
                );
            }
        }
    }
}

impl Checker {
    /// What all messages in a cell take of its air together, where that is more than there is. Where what is new is
    /// written before what it replaces is stopped, both are on for a moment; the heavier counts.
    fn overload(&self, land: &Land, network: &Network, cell: u32) -> Option<Load> {
        let airtime = land.traits(land.inventory.controller_of(area::CellIndex(cell)))?.airtime;
        let operator = network.radio().operator();
        let mut loads: BTreeMap<BroadcastId, Load> = BTreeMap::new();
        for on_air in network.radio().on_air(cell) {
            let Some(named) = self.book.names.get(&(operator, on_air.message.key)) else { continue };
            // A BSC counts in units of its own, so that a period may be a little shorter than what was meant.
            let period_ms = u32::try_from(on_air.message.cadence.period_ms() + 942).unwrap_or(u32::MAX);
            let pages = u32::try_from(on_air.message.pages()).unwrap_or(u32::MAX);
            let load = loads.entry(named.broadcast).or_default();
            *load = airtime.load(Cadence { pages, period_ms }).max(*load);
        }
        let load: Load = loads.values().sum();
        (airtime.page_ms.is_some() && load > airtime.whole()).then_some(load)
    }
}
