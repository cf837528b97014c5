//! What the network said, in the engine's words. Dispatch folds a peer's answers into reports; one answer, one report.

use std::ops::Range;

use area::{CellRuns, ControllerId};
use cbs::SerialNumber;
use serde::{Deserialize, Serialize};

use crate::order::{BroadcastId, OrderId, Verb};

/// Something learned about cells of one controller.
#[derive(Clone, Debug)]
pub enum Report {
    /// An outcome of an order, or an indication about a message of ours that no open order asked for.
    Cells(CellReport),
    /// How often a message that was stopped had been broadcast, in runs of cells.
    Counted {
        /// The controller that said it.
        controller: ControllerId,
        /// The broadcast.
        broadcast: BroadcastId,
        /// The serial number it is about.
        serial: SerialNumber,
        /// How often in which cells.
        counts: Vec<(Range<u32>, u16)>,
    },
    /// Every part of the order has its outcome; nothing more will be done for it.
    Settled(OrderId),
    /// A peer of the controller can take orders.
    Up(ControllerId),
    /// The last peer of the controller is gone; every open order has been reported `Unanswered` or is still queued.
    Down(ControllerId),
    /// These cells lost everything and are back.
    Restarted(ControllerId, CellRuns),
    /// These cells cannot broadcast until they restart.
    Failed(ControllerId, CellRuns),
}

/// What became of a message in some cells.
#[derive(Clone, Debug)]
pub struct CellReport {
    /// The controller that said it.
    pub controller: ControllerId,
    /// The broadcast.
    pub broadcast: BroadcastId,
    /// The serial number it is about.
    pub serial: SerialNumber,
    /// What had been asked.
    pub verb: Verb,
    /// What came of it.
    pub outcome: Outcome,
    /// Where.
    pub cells: CellRuns,
}

/// What came of an order in some cells. Only a peer's word is a success.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Handed to a link. From here on the message may be on the air (or, for a kill, off).
    Sent,
    /// The MME or AMF took it: it started distributing, no more.
    Accepted,
    /// A BSC or RNC answered for the cell, or an indication names it.
    Confirmed,
    /// The network refused.
    Refused(Cause),
    /// Asked, and no answer came.
    Unanswered,
    /// Withdrawn before it reached a link; the cell never heard of it.
    Withdrawn,
}

/// Why a network refused, over all protocols.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[repr(u8)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// No cause.
    None,
    /// The tracking area, location area or service area is not one of this peer's.
    AreaUnknown,
    /// The cell has no room on the air or in memory, or its controller has not.
    CapacityExceeded,
    /// The cell reported a failure and waits for its restart.
    CellFailed,
    /// The cell is not one of this peer's.
    CellUnknown,
    /// A parameter was not recognised or has a value the peer does not take.
    InvalidParameter,
    /// The eNB or gNB broadcast it in none of its cells.
    NoBroadcast,
    /// Cell broadcast is configured but not operational.
    NotOperational,
    /// The cell or peer does not do cell broadcast.
    NotSupported,
    /// The interface cannot say what was asked (our own refusal, nothing was sent).
    NotExpressible,
    /// A protocol error: one of the two sides has a fault.
    ProtocolError,
    /// Another message of ETWS has the air of the cell, which carries one at a time (our own word).
    PushedAside,
    /// Another message with this identifier and serial number is on the air.
    ReferenceUsed,
    /// No message with this identifier and serial number is on the air.
    ReferenceUnknown,
    /// Unspecified.
    Unspecified,
}

impl Cause {
    /// Every cause, by its number in the ledger.
    pub const ALL: [Self; 15] = [
        Self::None,
        Self::AreaUnknown,
        Self::CapacityExceeded,
        Self::CellFailed,
        Self::CellUnknown,
        Self::InvalidParameter,
        Self::NoBroadcast,
        Self::NotOperational,
        Self::NotSupported,
        Self::NotExpressible,
        Self::ProtocolError,
        Self::PushedAside,
        Self::ReferenceUsed,
        Self::ReferenceUnknown,
        Self::Unspecified,
    ];

    /// Whether the same request may fare better later.
    pub const fn passes(self) -> bool {
        matches!(self, Self::CapacityExceeded | Self::NotOperational | Self::NoBroadcast | Self::Unspecified)
    }

    /// The cause in words, for the control room.
    pub const fn words(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::AreaUnknown => "area unknown to the peer",
            Self::CapacityExceeded => "capacity exceeded",
            Self::CellFailed => "cell failed, waiting for its restart",
            Self::CellUnknown => "cell unknown to the peer",
            Self::InvalidParameter => "invalid parameter",
            Self::NoBroadcast => "broadcast in none of the node's cells",
            Self::NotOperational => "cell broadcast not operational",
            Self::NotSupported => "cell broadcast not supported",
            Self::NotExpressible => "the interface cannot say this",
            Self::ProtocolError => "protocol error",
            Self::PushedAside => "pushed aside by another message of ETWS",
            Self::ReferenceUsed => "message reference already used",
            Self::ReferenceUnknown => "message reference not identified",
            Self::Unspecified => "unspecified error",
        }
    }
}
