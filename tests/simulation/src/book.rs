//! The first ledger: what the records say, kept by the checker's own reading of them.

use std::collections::{BTreeMap, BTreeSet};

use area::{CellRuns, ControllerId, OperatorId};
use engine::order::BroadcastId;
use engine::record::StepVerb;
use engine::{AlertId, Edition, Entry, Ration, Record, Seq, Share, Version};
use opsim::MessageKey;
use policy::Channel;

/// What is known of every alert and of every serial number.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) alerts: BTreeMap<AlertId, Facts>,
    pub(crate) names: BTreeMap<(OperatorId, MessageKey), Named>,
    pub(crate) current: BTreeMap<BroadcastId, Edition>,
    /// Who gives way at each controller, and since when by the wall clock.
    rations: BTreeMap<ControllerId, (i64, Ration)>,
    /// The periods to which messages were slowed somewhere, in milliseconds.
    slowed: BTreeSet<(BroadcastId, u32)>,
    /// Cells that failed and of whose restart nobody has told.
    failed: BTreeMap<ControllerId, CellRuns>,
    keys: BTreeSet<String>,
    /// A key under which something was done twice.
    pub(crate) done_twice: Option<String>,
}

/// An alert.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) channel: Channel,
    versions: Vec<Version>,
    /// Somebody approved what they had written themselves.
    pub(crate) alone: bool,
    pub(crate) expires_ms: i64,
    /// The latest expiry of any of its versions: a shorter life stops by a kill what was counted for a longer one.
    pub(crate) last_ms: i64,
    pub(crate) ended: Option<StepVerb>,
}

/// What a serial number of an operator's network stands for.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) alert: AlertId,
    pub(crate) broadcast: BroadcastId,
    pub(crate) edition: Edition,
    /// The record that gave it last.
    pub(crate) seq: Seq,
    /// The cells of the present version.
    pub(crate) cells: CellRuns,
    /// The cells of every version that had this text.
    pub(crate) ever: CellRuns,
    pub(crate) text: String,
    pub(crate) wanted: bool,
    /// The last record that gave it gave it for the first time.
    pub(crate) is_new: bool,
}

impl Book {
    pub(crate) fn of(entries: &[Entry]) -> Self {
        let mut book = Self::default();
        entries.iter().for_each(|entry| book.apply(entry));
        book
    }

    /// The cells of a controller that failed and of whose restart nobody has told.
    pub(crate) fn failed(&self, controller: ControllerId) -> CellRuns {
        self.failed.get(&controller).cloned().unwrap_or_default()
    }

    /// The author of the version that waits.
    pub(crate) fn author_of_waiting(&self, alert: AlertId) -> Option<&str> {
        let last = self.alerts.get(&alert)?.versions.last()?;
        Some(last.author.as_str())
    }

    pub(crate) fn name_of(
        &self,
        broadcast: BroadcastId,
        edition: Edition,
        operator: OperatorId,
    ) -> Option<MessageKey> {
        let is_it = |named: &Named| named.broadcast == broadcast && named.edition == edition;
        self.names.iter().find(|((op, _), named)| *op == operator && is_it(named)).map(|((_, key), _)| *key)
    }

    /// The broadcast whose text has this name.
    pub(crate) fn broadcast_of(&self, operator: OperatorId, key: MessageKey) -> Option<BroadcastId> {
        self.names.get(&(operator, key)).map(|named| named.broadcast)
    }

    /// Whether this is the text wanted now.
    pub(crate) fn is_current(&self, operator: OperatorId, key: MessageKey) -> bool {
        let current = |named: &Named| self.current.get(&named.broadcast) == Some(&named.edition);
        self.names.get(&(operator, key)).is_some_and(current)
    }

    /// The cells of a controller in which a message waits for room.
    pub(crate) fn waits(&self, controller: ControllerId, broadcast: BroadcastId) -> CellRuns {
        let lesser = self.rations.get(&controller).into_iter().flat_map(|(_, ration)| &ration.lesser);
        lesser
            .filter(|lesser| lesser.broadcast == broadcast && lesser.share == Share::Nothing)
            .fold(CellRuns::new(), |cells, lesser| cells.union(&lesser.cells))
    }

