//! The loops whose instructions `cargo xtask counts` has callgrind count: `counts encode` or `counts limit`.
//!
//! Each loop is a function of its own, never inlined, so that callgrind can be told to count in it alone.
#![allow(clippy::unwrap_used, reason = "a benchmark ends where its world does not hold")]

use std::hint::black_box;

use benches::encoding::Encoding;
use benches::{country, traffic};
use bytes::BytesMut;
use dispatch::{Dispatch, Profile};
use engine::order::Demand;

/// How often a message is encoded.
const ENCODINGS: usize = 20;
/// Cells of the national alert whose limits are looked at.
const CELLS: u32 = 60_000;

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("encode") => encode(),
        Some("limit") => limit(),
        _ => eprintln!("usage: counts encode|limit"),
    }
}

fn encode() {
    let encoding = Encoding::new().unwrap();
    let mut out = BytesMut::with_capacity(1 << 16);
    encode_counted(&encoding, &mut out);
}

#[inline(never)]
fn encode_counted(encoding: &Encoding, out: &mut BytesMut) {
    for _ in 0..ENCODINGS {
        out.clear();
        encoding.template.encode(black_box(&[&encoding.cells]), black_box(&encoding.tais), out).unwrap();
        black_box(&out);
    }
}

/// The second alert everywhere, when every cell has a stamp and every table its size.
fn limit() {
    let inventory = country::inventory(CELLS).unwrap();
    let setup = country::setup(&inventory, &Profile { window: 64, ..Profile::sbcap("mme") });
    let peers = setup.peers.len();
    let mut dispatch = Dispatch::new(&inventory, setup).unwrap();
    traffic::connect(&mut dispatch, 0, peers);
    for round in 1..=2 {
        let now_ms = 10_000 * round;
        let message = traffic::message(round as u16).unwrap();
        let demands = traffic::national(&inventory, &message, round);
        if round == 2 {
            limit_counted(&mut dispatch, now_ms, demands);
            return;
        }
        demands.into_iter().for_each(|demand| dispatch.demand(now_ms, demand));
        while let Some((peer, _)) = dispatch.poll_transmit(now_ms) {
            dispatch.received(now_ms, peer, &traffic::accepted(&message).unwrap());
        }
        while dispatch.poll_report().is_some() {}
    }
}

#[inline(never)]
fn limit_counted(dispatch: &mut Dispatch, now_ms: u64, demands: Vec<Demand>) {
    demands.into_iter().for_each(|demand| dispatch.demand(now_ms, demand));
    while let Some(pdu) = dispatch.poll_transmit(now_ms) {
        black_box(pdu);
    }
    while let Some(report) = dispatch.poll_report() {
        black_box(report);
    }
}
