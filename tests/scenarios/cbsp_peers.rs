//! S04 to S09, S16, S63 to S71 and S83: BSCs.

use cbsp::{RepetitionCoding, UnlimitedForm};
use dispatch::{CbspDialect, NoticeKind, PeerId, Profile, Protocol};
use engine::State;
use serde_json::{Value, json};

use crate::words::{PLMN, serial, with};
use crate::world::{PEER, Plan, World, bsc};

pub(crate) const CELLS: [u64; 3] = [1, 2, 3];

pub(crate) fn cgis(cells: &[u64]) -> Value {
    let items: Value = cells.iter().map(|ci| json!({"plmn": PLMN, "lac": 8193, "ci": ci})).collect();
    json!({"kind": "cgi", "items": items})
}

/// The WRITE-REPLACE of the world's first alert, 1800 s every 32 slots (60.256 s).
fn write(bits: u16, old: Option<u16>, cells: &[u64]) -> Value {
    let pdu = json!({
        "message": "write_replace", "message_id": 4379, "new_serial": serial(bits), "cells": cgis(cells),
        "channel": "basic", "category": "normal", "repetition_period": 32, "broadcasts": 30,
        "dcs": 15, "content": {"encoding": "gsm7", "text": "TEST"},
    });
    old.map_or(pdu.clone(), |old| with(pdu, json!({"old_serial": serial(old)})))
}

fn kill(bits: u16, cells: &[u64]) -> Value {
    json!({
        "message": "kill", "message_id": 4379, "old_serial": serial(bits), "cells": cgis(cells), "channel": "basic",
    })
}

/// The COMPLETE of a request, with its mandatory elements only.
pub(crate) fn complete(request: &Value) -> Value {
    match request["message"].as_str().unwrap() {
        "write_replace" => with(
            json!({"message": "write_replace_complete", "message_id": 4379, "new_serial": request["new_serial"]}),
            json!({"old_serial": request["old_serial"]}),
        ),
        "kill" => {
            json!({"message": "kill_complete", "message_id": 4379, "old_serial": request["old_serial"]})
        }
        other => panic!("{other}"),
    }
}

/// The FAILURE of a write: where it succeeded, and where it did not.
pub(crate) fn failed(request: &Value, done: &[u64], failures: Value) -> Value {
    let pdu = json!({
        "message": "write_replace_failure", "message_id": 4379, "new_serial": request["new_serial"],
        "old_serial": request["old_serial"], "failures": failures, "cells": cgis(done), "channel": "basic",
    });
    with(
        pdu,
        json!({
            "old_serial": request["old_serial"],
            "cells": if done.is_empty() { Value::Null } else { cgis(done) },
        }),
    )
}

pub(crate) fn cell_failure(ci: u64, cause: u8) -> Value {
    json!({"kind": "cgi", "plmn": PLMN, "lac": 8193, "ci": ci, "cause": cause})
}

fn with_dialect(change: impl Fn(CbspDialect) -> CbspDialect) -> Profile {
    let mut profile = bsc("bsc");
    if let Protocol::Cbsp(dialect) = profile.protocol {
        profile.protocol = Protocol::Cbsp(change(dialect));
    }
    profile
}

/// A BSC whose first link has been set up, keep-alives far off.
fn one_bsc(profile: Profile) -> World {
    let mut world = Plan::bsc(Profile { keep_alive_ms: 120_000, ..profile }, &CELLS).up();
    set_up(&mut world);
    world
}

pub(crate) fn set_up(world: &mut World) {
    assert_eq!(world.hex_to(PEER)[0], "1000000404000106");
    world.say_hex(PEER, "11 000004 04000106");
    world.sent_to(PEER);
    world.notices();
}

fn on_air(world: &mut World) -> engine::AlertId {
    let alert = world.alert(&CELLS);
    let request = write(0x4110, None, &CELLS);
    world.expect(PEER, std::slice::from_ref(&request));
    world.say(PEER, &complete(&request));
    assert_eq!(world.shown(alert), "3 confirmed");
    alert
}

fn restart(kind: &str, recovery: &str, cells: &[u64]) -> Value {
    json!({"message": "restart", "cells": cgis(cells), "broadcast_message_type": kind, "recovery": recovery})
}

