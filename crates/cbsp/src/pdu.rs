//! The messages of CBSP (TS 48.049 §7). A field that a message may lack is an `Option`; the order of the fields is the
//! order on the wire. The JSON form is the one of the golden vectors: the message kind under `message`, then its fields.

mod cause;
mod cells;
mod failures;
mod item;
mod list;
mod message_type;
mod value;
mod write;

use cbs::{MessageId, SerialNumber};
use serde::{Deserialize, Serialize};

pub use cause::Cause;
pub use cells::{CellId, CellKind};
pub use failures::{Failure as FailedCell, FailureList};
pub use list::{CellList, Completed, CompletedInfo, CompletedList, Entry, List, Loading, LoadingList};
pub use message_type::MessageType;
pub use value::{BroadcastMessageType, Category, Channel, DrxParameter, Recovery, SecurityInfo};
pub use write::{Broadcast, Emergency, TextBroadcast, WriteReplace};

use crate::KeepAlivePeriod;

/// A CBSP message.
///
/// ```text
/// octet   1      2      4   5
///        +------+----------+------------------------+
///        | type | length   | information elements … |   length counts the octets after itself
///        +------+----------+------------------------+
/// ```
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(tag = "message", rename_all = "snake_case")]
pub enum Pdu {
    /// WRITE-REPLACE, to the BSC.
    WriteReplace(WriteReplace),
    /// WRITE-REPLACE COMPLETE, from the BSC.
    WriteReplaceComplete(WriteReplaceComplete),
    /// WRITE-REPLACE FAILURE, from the BSC.
    WriteReplaceFailure(WriteReplaceFailure),
    /// KILL, to the BSC.
    Kill(Kill),
    /// KILL COMPLETE, from the BSC.
    KillComplete(KillComplete),
    /// KILL FAILURE, from the BSC.
    KillFailure(KillFailure),
    /// LOAD QUERY, to the BSC.
    LoadQuery(LoadQuery),
    /// LOAD QUERY COMPLETE, from the BSC.
    LoadQueryComplete(LoadQueryComplete),
    /// LOAD QUERY FAILURE, from the BSC.
    LoadQueryFailure(LoadQueryFailure),
    /// MESSAGE STATUS QUERY, to the BSC.
    MessageStatusQuery(MessageStatusQuery),
    /// MESSAGE STATUS QUERY COMPLETE, from the BSC.
    MessageStatusQueryComplete(MessageStatusQueryComplete),
    /// MESSAGE STATUS QUERY FAILURE, from the BSC.
    MessageStatusQueryFailure(MessageStatusQueryFailure),
    /// SET-DRX, to the BSC.
    SetDrx(SetDrx),
    /// SET-DRX COMPLETE, from the BSC.
    SetDrxComplete(SetDrxComplete),
    /// SET-DRX FAILURE, from the BSC.
    SetDrxFailure(SetDrxFailure),
    /// RESET, to the BSC.
    Reset(Reset),
    /// RESET COMPLETE, from the BSC.
    ResetComplete(ResetComplete),
    /// RESET FAILURE, from the BSC.
    ResetFailure(ResetFailure),
    /// RESTART, from the BSC.
    Restart(Restart),
    /// FAILURE, from the BSC.
    Failure(Failure),
    /// ERROR INDICATION, both ways.
    ErrorIndication(ErrorIndication),
    /// KEEP-ALIVE, to the BSC.
    KeepAlive(KeepAlive),
    /// KEEP-ALIVE COMPLETE, from the BSC.
    KeepAliveComplete(KeepAliveComplete),
}

/// A write was done in every cell asked for (TS 48.049 §7.2).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WriteReplaceComplete {
    /// The message identifier written.
    pub message_id: MessageId,
    /// The serial number written.
    pub new_serial: SerialNumber,
    /// The serial number it took the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_serial: Option<SerialNumber>,
    /// How often the replaced message had been broadcast.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<CompletedList>,
    /// Where the message is on; some BSCs leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cells: Option<CellList>,
    /// On which channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
}

/// A write failed in some cells or in all (TS 48.049 §7.3).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WriteReplaceFailure {
    /// The message identifier to be written.
    pub message_id: MessageId,
    /// The serial number to be written.
    pub new_serial: SerialNumber,
    /// The serial number it was to take the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_serial: Option<SerialNumber>,
    /// Where it failed and why.
    pub failures: FailureList,
    /// How often the replaced message had been broadcast, where it was replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<CompletedList>,
    /// Where the message is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cells: Option<CellList>,
    /// On which channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
}

/// Take a message off the air (TS 48.049 §7.4).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Kill {
    /// Its message identifier.
    pub message_id: MessageId,
    /// Its serial number.
    pub old_serial: SerialNumber,
    /// Where.
    pub cells: CellList,
    /// On which channel; none for an emergency message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
}

