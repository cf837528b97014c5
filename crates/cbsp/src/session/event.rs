//! What goes into a session and what comes out of it.

use cbs::{MessageId, SerialNumber};

use crate::pdu::{
    BroadcastMessageType, CellList, CompletedList, ErrorIndication, FailureList, MessageType, Recovery,
};
use crate::{Error, KeepAlivePeriod, RepetitionCoding};

/// The bounds and times of a session.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SessionConfig {
    /// How long a request, or the RESET, may wait for its answer, in milliseconds. A peer whose answers come later is given
    /// twice as long, again and again, up to `late_answer_ms`.
    pub answer_timeout_ms: u64,
    /// Events that may wait to be polled; beyond them the peer is cut off.
    pub events_max: usize,
    /// How much longer than a period a KEEP-ALIVE may wait for its answer, in milliseconds.
    pub keep_alive_grace_ms: u64,
    /// The period that KEEP-ALIVE announces.
    pub keep_alive_period: KeepAlivePeriod,
    /// How long an unanswered request is remembered, so that a late answer still finds it, in milliseconds.
    pub late_answer_ms: u64,
    /// How the peer codes the repetition period: so that a write that comes from it by mistake is read for what it is.
    pub repetition_coding: RepetitionCoding,
    /// Requests that may wait for their answers, and as many that are remembered for a late one.
    pub requests_max: usize,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            answer_timeout_ms: 10_000,
            events_max: 65_536,
            keep_alive_grace_ms: 5_000,
            keep_alive_period: KeepAlivePeriod::DEFAULT,
            late_answer_ms: 60_000,
            repetition_coding: RepetitionCoding::Spec,
            requests_max: 4_096,
        }
    }
}

/// The caller's name for a request.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Token(pub u64);

/// What identifies the answer to a request. Requests that are alike are answered in their order; which cells an answer is
/// about, the answer itself says best.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Request {
    /// What was asked for.
    pub kind: RequestKind,
    /// The message identifier.
    pub message_id: MessageId,
    /// The serial number: the new one of a write, the old one of the others.
    pub serial: SerialNumber,
}

/// What can be asked for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum RequestKind {
    /// WRITE-REPLACE.
    Write,
    /// KILL.
    Kill,
    /// MESSAGE STATUS QUERY.
    StatusQuery,
}

/// Whether a new connection begins with a RESET, which wipes all messages off the BSC's cells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ResetPolicy {
    /// No: what is on the air stays there.
    Never,
    /// Yes, one RESET of all cells: at first contact, after a restore, or as an admin wishes.
    First,
}

/// Why the connection should be closed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CloseReason {
    /// The peer said more than anyone took from [`super::Session::poll_event`].
    Flooded,
    /// A KEEP-ALIVE was not answered.
    KeepAliveLost,
    /// The RESET was not answered.
    ResetUnanswered,
}

/// What happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event {
    /// A request was done in all its cells.
    Completed {
        /// Whose.
        token: Token,
        /// What had been asked.
        request: Request,
        /// Where it was done; `None` when the peer leaves that out and means all cells that were asked.
        cells: Option<CellList>,
        /// How often the message, or the one it replaced, was broadcast.
        counts: Option<CompletedList>,
    },
    /// The peer did not understand something.
    ErrorIndication {
        /// The request it is about and ends, when it names one of ours.
        token: Option<Token>,
        /// Its words.
        error: ErrorIndication,
    },
    /// A request failed in some of its cells or in all.
    Failed {
        /// Whose.
        token: Token,
        /// What had been asked.
        request: Request,
        /// Where it failed and why.
        failures: FailureList,
        /// Where it was done nevertheless.
        cells: Option<CellList>,
        /// How often the message, or the one it replaced, was broadcast where it was done.
        counts: Option<CompletedList>,
    },
    /// Cells can no longer broadcast, until they restart.
    Failure {
        /// Which cells and why.
        failures: FailureList,
        /// Which kind of message.
        message_type: BroadcastMessageType,
    },
    /// A KEEP-ALIVE was not answered: [`super::Session::should_close`] says so too.
    KeepAliveLost,
    /// The peer sent what cannot be read; it was told so.
    PeerError(Error),
    /// Requests are taken from now on. Once a connection.
    Ready,
    /// The RESET failed in some cells or in all; the session is ready all the same.
    ResetFailed {
        /// Where and why.
        failures: FailureList,
    },
    /// Cells can broadcast again.
    Restart {
        /// Which cells.
        cells: CellList,
        /// Which kind of message.
        message_type: BroadcastMessageType,
        /// Whether they still have their messages; lost when the peer does not say.
        recovery: Recovery,
    },
    /// No answer came in time, or the connection ended, or the session was not ready or full and sent nothing. Once a
    /// request; an answer may still follow, except after the connection's end.
    Unanswered {
        /// Whose.
        token: Token,
    },
    /// The peer sent a message that only a CBC sends, or an answer to nothing that was asked.
    Unexpected {
        /// Which.
        message: MessageType,
    },
}