/// The answer to a status query about a message that is on in all cells.
pub(crate) fn on(query: &Value) -> Value {
    let on = CELLS.iter().map(|ci| json!({"plmn": PLMN, "lac": 8193, "ci": ci, "completed": 2, "info": 0}));
    json!({
        "message": "message_status_query_complete", "message_id": query["message_id"],
        "old_serial": query["old_serial"], "completed": {"kind": "cgi", "items": on.collect::<Value>()},
        "channel": "basic",
    })
}

#[test]
fn s49_over_cbsp_a_primary_notification_is_refused_and_the_text_is_not() {
    let mut plan = Plan::bsc(Profile { keep_alive_ms: 120_000, ..bsc("bsc") }, &CELLS);
    plan.codes = 17..=1023;
    let mut world = plan.up();
    set_up(&mut world);
    let alert = world.primary(&CELLS);
    world.expect(PEER, &[]);
    assert_eq!(
        (world.shown(alert), world.causes(alert)),
        ("3 refused".into(), vec!["the interface cannot say this".into()])
    );
    assert_eq!(world.notice_kinds(), [NoticeKind::NotExpressible]);
    world.new_text(alert, "TEST");
    let etws = |pdu: Value| with(pdu, json!({"message_id": 4352}));
    let text = etws(write(0x7001, None, &CELLS));
    world.expect(PEER, std::slice::from_ref(&text));
    world.say(PEER, &etws(complete(&text)));
    assert_eq!(world.shown(alert), "3 confirmed");
}

#[test]
fn s04_start_up_exchange() {
    let mut world = Plan::bsc(bsc("bsc"), &CELLS).up();
    world.say_hex(PEER, "13 000008 04000106 1600 0D01");
    world.say_hex(PEER, "13 000008 04000106 1601 0D01");
    assert_eq!(world.hex_to(PEER), ["1000000404000106"]);
    assert!(!world.dispatch.peer_status(PeerId(0)).ready);
    world.say_hex(PEER, "11 000004 04000106");
    assert!(world.dispatch.peer_status(PeerId(0)).ready);
    let alert = world.alert(&CELLS);
    assert_eq!(world.sent_to(PEER).iter().filter(|pdu| pdu["message"] == "write_replace").count(), 1);
    assert_eq!(world.shown(alert), "3 sent");
}

#[test]
fn s05_start_up_with_a_live_alert() {
    let mut world = one_bsc(bsc("bsc"));
    let alert = on_air(&mut world);
    world.disconnect(PEER);
    assert_eq!(world.shown(alert), "3 unknown");
    world.pass(5_000);
    world.connect(PEER);
    world.say_hex(PEER, "13 000008 04000106 1600 0D00");
    let sent: Vec<Value> =
        world.sent_to(PEER).into_iter().filter(|pdu| pdu["message"] != "keep_alive").collect();
    let query = json!({
        "message": "message_status_query", "message_id": 4379, "old_serial": serial(0x4110),
        "cells": cgis(&CELLS), "channel": "basic",
    });
    assert_eq!(sent, [query]);
    world.say(PEER, &on(&sent[0]));
    assert_eq!(world.shown(alert), "3 confirmed");
}

#[test]
fn s06_keep_alive() {
    let mut world = Plan::bsc(bsc("bsc"), &CELLS).up();
    world.sent_to(PEER);
    world.say_hex(PEER, "11 000004 04000106");
    world.notices();
    for _ in 0..3 {
        world.pass(30_000);
        assert_eq!(world.hex_to(PEER), ["160000021814"]);
        world.say_hex(PEER, "17 000000");
    }
    assert!(world.notices().is_empty());
}

#[test]
fn s07_keep_alive_not_answered() {
    let mut world = Plan::bsc(bsc("bsc"), &CELLS).up();
    world.sent_to(PEER);
    world.say_hex(PEER, "11 000004 04000106");
    let alert = on_air_after_keep_alives(&mut world);
    world.notices();
    world.pass(30_000 + 35_000);
    assert!(world.hex_to(PEER).contains(&"160000021814".to_owned()));
    let notices = world.notices();
    let closed: Vec<_> = notices.iter().filter(|notice| notice.kind == NoticeKind::CloseLink).collect();
    assert_eq!(closed.len(), 1);
    assert!(closed[0].words.contains("KEEP-ALIVE"), "{}", closed[0].words);
    assert_eq!(world.shown(alert), "3 unknown");
}

