//! [`fuzzing::session::sbcap::run`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzzing::session::sbcap::run(input));
