//! One message of one alert: its editions, what is wanted of it, and its legs, one a controller.

use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::sync::Arc;

use area::{ControllerId, OperatorId};
use cbs::{Broadcasts, MessageId, RepetitionPeriod, SerialNumber};
use policy::Role;

use crate::airtime::{Airtime, Cadence, Load, Share};
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
    /// The controllers at which another CBC holds its name, with the serial number it has there instead.
    renamed: Vec<(ControllerId, SerialNumber)>,
    /// What it asks of the air, and what it asked for when its period was another.
    cadences: (Cadence, Cadence),
}

impl Text {
    /// A text with its names, with what it asks of the air and what it asked for before its period changed, and with its
    /// messages while it can be read.
    pub fn new(
        names: Vec<(OperatorId, MessageId, SerialNumber)>,
        cadences: (Cadence, Cadence),
        message: impl Fn(MessageId, SerialNumber) -> Option<Message>,
    ) -> Self {
        let messages = names
            .iter()
            .filter_map(|(operator, id, serial)| Some((*operator, Arc::new(message(*id, *serial)?))))
            .collect();
        Self { names, messages, renamed: Vec::new(), cadences }
    }

    /// What it is called in every network.
    pub fn names(&self) -> &[(OperatorId, MessageId, SerialNumber)] {
        &self.names
    }

    /// What it is called in one operator's network.
    pub fn name(&self, operator: OperatorId) -> Option<(MessageId, SerialNumber)> {
        self.names.iter().find(|(known, ..)| *known == operator).map(|(_, id, serial)| (*id, *serial))
    }

    /// What it is called at one controller of that operator.
    pub fn name_at(
        &self,
        operator: OperatorId,
        controller: ControllerId,
    ) -> Option<(MessageId, SerialNumber)> {
        let (id, serial) = self.name(operator)?;
        Some((id, self.renamed_at(controller).unwrap_or(serial)))
    }

    /// The serial number it has at this controller in place of its operator's.
    pub fn renamed_at(&self, controller: ControllerId) -> Option<SerialNumber> {
        self.renamed.iter().find(|(known, _)| *known == controller).map(|(_, serial)| *serial)
    }

    /// The controllers at which it has another serial number than elsewhere in their networks.
    pub fn renamed(&self) -> &[(ControllerId, SerialNumber)] {
        &self.renamed
    }

    /// From now on it has this serial number at this controller.
    pub(crate) fn rename_at(&mut self, controller: ControllerId, serial: SerialNumber) {
        self.renamed.retain(|(known, _)| *known != controller);
        self.renamed.push((controller, serial));
    }

    /// The same with other messages: their period has changed.
    pub(crate) fn with_messages_of(self, other: Self) -> Self {
        Self { messages: other.messages, cadences: (other.cadences.0, self.cadences.0), ..self }
    }

    /// What it asks of the air.
    pub const fn cadence(&self) -> Cadence {
        self.cadences.0
    }

    /// The same, and what it asked for when its period was another.
    pub(crate) const fn cadences(&self) -> (Cadence, Cadence) {
        self.cadences
    }

    /// What it may take of the air where it is still on as it was.
    pub fn old_load(&self, airtime: Airtime) -> Load {
        airtime.load(self.cadences.0).max(airtime.load(self.cadences.1))
    }

    /// The operators and controllers have other numbers now.
    pub(crate) fn renumber(
        &mut self,
        operators: &BTreeMap<OperatorId, OperatorId>,
        controllers: &BTreeMap<ControllerId, ControllerId>,
    ) {
        let renamed = std::mem::take(&mut self.renamed).into_iter();
        self.renamed = renamed.filter_map(|(old, serial)| Some((*controllers.get(&old)?, serial))).collect();
        let names = std::mem::take(&mut self.names).into_iter();
        self.names = names
            .filter_map(|(operator, id, serial)| Some((*operators.get(&operator)?, id, serial)))
            .collect();
        let messages = std::mem::take(&mut self.messages).into_iter();
        self.messages =
            messages.filter_map(|(operator, message)| Some((*operators.get(&operator)?, message))).collect();
    }