fn on_air_after_keep_alives(world: &mut World) -> engine::AlertId {
    let alert = world.alert(&CELLS);
    for request in world.sent_to(PEER).iter().filter(|pdu| pdu["message"] == "write_replace") {
        world.say(PEER, &complete(request));
    }
    alert
}

#[test]
fn s08_keep_alive_during_a_large_answer() {
    let mut world = Plan::bsc(Profile { keep_alive_ms: 2_000, ..bsc("bsc") }, &CELLS).up();
    set_up(&mut world);
    let alert = world.alert_of(&[("sr", &"a".repeat(15 * 93))], &CELLS);
    let sent = world.sent_to(PEER);
    let request = sent.iter().find(|pdu| pdu["message"] == "write_replace").unwrap();
    for _ in 0..4 {
        world.pass(2_000);
        let sent = world.hex_to(PEER);
        assert!(!sent.is_empty() && sent.iter().all(|pdu| pdu.starts_with("1600000218")), "{sent:?}");
        sent.iter().for_each(|_| world.say_hex(PEER, "17 000000"));
        assert_eq!(world.shown(alert), "3 sent");
    }
    world.say(PEER, &complete(request));
    assert_eq!(world.shown(alert), "3 confirmed");
    assert!(world.notices().is_empty());
}

#[test]
fn s09_keep_alive_code_above_30_s() {
    let mut world = Plan::bsc(Profile { keep_alive_ms: 60_000, ..bsc("bsc") }, &CELLS).up();
    world.sent_to(PEER);
    world.say_hex(PEER, "11 000004 04000106");
    world.pass(60_000);
    assert_eq!(world.hex_to(PEER), ["16000002181a"]);
}

#[test]
fn s63_write_and_kill() {
    let plan = {
        let mut plan = Plan::bsc(Profile { keep_alive_ms: 120_000, ..bsc("bsc") }, &CELLS);
        plan.codes = 23..=99;
        plan.class.repetition_period_s = 60;
        plan
    };
    let mut world = plan.up();
    set_up(&mut world);
    let alert = world.alert(&CELLS);
    let request = write(0x4170, None, &CELLS);
    world.expect(PEER, std::slice::from_ref(&request));
    world.say(PEER, &with(complete(&request), json!({"cells": cgis(&CELLS), "channel": "basic"})));
    assert_eq!(world.shown(alert), "3 confirmed");
    world.cancel(alert);
    world.expect(PEER, &[kill(0x4170, &CELLS)]);
    world.say(PEER, &complete(&kill(0x4170, &CELLS)));
    assert_eq!((world.view(alert).state, world.shown(alert)), (State::Closed, "; off: 3 confirmed".into()));
}

#[test]
fn s63_a_raw_period_of_5() {
    let profile = with_dialect(|dialect| CbspDialect { raw_period: true, ..dialect });
    let mut plan = Plan::bsc(Profile { keep_alive_ms: 120_000, ..profile }, &CELLS);
    plan.class.repetition_period_s = 5;
    plan.class.duration_default_s = 60;
    let mut world = plan.up();
    set_up(&mut world);
    world.alert(&CELLS);
    let sent = world.hex_to(PEER);
    assert!(sent[0].contains("06000507000c"), "12 times in a minute: {}", sent[0]);
}

#[test]
fn s64_mixed_failure_list() {
    let mut world = Plan::bsc(Profile { keep_alive_ms: 120_000, ..bsc("bsc") }, &[1, 2, 3, 4]).up();
    set_up(&mut world);
    let alert = world.alert(&[1, 2, 3, 4]);
    let request = write(0x4110, None, &[1, 2, 3, 4]);
    world.expect(PEER, std::slice::from_ref(&request));
    let failures = json!([cell_failure(3, 3), {"kind": "lac_ci", "lac": 8193, "ci": 4, "cause": 15}]);
    world.say(PEER, &failed(&request, &[1, 2], failures));
    assert_eq!(world.shown(alert), "2 confirmed, 2 refused");
    // Cell identity not valid, and LAC not valid.
    assert_eq!(world.causes(alert), ["area unknown to the peer", "cell unknown to the peer"]);
    let said = &world.notices()[0].words;
    assert!(said.ends_with(": cell unknown to the peer, area unknown to the peer"), "{said}");
}

