//! What was stopped is stopped again when one of several peers comes back: it may have kept a write that it had not carried
//! out when another of the pool carried out the stop.

use area::{CellRuns, ControllerId};

use crate::airtime::Share;
use crate::alert::Alert;
use crate::broadcast::Broadcast;
use crate::cells::Edition;
use crate::engine::Engine;
use crate::leg::Need;
use crate::now::Now;
use crate::order::{Action, BroadcastId, Demand, Order, Priority};

/// How long after the end of an alert a peer may still hold a write of it, in milliseconds: a day, after which its code
/// is about to be used again.
const HELD_MS: i64 = 86_400_000;

impl Engine {
    /// Asks a pool to stop what is believed to be off there: the older texts of what is on, and every text of what is not
    /// wanted or over, as long as it could still be broadcast. Nothing waits for the answers, and nothing is concluded from them.
    pub(crate) fn stop_again(&mut self, now: Now, controller: ControllerId) {
        if !self.traits(controller).is_some_and(|traits| traits.pooled) {
            return;
        }
        let Some(operator) = self.network.place(controller).map(|place| place.operator) else { return };
        let mut stops = Vec::new();
        for alert in self.alerts.values().filter(|alert| may_be_held(alert, now)) {
            for id in &alert.broadcasts {
                let Some(broadcast) = self.broadcast(*id) else { continue };
                for (edition, cells) in believed_off(broadcast, controller, alert.state.is_over()) {
                    let action =
                        broadcast.action(Need::Kill(edition), operator, controller, Share::Full, now);
                    stops.extend(action.map(|action| (*id, action, cells)));
                }
            }
        }
        for (broadcast, action, cells) in stops {
            self.order_stop(controller, broadcast, action, cells);
        }
    }

    fn order_stop(
        &mut self,
        controller: ControllerId,
        broadcast: BroadcastId,
        action: Action,
        cells: CellRuns,
    ) {
        let id = self.new_order();
        self.orders.insert(id, (broadcast, controller));
        let order = Order { id, controller, broadcast, priority: Priority::Kill, action, cells };
        self.demands.push_back((self.last(), Demand::Order(order)));
    }
}

fn may_be_held(alert: &Alert, now: Now) -> bool {
    let ended = alert.state.is_over().then(|| alert.history.last()).flatten();
    let lately = ended.is_none_or(|step| step.wall_ms.saturating_add(HELD_MS) > now.wall_ms);
    lately && alert.last_broadcast_ms > now.wall_ms
}

/// The texts of a broadcast that are not on at a controller, by all that is known, with the cells. Of one that is wanted the
/// present text is left alone: a late stop of it could not be told from one of a later write.
fn believed_off(broadcast: &Broadcast, controller: ControllerId, is_over: bool) -> Vec<(Edition, CellRuns)> {
    let Some(leg) = broadcast.leg(controller) else { return Vec::new() };
    let current = broadcast.current();
    let newest = if is_over || !broadcast.wanted { current.0 + 1 } else { current.0 };
    let oldest = newest.saturating_sub(Edition::WINDOW - 1);
    let editions = (oldest..newest).map(Edition);
    let off = editions.map(|edition| (edition, leg.without(edition)));
    off.filter(|(_, cells)| !cells.is_empty()).collect()
}
