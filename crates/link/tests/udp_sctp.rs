//! UDP-encapsulated SCTP: our own stack at both ends of the loopback. (Against a kernel: `kernel_sctp.rs`.)
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "real sockets, real time")]

mod world;

use std::time::{Duration, Instant};

use link::{DialConfig, Link, LinkId, ListenConfig, Peers, SctpSettings, Transport};
use world::associations::Pair;
use world::*;

const SBC_AP_PORT: u16 = 29_168;

fn udp(settings: SctpSettings, local_port: u16, remote_port: u16) -> Transport {
    Transport::UdpSctp { settings, local_port: Some(local_port), remote_port }
}

fn pair() -> Pair {
    Pair {
        listening: udp(SctpSettings::default(), 0, 0),
        at: loopback(SBC_AP_PORT),
        dialling: |listener, settings| {
            (udp(settings, 0, listener.local_address().port()), loopback(SBC_AP_PORT))
        },
    }
}

#[test]
fn messages_of_every_size_pass_in_order_both_ways() {
    pair().messages_of_every_size_pass_in_order_both_ways();
}

#[test]
fn a_message_of_another_protocol_is_dropped_and_one_with_identifier_zero_is_taken() {
    pair().a_message_of_another_protocol_is_dropped_and_one_with_identifier_zero_is_taken();
}

#[test]
fn a_graceful_close_delivers_what_is_queued() {
    pair().a_graceful_close_delivers_what_is_queued();
}

#[test]
fn an_abort_is_seen_at_once_and_the_dialler_comes_back() {
    pair().an_abort_is_seen_at_once_and_the_dialler_comes_back();
}

#[test]
fn an_unknown_address_is_aborted_and_reported() {
    pair().an_unknown_address_is_aborted_and_reported();
}

#[test]
fn a_slow_consumer_slows_the_sender_and_loses_nothing() {
    pair().a_slow_consumer_slows_the_sender_and_loses_nothing();
}

#[test]
fn many_peers_share_one_udp_port() {
    const PEERS: u32 = 20;
    let mut world = World::new();
    let listener = world.listen(pair().listening, loopback(SBC_AP_PORT));
    let transport = udp(SctpSettings::default(), 0, listener.local_address().port());
    let links: Vec<Link> = (1..=PEERS)
        .map(|number| {
            let config = dial_config(transport.clone(), vec![loopback(SBC_AP_PORT)]);
            Link::dial(LinkId(number), config, world.sink.clone(), world.runtime.handle()).unwrap()
        })
        .collect();
    let ours: Vec<_> = (1..=PEERS).map(|number| world.up(LinkId(number))).collect();
    let theirs: Vec<_> = (0..PEERS).map(|number| world.up(LinkId(ACCEPTED.0 + number))).collect();
    for (size, connection) in ours.iter().enumerate() {
        send(connection, &pattern(10_000 + size));
    }
    let mut sizes: Vec<usize> =
        theirs.iter().map(|connection| world.frame(connection.link()).len() - 10_000).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, (0..PEERS as usize).collect::<Vec<_>>());
    drop(links);
}

#[test]
fn too_large_a_message_ends_the_association_with_both_numbers() {
    let mut world = World::new();
    let peers = Peers::Anybody { first: ACCEPTED };
    let mut config = ListenConfig::new("test", pair().listening, loopback(SBC_AP_PORT), peers);
    config.limits.max_frame_bytes = 1_000;
    let listener = world.listen_with(config);
    let _link =
        world.dial(udp(SctpSettings::default(), 0, listener.local_address().port()), loopback(SBC_AP_PORT));
    let (ours, _theirs) = (world.up(DIALLED), world.up(ACCEPTED));
    send(&ours, &pattern(1_001));
    assert_eq!(world.down(ACCEPTED).0, "a frame of 1001 octets came in, the limit is 1000");
    assert!(world.down(DIALLED).0.contains("abort"));
}

#[test]
fn an_association_needs_no_ipv4() {
    let mut world = World::new();
    let at = std::net::SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, SBC_AP_PORT));
    if std::net::UdpSocket::bind((std::net::Ipv6Addr::LOCALHOST, 0)).is_err() {
        println!("NOT RUN: this machine has no IPv6 loopback");
        return;
    }
    let listener = world.listen(pair().listening, at);
    let _link = world.dial(udp(SctpSettings::default(), 0, listener.local_address().port()), at);
    let (ours, _theirs) = (world.up(DIALLED), world.up(ACCEPTED));
    send(&ours, &pattern(60_000));
    assert!(world.frame(ACCEPTED) == pattern(60_000));
}

