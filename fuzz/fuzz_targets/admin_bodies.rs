//! [`fuzzing::text::admin_bodies`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzzing::text::admin_bodies(input));
