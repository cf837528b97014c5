//! [`fuzzing::codec::aper_reader`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzzing::codec::aper_reader(input));
