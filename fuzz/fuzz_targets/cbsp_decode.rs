//! [`fuzzing::codec::cbsp_decode`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzzing::codec::cbsp_decode(input));
