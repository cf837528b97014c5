//! S31 to S37: an alert stops on 4G.

use engine::State;
use engine::command::Command;
use serde_json::json;

use crate::words::{C1, C2, C3, C4, C5, answer, off_air, on_air, stop, vector, vector_words, with, write};
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
    assert_eq!(world.view(alert).messages[0].broadcasts, [(11, 1), (12, 2)].into());
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
fn s36_stop_all() {
    let mut world = World::one_mme();
    let (a, b) = (world.on_air(&[C1, C2]), world.on_air(&[C2, C3]));
    world.command("bora", Command::StopAll { reason: "a false alarm".into() }).unwrap();
    let request = with(vector_words("sbcap-swr-stop-all"), json!({"send_stop_indication": true}));
    world.expect_and_answer(PEER, &request, 0);
    assert_eq!((world.shown(a), world.shown(b)), ("; off: 2 accepted".into(), "; off: 2 accepted".into()));
    world.say(PEER, &off_air(0x4110, &[C1], 0));
    assert_eq!(world.view(a).state, State::Cancelled);
    world.say(PEER, &off_air(0x4110, &[C2, C3], 0));
    for alert in [a, b] {
        let view = world.view(alert);
        assert_eq!((view.state, world.shown(alert)), (State::Closed, "; off: 2 confirmed".into()));
        let step = view.history.iter().find(|step| step.verb == "stop all").unwrap();
        assert_eq!((step.by.as_deref(), step.reason.as_deref()), (Some("bora"), Some("a false alarm")));
    }
    world.pass(600_000);
    let nothing = world.command("bora", Command::StopAll { reason: "again".into() });
    assert_eq!(nothing, Err(engine::Refusal::NothingOn));
}

#[test]
fn s36_what_a_stop_of_all_leaves_open_is_stopped_one_by_one() {
    let plan = Plan { peers: vec![(without_indications(mme("mme")), vec!["pool"])], ..Plan::default() };
    let mut world = plan.up();
    let alerts = [world.alert(&[C1]), world.alert(&[C2])];
    for request in world.sent_to(PEER) {
        world.say(PEER, &answer(&request, 0));
    }
    world.command("ana", Command::StopAll { reason: "a false alarm".into() }).unwrap();
    assert_eq!(world.hex_to(PEER), [vector("sbcap-swr-stop-all")]);
    world.pass(7_000);
    let plain = |bits, cell| with(stop(bits, &[cell]), json!({"send_stop_indication": null}));
    world.expect(PEER, &[plain(0x4110, C1), plain(0x4120, C2)]);
    world.say(PEER, &answer(&stop(0x4110, &[]), 0));
    world.say(PEER, &answer(&stop(0x4120, &[]), 3));
    assert!(alerts.iter().all(|alert| world.view(*alert).state == State::Closed));
    world.notices();
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
