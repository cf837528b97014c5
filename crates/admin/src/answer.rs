//! What is answered.

use area::Rat;
use engine::command::Roles;
use engine::view::{AlertView, AreaView, VersionView};
use policy::Picture;
use serde::{Deserialize, Serialize};

/// The answer to a [`crate::Request`], which names the variant it asks for.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// One alert.
    Alert(Box<AlertView>),
    /// Alerts, oldest first.
    Alerts(Vec<AlertView>),
    /// An alert's cells by tracking and location area.
    Areas(Vec<AreaView>),
    /// A message as signed CAP; not JSON but itself the body.
    Cap(String),
    /// Every peer.
    Peers(Vec<PeerView>),
    /// A picture; not JSON but itself the body.
    Picture(Picture),
    /// What words would become.
    Preview(Box<PreviewView>),
    /// How the daemon is.
    Status(Box<StatusView>),
    /// What an alert has cost on the links.
    Traffic(Vec<TrafficRow>),
}

/// The PDUs of an alert in one operator's network of one technology.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct TrafficRow {
    /// The operator.
    pub operator: String,
    /// The technology.
    pub rat: Rat,
    /// PDUs handed to links.
    pub pdus: u64,
    /// Their octets.
    pub octets: u64,
}

/// What words would become, before anything is written.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct PreviewView {
    /// The version they would be.
    pub version: VersionView,
    /// What the cleaning of the texts would change.
    pub changes: Vec<ChangeView>,
    /// The cells they would reach, by operator and technology.
    pub networks: Vec<ReachView>,
}

/// One change that the cleaning of a text makes.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct ChangeView {
    /// The language of the text.
    pub language: String,
    /// Where, in characters from 0 of the text that came.
    pub at: usize,
    /// What was there.
    pub from: String,
    /// What would be broadcast.
    pub to: String,
}

/// The cells that a warning area touches in one operator's network of one technology.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct ReachView {
    /// The operator.
    pub operator: String,
    /// The technology.
    pub rat: Rat,
    /// The cells of configured peers.
    pub cells: u32,
    /// The cells that no configured peer serves.
    pub unserved: u32,
}

/// A peer.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct PeerView {
    /// Its name in the configuration.
    pub name: String,
    /// The operator.
    pub operator: String,
    /// Its protocol.
    pub protocol: String,
    /// The controllers reached by it.
    pub controllers: Vec<String>,
    /// Its address.
    pub address: String,
    /// Whether the link is up.
    pub up: bool,
    /// Whether it takes requests.
    pub ready: bool,
    /// Since when it has been so, in wall-clock milliseconds.
    pub since_ms: Option<i64>,
    /// Requests on their way that are not answered yet.
    pub in_flight: u64,
    /// Orders that wait.
    pub queued: u64,
    /// PDUs sent since the daemon started.
    pub pdus_sent: u64,
    /// Octets sent since the daemon started.
    pub octets_sent: u64,
    /// PDUs received since the daemon started.
    pub pdus_received: u64,
    /// The last thing worth a word that happened on it.
    pub last_notice: Option<String>,
}

/// How the daemon is.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct StatusView {
    /// Its version.
    pub version: String,
    /// The digest of the inventory, in hexadecimal.
    pub inventory: String,
    /// The cells of the inventory.
    pub cells: u32,
    /// The journal.
    pub journal: JournalView,
    /// Alerts that are not over.
    pub alerts_open: u32,
    /// Who asks.
    pub me: Me,
}

/// How the journal is.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct JournalView {
    /// The last durable record.
    pub seq: u64,
    /// `ok`; `failed: ` and why nothing can be recorded; or `damaged: ` and what is wrong with records that the start did
    /// not read.
    pub state: String,
}

/// Who asks, as the daemon knows them.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Me {
    /// The account's name.
    pub name: String,
    /// What the configuration lets them do.
    pub roles: Roles,
}
