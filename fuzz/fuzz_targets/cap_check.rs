//! [`fuzzing::text::cap_check`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzzing::text::cap_check(input));
