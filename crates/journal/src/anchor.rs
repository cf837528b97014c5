//! The anchor: a small file beside the journal that holds the last acknowledged head.
//!
//! Without it a journal that lost its last records would look like one that never had them. It is written after
//! each commit and before the records are reported durable, so it is never ahead of the disk.
//!
//! ```text
//! offset 0     slot 0: seq, 20 digits | space | digest, 64 hex | space | check, 16 hex | newline, then spaces
//! offset 4096  slot 1: the same
//! ```
//!
//! The older slot is always the one overwritten, in place. A write torn by a power cut then leaves the other slot,
//! one group behind, which is still true; and one sync is enough, where a rename would need two. Because the file is
//! never replaced it also carries the lock that keeps a second writer out.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::durable;
use crate::error::Error;
use crate::record::{Digest, Head, Seq};

/// A slot has a page of its own, so that one torn write can't hurt both.
const SLOT_BYTES: usize = 4096;

/// The anchor of a journal opened to write; holds the lock.
#[derive(Debug)]
pub(crate) struct Anchor {
    file: File,
    path: PathBuf,
    older_slot: usize,
}

impl Anchor {
    /// Locks the anchor at `path` and reads it. A fresh one is made only when there is no journal yet.
    pub(crate) fn lock(path: &Path, journal_exists: bool) -> Result<(Self, Head), Error> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(|source| Error::io("opening", path, &source))?;
        file.try_lock().map_err(|refusal| match refusal {
            TryLockError::WouldBlock => Error::Locked { path: path.to_owned() },
            TryLockError::Error(source) => Error::io("locking", path, &source),
        })?;
        let mut anchor = Self { file, path: path.to_owned(), older_slot: 0 };
        match newest(&anchor.file, path)? {
            Some((slot, head)) => {
                anchor.older_slot = 1 - slot;
                Ok((anchor, head))
            }
            None if journal_exists => Err(Error::AnchorMissing { path: path.to_owned() }),
            None => {
                anchor.write(Head::GENESIS)?;
                anchor.write(Head::GENESIS)?;
                durable::sync_parent(path)?;
                Ok((anchor, Head::GENESIS))
            }
        }
    }

    /// Makes `head` the anchored one, durably.
    pub(crate) fn write(&mut self, head: Head) -> Result<(), Error> {
        let mut slot = encode(head).into_bytes();
        slot.resize(SLOT_BYTES, b' ');
        self.file
            .write_all_at(&slot, (self.older_slot * SLOT_BYTES) as u64)
            .and_then(|()| self.file.sync_data())
            .map_err(|source| Error::io("writing", &self.path, &source))?;
        self.older_slot = 1 - self.older_slot;
        Ok(())
    }
}

/// The anchored head, read without the lock: a writer may be at work.
pub(crate) fn read(path: &Path) -> Result<Head, Error> {
    let missing = || Error::AnchorMissing { path: path.to_owned() };
    let file = File::open(path).map_err(|_| missing())?;
    newest(&file, path)?.map(|(_, head)| head).ok_or_else(missing)
}

/// The readable slot with the highest sequence number.
fn newest(file: &File, path: &Path) -> Result<Option<(usize, Head)>, Error> {
    let mut newest: Option<(usize, Head)> = None;
    for slot in 0..2 {
        let mut octets = [0; ENCODED_BYTES];
        let found = match file.read_exact_at(&mut octets, (slot * SLOT_BYTES) as u64) {
            Ok(()) => decode(&octets),
            Err(source) if source.kind() == std::io::ErrorKind::UnexpectedEof => None,
            Err(source) => return Err(Error::io("reading", path, &source)),
        };
        if let Some(head) = found
            && newest.is_none_or(|(_, other)| head.seq > other.seq)
        {
            newest = Some((slot, head));
        }
    }
    Ok(newest)
}

/// Length of an encoded head.
const ENCODED_BYTES: usize = 20 + 1 + 64 + 1 + 16 + 1;

fn encode(head: Head) -> String {
    let content = format!("{:020} {}", head.seq.0, head.digest);
    let check = Sha256::digest(content.as_bytes());
    format!("{content} {}\n", hex::encode(&check[..8]))
}

fn decode(octets: &[u8; ENCODED_BYTES]) -> Option<Head> {
    let mut words = std::str::from_utf8(octets).ok()?.split_ascii_whitespace();
    let seq = Seq(words.next()?.parse().ok()?);
    let mut digest = Digest::default();
    hex::decode_to_slice(words.next()?, &mut digest.0).ok()?;
    let head = Head { seq, digest };
    (encode(head).as_bytes() == octets).then_some(head)
}

#[cfg(test)]
impl Anchor {
    /// From here on each write finds the disk full.
    pub(crate) fn break_disk(&mut self) {
        self.file = OpenOptions::new().write(true).open("/dev/full").unwrap();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(seq: u64) -> Head {
        Head { seq: Seq(seq), digest: Digest([seq as u8; 32]) }
    }

    #[test]
    fn the_newest_head_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.head");
        let (mut anchor, first) = Anchor::lock(&path, false).unwrap();
        assert_eq!(first, Head::GENESIS);

        for seq in 1..=5 {
            anchor.write(head(seq)).unwrap();
            assert_eq!(read(&path), Ok(head(seq)));
        }
    }

    #[test]
    fn a_slot_torn_at_any_octet_leaves_the_head_before_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.head");
        let (mut anchor, _) = Anchor::lock(&path, false).unwrap();
        anchor.write(head(1)).unwrap();
        anchor.write(head(2)).unwrap();
        let before = std::fs::read(&path).unwrap();
        anchor.write(head(3)).unwrap();
        let after = std::fs::read(&path).unwrap();
        drop(anchor);

        for torn_at in 0..ENCODED_BYTES {
            let mut torn = after.clone();
            torn[torn_at..SLOT_BYTES].copy_from_slice(&before[torn_at..SLOT_BYTES]);
            std::fs::write(&path, &torn).unwrap();
            let found = read(&path).unwrap();
            assert!(found == head(2) || found == head(3), "torn at {torn_at}: {found:?}");

            // The next write goes over the torn slot, not over the good one.
            let (mut anchor, _) = Anchor::lock(&path, true).unwrap();
            let good = found.seq;
            anchor.write(head(4)).unwrap();
            assert_eq!(read(&path), Ok(head(4)));
            let kept = std::fs::read_to_string(&path).unwrap();
            assert!(kept.contains(&encode(head(good.0))), "torn at {torn_at}: head {good} was overwritten");
        }
    }

    #[test]
    fn an_anchor_is_not_made_anew_beside_an_existing_journal() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.head");
        assert_eq!(Anchor::lock(&path, true).unwrap_err(), Error::AnchorMissing { path: path.clone() });
        assert_eq!(Anchor::lock(&path, true).unwrap_err(), Error::AnchorMissing { path });
    }
}
