//! Any order of commands, words, losses and deaths: the rules hold, and when faults stop everything settles.

use std::collections::BTreeSet;

use area::CellIndex;
use cbs::MessageId;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::Alert;
use crate::Broadcast;
use crate::State;
use crate::order::{Body, BroadcastId};
use crate::report::Cause;
use crate::view::Counts;
use crate::{Cadence, Phase, WHOLE};

/// One thing that happens.
#[derive(Clone, Debug)]
enum Event {
    Raise(Channel),
    Update { text: bool, wide: bool },
    Approve,
    Cancel(usize),
    StopAll,
    Pass(u64),
    Answer(usize, Answer),
    Down(usize),
    Up(usize),
    Restart(usize),
    Die,
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    Good,
    Lost,
    LateAfterDone,
    Refused,
    Half,
}

fn event() -> impl Strategy<Value = Event> {
    let answer = prop_oneof![
        4 => Just(Answer::Good),
        1 => Just(Answer::Lost),
        1 => Just(Answer::LateAfterDone),
        1 => Just(Answer::Refused),
        1 => Just(Answer::Half),
    ];
    prop_oneof![
        2 => select(vec![Channel::Live, Channel::Exercise, Channel::Test]).prop_map(Event::Raise),
        2 => (any::<bool>(), any::<bool>()).prop_map(|(text, wide)| Event::Update { text, wide }),
        3 => Just(Event::Approve),
        1 => (0usize..4).prop_map(Event::Cancel),
        1 => Just(Event::StopAll),
        3 => (1u64..40_000).prop_map(Event::Pass),
        12 => (0usize..8, answer).prop_map(|(at, answer)| Event::Answer(at, answer)),
        1 => (0usize..2).prop_map(Event::Down),
        1 => (0usize..2).prop_map(Event::Up),
        1 => (0usize..2).prop_map(Event::Restart),
        1 => Just(Event::Die),
    ]
}

/// A network that remembers what each cell has on the air, and how often its phones rang for what.
struct Storm {
    world: World,
    up: [bool; 2],
    open: Vec<Order>,
    /// What each cell has on the air, with its pages and period.
    air: BTreeMap<OnAir, Cadence>,
    /// What of it the network has refused to stop.
    kept: BTreeSet<OnAir>,
    rang: BTreeMap<OnAir, u32>,
    ended: BTreeSet<AlertId>,
}

/// A message in a cell, by its identifier and serial number.
type OnAir = (u32, MessageId, u16);

impl Storm {
    fn new(airtime: Airtime) -> Self {
        Self {
            world: World::with_air(airtime),
            up: [true, true],
            open: Vec::new(),
            air: BTreeMap::new(),
            kept: BTreeSet::new(),
            rang: BTreeMap::new(),
            ended: BTreeSet::new(),
        }
    }

    fn take_orders(&mut self) {
        while let Some(demand) = self.world.engine.poll_demand() {
            let order = match demand {
                Demand::Order(order) => order,
                Demand::Withdraw(broadcast) => {
                    self.withdraw(broadcast);
                    continue;
                }
            };
            if matches!(order.action, Action::Kill { all: true, .. }) {
                // It leaves before all that is wanted after it.
                let answer =
                    [Answer::Good, Answer::Half, Answer::Lost, Answer::Refused][order.id.0 as usize % 4];
                self.answer(order, answer);
                continue;
            }
            if order.action.verb() != Verb::Kill {
                let alert = self.world.engine.broadcast(order.broadcast).unwrap().alert;
                assert!(!self.ended.contains(&alert), "a write of {alert} after its cancel");
                let two = self.world.engine.alert(alert).unwrap().shown().unwrap();
                assert!(two.approved.as_ref().is_some_and(|(by, _)| *by != two.author));
            }
            self.open.push(order);
        }
    }

