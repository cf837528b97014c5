//! What a session tells its owner.

use cbs::{MessageId, SerialNumber};

use super::{Kind, Token};
use crate::{AreaCells, Cause, CriticalityDiagnostics, Error, GlobalEnbId, Tai};

/// Something the MME said, or failed to say. What it says of 5GS in extensions is not told: decode the [`Pdu`](crate::Pdu)
/// for that.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event {
    /// An answer.
    Response {
        /// The request it answers; `None`: nobody asked.
        token: Option<Token>,
        /// Which request it answers.
        kind: Kind,
        /// The identifier of the request.
        message_id: MessageId,
        /// The serial number of the request.
        serial: SerialNumber,
        /// Taken, or why not.
        cause: Cause,
        /// Tracking areas that the MME does not serve.
        unknown_tais: Vec<Tai>,
        /// What was not understood in the request.
        diagnostics: Option<CriticalityDiagnostics>,
    },
    /// A request has had no answer in time, or its association is gone. Said once.
    Unanswered {
        /// The request.
        token: Token,
    },
    /// Write-Replace-Warning-Indication: here it is on the air.
    WriteIndication {
        /// The message's identifier.
        message_id: MessageId,
        /// The message's serial number.
        serial: SerialNumber,
        /// Where.
        area: AreaCells,
    },
    /// Stop-Warning-Indication: here it is off the air.
    StopIndication {
        /// The message's identifier.
        message_id: MessageId,
        /// The message's serial number.
        serial: SerialNumber,
        /// Where, and how often it had been broadcast.
        area: AreaCells,
    },
    /// PWS-Restart-Indication: these cells have lost every warning.
    Restart {
        /// The cells, 7 octets each as in [`AreaCells`].
        cells: Vec<u8>,
        /// Their eNB.
        global_enb_id: GlobalEnbId,
        /// Their tracking areas; empty only when the MME has left them out and that is tolerated.
        tais: Vec<Tai>,
    },
    /// PWS-Failure-Indication: these cells cannot broadcast.
    Failure {
        /// The cells, 7 octets each as in [`AreaCells`].
        cells: Vec<u8>,
        /// Their eNB.
        global_enb_id: GlobalEnbId,
    },
    /// Error-Indication: the MME could not understand what we sent.
    ErrorIndication {
        /// What was wrong.
        cause: Option<Cause>,
        /// Which part of which message.
        diagnostics: Option<CriticalityDiagnostics>,
    },
    /// The MME sent something that it should not have. The session has answered with an Error-Indication where one is due.
    PeerError {
        /// What was wrong.
        what: PeerError,
    },
}

/// What an MME did wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PeerError {
    /// A message was taken, though it lacks its mandatory tracking areas.
    RestartWithoutTais,
    /// A message was taken, but IEs in it asked to be reported that we do not understand.
    NotUnderstood {
        /// The ids of the IEs.
        ies: Vec<u16>,
    },
    /// A message was taken, though octets came after its end.
    Trailing {
        /// How many.
        octets: usize,
    },
    /// A message could not be taken.
    Undecodable(Error),
    /// A message came that only a CBC sends.
    Unexpected {
        /// Its procedure code.
        procedure: u8,
    },
}

/// Why an association should be closed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CloseReason {
    /// The MME sends faster than its events are polled.
    Overrun,
}
