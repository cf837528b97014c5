//! What a program wrote down of its state at a record, so that its next start need not read the records before.
//!
//! ```text
//! snapshot-<seq>    "amberd-snapshot 1 " | seq, 20 digits | space | digest of the chain, 64 hex | newline | the state
//! ```
//!
//! A snapshot proves nothing by itself. It counts once a later record of the chain names its digest, which covers the
//! whole file: then whoever trusts the anchor can trust it. It is written whole or not at all, and never changed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::durable;
use crate::error::Error;
use crate::record::{Digest, Head, Seq};

/// A state with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The last record that is in it.
    pub head: Head,
    /// The program's own octets.
    pub state: Vec<u8>,
}

impl Snapshot {
    /// Reads one; `None` when the file is not a whole snapshot.
    pub fn read(path: &Path) -> Result<Option<Self>, Error> {
        let octets = fs::read(path).map_err(|source| Error::io("reading", path, &source))?;
        Ok(octets.split_at_checked(HEADER_BYTES).and_then(|(header, state)| {
            let mut words = std::str::from_utf8(header).ok()?.split_ascii_whitespace().skip(2);
            let seq = Seq(words.next()?.parse().ok()?);
            let mut digest = Digest::default();
            hex::decode_to_slice(words.next()?, &mut digest.0).ok()?;
            let head = Head { seq, digest };
            (self::header(head).as_bytes() == header).then(|| Self { head, state: state.to_vec() })
        }))
    }

    /// The SHA-256 of the whole file.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        hash.update(header(self.head));
        hash.update(&self.state);
        Digest(hash.finalize().into())
    }

    /// Writes it into `dir`, durably, and removes all but the two newest there: the older one counts until this one
    /// is named.
    pub fn write(&self, dir: &Path) -> Result<(), Error> {
        let path = dir.join(format!("{PREFIX}{}", self.head.seq));
        let beside = dir.join("snapshot.part");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let written = options.open(&beside).and_then(|mut file: File| {
            file.write_all(header(self.head).as_bytes())?;
            file.write_all(&self.state)?;
            file.sync_all()
        });
        written.map_err(|source| Error::io("writing", &beside, &source))?;
        fs::rename(&beside, &path).map_err(|source| Error::io("renaming", &beside, &source))?;
        durable::sync_parent(&path)?;
        for old in Self::newest_first(dir)?.into_iter().skip(2) {
            fs::remove_file(&old).map_err(|source| Error::io("removing", &old, &source))?;
        }
        Ok(())
    }

    /// The files of a folder that are called snapshots, the newest first.
    pub fn newest_first(dir: &Path) -> Result<Vec<PathBuf>, Error> {
        let failed = |source: io::Error| Error::io("listing", dir, &source);
        let mut found: Vec<(u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(dir).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let seq = name.and_then(|name| name.strip_prefix(PREFIX)?.parse().ok());
            found.extend(seq.map(|seq| (seq, path)));
        }
        found.sort_unstable_by(|one, other| other.cmp(one));
        Ok(found.into_iter().map(|(_, path)| path).collect())
    }
}

const PREFIX: &str = "snapshot-";
const HEADER_BYTES: usize = "amberd-snapshot 1 ".len() + 20 + 1 + 64 + 1;

fn header(head: Head) -> String {
    format!("amberd-snapshot 1 {:020} {}\n", head.seq.0, head.digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(seq: u64) -> Snapshot {
        Snapshot { head: Head { seq: Seq(seq), digest: Digest([7; 32]) }, state: b"{\"a\":1}\n".to_vec() }
    }

    #[test]
    fn a_snapshot_is_read_back_and_the_two_newest_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        for seq in [5, 40, 300] {
            snapshot(seq).write(dir.path()).unwrap();
        }
        let found = Snapshot::newest_first(dir.path()).unwrap();
        assert_eq!(found, [dir.path().join("snapshot-300"), dir.path().join("snapshot-40")]);
        assert_eq!(Snapshot::read(&found[0]), Ok(Some(snapshot(300))));
    }

    #[test]
    fn any_change_of_the_file_changes_its_digest_or_is_no_snapshot() {
        let dir = tempfile::tempdir().unwrap();
        snapshot(5).write(dir.path()).unwrap();
        let path = dir.path().join("snapshot-5");
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(&path, &changed).unwrap();
            let found = Snapshot::read(&path).unwrap();
            assert!(found.is_none_or(|found| found.digest() != snapshot(5).digest()), "octet {at}");
            fs::write(&path, &whole[..at]).unwrap();
            let cut = Snapshot::read(&path).unwrap();
            assert!(cut.is_none_or(|cut| cut.digest() != snapshot(5).digest()), "cut at {at}");
        }
    }
}
