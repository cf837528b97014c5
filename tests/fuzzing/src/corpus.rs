//! What the targets start from: the golden vectors and other fixtures; and what libFuzzer found worth keeping.

use std::path::{Path, PathBuf};

use cbe::{Answer, DeliveryReport, Place, Tag};
use policy::Picture;
use serde_json::Value;

use crate::session::script;

/// The inputs kept from fuzzing a target, and the findings that became regression tests: one a line, in hexadecimal.
pub fn kept(target: &str) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(kept_file(target)).unwrap_or_default();
    text.lines().map(|line| hex::decode(line).expect("hexadecimal octets")).collect()
}

/// Where they are.
pub fn kept_file(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(format!("{target}.hex"))
}

/// The octets of a protocol's golden messages.
pub fn octets(protocol: &str) -> Vec<Vec<u8>> {
    vectors(protocol).iter().map(hex_of).collect()
}

/// The octets of the golden parts that are of one kind.
pub fn units(unit: &str) -> Vec<Vec<u8>> {
    vectors("23.041").iter().filter(|vector| vector["input"]["unit"] == unit).map(hex_of).collect()
}

/// Each golden content under the scheme of its alphabet, as the target has it.
pub fn contents() -> Vec<Vec<u8>> {
    let schemes = [[0x0f], [0x48], [0x11]];
    units("content")
        .iter()
        .flat_map(|content| schemes.map(|scheme| [&scheme, &content[..]].concat()))
        .collect()
}

/// For each golden message, a conversation in which it comes and one in which something like it was asked before.
pub fn conversations(protocol: &str) -> Vec<Vec<u8>> {
    let scripts = vectors(protocol).into_iter().flat_map(|vector| {
        let input = &vector["input"];
        let message_id = input["message_id"].as_u64().unwrap_or_default() as u16;
        let serial = ["serial", "new_serial", "old_serial"].iter().find_map(|name| serial(&input[*name]));
        (0..3).map(move |kind| script(kind, message_id, serial.unwrap_or_default(), &hex_of(&vector)))
    });
    scripts.flatten().collect()
}

/// Inventories, small ones.
pub fn inventories() -> Vec<Vec<u8>> {
    let rows = [
        "",
        "mts,220,03,gsm,4097,21,,45.25,19.84,60,120,1500,bsc-1\nmts,220,03,gsm,4097,22,,45.25,19.84,180,120,1500,bsc-1\n",
        "mts,220,03,lte,4097,25857,101,45.25,19.84,0,360,800,mme-1\n",
        "yettel,220,01,umts,4097,7,12,44.8,20.46,,,2000,rnc-1\n\"a1\",220,05,nr,4097,4097,1,44.8,20.46,10,65,900,amf-1\n",
    ];
    rows.iter().map(|rows| format!("{}\n{rows}", area::HEADER).into_bytes()).collect()
}

/// CAP messages: our own, signed and not.
pub fn cap_messages() -> Vec<Vec<u8>> {
    vec![std::fs::read(fixtures().join("cap/missing-child.xml")).expect("the fixture")]
}

/// A picture of nothing as PNG, and the markers of a JPEG file.
pub fn pictures() -> Vec<Vec<u8>> {
    let jpeg: &[&[u8]] = &[
        &[0xff, 0xd8, 0xff, 0xe1, 0, 8, b'E', b'x', b'i', b'f', 0, 0, 0xff, 0xdb, 0, 4, 1, 2],
        &[0xff, 0xc0, 0, 11, 8, 0, 3, 0, 2, 1, 1, 0x11, 0, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0],
        &[1, 2, 0xff, 0, 3, 0xff, 0xd0, 4, 0xff, 0xd9, b'm', b'o', b'r', b'e'],
    ];
    vec![Picture::blank(100).octets().to_vec(), jpeg.concat()]
}

