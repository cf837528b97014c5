//! Commands: the two-person rule, the states in which each may be given, and what is recorded when one is.

use policy::{Channel, Plan, Profile};

use crate::alert::{Alert, AlertId, Personal, Private, State, Version};
use crate::cells::Edition;
use crate::command::{Actor, Change, Command, Wording};
use crate::engine::Engine;
use crate::error::Refusal;
use crate::now::Now;
use crate::order::BroadcastId;
use crate::record::{Allocation, Entry, Record, StepVerb, Terms};

impl Engine {
    /// Does what a person asks, or says why not and changes nothing. The same key does the same thing once; a repeat
    /// is answered with the same alert. The answer may be given once the records are durable.
    pub fn command(
        &mut self,
        now: Now,
        actor: &Actor,
        key: Option<String>,
        command: Command,
        out: &mut Vec<Entry>,
    ) -> Result<AlertId, Refusal> {
        let verb = command.verb();
        permit(actor, &command)?;
        self.watch_clock(now, out);
        if let Some((done, alert)) = key.as_deref().and_then(|key| self.keys.done(key)) {
            let same = done == verb && command.alert().is_none_or(|named| named == alert);
            let key = key.unwrap_or_default();
            return if same { Ok(alert) } else { Err(Refusal::KeyReused { key, verb: done, alert }) };
        }
        match command {
            Command::Draft { channel, class, wording } => {
                let alert = self.new_alert()?;
                let version = self.version(now, actor, &class, 1, wording)?;
                self.record(now, Record::Drafted { alert, channel, class, version, key }, out);
                Ok(alert)
            }
            Command::Revise { alert: id, wording } => {
                let alert = self.in_state(id, verb, "draft or returned", |alert| {
                    matches!(alert.state, State::Draft | State::Returned)
                })?;
                let version = self.version(now, actor, &alert.class, 1, wording)?;
                self.record(now, Record::Revised { alert: id, version, key }, out);
                Ok(id)
            }
            Command::Submit { alert: id } => {
                let alert = self.in_state(id, verb, "draft", |alert| alert.state == State::Draft)?;
                if let Some(personal) = alert.shown().and_then(|version| version.private.open()) {
                    // An exercise or a test has no case to judge.
                    if alert.channel == Channel::Live {
                        self.profile(&alert.class)?.may_activate(&personal.case)?;
                    }
                }
                self.step(now, id, StepVerb::Submit, actor, None, key, out)
            }
            Command::Approve { alert: id, version } => self.approve(now, actor, id, version, key, out),
            Command::Return { alert: id, reason } => {
                self.waiting(id, verb)?;
                self.step(now, id, StepVerb::Return, actor, Some(reason), key, out)
            }
            Command::Reject { alert: id, reason } => {
                self.waiting(id, verb)?;
                self.step(now, id, StepVerb::Reject, actor, Some(reason), key, out)
            }
            Command::Update { alert: id, change } => self.update(now, actor, id, change, key, out),
            Command::Cancel { alert: id, reason } => {
                let cancellable = |alert: &Alert| !alert.state.is_over() && !alert.state.is_ending();
                self.in_state(id, verb, "neither cancelled, expired, rejected nor closed", cancellable)?;
                self.record_sent(now, id, out);
                self.step(now, id, StepVerb::Cancel, actor, Some(reason), key, out)?;
                self.drive_alert(now, id, true);
                self.ration(now, out);
                self.close_if_settled(now, id, out);
                Ok(id)
            }
            Command::StopAll { reason } => self.stop_all(now, actor, &reason, key, out),
        }
    }

    /// Cancels every alert that is on; answered with the first of them.
    fn stop_all(
        &mut self,
        now: Now,
        actor: &Actor,
        reason: &str,
        key: Option<String>,
        out: &mut Vec<Entry>,
    ) -> Result<AlertId, Refusal> {
        let on = self.open_alerts().filter(|alert| alert.state.is_on());
        let on: Vec<AlertId> = on.map(|alert| alert.id).collect();
        let first = *on.first().ok_or(Refusal::NothingOn)?;
        for id in &on {
            self.record_sent(now, *id, out);
            let key = key.clone().filter(|_| *id == first);
            self.step(now, *id, StepVerb::StopAll, actor, Some(reason.to_owned()), key, out)?;
        }
        self.drive_to_silence(now, &on);
        self.ration(now, out);
        on.iter().for_each(|id| self.close_if_settled(now, *id, out));
        Ok(first)
    }

