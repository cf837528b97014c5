//! The journal in one SQLite file: `journal.db`, and `journal.head` beside it.
//!
//! Write-ahead log with `synchronous = FULL`: a commit returns after the log is on the disk.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::backup::Backup;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, TransactionBehavior};

use crate::anchor::{self, Anchor};
use crate::error::Error;
use crate::record::{Digest, Head, Payload, Record, Seq};
use crate::{Journal, durable, log, schema};

/// How a journal is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// To read and verify, also while a daemon writes; changes nothing.
    Read,
    /// To append: makes the journal when there is none, takes the lock, migrates.
    Write,
}

/// A journal kept in a SQLite file.
#[derive(Debug)]
pub struct SqliteJournal {
    connection: Connection,
    anchor_path: PathBuf,
    /// Held only by the one writer.
    anchor: Option<Anchor>,
    /// An append failed.
    failed: bool,
    recovery: Recovery,
}

/// What opening a journal to write found of a death in the middle of a write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Whole records that nobody was told of; from now on they count.
    pub unacknowledged: u64,
    /// Octets of a torn or uncommitted write that were cut off; nobody was told of them either.
    pub torn_bytes: u64,
}

impl SqliteJournal {
    /// Opens the journal at `path` (`journal.db` by custom) and verifies all of it.
    pub fn open(path: &Path, mode: OpenMode) -> Result<Self, Error> {
        Self::open_after(path, mode, Head::GENESIS)
    }

    /// The same, but verifies only what comes after `known`, and that it follows on it. The anchor then vouches for
    /// `known` too, and so for all before it, as long as nobody changed that part behind its digest.
    pub fn open_after(path: &Path, mode: OpenMode, known: Head) -> Result<Self, Error> {
        let anchor_path = path.with_extension("head");
        match mode {
            OpenMode::Read => Self::open_to_read(path, anchor_path, known),
            OpenMode::Write => Self::open_to_write(path, anchor_path, known),
        }
    }

    /// The head that an anchor (`journal.head`, or a copy of it) names.
    pub fn anchored(anchor: &Path) -> Result<Head, Error> {
        anchor::read(anchor)
    }

    /// What opening it to write found.
    #[must_use]
    pub fn recovery(&self) -> Recovery {
        self.recovery
    }

