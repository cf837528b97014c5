//! Write-Replace and its answers (TS 25.419 §8.2).

use cbs::{Content, DataCodingScheme, MessageId, SerialNumber};
use serde::{Deserialize, Serialize};

use super::json;
use super::{CompletedArea, CriticalityDiagnostics, Extensions, FailedArea, ServiceArea};
use crate::{BroadcastCount, RepetitionSeconds};

/// Write-Replace.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WriteReplace {
    /// What kind of message this is.
    pub message_id: MessageId,
    /// The serial number to broadcast from now on.
    pub new_serial: SerialNumber,
    /// The serial number that is on the air and goes off. An RNC refuses a message whose identifier, scope and code it
    /// has on the air unless this is there, and one with this if it has no such message (TS 25.419 §8.2.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_serial: Option<SerialNumber>,
    /// Where, 1 to 65535.
    #[serde(deserialize_with = "json::areas")]
    pub service_areas: Vec<ServiceArea>,
    /// How urgent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// Seconds from one broadcast to the next.
    pub repetition_period: RepetitionSeconds,
    /// How often it is broadcast; 0: until it is killed.
    pub broadcasts: BroadcastCount,
    /// How the content is coded.
    pub dcs: DataCodingScheme,
    /// What the message says.
    pub content: Content,
    /// What is meant for ETWS.
    #[serde(default, skip_serializing_if = "Extensions::is_empty")]
    pub ext: Extensions,
}

/// How urgent a message is (TS 25.419 §8.2.2). Without one it is of normal priority.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// At the next chance.
    HighPriority,
    /// When nothing else is to be sent.
    BackgroundPriority,
    /// Within its repetition period.
    NormalPriority,
    /// As the RNC has it.
    DefaultPriority,
}

/// Write-Replace-Complete.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WriteReplaceComplete {
    /// The identifier of the request.
    pub message_id: MessageId,
    /// The new serial number of the request.
    pub new_serial: SerialNumber,
    /// How often the message that was replaced was broadcast in each service area.
    pub completed: Vec<CompletedArea>,
    /// What was not understood in the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality_diagnostics: Option<CriticalityDiagnostics>,
}

/// Write-Replace-Failure.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WriteReplaceFailure {
    /// The identifier of the request.
    pub message_id: MessageId,
    /// The new serial number of the request.
    pub new_serial: SerialNumber,
    /// Where it failed, and why.
    pub failures: Vec<FailedArea>,
    /// Where it was done all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub completed: Vec<CompletedArea>,
    /// What was not understood in the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality_diagnostics: Option<CriticalityDiagnostics>,
}
