//! Why something failed, and which part of a message was to blame (TS 25.419 §9.2.14, §9.2.17).

use std::fmt;

use serde::{Deserialize, Serialize};

/// The Cause of a failure. Values that no release knows are kept as they came. The numbers are not those of SBc-AP.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Cause(pub u8);

impl Cause {
    /// An IE was not known.
    pub const PARAMETER_NOT_RECOGNISED: Self = Self(0);
    /// An IE was known, its value was not valid.
    pub const PARAMETER_VALUE_INVALID: Self = Self(1);
    /// The message to replace, to kill or to ask for is not on the air there. A replacement has put nothing on the air.
    pub const VALID_CN_MESSAGE_NOT_IDENTIFIED: Self = Self(2);
    /// The service area is not known there.
    pub const SERVICE_AREA_IDENTITY_NOT_VALID: Self = Self(3);
    /// The procedure was not known.
    pub const UNRECOGNISED_MESSAGE: Self = Self(4);
    /// A mandatory IE was missing.
    pub const MISSING_MANDATORY_ELEMENT: Self = Self(5);
    /// The RNC is overloaded.
    pub const RNC_CAPACITY_EXCEEDED: Self = Self(6);
    /// The RNC is out of memory.
    pub const RNC_MEMORY_EXCEEDED: Self = Self(7);
    /// Broadcasts are not supported in the service area.
    pub const SERVICE_AREA_BROADCAST_NOT_SUPPORTED: Self = Self(8);
    /// Broadcasts do not work now in the service area.
    pub const SERVICE_AREA_BROADCAST_NOT_OPERATIONAL: Self = Self(9);
    /// A message with the same identifier, scope and code is on the air there: it has to be replaced by name.
    pub const MESSAGE_REFERENCE_ALREADY_USED: Self = Self(10);
    /// Anything else.
    pub const UNSPECIFIED_ERROR: Self = Self(11);
    /// The octets could not be decoded.
    pub const TRANSFER_SYNTAX_ERROR: Self = Self(12);
    /// The values contradict each other.
    pub const SEMANTIC_ERROR: Self = Self(13);
    /// The message came at the wrong time.
    pub const MESSAGE_NOT_COMPATIBLE_WITH_RECEIVER_STATE: Self = Self(14);
    /// An IE of criticality "reject" was not understood.
    pub const ABSTRACT_SYNTAX_ERROR_REJECT: Self = Self(15);
    /// An IE of criticality "notify" was not understood.
    pub const ABSTRACT_SYNTAX_ERROR_IGNORE_AND_NOTIFY: Self = Self(16);
    /// An IE came twice or where it may not be.
    pub const ABSTRACT_SYNTAX_ERROR_FALSELY_CONSTRUCTED_MESSAGE: Self = Self(17);

    /// The standard's name of the cause, if it has one.
    pub fn name(self) -> Option<&'static str> {
        NAMES.get(usize::from(self.0)).copied()
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

/// One IE of [`CriticalityDiagnostics`]. Where it lay within others (Message-Structure) is not kept: SABP nests none.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct IeDiagnostics {
    /// How important the sender of that IE found it.
    pub criticality: Criticality,
    /// The IE.
    pub id: u16,
    /// Which of several IEs with this id, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repetition: Option<u8>,
    /// What was wrong with it. It came with a later release than the rest, as an extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<TypeOfError>,
}

impl IeDiagnostics {
    /// What was wrong with the only IE that has this id.
    pub(crate) const fn new(criticality: Criticality, id: u16, error: TypeOfError) -> Self {
        Self { criticality, id, repetition: None, error: Some(error) }
    }
}

impl fmt::Display for IeDiagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = match self.error {
            Some(TypeOfError::NotUnderstood) | None => "not understood",
            Some(TypeOfError::Missing) => "missing",
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
    /// The complete.
    SuccessfulOutcome,
    /// The failure.
    UnsuccessfulOutcome,
    /// Another outcome; SABP defines none.
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

const NAMES: [&str; 18] = [
    "parameter not recognised",
    "parameter value invalid",
    "valid CN message not identified",
    "service area identity not valid",
    "unrecognised message",
    "missing mandatory element",
    "RNC capacity exceeded",
    "RNC memory exceeded",
    "service area broadcast not supported",
    "service area broadcast not operational",
    "message reference already used",
    "unspecified error",
    "transfer syntax error",
    "semantic error",
    "message not compatible with receiver state",
    "abstract syntax error (reject)",
    "abstract syntax error (ignore and notify)",
    "abstract syntax error (falsely constructed message)",
];
