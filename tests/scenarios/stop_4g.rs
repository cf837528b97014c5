//! S31 to S37: an alert stops on 4G.

use engine::State;
use serde_json::json;

use crate::words::{C1, C2, C3, C4, C5, answer, off_air, on_air, stop, with, write};
use crate::world::{PEER, Plan, World, lte, mme, without_indications};

#[test]
fn s31_stop_a_timed_alert() {
    let plan = Plan { peers: vec![(without_indications(mme("mme")), vec!["pool"])], ..Plan::default() };
    let mut world = plan.up();
    let alert = world.alert(&[C1, C2, C3]);
    world.expect_and_answer(
        PEER,
        &with(write(0x4110, &[C1, C2, C3]), json!({"send_write_replace_indication": null})),
        0,
    );
    world.cancel(alert);
    assert_eq!(world.view(alert).state, State::Cancelled);
    let request = with(stop(0x4110, &[C1, C2, C3]), json!({"send_stop_indication": null}));
    world.expect_and_answer(PEER, &request, 0);
    assert_eq!((world.view(alert).state, world.shown(alert)), (State::Closed, "; off: 3 accepted".into()));
    world.pass(600_000);
}

#[test]
fn s32_stop_with_indications() {
    let mut world = World::one_mme();
    let alert = world.on_air(&[C1, C2, C3]);
    world.cancel(alert);
    world.expect_and_answer(PEER, &stop(0x4110, &[C1, C2, C3]), 0);
    assert_eq!(world.shown(alert), "; off: 3 accepted");
    world.say(PEER, &off_air(0x4110, &[C1, C2], 12));
    assert_eq!(world.shown(alert), "; off: 1 accepted, 2 confirmed");
    assert_eq!(world.view(alert).state, State::Cancelled);
    world.say(PEER, &off_air(0x4110, &[C3], 11));
    assert_eq!((world.view(alert).state, world.shown(alert)), (State::Closed, "; off: 3 confirmed".into()));
    world.pass(600_000);
}

#[test]
fn s33_endless_alert() {
    let mut plan = Plan::default();
    plan.class.until_stopped = true;
    let mut world = plan.up();
    let alert = world.alert(&[C1, C2, C3]);
    let request = with(write(0x4110, &[C1, C2, C3]), json!({"broadcasts": 0}));
    world.expect_and_answer(PEER, &request, 0);
    world.say(PEER, &on_air(0x4110, &[C1, C2, C3]));
    world.pass(120_000);
    assert!(world.view(alert).expires_ms.is_some(), "the policy's ceiling is shown");
    world.cancel(alert);
    world.expect_and_answer(PEER, &stop(0x4110, &[C1, C2, C3]), 0);
    world.say(PEER, &off_air(0x4110, &[C1, C2, C3], 2));
    assert_eq!(world.view(alert).state, State::Closed);
}

#[test]
fn s34_partial_stop() {
    let plan = Plan {
        sites: vec![lte("north", 257, &[C1, C2, C3]), lte("south", 257, &[C4, C5])],
        peers: vec![(mme("mme-north"), vec!["north"]), (mme("mme-south"), vec!["south"])],
        ..Plan::default()
    };
    let mut world = plan.up();
    let alert = world.alert(&[C1, C2, C3, C4, C5]);
    world.expect_and_answer(0, &write(0x4110, &[C1, C2, C3]), 0);
    world.say(0, &on_air(0x4110, &[C1, C2, C3]));
    world.expect_and_answer(1, &write(0x4110, &[C4, C5]), 0);
    world.say(1, &on_air(0x4110, &[C4, C5]));
    world.new_cells(alert, &[C3, C4, C5]);
    world.expect_and_answer(0, &stop(0x4110, &[C1, C2]), 0);
    world.say(0, &off_air(0x4110, &[C1, C2], 3));
    assert_eq!(world.shown(alert), "3 confirmed; off: 2 confirmed");
    assert_eq!(world.view(alert).state, State::Active);
    world.pass(600_000);
}

#[test]
fn s35_stop_for_something_unknown() {
    let mut world = World::one_mme();
    let alert = world.on_air(&[C1, C2, C3]);
    world.cancel(alert);
    world.expect_and_answer(PEER, &stop(0x4110, &[C1, C2, C3]), 3);
    assert_eq!((world.view(alert).state, world.shown(alert)), (State::Closed, "; off: 3 confirmed".into()));
    assert_eq!(world.notices().len(), 1, "a note in the log");
    world.pass(600_000);
}

#[test]
fn s37_cancel_overtakes() {
    // Whole eNBs of 256 cells: none is ever split.
    let many: Vec<u64> = (0..5_000).map(|n| 0x10_0000 + n).collect();
    let mut profile = mme("mme");
    (profile.cells_per_pdu, profile.window) = (256, 1);
    let plan = Plan {
        sites: vec![lte("pool", 257, &many)],
        peers: vec![(profile, vec!["pool"])],
        ..Plan::default()
    };
    let mut world = plan.up();
    let alert = world.alert(&many);
    let first = world.sent_to(PEER);
    assert_eq!(first.len(), 1, "the rest waits");
    world.cancel(alert);
    let written: Vec<u64> = many[..256].to_vec();
    world.expect(PEER, &[stop(0x4110, &written)]);
    assert_eq!(world.shown(alert), "; off: 256 sent, 4744 confirmed");
    world.say(PEER, &answer(&first[0], 0));
    world.say(PEER, &answer(&stop(0x4110, &[]), 0));
    world.say(PEER, &off_air(0x4110, &written, 0));
    assert_eq!(
        (world.view(alert).state, world.shown(alert)),
        (State::Closed, "; off: 5000 confirmed".into())
    );
    world.pass(600_000);
}