#[test]
fn a_peer_nobody_listens_for_is_unreachable_until_it_is_there() {
    let mut world = World::new();
    let free = std::net::UdpSocket::bind(loopback(0)).unwrap().local_addr().unwrap().port();
    let mut config = dial_config(udp(SctpSettings::default(), 0, free), vec![loopback(SBC_AP_PORT)]);
    config.connect_timeout_ms = 300;
    let _link = world.dial_with(config);
    assert!(world.unreachable(DIALLED).0.contains("within 300 ms"));
    let _listener = world.listen(udp(SctpSettings::default(), free, 0), loopback(SBC_AP_PORT));
    while let link::EventKind::Unreachable { .. } = world.next(DIALLED).kind {}
}

/// The peer's process dies without a word and a new one dials from the same UDP and SCTP port: its INIT meets our
/// living association (RFC 9260 §5.2).
#[test]
fn a_restarted_dialler_is_a_down_and_an_up() {
    let mut world = World::new();
    let listener = world.listen(udp(SctpSettings::default(), 0, 0), loopback(SBC_AP_PORT));
    let relay = Relay::to(listener.local_address());
    let from_one_port = |world: &World| {
        let transport = udp(SctpSettings::default(), 0, relay.port);
        world.dial_with(DialConfig {
            bind: vec![loopback(40_000)],
            ..dial_config(transport, vec![loopback(SBC_AP_PORT)])
        })
    };
    let first = from_one_port(&world);
    let (_ours, theirs) = (world.up(DIALLED), world.up(ACCEPTED));
    relay.forget_dialler();
    let mut other = World::new();
    let _second = from_one_port(&other);
    let again = other.up(DIALLED);
    assert_eq!(world.down(ACCEPTED).0, "the peer restarted the association");
    let new = world.up(ACCEPTED);
    assert_eq!(theirs.send(pattern(24)), Err(link::SendError::Down));
    send(&again, &pattern(1_000));
    send(&new, &pattern(60_000));
    assert_eq!(world.frame(ACCEPTED), pattern(1_000));
    assert_eq!(other.frame(DIALLED), pattern(60_000));
    drop(first);
}

/// The listener's process dies without a word; the next one knows nothing of our association and says so.
#[test]
fn a_restarted_listener_is_noticed_with_the_next_packet() {
    let mut world = World::new();
    let mut before = World::new();
    let listener = before.listen(udp(SctpSettings::default(), 0, 0), loopback(SBC_AP_PORT));
    let relay = Relay::to(listener.local_address());
    let _link = world.dial(udp(SctpSettings::default(), 0, relay.port), loopback(SBC_AP_PORT));
    let ours = world.up(DIALLED);
    let _theirs = before.up(ACCEPTED);

    let after = World::new();
    let reborn = after.listen(udp(SctpSettings::default(), 0, 0), loopback(SBC_AP_PORT));
    relay.turn_to(reborn.local_address());
    let started = Instant::now();
    send(&ours, &pattern(24));
    let (reason, _) = world.down(DIALLED);
    assert!(reason.contains("abort"), "{reason}");
    assert!(started.elapsed() < Duration::from_secs(1));
    let _ours = world.up(DIALLED);
}

#[test]
fn a_silent_peer_is_given_up_by_heartbeats() {
    let mut world = World::new();
    let settings = SctpSettings {
        heartbeat_ms: 200,
        rto_initial_ms: 100,
        rto_min_ms: 100,
        rto_max_ms: 200,
        max_retransmissions: 3,
        ..SctpSettings::default()
    };
    let listener = world.listen(udp(SctpSettings::default(), 0, 0), loopback(SBC_AP_PORT));
    let relay = Relay::to(listener.local_address());
    let _link = world.dial(udp(settings, 0, relay.port), loopback(SBC_AP_PORT));
    let (_ours, _theirs) = (world.up(DIALLED), world.up(ACCEPTED));
    // A socket that is bound and never read: packets vanish.
    let hole = std::net::UdpSocket::bind(loopback(0)).unwrap();
    relay.turn_to(hole.local_addr().unwrap());
    let started = Instant::now();
    assert!(world.down(DIALLED).0.contains("abort"));
    assert!(started.elapsed() < Duration::from_secs(5));
}
