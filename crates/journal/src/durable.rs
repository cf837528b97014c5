//! Making files and directories survive a power cut.

use std::fs::File;
use std::path::Path;

use crate::error::Error;

/// Syncs the directory that holds `path`: a new, renamed or unlinked file is only safe once its directory is.
pub(crate) fn sync_parent(path: &Path) -> Result<(), Error> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let synced = File::open(directory).and_then(|directory| directory.sync_all());
    synced.map_err(|source| Error::io("syncing the directory", directory, &source))
}
