//! A recording of what the engine and dispatch are told: one JSON object a line, the first a [`Head`] with the state at
//! the start, every other a [`Line`]. What comes of it stands at the end of each turn, so that a replay can be compared.
//!
//! Nothing personal is in it: see [`Disguise`]. Of what is sent only the length is kept, of a record its kind and a digest of
//! what is not personal in it.

mod disguise;
mod recorder;

use dispatch::Document;
use engine::command::{Actor, Command};
use engine::{Engine, Entry, Import, Now, Record, Seq, Snapshot};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::config::{Config, Recorder as Settings};

pub(crate) use self::disguise::Disguise;
use self::recorder::Recorder;

/// The first line.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    /// Which form of recording this is.
    pub(crate) recording: u32,
    /// The version of the daemon.
    pub(crate) version: String,
    /// What the country was; see [`country`].
    pub(crate) country: String,
    /// The state before the start.
    pub(crate) state: Snapshot,
}

impl Head {
    /// The form that this program writes and reads.
    pub(crate) const FORM: u32 = 1;
}

/// Any other line.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    monotonic_ms: u64,
    wall_ms: i64,
    pub(crate) told: Told,
}

impl Line {
    /// What time it was.
    pub(crate) const fn now(&self) -> Now {
        Now { monotonic_ms: self.monotonic_ms, wall_ms: self.wall_ms }
    }
}

/// What the engine or dispatch was told.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Told {
    /// The daemon starts; where the cells of another inventory stand now.
    Start { moved: Vec<Option<u32>> },
    /// A person's command.
    Command { actor: Actor, key: Option<String>, command: Command },
    /// A person's CAP message.
    Import { actor: Actor, import: Import },
    /// Every record up to this one is on the disk.
    Durable { seq: Seq },
    /// The state up to a record was written down.
    Snapshot { at: Seq, digest: String },
    /// A peer's link is up: was it met before?
    Meet { peer: String },
    /// A peer's link is up.
    LinkUp { peer: u16, first: bool },
    /// A peer's link is down.
    LinkDown { peer: u16 },
    /// A PDU came, in hexadecimal.
    Received { peer: u16, pdu: String },
    /// A peer's link takes more, or does not.
    Writable { peer: u16, writable: bool },
    /// Everything that was due happened.
    Turn(Turn),
}

/// What happened when everything that was due was let happen.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Turn {
    /// Which of its PDUs filled their link, counted from 0.
    pub(crate) last_for_now: Vec<usize>,
    /// The CAP messages for operators' own CBCs, one an order.
    pub(crate) papers: Vec<Option<Paper>>,
    /// What has come of all that was told since the turn before, in order.
    pub(crate) said: Vec<String>,
}

/// A CAP message without what it says.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paper {
    identifier: String,
    alert: u64,
    number: u32,
    octets: usize,
}

impl Paper {
    pub(crate) fn of(document: &Document) -> Self {
        let Document { identifier, alert, number, octets } = document;
        Self { identifier: identifier.clone(), alert: *alert, number: *number, octets: octets.len() }
    }

    /// A message of the same length that says nothing.
    pub(crate) fn document(self) -> Document {
        let Self { identifier, alert, number, octets } = self;
        Document { identifier, alert, number, octets: vec![b' '; octets.min(PAPER_MAX_BYTES)].into() }
    }
}

/// No CAP message is longer.
const PAPER_MAX_BYTES: usize = 16 << 20;

/// What country and configuration a recording belongs to: those with another digest may decide otherwise.
pub(crate) fn country(config: &Config, engine: &Engine) -> String {
    let mut hash = Sha256::new();
    hash.update(engine.setup().inventory.digest());
    let main = &config.main;
    let patience = main.patience;
    hash.update(format!("{:?}{:?}{patience:?}", config.operator, config.profile));
    hash.update(main.limits.alerts_max.to_be_bytes());
    for path in &main.areas {
        // It has been read a moment ago; one that is gone now is another country.
        hash.update(Sha256::digest(std::fs::read(path).unwrap_or_default()));
    }
    hex::encode(hash.finalize())
}

