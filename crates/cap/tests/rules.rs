//! Each rule with a message that breaks it, and the faults that the manifest of real messages names.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "reads fixtures and the shared files, which the crate itself never does"
)]

mod support;

use cap::{Code, Level, ProblemSeverity, Verdict, check, check_json};

const MESSAGE: &str = include_str!("../../../fixtures/cap/missing-child.xml");

/// The message with something replaced, everywhere it stands.
fn with(from: &str, to: &str) -> Vec<u8> {
    assert!(MESSAGE.contains(from), "{from}");
    MESSAGE.replace(from, to).into_bytes()
}

fn has(verdict: &Verdict, code: Code, severity: ProblemSeverity) -> bool {
    verdict.problems.iter().any(|problem| problem.code == code && problem.severity == severity)
}

#[test]
fn the_fixture_is_acceptable_at_every_level() {
    for level in [Level::Schema, Level::Rules, Level::Profile, Level::Broadcast] {
        let verdict = check(MESSAGE.as_bytes(), level);
        assert!(
            verdict.schema_valid && verdict.acceptable && verdict.problems.is_empty(),
            "{:?}",
            verdict.problems
        );
    }
}

#[test]
fn each_rule_is_broken_once() {
    use Code::*;
    let blocks = &MESSAGE[MESSAGE.find("<info>").unwrap()..MESSAGE.rfind("</alert>").unwrap()];
    let polygon = "45.1,19.2 45.1,20.2 45.5,20.2 45.5,19.2 45.1,19.2";
    for (code, from, to) in [
        (ForbiddenCharacter, "rs-2026-000017", "rs 2026"),
        (ForbiddenCharacter, "alerts@mup.example", "a,b"),
        (ForbiddenCharacter, "alerts@mup.example", "a&amp;b"),
        (EmptyValue, "rs-2026-000017", ""),
        (EmptyValue, "Missing child", " "),
        (EmptyValue, "South Bačka District", ""),
        (MissingAudience, "<scope>Public", "<scope>Restricted"),
        (MissingAudience, "<scope>Public", "<scope>Private"),
        (Quoting, "</code>", "</code><incidents>\"one</incidents>"),
        (ReferencesMissing, "<msgType>Alert", "<msgType>Update"),
        (ReferencesMissing, "<msgType>Alert", "<msgType>Cancel"),
        (ReferencesMissing, "<msgType>Alert", "<msgType>Ack"),
        (ReferencesMalformed, "</code>", "</code><references>a,b</references>"),
        (ReferencesMalformed, "</code>", "</code><references>a,b,2026-11-24T10:00:00Z</references>"),
        (Expiry, "2026-11-25T02:45:15+01:00", "2026-11-24T18:45:14+01:00"),
        (Polygon, polygon, "45,19 45,20 45,19"),
        (Polygon, polygon, "45.1 19.2"),
        (PolygonNotClosed, polygon, "45,19 45,20 46,20 46,19"),
        (PolygonSelfCrossing, polygon, "45,19 46,20 45,20 46,19 45,19"),
        (CoordinateBounds, polygon, "145,19 145,20 146,20 145,19"),
        (LatLonOrder, "<circle>45.25,19.85", "<circle>19.85,45.25"),
        (Circle, "<circle>45.25,19.85 5", "<circle>45.25,19.85 -5"),
        (Circle, "<circle>45.25,19.85 5", "<circle>45.25,19.85"),
        (CeilingWithoutAltitude, "</circle>", "</circle><ceiling>1</ceiling>"),
        (NoInfo, blocks, ""),
    ] {
        let verdict = check(&with(from, to), Level::Rules);
        assert!(verdict.schema_valid, "{code:?} {to}: {:?}", verdict.problems);
        assert!(
            has(&verdict, code, ProblemSeverity::Error) && !verdict.acceptable,
            "{code:?} {to}: {:?}",
            verdict.problems
        );
    }
}

