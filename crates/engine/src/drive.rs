//! Driving what is towards what should be: words of the network come in, orders go out, time passes.

use std::collections::VecDeque;
use std::ops::Range;

use area::{CellRuns, ControllerId};
use cbs::SerialNumber;

use crate::airtime::Share;
use crate::alert::AlertId;
use crate::cells::Phase;
use crate::engine::Engine;
use crate::leg::{Leg, Need};
use crate::now::{Now, Seq};
use crate::order::{BroadcastId, Demand, Order, Priority, Verb};
use crate::record::{Entry, Record, Said, StepVerb};
use crate::report::{Cause, CellReport, Outcome, Report};
use crate::traits::{Counting, Traits};

/// How long after the last possible broadcast an alert that has not settled is closed, in milliseconds.
const CLOSE_SLACK_MS: i64 = 60_000;

/// How many broadcasts every network makes at least of a message that is not stopped: none counts further than 65,535, and
/// a period in slots of CBSP may be up to 6 % shorter than the one asked for.
const BROADCASTS_SURE: i64 = 60_000;

/// After how many of them a message is started anew that has to last longer: at a period of a second 50 minutes are left
/// for that.
const BROADCASTS_RENEWED: i64 = 57_000;

impl Engine {
    /// The network said something.
    pub fn report(&mut self, now: Now, report: Report, out: &mut Vec<Entry>) {
        let controller = match &report {
            Report::Cells(report) => Some(report.controller),
            Report::Settled(order) => self.orders.get(order).map(|(_, controller)| *controller),
            Report::Restarted(controller, _) => Some(*controller),
            Report::Counted { .. } | Report::Up(_) | Report::Down(_) | Report::Failed(..) => None,
        };
        match report {
            Report::Cells(report) => self.cells_reported(now, report, out),
            Report::Counted { controller, broadcast, serial, counts } => {
                self.counted(now, controller, broadcast, serial, counts, out);
            }
            Report::Settled(order) => {
                let Some((id, controller)) = self.orders.remove(&order) else { return };
                let patience = self.setup.patience;
                for id in self.broadcasts_of(order, controller, id) {
                    let Some(broadcast) = self.broadcasts.get_mut(id.0 as usize) else { continue };
                    let alert = broadcast.alert;
                    let Some(leg) = broadcast.leg_mut(controller) else { continue };
                    leg.settled(now.monotonic_ms, order, patience);
                    self.drive(now, id, Some(controller));
                    self.close_if_settled(now, alert, out);
                }
            }
            Report::Up(controller) => {
                self.record(now, Record::Controller { controller, up: true }, out);
                self.stop_again(now, controller);
                self.drive_controller(now, controller);
            }
            Report::Down(controller) => {
                self.record(now, Record::Controller { controller, up: false }, out);
            }
            Report::Restarted(controller, cells) => {
                let under_way = self.under_way(controller, &cells);
                self.record(now, Record::Restarted { controller, cells }, out);
                // What is under way may get there after the restart.
                for (said, cells) in under_way {
                    self.record_said(now, controller, said, cells, out);
                }
                self.drive_controller(now, controller);
            }
            Report::Failed(controller, cells) => {
                for (said, cells) in self.under_way(controller, &cells) {
                    self.record_said(now, controller, said, cells, out);
                }
                self.record(now, Record::Failed { controller, cells }, out);
            }
        }
        if let Some(controller) = controller.filter(|controller| self.crowded.remove(controller)) {
            self.drive_controller(now, controller);
        }
    }

    /// Time has passed: expiries, waits that are over, alerts that can be closed. A turn begins.
    pub fn tick(&mut self, now: Now, out: &mut Vec<Entry>) {
        self.turn();
        self.watch_clock(now, out);
        if self.wake_ms.is_none_or(|wake_ms| wake_ms > now.monotonic_ms) {
            return;
        }
        self.wake_ms = None;
        let mut ended = false;
        for id in self.open.clone() {
            let Some(alert) = self.alerts.get(&id) else { continue };
            if alert.state.is_on() && alert.expires_ms <= now.wall_ms {
                let step = StepVerb::Expire;
                self.record_sent(now, id, out);
                self.record(now, Record::Stepped { alert: id, step, by: None, reason: None, key: None }, out);
                self.drive_alert(now, id, true);
                ended = true;
            } else if alert.state.is_on() {
                self.wake_at(now.look_for(alert.expires_ms));
                self.renew(now, id, out);
            }
            self.release_waits(now, id);
            self.close_if_settled(now, id, out);
        }
        if ended || !self.rations.is_empty() || !self.crowded.is_empty() {
            self.ration(now, out);
        }
    }

