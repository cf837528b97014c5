//! The air of a cell carries so much and no more.

use std::num::NonZeroU32;

use super::*;
use crate::report::Cause;
use crate::view::Scarcity;
use crate::{Record, Share};

/// Two pages a minute, and nothing is slowed.
const TWO: Airtime = Airtime { page_ms: NonZeroU32::new(30_000), slowest_ms: 60_000 };

impl World {
    fn raise(&mut self, channel: Channel) -> AlertId {
        let alert = self.command("ana", draft_on(channel, "Нестало дете", 5_000)).unwrap();
        self.command("ana", Command::Submit { alert }).unwrap();
        self.command("bora", Command::Approve { alert, version: None }).unwrap()
    }

    /// The orders at the BSC, as the broadcast with `on` or `off`.
    fn at_the_bsc(&self, orders: &[Order]) -> Vec<(u32, &'static str)> {
        let here = orders.iter().filter(|order| order.controller == self.bsc());
        here.map(|order| (order.broadcast.0, if order.action.verb() == Verb::Kill { "off" } else { "on" }))
            .collect()
    }

    fn rations(&self) -> usize {
        self.journal.iter().filter(|entry| matches!(entry.record, Record::Rationed { .. })).count()
    }
}

#[test]
fn who_has_no_room_waits_and_goes_by_itself_when_there_is_some() {
    let mut world = World::with_air(TWO);
    let first = world.raise(Channel::Live);
    world.raise(Channel::Live);
    world.obey_all();
    let third = world.raise(Channel::Live);
    assert_eq!(world.orders().len(), 0);
    let view = world.engine.view(third).unwrap();
    assert_eq!((view.cells.pending, view.cells.targeted), (8, 8));
    let [bsc, pool] = view.gives_way.as_slice() else { panic!("{:?}", view.gives_way) };
    assert_eq!((bsc.cells, pool.cells, bsc.period_s, bsc.why), (4, 4, None, Scarcity::Budget));
    assert_eq!(bsc.until_ms, world.engine.view(first).unwrap().expires_ms.unwrap());
    world.cancel(first);
    let kills = world.orders();
    assert_eq!(world.at_the_bsc(&kills), [(0, "off")]);
    let at_bsc = kills.iter().find(|order| order.controller == world.bsc()).unwrap().clone();
    world.say(&at_bsc, Outcome::Unanswered);
    world.settle(&at_bsc);
    assert_eq!(world.orders().len(), 0, "what was not stopped for sure may be on still");
    world.pass(2_000);
    let again = world.orders();
    assert_eq!(world.at_the_bsc(&again), [(0, "off")]);
    world.obey(&again[0]);
    let write = world.orders();
    assert_eq!(world.at_the_bsc(&write), [(2, "on")]);
}

#[test]
fn a_graver_alert_stops_a_lesser_one_before_it_is_written() {
    let mut world = World::with_air(TWO);
    let test = world.raise(Channel::Test);
    world.raise(Channel::Exercise);
    world.obey_all();
    world.raise(Channel::Live);
    let kills = world.orders();
    assert_eq!(world.at_the_bsc(&kills), [(0, "off")]);
    kills.iter().for_each(|kill| world.obey(kill));
    let writes = world.obey_all();
    assert_eq!(world.at_the_bsc(&writes), [(2, "on")]);
    assert_eq!(world.engine.view(test).unwrap().cells.pending, 8);
}

#[test]
fn a_network_that_refuses_to_stop_a_lesser_alert_holds_no_graver_one_back() {
    let mut world = World::with_air(TWO);
    world.raise(Channel::Test);
    world.raise(Channel::Exercise);
    world.obey_all();
    world.raise(Channel::Live);
    for kill in world.orders() {
        world.say(&kill, Outcome::Refused(Cause::Unspecified));
        world.settle(&kill);
    }
    let writes = world.orders();
    assert_eq!(world.at_the_bsc(&writes), [(2, "on")]);
}

#[test]
fn without_a_budget_nothing_is_decided() {
    let mut world = World::new();
    for _ in 0..6 {
        world.raise(Channel::Live);
    }
    assert_eq!(world.obey_all().len(), 12);
    assert_eq!(world.rations(), 0);
}

#[test]
fn where_everything_fits_nothing_is_recorded_and_what_is_decided_is_decided_once() {
    let mut world = World::with_air(TWO);
    world.raise(Channel::Live);
    world.raise(Channel::Live);
    world.obey_all();
    assert_eq!(world.rations(), 0);
    world.raise(Channel::Live);
    world.obey_all();
    assert_eq!(world.rations(), 2, "one a controller");
    (0..20).for_each(|_| world.pass(1_000));
    world.reborn();
    assert_eq!(world.rations(), 2);
}

#[test]
fn who_gives_way_is_known_in_the_next_inventory() {
    let mut world = World::with_air(TWO);
    for _ in 0..3 {
        world.raise(Channel::Live);
    }
    world.obey_all();
    // The same cells, but for the first of the BSC.
    let gone: String =
        CELLS.lines().filter(|line| !line.contains("gsm,1100,1,")).flat_map(|line| [line, "\n"]).collect();
    let bsc = world.engine.setup().inventory.cells_of(world.bsc());
    let moved: Vec<Option<u32>> = (0..12)
        .map(|old| if old == bsc.start { None } else { Some(old - u32::from(old > bsc.start)) })
        .collect();
    world.reborn_in(&gone, &moved);
    let controller = world.bsc();
    let ration = &world.engine.rations[&controller];
    let waits = ration.cells(crate::order::BroadcastId(2), Share::Nothing);
    assert_eq!(waits, CellRuns::from_range(world.engine.setup().inventory.cells_of(controller)));
    assert_eq!(waits.len(), 3);
}

#[test]
fn a_write_takes_no_place_of_what_is_being_killed() {
    let mut world = World::with_air(TWO);
    let test = world.raise(Channel::Test);
    world.raise(Channel::Exercise);
    world.obey_all();
    let live = world.raise(Channel::Live);
    let kills = world.orders();
    assert_eq!(world.at_the_bsc(&kills), [(0, "off")]);
    let texts = vec![LanguageText { language: "sr-Cyrl".into(), text: "Ново".into() }];
    let change = Change { texts: Some(texts), ..Change::default() };
    world.command("ana", Command::Update { alert: test, change }).unwrap();
    world.command("bora", Command::Approve { alert: test, version: None }).unwrap();
    world.cancel(live);
    let early = world.orders();
    assert_eq!(world.at_the_bsc(&early), [], "the answer to the kill would be taken for that to the write");
    kills.iter().for_each(|kill| world.obey(kill));
    let writes = world.orders();
    assert_eq!(world.at_the_bsc(&writes), [(0, "on")]);
    let write = writes.iter().find(|order| order.controller == world.bsc()).unwrap();
    assert_eq!(replaced(write), None);
}
