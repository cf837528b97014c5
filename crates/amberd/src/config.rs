//! What the operator of the daemon writes: `amberd.toml`, one file per mobile operator, one per policy.
//!
//! Every key is in `config/` of the source tree with a comment; a test holds those files true. Unknown keys are
//! refused, and so is what could not work: a peer without an address, a role nobody holds, a controller that the
//! inventory does not have.

mod exchange;
mod operator;
mod roles;

use std::fmt;
use std::path::{Path, PathBuf};

use policy::Profile;
use serde::{Deserialize, Serialize};

pub(crate) use exchange::{Cap, Feed, Signature};
pub(crate) use operator::{Operator, Peer, Protocol, Role, Transport};
pub(crate) use roles::RoleHolders;

use crate::storage::Place;

/// The whole configuration, checked as far as that goes without the inventory.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Config {
    /// The main file.
    #[serde(flatten)]
    pub(crate) main: Main,
    /// The operators, in the order of the main file.
    pub(crate) operator: Vec<Operator>,
    /// The policy profiles, in the order of the main file.
    pub(crate) profile: Vec<Profile>,
}

/// `amberd.toml`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Main {
    /// Where the journal and the keys live.
    pub(crate) state_dir: PathBuf,
    /// Where cancels are kept that the journal cannot take; beside the admin socket when absent.
    #[serde(default)]
    pub(crate) cancels: Option<PathBuf>,
    /// The cell inventory, as CSV.
    pub(crate) inventory: PathBuf,
    /// The files of the mobile operators.
    pub(crate) operators: Vec<PathBuf>,
    /// The files of the policy profiles.
    pub(crate) policies: Vec<PathBuf>,
    /// GeoJSON files of named areas; empty: the coarse figures of Serbia that are built in.
    #[serde(default)]
    pub(crate) areas: Vec<PathBuf>,
    /// The admin socket.
    pub(crate) admin: Admin,
    /// CAP messages, ours and those of others.
    #[serde(default)]
    pub(crate) cap: Cap,
    /// The public feed.
    #[serde(default)]
    pub(crate) feed: Feed,
    /// Who may do what.
    pub(crate) roles: RoleHolders,
    /// How long to wait before asking a network again.
    #[serde(default)]
    pub(crate) patience: Patience,
    /// Limits.
    #[serde(default)]
    pub(crate) limits: Limits,
    /// A recording of all that is decided on.
    #[serde(default)]
    pub(crate) recorder: Recorder,
}

/// The admin socket.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Admin {
    /// Its path.
    pub(crate) socket: PathBuf,
    /// Its permission bits, in octal.
    #[serde(default = "socket_mode")]
    pub(crate) mode: String,
    /// The group that owns it; the daemon's own when absent.
    #[serde(default)]
    pub(crate) group: Option<String>,
}

fn socket_mode() -> String {
    "0660".into()
}

/// How long to wait before asking again.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Patience {
    /// After the first refusal or missing answer, in milliseconds; doubled each time.
    pub(crate) retry_first_ms: u64,
    /// The longest wait between two tries, in milliseconds.
    pub(crate) retry_max_ms: u64,
    /// For indications after an acceptance, in milliseconds.
    pub(crate) indication_ms: u64,
    /// For news, in milliseconds, before a BSC or RNC is asked whether all is on still; 0: it is never asked so.
    pub(crate) audit_ms: u64,
}

impl Default for Patience {
    fn default() -> Self {
        Self { retry_first_ms: 2_000, retry_max_ms: 60_000, indication_ms: 30_000, audit_ms: 300_000 }
    }
}

/// Limits of everything that can grow.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// The most alerts open at once.
    pub(crate) alerts_max: usize,
    /// The longest request on the admin socket, in bytes.
    pub(crate) request_bytes_max: usize,
    /// After how many records the state is written down, so that a start replays no more than about these.
    pub(crate) snapshot_records: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { alerts_max: 100, request_bytes_max: 1 << 20, snapshot_records: 20_000 }
    }
}

/// A recording of what the daemon is told and of what comes of it, to be played again.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Recorder {
    /// Its file; without it nothing is recorded.
    pub(crate) path: Option<PathBuf>,
    /// Where it ends, in bytes.
    pub(crate) bytes_max: u64,
}

impl Default for Recorder {
    fn default() -> Self {
        Self { path: None, bytes_max: 64 << 20 }
    }
}

