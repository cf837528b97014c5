//! Several peers, several orders: who gets what, and when.

use area::{CellRuns, ControllerId};
use cbs::Level;
use dispatch::{PeerId, Profile, Reach, Route};
use engine::order::{BroadcastId, Priority};
use engine::report::{Outcome, Report};
use serde_json::{Value, json};

use crate::station::{prompt, silent, with};
use crate::{GSM, LTE, World, free, write};

fn pool(reach: Reach) -> World {
    World::new(LTE, reach, vec![free(Profile::sbcap("a")), free(Profile::sbcap("b"))]).up()
}

const ALL: [u32; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

#[test]
fn without_a_peer_a_kill_waits_and_a_write_is_given_back() {
    let mut world = World::new(LTE, Reach::OneThenFailover, vec![free(Profile::sbcap("mme"))]);
    let write = world.write(1, 0..8);
    world.kill(2, 0..8);
    world.run(1000);
    assert_eq!(world.words(), [(Outcome::Withdrawn, ALL.into())]);
    assert_eq!((world.settled(), world.sent.len()), (vec![write.0], 0));
    world.reports.clear();
    world.link_up(0);
    world.run(1000);
    let kinds: Vec<_> = world.sent.iter().map(|request| request.kind()).collect();
    assert_eq!(kinds, ["stop_warning_request"]);
    assert!(matches!(world.reports[0], Report::Up(_)));
}

#[test]
fn the_next_peer_gets_what_the_first_leaves_unanswered() {
    let mut world = pool(Reach::OneThenFailover);
    world.manner(0, silent());
    world.write(1, 0..8);
    world.run(11_000);
    world.write(1, 0..8);
    world.run(1000);
    let peers: Vec<_> = world.sent.iter().map(|request| request.peer).collect();
    assert_eq!(peers, [PeerId(0), PeerId(1)]);
    assert_eq!(world.sent[0].octets, world.sent[1].octets);
    assert_eq!(world.words().last(), Some(&(Outcome::Accepted, ALL.into())));
}

#[test]
fn a_lost_peer_leaves_its_queue_to_the_next_and_the_last_one_brings_the_controller_down() {
    let small = |name| Profile { window: 1, cells_per_pdu: 3, ..free(Profile::sbcap(name)) };
    let mut world = World::new(LTE, Reach::OneThenFailover, vec![small("a"), small("b")]).up();
    world.manner(0, silent());
    let order = world.write(1, 0..8);
    world.run(100);
    world.link_down(0);
    world.run(100);
    assert_eq!(world.words()[1], (Outcome::Unanswered, vec![0, 1, 2]));
    assert_eq!(world.settled(), [order.0]);
    let cells: Vec<_> = world.sent.iter().flat_map(|request| request.cells.clone()).collect();
    assert_eq!(cells.len(), 8, "each cell once");
    assert!(!world.reports.iter().any(|report| matches!(report, Report::Down(_))));
    world.link_down(1);
    world.run(100);
    assert!(matches!(world.reports.last(), Some(Report::Down(ControllerId(0)))));
}

#[test]
fn down_comes_after_the_unanswered_and_what_was_not_sent_is_given_back() {
    let profile = Profile { window: 1, cells_per_pdu: 3, ..free(Profile::sbcap("mme")) };
    let mut world = World::new(LTE, Reach::OneThenFailover, vec![profile]).up();
    world.manner(0, silent());
    let order = world.write(1, 0..8);
    world.run(100);
    world.link_down(0);
    world.run(100);
    assert_eq!(
        world.words()[1..],
        [(Outcome::Unanswered, vec![0, 1, 2]), (Outcome::Withdrawn, vec![3, 4, 5, 6, 7])]
    );
    assert!(matches!(world.reports.last(), Some(Report::Down(_))));
    assert_eq!(world.settled(), [order.0]);
}

#[test]
fn where_all_peers_get_an_order_the_best_word_counts() {
    let mut world = pool(Reach::All);
    world.manner(
        0,
        with(10, |_, mut answer| {
            answer["cause"] = 9.into();
            answer
        }),
    );
    world.manner(1, prompt(50));
    let order = world.write(1, 0..8);
    world.run(1000);
    assert_eq!(world.sent.len(), 2);
    assert_eq!(world.words(), [(Outcome::Sent, ALL.into()), (Outcome::Accepted, ALL.into())]);
    assert_eq!(world.settled(), [order.0]);
}

#[test]
fn where_all_peers_fail_a_refusal_says_more_than_a_silence() {
    let mut world = pool(Reach::All);
    world.manner(0, silent());
    world.manner(
        1,
        with(10, |_, mut answer| {
            answer["cause"] = 10.into();
            answer
        }),
    );
    world.write(1, 0..8);
    world.run(11_000);
    let refused = Outcome::Refused(engine::report::Cause::NotOperational);
    let silent = (Outcome::Unanswered, ALL.into());
    assert_eq!(world.words()[1..], [silent, (refused, ALL.into())], "the silent one may have done it");
}

#[test]
fn a_kill_follows_the_write_to_a_peer_that_is_silent() {
    let mut world = pool(Reach::OneThenFailover);
    world.manner(0, silent());
    world.write(1, 0..8);
    world.run(11_000);
    let kill = world.kill(1, 0..8);
    world.run(11_000);
    let peers: Vec<_> = world.sent("stop_warning_request").iter().map(|request| request.peer).collect();
    assert_eq!(peers, [PeerId(0), PeerId(1)]);
    assert_eq!(world.words().last(), Some(&(Outcome::Accepted, ALL.into())));
    assert_eq!(world.settled().last(), Some(&kill.0));
}

#[test]
fn a_kill_that_waits_at_a_peer_that_falls_silent_goes_to_the_next_as_well() {
    let mut world = pool(Reach::OneThenFailover);
    world.manner(0, silent());
    world.write(1, 0..8);
    world.run(5_000);
    world.dispatch.set_writable(PeerId(0), false);
    world.kill(1, 0..8);
    world.run(6_000);
    world.dispatch.set_writable(PeerId(0), true);
    world.run(1_000);
    let peers: Vec<_> = world.sent("stop_warning_request").iter().map(|request| request.peer).collect();
    assert_eq!(peers, [PeerId(1), PeerId(0)]);
}

#[test]
fn that_one_peer_knows_no_such_message_says_nothing_for_a_silent_one() {
    let mut world = pool(Reach::OneThenFailover);
    world.manner(0, silent());
    world.write(1, 0..8);
    world.run(11_000);
    world.manner(
        1,
        with(10, |_, mut answer| {
            answer["cause"] = 3.into();
            answer
        }),
    );
    world.kill(1, 0..8);
    world.run(11_000);
    assert_eq!(world.words().last(), Some(&(Outcome::Unanswered, ALL.into())));
}

#[test]
fn a_stalled_peer_costs_the_others_nothing() {
    let cells: &[(&str, u16, &[u32])] = &[("bsc-1", 1, &[1, 2]), ("bsc-2", 2, &[1, 2])];
    let peers = vec![free(Profile::cbsp("1")), free(Profile::cbsp("2"))];
    let mut world = World::with_routes(cells, peers, |_| {
        [0, 1]
            .map(|at| Route { controller: ControllerId(at), reach: Reach::All, peers: vec![PeerId(at)] })
            .into()
    })
    .up();
    world.dispatch.set_writable(PeerId(0), false);
    for serial in 0..100 {
        world.write(serial, 0..2);
        world.write(serial, 2..4);
    }
    world.run(1000);
    assert_eq!(world.sent("write_replace").len(), 100);
    assert!(world.sent("write_replace").iter().all(|request| request.peer == PeerId(1)));
    assert_eq!(world.dispatch.peer_status(PeerId(0)).queued_orders, 100);
    world.dispatch.set_writable(PeerId(0), true);
    world.run(1000);
    assert_eq!(world.settled().len(), 200);
}

#[test]
fn a_kill_overtakes_the_queue_and_a_full_window() {
    let profile = Profile { window: 2, cells_per_pdu: 1, ..free(Profile::cbsp("bsc")) };
    let mut world = World::new(GSM, Reach::OneThenFailover, vec![profile]).up();
    world.manner(0, silent());
    world.order(Priority::Test, BroadcastId(9), write(9, None), area::CellRuns::from_range(0..5));
    world.write(1, 0..5);
    world.run(10);
    assert_eq!(world.sent.len(), 2);
    world.kill(1, 0..5);
    world.run(10);
    let kinds: Vec<_> = world.sent.iter().map(|request| (request.kind(), request.cells.clone())).collect();
    assert_eq!(kinds[2..], [("kill", vec![0]), ("kill", vec![1])]);
    // The live write went before the test, though it came later.
    let serials: Vec<_> =
        world.sent[..2].iter().map(|request| request.pdu["new_serial"]["update"].clone()).collect();
    assert_eq!(serials, [1, 1]);
}

#[test]
fn the_graver_goes_first_then_exercises_then_tests() {
    let mut world = World::new(GSM, Reach::OneThenFailover, vec![free(Profile::cbsp("bsc"))]).up();
    world.dispatch.set_writable(PeerId(0), false);
    let ranks = [
        Priority::Test,
        Priority::Exercise,
        Priority::Live(Level::Four),
        Priority::Live(Level::Amber),
        Priority::Live(Level::One),
    ];
    for (serial, rank) in (1..).zip(ranks) {
        let action = write(serial, None);
        world.order(rank, BroadcastId(serial.into()), action, area::CellRuns::from_range(0..5));
    }
    world.dispatch.set_writable(PeerId(0), true);
    world.run(1000);
    let updates =
        world.sent("write_replace").into_iter().map(|request| request.pdu["new_serial"]["update"].clone());
    assert_eq!(updates.collect::<Vec<_>>(), [5, 4, 3, 2, 1]);
}

#[test]
fn orders_beyond_the_limit_are_turned_away_and_kills_are_not() {
    let mut world = World::new(GSM, Reach::OneThenFailover, vec![free(Profile::cbsp("bsc"))]).up();
    world.dispatch.set_writable(PeerId(0), false);
    for serial in 0..10_001 {
        world.write(serial, 0..5);
    }
    world.run(0);
    assert_eq!(world.words(), [(Outcome::Withdrawn, vec![0, 1, 2, 3, 4])]);
    assert_eq!(world.settled(), [10_001]);
    assert_eq!(world.notice_kinds(), ["queue_full"]);
    for serial in 1..=10_000 {
        world.kill(serial, 0..5);
    }
    world.run(0);
    assert_eq!(world.settled(), [10_001], "a queue that is full of writes takes kills");
    let kill = world.kill(10_001, 0..5);
    world.run(0);
    assert_eq!(world.settled(), [10_001, kill.0], "but not without end");
}

#[test]
fn repeats_leave_half_of_the_queue_to_what_is_new() {
    let mut world = World::new(GSM, Reach::OneThenFailover, vec![free(Profile::cbsp("bsc"))]).up();
    world.write(1, 0..5);
    world.run(100);
    world.reports.clear();
    world.dispatch.set_writable(PeerId(0), false);
    for _ in 0..5_001 {
        world.write(1, 0..5);
    }
    world.run(0);
    assert_eq!(world.words(), [(Outcome::Withdrawn, vec![0, 1, 2, 3, 4])]);
    assert_eq!(world.notice_kinds(), ["queue_full"]);
    world.write(2, 0..5);
    world.run(0);
    assert_eq!(world.settled().len(), 1, "what is new is taken");
}

#[test]
fn a_cell_that_restarts_while_a_pool_is_asked_is_not_told_failed_afterwards() {
    let mut world = pool(Reach::All);
    world.manner(1, silent());
    let enb = json!({"plmn": "22001", "kind": "macro", "id": 1});
    let cell = json!([{"plmn": "22001", "eci": 0x101}]);
    world.say(0, 1, json!({"message": "pws_failure_indication", "failed_cells": cell, "global_enb_id": enb}));
    world.run(10);
    world.write(1, 0..8);
    world.say(
        0,
        50,
        json!({"message": "pws_restart_indication", "restarted_cells": cell, "global_enb_id": enb,
        "restart_tais": [{"plmn": "22001", "tac": 1}]}),
    );
    world.run(20_000);
    let failed = Outcome::Refused(engine::report::Cause::CellFailed);
    assert!(world.words().iter().all(|(outcome, _)| *outcome != failed), "{:?}", world.words());
    assert_eq!(world.settled().len(), 1);
}

#[test]
fn a_failed_cell_of_whose_restart_nobody_tells_is_tried_again_after_a_while() {
    let mut world = pool(Reach::All);
    let enb = json!({"plmn": "22001", "kind": "macro", "id": 1});
    let cell = json!([{"plmn": "22001", "eci": 0x101}]);
    world.say(0, 1, json!({"message": "pws_failure_indication", "failed_cells": cell, "global_enb_id": enb}));
    world.run(10);
    world.write(1, 0..8);
    world.run(170_000);
    let failed = Outcome::Refused(engine::report::Cause::CellFailed);
    assert!(world.words().iter().any(|(outcome, _)| *outcome == failed), "{:?}", world.words());
    let restarts = |world: &World| {
        let told = world.reports.iter().filter(|report| matches!(report, Report::Restarted(..)));
        told.count()
    };
    assert_eq!(restarts(&world), 0);
    world.run(12_000);
    assert_eq!(restarts(&world), 1);
    world.write(2, 0..8);
    world.run(20_000);
    assert_eq!(world.words().pop(), Some((Outcome::Accepted, (0..8).collect())), "{:?}", world.words());
}

#[test]
fn a_count_that_begins_late_ends_no_later() {
    let profile = Profile { cell_interval_ms: 600_000, cell_burst: 1, ..Profile::cbsp("bsc") };
    let mut world = World::new(GSM, Reach::All, vec![profile]).up();
    // What was written before our birth is not known, so the cell rests first.
    world.write(1, 0..1);
    world.run(700_000);
    let writes = world.sent.iter().filter(|request| request.is_write());
    let counts: Vec<Value> = writes.map(|write| write.pdu["broadcasts"].clone()).collect();
    assert_eq!(counts, [json!(20)], "of thirty, after ten periods of a minute");
}

#[test]
fn traits_say_what_a_network_does() {
    let mme = pool(Reach::All);
    let traits = mme.dispatch.traits(ControllerId(0)).unwrap();
    assert!(!traits.in_place && traits.indications);
    let bsc = World::new(GSM, Reach::All, vec![Profile::cbsp("bsc")]);
    let traits = bsc.dispatch.traits(ControllerId(0)).unwrap();
    assert!(traits.in_place && !traits.indications);
    assert_eq!(
        (mme.dispatch.traits(ControllerId(0)).unwrap().counts, traits.counts),
        (engine::Counting::Ends, engine::Counting::Ends)
    );
    assert_eq!(bsc.dispatch.traits(ControllerId(1)), None);
}

#[test]
fn restarted_cells_get_their_warning_again_at_their_pace_and_delay_no_new_one() {
    // 500 eNBs of three cells; one tracking area.
    let cells: Vec<u32> = (0..1500).map(|cell| (cell / 3 + 1) << 8 | (cell % 3)).collect();
    let paced =
        Profile { window: 4, cells_per_pdu: 375, pdus_per_second: 1000, ..free(Profile::sbcap("mme")) };
    let mut world = World::new(&[("pool", 1, &cells)], Reach::OneThenFailover, vec![paced]).up();
    world.write(1, 0..1500);
    world.run(1000);
    let first = world.sent.len();
    // Each eNB restarts, and the engine asks for it anew.
    for enb in 0..500 {
        world.write(1, 3 * enb..3 * enb + 3);
    }
    world.run(100);
    let reloaded = world.sent.len() - first;
    assert!((20..=101).contains(&reloaded), "{reloaded} in 100 ms");
    let before = world.sent.len();
    world.order(Priority::Live(Level::Amber), BroadcastId(2), write(2, None), CellRuns::from_range(0..1500));
    world.run(50);
    let cells: Vec<usize> =
        world.sent[before..before + 4].iter().map(|request| request.cells.len()).collect();
    assert_eq!(cells.iter().sum::<usize>(), 1500, "the new alert at once: {cells:?}");
    world.run(3000);
    assert_eq!(world.settled().len(), 1 + 500 + 1, "and every eNB in the end");
}
