//! S16 and S72 to S76: RNCs.

use dispatch::{NoticeKind, PeerId, Profile, Protocol, SabpDialect};
use engine::State;
use serde_json::{Value, json};

use crate::words::{PLMN, serial, vector, vector_words, with};
use crate::world::{PEER, Plan, World, rnc, umts};

/// Two service areas of the golden vectors, and a third.
const AREAS: [u64; 3] = [1, 2, 3];
const TEXT: &str = "AMBER ALERT. Missing child: Marko P., age 7, brown hair, blue jacket. Last seen in Novi Sad at 14:30. \
                    Call 192.";

fn sais(sacs: &[u64]) -> Value {
    sacs.iter().map(|sac| json!({"plmn": PLMN, "lac": 4097, "sac": sac})).collect()
}

/// The Write of the world's first alert, in these service areas.
fn write(bits: u16, old: Option<u16>, sacs: &[u64]) -> Value {
    let pdu = json!({
        "message": "write_replace", "message_id": 4379, "new_serial": serial(bits), "service_areas": sais(sacs),
        "category": "normal-priority", "repetition_period": 60, "broadcasts": 30, "dcs": 15,
        "content": {"encoding": "gsm7", "text": "TEST"},
    });
    old.map_or(pdu.clone(), |old| with(pdu, json!({"old_serial": serial(old)})))
}

fn counted(sacs: &[u64], completed: u16) -> Value {
    let area = |sac: &u64| json!({"plmn": PLMN, "lac": 4097, "sac": sac, "completed": completed});
    sacs.iter().map(area).collect()
}

/// What a request brings when all goes well.
fn complete(request: &Value, completed: u16) -> Value {
    let sacs = request["service_areas"].as_array().unwrap().iter().map(|area| area["sac"].as_u64().unwrap());
    let serial = if request["message"] == "write_replace" { "new_serial" } else { "old_serial" };
    let mut answer = json!({
        "message": format!("{}_complete", request["message"].as_str().unwrap()), "message_id": 4379,
        "completed": counted(&sacs.collect::<Vec<_>>(), completed),
    });
    answer[serial] = request[serial].clone();
    answer
}

/// A request's failure in one service area, and its success in others.
fn failed(request: &Value, (sac, cause): (u64, u8), done: &[u64]) -> Value {
    let name = format!("{}_failure", request["message"].as_str().unwrap());
    let failures = json!([{"plmn": PLMN, "lac": 4097, "sac": sac, "cause": cause}]);
    let pdu = with(complete(request, 0), json!({"message": name, "failures": failures}));
    with(pdu, json!({"completed": if done.is_empty() { Value::Null } else { counted(done, 1) }}))
}

fn plan(profile: Profile) -> Plan {
    Plan {
        sites: vec![umts("rnc", 4097, &AREAS)],
        peers: vec![(profile, vec!["rnc"])],
        codes: 33..=99,
        ..Plan::default()
    }
}

/// An RNC whose first link has been reset.
fn one_rnc(plan: Plan) -> World {
    let mut world = plan.up();
    let reset = json!({"message": "reset", "service_areas": sais(&AREAS)});
    world.expect(PEER, std::slice::from_ref(&reset));
    world.say(PEER, &json!({"message": "reset_complete", "service_areas": sais(&AREAS)}));
    assert!(world.dispatch.peer_status(PeerId(0)).ready);
    world.notices();
    world
}

/// The world's first alert, on the air in these service areas.
fn on_air(world: &mut World, sacs: &[u64]) -> engine::AlertId {
    let alert = world.alert(sacs);
    let request = write(0x4210, None, sacs);
    world.expect(PEER, std::slice::from_ref(&request));
    world.say(PEER, &complete(&request, 0));
    alert
}

