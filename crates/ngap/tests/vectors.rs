//! Golden messages of another encoder, both ways.
//!
//! A test reads files and fails by panicking, in its helping functions too.
#![allow(clippy::disallowed_methods, clippy::panic, clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use bytes::BytesMut;
use ngap::Pdu;
use serde_json::{Value, json};

/// The golden messages: the project's own copy always, and the shared one where it is.
fn vectors() -> Vec<Value> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = vec![workspace.join("fixtures/vectors/ngap.json")];
    files.extend(shared_folder(&workspace).map(|folder| folder.join("vectors/vectors.json")));
    let read = |file: PathBuf| -> Vec<Value> {
        let text =
            std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    };
    let vectors: Vec<_> =
        files.into_iter().flat_map(read).filter(|vector| vector["protocol"] == "NGAP").collect();
    assert!(vectors.len() >= 12);
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
fn every_field_that_nobody_knows_is_refused() {
    for vector in vectors() {
        let mut input = vector["input"].clone();
        input["colour"] = json!(1);
        assert!(serde_json::from_value::<Pdu>(input).is_err(), "{}", vector["name"]);
    }
}

#[test]
fn an_indication_names_one_node_and_cells_of_one_kind() {
    let gnb = json!({"plmn": "22001", "id": 1, "bits": 22});
    let n3iwf = json!({"plmn": "22001", "id": 1});
    let (nr, eutra) = (json!([{"plmn": "22001", "nci": 1}]), json!([{"plmn": "22001", "eci": 1}]));
    let failure = |members: Value| {
        let mut failure = json!({"message": "pws_failure_indication"});
        failure.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        serde_json::from_value::<Pdu>(failure).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(failure(json!({"failed_cells_nr": nr, "global_gnb_id": gnb})), Ok(()));
    let both = failure(json!({"failed_cells_nr": nr, "failed_cells_eutra": eutra, "global_gnb_id": gnb}));
    assert!(both.unwrap_err().contains("either cells of E-UTRA or cells of NR"));
    assert!(failure(json!({"global_gnb_id": gnb})).unwrap_err().contains("either cells"));
    assert!(failure(json!({"failed_cells_nr": nr})).unwrap_err().contains("expected one of global_gnb_id"));
    let two = failure(json!({"failed_cells_nr": nr, "global_gnb_id": gnb, "global_n3iwf_id": n3iwf}));
    assert!(two.unwrap_err().contains("expected one of global_gnb_id"));
}