#[test]
fn s65_replace() {
    let mut world = one_bsc(bsc("bsc"));
    let alert = on_air(&mut world);
    world.new_text(alert, "FOUND");
    let text = json!({"content": {"encoding": "gsm7", "text": "FOUND"}});
    let request = with(write(0x4111, Some(0x4110), &CELLS), text);
    world.expect(PEER, std::slice::from_ref(&request));
    world.say(PEER, &complete(&request));
    assert_eq!((world.shown(alert), world.view(alert).networks[0].older), ("3 confirmed".into(), 0));
    world.pass(60_000);
}

#[test]
fn s66_replace_of_a_message_the_bsc_lost() {
    let mut world = one_bsc(bsc("bsc"));
    let alert = on_air(&mut world);
    world.new_text(alert, "FOUND");
    let text = json!({"content": {"encoding": "gsm7", "text": "FOUND"}});
    let request = with(write(0x4111, Some(0x4110), &CELLS), text.clone());
    world.expect(PEER, std::slice::from_ref(&request));
    let failures = CELLS.iter().map(|ci| cell_failure(*ci, 2)).collect();
    world.say(PEER, &failed(&request, &[], failures));
    let request = with(write(0x4111, None, &CELLS), text);
    world.expect(PEER, std::slice::from_ref(&request));
    world.say(PEER, &complete(&request));
    assert_eq!(world.shown(alert), "3 confirmed");
}

#[test]
fn s67_seconds_to_slots() {
    for (coding, octets) in [(RepetitionCoding::Spec, "060200"), (RepetitionCoding::Osmocom, "060020")] {
        let profile = with_dialect(|dialect| CbspDialect { repetition: coding, ..dialect });
        let mut plan = Plan::bsc(Profile { keep_alive_ms: 120_000, ..profile }, &CELLS);
        plan.class.duration_default_s = 600;
        let mut world = plan.up();
        set_up(&mut world);
        world.alert(&CELLS);
        let sent = world.hex_to(PEER);
        assert_eq!(sent.len(), 1);
        assert!(sent[0].contains(&format!("{octets}07000a")), "{}", sent[0]);
    }
}

#[test]
fn s68_endless_on_a_bsc_that_stops_at_once() {
    for (unlimited, octets) in [(UnlimitedForm::Largest, "07ffff"), (UnlimitedForm::Zero, "070000")] {
        let profile = with_dialect(|dialect| CbspDialect { unlimited, ..dialect });
        let mut plan = Plan::bsc(Profile { keep_alive_ms: 120_000, ..profile }, &CELLS);
        plan.class.until_stopped = true;
        let mut world = plan.up();
        set_up(&mut world);
        world.alert(&CELLS);
        let sent = world.hex_to(PEER);
        assert!(sent[0].contains(&format!("060200{octets}")), "{}", sent[0]);
    }
}

#[test]
fn s68_what_counts_on_is_renewed_before_it_runs_out() {
    let profile = with_dialect(|dialect| CbspDialect { unlimited: UnlimitedForm::Largest, ..dialect });
    let mut plan = Plan::bsc(Profile { keep_alive_ms: 120_000, ..profile }, &CELLS);
    plan.class.until_stopped = true;
    plan.class.repetition_period_s = 2;
    plan.class.duration_default_s = 172_800;
    let mut world = plan.up();
    set_up(&mut world);
    let alert = world.alert(&CELLS);
    let forever = json!({"repetition_period": 1, "broadcasts": 65_535});
    let request = with(write(0x4110, None, &CELLS), forever);
    world.expect(PEER, std::slice::from_ref(&request));
    world.say(PEER, &complete(&request));
    // 65535 slots of 1.883 s are 34 h 17 min. It is started anew in time, as the same message: a write alone would be
    // answered "message reference already used".
    assert_eq!(live(&mut world, 31 * 3600), Vec::<Value>::new());
    let sent = live(&mut world, 3600);
    assert_eq!(sent, [kill(0x4110, &CELLS)]);
    world.say(PEER, &complete(&sent[0]));
    world.expect(PEER, std::slice::from_ref(&request));
    world.say(PEER, &complete(&request));
    assert_eq!(world.shown(alert), "3 confirmed");
    // The rest of the two days needs no third count, and its end comes as ever.
    let sent = live(&mut world, 20 * 3600);
    assert_eq!(sent, [kill(0x4110, &CELLS)]);
    assert_eq!(world.view(alert).state, State::Expired);
}

