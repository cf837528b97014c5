//! [`fuzzing::codec::ngap_decode`].
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzzing::codec::ngap_decode(input));
