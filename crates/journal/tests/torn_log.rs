//! A power cut at any point of the write-ahead log: the journal is a prefix that holds all that was acknowledged.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)] // tests with files; helpers count as no test

use std::fs;
use std::path::Path;

use journal::{Error, Journal, OpenMode, Payload, Recovery, Seq, SqliteJournal};
use tempfile::TempDir;

/// Appends, each a commit of its own.
const APPENDS: u64 = 8;
/// SQLite's own.
const LOG_HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;

/// What lay on the disk when an append had returned.
struct Acknowledged {
    seq: Seq,
    log_bytes: usize,
    anchor: Vec<u8>,
}

#[test]
fn a_log_cut_anywhere_gives_what_was_acknowledged_or_says_that_it_does_not() {
    let dir = TempDir::new().unwrap();
    let mut journal = SqliteJournal::open(&dir.path().join("journal.db"), OpenMode::Write).unwrap();
    let mut history = vec![acknowledged(dir.path(), Seq::NONE)];
    let mut last = Seq::NONE;
    for number in 0..APPENDS {
        // Two records a commit, some larger than a page.
        last = journal.append(last, &[payload(2 * number + 1), payload(2 * number + 2)]).unwrap();
        history.push(acknowledged(dir.path(), last));
    }
    let database = fs::read(dir.path().join("journal.db")).unwrap();
    let log = fs::read(dir.path().join("journal.db-wal")).unwrap();
    assert_eq!(log.len(), history.last().unwrap().log_bytes, "the log was not folded in meanwhile");

    for cut in (0..=log.len()).step_by(512) {
        let whole = history.iter().rposition(|state| state.log_bytes <= cut).unwrap_or(0);

        // The cut fell into a commit that had not returned: its records are gone, all others are there.
        let state = &history[whole];
        let (found, end) = open(&database, &log[..cut], &state.anchor);
        let torn = cut.saturating_sub(state.log_bytes.max(LOG_HEADER_BYTES));
        let torn_bytes = if torn < FRAME_HEADER_BYTES { 0 } else { torn as u64 };
        let recovery = Recovery { unacknowledged: 0, torn_bytes };
        assert_eq!(found, Ok((state.seq, recovery)), "log cut at {cut}");
        assert_eq!(end, state.seq.0);

        // The same octets, but the anchor says that the commit had returned.
        if let Some(next) = history.get(whole + 1) {
            let (found, _) = open(&database, &log[..cut], &next.anchor);
            assert_eq!(
                found,
                Err(Error::Truncated { acknowledged: next.seq, last: state.seq }),
                "cut at {cut}"
            );
        }
    }
}

#[test]
fn a_flipped_octet_in_the_log_never_gives_garbage() {
    let dir = TempDir::new().unwrap();
    let mut journal = SqliteJournal::open(&dir.path().join("journal.db"), OpenMode::Write).unwrap();
    let before = acknowledged(dir.path(), Seq::NONE);
    for number in 0..4 {
        journal.append(Seq(number), &[payload(number + 1)]).unwrap();
    }
    let database = fs::read(dir.path().join("journal.db")).unwrap();
    let log = fs::read(dir.path().join("journal.db-wal")).unwrap();
    for at in (0..log.len()).step_by(509) {
        let mut damaged = log.clone();
        damaged[at] ^= 0x10;
        let (found, end) = open(&database, &damaged, &before.anchor);
        let (seq, recovery) = found.unwrap();
        assert_eq!(seq, Seq(end), "flipped at {at}");
        assert_eq!(recovery.unacknowledged, end, "flipped at {at}");
        let is_whole = end == 4;
        assert!(
            is_whole || recovery.torn_bytes > 0 || at < LOG_HEADER_BYTES + FRAME_HEADER_BYTES,
            "flipped at {at}"
        );
    }
}

#[test]
fn a_commit_that_the_anchor_has_yet_to_name_is_kept_and_then_named() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("journal.db");
    let mut journal = SqliteJournal::open(&path, OpenMode::Write).unwrap();
    journal.append(Seq::NONE, &[payload(1)]).unwrap();
    let behind = acknowledged(dir.path(), Seq(1));
    journal.append(Seq(1), &[payload(2)]).unwrap();
    let named = acknowledged(dir.path(), Seq(2));
    drop(journal);
    fs::write(dir.path().join("journal.head"), &behind.anchor).unwrap();

    let journal = SqliteJournal::open(&path, OpenMode::Write).unwrap();
    assert_eq!(journal.last().unwrap().seq, Seq(2));
    assert_eq!(acknowledged(dir.path(), Seq(2)).anchor, named.anchor);
}

/// Opens a journal made of these files: its last record, and up to where its content is what was appended.
fn open(database: &[u8], log: &[u8], anchor: &[u8]) -> (Result<(Seq, Recovery), Error>, u64) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("journal.db");
    fs::write(&path, database).unwrap();
    fs::write(dir.path().join("journal.db-wal"), log).unwrap();
    fs::write(dir.path().join("journal.head"), anchor).unwrap();
    let journal = match SqliteJournal::open(&path, OpenMode::Write) {
        Ok(journal) => journal,
        Err(error) => return (Err(error), 0),
    };
    let mut end = 0;
    for record in journal.read(Seq(1)) {
        assert_eq!(record.unwrap().payload, payload(end + 1));
        end += 1;
    }
    (journal.last().map(|head| (head.seq, journal.recovery())), end)
}

fn acknowledged(dir: &Path, seq: Seq) -> Acknowledged {
    let log_bytes = fs::metadata(dir.join("journal.db-wal")).map_or(0, |log| log.len() as usize);
    Acknowledged { seq, log_bytes, anchor: fs::read(dir.join("journal.head")).unwrap() }
}

fn payload(number: u64) -> Payload {
    let bytes = vec![b'a' + (number % 26) as u8; if number.is_multiple_of(5) { 6000 } else { 60 }];
    Payload { wall_ms: number, bytes }
}
