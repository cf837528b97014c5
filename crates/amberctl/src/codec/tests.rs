//! The golden vectors through the command line's eyes, both ways, and lines that fail.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Parser;

use super::*;
use crate::arguments::{Cli, Verb};

/// Runs `amberctl` on these lines: its output, and whether every line went through.
fn run(arguments: &str, input: &str) -> (String, bool) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(input.as_bytes()).unwrap();
    let path = file.path().display().to_string();
    let line = format!("amberctl {arguments} {path}");
    let mut out = Vec::new();
    let outcome = match Cli::try_parse_from(line.split(' ')).unwrap().verb {
        Verb::Encode(coding) => encode_lines(&coding, &mut out),
        Verb::Decode(coding) => decode_lines(&coding, &mut out),
        verb => panic!("{verb:?}"),
    };
    (String::from_utf8(out).unwrap(), outcome.is_ok())
}

fn lines(vectors: &[Value], text: impl Fn(&Value) -> String) -> String {
    vectors.iter().map(|vector| text(vector) + "\n").collect()
}

fn hex_lines(vectors: &[Value]) -> String {
    lines(vectors, |vector| vector["hex"].as_str().unwrap().to_owned())
}

/// The vectors of a protocol: the project's own copy, and the shared ones where they are.
fn vectors(own: &str, protocol: &str) -> Vec<Value> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = std::env::var("AMBERD_SHARED").map_or_else(|_| workspace.join("../shared"), PathBuf::from);
    let mut files = vec![workspace.join("fixtures/vectors").join(own)];
    if shared.is_dir() {
        files.push(shared.join("vectors/vectors.json"));
    } else {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{} is missing", shared.display());
        println!("NOT RUN: {} is missing, so only the project's own vectors are tested", shared.display());
    }
    let read =
        |file: PathBuf| serde_json::from_str::<Vec<Value>>(&std::fs::read_to_string(file).unwrap()).unwrap();
    let all: Vec<Value> =
        files.into_iter().flat_map(read).filter(|vector| vector["protocol"] == protocol).collect();
    assert!(!all.is_empty());
    all
}

#[test]
fn messages_become_their_golden_octets_and_octets_become_messages_that_give_them_again() {
    for (name, file, protocol) in [
        ("sbcap", "sbcap.json", "SBc-AP"),
        ("cbsp", "cbsp.json", "CBSP"),
        ("sabp", "sabp.json", "SABP"),
        ("ngap", "ngap.json", "NGAP"),
    ] {
        let vectors = vectors(file, protocol);
        let (encoded, fine) =
            run(&format!("encode --protocol {name}"), &lines(&vectors, |v| v["input"].to_string()));
        assert!(fine);
        assert_eq!(encoded, hex_lines(&vectors));
        let (decoded, fine) = run(&format!("decode --protocol {name}"), &encoded);
        assert!(fine);
        let (again, fine) = run(&format!("encode --protocol {name}"), &decoded);
        assert!(fine);
        assert_eq!(again, encoded);
    }
}

#[test]
fn units_become_their_golden_octets_and_come_back() {
    for vector in vectors("23.041.json", "23.041") {
        let (encoded, fine) = run("encode --protocol cbs", &vector["input"].to_string());
        assert_eq!((encoded.trim_end(), fine), (vector["hex"].as_str().unwrap(), true), "{}", vector["name"]);
        let unit = vector["input"]["unit"].as_str().unwrap();
        let scheme = match vector["input"].pointer("/content/encoding").and_then(Value::as_str) {
            Some("gsm7") => " --dcs 0x0f",
            Some("ucs2") => " --dcs 72",
            Some("ucs2_lang") => " --dcs 0x11",
            _ => "",
        };
        let (decoded, fine) = run(&format!("decode --protocol cbs --unit {unit}{scheme}"), &encoded);
        assert!(fine, "{decoded}");
        assert_eq!(serde_json::from_str::<Value>(&decoded).unwrap(), vector["input"], "{}", vector["name"]);
    }
}

