//! Captures made here, of golden messages.

use clap::ValueEnum;
use serde_json::Value;

use super::*;

/// A RESET of CBSP.
const RESET: [u8; 8] = [0x10, 0, 0, 4, 0x04, 0, 1, 6];
const SBCAP_RESPONSE: &str = "200000140000030001000100000b0002411000050002111b";

fn ip(protocol: u8, segment: &[u8]) -> Vec<u8> {
    let length = 20 + segment.len() as u16;
    let mut packet = vec![0x45, 0];
    packet.extend(length.to_be_bytes());
    packet.extend([0, 0, 0, 0, 64, protocol, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
    packet.extend(segment);
    packet
}

fn tcp(sequence: u32, octets: &[u8]) -> Vec<u8> {
    let mut segment = [40_000_u16.to_be_bytes(), 48_049_u16.to_be_bytes()].concat();
    segment.extend(sequence.to_be_bytes());
    segment.extend([0, 0, 0, 0, 0x50, 0x18, 0, 0, 0, 0, 0, 0]);
    segment.extend(octets);
    ip(6, &segment)
}

fn sctp(flags: u8, tsn: u32, octets: &[u8]) -> Vec<u8> {
    let mut packet = [29_168_u16.to_be_bytes(), 29_168_u16.to_be_bytes()].concat();
    packet.extend([0; 8]);
    packet.extend([0, flags]);
    packet.extend((16 + octets.len() as u16).to_be_bytes());
    packet.extend(tsn.to_be_bytes());
    packet.extend([0, 1, 0, 0, 0, 0, 0, 24]);
    packet.extend(octets);
    packet.resize(packet.len().next_multiple_of(4), 0);
    packet
}

fn pcap(packets: &[Vec<u8>]) -> Vec<u8> {
    let mut file =
        vec![0xa1, 0xb2, 0xc3, 0xd4, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 101];
    for (packet, second) in packets.iter().zip(1_790_000_000_u32..) {
        file.extend(second.to_be_bytes());
        file.extend(5_u32.to_be_bytes());
        file.extend([(packet.len() as u32).to_be_bytes(); 2].concat());
        file.extend(packet);
    }
    file
}

fn read(file: &[u8]) -> (Vec<Value>, bool) {
    let mut out = Vec::new();
    let fine = decode(file, &[], &mut out).is_ok();
    let text = String::from_utf8(out).unwrap();
    (text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), fine)
}

#[test]
fn a_stream_is_put_together_in_its_order() {
    let packets =
        [tcp(100, &RESET[..3]), tcp(106, &RESET[6..]), tcp(100, &RESET[..3]), tcp(103, &RESET[3..])];
    let (lines, fine) = read(&pcap(&packets));
    assert!(fine, "{lines:?}");
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["time"], "2026-09-21T14:13:23.000005Z");
    assert_eq!(
        (&lines[0]["source"], &lines[0]["destination"]),
        (&"192.0.2.1:40000".into(), &"192.0.2.2:48049".into())
    );
    assert_eq!((&lines[0]["protocol"], &lines[0]["message"]["message"]), (&"cbsp".into(), &"reset".into()));
}

/// A capture that Wireshark's text2pcap made of golden messages, those over TCP cut where no message ends.
#[test]
fn a_capture_that_others_made_holds_the_golden_messages() {
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let words = |protocol: &str, name: &str| -> Value {
        let text = std::fs::read_to_string(fixtures.join(format!("vectors/{protocol}.json"))).unwrap();
        let vectors: Vec<Value> = serde_json::from_str(&text).unwrap();
        let vector = vectors.into_iter().find(|vector| vector["name"] == name).unwrap();
        let octets = hex::decode(vector["hex"].as_str().unwrap()).unwrap();
        codec::words(Protocol::from_str(protocol, false).unwrap(), &octets).unwrap()
    };
    let (lines, fine) = read(&std::fs::read(fixtures.join("captures/each-protocol.pcap")).unwrap());
    assert!(fine, "{lines:?}");
    let told: Vec<(&str, &Value)> =
        lines.iter().map(|line| (line["protocol"].as_str().unwrap(), &line["message"])).collect();
    let expected = [
        ("sbcap", words("sbcap", "sbcap-wrwr-1cell")),
        ("cbsp", words("cbsp", "cbsp-write-gsm7-cgi")),
        ("sabp", words("sabp", "sabp-write-gsm7")),
        ("sabp", words("sabp", "sabp-kill")),
    ];
    assert_eq!(told, expected.each_ref().map(|(protocol, words)| (*protocol, words)));
}

#[test]
fn a_message_in_fragments_is_told_once_when_it_is_whole() {
    let message = hex::decode(SBCAP_RESPONSE).unwrap();
    let (first, last) = (sctp(2, u32::MAX, &message[..10]), sctp(1, 0, &message[10..]));
    let mut in_udp = vec![0x27, 0x0f, 0x26, 0xab, 0, 0, 0, 0];
    in_udp.extend(sctp(3, 7, &message));
    let mut unset = sctp(3, 8, &message);
    unset[27] = 0;
    let packets = [ip(132, &last), ip(132, &first), ip(132, &first), ip(17, &in_udp), ip(132, &unset)];
    let (lines, fine) = read(&pcap(&packets));
    assert!(fine, "{lines:?}");
    assert_eq!(lines.len(), 3);
    for line in lines {
        assert_eq!(line["protocol"], "sbcap");
        assert_eq!(line["message"]["message_id"], 4379);
    }
}

#[test]
fn what_is_wrong_is_told_in_its_place_and_the_run_goes_on() {
    let (lines, fine) = read(&pcap(&[ip(132, &sctp(3, 1, &[0, 0, 0])), tcp(1, &RESET)]));
    assert!(!fine);
    assert_eq!(
        (lines.len(), &lines[0]["offset"], &lines[1]["message"]["message"]),
        (2, &3.into(), &"reset".into())
    );
    let whole = pcap(&[tcp(1, &RESET)]);
    for end in 0..whole.len() {
        let (lines, fine) = read(&whole[..end]);
        assert!((!fine && lines.len() == 1) || (end == 24 && lines.is_empty()), "{end}: {lines:?}");
    }
}

#[test]
fn a_pcapng_file_says_the_same() {
    let packet = tcp(1, &RESET);
    let mut file = Vec::new();
    let mut block = |kind: u32, body: &[u8]| {
        let mut body = body.to_vec();
        body.resize(body.len().next_multiple_of(4), 0);
        let length = (12 + body.len() as u32).to_le_bytes();
        file.extend([&kind.to_le_bytes()[..], &length, &body, &length].concat());
    };
    block(0x0a0d_0d0a, &[0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    // Nanoseconds, by option 9.
    block(1, &[101, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
    let ticks = 1_790_000_000_000_005_000_u64;
    let length = packet.len() as u32;
    let head = [0, (ticks >> 32) as u32, ticks as u32, length, length].map(u32::to_le_bytes).concat();
    block(6, &[head, packet.clone()].concat());
    assert_eq!(read(&file), read(&pcap(&[packet])));
}
