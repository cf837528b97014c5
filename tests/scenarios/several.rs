//! S46 to S50: several alerts and languages.

use serde_json::{Value, json};

use crate::words::{C1, C2, C3, C4, C5, answer, ecgis, off_air, on_air, serial, stop, with, write};
use crate::world::{PEER, Plan, World, lte, mme};

#[test]
fn s46_stop_one_of_two() {
    let mut world = World::one_mme();
    let (a, b) = (world.on_air(&[C1, C2, C3]), world.on_air(&[C1, C2, C3]));
    world.cancel(a);
    world.expect_and_answer(PEER, &stop(0x4110, &[C1, C2, C3]), 0);
    world.say(PEER, &off_air(0x4110, &[C1, C2, C3], 1));
    assert_eq!((world.shown(a), world.shown(b)), ("; off: 3 confirmed".into(), "3 confirmed".into()));
    world.pass(600_000);
}

#[test]
fn s47_two_languages_at_once() {
    in_languages(&[("sr", "NESTALO DETE"), ("hu", "ELTŰNT EGY GYERMEK")]);
}

#[test]
fn s48_three_languages() {
    in_languages(&[("sr", "NESTALO DETE"), ("hu", "ELTŰNT EGY GYERMEK"), ("en", "MISSING CHILD")]);
}

/// One message in the local language, one of 4392 for each other, each with a code of its own; as many stops.
fn in_languages(texts: &[(&str, &str)]) {
    let mut world = World::one_mme();
    let alert = world.alert_of(texts, &[C1, C2, C3]);
    let sent = world.sent_to(PEER);
    let mut expected = Vec::new();
    for ((_, text), n) in texts.iter().zip(0_u16..) {
        let (id, code) = if n == 0 { (4379, 17) } else { (4392, 16 + n) };
        let (dcs, encoding) = if text.is_ascii() { (15, "gsm7") } else { (72, "ucs2") };
        let members = json!({
            "message_id": id, "dcs": dcs, "content": {"encoding": encoding, "text": text},
        });
        expected.push(with(write(0x4000 | code << 4, &[C1, C2, C3]), members));
    }
    assert_eq!(sent, expected);
    let view = world.view(alert);
    assert_eq!((view.messages.len(), view.version.unwrap().texts.len()), (texts.len(), texts.len()));
    for request in &sent {
        let name = json!({"message_id": request["message_id"], "serial": request["serial"]});
        world.say(PEER, &answer(request, 0));
        world.say(PEER, &with(on_air(0, &[C1, C2, C3]), name));
    }
    assert_eq!(world.shown(alert), "3 confirmed");
    world.cancel(alert);
    let stops: Vec<_> = sent
        .iter()
        .map(|request| {
            let name = json!({"message_id": request["message_id"], "serial": request["serial"]});
            with(stop(0, &[C1, C2, C3]), name)
        })
        .collect();
    world.expect(PEER, &stops);
}

/// What makes a Write-Replace-Warning-Request one of ETWS, which never has the concurrent flag.
fn etws(request: Value) -> Value {
    with(request, json!({"message_id": 4352, "concurrent": null}))
}

/// The code of its serial number says as well that a phone sounds and shows it.
const CODES: std::ops::RangeInclusive<u16> = 17..=1023;

#[test]
fn s49_etws_primary_and_secondary() {
    const CELLS: [u64; 3] = [C1, C2, C3];
    let mut world = Plan { codes: CODES, ..Plan::default() }.up();
    let alert = world.primary(&CELLS);
    let primary = with(
        etws(write(0x7000, &CELLS)),
        json!({
            "warning_type": {"value": 0, "user_alert": true, "popup": true}, "security_info": "00".repeat(50),
            "dcs": null, "content": null,
        }),
    );
    world.expect_and_answer(PEER, &primary, 0);
    world.say(PEER, &etws(on_air(0x7000, &CELLS)));
    assert_eq!(world.shown(alert), "3 confirmed");
    assert_eq!(world.view(alert).version.unwrap().planned[0].pages, 0);

    world.new_text(alert, "TEST");
    world.expect_and_answer(PEER, &etws(write(0x7001, &CELLS)), 0);
    world.say(PEER, &etws(on_air(0x7001, &CELLS)));
    let view = world.view(alert);
    assert_eq!((world.shown(alert), view.version.unwrap().planned[0].pages), ("3 confirmed".into(), 1));
    assert_eq!((view.messages.len(), world.serials(alert)), (1, vec![0x7001]));
    // The text took the place of the notification: there is nothing else to stop, then or in the end.
    world.pass(600_000);
    world.expect(PEER, &[]);
    world.cancel(alert);
    world.expect_and_answer(PEER, &etws(stop(0x7001, &CELLS)), 0);
    world.say(PEER, &etws(off_air(0x7001, &CELLS, 1)));
    assert_eq!(world.shown(alert), "; off: 3 confirmed");
}

