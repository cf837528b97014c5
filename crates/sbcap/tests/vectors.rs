//! Golden messages of other encoders, both ways, and inputs for the decoder with the outcome that the standard asks for.
//!
//! A test reads files and fails by panicking, in its helping functions too.
#![allow(clippy::disallowed_methods, clippy::panic, clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use bytes::BytesMut;
use sbcap::{Error, IeDiagnostics, Pdu};
use serde_json::{Value, json};

/// A vector file: the project's own copy always, and the shared one where it is.
fn vectors(own: &str, shared: &str) -> Vec<Value> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = vec![workspace.join("fixtures/vectors").join(own)];
    files.extend(shared_folder(&workspace).map(|folder| folder.join("vectors").join(shared)));
    let read = |file: PathBuf| -> Vec<Value> {
        let text =
            std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    };
    files.into_iter().flat_map(read).filter(|vector| vector["protocol"] == "SBc-AP").collect()
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
    for vector in vectors("sbcap.json", "vectors.json") {
        let pdu: Pdu = serde_json::from_value(vector["input"].clone())
            .unwrap_or_else(|error| panic!("{}: {error}", vector["name"]));
        let mut out = BytesMut::new();
        pdu.encode(&mut out).unwrap();
        assert_eq!(hex::encode(out), vector["hex"].as_str().unwrap(), "{}", vector["name"]);
    }
}

#[test]
fn golden_octets_decode_to_their_messages() {
    for vector in vectors("sbcap.json", "vectors.json") {
        let decoded = Pdu::decode(&octets(&vector)).unwrap();
        let expected = written_out(&vector["input"]);
        assert_eq!(serde_json::to_value(&decoded.pdu).unwrap(), expected, "{}", vector["name"]);
        assert_eq!(decoded.pdu, serde_json::from_value(expected).unwrap(), "{}", vector["name"]);
        assert_eq!((decoded.skipped, decoded.report, decoded.trailing), (vec![], vec![], 0));
    }
}

/// The input with each rule replaced by the list that it makes.
fn written_out(input: &Value) -> Value {
    match input {
        Value::Object(rule) if rule.contains_key("step") => {
            let number = |name: &str| rule[name].as_u64().unwrap();
            let key = rule["key"].as_str().unwrap();
            (0..number("count"))
                .map(|i| json!({"plmn": rule["plmn"], key: number("start") + i * number("step")}))
                .collect()
        }
        Value::Object(object) => {
            object.iter().map(|(name, value)| (name.clone(), written_out(value))).collect()
        }
        Value::Array(list) => list.iter().map(written_out).collect(),
        other => other.clone(),
    }
}

#[test]
fn a_decoder_does_with_odd_messages_what_the_standard_asks_for() {
    for vector in vectors("sbcap-decode.json", "vectors-decode.json") {
        let (name, expect) = (&vector["name"], &vector["expect"]);
        let result = Pdu::decode(&octets(&vector));
        match expect["result"].as_str().unwrap() {
            "accept" | "reject or accept" => {
                let decoded = result.unwrap_or_else(|error| panic!("{name}: {error}"));
                let json = serde_json::to_value(&decoded.pdu).unwrap();
                for key in ["message", "cause", "message_id"] {
                    assert!(expect[key].is_null() || json[key] == expect[key], "{name}: {key}");
                }
                for (key, ids) in [("skipped", &decoded.skipped), ("report", &decoded.report)] {
                    assert!(expect[key].is_null() || json!(ids) == expect[key], "{name}: {key}");
                }
                if expect["cells"] == 0 {
                    assert_eq!(json["broadcast_scheduled_area"], json!({}), "{name}");
                }
                assert_eq!(decoded.trailing, usize::from(name == "resp-trailing"), "{name}");
            }
            "reject" => {
                let error = result.unwrap_err();
                let diagnostics = match &error {
                    Error::Ies { ies, .. } => ies.clone(),
                    _ => vec![],
                };
                if !expect["diagnostics"].is_null() {
                    let expected: Vec<IeDiagnostics> =
                        serde_json::from_value(expect["diagnostics"].clone()).unwrap();
                    assert_eq!(diagnostics, expected, "{name}");
                }
                if expect["reply"] == "error_indication" {
                    assert!(matches!(error, Error::Procedure { procedure: 99, .. }), "{name}");
                }
            }
            "ignore" => {
                let ignored = Error::Procedure { procedure: 99, triggering: INITIATING, criticality: IGNORE };
                assert_eq!(result, Err(ignored), "{name}");
            }
            other => panic!("{name}: no such result: {other}"),
        }
    }
}

const INITIATING: sbcap::TriggeringMessage = sbcap::TriggeringMessage::InitiatingMessage;
const IGNORE: sbcap::Criticality = sbcap::Criticality::Ignore;