    /// Starts anew what networks would cease to broadcast before the alert ends. Nothing else begins their count again: to
    /// a write of what is on they answer that its reference is used already (TS 36.413 §8.12.1.2, TS 48.049 §8.2.13), and
    /// under a new serial number it would ring every phone.
    fn renew(&mut self, now: Now, alert: AlertId, out: &mut Vec<Entry>) {
        let Some(alert) = self.alerts.get(&alert) else { return };
        let (mut due, mut next_ms) = (Vec::new(), i64::MAX);
        for id in &alert.broadcasts {
            let Some(broadcast) = self.broadcast(*id).filter(|broadcast| broadcast.wanted) else { continue };
            let period_ms = i64::from(broadcast.cadence().period_ms);
            for leg in &broadcast.legs {
                let is_counted = match self.traits(leg.controller()).map(|traits| traits.counts) {
                    None | Some(Counting::Nothing) => false,
                    Some(Counting::Ends) => !broadcast.until_stopped,
                    Some(Counting::Everything) => true,
                };
                let Some(since_ms) = leg.since_ms().filter(|_| is_counted) else { continue };
                let after = |broadcasts: i64| since_ms.saturating_add(period_ms.saturating_mul(broadcasts));
                if after(BROADCASTS_SURE) >= broadcast.until_ms {
                    continue;
                }
                match after(BROADCASTS_RENEWED) {
                    due_ms if due_ms <= now.wall_ms => due.push((leg.controller(), *id)),
                    due_ms => next_ms = next_ms.min(due_ms),
                }
            }
        }
        if next_ms < i64::MAX {
            self.wake_at(now.look_for(next_ms));
        }
        for (controller, broadcast) in due {
            self.record(now, Record::Renewed { controller, broadcast }, out);
            self.drive(now, broadcast, Some(controller));
        }
    }

    /// What a controller's peers do; `None` where there is no peer.
    pub(crate) fn traits(&self, controller: ControllerId) -> Option<Traits> {
        self.network.place(controller)?.traits
    }

    /// What they do with a broadcast. A message of ETWS takes no concurrent-warning flag, so that its next text takes the
    /// place of the last one everywhere (TS 36.413 §8.12.1.2).
    pub(crate) fn traits_for(&self, controller: ControllerId, id: BroadcastId) -> Option<Traits> {
        let (traits, broadcast) = (self.traits(controller)?, self.broadcast(id)?);
        Some(Traits { in_place: traits.in_place || broadcast.is_etws(), ..traits })
    }

    /// The cells that a configured peer serves, and those that none does.
    pub(crate) fn served(&self, cells: &CellRuns) -> (CellRuns, CellRuns) {
        let mut served = CellRuns::new();
        for (_, place) in self.network.places().filter(|(_, place)| place.traits.is_some()) {
            cells.within(place.cells.0..place.cells.1).iter().for_each(|run| served.push(run));
        }
        let unserved = cells.subtract(&served);
        (served, unserved)
    }

    /// Whether every cell of an alert that is ending has settled: nothing of it is on, or is asked about any more.
    pub(crate) fn is_settled(&self, alert: AlertId) -> bool {
        let Some(alert) = self.alerts.get(&alert) else { return false };
        alert.broadcasts.iter().filter_map(|id| self.broadcast(*id)).all(|broadcast| {
            broadcast.legs.iter().all(|leg| {
                let accepted_is_final =
                    self.traits(leg.controller()).is_some_and(|traits| !traits.indications);
                let accepted = if accepted_is_final { leg.totals()[Phase::OffAccepted as usize] } else { 0 };
                leg.totals()[Phase::Off as usize] + accepted == leg.len()
            })
        })
    }

    /// Makes durable what is known of messages that have been sent and not answered, before their alert changes. Until
    /// then a start takes everything of the present edition for sent; afterwards it could not tell.
    pub(crate) fn record_sent(&mut self, now: Now, alert: AlertId, out: &mut Vec<Entry>) {
        let Some(alert) = self.alerts.get(&alert) else { return };
        for id in alert.broadcasts.clone() {
            let Some(broadcast) = self.broadcast(id) else { continue };
            let edition = broadcast.current();
            let sent: Vec<_> = broadcast.legs.iter().map(|leg| (leg.controller(), leg.sent())).collect();
            for (controller, cells) in sent.into_iter().filter(|(_, cells)| !cells.is_empty()) {
                let said = Said { broadcast: id, edition, verb: Verb::Write, outcome: Outcome::Sent };
                self.record_said(now, controller, said, cells, out);
            }
        }
    }