    /// Copies the journal at `from`, also while a daemon writes to it, to `to`, where none may be, and verifies the
    /// copy. Its anchor comes with it.
    pub fn copy(from: &Path, to: &Path) -> Result<Head, Error> {
        let taken = |path: &Path| path.symlink_metadata().is_ok();
        let anchor_path = to.with_extension("head");
        if let Some(path) = [to, &anchor_path].into_iter().find(|path| taken(path)) {
            return Err(Error::Taken { path: path.to_owned() });
        }
        // The anchor first: a journal may be further than its anchor, never shorter.
        let anchored = anchor::read(&from.with_extension("head"))?;
        let source = connect_to_read(from)?;
        let (mut anchor, _) = Anchor::lock(&anchor_path, false)?;
        anchor.write(anchored)?;
        create_private(to)?;
        let failed = |source| Error::sqlite("copying the journal", &source);
        let mut target = connect(to, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // In one step, so that the daemon's next commit does not make it begin anew.
        Backup::new(&source, &mut target).and_then(|copy| copy.step(-1)).map_err(failed)?;
        target.close().map_err(|(_, source)| failed(source))?;
        OpenOptions::new()
            .write(true)
            .open(to)
            .and_then(|file| file.sync_all())
            .map_err(|source| Error::io("syncing", to, &source))?;
        durable::sync_parent(to)?;
        drop(anchor);
        Self::open(to, OpenMode::Read)?.last()
    }

    fn open_to_read(path: &Path, anchor_path: PathBuf, known: Head) -> Result<Self, Error> {
        let connection = connect_to_read(path)?;
        let found = schema::version(&connection)?;
        if found < schema::READ_FROM {
            return Err(Error::SchemaTooOld { supported: schema::VERSION, found });
        }
        let recovery = Recovery::default();
        let journal = Self { connection, anchor_path, anchor: None, failed: false, recovery };
        journal.verify_after(known)?;
        Ok(journal)
    }

    fn open_to_write(path: &Path, anchor_path: PathBuf, known: Head) -> Result<Self, Error> {
        // The anchor comes first, so that from the first record on there is never a journal without one.
        let exists = path.metadata().is_ok_and(|file| file.len() > 0);
        let (mut anchor, anchored) = Anchor::lock(&anchor_path, exists)?;
        create_private(path)?;
        let mut connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let found = schema::version(&connection)?;
        schema::migrate(&mut connection, found)?;
        log_ahead(&connection)?;
        durable::sync_parent(path)?;

        let recovery = Recovery::default();
        let mut journal = Self { connection, anchor_path, anchor: None, failed: false, recovery };
        let head = journal.verify_after(known)?;
        journal.recovery = Recovery {
            unacknowledged: head.seq.0 - anchored.seq.0,
            torn_bytes: log::torn_bytes(path, journal.fold("PASSIVE")?),
        };
        // A daemon killed inside a commit, or after a sync that failed, leaves records in the log that may be in memory
        // only. From here on they count, so they are written anew, into the main file. Nothing to fold, nothing to do.
        journal.fold("TRUNCATE")?;
        if head != anchored {
            anchor.write(head)?;
        }
        journal.anchor = Some(anchor);
        Ok(journal)
    }

    /// Writes the log into the main file; how many frames it had.
    fn fold(&self, how: &str) -> Result<u64, Error> {
        let frames = |row: &Row<'_>| row.get::<_, i64>(1);
        self.connection
            .query_row(&format!("PRAGMA wal_checkpoint({how})"), [], frames)
            .map(|frames| u64::try_from(frames).unwrap_or(0))
            .map_err(|source| Error::sqlite("writing the log into the main file", &source))
    }

    fn write_group(&mut self, expected: Seq, records: &[Payload]) -> Result<Seq, Error> {
        let during = "appending";
        let failed = |source| Error::sqlite(during, &source);
        let Some(anchor) = &mut self.anchor else {
            return Err(Error::ReadOnly { during: during.to_owned() });
        };
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        let mut head = last(&transaction)?;
        if head.seq != expected {
            return Err(Error::WrongExpected { expected, found: head.seq });
        }
        if records.is_empty() {
            return Ok(expected);
        }
        {
            let mut insert = transaction.prepare_cached(INSERT).map_err(failed)?;
            for payload in records {
                let bytes = payload.checked_bytes()?;
                head = head.after(payload);
                let (seq, wall_ms) = (head.seq.0.cast_signed(), payload.wall_ms.cast_signed());
                insert.execute((seq, wall_ms, bytes, head.digest.0)).map_err(failed)?;
            }
        }
        transaction.commit().map_err(|source| Error::sqlite("committing", &source))?;
        anchor.write(head)?;
        Ok(head.seq)
    }

    fn verify_after(&self, known: Head) -> Result<Head, Error> {
        // The anchor is read first: while a daemon writes, the journal may only be further than that.
        let anchored = anchor::read(&self.anchor_path)?;
        if anchored.seq < known.seq {
            return Err(Error::AnchorBehind { from: known.seq, anchored: anchored.seq });
        }
        let mut head = known;
        let mut records = self.read(known.seq.plus(1));
        loop {
            if head.seq == anchored.seq && head.digest != anchored.digest {
                let (expected, found) = (anchored.digest, head.digest);
                return Err(Error::AnchorMismatch { seq: head.seq, expected, found });
            }
            let Some(record) = records.next() else { break };
            head = head.follow(&record?)?;
        }
        if head.seq < anchored.seq {
            return Err(Error::Truncated { acknowledged: anchored.seq, last: head.seq });
        }
        Ok(head)
    }
}

impl Journal for SqliteJournal {
    fn append(&mut self, expected: Seq, records: &[Payload]) -> Result<Seq, Error> {
        if self.failed {
            return Err(Error::Poisoned);
        }
        let written = self.write_group(expected, records);
        let of_the_caller = matches!(
            written,
            Err(Error::PayloadTooLarge { .. } | Error::WrongExpected { .. } | Error::ReadOnly { .. })
        );
        if written.is_err() && !of_the_caller {
            self.failed = true;
            // Closing must not try the sync again: what the log holds is for the next start to find out.
            let _ = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        }
        written
    }