/// Lets so many seconds pass at a BSC that answers keep-alives; what it was sent beside those.
fn live(world: &mut World, s: u64) -> Vec<Value> {
    let mut sent = Vec::new();
    for _ in 0..s / 60 {
        world.pass(60_000);
        for pdu in world.sent_to(PEER) {
            if pdu["message"] == "keep_alive" {
                world.say(PEER, &json!({"message": "keep_alive_complete"}));
            } else {
                sent.push(pdu);
            }
        }
        if !sent.is_empty() {
            break;
        }
    }
    sent
}

#[test]
fn s69_cell_failure_and_restart_idle() {
    let mut world = one_bsc(bsc("bsc"));
    for kind in ["cbs", "emergency"] {
        let failures = json!([cell_failure(1, 10), cell_failure(2, 10)]);
        world.say(PEER, &json!({"message": "failure", "failures": failures, "broadcast_message_type": kind}));
    }
    world.say(PEER, &restart("cbs", "data_lost", &[1, 2]));
    world.say(PEER, &restart("emergency", "data_lost", &[1, 2]));
    world.expect(PEER, &[]);
    assert!(world.notices().is_empty());
    on_air(&mut world);
}

#[test]
fn s70_cell_failure_and_restart_active() {
    let mut world = one_bsc(bsc("bsc"));
    let alert = world.alert(&[1]);
    let request = write(0x4110, None, &[1]);
    world.expect(PEER, std::slice::from_ref(&request));
    world.say(PEER, &complete(&request));
    for kind in ["cbs", "emergency"] {
        let failures = json!([cell_failure(1, 10)]);
        world.say(PEER, &json!({"message": "failure", "failures": failures, "broadcast_message_type": kind}));
    }
    assert_eq!(world.shown(alert), "1 refused");
    world.pass(1_000);
    world.say(PEER, &restart("cbs", "data_lost", &[1]));
    world.say(PEER, &restart("emergency", "data_lost", &[1]));
    world.expect(PEER, std::slice::from_ref(&request));
    world.say(PEER, &complete(&request));
    assert_eq!(world.shown(alert), "1 confirmed");
    world.cancel(alert);
    world.expect(PEER, &[kill(0x4110, &[1])]);
    world.say(PEER, &complete(&kill(0x4110, &[1])));
    assert_eq!(world.view(alert).state, State::Closed);
}

#[test]
fn s71_complete_without_cell_list() {
    let mut world = one_bsc(bsc("bsc"));
    let alert = on_air(&mut world);
    world.cancel(alert);
    world.expect(PEER, &[kill(0x4110, &CELLS)]);
    world.say(PEER, &complete(&kill(0x4110, &CELLS)));
    assert_eq!((world.view(alert).state, world.shown(alert)), (State::Closed, "; off: 3 confirmed".into()));
}

#[test]
fn s83_replace_succeeds_in_part() {
    let mut world = one_bsc(bsc("bsc"));
    let alert = on_air(&mut world);
    world.new_text(alert, "FOUND");
    let text = json!({"content": {"encoding": "gsm7", "text": "FOUND"}});
    let request = with(write(0x4111, Some(0x4110), &CELLS), text.clone());
    world.expect(PEER, std::slice::from_ref(&request));
    world.say(PEER, &failed(&request, &[1, 2], json!([cell_failure(3, 7)])));
    let view = world.view(alert);
    assert_eq!((world.shown(alert), view.networks[0].older), ("2 confirmed, 1 refused".into(), 1));
    assert_eq!(world.causes(alert), ["capacity exceeded"]);
    world.pass(2_000);
    world.expect(PEER, &[with(write(0x4111, Some(0x4110), &[3]), text)]);
    world.cancel(alert);
    // The retry may have arrived: the third is rid of either.
    let mut sent = world.sent_to(PEER);
    sent.sort_by_key(|pdu| pdu["old_serial"]["update"].as_u64());
    assert_eq!(sent, [kill(0x4110, &[3]), kill(0x4111, &CELLS)]);
}
