//! Decoders of octets.

use std::fmt::Debug;

use bytes::BytesMut;
use cbs::{Content, Coordinates, DataCodingScheme, Pages};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A reader of PER by a script: the first octet says how many of the next ones name what to read, the rest is read.
pub fn aper_reader(input: &[u8]) {
    let Some((&steps, rest)) = input.split_first() else { return };
    let (script, octets) = rest.split_at(usize::from(steps).min(rest.len()));
    let mut reader = aper::Reader::new(octets);
    for step in script {
        let (left, parameter) = (reader.bits_left(), u32::from(step >> 4));
        if !read(&mut reader, step & 0x0f, parameter) {
            return;
        }
        assert!(reader.bits_left() <= left, "a reader goes on, not back");
        assert!(reader.offset() <= octets.len());
    }
}

/// A capture, its streams cut as CBSP and as SABP: no octet of it is told twice.
pub fn capture(input: &[u8]) {
    let cbsp: capture::Cut =
        |stream| cbsp::frame_length(stream, cbsp::FRAME_MAX_BYTES).map_err(|error| error.to_string());
    let sabp: capture::Cut =
        |stream| sabp::frame_length(stream, sabp::FRAME_MAX_BYTES).map_err(|error| error.to_string());
    for cut in [cbsp, sabp] {
        let messages = capture::messages(input, |_| Some(cut)).filter_map(Result::ok);
        let octets: usize =
            messages.filter_map(|message| message.octets.ok()).map(|octets| octets.len()).sum();
        assert!(octets <= input.len(), "{octets} octets in a capture of {}", input.len());
    }
}

/// One thing; whether it could be read. Numbers, strings and open types are written again and must read the same.
fn read(reader: &mut aper::Reader<'_>, what: u8, parameter: u32) -> bool {
    let max = (1_u64 << (4 * parameter)) - 1 + u64::from(parameter);
    let mut out = BytesMut::new();
    let mut writer = aper::Writer::new(&mut out);
    match what {
        0 => reader.bits(4 * parameter).is_ok(),
        1 => {
            reader.align();
            true
        }
        2 => reader.octets(parameter as usize).is_ok(),
        3..=6 => {
            let Ok(number) = reader.integer(0..=max) else { return false };
            writer.integer(number, 0..=max).expect("a number that was read can be written");
            assert_eq!(aper::Reader::new(&out).integer(0..=max), Ok(number));
            true
        }
        7 => {
            let Ok(number) = reader.normally_small() else { return false };
            writer.normally_small(number).expect("a number that was read can be written");
            assert_eq!(aper::Reader::new(&out).normally_small(), Ok(number));
            true
        }
        8 => reader.index(u64::from(parameter) + 1, parameter.is_multiple_of(2)).is_ok(),
        9 => reader
            .preamble(parameter.is_multiple_of(2), parameter)
            .is_ok_and(|preamble| !preamble.is_extended() || reader.skip_additions().is_ok()),
        10 => reader.bit_string(0..=4 * parameter as usize).is_ok(),
        11 => reader.long_bit_string(1..=16 * parameter as usize + 1).is_ok(),
        12 | 13 => {
            let sizes = 0..=if what == 12 { max as usize } else { usize::MAX };
            let Ok(octets) = reader.octet_string(sizes.clone()) else { return false };
            writer.octet_string(&octets, sizes.clone()).expect("a string that was read can be written");
            assert_eq!(aper::Reader::new(&out).octet_string(sizes), Ok(octets));
            true
        }
        14 => {
            let bits = parameter as usize + 1;
            let item = |reader: &mut aper::Reader<'_>| reader.bits(bits as u32);
            reader.list::<_, aper::Error>(0..=max as usize, bits, item).is_ok()
        }
        _ => {
            let mut skipped = reader.clone();
            let open_type = reader.open_type();
            assert_eq!(open_type.is_ok(), skipped.skip_open_type().is_ok());
            assert!(open_type.is_err() || skipped.offset() == reader.offset());
            open_type.is_ok()
        }
    }
}

/// A data coding scheme, then Warning Message Contents.
pub fn cbs_content(input: &[u8]) {
    let Some((&scheme, contents)) = input.split_first() else { return };
    let Ok(pages) = Pages::decode(contents) else { return };
    assert_eq!(pages.warning_message_contents(), contents);
    let scheme = DataCodingScheme::new(scheme);
    // What a phone shows, if it is text at all.
    let _ = pages.text(scheme);
    let content = Content::from_pages(pages, scheme);
    assert_eq!(content.pages().warning_message_contents(), contents);
    says_all_in_json(&content);
}