/// A message is off in every cell asked for (TS 48.049 §7.5).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KillComplete {
    /// Its message identifier.
    pub message_id: MessageId,
    /// Its serial number.
    pub old_serial: SerialNumber,
    /// How often it had been broadcast.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<CompletedList>,
    /// Where it is off; some BSCs name the cells only in `completed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cells: Option<CellList>,
    /// On which channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
}

/// A kill failed in some cells or in all (TS 48.049 §7.6).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KillFailure {
    /// The message identifier.
    pub message_id: MessageId,
    /// The serial number.
    pub old_serial: SerialNumber,
    /// Where it failed and why.
    pub failures: FailureList,
    /// How often it had been broadcast, where it is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<CompletedList>,
    /// Where it is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cells: Option<CellList>,
    /// On which channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
}

/// How full is the broadcast channel (TS 48.049 §7.7)?
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LoadQuery {
    /// Where.
    pub cells: CellList,
    /// Which channel.
    pub channel: Channel,
}

/// How full the broadcast channel is (TS 48.049 §7.8).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LoadQueryComplete {
    /// The load of each cell.
    pub loading: LoadingList,
    /// Which channel.
    pub channel: Channel,
}

/// A load query failed in some cells or in all (TS 48.049 §7.9).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LoadQueryFailure {
    /// Where it failed and why.
    pub failures: FailureList,
    /// The load of the other cells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loading: Option<LoadingList>,
    /// Which channel.
    pub channel: Channel,
}

/// How often has a message been broadcast (TS 48.049 §7.10)?
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MessageStatusQuery {
    /// Its message identifier.
    pub message_id: MessageId,
    /// Its serial number.
    pub old_serial: SerialNumber,
    /// Where.
    pub cells: CellList,
    /// On which channel.
    pub channel: Channel,
}

/// How often a message has been broadcast (TS 48.049 §7.11).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MessageStatusQueryComplete {
    /// Its message identifier.
    pub message_id: MessageId,
    /// Its serial number.
    pub old_serial: SerialNumber,
    /// The count of each cell.
    pub completed: CompletedList,
    /// On which channel.
    pub channel: Channel,
}

/// A status query failed in some cells or in all (TS 48.049 §7.12).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MessageStatusQueryFailure {
    /// The message identifier.
    pub message_id: MessageId,
    /// The serial number.
    pub old_serial: SerialNumber,
    /// Where it failed and why.
    pub failures: FailureList,
    /// The count of the other cells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<CompletedList>,
    /// On which channel.
    pub channel: Channel,
}

/// Set the parameters of discontinuous reception (TS 48.049 §7.13).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SetDrx {
    /// Where.
    pub cells: CellList,
    /// The length of the schedule period, in message slots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule_period: Option<DrxParameter>,
    /// The slots of it that are kept free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved_slots: Option<DrxParameter>,
    /// On which channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
}

/// The parameters of discontinuous reception are set (TS 48.049 §7.14).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SetDrxComplete {
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cells: Option<CellList>,
    /// On which channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
}

/// The parameters of discontinuous reception could not be set in some cells or in all (TS 48.049 §7.15).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SetDrxFailure {
    /// Where it failed and why.
    pub failures: FailureList,
    /// Where they are set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cells: Option<CellList>,
    /// On which channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
}

/// Stop every broadcast and forget it (TS 48.049 §7.16).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    /// Where.
    pub cells: CellList,
}

/// Every broadcast is stopped (TS 48.049 §7.17).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ResetComplete {
    /// Where.
    pub cells: CellList,
}

/// A reset failed in some cells or in all (TS 48.049 §7.18).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ResetFailure {
    /// Where it failed and why.
    pub failures: FailureList,
    /// Where every broadcast is stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cells: Option<CellList>,
}

/// Cells can broadcast again (TS 48.049 §7.19).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Restart {
    /// Which cells.
    pub cells: CellList,
    /// Which kind of message they can broadcast again.
    pub broadcast_message_type: BroadcastMessageType,
    /// Whether they still have their messages; without a word they have not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<Recovery>,
}

/// Cells can no longer broadcast, until they restart (TS 48.049 §7.20).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// Which cells and why.
    pub failures: FailureList,
    /// Which kind of message they can no longer broadcast.
    pub broadcast_message_type: BroadcastMessageType,
}

/// A message was not understood (TS 48.049 §7.21). It is never answered.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorIndication {
    /// Why.
    pub cause: Cause,
    /// The message identifier of what was not understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<MessageId>,
    /// Its new serial number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_serial: Option<SerialNumber>,
    /// Its old serial number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_serial: Option<SerialNumber>,
    /// Its channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
}

/// The CBC is there (TS 48.049 §7.22).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeepAlive {
    /// Within which time the next one follows.
    #[serde(rename = "keepalive_period_s")]
    pub period: KeepAlivePeriod,
}

/// The BSC is there (TS 48.049 §7.23).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeepAliveComplete {}
