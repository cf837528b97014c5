//! S57 to S62: protocol errors on 4G.

use dispatch::NoticeKind;
use serde_json::{Value, json};

use crate::words::{C1, C2, C3, answer, octets, on_air, with, write};
use crate::world::{PEER, World};

/// The Error-Indications sent since the last time.
fn error_indications(world: &mut World) -> Vec<Value> {
    let sent = world.sent_to(PEER);
    assert!(sent.iter().all(|pdu| pdu["message"] == "error_indication"), "{sent:?}");
    sent
}

#[test]
fn s57_response_with_diagnostics() {
    let mut world = World::one_mme();
    let alert = world.alert(&[C1, C2, C3]);
    let request = write(0x4110, &[C1, C2, C3]);
    world.expect(PEER, std::slice::from_ref(&request));
    let ies = json!([{"criticality": "reject", "id": 20, "error": "not-understood"}]);
    world.say(PEER, &with(answer(&request, 1), json!({"criticality_diagnostics": {"ies": ies}})));
    assert_eq!(
        (world.shown(alert), world.causes(alert)),
        ("3 refused".into(), vec!["invalid parameter".into()])
    );
    let words = world.notices().remove(0).words;
    assert!(words.contains("IE 20 not understood"), "{words}");
    world.pass(1_000_000);
}

#[test]
fn s58_undecodable_indication_area() {
    let mut world = World::one_mme();
    let alert = world.on_air(&[C1, C2, C3]);
    let mut pdu = octets(&on_air(0x4110, &[C1]));
    let ie_23 = pdu.windows(2).position(|id| id == [0x00, 0x17]).unwrap();
    pdu[ie_23 + 4..].fill(0xff);
    world.say_octets(PEER, &pdu);
    let errors = error_indications(&mut world);
    assert_eq!(errors.len(), 1);
    let ies = errors[0]["criticality_diagnostics"]["ies"].as_array().unwrap();
    assert_eq!((&ies[0]["id"], &ies[0]["error"]), (&json!(23), &json!("not-understood")), "{}", errors[0]);
    assert_eq!(world.notice_kinds(), [NoticeKind::ProtocolError]);
    assert_eq!(world.shown(alert), "3 confirmed");
}

#[test]
fn s59_failure_indication_with_an_unknown_reject_ie() {
    let mut world = World::one_mme();
    let alert = world.on_air(&[C1, C2, C3]);
    let mut pdu = octets(&crate::words::failure(&[C1]));
    pdu.extend([0x03, 0xe7, 0x00, 0x01, 0x00]);
    (pdu[3], pdu[6]) = (pdu[3] + 5, pdu[6] + 1);
    world.say_octets(PEER, &pdu);
    let errors = error_indications(&mut world);
    assert_eq!(errors.len(), 1);
    let ies = errors[0]["criticality_diagnostics"]["ies"].as_array().unwrap();
    assert_eq!((&ies[0]["id"], &ies[0]["criticality"]), (&json!(999), &json!("reject")));
    assert_eq!(world.shown(alert), "3 confirmed", "the cells are not changed");
    world.notices();
}

#[test]
fn s60_bad_unknown_tai_list() {
    let mut world = World::one_mme();
    let alert = world.alert(&[C1, C2, C3]);
    let request = write(0x4110, &[C1, C2, C3]);
    world.expect(PEER, std::slice::from_ref(&request));
    world.say(PEER, &with(answer(&request, 0), json!({"unknown_tais": [{"plmn": "99901", "tac": 1}]})));
    assert_eq!(world.shown(alert), "3 accepted");
    assert_eq!(world.notices().len(), 1, "a warning");
    world.say(PEER, &on_air(0x4110, &[C1, C2, C3]));
    assert_eq!(world.shown(alert), "3 confirmed");
    world.pass(600_000);
}

#[test]
fn s61_never_answer_an_error_indication() {
    let mut world = World::one_mme();
    let alert = world.on_air(&[C1]);
    world.say(PEER, &json!({"message": "error_indication", "cause": 13}));
    world.expect(PEER, &[]);
    assert_eq!(world.notice_kinds(), [NoticeKind::ErrorIndication]);
    world.say_hex(PEER, "FF FF FF");
    let errors = error_indications(&mut world);
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0]["cause"], 13);
    assert_eq!(
        (world.notice_kinds(), world.shown(alert)),
        (vec![NoticeKind::ProtocolError], "1 confirmed".into())
    );
}

#[test]
fn s62_response_nobody_asked_for() {
    let mut world = World::one_mme();
    let alert = world.on_air(&[C1]);
    let stranger = json!({
        "message": "write_replace_warning_response", "message_id": 4370, "cause": 0,
        "serial": crate::words::serial(1),
    });
    world.say(PEER, &stranger);
    world.say(PEER, &with(on_air(1, &[C1]), json!({"message_id": 4370})));
    assert_eq!(world.notice_kinds(), [NoticeKind::Unsolicited, NoticeKind::Unsolicited]);
    assert_eq!(world.shown(alert), "1 confirmed");
    world.pass(600_000);
}