    /// What has been sent to some cells of a controller and not been answered.
    fn under_way(&self, controller: ControllerId, cells: &CellRuns) -> Vec<(Said, CellRuns)> {
        let (verb, outcome) = (Verb::Write, Outcome::Sent);
        let mut sent = Vec::new();
        for broadcast in self.open_alerts().flat_map(|alert| alert.broadcasts.iter().copied()) {
            let Some(known) = self.broadcast(broadcast) else { continue };
            let leg = known.leg(controller).into_iter();
            for (edition, cells) in leg.flat_map(|leg| leg.under_way(known.current(), cells)) {
                sent.push((Said { broadcast, edition, verb, outcome }, cells));
            }
        }
        sent
    }

    /// Asks for all that the alert needs now. `changed`: the wish is another one, so what was asked for the old one and
    /// has not left yet is withdrawn.
    pub(crate) fn drive_alert(&mut self, now: Now, alert: AlertId, changed: bool) {
        if changed {
            self.take_back_all(alert);
        }
        let Some(alert) = self.alerts.get(&alert) else { return };
        let is_on = alert.state.is_on();
        for id in alert.broadcasts.clone() {
            self.drive(now, id, None);
        }
        if changed && is_on {
            self.hurry_stops(now);
        }
    }

    /// Where there is no room on the air, what is leaving it and was not answered is asked to stop again at once.
    fn hurry_stops(&mut self, now: Now) {
        let ending: Vec<BroadcastId> = self
            .open_alerts()
            .filter(|alert| alert.state.is_ending())
            .flat_map(|alert| alert.broadcasts.clone())
            .collect();
        for controller in self.crowded.clone() {
            for id in &ending {
                let broadcast = self.broadcasts.get_mut(id.0 as usize);
                if let Some(leg) = broadcast.and_then(|broadcast| broadcast.leg_mut(controller)) {
                    leg.wake();
                    self.drive(now, *id, Some(controller));
                }
            }
        }
    }

    /// Takes back whatever an alert has asked for and nobody has seen, but for its kills.
    pub(crate) fn take_back_all(&mut self, alert: AlertId) {
        let Some(alert) = self.alerts.get(&alert) else { return };
        for id in alert.broadcasts.clone() {
            self.take_back(id);
            self.demands.push_back((self.last(), Demand::Withdraw(id)));
        }
    }

    /// Takes back what has not been polled of a broadcast, but for its kills: it was never asked.
    fn take_back(&mut self, id: BroadcastId) {
        let is_meant = |(_, demand): &(Seq, Demand)| matches!(demand, Demand::Order(order) if order.broadcast == id && order.priority != Priority::Kill);
        let (taken, kept): (VecDeque<_>, VecDeque<_>) = self.demands.drain(..).partition(is_meant);
        self.demands = kept;
        for (_, demand) in taken {
            let Demand::Order(order) = demand else { continue };
            self.orders.remove(&order.id);
            let broadcast = self.broadcasts.get_mut(id.0 as usize);
            if let Some(leg) = broadcast.and_then(|broadcast| broadcast.leg_mut(order.controller)) {
                leg.never_asked(order.id);
            }
        }
    }

    pub(crate) fn drive_controller(&mut self, now: Now, controller: ControllerId) {
        let open = self.open.clone();
        // Kills first: a peer that was down gets them before anything else.
        for ending in [true, false] {
            for id in &open {
                let Some(alert) = self.alerts.get(id).filter(|alert| alert.state.is_ending() == ending)
                else {
                    continue;
                };
                for id in alert.broadcasts.clone() {
                    self.drive(now, id, Some(controller));
                }
            }
        }
    }

