//! The links of the peers: dialled, or let in by a listener that peers share; an RNC that we dial may come in as well.

use std::net::{IpAddr, SocketAddr};

use link::{
    DialConfig, Framing, Limits, Link, LinkError, LinkId, ListenConfig, Listener, Peers, SctpSettings, Sink,
};
use tokio::runtime::Handle;

use crate::config::{Config, Peer, Protocol, Role, Transport};

/// Every link of the daemon; they end when this is dropped.
pub(crate) struct Links {
    _dialled: Vec<Link>,
    _listeners: Vec<Listener>,
}

impl Links {
    /// Opens all of them. A link's number is its peer's.
    pub(crate) fn open(config: &Config, sink: &Sink, runtime: &Handle) -> Result<Self, LinkError> {
        let peers: Vec<&Peer> = config.operator.iter().flat_map(|operator| &operator.peer).collect();
        let mut dialled = Vec::new();
        let mut doors: Vec<Door> = Vec::new();
        for (peer, number) in peers.into_iter().zip(0..) {
            let id = LinkId(number);
            match (peer.role, peer.listen) {
                (Role::Listen, Some(bind)) => open_door(&mut doors, bind, peer, id),
                _ => {
                    let transport = transport(peer.protocol, peer.transport, None, peer.udp_port);
                    let mut dial = DialConfig::new(&peer.name, transport, peer.addresses.clone());
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
            let transport_config = transport(door.protocol, door.transport, Some(door.udp_port), 0);
            let name = format!("listener {}", door.bind);
            let mut listen = ListenConfig::new(name, transport_config, door.bind, Peers::Known(door.peers));
            listen.limits = limits(door.protocol);
            listeners.push(Listener::bind(LinkId(LISTENERS + number), listen, sink.clone(), runtime)?);
        }
        Ok(Self { _dialled: dialled, _listeners: listeners })
    }
}

/// A place where peers dial in.
struct Door {
    bind: SocketAddr,
    protocol: Protocol,
    transport: Transport,
    udp_port: u16,
    peers: Vec<(LinkId, Vec<IpAddr>)>,
}

/// Lets a peer in at a door, which peers may share.
fn open_door(doors: &mut Vec<Door>, bind: SocketAddr, peer: &Peer, id: LinkId) {
    let ips: Vec<IpAddr> = peer.addresses.iter().map(SocketAddr::ip).collect();
    let fits = |door: &&mut Door| {
        door.bind == bind
            && door.transport == peer.transport
            && door.protocol == peer.protocol
            && door.udp_port == peer.udp_port
    };
    match doors.iter_mut().find(fits) {
        Some(door) => door.peers.push((id, ips)),
        None => doors.push(Door {
            bind,
            protocol: peer.protocol,
            transport: peer.transport,
            udp_port: peer.udp_port,
            peers: vec![(id, ips)],
        }),
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

fn transport(
    protocol: Protocol,
    transport: Transport,
    local_port: Option<u16>,
    remote_port: u16,
) -> link::Transport {
    match transport {
        Transport::Tcp => link::Transport::Tcp(framing(protocol)),
        Transport::Sctp => link::Transport::KernelSctp(SctpSettings::default()),
        Transport::SctpOverUdp => {
            link::Transport::UdpSctp { settings: SctpSettings::default(), local_port, remote_port }
        }
    }
}

/// How the messages of a protocol are told apart in a stream; SCTP keeps them apart by itself.
fn framing(protocol: Protocol) -> Framing {
    match protocol {
        Protocol::Sabp => Framing::SelfDelimiting(|stream| {
            sabp::frame_length(stream, sabp::FRAME_MAX_BYTES).map_err(|error| error.to_string())
        }),
        Protocol::Cbsp | Protocol::Sbcap => Framing::CBSP,
    }
}

fn limits(protocol: Protocol) -> Limits {
    let max_frame_bytes = match protocol {
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
    fn a_links_number_tells_its_peer_and_which_of_its_connections_it_is() {
        assert_eq!(peer_of(LinkId(7)), Some((7, Way::ByRole)));
        assert_eq!(peer_of(LinkId(LISTENERS - 1)), Some((u16::MAX, Way::ByRole)));
        assert_eq!(peer_of(LinkId(LISTENERS)), None);
        assert_eq!(peer_of(LinkId(SECOND + 7)), Some((7, Way::PeersOwn)));
        assert_eq!(peer_of(LinkId(SECOND + LISTENERS)), None);
    }
}
