//! What an MME and its eNBs do with requests (TS 36.413 §8.12).

use serde_json::{Value, json};

use crate::world::*;

fn scheduled(indications: &[Value]) -> Vec<Value> {
    indications.iter().map(|indication| indication["broadcast_scheduled_area"]["cells"].clone()).collect()
}

#[test]
fn indications_name_the_cells_that_really_broadcast_after_a_while() {
    let mut world = World::new();
    let answers = world.tell(MME, &write(0, &[4, 5, 9]));
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0]["cause"], 0);
    world.until(49);
    assert!(world.hear(MME).is_empty());
    world.until(50);
    assert_eq!(scheduled(&world.hear(MME)), [ecgis(&[4, 5, 9])]);
}

#[test]
fn indications_are_cut_to_the_size_of_the_plan() {
    let mut plan = plan();
    plan.elements[0].habits.cells_per_indication = 2;
    let mut world = World::of(plan);
    world.tell(MME, &write(0, &ENB));
    world.until(50);
    assert_eq!(scheduled(&world.hear(MME)), [ecgis(&[4, 5]), ecgis(&[6])]);
}

#[test]
fn a_cell_outside_the_addressed_enbs_is_not_reached() {
    let mut world = World::new();
    let mut request = write(0, &[4, 9]);
    request["tais"] = tais(&[257]);
    assert_eq!(world.tell(MME, &request)[0]["cause"], 0);
    assert_eq!(world.cells_with(0), [4]);
}

#[test]
fn without_an_area_all_cells_of_the_addressed_enbs_broadcast() {
    let mut world = World::new();
    let mut request = write(0, &[]);
    request.as_object_mut().unwrap().remove("area");
    request["tais"] = tais(&[257]);
    world.tell(MME, &request);
    // Cell 8 lies in 258, but its eNB has others in 257.
    assert_eq!(world.cells_with(0), [4, 5, 6, 7, 8]);
    request["serial"] = serial(1);
    request.as_object_mut().unwrap().remove("tais");
    world.tell(MME, &request);
    assert_eq!(world.cells_with(1), [4, 5, 6, 7, 8, 9, 10]);
    request["serial"] = serial(2);
    request["global_enb_id"] = json!({"plmn": "22001", "kind": "macro", "id": 41396});
    world.tell(MME, &request);
    assert_eq!(world.cells_with(2), [9, 10]);
}

#[test]
fn a_tracking_area_as_area_is_answered_by_tracking_area() {
    let mut world = World::new();
    let mut request = write(0, &[]);
    request["area"] = json!({"tais": tais(&[258])});
    world.tell(MME, &request);
    assert_eq!(world.cells_with(0), [8, 9, 10]);
    world.until(50);
    let area = &world.hear(MME)[0]["broadcast_scheduled_area"];
    assert_eq!(area, &json!({"tais": [{"plmn": "22001", "tac": 258, "cells": ecgis(&[8, 9, 10])}]}));
}

#[test]
fn unknown_tracking_areas_are_named_and_refused_only_when_none_is_known() {
    let mut world = World::new();
    let mut request = write(0, &[4]);
    request["tais"] = tais(&[257, 999]);
    let answers = world.tell(MME, &request);
    assert_eq!((&answers[0]["cause"], &answers[0]["unknown_tais"]), (&json!(0), &tais(&[999])));
    let mut request = write(1, &[4]);
    request["tais"] = json!([{"plmn": "22003", "tac": 257}, {"plmn": "22001", "tac": 999}]);
    let answers = world.tell(MME, &request);
    assert_eq!((&answers[0]["cause"], &answers[0]["unknown_tais"]), (&json!(4), &request["tais"]));
    assert_eq!(world.cells_with(1), [0; 0]);
    world.until(1_000);
    assert_eq!(world.hear(MME).len(), 1, "nothing is indicated about a refused request");
}

