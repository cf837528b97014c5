//! The journal's disk in memory: appends are in the page cache until a sync has ended; a death loses what was not
//! synced, all of it or all but a torn beginning; a sync that fails makes nothing durable ever again.
//!
//! ```text
//! record   length 4 | chain 8 | wall clock 8 | JSON      the chain covers the record before
//! ```

use engine::{Entry, Record, Seq};

use crate::chance::Chance;

/// The journal's file.
#[derive(Debug)]
pub(crate) struct Disk {
    octets: Vec<u8>,
    chain: u64,
    last: Seq,
    synced: usize,
    syncing: Option<Syncing>,
    fails: bool,
    full: bool,
    dead: bool,
    sync_ms: (u64, u64),
    chance: Chance,
    /// How many octets of what was not synced the next death leaves, in place of a drawn number.
    kept: Option<u64>,
}

#[derive(Clone, Copy, Debug)]
struct Syncing {
    done_ms: u64,
    octets: usize,
    seq: Seq,
}

/// What a sync came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Synced {
    /// Everything up to this record is durable.
    Durable(Seq),
    /// Nothing more will be.
    Failed,
}

const HEAD: usize = 20;

impl Disk {
    pub(crate) fn new(chance: Chance, sync_ms: (u64, u64)) -> Self {
        Self {
            octets: Vec::new(),
            chain: 0,
            last: Seq(0),
            synced: 0,
            syncing: None,
            fails: false,
            full: false,
            dead: false,
            sync_ms,
            chance,
            kept: None,
        }
    }

    /// The next sync fails.
    pub(crate) fn fail_next(&mut self) {
        self.fails = true;
    }

    /// There is no room any more.
    pub(crate) fn fill(&mut self) {
        self.full = true;
    }

    /// Whether it takes records.
    pub(crate) fn has_room(&self) -> bool {
        !self.full
    }

    /// The next death leaves so many octets of what was not synced, if there are as many.
    pub(crate) fn keep(&mut self, octets: u64) {
        self.kept = Some(octets);
    }

    /// How many octets a death now could leave or not.
    pub(crate) fn unsynced(&self) -> u64 {
        (self.octets.len() - self.synced) as u64
    }

    /// Takes records into the page cache; the next sync takes all that are there.
    pub(crate) fn append(&mut self, now_ms: u64, entries: &[Entry]) {
        for entry in entries {
            let json = serde_json::to_vec(&entry.record).unwrap_or_default();
            self.chain = chained(self.chain, entry.wall_ms, &json);
            self.octets.extend_from_slice(&(json.len() as u32).to_le_bytes());
            self.octets.extend_from_slice(&self.chain.to_le_bytes());
            self.octets.extend_from_slice(&entry.wall_ms.to_le_bytes());
            self.octets.extend_from_slice(&json);
            self.last = entry.seq;
        }
        self.sync(now_ms);
    }

    /// When the sync under way ends.
    pub(crate) fn next_wakeup(&self) -> Option<u64> {
        self.syncing.map(|syncing| syncing.done_ms)
    }

    /// What the sync came to, when its time has come.
    pub(crate) fn poll(&mut self, now_ms: u64) -> Option<Synced> {
        let syncing = self.syncing.take_if(|syncing| syncing.done_ms <= now_ms)?;
        if std::mem::take(&mut self.fails) {
            self.dead = true;
            return Some(Synced::Failed);
        }
        self.synced = syncing.octets;
        self.sync(now_ms);
        Some(Synced::Durable(syncing.seq))
    }

    /// The process is dead: of what was not synced a beginning may be there, torn at any octet.
    pub(crate) fn lose_tail(&mut self) {
        let drawn = self.chance.below(self.unsynced() + 1);
        let chosen = self.kept.take();
        let kept = self.synced + chosen.unwrap_or(drawn).min(self.unsynced()) as usize;
        self.octets.truncate(kept);
        if kept > self.synced && chosen.is_none() && self.chance.once_in(2) {
            let at = self.chance.between(self.synced as u64, kept as u64 - 1) as usize;
            self.octets[at] ^= 1 << self.chance.below(8);
        }
        self.syncing = None;
        self.dead = false;
        self.fails = false;
        self.full = false;
    }

