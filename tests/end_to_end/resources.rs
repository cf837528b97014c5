//! A daemon that has less of the machine than it would like.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use engine::State;
use opsim::{ElementKind, Faults, Restart, Role};
use serde_json::Value;
use tests::daemon::{APPROVER, AUTHOR, Config, Daemon, wording};
use tests::need;
use tests::networks::{Network, elements, peer};
use tests::patience::until;
use tests::process::limit;

const TEXT: &str = "NESTALO DETE: Marko, 7 godina. Pozovite 192.";

/// An address that nobody listens on.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A daemon with every kind of listener: the admin socket, the feed, and one that BSCs dial.
struct House {
    daemon: Daemon,
    network: Network,
    /// The BSC that dials.
    guest: String,
    /// Where it dials.
    door: SocketAddr,
    feed: SocketAddr,
}

impl House {
    fn new() -> Self {
        let (door, feed) = (free_address(), free_address());
        let mut guest = String::new();
        let network = Network::of(
            1000,
            |inventory| {
                let mut elements = elements(inventory, &Faults::default());
                let dialling = elements.iter_mut().find(|element| element.kind == ElementKind::Bsc).unwrap();
                (dialling.role, dialling.address) = (Role::Dial, door);
                guest.clone_from(&dialling.name);
                elements
            },
            |element, address| match element.role {
                Role::Listen => peer(element, address),
                Role::Dial => format!("{}role = \"listen\"\nlisten = \"{door}\"\n", peer(element, address)),
            },
        );
        let config = Config::new(&network.cells, &[(&network.operator, &network.peers)]);
        let main = std::fs::read_to_string(config.path("amberd.toml")).unwrap();
        let keys = need::workspace().join("fixtures/cap/keys").display().to_string();
        let cap = format!(
            "[cap]\nsender = \"alerts@mup.example\"\nkey = \"{keys}/ecdsa.key.pem\"\n\
             certificate = \"{keys}/ecdsa.crt.pem\"\n"
        );
        let public = format!(
            "[feed]\nlisten = \"{feed}\"\npublic_url = \"https://alerts.example\"\nbehind_proxy = true\n"
        );
        config.write("amberd.toml", &format!("{main}\n{cap}{public}"));
        Self { daemon: Daemon::start(config), network, guest, door, feed }
    }

    fn pid(&self) -> u32 {
        self.daemon.process.0.id()
    }

    fn said(&self, words: &str) -> usize {
        self.daemon.config.log().matches(words).count()
    }
}

/// A connection to the admin socket on which one call follows the other.
struct Line(UnixStream);

impl Line {
    fn open(socket: &Path) -> Self {
        let line = UnixStream::connect(socket).unwrap();
        line.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self(line)
    }

