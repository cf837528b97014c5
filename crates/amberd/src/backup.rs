//! `amberd backup`, `restore`, `verify` and `erase`: the journal as a copy that is whole, and back; and what it forgets.
//!
//! What happened after a copy was made nobody knows. So a restored journal rests every message code of ours for as long
//! as phones remember, meets every peer anew, which is RESET and loaded again where its protocol has that, and takes
//! back at its start what the person who restores says has been cancelled since.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use engine::{AlertId, State};
use journal::{Head, SqliteJournal};

use crate::clock::Clock;
use crate::config::{Config, ConfigError};
use crate::country::Country;
use crate::storage::{self, Cancel, Storage, StorageError};

/// Why a copy was not made or not taken back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BackupError {
    /// The configuration.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// A file or folder.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// The system's words.
        source: std::io::Error,
    },
    /// The journal.
    #[error("journal: {0}")]
    Journal(#[from] journal::Error),
    /// An alert that was to be forgotten may still be needed.
    #[error("{alert}: expected a closed alert, found one that is {found}")]
    Open {
        /// Which.
        alert: AlertId,
        /// Its state.
        found: State,
    },
    /// The state, or what lies beside it.
    #[error("{0}")]
    Storage(#[from] StorageError),
    /// An alert that was named is not in the journal.
    #[error("{alert}: expected an alert of the journal, found none of that name")]
    Unknown {
        /// Which.
        alert: AlertId,
    },
}

/// Copies the journal, its anchor and the inventories to `to`, and the keys to `keys_to`, while the daemon works or not.
/// The copy is verified.
pub(crate) fn backup(config: &Config, to: &Path, keys_to: Option<&Path>) -> Result<(), BackupError> {
    let state = &config.main.state_dir;
    let head = copy(state, to)?;
    println!("{}: records up to {}, digest {}", to.display(), head.seq, head.digest);
    match keys_to {
        Some(keys_to) => println!("{}: {} keys", keys_to.display(), copy_keys(&state.join("keys"), keys_to)?),
        None => println!("without the keys: what is personal in this copy cannot be read (--keys-to)"),
    }
    Ok(())
}

/// Puts a copy in the place of a journal that is gone.
pub(crate) fn restore(
    config: &Config,
    from: &Path,
    keys_from: Option<&Path>,
    cancel: &[AlertId],
) -> Result<(), BackupError> {
    let state = &config.main.state_dir;
    let Country { setup, .. } = Country::read(config)?;
    let codes = setup.codes.clone();
    let head = copy(from, state)?;
    if let Some(keys_from) = keys_from {
        copy_keys(keys_from, &state.join("keys"))?;
    }
    let (mut storage, mut engine) = Storage::open(config.place(), setup, |_| {})?;
    println!("{}: restored up to record {}, digest {}", state.display(), head.seq, head.digest);
    for id in cancel {
        let alert = engine.alert(*id).ok_or(BackupError::Unknown { alert: *id })?;
        let reason = "cancelled after the copy was made that was restored".to_owned();
        let by = alert.versions.first().map(|version| version.author.clone()).unwrap_or_default();
        storage.add_cancel(&Cancel { alert: *id, by, reason })?;
    }
    let mut records = Vec::new();
    engine.restored(Clock::start().now(), &codes, &mut records);
    storage.append(&records)?;
    storage.close()?;
    for alert in engine.alerts().filter(|alert| alert.state.is_on() && !cancel.contains(&alert.id)) {
        let (id, channel) = (alert.id, alert.channel);
        println!(
            "{id} ({channel:?}) is on in this copy: the next start puts it back on the air until its expiry"
        );
    }
    let waiting = engine.alerts().filter(|alert| alert.state == State::Submitted).count();
    println!("{waiting} alerts wait for approval; drafts and approvals since the copy was made are lost");
    println!(
        "No message code of today's message_codes is used for 26 hours; give a range that has not been used to alert before"
    );
    Ok(())
}

/// Verifies the whole journal, and holds what was written down of its state against a replay.
pub(crate) fn verify(config: &Config) -> Result<(), BackupError> {
    let (head, compared) = storage::verify(&config.main.state_dir, config.profile.clone())?;
    println!("records up to {} verified, digest {}", head.seq, head.digest);
    for seq in compared {
        println!("the state written down at record {seq} is what a replay of the records gives");
    }
    Ok(())
}

/// Erases what is personal in closed alerts: the keys that it is sealed under.
pub(crate) fn erase(config: &Config, alerts: &[AlertId]) -> Result<(), BackupError> {
    let state = &config.main.state_dir;
    let engine = storage::replayed(state, config.profile.clone())?;
    for id in alerts {
        let alert = engine.alert(*id).ok_or(BackupError::Unknown { alert: *id })?;
        if alert.state != State::Closed {
            return Err(BackupError::Open { alert: *id, found: alert.state });
        }
    }
    let mut vault = journal::Vault::open(&state.join("keys"))?;
    for id in alerts {
        vault.erase(&id.to_string())?;
        println!("{id}: its key is erased");
    }
    println!("A daemon that runs has the texts in its memory until it is started again.");
    Ok(())
}

/// Copies a folder's journal, with the inventories beside it. Snapshots are made anew.
fn copy(from: &Path, to: &Path) -> Result<Head, BackupError> {
    make_dir(to)?;
    let head = SqliteJournal::copy(&from.join("journal.db"), &to.join("journal.db"))?;
    let beside = |name: &str| name.starts_with("inventory-") && name.ends_with(".csv");
    copy_files(from, to, beside)?;
    Ok(head)
}

/// Copies keys, and the signs that one was erased; an erased key never comes back.
fn copy_keys(from: &Path, to: &Path) -> Result<usize, BackupError> {
    make_dir(to)?;
    let copied = copy_files(from, to, |name| name.ends_with(".key") || name.ends_with(".erased"))?;
    journal::Vault::open(to)?;
    Ok(copied)
}

fn copy_files(from: &Path, to: &Path, is_meant: impl Fn(&str) -> bool) -> Result<usize, BackupError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| BackupError::File { path, source }
    };
    let mut names = BTreeMap::new();
    for entry in fs::read_dir(from).map_err(failed(from))? {
        let path = entry.map_err(failed(from))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).map(ToOwned::to_owned);
        names.extend(name.filter(|name| is_meant(name)).map(|name| (name, path)));
    }
    for (name, path) in &names {
        let target = to.join(name);
        fs::copy(path, &target).map_err(failed(&target))?;
        fs::File::open(&target).and_then(|file| file.sync_all()).map_err(failed(&target))?;
    }
    fs::File::open(to).and_then(|dir| dir.sync_all()).map_err(failed(to))?;
    Ok(names.len())
}

fn make_dir(path: &Path) -> Result<(), BackupError> {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = fs::DirBuilder::new();
    builder
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| BackupError::File { path: path.to_owned(), source })
}
