//! [`fuzzing::codec::cbs_content`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzzing::codec::cbs_content(input));
