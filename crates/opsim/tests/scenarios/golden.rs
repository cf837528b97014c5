//! Octets that other people's encoders made, in and out.

use serde_json::Value;

use crate::world::*;

fn vector(file: &str, name: &str) -> Vec<u8> {
    let vectors: Value = serde_json::from_str(file).unwrap();
    let vector = vectors.as_array().unwrap().iter().find(|vector| vector["name"] == name).unwrap();
    hex::decode(vector["hex"].as_str().unwrap()).unwrap()
}

fn sbcap(name: &str) -> Vec<u8> {
    vector(include_str!("../../../../fixtures/vectors/sbcap.json"), name)
}

fn cbsp(name: &str) -> Vec<u8> {
    vector(include_str!("../../../../fixtures/vectors/cbsp.json"), name)
}

fn sabp(name: &str) -> Vec<u8> {
    vector(include_str!("../../../../fixtures/vectors/sabp.json"), name)
}

#[test]
fn an_mme_answers_golden_requests_with_golden_answers() {
    let mut world = World::new();
    assert_eq!(world.tell_octets(MME, &sbcap("sbcap-wrwr-1cell")), [sbcap("sbcap-wrwresp-cause0")]);
    assert_eq!(world.cells_with(0), [4]);
    assert_eq!(world.tell_octets(MME, &sbcap("sbcap-swr-cells")), [sbcap("sbcap-swresp-ok")]);
    assert_eq!(world.cells_with(0), [0; 0]);
    assert_eq!(world.tell_octets(MME, &sbcap("sbcap-error-ind")), [[0; 0]; 0]);
}

#[test]
fn an_mme_reports_failed_cells_in_golden_octets() {
    let mut world = World::new();
    world.command(serde_json::json!({"do": "fail", "cells": [[4, 6]]}));
    let said = world.tell_octets(MME, &sbcap("sbcap-error-ind"));
    assert_eq!(said, [sbcap("sbcap-pwsfi")]);
}

#[test]
fn a_bsc_answers_golden_requests_with_golden_answers() {
    let mut world = World::new();
    let rounds = [
        ("cbsp-write-gsm7-cgi", "cbsp-write-complete"),
        ("cbsp-keepalive", "cbsp-keepalive-complete"),
        ("cbsp-reset", "cbsp-reset-complete"),
    ];
    for (request, answer) in rounds {
        assert_eq!(world.tell_octets(BSC, &cbsp(request)), [cbsp(answer)], "{request}");
    }
    assert_eq!(world.tell_octets(BSC, &cbsp("cbsp-error")), [[0; 0]; 0]);
}

#[test]
fn an_rnc_answers_golden_requests_with_golden_answers() {
    let mut world = World::of(rnc_plan());
    let rounds = [
        ("sabp-load-query", "sabp-load-query-complete"),
        ("sabp-write-gsm7", "sabp-write-complete"),
        ("sabp-reset", "sabp-reset-complete"),
        ("sabp-kill", "sabp-kill-failure"),
    ];
    for (request, answer) in rounds {
        assert_eq!(world.tell_octets(RNC, &sabp(request)), [sabp(answer)], "{request}");
    }
    world.tell_octets(RNC, &sabp("sabp-write-gsm7"));
    world.until(41 * 60_000);
    assert_eq!(world.tell_octets(RNC, &sabp("sabp-kill")), [sabp("sabp-kill-complete")]);
    assert_eq!(world.tell_octets(RNC, &sabp("sabp-error")), [[0; 0]; 0]);
}

#[test]
fn an_rnc_tells_of_failed_and_restarted_cells_in_golden_octets() {
    let mut world = World::of(rnc_plan());
    world.command(serde_json::json!({"do": "fail", "cells": [[0, 2]]}));
    assert_eq!(world.tell_octets(RNC, &sabp("sabp-error")), [sabp("sabp-failure")]);
    world.command(serde_json::json!({"do": "restart", "cells": [[0, 2]]}));
    assert_eq!(world.tell_octets(RNC, &sabp("sabp-error")), [sabp("sabp-restart")]);
}
