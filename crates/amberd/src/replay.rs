//! `amberd replay`: tells another engine and dispatch what a recording says that the daemon's were told, at the same times,
//! and compares what comes of it.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use dispatch::{FirstContact, PeerId};
use engine::Engine;

use crate::config::{Config, ConfigError};
use crate::country::Country;
use crate::recording::{Head, Line, Paper, Tape, Told, Turn, country};
use crate::works::Works;

/// What was played.
#[derive(Debug, Default)]
pub(crate) struct Played {
    /// Turns of the dispatcher's thread, each compared.
    pub(crate) turns: u64,
    /// Records, PDUs, notices and answers that were the same.
    pub(crate) same: u64,
    /// From the first line to the last, in milliseconds.
    pub(crate) lasted_ms: u64,
    /// Whether the recording ends within a line, as that of a daemon that was killed may.
    pub(crate) is_torn: bool,
}

/// Why a recording cannot be played, or does not give what it gave.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayError {
    /// The configuration.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// The recording belongs elsewhere.
    #[error(
        "expected the inventory, areas, operators, policies and limits of the recording ({expected}), found others \
         ({found})"
    )]
    Country {
        /// Their digest in the recording.
        expected: String,
        /// That of the configuration.
        found: String,
    },
    /// Something else comes of it now.
    #[error("line {line}: expected {expected}, found {found}")]
    Differs {
        /// Where the recording says so.
        line: usize,
        /// What came of it then.
        expected: String,
        /// What comes of it now.
        found: String,
    },
    /// The file.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A line.
    #[error("line {line}: expected a line of a recording of form {form}, found {found}", form = Head::FORM)]
    Line {
        /// Which.
        line: usize,
        /// What is wrong with it.
        found: String,
    },
}

/// Plays a recording.
pub(crate) fn replay(config: &Config, recording: &Path) -> Result<Played, ReplayError> {
    let mut lines = BufReader::new(File::open(recording)?).lines();
    let wrong = |line, found: String| ReplayError::Line { line, found };
    let first = lines.next().ok_or_else(|| wrong(1, "the end of the file".into()))??;
    let head: Head = serde_json::from_str(&first).map_err(|error| wrong(1, error.to_string()))?;
    if head.recording != Head::FORM {
        return Err(wrong(1, format!("form {}", head.recording)));
    }
    let Country { setup, dispatch, .. } = Country::read(config)?;
    let engine = Engine::restore(setup, head.state);
    let found = country(config, &engine);
    if found != head.country {
        return Err(ReplayError::Country { expected: head.country, found });
    }
    let tape = Tape::listening(engine.last());
    let mut works = Works::new(engine, dispatch, Some(tape));
    let mut played = Played::default();
    let mut began_ms = None;
    let mut lines = lines.zip(2..).peekable();
    while let Some((text, number)) = lines.next() {
        let line: Line = match serde_json::from_str(&text?) {
            Ok(line) => line,
            Err(error) if error.is_eof() && lines.peek().is_none() => {
                played.is_torn = true;
                break;
            }
            Err(error) => return Err(wrong(number, error.to_string())),
        };
        let now = line.now();
        played.lasted_ms = now.monotonic_ms.saturating_sub(*began_ms.get_or_insert(now.monotonic_ms));
        if let Some(expected) = tell(&mut works, line, number)? {
            played.turns += 1;
            played.same += same(number, &expected, &works.take_said())?;
        }
    }
    Ok(played)
}

/// Tells what a line says; at the end of a turn, what came of it then.
fn tell(works: &mut Works, line: Line, number: usize) -> Result<Option<Vec<String>>, ReplayError> {
    let now = line.now();
    match line.told {
        Told::Start { moved } => works.start(now, &moved),
        Told::Command { actor, key, command } => {
            // Whether it was refused is compared at the end of the turn.
            let _ = works.command(now, &actor, key, command);
        }
        Told::Import { actor, import } => {
            let _ = works.import(now, &actor, import);
        }
        Told::Durable { seq } => works.durable(now, seq),
        Told::Snapshot { at, digest } => works.snapshot_written(now, at, digest),
        Told::Meet { peer } => {
            works.meet(now, &peer);
        }
        Told::LinkUp { peer, first } => works.link_up(now, PeerId(peer), FirstContact(first)),
        Told::LinkDown { peer } => works.link_down(now, PeerId(peer)),
        Told::Received { peer, pdu } => {
            let wrong =
                |error: hex::FromHexError| ReplayError::Line { line: number, found: error.to_string() };
            works.received(now, PeerId(peer), &hex::decode(pdu).map_err(wrong)?);
        }
        Told::Writable { peer, writable } => works.set_writable(now, PeerId(peer), writable),
        Told::Turn(Turn { last_for_now, papers, said }) => {
            let (mut sent, mut papers) = (0.., papers.into_iter());
            let send = |_, _| sent.next().is_none_or(|number: usize| !last_for_now.contains(&number));
            works.turn(now, send, |_, _| papers.next().flatten().map(Paper::document));
            // Nothing waits for a journal here.
            works.take_records();
            return Ok(Some(said));
        }
    }
    Ok(None)
}

/// How many things are the same, or the first that is not.
fn same(line: usize, expected: &[String], found: &[String]) -> Result<u64, ReplayError> {
    let differs = (0..expected.len().max(found.len())).find(|at| expected.get(*at) != found.get(*at));
    match differs {
        None => Ok(found.len() as u64),
        Some(at) => {
            let word = |said: &[String]| said.get(at).cloned().unwrap_or_else(|| "nothing".into());
            Err(ReplayError::Differs { line, expected: word(expected), found: word(found) })
        }
    }
}
