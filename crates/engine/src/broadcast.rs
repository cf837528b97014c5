//! One message of one alert: its editions, what is wanted of it, and its legs, one a controller.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::Arc;

use area::{ControllerId, OperatorId};
use cbs::{Broadcasts, MessageId, SerialNumber};
use policy::Role;

use crate::alert::AlertId;
use crate::cells::Edition;
use crate::leg::{Leg, Need};
use crate::now::{Now, Seq};
use crate::order::{Action, Message, Priority};

/// One message of one alert.
#[derive(Clone, Debug)]
pub struct Broadcast {
    /// Its alert.
    pub alert: AlertId,
    /// Which of the alert's messages it is.
    pub role: Role,
    /// Its rank in the queues.
    pub priority: Priority,
    /// Its texts so far, by edition.
    pub editions: Vec<Text>,
    /// Whether it is wanted on the air.
    pub wanted: bool,
    /// Until when, in wall-clock milliseconds.
    pub until_ms: i64,
    /// Broadcast until stopped, in place of a count that ends then.
    pub until_stopped: bool,
    /// The record that last changed what is wanted.
    pub decided: Seq,
    /// Its legs, by controller.
    pub legs: Vec<Leg>,
}

/// One text of a broadcast, as each operator's network knows it.
#[derive(Clone, Debug, Default)]
pub struct Text {
    names: Vec<(OperatorId, MessageId, SerialNumber)>,
    /// Absent where the text has been erased: such a message can only be killed.
    messages: Vec<(OperatorId, Arc<Message>)>,
}

impl Text {
    /// A text with its names, and its messages while it can be read.
    pub fn new(
        names: Vec<(OperatorId, MessageId, SerialNumber)>,
        message: impl Fn(MessageId, SerialNumber) -> Option<Message>,
    ) -> Self {
        let messages = names
            .iter()
            .filter_map(|(operator, id, serial)| Some((*operator, Arc::new(message(*id, *serial)?))))
            .collect();
        Self { names, messages }
    }

    /// What it is called in every network.
    pub fn names(&self) -> &[(OperatorId, MessageId, SerialNumber)] {
        &self.names
    }

    /// What it is called in one operator's network.
    pub fn name(&self, operator: OperatorId) -> Option<(MessageId, SerialNumber)> {
        self.names.iter().find(|(known, ..)| *known == operator).map(|(_, id, serial)| (*id, *serial))
    }

    /// The operators have other numbers now.
    pub(crate) fn rename(&mut self, operators: &BTreeMap<OperatorId, OperatorId>) {
        let names = std::mem::take(&mut self.names).into_iter();
        self.names = names
            .filter_map(|(operator, id, serial)| Some((*operators.get(&operator)?, id, serial)))
            .collect();
        let messages = std::mem::take(&mut self.messages).into_iter();
        self.messages =
            messages.filter_map(|(operator, message)| Some((*operators.get(&operator)?, message))).collect();
    }

    fn message(&self, operator: OperatorId) -> Option<&Arc<Message>> {
        self.messages.iter().find(|(known, _)| *known == operator).map(|(_, message)| message)
    }
}

impl Broadcast {
    /// The present edition.
    pub fn current(&self) -> Edition {
        Edition(u16::try_from(self.editions.len().saturating_sub(1)).unwrap_or(u16::MAX))
    }

    /// The edition that an operator's network knows by this serial number.
    pub fn edition(&self, operator: OperatorId, serial: SerialNumber) -> Option<Edition> {
        let known = |text: &Text| text.name(operator).is_some_and(|(_, known)| known == serial);
        let at = self.editions.iter().rposition(known)?;
        u16::try_from(at).ok().map(Edition)
    }

    /// The leg at a controller.
    pub fn leg_mut(&mut self, controller: ControllerId) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|leg| leg.controller() == controller)
    }

    /// The order that answers a need, or `None` where the text is gone and it can only be killed.
    pub fn action(&self, need: Need, operator: OperatorId, now: Now) -> Option<Action> {
        let name = |edition: Edition| self.editions.get(usize::from(edition.0))?.name(operator);
        let message = || self.editions.last()?.message(operator).cloned();
        match need {
            Need::Write(replaced) => {
                let message = message()?;
                let broadcasts = self.broadcasts(&message, now)?;
                let replaces = replaced.and_then(name).map(|(_, serial)| serial);
                Some(Action::Write { message, broadcasts, replaces })
            }
            Need::Query => {
                let message = message()?;
                let broadcasts = self.broadcasts(&message, now)?;
                Some(Action::Query { message, broadcasts })
            }
            Need::Kill(edition) => {
                let (message_id, serial) = name(edition)?;
                Some(Action::Kill { message_id, serial })
            }
        }
    }

    /// The count that ends at expiry, so that a dead link cannot leave the message on the air; `None` when it is over.
    fn broadcasts(&self, message: &Message, now: Now) -> Option<Broadcasts> {
        let left_ms = self.until_ms - now.wall_ms;
        if left_ms <= 0 {
            return None;
        }
        if self.until_stopped {
            return Some(Broadcasts::UntilStopped);
        }
        let count = (left_ms as u64).div_ceil(u64::from(message.period.ms()));
        let count = u16::try_from(count).unwrap_or(u16::MAX);
        Some(NonZeroU16::new(count).filter(|n| n.get() > 1).map_or(Broadcasts::Once, Broadcasts::Count))
    }
}
