//! What the engine asks of the network. Dispatch turns an order into PDUs; the engine knows no protocol.

use std::sync::Arc;

use area::{CellRuns, ControllerId};
use cbs::{
    Broadcasts, DataCodingScheme, Level, MessageId, Pages, RepetitionPeriod, SerialNumber, WarningType,
};
use serde::{Deserialize, Serialize};

/// One message of one alert on one channel: what has its own message identifier and serial numbers.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(transparent)]
pub struct BroadcastId(pub u32);

/// Names an order until it is settled. Volatile: a new one after each start.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct OrderId(pub u64);

/// How urgent an order is; the smaller goes first. A kill outranks every write, whatever its alert.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Off, of whatever alert.
    Kill,
    /// A live warning, the graver first.
    Live(Level),
    /// An exercise.
    Exercise,
    /// A test.
    Test,
}

/// A wish for some cells of one controller.
#[derive(Clone, Debug)]
pub struct Order {
    /// Its name in reports.
    pub id: OrderId,
    /// The controller whose cells these are.
    pub controller: ControllerId,
    /// The broadcast it belongs to.
    pub broadcast: BroadcastId,
    /// Its rank in the controller's queue.
    pub priority: Priority,
    /// What to do there.
    pub action: Action,
    /// The cells, all of the one controller.
    pub cells: CellRuns,
}

/// What to do in the cells of an order.
#[derive(Clone, Debug)]
pub enum Action {
    /// Put the message on the air.
    Write {
        /// The message.
        message: Arc<Message>,
        /// How often from now on, so that it ends at the alert's expiry.
        broadcasts: Broadcasts,
        /// The serial number it takes the place of, where the network replaces in place.
        replaces: Option<SerialNumber>,
    },
    /// Ask whether the message is on the air: a status query, or a write of the live serial where that is one.
    Query {
        /// The message.
        message: Arc<Message>,
        /// As in `Write`, for networks whose only query is a write of the live serial.
        broadcasts: Broadcasts,
    },
    /// Take the message off the air.
    Kill {
        /// Its message identifier.
        message_id: MessageId,
        /// The serial number that is, or may be, on the air.
        serial: SerialNumber,
        /// Whatever else is on the air there goes with it: where messages stand beside each other, one request does it.
        all: bool,
    },
}

impl Action {
    /// The verb of this action, as reports name it.
    pub fn verb(&self) -> Verb {
        match self {
            Self::Write { .. } => Verb::Write,
            Self::Query { .. } => Verb::Query,
            Self::Kill { .. } => Verb::Kill,
        }
    }

    /// The serial number this action is about.
    pub fn serial(&self) -> SerialNumber {
        match self {
            Self::Write { message, .. } | Self::Query { message, .. } => message.serial,
            Self::Kill { serial, .. } => *serial,
        }
    }
}

/// The verb of an order, and of the reports about it.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Put on the air.
    Write,
    /// Ask what is on.
    Query,
    /// Take off the air.
    Kill,
}

/// A message as one operator's network broadcasts it: all that is the same for each of its cells.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// Its message identifier.
    pub message_id: MessageId,
    /// Its serial number in this operator's network.
    pub serial: SerialNumber,
    /// What it tells a phone.
    pub body: Body,
    /// The time from one broadcast to the next.
    pub period: RepetitionPeriod,
}

/// What a message tells a phone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Body {
    /// A text.
    Text {
        /// The alphabet of the pages.
        dcs: DataCodingScheme,
        /// The pages.
        pages: Pages,
    },
    /// A primary notification of ETWS: it has no text.
    Primary(WarningType),
}

/// What dispatch takes from the engine, in this order: a withdrawal leaves before the kill that follows it.
#[derive(Clone, Debug)]
pub enum Demand {
    /// Do this.
    Order(Order),
    /// Forget every write and query of this broadcast that has not been handed to a link yet, and report each such
    /// order's rest as `Outcome::Withdrawn`.
    Withdraw(BroadcastId),
}
