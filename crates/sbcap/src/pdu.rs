//! The messages of SBc-AP and what they carry (TS 29.168 §4.3.3, §4.4.4).
//!
//! A list that may be absent is an empty `Vec`: the standard knows no empty list. The JSON form of every type is its serde
//! form.

mod area;
mod area_5gs;
mod cause;
mod extension;
mod json;
mod node;

use cbs::{Content, Coordinates, DataCodingScheme, MessageId, SerialNumber, WarningType};
use serde::{Deserialize, Serialize};

use crate::Error;

pub use area::{
    BroadcastArea, Cancelled, CancelledArea, CellsInEai, CellsInTai, Eai, Ecgi, ScheduledArea, Tai,
    WarningArea,
};
pub use area_5gs::{CancelledArea5gs, NrCgi, ScheduledArea5gs, Tai5gs, WarningArea5gs};
pub use cause::{Cause, Criticality, CriticalityDiagnostics, IeDiagnostics, TriggeringMessage, TypeOfError};
pub use extension::{Extension, Extensions};
pub use node::{EnbKind, GlobalEnbId, GlobalGnbId, GlobalRanNodeId};

/// A message of SBc-AP.
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
    /// CBC → MME: broadcast this.
    WriteReplaceWarningRequest(WriteReplaceWarningRequest),
    /// MME → CBC: taken, or refused.
    WriteReplaceWarningResponse(Response),
    /// CBC → MME: stop broadcasting this.
    StopWarningRequest(StopWarningRequest),
    /// MME → CBC: taken, or refused.
    StopWarningResponse(Response),
    /// Either way: what came could not be understood.
    ErrorIndication(ErrorIndication),
    /// MME → CBC: here it is on the air.
    WriteReplaceWarningIndication(WriteReplaceWarningIndication),
    /// MME → CBC: here it is off the air.
    StopWarningIndication(StopWarningIndication),
    /// MME → CBC: these cells have lost every warning.
    PwsRestartIndication(PwsRestartIndication),
    /// MME → CBC: these cells cannot broadcast.
    PwsFailureIndication(PwsFailureIndication),
}

/// Write-Replace-Warning-Request.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WriteReplaceWarningRequest {
    /// What kind of message this is.
    pub message_id: MessageId,
    /// Which message, and which version of it.
    pub serial: SerialNumber,
    /// Which eNBs the MME addresses. Absent: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "json::list")]
    pub tais: Vec<Tai>,
    /// In which cells of those eNBs. Absent: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<WarningArea>,
    /// Seconds from one broadcast to the next, 0 to 4096; a CBC sends at most 4095.
    pub repetition_period: u16,
    /// Seconds from one broadcast to the next, 4096 to 131071; where it is there it overrides `repetition_period`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended_repetition_period: Option<u32>,
    /// How often it is broadcast; 0 with the concurrent flag and a period: until it is stopped.
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
    /// The operation and maintenance centre to report to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub omc_id: Option<OmcId>,
    /// Broadcast beside what is on the air, not instead of it.
    #[serde(default, skip_serializing_if = "json::is_false")]
    pub concurrent: bool,
    /// Ask for Write-Replace-Warning-Indications.
    #[serde(default, skip_serializing_if = "json::is_false")]
    pub send_write_replace_indication: bool,
    /// The one eNB to address, after its restart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub global_enb_id: Option<GlobalEnbId>,
    /// Where a phone itself checks that it is in the area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coordinates: Option<Coordinates>,
    /// What is meant for 5GS.
    #[serde(default, skip_serializing_if = "Extensions::is_empty")]
    pub ext: Extensions,
}

/// Stop-Warning-Request.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StopWarningRequest {
    /// The message's identifier.
    pub message_id: MessageId,
    /// The message's serial number.
    pub serial: SerialNumber,
    /// Which eNBs the MME addresses. Absent: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "json::list")]
    pub tais: Vec<Tai>,
    /// In which cells of those eNBs. Absent: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<WarningArea>,
    /// The operation and maintenance centre to report to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub omc_id: Option<OmcId>,
    /// Ask for Stop-Warning-Indications.
    #[serde(default, skip_serializing_if = "json::is_false")]
    pub send_stop_indication: bool,
    /// Stop everything that is on the air there; identifier and serial number only come back in the answer.
    #[serde(default, skip_serializing_if = "json::is_false")]
    pub stop_all: bool,
    /// What is meant for 5GS.
    #[serde(default, skip_serializing_if = "Extensions::is_empty")]
    pub ext: Extensions,
}

