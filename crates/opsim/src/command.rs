//! What a running network is told and asked: one JSON object a line, each answered by one line.

use area::CellRuns;
use cbs::{MessageId, SerialNumber};
use serde::{Deserialize, Serialize};

/// A version of a message as a phone tells it from others: the key of its duplicate memory.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct MessageKey {
    /// What kind of message.
    pub message_id: MessageId,
    /// Which one, and which version of it.
    pub serial: SerialNumber,
}

/// A command. Cells are indices of the plan's inventory.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Tell what is on the air and what rang. Answer: [`Report`](crate::Report).
    Report(ReportRequest),
    /// Tell what the phones of one cell showed. Answer: [`CellPhones`](crate::CellPhones).
    Phone {
        /// The cell they started in.
        cell: u32,
    },
    /// A phone goes to another cell of the operator.
    Move {
        /// The phone's number, as `phone` tells it.
        phone: u32,
        /// The cell.
        cell: u32,
    },
    /// An element falls silent.
    Silent {
        /// The element's name.
        element: String,
        /// For how long, in milliseconds.
        for_ms: u64,
        /// Requests are lost as well.
        #[serde(default)]
        deaf: bool,
    },
    /// An element restarts and loses its messages and its connection; or only some cells do, which ends their failure.
    Restart(Restart),
    /// Cells can no longer broadcast, until they restart.
    Fail {
        /// Which cells.
        cells: CellRuns,
    },
    /// End the process.
    Quit,
}

/// What restarts.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Restart {
    /// An MME with all its eNBs, a BSC with all its BTSs, or an RNC with all its service areas.
    Element(String),
    /// Cells, each with its eNB's others untouched.
    Cells(CellRuns),
}

/// About which cells and messages to report.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportRequest {
    /// The cells of the warning area; absent: all.
    pub target: Option<CellRuns>,
    /// The messages; absent: every one that was ever on the air.
    pub messages: Option<Vec<MessageKey>>,
}