    /// What waits for its turn is withdrawn before anything else leaves; a kill never is.
    fn withdraw(&mut self, broadcast: BroadcastId) {
        let world = &mut self.world;
        self.open.retain(|order| {
            let withdrawn = order.broadcast == broadcast && order.action.verb() != Verb::Kill;
            if withdrawn {
                world.say(order, Outcome::Withdrawn);
                world.settle(order);
            }
            !withdrawn
        });
    }

    /// What the cells do with an order that arrives, and what they answer.
    fn arrive(&mut self, order: &Order) -> Vec<(Outcome, CellRuns)> {
        let serial = order.action.serial().bits();
        let (id, cadence) = match &order.action {
            Action::Write { message, .. } | Action::Query { message, .. } => {
                let Body::Text { pages, .. } = &message.body else { unreachable!("a storm has texts only") };
                let pages = pages.as_slice().len() as u32;
                (message.message_id, Cadence { pages, period_ms: message.period.ms() })
            }
            Action::Kill { message_id, .. } => (*message_id, Cadence::default()),
        };
        let in_place = order.controller == self.world.bsc();
        let (used, unknown) =
            (Outcome::Refused(Cause::ReferenceUsed), Outcome::Refused(Cause::ReferenceUnknown));
        let mut answers: Vec<(Outcome, CellRuns)> = Vec::new();
        for cell in order.cells.indices() {
            let on_air = (cell.0, id, serial);
            let held = self.air.contains_key(&on_air);
            let replaces = replaced(order).map(SerialNumber::bits);
            let outcome = match &order.action {
                Action::Write { .. } if held && in_place => used,
                Action::Write { .. } if replaces.is_some_and(|old| !self.stop((cell.0, id, old))) => unknown,
                Action::Write { .. } => {
                    // What is on already keeps its period.
                    self.air.entry(on_air).or_insert(cadence);
                    // A phone rings for a serial number it has not seen for a day, so once.
                    self.rang.entry(on_air).or_insert(1);
                    Outcome::Confirmed
                }
                Action::Kill { all: true, .. } => {
                    self.air.retain(|(other, ..), _| *other != cell.0);
                    self.kept.retain(|(other, ..)| *other != cell.0);
                    Outcome::Confirmed
                }
                Action::Kill { .. } if self.stop(on_air) => Outcome::Confirmed,
                Action::Query { .. } if held => Outcome::Confirmed,
                Action::Kill { .. } | Action::Query { .. } => unknown,
            };
            match answers.iter_mut().find(|(known, _)| *known == outcome) {
                Some((_, cells)) => cells.push(cell.0..cell.0 + 1),
                None => answers.push((outcome, CellRuns::from_sorted([cell]))),
            }
        }
        answers
    }

    fn stop(&mut self, on_air: OnAir) -> bool {
        self.kept.remove(&on_air);
        self.air.remove(&on_air).is_some()
    }

    fn answer(&mut self, order: Order, answer: Answer) {
        self.world.say(&order, Outcome::Sent);
        match answer {
            Answer::Good | Answer::LateAfterDone => {
                let answers = self.arrive(&order);
                if matches!(answer, Answer::LateAfterDone) {
                    self.world.say(&order, Outcome::Unanswered);
                    self.world.settle(&order);
                }
                for (outcome, cells) in answers {
                    self.world.say_in(&order, outcome, cells);
                }
            }
            Answer::Half => {
                // It arrived, and the answer was lost.
                self.arrive(&order);
                self.world.say(&order, Outcome::Unanswered);
            }
            Answer::Lost => self.world.say(&order, Outcome::Unanswered),
            Answer::Refused => {
                if let Action::Kill { message_id, serial, all } = &order.action {
                    let is_meant = |(cell, id, on): &&OnAir| {
                        order.cells.contains(area::CellIndex(*cell))
                            && (*all || (*id, *on) == (*message_id, serial.bits()))
                    };
                    self.kept.extend(self.air.keys().filter(is_meant));
                }
                self.world.say(&order, Outcome::Refused(Cause::CapacityExceeded));
            }
        }
        self.world.settle(&order);
    }

