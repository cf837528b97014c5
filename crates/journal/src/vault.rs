//! Personal data sealed under a key for each case, kept outside the journal.
//!
//! The journal holds the sealed text for good. Erasing the case's key makes that text noise and leaves the chain as
//! it was. One directory, one file a case, readable by its owner only:
//!
//! ```text
//! keys/<case>.key      32 random octets
//! keys/<case>.erased   empty: this case's key was erased, and none is made again
//! keys/<case>.new      a key being made; means nothing
//! ```
//!
//! A backup of the keys must be kept apart from a backup of the journal, and must forget what is erased here. A key
//! that comes back from one is erased again by [`Vault::open`].
//!
//! Sealed: `xc1:` and the hexadecimal of nonce (24 octets) ‖ XChaCha20-Poly1305 of the plain text. Keys are read for
//! each use and not kept in memory.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::durable;
use crate::error::Error;

/// The keys of all cases.
#[derive(Debug)]
pub struct Vault {
    dir: PathBuf,
}

impl Vault {
    /// Opens the directory, makes it when there is none, and finishes erasures that a crash cut short.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        match DirBuilder::new().mode(0o700).create(dir) {
            Ok(()) => durable::sync_parent(dir)?,
            Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(Error::io("creating", dir, &source)),
        }
        let failed = |source| Error::io("listing", dir, &source);
        for entry in fs::read_dir(dir).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.extension().is_some_and(|extension| extension == "erased") {
                wipe(&path.with_extension("key"))?;
            }
        }
        Ok(Self { dir: dir.to_owned() })
    }

    /// The keys of a directory that cannot be written: makes and finishes nothing.
    #[must_use]
    pub fn open_to_read(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// Seals `plain` for `case`, bound to `associated`, which is not stored but must be the same at
    /// [`unseal`](Self::unseal): say where the text belongs, so that it can't be moved. A case's first seal makes
    /// its key. An erased case is refused.
    pub fn seal(&mut self, case: &str, associated: &[u8], plain: &[u8]) -> Result<String, Error> {
        let key = match self.key(case)? {
            Key::Kept(key) => key,
            Key::Erased => return Err(Error::CaseErased { case: case.to_owned() }),
            Key::Absent => self.make_key(case)?,
        };
        let nonce = random::<NONCE_BYTES>()?;
        let text = XChaCha20Poly1305::new(&key.into())
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: associated })
            .map_err(|_| broken(case))?;
        Ok(format!("{PREFIX}{}{}", hex::encode(nonce), hex::encode(text)))
    }

    /// Opens what was sealed for `case` with the same `associated` octets; `None` when the key was erased.
    pub fn unseal(&self, case: &str, associated: &[u8], sealed: &str) -> Result<Option<Vec<u8>>, Error> {
        let key = match self.key(case)? {
            Key::Kept(key) => key,
            Key::Erased => return Ok(None),
            Key::Absent => return Err(Error::KeyMissing { case: case.to_owned() }),
        };
        let format = || Error::SealFormat { case: case.to_owned(), expected: PREFIX };
        let octets = hex::decode(sealed.strip_prefix(PREFIX).ok_or_else(format)?).map_err(|_| format())?;
        let (nonce, text) = octets.split_first_chunk::<NONCE_BYTES>().ok_or_else(|| broken(case))?;
        XChaCha20Poly1305::new(&key.into())
            .decrypt(&XNonce::from(*nonce), Payload { msg: text, aad: associated })
            .map(Some)
            .map_err(|_| broken(case))
    }

    /// Erases the key of `case` for good, whether there is one or not. What was copied elsewhere (backups, a disk
    /// that remaps its blocks) is out of reach.
    pub fn erase(&mut self, case: &str) -> Result<(), Error> {
        let tombstone = self.path(case, "erased")?;
        let key = tombstone.with_extension("key");
        // The tombstone comes first: after a crash between the two the case is erased, and `open` does the rest.
        write_private(&tombstone, &[])?;
        durable::sync_parent(&tombstone)?;
        wipe(&key)
    }

    fn key(&self, case: &str) -> Result<Key, Error> {
        if exists(&self.path(case, "erased")?)? {
            return Ok(Key::Erased);
        }
        let path = self.path(case, "key")?;
        match fs::read(&path) {
            Ok(octets) => octets.as_slice().try_into().map(Key::Kept).map_err(|_| Error::KeyDamaged {
                case: case.to_owned(),
                expected_bytes: KEY_BYTES,
                found_bytes: octets.len(),
            }),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(Key::Absent),
            Err(source) => Err(Error::io("reading", &path, &source)),
        }
    }

    /// Makes a key that is on the disk, whole, before anything is sealed with it.
    fn make_key(&mut self, case: &str) -> Result<[u8; KEY_BYTES], Error> {
        let key = random()?;
        let (new, path) = (self.path(case, "new")?, self.path(case, "key")?);
        write_private(&new, &key)?;
        fs::rename(&new, &path).map_err(|source| Error::io("renaming", &new, &source))?;
        durable::sync_parent(&path)?;
        Ok(key)
    }

    fn path(&self, case: &str, extension: &str) -> Result<PathBuf, Error> {
        let plain = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_';
        if case.is_empty() || case.len() > CASE_MAX_BYTES || !case.bytes().all(plain) {
            return Err(Error::CaseName { case: case.to_owned() });
        }
        Ok(self.dir.join(format!("{case}.{extension}")))
    }
}

enum Key {
    Absent,
    Erased,
    Kept([u8; KEY_BYTES]),
}

/// Overwrites and unlinks a key file, if there is one.
fn wipe(path: &Path) -> Result<(), Error> {
    if exists(path)? {
        let failed = |source| Error::io("erasing", path, &source);
        let mut file = OpenOptions::new().write(true).open(path).map_err(failed)?;
        file.write_all(&[0; KEY_BYTES]).and_then(|()| file.sync_all()).map_err(failed)?;
        fs::remove_file(path).map_err(failed)?;
    }
    // Also when it is gone already: a crash may have come between the unlink and this.
    durable::sync_parent(path)
}

/// Writes a file only its owner can read, and syncs it. The caller syncs the directory.
fn write_private(path: &Path, octets: &[u8]) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options
        .open(path)
        .and_then(|mut file: File| file.write_all(octets).and_then(|()| file.sync_all()))
        .map_err(|source| Error::io("writing", path, &source))
}

fn exists(path: &Path) -> Result<bool, Error> {
    path.try_exists().map_err(|source| Error::io("looking for", path, &source))
}

fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets).map_err(|source| Error::Io {
        during: "asking the system for random octets".to_owned(),
        kind: io::ErrorKind::Other,
        message: source.to_string(),
    })?;
    Ok(octets)
}

fn broken(case: &str) -> Error {
    Error::SealBroken { case: case.to_owned() }
}

/// Names the algorithm and the layout.
const PREFIX: &str = "xc1:";
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// Leaves room for the extension in a file name of 255 octets.
const CASE_MAX_BYTES: usize = 64;
