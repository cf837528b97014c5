//! The links of the peers: dialled, or let in by a listener that peers share; an RNC that we dial may come in as well.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use link::{
    Backoff, DialConfig, Framing, HttpSettings, Limits, Link, LinkId, ListenConfig, Listener, Peers,
    SctpSettings, Sink, TlsSettings,
};
use tokio::runtime::Handle;

use crate::config::{Config, ConfigError, Peer, Protocol, Role, Transport};
use crate::daemon::DaemonError;

/// Every link of the daemon; they end when this is dropped.
pub(crate) struct Links {
    _dialled: Vec<Link>,
    _listeners: Vec<Listener>,
}

impl Links {
    /// Opens all of them. A link's number is its peer's.
    pub(crate) fn open(config: &Config, sink: &Sink, runtime: &Handle) -> Result<Self, DaemonError> {
        let peers: Vec<&Peer> = config.operator.iter().flat_map(|operator| &operator.peer).collect();
        let mut dialled = Vec::new();
        let mut doors: Vec<Door<'_>> = Vec::new();
        for (peer, number) in peers.into_iter().zip(0..) {
            let id = LinkId(number);
            match (peer.role, peer.listen) {
                (Role::Listen, Some(bind)) => open_door(&mut doors, bind, peer, id),
                _ => {
                    let mut dial =
                        DialConfig::new(&peer.name, transport(peer, None)?, peer.addresses.clone());
                    dial.limits = limits(peer.protocol);
                    // A UDP socket for a peer on loopback has no business elsewhere.
                    if let Some(local) = peer.addresses.iter().map(SocketAddr::ip).find(IpAddr::is_loopback) {
                        dial.bind = vec![SocketAddr::new(local, 0)];
                    }
                    dialled.push(Link::dial(id, dial, sink.clone(), runtime)?);
                    if let Some(bind) = peer.listen {
                        open_door(&mut doors, bind, peer, LinkId(SECOND + number));
                    }
                }
            }
        }
        let mut listeners = Vec::new();
        for (door, number) in doors.into_iter().zip(0..) {
            let transport = transport(door.first, Some(door.first.udp_port))?;
            let name = format!("listener {}", door.bind);
            let mut listen = ListenConfig::new(name, transport, door.bind, Peers::Known(door.peers));
            listen.limits = limits(door.first.protocol);
            listeners.push(Listener::bind(LinkId(LISTENERS + number), listen, sink.clone(), runtime)?);
        }
        Ok(Self { _dialled: dialled, _listeners: listeners })
    }
}

/// Reads the keys and certificates that links need.
pub(crate) fn check(config: &Config) -> Result<(), ConfigError> {
    let mut peers = config.operator.iter().flat_map(|operator| &operator.peer);
    peers.try_for_each(|peer| transport(peer, None).map(drop))
}

/// Whether a link goes up and down again and again. That is one piece of news, not one each time.
#[derive(Debug, Default)]
pub(crate) struct Flapping(bool);

impl Flapping {
    /// It flaps from now on.
    pub(crate) fn begin(&mut self) {
        self.0 = true;
    }

    /// A connection that lasted so long is lost: after a stable one it does not flap any more.
    pub(crate) fn lost(&mut self, lived_ms: i64) {
        self.0 &= lived_ms < i64::try_from(Backoff::default().stable_after_ms).unwrap_or(i64::MAX);
    }

    /// Whether its ups and downs are no news.
    pub(crate) fn is_on(&self) -> bool {
        self.0
    }
}

/// A place where peers dial in.
struct Door<'a> {
    bind: SocketAddr,
    /// The peer that it was opened for; the others speak alike.
    first: &'a Peer,
    peers: Vec<(LinkId, Vec<IpAddr>)>,
}

/// Lets a peer in at a door, which peers may share.
fn open_door<'a>(doors: &mut Vec<Door<'a>>, bind: SocketAddr, peer: &'a Peer, id: LinkId) {
    let ips: Vec<IpAddr> = peer.addresses.iter().map(SocketAddr::ip).collect();
    let fits = |door: &&mut Door<'_>| {
        door.bind == bind
            && door.first.transport == peer.transport
            && door.first.protocol == peer.protocol
            && door.first.udp_port == peer.udp_port
    };
    match doors.iter_mut().find(fits) {
        Some(door) => door.peers.push((id, ips)),
        None => doors.push(Door { bind, first: peer, peers: vec![(id, ips)] }),
    }
}

/// Which of a peer's connections.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Way {
    /// The one that its role says.
    ByRole,
    /// One that a peer opened whom we dial: an RNC does for a RESTART (TS 25.414).
    PeersOwn,
}