#[test]
fn s72_write_replace_kill() {
    let category = Some(sabp::Category::HighPriority);
    let mut plan = plan(Profile { protocol: Protocol::Sabp(SabpDialect { category }), ..rnc("rnc") });
    plan.class.until_stopped = true;
    let mut world = one_rnc(plan);
    let alert = world.alert_of(&[("sr", TEXT)], &[1, 2]);
    assert_eq!(world.hex_to(PEER), [vector("sabp-write-gsm7")]);
    world.say_hex(PEER, vector("sabp-write-complete"));
    assert_eq!(world.shown(alert), "2 confirmed");
    world.new_text(alert, "TEST");
    let replace = with(
        vector_words("sabp-replace"),
        json!({"category": "high-priority", "repetition_period": 60, "broadcasts": 0}),
    );
    world.expect(PEER, std::slice::from_ref(&replace));
    world.say(PEER, &complete(&replace, 7));
    assert_eq!((world.shown(alert), world.serials(alert)), ("2 confirmed".into(), vec![0x4211]));
    world.cancel(alert);
    let kill = with(vector_words("sabp-kill"), json!({"old_serial": serial(0x4211)}));
    world.expect(PEER, std::slice::from_ref(&kill));
    world.say(PEER, &complete(&kill, 42));
    assert_eq!(world.view(alert).messages[0].broadcasts, [(42, 2)].into());
    assert_eq!((world.view(alert).state, world.shown(alert)), (State::Closed, "; off: 2 confirmed".into()));
    world.pass(600_000);
}

#[test]
fn s49_etws_over_sabp() {
    let mut world = one_rnc(Plan { codes: 17..=1023, ..plan(rnc("rnc")) });
    let alert = world.primary(&[1, 2]);
    let etws = |pdu: Value| with(pdu, json!({"message_id": 4352}));
    let primary = with(
        etws(write(0x7000, None, &[1, 2])),
        json!({
            "content": {"encoding": "gsm7", "text": "ETWS"},
            "ext": {
                "security_info": "00".repeat(50), "paging_etws": true,
                "warning_type": {"value": 0, "user_alert": true, "popup": true}, "content_not_valid": true,
            },
        }),
    );
    world.expect(PEER, std::slice::from_ref(&primary));
    world.say(PEER, &etws(complete(&primary, 0)));
    world.new_text(alert, "TEST");
    let secondary = etws(write(0x7001, Some(0x7000), &[1, 2]));
    world.expect(PEER, std::slice::from_ref(&secondary));
    world.say(PEER, &etws(complete(&secondary, 0)));
    assert_eq!(world.shown(alert), "2 confirmed");
}

#[test]
fn s72_a_kill_has_the_golden_octets_and_does_not_wait_for_the_write() {
    let mut world = one_rnc(plan(rnc("rnc")));
    let alert = world.alert(&[1, 2]);
    world.expect(PEER, &[write(0x4210, None, &[1, 2])]);
    world.cancel(alert);
    assert_eq!(world.hex_to(PEER), [vector("sabp-kill")]);
    world.say_hex(PEER, vector("sabp-write-complete"));
    world.say_hex(PEER, vector("sabp-kill-complete"));
    assert_eq!((world.view(alert).state, world.shown(alert)), (State::Closed, "; off: 2 confirmed".into()));
}

#[test]
fn s73_message_reference_already_used() {
    let mut world = one_rnc(plan(rnc("rnc")));
    let alert = world.alert(&[1, 2]);
    let request = write(0x4210, None, &[1, 2]);
    world.expect(PEER, std::slice::from_ref(&request));
    world.say(PEER, &failed(&request, (1, 10), &[2]));
    let query = with(vector_words("sabp-status-query"), json!({"service_areas": sais(&[1])}));
    world.expect(PEER, std::slice::from_ref(&query));
    assert_eq!(world.shown(alert), "2 sent", "not before the query's answer");
    world.say(PEER, &complete(&query, 3));
    assert_eq!((world.shown(alert), world.serials(alert)), ("2 confirmed".into(), vec![0x4210]));
    assert!(world.notices().is_empty());
    world.pass(600_000);
}

