//! What an RNC does with requests (TS 25.419).

use std::collections::BTreeSet;

use opsim::{Faults, Share};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::*;

fn world() -> World {
    World::of(rnc_plan())
}

/// The service areas of a list of an answer.
fn named(list: &Value) -> Vec<Value> {
    let area = |item: &Value| json!({"plmn": item["plmn"], "lac": item["lac"], "sac": item["sac"]});
    list.as_array().into_iter().flatten().map(area).collect()
}

fn counts(list: &Value) -> Vec<u64> {
    list.as_array().unwrap().iter().map(|item| item["completed"].as_u64().unwrap()).collect()
}

#[test]
fn a_write_is_answered_with_every_service_area_and_how_often_the_old_one_was_broadcast() {
    let mut world = world();
    let answer = &world.tell(RNC, &sabp_write(0, None, &UMTS))[0];
    assert_eq!(
        (&answer["message"], counts(&answer["completed"])),
        (&json!("write_replace_complete"), vec![0; 4])
    );
    world.until(61_000);
    let answer = &world.tell(RNC, &sabp_write(1, Some(0), &UMTS))[0];
    assert_eq!(
        (&answer["message"], counts(&answer["completed"])),
        (&json!("write_replace_complete"), vec![2; 4])
    );
    assert_eq!((world.cells_with(0), world.cells_with(1)), (vec![], UMTS.to_vec()));
}

#[test]
fn the_ladder_of_replacing() {
    let mut world = world();
    world.tell(RNC, &sabp_write(0, None, &[0, 1]));

    // The old one is on in one of the two cells only: nothing is written where it is not.
    let answer = &world.tell(RNC, &sabp_write(1, Some(0), &[1, 2]))[0];
    assert_eq!((&answer["message"], causes(answer)), (&json!("write_replace_failure"), vec![2]));
    assert_eq!(
        (named(&answer["failures"]), named(&answer["completed"])),
        (vec![sais(&[2])[0].clone()], vec![sais(&[1])[0].clone()])
    );
    assert_eq!((world.cells_with(0), world.cells_with(1)), (vec![0], vec![1]));

    // Without the old one it goes, but not where another update of it is on.
    let answer = &world.tell(RNC, &sabp_write(1, None, &[0, 2]))[0];
    assert_eq!((causes(answer), named(&answer["completed"])), (vec![10], vec![sais(&[2])[0].clone()]));
    assert_eq!((world.cells_with(0), world.cells_with(1)), (vec![0], vec![1, 2]));

    // Any update of it names what is to be replaced.
    world.tell(RNC, &sabp_write(2, Some(7), &[0, 1, 2]));
    assert_eq!(world.cells_with(2), [0, 1, 2]);
}

#[test]
fn a_replacement_must_not_collide_with_a_third_message() {
    let mut world = world();
    let mut other = sabp_write(0, None, &[0]);
    other["new_serial"]["code"] = json!(18);
    world.tell(RNC, &other);
    world.tell(RNC, &sabp_write(0, None, &[0]));
    other["old_serial"] = serial(0);
    assert_eq!(causes(&world.tell(RNC, &other)[0]), [10]);
    assert_eq!(world.network.radio().on_air(0).len(), 2);
}

#[test]
fn another_code_is_another_message() {
    let mut world = world();
    world.tell(RNC, &sabp_write(0, None, &[0]));
    let mut other = sabp_write(0, None, &[0]);
    other["new_serial"]["code"] = json!(18);
    assert_eq!(world.tell(RNC, &other)[0]["message"], "write_replace_complete");
    assert_eq!(world.network.radio().on_air(0).len(), 2);
}

#[test]
fn service_areas_of_others_fail_each_for_itself() {
    let mut world = world();
    let mut request = sabp_write(0, None, &[0]);
    let strangers = [
        json!({"plmn": "22003", "lac": 4097, "sac": 1}),
        json!({"plmn": "22001", "lac": 4099, "sac": 1}),
        // Another RNC's.
        json!({"plmn": "22001", "lac": 4098, "sac": 9}),
    ];
    request["service_areas"].as_array_mut().unwrap().extend(strangers.clone());
    let answer = &world.tell(RNC, &request)[0];
    assert_eq!((causes(answer), named(&answer["failures"])), (vec![3; 3], strangers.to_vec()));
    assert_eq!(named(&answer["completed"]), named(&sais(&[0])));
}