#[test]
fn the_same_serial_again_changes_nothing_and_is_answered_with_all_cells_that_have_it() {
    let mut world = World::new();
    world.tell(MME, &write(0, &[4]));
    world.until(30_000);
    world.hear(MME);
    let mut again = write(0, &[4, 5]);
    again["repetition_period"] = json!(5);
    again["content"]["text"] = json!("another text");
    world.tell(MME, &again);
    world.until(30_050);
    assert_eq!(scheduled(&world.hear(MME)), [ecgis(&[4, 5])]);
    let on_air = |cell| &world.network.radio().on_air(cell)[0];
    assert_eq!((on_air(4).since_ms, on_air(4).message.text().as_str()), (0, "version 0"));
    assert_eq!((on_air(5).since_ms, on_air(5).message.text().as_str()), (30_000, "another text"));
}

#[test]
fn with_the_concurrent_flag_a_message_goes_beside_others_and_without_it_in_their_place() {
    let mut world = World::new();
    world.tell(MME, &write(0, &[4, 5]));
    world.tell(MME, &write(1, &[4]));
    assert_eq!((world.cells_with(0), world.cells_with(1)), (vec![4, 5], vec![4]));
    let mut alone = write(2, &[4]);
    alone.as_object_mut().unwrap().remove("concurrent");
    world.tell(MME, &alone);
    assert_eq!((world.cells_with(0), world.cells_with(1), world.cells_with(2)), (vec![5], vec![], vec![4]));
}

#[test]
fn period_and_count_say_together_whether_and_how_often_it_is_broadcast() {
    for (broadcasts, period, concurrent, ends_ms) in [
        (0, 0, true, Some(0)),
        (1, 0, true, Some(1_000)),
        (0, 60, true, None),
        (0, 60, false, Some(0)),
        (3, 60, false, Some(180_000)),
        (2, 0, true, Some(0)),
    ] {
        let mut world = World::new();
        let mut request = write(0, &[4]);
        request["broadcasts"] = json!(broadcasts);
        request["repetition_period"] = json!(period);
        request["concurrent"] = json!(concurrent);
        assert_eq!(world.tell(MME, &request)[0]["cause"], 0);
        match ends_ms {
            None => world.until(1_000_000_000),
            Some(0) => {}
            Some(end) => {
                world.until(end - 1);
                assert_eq!(world.cells_with(0), [4], "{request}");
                world.until(end);
            }
        }
        assert_eq!(world.cells_with(0).is_empty(), ends_ms.is_some(), "{request}");
    }
}

#[test]
fn the_extended_period_overrides_the_other() {
    let mut world = World::new();
    let mut request = write(0, &[4]);
    request["repetition_period"] = json!(4095);
    request["extended_repetition_period"] = json!(7200);
    world.tell(MME, &request);
    assert_eq!(world.network.radio().on_air(4)[0].message.cadence.period_ms(), 7_200_000);
}

#[test]
fn a_cell_takes_sixteen_messages() {
    let mut world = World::new();
    for update in 0..16 {
        world.tell(MME, &write(update, &[4]));
    }
    world.until(50);
    world.hear(MME);
    let mut one_more = write(0, &[4, 5]);
    one_more["serial"]["code"] = json!(18);
    world.tell(MME, &one_more);
    world.until(100);
    assert_eq!(scheduled(&world.hear(MME)), [ecgis(&[5])]);
}

#[test]
fn a_stop_tells_how_often_it_was_broadcast_and_which_enbs_had_nothing() {
    let mut world = World::new();
    world.tell(MME, &write(0, &[4, 5]));
    world.until(130_000);
    world.hear(MME);
    let answers = world.tell(MME, &stop(0, &[4, 5, 6, 9]));
    assert_eq!(answers[0]["cause"], 0);
    world.until(130_050);
    let indications = world.hear(MME);
    let cells: Value =
        [4, 5].iter().map(|cell| json!({"plmn": "22001", "eci": ECI[cell - 4], "broadcasts": 3})).collect();
    assert_eq!(indications[0]["broadcast_cancelled_area"]["cells"], cells);
    let empty: Value =
        [41395, 41396].iter().map(|id| json!({"plmn": "22001", "kind": "macro", "id": id})).collect();
    assert_eq!(indications[1]["broadcast_empty_area"], empty);
    assert_eq!(world.cells_with(0), [0; 0]);
}

