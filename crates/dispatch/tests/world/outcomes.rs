//! What peers say, and what is reported of it.

use dispatch::{FirstContact, PeerId, Profile, Reach};
use engine::order::{OrderId, Verb};
use engine::report::{Cause, Outcome, Report};
use serde_json::json;

use crate::station::{silent, with};
use crate::{GSM, LTE, World, free, indices};

fn mme() -> World {
    World::new(LTE, Reach::OneThenFailover, vec![free(Profile::sbcap("mme"))]).up()
}

fn bsc() -> World {
    World::new(GSM, Reach::OneThenFailover, vec![free(Profile::cbsp("bsc"))]).up()
}

fn ecgi(eci: u32) -> serde_json::Value {
    json!({"plmn": "22001", "eci": eci})
}

fn serial(bits: u16) -> serde_json::Value {
    serde_json::to_value(cbs::SerialNumber::from_bits(bits)).unwrap()
}

const ALL: [u32; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

#[test]
fn a_write_is_sent_then_accepted_then_settled() {
    let mut world = mme();
    let order = world.write(0x4110, 0..8);
    world.run(1000);
    assert_eq!(world.words(), [(Outcome::Sent, ALL.into()), (Outcome::Accepted, ALL.into())]);
    assert_eq!(world.settled(), [order.0]);
    let peer = world.dispatch.peer_status(PeerId(0));
    assert_eq!((peer.in_flight, peer.queued_orders, peer.pdus_sent, peer.pdus_received), (0, 0, 1, 1));
    let traffic = world.dispatch.traffic(crate::ALERT);
    assert_eq!((traffic[0].pdus, traffic[0].octets), (1, world.sent[0].octets.len() as u64));
}

#[test]
fn cells_of_an_unknown_tracking_area_are_refused_and_the_rest_accepted() {
    let mut world = mme();
    world.manner(
        0,
        with(10, |_, mut answer| {
            answer["unknown_tais"] = json!([{"plmn": "22001", "tac": 2}, {"plmn": "99999", "tac": 3}]);
            answer
        }),
    );
    world.write(0x4110, 0..8);
    world.run(1000);
    let words = world.words();
    assert_eq!(words[1], (Outcome::Refused(Cause::AreaUnknown), vec![4, 5, 6, 7]));
    assert_eq!(words[2], (Outcome::Accepted, vec![0, 1, 2, 3]));
    assert_eq!(world.notice_kinds(), ["unknown_area"]);
    assert!(world.notices[0].words.contains("areas 2 3"), "{}", world.notices[0].words);
}

#[test]
fn causes_of_an_mme_are_told_in_neutral_words() {
    for (code, cause) in [
        (1, Cause::InvalidParameter),
        (3, Cause::ReferenceUnknown),
        (4, Cause::AreaUnknown),
        (7, Cause::CapacityExceeded),
        (8, Cause::CapacityExceeded),
        (9, Cause::NotSupported),
        (10, Cause::NotOperational),
        (11, Cause::ReferenceUsed),
        (12, Cause::Unspecified),
        (13, Cause::ProtocolError),
        (200, Cause::Unspecified),
    ] {
        let mut world = mme();
        world.manner(
            0,
            with(10, move |_, mut answer| {
                answer["cause"] = code.into();
                answer
            }),
        );
        world.write(0x4110, 0..8);
        world.run(1000);
        assert_eq!(world.words()[1], (Outcome::Refused(cause), ALL.into()));
        assert_eq!(world.settled().len(), 1);
    }
}

#[test]
fn a_serial_clash_is_an_alarm_and_the_repeat_of_a_write_is_none() {
    let mut world = mme();
    world.manner(
        0,
        with(10, |_, mut answer| {
            answer["cause"] = 11.into();
            answer
        }),
    );
    world.write(0x4110, 0..4);
    world.run(1000);
    assert_eq!(world.notice_kinds(), ["serial_clash"]);
    world.write(0x4110, 0..4);
    world.run(1000);
    assert_eq!(world.notice_kinds(), ["serial_clash"]);
}

#[test]
fn indications_confirm_the_cells_they_name_before_or_after_the_answer() {
    let mut world = mme();
    let indication = |cells: &[u32]| {
        let cells: Vec<_> = cells.iter().map(|eci| ecgi(*eci)).collect();
        json!({"message": "write_replace_warning_indication", "message_id": 4379, "serial": serial(0x4110),
               "broadcast_scheduled_area": {"cells": cells}})
    };
    world.write(0x4110, 0..6);
    world.say(0, 5, indication(&[0x101, 0x102]));
    world.say(0, 20, indication(&[0x301, 0x302, 0x999]));
    world.run(1000);
    assert_eq!(
        world.words()[1..],
        [
            (Outcome::Confirmed, vec![0, 1]),
            (Outcome::Accepted, vec![0, 1, 2, 3, 4, 5]),
            (Outcome::Confirmed, vec![5]),
        ]
    );
}

#[test]
fn an_indication_of_what_nobody_sent_is_only_a_notice() {
    let mut world = mme();
    let indication = json!({"message": "write_replace_warning_indication", "message_id": 4379,
        "serial": serial(0x4110), "broadcast_scheduled_area": {"cells": [ecgi(0x101)]}});
    world.say(0, 5, indication);
    world.say(0, 6, json!({"message": "write_replace_warning_response", "message_id": 1, "serial": serial(1), "cause": 0}));
    world.run(1000);
    assert!(world.reports.is_empty());
    assert_eq!(world.notice_kinds(), ["unsolicited", "unsolicited"]);
}

#[test]
fn a_stop_confirms_cancelled_cells_and_those_of_empty_enbs() {
    let mut world = mme();
    world.kill(0x4110, 0..8);
    let cancelled = json!({"plmn": "22001", "eci": 0x101, "broadcasts": 3});
    world.say(
        0,
        50,
        json!({"message": "stop_warning_indication", "message_id": 4379, "serial": serial(0x4110),
        "broadcast_cancelled_area": {"cells": [cancelled]},
        "broadcast_empty_area": [{"plmn": "22001", "kind": "macro", "id": 2}]}),
    );
    world.run(1000);
    let words = world.words();
    let said = [(Outcome::Confirmed, vec![0]), (Outcome::Confirmed, vec![3, 4])];
    assert_eq!(words[words.len() - 2..], said, "what is named, then what is empty and was accepted to stop");
    assert_eq!(world.cell_reports().last().map(|report| report.verb), Some(Verb::Kill));
}

#[test]
fn no_answer_is_reported_once_and_a_late_one_as_what_it_says() {
    let mut world = mme();
    world.manner(0, with(12_000, |_, answer| answer));
    let order = world.write(0x4110, 0..8);
    world.run(20_000);
    assert_eq!(world.words()[1..], [(Outcome::Unanswered, ALL.into()), (Outcome::Accepted, ALL.into())]);
    assert_eq!(world.settled(), [order.0]);
    assert_eq!(world.dispatch.peer_status(PeerId(0)).unanswered, 1);
}

#[test]
fn a_late_answer_serves_the_repeat_of_its_request_too() {
    let mut world = mme();
    world.manner(0, silent());
    world.write(0x4110, 0..8);
    world.run(11_000);
    world.manner(0, with(10, |_, answer| answer));
    let repeat = world.write(0x4110, 0..8);
    world.run(30_000);
    assert_eq!(world.words()[2..], [(Outcome::Sent, ALL.into()), (Outcome::Accepted, ALL.into())]);
    assert_eq!(world.settled().last(), Some(&repeat.0));
    assert_eq!(world.dispatch.peer_status(PeerId(0)).in_flight, 0);
}

#[test]
fn a_late_answer_counts_for_the_cells_it_names_and_for_no_others() {
    let mut world = bsc();
    world.manner(0, with(12_000, |_, answer| answer));
    world.write(1, 0..2);
    world.run(11_000);
    world.manner(0, with(5_000, |_, answer| answer));
    let younger = world.write(1, 2..5);
    world.run(3_000);
    assert_eq!(
        world.words()[2..],
        [
            (Outcome::Sent, vec![2, 3, 4]),
            (Outcome::Unanswered, vec![2, 3, 4]),
            (Outcome::Confirmed, vec![0, 1]),
        ]
    );
    assert_eq!(world.settled().last(), Some(&younger.0));
    world.run(10_000);
    assert_eq!(world.words().last(), Some(&(Outcome::Confirmed, vec![2, 3, 4])), "its own answer comes");
    assert_eq!(world.dispatch.peer_status(PeerId(0)).in_flight, 0);
}

#[test]
fn answers_that_come_late_one_after_the_other_find_their_cells() {
    let mut world = bsc();
    world.manner(0, with(12_000, |_, answer| answer));
    world.write(1, 0..2);
    world.write(1, 2..5);
    world.run(11_000);
    world.manner(0, with(5_000, |_, answer| answer));
    world.write(1, 0..2);
    world.run(2_000);
    world.write(1, 2..5);
    world.run(20_000);
    let confirmed = world.words().into_iter().filter(|(outcome, _)| *outcome == Outcome::Confirmed);
    let (first, second) = (vec![0, 1], vec![2, 3, 4]);
    assert_eq!(
        confirmed.map(|(_, cells)| cells).collect::<Vec<_>>(),
        [first.clone(), second.clone(), first, second]
    );
    assert_eq!(world.dispatch.peer_status(PeerId(0)).in_flight, 0);
}

#[test]
fn restarts_and_failures_name_the_controllers_cells() {
    let mut world = mme();
    let enb = json!({"plmn": "22001", "kind": "macro", "id": 1});
    world.say(
        0,
        1,
        json!({"message": "pws_failure_indication", "failed_cells": [ecgi(0x102)], "global_enb_id": enb}),
    );
    world.say(
        0,
        2,
        json!({"message": "pws_restart_indication", "restarted_cells": [ecgi(0x101), ecgi(0x102)],
        "global_enb_id": enb, "restart_tais": [{"plmn": "22001", "tac": 1}]}),
    );
    world.run(10);
    let cells: Vec<_> = world
        .reports
        .iter()
        .map(|report| match report {
            Report::Failed(_, cells) => ("failed", indices(cells)),
            Report::Restarted(_, cells) => ("restarted", indices(cells)),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(cells, [("failed", vec![1]), ("restarted", vec![0, 1])]);
}

#[test]
fn a_bscs_complete_confirms_every_cell_asked_for() {
    let mut world = bsc();
    world.write(1, 0..5);
    world.run(100);
    world.manner(
        0,
        with(10, |_, mut answer| {
            answer.as_object_mut().unwrap().remove("cells");
            answer
        }),
    );
    world.write(2, 0..5);
    world.kill(2, 0..5);
    world.run(100);
    let confirmed =
        world.words().into_iter().filter(|word| *word == (Outcome::Confirmed, vec![0, 1, 2, 3, 4]));
    assert_eq!(confirmed.count(), 3);
    assert_eq!(world.settled().len(), 3);
}

#[test]
fn a_bscs_failure_says_nothing_of_the_cells_that_it_does_not_list() {
    let failures = json!([
        {"kind": "cgi", "plmn": "22001", "lac": 7, "ci": 1, "cause": 3},
        {"kind": "lac_ci", "lac": 8, "ci": 4, "cause": 6},
    ]);
    let mut world = bsc();
    let failure = {
        let failures = failures.clone();
        move |cells: serde_json::Value| {
            let failures = failures.clone();
            with(10, move |request, _| {
                let mut pdu = json!({"message": "write_replace_failure", "message_id": 4379,
                    "new_serial": request.pdu["new_serial"], "failures": failures, "channel": "basic"});
                if !cells.is_null() {
                    pdu["cells"] = cells.clone();
                }
                pdu
            })
        }
    };
    world.manner(0, failure(serde_json::Value::Null));
    world.write(1, 0..5);
    world.run(100);
    let refused = [
        (Outcome::Refused(Cause::CellUnknown), vec![0]),
        (Outcome::Refused(Cause::CapacityExceeded), vec![4]),
    ];
    assert_eq!(world.words()[1..3], refused);
    assert_eq!(world.words()[3..], [(Outcome::Unanswered, vec![1, 2, 3])]);

    // One that says where it succeeded has said nothing of the cell in neither list.
    world.reports.clear();
    world.manner(0, failure(json!({"kind": "lac_ci", "items": [{"lac": 7, "ci": 2}, {"lac": 7, "ci": 3}]})));
    world.write(2, 0..5);
    world.run(100);
    assert_eq!(world.words()[3..], [(Outcome::Confirmed, vec![1, 2]), (Outcome::Unanswered, vec![3])]);
}

#[test]
fn a_kill_of_what_a_bsc_does_not_hold_is_told_as_such() {
    let mut world = bsc();
    world.manner(0, with(10, |request, _| json!({"message": "kill_failure", "message_id": 4379,
        "old_serial": request.pdu["old_serial"], "failures": [{"kind": "bss", "cause": 2}], "channel": "basic"})));
    world.kill(1, 0..5);
    world.run(100);
    assert_eq!(world.words()[1], (Outcome::Refused(Cause::ReferenceUnknown), vec![0, 1, 2, 3, 4]));
}

#[test]
fn a_status_query_confirms_the_cells_that_its_answer_lists() {
    let mut world = bsc();
    world.manner(0, with(10, |_, answer| answer));
    world.say(
        0,
        10,
        json!({"message": "message_status_query_complete", "message_id": 4379, "old_serial": serial(1),
        "completed": {"kind": "lac", "items": [{"lac": 7, "completed": 5, "info": 0}]}, "channel": "basic"}),
    );
    let order = world.query(1, 0..5);
    world.run(100);
    assert_eq!(
        world.words()[1..],
        [(Outcome::Confirmed, vec![0, 1, 2]), (Outcome::Refused(Cause::ReferenceUnknown), vec![3, 4]),]
    );
    assert_eq!(world.settled(), [order.0]);
}

#[test]
fn a_bscs_restart_counts_once_for_both_kinds_of_message() {
    let mut world = bsc();
    for (at, kind) in ["cbs", "emergency"].into_iter().enumerate() {
        let bss = json!({"kind": "bss", "items": []});
        world.say(0, at as u64, json!({"message": "restart", "cells": bss, "broadcast_message_type": kind}));
    }
    world.run(100);
    assert!(
        matches!(&world.reports[..], [Report::Restarted(_, cells)] if cells.len() == 5),
        "{:?}",
        world.reports
    );
}

#[test]
fn a_restart_that_kept_its_data_is_news_only_for_cells_that_had_failed() {
    let mut world = bsc();
    let lac = |lac: u16| json!({"kind": "lac", "items": [{"lac": lac}]});
    let restart = |cells| json!({"message": "restart", "cells": cells, "broadcast_message_type": "cbs", "recovery": "data_available"});
    world.say(
        0,
        1,
        json!({"message": "failure", "broadcast_message_type": "cbs",
        "failures": [{"kind": "lac", "lac": 7, "cause": 10}]}),
    );
    world.say(0, 2, restart(lac(8)));
    world.say(0, 3, restart(lac(7)));
    world.say(0, 4, restart(lac(7)));
    world.run(100);
    assert!(matches!(&world.reports[..],
        [Report::Failed(_, failed), Report::Restarted(_, back)] if failed == back && failed.len() == 3));
}

#[test]
fn only_the_first_contact_with_a_bsc_begins_with_a_reset() {
    let mut world = World::new(GSM, Reach::OneThenFailover, vec![free(Profile::cbsp("bsc"))]);
    world.dispatch.link_up(world.now_ms, PeerId(0), FirstContact(true));
    world.run(5);
    assert!(world.reports.is_empty(), "not up before the reset is answered");
    world.run(100);
    assert!(matches!(world.reports[..], [Report::Up(_)]));
    world.link_down(0);
    world.link_up(0);
    world.run(100);
    assert_eq!(world.sent("reset").len(), 1);
    assert!(matches!(world.reports[..], [Report::Up(_), Report::Down(_), Report::Up(_)]));
}

#[test]
fn a_bsc_that_answers_no_keep_alive_is_given_up_with_what_it_was_asked() {
    let mut world = bsc();
    world.manner(0, Box::new(|_| Vec::new()));
    world.run(55_000);
    world.write(1, 0..5);
    world.run(5_000);
    assert_eq!(world.notice_kinds(), ["close_link", "unanswered"]);
    assert_eq!(world.words()[1..], [(Outcome::Unanswered, vec![0, 1, 2, 3, 4])]);
    assert!(matches!(world.reports.last(), Some(Report::Down(_))));
    assert!(!world.dispatch.peer_status(PeerId(0)).ready);
}

#[test]
fn what_a_peer_cannot_be_told_is_refused_in_our_own_name() {
    let mut profile = free(Profile::sbcap("mme"));
    if let dispatch::Protocol::Sbcap(dialect) = &mut profile.protocol {
        dialect.concurrent = false;
    }
    let mut world = World::new(LTE, Reach::OneThenFailover, vec![profile]).up();
    let action = engine::order::Action::Write {
        message: crate::message(1),
        broadcasts: cbs::Broadcasts::UntilStopped,
        replaces: None,
    };
    let order = world.order(
        engine::order::Priority::Live(cbs::Level::Amber),
        crate::ALERT,
        action,
        area::CellRuns::from_range(0..8),
    );
    world.run(100);
    assert!(world.sent.is_empty());
    assert_eq!(world.words(), [(Outcome::Refused(Cause::NotExpressible), ALL.into())]);
    assert_eq!(world.settled(), [order.0]);
    assert_eq!(order, OrderId(1));
}