    fn read(&self, from: Seq) -> Box<dyn Iterator<Item = Result<Record, Error>> + '_> {
        Box::new(Records { connection: &self.connection, from, page: Vec::new().into_iter(), done: false })
    }

    fn last(&self) -> Result<Head, Error> {
        last(&self.connection)
    }

    fn verify(&self) -> Result<Head, Error> {
        self.verify_after(Head::GENESIS)
    }
}

/// Reads page by page, each in a read transaction of its own, so that a slow reader doesn't keep the log from being
/// folded into the main file. Records never change, so the pages fit together.
struct Records<'a> {
    connection: &'a Connection,
    from: Seq,
    page: std::vec::IntoIter<Record>,
    done: bool,
}

impl Iterator for Records<'_> {
    type Item = Result<Record, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.as_slice().is_empty() && !self.done {
            match page(self.connection, self.from) {
                Ok(page) => {
                    self.done = page.is_empty();
                    self.page = page.into_iter();
                }
                Err(error) => {
                    self.done = true;
                    return Some(Err(error));
                }
            }
        }
        let record = self.page.next()?;
        self.from = record.seq.plus(1);
        Some(Ok(record))
    }
}

/// The next records from `from` on, up to [`PAGE_RECORDS`] or the one that passes [`PAGE_BYTES`].
fn page(connection: &Connection, from: Seq) -> Result<Vec<Record>, Error> {
    let failed = |source| Error::sqlite("reading records", &source);
    let mut select = connection.prepare_cached(SELECT_FROM).map_err(failed)?;
    let mut rows = select.query([from.0.cast_signed()]).map_err(failed)?;
    let mut page = Vec::new();
    let mut bytes = 0;
    while page.len() < PAGE_RECORDS
        && bytes < PAGE_BYTES
        && let Some(row) = rows.next().map_err(failed)?
    {
        let record = record(row).map_err(failed)?;
        bytes += record.payload.bytes.len();
        page.push(record);
    }
    Ok(page)
}

fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    let seq = Seq(row.get::<_, i64>(0)?.cast_unsigned());
    let wall_ms = row.get::<_, i64>(1)?.cast_unsigned();
    Ok(Record { seq, payload: Payload { wall_ms, bytes: row.get(2)? }, digest: Digest(row.get(3)?) })
}

fn last(connection: &Connection) -> Result<Head, Error> {
    let head = |row: &Row<'_>| {
        Ok(Head { seq: Seq(row.get::<_, i64>(0)?.cast_unsigned()), digest: Digest(row.get(1)?) })
    };
    connection
        .prepare_cached(SELECT_LAST)
        .and_then(|mut select| select.query_row([], head).optional())
        .map(Option::unwrap_or_default)
        .map_err(|source| Error::sqlite("reading the last record", &source))
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, Error> {
    Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|source| Error::sqlite(&format!("opening {}", path.display()), &source))
}

/// Connects to a database that may lie on a disk that cannot be written.
fn connect_to_read(path: &Path) -> Result<Connection, Error> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let refused = match connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())) {
        Ok(()) => return Ok(connection),
        Err(source) => Error::sqlite(&format!("reading {}", path.display()), &source),
    };
    if !refused.is_of_the_disk() {
        return Err(refused);
    }
    // It may hold a lock.
    drop(connection);
    // Beside its log SQLite wants a shared index of it, which a full disk may not take.
    if log::path_of(path).metadata().is_ok_and(|log| log.len() > 0) {
        return connect_alone(path).map_err(|_| refused);
    }
    // It wants a log even to read. Where there is none and none can be made, and so nobody writes, the file alone is the
    // database.
    let escaped: String = path
        .to_string_lossy()
        .chars()
        .map(|char| match char {
            '%' => "%25".to_owned(),
            '?' => "%3f".to_owned(),
            '#' => "%23".to_owned(),
            char => char.to_string(),
        })
        .collect();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    connect(Path::new(&format!("file:{escaped}?immutable=1")), flags)
}

/// Connects to a database for oneself alone, to read it: the index of its log is then in memory, and nothing is written.
fn connect_alone(path: &Path) -> Result<Connection, Error> {
    // The lock is one for writers.
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let read = || {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
        connection.pragma_update(None, "query_only", true)?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
    };
    let read = read().map_err(|source| Error::sqlite(&format!("reading {}", path.display()), &source));
    read.map(|()| connection)
}

