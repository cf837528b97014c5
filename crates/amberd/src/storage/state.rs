//! The state written down beside the journal, found again, and held against the records.
//!
//! It is written by a second engine that only replays, on a thread of its own, from the journal's file and without the
//! keys: a snapshot is what the records give, and holds nothing that they do not.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use area::{Atlas, Coverage, Inventory};
use engine::{Engine, Patience, Record, Setup};
use journal::{Head, Journal, OpenMode, Snapshot, SqliteJournal, Vault};
use policy::Profile;
use tracing::warn;

use super::{StorageError, entry, unseal};

/// The journal's file in the folder of the state.
pub(crate) fn journal(dir: &Path) -> PathBuf {
    dir.join("journal.db")
}

/// A verified journal, and the newest state that it vouches for.
pub(super) struct Found {
    journal: SqliteJournal,
    head: Head,
    pub(super) state: Option<engine::Snapshot>,
}

/// Opens the journal by the newest snapshot that counts, or verifies all of it.
pub(super) fn find(dir: &Path, mode: OpenMode) -> Result<Found, StorageError> {
    for file in Snapshot::newest_first(dir)? {
        match by_snapshot(dir, mode, &file) {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => warn!(file = %file.display(), "no record vouches for this state; it is passed over"),
            Err(error) => warn!(file = %file.display(), %error, "this state is passed over"),
        }
    }
    Ok(Found { journal: SqliteJournal::open(&journal(dir), mode)?, head: Head::GENESIS, state: None })
}

fn by_snapshot(dir: &Path, mode: OpenMode, file: &Path) -> Result<Option<Found>, StorageError> {
    let Some(snapshot) = Snapshot::read(file)? else { return Ok(None) };
    let journal = SqliteJournal::open_after(&journal(dir), mode, snapshot.head)?;
    let (named, digest) = (snapshot.head.seq.0, snapshot.digest().to_string());
    let mut vouched = false;
    for record in journal.read(snapshot.head.seq.plus(1)) {
        let record = record?;
        vouched |= record.payload.bytes.starts_with(SNAPSHOT_RECORD)
            && matches!(entry(None, &record)?.record, Record::Snapshot { at, digest: known } if at.0 == named && known == digest);
        if vouched {
            break;
        }
    }
    if !vouched {
        return Ok(None);
    }
    let state = state_of(&snapshot)?;
    Ok(Some(Found { journal, head: snapshot.head, state: Some(state) }))
}

impl Found {
    /// The engine that the records give; without keys what is personal stays sealed.
    pub(super) fn engine(
        self,
        setup: Setup,
        vault: Option<&Vault>,
    ) -> Result<(Engine, SqliteJournal), StorageError> {
        let mut engine = match self.state {
            None => Engine::new(setup),
            Some(mut state) => {
                if let Some(vault) = vault {
                    for (alert, version, private) in state.privates_mut() {
                        unseal(vault, self.head.seq.0, alert, version, private)?;
                    }
                }
                Engine::restore(setup, state)
            }
        };
        for record in self.journal.read(self.head.seq.plus(1)) {
            engine.replay(&entry(vault, &record?)?);
        }
        Ok((engine, self.journal))
    }
}

/// Writes down the state up to the last record there is; that record, and the digest to name it by.
pub(super) fn write(dir: &Path, profiles: Vec<Profile>) -> Result<(engine::Seq, String), StorageError> {
    let found = find(dir, OpenMode::Read)?;
    let mut head = found.head;
    let mut engine = match found.state {
        Some(state) => Engine::restore(of_records(profiles), state),
        None => Engine::new(of_records(profiles)),
    };
    for record in found.journal.read(head.seq.plus(1)) {
        let record = record?;
        engine.replay(&entry(None, &record)?);
        head = Head { seq: record.seq, digest: record.digest };
    }
    let snapshot = Snapshot { head, state: octets(head.seq.0, &engine.snapshot())? };
    snapshot.write(dir)?;
    Ok((engine::Seq(head.seq.0), snapshot.digest().to_string()))
}

/// Verifies the whole journal, replays all of it, and holds each snapshot against that; the journal's head, and the
/// records whose states were compared.
pub(crate) fn verify(dir: &Path, profiles: Vec<Profile>) -> Result<(Head, Vec<u64>), StorageError> {
    let mut snapshots = Vec::new();
    for file in Snapshot::newest_first(dir)? {
        snapshots.extend(Snapshot::read(&file)?);
    }
    let journal = SqliteJournal::open(&journal(dir), OpenMode::Read)?;
    let mut engine = Engine::new(of_records(profiles));
    let mut compared = Vec::new();
    for record in journal.read(journal::Seq(1)) {
        let record = record?;
        engine.replay(&entry(None, &record)?);
        for snapshot in snapshots.iter().filter(|snapshot| snapshot.head.seq == record.seq) {
            // Read and written again: an older program may have known less.
            let known = octets(record.seq.0, &state_of(snapshot)?)?;
            if snapshot.head.digest != record.digest || known != octets(record.seq.0, &engine.snapshot())? {
                return Err(StorageError::State { seq: record.seq.0 });
            }
            compared.push(record.seq.0);
        }
    }
    Ok((journal.last()?, compared))
}

/// The state that the journal gives, with what is personal sealed.
pub(crate) fn replayed(dir: &Path, profiles: Vec<Profile>) -> Result<Engine, StorageError> {
    Ok(find(dir, OpenMode::Read)?.engine(of_records(profiles), None)?.0)
}

fn octets(seq: u64, state: &engine::Snapshot) -> Result<Vec<u8>, StorageError> {
    serde_json::to_vec(state).map_err(|error| StorageError::Record { seq, found: error.to_string() })
}

fn state_of(snapshot: &Snapshot) -> Result<engine::Snapshot, StorageError> {
    let seq = snapshot.head.seq.0;
    serde_json::from_slice(&snapshot.state)
        .map_err(|error| StorageError::Record { seq, found: error.to_string() })
}

/// What an engine that only replays must be told: the records bring their own network.
fn of_records(profiles: Vec<Profile>) -> Setup {
    let inventory = Arc::new(Inventory::empty());
    Setup {
        coverage: Coverage::new(&inventory),
        inventory,
        atlas: Arc::new(Atlas::default()),
        profiles,
        traits: Vec::new(),
        codes: Default::default(),
        patience: Patience { retry_first_ms: 1, retry_max_ms: 1, indication_ms: 1, audit_ms: 0 },
        alerts_max: 0,
    }
}

/// How the record that names a snapshot begins.
const SNAPSHOT_RECORD: &[u8] = br#"{"record":"snapshot""#;