#[test]
fn s73_the_query_does_not_know_the_full_serial() {
    let mut world = one_rnc(plan(rnc("rnc")));
    let alert = world.alert(&[1]);
    let request = write(0x4210, None, &[1]);
    world.expect(PEER, std::slice::from_ref(&request));
    world.say(PEER, &failed(&request, (1, 10), &[]));
    let query = with(vector_words("sabp-status-query"), json!({"service_areas": sais(&[1])}));
    world.expect(PEER, std::slice::from_ref(&query));
    // Another update of the message is there: 0 broadcasts of this one, "unknown".
    let mut unknown = complete(&query, 0);
    unknown["completed"][0]["info"] = json!("unknown");
    world.say(PEER, &unknown);
    assert_eq!(world.shown(alert), "1 refused");
    assert_eq!(world.notice_kinds(), [NoticeKind::SerialClash]);
}

#[test]
fn s74_old_serial_unknown() {
    let mut world = one_rnc(plan(rnc("rnc")));
    let alert = on_air(&mut world, &AREAS);
    world.new_text(alert, "FOUND");
    let text = json!({"content": {"encoding": "gsm7", "text": "FOUND"}});
    let replace = with(write(0x4211, Some(0x4210), &AREAS), text.clone());
    world.expect(PEER, std::slice::from_ref(&replace));
    world.say(PEER, &failed(&replace, (2, 2), &[1, 3]));
    let plain = with(write(0x4211, None, &[2]), text);
    world.expect(PEER, std::slice::from_ref(&plain));
    world.say(PEER, &complete(&plain, 0));
    assert_eq!(world.shown(alert), "3 confirmed");
    world.pass(600_000);
}

#[test]
fn s75_rnc_dials_for_a_restart() {
    let mut world = one_rnc(plan(rnc("rnc")));
    let alert = on_air(&mut world, &AREAS);
    world.disconnect(PEER);
    world.notices();
    // The RNC opens a connection, says that it restarted, and is loaded on it. The shell tells of it as of any link.
    world.connect(PEER);
    let query = with(vector_words("sabp-status-query"), json!({"service_areas": sais(&AREAS)}));
    world.expect(PEER, std::slice::from_ref(&query));
    let restart = with(vector_words("sabp-restart"), json!({"recovery": null}));
    world.say(PEER, &restart);
    let again = write(0x4210, None, &[1, 2]);
    world.expect(PEER, std::slice::from_ref(&again));
    let nothing_there = failed(&query, (1, 2), &[3]);
    let of_two = json!({"plmn": PLMN, "lac": 4097, "sac": 2, "cause": 2});
    world
        .say(PEER, &with(nothing_there.clone(), json!({"failures": [nothing_there["failures"][0], of_two]})));
    world.expect(PEER, &[]);
    world.say(PEER, &complete(&again, 0));
    assert_eq!(world.shown(alert), "3 confirmed");
    world.disconnect(PEER);
    assert!(world.notices().is_empty(), "it may close what it has opened");
    assert_eq!(world.view(alert).state, State::Active);
}

#[test]
fn s76_failure_holds_writes() {
    let mut world = one_rnc(plan(rnc("rnc")));
    world.say(PEER, &json!({"message": "failure", "service_areas": sais(&[3])}));
    let alert = world.alert(&AREAS);
    let request = write(0x4210, None, &[1, 2]);
    world.expect(PEER, std::slice::from_ref(&request));
    world.say(PEER, &complete(&request, 0));
    assert_eq!(world.shown(alert), "2 confirmed, 1 refused");
    assert_eq!(world.causes(alert), ["cell failed, waiting for its restart"]);
    world.pass(170_000);
    world.expect(PEER, &[]);
    world
        .say(PEER, &json!({"message": "restart", "service_areas": sais(&[3]), "recovery": "data-available"}));
    let late = with(write(0x4210, None, &[3]), json!({"broadcasts": 28}));
    world.expect(PEER, std::slice::from_ref(&late));
    world.say(PEER, &complete(&late, 0));
    assert_eq!(world.shown(alert), "3 confirmed");
}
