//! [`fuzzing::text::area_import`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzzing::text::area_import(input));