#[test]
fn what_no_cell_holds_cannot_be_stopped() {
    let mut world = World::new();
    world.tell(MME, &write(0, &[4]));
    assert_eq!(world.tell(MME, &stop(1, &[4]))[0]["cause"], 3);
    assert_eq!(world.tell(MME, &stop(0, &[5]))[0]["cause"], 3);
    assert_eq!(world.cells_with(0), [4]);
}

#[test]
fn stop_all_stops_every_message_and_counts_nothing() {
    let mut world = World::new();
    world.tell(MME, &write(0, &[4]));
    world.tell(MME, &write(1, &[4]));
    world.until(50);
    world.hear(MME);
    let mut all = stop(9, &[4, 5]);
    all["stop_all"] = json!(true);
    assert_eq!(world.tell(MME, &all)[0]["cause"], 0);
    assert!(world.network.radio().on_air(4).is_empty());
    world.until(100);
    let cells = &world.hear(MME)[0]["broadcast_cancelled_area"]["cells"];
    assert_eq!(cells, &json!([{"plmn": "22001", "eci": ECI[0], "broadcasts": 0}]));
}

#[test]
fn restarted_cells_are_named_with_their_enb_and_tracking_areas() {
    let mut world = World::new();
    world.tell(MME, &write(0, &[4, 5]));
    world.hear(MME);
    world.command(json!({"do": "restart", "cells": [[5, 6], [8, 10]]}));
    assert_eq!(world.cells_with(0), [4]);
    let told: Vec<_> = world
        .hear(MME)
        .into_iter()
        .map(|told| (told["restarted_cells"].clone(), told["restart_tais"].clone()))
        .collect();
    assert_eq!(told, [(ecgis(&[5, 8]), tais(&[257, 258])), (ecgis(&[9]), tais(&[258]))]);
}

#[test]
fn failed_cells_broadcast_nothing_until_they_restart() {
    let mut world = World::new();
    world.tell(MME, &write(0, &[4]));
    world.command(json!({"do": "fail", "cells": [[4, 5]]}));
    assert_eq!(world.cells_with(0), [0; 0]);
    world.tell(MME, &write(0, &[4, 5]));
    assert_eq!(world.cells_with(0), [5]);
    world.command(json!({"do": "restart", "cells": [[4, 5]]}));
    world.tell(MME, &write(0, &[4, 5]));
    assert_eq!(world.cells_with(0), [4, 5]);
}

#[test]
fn mmes_of_one_pool_share_the_cells() {
    let mut plan = plan();
    let other = opsim::ElementPlan { name: "mme-2".into(), ..plan.elements[0].clone() };
    plan.elements.push(other);
    let mut world = World::of(plan);
    let second = opsim::ElementId(2);
    world.tell(MME, &write(0, &[4]));
    world.until(10);
    assert_eq!(world.tell(second, &write(0, &[4]))[0]["cause"], 0);
    world.until(60);
    assert_eq!(world.hear(second)[0]["broadcast_scheduled_area"]["cells"], ecgis(&[4]));
    assert_eq!(world.network.radio().on_air(4).len(), 1);
    assert_eq!(world.network.radio().on_air(4)[0].since_ms, 0);
    world.hear(MME);
    world.command(json!({"do": "restart", "element": "mme-2"}));
    assert!(world.cells_with(0).is_empty());
    assert_eq!(world.hear(MME)[0]["restarted_cells"], ecgis(&[4, 5, 6, 8]), "the other one tells of it");
}

#[test]
fn what_cannot_be_understood_gets_an_error_indication() {
    let mut world = World::new();
    for (octets, cause) in [(&[0x00, 0x63][..], 13), (&[0x00, 0x00, 0x00, 0x03, 0, 0, 0], 6)] {
        let answers = world.tell_octets(MME, octets);
        let answer = world.decoded(MME, &answers[0]);
        assert_eq!((&answer["message"], &answer["cause"]), (&json!("error_indication"), &json!(cause)));
    }
    assert_eq!(world.network.elements()[0].counters().undecodable, 2);
}
