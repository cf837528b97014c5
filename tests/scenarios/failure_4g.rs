//! S51 to S56: cells fail and restart on 4G.

use dispatch::NoticeKind;
use engine::State;
use serde_json::{Value, json};

use crate::words::{
    C1, C2, C3, C4, C5, ENB, PLMN, answer, ecgis, enb, failure, octets, off_air, on_air, restart, stop, tai,
    vector, with, write,
};
use crate::world::{PEER, Plan, World, lte, mme};

/// A write again after the eNB's restart, stop, with so many broadcasts left.
fn again(bits: u16, cells: &[u64], broadcasts: u16) -> Value {
    let node = enb(cells[0] >> 8);
    with(write(bits, cells), json!({"global_enb_id": node, "broadcasts": broadcasts}))
}

#[test]
fn s51_failure_of_cells_with_our_alert() {
    let mut world = World::one_mme();
    let alert = world.on_air(&[C1, C2]);
    world.say(PEER, &failure(&[C1]));
    assert_eq!(
        (world.shown(alert), world.view(alert).state),
        ("1 confirmed, 1 refused".into(), State::Active)
    );
    assert_eq!(world.causes(alert), ["cell failed, waiting for its restart"]);
    world.pass(1_000);
    assert_eq!(world.notice_kinds(), [NoticeKind::CellsFailed]);
    world.say_hex(PEER, vector("sbcap-pwsfi"));
    assert_eq!(world.shown(alert), "2 refused");
    // It waits for its restart, but not for ever.
    world.pass(170_000);
}

#[test]
fn s52_failure_of_cells_without_our_alert() {
    let mut world = World::one_mme();
    let alert = world.on_air(&[C1, C2]);
    world.say(PEER, &failure(&[C3]));
    assert_eq!(world.shown(alert), "2 confirmed");
    assert!(world.notices().is_empty());
    world.pass(600_000);
}

#[test]
fn s53_restart_reloads() {
    let mut world = World::one_mme();
    let (a, b) = (world.on_air(&[C1, C2]), world.on_air(&[C2]));
    world.pass(600_000);
    world.say(PEER, &restart(&[C1, C2]));
    let requests = [again(0x4110, &[C1, C2], 20), again(0x4120, &[C2], 20)];
    world.expect(PEER, &requests);
    requests.iter().for_each(|request| world.say(PEER, &answer(request, 0)));
    world.say(PEER, &on_air(0x4110, &[C1, C2]));
    world.say(PEER, &on_air(0x4120, &[C2]));
    assert_eq!((world.shown(a), world.shown(b)), ("2 confirmed".into(), "1 confirmed".into()));
    world.pass(600_000);
    // What is new to the cells names no restarted node.
    world.alert(&[C1]);
    world.expect(PEER, &[write(0x4130, &[C1])]);
}

#[test]
fn s54_restart_without_tracking_areas() {
    let mut world = World::one_mme();
    let alert = world.on_air(&[C1, C2, C3]);
    // Procedure criticality "reject" in place of "ignore", and no IE 31, as a widespread test suite sends it.
    let mut pdu = octets(&restart(&[C1, C2]));
    pdu.truncate(pdu.len() - 12);
    (pdu[2], pdu[3], pdu[6]) = (0x00, pdu[3] - 12, 0x02);
    world.say_octets(PEER, &pdu);
    world.expect_and_answer(PEER, &again(0x4110, &[C1, C2], 30), 0);
    world.say(PEER, &on_air(0x4110, &[C1, C2]));
    assert_eq!(world.shown(alert), "3 confirmed");
    assert!(world.dispatch.peer_status(dispatch::PeerId(0)).ready, "no disconnect");
    world.notices();
}

#[test]
fn s55_restart_storm() {
    let cells: Vec<u64> = (0..300).map(|n| (ENB + n) << 8 | 1).collect();
    let mut profile = mme("mme");
    profile.window = 4;
    let plan = Plan {
        sites: vec![lte("pool", 257, &cells)],
        peers: vec![(profile, vec!["pool"])],
        ..Plan::default()
    };
    let mut world = plan.up();
    let alert = world.on_air(&cells);
    assert_eq!(world.shown(alert), "300 confirmed");
    for cell in &cells {
        world.say(PEER, &restart(&[*cell]));
        world.pass(3);
    }
    let mut written: Vec<u64> = Vec::new();
    for _ in 0..300 {
        let sent = world.sent_to(PEER);
        if sent.is_empty() {
            break;
        }
        assert!(sent.len() <= 4, "the MME's window holds");
        for request in sent {
            let named: Vec<u64> = request["area"]["cells"]
                .as_array()
                .unwrap()
                .iter()
                .map(|cell| cell["eci"].as_u64().unwrap())
                .collect();
            world.say(PEER, &answer(&request, 0));
            world.say(PEER, &on_air(0x4110, &named));
            written.extend(named);
        }
    }
    written.sort_unstable();
    assert_eq!(written, cells, "each cell once");
    world.pass(1_000);
    let notices = world.notices();
    assert_eq!((notices.len(), notices[0].kind), (1, NoticeKind::CellsRestarted));
    assert_eq!(notices[0].words, "300 cells restarted");
    assert_eq!(world.shown(alert), "300 confirmed");
}

#[test]
fn s56_restart_for_an_alert_that_is_over() {
    let mut world = World::one_mme();
    let (expired, cancelled) = (world.on_air(&[C1, C2]), world.on_air(&[C2]));
    world.cancel(cancelled);
    world.sent_to(PEER);
    world.say(PEER, &off_air(0x4120, &[C2], 1));
    world.pass(1_801_000);
    assert_eq!(world.view(expired).state, State::Expired);
    // The stop that expiry brings has no answer yet. A write may have been on its way while the cells restarted, so its
    // answer counts, and what nobody knows of is off.
    let stop = stop(0x4110, &[C1, C2]);
    world.expect(PEER, std::slice::from_ref(&stop));
    world.say(PEER, &restart(&[C1, C2]));
    assert_eq!(world.view(expired).state, State::Expired);
    world.say(PEER, &answer(&stop, 3));
    assert_eq!(world.view(expired).state, State::Closed);
    world.pass(600_000);
}

#[test]
fn a_restart_of_two_nodes_is_written_one_by_one() {
    let mut world = Plan { sites: vec![lte("pool", 257, &[C1, C2, C4, C5])], ..Plan::default() }.up();
    world.on_air(&[C1, C2, C4, C5]);
    world.disconnect(PEER);
    world.connect(PEER);
    world.expect(PEER, &[write(0x4110, &[C1, C2, C4, C5])]);
    let both = json!({
        "message": "pws_restart_indication", "restarted_cells": ecgis(&[C1, C2]), "global_enb_id": enb(ENB),
        "restart_tais": [tai(257), {"plmn": PLMN, "tac": 258}],
    });
    world.say(PEER, &answer(&write(0x4110, &[]), 0));
    world.say(PEER, &on_air(0x4110, &[C1, C2, C4, C5]));
    world.say(PEER, &both);
    world.say(PEER, &restart(&[C4, C5]));
    world.expect(PEER, &[again(0x4110, &[C1, C2], 30), again(0x4110, &[C4, C5], 30)]);
}