#[test]
fn a_kill_tells_how_often_and_names_the_areas_without_the_message() {
    let mut world = world();
    world.tell(RNC, &sabp_write(1, None, &[0, 1]));
    world.until(120_000);
    // Of whatever update: to an RNC it is the same message.
    let answer = &world.tell(RNC, &sabp_reference("kill", 0, &[0, 1, 2]))[0];
    assert_eq!((&answer["message"], causes(answer)), (&json!("kill_failure"), vec![2]));
    assert_eq!(counts(&answer["completed"]), [3, 3]);
    assert_eq!(world.cells_with(1), [0; 0]);
}

#[test]
fn a_status_query_is_about_one_update() {
    let mut world = world();
    world.tell(RNC, &sabp_write(1, None, &[0, 1]));
    let answer = &world.tell(RNC, &sabp_reference("message_status_query", 1, &[0, 1]))[0];
    assert_eq!(
        (&answer["message"], counts(&answer["completed"])),
        (&json!("message_status_query_complete"), vec![1, 1])
    );
    let answer = &world.tell(RNC, &sabp_reference("message_status_query", 0, &[0, 1]))[0];
    assert_eq!((&answer["message"], causes(answer)), (&json!("message_status_query_failure"), vec![2, 2]));
}

#[test]
fn only_a_count_of_zero_never_ends() {
    let mut world = world();
    world.tell(RNC, &sabp_write(0, None, &[0]));
    let mut endless = sabp_write(1, None, &[1]);
    endless["broadcasts"] = json!(0);
    world.tell(RNC, &endless);
    world.until(600_000);
    assert_eq!((world.cells_with(0), world.cells_with(1)), (vec![], vec![1]));
    world.until(1_000_000_000);
    assert_eq!(world.cells_with(1), [1]);
}

#[test]
fn a_failure_holds_until_a_restart_and_both_are_told() {
    let mut world = world();
    world.tell(RNC, &sabp_write(0, None, &UMTS));
    world.command(json!({"do": "fail", "cells": [[1, 2]]}));
    assert_eq!(world.hear(RNC), [json!({"message": "failure", "service_areas": sais(&[1])})]);
    assert_eq!(causes(&world.tell(RNC, &sabp_write(1, Some(0), &[1]))[0]), [9]);
    let reset = json!({"message": "reset", "service_areas": sais(&UMTS)});
    let answer = &world.tell(RNC, &reset)[0];
    assert_eq!((causes(answer), &answer["service_areas"]), (vec![9], &sais(&[0, 2, 3])));
    assert!(world.network.radio().cells().all(|cell| world.network.radio().on_air(cell).is_empty()));
    world.command(json!({"do": "restart", "cells": [[1, 2]]}));
    let restart = json!({"message": "restart", "service_areas": sais(&[1]), "recovery": "data-lost"});
    assert_eq!(world.hear(RNC), [restart]);
    assert_eq!(world.tell(RNC, &reset)[0]["message"], "reset_complete");
}

#[test]
fn a_restart_that_nobody_heard_of_is_told_to_who_connects_next() {
    let mut world = world();
    world.tell(RNC, &sabp_write(0, None, &UMTS));
    world.command(json!({"do": "restart", "element": "rnc-1"}));
    assert!(world.has_closed(RNC) && world.cells_with(0).is_empty());
    world.network.connected(10, RNC);
    assert_eq!(world.hear(RNC)[0]["service_areas"], sais(&UMTS));
    world.network.connected(20, RNC);
    assert!(world.hear(RNC).is_empty(), "once only");
}

#[test]
fn cells_and_writes_are_refused_by_plan() {
    let mut plan = rnc_plan();
    plan.elements[0].faults =
        Faults { refuse_cells: Some(Share::Count(1)), refuse_cause: Some(8), ..Faults::default() };
    let mut world = World::of(plan);
    assert_eq!(causes(&world.tell(RNC, &sabp_write(0, None, &UMTS))[0]), [8]);
    assert_eq!(world.cells_with(0).len(), 3);
    let mut plan = rnc_plan();
    plan.elements[0].faults = Faults { refuse_writes: Some(6), ..Faults::default() };
    let mut world = World::of(plan);
    assert_eq!(causes(&world.tell(RNC, &sabp_write(0, None, &UMTS))[0]), [6; 4]);
}

#[test]
fn a_load_query_tells_what_the_messages_leave() {
    let mut world = world();
    world.tell(RNC, &sabp_write(0, None, &[0]));
    let answer = &world.tell(RNC, &json!({"message": "load_query", "service_areas": sais(&[0, 1])}))[0];
    let free: Vec<_> = answer["loading"].as_array().unwrap().iter().map(|item| &item["bandwidth"]).collect();
    // One page of 664 bits a minute.
    assert_eq!(free, [20_480 - 11, 20_480]);
}

