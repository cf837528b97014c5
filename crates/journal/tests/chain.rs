//! The chain and its anchor: what is appended comes back, and what was tampered with is named.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)] // tests with files; helpers count as no test

use std::fs;
use std::path::{Path, PathBuf};

use journal::{Digest, Error, Head, Journal, OpenMode, Payload, Record, Seq, SqliteJournal};
use proptest::prelude::*;
use tempfile::TempDir;

#[test]
fn a_new_journal_is_empty() {
    let dir = TempDir::new().unwrap();
    let journal = write(&path(&dir)).unwrap();
    assert_eq!(journal.last(), Ok(Head::GENESIS));
    assert_eq!(records(&journal, Seq(1)), []);
}

#[test]
fn what_is_appended_comes_back_in_order() {
    let dir = TempDir::new().unwrap();
    let mut journal = write(&path(&dir)).unwrap();
    assert_eq!(journal.append(Seq::NONE, &[payload(1), payload(2)]), Ok(Seq(2)));
    assert_eq!(journal.append(Seq(2), &[payload(3)]), Ok(Seq(3)));
    assert_eq!(journal.append(Seq(3), &[]), Ok(Seq(3)));

    let found = records(&journal, Seq(2));
    assert_eq!(found.iter().map(|record| record.seq).collect::<Vec<_>>(), [Seq(2), Seq(3)]);
    assert_eq!(found[0].payload, payload(2));
    let last = &found[1];
    assert_eq!(journal.last(), Ok(Head { seq: last.seq, digest: last.digest }));
    assert_eq!(journal.verify(), journal.last());
}

#[test]
fn a_read_goes_on_over_many_pages() {
    let dir = TempDir::new().unwrap();
    let mut journal = write(&path(&dir)).unwrap();
    let mut all: Vec<_> = (1..=1500).map(payload).collect();
    all[700].bytes = vec![b'x'; 3 * 1024 * 1024];
    journal.append(Seq::NONE, &all).unwrap();
    let found: Vec<_> = records(&journal, Seq(1)).into_iter().map(|record| record.payload).collect();
    assert!(found == all);
}

#[test]
fn an_append_after_the_wrong_record_is_refused() {
    let dir = TempDir::new().unwrap();
    let mut journal = filled(&path(&dir), 2);
    for wrong in [0, 1, 3] {
        let refusal = journal.append(Seq(wrong), &[payload(9)]);
        assert_eq!(refusal, Err(Error::WrongExpected { expected: Seq(wrong), found: Seq(2) }));
    }
    assert_eq!(records(&journal, Seq(1)).len(), 2);
}

#[test]
fn one_record_too_large_keeps_the_whole_append_out() {
    let dir = TempDir::new().unwrap();
    let mut journal = filled(&path(&dir), 1);
    let large = Payload { wall_ms: 0, bytes: vec![0; journal::PAYLOAD_MAX_BYTES + 1] };
    let refusal = journal.append(Seq(1), &[payload(2), large]);
    assert!(matches!(refusal, Err(Error::PayloadTooLarge { .. })), "{refusal:?}");
    assert_eq!(journal.verify().unwrap().seq, Seq(1));
}

#[test]
fn reopening_goes_on_where_it_ended() {
    let dir = TempDir::new().unwrap();
    let first = filled(&path(&dir), 3).last().unwrap();
    let mut journal = write(&path(&dir)).unwrap();
    assert_eq!(journal.last(), Ok(first));
    assert_eq!(journal.append(Seq(3), &[payload(4)]), Ok(Seq(4)));
    drop(journal);
    assert_eq!(records(&write(&path(&dir)).unwrap(), Seq(1)).len(), 4);
}

#[test]
fn a_second_writer_is_refused_and_a_reader_is_not() {
    let dir = TempDir::new().unwrap();
    let mut journal = filled(&path(&dir), 2);
    let locked = Error::Locked { path: dir.path().join("journal.head") };
    assert!(locked.to_string().contains("another daemon"), "{locked}");
    assert_eq!(write(&path(&dir)).unwrap_err(), locked);

    let mut reader = SqliteJournal::open(&path(&dir), OpenMode::Read).unwrap();
    journal.append(Seq(2), &[payload(3)]).unwrap();
    assert_eq!(reader.verify(), journal.last());
    assert_eq!(reader.append(Seq(3), &[payload(4)]), Err(Error::ReadOnly { during: "appending".into() }));

    drop(journal);
    write(&path(&dir)).unwrap();
}

