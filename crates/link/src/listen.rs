//! A socket that takes in the peers that dial us.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tracing::{info, warn};

use crate::backoff::Pause;
use crate::connection::Ending;
use crate::encapsulated::{Accepting, Endpoint};
use crate::event::LinkEvent;
use crate::serve::{Service, wanted_end};
use crate::wire::Wire;
use crate::{
    Backoff, EventKind, Framing, Limits, LinkError, LinkId, ListenConfig, Peers, Sink, Transport, kernel, tcp,
};

/// How long to leave a socket alone that could not accept, for want of file descriptors for example.
const ACCEPT_RETRY: Duration = Duration::from_millis(200);
/// How often that is said.
const SAID_EVERY: Duration = Duration::from_secs(60);

/// A listening socket; its connections end with it.
#[derive(Debug)]
pub struct Listener {
    stop: watch::Sender<Ending>,
    local_address: SocketAddr,
}

impl Listener {
    /// Binds now, so that a port in use is an error here, and accepts on `runtime`. `id` is the number under which
    /// `Refused` is reported.
    pub fn bind(id: LinkId, config: ListenConfig, sink: Sink, runtime: &Handle) -> Result<Self, LinkError> {
        let _runtime = runtime.enter();
        let acceptor = Acceptor::new(&config)?;
        let local_address = acceptor.local_address().map_err(|error| {
            LinkError::Config(format!("listener {}: no local address: {error}", config.name))
        })?;
        let admission = Admission::new(&config, &sink)?;
        let front = Service::new(id, &config.limits, sink);
        let (stop, stopped) = watch::channel(Ending::No);
        runtime.spawn(keep_accepting(front, config, acceptor, admission, stopped));
        Ok(Self { stop, local_address })
    }

    /// The address it listens on, for port 0 with the one the system chose; with UDP-encapsulated SCTP that of the UDP
    /// socket.
    pub fn local_address(&self) -> SocketAddr {
        self.local_address
    }