    /// What these words would become, for the author to see before anything is written.
    pub fn preview(
        &self,
        now: Now,
        actor: &Actor,
        class: &str,
        wording: Wording,
    ) -> Result<(Plan, Version), Refusal> {
        let plan = self.profile(class)?.plan(&wording.texts, &wording.scripts)?;
        Ok((plan, self.version(now, actor, class, 1, wording)?))
    }

    fn approve(
        &mut self,
        now: Now,
        actor: &Actor,
        id: AlertId,
        looked_at: Option<u16>,
        key: Option<String>,
        out: &mut Vec<Entry>,
    ) -> Result<AlertId, Refusal> {
        let alert = self.waiting(id, "approve")?;
        let Some(version) = alert.waiting() else { return Err(Refusal::UnknownAlert { alert: id }) };
        if version.author == actor.name {
            let by = actor.name.clone();
            return Err(Refusal::ApproverIsAuthor { alert: id, version: version.number, by });
        }
        if let Some(found) = looked_at.filter(|looked_at| *looked_at != version.number) {
            return Err(Refusal::VersionMismatch { alert: id, expected: version.number, found });
        }
        let expires_ms = now.wall_ms.saturating_add(i64::from(version.duration_s) * 1000);
        let (number, by) = (version.number, actor.name.clone());
        let broadcasts = self.allocate(now, alert, version, expires_ms)?;
        let terms = Some(Terms::of(self.profile(&alert.class)?, alert.channel, version));
        let record = Record::Approved { alert: id, version: number, by, expires_ms, terms, broadcasts, key };
        self.record_sent(now, id, out);
        self.record(now, record, out);
        self.wake_at(now.look_for(expires_ms));
        self.ration(now, out);
        self.drive_alert(now, id, true);
        Ok(id)
    }

    fn update(
        &mut self,
        now: Now,
        actor: &Actor,
        id: AlertId,
        change: Change,
        key: Option<String>,
        out: &mut Vec<Entry>,
    ) -> Result<AlertId, Refusal> {
        let alert = self.in_state(id, "update", "approved or active", |alert| alert.state.is_on())?;
        let replaces_waiting = alert.waiting().is_some();
        let Some(shown) = alert.shown() else { return Err(Refusal::UnknownAlert { alert: id }) };
        let Change { texts, scripts, target, duration_s, period_s, picture, origin } = change;
        let says =
            [texts.is_some(), target.is_some(), duration_s.is_some(), period_s.is_some(), picture.is_some()];
        if !says.contains(&true) {
            return Err(Refusal::UpdateChangesNothing { alert: id });
        }
        let personal = shown.private.open().cloned().unwrap_or_default();
        let left_s = (alert.expires_ms - now.wall_ms).max(0) / 1000;
        let wording = Wording {
            texts: texts.unwrap_or(personal.texts),
            scripts,
            target: target.unwrap_or_else(|| shown.target.clone()),
            duration_s: duration_s.or_else(|| u32::try_from(left_s).ok()),
            case: personal.case,
            picture: picture.unwrap_or(personal.picture),
            origin,
        };
        let number = shown.number + 1;
        let period_s = period_s.or(shown.period_s);
        let version = Version { period_s, ..self.version(now, actor, &alert.class, number, wording)? };
        let is_wrong =
            |period_s: &u32| cbs::RepetitionPeriod::from_ms(period_s.saturating_mul(1000)).is_err();
        if let Some(found_s) = version.period_s.filter(is_wrong) {
            return Err(Refusal::WrongPeriod { found_s });
        }
        let record = if replaces_waiting {
            Record::Revised { alert: id, version, key }
        } else {
            Record::Proposed { alert: id, version, key }
        };
        self.record(now, record, out);
        Ok(id)
    }

