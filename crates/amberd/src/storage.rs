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

    /// Whether the journal's thread takes more now.
    pub(crate) fn has_room(&self) -> bool {
        self.writer.has_room()
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use area::{Atlas, CellRuns, Coverage, Inventory, Target};
    use engine::{Patience, Personal, Setup, Version};
    use policy::{Channel, LanguageText};

    use super::*;

    const TEXT: &str = "Marko Petrovic";

    fn engine() -> Engine {
        let cells = "operator,mcc,mnc,rat,lac_or_tac,cell_id,enb_or_gnb_id,lat,lon,azimuth_deg,beamwidth_deg,radius_m,controller\n\
                     mts,220,03,gsm,1100,1,,45.25,19.84,0,360,500,mts-bsc-01\n";
        let inventory = Arc::new(Inventory::import(cells.as_bytes()).unwrap());
        Engine::new(Setup {
            coverage: Coverage::new(&inventory),
            traits: vec![None],
            inventory,
            atlas: Arc::new(Atlas::serbia().unwrap()),
            profiles: Vec::new(),
            codes: std::collections::BTreeMap::new(),
            patience: Patience { retry_first_ms: 1, retry_max_ms: 1, indication_ms: 1 },
            alerts_max: 1,
        })
    }

    fn drafted() -> Entry {
        let text = LanguageText { language: "sr-Latn".into(), text: TEXT.into() };
        let personal = Personal { texts: vec![text], bodies: vec![TEXT.into()], ..Personal::default() };
        let version = Version {
            number: 1,
            author: "jelena".into(),
            written_ms: 7,
            private: Private::Open(personal),
            planned: Vec::new(),
            target: Target::default(),
            cells: CellRuns::new(),
            unserved: CellRuns::new(),
            duration_s: 60,
            period_s: None,
            approved: None,
            confirmed_ms: None,
        };
        let (alert, channel, class) = (AlertId(1), Channel::Live, "missing-child".to_owned());
        Entry {
            seq: engine::Seq(1),
            wall_ms: 7,
            record: Record::Drafted { alert, channel, class, version, key: None },
        }
    }

    #[test]
    fn what_is_personal_is_sealed_on_disk_and_read_again_until_its_key_is_erased() {
        let dir = tempfile::tempdir().unwrap();
        let mut storage = Storage::open(dir.path(), &mut engine(), |_| {}).unwrap();
        storage.append(&[drafted()]).unwrap();
        storage.close().unwrap();
        for file in ["journal.db", "journal.db-wal"] {
            let bytes = std::fs::read(dir.path().join(file)).unwrap_or_default();
            assert!(!bytes.windows(TEXT.len()).any(|window| window == TEXT.as_bytes()), "{file}");
        }
        let mut replayed = engine();
        Storage::open(dir.path(), &mut replayed, |_| {}).unwrap().close().unwrap();
        let text = |engine: &Engine| {
            let alert = engine.alert(AlertId(1)).unwrap();
            Some(alert.versions[0].private.open()?.bodies[0].clone())
        };
        assert_eq!(text(&replayed).as_deref(), Some(TEXT));
        Vault::open(&dir.path().join("keys")).unwrap().erase("A-1").unwrap();
        let mut erased = engine();
        Storage::open(dir.path(), &mut erased, |_| {}).unwrap();
        assert_eq!(text(&erased), None);
    }
}
