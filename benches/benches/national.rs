//! A national alert in 10 million cells of 400 pools: limit, batch and encode on one thread, as a multiple of copying the
//! column of the cells' identifiers into PDU buffers of the same size.
#![allow(clippy::unwrap_used, reason = "a benchmark ends where its world does not hold")]

use std::hint::black_box;
use std::time::Duration;

use area::Inventory;
use benches::{Figure, allocations, clock, country, traffic};
use bytes::{BufMut, BytesMut};
use dispatch::{Dispatch, PeerId, Profile};

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

/// More than an order has PDUs, so that nothing waits for an answer while the clock runs.
const WINDOW: u16 = 64;

fn main() {
    let small = Run::of(60_000, clock::rounds(400, 100));
    let million = Run::of(1_000_000, clock::rounds(40, 10));
    let large = Run::of(10_000_000, clock::rounds(11, 5));
    Figure {
        name: "national_10m_cells",
        ratio: Some(large.ratio),
        value: large.per_cell_ns * 1e7 / 1e6,
        unit: "ms",
        how: format!(
            "Dispatch::demand of 400 orders and poll_transmit and poll_report to the end, {} PDUs / copying the \
             70 MB column into {0} buffers of the same length, dropped as the PDUs are; median of {} pairs",
            large.pdus, large.rounds
        ),
    }
    .print();
    for (name, run) in [("growth_10m_over_60k", &large), ("growth_1m_over_60k", &million)] {
        let growth = run.per_cell_ns / small.per_cell_ns;
        let growth_of_copy = run.copy_per_cell_ns / small.copy_per_cell_ns;
        Figure {
            name,
            ratio: Some(growth / growth_of_copy),
            value: growth,
            unit: "x",
            how: format!(
                "(time per cell {:.2} ns / {:.2} ns at 60 k) / the same of the copy ({:.2} ns / {:.2} ns)",
                run.per_cell_ns, small.per_cell_ns, run.copy_per_cell_ns, small.copy_per_cell_ns
            ),
        }
        .print();
    }
    let beyond = large.allocations.saturating_sub(large.pdus);
    Figure {
        name: "allocations_per_cell",
        ratio: None,
        value: beyond as f64 / 1e7,
        unit: "allocations/cell",
        how: format!(
            "allocations of such an alert after warm-up, less one buffer a PDU, by cells: {} for {} PDUs and 400 orders",
            large.allocations, large.pdus
        ),
    }
    .print();
}

struct Run {
    ratio: f64,
    per_cell_ns: f64,
    copy_per_cell_ns: f64,
    pdus: u64,
    allocations: u64,
    rounds: usize,
}

impl Run {
    fn of(cells: u32, rounds: usize) -> Self {
        let inventory = country::inventory(cells).unwrap();
        let profile = Profile { window: WINDOW, ..Profile::sbcap("mme") };
        let column = column(&inventory);
        let mut world = World::new(&inventory, profile);
        // Warm-up: every page touched, every queue grown.
        (0..2).for_each(|_| drop(world.alert(&inventory)));
        let mut pairs = Vec::new();
        let (mut allocations, mut pdus) = (0, 0);
        for _ in 0..rounds {
            let alert = world.alert(&inventory);
            let lengths = alert.lengths;
            let copying = clock::time(|| copy(&column, &lengths));
            (allocations, pdus) = (alert.allocations, lengths.len() as u64);
            pairs.push((alert.time, copying));
        }
        let (ratio, _) = clock::ratio(&pairs);
        let per_cell = |time: f64| time * 1e9 / f64::from(cells);
        Self {
            ratio,
            per_cell_ns: per_cell(clock::median(pairs.iter().map(|(time, _)| time.as_secs_f64()))),
            copy_per_cell_ns: per_cell(clock::median(pairs.iter().map(|(_, copy)| copy.as_secs_f64()))),
            pdus,
            allocations,
            rounds,
        }
    }
}

struct World {
    dispatch: Dispatch,
    now_ms: u64,
    round: u64,
}

struct Alert {
    time: Duration,
    allocations: u64,
    /// The octets of each PDU, in order.
    lengths: Vec<(PeerId, usize)>,
}

impl World {
    fn new(inventory: &Inventory, profile: Profile) -> Self {
        let setup = country::setup(inventory, &profile);
        let peers = setup.peers.len();
        let mut dispatch = Dispatch::new(inventory, setup).unwrap();
        traffic::connect(&mut dispatch, 0, peers);
        Self { dispatch, now_ms: 10_000, round: 0 }
    }

    /// One alert everywhere, timed, then its answers.
    fn alert(&mut self, inventory: &Inventory) -> Alert {
        self.round += 1;
        // Long enough for the cells to have rested.
        self.now_ms += 10_000;
        let now_ms = self.now_ms;
        let message = traffic::message(self.round as u16).unwrap();
        let demands = traffic::national(inventory, &message, self.round);
        let mut lengths = Vec::with_capacity(inventory.len() as usize / 1000 + 100);
        let before = allocations::count();
        let time = clock::time(|| {
            for demand in demands {
                self.dispatch.demand(now_ms, demand);
            }
            while let Some((peer, pdu)) = self.dispatch.poll_transmit(now_ms) {
                lengths.push((peer, black_box(pdu).len()));
            }
            while let Some(report) = self.dispatch.poll_report() {
                black_box(report);
            }
        });
        let allocations = allocations::count() - before;
        let answer = traffic::accepted(&message).unwrap();
        for (peer, _) in &lengths {
            self.dispatch.received(now_ms + 1, *peer, &answer);
        }
        while self.dispatch.poll_report().is_some() {}
        assert!(self.dispatch.poll_notice().is_none());
        assert!(lengths.iter().map(|(_, length)| length).sum::<usize>() > 7 * inventory.len() as usize);
        Alert { time, allocations, lengths }
    }
}

/// The identifiers of all cells as they lie on the wire, in memory that nothing else uses.
fn column(inventory: &Inventory) -> Vec<u8> {
    inventory
        .cell_ids()
        .iter()
        .flat_map(|eci| ((*eci << 4) + (0x22f030 << 32)).to_be_bytes().into_iter().skip(1))
        .collect()
}

/// The yardstick: the column in order, into a buffer for each PDU.
fn copy(column: &[u8], lengths: &[(PeerId, usize)]) {
    let mut rest = column;
    for (_, length) in lengths {
        let mut out = BytesMut::with_capacity(*length);
        let (part, after) = rest.split_at((*length).min(rest.len()));
        out.put_slice(part);
        rest = after;
        black_box(out.freeze());
    }
}