/// What listens to the engine and dispatch.
pub(crate) struct Tape {
    said: Vec<String>,
    /// The last record that was said.
    last: Seq,
    recorder: Option<(Recorder, Disguise)>,
}

impl Tape {
    /// A tape that only keeps what is said.
    pub(crate) const fn listening(last: Seq) -> Self {
        Self { said: Vec::new(), last, recorder: None }
    }

    /// A tape that records to a file, from the state of an engine that has only replayed.
    pub(crate) fn recording(
        settings: &Settings,
        config: &Config,
        engine: &Engine,
    ) -> std::io::Result<Option<Self>> {
        let Some(path) = &settings.path else { return Ok(None) };
        let disguise = Disguise::new()?;
        let recorder = Recorder::create(path, settings.bytes_max)?;
        let mut state = engine.snapshot();
        disguise.state(&mut state, &engine.setup().profiles);
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let head = Head { recording: Head::FORM, version, country: country(config, engine), state };
        recorder.write(&head);
        let last = engine.last();
        Ok(Some(Self { said: Vec::new(), last, recorder: Some((recorder, disguise)) }))
    }

    pub(crate) fn told(&mut self, now: Now, told: Told) {
        if let Some((recorder, _)) = &self.recorder {
            recorder.write(&Line { monotonic_ms: now.monotonic_ms, wall_ms: now.wall_ms, told });
        }
    }

    pub(crate) fn told_command(
        &mut self,
        now: Now,
        engine: &Engine,
        actor: &Actor,
        key: Option<&str>,
        command: &Command,
    ) {
        let Some((_, disguise)) = &self.recorder else { return };
        let (actor, key) = (disguise.actor(actor), key.map(|key| disguise.key(key)));
        let command = disguise.command(command, engine);
        self.told(now, Told::Command { actor, key, command });
    }

    pub(crate) fn told_import(&mut self, now: Now, engine: &Engine, actor: &Actor, import: &Import) {
        let Some((_, disguise)) = &self.recorder else { return };
        let (actor, import) = (disguise.actor(actor), disguise.import(import, engine));
        self.told(now, Told::Import { actor, import });
    }

    pub(crate) fn said(&mut self, words: String) {
        self.said.push(words);
    }

    /// A turn is over; these records are not with the journal yet.
    pub(crate) fn turned(&mut self, now: Now, turn: Turn, records: &[Entry]) {
        for entry in records.iter().filter(|entry| entry.seq > self.last) {
            self.said.push(outline(entry));
        }
        self.last = records.last().map_or(self.last, |entry| entry.seq);
        if self.recorder.is_some() {
            let said = self.take_said();
            self.told(now, Told::Turn(Turn { said, ..turn }));
        }
    }

    pub(crate) fn take_said(&mut self) -> Vec<String> {
        std::mem::take(&mut self.said)
    }
}

/// A record's place, kind, and a digest of what is not personal in it.
fn outline(entry: &Entry) -> String {
    let mut record = entry.record.clone();
    forget(&mut record);
    let json = serde_json::to_value((entry.wall_ms, &record)).unwrap_or_default();
    let kind = json.pointer("/1/record").and_then(serde_json::Value::as_str).unwrap_or_default();
    let digest = Sha256::digest(json.to_string());
    format!("record {} {kind} {}", entry.seq, hex::encode(digest.get(..8).unwrap_or_default()))
}

/// Empties what is personal, and what is named otherwise in a recording.
fn forget(record: &mut Record) {
    match record {
        Record::Drafted { version, key, .. }
        | Record::Revised { version, key, .. }
        | Record::Proposed { version, key, .. } => {
            version.author.clear();
            version.private = engine::Private::Erased;
            if let Some(origin) = &mut version.origin {
                origin.signed_by = None;
            }
            *key = None;
        }
        Record::Stepped { by, reason, key, .. } => (*by, *reason, *key) = (None, None, None),
        Record::Approved { by, key, .. } => {
            by.clear();
            *key = None;
        }
        _ => {}
    }
}