#[test]
fn sql_can_neither_change_nor_remove_nor_replace_a_record() {
    let dir = TempDir::new().unwrap();
    drop(filled(&path(&dir), 3));
    let connection = rusqlite::Connection::open(path(&dir)).unwrap();
    for (sql, why) in [
        ("UPDATE records SET wall_ms = 0 WHERE seq = 2", "never changed"),
        ("DELETE FROM records WHERE seq = 3", "never removed"),
        ("INSERT OR REPLACE INTO records SELECT * FROM records WHERE seq = 2", "in order"),
        ("INSERT INTO records SELECT 9, wall_ms, payload, digest FROM records WHERE seq = 2", "in order"),
    ] {
        let refusal = connection.execute(sql, []).unwrap_err().to_string();
        assert!(refusal.contains(why), "{sql}: {refusal}");
    }
    drop(connection);
    assert_eq!(write(&path(&dir)).unwrap().last().unwrap().seq, Seq(3));
}

#[test]
fn a_flipped_byte_in_the_file_is_found() {
    let dir = TempDir::new().unwrap();
    drop(filled(&path(&dir), 5));
    let mut octets = fs::read(path(&dir)).unwrap();
    let wanted = payload(3).bytes;
    let at = octets.windows(wanted.len()).position(|window| window == wanted).unwrap();
    octets[at + 2] ^= 1;
    fs::write(path(&dir), octets).unwrap();
    assert!(matches!(write(&path(&dir)), Err(Error::ChainBroken { seq: Seq(3), .. })));
}

#[test]
fn a_changed_time_is_found() {
    let error = after_tampering("UPDATE records SET wall_ms = wall_ms + 1 WHERE seq = 4");
    assert!(matches!(error, Error::ChainBroken { seq: Seq(4), .. }), "{error}");
}

#[test]
fn a_removed_middle_record_is_found() {
    let error = after_tampering("DELETE FROM records WHERE seq = 3");
    assert_eq!(error, Error::RecordMissing { expected: Seq(3), found: Seq(4) });
}

#[test]
fn a_removed_first_record_is_found() {
    let error = after_tampering("DELETE FROM records WHERE seq = 1");
    assert_eq!(error, Error::RecordMissing { expected: Seq(1), found: Seq(2) });
}

#[test]
fn a_removed_last_record_is_found() {
    let error = after_tampering("DELETE FROM records WHERE seq = 5");
    assert_eq!(error, Error::Truncated { acknowledged: Seq(5), last: Seq(4) });
}

#[test]
fn swapped_records_are_found() {
    let error = after_tampering(
        "UPDATE records SET seq = 100 WHERE seq = 2; UPDATE records SET seq = 2 WHERE seq = 3; \
         UPDATE records SET seq = 3 WHERE seq = 100",
    );
    assert!(matches!(error, Error::ChainBroken { seq: Seq(2), .. }), "{error}");
}

#[test]
fn a_rewritten_chain_with_good_digests_does_not_fit_the_anchor() {
    let dir = TempDir::new().unwrap();
    let acknowledged = filled(&path(&dir), 3).last().unwrap();
    let other = TempDir::new().unwrap();
    let mut forged = write(&path(&other)).unwrap();
    forged.append(Seq::NONE, &[payload(7), payload(8), payload(9)]).unwrap();
    let forged_digest = forged.last().unwrap().digest;
    drop(forged);
    fs::copy(path(&other), path(&dir)).unwrap();

    let (expected, found) = (acknowledged.digest, forged_digest);
    assert_eq!(write(&path(&dir)).unwrap_err(), Error::AnchorMismatch { seq: Seq(3), expected, found });
}

