//! S84, and what else holds where a network has less room than is wanted: its air, and its pace.

use std::num::NonZeroU32;

use dispatch::Profile;
use engine::view::Scarcity;
use engine::{Airtime, AlertId};
use serde_json::{Value, json};

use crate::cbsp_peers::{CELLS, cell_failure, cgis, complete, failed, on, set_up};
use crate::words::with;
use crate::world::{PEER, Plan, World, bsc};

/// Ten messages of one page every ten slots, all that a cell carries, and a class of warnings that goes before them.
fn full_bsc(airtime: Airtime) -> (World, Vec<AlertId>) {
    let mut plan = Plan::bsc(Profile { keep_alive_ms: 120_000, ..bsc("bsc") }, &CELLS);
    plan.airtime = airtime;
    plan.class.repetition_period_s = 19;
    let mut flood = plan.class.clone();
    flood.name = "flood".into();
    flood.message_ids.live = cbs::MessageId::LEVEL_1;
    plan.classes.push(flood);
    let mut world = plan.up();
    set_up(&mut world);
    let alerts = (0..10).map(|_| {
        let alert = world.alert(&CELLS);
        assert_eq!(obeyed(&mut world), ["4379 every 10"]);
        assert_eq!(world.shown(alert), "3 confirmed");
        alert
    });
    let alerts = alerts.collect();
    (world, alerts)
}

/// Answers everything with success; what was asked of all cells: the identifier, and `off`, `on?` or how often.
fn obeyed(world: &mut World) -> Vec<String> {
    let mut asked = Vec::new();
    for request in world.sent_to(PEER).into_iter().filter(|pdu| pdu["message"] != "keep_alive") {
        assert_eq!(request["cells"], cgis(&CELLS));
        let (how, answer) = match request["message"].as_str().unwrap() {
            "kill" => ("off".to_owned(), complete(&request)),
            "message_status_query" => ("on?".to_owned(), on(&request)),
            _ => (format!("every {}", request["repetition_period"]), complete(&request)),
        };
        asked.push(format!("{} {how}", request["message_id"]));
        world.say(PEER, &with(answer, json!({"message_id": request["message_id"]})));
    }
    asked
}

#[test]
fn s84_bsc_full() {
    let (mut world, lesser) = full_bsc(Airtime::default());
    let flood = world.alert_of_class("flood", &CELLS);
    let request = world.sent_to(PEER).remove(0);
    assert_eq!(request["message_id"], 4370);
    let failures: Value = CELLS.iter().map(|cell| cell_failure(*cell, 6)).collect();
    world.say(PEER, &with(failed(&request, &[], failures), json!({"message_id": 4370})));
    assert_eq!(world.shown(flood), "3 refused");
    assert_eq!(world.causes(flood), ["capacity exceeded"]);
    // The two that were approved last are slowed, the others are left alone. Nothing is written before they are off.
    assert_eq!(obeyed(&mut world), ["4379 off", "4379 off"]);
    assert_eq!(obeyed(&mut world), ["4379 every 11", "4379 every 106"]);
    world.pass(2_000);
    assert_eq!(obeyed(&mut world), ["4370 every 10"]);
    for alert in lesser.iter().chain([&flood]) {
        assert_eq!(world.shown(*alert), "3 confirmed");
    }
    assert!(world.view(lesser[7]).gives_way.is_empty());
    let rows = world.view(lesser[9]).gives_way;
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(
        (row.controllers.as_slice(), row.cells, row.period_s),
        (&["bsc".to_owned()][..], 3, Some(200))
    );
    assert_eq!((row.why, row.until_ms), (Scarcity::Refusal, world.now.wall_ms - 2_000 + 600_000));
    assert!(row.to.contains(&flood), "{row:?}");
    // There is room again.
    world.cancel(flood);
    assert_eq!(obeyed(&mut world), ["4370 off", "4379 off", "4379 off"]);
    assert_eq!(obeyed(&mut world), ["4379 every 10", "4379 every 10"]);
    assert!(lesser.iter().all(|alert| world.view(*alert).gives_way.is_empty()));
}

