//! What a BSC does with requests (TS 48.049).

use serde_json::{Value, json};

use crate::world::*;

#[test]
fn a_bsc_says_on_connecting_whether_it_still_has_its_messages() {
    let mut world = World::unconnected(plan());
    let greet = |world: &mut World| {
        world.network.connected(world.now_ms, BSC);
        let restarts = world.hear(BSC);
        let kinds: Vec<_> =
            restarts.iter().map(|restart| restart["broadcast_message_type"].clone()).collect();
        assert_eq!(kinds, [json!("cbs"), json!("emergency")]);
        assert!(restarts.iter().all(|restart| restart["cells"]["kind"] == "bss"));
        restarts[0]["recovery"].clone()
    };
    assert_eq!(greet(&mut world), "data_lost");
    world.tell(BSC, &cbsp_write(0, None, &[0]));
    world.network.disconnected(10, BSC);
    assert_eq!(greet(&mut world), "data_available");
    assert_eq!(world.cells_with(0), [0]);
}

#[test]
fn cells_that_restart_while_nobody_listens_are_named_to_who_comes_next() {
    let mut world = World::new();
    world.tell(BSC, &cbsp_write(0, None, &[0, 1]));
    world.network.disconnected(10, BSC);
    world.command(json!({"do": "restart", "cells": [[1, 2]]}));
    world.network.connected(20, BSC);
    let told: Vec<_> =
        world.hear(BSC).iter().map(|told| (told["cells"].clone(), told["recovery"].clone())).collect();
    let bss = (json!({"kind": "bss", "items": []}), json!("data_available"));
    let lost = (cgis(&[1]), json!("data_lost"));
    assert_eq!(told, [bss.clone(), bss, lost.clone(), lost]);
    assert_eq!(world.cells_with(0), [0]);
}

#[test]
fn a_bsc_may_lose_its_messages_with_its_connection() {
    let mut plan = plan();
    plan.elements[1].habits.keeps_messages = false;
    let mut world = World::of(plan);
    world.tell(BSC, &cbsp_write(0, None, &[0]));
    world.network.disconnected(10, BSC);
    assert_eq!(world.cells_with(0), [0; 0]);
    world.network.connected(20, BSC);
    assert_eq!(world.hear(BSC)[0]["recovery"], "data_lost");
}

#[test]
fn a_new_message_is_answered_with_the_cells_where_it_is_on() {
    let mut world = World::new();
    let answers = world.tell(BSC, &cbsp_write(0, None, &[0, 2]));
    assert_eq!(answers[0]["message"], "write_replace_complete");
    assert_eq!(answers[0]["cells"], cgis(&[0, 2]));
    assert_eq!(answers[0].get("completed"), None);
    assert_eq!(world.cells_with(0), [0, 2]);
}

#[test]
fn the_ladder_of_replacing() {
    let mut world = World::new();
    world.tell(BSC, &cbsp_write(0, None, &[0, 1]));
    world.until(61_000);

    // The old one is on in one of the two cells only: nothing is written where it is not.
    let answers = world.tell(BSC, &cbsp_write(1, Some(0), &[1, 2]));
    assert_eq!(answers[0]["message"], "write_replace_failure");
    assert_eq!(causes(&answers[0]), [2]);
    assert_eq!(answers[0]["cells"], cgis(&[1]));
    assert_eq!(answers[0]["completed"]["items"][0]["completed"], 2);
    assert_eq!((world.cells_with(0), world.cells_with(1)), (vec![0], vec![1]));

    // Without the old one it goes.
    assert_eq!(world.tell(BSC, &cbsp_write(1, None, &[2]))[0]["message"], "write_replace_complete");
    // And again it is known already, also as a replacement of itself.
    assert_eq!(causes(&world.tell(BSC, &cbsp_write(1, None, &[2]))[0]), [13]);
    assert_eq!(causes(&world.tell(BSC, &cbsp_write(1, Some(1), &[2]))[0]), [13]);
    assert_eq!(world.cells_with(1), [1, 2]);
}

