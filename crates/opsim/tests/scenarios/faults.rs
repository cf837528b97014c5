//! What goes wrong by plan or by command.

use opsim::{ElementId, Faults, Share, Silence};
use serde_json::json;

use crate::world::*;

fn faulty(id: ElementId, faults: Faults) -> World {
    let mut plan = plan();
    plan.elements[id.0].faults = faults;
    World::of(plan)
}

#[test]
fn a_slow_element_answers_late_and_in_order() {
    let mut world = faulty(BSC, Faults { delay_ms: 1_000, jitter_ms: 500, ..Faults::default() });
    world.until(10_000);
    world.hear(BSC);
    for update in 0..8 {
        assert!(world.tell(BSC, &cbsp_write(update, None, &[0])).is_empty());
    }
    assert_eq!(world.cells_with(0), [0], "only the answer is late");
    world.until(10_999);
    assert!(world.hear(BSC).is_empty());
    world.until(11_500);
    let updates: Vec<_> =
        world.hear(BSC).iter().map(|answer| answer["new_serial"]["update"].clone()).collect();
    assert_eq!(updates, [0, 1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn cells_that_refuse_are_told_with_their_cause_or_left_out() {
    let refuse = |share| Faults { refuse_cells: Some(share), refuse_cause: Some(9), ..Faults::default() };
    let mut world = faulty(BSC, refuse(Share::Count(1)));
    let answers = world.tell(BSC, &cbsp_write(0, None, &GSM));
    assert_eq!((causes(&answers[0]), world.cells_with(0).len()), (vec![9], 3));
    let mut world = faulty(MME, refuse(Share::Fraction(0.5)));
    world.tell(MME, &write(0, &[4, 5, 6, 7, 8, 9, 10]));
    world.until(50);
    let on = world.cells_with(0);
    assert_eq!(on.len(), 3);
    assert_eq!(world.hear(MME)[0]["broadcast_scheduled_area"]["cells"], ecgis(&on));
    let phones = world.report(&[4, 5, 6, 7, 8, 9, 10]).phones;
    assert_eq!((phones.rang_once, phones.missed, phones.unreachable), (12, 16, 16));
    let mut world = faulty(MME, refuse(Share::Fraction(1.0)));
    world.tell(MME, &write(0, &[4]));
    world.until(50);
    assert_eq!(world.hear(MME)[0].get("broadcast_scheduled_area"), None, "on the air nowhere");
}

#[test]
fn writes_may_be_refused_as_a_whole() {
    let refuse = Faults { refuse_writes: Some(7), ..Faults::default() };
    let mut world = faulty(MME, refuse.clone());
    assert_eq!(world.tell(MME, &write(0, &[4]))[0]["cause"], 7);
    let mut world = faulty(BSC, refuse);
    assert_eq!(causes(&world.tell(BSC, &cbsp_write(0, None, &[0, 1]))[0]), [7, 7]);
    assert_eq!(world.cells_with(0), [0; 0]);
}

#[test]
fn silence_swallows_answers_but_not_what_was_asked() {
    let silent = Silence { from_ms: 0, for_ms: 5_000, deaf: false };
    let mut world = faulty(BSC, Faults { silent: Some(silent), ..Faults::default() });
    assert!(world.tell(BSC, &cbsp_write(0, None, &[0])).is_empty());
    assert_eq!(world.cells_with(0), [0]);
    world.until(4_999);
    assert!(world.tell(BSC, &json!({"message": "keep_alive", "keepalive_period_s": 10})).is_empty());
    world.until(5_000);
    assert_eq!(causes(&world.tell(BSC, &cbsp_write(0, None, &[0]))[0]), [13]);
    // Once only.
    assert_eq!(world.tell(BSC, &kill(0, &[0])).len(), 1);
}

#[test]
fn a_deaf_element_does_not_do_what_was_asked() {
    let mut world = World::new();
    world.command(json!({"do": "silent", "element": "mme-1", "for_ms": 1_000, "deaf": true}));
    assert!(world.tell(MME, &write(0, &[4])).is_empty());
    world.until(1_000);
    assert_eq!(world.cells_with(0), [0; 0]);
    assert!(world.hear(MME).is_empty());
    assert_eq!(world.tell(MME, &write(0, &[4])).len(), 1);
    assert_eq!(world.network.elements()[0].counters().lost, 1);
}

#[test]
fn a_restart_by_plan_loses_messages_and_connection_and_is_told_to_who_comes_next() {
    for id in [MME, BSC] {
        let mut world = faulty(id, Faults { restart_after_ms: Some(2_000), ..Faults::default() });
        world.tell(id, &if id == MME { write(0, &[4, 9]) } else { cbsp_write(0, None, &[0]) });
        world.until(1_999);
        assert!(!world.has_closed(id) && !world.cells_with(0).is_empty());
        world.until(2_000);
        assert!(world.has_closed(id) && world.cells_with(0).is_empty());
        assert!(
            world.tell(id, &if id == MME { write(1, &[4]) } else { cbsp_write(1, None, &[0]) }).is_empty()
        );
        world.network.disconnected(2_001, id);
        world.network.connected(2_002, id);
        let told = world.hear(id);
        if id == MME {
            let restarted: Vec<_> = told.iter().map(|told| told["restarted_cells"].clone()).collect();
            assert_eq!(restarted, [ecgis(&[4, 5, 6, 8]), ecgis(&[7]), ecgis(&[9, 10])]);
        } else {
            assert_eq!(told[0]["recovery"], "data_lost");
        }
        world.until(10_000);
        assert!(!world.has_closed(id), "once only");
    }
}

#[test]
fn an_mme_may_never_indicate_anything() {
    let mut world = faulty(MME, Faults { no_indications: true, ..Faults::default() });
    world.tell(MME, &write(0, &[4]));
    world.tell(MME, &stop(0, &[4]));
    world.until(10_000);
    assert!(world.hear(MME).is_empty());
}

#[test]
fn what_happens_while_nobody_is_connected_is_told_later() {
    let mut world = World::new();
    world.network.disconnected(0, MME);
    world.network.disconnected(0, BSC);
    world.command(json!({"do": "restart", "cells": [[0, 1], [4, 5]]}));
    world.network.connected(1, MME);
    world.network.connected(1, BSC);
    assert_eq!(world.hear(MME)[0]["restarted_cells"], ecgis(&[4]));
    let told = world.hear(BSC);
    let lost: Vec<_> =
        told.iter().filter(|told| told["recovery"] == "data_lost").map(|told| &told["cells"]).collect();
    assert_eq!(lost, [&cgis(&[0]), &cgis(&[0])]);
}

#[test]
fn a_plan_that_cannot_be_carried_out_says_why() {
    let inventory = || std::sync::Arc::new(area::Inventory::empty());
    let error = |plan: &opsim::Plan| opsim::Network::new(plan, inventory()).unwrap_err();
    assert_eq!(error(&plan()), opsim::Error::Plmn { found: plan().plmn });
    let mut world_plan = plan();
    world_plan.elements[0].controller = "bsc-1".into();
    let inventory = area::Inventory::import(CELLS.as_bytes()).unwrap();
    let error = opsim::Network::new(&world_plan, std::sync::Arc::new(inventory)).unwrap_err();
    assert_eq!(error.to_string(), "mme-1: a Mme cannot serve cells of gsm");
}

#[test]
fn a_command_that_names_what_is_not_there_says_so() {
    let mut world = World::new();
    for (command, error) in [
        (
            json!({"do": "silent", "element": "x", "for_ms": 1}),
            "expected the name of an element, found \"x\"",
        ),
        (json!({"do": "restart", "element": "x"}), "expected the name of an element, found \"x\""),
        (json!({"do": "fail", "cells": [[0, 12]]}), "expected a cell of this operator, found 11"),
        (json!({"do": "phone", "cell": 4294967295u32}), "expected a cell of this operator, found 4294967295"),
        (json!({"do": "move", "phone": 99, "cell": 1}), "expected the number of a phone, below 44, found 99"),
    ] {
        let command = serde_json::from_value(command).unwrap();
        assert_eq!(world.network.command(0, command).unwrap_err().to_string(), error);
    }
}
