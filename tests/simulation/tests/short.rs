//! A short run of the simulator: fixed seeds, fresh ones, the same seed twice, and a death at every effect and every octet
//! of the journal in a small world. `cargo xtask simulate` plays many more.

// Fresh seeds come from the clock.
#![allow(clippy::disallowed_methods)]

use std::time::{SystemTime, UNIX_EPOCH};

use simulation::{Plan, run};

fn hold(plan: &Plan) {
    let Plan { seed, deaths, octets_kept, .. } = plan;
    assert_eq!(run(plan, None).violation, None, "seed {seed}, deaths {deaths:?}, {octets_kept:?}");
}

#[test]
fn fixed_seeds_hold() {
    (1..=60).for_each(|seed| hold(&Plan::of(seed)));
}

/// Each of them found a fault in the daemon, or in the models and the checker.
#[test]
fn seeds_that_once_found_a_fault_hold() {
    let seeds = [
        204_335, 209_294, 209_686, 210_452, 218_632, 222_958, 235_131, 244_839, 251_334, 254_499, 264_310,
        285_989, 287_590, 289_894, 302_887, 303_768, 306_736, 306_834, 314_596, 317_593, 320_603, 321_708,
        322_196, 324_124, 324_797, 325_527, 328_650, 334_391, 350_462, 358_194, 360_968, 363_945, 366_266,
        370_726, 372_679, 379_050, 379_478, 388_191, 500_185, 567_448, 571_420, 574_004, 617_812, 779_005,
    ];
    seeds.into_iter().for_each(|seed| hold(&Plan::of(seed)));
}

#[test]
fn fresh_seeds_hold() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    // A number of a hundred, so that none of the next is a large world, which takes its time.
    let first = now.as_secs() % 1_000_000_000 * 200;
    println!("fresh seeds: {first} to {}; cargo xtask simulate --first-seed {first} --seeds 10", first + 9);
    (first..first + 10).for_each(|seed| hold(&Plan::of(seed)));
}

#[test]
fn one_seed_gives_one_trace() {
    for seed in 1..=20 {
        let [first, second] = [(); 2].map(|()| run(&Plan::of(seed), None));
        assert_eq!((first.trace, first.effects), (second.trace, second.effects), "seed {seed}");
    }
    assert_ne!(run(&Plan::of(1), None).trace, run(&Plan::of(2), None).trace);
}

#[test]
fn a_death_at_any_effect_of_a_small_world_loses_nothing() {
    for seed in 1..=2 {
        let effects = run(&Plan::tiny(seed, Vec::new()), None).effects;
        assert!(effects > 20, "{effects}");
        (1..=effects).for_each(|death| hold(&Plan::tiny(seed, vec![death])));
    }
}

/// Every octet would take a minute here: `cargo xtask simulate` cuts at each of them.
#[test]
fn a_death_that_tears_the_journal_at_any_octet_loses_nothing_that_was_acknowledged() {
    let effects = run(&Plan::tiny(1, Vec::new()), None).effects;
    let mut cuts = 0;
    for death in 1..=effects {
        let unsynced = run(&Plan::tiny(1, vec![death]), None).octets_unsynced;
        for octets in (0..=unsynced).step_by(97) {
            cuts += 1;
            hold(&Plan { octets_kept: Some(octets), ..Plan::tiny(1, vec![death]) });
        }
    }
    assert!(cuts > effects, "{cuts} cuts at {effects} effects");
}
