//! Mistakes on purpose, to test the checker: each alters what passes between the real parts, so that those hold no
//! switch. None is active in an ordinary run.

use std::collections::BTreeMap;

use area::CellRuns;
use cbs::{Broadcasts, RepetitionPeriod, SerialNumber};
use engine::command::{Actor, Command};
use engine::order::{Action, Demand, Message, Priority};
use engine::report::{CellReport, Outcome, Report};
use engine::{Now, Seq};
use std::sync::Arc;

use crate::land::Land;

/// A mistake on purpose.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Bug {
    /// The type of a message is ignored: a cancel starts the alert.
    CancelStartsAlert,
    /// An update keeps the old serial number: its update number wraps at once.
    SerialWrapped,
    /// What was sent counts as confirmed.
    SuccessAssumed,
    /// What was not answered counts as confirmed.
    SilenceIsConsent,
    /// A cancel waits until nothing is unanswered.
    CancelWaitsForAnswer,
    /// Seconds are sent as slots of 1.883 s.
    SecondsAsSlots,
    /// A count of broadcasts becomes "until stopped".
    ZeroMeansForEver,
    /// After a start the codes of before are handed out again.
    SerialReusedAfterRestore,
    /// Orders leave before their records are durable.
    SentBeforeDurable,
    /// Answers leave before their records are durable.
    AnsweredBeforeDurable,
    /// Whoever asks to approve is taken for somebody else.
    ApproverIsAuthor,
    /// Tests ride on a live identifier.
    TestOnLiveId,
    /// What is queued is not withdrawn.
    WriteAfterCancel,
    /// While one link is full, nobody is served.
    StallDelaysOthers,
    /// The clock that expiry looks at stands still.
    ExpiryIgnored,
    /// Restarts of cells are not heard.
    RestartIgnored,
    /// Keys of requests are forgotten.
    KeysForgotten,
    /// A repeated write has a new serial number.
    NewSerialOnRetry,
    /// Cells beside the area are written too.
    AreaTooWide,
    /// No cell has its interval.
    NoCellInterval,
    /// A peer that comes back gets its writes first.
    WritesBeforeKills,
}

impl Bug {
    /// Every one.
    pub const ALL: [Self; 21] = [
        Self::CancelStartsAlert,
        Self::SerialWrapped,
        Self::SuccessAssumed,
        Self::SilenceIsConsent,
        Self::CancelWaitsForAnswer,
        Self::SecondsAsSlots,
        Self::ZeroMeansForEver,
        Self::SerialReusedAfterRestore,
        Self::SentBeforeDurable,
        Self::AnsweredBeforeDurable,
        Self::ApproverIsAuthor,
        Self::TestOnLiveId,
        Self::WriteAfterCancel,
        Self::StallDelaysOthers,
        Self::ExpiryIgnored,
        Self::RestartIgnored,
        Self::KeysForgotten,
        Self::NewSerialOnRetry,
        Self::AreaTooWide,
        Self::NoCellInterval,
        Self::WritesBeforeKills,
    ];
}

/// The place where a mistake is made.
#[derive(Debug, Default)]
pub(crate) struct Planted {
    bug: Option<Bug>,
    messages: BTreeMap<(u16, u16), Arc<Message>>,
    /// What a serial number is called instead, and back.
    renamed: BTreeMap<(u16, u16), SerialNumber>,
    real: BTreeMap<(u16, u16), SerialNumber>,
    written: BTreeMap<(u16, u16, u16), u32>,
    starts: u32,
    held_back: Vec<Demand>,
    stopped_ms: Option<i64>,
}

impl Planted {
    pub(crate) fn new(bug: Option<Bug>) -> Self {
        Self { bug, ..Self::default() }
    }