    /// Names for each broadcast of a version: the present edition where the text is the same, else the next.
    fn allocate(
        &self,
        now: Now,
        alert: &Alert,
        version: &Version,
        expires_ms: i64,
    ) -> Result<Vec<Allocation>, Refusal> {
        let profile = self.profile(&alert.class)?;
        let old = alert.current.and_then(|at| alert.versions.get(at));
        let new_period =
            old.is_some_and(|old| version.period_s.is_some_and(|period_s| old.period_s != Some(period_s)));
        let mut serials = self.serials.clone();
        let mut allocations = Vec::with_capacity(version.planned.len());
        let mut next = self.broadcasts.len();
        for (planned, message) in version.planned.iter().enumerate() {
            let known = alert
                .broadcasts
                .iter()
                .find(|id| self.broadcast(**id).is_some_and(|broadcast| broadcast.role == message.role));
            let broadcast = known.and_then(|id| self.broadcast(*id));
            if let (Some(id), Some(broadcast)) = (known, broadcast) {
                let body = |version: &Version, role| {
                    let at = version.planned.iter().position(|planned| planned.role == role)?;
                    Some((version.planned[at].dcs, version.private.open()?.bodies.get(at)?.clone()))
                };
                let same = old.and_then(|old| body(old, message.role)) == body(version, message.role);
                if same && let Some(text) = broadcast.editions.last() {
                    allocations.push(Allocation {
                        broadcast: *id,
                        planned: Some(planned),
                        edition: broadcast.current(),
                        renew: expires_ms > broadcast.until_ms || new_period,
                        names: text.names().to_vec(),
                    });
                    continue;
                }
            }
            let edition = Edition(broadcast.map_or(0, |broadcast| broadcast.current().0 + 1));
            let collides = |broadcast: &crate::broadcast::Broadcast| {
                broadcast.legs.iter().any(|leg| leg.spans().any(|(_, status)| status.may_hold(edition)))
            };
            if broadcast.is_some_and(collides) {
                return Err(Refusal::TooManyEditions { alert: alert.id, limit: Edition::WINDOW });
            }
            let mut names = Vec::new();
            for (operator_id, operator) in (0..).map(area::OperatorId).zip(&self.network.operators) {
                let Some(id) = profile.message_id_of(message.role, alert.channel, operator) else {
                    continue;
                };
                let present = broadcast.and_then(|broadcast| broadcast.editions.last()?.name(operator_id));
                let next =
                    present.and_then(|(_, serial)| serials.next_update(operator_id, serial, now.wall_ms));
                let serial = match next {
                    Some(serial) => serial,
                    None => serials.free(operator_id, id, now.wall_ms)?,
                };
                serials.take(operator_id, id, serial);
                names.push((operator_id, id, serial));
            }
            let id = known.copied().unwrap_or_else(|| {
                next += 1;
                BroadcastId(u32::try_from(next - 1).unwrap_or(u32::MAX))
            });
            allocations.push(Allocation {
                broadcast: id,
                planned: Some(planned),
                edition,
                renew: false,
                names,
            });
        }
        for id in &alert.broadcasts {
            let Some(broadcast) = self.broadcast(*id) else { continue };
            if !version.planned.iter().any(|planned| planned.role == broadcast.role) {
                let (edition, names) = (broadcast.current(), Vec::new());
                allocations.push(Allocation { broadcast: *id, planned: None, edition, renew: false, names });
            }
        }
        Ok(allocations)
    }

