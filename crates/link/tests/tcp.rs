//! TCP links against plain sockets and against each other.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "real sockets, real time")]

mod world;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use bytes::Bytes;
use link::{EventKind, Framing, Limits, LinkError, LinkId, ListenConfig, Peers, SendError, Transport};
use world::*;

const TCP: Transport = Transport::Tcp(Framing::CBSP);
const KEEP_ALIVE: [u8; 6] = [0x16, 0, 0, 2, 0x18, 0x14];
const KEEP_ALIVE_COMPLETE: [u8; 4] = [0x17, 0, 0, 0];
const RESTART: [u8; 12] = [0x13, 0, 0, 8, 4, 0, 1, 6, 0x16, 0, 0x0d, 1];

/// A CBSP frame of so many octets in all.
fn frame(bytes: usize) -> Bytes {
    let mut frame = pattern(bytes).to_vec();
    frame[..4].copy_from_slice(&[1, ((bytes - 4) >> 16) as u8, ((bytes - 4) >> 8) as u8, (bytes - 4) as u8]);
    frame.into()
}

#[test]
fn a_listener_and_a_dialler_exchange_frames_in_order() {
    let mut world = World::new();
    let listener = world.listen(TCP, loopback(0));
    let _link = world.dial(TCP, listener.local_address());
    let (ours, theirs) = (world.up(DIALLED), world.up(ACCEPTED));
    for bytes in [4, 24, 1_000, 60_000, 250_000] {
        send(&ours, &frame(bytes));
        send(&theirs, &frame(bytes));
    }
    for bytes in [4, 24, 1_000, 60_000, 250_000] {
        assert_eq!(world.frame(ACCEPTED), frame(bytes));
        assert_eq!(world.frame(DIALLED), frame(bytes));
    }
}

#[test]
fn frames_are_found_octet_by_octet_and_three_in_one_segment() {
    let mut world = World::new();
    let listener = world.listen(TCP, loopback(0));
    let mut peer = TcpStream::connect(listener.local_address()).unwrap();
    peer.set_nodelay(true).unwrap();
    let _connection = world.up(ACCEPTED);
    for octet in RESTART {
        peer.write_all(&[octet]).unwrap();
        std::thread::sleep(Duration::from_millis(2));
    }
    peer.write_all(&[&KEEP_ALIVE[..], &KEEP_ALIVE_COMPLETE, &RESTART].concat()).unwrap();
    for expected in [&RESTART[..], &KEEP_ALIVE, &KEEP_ALIVE_COMPLETE, &RESTART] {
        assert_eq!(world.frame(ACCEPTED), expected);
    }
}

#[test]
fn too_large_a_frame_ends_the_connection_with_both_numbers() {
    let mut world = World::new();
    let peers = Peers::Anybody { first: ACCEPTED };
    let limits = Limits { max_frame_bytes: 1_000, ..Limits::default() };
    let listener =
        world.listen_with(ListenConfig { limits, ..ListenConfig::new("test", TCP, loopback(0), peers) });
    let mut peer = TcpStream::connect(listener.local_address()).unwrap();
    let _connection = world.up(ACCEPTED);
    peer.write_all(&[1, 0xff, 0xff, 0xff]).unwrap();
    let (reason, dropped) = world.down(ACCEPTED);
    assert_eq!(reason, "a frame of 16777219 octets came in, the limit is 1000");
    assert_eq!(dropped, 0);
}

#[test]
fn a_peer_that_closes_within_a_frame_is_told_from_one_that_closes_after_it() {
    let mut world = World::new();
    let listener = world.listen(TCP, loopback(0));
    let mut cut = TcpStream::connect(listener.local_address()).unwrap();
    let _cut = world.up(ACCEPTED);
    cut.write_all(&RESTART[..7]).unwrap();
    drop(cut);
    assert_eq!(world.down(ACCEPTED).0, "the peer closed in a frame, after 7 octets of it");

    let next = LinkId(ACCEPTED.0 + 1);
    let mut whole = TcpStream::connect(listener.local_address()).unwrap();
    let _whole = world.up(next);
    whole.write_all(&RESTART).unwrap();
    drop(whole);
    assert_eq!(world.frame(next), &RESTART[..]);
    assert_eq!(world.down(next).0, "the peer closed the connection");
}