    /// Every whole record; what follows the last of them is cut off.
    pub(crate) fn recover(&mut self) -> Vec<Entry> {
        let (mut entries, mut at) = (Vec::new(), 0);
        (self.chain, self.last) = (0, Seq(0));
        while let Some((entry, chain, next)) = self.read(at, self.chain, self.last.next()) {
            (self.chain, self.last, at) = (chain, entry.seq, next);
            entries.push(entry);
        }
        self.octets.truncate(at);
        self.synced = at;
        entries
    }

    /// Every record that was handed over, synced or not.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let (mut entries, mut at, mut chain, mut seq) = (Vec::new(), 0, 0, Seq(1));
        while let Some((entry, next_chain, next)) = self.read(at, chain, seq) {
            (chain, seq, at) = (next_chain, entry.seq.next(), next);
            entries.push(entry);
        }
        entries
    }

    /// No sync fails any more, but what has failed stays so until the next start.
    pub(crate) fn heal(&mut self) {
        self.fails = false;
        self.full = false;
    }

    fn read(&self, at: usize, before: u64, seq: Seq) -> Option<(Entry, u64, usize)> {
        let head = self.octets.get(at..at + HEAD)?;
        let length = u32::from_le_bytes(head[..4].try_into().ok()?) as usize;
        let chain = u64::from_le_bytes(head[4..12].try_into().ok()?);
        let wall_ms = i64::from_le_bytes(head[12..].try_into().ok()?);
        let json = self.octets.get(at + HEAD..(at + HEAD).checked_add(length)?)?;
        if chained(before, wall_ms, json) != chain {
            return None;
        }
        let record: Record = serde_json::from_slice(json).ok()?;
        Some((Entry { seq, wall_ms, record }, chain, at + HEAD + length))
    }

    fn sync(&mut self, now_ms: u64) {
        if self.syncing.is_none() && !self.dead && self.synced < self.octets.len() {
            let done_ms = now_ms + self.chance.between(self.sync_ms.0, self.sync_ms.1);
            self.syncing = Some(Syncing { done_ms, octets: self.octets.len(), seq: self.last });
        }
    }
}

fn chained(before: u64, wall_ms: i64, json: &[u8]) -> u64 {
    let octets = before.to_le_bytes().into_iter().chain(wall_ms.to_le_bytes()).chain(json.iter().copied());
    octets.fold(0xcbf2_9ce4_8422_2325, |hash, octet| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(disk: &mut Disk, from: u64, to: u64) {
        let entries: Vec<Entry> = (from..=to)
            .map(|seq| Entry {
                seq: Seq(seq),
                wall_ms: seq as i64,
                record: Record::PeerMet { peer: format!("p{seq}") },
            })
            .collect();
        disk.append(0, &entries);
    }

    #[test]
    fn what_was_synced_survives_and_the_rest_is_cut_at_a_whole_record() {
        for seed in 0..200 {
            let mut disk = Disk::new(Chance::new(seed, 0), (5, 5));
            records(&mut disk, 1, 3);
            assert_eq!(disk.poll(4), None);
            assert_eq!(disk.poll(5), Some(Synced::Durable(Seq(3))));
            records(&mut disk, 4, 6);
            disk.lose_tail();
            let found = disk.recover();
            assert!((3..=6).contains(&found.len()), "{}", found.len());
            assert!(found.iter().zip(1..).all(|(entry, seq)| entry.seq == Seq(seq)));
            records(&mut disk, found.len() as u64 + 1, 8);
            disk.poll(100);
            disk.lose_tail();
            assert_eq!(disk.recover().len(), 8);
        }
    }

    #[test]
    fn after_a_failed_sync_nothing_becomes_durable() {
        let mut disk = Disk::new(Chance::new(1, 0), (5, 5));
        disk.fail_next();
        records(&mut disk, 1, 1);
        assert_eq!(disk.poll(9), Some(Synced::Failed));
        records(&mut disk, 2, 2);
        assert_eq!((disk.next_wakeup(), disk.poll(99)), (None, None));
    }
}
