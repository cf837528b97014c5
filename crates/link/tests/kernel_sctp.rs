//! Kernel SCTP, on a real kernel: what is ignored here needs one with SCTP, and `inside_user_mode_linux` runs it in
//! one that boots in a second (`tests/kernel-sctp/boot`). There it runs as root, alone, with `ip` at hand.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "real sockets, real time, a real kernel"
)]
#![allow(clippy::panic, clippy::unwrap_used, reason = "only tests are made of it")]

mod world;

use std::io::Read;
use std::net::{Ipv6Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use link::{DialConfig, EventKind, ListenConfig, Peers, SctpSettings, Transport, kernel_sctp_available};
use world::associations::Pair;
use world::*;

/// The port of kernel UDP encapsulation: `sysctl net.sctp.udp_port`, set by the boot script.
const KERNEL_UDP_PORT: u16 = 9899;

fn kernel(settings: SctpSettings) -> Transport {
    Transport::KernelSctp(settings)
}

#[test]
fn inside_user_mode_linux() {
    let boot = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/kernel-sctp/boot");
    let output = Command::new(boot)
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--skip", "peer_process", "--test-threads=4", "--color=never", "--show-output"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    println!("{text}");
    // The boot script's word for "not installed".
    if output.status.code() == Some(77) {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI must test kernel SCTP: {text}");
        println!("NOT RUN: kernel SCTP was not tested");
        return;
    }
    assert!(output.status.success() && text.contains("test result: ok"), "kernel SCTP: {:?}", output.status);
}

#[test]
fn a_kernel_without_sctp_is_one_clear_sentence_that_names_the_way_out() {
    if kernel_sctp_available() {
        println!("NOT RUN: this kernel has SCTP");
        return;
    }
    let mut world = World::new();
    let _link = world.dial(kernel(SctpSettings::default()), loopback(29_168));
    let (reason, _) = world.unreachable(DIALLED);
    assert!(reason.contains("no SCTP") && reason.contains("UDP-encapsulated"), "{reason}");
    assert!(!reason.contains('\n') && reason.matches(". ").count() == 0, "{reason}");
    let config = ListenConfig::new(
        "test",
        kernel(SctpSettings::default()),
        loopback(29_168),
        Peers::Anybody { first: ACCEPTED },
    );
    let listener = link::Listener::bind(LISTENER, config, world.sink.clone(), world.runtime.handle());
    assert!(matches!(listener, Err(link::LinkError::NoKernelSctp)));
}

#[test]
#[ignore = "needs a kernel with SCTP"]
fn kernel_to_kernel() {
    let pair = Pair {
        listening: kernel(SctpSettings::default()),
        at: loopback(0),
        dialling: |listener, settings| (kernel(settings), listener.local_address()),
    };
    pair.keeps_every_promise();
}

#[test]
#[ignore = "needs a kernel with SCTP"]
fn user_space_over_udp_to_kernel() {
    let pair = Pair {
        listening: kernel(SctpSettings::default()),
        at: loopback(0),
        dialling: |listener, settings| {
            let udp = Transport::UdpSctp { settings, local_port: None, remote_port: KERNEL_UDP_PORT };
            (udp, listener.local_address())
        },
    };
    pair.keeps_every_promise();
}

#[test]
#[ignore = "needs a kernel with SCTP"]
fn kernel_to_user_space_over_udp() {
    let pair = Pair {
        listening: Transport::UdpSctp {
            settings: SctpSettings::default(),
            local_port: Some(0),
            remote_port: KERNEL_UDP_PORT,
        },
        at: loopback(29_168),
        dialling: |listener, settings| {
            let kernel_encapsulation_port = Some(listener.local_address().port());
            (kernel(SctpSettings { kernel_encapsulation_port, ..settings }), loopback(29_168))
        },
    };
    pair.keeps_every_promise();
}

#[test]
#[ignore = "needs a kernel with SCTP"]
fn kernel_to_kernel_over_ipv6() {
    let pair = Pair {
        listening: kernel(SctpSettings::default()),
        at: (Ipv6Addr::LOCALHOST, 0).into(),
        dialling: |listener, settings| (kernel(settings), listener.local_address()),
    };
    pair.messages_of_every_size_pass_in_order_both_ways();
}

#[test]
#[ignore = "needs a kernel with SCTP"]
fn a_refused_association_is_reported_at_once() {
    let mut world = World::new();
    let started = Instant::now();
    let _link = world.dial(kernel(SctpSettings::default()), loopback(5));
    let (reason, _) = world.unreachable(DIALLED);
    assert!(reason.contains("refused"), "{reason}");
    assert!(started.elapsed() < Duration::from_secs(1));
}

/// S14: the peer has two addresses and the first one goes dark.
#[test]
#[ignore = "needs a kernel with SCTP"]
fn a_cut_path_fails_over_within_the_association() {
    let mut world = World::new();
    let network = Network::new("cut", 31);
    let peer = Peer::start(&network, Role::Listen, &network.peer_addresses(29_168));
    let settings =
        SctpSettings { rto_min_ms: 200, rto_initial_ms: 300, heartbeat_ms: 500, ..SctpSettings::default() };
    let config = dial_config(kernel(settings), network.peer_addresses(29_168));
    let _link = world.dial_with(DialConfig { bind: network.our_addresses(0), ..config });
    let ours = world.up_in_the_end(DIALLED);
    let echo = |world: &mut World, bytes| {
        let started = Instant::now();
        send(&ours, &pattern(bytes));
        let mut changes = Vec::new();
        loop {
            match world.next(DIALLED).kind {
                EventKind::Frame(frame) if frame.0 == pattern(bytes) => return (started.elapsed(), changes),
                EventKind::Path { address, reachable } => changes.push((address.ip(), reachable)),
                other => panic!("{other:?}"),
            }
        }
    };
    echo(&mut world, 60_000);
    // Both paths have to be known to work before one may fail.
    std::thread::sleep(Duration::from_millis(1_500));
    network.set_path(0, false);
    let mut slowest = Duration::ZERO;
    let mut changes = Vec::new();
    for _ in 0..30 {
        let (took, seen) = echo(&mut world, 1_000);
        slowest = slowest.max(took);
        changes.extend(seen);
        std::thread::sleep(Duration::from_millis(100));
    }
    println!("slowest round trip across the cut: {slowest:?}");
    assert!(slowest < Duration::from_secs(3), "{slowest:?}");
    assert!(
        changes.contains(&(network.peer_addresses(0)[0].ip(), false)),
        "the path's loss is told: {changes:?}"
    );
    drop(peer);
}

/// S11: the peer loses its memory without a word and dials again from the same address and port.
#[test]
#[ignore = "needs a kernel with SCTP"]
fn a_restarted_peer_is_a_down_and_an_up() {
    let mut world = World::new();
    let network = Network::new("again", 32);
    let peers = Peers::Anybody { first: ACCEPTED };
    let config =
        ListenConfig::new("test", kernel(SctpSettings::default()), network.our_addresses(29_168)[0], peers);
    let _listener = world.listen_with(config);
    let first = Peer::start(&network, Role::Dial, &network.our_addresses(29_168)[..1]);
    let old = world.up(ACCEPTED);
    network.set_path(0, false);
    drop(first);
    network.set_path(0, true);
    let _second = Peer::start(&network, Role::Dial, &network.our_addresses(29_168)[..1]);
    assert_eq!(world.down(ACCEPTED).0, "the peer restarted the association");
    let new = world.up(ACCEPTED);
    assert_eq!(old.send(pattern(24)), Err(link::SendError::Down));
    send(&new, &pattern(60_000));
    assert!(world.frame(ACCEPTED) == pattern(60_000), "the new association carries messages");
}

/// A lost network ends the association within what the settings say, though nobody said a word.
#[test]
#[ignore = "needs a kernel with SCTP"]
fn a_peer_that_vanishes_is_given_up() {
    let mut world = World::new();
    let network = Network::new("gone", 33);
    let peer = Peer::start(&network, Role::Listen, &network.peer_addresses(29_168));
    let settings = SctpSettings {
        rto_initial_ms: 300,
        rto_min_ms: 200,
        rto_max_ms: 500,
        heartbeat_ms: 500,
        max_retransmissions: 4,
        ..SctpSettings::default()
    };
    let config = dial_config(kernel(settings), network.peer_addresses(29_168));
    let _link = world.dial_with(DialConfig { bind: network.our_addresses(0), ..config });
    let _ours = world.up_in_the_end(DIALLED);
    network.set_path(0, false);
    network.set_path(1, false);
    let started = Instant::now();
    loop {
        match world.next(DIALLED).kind {
            EventKind::Path { reachable: false, .. } => {}
            EventKind::Down { reason, .. } => {
                println!("given up after {:?}: {reason}", started.elapsed());
                break assert!(reason.contains("the association was lost"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
    drop(peer);
}

/// Not a test: the other end of the tests above, as a process of its own in another network namespace. It echoes until
/// its standard input closes; then it aborts.
#[test]
#[ignore = "the peer of the tests above"]
fn peer_process() {
    let addresses: Vec<SocketAddr> =
        std::env::var("PEER_ADDRESSES").unwrap().split(' ').map(|one| one.parse().unwrap()).collect();
    let mut world = World::new();
    let peers = Peers::Anybody { first: ACCEPTED };
    let (_listener, _link, id) = if std::env::var("PEER_ROLE").unwrap() == "listen" {
        let config = ListenConfig::new("peer", kernel(SctpSettings::default()), addresses[0], peers);
        let listener = world.listen_with(ListenConfig { bind: addresses, ..config });
        (Some(listener), None, ACCEPTED)
    } else {
        let bind = vec![std::env::var("PEER_BIND").unwrap().parse().unwrap()];
        let config = dial_config(kernel(SctpSettings::default()), addresses);
        let link = world.dial_with(DialConfig { bind, ..config });
        (None, Some(link), DIALLED)
    };
    let connection = world.up_in_the_end(id);
    let told_to_end = {
        let connection = connection.clone();
        std::thread::spawn(move || {
            let _ = std::io::stdin().read(&mut [0]);
            connection.abort("told to");
        })
    };
    loop {
        match world.next_within(id, Duration::from_secs(60)).unwrap().kind {
            EventKind::Frame(frame) => send(&connection, &frame.0),
            EventKind::Down { .. } => break,
            _ => {}
        }
    }
    drop(told_to_end);
}

enum Role {
    Listen,
    Dial,
}

/// A running `peer_process`.
struct Peer(Child);

impl Peer {
    fn start(network: &Network, role: Role, addresses: &[SocketAddr]) -> Self {
        let text: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let child = Command::new("ip")
            .args(["netns", "exec", &network.name])
            .arg(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "peer_process"])
            .env("PEER_ROLE", if matches!(role, Role::Listen) { "listen" } else { "dial" })
            .env("PEER_ADDRESSES", text.join(" "))
            .env("PEER_BIND", network.peer_addresses(40_000)[0].to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// Two networks between us and a namespace of its own.
struct Network {
    name: String,
    number: u8,
}

impl Network {
    fn new(name: &str, number: u8) -> Self {
        let network = Self { name: name.to_owned(), number };
        ip(&format!("netns add {name}"));
        ip(&format!("-n {name} link set lo up"));
        for path in 0..2 {
            let (ours, theirs) = (format!("{name}{path}"), format!("peer{path}"));
            ip(&format!("link add {ours} type veth peer name {theirs} netns {name}"));
            ip(&format!("addr add {}/24 dev {ours}", network.our_addresses(0)[path].ip()));
            ip(&format!("-n {name} addr add {}/24 dev {theirs}", network.peer_addresses(0)[path].ip()));
            ip(&format!("link set {ours} up"));
            ip(&format!("-n {name} link set {theirs} up"));
        }
        network
    }

    fn our_addresses(&self, port: u16) -> Vec<SocketAddr> {
        (0..2).map(|path| ([10, self.number, path, 1], port).into()).collect()
    }

    fn peer_addresses(&self, port: u16) -> Vec<SocketAddr> {
        (0..2).map(|path| ([10, self.number, path, 2], port).into()).collect()
    }

    /// Cuts a path at the peer's end, or mends it: to us the network looks as it did.
    fn set_path(&self, path: u8, works: bool) {
        // A black hole for what leaves there; what arrives is answered into it.
        let change = if works { "del" } else { "add" };
        let ours = self.our_addresses(0)[usize::from(path)].ip();
        ip(&format!("-n {} route {change} blackhole {ours}/32", self.name));
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for path in 0..2 {
            let _ = Command::new("ip").args(["link", "del", &format!("{}{path}", self.name)]).status();
        }
    }
}

fn ip(arguments: &str) {
    let status = Command::new("ip").args(arguments.split(' ')).status().unwrap();
    assert!(status.success(), "ip {arguments}: {status}");
}