#[test]
fn refused_attempts_wait_longer_and_longer_up_to_the_cap() {
    let mut world = World::new();
    let nobody = TcpListener::bind(loopback(0)).unwrap().local_addr().unwrap();
    let started = Instant::now();
    let _link = world.dial(TCP, nobody);
    let waits: Vec<u64> = (0..5)
        .map(|_| {
            let (reason, retry_in_ms) = world.unreachable(DIALLED);
            assert!(reason.contains(&nobody.to_string()) && reason.contains("refused"), "{reason}");
            retry_in_ms
        })
        .collect();
    assert_eq!(waits, [50, 100, 200, 400, 400]);
    assert!(started.elapsed() >= Duration::from_millis(50 + 100 + 200 + 400), "the waits were really waited");
}

#[test]
fn a_lost_connection_comes_back_without_the_tail_of_a_frame() {
    let mut world = World::new();
    let listener = TcpListener::bind(loopback(0)).unwrap();
    let _link = world.dial(TCP, listener.local_addr().unwrap());
    let (mut peer, _) = listener.accept().unwrap();
    let ours = world.up(DIALLED);

    // Large enough not to fit the socket buffers, so that it is cut in the middle.
    let large = frame(1 << 23);
    send(&ours, &large);
    send(&ours, &frame(24));
    peer.read_exact(&mut [0; 21_000]).unwrap();
    socket2::SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
    drop(peer);
    let (reason, dropped) = world.down(DIALLED);
    assert!(reason.contains("reset"), "{reason}");
    assert_eq!(dropped, 2, "the one being written and the one behind it");
    assert_eq!(ours.send(frame(24)), Err(SendError::Down));

    let (mut peer, _) = listener.accept().unwrap();
    let again = world.up(DIALLED);
    assert_eq!(ours.send(frame(24)), Err(SendError::Down), "the old handle stays dead");
    send(&again, &KEEP_ALIVE.to_vec().into());
    let mut first = [0; 6];
    peer.read_exact(&mut first).unwrap();
    assert_eq!(first, KEEP_ALIVE);
}

#[test]
fn a_flapping_peer_is_dialled_ever_more_slowly_and_named_once() {
    let mut world = World::new();
    let listener = TcpListener::bind(loopback(0)).unwrap();
    let _link = world.dial(TCP, listener.local_addr().unwrap());
    let mut arrivals = Vec::new();
    for _ in 0..5 {
        drop(listener.accept().unwrap());
        arrivals.push(Instant::now());
    }
    let gaps: Vec<u128> = arrivals.windows(2).map(|pair| (pair[1] - pair[0]).as_millis()).collect();
    assert!(gaps.iter().zip([50, 100, 200, 400]).all(|(gap, least)| *gap + 5 >= least), "{gaps:?}");
    let events: Vec<EventKind> =
        std::iter::from_fn(|| world.next_within(DIALLED, Duration::from_millis(100)))
            .map(|e| e.kind)
            .collect();
    assert_eq!(events.iter().filter(|kind| matches!(kind, EventKind::Flapping { losses: 3 })).count(), 1);
    let ups_and_downs: Vec<bool> = events
        .iter()
        .filter(|kind| matches!(kind, EventKind::Up { .. } | EventKind::Down { .. }))
        .map(|kind| matches!(kind, EventKind::Up { .. }))
        .collect();
    assert!(
        ups_and_downs.chunks(2).all(|pair| pair == [true, false]),
        "Up and Down alternate: {ups_and_downs:?}"
    );
}

#[test]
fn a_flapping_peer_that_dials_us_is_named_once_as_well() {
    let mut world = World::new();
    let peers = Peers::Known(vec![(ACCEPTED, vec!["127.0.0.1".parse().unwrap()])]);
    let listener = world.listen_with(ListenConfig::new("test", TCP, loopback(0), peers));
    let mut flaps = Vec::new();
    for _ in 0..5 {
        drop(TcpStream::connect(listener.local_address()).unwrap());
        let mut is_down = false;
        while !is_down {
            let kind = world.next(ACCEPTED).kind;
            is_down = matches!(kind, EventKind::Down { .. });
            flaps.extend(matches!(kind, EventKind::Flapping { losses: 3 }).then_some(()));
        }
    }
    assert_eq!(flaps.len(), 1);
}

