//! What a network tells of itself. A checker compares it with what the dispatcher claims.

use cbs::{MessageId, SerialNumber};
use serde::{Deserialize, Serialize};

/// The answer to [`Command::Report`](crate::Command::Report).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Report {
    /// The operator's name.
    pub operator: String,
    /// When, in milliseconds of the network's own clock.
    pub at_ms: u64,
    /// Its MMEs, BSCs and RNCs.
    pub elements: Vec<ElementReport>,
    /// Its phones.
    pub phones: PhonesReport,
    /// Each message asked for, in the order of the request, else by identifier and serial number.
    pub messages: Vec<MessageReport>,
}

/// One element.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct ElementReport {
    /// Its name.
    pub name: String,
    /// The controller of the inventory whose cells it serves.
    pub controller: String,
    /// The technology of these cells.
    pub rat: area::Rat,
    /// Whether the dispatcher is connected.
    pub connected: bool,
    /// Whether it keeps silent at the moment.
    pub silent: bool,
    /// How many cells it serves.
    pub cells: u32,
    /// In how many of them anything is on the air.
    pub cells_on_air: u32,
    /// What it has counted.
    #[serde(flatten)]
    pub counters: Counters,
}

/// What an element has counted since its start.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
pub struct Counters {
    /// Messages that came in.
    pub pdus_in: u64,
    /// Messages that went out.
    pub pdus_out: u64,
    /// Octets that came in.
    pub octets_in: u64,
    /// Octets that went out.
    pub octets_out: u64,
    /// Writes that were understood.
    pub writes: u64,
    /// Stops or kills that were understood.
    pub stops: u64,
    /// Messages that were not understood.
    pub undecodable: u64,
    /// Messages lost in silence, in or out.
    pub lost: u64,
    /// Connections so far.
    pub connections: u64,
}

/// The phones, judged by the cell they are in now. A phone has rung once when each of the messages that is enabled on it
/// rang exactly once, and the others not at all.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
pub struct PhonesReport {
    /// All of them.
    pub total: u64,
    /// Those in the target cells.
    pub in_area: u64,
    /// Of these: rang once.
    pub rang_once: u64,
    /// Of these: rang more than once for one of the messages, or for one that is not enabled.
    pub rang_more: u64,
    /// Of these: did not ring for one of the messages that is enabled.
    pub missed: u64,
    /// Of these: are in a cell that cannot broadcast, by plan or since it failed.
    pub unreachable: u64,
    /// Those outside the target cells.
    pub out_of_area: u64,
    /// Of these: rang for any of the messages.
    pub out_of_area_rang: u64,
    /// Rings that were not recorded because the record was full; then nothing above can be trusted.
    pub rings_unrecorded: u64,
}

/// One message.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct MessageReport {
    /// What kind of message.
    pub message_id: MessageId,
    /// Which one, and which version of it.
    pub serial: SerialNumber,
    /// Target cells where it is on the air.
    pub cells_on_air: u32,
    /// Other cells where it is on the air.
    pub cells_on_air_elsewhere: u32,
    /// Phones in the target cells on which it is enabled.
    pub enabled: u64,
    /// Phones in the target cells that rang for it exactly once.
    pub rang_once: u64,
    /// Phones in the target cells that rang for it more than once.
    pub rang_more: u64,
    /// Phones elsewhere that rang for it.
    pub out_of_area_rang: u64,
}

/// The answer to [`Command::Phone`](crate::Command::Phone).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct CellPhones {
    /// The cell they started in.
    pub cell: u32,
    /// The phones.
    pub phones: Vec<PhoneReport>,
}

/// One phone.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct PhoneReport {
    /// Its number.
    pub phone: u32,
    /// The cell it is in.
    pub cell: u32,
    /// Whether it shows messages in additional languages.
    pub additional_languages: bool,
    /// Whether it shows tests and exercises.
    pub tests: bool,
    /// Whether its owner switched off the live warnings that can be switched off.
    pub opted_out: bool,
    /// What it showed, oldest first.
    pub rings: Vec<Ring>,
}

/// A phone rang and showed a text.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Ring {
    /// When, in milliseconds of the network's own clock.
    pub at_ms: u64,
    /// What kind of message.
    pub message_id: MessageId,
    /// Which one, and which version of it.
    pub serial: SerialNumber,
    /// The text as it stood on the screen.
    pub text: String,
}
