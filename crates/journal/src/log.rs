//! SQLite's write-ahead log as a file: what a death in the middle of a write has left at its end.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Where SQLite keeps the log of the database at `path`.
pub(crate) fn path_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// How many octets of the log's newest writes lie behind the `whole` frames that SQLite takes: a write that was torn,
/// or never committed. Frames of an earlier use of the file have another salt and are nothing.
pub(crate) fn torn_bytes(path: &Path, whole: u64) -> u64 {
    let read = || -> Option<u64> {
        let file = File::open(path_of(path)).ok()?;
        let len = file.metadata().ok()?.len();
        let mut header = [0; HEADER_BYTES as usize];
        file.read_exact_at(&mut header, 0).ok()?;
        let page_bytes = u64::from(u32::from_be_bytes(header[8..12].try_into().ok()?));
        let salt = &header[16..24];
        let first = HEADER_BYTES + whole * (FRAME_HEADER_BYTES + page_bytes);
        let mut at = first;
        let mut frame = [0; FRAME_HEADER_BYTES as usize];
        while file.read_exact_at(&mut frame, at).is_ok() && frame[8..16] == *salt {
            at += FRAME_HEADER_BYTES + page_bytes;
        }
        Some(at.min(len).saturating_sub(first))
    };
    read().unwrap_or(0)
}

const HEADER_BYTES: u64 = 32;
const FRAME_HEADER_BYTES: u64 = 24;