/// Write-Replace-Warning-Response and Stop-Warning-Response. There is no unsuccessful outcome: a refusal is a response whose
/// cause is not 0.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    /// The identifier of the request.
    pub message_id: MessageId,
    /// The serial number of the request.
    pub serial: SerialNumber,
    /// Taken, or why not.
    pub cause: Cause,
    /// What was not understood in the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality_diagnostics: Option<CriticalityDiagnostics>,
    /// Tracking areas of the request that the MME does not serve.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "json::list")]
    pub unknown_tais: Vec<Tai>,
    /// What 5GS said.
    #[serde(default, skip_serializing_if = "Extensions::is_empty")]
    pub ext: Extensions,
}

/// Error-Indication.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorIndication {
    /// What was wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Which part of which message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criticality_diagnostics: Option<CriticalityDiagnostics>,
}

/// Write-Replace-Warning-Indication.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WriteReplaceWarningIndication {
    /// The message's identifier.
    pub message_id: MessageId,
    /// The message's serial number.
    pub serial: SerialNumber,
    /// Where it is on the air. Absent: nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broadcast_scheduled_area: Option<ScheduledArea>,
    /// Where it is on the air in 5GS.
    #[serde(default, skip_serializing_if = "Extensions::is_empty")]
    pub ext: Extensions,
}

/// Stop-Warning-Indication.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StopWarningIndication {
    /// The message's identifier.
    pub message_id: MessageId,
    /// The message's serial number.
    pub serial: SerialNumber,
    /// Where it was stopped, and how often it had been broadcast there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broadcast_cancelled_area: Option<CancelledArea>,
    /// eNBs that had nothing to stop, at most 256.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broadcast_empty_area: Vec<GlobalEnbId>,
    /// Where it was stopped in 5GS.
    #[serde(default, skip_serializing_if = "Extensions::is_empty")]
    pub ext: Extensions,
}

/// PWS-Restart-Indication.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PwsRestartIndication {
    /// The cells, 1 to 256.
    #[serde(deserialize_with = "json::list")]
    pub restarted_cells: Vec<Ecgi>,
    /// Their eNB.
    pub global_enb_id: GlobalEnbId,
    /// Their tracking areas, 1 to 2048. Mandatory, but there are senders that leave them out (see [`Tolerance`]).
    ///
    /// [`Tolerance`]: crate::Tolerance
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "json::list")]
    pub restart_tais: Vec<Tai>,
    /// Their emergency areas, at most 256.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub restart_eais: Vec<Eai>,
    /// The same for 5GS.
    #[serde(default, skip_serializing_if = "Extensions::is_empty")]
    pub ext: Extensions,
}

/// PWS-Failure-Indication.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PwsFailureIndication {
    /// The cells, 1 to 256.
    #[serde(deserialize_with = "json::list")]
    pub failed_cells: Vec<Ecgi>,
    /// Their eNB.
    pub global_enb_id: GlobalEnbId,
    /// The same for 5GS.
    #[serde(default, skip_serializing_if = "Extensions::is_empty")]
    pub ext: Extensions,
}

/// Warning-Security-Information, 50 octets.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct SecurityInfo(#[serde(with = "json::hex_array")] pub [u8; 50]);

/// Omc-Id, 1 to 20 octets.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct OmcId(Vec<u8>);

impl OmcId {
    /// The most octets.
    pub const OCTETS_MAX: usize = 20;

    /// The centre with these octets, or an error when they are none or too many.
    pub fn new(octets: Vec<u8>) -> Result<Self, Error> {
        match octets.len() {
            1..=Self::OCTETS_MAX => Ok(Self(octets)),
            found => Err(Error::OmcIdOctets { found }),
        }
    }

    /// The octets.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<String> for OmcId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::new(hex::decode(&text).map_err(|_| Error::Hex { found: text })?)
    }
}

impl From<OmcId> for String {
    fn from(omc: OmcId) -> Self {
        hex::encode(omc.0)
    }
}