    /// The status and the body of the answer.
    fn ask(&mut self, officer: &str, method: &str, path: &str, body: &str) -> (u16, Value) {
        write!(
            self.0,
            "{method} {path} HTTP/1.1\r\nHost: amberd\r\namberd-asserted-officer: {officer}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut octet = [0];
            self.0.read_exact(&mut octet).unwrap();
            head.push(octet[0]);
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let length = head.split_once("content-length: ").unwrap().1.split_once('\r').unwrap().0;
        let mut body = vec![0; length.parse().unwrap()];
        self.0.read_exact(&mut body).unwrap();
        (head[9..12].parse().unwrap(), serde_json::from_slice(&body).unwrap())
    }
}

/// How many files a process may have open.
fn nofile(pid: u32) -> u64 {
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    line.split_whitespace().nth(3).unwrap().parse().unwrap()
}

/// The processor's time that a process has had, in ticks of 10 ms.
fn ticks(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn a_want_of_descriptors_closes_no_link_loses_no_journal_and_passes() {
    let mut house = House::new();
    let socket = house.daemon.config.path("admin.sock");
    let alert = house.daemon.submitted(wording(TEXT, "Novi Sad"));
    house.daemon.approve(alert);
    house.daemon.wait_confirmed(alert);
    let mut line = Line::open(&socket);
    assert_eq!(line.ask(AUTHOR, "GET", "/v1/status", "").0, 200);

    // No descriptor is left, as if others held them all, and at every door somebody waits for one.
    let most = nofile(house.pid());
    limit(&house.daemon.process, "nofile", 3);
    let caller = UnixStream::connect(&socket).unwrap();
    let reader = TcpStream::connect(house.feed).unwrap();
    house.network.command(&opsim::Command::Restart(Restart::Element(house.guest.clone())));
    let doors = ["admin socket: a connection could not", "feed: a connection could not", "cannot accept"];
    for words in doors {
        until(words, 10, || (house.said(words) > 0).then_some(()));
    }
    let before = ticks(house.pid());
    std::thread::sleep(Duration::from_secs(1));
    assert!(ticks(house.pid()) - before < 50, "it does not spin");

    // A key of an alert is a file: without a descriptor there is no draft, and nothing worse than that.
    let draft = serde_json::json!({
        "channel": "live", "class": "missing-child",
        "texts": [{ "language": "sr-Latn", "text": TEXT }], "target": { "areas": ["Novi Sad"] },
    });
    let (status, problem) = line.ask(AUTHOR, "POST", "/v1/alerts", &draft.to_string());
    assert_eq!((status, problem["type"].as_str().unwrap().ends_with("busy")), (503, true), "{problem}");
    let (status, _) = line.ask(AUTHOR, "GET", "/v1/status", "");
    assert_eq!(status, 200);
    // What is on is taken off all the same.
    let cancel = format!("/v1/alerts/{alert}/cancel");
    assert_eq!(line.ask(APPROVER, "POST", &cancel, r#"{"reason": "found safe"}"#).0, 200);

    drop((caller, reader));
    limit(&house.daemon.process, "nofile", most);
    house.daemon.wait_off(alert);
    let peers = || house.daemon.asks(AUTHOR, async |client| client.peers().await);
    until("every peer ready again", 20, || peers().ok()?.iter().all(|peer| peer.ready).then_some(()));
    let (status, answer) = line.ask(AUTHOR, "POST", "/v1/alerts", &draft.to_string());
    assert_eq!(status, 201, "{answer}");
    assert_eq!(house.daemon.alert(alert).state, State::Closed);
    let mut page = String::new();
    let mut reader = TcpStream::connect(house.feed).unwrap();
    write!(reader, "GET /feed.atom HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    reader.read_to_string(&mut page).unwrap();
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    for words in doors {
        assert_eq!(house.said(words), 1, "said once a minute:\n{}", house.daemon.config.log());
    }
}

/// The most memory that a process has had, in MiB.
fn resident_mib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

#[test]
fn floods_of_callers_and_of_a_peer_take_a_bounded_memory_and_delay_no_cancel() {
    let house = House::new();
    let socket = house.daemon.config.path("admin.sock");
    let alert = house.daemon.submitted(wording(TEXT, "Novi Sad"));
    house.daemon.approve(alert);
    house.daemon.wait_confirmed(alert);
    let mut line = Line::open(&socket);
    let before = resident_mib(house.pid());

    // A peer that asks for answers as fast as it can and reads none; and callers whose bodies never end.
    let door = house.door;
    let peer = std::thread::spawn(move || {
        let mut peer = TcpStream::connect(door).unwrap();
        peer.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
        let (nonsense, started) = ([0xff, 0, 0, 0].repeat(16_384), std::time::Instant::now());
        let mut written = 0;
        while started.elapsed() < Duration::from_secs(1) {
            // A write that has to wait is what is wanted.
            written += peer.write(&nonsense).unwrap_or(0);
        }
        (peer, written)
    });
    let head = format!(
        "POST /v1/alerts HTTP/1.1\r\nHost: a\r\namberd-asserted-officer: {AUTHOR}\r\n\
         Content-Type: application/json\r\nContent-Length: 1000001\r\n\r\n"
    );
    let calls: Vec<UnixStream> = std::iter::repeat_with(|| {
        let mut call = UnixStream::connect(&socket).unwrap();
        call.write_all(head.as_bytes()).and_then(|()| call.write_all(&[b' '; 1_000_000])).unwrap();
        call
    })
    .take(200)
    .collect();
    let cancel = format!("/v1/alerts/{alert}/cancel");
    assert_eq!(line.ask(APPROVER, "POST", &cancel, r#"{"reason": "found safe"}"#).0, 200);
    let (peer, written) = peer.join().unwrap();
    let grown = resident_mib(house.pid()) - before;
    println!("{written} octets of nonsense, {} calls: {grown} MiB", calls.len());
    assert!(grown < 200 + 100, "{grown} MiB for 200 MB of bodies and {written} octets of nonsense");
    let log = house.daemon.config.log().len();
    assert!(log < 1 << 20, "{log} octets of log");
    drop((peer, calls));
    house.daemon.wait_off(alert);
}
