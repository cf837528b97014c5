//! [`fuzzing::codec::capture`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzzing::codec::capture(input));