#[test]
fn what_is_only_odd_is_named_and_accepted() {
    use Code::*;
    for (code, from, to) in [
        (UtcOffset, "2026-11-24T18:45:15+01:00", "2026-11-24T17:45:15+00:00"),
        (UtcOffset, "2026-11-25T02:45:15+01:00", "2026-11-25T02:45:15+00:00"),
        (Quoting, "<scope>Public</scope>", "<scope>Public</scope><code>two words</code>"),
        (EmptyValue, "45.1,19.2 45.1,20.2 45.5,20.2 45.5,19.2 45.1,19.2", ""),
        (Polygon, "45.1,20.2 45.5,20.2", "45.1,20.2\n  45.5,20.2"),
        (UriRelative, "</description>", "</description><web>map.html</web>"),
        (InfoBlocksDiffer, "</scope>", "</scope>"),
    ] {
        let message = match code {
            InfoBlocksDiffer => MESSAGE.replacen("<category>Rescue", "<category>Safety", 1).into_bytes(),
            _ => with(from, to),
        };
        let verdict = check(&message, Level::Rules);
        assert!(
            has(&verdict, code, ProblemSeverity::Warning) && verdict.acceptable,
            "{code:?}: {:?}",
            verdict.problems
        );
    }
    let references = "<references>a,1,2026-11-24T10:00:00+01:00,b,2,2026-11-24T11:00:00-00:00</references>";
    let message = MESSAGE
        .replacen("<info>", &format!("{references}<info>"), 1)
        .replace("<msgType>Alert", "<msgType>Update");
    let verdict = check(message.as_bytes(), Level::Rules);
    assert!(
        verdict.acceptable && has(&verdict, ReferencesMalformed, ProblemSeverity::Warning),
        "{:?}",
        verdict.problems
    );
}

#[test]
fn a_cancel_needs_no_more_than_its_references() {
    let (head, _) = MESSAGE.split_once("<info>").unwrap();
    let head = head.replace("<msgType>Alert", "<msgType>Cancel");
    let cancel = format!("{head}<references>a,1,2026-11-24T10:00:00+01:00</references></alert>");
    for level in [Level::Rules, Level::Profile, Level::Broadcast] {
        let verdict = check(cancel.as_bytes(), level);
        assert!(
            verdict.acceptable && has(&verdict, Code::NoInfo, ProblemSeverity::Warning),
            "{:?}",
            verdict.problems
        );
    }
}

#[test]
fn the_profile_is_strict_where_it_decides() {
    use Code::*;
    for (code, from, to) in [
        (ProfileNotDeclared, "profile:cap-rs:1.0</code>", "profile:other:1.0</code>"),
        (AlertClass, "<value>missing-child", "<value>lost-dog"),
        (AlertClass, ":alert-class<", ":something<"),
        (EuLevel, "<value>exercise", "<value>5"),
        (EuLevel, "<value>exercise", "<value>amber"),
        (EuLevel, "<status>Exercise", "<status>Actual"),
        (Policy, "<value>pronadji-me", "<value>Pronađi me"),
        (Script, "sr-Cyrl-RS", "sr-Latn-RS"),
        (AreaCode, "<value>RS-06", "<value>RS-30"),
        (AreaWithoutPlace, ":district<", ":zone<"),
        (MissingElement, "<expires>2026-11-25T02:45:15+01:00</expires>", ""),
    ] {
        let verdict = check(&with(from, to), Level::Profile);
        assert!(
            has(&verdict, code, ProblemSeverity::Error) && !verdict.acceptable,
            "{code:?}: {:?}",
            verdict.problems
        );
    }
    let one_block = MESSAGE.replacen("<value>pronadji-me", "<value>another", 1);
    assert!(has(&check(one_block.as_bytes(), Level::Profile), InfoBlocksDiffer, ProblemSeverity::Error));
}

#[test]
fn the_profile_forgives_spelling_on_input_and_not_on_output() {
    let luxembourg = "urn:oasis:names:tc:emergency:cap:1.2:profile:cap-lu:1.0:cb-eu-level";
    let own = "urn:oasis:names:tc:emergency:cap:1.2:profile:cap-rs:1.0:eu-level";
    for (code, from, to) in [
        (Code::EuLevel, "<value>exercise", "<value>EU-Exercise"),
        (Code::EuLevel, own, luxembourg),
        (Code::AlertClass, "<value>missing-child", "<value>Missing_Child"),
        (Code::AlertClass, "cap-rs:1.0:alert-class", "CAP-RS:1.1:Alert-Class"),
        (Code::ProfileNotDeclared, "cap-rs:1.0</code>", "CAP-RS:1.1</code>"),
        (Code::Script, "sr-Cyrl-RS", "sr-RS"),
    ] {
        let message = with(from, to);
        let verdict = check(&message, Level::Profile);
        assert!(
            verdict.acceptable && has(&verdict, code, ProblemSeverity::Warning),
            "{to}: {:?}",
            verdict.problems
        );
        let document = cap::Document::decode(&message, cap::Limits::DEFAULT).unwrap();
        assert!(cap::write(&document.alert().unwrap(), Level::Profile).is_err(), "{to}");
    }
}