    fn happen(&mut self, event: &Event) {
        let peers = self.world.peers();
        let newest = self.world.engine.alerts().last().map(|alert| alert.id);
        match event {
            Event::Raise(channel) => {
                if self.world.engine.alerts().count() < 4 {
                    let draft = draft_on(*channel, "Нестало дете", 5_000);
                    let alert = self.world.command("ana", draft).unwrap();
                    self.world.command("ana", Command::Submit { alert }).unwrap();
                }
            }
            Event::Update { text, wide } => {
                let Some(alert) = newest else { return };
                let number = self.world.journal.len();
                // One page, or two.
                let words = "Верзија ".repeat(if *text { 6 } else { 1 });
                let text = LanguageText { language: "sr-Cyrl".into(), text: format!("{words}{number}") };
                let target = Some(around(if *wide { 100_000 } else { 5_000 }));
                let change = Change { texts: Some(vec![text]), target, ..Change::default() };
                let _ = self.world.command("ana", Command::Update { alert, change });
            }
            Event::Approve => {
                let Some(alert) = newest else { return };
                let _ = self.world.command("bora", Command::Approve { alert, version: None });
            }
            Event::Cancel(at) => {
                let alerts: Vec<AlertId> = self.world.engine.alerts().map(|alert| alert.id).collect();
                let Some(alert) = alerts.get(at % alerts.len().max(1)).copied() else { return };
                if self.world.command("bora", Command::Cancel { alert, reason: "found".into() }).is_ok() {
                    self.ended.insert(alert);
                }
            }
            Event::StopAll => {
                let on: Vec<AlertId> = {
                    let on = self.world.engine.alerts().filter(|alert| alert.state.is_on());
                    on.map(|alert| alert.id).collect()
                };
                if self.world.command("bora", Command::StopAll { reason: "a mistake".into() }).is_ok() {
                    self.ended.extend(on);
                }
            }
            Event::Pass(ms) => self.world.pass(*ms),
            Event::Answer(at, answer) => {
                if !self.open.is_empty() {
                    let order = self.open.remove(at % self.open.len());
                    self.answer(order, *answer);
                }
            }
            Event::Down(at) => {
                if std::mem::replace(&mut self.up[*at], false) {
                    let (gone, open) = self.open.drain(..).partition(|order| order.controller == peers[*at]);
                    self.open = open;
                    for order in gone {
                        self.answer(order, Answer::Lost);
                    }
                    self.world.report(Report::Down(peers[*at]));
                }
            }
            Event::Up(at) => {
                if !std::mem::replace(&mut self.up[*at], true) {
                    self.world.report(Report::Up(peers[*at]));
                }
            }
            Event::Restart(at) => {
                let cells = self.world.engine.setup().inventory.cells_of(peers[*at]);
                self.air.retain(|(cell, ..), _| !cells.contains(cell));
                self.kept.retain(|(cell, ..)| !cells.contains(cell));
                self.world.report(Report::Restarted(peers[*at], CellRuns::from_range(cells)));
            }
            Event::Die => {
                self.open.clear();
                self.up = [true, true];
                let before = self.held();
                self.world.reborn();
                let after = self.held();
                assert!(before.is_subset(&after), "a start forgets {:?}", before.difference(&after));
            }
        }
        self.take_orders();
        self.add_up();
        self.check_limits();
    }

