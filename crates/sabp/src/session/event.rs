//! What goes into a session and what comes out of it.

use cbs::{MessageId, SerialNumber};

use crate::Error;
use crate::pdu::{
    CompletedArea, ErrorIndication, FailedArea, LoadedArea, Recovery, ServiceArea, TriggeringMessage,
};

/// The bounds and times of a session.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SessionConfig {
    /// How long a request, or the RESET, may wait for its answer, in milliseconds. A peer whose answers come later is given
    /// twice as long, again and again, up to `late_answer_ms`.
    pub answer_timeout_ms: u64,
    /// How long an unanswered request is remembered, so that a late answer still finds it, in milliseconds.
    pub late_answer_ms: u64,
    /// Requests that may wait for their turn or their answers, and as many that are remembered for a late one.
    pub requests_max: usize,
    /// Events that may wait to be polled; beyond them the peer is cut off.
    pub events_max: usize,
    /// Service areas of one RESET; a known gateway takes 1000 a message.
    pub reset_areas_max: usize,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            answer_timeout_ms: 10_000,
            late_answer_ms: 60_000,
            requests_max: 4_096,
            events_max: 65_536,
            reset_areas_max: 1_000,
        }
    }
}

/// The caller's name for a request.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Token(pub u64);

/// What was asked for, and what tells which answer belongs to it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Request {
    /// Write-Replace.
    Write {
        /// The identifier in it.
        message_id: MessageId,
        /// The new serial number in it.
        serial: SerialNumber,
    },
    /// Kill.
    Kill {
        /// The identifier in it.
        message_id: MessageId,
        /// The old serial number in it.
        serial: SerialNumber,
    },
    /// Message-Status-Query.
    StatusQuery {
        /// The identifier in it.
        message_id: MessageId,
        /// The old serial number in it.
        serial: SerialNumber,
    },
    /// Load-Query.
    LoadQuery,
    /// Reset: wipes all messages off its service areas. An RNC that failed may be asked so whether it is back.
    Reset,
}

impl Request {
    /// The identifier and serial number, of a request that has them.
    pub fn reference(self) -> Option<(MessageId, SerialNumber)> {
        match self {
            Self::Write { message_id, serial }
            | Self::Kill { message_id, serial }
            | Self::StatusQuery { message_id, serial } => Some((message_id, serial)),
            Self::LoadQuery | Self::Reset => None,
        }
    }
}

/// Whether a new connection begins with RESETs, which wipe all messages off their service areas.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ResetPolicy {
    /// No: what is on the air stays there.
    Never,
    /// Yes, of these service areas: at first contact, after a restore, or as an admin wishes. SABP has no word for all
    /// service areas of an RNC.
    First(Vec<ServiceArea>),
}

/// Why the connection should be closed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CloseReason {
    /// The peer said more than anyone took from [`super::Session::poll_event`].
    Flooded,
    /// A RESET that opens the conversation was not answered.
    ResetUnanswered,
}

/// What happened.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event {
    /// A write, kill or status query was done in all its service areas.
    Completed {
        /// Whose.
        token: Token,
        /// What had been asked.
        request: Request,
        /// Where, and how often the message, or the one it replaced, was broadcast there.
        completed: Vec<CompletedArea>,
    },
    /// A write, kill or status query failed in some of its service areas or in all.
    Failed {
        /// Whose.
        token: Token,
        /// What had been asked.
        request: Request,
        /// Where it failed and why.
        failures: Vec<FailedArea>,
        /// Where it was done all the same.
        completed: Vec<CompletedArea>,
    },
    /// A load query was answered.
    Loading {
        /// Whose.
        token: Token,
        /// What the service areas have room for.
        loading: Vec<LoadedArea>,
        /// Where that is not known, and why.
        failures: Vec<FailedArea>,
    },
    /// A RESET was answered.
    Reset {
        /// Whose; `None`: one of those that opened the conversation.
        token: Option<Token>,
        /// Which service areas have nothing on the air now.
        areas: Vec<ServiceArea>,
        /// Which could not be reset, and why.
        failures: Vec<FailedArea>,
    },
    /// The peer did not understand something.
    ErrorIndication {
        /// The request it is about and ends, when it names one of ours.
        token: Option<Token>,
        /// Its words.
        error: ErrorIndication,
    },
    /// Service areas can no longer broadcast: nothing should be written there until they restart.
    Failure {
        /// Which.
        areas: Vec<ServiceArea>,
    },
    /// The peer sent something that it should not have. The session has answered with an Error-Indication where one is due.
    PeerError {
        /// What was wrong.
        what: PeerError,
    },
    /// Requests are taken from now on. Once a connection.
    Ready,
    /// Service areas can broadcast again.
    Restart {
        /// Which.
        areas: Vec<ServiceArea>,
        /// Whether they still have their messages; lost when the peer does not say (TS 25.419 §8.7.2).
        recovery: Recovery,
    },
    /// No answer came in time, or the connection ended, or a kill went before, or the session was not ready or full and
    /// sent nothing. Once a request; an answer may still follow, except after the connection's end.
    Unanswered {
        /// Whose.
        token: Token,
    },
    /// The peer sent a message that only a CBC sends, or an answer to nothing that was asked.
    Unexpected {
        /// Its procedure code.
        procedure: u8,
        /// Which message of that procedure.
        triggering: TriggeringMessage,
    },
}

/// What an RNC did wrong.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PeerError {
    /// A message was taken, but IEs in it asked to be reported that we do not understand.
    NotUnderstood {
        /// The ids of the IEs.
        ies: Vec<u16>,
    },
    /// The answer to a RESET is not about exactly the service areas that were asked (TS 25.419 §8.6.3).
    ResetAreas {
        /// How many were asked.
        expected: usize,
        /// How many the answer names.
        found: usize,
    },
    /// A message was taken, though octets came after its end.
    Trailing {
        /// How many.
        octets: usize,
    },
    /// A message could not be taken.
    Undecodable(Error),
}
