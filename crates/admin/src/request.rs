//! What may be asked.

use engine::command::{Command, Wording};
use engine::{AlertId, State};
use policy::{Case, Channel, LanguageText, Picture, Script};
use serde::{Deserialize, Serialize};

/// A call of the API, read and checked for its form.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Show an alert's cells by tracking and location area; answered by `Answer::Areas`.
    Areas {
        /// The alert.
        alert: AlertId,
    },
    /// Say a message of an alert as signed CAP; answered by `Answer::Cap`.
    Cap {
        /// The alert.
        alert: AlertId,
        /// Which of its messages: the number of a version, or `cancel`; the newest when absent.
        message: Option<String>,
    },
    /// Do something to an alert; answered by `Answer::Alert`.
    Command {
        /// The header `Idempotency-Key`: the same key does the same thing once.
        key: Option<String>,
        /// What to do.
        command: Command,
    },
    /// Do what a CAP message asks for, once for each message; answered by `Answer::Alert`.
    Import {
        /// The message as it came.
        message: Vec<u8>,
        /// What the importer adds.
        with: ImportWith,
    },
    /// Show every alert, or those in one state; answered by `Answer::Alerts`.
    List {
        /// The state.
        state: Option<State>,
    },
    /// Show every peer; answered by `Answer::Peers`.
    Peers,
    /// Show the picture of the version that waits, else of the present one; answered by `Answer::Picture`.
    Picture {
        /// The alert.
        alert: AlertId,
    },
    /// Show what words would become; answered by `Answer::Preview`.
    Preview {
        /// The class of alert.
        class: String,
        /// The words.
        wording: Wording,
    },
    /// Show one alert; answered by `Answer::Alert`.
    Show {
        /// The alert.
        alert: AlertId,
    },
    /// Show how the daemon is; answered by `Answer::Status`.
    Status,
    /// Show what an alert has cost on the links; answered by `Answer::Traffic`.
    Traffic {
        /// The alert.
        alert: AlertId,
    },
}

/// The body of `POST /v1/alerts` and of `POST /v1/preview`: an [`engine::command::Wording`] with a channel and a class.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Live, exercise or test. A preview does not need it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// The class, which names the policy profile.
    pub class: String,
    /// The texts, one a language.
    pub texts: Vec<LanguageText>,
    /// The scripts that a Serbian text is to be written in, in this order; empty: as it was given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scripts: Vec<Script>,
    /// The warning area.
    pub target: area::Target,
    /// How long it lives from its approval on, in seconds; the profile's default when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<u32>,
    /// The facts of the case.
    #[serde(default)]
    pub case: Case,
    /// A picture of the child, where the profile allows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<Picture>,
}

impl Draft {
    /// The channel, the class and the words.
    pub fn into_parts(self) -> (Option<Channel>, String, Wording) {
        let Self { channel, class, texts, scripts, target, duration_s, case, picture } = self;
        (channel, class, Wording { texts, scripts, target, duration_s, case, picture, origin: None })
    }

    /// The body that says this.
    pub fn new(channel: Option<Channel>, class: String, wording: Wording) -> Self {
        let Wording { texts, scripts, target, duration_s, case, picture, origin: _ } = wording;
        Self { channel, class, texts, scripts, target, duration_s, case, picture }
    }
}

/// What an importer adds to a CAP message: it says nothing of a case, and may not know our classes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportWith {
    /// The class of alert; the message's own when absent.
    pub class: Option<String>,
    /// The case.
    pub case: Option<Case>,
}

/// The body of `POST /v1/alerts/{id}/approve`. No body approves what waits.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Approval {
    /// The version that was looked at; refused when another one waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u16>,
}

/// The body of `POST /v1/alerts/{id}/return`, `/reject`, `/cancel` and of `POST /v1/stop-all`.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Why.
    pub reason: String,
}
