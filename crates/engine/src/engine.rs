//! The engine: state, and the doors by which inputs come in and records and demands go out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use area::{Atlas, CellRuns, ControllerId, Coverage, Inventory, OperatorId};
use policy::Profile;

use crate::airtime::Ration;
use crate::alert::{Alert, AlertId};
use crate::broadcast::Broadcast;
use crate::command::Command;
use crate::network::{self, Network};
use crate::now::{Now, Seq};
use crate::order::{BroadcastId, Demand, OrderId};
use crate::patience::Patience;
use crate::record::{Entry, Record, Said};
use crate::serials::{CodeRange, Serials};
use crate::silence::Silenced;
use crate::traits::Traits;

/// What the engine is told once: the country, the rules, and what can be reached.
pub struct Setup {
    /// Every cell.
    pub inventory: Arc<Inventory>,
    /// Every named area.
    pub atlas: Arc<Atlas>,
    /// The index from shapes to cells.
    pub coverage: Coverage,
    /// The classes of alerts.
    pub profiles: Vec<Profile>,
    /// What each controller's peers do; `None` for a controller without a peer, whose cells are unserved.
    pub traits: Vec<Option<Traits>>,
    /// The message codes that are ours, by operator.
    pub codes: BTreeMap<OperatorId, CodeRange>,
    /// How long to wait before asking again.
    pub patience: Patience,
    /// The most alerts that may be open at once.
    pub alerts_max: usize,
}

/// The engine. See the crate's documentation for its doors.
pub struct Engine {
    pub(crate) setup: Setup,
    pub(crate) alerts: BTreeMap<AlertId, Alert>,
    /// Those that are not over: of years of them a few, and all that the network and the clock are about.
    pub(crate) open: BTreeSet<AlertId>,
    pub(crate) broadcasts: Vec<Broadcast>,
    pub(crate) serials: Serials,
    pub(crate) keys: Keys,
    pub(crate) up: BTreeSet<ControllerId>,
    pub(crate) orders: BTreeMap<OrderId, (BroadcastId, ControllerId)>,
    /// What a controller was last told to stop all at once.
    pub(crate) silenced: BTreeMap<ControllerId, Silenced>,
    pub(crate) demands: VecDeque<(Seq, Demand)>,
    pub(crate) wake_ms: Option<u64>,
    pub(crate) network: Network,
    pub(crate) met: BTreeSet<String>,
    /// Who gives way, at the controllers where somebody does.
    pub(crate) rations: BTreeMap<ControllerId, Ration>,
    /// The controllers at which a write waits until something else is off the air.
    pub(crate) crowded: BTreeSet<ControllerId>,
    last: Seq,
    /// The last record of the turn before.
    turned: Seq,
    durable: Seq,
    next_order: u64,
    /// What the wall clock was ahead of the monotonic one when they were last compared.
    ahead_ms: Option<i64>,
}

impl Engine {
    /// An engine that knows the country and no alert yet.
    pub fn new(setup: Setup) -> Self {
        let serials = Serials::new(setup.codes.clone());
        Self {
            setup,
            alerts: BTreeMap::new(),
            open: BTreeSet::new(),
            broadcasts: Vec::new(),
            serials,
            keys: Keys::default(),
            up: BTreeSet::new(),
            orders: BTreeMap::new(),
            silenced: BTreeMap::new(),
            demands: VecDeque::new(),
            wake_ms: None,
            network: Network::default(),
            rations: BTreeMap::new(),
            crowded: BTreeSet::new(),
            met: BTreeSet::new(),
            last: Seq(0),
            turned: Seq(0),
            durable: Seq(0),
            next_order: 0,
            ahead_ms: None,
        }
    }

    /// Applies a record of the journal: the state becomes what it was after it was written.
    pub fn replay(&mut self, entry: &Entry) {
        self.stand_at(entry.seq);
        self.apply(entry);
    }

    /// Every record up to this one is in the state, and durable.
    pub(crate) fn stand_at(&mut self, seq: Seq) {
        self.last = seq;
        self.turned = seq;
        self.durable = seq;
    }

    /// The digest of the inventory that the records so far speak of, in hexadecimal; empty before the first start.
    pub fn inventory_of_records(&self) -> &str {
        &self.network.inventory
    }

