//! S80 to S82: submitters, expiry, and a daemon that dies.

use engine::State;
use engine::command::{Command, Wording};
use policy::Channel;

use crate::words::{C1, C2, C3, answer, off_air, on_air, stop, write};
use crate::world::{PEER, Plan, World, texts_of};

#[test]
fn s80_duplicate_submission() {
    let mut world = World::one_mme();
    let wording =
        Wording { texts: texts_of(&[("sr", "TEST")]), target: world.target(&[C1]), ..Wording::default() };
    let draft = Command::Draft { channel: Channel::Live, class: "missing-child".into(), wording };
    let first = world.keyed("ana", Some("cap-1"), draft.clone()).unwrap();
    assert_eq!(world.keyed("ana", Some("cap-1"), draft), Ok(first));
    world.command("ana", Command::Submit { alert: first }).unwrap();
    let approve = Command::Approve { alert: first, version: None };
    assert_eq!(world.keyed("bora", Some("yes-1"), approve.clone()), Ok(first));
    assert_eq!(world.keyed("bora", Some("yes-1"), approve), Ok(first));
    world.expect(PEER, &[write(0x4110, &[C1])]);
    assert_eq!(world.engine.alerts().count(), 1);
}

#[test]
fn s81_expiry_while_a_peer_is_down() {
    let mut world = World::one_mme();
    let alert = world.on_air(&[C1, C2, C3]);
    world.pass(1_700_000);
    world.disconnect(PEER);
    world.pass(120_000);
    assert_eq!((world.view(alert).state, world.shown(alert)), (State::Expired, "; off: 3 pending".into()));
    world.connect(PEER);
    world.expect(PEER, &[stop(0x4110, &[C1, C2, C3])]);
    world.say(PEER, &answer(&stop(0x4110, &[]), 0));
    world.say(PEER, &off_air(0x4110, &[C1, C2, C3], 30));
    assert_eq!((world.view(alert).state, world.shown(alert)), (State::Closed, "; off: 3 confirmed".into()));
}

#[test]
fn s82_killed_between_journal_and_wire() {
    let mut world = Plan::default().down();
    let alert = world.alert(&[C1, C2, C3]);
    world.crash();
    world.connect(PEER);
    world.expect(PEER, &[write(0x4110, &[C1, C2, C3])]);
    world.say(PEER, &answer(&write(0x4110, &[]), 0));
    world.say(PEER, &on_air(0x4110, &[C1, C2, C3]));
    assert_eq!((world.serials(alert), world.shown(alert)), (vec![0x4110], "3 confirmed".into()));
    world.pass(600_000);
}

#[test]
fn s82_killed_between_wire_and_answer() {
    let mut world = World::one_mme();
    let alert = world.alert(&[C1, C2, C3]);
    let sent = world.octets_to(PEER);
    world.crash();
    assert_eq!(world.shown(alert), "3 unknown");
    world.connect(PEER);
    assert_eq!(world.octets_to(PEER), sent, "the same octets, once more");
    // It runs already: the MME says so, and that is our own message.
    world.say(PEER, &answer(&write(0x4110, &[]), 11));
    world.say(PEER, &on_air(0x4110, &[C1, C2, C3]));
    assert_eq!((world.serials(alert), world.shown(alert)), (vec![0x4110], "3 confirmed".into()));
    world.pass(600_000);
}

#[test]
fn s82_killed_with_an_alert_on_air_keeps_it() {
    let mut world = World::one_mme();
    let alert = world.on_air(&[C1, C2, C3]);
    world.crash();
    world.connect(PEER);
    world.expect(PEER, &[write(0x4110, &[C1, C2, C3])]);
    world.say(PEER, &answer(&write(0x4110, &[]), 0));
    world.say(PEER, &on_air(0x4110, &[C1, C2, C3]));
    assert_eq!((world.view(alert).state, world.shown(alert)), (State::Active, "3 confirmed".into()));
    world.pass(600_000);
}
