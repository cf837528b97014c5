//! [`fuzzing::text::picture`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzzing::text::picture(input));
