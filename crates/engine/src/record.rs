//! What the journal holds: everything decided and everything learned, as facts that need no engine to be read.

use std::ops::Range;

use area::{CellRuns, ControllerId, OperatorId};
use cbs::{Level, MessageId, SerialNumber};
use policy::{Channel, Profile};
use serde::{Deserialize, Serialize};

use crate::airtime::Ration;
use crate::alert::{AlertId, Private, Version};
use crate::cells::Edition;
use crate::network::{Move, Network};
use crate::now::Seq;
use crate::order::{BroadcastId, Priority, Verb};
use crate::report::Outcome;

/// A record with its place and time.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its place.
    pub seq: Seq,
    /// When it was written, in wall-clock milliseconds.
    pub wall_ms: i64,
    /// What happened.
    pub record: Record,
}

/// Something that happened. Applying the records of a journal in order gives the engine's state.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// The daemon started. What was under way before may or may not have reached the network.
    Started,
    /// From here on indices of cells, controllers and operators mean those of this network.
    Network {
        /// The network.
        network: Network,
        /// Where the cells of the network before have gone. A cell in none of these runs is gone.
        moves: Vec<Move>,
    },
    /// The journal was restored from a copy: nobody knows what happened after the record before this one. Every peer
    /// is met anew, and these message codes rest, since any of them may have been used.
    Restored {
        /// The first and the last code of each operator.
        codes: Vec<(OperatorId, u16, u16)>,
    },
    /// The state up to a record was written down beside the journal.
    Snapshot {
        /// That record.
        at: Seq,
        /// The SHA-256 of what was written, in hexadecimal.
        digest: String,
    },
    /// The wall clock went forward by so many milliseconds more than time has passed: what rests, rests as much longer.
    ClockStepped {
        /// How many.
        ms: i64,
    },
    /// A peer was met for the first time.
    PeerMet {
        /// Its name.
        peer: String,
    },
    /// A draft was written.
    Drafted {
        /// The alert.
        alert: AlertId,
        /// Its channel, for ever.
        channel: Channel,
        /// Its class.
        class: String,
        /// Its first version.
        version: Version,
        /// The idempotency key of the request.
        key: Option<String>,
    },
    /// The author replaced the draft.
    Revised {
        /// The alert.
        alert: AlertId,
        /// The version in place of the last.
        version: Version,
        /// The idempotency key of the request.
        key: Option<String>,
    },
    /// A new version of a running alert was written; it waits for a second person.
    Proposed {
        /// The alert.
        alert: AlertId,
        /// The version.
        version: Version,
        /// The idempotency key of the request.
        key: Option<String>,
    },
    /// A person did something that changes only the state.
    Stepped {
        /// The alert.
        alert: AlertId,
        /// What.
        step: StepVerb,
        /// Who; nobody where the time did it.
        by: Option<String>,
        /// Why, where a reason was given.
        reason: Option<String>,
        /// The idempotency key of the request.
        key: Option<String>,
    },
    /// A second person wants the waiting version on the air.
    Approved {
        /// The alert.
        alert: AlertId,
        /// The version's number.
        version: u16,
        /// Who.
        by: String,
        /// When it ends, in wall-clock milliseconds.
        expires_ms: i64,
        /// What the profile of its class said then; journals from before this was recorded do not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        terms: Option<Terms>,
        /// What each broadcast of the alert is called in each operator's network from now on.
        broadcasts: Vec<Allocation>,
        /// The idempotency key of the request.
        key: Option<String>,
    },
    /// The network answered, in the same words of all these cells at the same moment.
    Reported {
        /// What.
        #[serde(flatten)]
        said: Said,
        /// For which cells, of one or more controllers. Older journals also name the one.
        cells: CellRuns,
    },
    /// The network said how often a message that was stopped had been broadcast.
    Counted {
        /// The controller that said it.
        controller: ControllerId,
        /// Which broadcast.
        broadcast: BroadcastId,
        /// How often in which cells.
        counts: Vec<(Range<u32>, u16)>,
    },
    /// Another CBC holds the name of an edition at this controller, where nothing of it is on the air: from now on it
    /// has another serial number there.
    Renamed {
        /// The controller.
        controller: ControllerId,
        /// The broadcast.
        broadcast: BroadcastId,
        /// Its edition, the present one.
        edition: Edition,
        /// The serial number that it has there.
        serial: SerialNumber,
    },
    /// The count of what is on in a controller's cells would run out before its alert ends: it is started anew.
    Renewed {
        /// The controller.
        controller: ControllerId,
        /// The broadcast.
        broadcast: BroadcastId,
    },
    /// The air of a controller's cells does not carry all that is wanted there, or does again: from now on these give way.
    Rationed {
        /// The controller.
        controller: ControllerId,
        /// Who gives way, in place of what was recorded before.
        ration: Ration,
    },
    /// A controller is gone or back.
    Controller {
        /// Which.
        controller: ControllerId,
        /// Whether it is back.
        up: bool,
    },
    /// Cells restarted and lost everything.
    Restarted {
        /// Their controller.
        controller: ControllerId,
        /// Which.
        cells: CellRuns,
    },
    /// Cells failed and wait for their restart.
    Failed {
        /// Their controller.
        controller: ControllerId,
        /// Which.
        cells: CellRuns,
    },
}