/// The peer of a link, and which of its connections that is; `None` for a listener.
pub(crate) fn peer_of(LinkId(link): LinkId) -> Option<(u16, Way)> {
    let (way, first) = if link < SECOND { (Way::ByRole, 0) } else { (Way::PeersOwn, SECOND) };
    Some((u16::try_from(link - first).ok()?, way))
}

/// Where the numbers of listeners begin: above every peer's.
const LISTENERS: u32 = 1 << 16;
/// Where the numbers of connections begin that a dialled peer opened: above every listener's.
const SECOND: u32 = 1 << 17;

/// How a peer is reached; `local_port` is the UDP port where it dials us.
fn transport(peer: &Peer, local_port: Option<u16>) -> Result<link::Transport, ConfigError> {
    Ok(match peer.transport {
        Transport::Tcp => link::Transport::Tcp(framing(peer.protocol)),
        Transport::Sctp => link::Transport::KernelSctp(SctpSettings::default()),
        Transport::SctpOverUdp => {
            let remote_port = if local_port.is_some() { 0 } else { peer.udp_port };
            link::Transport::UdpSctp { settings: SctpSettings::default(), local_port, remote_port }
        }
        Transport::Http => link::Transport::Http(http(peer, None)),
        Transport::Https => link::Transport::Http(http(peer, Some(tls(peer)?))),
    })
}

fn http(peer: &Peer, tls: Option<TlsSettings>) -> HttpSettings {
    let address = || peer.addresses.first().map(|address| address.ip().to_string()).unwrap_or_default();
    HttpSettings {
        host: peer.host.clone().unwrap_or_else(address),
        tls,
        path: peer.path.clone(),
        test_every_ms: peer.keep_alive_ms.into(),
        answer_timeout_ms: peer.answer_timeout_ms.into(),
        requests_max: usize::from(peer.window) + REQUESTS_BESIDE,
    }
}

fn tls(peer: &Peer) -> Result<TlsSettings, ConfigError> {
    let read = |file: &Option<PathBuf>| {
        let file = file.as_deref().unwrap_or(Path::new(""));
        std::fs::read(file).map_err(|error| ConfigError {
            file: file.to_owned(),
            message: format!("peer {:?}: cannot be read: {error}", peer.name),
        })
    };
    TlsSettings::mutual(&read(&peer.authorities)?, &read(&peer.certificate)?, &read(&peer.key)?).map_err(
        |error| ConfigError {
            file: peer.certificate.clone().unwrap_or_default(),
            message: format!("peer {:?}: {error}", peer.name),
        },
    )
}

/// Requests to a CBC that may be under way beside those of its window: kills, and looks at delivery reports.
const REQUESTS_BESIDE: usize = 8;

/// How the messages of a protocol are told apart in a stream; SCTP keeps them apart by itself.
fn framing(protocol: Protocol) -> Framing {
    match protocol {
        Protocol::Sabp => Framing::SelfDelimiting(|stream| {
            sabp::frame_length(stream, sabp::FRAME_MAX_BYTES).map_err(|error| error.to_string())
        }),
        Protocol::Cap | Protocol::Cbsp | Protocol::Sbcap => Framing::CBSP,
    }
}

fn limits(protocol: Protocol) -> Limits {
    let max_frame_bytes = match protocol {
        Protocol::Cap => cbe::FRAME_MAX_BYTES,
        Protocol::Cbsp => cbsp::FRAME_MAX_BYTES,
        Protocol::Sabp => sabp::FRAME_MAX_BYTES,
        Protocol::Sbcap => return Limits::default(),
    };
    let inbound_bytes = Limits::default().inbound_bytes.max(max_frame_bytes as u32);
    Limits { max_frame_bytes, inbound_bytes, ..Limits::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ups_and_downs_of_a_flapping_link_are_no_news_until_it_was_stable() {
        let mut flapping = Flapping::default();
        flapping.lost(100);
        assert!(!flapping.is_on(), "short connections are news until the link says that it flaps");
        flapping.begin();
        for _ in 0..20 {
            flapping.lost(9_999);
            assert!(flapping.is_on());
        }
        flapping.lost(10_000);
        assert!(!flapping.is_on());
    }

    #[test]
    fn a_links_number_tells_its_peer_and_which_of_its_connections_it_is() {
        assert_eq!(peer_of(LinkId(7)), Some((7, Way::ByRole)));
        assert_eq!(peer_of(LinkId(LISTENERS - 1)), Some((u16::MAX, Way::ByRole)));
        assert_eq!(peer_of(LinkId(LISTENERS)), None);
        assert_eq!(peer_of(LinkId(SECOND + 7)), Some((7, Way::PeersOwn)));
        assert_eq!(peer_of(LinkId(SECOND + LISTENERS)), None);
    }
}
