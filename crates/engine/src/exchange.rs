//! Alerts and CAP messages: what a message of others asks for, and what messages an alert of ours has been.

use std::collections::BTreeSet;

use policy::{Act, Body, Bulletin, Case, Imported, MessageName, Profile};
use serde::{Deserialize, Serialize};

use crate::alert::{Alert, AlertId, Origin, State, Version};
use crate::command::{Actor, Change, Command, Wording};
use crate::engine::Engine;
use crate::error::Refusal;
use crate::now::Now;
use crate::record::{Entry, StepVerb};

/// A CAP message that a person brings.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Import {
    /// What it asks for.
    pub message: Imported,
    /// Whose certificate signed it, where one was verified.
    pub signed_by: Option<String>,
    /// The case that the person adds: CAP says nothing of it.
    pub case: Option<Case>,
    /// The sender of our own messages, so that others may refer to them.
    pub own_sender: Option<String>,
}

/// An alert as the public may know it.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    /// The alert.
    pub alert: AlertId,
    /// Its class.
    pub class: String,
    /// Its messages, oldest first. Once it was cancelled none of them says anything any more.
    pub bulletins: Vec<Bulletin>,
}

impl Engine {
    /// What the public may know: the alerts that are wanted on the air, and those that were cancelled after `since_ms` of
    /// the wall clock.
    pub fn notices(&self, sender: &str, since_ms: i64) -> Vec<Notice> {
        let notice = |alert: &Alert| {
            let mut bulletins = self.bulletins(alert.id, sender);
            if !alert.state.is_on() {
                bulletins.iter_mut().for_each(|bulletin| bulletin.body = None);
            }
            let cancelled = bulletins
                .last()
                .is_some_and(|last| last.act == Act::Cancel && last.name.sent_s > since_ms.div_euclid(1000));
            let public = alert.state.is_on() || cancelled;
            public.then(|| Notice { alert: alert.id, class: alert.class.clone(), bulletins })
        };
        self.alerts().filter_map(notice).collect()
    }

    /// Does what a message asks, as if the person had typed it: an alert becomes a draft, an update a proposal (or a new
    /// draft, while there is nothing but a draft), a cancel a cancel. The same message does it once, and is answered with
    /// the same alert again.
    pub fn import(
        &mut self,
        now: Now,
        actor: &Actor,
        import: Import,
        out: &mut Vec<Entry>,
    ) -> Result<AlertId, Refusal> {
        if !(actor.roles.author || actor.roles.approver) {
            let (by, found) = (actor.name.clone(), actor.roles.words());
            return Err(Refusal::NotPermitted { by, verb: "import", expected: "author or approver", found });
        }
        let key = format!("cap:{}", import.message.name);
        if let Some((_, alert)) = self.keys.done(&key) {
            return Ok(alert);
        }
        let command = self.command_of(now, import)?;
        self.command(now, actor, Some(key), command, out)
    }

    /// The messages of an alert, oldest first: one for each approved version, and one for its cancel. They are the same
    /// whenever they are asked for, but that a version whose texts are erased has no body any more.
    pub fn bulletins(&self, id: AlertId, sender: &str) -> Vec<Bulletin> {
        let Some(alert) = self.alert(id) else { return Vec::new() };
        let mut earlier = Vec::new();
        let mut bulletins = Vec::new();
        for (act, name, version) in messages(alert, sender) {
            let body = version.and_then(|version| {
                let (_, approved_ms) = version.approved.as_ref()?;
                let personal = version.private.open()?;
                Some(Body {
                    texts: personal.texts.clone(),
                    target: version.target.clone(),
                    picture: personal.picture.clone(),
                    expires_s: approved_ms.div_euclid(1000) + i64::from(version.duration_s),
                })
            });
            let (channel, incident) = (alert.channel, id.to_string());
            bulletins.push(Bulletin {
                name: name.clone(),
                act,
                channel,
                earlier: earlier.clone(),
                incident,
                body,
            });
            earlier.push(name);
        }
        bulletins
    }

