//! Readers of text: inventories, CAP, and what the admin API is asked.

use admin::{Approval, Draft, Reason};
use area::Inventory;
use cap::{Document, Level, Limits};
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
