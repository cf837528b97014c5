//! The messages of SABP and what they carry (TS 25.419 §9.1).
//!
//! A list that may be absent is an empty `Vec`: the standard knows no empty list. The items of the long lists are plain
//! octets and numbers side by side, one allocation a list. The JSON form of every type is its serde form.

mod area;
mod cause;
mod extension;
mod json;
mod write;

use cbs::{MessageId, SerialNumber};
use serde::{Deserialize, Serialize};

pub use area::{CompletedArea, CompletedInfo, FailedArea, LoadedArea, ServiceArea};
pub use cause::{Cause, Criticality, CriticalityDiagnostics, IeDiagnostics, TriggeringMessage, TypeOfError};
pub use extension::{Extension, Extensions, SecurityInfo};
pub use write::{Category, WriteReplace, WriteReplaceComplete, WriteReplaceFailure};

/// A message of SABP.
///
/// ```text
/// octet 1   00 initiatingMessage, 20 successfulOutcome, 40 unsuccessfulOutcome
/// octet 2   procedure code
/// octet 3   criticality: 00 reject, 40 ignore, 80 notify
/// then      open type: the message's SEQUENCE of IEs
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub enum Pdu {
    /// CBC → RNC: broadcast this, alone or in the place of another.
    WriteReplace(WriteReplace),
    /// RNC → CBC: done in every service area.
    WriteReplaceComplete(WriteReplaceComplete),
    /// RNC → CBC: failed in some service areas or in all.
    WriteReplaceFailure(WriteReplaceFailure),
    /// CBC → RNC: stop broadcasting this.
    Kill(Reference),
    /// RNC → CBC: stopped in every service area.
    KillComplete(ReferenceComplete),
    /// RNC → CBC: not stopped in some service areas or in all.
    KillFailure(ReferenceFailure),
    /// CBC → RNC: how much room is there?
    LoadQuery(Areas),
    /// RNC → CBC: so much.
    LoadQueryComplete(LoadQueryComplete),
    /// RNC → CBC: not known for some service areas or for all.
    LoadQueryFailure(LoadQueryFailure),
    /// CBC → RNC: how often was this broadcast?
    MessageStatusQuery(Reference),
    /// RNC → CBC: so often.
    MessageStatusQueryComplete(ReferenceComplete),
    /// RNC → CBC: not known for some service areas or for all.
    MessageStatusQueryFailure(ReferenceFailure),
    /// CBC → RNC: stop broadcasting everything.
    Reset(Areas),
    /// RNC → CBC: nothing is on the air any more.
    ResetComplete(ResetComplete),
    /// RNC → CBC: some service areas or all could not be reset.
    ResetFailure(ResetFailure),
    /// RNC → CBC: these service areas can broadcast again.
    Restart(Restart),
    /// RNC → CBC: these service areas cannot broadcast.
    Failure(Areas),
    /// Either way: what came could not be understood.
    ErrorIndication(ErrorIndication),
}

/// Kill and Message-Status-Query: a message and where it is meant.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The message's identifier.
    pub message_id: MessageId,
    /// The serial number that is on the air.
    pub old_serial: SerialNumber,
    /// Where, 1 to 65535.
    #[serde(deserialize_with = "json::areas")]
    pub service_areas: Vec<ServiceArea>,
}

/// Kill-Complete and Message-Status-Query-Complete.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceComplete {
    /// The identifier of the request.
    pub message_id: MessageId,
    /// The serial number of the request.
    pub old_serial: SerialNumber,
    /// How often the message was broadcast in each service area.
    pub completed: Vec<CompletedArea>,
    /// What was not understood in the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality_diagnostics: Option<CriticalityDiagnostics>,
}

/// Kill-Failure and Message-Status-Query-Failure.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceFailure {
    /// The identifier of the request.
    pub message_id: MessageId,
    /// The serial number of the request.
    pub old_serial: SerialNumber,
    /// Where it failed, and why.
    pub failures: Vec<FailedArea>,
    /// Where it was done all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub completed: Vec<CompletedArea>,
    /// What was not understood in the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality_diagnostics: Option<CriticalityDiagnostics>,
}

/// Load-Query, Reset and Failure: service areas and nothing else.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Areas {
    /// Which, 1 to 65535.
    #[serde(deserialize_with = "json::areas")]
    pub service_areas: Vec<ServiceArea>,
}

/// Load-Query-Complete.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LoadQueryComplete {
    /// What each service area has room for.
    pub loading: Vec<LoadedArea>,
    /// What was not understood in the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality_diagnostics: Option<CriticalityDiagnostics>,
}

/// Load-Query-Failure.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LoadQueryFailure {
    /// Where it is not known, and why.
    pub failures: Vec<FailedArea>,
    /// What the others have room for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loading: Vec<LoadedArea>,
    /// What was not understood in the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality_diagnostics: Option<CriticalityDiagnostics>,
}

/// Reset-Complete.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ResetComplete {
    /// Which service areas have nothing on the air now.
    #[serde(deserialize_with = "json::areas")]
    pub service_areas: Vec<ServiceArea>,
    /// What was not understood in the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality_diagnostics: Option<CriticalityDiagnostics>,
}

/// Reset-Failure. Its two lists together are the service areas of the request (TS 25.419 §8.6.3).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ResetFailure {
    /// Which service areas could not be reset, and why.
    pub failures: Vec<FailedArea>,
    /// Which have nothing on the air now.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "json::areas")]
    pub service_areas: Vec<ServiceArea>,
    /// What was not understood in the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality_diagnostics: Option<CriticalityDiagnostics>,
}

/// Restart.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Restart {
    /// The service areas.
    #[serde(deserialize_with = "json::areas")]
    pub service_areas: Vec<ServiceArea>,
    /// Whether they still have their messages. Absent: they have not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<Recovery>,
}

/// Whether service areas that restarted still have their messages (Recovery-Indication).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recovery {
    /// They have not: all has to be written again.
    DataLost,
    /// They have.
    DataAvailable,
}

/// Error-Indication.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorIndication {
    /// The identifier in the message that was not understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// The serial number in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<SerialNumber>,
    /// What was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Which part of which message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality_diagnostics: Option<CriticalityDiagnostics>,
}