#[test]
fn cells_are_named_in_six_ways() {
    let items = |items: Value, kind: &str| json!({"kind": kind, "items": items});
    for (list, cells) in [
        (items(json!([{"lac": 258, "ci": 773}]), "lac_ci"), vec![1]),
        (items(json!([{"ci": 4369}, {"ci": 4369}]), "ci"), vec![2]),
        (items(json!([{"plmn": "22001", "lac": 8193}]), "lai"), vec![2, 3]),
        (items(json!([{"lac": 258}]), "lac"), vec![0, 1]),
        (items(json!([]), "bss"), vec![0, 1, 2, 3]),
        (cgis(&[3]), vec![3]),
    ] {
        let mut world = World::new();
        let mut request = cbsp_write(0, None, &[0]);
        request["cells"] = list;
        let answers = world.tell(BSC, &request);
        assert_eq!(answers[0]["cells"], cgis(&cells), "{request}");
        assert_eq!(world.cells_with(0), cells);
    }
}

#[test]
fn names_of_no_cell_fail_each_for_itself() {
    let mut world = World::new();
    let mut request = cbsp_write(0, None, &[0]);
    request["cells"]["items"].as_array_mut().unwrap().push(json!({"plmn": "22003", "lac": 258, "ci": 773}));
    let answers = world.tell(BSC, &request);
    assert_eq!(causes(&answers[0]), [3]);
    assert_eq!(answers[0]["cells"], cgis(&[0]));
    request["cells"] = json!({"kind": "lac", "items": [{"lac": 7}]});
    let answers = world.tell(BSC, &request);
    assert_eq!((causes(&answers[0]), answers[0].get("cells")), (vec![15], None));
}

#[test]
fn the_extended_channel_is_not_supported() {
    let mut world = World::new();
    let mut request = cbsp_write(0, None, &[0]);
    request["channel"] = json!("extended");
    assert_eq!(causes(&world.tell(BSC, &request)[0]), [12]);
}

#[test]
fn a_full_cell_takes_a_replacement_but_nothing_new() {
    let mut world = World::new();
    for update in 0..16 {
        world.tell(BSC, &cbsp_write(update, None, &[0]));
    }
    let mut one_more = cbsp_write(0, None, &[0, 1]);
    one_more["new_serial"]["code"] = json!(18);
    let answers = world.tell(BSC, &one_more);
    assert_eq!((causes(&answers[0]), &answers[0]["cells"]), (vec![7], &cgis(&[1])));
    one_more["old_serial"] = serial(3);
    one_more["cells"] = cgis(&[0]);
    assert_eq!(world.tell(BSC, &one_more)[0]["message"], "write_replace_complete");
}

#[test]
fn a_kill_tells_how_often_it_was_broadcast() {
    let mut world = World::new();
    world.tell(BSC, &cbsp_write(0, None, &[0, 1]));
    world.until(2 * 60_256);
    let answers = world.tell(BSC, &kill(0, &[0, 1, 2]));
    assert_eq!(answers[0]["message"], "kill_failure");
    assert_eq!((causes(&answers[0]), &answers[0]["cells"]), (vec![2], &cgis(&[0, 1])));
    let counts: Vec<_> =
        answers[0]["completed"]["items"].as_array().unwrap().iter().map(|item| &item["completed"]).collect();
    assert_eq!(counts, [3, 3]);
    assert_eq!(world.cells_with(0), [0; 0]);
}

#[test]
fn an_emergency_message_is_killed_without_a_channel_only() {
    let mut world = World::new();
    let emergency = json!({
        "message": "write_replace", "message_id": 4379, "new_serial": serial(0), "cells": cgis(&[0]),
        "warning_type": {"value": 0, "user_alert": true, "popup": true}, "security_info": "00".repeat(50),
        "warning_period_s": 60,
    });
    assert_eq!(world.tell(BSC, &emergency)[0]["message"], "write_replace_complete");
    assert_eq!(causes(&world.tell(BSC, &kill(0, &[0]))[0]), [2]);
    let mut right = kill(0, &[0]);
    right.as_object_mut().unwrap().remove("channel");
    assert_eq!(world.tell(BSC, &right)[0]["message"], "kill_complete");
}

