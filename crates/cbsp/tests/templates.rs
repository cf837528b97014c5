//! The limits of the hot path.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use bytes::BytesMut;
use cbs::{MessageId, SerialNumber};
use cbsp::pdu::Channel;
use cbsp::{Error, KillTemplate, MAX_CELLS_PER_PDU, Pdu};

fn kill() -> KillTemplate {
    KillTemplate::new(MessageId::new(4379), SerialNumber::from_bits(0x4110), Some(Channel::Basic))
}

#[test]
fn a_list_is_as_long_as_its_length_can_count_and_no_longer() {
    let run = vec![0; MAX_CELLS_PER_PDU * 7];
    let mut out = BytesMut::new();
    kill().encode(&[&run], &mut out).unwrap();
    let Ok(Pdu::Kill(kill_pdu)) = Pdu::decode(&out) else { panic!("no kill") };
    assert_eq!(kill_pdu.cells.len(), 9362);
    let before = out.clone();
    assert_eq!(kill().encode(&[&run, &[0; 7]], &mut out), Err(Error::CellCount { max: 9362, found: 9363 }));
    assert_eq!(out, before, "a refused message leaves no octets behind");
}

#[test]
fn a_run_is_made_of_whole_cells() {
    let mut out = BytesMut::new();
    let refused = kill().encode(&[&[0; 7], &[0; 8], &[0; 6]], &mut out);
    assert_eq!(refused, Err(Error::CellOctets { width: 7, found: 8 }));
    assert!(out.is_empty());
}

#[test]
fn the_buffer_grows_once() {
    let run = vec![0; 5000 * 7];
    let mut out = BytesMut::new();
    kill().encode(&[&run], &mut out).unwrap();
    let capacity = out.capacity();
    out.clear();
    kill().encode(&[&run], &mut out).unwrap();
    assert_eq!(out.capacity(), capacity);
    assert_eq!(capacity, out.len(), "a buffer for one message has no room left over");
}
