//! Where an alert gets less of the air than it asks for, for whose sake, and until when.

use area::Rat;
use policy::Role;
use serde::{Deserialize, Serialize};

use crate::airtime::Share;
use crate::alert::{Alert, AlertId};
use crate::engine::Engine;

/// Cells whose air does not carry all that is wanted there, and in which this alert is among the lesser.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct GivesWay {
    /// The operator.
    pub operator: String,
    /// The technology.
    pub rat: Rat,
    /// The controllers of the cells.
    pub controllers: Vec<String>,
    /// Which message of the alert.
    pub role: Role,
    /// How many cells.
    pub cells: u32,
    /// The period to which it is slowed there, in seconds; none where it waits for room.
    pub period_s: Option<u32>,
    /// The alerts that go before it.
    pub to: Vec<AlertId>,
    /// Why there is no room.
    pub why: Scarcity,
    /// When the first of those alerts ends, or the controller's refusal is believed no longer, in wall-clock
    /// milliseconds; earlier if one is cancelled.
    pub until_ms: i64,
}

/// Why there is no room on the air.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scarcity {
    /// It is more than the configured budget of a cell.
    Budget,
    /// The controller refused a message that goes before it, for want of room.
    Refusal,
}

impl Engine {
    pub(super) fn gives_way(&self, alert: &Alert) -> Vec<GivesWay> {
        let mut rows: Vec<GivesWay> = Vec::new();
        let wanted = self.wanted_by_rank();
        for id in &alert.broadcasts {
            let Some(broadcast) = self.broadcast(*id) else { continue };
            let Some(rank) = wanted.iter().position(|(wanted, ..)| wanted == id) else { continue };
            for (controller, ration) in &self.rations {
                let known = self.setup.inventory.controller(*controller);
                let name = &known.name;
                for lesser in ration.of(*id) {
                    let before = wanted[..rank]
                        .iter()
                        .filter(|(_, _, cells)| !cells.intersect(&lesser.cells).is_empty());
                    let mut to: Vec<AlertId> =
                        before.filter_map(|(before, ..)| Some(self.broadcast(*before)?.alert)).collect();
                    to.sort_unstable();
                    to.dedup();
                    let tight =
                        ration.tight.iter().filter(|tight| !tight.cells.intersect(&lesser.cells).is_empty());
                    let believed_ms = tight.map(|tight| tight.until_ms).min();
                    let ends = to.iter().filter_map(|to| Some(self.alert(*to)?.expires_ms));
                    let row = GivesWay {
                        operator: self.setup.inventory.operator(known.operator).name.clone(),
                        rat: known.rat,
                        controllers: vec![name.clone()],
                        role: broadcast.role,
                        cells: lesser.cells.len(),
                        period_s: if let Share::Slowed(ms) = lesser.share { Some(ms / 1000) } else { None },
                        why: if believed_ms.is_some() { Scarcity::Refusal } else { Scarcity::Budget },
                        until_ms: ends.chain(believed_ms).min().unwrap_or(alert.expires_ms),
                        to,
                    };
                    match rows.iter_mut().find(|known| known.is_like(&row)) {
                        Some(known) => {
                            known.cells += row.cells;
                            known.controllers.extend(row.controllers);
                            known.until_ms = known.until_ms.min(row.until_ms);
                        }
                        None => rows.push(row),
                    }
                }
            }
        }
        rows
    }
}

impl GivesWay {
    fn is_like(&self, other: &Self) -> bool {
        let key = |row: &Self| (row.rat, row.role, row.period_s, row.why);
        key(self) == key(other) && self.operator == other.operator && self.to == other.to
    }
}
