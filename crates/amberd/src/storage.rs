//! What outlives the daemon: records on their way to the journal and back, as JSON with what is personal sealed under a
//! key of its alert; the state written down now and then; and the cancels of a journal that takes none.

mod cancels;
mod state;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use engine::{Alert, AlertId, Engine, Entry, Private, Record, Setup};
use journal::{Journal, OpenMode, Outcome, Payload, SqliteJournal, Vault, Writer, WriterLimits};
use policy::Profile;
use tracing::{error, info, warn};

pub(crate) use self::cancels::Cancel;
use self::cancels::Cancels;
pub(crate) use self::state::{replayed, verify};

/// What the threads of the storage have to say.
pub(crate) enum Event {
    /// The journal's.
    Journal(Outcome),
    /// The state up to a record was written down, under this digest; or why it was not.
    Snapshot(Result<(engine::Seq, String), String>),
    /// The part of the journal that the start did not read is not what it was.
    Damaged(String),
}

/// Where everything lies, and how much of it may be replayed at a start.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The folder of the journal, the keys and the snapshots.
    pub(crate) dir: PathBuf,
    /// The file of cancels that the journal did not take.
    pub(crate) cancels: PathBuf,
    /// After how many records the state is written down.
    pub(crate) snapshot_records: u64,
}

/// The journal's thread, the keys, and the file of cancels.
pub(crate) struct Storage {
    place: Place,
    /// `None` where the disk takes nothing.
    writer: Option<Writer<SqliteJournal>>,
    vault: Vault,
    cancels: Cancels,
    failed: Option<String>,
    /// The last record whose state was written down.
    written: u64,
    is_writing: bool,
    report: Arc<dyn Fn(Event) + Send + Sync>,
}

/// Why the journal or the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    /// A file beside the journal.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
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
    /// The state that was written down is not what the records give.
    #[error("snapshot of record {seq}: expected what a replay of the records gives, found another state")]
    State {
        /// Its place.
        seq: u64,
    },
}

impl Storage {
    /// Opens the journal, restores the state into an engine, and starts the journal's thread. A disk that takes nothing
    /// is no reason not to start: the state is read, and [`Storage::failed`] says why nothing can be recorded.
    pub(crate) fn open(
        place: Place,
        setup: Setup,
        report: impl Fn(Event) + Send + Sync + 'static,
    ) -> Result<(Self, Engine), StorageError> {
        let report: Arc<dyn Fn(Event) + Send + Sync> = Arc::new(report);
        let keys = place.dir.join("keys");
        let found = make_dir(&place.dir)
            .and_then(|()| Ok((Vault::open(&keys)?, state::find(&place.dir, OpenMode::Write)?)));
        let (vault, found, failed) = match found {
            Ok((vault, found)) => (vault, Some(found), None),
            Err(StorageError::Journal(refused)) if refused.is_of_the_disk() => {
                // A journal that cannot even be read is named by the first refusal as well.
                let exists = state::journal(&place.dir).exists();
                let found = exists.then(|| state::find(&place.dir, OpenMode::Read)).transpose()?;
                (Vault::open_to_read(&keys), found, Some(refused.to_string()))
            }
            Err(error) => return Err(error),
        };
        let Some(found) = found else {
            let storage = Self::new(place, None, vault, failed, 0, report);
            return Ok((storage, Engine::new(setup)));
        };
        let written = found.state.as_ref().map_or(0, |state| state.last().0);
        let (engine, journal) = found.engine(setup, Some(&vault))?;
        let recovery = journal.recovery();
        if recovery.torn_bytes > 0 {
            let octets = recovery.torn_bytes;
            warn!(octets, "cut a torn write off the journal's log; nobody had been told that it was done");
        }
        if recovery.unacknowledged > 0 {
            info!(
                records = recovery.unacknowledged,
                "records that nobody had been told of are in the journal"
            );
        }
        info!(
            records = engine.last().0,
            replayed = engine.last().0 - written,
            alerts = engine.alerts().count(),
            "the journal is replayed"
        );
        if written > 0 {
            verify_the_rest(&place.dir, Arc::clone(&report));
        }
        let writer = if failed.is_none() {
            let report = Arc::clone(&report);
            let tell = move |outcome| report(Event::Journal(outcome));
            Some(Writer::spawn(journal, WriterLimits::default(), tell)?)
        } else {
            None
        };
        Ok((Self::new(place, writer, vault, failed, written, report), engine))
    }

    fn new(
        place: Place,
        writer: Option<Writer<SqliteJournal>>,
        vault: Vault,
        failed: Option<String>,
        written: u64,
        report: Arc<dyn Fn(Event) + Send + Sync>,
    ) -> Self {
        let cancels = Cancels::at(place.cancels.clone());
        Self { place, writer, vault, cancels, failed, written, is_writing: false, report }
    }

    /// Why nothing can be recorded since the start.
    pub(crate) fn failed(&self) -> Option<String> {
        self.failed.clone()
    }

    /// From the start on nothing is recorded, and this is why.
    pub(crate) fn fail(&mut self, why: String) {
        self.failed.get_or_insert(why);
    }

    /// Whether a file can be opened now: the key that seals what is personal is one. To lack a descriptor must be known
    /// before anything is decided; a record that cannot be sealed is lost, and the journal with it.
    pub(crate) fn can_open_files() -> bool {
        !matches!(rustix::io::dup(std::io::stderr()), Err(rustix::io::Errno::MFILE))
    }

