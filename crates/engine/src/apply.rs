//! What each record does to the state. Nothing here decides: the same records give the same state.

use area::{CellRuns, ControllerId};

use crate::airtime::{Cadence, Lesser};
use crate::alert::{Alert, AlertId, State, Step, Version};
use crate::broadcast::{Broadcast, Text};
use crate::cells::{Edition, Phase};
use crate::engine::Engine;
use crate::leg::Leg;
use crate::network::{self, Move, Network};
use crate::now::Seq;
use crate::order::{Body, BroadcastId, Message, Verb};
use crate::record::{Allocation, Entry, Record, Said, StepVerb, Terms};
use crate::report::{Cause, CellReport, Outcome};

impl Engine {
    pub(crate) fn apply(&mut self, entry: &Entry) {
        let wall_ms = entry.wall_ms;
        match &entry.record {
            Record::Started => {
                self.up.clear();
                self.orders.clear();
                self.silenced.clear();
                let pooled = |place: &network::Place| place.traits.is_some_and(|traits| traits.pooled);
                let pools: Vec<ControllerId> =
                    self.network.places().filter(|(_, place)| pooled(place)).map(|(id, _)| id).collect();
                self.each_leg(|leg, current| {
                    leg.doubt(current, true);
                    if pools.contains(&leg.controller()) {
                        leg.suspect(current);
                    }
                });
            }
            Record::Network { network, moves } => self.apply_network(network, moves),
            Record::PeerMet { peer } => self.met(peer),
            Record::Restored { codes } => {
                self.met.clear();
                for (operator, first, last) in codes {
                    self.serials.doubt(*operator, *first..=*last, wall_ms);
                }
            }
            Record::Snapshot { .. } => {}
            Record::ClockStepped { ms } => {
                self.serials.delay(*ms);
                // The count of broadcasts in the network knows no wall clock.
                for id in &self.open {
                    let Some(alert) = self.alerts.get_mut(id) else { continue };
                    alert.last_broadcast_ms = later(alert.last_broadcast_ms, *ms);
                }
                self.each_leg(|leg, _| leg.clock_stepped(*ms));
            }
            Record::Drafted { alert, channel, class, version, key } => {
                let step = step(wall_ms, "draft", Some(&version.author), None);
                let alert = Alert {
                    id: *alert,
                    channel: *channel,
                    class: class.clone(),
                    state: State::Draft,
                    versions: vec![version.clone()],
                    current: None,
                    expires_ms: i64::MAX,
                    last_broadcast_ms: i64::MIN,
                    broadcasts: Vec::new(),
                    history: vec![step],
                };
                self.keys.remember(key, "draft", alert.id);
                self.open.insert(alert.id);
                self.alerts.insert(alert.id, alert);
            }
            Record::Revised { alert: id, version, key } => {
                self.keys.remember(key, if version.number == 1 { "revise" } else { "update" }, *id);
                let Some(alert) = self.alerts.get_mut(id) else { return };
                alert.versions.pop();
                alert.versions.push(version.clone());
                if alert.state == State::Returned {
                    alert.state = State::Draft;
                }
                alert.history.push(step(wall_ms, "revise", Some(&version.author), None));
            }
            Record::Proposed { alert: id, version, key } => {
                self.keys.remember(key, "update", *id);
                let Some(alert) = self.alerts.get_mut(id) else { return };
                alert.versions.push(version.clone());
                alert.history.push(step(wall_ms, "update", Some(&version.author), None));
            }
            Record::Stepped { alert, step: verb, by, reason, key } => {
                self.keys.remember(key, verb.word(), *alert);
                self.apply_step(entry.seq, wall_ms, *alert, *verb, by.as_deref(), reason.as_deref());
                if self.alert(*alert).is_some_and(|alert| alert.state.is_over()) {
                    self.open.remove(alert);
                }
            }
            Record::Approved { alert, by, expires_ms, terms, broadcasts, key, .. } => {
                self.keys.remember(key, "approve", *alert);
                let Some(terms) = terms.or_else(|| self.terms_of_profile(*alert)) else { return };
                self.apply_approval(entry.seq, wall_ms, *alert, by, *expires_ms, terms, broadcasts);
            }
            Record::Reported { said, cells } => {
                for (controller, here) in self.network.apart(cells) {
                    self.apply_report(wall_ms, controller, *said, &here);
                }
            }
            Record::Counted { controller, broadcast, counts } => {
                let broadcast = self.broadcasts.get_mut(broadcast.0 as usize);
                if let Some(leg) = broadcast.and_then(|broadcast| broadcast.leg_mut(*controller)) {
                    leg.count(counts);
                }
            }
            Record::Renamed { controller, broadcast, edition, serial } => {
                self.apply_name(entry.seq, *controller, *broadcast, *edition, *serial);
            }
            Record::Renewed { controller, broadcast } => {
                let Some(broadcast) = self.broadcasts.get_mut(broadcast.0 as usize) else { return };
                let current = broadcast.current();
                if let Some(leg) = broadcast.leg_mut(*controller) {
                    leg.renew(current);
                }
            }
            Record::Rationed { controller, ration } => self.apply_ration(entry.seq, *controller, ration),
            Record::Controller { controller, up: true } => {
                self.up.insert(*controller);
                self.legs_at(*controller, |leg, _| leg.wake());
            }
            Record::Controller { controller, up: false } => {
                self.up.remove(controller);
                self.legs_at(*controller, |leg, current| leg.doubt(current, false));
            }
            Record::Restarted { controller, cells } => {
                let Some(traits) = self.traits(*controller) else { return };
                self.legs_at(*controller, |leg, _| leg.restart(cells, traits));
            }
            Record::Failed { controller, cells } => self.legs_at(*controller, |leg, _| leg.fail(cells)),
        }
    }