    pub(crate) fn is(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// The daemon has started.
    pub(crate) fn started(&mut self) {
        self.starts += 1;
        self.held_back.clear();
        self.renamed.clear();
        self.real.clear();
    }

    pub(crate) fn alter_land(&self, land: &mut Land) {
        if self.is(Bug::TestOnLiveId) {
            land.profiles.iter_mut().for_each(|profile| profile.message_ids.test = profile.message_ids.live);
        }
        if self.is(Bug::NoCellInterval) {
            land.peers.iter_mut().for_each(|peer| peer.profile.cell_interval_ms = 0);
        }
    }

    pub(crate) fn actor(&self, mut actor: Actor, command: &Command) -> Actor {
        if self.is(Bug::ApproverIsAuthor) && matches!(command, Command::Approve { .. }) {
            actor.name = "somebody".into();
        }
        actor
    }

    pub(crate) fn key(&self, key: String) -> Option<String> {
        (!self.is(Bug::KeysForgotten)).then_some(key)
    }

    pub(crate) fn durable(&self, last: Seq, durable: Seq) -> Seq {
        if self.is(Bug::SentBeforeDurable) { last } else { durable }
    }

    pub(crate) fn time(&mut self, mut now: Now) -> Now {
        if self.is(Bug::ExpiryIgnored) {
            now.wall_ms = *self.stopped_ms.get_or_insert(now.wall_ms);
        }
        now
    }

    /// Demands that were held back and may go now.
    pub(crate) fn released(&mut self, unanswered: usize) -> Vec<Demand> {
        match self.bug {
            Some(Bug::CancelWaitsForAnswer) if unanswered > 0 => Vec::new(),
            Some(Bug::CancelWaitsForAnswer) => std::mem::take(&mut self.held_back),
            _ => Vec::new(),
        }
    }

    pub(crate) fn demand(&mut self, land: &Land, demand: Demand, unanswered: usize) -> Vec<Demand> {
        let Some(bug) = self.bug else { return vec![demand] };
        let mut order = match demand {
            Demand::Withdraw(_) if bug == Bug::WriteAfterCancel => return Vec::new(),
            Demand::Withdraw(_) => return vec![demand],
            Demand::Order(order) => order,
        };
        let controller = order.controller.0;
        match (bug, &mut order.action) {
            (Bug::CancelStartsAlert, Action::Write { message, .. }) => {
                self.messages.insert((message.message_id.number(), message.serial.bits()), message.clone());
            }
            (Bug::CancelStartsAlert, Action::Kill { message_id, serial, .. }) => {
                if let Some(message) = self.messages.get(&(message_id.number(), serial.bits())) {
                    let (message, broadcasts) = (message.clone(), Broadcasts::Once);
                    order.action = Action::Write { message, broadcasts, replaces: None };
                }
            }
            (Bug::SecondsAsSlots, Action::Write { message, .. }) => {
                let period = RepetitionPeriod::from_ms(message.period.ms() / 1_000 * 1_883);
                if let Ok(period) = period {
                    Arc::make_mut(message).period = period;
                }
            }
            (Bug::ZeroMeansForEver, Action::Write { broadcasts, .. }) => {
                *broadcasts = Broadcasts::UntilStopped
            }
            (Bug::CancelWaitsForAnswer, Action::Kill { .. }) if unanswered > 0 => {
                self.held_back.push(Demand::Order(order));
                return Vec::new();
            }
            (Bug::WritesBeforeKills, Action::Kill { .. }) => order.priority = Priority::Test,
            (Bug::WritesBeforeKills, _) => order.priority = Priority::Kill,
            (Bug::AreaTooWide, Action::Write { .. }) => {
                order.cells = CellRuns::from_range(land.inventory.cells_of(order.controller));
            }
            (Bug::SerialWrapped, action) => self.rename(action, |serial| serial.bits() & !0xf),
            (Bug::SerialReusedAfterRestore, action) if self.starts > 1 => {
                self.rename(action, |serial| serial.bits().saturating_sub(0x10))
            }
            (Bug::NewSerialOnRetry, Action::Write { message, .. }) => {
                let key = (controller, message.message_id.number(), message.serial.bits());
                let tries = self.written.entry(key).or_default();
                *tries += 1;
                if *tries > 1 {
                    let (old, new) = (message.serial, SerialNumber::from_bits(message.serial.bits() ^ 0xf));
                    Arc::make_mut(message).serial = new;
                    self.real.insert((message.message_id.number(), new.bits()), old);
                }
            }
            _ => {}
        }
        vec![Demand::Order(order)]
    }

    pub(crate) fn report(&mut self, report: Report) -> Vec<Report> {
        let Some(bug) = self.bug else { return vec![report] };
        let mut cells = match report {
            Report::Cells(cells) => cells,
            Report::Restarted(..) if bug == Bug::RestartIgnored => return Vec::new(),
            report => return vec![report],
        };
        match bug {
            Bug::SuccessAssumed if cells.outcome == Outcome::Sent => {
                let confirmed = CellReport { outcome: Outcome::Confirmed, ..cells.clone() };
                return vec![Report::Cells(cells), Report::Cells(confirmed)];
            }
            Bug::SilenceIsConsent if cells.outcome == Outcome::Unanswered => {
                cells.outcome = Outcome::Confirmed
            }
            Bug::SerialWrapped | Bug::SerialReusedAfterRestore | Bug::NewSerialOnRetry => {
                // Reports name no identifier; all that were renamed have the same codes under each.
                let real = self.real.iter().find(|((_, new), _)| *new == cells.serial.bits());
                cells.serial = real.map_or(cells.serial, |(_, old)| *old);
            }
            _ => {}
        }
        vec![Report::Cells(cells)]
    }

    fn rename(&mut self, action: &mut Action, name: impl Fn(SerialNumber) -> u16) {
        let (id, old) = match action {
            Action::Write { message, .. } | Action::Query { message, .. } => {
                (message.message_id, message.serial)
            }
            Action::Kill { message_id, serial, .. } => (*message_id, *serial),
        };
        let new = *self
            .renamed
            .entry((id.number(), old.bits()))
            .or_insert_with(|| SerialNumber::from_bits(name(old)));
        self.real.insert((id.number(), new.bits()), old);
        match action {
            Action::Write { message, .. } | Action::Query { message, .. } => {
                Arc::make_mut(message).serial = new
            }
            Action::Kill { serial, .. } => *serial = new,
        }
    }
}
