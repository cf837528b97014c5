//! One peer that takes nothing, and what that costs the orders of another.
#![allow(clippy::unwrap_used, reason = "a benchmark ends where its world does not hold")]

use std::hint::black_box;

use area::Inventory;
use benches::{Figure, clock, country, traffic};
use dispatch::{Dispatch, PeerId, Profile};

const CELLS: u32 = 1_000_000;
/// The peer that stalls, and the one whose orders are timed.
const STALLED: PeerId = PeerId(0);
const TIMED: PeerId = PeerId(39);
const PAIRS: usize = 5;

fn main() {
    let inventory = country::inventory(CELLS).unwrap();
    let orders = clock::rounds(2000, 300);
    day(&inventory, false, orders / 10);
    let pairs: Vec<(f64, f64)> = (0..PAIRS)
        .map(|pair| {
            // Which comes first takes turns too.
            let first = day(&inventory, pair % 2 == 0, orders);
            let second = day(&inventory, pair % 2 == 1, orders);
            if pair % 2 == 0 { (first, second) } else { (second, first) }
        })
        .collect();
    Figure {
        name: "stalled_peer_p99",
        ratio: Some(clock::median(pairs.iter().map(|(stalled, free)| stalled / free))),
        value: clock::median(pairs.iter().map(|(stalled, _)| *stalled)),
        unit: "us",
        how: format!(
            "99th percentile of the time from demand to the last PDU of one of 40 peers over {orders} national orders \
             of 1 M cells, another peer's link full and its orders piling up / the same with none stalled; median of \
             {PAIRS} alternated pairs"
        ),
    }
    .print();
}

/// So many national orders; the 99th percentile of the time until the timed peer has all of its PDUs, in microseconds.
fn day(inventory: &Inventory, stalls: bool, orders: usize) -> f64 {
    let profile = Profile { window: 64, ..Profile::sbcap("mme") };
    let setup = country::setup(inventory, &profile);
    let peers = setup.peers.len();
    let mut dispatch = Dispatch::new(inventory, setup).unwrap();
    traffic::connect(&mut dispatch, 0, peers);
    dispatch.set_writable(STALLED, !stalls);
    let mut times: Vec<f64> = (1..=orders as u64)
        .map(|order| {
            let now_ms = order * 2000;
            dispatch.handle_timeout(now_ms);
            let message = traffic::message(order as u16).unwrap();
            let demands = traffic::national(inventory, &message, order);
            let mut sent = Vec::with_capacity(1000);
            let time = clock::time(|| {
                demands.into_iter().for_each(|demand| dispatch.demand(now_ms, demand));
                let mut left = country::CELLS_PER_POOL as i64;
                while let Some((peer, pdu)) = dispatch.poll_transmit(now_ms) {
                    sent.push(peer);
                    if peer == TIMED {
                        // All of its cells are out when their octets are.
                        left -= black_box(pdu).len() as i64 / 7;
                        if left <= 0 {
                            break;
                        }
                    }
                }
            });
            while let Some((peer, _)) = dispatch.poll_transmit(now_ms) {
                sent.push(peer);
            }
            let answer = traffic::accepted(&message).unwrap();
            sent.iter().for_each(|peer| dispatch.received(now_ms + 1, *peer, &answer));
            while dispatch.poll_report().is_some() {}
            while dispatch.poll_notice().is_some() {}
            time.as_secs_f64() * 1e6
        })
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    times[orders * 99 / 100]
}