    fn apply_step(
        &mut self,
        seq: Seq,
        wall_ms: i64,
        id: AlertId,
        verb: StepVerb,
        by: Option<&str>,
        reason: Option<&str>,
    ) {
        let settled = self.is_settled(id);
        let Some(alert) = self.alerts.get_mut(&id) else { return };
        alert.history.push(step(wall_ms, verb.word(), by, reason));
        let on = alert.state.is_on();
        match verb {
            StepVerb::Submit => alert.state = State::Submitted,
            // Of a running alert only the waiting update is meant.
            StepVerb::Return | StepVerb::Reject if on => drop(alert.versions.pop()),
            StepVerb::Return => alert.state = State::Returned,
            StepVerb::Reject => alert.state = State::Rejected,
            StepVerb::Cancel | StepVerb::StopAll if !on => alert.state = State::Closed,
            StepVerb::Cancel | StepVerb::StopAll | StepVerb::Expire => {
                let expired = verb == StepVerb::Expire;
                alert.state = if expired { State::Expired } else { State::Cancelled };
                for id in alert.broadcasts.clone() {
                    let Some(broadcast) = self.broadcasts.get_mut(id.0 as usize) else { continue };
                    broadcast.wanted = false;
                    broadcast.decided = seq;
                    broadcast.legs.iter_mut().for_each(Leg::unwant);
                }
            }
            StepVerb::Close => {
                alert.state = State::Closed;
                let last_ms = if settled { wall_ms } else { alert.last_broadcast_ms };
                for id in alert.broadcasts.clone() {
                    let Some(broadcast) = self.broadcasts.get(id.0 as usize) else { continue };
                    let Some(text) = broadcast.editions.last() else { continue };
                    for (operator, message_id, serial) in self.network.names_of(text) {
                        self.serials.release(operator, message_id, serial, last_ms);
                    }
                }
            }
        }
    }

