//! [`fuzzing::text::cap_import`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzzing::text::cap_import(input));