/// Answers of an operator's CBC, each behind the octet that says what it answers.
pub fn cbc_answers() -> Vec<Vec<u8>> {
    let complete = DeliveryReport {
        identifier: "A-1.2".into(),
        complete: true,
        on_air: Place::Cells(vec!["mts/nr//17".into()]),
        off_air: Place::ALL,
        failed: Place::default(),
    };
    let open = DeliveryReport { complete: false, ..complete.clone() };
    let of = |media_type: &str, body: Vec<u8>, status| Answer {
        media_type: Some(media_type.to_owned()),
        body: body.into(),
        ..Answer::of(status)
    };
    let error = "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>E</identifier><sender>c</sender>\
                 <sent>2026-11-24T12:00:00+01:00</sent><status>Actual</status><msgType>Error</msgType>\
                 <scope>Public</scope><note>no such area</note></alert>";
    let answers = [
        Answer::of(201),
        Answer::of(409),
        Answer { location: Some("https://cbc.example/reports/1".into()), ..Answer::of(202) },
        Answer { location: Some("/reports/1".into()), ..of(cbe::REPORT, open.write(), 200) },
        of(cbe::REPORT, complete.write(), 200),
        of(cbe::CAP, error.into(), 200),
        of("text/plain; charset=utf-8", b"who are you?".to_vec(), 403),
        Answer::of(503),
    ];
    let frames = answers.iter().zip(0..).map(|(answer, which)| {
        // The tag is the target's affair.
        [&[which], &answer.encode(Tag(0))[8..]].concat()
    });
    frames.chain([vec![u8::MAX, b'H']]).collect()
}

/// The same under a policy of ours, live and as an update.
pub fn cap_imports() -> Vec<Vec<u8>> {
    let fixture = std::fs::read_to_string(fixtures().join("cap/missing-child.xml")).expect("the fixture");
    let exercise = fixture.replace("pronadji-me", "missing-child");
    let live =
        exercise.replace("<status>Exercise", "<status>Actual").replace("<value>exercise<", "<value>amber<");
    let update = live
        .replace("<msgType>Alert", "<msgType>Update")
        .replace(
            "  <info>\n    <language>sr",
            "  <references>a,b,2026-11-24T18:45:15+01:00</references>\n  <info>\n    <language>sr",
        )
        .replace("RS-06", "RS-VO");
    [fixture, exercise, live, update].into_iter().map(String::into_bytes).collect()
}

/// A capture with a message of each transport.
pub fn captures() -> Vec<Vec<u8>> {
    vec![std::fs::read(fixtures().join("captures/each-protocol.pcap")).expect("the fixture")]
}

/// Every example in the contract of the admin API.
pub fn admin_bodies() -> Vec<Vec<u8>> {
    let contract = serde_json::from_str(admin::OPENAPI).expect("the contract is JSON");
    let mut bodies = Vec::new();
    examples(&contract, &mut bodies);
    bodies
}

fn examples(value: &Value, found: &mut Vec<Vec<u8>>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("example").map(|example| example.to_string().into_bytes()));
            members.values().for_each(|member| examples(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| examples(item, found)),
        _ => {}
    }
}

fn serial(value: &Value) -> Option<u16> {
    let part = |name: &str| value[name].as_u64();
    Some((part("gs")? << 14 | part("code")? << 4 | part("update")?) as u16)
}

fn hex_of(vector: &Value) -> Vec<u8> {
    hex::decode(vector["hex"].as_str().expect("a vector has its octets")).expect("hexadecimal octets")
}

fn vectors(protocol: &str) -> Vec<Value> {
    let folder = fixtures().join("vectors");
    let files = [format!("{protocol}.json"), format!("{protocol}-decode.json")];
    let texts = files.iter().filter_map(|file| std::fs::read_to_string(folder.join(file)).ok());
    let vectors =
        texts.flat_map(|text| serde_json::from_str::<Vec<Value>>(&text).expect("a list of vectors"));
    vectors.collect()
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}