    /// The daemon starts: what was under way before may or may not have reached the network. `moved` says where each
    /// cell of the records' inventory stands in the present one; it counts only where that is another.
    pub fn start(&mut self, now: Now, moved: &[Option<u32>], out: &mut Vec<Entry>) {
        let network = Network::new(&self.setup.inventory, &self.setup.traits);
        if network != self.network {
            let same = network.inventory == self.network.inventory;
            let moves = if same { vec![(0, 0, self.setup.inventory.len())] } else { network::moves(moved) };
            self.record(now, Record::Network { network, moves }, out);
        }
        self.record(now, Record::Started, out);
        self.watch_clock(now, out);
        self.wake_ms = Some(now.monotonic_ms);
        self.ration(now, out);
    }

    /// The journal has been restored from a copy, and these are the message codes that may have been used since.
    pub fn restored(&mut self, now: Now, codes: &BTreeMap<OperatorId, CodeRange>, out: &mut Vec<Entry>) {
        let operators = (0..).map(OperatorId).zip(&self.network.operators);
        let by_name = |name: &String| codes.get(&self.setup.inventory.operator_by_name(name)?);
        let codes = operators.filter_map(|(operator, name)| {
            let codes = &by_name(name)?.codes;
            Some((operator, *codes.start(), *codes.end()))
        });
        let record = Record::Restored { codes: codes.collect() };
        self.record(now, record, out);
    }

    /// The state up to a record has been written down.
    pub fn snapshot_written(&mut self, now: Now, at: Seq, digest: String, out: &mut Vec<Entry>) {
        self.record(now, Record::Snapshot { at, digest }, out);
    }

    /// Records that the wall clock has gone forward by itself. A step back only makes what rests, rest longer.
    pub(crate) fn watch_clock(&mut self, now: Now, out: &mut Vec<Entry>) {
        let ahead_ms = now.wall_ms.saturating_sub(i64::try_from(now.monotonic_ms).unwrap_or(i64::MAX));
        let known_ms = *self.ahead_ms.get_or_insert(ahead_ms);
        let ms = ahead_ms.saturating_sub(known_ms);
        if ms >= CLOCK_STEP_MS {
            self.record(now, Record::ClockStepped { ms }, out);
            self.ahead_ms = Some(ahead_ms);
        } else {
            self.ahead_ms = Some(known_ms.min(ahead_ms));
        }
    }

    /// Whether this peer has been met before; the first meeting is recorded.
    pub fn meet(&mut self, now: Now, peer: &str, out: &mut Vec<Entry>) -> bool {
        let met = self.met.contains(peer);
        if !met {
            self.record(now, Record::PeerMet { peer: peer.to_owned() }, out);
        }
        met
    }

    /// The journal has synced every record up to this one: what rests on them may leave.
    pub fn durable(&mut self, seq: Seq) {
        self.durable = self.durable.max(seq);
    }

    /// The last record written.
    pub const fn last(&self) -> Seq {
        self.last
    }

    /// The next demand on the network whose decision is durable. A kill, and the withdrawal before it, waits for
    /// nothing: a cancel must get out even when the disk is dead.
    pub fn poll_demand(&mut self) -> Option<Demand> {
        let may_leave = |(seq, demand): &(Seq, Demand)| *seq <= self.durable || outranks_the_disk(demand);
        let at = self.demands.iter().position(may_leave)?;
        self.demands.remove(at).map(|(_, demand)| demand)
    }

    /// When [`Engine::tick`] should be called next, in monotonic milliseconds.
    pub const fn next_wakeup(&self) -> Option<u64> {
        self.wake_ms
    }

    /// Every alert, oldest first.
    pub fn alerts(&self) -> impl DoubleEndedIterator<Item = &Alert> {
        self.alerts.values()
    }

    /// The alerts that are not over, oldest first.
    pub fn open_alerts(&self) -> impl Iterator<Item = &Alert> {
        self.open.iter().filter_map(|id| self.alerts.get(id))
    }

    /// One alert.
    pub fn alert(&self, alert: AlertId) -> Option<&Alert> {
        self.alerts.get(&alert)
    }

