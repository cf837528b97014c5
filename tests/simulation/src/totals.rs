//! What happened, over all runs.

use std::collections::BTreeMap;

use serde::Serialize;

/// Figures of one run or many.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Totals {
    /// Runs.
    pub seeds: u64,
    /// Virtual time, in milliseconds.
    pub simulated_ms: u64,
    /// Cells, over all worlds.
    pub cells: u64,
    /// Alerts.
    pub alerts: u64,
    /// What officers asked for: done, or refused.
    pub asked: BTreeMap<&'static str, u64>,
    /// Records.
    pub records: u64,
    /// PDUs handed to links.
    pub pdus: u64,
    /// Of these: writes.
    pub writes: u64,
    /// Of these: kills.
    pub kills: u64,
    /// PDUs of elements that were lost on links.
    pub lost: u64,
    /// Rings of phones.
    pub rings: u64,
    /// Starts of the daemon.
    pub starts: u64,
    /// Its deaths.
    pub deaths: u64,
    /// Faults, by kind.
    pub faults: BTreeMap<&'static str, u64>,
}

impl Totals {
    /// Adds another run's figures.
    pub fn add(&mut self, other: &Self) {
        self.seeds += other.seeds;
        self.simulated_ms += other.simulated_ms;
        self.cells += other.cells;
        self.alerts += other.alerts;
        self.records += other.records;
        self.pdus += other.pdus;
        self.writes += other.writes;
        self.kills += other.kills;
        self.lost += other.lost;
        self.rings += other.rings;
        self.starts += other.starts;
        self.deaths += other.deaths;
        other.asked.iter().for_each(|(kind, count)| *self.asked.entry(kind).or_default() += count);
        other.faults.iter().for_each(|(kind, count)| *self.faults.entry(kind).or_default() += count);
    }
}
