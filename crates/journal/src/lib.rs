//! What has happened: durably, in order, hash-chained.
//!
//! A [`Journal`] is a list of records that only grows. Payloads are octets; this crate knows no record type, so
//! nothing here decides anything. [`SqliteJournal`] keeps the list in one SQLite file. [`Writer`] owns a journal on a
//! thread of its own and commits everything that has queued up in one go. [`Vault`] seals personal data under a key
//! for each case, kept outside the journal: erasing a key makes the data unreadable and leaves the chain whole.
//!
//! [`Snapshot`] keeps a state beside the list, so that a start reads only the records after it.
//!
//! Read [`Journal`] first, then [`Writer`].
//!
//! # What is promised
//! - A record reported durable is on the disk, and so is the anchor (`journal.head`) that says so. A journal that is
//!   later found shorter than its anchor is refused ([`Error::Truncated`]). A tail that was never reported may be
//!   there or not after a crash: whole groups of it, never a part of a record.
//! - Each record's digest covers the digest before it, so a changed, removed, added or swapped record shows at open.
//!   The chain has no secret: it guards against accidents and quiet edits, not against somebody who can rewrite both
//!   files. Against that, export the head to another machine now and then.
//! - The wall clock is an argument. The crate owns files and one thread, no clock.
#![allow(clippy::disallowed_methods)] // this room owns files: the journal, its anchor and the keys

mod anchor;
mod durable;
mod error;
mod log;
mod record;
mod schema;
mod snapshot;
mod sqlite;
mod vault;
mod writer;

pub use error::Error;
pub use record::{Digest, Head, PAYLOAD_MAX_BYTES, Payload, Record, Seq};
pub use snapshot::Snapshot;
pub use sqlite::{OpenMode, Recovery, SqliteJournal};
pub use vault::Vault;
pub use writer::{Outcome, Writer, WriterLimits};

/// An append-only, hash-chained list of records.
///
/// The store behind it may be a file or, later, a database server. Every method speaks about what is stored, so two
/// processes that share a store see the same.
pub trait Journal: Send {
    /// Appends all `records` or none, and returns only when they are durable.
    ///
    /// `expected` is the last sequence number the caller knows. When it is not the last one stored, somebody else has
    /// written, and nothing is appended: two dispatchers can never both write.
    ///
    /// After any other error it is unknown whether the records are stored. Do not append again; reopen, which
    /// verifies, and look.
    fn append(&mut self, expected: Seq, records: &[Payload]) -> Result<Seq, Error>;

    /// The records from `from` on, in order, fetched in small portions. The digests are read, not checked.
    fn read(&self, from: Seq) -> Box<dyn Iterator<Item = Result<Record, Error>> + '_>;

    /// The last record's sequence number and digest.
    fn last(&self) -> Result<Head, Error>;

    /// Recomputes every digest and returns the head, or the first thing that is wrong.
    fn verify(&self) -> Result<Head, Error>;
}
