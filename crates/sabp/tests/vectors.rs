//! Golden messages of another encoder, both ways.
//!
//! A test reads files and fails by panicking, in its helping functions too.
#![allow(clippy::disallowed_methods, clippy::panic, clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use bytes::BytesMut;
use sabp::{FRAME_MAX_BYTES, Pdu, frame_length};
use serde_json::{Value, json};

/// The golden messages: the project's own copy always, and the shared one where it is.
fn vectors() -> Vec<Value> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = vec![workspace.join("fixtures/vectors/sabp.json")];
    files.extend(shared_folder(&workspace).map(|folder| folder.join("vectors/vectors.json")));
    let read = |file: PathBuf| -> Vec<Value> {
        let text =
            std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    };
    let vectors: Vec<_> =
        files.into_iter().flat_map(read).filter(|vector| vector["protocol"] == "SABP").collect();
    assert!(vectors.len() >= 18);
    vectors
}

/// The folder of shared test material; a clone alone has none, but continuous integration must.
fn shared_folder(workspace: &Path) -> Option<PathBuf> {
    let folder = std::env::var_os("AMBERD_SHARED").map_or(workspace.join("../shared"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{} is missing", folder.display());
    println!("NOT RUN: {} is missing, so only the project's own vectors are tested", folder.display());
    None
}

fn octets(vector: &Value) -> Vec<u8> {
    hex::decode(vector["hex"].as_str().unwrap()).unwrap()
}

#[test]
fn golden_messages_encode_to_their_octets() {
    for vector in vectors() {
        let pdu: Pdu = serde_json::from_value(vector["input"].clone())
            .unwrap_or_else(|error| panic!("{}: {error}", vector["name"]));
        let mut out = BytesMut::new();
        pdu.encode(&mut out).unwrap();
        assert_eq!(hex::encode(out), vector["hex"].as_str().unwrap(), "{}", vector["name"]);
    }
}

#[test]
fn golden_octets_decode_to_their_messages() {
    for vector in vectors() {
        let octets = octets(&vector);
        let decoded = Pdu::decode(&octets).unwrap();
        assert_eq!(
            serde_json::to_value(&decoded.pdu).unwrap(),
            written_out(&vector["input"]),
            "{}",
            vector["name"]
        );
        assert_eq!((decoded.skipped, decoded.report, decoded.trailing), (vec![], vec![], 0));
        assert_eq!(frame_length(&octets, FRAME_MAX_BYTES), Ok(Some(octets.len())), "{}", vector["name"]);
    }
}

/// The input with its rule, if it has one, replaced by the list that it makes.
fn written_out(input: &Value) -> Value {
    let mut input = input.clone();
    if let Some(rule) = input.get("service_areas").filter(|areas| areas.is_object()).cloned() {
        let number = |name: &str| rule[name].as_u64().unwrap();
        let sac = |i| number("sac_start") + i * number("step");
        input["service_areas"] = (0..number("count"))
            .map(|i| json!({"plmn": rule["plmn"], "lac": rule["lac"], "sac": sac(i)}))
            .collect();
    }
    input
}

#[test]
fn every_field_that_nobody_knows_is_refused() {
    for vector in vectors() {
        let mut input = vector["input"].clone();
        input["colour"] = json!(1);
        assert!(serde_json::from_value::<Pdu>(input).is_err(), "{}", vector["name"]);
    }
    let area = json!({"plmn": "22001", "lac": 1, "sac": 2, "cause": 3, "colour": 1});
    let failure = json!({"message": "reset_failure", "failures": [area]});
    assert!(serde_json::from_value::<Pdu>(failure).unwrap_err().to_string().contains("colour"));
}

#[test]
fn a_rule_must_fit_its_list() {
    let kill = |sac_start: u64, step: u64, count: u64| {
        serde_json::from_value::<Pdu>(json!({
            "message": "kill", "message_id": 4379, "old_serial": {"gs": 1, "code": 33, "update": 0},
            "service_areas": {"plmn": "22001", "lac": 1, "sac_start": sac_start, "step": step, "count": count},
        }))
    };
    assert!(kill(0, 1, 65_535).is_ok());
    assert!(kill(2, 1, 65_535).unwrap_err().to_string().contains("16 bits"));
    assert!(kill(0, 1, 65_536).is_err());
}