impl Record {
    /// What is personal in the record, with the alert and the number of the version it belongs to.
    pub fn private_mut(&mut self) -> Option<(AlertId, u16, &mut Private)> {
        match self {
            Self::Drafted { alert, version, .. }
            | Self::Revised { alert, version, .. }
            | Self::Proposed { alert, version, .. } => Some((*alert, version.number, &mut version.private)),
            _ => None,
        }
    }
}

/// A word of the network about some cells.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Said {
    /// About which broadcast.
    pub broadcast: BroadcastId,
    /// About which of its editions.
    pub edition: Edition,
    /// What had been asked.
    pub verb: Verb,
    /// What it said, or that it said nothing.
    pub outcome: Outcome,
}

/// What the profile of an alert's class says of an approved version.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Terms {
    /// Its rank in the queues.
    pub priority: Priority,
    /// From one broadcast to the next, in seconds.
    pub period_s: u32,
    /// Broadcast until it is stopped, in place of a count that ends at the expiry.
    pub until_stopped: bool,
}

impl Terms {
    /// A class that rides another level at some operator has the rank of its own.
    pub(crate) fn of(profile: &Profile, channel: Channel, version: &Version) -> Self {
        let priority = match channel {
            Channel::Live => Priority::Live(profile.message_ids.live.level().unwrap_or(Level::Four)),
            Channel::Exercise => Priority::Exercise,
            Channel::Test => Priority::Test,
        };
        let period_s = version.period_s.unwrap_or(profile.repetition_period_s);
        Self { priority, period_s, until_stopped: profile.until_stopped }
    }
}

/// A change of an alert's state that carries nothing else.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepVerb {
    /// The author hands the draft to a second person.
    Submit,
    /// The second person gives it back.
    Return,
    /// The second person refuses it.
    Reject,
    /// It is taken back.
    Cancel,
    /// It is taken back with all others.
    StopAll,
    /// Its time is over.
    Expire,
    /// Everything has settled.
    Close,
}

impl StepVerb {
    /// The verb as a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Return => "return",
            Self::Reject => "reject",
            Self::Cancel => "cancel",
            Self::StopAll => "stop all",
            Self::Expire => "expire",
            Self::Close => "close",
        }
    }
}

/// One broadcast of an approved version: the edition that carries its text, and its name in each operator's network.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Allocation {
    /// The broadcast; a new one or one of an earlier version.
    pub broadcast: BroadcastId,
    /// Which of the version's planned messages it is; `None`: the version has it no longer.
    pub planned: Option<usize>,
    /// The edition: the present one when the text is the same, else the next.
    pub edition: Edition,
    /// What is on must be stopped and started again, with the same serial numbers, to last longer.
    pub renew: bool,
    /// What it is called, by operator.
    pub names: Vec<(OperatorId, MessageId, SerialNumber)>,
}