#[test]
fn the_profile_reads_and_marks_messages() {
    use cap::cap_rs::{AlertClass, CapRs, EuLevel};
    let document = cap::Document::decode(MESSAGE.as_bytes(), cap::Limits::DEFAULT).unwrap();
    let mut alert = document.alert().unwrap();
    let (said, forgiven) = CapRs::read(&alert).unwrap();
    let expected = CapRs {
        alert_class: AlertClass::MissingChild,
        eu_level: EuLevel::Exercise,
        policy: "pronadji-me".into(),
    };
    assert_eq!((said, forgiven), (expected.clone(), vec![]));
    alert.codes.clear();
    alert.infos.iter_mut().for_each(|info| info.parameters.clear());
    assert!(CapRs::read(&alert).is_err());
    expected.mark(&mut alert);
    assert_eq!(cap::write(&alert, Level::Profile).unwrap(), MESSAGE);
}

#[test]
fn broadcast_fitness_looks_at_status_scope_text_and_place() {
    use Code::*;
    let long = "ш".repeat(616);
    let restricted = "<scope>Restricted</scope><restriction>r</restriction>";
    for (code, from, to) in [
        (Status, "<status>Exercise", "<status>Draft"),
        (Scope, "<scope>Public</scope>", restricted),
        (TextMissing, "<description>", "<headline>"),
        (TextTooLong, "Call 192.", long.as_str()),
        (AreaWithoutPlace, "<circle>45.25,19.85 5</circle>", ""),
    ] {
        let mut message = String::from_utf8(with(from, to)).unwrap();
        if code == TextMissing {
            message = message.replace("</description>", "</headline>");
        }
        if code == AreaWithoutPlace {
            message =
                message.replace("<polygon>45.1,19.2 45.1,20.2 45.5,20.2 45.5,19.2 45.1,19.2</polygon>", "");
        }
        let verdict = check(message.as_bytes(), Level::Broadcast);
        assert!(has(&verdict, code, ProblemSeverity::Error), "{code:?}: {:?}", verdict.problems);
    }
    let fits = with("Call 192.", &"ш".repeat(500));
    assert!(check(&fits, Level::Broadcast).acceptable);
}

#[test]
fn the_faults_that_the_manifest_names_are_found() {
    let Some(folder) = support::shared_cap() else { return };
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.csv")).unwrap();
    let mut named = 0;
    for line in manifest.lines().skip(1).filter(|line| line.starts_with("valid/")) {
        let file = line.split(',').next().unwrap();
        let bytes = std::fs::read(folder.join(file)).unwrap();
        for (words, code, level) in [
            ("polygon self-intersecting/invalid", Code::PolygonSelfCrossing, Level::Rules),
            ("INVALID_AREA_WITH_HOLE", Code::LatLonOrder, Level::Rules),
            ("empty areaDesc", Code::EmptyValue, Level::Rules),
            ("without references", Code::ReferencesMissing, Level::Rules),
            ("no info block", Code::NoInfo, Level::Rules),
            ("LONG_UCS2", Code::TextTooLong, Level::Broadcast),
            ("expectation: invalid_certificate", Code::InvalidCertificate, Level::Rules),
            ("expectation: invalid_digest", Code::InvalidDigest, Level::Rules),
            ("expectation: invalid_signature", Code::InvalidSignature, Level::Rules),
            ("expectation: no_signature", Code::NoSignature, Level::Rules),
        ] {
            if line.contains(words) {
                let verdict = check_json(file, &bytes, level).verdict;
                assert!(verdict.problems.iter().any(|it| it.code == code), "{file}: {:?}", verdict.problems);
                // A Cancel without info, and a message that nobody signed, are acceptable all the same.
                let harmless = matches!(code, Code::NoInfo | Code::NoSignature);
                assert_eq!(verdict.acceptable, harmless, "{file}: {:?}", verdict.problems);
                named += 1;
            }
        }
    }
    assert_eq!(named, 14);
}

#[test]
fn a_report_has_its_keys_in_order() {
    let line =
        serde_json::to_string(&check_json("a.xml", &with("<value>RS-06", "<value>\u{1}"), Level::Rules))
            .unwrap();
    assert!(line.starts_with("{\"file\":\"a.xml\",\"schema_valid\":false,\"acceptable\":false,\"problems\":[{\"code\":\"malformed\","), "{line}");
    assert!(
        line.contains(
            "\"at\":\"/\",\"line\":37,\"expected\":\"a character that XML allows\",\"found\":\"U+0001\""
        ),
        "{line}"
    );
}