    /// Accepts no more and closes every connection gracefully.
    pub fn stop(&self) {
        self.stop.send_replace(Ending::Close("the listener was stopped".to_owned()));
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A connection being served.
struct Served {
    stop: watch::Sender<Ending>,
    task: JoinHandle<()>,
}

async fn keep_accepting(
    front: Service,
    config: ListenConfig,
    mut acceptor: Acceptor,
    mut admission: Admission,
    mut stop: watch::Receiver<Ending>,
) {
    let mut served: HashMap<LinkId, Served> = HashMap::new();
    let mut said: Option<Instant> = None;
    let wanted = loop {
        let accepted = tokio::select! {
            biased;
            wanted = wanted_end(&mut stop) => break wanted,
            accepted = acceptor.accept(&config.limits) => accepted,
        };
        let wire = match accepted {
            Ok(wire) => wire,
            Err(error) => {
                // No such error ends the listener: descriptors come back, and a peer that left early is nothing.
                if said.is_none_or(|said| said.elapsed() >= SAID_EVERY) {
                    warn!(listener = %config.name, %error, "cannot accept");
                    said = Some(Instant::now());
                }
                tokio::time::sleep(ACCEPT_RETRY).await;
                continue;
            }
        };
        served.retain(|_, served| !served.task.is_finished());
        if served.len() >= config.max_connections {
            warn!(listener = %config.name, peer = %wire.peer, limit = config.max_connections, "too many connections");
            refuse(wire);
            continue;
        }
        let Some(guest) = admission.admit(wire.peer.ip(), &front) else {
            // Without credit it is not said: strangers must not fill our memory or our log.
            if let Some(paid) = front.credit.try_pay(0) {
                warn!(listener = %config.name, peer = %wire.peer, "unknown address refused");
                let kind = EventKind::Refused { address: wire.peer };
                (front.sink)(LinkEvent { link: front.link, kind, _paid: Some(paid) });
            }
            refuse(wire);
            continue;
        };
        info!(listener = %config.name, peer = %wire.peer, "accepted");
        let link = guest.service.link;
        let (stop, stopped) = watch::channel(Ending::No);
        let before = served.remove(&link);
        let task = tokio::spawn(async move {
            if let Some(before) = before {
                before.stop.send_replace(Ending::Abort("the peer came with a new connection".to_owned()));
                // Its `Down` comes before our `Up`.
                let _ = before.task.await;
            }
            let mut pause = guest.pause.lock().await;
            guest.service.serve_one_of(&mut pause, wire, stopped).await;
        });
        served.insert(link, Served { stop, task });
    };
    for connection in served.into_values() {
        connection.stop.send_replace(wanted.clone());
        let _ = connection.task.await;
    }
}

/// Ends a connection without an octet.
fn refuse(mut wire: Wire) {
    wire.writer.abort();
}

/// A peer that may come in, and how its connections fared so far: whoever dials, one that comes and goes is told as one.
#[derive(Clone)]
struct Guest {
    service: Service,
    pause: Arc<Mutex<Pause>>,
}

impl Guest {
    fn new(service: Service) -> Self {
        // It is the peer who waits before it tries again.
        Self { service, pause: Arc::new(Mutex::new(Pause::new(Backoff::default(), 0))) }
    }
}

/// Who is let in, and as which link.
enum Admission {
    Anybody { next: u32 },
    Known(HashMap<IpAddr, Guest>),
}

impl Admission {
    fn new(config: &ListenConfig, sink: &Sink) -> Result<Self, LinkError> {
        let peers = match &config.peers {
            Peers::Anybody { first } => return Ok(Admission::Anybody { next: first.0 }),
            Peers::Known(peers) => peers,
        };
        let mut known = HashMap::new();
        for (link, addresses) in peers {
            let guest = Guest::new(Service::new(*link, &config.limits, sink.clone()));
            for address in addresses {
                if known.insert(address.to_canonical(), guest.clone()).is_some() {
                    let text = format!("listener {}: two peers dial from {address}", config.name);
                    return Err(LinkError::Config(text));
                }
            }
        }
        Ok(Admission::Known(known))
    }

    fn admit(&mut self, address: IpAddr, front: &Service) -> Option<Guest> {
        match self {
            Admission::Anybody { next } => {
                let link = LinkId(*next);
                *next = next.wrapping_add(1);
                Some(Guest::new(Service::new(link, &front.limits, front.sink.clone())))
            }
            Admission::Known(known) => known.get(&address.to_canonical()).cloned(),
        }
    }
}

/// A bound socket of some transport.
enum Acceptor {
    Tcp(TcpListener, Framing),
    Kernel(kernel::Listener),
    Encapsulated(Endpoint, Accepting),
}

impl Acceptor {
    fn new(config: &ListenConfig) -> Result<Self, LinkError> {
        let one = match config.bind.as_slice() {
            [one] => Ok(*one),
            other => Err(LinkError::Config(format!(
                "listener {}: {} addresses to listen on, expected one",
                config.name,
                other.len()
            ))),
        };
        config.transport.check(&config.bind)?;
        match &config.transport {
            Transport::Http(_) => {
                Err(LinkError::Config(format!("listener {}: HTTP is only to dial", config.name)))
            }
            Transport::Tcp(framing) => Ok(Acceptor::Tcp(tcp::listen(one?, config.backlog)?, *framing)),
            Transport::KernelSctp(settings) => {
                Ok(Acceptor::Kernel(kernel::listen(&config.bind, config.backlog, settings)?))
            }
            Transport::UdpSctp { settings, local_port, .. } => {
                let (one, Some(port)) = (one?, *local_port) else {
                    let text =
                        format!("listener {}: UDP-encapsulated SCTP needs a local UDP port", config.name);
                    return Err(LinkError::Config(text));
                };
                let udp = SocketAddr::new(one.ip(), port);
                let (endpoint, accepting) =
                    Endpoint::listening(udp, one.port(), config.max_connections, settings, &config.limits)?;
                Ok(Acceptor::Encapsulated(endpoint, accepting))
            }
        }
    }

    fn local_address(&self) -> io::Result<SocketAddr> {
        match self {
            Acceptor::Tcp(listener, _) => listener.local_addr(),
            Acceptor::Kernel(listener) => listener.local_address(),
            Acceptor::Encapsulated(endpoint, _) => Ok(endpoint.local_address()),
        }
    }

    async fn accept(&mut self, limits: &Limits) -> io::Result<Wire> {
        match self {
            Acceptor::Tcp(listener, framing) => tcp::accept(listener, *framing, limits).await,
            Acceptor::Kernel(listener) => listener.accept(limits).await,
            Acceptor::Encapsulated(_, accepting) => accepting.accept().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_peers_cannot_dial_from_one_address_however_it_is_written() {
        let peers = vec![
            (LinkId(1), vec!["192.0.2.1".parse().unwrap()]),
            (LinkId(2), vec!["::ffff:192.0.2.1".parse().unwrap()]),
        ];
        let at = "127.0.0.1:0".parse().unwrap();
        let config = ListenConfig::new("bsc", Transport::Tcp(Framing::CBSP), at, Peers::Known(peers));
        let sink: Sink = Arc::new(|_| ());
        let error = Admission::new(&config, &sink).err();
        let text = "listener bsc: two peers dial from ::ffff:192.0.2.1";
        assert_eq!(error, Some(LinkError::Config(text.to_owned())));
    }
}
