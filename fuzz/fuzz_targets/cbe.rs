//! [`fuzzing::session::cbe::run`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzzing::session::cbe::run(input));
