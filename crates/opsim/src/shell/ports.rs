//! The sockets of a network's elements.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use cbe::Tag;
use crossbeam_channel::Sender;
use link::{
    Connection, DialConfig, EventKind, Framing, Link, LinkError, LinkEvent, LinkId, ListenConfig, Listener,
    Peers, SctpSettings, SendError, Sink, Transport,
};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tracing::{info, warn};

use super::web::{self, Asked};
use crate::{ElementId, ElementKind, ElementPlan, Error, Network, Plan, Role, Transmit, TransportPlan};

/// Every element's connections get numbers of their own: its place in the plan above these bits.
const CONNECTION_BITS: u32 = 20;

/// What happens on the sockets.
pub(super) enum Event {
    /// On a link.
    Link(LinkEvent),
    /// At the endpoint of a CBC.
    Asked(Asked),
}

/// The sockets of a network's elements, in the order of the plan.
pub(super) struct Ports {
    ports: Vec<Port>,
    // Last, so that the sockets close while it still runs.
    _runtime: Runtime,
}

/// The socket of one element, and its connection to the dispatcher.
struct Port {
    name: String,
    address: SocketAddr,
    peer: Option<Peer>,
    /// Who waits for the answers of a CBC.
    replies: HashMap<Tag, oneshot::Sender<Bytes>>,
    socket: Socket,
}

struct Peer {
    link: LinkId,
    connection: Connection,
    /// A message for which there was no room yet.
    stuck: Option<Bytes>,
}

/// Lives as long as the element; what it does, it does by itself.
#[expect(dead_code, reason = "held for its lifetime")]
enum Socket {
    Listening(Listener),
    Dialling(Link),
    /// A CBC's: it ends with the runtime.
    Serving,
}

impl Ports {
    /// Opens every socket of a plan.
    pub(super) fn open(plan: &Plan, events: &Sender<Event>) -> Result<Self, Error> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|cause| Error::Link { element: plan.operator.clone(), found: cause.to_string() })?;
        let to_links = events.clone();
        let sink: Sink = Arc::new(move |event| drop(to_links.send(Event::Link(event))));
        let mut ports = Vec::with_capacity(plan.elements.len());
        for (at, element) in plan.elements.iter().enumerate() {
            let wrong = |found: String| Error::Link { element: element.name.clone(), found };
            let port = match element.kind {
                ElementKind::Cbc => {
                    let served = web::serve(element, at, events, &runtime);
                    let address = served.map_err(|cause| wrong(cause.to_string()))?;
                    Port::new(element, address, Socket::Serving)
                }
                _ => {
                    let first = LinkId((at as u32) << CONNECTION_BITS);
                    Port::open(element, first, sink.clone(), &runtime)
                        .map_err(|cause| wrong(cause.to_string()))?
                }
            };
            ports.push(port);
        }
        Ok(Self { ports, _runtime: runtime })
    }

    /// Each element's name and where it listens, or whom it dials.
    pub(super) fn addresses(&self) -> impl Iterator<Item = (&str, SocketAddr)> {
        self.ports.iter().map(|port| (port.name.as_str(), port.address))
    }

    /// Hands an event to the network.
    pub(super) fn handle(&mut self, now_ms: u64, event: Event, network: &mut Network) {
        match event {
            Event::Link(event) => self.linked(now_ms, event, network),
            Event::Asked(asked) => self.asked(now_ms, asked, network),
        }
    }

    /// A CBC is asked over a connection for just that; it is as good as connected all the time.
    fn asked(&mut self, now_ms: u64, asked: Asked, network: &mut Network) {
        let Some(port) = self.ports.get_mut(asked.element) else { return };
        let id = ElementId(asked.element);
        if !network.elements()[asked.element].is_connected() {
            network.connected(now_ms, id);
        }
        // Whoever has given up waits no longer.
        port.replies.retain(|_, reply| !reply.is_closed());
        port.replies.insert(asked.tag, asked.reply);
        network.received(now_ms, id, &asked.frame);
    }

    fn linked(&mut self, now_ms: u64, event: LinkEvent, network: &mut Network) {
        let id = (event.link.0 >> CONNECTION_BITS) as usize;
        let Some(port) = self.ports.get_mut(id) else { return };
        let current = port.peer.as_ref().is_some_and(|peer| peer.link == event.link);
        match event.kind {
            EventKind::Up { peer, ref connection } => {
                info!(element = %port.name, %peer, "connected");
                // An older connection closes with its last handle.
                port.peer = Some(Peer { link: event.link, connection: connection.clone(), stuck: None });
                network.connected(now_ms, ElementId(id));
            }
            EventKind::Down { ref reason, .. } if current => {
                info!(element = %port.name, %reason, "disconnected");
                port.peer = None;
                network.disconnected(now_ms, ElementId(id));
            }
            EventKind::Frame(ref frame) if current => network.received(now_ms, ElementId(id), frame),
            // Room again: `transmit` follows each event.
            _ => {}
        }
    }

    /// Sends what there is to send, as far as there is room.
    pub(super) fn transmit(&mut self, network: &mut Network) {
        for (id, port) in self.ports.iter_mut().enumerate() {
            if let Some(peer) = port.peer.as_mut().filter(|_| !network.elements()[id].is_connected()) {
                // The element has hung up: what waited for room is lost with the rest.
                peer.stuck = None;
            }
            port.transmit(|| network.poll_transmit_of(ElementId(id)));
        }
    }
}

