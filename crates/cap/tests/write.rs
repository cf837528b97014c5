//! What is written is read back the same, and libxml2 accepts it.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "an oracle test: reads the shared files and runs xmllint, which the crate itself never does"
)]

mod support;

use cap::{Alert, Document, Error, Level, Limits, MessageType, write};

const MESSAGE: &str = include_str!("../../../fixtures/cap/missing-child.xml");

#[test]
fn the_fixture_is_written_as_it_stands() {
    let document = Document::decode(MESSAGE.as_bytes(), Limits::DEFAULT).unwrap();
    assert_eq!(write(&document.alert().unwrap(), Level::Profile).unwrap(), MESSAGE);
}

#[test]
fn every_real_message_is_written_and_read_back() {
    let Some(folder) = support::shared_cap() else { return };
    let mut written = Vec::new();
    for (name, bytes) in support::messages(&folder.join("valid")) {
        let document = Document::decode(&bytes, Limits::DEFAULT).unwrap();
        let alert = Alert { signatures: 0, ..document.alert().unwrap() };
        let text = write(&alert, Level::Schema).unwrap();
        let again = Document::decode(text.as_bytes(), Limits::DEFAULT).unwrap();
        // +00:00 is written as -00:00: once more, and nothing changes.
        let again = again.alert().unwrap();
        assert_eq!(write(&again, Level::Schema).unwrap(), text, "{name}");
        assert_eq!(
            (&again.infos.len(), &again.identifier),
            (&alert.infos.len(), &alert.identifier),
            "{name}"
        );
        for (before, after) in alert.infos.iter().zip(&again.infos) {
            assert_eq!((&before.areas, &before.description), (&after.areas, &after.description), "{name}");
        }
        written.push(text.into_bytes());
    }
    if support::has_program("xmllint") {
        let valid = support::xmllint(&folder.join("CAP-v1.2.xsd"), &support::scratch("written"), &written);
        assert!(valid.iter().all(|valid| *valid), "{valid:?}");
    }
}

#[test]
fn utc_said_otherwise_is_the_same_moment_when_it_is_read_back() {
    let odd = MESSAGE.replace("+01:00", "+00:00");
    let document = Document::decode(odd.as_bytes(), Limits::DEFAULT).unwrap();
    let alert = document.alert().unwrap();
    let written = write(&alert, Level::Rules).unwrap();
    assert!(written.contains("-00:00") && !written.contains("+00:00"), "{written}");
    let again = Document::decode(written.as_bytes(), Limits::DEFAULT).unwrap();
    assert_eq!(again.alert().unwrap(), alert);
}

#[test]
fn any_text_survives() {
    let document = Document::decode(MESSAGE.as_bytes(), Limits::DEFAULT).unwrap();
    let mut alert = document.alert().unwrap();
    for text in ["<&>\"']]>", "a\r\nb\tc\n", " leading and trailing ", "ђ \u{1f9d2}", "\u{85}\u{2028}"] {
        alert.infos[0].description = Some(text.into());
        let written = write(&alert, Level::Schema).unwrap();
        let again = Document::decode(written.as_bytes(), Limits::DEFAULT).unwrap();
        assert_eq!(again.alert().unwrap(), alert, "{text:?}");
    }
}

#[test]
fn what_would_be_refused_is_not_written() {
    let document = Document::decode(MESSAGE.as_bytes(), Limits::DEFAULT).unwrap();
    let alert = document.alert().unwrap();
    let update = Alert { msg_type: MessageType::Update, ..alert.clone() };
    let nul = Alert { identifier: "\0".into(), ..alert.clone() };
    let mut no_category = alert;
    no_category.infos[0].categories.clear();
    for alert in [update, nul, no_category] {
        assert!(matches!(write(&alert, Level::Rules), Err(Error::Unacceptable { .. })));
    }
}