impl Config {
    /// Reads the main file and all that it names. Relative paths are relative to the main file.
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::complete(path, read_toml(path)?)
    }

    /// The same for the demo alone, whose main file says so: no other configuration gets asserted identities, and
    /// `amberd run` refuses this one for its unknown key.
    pub(crate) fn read_demonstration(path: &Path) -> Result<Self, ConfigError> {
        let wrong = |message: &str| ConfigError { file: path.to_owned(), message: message.to_owned() };
        let mut table: toml::Table = read_toml(path)?;
        if table.remove("demonstration") != Some(toml::Value::Boolean(true)) {
            return Err(wrong(
                "demonstration: expected true: only the demo's own configuration is taken here",
            ));
        }
        let main = table.try_into().map_err(|error| wrong(&error.to_string()))?;
        let config = Self::complete(path, main)?;
        let mut peers = config.operator.iter().flat_map(|operator| &operator.peer);
        let outside = |peer: &&Peer| {
            peer.addresses.iter().chain(&peer.listen).any(|address| !address.ip().is_loopback())
        };
        if config.main.feed.listen.is_some_and(|address| !address.ip().is_loopback()) {
            return Err(wrong("feed.listen: expected an address on loopback, for a demo"));
        }
        match peers.find(outside) {
            Some(peer) => {
                Err(wrong(&format!("peer {:?}: expected an address on loopback, for a demo", peer.name)))
            }
            None => Ok(config),
        }
    }

    fn complete(path: &Path, mut main: Main) -> Result<Self, ConfigError> {
        let dir = path.parent().unwrap_or(Path::new("."));
        let paths = [&mut main.state_dir, &mut main.inventory, &mut main.admin.socket];
        for path in paths
            .into_iter()
            .chain(&mut main.cancels)
            .chain(&mut main.operators)
            .chain(&mut main.policies)
            .chain(&mut main.areas)
        {
            *path = dir.join(&path);
        }
        let more = main.cap.paths().chain(main.feed.paths()).chain(&mut main.recorder.path);
        more.for_each(|path| *path = dir.join(&path));
        let mut operator: Vec<Operator> =
            main.operators.iter().map(|path| read_toml(path)).collect::<Result<_, _>>()?;
        let peers = operator.iter_mut().flat_map(|operator| &mut operator.peer);
        peers.flat_map(Peer::files).for_each(|path| *path = dir.join(&path));
        let profile: Vec<Profile> =
            main.policies.iter().map(|path| read_toml(path)).collect::<Result<_, _>>()?;
        let config = Self { main, operator, profile };
        config.check(path)?;
        Ok(config)
    }

    /// Where everything that outlives the daemon lies.
    pub(crate) fn place(&self) -> Place {
        let beside = || self.main.admin.socket.with_file_name("cancels");
        Place {
            dir: self.main.state_dir.clone(),
            cancels: self.main.cancels.clone().unwrap_or_else(beside),
            snapshot_records: self.main.limits.snapshot_records.max(1),
        }
    }

    /// The effective configuration, every default written out, as TOML.
    pub(crate) fn effective(&self) -> Result<String, ConfigError> {
        toml::to_string_pretty(self).map_err(|error| ConfigError {
            file: PathBuf::from("-"),
            message: format!("the effective configuration cannot be written: {error}"),
        })
    }

    fn check(&self, path: &Path) -> Result<(), ConfigError> {
        let wrong = |file: &Path, message: String| Err(ConfigError { file: file.to_owned(), message });
        if self.operator.is_empty() {
            return wrong(path, "operators: expected at least one file, found none".into());
        }
        if self.profile.is_empty() {
            return wrong(path, "policies: expected at least one file, found none".into());
        }
        for (profile, file) in self.profile.iter().zip(&self.main.policies) {
            if let Err(error) = profile.check() {
                return wrong(file, error.to_string());
            }
        }
        let mut names: Vec<&str> = Vec::new();
        for (operator, file) in self.operator.iter().zip(&self.main.operators) {
            if let Err(message) = operator.check() {
                return wrong(file, message);
            }
            for peer in &operator.peer {
                if names.contains(&peer.name.as_str()) {
                    return wrong(
                        file,
                        format!("peer {:?}: expected a name of its own, found another with it", peer.name),
                    );
                }
                names.push(&peer.name);
                if peer.protocol == Protocol::Cap && self.main.cap.sender.is_none() {
                    let expected = "expected cap.sender in the main file with cap, found none";
                    return wrong(file, format!("peer {:?}: protocol: {expected}", peer.name));
                }
            }
        }
        if u32::from_str_radix(&self.main.admin.mode, 8).is_err() {
            let found = &self.main.admin.mode;
            return wrong(
                path,
                format!("admin.mode: expected octal permission bits such as \"0660\", found {found:?}"),
            );
        }
        if let Err(message) = self.main.cap.check().and_then(|()| self.main.feed.check(&self.main.cap)) {
            return wrong(path, message);
        }
        if let Err(message) = self.main.roles.check() {
            return wrong(path, message);
        }
        Ok(())
    }
}

fn read_toml<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    let wrong = |message: String| ConfigError { file: path.to_owned(), message };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(format!("cannot be read: {error}")))?;
    toml::from_str(&text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))
}

/// What is wrong with a file of the configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) struct ConfigError {
    /// The file.
    pub(crate) file: PathBuf,
    /// What, where, expected and found.
    pub(crate) message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.message)
    }
}

#[cfg(test)]
mod tests;