#[test]
fn what_makes_no_sense_gets_an_error_indication_unless_it_is_one() {
    let mut world = world();
    let error = json!({"message": "error_indication", "cause": 11});
    assert!(world.tell(RNC, &error).is_empty());
    let restart = json!({"message": "restart", "service_areas": sais(&[0])});
    assert_eq!(world.tell(RNC, &restart)[0]["cause"], 14);
    let octets = world.tell_octets(RNC, &[0x00, 0x63, 0x00, 0x00]);
    assert_eq!(world.decoded(RNC, &octets[0])["message"], "error_indication");
    assert_eq!(world.network.elements()[0].counters().undecodable, 2);
}

/// What may happen to an RNC.
#[derive(Clone, Debug)]
enum Step {
    Octets(Vec<u8>),
    /// A write with one of its octets changed.
    Damaged(usize, u8),
    Write(u8, Option<u8>, Vec<u32>),
    Ask(&'static str, u8, Vec<u32>),
    Pass(u64),
    Fail(u32),
    Restart(u32),
    Reconnect,
}

fn step() -> impl Strategy<Value = Step> {
    let cells = || prop::collection::vec(0..4u32, 1..5);
    let verb = prop::sample::select(vec!["kill", "message_status_query"]);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..60).prop_map(Step::Octets),
        (any::<usize>(), any::<u8>()).prop_map(|(at, octet)| Step::Damaged(at, octet)),
        (0..3u8, prop::option::of(0..3u8), cells())
            .prop_map(|(update, old, cells)| Step::Write(update, old, cells)),
        (verb, 0..3u8, cells()).prop_map(|(verb, update, cells)| Step::Ask(verb, update, cells)),
        (0..2_000_000u64).prop_map(Step::Pass),
        (0..4u32).prop_map(Step::Fail),
        (0..4u32).prop_map(Step::Restart),
        Just(Step::Reconnect),
    ]
}

/// Takes a step. Of an answer to a request: how many service areas it names.
fn take(world: &mut World, step: &Step) -> Option<usize> {
    let answer = match step {
        Step::Octets(octets) => {
            world.tell_octets(RNC, octets);
            return None;
        }
        Step::Damaged(at, octet) => {
            let pdu: sabp::Pdu = serde_json::from_value(sabp_write(0, None, &UMTS)).unwrap();
            let mut octets = bytes::BytesMut::new();
            pdu.encode(&mut octets).unwrap();
            let at = at % octets.len();
            octets[at] = *octet;
            world.tell_octets(RNC, &octets);
            return None;
        }
        Step::Write(update, old, cells) => world.tell(RNC, &sabp_write(*update, *old, cells)),
        Step::Ask(verb, update, cells) => world.tell(RNC, &sabp_reference(verb, *update, cells)),
        Step::Pass(ms) => {
            world.until(world.now_ms + ms);
            return None;
        }
        Step::Fail(cell) => {
            world.command(json!({"do": "fail", "cells": [[cell, cell + 1]]}));
            world.hear(RNC);
            return None;
        }
        Step::Restart(cell) => {
            world.command(json!({"do": "restart", "cells": [[cell, cell + 1]]}));
            world.hear(RNC);
            return None;
        }
        Step::Reconnect => {
            world.network.disconnected(world.now_ms, RNC);
            world.network.connected(world.now_ms, RNC);
            world.hear(RNC);
            return None;
        }
    };
    Some(named(&answer[0]["failures"]).len() + named(&answer[0]["completed"]).len())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_service_area_is_answered_for_once_and_never_holds_two_updates(
        steps in prop::collection::vec(step(), 0..60)
    ) {
        let mut world = world();
        for step in &steps {
            let asked = match step {
                Step::Write(.., cells) | Step::Ask(.., cells) => cells.iter().collect::<BTreeSet<_>>().len(),
                _ => 0,
            };
            prop_assert_eq!(take(&mut world, step).unwrap_or(0), asked, "{:?}", step);
            for cell in UMTS {
                let held = world.network.radio().on_air(cell).iter().map(|on| on.message.key);
                let held: Vec<_> = held.map(|key| (key.message_id, key.serial.bits() >> 4)).collect();
                prop_assert_eq!(held.iter().collect::<BTreeSet<_>>().len(), held.len());
            }
        }
    }
}