#[test]
fn a_lost_journal_does_not_become_a_new_one() {
    let dir = TempDir::new().unwrap();
    drop(filled(&path(&dir), 3));
    fs::remove_file(path(&dir)).unwrap();
    for _ in 0..2 {
        let lost = Error::Truncated { acknowledged: Seq(3), last: Seq::NONE };
        assert_eq!(write(&path(&dir)).unwrap_err(), lost);
    }
}

#[test]
fn a_lost_anchor_is_not_made_anew() {
    let dir = TempDir::new().unwrap();
    drop(filled(&path(&dir), 3));
    let anchor = dir.path().join("journal.head");
    fs::remove_file(&anchor).unwrap();
    let missing = Error::AnchorMissing { path: anchor };
    assert_eq!(SqliteJournal::open(&path(&dir), OpenMode::Read).unwrap_err(), missing);
    assert_eq!(write(&path(&dir)).unwrap_err(), missing);
}

#[test]
fn a_newer_schema_is_refused() {
    let dir = TempDir::new().unwrap();
    drop(filled(&path(&dir), 1));
    rusqlite::Connection::open(path(&dir)).unwrap().pragma_update(None, "user_version", 3).unwrap();
    for mode in [OpenMode::Read, OpenMode::Write] {
        let refusal = SqliteJournal::open(&path(&dir), mode).unwrap_err();
        assert_eq!(refusal, Error::SchemaTooNew { supported: 2, found: 3 });
    }
}

#[test]
fn opening_to_read_makes_nothing() {
    let dir = TempDir::new().unwrap();
    assert!(matches!(SqliteJournal::open(&path(&dir), OpenMode::Read), Err(Error::Sqlite { .. })));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);

    fs::write(path(&dir), []).unwrap();
    let refusal = SqliteJournal::open(&path(&dir), OpenMode::Read).unwrap_err();
    assert_eq!(refusal, Error::SchemaTooOld { supported: 2, found: 0 });
}

#[test]
fn a_log_is_read_where_no_index_of_it_can_be_made() {
    let (dir, full) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let journal = filled(&path(&dir), 5);
    for name in ["journal.db", "journal.db-wal", "journal.head"] {
        fs::copy(dir.path().join(name), full.path().join(name)).unwrap();
    }
    // As little as a full disk does it take the file that SQLite would make.
    fs::create_dir(full.path().join("journal.db-shm")).unwrap();
    let log = fs::read(full.path().join("journal.db-wal")).unwrap();
    assert!(!log.is_empty());
    let read = SqliteJournal::open(&path(&full), OpenMode::Read).unwrap();
    assert_eq!(records(&read, Seq(1)), records(&journal, Seq(1)));
    drop(read);
    assert_eq!(fs::read(full.path().join("journal.db-wal")).unwrap(), log, "nothing was written");
}

#[test]
fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let _journal = filled(&path(&dir), 1);
    let mut names = Vec::new();
    for entry in fs::read_dir(dir.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{entry:?}");
        names.push(entry.file_name());
    }
    names.sort();
    assert_eq!(names, ["journal.db", "journal.db-shm", "journal.db-wal", "journal.head"]);
}

#[test]
fn a_journal_of_schema_1_is_read_as_it_is_and_migrated_when_it_is_written() {
    let dir = TempDir::new().unwrap();
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/journal/1");
    for name in ["journal.db", "journal.head"] {
        fs::copy(old.join(name), dir.path().join(name)).unwrap();
    }
    let version = || -> i64 {
        let connection = rusqlite::Connection::open(path(&dir)).unwrap();
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    };
    let read = SqliteJournal::open(&path(&dir), OpenMode::Read).unwrap();
    let (before, head) = (records(&read, Seq(1)), read.last().unwrap());
    assert_eq!((before.len() as u64, version()), (head.seq.0, 1));
    drop(read);
    let mut journal = write(&path(&dir)).unwrap();
    assert_eq!((records(&journal, Seq(1)), version()), (before, 2));
    journal.append(head.seq, &[payload(1)]).unwrap();
    assert_eq!(journal.verify().unwrap().seq, head.seq.plus(1));
}