#[test]
fn s49_what_etws_pushed_aside_comes_back() {
    let mut world = Plan { codes: CODES, ..Plan::default() }.up();
    let other = world.on_air(&[C1, C2, C3]);
    world.primary(&[C1, C2]);
    let primary = world.sent_to(PEER);
    world.say(PEER, &answer(&primary[0], 0));
    assert_eq!(world.shown(other), "1 confirmed, 2 unknown");
    world.expect_and_answer(PEER, &write(0x4110, &[C1, C2]), 0);
    world.say(PEER, &on_air(0x4110, &[C1, C2]));
    assert_eq!(world.shown(other), "3 confirmed");
}

#[test]
fn s49_of_two_etws_alerts_the_later_has_the_air_until_it_ends() {
    const PUSHED: [&str; 1] = ["pushed aside by another message of ETWS"];
    let mut world = Plan { codes: CODES, ..Plan::default() }.up();
    let earlier = world.primary(&[C1, C2, C3]);
    let primary = world.sent_to(PEER).remove(0);
    world.say(PEER, &answer(&primary, 0));
    let later = world.primary(&[C1, C2]);
    let request = world.sent_to(PEER).remove(0);
    assert_eq!(request["serial"], serial(0x7010));
    world.say(PEER, &answer(&request, 0));
    // The indication of the earlier one was under way.
    world.say(PEER, &etws(on_air(0x7000, &[C1, C2, C3])));
    world.say(PEER, &etws(on_air(0x7010, &[C1, C2])));
    assert_eq!(
        (world.shown(earlier), world.causes(earlier)),
        ("1 confirmed, 2 refused".into(), PUSHED.map(Into::into).into())
    );
    assert_eq!(world.shown(later), "2 confirmed");
    // Neither is written again, which would push the other aside.
    world.pass(600_000);
    world.expect(PEER, &[]);
    world.cancel(later);
    world.expect(PEER, &[etws(stop(0x7010, &[C1, C2]))]);
    world.say(PEER, &answer(&etws(stop(0x7010, &[C1, C2])), 0));
    world.expect(
        PEER,
        &[with(primary.clone(), json!({"area": {"cells": ecgis(&[C1, C2])}, "broadcasts": 20}))],
    );
    world.say(PEER, &etws(off_air(0x7010, &[C1, C2], 1)));
    world.say(PEER, &answer(&primary, 0));
    world.say(PEER, &etws(on_air(0x7000, &[C1, C2])));
    assert_eq!(
        (world.shown(earlier), world.shown(later)),
        ("3 confirmed".into(), "; off: 2 confirmed".into())
    );
}

#[test]
fn s50_overlapping_alerts_on_different_mmes() {
    let plan = Plan {
        sites: vec![lte("one", 257, &[C1]), lte("two", 257, &[C2, C3]), lte("three", 257, &[C4, C5])],
        peers: vec![(mme("one"), vec!["one"]), (mme("two"), vec!["two"]), (mme("three"), vec!["three"])],
        ..Plan::default()
    };
    let mut world = plan.up();
    let a = world.alert(&[C1, C2, C3]);
    let b = world.alert(&[C2, C3, C4]);
    for (peer, requests) in [
        (0, vec![write(0x4110, &[C1])]),
        (1, vec![write(0x4110, &[C2, C3]), write(0x4120, &[C2, C3])]),
        (2, vec![write(0x4120, &[C4])]),
    ] {
        world.expect(peer, &requests);
        requests.iter().for_each(|request| world.say(peer, &answer(request, 0)));
    }
    world.say(0, &on_air(0x4110, &[C1]));
    world.say(1, &on_air(0x4110, &[C2, C3]));
    world.say(1, &on_air(0x4120, &[C2, C3]));
    world.say(2, &on_air(0x4120, &[C4]));
    world.cancel(a);
    world.expect_and_answer(0, &stop(0x4110, &[C1]), 0);
    world.expect_and_answer(1, &stop(0x4110, &[C2, C3]), 0);
    world.say(0, &off_air(0x4110, &[C1], 1));
    world.say(1, &off_air(0x4110, &[C2, C3], 1));
    assert_eq!((world.shown(a), world.shown(b)), ("; off: 3 confirmed".into(), "3 confirmed".into()));
    world.pass(600_000);
}
