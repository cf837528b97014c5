//! Records on their way to the journal and back: as JSON, with what is personal sealed under a key of its alert.

use std::path::Path;

use engine::{AlertId, Engine, Entry, Private, Record};
use journal::{Journal, OpenMode, Outcome, Payload, SqliteJournal, Vault, Writer, WriterLimits};

/// The journal's thread, and the keys.
pub(crate) struct Storage {
    writer: Writer<SqliteJournal>,
    vault: Vault,
}

/// Why the journal or the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    /// The journal or the vault said so.
    #[error("{0}")]
    Journal(#[from] journal::Error),
    /// A record cannot be read: another version wrote it, or it was damaged before it was chained.
    #[error("record {seq} of the journal: expected a record of this version, found {found}")]
    Record {
        /// Its place.
        seq: u64,
        /// What is wrong with it.
        found: String,
    },
}

impl Storage {
    /// Opens the journal in `dir`, replays all of it into `engine`, and starts its thread.
    pub(crate) fn open(
        dir: &Path,
        engine: &mut Engine,
        report: impl FnMut(Outcome) + Send + 'static,
    ) -> Result<Self, StorageError> {
        let vault = Vault::open(&dir.join("keys"))?;
        let journal = SqliteJournal::open(&dir.join("journal.db"), OpenMode::Write)?;
        for record in journal.read(journal::Seq(1)) {
            engine.replay(&entry(&vault, &record?)?);
        }
        Ok(Self { writer: Writer::spawn(journal, WriterLimits::default(), report)?, vault })
    }

    /// Hands records to the journal's thread, all or none.
    pub(crate) fn append(&mut self, entries: &[Entry]) -> Result<(), StorageError> {
        let Some(first) = entries.first() else { return Ok(()) };
        let expected = journal::Seq(first.seq.0 - 1);
        let payloads = entries.iter().map(|entry| self.payload(entry)).collect::<Result<_, _>>()?;
        self.writer.append(expected, payloads)?;
        Ok(())
    }

    /// Waits until everything handed over is on the disk.
    pub(crate) fn close(self) -> Result<(), StorageError> {
        self.writer.close()?;
        Ok(())
    }

    fn payload(&mut self, entry: &Entry) -> Result<Payload, StorageError> {
        let unwritable =
            |error: serde_json::Error| StorageError::Record { seq: entry.seq.0, found: error.to_string() };
        let mut record = entry.record.clone();
        if let Some((alert, version, private)) = record.private_mut()
            && let Private::Open(personal) = &*private
        {
            let plain = serde_json::to_vec(personal).map_err(unwritable)?;
            let sealed = self.vault.seal(&alert.to_string(), &associated(alert, version), &plain)?;
            *private = Private::Sealed(sealed);
        }
        let bytes = serde_json::to_vec(&record).map_err(unwritable)?;
        Ok(Payload { wall_ms: u64::try_from(entry.wall_ms).unwrap_or(0), bytes })
    }
}

fn entry(vault: &Vault, record: &journal::Record) -> Result<Entry, StorageError> {
    let seq = record.seq.0;
    let unreadable = |error: serde_json::Error| StorageError::Record { seq, found: error.to_string() };
    let mut fact: Record = serde_json::from_slice(&record.payload.bytes).map_err(unreadable)?;
    if let Some((alert, version, private)) = fact.private_mut()
        && let Private::Sealed(sealed) = &*private
    {
        let plain = vault.unseal(&alert.to_string(), &associated(alert, version), sealed)?;
        *private = match plain {
            Some(plain) => Private::Open(serde_json::from_slice(&plain).map_err(unreadable)?),
            None => Private::Erased,
        };
    }
    let wall_ms = i64::try_from(record.payload.wall_ms).unwrap_or(i64::MAX);
    Ok(Entry { seq: engine::Seq(seq), wall_ms, record: fact })
}

/// Binds a sealed text to its place, so that one version's cannot be put into another's.
fn associated(alert: AlertId, version: u16) -> Vec<u8> {
    format!("{alert}/{version}").into_bytes()
}