#[test]
fn verification_after_a_known_record_finds_what_does_not_follow_on_it() {
    let dir = TempDir::new().unwrap();
    let journal = filled(&path(&dir), 9);
    let all = records(&journal, Seq(1));
    let known = |at: usize| Head { seq: all[at].seq, digest: all[at].digest };
    drop(journal);
    let open = |head| {
        SqliteJournal::open_after(&path(&dir), OpenMode::Write, head).map(|found| found.last().unwrap())
    };
    for at in 0..9 {
        assert_eq!(open(known(at)), Ok(known(8)));
    }
    let other = Head { digest: Digest([1; 32]), ..known(4) };
    assert!(matches!(open(other), Err(Error::ChainBroken { seq: Seq(6), .. })));
    let other = Head { digest: Digest([1; 32]), ..known(8) };
    assert!(matches!(open(other), Err(Error::AnchorMismatch { seq: Seq(9), .. })));
    let ahead = Head { seq: Seq(10), digest: Digest([1; 32]) };
    assert_eq!(open(ahead), Err(Error::AnchorBehind { from: Seq(10), anchored: Seq(9) }));
}

#[test]
fn a_copy_made_while_a_daemon_writes_is_whole_and_never_put_over_another() {
    let (dir, to) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut journal = filled(&path(&dir), 5);
    assert_eq!(SqliteJournal::copy(&path(&dir), &path(&to)).unwrap().seq, Seq(5));
    journal.append(Seq(5), &[payload(6)]).unwrap();
    let taken = Error::Taken { path: path(&to) };
    assert_eq!(SqliteJournal::copy(&path(&dir), &path(&to)), Err(taken));
    let mut copy = write(&path(&to)).unwrap();
    assert_eq!(copy.append(Seq(5), &[payload(6)]), Ok(Seq(6)));
    assert_eq!(copy.last(), journal.last());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_payloads_in_any_groups_come_back(
        groups in prop::collection::vec(
            prop::collection::vec((any::<u64>(), prop::collection::vec(any::<u8>(), 0..40)), 0..6), 0..6)
    ) {
        let dir = TempDir::new().unwrap();
        let mut journal = write(&path(&dir)).unwrap();
        let (mut last, mut all) = (Seq::NONE, Vec::new());
        for group in groups {
            let group: Vec<_> =
                group.into_iter().map(|(wall_ms, bytes)| Payload { wall_ms, bytes }).collect();
            last = journal.append(last, &group).unwrap();
            all.extend(group);
        }
        drop(journal);
        let journal = write(&path(&dir)).unwrap();
        let found: Vec<_> = records(&journal, Seq(1)).into_iter().map(|record| record.payload).collect();
        prop_assert_eq!(found, all);
    }
}

fn path(dir: &TempDir) -> PathBuf {
    dir.path().join("journal.db")
}

fn write(path: &Path) -> Result<SqliteJournal, Error> {
    SqliteJournal::open(path, OpenMode::Write)
}

fn payload(number: u64) -> Payload {
    Payload { wall_ms: 1_790_000_000_000 + number, bytes: format!("{{\"record\":{number}}}").into_bytes() }
}

fn filled(path: &Path, records: u64) -> SqliteJournal {
    let mut journal = write(path).unwrap();
    journal.append(Seq::NONE, &(1..=records).map(payload).collect::<Vec<_>>()).unwrap();
    journal
}

fn records(journal: &SqliteJournal, from: Seq) -> Vec<Record> {
    journal.read(from).collect::<Result<_, _>>().unwrap()
}

/// What opening a journal of five records says once somebody took the triggers away and ran `sql`.
fn after_tampering(sql: &str) -> Error {
    let dir = TempDir::new().unwrap();
    drop(filled(&path(&dir), 5));
    let connection = rusqlite::Connection::open(path(&dir)).unwrap();
    connection
        .execute_batch(
            "DROP TRIGGER records_in_order; DROP TRIGGER records_unchanged; DROP TRIGGER records_kept",
        )
        .unwrap();
    connection.execute_batch(sql).unwrap();
    drop(connection);
    write(&path(&dir)).unwrap_err()
}
