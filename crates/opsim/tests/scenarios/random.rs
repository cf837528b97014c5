//! Whatever comes in, nothing breaks, and the books agree.

use std::collections::BTreeSet;

use opsim::{ElementId, Faults, Share};
use proptest::prelude::*;
use serde_json::json;

use crate::world::*;

/// What may happen to a network.
#[derive(Clone, Debug)]
enum Step {
    Octets(bool, Vec<u8>),
    /// A write with some of its octets changed.
    Damaged(bool, usize, u8),
    Write(u8, Vec<u32>),
    Stop(u8, Vec<u32>),
    CbspWrite(u8, Option<u8>, Vec<u32>),
    Kill(u8, Vec<u32>),
    Pass(u64),
    Move(u32, u32),
    Restart(u32),
    Fail(u32),
    Reconnect(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let lte = || prop::collection::vec(4..11u32, 1..6);
    let gsm = || prop::collection::vec(0..4u32, 1..4);
    prop_oneof![
        (any::<bool>(), prop::collection::vec(any::<u8>(), 0..60))
            .prop_map(|(bsc, octets)| Step::Octets(bsc, octets)),
        (any::<bool>(), any::<usize>(), any::<u8>())
            .prop_map(|(bsc, at, octet)| Step::Damaged(bsc, at, octet)),
        (0..3u8, lte()).prop_map(|(update, cells)| Step::Write(update, cells)),
        (0..3u8, lte()).prop_map(|(update, cells)| Step::Stop(update, cells)),
        (0..3u8, prop::option::of(0..3u8), gsm())
            .prop_map(|(update, old, cells)| Step::CbspWrite(update, old, cells)),
        (0..3u8, gsm()).prop_map(|(update, cells)| Step::Kill(update, cells)),
        (0..40_000_000u64).prop_map(Step::Pass),
        (0..44u32, 0..11u32).prop_map(|(phone, cell)| Step::Move(phone, cell)),
        (0..11u32).prop_map(Step::Restart),
        (0..11u32).prop_map(Step::Fail),
        any::<bool>().prop_map(Step::Reconnect),
    ]
}

fn take(world: &mut World, step: Step) {
    let id = |bsc| if bsc { BSC } else { MME };
    match step {
        Step::Octets(bsc, octets) => drop(world.tell_octets(id(bsc), &octets)),
        Step::Damaged(bsc, at, octet) => {
            let mut octets = bytes::BytesMut::new();
            if bsc {
                let pdu: cbsp::Pdu = serde_json::from_value(cbsp_write(0, None, &GSM)).unwrap();
                pdu.encode(&mut octets).unwrap();
            } else {
                let pdu: sbcap::Pdu = serde_json::from_value(write(0, &[4, 9])).unwrap();
                pdu.encode(&mut octets).unwrap();
            }
            let at = at % octets.len();
            octets[at] = octet;
            world.tell_octets(id(bsc), &octets);
        }
        Step::Write(update, cells) => drop(world.tell(MME, &write(update, &cells))),
        Step::Stop(update, cells) => drop(world.tell(MME, &stop(update, &cells))),
        Step::CbspWrite(update, old, cells) => drop(world.tell(BSC, &cbsp_write(update, old, &cells))),
        Step::Kill(update, cells) => drop(world.tell(BSC, &kill(update, &cells))),
        Step::Pass(ms) => world.until(world.now_ms + ms),
        Step::Move(phone, cell) => drop(world.command(json!({"do": "move", "phone": phone, "cell": cell}))),
        Step::Restart(cell) => drop(world.command(json!({"do": "restart", "cells": [[cell, cell + 1]]}))),
        Step::Fail(cell) => drop(world.command(json!({"do": "fail", "cells": [[cell, cell + 1]]}))),
        Step::Reconnect(bsc) => {
            world.network.disconnected(world.now_ms, id(bsc));
            world.network.connected(world.now_ms, id(bsc));
        }
    }
}

fn run(steps: &[Step]) -> World {
    let mut plan = plan();
    let share = Some(Share::Count(1));
    plan.elements[0].faults = Faults { jitter_ms: 900, refuse_cells: share, ..Faults::default() };
    let mut world = World::of(plan);
    for step in steps {
        take(&mut world, step.clone());
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_on_the_air_is_what_the_history_says(steps in prop::collection::vec(step(), 0..60)) {
        let world = run(&steps);
        let radio = world.network.radio();
        let mut on = BTreeSet::new();
        for change in radio.history() {
            let known = if change.on { on.insert((change.cell, change.key)) } else { on.remove(&(change.cell, change.key)) };
            prop_assert!(known, "{:?} twice", change);
        }
        let now: BTreeSet<_> = radio
            .cells()
            .flat_map(|cell| radio.on_air(cell).iter().map(move |on_air| (cell, on_air.message.key)))
            .collect();
        prop_assert_eq!(on, now);
    }

    #[test]
    fn a_phone_never_rings_twice_for_one_key_within_a_day(steps in prop::collection::vec(step(), 0..60)) {
        let world = run(&steps);
        for phone in 0..world.network.phones().len() {
            let rings = world.rings(phone);
            for (at, ring) in rings.iter().enumerate() {
                for earlier in &rings[..at] {
                    let same = earlier.message_id == ring.message_id && earlier.serial == ring.serial;
                    prop_assert!(!same || ring.at_ms >= earlier.at_ms + opsim::DUPLICATE_WINDOW_MS);
                }
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_octets(steps in prop::collection::vec(step(), 0..30)) {
        let trace = |_| {
            let mut world = run(&steps);
            world.until(world.now_ms + 10_000);
            [MME, BSC].map(|ElementId(id)| (world.hear(ElementId(id)), world.network.elements()[id].counters()))
        };
        prop_assert_eq!(trace(0), trace(1));
    }
}