impl Port {
    fn open(plan: &ElementPlan, first: LinkId, sink: Sink, runtime: &Runtime) -> Result<Self, LinkError> {
        // With UDP encapsulation the address of the association has the SCTP port, and the plan's port is UDP's.
        let (transport, at) = match plan.transport {
            // Served apart.
            TransportPlan::Http => return Err(LinkError::Config("expected http for a CBC only".to_owned())),
            TransportPlan::Tcp => (Transport::Tcp(framing(plan.kind)), plan.address),
            TransportPlan::KernelSctp => (Transport::KernelSctp(SctpSettings::default()), plan.address),
            TransportPlan::UdpSctp => {
                let udp_port = plan.address.port();
                let transport = Transport::UdpSctp {
                    settings: SctpSettings::default(),
                    local_port: (plan.role == Role::Listen).then_some(udp_port),
                    remote_port: udp_port,
                };
                (transport, SocketAddr::new(plan.address.ip(), plan.sctp_port))
            }
        };
        let (socket, address) = match plan.role {
            Role::Listen => {
                let peers = Peers::Anybody { first: LinkId(first.0 + 1) };
                let config = ListenConfig::new(&plan.name, transport, at, peers);
                let listener = Listener::bind(first, config, sink, runtime.handle())?;
                let address = listener.local_address();
                (Socket::Listening(listener), address)
            }
            Role::Dial => {
                let config = DialConfig::new(&plan.name, transport, vec![at]);
                (Socket::Dialling(Link::dial(first, config, sink, runtime.handle())?), plan.address)
            }
        };
        Ok(Self::new(plan, address, socket))
    }

    fn new(plan: &ElementPlan, address: SocketAddr, socket: Socket) -> Self {
        Self { name: plan.name.clone(), address, peer: None, replies: HashMap::new(), socket }
    }

    fn transmit(&mut self, mut next: impl FnMut() -> Option<Transmit>) {
        loop {
            let stuck = self.peer.as_mut().and_then(|peer| peer.stuck.take());
            let Some(transmit) = stuck.map(Transmit::Pdu).or_else(&mut next) else { return };
            if let Socket::Serving = self.socket {
                self.reply(transmit);
                continue;
            }
            let Some(peer) = &mut self.peer else { continue };
            match transmit {
                Transmit::Pdu(pdu) => match peer.connection.send(pdu.clone()) {
                    Ok(()) => {}
                    Err(SendError::Full) => {
                        peer.stuck = Some(pdu);
                        return;
                    }
                    // Its `Down` is on the way.
                    Err(SendError::Down) => return,
                },
                Transmit::Close => {
                    warn!(element = %self.name, "restarts");
                    peer.connection.abort("the element restarts");
                    self.peer = None;
                }
            }
        }
    }

    /// Answers a request to a CBC; a restart breaks the connections of all.
    fn reply(&mut self, transmit: Transmit) {
        match transmit {
            Transmit::Pdu(frame) => {
                let tag = frame.first_chunk().map(|tag| Tag(u64::from_be_bytes(*tag)));
                if let Some(reply) = tag.and_then(|tag| self.replies.remove(&tag)) {
                    // Whoever asked may have given up.
                    let _ = reply.send(frame);
                }
            }
            Transmit::Close => {
                warn!(element = %self.name, "restarts");
                self.replies.clear();
            }
        }
    }
}

/// How a stream of this element's protocol is cut into messages.
fn framing(kind: ElementKind) -> Framing {
    match kind {
        ElementKind::Rnc => Framing::SelfDelimiting(|input| {
            sabp::frame_length(input, sabp::FRAME_MAX_BYTES).map_err(|error| error.to_string())
        }),
        ElementKind::Bsc | ElementKind::Cbc | ElementKind::Mme => Framing::CBSP,
    }
}
