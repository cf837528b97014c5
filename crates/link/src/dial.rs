//! A link that dials, and dials again.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::runtime::Handle;
use tokio::sync::watch;
use tracing::debug;

use crate::backoff::Pause;
use crate::connection::Ending;
use crate::encapsulated::Endpoint;
use crate::serve::{Service, wanted_end};
use crate::wire::Wire;
use crate::{
    DialConfig, EventKind, Framing, HttpSettings, LinkError, LinkId, SctpSettings, Sink, Transport, http,
    kernel, tcp,
};

/// A link that dials its peer until it is stopped or dropped.
#[derive(Debug)]
pub struct Link {
    stop: watch::Sender<Ending>,
}

impl Link {
    /// Checks the settings and starts dialling on `runtime`.
    pub fn dial(id: LinkId, config: DialConfig, sink: Sink, runtime: &Handle) -> Result<Self, LinkError> {
        let dialler = Dialler::new(&config)?;
        let service = Service::new(id, &config.limits, sink);
        let (stop, stopped) = watch::channel(Ending::No);
        runtime.spawn(keep_dialling(service, config, dialler, stopped));
        Ok(Self { stop })
    }

    /// Closes the connection gracefully and dials no more. `Down` is still reported.
    pub fn stop(&self) {
        self.stop.send_replace(Ending::Close("the link was stopped".to_owned()));
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Dials, serves, waits, and dials again, until it is told to stop.
async fn keep_dialling(
    service: Service,
    config: DialConfig,
    dialler: Dialler,
    stop: watch::Receiver<Ending>,
) {
    let mut pause = Pause::new(config.backoff.clone(), seed(service.link));
    for &address in config.addresses.iter().cycle() {
        let Some(connected) = unless_stopped(&stop, dialler.connect(&config, address)).await else { return };
        let wait_ms = match connected {
            Ok(wire) => {
                debug!(link = %config.name, peer = %wire.peer, "connected");
                service.serve_one_of(&mut pause, wire, stop.clone()).await;
                pause.next_ms()
            }
            Err(error) => {
                let retry_in_ms = pause.next_ms();
                debug!(link = %config.name, %error, retry_in_ms, "cannot connect");
                service.report(EventKind::Unreachable { reason: error.to_string(), retry_in_ms }).await;
                retry_in_ms
            }
        };
        let waiting = tokio::time::sleep(Duration::from_millis(wait_ms));
        if unless_stopped(&stop, waiting).await.is_none() {
            return;
        }
    }
}

async fn unless_stopped<T>(stop: &watch::Receiver<Ending>, work: impl Future<Output = T>) -> Option<T> {
    let mut stop = stop.clone();
    tokio::select! {
        biased;
        _ = wanted_end(&mut stop) => None,
        done = work => Some(done),
    }
}

/// Links that start together must not wait in step.
fn seed(link: LinkId) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(now.subsec_nanos()) << 32 | u64::from(link.0)
}

/// How an attempt is made.
enum Dialler {
    Http(Box<HttpSettings>),
    Tcp(Framing),
    Kernel(SctpSettings),
    /// The endpoint outlives its associations: attempts come from one UDP port.
    Encapsulated {
        endpoint: Endpoint,
        remote_port: u16,
    },
}

impl Dialler {
    fn new(config: &DialConfig) -> Result<Self, LinkError> {
        let Some(first) = config.addresses.first() else {
            return Err(LinkError::Config(format!("link {}: no address to dial", config.name)));
        };
        config.transport.check(&config.addresses)?;
        match &config.transport {
            Transport::Http(settings) => Ok(Dialler::Http(Box::new(settings.clone()))),
            Transport::Tcp(framing) => Ok(Dialler::Tcp(*framing)),
            Transport::KernelSctp(settings) => Ok(Dialler::Kernel(settings.clone())),
            Transport::UdpSctp { settings, local_port, remote_port } => {
                if config.addresses.iter().any(|address| address.is_ipv4() != first.is_ipv4()) {
                    let text = format!("link {}: one UDP socket cannot dial both IPv4 and IPv6", config.name);
                    return Err(LinkError::Config(text));
                }
                let local = config.bind_for(*first).unwrap_or_else(|| unspecified(*first));
                let udp = SocketAddr::new(local.ip(), local_port.unwrap_or(0));
                let endpoint = Endpoint::dialling(udp, settings, &config.limits)?;
                Ok(Dialler::Encapsulated { endpoint, remote_port: *remote_port })
            }
        }
    }

    async fn connect(&self, config: &DialConfig, address: SocketAddr) -> Result<Wire, LinkError> {
        let bind = config.bind_for(address);
        let limits = &config.limits;
        let attempt = async {
            match self {
                Dialler::Http(settings) => {
                    http::connect(address, bind, settings, limits.max_frame_bytes).await
                }
                Dialler::Tcp(framing) => tcp::connect(address, bind, *framing, limits).await,
                Dialler::Kernel(settings) => {
                    kernel::connect(&config.addresses, &config.bind, settings, limits).await
                }
                Dialler::Encapsulated { endpoint, remote_port } => {
                    endpoint.connect(address, *remote_port, bind.map_or(0, |bind| bind.port())).await
                }
            }
        };
        let limit = Duration::from_millis(config.connect_timeout_ms);
        let timed_out = LinkError::TimedOut { address, waited_ms: config.connect_timeout_ms };
        tokio::time::timeout(limit, attempt).await.unwrap_or(Err(timed_out))
    }
}

impl DialConfig {
    /// The first local address of the peer's family.
    fn bind_for(&self, peer: SocketAddr) -> Option<SocketAddr> {
        self.bind.iter().copied().find(|bind| bind.is_ipv4() == peer.is_ipv4())
    }
}

fn unspecified(peer: SocketAddr) -> SocketAddr {
    let ip: IpAddr = if peer.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    SocketAddr::new(ip, 0)
}
