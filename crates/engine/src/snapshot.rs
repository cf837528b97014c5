//! The durable state as one value, so that a start need not replay what came before it.
//!
//! A snapshot is what the records up to [`Snapshot::last`] give, and nothing else: whoever replays them gets the same,
//! octet for octet, once both are written as JSON. Take it from an engine that has done nothing but replay; one that
//! works also knows what it has sent and not recorded. What is personal stays as the replayed records had it.

use std::collections::{BTreeMap, BTreeSet};

use area::{ControllerId, OperatorId};
use cbs::{MessageId, SerialNumber};
use policy::Role;
use serde::{Deserialize, Deserializer, Serialize};

use crate::airtime::{Cadence, Ration};
use crate::alert::{Alert, AlertId, Private};
use crate::apply::message;
use crate::broadcast::{Broadcast, Text};
use crate::engine::{Engine, Keys, Setup};
use crate::leg::{Leg, LegState};
use crate::network::Network;
use crate::now::Seq;
use crate::order::Priority;
use crate::serials::SerialsState;

/// What an engine knows durably.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The last record that is in it.
    last: Seq,
    network: Network,
    met: BTreeSet<String>,
    up: BTreeSet<ControllerId>,
    serials: SerialsState,
    /// The idempotency keys, oldest first, with what was done.
    keys: Vec<(String, String, AlertId)>,
    alerts: Vec<Alert>,
    broadcasts: Vec<BroadcastState>,
    rations: Vec<(ControllerId, Ration)>,
}

/// A broadcast without its messages, which its alert's version gives.
#[derive(Debug, Deserialize, Serialize)]
struct BroadcastState {
    alert: AlertId,
    role: Role,
    priority: Priority,
    editions: Vec<Names>,
    wanted: bool,
    until_ms: i64,
    until_stopped: bool,
    decided: Seq,
    #[serde(deserialize_with = "by_controller")]
    legs: Vec<LegState>,
}

/// What one text is called.
#[derive(Debug, Deserialize, Serialize)]
struct Names {
    names: Vec<(OperatorId, MessageId, SerialNumber)>,
    renamed: Vec<(ControllerId, SerialNumber)>,
    /// What it asks of the air, and what it asked for when its period was another.
    cadences: (Cadence, Cadence),
}

impl Snapshot {
    /// The last record that is in it.
    pub const fn last(&self) -> Seq {
        self.last
    }

    /// Its alerts.
    pub fn alerts_mut(&mut self) -> impl Iterator<Item = &mut Alert> {
        self.alerts.iter_mut()
    }

    /// Its idempotency keys.
    pub fn keys_mut(&mut self) -> impl Iterator<Item = &mut String> {
        self.keys.iter_mut().map(|(key, ..)| key)
    }

    /// What is personal in it, with the alert and the number of the version it belongs to.
    pub fn privates_mut(&mut self) -> impl Iterator<Item = (AlertId, u16, &mut Private)> {
        self.alerts.iter_mut().flat_map(|alert| {
            let id = alert.id;
            alert.versions.iter_mut().map(move |version| (id, version.number, &mut version.private))
        })
    }
}

impl Engine {
    /// The durable state.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            last: self.last(),
            network: self.network.clone(),
            met: self.met.clone(),
            up: self.up.clone(),
            serials: self.serials.state(),
            keys: self.keys.state(),
            alerts: self.alerts.values().cloned().collect(),
            broadcasts: self.broadcasts.iter().map(BroadcastState::of).collect(),
            rations: self.rations.iter().map(|(controller, ration)| (*controller, ration.clone())).collect(),
        }
    }

    /// The engine that replaying every record up to [`Snapshot::last`] gives.
    pub fn restore(setup: Setup, snapshot: Snapshot) -> Self {
        let mut engine = Self::new(setup);
        engine.alerts = snapshot.alerts.into_iter().map(|alert| (alert.id, alert)).collect();
        let open = engine.alerts.values().filter(|alert| !alert.state.is_over());
        engine.open = open.map(|alert| alert.id).collect();
        engine.broadcasts =
            snapshot.broadcasts.into_iter().map(|state| state.broadcast(&engine.alerts)).collect();
        engine.rations = snapshot.rations.into_iter().collect();
        engine.network = snapshot.network;
        engine.met = snapshot.met;
        engine.up = snapshot.up;
        engine.serials.restore(snapshot.serials);
        engine.keys = Keys::restore(snapshot.keys);
        engine.stand_at(snapshot.last);
        engine
    }
}

/// The legs in the order of their controllers; older programs wrote them in the order in which they came to be.
fn by_controller<'de, D: Deserializer<'de>>(states: D) -> Result<Vec<LegState>, D::Error> {
    let mut legs: Vec<LegState> = Vec::deserialize(states)?;
    legs.sort_by_key(LegState::controller);
    Ok(legs)
}

impl BroadcastState {
    fn of(broadcast: &Broadcast) -> Self {
        let names = |text: &Text| Names {
            names: text.names().to_vec(),
            renamed: text.renamed().to_vec(),
            cadences: text.cadences(),
        };
        Self {
            alert: broadcast.alert,
            role: broadcast.role,
            priority: broadcast.priority,
            editions: broadcast.editions.iter().map(names).collect(),
            wanted: broadcast.wanted,
            until_ms: broadcast.until_ms,
            until_stopped: broadcast.until_stopped,
            decided: broadcast.decided,
            legs: broadcast.legs.iter().map(Leg::state).collect(),
        }
    }

    fn broadcast(self, alerts: &BTreeMap<AlertId, Alert>) -> Broadcast {
        // Only what is wanted is ever written again, and only in its present edition.
        let version = alerts.get(&self.alert).filter(|_| self.wanted).and_then(|alert| {
            let version = alert.versions.get(alert.current?)?;
            let planned = version.planned.iter().position(|planned| planned.role == self.role)?;
            Some((version, planned))
        });
        let newest = self.editions.len().saturating_sub(1);
        let editions =
            self.editions.into_iter().enumerate().map(|(at, Names { names, renamed, cadences })| {
                let source = version.filter(|_| at == newest);
                let mut text = Text::new(names, cadences, |id, serial| {
                    source.and_then(|(version, planned)| message(version, planned, id, serial))
                });
                renamed.into_iter().for_each(|(controller, serial)| text.rename_at(controller, serial));
                text
            });
        Broadcast {
            alert: self.alert,
            role: self.role,
            priority: self.priority,
            editions: editions.collect(),
            wanted: self.wanted,
            until_ms: self.until_ms,
            until_stopped: self.until_stopped,
            decided: self.decided,
            legs: self.legs.into_iter().map(Leg::restored).collect(),
        }
    }
}
