//! The cancels that a failed journal did not take: one line of JSON each, in a file that should lie on another disk. The
//! next start cancels them again before anything else, and removes the file once its journal has them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use engine::command::{Actor, Command, Roles};
use engine::{Alert, AlertId};
use serde::{Deserialize, Serialize};
use tracing::error;

use super::StorageError;

/// A cancel, as it was accepted.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub(crate) struct Cancel {
    /// The alert.
    pub(crate) alert: AlertId,
    /// Who took it back.
    pub(crate) by: String,
    /// Why.
    pub(crate) reason: String,
}

impl Cancel {
    /// The cancel that an alert's history ends with.
    pub(crate) fn of(alert: &Alert) -> Self {
        let step = alert.history.iter().rfind(|step| matches!(step.verb.as_str(), "cancel" | "stop all"));
        Self {
            alert: alert.id,
            by: step.and_then(|step| step.by.clone()).unwrap_or_default(),
            reason: step.and_then(|step| step.reason.clone()).unwrap_or_default(),
        }
    }

    /// The same as a command, and who gives it.
    pub(crate) fn command(self) -> (Actor, Command) {
        let roles = Roles { approver: true, ..Roles::default() };
        let Self { alert, by, reason } = self;
        (Actor { name: by, root: false, roles }, Command::Cancel { alert, reason })
    }
}

/// Their file.
#[derive(Debug)]
pub(super) struct Cancels {
    path: PathBuf,
}

impl Cancels {
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Adds one, durably.
    pub(super) fn add(&self, cancel: &Cancel) -> Result<(), StorageError> {
        let failed = |source| StorageError::File { path: self.path.clone(), source };
        let line = serde_json::to_string(cancel).map_err(|error| failed(error.into()))?;
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o600);
        let written = options.open(&self.path).and_then(|mut file: File| {
            file.write_all(format!("{line}\n").as_bytes())?;
            file.sync_all()?;
            match self.path.parent() {
                Some(dir) => File::open(dir)?.sync_all(),
                None => Ok(()),
            }
        });
        written.map_err(failed)
    }

    /// All of them; a line that was torn is told and passed over.
    pub(super) fn read(&self) -> Vec<Cancel> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                error!(path = %self.path.display(), %error, "cancels of a failed journal cannot be read: cancel again");
                return Vec::new();
            }
        };
        let cancel = |line: &str| match serde_json::from_str(line) {
            Ok(cancel) => Some(cancel),
            Err(error) => {
                error!(path = %self.path.display(), line, %error, "not a cancel: cancel again by hand");
                None
            }
        };
        text.lines().filter_map(cancel).collect()
    }

    pub(super) fn remove(&self) {
        if let Err(error) = fs::remove_file(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            error!(path = %self.path.display(), %error, "cancels that the journal has now cannot be removed");
        }
    }
}
