//! What is refused before anything is made of it, and what is bounded.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "an oracle test: runs xmllint, which the crate itself never does"
)]

mod support;

use cap::{Code, Level, Limits, check, check_within};

const MESSAGE: &str = include_str!("../../../fixtures/cap/missing-child.xml");

fn refused(message: &[u8]) -> Code {
    let verdict = check(message, Level::Rules);
    assert!(!verdict.schema_valid && !verdict.acceptable);
    verdict.problems[0].code
}

fn with_prolog(prolog: &str) -> Vec<u8> {
    MESSAGE.replacen("?>\n", &format!("?>\n{prolog}\n"), 1).into_bytes()
}

#[test]
fn document_types_and_entities_are_refused() {
    assert_eq!(refused(&with_prolog("<!DOCTYPE alert>")), Code::Dtd);
    assert_eq!(
        refused(&with_prolog("<!DOCTYPE alert [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>")),
        Code::Dtd
    );
    let bomb = "<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;\">]>";
    assert_eq!(refused(&with_prolog(bomb)), Code::Dtd);
    assert_eq!(refused(MESSAGE.replace("Missing child", "&x;").as_bytes()), Code::Entity);
    assert_eq!(refused(MESSAGE.replace("Missing child", "&#1;").as_bytes()), Code::Malformed);
}

#[test]
fn unknown_types_versions_and_namespaces_are_refused_by_name() {
    for (from, to, code, found) in [
        ("<msgType>Alert", "<msgType>Pause", Code::UnknownValue, "Pause"),
        ("cap:1.2\"", "cap:1.1\"", Code::UnsupportedVersion, "CAP 1.1"),
        (
            "urn:oasis:names:tc:emergency:cap:1.2\"",
            "http://www.incident.com/cap/1.0\"",
            Code::UnsupportedVersion,
            "CAP 1.0",
        ),
        ("cap:1.2\"", "cap:1.3\"", Code::NotCap, "{urn:oasis:names:tc:emergency:cap:1.3}alert"),
        (" xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"", "", Code::NotCap, "{}alert"),
    ] {
        let verdict = check(MESSAGE.replacen(from, to, 1).as_bytes(), Level::Rules);
        assert_eq!((verdict.problems[0].code, verdict.problems[0].found.as_str()), (code, found));
    }
}

#[test]
fn size_depth_points_and_attributes_are_bounded() {
    let limits = Limits { message_bytes: 1_000, ..Limits::DEFAULT };
    assert_eq!(check_within(MESSAGE.as_bytes(), Level::Rules, limits).problems[0].code, Code::TooLarge);

    let nested = format!("<x xmlns=\"http://www.w3.org/2000/09/xmldsig#\">{}", "<x>".repeat(100_000));
    assert_eq!(refused(MESSAGE.replace("</alert>", &nested).as_bytes()), Code::TooDeep);

    let limits = Limits { points: 4, ..Limits::DEFAULT };
    assert_eq!(check_within(MESSAGE.as_bytes(), Level::Rules, limits).problems[0].code, Code::TooMany);
    let limits = Limits { shapes: 1, ..Limits::DEFAULT };
    assert_eq!(check_within(MESSAGE.as_bytes(), Level::Rules, limits).problems[0].code, Code::TooMany);

    let attributes: String = (0..100).map(|number| format!(" xmlns:a{number}=\"urn:a\"")).collect();
    assert_eq!(refused(MESSAGE.replace("<alert", &format!("<alert{attributes}")).as_bytes()), Code::TooMany);

    let declarations: String = (0..9).map(|number| format!(" xmlns:a{number}=\"urn:a\"")).collect();
    let nested =
        format!("<x xmlns=\"http://www.w3.org/2000/09/xmldsig#\">{}", format!("<x{declarations}>").repeat(9));
    assert_eq!(refused(MESSAGE.replace("</alert>", &nested).as_bytes()), Code::TooMany);

    // Quadratic work would take minutes here.
    let faults = "<x/>".repeat(1_000_000);
    let verdict = check(MESSAGE.replacen("<info>", &format!("<info>{faults}"), 1).as_bytes(), Level::Rules);
    assert_eq!(verdict.problems.len(), Limits::DEFAULT.problems);
}

#[test]
fn encodings_are_read_or_refused_by_name_and_as_libxml2_reads_them() {
    let declared = |name: &str| MESSAGE.replacen("UTF-8", name, 1);
    let utf16 = |order: fn(u16) -> [u8; 2], mark: bool| {
        let mark = mark.then_some(0xfeff);
        mark.into_iter().chain(declared("UTF-16").encode_utf16()).flat_map(order).collect::<Vec<u8>>()
    };
    let latin: Vec<u8> =
        declared("ISO-8859-1").chars().map(|ch| u8::try_from(u32::from(ch)).unwrap_or(b'?')).collect();
    let mut marked = b"\xef\xbb\xbf".to_vec();
    marked.extend(MESSAGE.as_bytes());
    let marked_twice = [b"\xef\xbb\xbf", marked.as_slice()].concat();
    let mut broken = MESSAGE.as_bytes().to_vec();
    broken[700] = 0xff;
    let cases = [
        (utf16(u16::to_le_bytes, true), true),
        (utf16(u16::to_be_bytes, true), true),
        (utf16(u16::to_le_bytes, false), true),
        (utf16(u16::to_be_bytes, false), true),
        (latin, true),
        (marked, true),
        (marked_twice, false),
        ([vec![0xff, 0xfe], utf16(u16::to_le_bytes, true)].concat(), false),
        (MESSAGE.replace('\n', "\r\n").into_bytes(), true),
        (broken, false),
        (declared("x-none").into_bytes(), false),
        (b"".to_vec(), false),
        (b"\xff\xfe<".to_vec(), false),
    ];
    for (message, valid) in &cases {
        assert_eq!(
            check(message, Level::Schema).schema_valid,
            *valid,
            "{:?}",
            check(message, Level::Schema).problems
        );
    }
    assert_eq!(refused(declared("windows-1250").as_bytes()), Code::Encoding);

    let Some(folder) = support::shared_cap() else { return };
    if support::has_program("xmllint") {
        let messages: Vec<Vec<u8>> = cases.iter().map(|(message, _)| message.clone()).collect();
        let valid = support::xmllint(&folder.join("CAP-v1.2.xsd"), &support::scratch("encodings"), &messages);
        assert_eq!(valid, cases.map(|(_, valid)| valid));
    }
}

#[test]
fn a_report_is_one_line_for_everybody() {
    for end in ['\n', '\u{85}', '\u{2028}', '\u{2029}'] {
        let verdict =
            check(MESSAGE.replacen("<scope>", &format!("<scope>Act{end}ual"), 1).as_bytes(), Level::Rules);
        let line = serde_json::to_string(&verdict.about("a.xml")).unwrap();
        assert!(line.contains("Act") && !line.contains(end), "{line}");
    }
}

#[test]
fn a_comment_does_not_cut_a_value() {
    let message = MESSAGE.replace("<identifier>rs-2026", "<identifier>rs<!-- x -->-20<?x y?>26");
    let document = cap::Document::decode(message.as_bytes(), Limits::DEFAULT).unwrap();
    assert_eq!(document.alert().unwrap().identifier, "rs-2026-000017");
}

#[test]
fn every_prefix_of_a_message_is_refused_without_panic() {
    for end in 0..MESSAGE.trim_end().len() {
        assert!(!check(&MESSAGE.as_bytes()[..end], Level::Broadcast).acceptable);
    }
}
