//! The JSON form: what it accepts beyond the golden messages, and what it refuses.
//!
//! A test fails by panicking, in its helping functions too.
#![allow(clippy::unwrap_used)]

use bytes::BytesMut;
use sbcap::{Extension, Pdu};
use serde_json::{Value, json};

fn stop(members: Value) -> Result<Pdu, String> {
    let mut message = json!({
        "message": "stop_warning_request", "message_id": 4379, "serial": {"gs": 1, "code": 17, "update": 0},
    });
    message.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    serde_json::from_value(message).map_err(|error| error.to_string())
}

fn refused(members: Value) -> String {
    stop(members).unwrap_err()
}

#[test]
fn a_rule_makes_a_list() {
    let rule = json!({"area": {"tais": {"plmn": "22001", "key": "tac", "start": 10, "step": 5, "count": 3}}});
    let tai = |tac| json!({"plmn": "22001", "tac": tac});
    let list = json!({"area": {"tais": [tai(10), tai(15), tai(20)]}});
    assert_eq!(stop(rule).unwrap(), stop(list).unwrap());
}

#[test]
fn a_rule_must_fit_its_list() {
    let rule = |key: &str, start: u64, step: u64, count: u64| {
        refused(json!({"tais": {"plmn": "22001", "key": key, "start": start, "step": step, "count": count}}))
    };
    assert!(rule("eci", 1, 1, 1).contains("expected \"tac\""));
    assert!(rule("tac", 1, 1, 65_536).contains("at most 65535"));
    assert!(rule("tac", 65_535, 1, 2).contains("TAC"));
    assert!(rule("tac", 1, u64::MAX, 2).contains("64 bits"));
}

#[test]
fn unknown_members_are_refused_at_every_depth() {
    for members in [
        json!({"colour": 1}),
        json!({"ext": {"colour": 1}}),
        json!({"area": {"cells": [{"plmn": "22001", "eci": 1, "colour": 1}]}}),
        json!({"area": {"colour": []}}),
        json!({"tais": [{"plmn": "22001", "tac": 1, "colour": 1}]}),
    ] {
        assert!(refused(members.clone()).contains("colour"), "{members}");
    }
    let indication = |area: Value| {
        serde_json::from_value::<Pdu>(json!({
            "message": "stop_warning_indication", "message_id": 4379,
            "serial": {"gs": 1, "code": 17, "update": 0}, "broadcast_cancelled_area": area,
        }))
    };
    let cell = json!({"plmn": "22001", "eci": 1, "broadcasts": 2, "colour": 1});
    let tai = json!({"plmn": "22001", "tac": 1, "cells": [], "colour": 1});
    for area in [json!({"cells": [cell]}), json!({"tais": [tai]}), json!({"colour": []})] {
        assert!(indication(area.clone()).unwrap_err().to_string().contains("colour"), "{area}");
    }
}

#[test]
fn numbers_that_do_not_fit_are_refused() {
    let cell = |eci: u64| json!({"area": {"cells": [{"plmn": "22001", "eci": eci}]}});
    assert!(stop(cell((1 << 28) - 1)).is_ok());
    assert!(refused(cell(1 << 28)).contains("expected at most 268435455"));
    assert!(refused(json!({"omc_id": ""})).contains("1 to 20 octets"));
    assert!(refused(json!({"omc_id": "5"})).contains("hexadecimal"));
    assert!(refused(json!({"area": {"eais": ["0102"]}})).contains("length"));
}

#[test]
fn the_order_of_extensions_is_the_order_of_the_wire() {
    let tais = json!([{"plmn": "22001", "tac": 1}]);
    let forth = json!({"ext": {"tais_5gs": tais, "rat_selector_5gs": true}});
    let back = json!({"ext": {"rat_selector_5gs": true, "tais_5gs": tais}});
    let octets = |members| {
        let mut out = BytesMut::new();
        stop(members).unwrap().encode(&mut out).unwrap();
        hex::encode(out)
    };
    let (tais, selector) = ("00224009000000", "002640");
    let (forth, back) = (octets(forth), octets(back));
    assert!(forth.find(tais).unwrap() < forth.find(selector).unwrap());
    assert!(back.find(tais).unwrap() > back.find(selector).unwrap());
}

#[test]
fn a_flag_that_is_false_is_not_there() {
    let Pdu::StopWarningRequest(request) =
        stop(json!({"stop_all": false, "ext": {"rat_selector_5gs": false}})).unwrap()
    else {
        unreachable!()
    };
    assert!(!request.stop_all);
    assert!(!request.ext.0.contains(&Extension::RatSelector));
}

#[test]
fn a_value_that_has_no_encoding_leaves_the_buffer_as_it_was() {
    let pdu: Pdu = serde_json::from_value(json!({
        "message": "pws_failure_indication", "failed_cells": [],
        "global_enb_id": {"plmn": "22001", "kind": "macro", "id": 1},
    }))
    .unwrap();
    let mut out = BytesMut::from(&b"before"[..]);
    let error = pdu.encode(&mut out).unwrap_err();
    assert_eq!(error.to_string(), "IE 33: expected a size of 1 to 256, found 0");
    assert_eq!(&out[..], b"before");
}
