//! Readers of text: inventories, CAP, and what the admin API is asked.

use std::sync::LazyLock;

use admin::{Approval, Draft, Reason};
use area::{Atlas, Inventory};
use cap::{Document, Level, Limits};
use policy::{Act, Body, Bulletin, Imported, Outlet, Picture, Profile};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An inventory of cells as CSV.
pub fn area_import(input: &[u8]) {
    let Ok(inventory) = Inventory::import(input) else { return };
    let written = csv(&inventory);
    let again = Inventory::import(&written[..]).expect("an inventory that was written can be read");
    assert_eq!(again, inventory);
    assert_eq!(csv(&again), written);
}

fn csv(inventory: &Inventory) -> Vec<u8> {
    let mut out = Vec::new();
    inventory.write_csv(&mut out).expect("memory takes all");
    out
}

/// A message of the Common Alerting Protocol: checked on every level, its signature looked at, written again.
pub fn cap_check(input: &[u8]) {
    for level in [Level::Schema, Level::Rules, Level::Profile, Level::Broadcast] {
        let verdict = cap::check_json("fuzz", input, level);
        serde_json::to_string(&verdict).expect("a verdict has a JSON form");
    }
    let Ok(document) = Document::decode(input, Limits::DEFAULT) else { return };
    let Ok(alert) = document.alert() else { return };
    // What breaks a rule of its own is refused by the writer too.
    let Ok(written) = cap::write(&alert, Level::Rules) else { return };
    let again = Document::decode(written.as_bytes(), Limits::DEFAULT).expect("what was written is XML");
    assert_eq!(again.alert().as_ref(), Ok(&alert), "what was written says the same");
}

/// A message that somebody brings to the admin socket: read as what it asks for, and said again as a message of ours, which
/// asks for the same.
pub fn cap_import(input: &[u8]) {
    let Ok(document) = Document::decode(input, Limits::DEFAULT) else { return };
    let Ok(alert) = document.alert() else { return };
    if !cap::check(input, Imported::level(&alert)).acceptable {
        return;
    }
    let profiles = [profile()];
    for class in [None, Some("missing-child")] {
        let Ok(imported) = Imported::read(&alert, &profiles, class) else { continue };
        let (Some(expires_s), true) = (imported.expires_s, imported.act != Act::Cancel) else { continue };
        let bulletin = Bulletin {
            name: imported.name.clone(),
            act: imported.act,
            channel: imported.channel,
            earlier: imported.earlier.clone(),
            incident: "A-1".to_owned(),
            body: Some(Body {
                texts: imported.texts.clone(),
                target: imported.target.clone(),
                expires_s,
                picture: imported.picture.clone(),
            }),
        };
        // An area that is on no map of ours, an end before the beginning: that cannot be said again.
        let Ok(said) = profiles[0].cap_alert(&bulletin, Outlet::default(), &ATLAS) else { continue };
        let Ok(written) = cap::write(&said, Level::Profile) else { continue };
        let document =
            Document::decode(written.as_bytes(), Limits::DEFAULT).expect("what was written is XML");
        let again = document.alert().expect("what was written is CAP");
        let again = Imported::read(&again, &profiles, None).expect("what we wrote can be imported");
        assert_eq!(again, Imported { note: None, ..imported });
    }
}

/// A picture that somebody uploads: what is kept of it is a picture, and all of that is kept.
pub fn picture(input: &[u8]) {
    let Ok(picture) = Picture::read(input) else { return };
    assert_eq!(Picture::read(picture.octets()).as_ref(), Ok(&picture), "what was kept is the same picture");
}

static ATLAS: LazyLock<Atlas> = LazyLock::new(|| Atlas::serbia().expect("the figures of this project"));

fn profile() -> Profile {
    let ids = r#"{"live": 4379, "exercise": 4381, "test": 4380}"#;
    let profile = format!(
        r#"{{"name": "missing-child", "message_ids": {ids}, "local_languages": ["sr-Cyrl", "sr-Latn"],
        "repetition_period_s": 60, "duration_default_s": 3600, "duration_max_s": 172800}}"#
    );
    serde_json::from_str(&profile).expect("a profile")
}

/// The bodies that the admin API reads.
pub fn admin_bodies(input: &[u8]) {
    body::<Draft>(input);
    body::<Approval>(input);
    body::<Reason>(input);
}

fn body<T: DeserializeOwned + Serialize>(input: &[u8]) {
    let Ok(body) = serde_json::from_slice::<T>(input) else { return };
    let written = serde_json::to_string(&body).expect("a body can be written");
    let again: T = serde_json::from_str(&written).expect("a body that was written can be read");
    assert_eq!(serde_json::to_string(&again).expect("a body can be written"), written);
}
