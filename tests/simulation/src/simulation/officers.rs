//! The officers and their client: what they ask for, under which key, and when they ask again.

use std::collections::BTreeMap;

use area::{CellIndex, Circle, Target};
use engine::command::{Actor, Change, Command, Roles, Wording};
use engine::{AlertId, Refusal};
use policy::{Case, Channel, Fact, LanguageText};

use super::{Calm, Simulation};
use crate::land::Land;
use crate::plan::{Ask, AskVerb};

/// Everything that was asked for so far.
#[derive(Debug, Default)]
pub(super) struct Officers {
    requests: Vec<Request>,
    /// Which alert the draft of a number has become.
    alerts: BTreeMap<u64, AlertId>,
}

#[derive(Debug)]
struct Request {
    ask: Ask,
    /// An alert that is named, in place of the draft's number.
    alert: Option<AlertId>,
    state: Progress,
    tries: u32,
    answer: Option<AlertId>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Progress {
    /// It is asked at this time.
    Due(u64),
    /// It is asked, and the answer is on its way.
    Asked,
    Done,
}

/// How long a client waits before it asks again.
const AGAIN_MS: u64 = 3_000;
/// How often it does.
const TRIES_MAX: u32 = 400;
const NAMES: [&str; 3] = ["ana", "bora", "vera"];

impl Officers {
    pub(super) fn plan(&mut self, now_ms: u64, ask: Ask) {
        let state = Progress::Due(now_ms);
        self.requests.push(Request { ask, alert: None, state, tries: 0, answer: None });
    }

    /// Everything is cancelled.
    pub(super) fn take_back(&mut self, now_ms: u64, alerts: Vec<AlertId>) {
        for alert in alerts {
            let ask = Ask { officer: 0, alert: u64::MAX, verb: AskVerb::Cancel, twice: false };
            let state = Progress::Due(now_ms);
            self.requests.push(Request { ask, alert: Some(alert), state, tries: 0, answer: None });
        }
    }

    pub(super) fn next_wakeup(&self) -> Option<u64> {
        let due =
            |request: &Request| if let Progress::Due(at_ms) = request.state { Some(at_ms) } else { None };
        self.requests.iter().filter_map(due).min()
    }

    /// How many drafts were asked for.
    pub(super) fn drafts(&self) -> usize {
        self.requests.iter().filter(|request| matches!(request.ask.verb, AskVerb::Draft { .. })).count()
    }

    /// Nobody will answer what was asked: it is asked again, with the same key.
    pub(super) fn hang_up(&mut self, now_ms: u64) {
        let asked = self.requests.iter_mut().filter(|request| request.state == Progress::Asked);
        asked.for_each(|request| request.state = Progress::Due(now_ms + AGAIN_MS));
    }

    pub(super) fn again(&mut self, request: usize, now_ms: u64) {
        let request = &mut self.requests[request];
        request.tries += 1;
        request.state =
            if request.tries > TRIES_MAX { Progress::Done } else { Progress::Due(now_ms + AGAIN_MS) };
    }

    /// The answer is there. An error says what is wrong with it.
    pub(super) fn answered(
        &mut self,
        at: usize,
        answer: Result<AlertId, Refusal>,
        now_ms: u64,
    ) -> Result<(), String> {
        let request = &mut self.requests[at];
        request.state = Progress::Done;
        let Ok(alert) = answer else { return Ok(()) };
        if request.answer.is_some_and(|first| first != alert) {
            return Err(format!("request {at} was answered with {:?} and then with {alert}", request.answer));
        }
        if matches!(request.ask.verb, AskVerb::Draft { .. }) {
            self.alerts.insert(request.ask.alert, alert);
        }
        if request.ask.twice && request.answer.is_none() {
            request.state = Progress::Due(now_ms + 10);
        }
        request.answer = Some(alert);
        Ok(())
    }
}

impl Simulation<'_> {
    /// Asks what is due.
    pub(super) fn ask(&mut self) {
        for at in 0..self.officers.requests.len() {
            let due =
                matches!(self.officers.requests[at].state, Progress::Due(at_ms) if at_ms <= self.now_ms);
            if due {
                self.ask_one(at);
            }
        }
    }

