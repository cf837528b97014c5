//! Making files and directories survive a power cut.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::error::Error;

/// Syncs the directory that holds `path`: a new, renamed or unlinked file is only safe once its directory is.
pub(crate) fn sync_parent(path: &Path) -> Result<(), Error> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    sync(directory).map_err(|source| Error::io("syncing the directory", directory, &source))
}

/// Syncs what somebody else wrote to the file at `path`, if there is one.
pub(crate) fn sync_if_there(path: &Path) -> Result<(), Error> {
    match sync(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(Error::io("syncing", path, &source)),
        _ => Ok(()),
    }
}

fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
