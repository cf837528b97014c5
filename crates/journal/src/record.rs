//! A record, its place in the order, and the chain of digests.
//!
//! `digest(n) = SHA-256(digest(n-1) ‖ seq ‖ wall_ms ‖ payload)`, numbers as 8 octets big-endian, `digest(0)` all
//! zero. Everything before the payload has a fixed length, so no two records give the same input.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::error::Error;

/// The largest payload of one record, in octets.
pub const PAYLOAD_MAX_BYTES: usize = 16 * 1024 * 1024;

/// A record's place in the journal: 1 is the first record, 0 is "nothing yet".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first record.
    pub const NONE: Self = Self(0);

    /// The place `records` further on.
    #[must_use]
    pub const fn plus(self, records: u64) -> Self {
        Self(self.0.saturating_add(records))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A SHA-256 digest of the chain; shown in hexadecimal.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// What a caller appends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// Wall clock in milliseconds since 1970, as the caller read it.
    pub wall_ms: u64,
    /// The content, at most [`PAYLOAD_MAX_BYTES`]; JSON text in practice.
    pub bytes: Vec<u8>,
}

impl Payload {
    /// The content, checked against [`PAYLOAD_MAX_BYTES`].
    pub(crate) fn checked_bytes(&self) -> Result<&[u8], Error> {
        let found_bytes = self.bytes.len();
        if found_bytes > PAYLOAD_MAX_BYTES {
            return Err(Error::PayloadTooLarge { limit_bytes: PAYLOAD_MAX_BYTES, found_bytes });
        }
        Ok(&self.bytes)
    }
}

/// What the journal gives back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its place.
    pub seq: Seq,
    /// What was appended.
    pub payload: Payload,
    /// The chain's digest up to and with this record.
    pub digest: Digest,
}

/// The end of a chain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Head {
    /// The last record, or [`Seq::NONE`].
    pub seq: Seq,
    /// Its digest, or zeros.
    pub digest: Digest,
}

impl Head {
    /// The end of an empty chain.
    pub const GENESIS: Self = Self { seq: Seq::NONE, digest: Digest([0; 32]) };

    /// The head once `payload` is appended.
    #[must_use]
    pub fn after(self, payload: &Payload) -> Self {
        let seq = self.seq.plus(1);
        let mut hash = Sha256::new();
        hash.update(self.digest.0);
        hash.update(seq.0.to_be_bytes());
        hash.update(payload.wall_ms.to_be_bytes());
        hash.update(&payload.bytes);
        Self { seq, digest: Digest(hash.finalize().into()) }
    }

    /// The head after the stored `record`, if it is the one that must follow.
    pub(crate) fn follow(self, record: &Record) -> Result<Self, Error> {
        let next = self.after(&record.payload);
        if record.seq != next.seq {
            return Err(Error::RecordMissing { expected: next.seq, found: record.seq });
        }
        if record.digest != next.digest {
            let (expected, found) = (next.digest, record.digest);
            return Err(Error::ChainBroken { seq: next.seq, expected, found });
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_sha256_over_the_digest_before_the_number_the_time_and_the_payload() {
        let payload = Payload { wall_ms: 0x0102_0304, bytes: b"{\"a\":1}".to_vec() };
        let mut input = vec![0; 32];
        input.extend([0, 0, 0, 0, 0, 0, 0, 1]);
        input.extend([0, 0, 0, 0, 1, 2, 3, 4]);
        input.extend(b"{\"a\":1}");

        let head = Head::GENESIS.after(&payload);

        assert_eq!(head.seq, Seq(1));
        assert_eq!(head.digest.0, <[u8; 32]>::from(Sha256::digest(&input)));
    }
}