    fn version(
        &self,
        now: Now,
        actor: &Actor,
        class: &str,
        number: u16,
        wording: Wording,
    ) -> Result<Version, Refusal> {
        let profile = self.profile(class)?;
        let plan = profile.plan(&wording.texts, &wording.scripts)?;
        if let Some(picture) = &wording.picture {
            profile.may_show(picture)?;
        }
        let duration_s = wording.duration_s.unwrap_or(profile.duration_default_s);
        let range = Profile::DURATION_MIN_S..=profile.duration_max_s;
        if !range.contains(&duration_s) {
            let (min_s, max_s) = (i64::from(*range.start()), i64::from(*range.end()));
            return Err(Refusal::WrongExpiry { min_s, max_s, found_s: i64::from(duration_s) });
        }
        let resolved = wording.target.resolve(&self.setup.atlas, &self.setup.inventory)?;
        let all = self.setup.coverage.cells_in(&resolved, area::Mode::Footprint);
        let (cells, unserved) = self.served(&all);
        if cells.is_empty() {
            return Err(Refusal::AreaEmpty { unserved: unserved.len() });
        }
        let Wording { case, picture, .. } = wording;
        let personal = Personal { texts: plan.texts, bodies: plan.bodies, case, picture };
        Ok(Version {
            number,
            author: actor.name.clone(),
            written_ms: now.wall_ms,
            private: Private::Open(personal),
            planned: plan.planned,
            target: wording.target,
            cells,
            unserved,
            duration_s,
            period_s: None,
            approved: None,
            confirmed_ms: None,
            origin: wording.origin,
        })
    }

    pub(crate) fn profile(&self, class: &str) -> Result<&Profile, Refusal> {
        self.setup.profiles.iter().find(|profile| profile.name == class).ok_or_else(|| {
            let names: Vec<&str> = self.setup.profiles.iter().map(|profile| profile.name.as_str()).collect();
            Refusal::UnknownClass { found: class.to_owned(), expected: names.join(", ") }
        })
    }

    fn new_alert(&self) -> Result<AlertId, Refusal> {
        let limit = self.setup.alerts_max;
        if self.open.len() >= limit {
            return Err(Refusal::TooManyAlerts { limit });
        }
        Ok(AlertId(self.alerts.last_key_value().map_or(1, |(last, _)| last.0 + 1)))
    }

    fn waiting(&self, id: AlertId, verb: &'static str) -> Result<&Alert, Refusal> {
        self.in_state(id, verb, "submitted, or active with an update that waits", |alert| {
            alert.waiting().is_some()
        })
    }

    fn in_state(
        &self,
        id: AlertId,
        verb: &'static str,
        expected: &'static str,
        fits: impl Fn(&Alert) -> bool,
    ) -> Result<&Alert, Refusal> {
        let alert = self.alerts.get(&id).ok_or(Refusal::UnknownAlert { alert: id })?;
        if fits(alert) {
            Ok(alert)
        } else {
            Err(Refusal::WrongState { alert: id, verb, expected, found: alert.state })
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one record")]
    fn step(
        &mut self,
        now: Now,
        alert: AlertId,
        step: StepVerb,
        actor: &Actor,
        reason: Option<String>,
        key: Option<String>,
        out: &mut Vec<Entry>,
    ) -> Result<AlertId, Refusal> {
        let by = Some(actor.name.clone());
        self.record(now, Record::Stepped { alert, step, by, reason, key }, out);
        Ok(alert)
    }
}

impl Command {
    const fn alert(&self) -> Option<AlertId> {
        match self {
            Self::Draft { .. } | Self::StopAll { .. } => None,
            Self::Revise { alert, .. }
            | Self::Submit { alert }
            | Self::Approve { alert, .. }
            | Self::Return { alert, .. }
            | Self::Reject { alert, .. }
            | Self::Update { alert, .. }
            | Self::Cancel { alert, .. } => Some(*alert),
        }
    }
}

/// Authors write, approvers decide, and either may cancel. uid 0 may only cancel.
fn permit(actor: &Actor, command: &Command) -> Result<(), Refusal> {
    let (allowed, expected) = match command {
        Command::Draft { .. } | Command::Revise { .. } | Command::Submit { .. } | Command::Update { .. } => {
            (actor.roles.author, "author")
        }
        Command::Approve { .. } | Command::Return { .. } | Command::Reject { .. } => {
            (actor.roles.approver, "approver")
        }
        Command::Cancel { .. } | Command::StopAll { .. } => {
            (actor.roles.author || actor.roles.approver, "author or approver")
        }
    };
    let (by, verb) = (actor.name.clone(), command.verb());
    if !allowed {
        return Err(Refusal::NotPermitted { by, verb, expected, found: actor.roles.words() });
    }
    if actor.root && !matches!(command, Command::Cancel { .. } | Command::StopAll { .. }) {
        return Err(Refusal::Root { by, verb });
    }
    Ok(())
}
