//! What must be handed out soon: the first write of an approved version, and the kill of a cancelled alert, at every
//! controller whose peers do well.

use std::collections::BTreeSet;

use area::{CellRuns, ControllerId};
use engine::order::BroadcastId;
use engine::{AlertId, Seq};
use opsim::MessageKey;

use super::Checker;
use crate::book::Book;
use crate::land::Land;

/// Everything that is due.
#[derive(Debug, Default)]
pub(super) struct Due {
    expected: Vec<Expected>,
}

/// Something that must be handed out soon.
#[derive(Clone, Debug)]
struct Expected {
    controller: ControllerId,
    key: MessageKey,
    alert: AlertId,
    broadcast: BroadcastId,
    cells: CellRuns,
    kill: bool,
    by_ms: u64,
}

/// How soon the first write of a version is handed out to a healthy peer.
const WRITE_WITHIN_MS: u64 = 30_000;
/// How soon the first kill is.
const KILL_WITHIN_MS: u64 = 3_000;

impl Due {
    /// What should have been handed out by now, and is not shown to wait for room on the air: which invariant that
    /// violates, in words.
    pub(super) fn late(&mut self, now_ms: u64, book: &Book) -> Option<(u8, String)> {
        let waits = |expected: &Expected| {
            let waits = book.waits(expected.controller, expected.broadcast);
            !expected.kill && expected.cells.subtract(&waits).is_empty()
        };
        self.expected.retain(|expected| expected.by_ms >= now_ms || !waits(expected));
        let at = self.expected.iter().position(|expected| expected.by_ms < now_ms)?;
        let Expected { controller, key, alert, kill, .. } = self.expected.swap_remove(at);
        let what = if kill { "kill" } else { "write" };
        let words = format!(
            "no {what} of {} {} ({alert}) was handed to the healthy controller {} in time",
            key.message_id, key.serial, controller.0
        );
        Some((if kill { 3 } else { 7 }, words))
    }

    /// A request was handed out. Where there is much to stop, one kill comes after the other.
    pub(super) fn handed(&mut self, now_ms: u64, controller: ControllerId, key: MessageKey, kill: bool) {
        for other in
            self.expected.iter_mut().filter(|other| kill && other.kill && other.controller == controller)
        {
            other.by_ms = other.by_ms.max(now_ms + KILL_WITHIN_MS);
        }
        self.expected.retain(|expected| {
            expected.kill != kill || expected.controller != controller || expected.key != key
        });
    }

    /// The air of a controller's cells was shared out anew: what is written anew comes one after the other.
    pub(super) fn shared_out(&mut self, now_ms: u64, controller: ControllerId) {
        for other in self.expected.iter_mut().filter(|other| !other.kill && other.controller == controller) {
            other.by_ms = other.by_ms.max(now_ms + WRITE_WITHIN_MS);
        }
    }

    pub(super) fn forget_alert(&mut self, alert: AlertId) {
        self.expected.retain(|expected| expected.alert != alert);
    }

    pub(super) fn forget_controller(&mut self, controller: ControllerId) {
        self.expected.retain(|expected| expected.controller != controller);
    }

    pub(super) fn forget_writes(&mut self) {
        self.expected.retain(|expected| expected.kill);
    }
}

impl Checker {
    /// An approval is durable: controllers that do well hear of what is new in it soon, unless it has been taken back.
    pub(crate) fn approved(&mut self, land: &Land, seq: Seq, healthy: &BTreeSet<ControllerId>) {
        let fresh: Vec<_> = self
            .book
            .names
            .iter()
            .filter(|(_, named)| named.seq == seq && named.is_new && named.wanted)
            .filter(|((operator, key), _)| self.book.is_current(*operator, *key))
            .filter(|(_, named)| {
                self.book.alerts.get(&named.alert).is_some_and(|alert| alert.ended.is_none())
            })
            .map(|((operator, key), named)| (*operator, *key, named.clone()))
            .collect();
        for (operator, key, named) in fresh {
            let taken = self.evidence.taken((operator, key));
            for controller in healthy.iter().copied() {
                let own = land.inventory.controller(controller);
                let cells = named.cells.within(own.cells.clone()).subtract(&self.book.failed(controller));
                let is_asked = self.requests.was_asked(controller, key);
                if own.operator == operator
                    && !cells.is_empty()
                    && !is_asked
                    && taken.within(own.cells.clone()).is_empty()
                {
                    let by_ms = self.now_ms + WRITE_WITHIN_MS;
                    self.due.expected.push(Expected {
                        controller,
                        key,
                        alert: named.alert,
                        broadcast: named.broadcast,
                        cells,
                        kill: false,
                        by_ms,
                    });
                }
            }
        }
    }

    /// A cancel was accepted: controllers that do well get a kill of what they said is on.
    pub(crate) fn cancelled(&mut self, land: &Land, alert: AlertId, healthy: &BTreeSet<ControllerId>) {
        let names: Vec<_> = self
            .book
            .names
            .iter()
            .filter(|(_, named)| named.alert == alert)
            .filter(|((operator, key), _)| self.book.is_current(*operator, *key))
            .map(|((operator, key), named)| (*operator, *key, named.broadcast))
            .collect();
        for (operator, key, broadcast) in names {
            let on = self.evidence.to_kill((operator, key));
            for controller in healthy.iter().copied() {
                let own = land.inventory.controller(controller);
                let cells = on.within(own.cells.clone());
                if own.operator == operator && !cells.is_empty() {
                    let by_ms = self.now_ms + KILL_WITHIN_MS;
                    self.due.expected.push(Expected {
                        controller,
                        key,
                        alert,
                        broadcast,
                        cells,
                        kill: true,
                        by_ms,
                    });
                }
            }
        }
    }
}