#[test]
fn a_message_falls_off_when_its_count_is_done() {
    let mut world = World::new();
    world.tell(BSC, &cbsp_write(0, None, &[0]));
    world.until(10 * 60_256 - 1);
    assert_eq!(world.cells_with(0), [0]);
    world.until(10 * 60_256);
    assert_eq!(world.cells_with(0), [0; 0]);
    assert_eq!(causes(&world.tell(BSC, &kill(0, &[0]))[0]), [2]);
    let history: Vec<_> =
        world.network.radio().history().iter().map(|change| (change.at_ms, change.on)).collect();
    assert_eq!(history, [(0, true), (602_560, false)]);
}

#[test]
fn a_message_that_was_stopped_and_started_again_ends_by_its_new_start() {
    let mut world = World::new();
    world.tell(BSC, &cbsp_write(0, None, &[0]));
    world.tell(BSC, &kill(0, &[0]));
    world.until(100_000);
    world.tell(BSC, &cbsp_write(0, None, &[0]));
    world.until(602_560);
    assert_eq!(world.cells_with(0), [0]);
    world.until(702_560);
    assert_eq!(world.cells_with(0), [0; 0]);
}

#[test]
fn zero_broadcasts_never_end() {
    let mut world = World::new();
    let mut request = cbsp_write(0, None, &[0]);
    request["broadcasts"] = json!(0);
    world.tell(BSC, &request);
    world.until(1_000_000_000);
    assert_eq!(world.cells_with(0), [0]);
}

#[test]
fn an_osmocom_bsc_takes_zero_for_one_and_names_no_cells_when_it_has_killed() {
    let mut plan = plan();
    plan.elements[1].habits.osmocom = true;
    let mut world = World::of(plan);
    let mut request = cbsp_write(0, None, &[0]);
    request["broadcasts"] = json!(0);
    let pdu: cbsp::Pdu = serde_json::from_value(request).unwrap();
    let mut octets = bytes::BytesMut::new();
    pdu.encode_with(cbsp::RepetitionCoding::Osmocom, &mut octets).unwrap();
    world.tell_octets(BSC, &octets);
    assert_eq!(world.network.radio().on_air(0)[0].message.cadence.period_ms(), 32 * 1883);
    let answers = world.tell(BSC, &kill(0, &[0]));
    assert_eq!(answers[0].get("cells"), None);
    assert_eq!(answers[0]["completed"]["items"][0]["completed"], 1);
    world.tell_octets(BSC, &octets);
    world.until(32 * 1883);
    assert_eq!(world.cells_with(0), [0; 0]);
}

#[test]
fn queries_tell_counts_and_loads() {
    let mut world = World::new();
    world.tell(BSC, &cbsp_write(0, None, &[0]));
    world.until(61_000);
    let mut query = kill(0, &[0, 1]);
    query["message"] = json!("message_status_query");
    let answers = world.tell(BSC, &query);
    assert_eq!(answers[0]["message"], "message_status_query_failure");
    assert_eq!(
        (causes(&answers[0]), &answers[0]["completed"]["items"][0]["completed"]),
        (vec![2], &json!(2))
    );
    let load = json!({"message": "load_query", "cells": cgis(&[0, 1]), "channel": "basic"});
    let answers = world.tell(BSC, &load);
    let loads: Vec<_> =
        answers[0]["loading"]["items"].as_array().unwrap().iter().map(|item| &item["load"]).collect();
    assert_eq!(loads, [&json!([3, 3]), &json!([0, 0])]);
}

#[test]
fn a_reset_wipes_the_cells_and_fails_where_they_are_down() {
    let mut world = World::new();
    world.tell(BSC, &cbsp_write(0, None, &GSM));
    world.command(json!({"do": "fail", "cells": [[1, 2]]}));
    let failure = &world.hear(BSC)[0];
    assert_eq!((&failure["message"], causes(failure)), (&json!("failure"), vec![10]));
    let answers = world.tell(BSC, &json!({"message": "reset", "cells": {"kind": "bss", "items": []}}));
    assert_eq!((causes(&answers[0]), &answers[0]["cells"]), (vec![10], &cgis(&[0, 2, 3])));
    assert_eq!(world.cells_with(0), [0; 0]);
    world.command(json!({"do": "restart", "cells": [[1, 2]]}));
    let restart = &world.hear(BSC)[0];
    assert_eq!((&restart["cells"], &restart["recovery"]), (&cgis(&[1]), &json!("data_lost")));
}
