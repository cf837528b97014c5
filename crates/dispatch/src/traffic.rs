//! What each broadcast cost.

use std::collections::BTreeMap;

use area::ControllerId;
use engine::order::BroadcastId;

use crate::Traffic;

/// The most broadcasts that are counted; the oldest is forgotten first.
const BROADCASTS_MAX: usize = 1024;

/// PDUs and octets by broadcast and controller.
#[derive(Debug, Default)]
pub(crate) struct TrafficTable {
    broadcasts: BTreeMap<BroadcastId, BTreeMap<ControllerId, Traffic>>,
}

impl TrafficTable {
    /// Counts a PDU handed to a link.
    pub(crate) fn note(&mut self, broadcast: BroadcastId, controller: ControllerId, octets: usize) {
        let controllers = self.broadcasts.entry(broadcast).or_default();
        let traffic = controllers.entry(controller).or_insert(Traffic { controller, pdus: 0, octets: 0 });
        traffic.pdus += 1;
        traffic.octets += octets as u64;
        if self.broadcasts.len() > BROADCASTS_MAX {
            self.broadcasts.pop_first();
        }
    }

    /// The figures of a broadcast, by controller.
    pub(crate) fn of(&self, broadcast: BroadcastId) -> Vec<Traffic> {
        self.broadcasts.get(&broadcast).into_iter().flat_map(BTreeMap::values).copied().collect()
    }
}