    /// One broadcast.
    pub fn broadcast(&self, broadcast: BroadcastId) -> Option<&Broadcast> {
        self.broadcasts.get(broadcast.0 as usize)
    }

    /// What the engine was told.
    pub const fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Writes a record and applies it.
    pub(crate) fn record(&mut self, now: Now, record: Record, out: &mut Vec<Entry>) -> Seq {
        self.last = self.last.next();
        let entry = Entry { seq: self.last, wall_ms: now.wall_ms, record };
        self.apply(&entry);
        out.push(entry);
        self.last
    }

    /// Records a word about cells of one controller. The same word about others joins its record, as long as that is the
    /// last one of this turn: answers come in crowds, and a record for each would be most of the journal.
    pub(crate) fn record_said(
        &mut self,
        now: Now,
        controller: ControllerId,
        word: Said,
        cells: CellRuns,
        out: &mut Vec<Entry>,
    ) {
        let last = out.last_mut().filter(|last| last.seq > self.turned && last.wall_ms == now.wall_ms);
        let known = last.and_then(|last| match &mut last.record {
            Record::Reported { said, cells: known } if *said == word => Some(known),
            _ => None,
        });
        // A second word about a cell is news. A set of many runs would have to be copied too often.
        match known.filter(|known| known.iter().len() < RUNS_JOINED && known.intersect(&cells).is_empty()) {
            Some(known) => {
                self.apply_report(now.wall_ms, controller, word, &cells);
                *known = known.union(&cells);
            }
            None => {
                self.record(now, Record::Reported { said: word, cells }, out);
            }
        }
    }

    /// What has been recorded so far may have been handed on: nothing joins it any more.
    pub(crate) fn turn(&mut self) {
        self.turned = self.last;
    }

    pub(crate) fn met(&mut self, peer: &str) {
        self.met.insert(peer.to_owned());
    }

    pub(crate) fn new_order(&mut self) -> OrderId {
        self.next_order += 1;
        OrderId(self.next_order)
    }

    /// Wakes at `at_ms` or earlier.
    pub(crate) fn wake_at(&mut self, at_ms: u64) {
        self.wake_ms = Some(self.wake_ms.map_or(at_ms, |wake_ms| wake_ms.min(at_ms)));
    }
}

/// Up to how many runs of cells another word joins a record.
const RUNS_JOINED: usize = 256;

/// How far the wall clock may drift ahead before that is recorded, in milliseconds.
const CLOCK_STEP_MS: i64 = 1_000;

fn outranks_the_disk(demand: &Demand) -> bool {
    match demand {
        Demand::Order(order) => order.priority == crate::order::Priority::Kill,
        Demand::Withdraw(_) => true,
    }
}

/// What has been done under which idempotency key: the newest, so that a client that asks again is answered again.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    done: BTreeMap<String, (&'static str, AlertId)>,
    order: VecDeque<String>,
}

impl Keys {
    /// How many keys are remembered.
    const LIMIT: usize = 10_000;

    pub(crate) fn done(&self, key: &str) -> Option<(&'static str, AlertId)> {
        self.done.get(key).copied()
    }

    /// The keys, oldest first, with what was done.
    pub(crate) fn state(&self) -> Vec<(String, String, AlertId)> {
        let done = self.order.iter().filter_map(|key| Some((key.clone(), self.done.get(key)?)));
        done.map(|(key, (verb, alert))| (key, (*verb).to_owned(), *alert)).collect()
    }

    /// Remembers these, oldest first.
    pub(crate) fn restore(state: Vec<(String, String, AlertId)>) -> Self {
        let mut keys = Self::default();
        for (key, word, alert) in state {
            if let Some(verb) = Command::VERBS.into_iter().find(|verb| *verb == word) {
                keys.remember(&Some(key), verb, alert);
            }
        }
        keys
    }

    pub(crate) fn remember(&mut self, key: &Option<String>, verb: &'static str, alert: AlertId) {
        let Some(key) = key else { return };
        if self.done.insert(key.clone(), (verb, alert)).is_none() {
            self.order.push_back(key.clone());
        }
        if self.order.len() > Self::LIMIT
            && let Some(oldest) = self.order.pop_front()
        {
            self.done.remove(&oldest);
        }
    }
}
