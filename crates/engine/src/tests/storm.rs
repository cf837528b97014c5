//! Any order of commands, words, losses and deaths: the rules hold, and when faults stop everything settles.

use std::collections::BTreeSet;

use area::CellIndex;
use proptest::prelude::*;

use super::*;
use crate::State;
use crate::command::Change;
use crate::order::BroadcastId;
use crate::report::Cause;
use crate::view::Counts;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Event {
    Raise,
    Update { text: bool, wide: bool },
    Approve,
    Cancel,
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
        2 => Just(Event::Raise),
        2 => (any::<bool>(), any::<bool>()).prop_map(|(text, wide)| Event::Update { text, wide }),
        3 => Just(Event::Approve),
        1 => Just(Event::Cancel),
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
    air: BTreeSet<(u32, u16)>,
    rang: BTreeMap<(u32, u16), u32>,
    ended: BTreeSet<AlertId>,
}

impl Storm {
    fn new() -> Self {
        Self {
            world: World::new(),
            up: [true, true],
            open: Vec::new(),
            air: BTreeSet::new(),
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
        let in_place = order.controller == self.world.bsc();
        let (used, unknown) =
            (Outcome::Refused(Cause::ReferenceUsed), Outcome::Refused(Cause::ReferenceUnknown));
        let mut answers: Vec<(Outcome, CellRuns)> = Vec::new();
        for cell in order.cells.indices() {
            let held = self.air.contains(&(cell.0, serial));
            let replaces = replaced(order).map(SerialNumber::bits);
            let outcome = match &order.action {
                Action::Write { .. } if held && in_place => used,
                Action::Write { .. } if replaces.is_some_and(|old| !self.air.remove(&(cell.0, old))) => {
                    unknown
                }
                Action::Write { .. } => {
                    if self.air.insert((cell.0, serial)) {
                        // A phone rings for a serial number it has not seen for a day, so once.
                        self.rang.entry((cell.0, serial)).or_insert(1);
                    }
                    Outcome::Confirmed
                }
                Action::Kill { all: true, .. } => {
                    self.air.retain(|(other, _)| *other != cell.0);
                    Outcome::Confirmed
                }
                Action::Kill { .. } if self.air.remove(&(cell.0, serial)) => Outcome::Confirmed,
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
            Answer::Refused => self.world.say(&order, Outcome::Refused(Cause::CapacityExceeded)),
        }
        self.world.settle(&order);
    }

    fn happen(&mut self, event: &Event) {
        let peers = self.world.peers();
        let newest = self.world.engine.alerts().last().map(|alert| alert.id);
        match event {
            Event::Raise => {
                if self.world.engine.alerts().count() < 4 {
                    let alert = self.world.command("ana", draft("Нестало дете", 5_000)).unwrap();
                    self.world.command("ana", Command::Submit { alert }).unwrap();
                }
            }
            Event::Update { text, wide } => {
                let Some(alert) = newest else { return };
                let number = self.world.journal.len();
                let text = LanguageText {
                    language: "sr-Cyrl".into(),
                    text: format!("Верзија {text} {number}"),
                };
                let target = Some(around(if *wide { 100_000 } else { 5_000 }));
                let change = Change { texts: Some(vec![text]), target, ..Change::default() };
                let _ = self.world.command("ana", Command::Update { alert, change });
            }
            Event::Approve => {
                let Some(alert) = newest else { return };
                let _ = self.world.command("bora", Command::Approve { alert, version: None });
            }
            Event::Cancel => {
                let Some(alert) = newest else { return };
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
                self.air.retain(|(cell, _)| !cells.contains(cell));
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
    }

    /// What is counted by area adds up to what is counted in all, and each cell is counted once.
    fn add_up(&self) {
        let engine = &self.world.engine;
        let inventory = &engine.setup().inventory;
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

    /// The calm phase: every peer up, every answer good.
    fn calm(&mut self) {
        let peers = self.world.peers();
        for (at, peer) in peers.into_iter().enumerate() {
            if !std::mem::replace(&mut self.up[at], true) {
                self.world.report(Report::Up(peer));
            }
        }
        for _ in 0..40 {
            self.take_orders();
            while !self.open.is_empty() {
                let order = self.open.remove(0);
                self.answer(order, Answer::Good);
                self.take_orders();
            }
            self.world.pass(61_000);
        }
    }

    fn check(&self) {
        let mut wanted = BTreeSet::new();
        for alert in self.world.engine.alerts() {
            let view = self.world.engine.view(alert.id).unwrap();
            if alert.state.is_on() {
                assert_eq!(view.cells.confirmed, view.cells.targeted, "{:?}", view.networks);
                for id in &alert.broadcasts {
                    let broadcast = self.world.engine.broadcast(*id).unwrap();
                    let (_, serial) = broadcast.editions.last().unwrap().name(area::OperatorId(0)).unwrap();
                    let cells = alert.shown().unwrap().cells.indices();
                    wanted.extend(cells.map(|cell| (cell.0, serial.bits())));
                }
            } else if alert.state.is_ending() {
                panic!("{} has not settled: {:?}", alert.id, view.off);
            }
        }
        assert_eq!(self.air, wanted, "on the air is what is wanted, and nothing else");
        assert!(self.rang.values().all(|rings| *rings == 1));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn when_faults_stop_the_air_holds_what_is_wanted(events in prop::collection::vec(event(), 0..60)) {
        let mut storm = Storm::new();
        for event in &events {
            storm.happen(event);
        }
        storm.calm();
        let expired = |storm: &Storm| storm.world.engine.alerts().any(|alert| alert.state == State::Expired);
        prop_assert!(!expired(&storm));
        storm.check();
    }
}