/// Switches to the write-ahead log, each commit of which waits for the disk.
fn log_ahead(connection: &Connection) -> Result<(), Error> {
    let failed = |source| Error::sqlite("switching to the write-ahead log", &source);
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(failed)?;
    if mode != "wal" {
        let (during, code) = ("switching to the write-ahead log".to_owned(), 0);
        return Err(Error::Sqlite { during, code, message: format!("SQLite stays with {mode:?}") });
    }
    connection.pragma_update_and_check(None, "journal_size_limit", LOG_KEPT_BYTES, |_| Ok(())).map_err(failed)
}

/// Makes an empty database file that only its owner reads; SQLite gives its log the same mode.
fn create_private(path: &Path) -> Result<(), Error> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(source) if source.kind() != io::ErrorKind::AlreadyExists => {
            Err(Error::io("creating", path, &source))
        }
        _ => Ok(()),
    }
}

const INSERT: &str = "INSERT INTO records (seq, wall_ms, payload, digest) VALUES (?1, ?2, ?3, ?4)";
const SELECT_FROM: &str = "SELECT seq, wall_ms, payload, digest FROM records WHERE seq >= ?1 ORDER BY seq";
const SELECT_LAST: &str = "SELECT seq, digest FROM records ORDER BY seq DESC LIMIT 1";

/// Records a reader holds at a time.
const PAGE_RECORDS: usize = 512;
/// Payload octets a reader holds at a time, give or take one record.
const PAGE_BYTES: usize = 1024 * 1024;
/// What the log file may keep of its size once its content is in the main file.
const LOG_KEPT_BYTES: i64 = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn one_record() -> (tempfile::TempDir, SqliteJournal) {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = SqliteJournal::open(&dir.path().join("journal.db"), OpenMode::Write).unwrap();
        journal.append(Seq::NONE, &[Payload { wall_ms: 0, bytes: b"{}".to_vec() }]).unwrap();
        (dir, journal)
    }

    #[test]
    fn a_full_disk_has_an_error_of_its_own_and_leaves_the_journal_whole() {
        let (_dir, mut journal) = one_record();
        journal.connection.pragma_update_and_check(None, "max_page_count", 8, |_| Ok(())).unwrap();
        let large = Payload { wall_ms: 0, bytes: vec![b' '; 100_000] };
        let refusal = journal.append(Seq(1), &[large]);
        assert_eq!(refusal, Err(Error::DiskFull { during: "appending".to_owned() }));
        assert_eq!(journal.verify().unwrap().seq, Seq(1));
    }

    #[test]
    fn a_read_only_disk_has_an_error_of_its_own() {
        let (_dir, mut journal) = one_record();
        journal.connection.pragma_update(None, "query_only", true).unwrap();
        let refusal = journal.append(Seq(1), &[Payload { wall_ms: 0, bytes: b"{}".to_vec() }]);
        assert_eq!(refusal, Err(Error::ReadOnly { during: "appending".to_owned() }));
    }

    #[test]
    fn each_commit_waits_for_the_disk() {
        let (_dir, journal) = one_record();
        let pragma = |name| journal.connection.pragma_query_value(None, name, |row| row.get::<_, String>(0));
        assert_eq!(pragma("journal_mode").unwrap(), "wal");
        let synchronous: i64 =
            journal.connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        assert_eq!(synchronous, 2, "FULL");
    }

    #[test]
    fn what_is_committed_but_not_anchored_is_not_acknowledged() {
        let (dir, mut journal) = one_record();
        // An anchor whose disk is full; the journal's own is not.
        journal.anchor.as_mut().unwrap().break_disk();
        let refusal = journal.append(Seq(1), &[Payload { wall_ms: 0, bytes: b"{}".to_vec() }]);
        assert!(matches!(refusal, Err(Error::DiskFull { .. })), "{refusal:?}");
        drop(journal);
        let journal = SqliteJournal::open(&dir.path().join("journal.db"), OpenMode::Write).unwrap();
        assert_eq!(journal.last().unwrap().seq, Seq(2), "it may be there: nobody was told");
    }
}