#[test]
fn a_line_that_fails_is_told_in_its_place_and_the_run_goes_on() {
    let (serial, fine) = run("decode --protocol cbs --unit serial", "4110\nxx10\n411\n411000\n\n4120\n");
    assert!(!fine);
    let lines: Vec<Value> = serial.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0], json!({"unit": "serial", "serial": {"gs": 1, "code": 17, "update": 0}}));
    assert_eq!(lines[1]["offset"], 0);
    assert_eq!(lines[2]["offset"], 1);
    assert_eq!(lines[3], json!({"error": "expected 2 octets, found 3", "offset": 2}));
    assert_eq!(lines[4], json!({"error": "expected 2 octets, found 0", "offset": 0}));
    assert_eq!(lines[5]["serial"]["code"], 18);
    assert_eq!(lines.len(), 6);
}

#[test]
fn a_fault_is_placed_where_it_is() {
    for (arguments, line, offset) in [
        ("decode --protocol cbsp", "ff000000", json!(0)),
        ("decode --protocol cbsp", "0c0000050a", json!(1)),
        ("decode --protocol sbcap", "000000", json!(3)),
        ("decode --protocol sabp", "00000001", json!(4)),
        ("decode --protocol ngap", "00150000", json!(1)),
        // No octets; an IE that must be understood and is not; a mandatory one that is missing; one that came twice.
        ("decode --protocol sbcap", "", json!(0)),
        ("decode --protocol sbcap", "2000001900000400050002111b000b00024110000100010000ca000100", json!(24)),
        ("decode --protocol sbcap", "2000000f00000200050002111b000b00024110", json!(19)),
        ("decode --protocol sbcap", "2000001900000400050002111b000b0002411000010001000001000107", json!(24)),
        ("decode --protocol sabp", "200100110000020006000211", json!(4)),
        ("encode --protocol sbcap", "{\"message\": }", json!(12)),
        (
            "encode --protocol cbs",
            "{\"unit\":\"serial\",\"serial\":{\"gs\":1,\"code\":5000,\"update\":0}}",
            Value::Null,
        ),
    ] {
        let (told, fine) = run(arguments, &format!("{line}\n"));
        let told: Value = serde_json::from_str(&told).unwrap();
        assert!(!fine && told["error"].is_string(), "{arguments} {line}: {told}");
        assert_eq!(told["offset"], offset, "{arguments} {line}: {told}");
    }
}

#[test]
fn a_list_of_cells_that_were_told_may_be_a_rule_too() {
    let reference = r#""message_id":4379,"serial":{"gs":1,"code":17,"update":0}"#;
    let list = |kind: &str, cells: &str| {
        let (octets, fine) = run(
            "encode --protocol sbcap",
            &format!(r#"{{"message":"{kind}_warning_indication",{reference},"{cells}}}}}"#),
        );
        assert!(fine, "{octets}");
        octets
    };
    assert_eq!(
        list(
            "write_replace",
            r#"broadcast_scheduled_area":{"cells":{"plmn":"22001","key":"eci","start":7,"step":2,"count":2}"#
        ),
        list(
            "write_replace",
            r#"broadcast_scheduled_area":{"cells":[{"plmn":"22001","eci":7},{"plmn":"22001","eci":9}]"#
        ),
    );
    assert_eq!(
        list(
            "stop",
            r#"broadcast_cancelled_area":{"cells":{"plmn":"22001","key":"eci","start":7,"step":2,"count":2,"broadcasts":3}"#
        ),
        list(
            "stop",
            r#"broadcast_cancelled_area":{"cells":[{"plmn":"22001","eci":7,"broadcasts":3},{"plmn":"22001","eci":9,"broadcasts":3}]"#
        ),
    );
    let (told, fine) = run(
        "encode --protocol sbcap",
        &format!(
            r#"{{"message":"write_replace_warning_request",{reference},"repetition_period":1,"broadcasts":1,"area":{{"cells":{{"plmn":"22001","key":"eci","start":7,"step":2,"count":2,"broadcasts":3}}}}}}"#
        ),
    );
    assert!(!fine && told.contains("broadcasts"), "{told}");
}
