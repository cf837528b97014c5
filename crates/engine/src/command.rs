//! What a person may ask for.

use area::Target;
use policy::{Case, Channel, LanguageText, Picture, Script};
use serde::{Deserialize, Deserializer, Serialize};

use crate::alert::{AlertId, Origin};

/// A person as the admin socket knows them.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Actor {
    /// The account's name.
    pub name: String,
    /// Whether it is uid 0.
    pub root: bool,
    /// What the configuration lets them do.
    pub roles: Roles,
}

/// A set of roles.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Roles {
    /// Writes, submits, updates and cancels.
    pub author: bool,
    /// Approves, returns, rejects and cancels.
    pub approver: bool,
    /// Reads everything, the audit trail too.
    pub auditor: bool,
    /// Reads everything, to look after the daemon; decides nothing about alerts.
    pub admin: bool,
}

impl Roles {
    /// The roles as words.
    pub fn words(self) -> String {
        let named = [
            (self.author, "author"),
            (self.approver, "approver"),
            (self.auditor, "auditor"),
            (self.admin, "admin"),
        ];
        let words: Vec<&str> = named.iter().filter(|(has, _)| *has).map(|(_, word)| *word).collect();
        if words.is_empty() { "none".into() } else { words.join(", ") }
    }
}

/// What is to be said, where, and for how long.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// The texts, one a language.
    pub texts: Vec<LanguageText>,
    /// The scripts that a Serbian text is to be written in, in this order; empty: as it was given.
    #[serde(default)]
    pub scripts: Vec<Script>,
    /// The warning area.
    pub target: Target,
    /// How long it lives from its approval on, in seconds; the profile's default when absent.
    #[serde(default)]
    pub duration_s: Option<u32>,
    /// The facts of the case.
    #[serde(default)]
    pub case: Case,
    /// A picture of the child, where the profile allows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<Picture>,
    /// The message of others that it was made of. Nobody can say that of their own words.
    #[serde(skip)]
    pub origin: Option<Origin>,
}

/// A command.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Write a new alert.
    Draft {
        /// Its channel, for ever.
        channel: Channel,
        /// Its class.
        class: String,
        /// Its content.
        wording: Wording,
    },
    /// Write a draft or a returned alert anew.
    Revise {
        /// The alert.
        alert: AlertId,
        /// Its content.
        wording: Wording,
    },
    /// Hand a draft to a second person.
    Submit {
        /// The alert.
        alert: AlertId,
    },
    /// Want the waiting version on the air.
    Approve {
        /// The alert.
        alert: AlertId,
        /// The version that was looked at; refused when another one waits.
        version: Option<u16>,
    },
    /// Give a submitted alert, or a waiting update, back.
    Return {
        /// The alert.
        alert: AlertId,
        /// Why.
        reason: String,
    },
    /// Refuse a submitted alert, or a waiting update, for ever.
    Reject {
        /// The alert.
        alert: AlertId,
        /// Why.
        reason: String,
    },
    /// Propose a new version of a running alert. What is absent stays as it is.
    Update {
        /// The alert.
        alert: AlertId,
        /// What changes.
        change: Change,
    },
    /// Take the alert back, whatever is under way.
    Cancel {
        /// The alert.
        alert: AlertId,
        /// Why.
        reason: String,
    },
    /// Take everything off the air: every alert that is on is cancelled, and an MME is told once to stop all.
    StopAll {
        /// Why.
        reason: String,
    },
}

/// What an update changes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Change {
    /// The texts, all of them.
    pub texts: Option<Vec<LanguageText>>,
    /// As in [`Wording`], for new texts.
    pub scripts: Vec<Script>,
    /// The warning area.
    pub target: Option<Target>,
    /// How long it lives from the update's approval on, in seconds.
    pub duration_s: Option<u32>,
    /// From one broadcast to the next, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period_s: Option<u32>,
    /// Another picture; `null`: none any more.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub picture: Option<Option<Picture>>,
    /// As in [`Wording`].
    #[serde(skip)]
    pub origin: Option<Origin>,
}

/// A value that is there, `null` too; one that is absent is never asked for.
fn given<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<Picture>>, D::Error> {
    Option::deserialize(value).map(Some)
}

impl Command {
    /// Every verb.
    pub(crate) const VERBS: [&'static str; 9] =
        ["draft", "revise", "submit", "approve", "return", "reject", "update", "cancel", "stop all"];

    /// The verb, for messages and for the memory of idempotency keys.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Draft { .. } => "draft",
            Self::Revise { .. } => "revise",
            Self::Submit { .. } => "submit",
            Self::Approve { .. } => "approve",
            Self::Return { .. } => "return",
            Self::Reject { .. } => "reject",
            Self::Update { .. } => "update",
            Self::Cancel { .. } => "cancel",
            Self::StopAll { .. } => "stop all",
        }
    }
}