    /// What the profile of now says, for an approval that was recorded without its terms.
    fn terms_of_profile(&self, alert: AlertId) -> Option<Terms> {
        let alert = self.alerts.get(&alert)?;
        let profile = self.setup.profiles.iter().find(|profile| profile.name == alert.class)?;
        Some(Terms::of(profile, alert.channel, alert.versions.last()?))
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one record")]
    fn apply_approval(
        &mut self,
        seq: Seq,
        wall_ms: i64,
        id: AlertId,
        by: &str,
        expires_ms: i64,
        terms: Terms,
        allocations: &[Allocation],
    ) {
        // A count that was begun in time lasts a period longer at most, and the air may have made the period a longer one.
        let limited = self.network.places().filter_map(|(_, place)| place.traits);
        let slowest_ms = limited.map(|traits| traits.airtime).filter(|air| air.page_ms.is_some());
        let slowest_ms = slowest_ms.map(|air| air.slowest_ms).max().unwrap_or(0);
        let Some(alert) = self.alerts.get_mut(&id) else { return };
        let current = alert.versions.len() - 1;
        alert.current = Some(current);
        if !alert.state.is_on() {
            alert.state = State::Approved;
        }
        alert.expires_ms = expires_ms;
        let last_ms = if terms.until_stopped {
            i64::MAX
        } else {
            expires_ms.saturating_add((i64::from(terms.period_s) * 1000).max(slowest_ms.into()))
        };
        alert.last_broadcast_ms = alert.last_broadcast_ms.max(last_ms);
        alert.history.push(step(wall_ms, "approve", Some(by), None));
        let cadences = |version: &Version, planned: usize| {
            let pages = u32::try_from(version.planned[planned].pages).unwrap_or(u32::MAX);
            let cadence = Cadence { pages, period_ms: terms.period_s.saturating_mul(1000) };
            (cadence, cadence)
        };
        let version = &mut alert.versions[current];
        version.approved = Some((by.to_owned(), wall_ms));
        version.period_s = Some(terms.period_s);
        let version = version.clone();
        for allocation in allocations {
            let at = allocation.broadcast.0 as usize;
            if at == self.broadcasts.len() {
                self.broadcasts.push(Broadcast {
                    alert: id,
                    role: allocation
                        .planned
                        .map_or(policy::Role::Main, |planned| version.planned[planned].role),
                    priority: terms.priority,
                    editions: Vec::new(),
                    wanted: true,
                    until_ms: expires_ms,
                    until_stopped: terms.until_stopped,
                    decided: seq,
                    legs: Vec::new(),
                });
                if let Some(alert) = self.alerts.get_mut(&id) {
                    alert.broadcasts.push(allocation.broadcast);
                }
            }
            let Some(broadcast) = self.broadcasts.get_mut(at) else { continue };
            let changed = usize::from(allocation.edition.0) == broadcast.editions.len();
            if changed {
                let text = allocation.planned.map_or_else(Text::default, |planned| {
                    Text::new(allocation.names.clone(), cadences(&version, planned), |id, serial| {
                        message(&version, planned, id, serial)
                    })
                });
                let replaced = broadcast.editions.last().map(|text| self.network.names_of(text));
                let replaced = replaced.unwrap_or_default();
                for (operator, message_id, serial) in replaced {
                    self.serials.release(operator, message_id, serial, last_ms);
                }
                for (operator, message_id, serial) in text.names() {
                    self.serials.take(*operator, *message_id, *serial);
                }
                broadcast.editions.push(text);
            } else if let Some(planned) = allocation.planned
                && let Some(text) = broadcast.editions.pop()
            {
                let messages =
                    Text::new(allocation.names.clone(), cadences(&version, planned), |id, serial| {
                        message(&version, planned, id, serial)
                    });
                broadcast.editions.push(text.with_messages_of(messages));
            }
            broadcast.decided = seq;
            broadcast.until_ms = expires_ms;
            broadcast.wanted = allocation.planned.is_some();
            let wanted = if broadcast.wanted { &version.cells } else { &CellRuns::new() };
            for (controller, place) in self.network.places() {
                let cells = wanted.within(place.cells.0..place.cells.1);
                match broadcast.leg_at(controller) {
                    Ok(at) => broadcast.legs[at].want(&cells, changed, allocation.renew),
                    Err(_) if cells.is_empty() => {}
                    Err(at) => {
                        let mut leg = Leg::new(controller);
                        leg.want(&cells, changed, allocation.renew);
                        broadcast.legs.insert(at, leg);
                    }
                }
            }
        }
        for allocation in allocations {
            self.defer_again(allocation.broadcast);
        }
    }

    fn apply_network(&mut self, network: &Network, moves: &[Move]) {
        let map = network::map(moves);
        let operators = network.operators_of(&self.network);
        let controllers = network.controllers_of(&self.network);
        for broadcast in &mut self.broadcasts {
            broadcast.moved(&map, &operators, &controllers, network);
        }
        for version in self.alerts.values_mut().flat_map(|alert| &mut alert.versions) {
            version.cells = version.cells.remapped(&map);
            version.unserved = version.unserved.remapped(&map);
        }
        self.serials.rename(&operators);
        self.network = network.clone();
        let rations = std::mem::take(&mut self.rations).into_values();
        let lesser: Vec<Lesser> = rations.flat_map(|ration| ration.lesser).collect();
        for Lesser { broadcast, share, cells } in lesser {
            let cells = cells.remapped(&map);
            for (controller, place) in network.places() {
                let here = cells.within(place.cells.0..place.cells.1);
                let ration = self.rations.entry(controller).or_default();
                here.iter().for_each(|run| ration.give(broadcast, share, run));
            }
        }
        self.rations.retain(|_, ration| !ration.is_empty());
    }

    fn apply_name(
        &mut self,
        seq: Seq,
        controller: ControllerId,
        id: BroadcastId,
        edition: Edition,
        serial: cbs::SerialNumber,
    ) {
        let Some(place) = self.network.place(controller) else { return };
        let Some(broadcast) = self.broadcasts.get_mut(id.0 as usize) else { return };
        let Some(text) = broadcast.editions.get_mut(usize::from(edition.0)) else { return };
        if let Some((message_id, _)) = text.name(place.operator) {
            text.rename_at(controller, serial);
            self.serials.take(place.operator, message_id, serial);
        }
        broadcast.decided = seq;
        if let Some(leg) = broadcast.leg_mut(controller) {
            leg.begin_anew();
        }
    }

    /// What the network said of cells of one controller.
    pub(crate) fn apply_report(
        &mut self,
        wall_ms: i64,
        controller: ControllerId,
        said: Said,
        cells: &CellRuns,
    ) {
        let Said { broadcast: id, edition, verb, outcome } = said;
        let Some(traits) = self.traits_for(controller, id) else { return };
        let Some(broadcast) = self.broadcasts.get_mut(id.0 as usize) else { return };
        let (current, alert) = (broadcast.current(), broadcast.alert);
        let Some(serial) =
            broadcast.editions.get(usize::from(edition.0)).and_then(|text| text.names().first())
        else {
            return;
        };
        let report =
            CellReport { controller, broadcast: id, serial: serial.2, verb, outcome, cells: cells.clone() };
        let Some(leg) = broadcast.leg_mut(controller) else { return };
        let confirmed = leg.totals()[Phase::Confirmed as usize];
        leg.hear(wall_ms, current, traits, edition, &report);
        let more = leg.totals()[Phase::Confirmed as usize] > confirmed;
        if self.overwrites(controller, id, verb, outcome) {
            self.push_aside(controller, id, cells);
        }
        if self.leaves_room(controller, id, verb, outcome) {
            self.bring_back(controller, cells);
        }
        let Some(alert) = self.alerts.get_mut(&alert) else { return };
        if alert.state == State::Approved && !matches!(outcome, Outcome::Sent | Outcome::Unanswered) {
            alert.state = State::Active;
        }
        if let Some(version) = alert.current.and_then(|at| alert.versions.get_mut(at)).filter(|_| more) {
            let first = version.confirmed_ms.map_or(wall_ms, |(first, _)| first);
            version.confirmed_ms = Some((first, wall_ms));
        }
    }

    /// Whether this word is that a message took the place of whatever else was on the air in its cells: a message of ETWS
    /// where others stand beside each other (TS 36.413 §8.12.1.2).
    pub(crate) fn overwrites(
        &self,
        controller: ControllerId,
        id: BroadcastId,
        verb: Verb,
        outcome: Outcome,
    ) -> bool {
        (verb, outcome) == (Verb::Write, Outcome::Accepted) && self.has_the_air_alone(controller, id)
    }

    /// Whether this word is that a message of ETWS is gone, so that the air is free for another one.
    pub(crate) fn leaves_room(
        &self,
        controller: ControllerId,
        id: BroadcastId,
        verb: Verb,
        outcome: Outcome,
    ) -> bool {
        let is_gone = matches!(
            outcome,
            Outcome::Accepted | Outcome::Confirmed | Outcome::Refused(Cause::ReferenceUnknown)
        );
        verb == Verb::Kill && is_gone && self.has_the_air_alone(controller, id)
    }

    fn has_the_air_alone(&self, controller: ControllerId, id: BroadcastId) -> bool {
        self.broadcast(id).is_some_and(Broadcast::is_etws)
            && self.traits(controller).is_some_and(|traits| !traits.in_place)
    }

    /// What stood beside a message of ETWS is asked about again, and so comes back. Another message of ETWS does not: each
    /// of the two would push the other aside for ever. The later one has the air.
    fn push_aside(&mut self, controller: ControllerId, by: BroadcastId, cells: &CellRuns) {
        for alert in self.open.iter().filter_map(|id| self.alerts.get(id)) {
            for id in alert.broadcasts.iter().filter(|id| **id != by) {
                let Some(broadcast) = self.broadcasts.get_mut(id.0 as usize) else { continue };
                let (is_etws, current) = (broadcast.is_etws(), broadcast.current());
                match broadcast.leg_mut(controller) {
                    Some(leg) if is_etws => leg.push_aside(cells),
                    Some(leg) => leg.doubt_in(cells, current),
                    None => {}
                }
            }
        }
    }

    /// The messages of ETWS that were pushed aside where no other has the air.
    fn bring_back(&mut self, controller: ControllerId, cells: &CellRuns) {
        let mut free = cells.clone();
        self.each_broadcast(|broadcast| {
            if let Some(leg) = broadcast.leg(controller).filter(|_| broadcast.is_etws()) {
                free = free.subtract(&leg.holds_the_air());
            }
        });
        // Nothing else can be pushed aside.
        self.legs_at(controller, |leg, _| leg.come_back(&free));
    }

    /// Every broadcast of every alert that is not over.
    fn each_broadcast(&mut self, mut touch: impl FnMut(&mut Broadcast)) {
        for alert in self.open.iter().filter_map(|id| self.alerts.get(id)) {
            for id in &alert.broadcasts {
                if let Some(broadcast) = self.broadcasts.get_mut(id.0 as usize) {
                    touch(broadcast);
                }
            }
        }
    }

    /// Every leg of these, with its broadcast's current edition.
    fn each_leg(&mut self, mut touch: impl FnMut(&mut Leg, Edition)) {
        self.each_broadcast(|broadcast| {
            let current = broadcast.current();
            broadcast.legs.iter_mut().for_each(|leg| touch(leg, current));
        });
    }

    /// Those at a controller.
    fn legs_at(&mut self, controller: ControllerId, mut touch: impl FnMut(&mut Leg, Edition)) {
        self.each_broadcast(|broadcast| {
            let current = broadcast.current();
            if let Some(leg) = broadcast.leg_mut(controller) {
                touch(leg, current);
            }
        });
    }
}

/// A message of an approved version, while its text can be read.
pub(crate) fn message(
    version: &Version,
    planned: usize,
    message_id: cbs::MessageId,
    serial: cbs::SerialNumber,
) -> Option<Message> {
    let body = version.private.open()?.bodies.get(planned)?;
    let planned = &version.planned[planned];
    let body = if planned.is_primary() {
        Body::Primary(message_id.warning_type()?)
    } else {
        Body::Text { dcs: planned.dcs, pages: planned.content(body).ok()?.pages().clone() }
    };
    let period = cbs::RepetitionPeriod::from_ms(version.period_s?.saturating_mul(1000)).ok()?;
    Some(Message { message_id, serial, body, period })
}

/// A moment so much later; never and for ever stay what they are.
pub(crate) const fn later(at_ms: i64, by_ms: i64) -> i64 {
    if at_ms == i64::MIN || at_ms == i64::MAX { at_ms } else { at_ms.saturating_add(by_ms) }
}

fn step(wall_ms: i64, verb: &str, by: Option<&str>, reason: Option<&str>) -> Step {
    Step { wall_ms, verb: verb.into(), by: by.map(Into::into), reason: reason.map(Into::into) }
}
