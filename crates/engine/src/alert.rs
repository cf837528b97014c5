//! The life of an alert, as the journal tells it.
//!
//! ```text
//!            submit              approve            first answer
//!   draft ───────────► submitted ───────► approved ─────────────► active ──► cancelled | expired ──► closed
//!     ▲                 │      │             │                      │               ▲
//!     └── returned ◄────┘      └► rejected   └── update, approved by a second ──────┘ (at any moment)
//! ```

use std::fmt;
use std::str::FromStr;

use area::{CellRuns, Target};
use policy::{Case, Channel, LanguageText, MessageName, Picture, Planned};
use serde::{Deserialize, Serialize};

use crate::order::BroadcastId;

/// Names an alert, for ever. Written `A-17`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct AlertId(pub u64);

impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "A-{}", self.0)
    }
}

impl FromStr for AlertId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_prefix("A-").or_else(|| text.strip_prefix("a-")).unwrap_or(text);
        number.parse().map(Self).map_err(|_| format!("alert: expected A-<number>, found {text:?}"))
    }
}

impl TryFrom<String> for AlertId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<AlertId> for String {
    fn from(alert: AlertId) -> Self {
        alert.to_string()
    }
}

/// Where an alert stands in its life.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Being written.
    Draft,
    /// Waits for a second person.
    Submitted,
    /// Given back to its author, with a reason.
    Returned,
    /// Refused by the second person; the end.
    Rejected,
    /// Two people want it on the air; no network has answered yet.
    Approved,
    /// A network has answered.
    Active,
    /// Taken back; kills are under way.
    Cancelled,
    /// Its time is over; kills are under way.
    Expired,
    /// Every cell has settled, or can hold nothing any more.
    Closed,
}

impl State {
    /// Whether the alert is wanted on the air.
    pub const fn is_on(self) -> bool {
        matches!(self, Self::Approved | Self::Active)
    }

    /// Whether kills are under way.
    pub const fn is_ending(self) -> bool {
        matches!(self, Self::Cancelled | Self::Expired)
    }

    /// Whether nothing will happen to it any more.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Rejected | Self::Closed)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::Returned => "returned",
            Self::Rejected => "rejected",
            Self::Approved => "approved",
            Self::Active => "active",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Closed => "closed",
        })
    }
}

/// What is personal in a version: sealed in the journal under a key of its case, and erased with that key.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Private {
    /// Readable.
    Open(Personal),
    /// As the journal holds it.
    Sealed(String),
    /// The key is gone, and with it the text.
    #[default]
    Erased,
}

impl Private {
    /// The content, unless it is sealed or erased.
    pub const fn open(&self) -> Option<&Personal> {
        if let Self::Open(personal) = self { Some(personal) } else { None }
    }
}

/// The texts, the facts and the picture of a case.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Personal {
    /// The texts as their author gave them, one a language.
    pub texts: Vec<LanguageText>,
    /// The body of each planned message, in the order of the version's `planned`.
    pub bodies: Vec<String>,
    /// The case.
    pub case: Case,
    /// The picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<Picture>,
}

/// What is to be said, where, and until when: one version of an alert. Complete in itself.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Version {
    /// 1 is the first.
    pub number: u16,
    /// Who wrote it.
    pub author: String,
    /// When it was written, in wall-clock milliseconds.
    pub written_ms: i64,
    /// The texts, their bodies as messages, and the case.
    pub private: Private,
    /// The messages, without their bodies.
    pub planned: Vec<Planned>,
    /// The warning area as it was asked for.
    pub target: Target,
    /// The cells it touches that a configured peer serves.
    pub cells: CellRuns,
    /// The cells it touches that none does.
    pub unserved: CellRuns,
    /// How long it lives from its approval on, in seconds.
    pub duration_s: u32,
    /// From one broadcast to the next, in seconds; the profile's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_s: Option<u32>,
    /// Who approved it, and when, in wall-clock milliseconds.
    pub approved: Option<(String, i64)>,
    /// When the network first and last confirmed a cell of it, in wall-clock milliseconds.
    pub confirmed_ms: Option<(i64, i64)>,
    /// The message of others that it was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// The CAP message of others that a version was made of.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Origin {
    /// What it is called.
    pub message: MessageName,
    /// Whose certificate signed it, where one was verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<String>,
}

/// One alert.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Alert {
    /// Its name.
    pub id: AlertId,
    /// Live, exercise or test; chosen at creation, for ever.
    pub channel: Channel,
    /// The class, which names the policy profile.
    pub class: String,
    /// Where it stands.
    pub state: State,
    /// Its versions; the last may wait for approval.
    pub versions: Vec<Version>,
    /// The version that is wanted on the air, as an index of `versions`.
    pub current: Option<usize>,
    /// When the current version ends, in wall-clock milliseconds.
    pub expires_ms: i64,
    /// Until when a broadcast of any version is possible, in wall-clock milliseconds.
    pub last_broadcast_ms: i64,
    /// Its broadcasts, one a planned message.
    pub broadcasts: Vec<BroadcastId>,
    /// What people did to it, in order.
    pub history: Vec<Step>,
}

impl Alert {
    /// The version on the air, or the draft when none is.
    pub fn shown(&self) -> Option<&Version> {
        self.current.map_or(self.versions.last(), |at| self.versions.get(at))
    }

    /// The version that waits for approval, if one does.
    pub fn waiting(&self) -> Option<&Version> {
        let last = self.versions.last().filter(|version| version.approved.is_none())?;
        let waits = self.state == State::Submitted || self.state.is_on();
        waits.then_some(last)
    }
}

/// What a person, or the time, did to an alert.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Step {
    /// When, in wall-clock milliseconds.
    pub wall_ms: i64,
    /// What.
    pub verb: String,
    /// Who; nobody where the time did it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by: Option<String>,
    /// Why, where a reason was given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}
