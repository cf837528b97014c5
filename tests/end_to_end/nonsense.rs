//! A BSC in a few octets, which says what it should not, and in pieces.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use tests::daemon::{Config, Daemon, wording};

/// One cell, in Novi Sad.
const CELLS: &str = "\
operator,mcc,mnc,rat,lac_or_tac,cell_id,enb_or_gnb_id,lat,lon,azimuth_deg,beamwidth_deg,radius_m,controller
osmo,001,01,gsm,23,6969,,45.2517,19.8369,0,360,2000,bsc
";
const RESET_COMPLETE: [u8; 8] = [0x11, 0, 0, 4, 4, 0, 1, 6];
/// Cause: unrecognised message.
const ERROR_INDICATION: [u8; 6] = [0x15, 0, 0, 2, 0x0b, 4];
/// The COMPLETE of a write of 1112, serial number 0001, that nobody asked for.
const UNASKED: [u8; 10] = [0x02, 0, 0, 6, 0x0e, 0x11, 0x12, 0x03, 0, 1];
/// No message has this type.
const UNKNOWN: [u8; 4] = [0xff, 0, 0, 0];

/// The next message but for KEEP-ALIVEs.
fn next(stream: &mut TcpStream) -> Vec<u8> {
    loop {
        let mut message = vec![0; 4];
        stream.read_exact(&mut message).unwrap();
        let length = u32::from_be_bytes([0, message[1], message[2], message[3]]) as usize;
        message.resize(4 + length, 0);
        stream.read_exact(&mut message[4..]).unwrap();
        if message[0] != 0x16 {
            return message;
        }
    }
}

/// One segment an octet.
fn in_pieces(stream: &mut TcpStream, octets: &[u8]) {
    stream.set_nodelay(true).unwrap();
    octets.chunks(1).for_each(|octet| stream.write_all(octet).unwrap());
}

#[test]
fn a_peer_that_talks_nonsense_in_pieces_is_answered_once_and_served_on() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let bsc = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        assert_eq!(next(&mut stream)[0], 0x10, "a RESET at the first contact");
        in_pieces(&mut stream, &RESET_COMPLETE);
        stream
    });
    let peer = format!(
        "[[peer]]\nname = \"bsc\"\nprotocol = \"cbsp\"\ntransport = \"tcp\"\naddresses = [\"{address}\"]\n\
         controllers = [\"bsc\"]\n"
    );
    let daemon = Daemon::start(Config::new(CELLS, &[("osmo", &peer)]));
    let mut stream = bsc.join().unwrap();
    // An error indication is never answered, nor is an answer to nothing; three messages come in one segment.
    stream.write_all(&[&ERROR_INDICATION[..], &UNASKED, &UNKNOWN].concat()).unwrap();
    assert_eq!(next(&mut stream), ERROR_INDICATION);

    let alert = daemon.submitted(wording("NESTALO DETE", "Novi Sad"));
    daemon.approve(alert);
    let write = next(&mut stream);
    assert_eq!(write[..5], [0x01, 0, 0, write.len() as u8 - 4, 0x0e], "the next thing it hears is the alert");
    // WRITE-REPLACE COMPLETE with the two mandatory elements of the request.
    in_pieces(&mut stream, &[&[0x02, 0, 0, 6][..], &write[4..10]].concat());
    assert_eq!(daemon.wait_confirmed(alert).cells.confirmed, 1);
}
