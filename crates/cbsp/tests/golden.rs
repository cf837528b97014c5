//! The golden vectors of CBSP: bytes made by an encoder that is not ours and read by tshark, both ways.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test: it reads the shared vectors from where the environment says, and stops at the first surprise"
)]

use std::path::PathBuf;

use bytes::BytesMut;
use cbsp::{Pdu, RepetitionCoding};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Vector {
    name: String,
    protocol: String,
    input: Value,
    hex: String,
}

const OURS: &str = include_str!("../../../fixtures/vectors/cbsp.json");

fn check(vectors: &str) -> usize {
    let vectors: Vec<Vector> = serde_json::from_str(vectors).unwrap();
    let ours = vectors.iter().filter(|vector| vector.protocol == "CBSP");
    ours.inspect(|Vector { name, input, hex, .. }| {
        let pdu: Pdu = serde_json::from_value(input.clone()).unwrap();
        let mut encoded = BytesMut::new();
        pdu.encode(&mut encoded).unwrap();
        assert_eq!(hex::encode(encoded), *hex, "{name}");
        let decoded = Pdu::decode(&hex::decode(hex).unwrap()).unwrap();
        assert_eq!(decoded, pdu, "{name}");
        assert_eq!(serde_json::to_value(decoded).unwrap(), *input, "{name}");
    })
    .count()
}

#[test]
fn our_copy_of_the_vectors_passes_both_ways() {
    assert_eq!(check(OURS), 22);
}

#[test]
fn the_shared_vectors_pass_both_ways() {
    let shared = std::env::var("AMBERD_SHARED")
        .map_or_else(|_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    match std::fs::read_to_string(shared.join("vectors/vectors.json")) {
        Ok(vectors) => assert!(check(&vectors) >= 22),
        Err(error) => {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no shared vectors: {error}");
            println!("NOT RUN: no shared vectors in {}: {error}", shared.display());
        }
    }
}

#[test]
fn a_period_of_32_slots_is_02_00_by_the_standard_and_00_20_for_osmo_bsc() {
    let vectors: Vec<Vector> = serde_json::from_str(OURS).unwrap();
    let vector = vectors.iter().find(|vector| vector.name == "cbsp-write-gsm7-cgi").unwrap();
    let pdu: Pdu = serde_json::from_value(vector.input.clone()).unwrap();
    let mut encoded = BytesMut::new();
    pdu.encode_with(RepetitionCoding::Osmocom, &mut encoded).unwrap();
    assert_eq!(hex::encode(&encoded), vector.hex.replacen("060200070000", "060020070000", 1));
    assert_ne!(hex::encode(&encoded), vector.hex);
    assert_eq!(Pdu::decode_with(RepetitionCoding::Osmocom, &encoded), Ok(pdu));
}

#[test]
fn every_field_that_nobody_knows_is_refused() {
    let vectors: Vec<Vector> = serde_json::from_str(OURS).unwrap();
    for Vector { name, mut input, .. } in vectors {
        input.as_object_mut().unwrap().insert("surprise".into(), Value::Null);
        assert!(serde_json::from_value::<Pdu>(input).is_err(), "{name}");
    }
}

#[test]
fn a_write_is_either_a_text_or_an_emergency() {
    let vectors: Vec<Vector> = serde_json::from_str(OURS).unwrap();
    for (of, without) in [("cbsp-write-ucs2-bss", "category"), ("cbsp-write-emergency", "warning_period_s")] {
        let mut input = vectors.iter().find(|vector| vector.name == of).unwrap().input.clone();
        input.as_object_mut().unwrap().shift_remove(without).unwrap();
        let error = serde_json::from_value::<Pdu>(input).unwrap_err();
        assert!(error.to_string().starts_with("write_replace: expected either channel"), "{error}");
    }
}

#[test]
fn an_emergency_without_an_end_is_null_in_json_and_0_on_the_wire() {
    let vectors: Vec<Vector> = serde_json::from_str(OURS).unwrap();
    let mut input =
        vectors.iter().find(|vector| vector.name == "cbsp-write-emergency").unwrap().input.clone();
    input.as_object_mut().unwrap().insert("warning_period_s".into(), Value::Null);
    let pdu: Pdu = serde_json::from_value(input.clone()).unwrap();
    let mut encoded = BytesMut::new();
    pdu.encode(&mut encoded).unwrap();
    assert!(encoded.ends_with(&[0x17, 0x00]));
    assert_eq!(serde_json::to_value(Pdu::decode(&encoded).unwrap()).unwrap(), input);
}