#[test]
fn an_unknown_address_is_closed_without_an_octet_and_reported() {
    let mut world = World::new();
    let peers = Peers::Known(vec![(ACCEPTED, vec!["127.0.0.1".parse().unwrap()])]);
    let listener = world.listen_with(ListenConfig::new("test", TCP, loopback(0), peers));
    let known = world.dial(TCP, listener.local_address());
    let _ours = (world.up(DIALLED), world.up(ACCEPTED));

    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 9], 0)).into()).unwrap();
    socket.connect(&listener.local_address().into()).unwrap();
    let mut stranger = TcpStream::from(socket);
    let address = stranger.local_addr().unwrap();
    let mut octets = Vec::new();
    let _ = stranger.read_to_end(&mut octets);
    assert!(octets.is_empty());
    assert!(matches!(world.next(LISTENER).kind, EventKind::Refused { address: from } if from == address));
    assert!(
        world.next_within(ACCEPTED, Duration::from_millis(50)).is_none(),
        "the known peer was left alone"
    );
    drop(known);
}

#[test]
fn more_connections_than_the_limit_are_turned_away() {
    let mut world = World::new();
    let config = ListenConfig::new("test", TCP, loopback(0), Peers::Anybody { first: ACCEPTED });
    let listener = world.listen_with(ListenConfig { max_connections: 1, ..config });
    let first = TcpStream::connect(listener.local_address()).unwrap();
    let _connection = world.up(ACCEPTED);
    let mut second = TcpStream::connect(listener.local_address()).unwrap();
    assert_eq!(second.read(&mut [0; 1]).unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    drop(first);
    world.down(ACCEPTED);
    let _third = TcpStream::connect(listener.local_address()).unwrap();
    let _connection = world.up(LinkId(ACCEPTED.0 + 1));
}

/// In a process of its own, with few descriptors to run out of.
#[test]
fn a_listener_outlives_a_want_of_descriptors() {
    let status = std::process::Command::new("sh")
        .args(["-c", "ulimit -n 64; exec \"$0\" --ignored --exact a_listener_without_descriptors"])
        .arg(std::env::current_exe().unwrap())
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
#[ignore = "run by the test above"]
fn a_listener_without_descriptors() {
    let mut world = World::new();
    let listener = world.listen(TCP, loopback(0));
    let client = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let hoard: Vec<_> = std::iter::from_fn(|| std::fs::File::open("/dev/null").ok()).collect();
    client.connect(&listener.local_address().into()).unwrap();
    assert!(
        world.next_within(ACCEPTED, Duration::from_millis(500)).is_none(),
        "no descriptor to accept with"
    );
    drop(hoard);
    let _connection = world.up(ACCEPTED);
}

#[test]
fn a_second_connection_of_a_known_peer_replaces_the_first() {
    let mut world = World::new();
    let peers = Peers::Known(vec![(ACCEPTED, vec!["127.0.0.1".parse().unwrap()])]);
    let listener = world.listen_with(ListenConfig::new("test", TCP, loopback(0), peers));
    let _first = TcpStream::connect(listener.local_address()).unwrap();
    let _old = world.up(ACCEPTED);
    let mut second = TcpStream::connect(listener.local_address()).unwrap();
    assert_eq!(world.down(ACCEPTED).0, "the peer came with a new connection");
    let new = world.up(ACCEPTED);
    send(&new, &RESTART.to_vec().into());
    second.read_exact(&mut [0; 12]).unwrap();
}

#[test]
fn a_consumer_that_does_not_read_stops_the_socket_and_loses_nothing() {
    let mut world = World::new();
    let peers = Peers::Anybody { first: ACCEPTED };
    let limits = Limits { inbound_bytes: 100_000, ..Limits::default() };
    let listener =
        world.listen_with(ListenConfig { limits, ..ListenConfig::new("test", TCP, loopback(0), peers) });
    let mut peer = TcpStream::connect(listener.local_address()).unwrap();
    let _connection = world.up(ACCEPTED);
    peer.set_write_timeout(Some(Duration::from_millis(300))).unwrap();

    let one = frame(10_000);
    let mut written = 0;
    // Held, not dropped: the credit stays spent. The socket buffers take some megabytes before the peer is stopped.
    let mut held = Vec::new();
    let stopped = loop {
        match peer.write(&one[written % one.len()..]) {
            Ok(octets) => written += octets,
            Err(error) => break error,
        }
        assert!(written < 64 << 20, "nothing stopped the peer");
    };
    assert!(
        matches!(stopped.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut),
        "{stopped}"
    );
    held.extend(std::iter::from_fn(|| world.next_within(ACCEPTED, Duration::from_millis(200))));
    assert_eq!(held.len(), 10, "as many as the credit pays for");

    let whole = written / one.len();
    held.clear();
    for _ in 10..whole {
        assert_eq!(world.frame(ACCEPTED), one);
    }
}

#[test]
fn a_full_queue_says_so_and_says_when_there_is_room() {
    let mut world = World::new();
    let listener = TcpListener::bind(loopback(0)).unwrap();
    let mut config = dial_config(TCP, vec![listener.local_addr().unwrap()]);
    config.limits.outbound_frames = 4;
    let _link = world.dial_with(config);
    let (mut peer, _) = listener.accept().unwrap();
    let ours = world.up(DIALLED);
    assert_eq!(ours.capacity(), 4);
    let large = frame(1 << 20);
    let mut taken = 0;
    let until = Instant::now() + Duration::from_secs(10);
    // The socket buffers swallow the first ones.
    while ours.send(large.clone()).is_ok() || ours.capacity() > 0 || taken == 0 {
        taken += 1;
        assert!(Instant::now() < until, "the queue never filled");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(ours.send(large.clone()), Err(SendError::Full));
    let reader = std::thread::spawn(move || std::io::copy(&mut peer, &mut std::io::sink()));
    assert!(matches!(world.next(DIALLED).kind, EventKind::Writable));
    assert!(ours.capacity() >= 2);
    ours.close("done");
    assert_eq!(world.down(DIALLED), ("done".to_owned(), 0));
    assert_eq!(reader.join().unwrap().unwrap() % (1 << 20), 0, "only whole frames");
}

#[test]
fn a_graceful_close_writes_what_is_queued_and_an_abort_does_not() {
    let mut world = World::new();
    let listener = TcpListener::bind(loopback(0)).unwrap();
    let _link = world.dial(TCP, listener.local_addr().unwrap());
    let (mut peer, _) = listener.accept().unwrap();
    let ours = world.up(DIALLED);
    for _ in 0..10 {
        ours.send(frame(20_000)).unwrap();
    }
    ours.close("keep-alive not answered");
    assert_eq!(ours.send(frame(24)), Err(SendError::Down));
    let mut octets = Vec::new();
    peer.read_to_end(&mut octets).unwrap();
    assert_eq!(octets.len(), 200_000);
    drop(peer);
    assert_eq!(world.down(DIALLED), ("keep-alive not answered".to_owned(), 0));

    let (mut peer, _) = listener.accept().unwrap();
    let ours = world.up(DIALLED);
    ours.abort("by hand");
    assert_eq!(peer.read(&mut [0; 1]).unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(world.down(DIALLED).0, "by hand");
}

#[test]
fn a_peer_that_does_not_answer_a_close_is_aborted_in_time() {
    let mut world = World::new();
    let listener = TcpListener::bind(loopback(0)).unwrap();
    let mut config = dial_config(TCP, vec![listener.local_addr().unwrap()]);
    config.limits.close_timeout_ms = 200;
    let _link = world.dial_with(config);
    let (_deaf, _) = listener.accept().unwrap();
    let started = Instant::now();
    world.up(DIALLED).close("enough");
    assert_eq!(world.down(DIALLED).0, "enough");
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[test]
fn stopping_a_link_ends_its_connection_and_dials_no_more() {
    let mut world = World::new();
    let listener = world.listen(TCP, loopback(0));
    let link = world.dial(TCP, listener.local_address());
    let _ours = (world.up(DIALLED), world.up(ACCEPTED));
    link.stop();
    assert_eq!(world.down(DIALLED).0, "the link was stopped");
    assert_eq!(world.down(ACCEPTED).0, "the peer closed the connection");
    assert!(world.next_within(DIALLED, Duration::from_millis(300)).is_none());
}

#[test]
fn dropping_a_listener_closes_its_connections() {
    let mut world = World::new();
    let listener = world.listen(TCP, loopback(0));
    let _link = world.dial(TCP, listener.local_address());
    let _ours = (world.up(DIALLED), world.up(ACCEPTED));
    drop(listener);
    assert_eq!(world.down(ACCEPTED).0, "the listener was stopped");
    assert_eq!(world.down(DIALLED).0, "the peer closed the connection");
    assert!(world.unreachable(DIALLED).0.contains("refused"));
}

#[test]
fn a_port_in_use_is_an_error_at_once() {
    let world = World::new();
    let first = world.listen(TCP, loopback(0));
    let config = ListenConfig::new("test", TCP, first.local_address(), Peers::Anybody { first: LinkId(1) });
    let second = link::Listener::bind(LISTENER, config, world.sink.clone(), world.runtime.handle());
    assert!(matches!(second, Err(LinkError::Io { action: "cannot listen on", .. })), "{second:?}");
}
