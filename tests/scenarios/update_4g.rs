//! S38 to S45: an alert changes on 4G.

use dispatch::Protocol;
use engine::command::Change;
use engine::{AlertId, State};
use serde_json::{Value, json};

use crate::words::{C1, C2, C3, C4, C5, answer, off_air, on_air, restart, serial, stop, with, write};
use crate::world::{PEER, Plan, World, lte, mme, texts_of, without_indications};

const NEW: &str = "FOUND NEAR NIS";

fn new_text(pdu: Value) -> Value {
    with(pdu, json!({"content": {"encoding": "gsm7", "text": NEW}}))
}

fn five_cells() -> World {
    Plan { sites: vec![lte("pool", 257, &[C1, C2, C3, C4, C5])], ..Plan::default() }.up()
}

#[test]
fn s38_new_text_same_area() {
    let plan = Plan { peers: vec![(without_indications(mme("mme")), vec!["pool"])], ..Plan::default() };
    let mut world = plan.up();
    let alert = world.alert(&[C1, C2, C3]);
    let plain = json!({"send_write_replace_indication": null, "send_stop_indication": null});
    world.expect_and_answer(PEER, &with(write(0x4110, &[C1, C2, C3]), plain.clone()), 0);
    world.new_text(alert, NEW);
    world.expect_and_answer(PEER, &with(new_text(write(0x4111, &[C1, C2, C3])), plain.clone()), 0);
    world.expect_and_answer(PEER, &with(stop(0x4110, &[C1, C2, C3]), plain), 0);
    let view = world.view(alert);
    assert_eq!((view.version.unwrap().number, view.networks[0].older), (2, 0));
    assert_eq!((world.serials(alert), world.shown(alert)), (vec![0x4111], "3 accepted".into()));
    world.pass(600_000);
}

#[test]
fn s38_stop_then_start() {
    let mut profile = mme("mme");
    if let Protocol::Sbcap(dialect) = &mut profile.protocol {
        dialect.stops_first = true;
    }
    let mut world = Plan { peers: vec![(profile, vec!["pool"])], ..Plan::default() }.up();
    let alert = world.on_air(&[C1, C2, C3]);
    world.new_text(alert, "FOUND");
    world.expect_and_answer(PEER, &stop(0x4110, &[C1, C2, C3]), 0);
    let text = json!({"content": {"encoding": "gsm7", "text": "FOUND"}});
    world.expect_and_answer(PEER, &with(write(0x4111, &[C1, C2, C3]), text.clone()), 0);
    world.say(PEER, &off_air(0x4110, &[C1, C2, C3], 4));
    world.say(PEER, &on_air(0x4111, &[C1, C2, C3]));
    assert_eq!((world.shown(alert), world.view(alert).networks[0].older), ("3 confirmed".into(), 0));
    world.pass(600_000);
    // A stop that nobody answers holds the new text back for no longer than its answer may take.
    world.new_text(alert, "AGAIN");
    world.expect(PEER, &[stop(0x4111, &[C1, C2, C3])]);
    world.pass(5_000);
    let sent = world.sent_to(PEER);
    assert_eq!(sent[0]["serial"], serial(0x4112), "{sent:?}");
}

#[test]
fn s39_new_text_with_indications() {
    let mut world = World::one_mme();
    let alert = world.on_air(&[C1, C2, C3]);
    world.new_text(alert, NEW);
    world.expect_and_answer(PEER, &new_text(write(0x4111, &[C1, C2, C3])), 0);
    world.expect_and_answer(PEER, &stop(0x4110, &[C1, C2, C3]), 0);
    // A word about the version before says nothing of this one.
    world.say(PEER, &on_air(0x4110, &[C1, C2, C3]));
    assert_eq!(world.shown(alert), "3 accepted");
    world.say(PEER, &on_air(0x4111, &[C1, C2, C3]));
    assert_eq!((world.shown(alert), world.view(alert).networks[0].older), ("3 confirmed".into(), 3));
    world.say(PEER, &off_air(0x4110, &[C1, C2, C3], 4));
    assert_eq!((world.shown(alert), world.view(alert).networks[0].older), ("3 confirmed".into(), 0));
    world.pass(600_000);
}

#[test]
fn s40_area_grows_and_shrinks() {
    let mut world = five_cells();
    let alert = world.on_air(&[C1, C2, C3]);
    world.new_cells(alert, &[C2, C3, C4, C5]);
    let mut sent = world.sent_to(PEER);
    sent.sort_by_key(|pdu| pdu["message"].to_string());
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], stop(0x4110, &[C1]));
    assert_eq!(sent[1], write(0x4110, &[C4, C5]));
    sent.iter().for_each(|request| world.say(PEER, &answer(request, 0)));
    world.say(PEER, &off_air(0x4110, &[C1], 1));
    world.say(PEER, &on_air(0x4110, &[C4, C5]));
    assert_eq!(world.shown(alert), "4 confirmed; off: 1 confirmed");
    assert_eq!(world.serials(alert), [0x4110]);
    world.pass(600_000);
}