    fn message_at(&self, operator: OperatorId, controller: ControllerId) -> Option<Arc<Message>> {
        let (_, message) = self.messages.iter().find(|(known, _)| *known == operator)?;
        Some(match self.renamed_at(controller) {
            Some(serial) => Arc::new(Message { serial, ..Message::clone(message) }),
            None => Arc::clone(message),
        })
    }
}

impl Broadcast {
    /// The present edition.
    pub fn current(&self) -> Edition {
        Edition(u16::try_from(self.editions.len().saturating_sub(1)).unwrap_or(u16::MAX))
    }

    /// Whether it is of the earthquake and tsunami system.
    pub fn is_etws(&self) -> bool {
        let names = self.editions.last().map(Text::names).unwrap_or_default();
        names.iter().any(|(_, message_id, _)| message_id.is_etws())
    }

    /// The edition that a controller of an operator knows by this serial number.
    pub fn edition(
        &self,
        operator: OperatorId,
        controller: ControllerId,
        serial: SerialNumber,
    ) -> Option<Edition> {
        let known =
            |text: &Text| text.name_at(operator, controller).is_some_and(|(_, known)| known == serial);
        let at = self.editions.iter().rposition(known)?;
        u16::try_from(at).ok().map(Edition)
    }

    /// The leg at a controller.
    pub fn leg(&self, controller: ControllerId) -> Option<&Leg> {
        let at = self.leg_at(controller).ok()?;
        self.legs.get(at)
    }

    /// The same, to change it.
    pub fn leg_mut(&mut self, controller: ControllerId) -> Option<&mut Leg> {
        let at = self.leg_at(controller).ok()?;
        self.legs.get_mut(at)
    }

    /// The leg at one controller, or all.
    pub(crate) fn legs_of(&self, only: Option<ControllerId>) -> &[Leg] {
        match only {
            None => &self.legs,
            Some(only) => self.leg(only).map_or(&[], std::slice::from_ref),
        }
    }

    /// Where the leg at a controller stands among the legs, or would.
    pub(crate) fn leg_at(&self, controller: ControllerId) -> Result<usize, usize> {
        self.legs.binary_search_by_key(&controller, Leg::controller)
    }

    /// What its present edition asks of the air.
    pub fn cadence(&self) -> Cadence {
        self.editions.last().map(Text::cadence).unwrap_or_default()
    }

    /// What it takes of the air at most, whatever of its texts is on.
    pub(crate) fn most(&self, airtime: Airtime) -> Load {
        let newest = self.editions.iter().rev().take(Edition::WINDOW.into());
        newest.map(|text| text.old_load(airtime)).max().unwrap_or(0)
    }

    /// The order that answers a need, with this share of the air, or `None` where the text is gone and it can only be killed.
    pub fn action(
        &self,
        need: Need,
        operator: OperatorId,
        controller: ControllerId,
        share: Share,
        now: Now,
    ) -> Option<Action> {
        let name =
            |edition: Edition| self.editions.get(usize::from(edition.0))?.name_at(operator, controller);
        let message = || {
            let message = self.editions.last()?.message_at(operator, controller)?;
            let Share::Slowed(period_ms) = share else { return Some(message) };
            let period = RepetitionPeriod::from_ms(period_ms).ok()?;
            Some(Arc::new(Message { period, ..Message::clone(&message) }))
        };
        match need {
            Need::Write(replaced) => {
                let message = message()?;
                let broadcasts = self.broadcasts(&message, now)?;
                let replaces = replaced.and_then(name).map(|(_, serial)| serial);
                Some(Action::Write { message, broadcasts, replaces })
            }
            Need::Query | Need::Audit => {
                let message = message()?;
                let broadcasts = self.broadcasts(&message, now)?;
                Some(Action::Query { message, broadcasts })
            }
            Need::Kill(edition) => {
                let (message_id, serial) = name(edition)?;
                Some(Action::Kill { message_id, serial, all: false })
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
