//! Why something was refused, and which part of a message was to blame (TS 29.168 §4.3.4.3.2, §4.3.4.3.3).

use std::fmt;

use serde::{Deserialize, Serialize};

/// The Cause of a response: 0 is success, all else a refusal. Values that no release knows are kept as they came.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Cause(pub u8);

impl Cause {
    /// The request was accepted.
    pub const MESSAGE_ACCEPTED: Self = Self(0);
    /// An IE was not known.
    pub const PARAMETER_NOT_RECOGNISED: Self = Self(1);
    /// An IE was known, its value was not valid.
    pub const PARAMETER_VALUE_INVALID: Self = Self(2);
    /// The message to stop is not there.
    pub const VALID_MESSAGE_NOT_IDENTIFIED: Self = Self(3);
    /// A tracking area is not served there.
    pub const TRACKING_AREA_NOT_VALID: Self = Self(4);
    /// The procedure was not known.
    pub const UNRECOGNISED_MESSAGE: Self = Self(5);
    /// A mandatory IE was missing.
    pub const MISSING_MANDATORY_ELEMENT: Self = Self(6);
    /// The MME is overloaded.
    pub const MME_CAPACITY_EXCEEDED: Self = Self(7);
    /// The MME is out of memory.
    pub const MME_MEMORY_EXCEEDED: Self = Self(8);
    /// Warnings are not supported.
    pub const WARNING_BROADCAST_NOT_SUPPORTED: Self = Self(9);
    /// Warnings do not work now.
    pub const WARNING_BROADCAST_NOT_OPERATIONAL: Self = Self(10);
    /// The same identifier and serial number are live already.
    pub const MESSAGE_REFERENCE_ALREADY_USED: Self = Self(11);
    /// Anything else.
    pub const UNSPECIFIED_ERROR: Self = Self(12);
    /// The octets could not be decoded.
    pub const TRANSFER_SYNTAX_ERROR: Self = Self(13);
    /// The values contradict each other.
    pub const SEMANTIC_ERROR: Self = Self(14);
    /// The message came at the wrong time.
    pub const MESSAGE_NOT_COMPATIBLE_WITH_RECEIVER_STATE: Self = Self(15);
    /// An IE of criticality "reject" was not understood.
    pub const ABSTRACT_SYNTAX_ERROR_REJECT: Self = Self(16);
    /// An IE of criticality "notify" was not understood.
    pub const ABSTRACT_SYNTAX_ERROR_IGNORE_AND_NOTIFY: Self = Self(17);
    /// An IE came twice or where it may not be.
    pub const ABSTRACT_SYNTAX_ERROR_FALSELY_CONSTRUCTED_MESSAGE: Self = Self(18);

    /// The standard's name of the cause, if it has one.
    pub fn name(self) -> Option<&'static str> {
        NAMES.get(usize::from(self.0)).copied()
    }

    /// Whether the request was accepted.
    pub fn is_accepted(self) -> bool {
        self == Self::MESSAGE_ACCEPTED
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({})", self.0),
            None => write!(f, "unknown cause ({})", self.0),
        }
    }
}

/// Criticality-Diagnostics: which procedure, and which of its IEs.
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

impl fmt::Display for CriticalityDiagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("diagnostics")?;
        if let Some(code) = self.procedure_code {
            write!(f, " of procedure {code}")?;
        }
        for ie in &self.ies {
            write!(f, ", {ie}")?;
        }
        Ok(())
    }
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
    /// A refusal; SBc-AP defines none.
    UnsuccessfulOutcome,
    /// Another outcome; SBc-AP defines none.
    Outcome,
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

const NAMES: [&str; 19] = [
    "message accepted",
    "parameter not recognised",
    "parameter value invalid",
    "valid message not identified",
    "tracking area not valid",
    "unrecognised message",
    "missing mandatory element",
    "MME capacity exceeded",
    "MME memory exceeded",
    "warning broadcast not supported",
    "warning broadcast not operational",
    "message reference already used",
    "unspecified error",
    "transfer syntax error",
    "semantic error",
    "message not compatible with receiver state",
    "abstract syntax error (reject)",
    "abstract syntax error (ignore and notify)",
    "abstract syntax error (falsely constructed message)",
];