    /// What is counted by area adds up to what is counted in all, and each cell is counted once.
    fn add_up(&self) {
        let engine = &self.world.engine;
        let inventory = &engine.setup().inventory;
        let open = engine.alerts().filter(|alert| !alert.state.is_over());
        assert!(engine.open_alerts().eq(open));
        for alert in engine.alerts() {
            let (view, areas) = (engine.view(alert.id).unwrap(), engine.areas(alert.id).unwrap());
            let (mut cells, mut off) = (Counts::default(), Counts::default());
            for area in &areas {
                cells.join(area.cells);
                off.join(area.off);
            }
            assert_eq!((cells, off), (view.cells, view.off));
            let broadcasts = alert.broadcasts.iter().map(|id| engine.broadcast(*id).unwrap());
            let statuses = broadcasts.flat_map(|broadcast| &broadcast.legs).flat_map(|leg| leg.statuses());
            let mut by_area: BTreeMap<(ControllerId, u32), BTreeSet<u32>> = BTreeMap::new();
            for (cell, _) in statuses {
                let lac_or_tac = inventory.lacs_or_tacs()[cell as usize];
                let controller = inventory.controller_of(CellIndex(cell));
                by_area.entry((controller, lac_or_tac)).or_default().insert(cell);
            }
            let found = areas.iter().map(|area| (area.lac_or_tac, area.cells.targeted + area.off.targeted));
            let expected = by_area.iter().map(|((_, code), cells)| (*code, cells.len() as u32));
            assert!(found.eq(expected), "{areas:?}");
        }
    }

    /// What holds at every moment, whatever has happened.
    fn check_limits(&self) {
        let bsc = self.world.engine.setup().inventory.cells_of(self.world.bsc());
        let airtime = self.world.airtime;
        let mut loads = BTreeMap::<u32, BTreeMap<(MessageId, u16), Vec<u64>>>::new();
        for (on_air, cadence) in self.air.iter().filter(|(on_air, _)| !self.kept.contains(on_air)) {
            let (cell, id, serial) = *on_air;
            let code = SerialNumber::from_bits(serial).code();
            loads.entry(cell).or_default().entry((id, code)).or_default().push(airtime.load(*cadence));
        }
        for (cell, loads) in loads {
            let in_place = bsc.contains(&cell);
            assert!(!in_place || loads.values().all(|texts| texts.len() == 1), "two texts in cell {cell}");
            // While a new text stands beside the old one the two count as one.
            let taken: u64 = loads.values().map(|texts| texts.iter().max().unwrap()).sum();
            assert!(taken <= airtime.whole(), "{taken} billionths of cell {cell}");
        }
        for alert in self.world.engine.alerts().filter(|alert| alert.state.is_on()) {
            let Counts { targeted, pending, sent, accepted, confirmed, refused, unknown } =
                self.world.engine.view(alert.id).unwrap().cells;
            assert_eq!(targeted, pending + sent + accepted + confirmed + refused + unknown);
            assert_eq!(targeted, alert.shown().unwrap().cells.len());
        }
    }

    /// Every (broadcast, cell, edition) that may be on the air.
    fn held(&self) -> BTreeSet<(u32, u32, u16)> {
        let mut held = BTreeSet::new();
        for alert in self.world.engine.alerts().filter(|alert| !alert.state.is_over()) {
            for id in &alert.broadcasts {
                let broadcast = self.world.engine.broadcast(*id).unwrap();
                for (cell, status) in broadcast.legs.iter().flat_map(|leg| leg.statuses()) {
                    held.extend(status.held(broadcast.current()).map(|edition| (id.0, cell, edition.0)));
                }
            }
        }
        held
    }

    /// The calm phase: every peer up, every answer good, for so many minutes.
    fn calm(&mut self, minutes: u32) {
        let peers = self.world.peers();
        for (at, peer) in peers.into_iter().enumerate() {
            if !std::mem::replace(&mut self.up[at], true) {
                self.world.report(Report::Up(peer));
            }
        }
        for _ in 0..minutes {
            self.take_orders();
            while !self.open.is_empty() {
                let order = self.open.remove(0);
                self.answer(order, Answer::Good);
                self.take_orders();
                self.check_limits();
            }
            self.world.pass(61_000);
        }
    }