    /// Hands records to the journal's thread, all or none.
    pub(crate) fn append(&mut self, entries: &[Entry]) -> Result<(), StorageError> {
        let Some(first) = entries.first().filter(|_| self.writer.is_some()) else { return Ok(()) };
        let expected = journal::Seq(first.seq.0 - 1);
        let payloads = entries.iter().map(|entry| self.payload(entry)).collect::<Result<_, _>>()?;
        if let Some(writer) = &mut self.writer {
            writer.append(expected, payloads)?;
        }
        Ok(())
    }

    /// Whether the journal's thread takes more now.
    pub(crate) fn has_room(&self) -> bool {
        self.writer.as_ref().is_none_or(Writer::has_room)
    }

    /// Everything up to this record is durable: writes the state down, on a thread of its own, when it is time.
    pub(crate) fn durable(&mut self, seq: engine::Seq, profiles: &[Profile]) {
        if self.is_writing || seq.0 < self.written.saturating_add(self.place.snapshot_records) {
            return;
        }
        let (dir, profiles, report) = (self.place.dir.clone(), profiles.to_vec(), Arc::clone(&self.report));
        let write = move || {
            let written = state::write(&dir, profiles).map_err(|error| error.to_string());
            report(Event::Snapshot(written));
        };
        match thread::Builder::new().name("snapshot".into()).spawn(write) {
            Ok(_) => self.is_writing = true,
            Err(error) => error!(%error, "no thread to write the state down"),
        }
    }

    /// The state up to this record was written down, or could not be; the next time is after as many records again.
    pub(crate) fn snapshot_over(&mut self, seq: engine::Seq) {
        self.is_writing = false;
        self.written = seq.0;
    }

    /// Keeps a cancel that the journal does not take, durably, for the next start.
    pub(crate) fn keep_cancel(&self, alert: &Alert) -> Result<(), StorageError> {
        self.add_cancel(&Cancel::of(alert))
    }

    /// The same for a cancel that the journal never heard of.
    pub(crate) fn add_cancel(&self, cancel: &Cancel) -> Result<(), StorageError> {
        self.cancels.add(cancel)
    }

    /// The cancels that a journal did not take.
    pub(crate) fn kept_cancels(&self) -> Vec<Cancel> {
        self.cancels.read()
    }

    /// The journal has them all now.
    pub(crate) fn forget_cancels(&self) {
        self.cancels.remove();
    }

    /// Waits until everything handed over is on the disk.
    pub(crate) fn close(self) -> Result<(), StorageError> {
        if let Some(writer) = self.writer {
            writer.close()?;
        }
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

/// Reads a record; `None` for the keys leaves what is personal sealed.
fn entry(vault: Option<&Vault>, record: &journal::Record) -> Result<Entry, StorageError> {
    let seq = record.seq.0;
    let unreadable = |error: serde_json::Error| StorageError::Record { seq, found: error.to_string() };
    let mut fact: Record = serde_json::from_slice(&record.payload.bytes).map_err(unreadable)?;
    if let Some(vault) = vault
        && let Some((alert, version, private)) = fact.private_mut()
    {
        unseal(vault, seq, alert, version, private)?;
    }
    let wall_ms = i64::try_from(record.payload.wall_ms).unwrap_or(i64::MAX);
    Ok(Entry { seq: engine::Seq(seq), wall_ms, record: fact })
}

/// Opens what is personal in a version that record `seq` holds, or finds it erased.
fn unseal(
    vault: &Vault,
    seq: u64,
    alert: AlertId,
    version: u16,
    private: &mut Private,
) -> Result<(), StorageError> {
    let Private::Sealed(sealed) = &*private else { return Ok(()) };
    let plain = vault.unseal(&alert.to_string(), &associated(alert, version), sealed)?;
    let open = |plain: Vec<u8>| serde_json::from_slice(&plain).map(Private::Open);
    let unreadable = |error: serde_json::Error| StorageError::Record { seq, found: error.to_string() };
    *private = plain.map_or(Ok(Private::Erased), open).map_err(unreadable)?;
    Ok(())
}

/// Binds a sealed text to its place, so that one version's cannot be put into another's.
fn associated(alert: AlertId, version: u16) -> Vec<u8> {
    format!("{alert}/{version}").into_bytes()
}

/// Verifies what a start by a snapshot has not read, while the daemon works.
fn verify_the_rest(dir: &Path, report: Arc<dyn Fn(Event) + Send + Sync>) {
    let path = state::journal(dir);
    let verify = move || match SqliteJournal::open(&path, OpenMode::Read).and_then(|journal| journal.last()) {
        Ok(head) => info!(records = head.seq.0, "the whole journal is verified"),
        Err(error) => report(Event::Damaged(error.to_string())),
    };
    if let Err(error) = thread::Builder::new().name("verify".into()).spawn(verify) {
        error!(%error, "no thread to verify the whole journal");
    }
}

fn make_dir(dir: &Path) -> Result<(), StorageError> {
    std::fs::create_dir_all(dir).map_err(|source| {
        let during = format!("creating {}", dir.display());
        journal::Error::Io { during, kind: source.kind(), message: source.to_string() }.into()
    })
}

#[cfg(test)]
mod tests;
