//! What can go wrong, each with what was expected and what was found.

use std::io;
use std::path::{Path, PathBuf};

use crate::record::{Digest, Seq};

/// Why the journal or the vault refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The record the anchor names is another one than that which was acknowledged: the chain was rewritten.
    #[error(
        "record {seq} was acknowledged with digest {expected}, the journal holds {found}: it was rewritten"
    )]
    AnchorMismatch {
        /// The anchored record.
        seq: Seq,
        /// Its digest in the anchor.
        expected: Digest,
        /// Its digest in the journal.
        found: Digest,
    },
    /// The anchor is behind the record that the journal was to be verified from.
    #[error("verification from record {from} asked, the anchor is at {anchored}")]
    AnchorBehind {
        /// The record to verify from.
        from: Seq,
        /// The anchored record.
        anchored: Seq,
    },
    /// There is a journal but no readable anchor beside it.
    #[error(
        "{} is missing or unreadable, so nobody can tell whether the journal beside it was shortened; \
         restore it from the same backup as the journal",
        path.display()
    )]
    AnchorMissing {
        /// Where the anchor should be.
        path: PathBuf,
    },
    /// The case's key was erased, and no new one is ever made for it.
    #[error("the key of case {case:?} was erased; nothing more can be sealed for it")]
    CaseErased {
        /// The case.
        case: String,
    },
    /// The case's name can't be a file name.
    #[error("case {case:?}: a name has 1 to 64 of A-Z a-z 0-9 - _ and no other character")]
    CaseName {
        /// The name as given.
        case: String,
    },
    /// A record does not fit its digest: it, or one before it, was changed.
    #[error("record {seq}: digest {expected} expected, {found} found")]
    ChainBroken {
        /// The first record that does not fit.
        seq: Seq,
        /// What its content and its predecessor give.
        expected: Digest,
        /// What is stored.
        found: Digest,
    },
    /// No room is left on the disk (or within the quota).
    #[error("the disk is full: {during}")]
    DiskFull {
        /// What was being done.
        during: String,
    },
    /// A file operation failed.
    #[error("{during}: {message}")]
    Io {
        /// What was being done.
        during: String,
        /// The class of the failure.
        kind: io::ErrorKind,
        /// The system's words.
        message: String,
    },
    /// A key file has a wrong length.
    #[error("the key of case {case:?} is damaged: {expected_bytes} octets expected, {found_bytes} found")]
    KeyDamaged {
        /// The case.
        case: String,
        /// Length of a key.
        expected_bytes: usize,
        /// Length of the file.
        found_bytes: usize,
    },
    /// Something is sealed for a case whose key is not there, and it was not erased: the keys were lost.
    #[error("the key of case {case:?} is missing, and there is no sign that it was erased")]
    KeyMissing {
        /// The case.
        case: String,
    },
    /// Another process holds the journal.
    #[error("{} is locked: another daemon writes to this journal", path.display())]
    Locked {
        /// The file that carries the lock.
        path: PathBuf,
    },
    /// A record is larger than the limit.
    #[error("a record of {found_bytes} octets, {limit_bytes} are allowed")]
    PayloadTooLarge {
        /// The largest payload allowed.
        limit_bytes: usize,
        /// The payload's length.
        found_bytes: usize,
    },
    /// An earlier append failed; the reason was reported then.
    #[error("an earlier append failed, so nothing more is written; restart, which verifies the journal")]
    Poisoned,
    /// The writer's queue is full.
    #[error("{queued_bytes} octets in {queued_appends} appends wait for the disk, and no more may")]
    QueueFull {
        /// Octets that wait.
        queued_bytes: usize,
        /// Appends that wait.
        queued_appends: usize,
    },
    /// The journal was opened to read, or lies on a read-only file system.
    #[error("read-only: {during}")]
    ReadOnly {
        /// What was being done.
        during: String,
    },
    /// A sequence number is missing or out of place.
    #[error("record {expected} expected, record {found} found")]
    RecordMissing {
        /// The number that should come.
        expected: Seq,
        /// The number that came.
        found: Seq,
    },
    /// A program newer than this one wrote the journal.
    #[error(
        "the journal has schema version {found}, this program knows up to {supported}; use a newer program"
    )]
    SchemaTooNew {
        /// The newest version this program knows.
        supported: i64,
        /// The version in the file.
        found: i64,
    },
    /// The journal has yet to be brought up to date, which opening it to read does not do.
    #[error(
        "the journal has schema version {found}, {supported} expected; start the daemon once to migrate it"
    )]
    SchemaTooOld {
        /// The version this program reads.
        supported: i64,
        /// The version in the file.
        found: i64,
    },
    /// Sealed data does not open: it or its associated data was changed, or it belongs to another case.
    #[error("case {case:?}: the sealed data or what it is bound to was changed")]
    SealBroken {
        /// The case.
        case: String,
    },
    /// The text is not something this vault sealed.
    #[error("case {case:?}: sealed data starts with {expected:?} and goes on in hexadecimal")]
    SealFormat {
        /// The case.
        case: String,
        /// The prefix of the one format there is.
        expected: &'static str,
    },
    /// SQLite failed in another way.
    #[error("{during}: {message} (SQLite code {code})")]
    Sqlite {
        /// What was being done.
        during: String,
        /// SQLite's extended result code, 0 when the failure lies in front of it.
        code: i32,
        /// SQLite's words.
        message: String,
    },
    /// A journal is where another one was to be put.
    #[error("{} is there already; move the whole folder away first", path.display())]
    Taken {
        /// The journal.
        path: PathBuf,
    },
    /// Records that were acknowledged are gone.
    #[error("records up to {acknowledged} were acknowledged, the journal ends at {last}: it was truncated")]
    Truncated {
        /// The last record known to have been acknowledged.
        acknowledged: Seq,
        /// The last record there is.
        last: Seq,
    },
    /// The caller's idea of the last record is not the journal's.
    #[error("append after record {expected} asked, the last record is {found}: there is another writer")]
    WrongExpected {
        /// The caller's last record.
        expected: Seq,
        /// The journal's last record.
        found: Seq,
    },
}

impl Error {
    /// Whether it is the disk that refuses: nothing is known to be wrong with what it holds.
    #[must_use]
    pub fn is_of_the_disk(&self) -> bool {
        use rusqlite::ffi;
        match self {
            Self::DiskFull { .. } | Self::ReadOnly { .. } | Self::Io { .. } => true,
            Self::Sqlite { code, .. } => {
                let of_the_disk =
                    [ffi::SQLITE_CANTOPEN, ffi::SQLITE_IOERR, ffi::SQLITE_PERM, ffi::SQLITE_READONLY];
                of_the_disk.contains(&(code & 0xff))
            }
            _ => false,
        }
    }

    /// Names what was done to which file when the system refused.
    pub(crate) fn io(during: &str, path: &Path, source: &io::Error) -> Self {
        let during = format!("{during} {}", path.display());
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { during },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { during },
            kind => Self::Io { during, kind, message: source.to_string() },
        }
    }

    /// Names what was done when SQLite refused.
    pub(crate) fn sqlite(during: &str, source: &rusqlite::Error) -> Self {
        let during = during.to_owned();
        match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::DiskFull { during },
            Some(rusqlite::ErrorCode::ReadOnly) => Self::ReadOnly { during },
            _ => {
                let code = source.sqlite_error().map_or(0, |error| error.extended_code);
                Self::Sqlite { during, code, message: source.to_string() }
            }
        }
    }
}
