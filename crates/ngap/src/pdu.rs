//! The messages and what they carry (TS 38.413 §9.2.8).
//!
//! A list that may be absent is an empty `Vec`: the standard knows no empty list. The JSON form of every type is its serde
//! form.

mod area;
mod cell;
mod diagnostics;
mod json;
mod node;

use cbs::{Content, Coordinates, DataCodingScheme, MessageId, SerialNumber, WarningType};
use serde::{Deserialize, Serialize};

pub use area::{BroadcastArea, Cancelled, CancelledArea, CellsInEai, CellsInTai, CompletedArea, WarningArea};
pub use cell::{CellList, Eai, EutraCgi, NrCgi, Tai};
pub use diagnostics::{Criticality, CriticalityDiagnostics, IeDiagnostics, TriggeringMessage, TypeOfError};
pub use node::{GlobalGnbId, GlobalN3iwfId, GlobalNgEnbId, GlobalRanNodeId, NgEnbKind};

/// A public warning message of NGAP.
///
/// ```text
/// octet 1   00 initiatingMessage, 20 successfulOutcome
/// octet 2   procedure code
/// octet 3   criticality: 00 reject, 40 ignore, 80 notify
/// then      open type: the message's SEQUENCE of IEs
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub enum Pdu {
    /// AMF → NG-RAN node: broadcast this.
    WriteReplaceWarningRequest(WriteReplaceWarningRequest),
    /// NG-RAN node → AMF: here it is on the air.
    WriteReplaceWarningResponse(WriteReplaceWarningResponse),
    /// AMF → NG-RAN node: stop broadcasting this.
    PwsCancelRequest(PwsCancelRequest),
    /// NG-RAN node → AMF: here it is off the air.
    PwsCancelResponse(PwsCancelResponse),
    /// NG-RAN node → AMF: these cells have lost every warning.
    PwsRestartIndication(PwsRestartIndication),
    /// NG-RAN node → AMF: these cells cannot broadcast.
    PwsFailureIndication(PwsFailureIndication),
}

/// WRITE-REPLACE WARNING REQUEST.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WriteReplaceWarningRequest {
    /// What kind of message this is.
    pub message_id: MessageId,
    /// Which message, and which version of it.
    pub serial: SerialNumber,
    /// In which cells. Absent: all of the nodes that get it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<WarningArea>,
    /// Seconds from one broadcast to the next, 0 to 131071.
    pub repetition_period: u32,
    /// How often it is broadcast; 0 with the concurrent flag and a period: until it is cancelled.
    pub broadcasts: u16,
    /// ETWS: what kind of warning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning_type: Option<WarningType>,
    /// ETWS: time stamp and signature. Not used in practice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_info: Option<SecurityInfo>,
    /// How the content is coded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dcs: Option<DataCodingScheme>,
    /// What the message says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
    /// Broadcast beside what is on the air, not instead of it.
    #[serde(default, skip_serializing_if = "json::is_false")]
    pub concurrent: bool,
    /// Where a phone itself checks that it is in the area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coordinates: Option<Coordinates>,
}

/// WRITE-REPLACE WARNING RESPONSE.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WriteReplaceWarningResponse {
    /// The identifier of the request.
    pub message_id: MessageId,
    /// The serial number of the request.
    pub serial: SerialNumber,
    /// Where it is on the air. Absent: in none of the node's cells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broadcast_completed: Option<CompletedArea>,
    /// What was not understood in the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality_diagnostics: Option<CriticalityDiagnostics>,
}

/// PWS CANCEL REQUEST.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PwsCancelRequest {
    /// The message's identifier.
    pub message_id: MessageId,
    /// The message's serial number.
    pub serial: SerialNumber,
    /// In which cells. Absent: all of the nodes that get it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<WarningArea>,
    /// Stop everything that is on the air there; identifier and serial number only come back in the answer.
    #[serde(default, skip_serializing_if = "json::is_false")]
    pub cancel_all: bool,
}

/// PWS CANCEL RESPONSE.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PwsCancelResponse {
    /// The identifier of the request.
    pub message_id: MessageId,
    /// The serial number of the request.
    pub serial: SerialNumber,
    /// Where it was stopped. Where it is not named it was not on the air.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broadcast_cancelled: Option<CancelledArea>,
    /// What was not understood in the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality_diagnostics: Option<CriticalityDiagnostics>,
}

/// PWS RESTART INDICATION.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "json::RestartFields", into = "json::RestartFields")]
pub struct PwsRestartIndication {
    /// The cells: 1 to 16384 of NR, or 1 to 256 of E-UTRA.
    pub cells: CellList,
    /// Their node.
    pub node: GlobalRanNodeId,
    /// Their tracking areas, 1 to 2048.
    pub tais: Vec<Tai>,
    /// Their emergency areas, at most 256.
    pub eais: Vec<Eai>,
}

/// PWS FAILURE INDICATION.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "json::FailureFields", into = "json::FailureFields")]
pub struct PwsFailureIndication {
    /// The cells: 1 to 16384 of NR, or 1 to 256 of E-UTRA.
    pub cells: CellList,
    /// Their node.
    pub node: GlobalRanNodeId,
}

/// WarningSecurityInfo, 50 octets.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct SecurityInfo(#[serde(with = "json::hex_array")] pub [u8; 50]);