/// Warning Area Coordinates.
pub fn cbs_coordinates(input: &[u8]) {
    let Ok(coordinates) = Coordinates::decode(input) else { return };
    assert_eq!(coordinates.encode(), input);
    says_all_in_json(&coordinates);
}

/// A PDU of SBc-AP.
pub fn sbcap_decode(input: &[u8]) {
    let encode = |pdu: &sbcap::Pdu| encoded(|out| pdu.encode(out));
    match sbcap::Pdu::decode(input) {
        Ok(decoded) => comes_back(&decoded.pdu, encode, |octets| sbcap::Pdu::decode(octets).map(|it| it.pdu)),
        Err(error) => {
            // What goes back to its sender can be encoded, and is never an answer to an Error-Indication.
            if let Some(refusal) = sbcap::Refusal::of(input, &error) {
                refusal.response().as_ref().map(encode);
                encode(&refusal.error_indication());
            }
        }
    }
}

/// A message of SABP.
pub fn sabp_decode(input: &[u8]) {
    let encode = |pdu: &sabp::Pdu| encoded(|out| pdu.encode(out));
    match sabp::Pdu::decode(input) {
        Ok(decoded) => {
            comes_back(&decoded.pdu, encode, |octets| sabp::Pdu::decode(octets).map(|it| it.pdu));
            let message = encode(&decoded.pdu);
            assert_eq!(sabp::frame_length(&message, sabp::FRAME_MAX_BYTES), Ok(Some(message.len())));
        }
        Err(error) => {
            if let Some(refusal) = sabp::Refusal::of(input, &error) {
                encode(&refusal.error_indication());
            }
        }
    }
}

/// A public warning message of NGAP.
pub fn ngap_decode(input: &[u8]) {
    let encode = |pdu: &ngap::Pdu| encoded(|out| pdu.encode(out));
    if let Ok(decoded) = ngap::Pdu::decode(input) {
        comes_back(&decoded.pdu, encode, |octets| ngap::Pdu::decode(octets).map(|it| it.pdu));
    }
}

/// A stream of SABP: it is cut at the same places however much of it is there.
pub fn sabp_stream(input: &[u8]) {
    const MAX: usize = 40_000;
    let whole = sabp::frame_length(input, MAX);
    for end in (0..input.len()).step_by(1 + input.len() / 64) {
        let part = sabp::frame_length(&input[..end], MAX);
        assert!(part == Ok(None) || part == whole, "{part:?} of {end} octets, {whole:?} of all");
    }
}

/// A frame of CBSP, in both codings of the repetition period.
pub fn cbsp_decode(input: &[u8]) {
    for coding in [cbsp::RepetitionCoding::Spec, cbsp::RepetitionCoding::Osmocom] {
        if let Ok(pdu) = cbsp::Pdu::decode_with(coding, input) {
            let encode = |pdu: &cbsp::Pdu| encoded(|out| pdu.encode_with(coding, out));
            comes_back(&pdu, encode, |octets| cbsp::Pdu::decode_with(coding, octets));
            let frame = encode(&pdu);
            assert_eq!(cbsp::frame_length(&frame, cbsp::FRAME_MAX_BYTES), Ok(Some(frame.len())));
        }
    }
}

/// decode ∘ encode = id for this message, encode ∘ decode = id for its octets, and JSON loses nothing of it.
fn comes_back<P, E>(pdu: &P, encode: impl Fn(&P) -> BytesMut, decode: impl Fn(&[u8]) -> Result<P, E>)
where
    P: Debug + DeserializeOwned + PartialEq + Serialize,
    E: Debug,
{
    let octets = encode(pdu);
    let again = decode(&octets).expect("what was encoded can be decoded");
    assert_eq!(again, *pdu);
    assert_eq!(encode(&again), octets);
    says_all_in_json(pdu);
}

fn says_all_in_json<T: Debug + DeserializeOwned + PartialEq + Serialize>(value: &T) {
    let json = serde_json::to_string(value).expect("what was decoded has a JSON form");
    let again: T = serde_json::from_str(&json).expect("the JSON form can be read");
    assert_eq!(again, *value);
}

fn encoded<E: Debug>(encode: impl FnOnce(&mut BytesMut) -> Result<(), E>) -> BytesMut {
    let mut out = BytesMut::new();
    encode(&mut out).expect("what was decoded can be encoded");
    out
}