    fn command_of(&self, now: Now, import: Import) -> Result<Command, Refusal> {
        let Import { message, signed_by, case, own_sender } = import;
        let Imported { name, act, channel, earlier, class, texts, target, picture, expires_s, note } =
            message;
        let named =
            (act != Act::Alert).then(|| self.referred_to(&earlier, own_sender.as_deref())).transpose()?;
        if let Some(alert) = named {
            let other = |what, expected: &dyn ToString, found: &dyn ToString| {
                let (expected, found) = (expected.to_string(), found.to_string());
                Err(Refusal::OtherKind { alert: alert.id, what, expected, found })
            };
            if alert.channel != channel {
                return other("channel", &alert.channel, &channel);
            }
            if let Some(class) = class.as_ref().filter(|class| **class != alert.class) {
                return other("class", &alert.class, class);
            }
        }
        if let (Act::Cancel, Some(alert)) = (act, named) {
            let reason = note.unwrap_or_else(|| format!("CAP {name}"));
            return Ok(Command::Cancel { alert: alert.id, reason });
        }
        let class = class.unwrap_or_default();
        let duration_s = self.time_left(now, &class, expires_s)?;
        let profile = self.profile(&class)?;
        let picture = picture.filter(|picture| profile.may_show(picture).is_ok());
        let origin = Some(Origin { message: name, signed_by });
        let wording = Wording { texts, target, duration_s, picture, origin, ..Wording::default() };
        Ok(match named {
            None => {
                let case = case.unwrap_or_default();
                Command::Draft { channel, class, wording: Wording { case, ..wording } }
            }
            Some(alert) if matches!(alert.state, State::Draft | State::Returned) => {
                let known = || Some(alert.shown()?.private.open()?.case.clone());
                let case = case.or_else(known).unwrap_or_default();
                Command::Revise { alert: alert.id, wording: Wording { case, ..wording } }
            }
            Some(alert) => {
                let Wording { texts, target, duration_s, picture, origin, .. } = wording;
                let (texts, target, picture) = (Some(texts), Some(target), Some(picture));
                let change = Change { texts, target, duration_s, picture, origin, ..Change::default() };
                Command::Update { alert: alert.id, change }
            }
        })
    }

    /// The one alert that these messages are of.
    fn referred_to(&self, names: &[MessageName], own_sender: Option<&str>) -> Result<&Alert, Refusal> {
        let is_named = |alert: &Alert| {
            let mut origins = alert.versions.iter().filter_map(|version| version.origin.as_ref());
            let own = || own_sender.into_iter().flat_map(|sender| messages(alert, sender));
            origins.any(|origin| names.contains(&origin.message))
                || own().any(|(_, name, _)| names.contains(&name))
        };
        let found: BTreeSet<AlertId> =
            self.alerts().filter(|alert| is_named(alert)).map(|alert| alert.id).collect();
        let mut alerts = found.iter().filter_map(|id| self.alert(*id));
        match (alerts.next(), alerts.next()) {
            (Some(alert), None) => Ok(alert),
            (Some(_), Some(_)) => {
                Err(Refusal::AmbiguousReference { candidates: found.into_iter().collect() })
            }
            (None, _) => {
                let names: Vec<String> = names.iter().take(3).map(MessageName::to_string).collect();
                Err(Refusal::UnknownReference {
                    found: if names.is_empty() { "none".into() } else { names.join(" ") },
                })
            }
        }
    }

    /// How long an alert that ends then lives from now on, in seconds, within what its policy allows at most.
    fn time_left(&self, now: Now, class: &str, expires_s: Option<i64>) -> Result<Option<u32>, Refusal> {
        let Some(expires_s) = expires_s else { return Ok(None) };
        let found_s = expires_s - now.wall_ms.div_euclid(1000);
        let (min_s, max_s) =
            (i64::from(Profile::DURATION_MIN_S), i64::from(self.profile(class)?.duration_max_s));
        if found_s < min_s {
            return Err(Refusal::WrongExpiry { min_s, max_s, found_s });
        }
        Ok(u32::try_from(found_s.min(max_s)).ok())
    }
}

/// What the messages of an alert do and are called, oldest first; a cancel is of no version.
fn messages<'a>(
    alert: &'a Alert,
    sender: &'a str,
) -> impl Iterator<Item = (Act, MessageName, Option<&'a Version>)> {
    let name = move |which: &str, wall_ms: i64| MessageName {
        sender: sender.to_owned(),
        identifier: format!("{}.{which}", alert.id),
        sent_s: wall_ms.div_euclid(1000),
    };
    let on_air = alert.current.map_or(0, |current| current + 1);
    let versions = alert.versions.iter().take(on_air).filter_map(move |version| {
        let (_, wall_ms) = version.approved.as_ref()?;
        let act = if version.number == 1 { Act::Alert } else { Act::Update };
        Some((act, name(&version.number.to_string(), *wall_ms), Some(version)))
    });
    let ends = [StepVerb::Cancel.word(), StepVerb::StopAll.word()];
    let cancels = alert.history.iter().filter(move |step| ends.contains(&step.verb.as_str()) && on_air > 0);
    versions.chain(cancels.map(move |step| (Act::Cancel, name("cancel", step.wall_ms), None)))
}