    fn ask_one(&mut self, at: usize) {
        let request = &self.officers.requests[at];
        let ask = request.ask;
        let named = request.alert.or_else(|| self.officers.alerts.get(&ask.alert).copied());
        let cancels = matches!(ask.verb, AskVerb::Cancel);
        let failed = self.daemon.as_ref().is_none_or(|daemon| daemon.journal_failed && !cancels);
        let is_draft = matches!(ask.verb, AskVerb::Draft { .. });
        if failed || (named.is_none() && !is_draft) {
            return self.officers.again(at, self.now_ms);
        }
        let author = NAMES[(ask.officer % 3) as usize];
        let command = command(&self.land, ask, at, named.unwrap_or(AlertId(0)));
        let roles = Roles { author: true, approver: true, ..Roles::default() };
        let actor = self.planted.actor(Actor { name: author.into(), root: false, roles }, &command);
        let key = self.planted.key(format!("key-{at}"));
        let now = self.planted.time(self.now());
        let written_by =
            named.and_then(|alert| self.checker.book.author_of_waiting(alert)).map(ToOwned::to_owned);
        let healthy = self.healthy();
        let Some(daemon) = &mut self.daemon else { return };
        let before = daemon.engine.last();
        let answer = daemon.engine.command(now, &actor, key, command, &mut daemon.records);
        self.officers.requests[at].state = Progress::Asked;
        *self.totals.asked.entry(if answer.is_ok() { "done" } else { "refused" }).or_default() += 1;
        let last = daemon.engine.last();
        let changed = last != before;
        if answer.is_err() || daemon.journal_failed {
            // A cancel is answered at once when nothing can be made durable.
            if let Err(words) = self.officers.answered(at, answer.clone(), self.now_ms) {
                self.checker.fail(6, words);
            }
        } else {
            daemon.answers.push_back((last, at, answer.clone()));
        }
        self.note_records();
        let Ok(alert) = answer else { return };
        if changed && self.calm != Calm::Storm {
            self.stirred_ms = self.now_ms;
        }
        match ask.verb {
            AskVerb::Approve if changed && written_by.as_deref() == Some(author) => {
                self.checker.fail(4, format!("{author} approved what {author} had written ({alert})"));
            }
            AskVerb::Cancel if changed => self.checker.cancelled(&self.land, alert, &healthy),
            _ => {}
        }
    }
}

fn command(land: &Land, ask: Ask, request: usize, alert: AlertId) -> Command {
    let texts = |languages: u64| {
        let mut texts = vec![LanguageText {
            language: "sr-Latn".into(),
            text: format!("Nestalo dete. Tekst {request}."),
        }];
        if languages > 1 {
            texts.push(LanguageText {
                language: "en".into(),
                text: format!("Missing child. Text {request}."),
            });
        }
        texts
    };
    match ask.verb {
        AskVerb::Draft { channel, place, radius_m, duration_s, languages } => Command::Draft {
            channel: [Channel::Live, Channel::Exercise, Channel::Test][(channel % 3) as usize],
            class: "missing-child".into(),
            wording: Wording {
                texts: texts(languages),
                scripts: Vec::new(),
                target: around(land, place, radius_m),
                duration_s: Some(duration_s),
                case: Case { age_years: Some(7), facts: [Fact::ImminentDanger].into(), ..Case::default() },
                ..Wording::default()
            },
        },
        AskVerb::Submit => Command::Submit { alert },
        AskVerb::Approve => Command::Approve { alert, version: None },
        AskVerb::Update { text, radius_m, duration_s } => Command::Update {
            alert,
            change: Change {
                texts: text.then(|| texts(1)),
                target: radius_m.map(|radius_m| around(land, request as u64 * 7, radius_m)),
                duration_s,
                ..Change::default()
            },
        },
        AskVerb::Cancel => Command::Cancel { alert, reason: "found".into() },
    }
}

fn around(land: &Land, place: u64, radius_m: u32) -> Target {
    let cell = CellIndex((place % u64::from(land.inventory.len())) as u32);
    let site = land.inventory.footprint(cell).site;
    Target {
        circles: vec![Circle {
            lat: f64::from(site.lat_udeg) / 1e6,
            lon: f64::from(site.lon_udeg) / 1e6,
            radius_m,
        }],
        ..Target::default()
    }
}
