//! Stopping everything: one request for all that a controller has on the air, and what its answer is about.

use area::{CellRuns, ControllerId};

use crate::airtime::Share;
use crate::alert::AlertId;
use crate::cells::Edition;
use crate::engine::Engine;
use crate::leg::Need;
use crate::now::Now;
use crate::order::{Action, BroadcastId, Demand, Order, OrderId, Priority};

/// What one order to stop everything is about. Its request names one message, and so do the answers to it.
#[derive(Clone, Debug)]
pub(crate) struct Silenced {
    order: OrderId,
    /// The messages it stops, the one that it names first.
    messages: Vec<(BroadcastId, Edition)>,
}

impl Engine {
    /// Takes these alerts off the air, which are wanted no longer: with one order where messages stand beside each other,
    /// else with one for each message.
    pub(crate) fn drive_to_silence(&mut self, now: Now, alerts: &[AlertId]) {
        for alert in alerts {
            self.take_back_all(*alert);
        }
        let controllers: Vec<ControllerId> = self.up.iter().copied().collect();
        for controller in controllers {
            self.silence(now, controller, alerts);
        }
        for alert in alerts {
            self.drive_alert(now, *alert, false);
        }
    }

    /// The messages that a word about a kill of one of them is about.
    pub(crate) fn silenced_with(
        &self,
        controller: ControllerId,
        named: (BroadcastId, Edition),
    ) -> Vec<(BroadcastId, Edition)> {
        let silenced = self.silenced.get(&controller).filter(|known| known.messages.first() == Some(&named));
        silenced.map_or_else(|| vec![named], |known| known.messages.clone())
    }

    /// Whether a request to stop everything has named this message.
    pub(crate) fn is_silenced(&self, controller: ControllerId, named: (BroadcastId, Edition)) -> bool {
        self.silenced.get(&controller).is_some_and(|known| known.messages.first() == Some(&named))
    }

    /// A message is asked to stop by itself: from now on a word about it is about no other.
    pub(crate) fn stopped_alone(&mut self, controller: ControllerId, named: (BroadcastId, Edition)) {
        if self.is_silenced(controller, named) {
            self.silenced.remove(&controller);
        }
    }

    /// The broadcasts that an order is about: its own, and those that it stops with it.
    pub(crate) fn broadcasts_of(
        &self,
        order: OrderId,
        controller: ControllerId,
        own: BroadcastId,
    ) -> Vec<BroadcastId> {
        let silenced = self.silenced.get(&controller).filter(|known| known.order == order);
        let mut all: Vec<BroadcastId> = silenced.map_or_else(
            || vec![own],
            |known| known.messages.iter().map(|(broadcast, _)| *broadcast).collect(),
        );
        all.sort_unstable();
        all.dedup();
        all
    }

    fn silence(&mut self, now: Now, controller: ControllerId, alerts: &[AlertId]) {
        let Some(traits) = self.traits(controller).filter(|traits| !traits.in_place) else { return };
        let Some(operator) = self.network.place(controller).map(|place| place.operator) else { return };
        let ids =
            alerts.iter().filter_map(|id| self.alerts.get(id)).flat_map(|alert| alert.broadcasts.clone());
        let mut stops: Vec<(BroadcastId, Edition, CellRuns)> = Vec::new();
        for id in ids {
            let Some(broadcast) = self.broadcasts.get(id.0 as usize) else { continue };
            let legs = broadcast.leg(controller).into_iter();
            for (need, cells) in legs.flat_map(|leg| leg.needs(broadcast.current(), traits)) {
                if let Need::Kill(edition) = need {
                    stops.push((id, edition, cells));
                }
            }
        }
        let Some((named, edition, _)) = stops.first() else { return };
        let Some(broadcast) = self.broadcasts.get(named.0 as usize) else { return };
        let Some(Action::Kill { message_id, serial, .. }) =
            broadcast.action(Need::Kill(*edition), operator, controller, Share::Full, now)
        else {
            return;
        };
        let (named, decided) = (*named, broadcast.decided);
        let order = self.new_order();
        let mut all = CellRuns::new();
        for (id, edition, cells) in &stops {
            all = all.union(cells);
            let Some(broadcast) = self.broadcasts.get_mut(id.0 as usize) else { continue };
            let current = broadcast.current();
            if let Some(leg) = broadcast.leg_mut(controller) {
                leg.asked(order, Need::Kill(*edition), current, cells.clone());
            }
        }
        self.orders.insert(order, (named, controller));
        let messages = stops.into_iter().map(|(id, edition, _)| (id, edition)).collect();
        self.silenced.insert(controller, Silenced { order, messages });
        let action = Action::Kill { message_id, serial, all: true };
        let priority = Priority::Kill;
        let order = Order { id: order, controller, broadcast: named, priority, action, cells: all };
        self.demands.push_back((decided, Demand::Order(order)));
    }
}
