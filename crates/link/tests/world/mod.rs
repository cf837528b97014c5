//! A small world for links: a runtime, a sink, and what is expected to come out of it.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "only tests are made of it")]

pub mod associations;

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use bytes::Bytes;
use link::{
    Backoff, Connection, DialConfig, EventKind, Limits, Link, LinkEvent, LinkId, ListenConfig, Listener,
    Peers, SendError, Sink, Transport,
};
use tokio::runtime::Runtime;

pub const DIALLED: LinkId = LinkId(1);
pub const LISTENER: LinkId = LinkId(100);
pub const ACCEPTED: LinkId = LinkId(200);

/// How long anything may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(15);

pub struct World {
    pub runtime: Runtime,
    pub sink: Sink,
    events: mpsc::Receiver<LinkEvent>,
    /// Events that came before their turn.
    aside: VecDeque<LinkEvent>,
}

impl World {
    pub fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let (sender, events) = mpsc::channel();
        let sink: Sink = Arc::new(move |event| drop(sender.send(event)));
        Self { runtime, sink, events, aside: VecDeque::new() }
    }

    pub fn dial(&self, transport: Transport, to: SocketAddr) -> Link {
        self.dial_with(dial_config(transport, vec![to]))
    }

    pub fn dial_with(&self, config: DialConfig) -> Link {
        Link::dial(DIALLED, config, self.sink.clone(), self.runtime.handle()).unwrap()
    }

    pub fn listen(&self, transport: Transport, at: SocketAddr) -> Listener {
        let config = ListenConfig::new("test", transport, at, Peers::Anybody { first: ACCEPTED });
        self.listen_with(ListenConfig { limits: patient(), ..config })
    }

    pub fn listen_with(&self, config: ListenConfig) -> Listener {
        Listener::bind(LISTENER, config, self.sink.clone(), self.runtime.handle()).unwrap()
    }

    /// The next event of this link.
    pub fn next(&mut self, link: LinkId) -> LinkEvent {
        self.next_within(link, PATIENCE).unwrap_or_else(|| panic!("nothing more from {link:?}"))
    }

    pub fn next_within(&mut self, link: LinkId, patience: Duration) -> Option<LinkEvent> {
        if let Some(at) = self.aside.iter().position(|event| event.link == link) {
            return self.aside.remove(at);
        }
        let until = Instant::now() + patience;
        while let Ok(event) = self.events.recv_timeout(until.saturating_duration_since(Instant::now())) {
            if event.link == link {
                return Some(event);
            }
            self.aside.push_back(event);
        }
        None
    }

    /// The link whose connection is accepted next.
    pub fn next_accepted(&mut self) -> LinkId {
        loop {
            if let Some(event) = self.aside.iter().find(|event| event.link >= ACCEPTED) {
                return event.link;
            }
            let event = self.events.recv_timeout(PATIENCE).unwrap();
            self.aside.push_back(event);
        }
    }

    pub fn up(&mut self, link: LinkId) -> Connection {
        match self.next(link).kind {
            EventKind::Up { connection, .. } => connection,
            other => panic!("{link:?}: expected Up, got {other:?}"),
        }
    }

    /// The first `Up`; a peer that is not there yet is dialled again.
    pub fn up_in_the_end(&mut self, link: LinkId) -> Connection {
        loop {
            match self.next(link).kind {
                EventKind::Up { connection, .. } => return connection,
                EventKind::Unreachable { .. } => {}
                other => panic!("{link:?}: expected Up, got {other:?}"),
            }
        }
    }

    /// The reason, and how many frames were dropped.
    pub fn down(&mut self, link: LinkId) -> (String, usize) {
        match self.next(link).kind {
            EventKind::Down { reason, dropped_frames } => (reason, dropped_frames),
            other => panic!("{link:?}: expected Down, got {other:?}"),
        }
    }

    pub fn frame(&mut self, link: LinkId) -> Bytes {
        match self.next(link).kind {
            EventKind::Frame(frame) => frame.0,
            other => panic!("{link:?}: expected a frame, got {other:?}"),
        }
    }

    pub fn unreachable(&mut self, link: LinkId) -> (String, u64) {
        match self.next(link).kind {
            EventKind::Unreachable { reason, retry_in_ms } => (reason, retry_in_ms),
            other => panic!("{link:?}: expected Unreachable, got {other:?}"),
        }
    }
}

/// Attempts follow each other fast, and a test need not wait for a connection to count as stable.
pub fn dial_config(transport: Transport, to: Vec<SocketAddr>) -> DialConfig {
    let backoff = Backoff { first_ms: 50, max_ms: 400, jitter: 0.0, stable_after_ms: 10_000 };
    DialConfig { backoff, limits: patient(), ..DialConfig::new("test", transport, to) }
}

/// A kernel whose SHUTDOWN is lost says it again after 3 s (RFC 9260 §16, RTO.Initial), when a close by default is an abort.
fn patient() -> Limits {
    Limits { close_timeout_ms: 12_000, ..Limits::default() }
}

/// A frame whose octets tell where they belong.
pub fn pattern(bytes: usize) -> Bytes {
    (0..bytes).map(|i| (i.wrapping_mul(31) ^ (i >> 8)) as u8).collect()
}

pub fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Sends as soon as there is room.
pub fn send(connection: &Connection, frame: &Bytes) {
    let until = Instant::now() + PATIENCE;
    while let Err(error) = connection.send(frame.clone()) {
        assert_eq!(error, SendError::Full);
        assert!(Instant::now() < until, "the queue stays full");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A UDP relay between one dialler and a listener, so that a process can vanish behind an address that stays.
pub struct Relay {
    pub port: u16,
    state: Arc<Mutex<Ends>>,
}

struct Ends {
    dialler: Option<SocketAddr>,
    listener: SocketAddr,
    /// The one an earlier dialler came from: what it still sends is lost.
    gone: Option<SocketAddr>,
}

impl Relay {
    pub fn to(listener: SocketAddr) -> Self {
        let socket = UdpSocket::bind(loopback(0)).unwrap();
        let port = socket.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(Ends { dialler: None, listener, gone: None }));
        let ends = state.clone();
        std::thread::spawn(move || {
            let mut packet = [0; 65_535];
            while let Ok((bytes, from)) = socket.recv_from(&mut packet) {
                let to = ends.lock().unwrap().other_end(from);
                if let Some(to) = to {
                    let _ = socket.send_to(&packet[..bytes], to);
                }
            }
        });
        Self { port, state }
    }

    /// From now on the dialler is whoever sends next from elsewhere.
    pub fn forget_dialler(&self) {
        let mut ends = self.state.lock().unwrap();
        ends.gone = ends.dialler.take();
    }

    pub fn turn_to(&self, listener: SocketAddr) {
        self.state.lock().unwrap().listener = listener;
    }
}

impl Ends {
    fn other_end(&mut self, from: SocketAddr) -> Option<SocketAddr> {
        if from == self.listener {
            return self.dialler;
        }
        if Some(from) == self.gone {
            return None;
        }
        let dialler = *self.dialler.get_or_insert(from);
        (dialler == from).then_some(self.listener)
    }
}
