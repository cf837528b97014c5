//! The fuzz targets on any compiler: their seeds, what libFuzzer found worth keeping, and mutations of both.

#![allow(clippy::disallowed_methods)] // a test reads a folder
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::path::Path;

use fuzzing::mutation::{Chance, mutated};
use fuzzing::{TARGETS, corpus, target};

/// How many octets of mutated inputs a target is fed in all.
const MUTATED_BYTES: usize = 1 << 20;
/// How many mutated inputs a target is fed at most.
const MUTATIONS_MAX: usize = 10_000;

/// Feeds a target; panics with the input that it stopped at.
fn hold(name: &str) {
    let target = target(name).expect("a target with this name");
    let mut inputs = (target.seeds)();
    assert!(!inputs.is_empty(), "{name} has no seeds");
    inputs.extend(corpus::kept(name));
    let run = |input: &[u8]| {
        if catch_unwind(|| (target.run)(input)).is_err() {
            panic!("{name} stops at {}", hex::encode(input));
        }
    };
    inputs.iter().for_each(|input| run(input));
    let (mut chance, mut fed) = (Chance(41), 0);
    for _ in 0..MUTATIONS_MAX {
        let input = &inputs[chance.below(inputs.len())];
        let other = &inputs[chance.below(inputs.len())];
        let input = mutated(input, other, &mut chance);
        fed += input.len();
        if fed > MUTATED_BYTES {
            break;
        }
        run(&input);
    }
}

macro_rules! targets {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            hold(stringify!($name));
        })*

        #[test]
        fn each_target_is_tested_and_fuzzed() {
            let tested = BTreeSet::from([$(stringify!($name).to_owned()),*]);
            let named: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
            assert_eq!(tested, named);
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/fuzz_targets");
            let files = std::fs::read_dir(folder).unwrap();
            let fuzzed = files.map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
            assert_eq!(fuzzed.collect::<BTreeSet<_>>(), named);
        }
    };
}

targets! {
    admin_bodies
    aper_reader
    area_import
    cap_check
    cap_import
    capture
    cbe
    cbs_content
    cbs_coordinates
    cbsp_decode
    cbsp_session
    ngap_decode
    picture
    sabp_decode
    sabp_session
    sabp_stream
    sbcap_decode
    sbcap_session
}
