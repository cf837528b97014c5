//! Which part of a message was to blame (TS 38.413 §9.3.1.3).

use std::fmt;

use serde::{Deserialize, Serialize};

/// CriticalityDiagnostics: which procedure, and which of its IEs.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CriticalityDiagnostics {
    /// The procedure that failed, when that was not the one at hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub procedure_code: Option<u8>,
    /// Which message of that procedure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triggering: Option<TriggeringMessage>,
    /// The criticality of the procedure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub procedure_criticality: Option<Criticality>,
    /// The IEs to blame, at most 256.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ies: Vec<IeDiagnostics>,
}

/// One IE of [`CriticalityDiagnostics`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct IeDiagnostics {
    /// How important the sender of that IE found it.
    pub criticality: Criticality,
    /// The IE.
    pub id: u16,
    /// What was wrong with it.
    pub error: TypeOfError,
}

impl IeDiagnostics {
    /// What was wrong with this IE.
    pub(crate) const fn new(criticality: Criticality, id: u16, error: TypeOfError) -> Self {
        Self { criticality, id, error }
    }
}

impl fmt::Display for IeDiagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = match self.error {
            TypeOfError::NotUnderstood => "not understood",
            TypeOfError::Missing => "missing",
        };
        write!(f, "IE {} {error}", self.id)
    }
}

/// What a receiver does that does not understand.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Criticality {
    /// Refuses the message.
    Reject,
    /// Goes on without a word.
    Ignore,
    /// Goes on, and tells.
    Notify,
}

/// Which message of a procedure.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TriggeringMessage {
    /// The request, or an indication.
    InitiatingMessage,
    /// The response.
    SuccessfulOutcome,
    /// A refusal; public warning defines none.
    UnsuccessfulOutcome,
}

/// What was wrong with an IE.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TypeOfError {
    /// Its id is not known, or its value is not valid.
    NotUnderstood,
    /// It is mandatory and was not there.
    Missing,
}