    /// Asks for what a broadcast needs now, at one controller or at all that are up.
    fn drive(&mut self, now: Now, id: BroadcastId, only: Option<ControllerId>) {
        let Some(broadcast) = self.broadcasts.get(id.0 as usize) else { return };
        let current = broadcast.current();
        let (mut asked, mut crowded) = (Vec::new(), Vec::new());
        for leg in broadcast.legs_of(only) {
            let controller = leg.controller();
            let Some(traits) = self.traits_for(controller, id).filter(|_| self.up.contains(&controller))
            else {
                continue;
            };
            let Some(operator) = self.network.place(controller) else {
                continue;
            };
            let mut wanted = Vec::new();
            for (need, cells) in leg.needs(current, traits) {
                let parts = self.paced(controller, traits, id, need, cells.clone());
                if parts.iter().map(|(_, cells)| cells.len()).sum::<u32>() < cells.len() {
                    crowded.push(controller);
                    let roomy = parts.iter().fold(CellRuns::new(), |all, (_, cells)| all.union(cells));
                    for (old, cells) in leg.older_in(current, &cells.subtract(&roomy)) {
                        wanted.push((Need::Kill(old), Share::Full, cells));
                    }
                }
                wanted.extend(parts.into_iter().map(|(share, cells)| (need, share, cells)));
            }
            for (need, share, cells) in wanted {
                if let Some(action) = broadcast.action(need, operator.operator, controller, share, now) {
                    asked.push((controller, need, action, cells));
                }
            }
        }
        let (decided, rank) = (broadcast.decided, broadcast.priority);
        self.crowded.extend(crowded);
        for (controller, need, action, cells) in asked {
            if let Need::Kill(edition) = need {
                self.stopped_alone(controller, (id, edition));
            }
            let order = self.new_order();
            let priority = match need {
                Need::Kill(_) => Priority::Kill,
                Need::Audit => Priority::Test,
                Need::Write(_) | Need::Query => rank,
            };
            if let Some(leg) = self.broadcasts.get_mut(id.0 as usize).and_then(|b| b.leg_mut(controller)) {
                leg.asked(order, need, current, cells.clone());
            }
            self.orders.insert(order, (id, controller));
            let order = Order { id: order, controller, broadcast: id, priority, action, cells };
            self.demands.push_back((decided, Demand::Order(order)));
        }
        let broadcast = self.broadcasts.get(id.0 as usize);
        let legs = broadcast.map_or(&[][..], |broadcast| broadcast.legs_of(only));
        if let Some(wake_ms) = legs.iter().filter_map(Leg::next_wakeup).min() {
            self.wake_at(wake_ms);
        }
    }

    /// What is counted when everything is stopped at once is of no message (TS 36.413 §8.12.2.2).
    fn counted(
        &mut self,
        now: Now,
        controller: ControllerId,
        id: BroadcastId,
        serial: SerialNumber,
        counts: Vec<(Range<u32>, u16)>,
        out: &mut Vec<Entry>,
    ) {
        let Some(operator) = self.network.place(controller).map(|place| place.operator) else { return };
        let Some(broadcast) = self.broadcasts.get(id.0 as usize) else { return };
        let edition = broadcast.edition(operator, controller, serial);
        if edition.is_some_and(|edition| !self.is_silenced(controller, (id, edition))) {
            self.record(now, Record::Counted { controller, broadcast: id, counts }, out);
        }
    }

    fn cells_reported(&mut self, now: Now, report: CellReport, out: &mut Vec<Entry>) {
        let CellReport { controller, broadcast: id, serial, verb, outcome, .. } = report;
        let Some(operator) = self.network.place(controller) else {
            return;
        };
        let operator = operator.operator;
        let Some(broadcast) = self.broadcasts.get_mut(id.0 as usize) else { return };
        let Some(edition) = broadcast.edition(operator, controller, serial) else { return };
        let meant = match verb {
            Verb::Kill => self.silenced_with(controller, (id, edition)),
            Verb::Write | Verb::Query => vec![(id, edition)],
        };
        for (id, edition) in meant {
            let Some(traits) = self.traits_for(controller, id) else { continue };
            let Some(broadcast) = self.broadcasts.get_mut(id.0 as usize) else { continue };
            let (alert, current) = (broadcast.alert, broadcast.current());
            let is_unwanted = verb != Verb::Kill && (!broadcast.wanted || edition != current);
            let Some(leg) = broadcast.leg_mut(controller) else { continue };
            if matches!(outcome, Outcome::Sent | Outcome::Withdrawn) {
                // Volatile: see `record_sent`.
                leg.hear(now.wall_ms, current, traits, edition, &report);
                continue;
            }
            let killed = leg.believes(edition, &report.cells);
            // One of a pool that knows nothing of a message says nothing about the others.
            let is_gone = match outcome {
                Outcome::Confirmed => true,
                Outcome::Refused(Cause::ReferenceUnknown) => traits.in_place,
                _ => false,
            };
            let doubted = if verb == Verb::Kill && is_gone && edition == current {
                leg.on(&report.cells).subtract(&killed)
            } else {
                CellRuns::new()
            };
            let cells = match outcome {
                _ if verb == Verb::Kill => killed.union(&doubted),
                Outcome::Confirmed if verb == Verb::Query && edition == current => {
                    report.cells.subtract(&killed).subtract(&leg.known_on(current, &report.cells))
                }
                // Where a kill has been asked for since, it is no news.
                Outcome::Accepted | Outcome::Confirmed => report.cells.subtract(&killed),
                _ => report.cells.clone(),
            };
            let is_good = verb != Verb::Kill && matches!(outcome, Outcome::Accepted | Outcome::Confirmed);
            let unasked =
                if is_good && edition == current { leg.unasked(current, &cells) } else { CellRuns::new() };
            if !unasked.is_empty() {
                // It may be on, then, and has to be written all the same.
                let said = Said { broadcast: id, edition, verb: Verb::Write, outcome: Outcome::Sent };
                self.record_said(now, controller, said, unasked.clone(), out);
            }
            let cells = cells.subtract(&unasked);
            if cells.is_empty() {
                continue;
            }
            let heard = cells.clone();
            self.record_said(now, controller, Said { broadcast: id, edition, verb, outcome }, cells, out);
            match outcome {
                Outcome::Refused(Cause::ReferenceUsed) => {
                    self.rename_where_outnamed(now, id, controller, out);
                }
                Outcome::Refused(Cause::CapacityExceeded) if verb == Verb::Write => {
                    self.learn_room(now, controller, id, &heard, out);
                }
                _ => {}
            }
            if self.overwrites(controller, id, verb, outcome)
                || self.leaves_room(controller, id, verb, outcome)
            {
                self.drive_controller(now, controller);
            }
            if is_unwanted || !doubted.is_empty() {
                // What came on the air although it is wanted no longer has to be killed, if no order for that is under way,
                // and what may have left it is asked about.
                self.drive(now, id, Some(controller));
            }
            self.close_if_settled(now, alert, out);
        }
    }