    /// The gravest alert on the air ends, and what it held is free; whether there was one.
    fn end_the_gravest(&mut self) -> bool {
        let engine = &self.world.engine;
        let rank = |alert: &&Alert| {
            let ranks = alert.broadcasts.iter().filter_map(|id| Some(engine.broadcast(*id)?.priority));
            ranks.min()
        };
        let on = engine.alerts().filter(|alert| alert.state.is_on());
        let Some(alert) = on.min_by_key(rank).map(|alert| alert.id) else { return false };
        self.world.command("bora", Command::Cancel { alert, reason: "found".into() }).unwrap();
        self.ended.insert(alert);
        true
    }

    fn check(&self) {
        let mut wanted = BTreeSet::new();
        for alert in self.world.engine.alerts() {
            let view = self.world.engine.view(alert.id).unwrap();
            if alert.state.is_on() {
                let mut waiting = BTreeSet::new();
                for id in &alert.broadcasts {
                    let broadcast = self.world.engine.broadcast(*id).unwrap();
                    let (id, serial) = broadcast.editions.last().unwrap().name(area::OperatorId(0)).unwrap();
                    for (cell, status) in broadcast.legs.iter().flat_map(|leg| leg.statuses()) {
                        if status.phase() == Phase::Deferred {
                            assert!(self.is_full(cell, broadcast), "cell {cell} has room for {}", alert.id);
                            waiting.insert(cell);
                        } else if status.phase().is_wanted() {
                            wanted.insert((cell, id, serial.bits()));
                        }
                    }
                }
                let targeted = view.cells.confirmed + waiting.len() as u32;
                assert_eq!(targeted, view.cells.targeted, "{:?}", view.networks);
                assert_eq!(waiting.is_empty(), view.gives_way.iter().all(|row| row.period_s.is_some()));
            } else if alert.state.is_ending() {
                panic!("{} has not settled: {:?}", alert.id, view.off);
            }
        }
        let on_air: BTreeSet<OnAir> = self.air.keys().copied().collect();
        assert_eq!(on_air, wanted, "on the air is what is wanted, and nothing else");
        assert!(self.rang.values().all(|rings| *rings == 1));
    }

    /// Whether a message does not fit into a cell even if it and its equals are repeated as seldom as may be.
    fn is_full(&self, cell: u32, broadcast: &Broadcast) -> bool {
        let airtime = self.world.airtime;
        let least = |broadcast: &Broadcast| {
            let Cadence { pages, period_ms } = broadcast.cadence();
            airtime.load(Cadence { pages, period_ms: period_ms.max(airtime.slowest_ms) })
        };
        let mut taken = 0;
        for other in self.world.engine.alerts().filter(|alert| alert.state.is_on()) {
            let is_there = other.shown().unwrap().cells.contains(area::CellIndex(cell));
            for id in other.broadcasts.iter().filter(|_| is_there) {
                let other = self.world.engine.broadcast(*id).unwrap();
                let graver = other.priority < broadcast.priority;
                let load = if graver { airtime.load(other.cadence()) } else { least(other) };
                taken += if other.priority <= broadcast.priority { load } else { 0 };
            }
        }
        taken > WHOLE
    }
}

/// No budget; room for three pages a period; and the same where what gives way is slowed before it waits.
fn airtimes() -> impl Strategy<Value = Airtime> {
    let scarce = |slowest_ms| Airtime { page_ms: std::num::NonZeroU32::new(20_000), slowest_ms };
    select(vec![Airtime::default(), scarce(60_000), scarce(300_000)])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn when_faults_stop_the_air_holds_what_is_wanted(
        airtime in airtimes(),
        events in prop::collection::vec(event(), 0..60),
    ) {
        let mut storm = Storm::new(airtime);
        for event in &events {
            storm.happen(event);
        }
        storm.calm(40);
        let expired = |storm: &Storm| storm.world.engine.alerts().any(|alert| alert.state == State::Expired);
        prop_assert!(!expired(&storm));
        storm.check();
        // Nobody starves: as one alert after the other ends, who waited for its air is on.
        while storm.end_the_gravest() {
            storm.calm(3);
            prop_assert!(!expired(&storm));
            storm.check();
        }
        prop_assert!(storm.air.is_empty());
    }
}