    /// When the air of a controller's cells was last shared out, by the wall clock.
    pub(crate) fn shared_out_ms(&self, controller: ControllerId) -> Option<i64> {
        self.rations.get(&controller).map(|(wall_ms, _)| *wall_ms)
    }

    /// Whether a message was slowed to about this period somewhere.
    pub(crate) fn was_slowed(&self, broadcast: BroadcastId, period_ms: u64) -> bool {
        let of_it = self.slowed.range((broadcast, 0)..=(broadcast, u32::MAX));
        of_it.into_iter().any(|(_, slowed_ms)| u64::from(*slowed_ms).abs_diff(period_ms) <= 1_883)
    }

    pub(crate) fn apply(&mut self, entry: &Entry) {
        match &entry.record {
            Record::Drafted { alert, channel, version, key, .. } => {
                self.done(key);
                let facts = Facts {
                    channel: *channel,
                    versions: vec![version.clone()],
                    alone: false,
                    expires_ms: i64::MAX,
                    last_ms: i64::MIN,
                    ended: None,
                };
                self.alerts.insert(*alert, facts);
            }
            Record::Revised { alert, version, key } => {
                self.done(key);
                if let Some(facts) = self.alerts.get_mut(alert) {
                    facts.versions.pop();
                    facts.versions.push(version.clone());
                }
            }
            Record::Proposed { alert, version, key } => {
                self.done(key);
                if let Some(facts) = self.alerts.get_mut(alert) {
                    facts.versions.push(version.clone());
                }
            }
            Record::Stepped { alert, step, key, .. } => {
                self.done(key);
                if let Some(facts) = self.alerts.get_mut(alert)
                    && matches!(step, StepVerb::Cancel | StepVerb::StopAll | StepVerb::Expire)
                {
                    facts.ended = Some(*step);
                }
            }
            Record::Started => self.failed.clear(),
            Record::Failed { controller, cells } => {
                let failed = self.failed.entry(*controller).or_default();
                *failed = failed.union(cells);
            }
            Record::Restarted { controller, cells } => {
                let failed = self.failed.entry(*controller).or_default();
                *failed = failed.subtract(cells);
            }
            Record::Rationed { controller, ration } => {
                self.slowed.extend(ration.lesser.iter().filter_map(|lesser| match lesser.share {
                    Share::Slowed(period_ms) => Some((lesser.broadcast, period_ms)),
                    Share::Full | Share::Nothing => None,
                }));
                self.rations.insert(*controller, (entry.wall_ms, ration.clone()));
            }
            Record::Approved { alert, by, expires_ms, broadcasts, key, .. } => {
                self.done(key);
                let Some(facts) = self.alerts.get_mut(alert) else { return };
                let Some(version) = facts.versions.last().cloned() else { return };
                facts.alone |= version.author == *by;
                facts.expires_ms = *expires_ms;
                facts.last_ms = facts.last_ms.max(*expires_ms);
                for allocation in broadcasts {
                    self.current.insert(allocation.broadcast, allocation.edition);
                    let text =
                        allocation.planned.and_then(|at| version.private.open()?.bodies.get(at).cloned());
                    let cells =
                        if allocation.planned.is_some() { version.cells.clone() } else { CellRuns::new() };
                    if allocation.planned.is_none() {
                        self.names
                            .values_mut()
                            .filter(|named| named.broadcast == allocation.broadcast)
                            .for_each(|named| named.wanted = false);
                    }
                    for (operator, message_id, serial) in &allocation.names {
                        let key = MessageKey { message_id: *message_id, serial: *serial };
                        let known = self.names.get(&(*operator, key));
                        let is_new = known.is_none();
                        let ever = known
                            .filter(|known| known.broadcast == allocation.broadcast)
                            .map_or(CellRuns::new(), |known| known.ever.clone());
                        let named = Named {
                            alert: *alert,
                            broadcast: allocation.broadcast,
                            edition: allocation.edition,
                            seq: entry.seq,
                            ever: ever.union(&cells),
                            cells: cells.clone(),
                            text: text.clone().unwrap_or_default(),
                            wanted: true,
                            is_new,
                        };
                        self.names.insert((*operator, key), named);
                    }
                }
            }
            _ => {}
        }
    }

    fn done(&mut self, key: &Option<String>) {
        if let Some(key) = key
            && !self.keys.insert(key.clone())
        {
            self.done_twice = Some(key.clone());
        }
    }
}