#[test]
fn s41_remaining_broadcasts_at_growth() {
    let mut world = five_cells();
    let alert = world.on_air(&[C1, C2, C3]);
    world.pass(620_000);
    world.new_cells(alert, &[C1, C2, C3, C4, C5]);
    world.expect_and_answer(PEER, &with(write(0x4110, &[C4, C5]), json!({"broadcasts": 20})), 0);
    world.say(PEER, &on_air(0x4110, &[C4, C5]));
    assert_eq!(world.shown(alert), "5 confirmed");
}

#[test]
fn s42_new_period_only() {
    let mut world = World::one_mme();
    let alert = world.on_air(&[C1, C2, C3]);
    world.pass(600_000);
    world.update(alert, Change { period_s: Some(30), ..Change::default() });
    world.expect_and_answer(PEER, &stop(0x4110, &[C1, C2, C3]), 0);
    let faster = json!({"repetition_period": 30, "broadcasts": 40});
    world.expect_and_answer(PEER, &with(write(0x4110, &[C1, C2, C3]), faster), 0);
    world.say(PEER, &off_air(0x4110, &[C1, C2, C3], 10));
    world.say(PEER, &on_air(0x4110, &[C1, C2, C3]));
    // The same serial number: no phone rings again.
    assert_eq!((world.serials(alert), world.shown(alert)), (vec![0x4110], "3 confirmed".into()));
    world.pass(60_000);
    // What comes later keeps the new period.
    world.say(PEER, &restart(&[C1, C2, C3]));
    let sent = world.sent_to(PEER);
    assert_eq!((&sent[0]["repetition_period"], &sent[0]["broadcasts"]), (&json!(30), &json!(38)));
}

/// The `update`th new text, under the serial number `bits`, goes on the air and the text before it off.
fn change_text(world: &mut World, alert: AlertId, update: u16, bits: u16) {
    let text = format!("TEXT {update}");
    world.new_text(alert, &text);
    let fresh = json!({"content": {"encoding": "gsm7", "text": text}});
    world.expect_and_answer(PEER, &with(write(bits, &[C1]), fresh), 0);
    world.say(PEER, &on_air(bits, &[C1]));
    let old = 0x4110 + update - 1;
    world.expect_and_answer(PEER, &stop(old, &[C1]), 0);
    world.say(PEER, &off_air(old, &[C1], 1));
}

#[test]
fn s43_sixteenth_update() {
    let mut world = World::one_mme();
    let alert = world.on_air(&[C1]);
    for update in 1..=16_u16 {
        let bits = if update < 16 { 0x4110 + update } else { 0x4120 };
        change_text(&mut world, alert, update, bits);
        assert_eq!(world.serials(alert), [bits]);
    }
    assert_eq!(world.shown(alert), "1 confirmed");
}

#[test]
fn s43_no_free_code_leaves_the_alert_as_it_is() {
    let mut world = Plan { codes: 17..=17, ..Plan::default() }.up();
    let alert = world.on_air(&[C1]);
    for update in 1..16 {
        change_text(&mut world, alert, update, 0x4110 + update);
    }
    let texts = Some(texts_of(&[("sr", "TEXT 16")]));
    let change = Change { texts, ..Change::default() };
    world.command("ana", engine::command::Command::Update { alert, change }).unwrap();
    let refused = world.command("bora", engine::command::Command::Approve { alert, version: None });
    assert!(matches!(refused, Err(engine::Refusal::SerialsExhausted { .. })), "{refused:?}");
    assert_eq!((world.serials(alert), world.view(alert).state), (vec![0x411f], State::Active));
}

#[test]
fn s44_update_while_some_cells_were_refused() {
    let plan = Plan {
        sites: vec![lte("north", 257, &[C1, C2]), lte("south", 257, &[C4])],
        peers: vec![(mme("mme-north"), vec!["north"]), (mme("mme-south"), vec!["south"])],
        ..Plan::default()
    };
    let mut world = plan.up();
    let alert = world.alert(&[C1, C2, C4]);
    world.expect_and_answer(0, &write(0x4110, &[C1, C2]), 0);
    world.say(0, &on_air(0x4110, &[C1, C2]));
    world.expect_and_answer(1, &write(0x4110, &[C4]), 7);
    assert_eq!(world.shown(alert), "2 confirmed, 1 refused");
    world.new_text(alert, NEW);
    world.expect_and_answer(0, &new_text(write(0x4111, &[C1, C2])), 0);
    world.say(0, &on_air(0x4111, &[C1, C2]));
    world.expect_and_answer(0, &stop(0x4110, &[C1, C2]), 0);
    world.say(0, &off_air(0x4110, &[C1, C2], 1));
    world.expect_and_answer(1, &new_text(write(0x4111, &[C4])), 0);
    world.say(1, &on_air(0x4111, &[C4]));
    assert_eq!(world.shown(alert), "3 confirmed");
    // No retry of the old text.
    world.pass(600_000);
}

#[test]
fn s45_update_overtakes_an_unsent_write() {
    let mut world = Plan::default().down();
    let alert = world.alert(&[C1, C2, C3]);
    world.new_text(alert, "SECOND");
    world.new_text(alert, NEW);
    assert_eq!(world.shown(alert), "3 pending");
    world.connect(PEER);
    world.expect_and_answer(PEER, &new_text(write(0x4112, &[C1, C2, C3])), 0);
    world.say(PEER, &on_air(0x4112, &[C1, C2, C3]));
    assert_eq!(world.shown(alert), "3 confirmed");
    world.pass(600_000);
}