#[test]
fn s84_a_budget_makes_room_before_the_bsc_has_to_refuse() {
    let page_ms = NonZeroU32::new(Airtime::GSM_PAGE_MS);
    let (mut world, lesser) = full_bsc(Airtime { page_ms, slowest_ms: 19_000 });
    let flood = world.alert_of_class("flood", &CELLS);
    assert_eq!(obeyed(&mut world), ["4379 off"]);
    assert_eq!(obeyed(&mut world), ["4370 every 10"]);
    assert_eq!((world.shown(flood), world.shown(lesser[9])), ("3 confirmed".into(), "3 pending".into()));
    let rows = world.view(lesser[9]).gives_way;
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    let ends_ms = world.view(lesser[0]).expires_ms.unwrap();
    assert_eq!((row.cells, row.period_s, row.why, row.until_ms), (3, None, Scarcity::Budget, ends_ms));
    // Who waits still waits after a crash, and goes on by itself when another one ends.
    world.crash();
    world.connect(PEER);
    let asked: Vec<String> =
        std::iter::from_fn(|| Some(obeyed(&mut world)).filter(|asked| !asked.is_empty())).flatten().collect();
    assert_eq!(asked.iter().filter(|asked| *asked == "4379 off").count(), 1, "{asked:?}");
    assert_eq!(asked.iter().filter(|asked| asked.ends_with("on?")).count(), 10, "{asked:?}");
    assert_eq!(world.shown(lesser[9]), "3 pending");
    world.cancel(lesser[0]);
    assert_eq!(obeyed(&mut world), ["4379 off"]);
    assert_eq!(obeyed(&mut world), ["4379 every 10"]);
    assert_eq!(world.shown(lesser[9]), "3 confirmed");
}

/// Answers every request at once for so long; the requests, and when each left.
fn served(world: &mut World, ms: u64) -> Vec<(u64, Value)> {
    let mut served = Vec::new();
    for _ in 0..ms / 20 {
        world.pass(20);
        for request in world.sent_to(PEER) {
            world.say(PEER, &complete(&request));
            served.push((world.now.monotonic_ms, request));
        }
    }
    served
}

#[test]
fn ten_thousand_restarted_cells_are_reloaded_at_their_pace_and_delay_no_new_alert() {
    let cells: Vec<u64> = (1..=10_000).collect();
    let profile =
        Profile { pdus_per_second: 10, keep_alive_ms: 120_000, cell_interval_ms: 1_000, ..bsc("bsc") };
    let mut world = Plan::bsc(profile, &cells).up();
    set_up(&mut world);
    let old = [(); 4].map(|()| world.alert(&cells));
    served(&mut world, 20_000);
    world.say(
        PEER,
        &json!({
            "message": "restart", "cells": {"kind": "bss", "items": []},
            "broadcast_message_type": "cbs", "recovery": "data_lost",
        }),
    );
    let mut all = served(&mut world, 500);
    assert!((4..=6).contains(&all.len()), "{} requests in half a second", all.len());
    let new = world.alert(&cells);
    let serial = world.serials(new)[0];
    let rest = served(&mut world, 10_000);
    let is_new = |(_, request): &&(u64, Value)| request["new_serial"] == crate::words::serial(serial);
    assert_eq!(rest.iter().take_while(is_new).count(), 10, "its ten requests leave before any other");
    all.extend(rest);
    assert_eq!(all.len(), 50);
    for (at, (first_ms, _)) in all.iter().enumerate() {
        let second = all[at..].iter().filter(|(ms, _)| ms - first_ms < 1_000);
        assert!(second.count() <= 11, "more than ten requests in a second");
    }
    for alert in old.into_iter().chain([new]) {
        assert_eq!(world.shown(alert), "10000 confirmed");
    }
}