    /// Another CBC has a message of this name on the air at a controller, where nothing of ours is: it gets a fresh code
    /// there, the same at each such controller of an operator. Where none is free the refusal stands.
    fn rename_where_outnamed(
        &mut self,
        now: Now,
        id: BroadcastId,
        controller: ControllerId,
        out: &mut Vec<Entry>,
    ) {
        let Some(operator) = self.network.place(controller).map(|place| place.operator) else { return };
        let Some(broadcast) = self.broadcasts.get_mut(id.0 as usize) else { return };
        let edition = broadcast.current();
        if !broadcast.leg_mut(controller).is_some_and(|leg| leg.is_outnamed(edition)) {
            return;
        }
        let Some(text) = broadcast.editions.last() else { return };
        let Some((message_id, refused)) = text.name_at(operator, controller) else { return };
        let of_operator = |controller: ControllerId| {
            self.network.place(controller).is_some_and(|place| place.operator == operator)
        };
        let elsewhere =
            text.renamed().iter().find(|(other, serial)| of_operator(*other) && *serial != refused);
        let serial = match elsewhere {
            Some((_, serial)) => *serial,
            None => match self.serials.free(operator, message_id, now.wall_ms) {
                Ok(serial) => serial,
                Err(_) => return,
            },
        };
        self.record(now, Record::Renamed { controller, broadcast: id, edition, serial }, out);
        self.drive(now, id, Some(controller));
    }

    fn release_waits(&mut self, now: Now, alert: AlertId) {
        let Some(alert) = self.alerts.get(&alert) else { return };
        for id in alert.broadcasts.clone() {
            let Some(broadcast) = self.broadcasts.get_mut(id.0 as usize) else { continue };
            let mut released = false;
            for leg in &mut broadcast.legs {
                released |= leg.release(now.monotonic_ms);
            }
            let wake_ms = broadcast.legs.iter().filter_map(Leg::next_wakeup).min();
            if released || broadcast.legs.iter().any(Leg::is_waiting) {
                self.drive(now, id, None);
            } else if let Some(wake_ms) = wake_ms {
                self.wake_at(wake_ms);
            }
        }
    }

    /// Closes an alert that is ending once nothing of it is on the air, or can be.
    pub(crate) fn close_if_settled(&mut self, now: Now, id: AlertId, out: &mut Vec<Entry>) {
        let Some(alert) = self.alerts.get(&id).filter(|alert| alert.state.is_ending()) else { return };
        let over_ms = alert.last_broadcast_ms.saturating_add(CLOSE_SLACK_MS);
        let settled = self.is_settled(id);
        if settled || now.wall_ms >= over_ms {
            let reason = if settled {
                "every cell is off".to_owned()
            } else {
                "the last possible broadcast is over; some cells never answered".to_owned()
            };
            let (step, reason) = (StepVerb::Close, Some(reason));
            self.record(now, Record::Stepped { alert: id, step, by: None, reason, key: None }, out);
            self.drive_alert(now, id, true);
        } else if over_ms < i64::MAX {
            self.wake_at(now.look_for(over_ms));
        }
    }
}
