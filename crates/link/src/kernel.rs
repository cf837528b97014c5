//! SCTP of the Linux kernel: one-to-one style sockets (RFC 6458 §4) on tokio's readiness.

mod notification;
mod options;
mod sys;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tracing::warn;

use crate::wire::{self, End, Inbound, Wire};
use crate::{Limits, LinkError, SctpSettings};
use notification::Notification;

/// Octets one read asks for.
const READ_BYTES: usize = 64 * 1024;
/// What we ask the system for; it may grant less.
const SOCKET_BUFFER_BYTES: usize = 1 << 20;

/// Whether the running kernel has SCTP.
pub fn kernel_sctp_available() -> bool {
    new_socket(&[]).is_ok()
}

/// Associates with a peer by all its addresses, from `bind` if given.
pub(crate) async fn connect(
    addresses: &[SocketAddr],
    bind: &[SocketAddr],
    settings: &SctpSettings,
    limits: &Limits,
) -> Result<Wire, LinkError> {
    let Some(first) = addresses.first() else {
        return Err(LinkError::Config("no address to dial".to_owned()));
    };
    let connecting = async {
        let socket = new_socket(addresses)?;
        options::apply(&socket, settings)?;
        bind_all(&socket, bind)?;
        match options::connect(&socket, addresses) {
            Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => return Err(error),
            _ => {}
        }
        let socket = sys::register(socket)?;
        loop {
            // A refused association makes the socket readable with an error, and never writable.
            let mut ready = socket.ready(Interest::READABLE | Interest::WRITABLE).await?;
            if let Some(error) = socket.get_ref().take_error()? {
                return Err(error);
            }
            if let Some(peer) = peer_of(socket.get_ref()) {
                return Ok(into_wire(socket, peer, settings, limits));
            }
            ready.clear_ready();
        }
    };
    connecting.await.map_err(|error| failed("cannot associate with", *first, &error))
}

/// A listening socket.
pub(crate) struct Listener {
    socket: AsyncFd<Socket>,
    settings: SctpSettings,
}

/// Listens on all of `addresses`. Must be called within a runtime.
pub(crate) fn listen(
    addresses: &[SocketAddr],
    backlog: u32,
    settings: &SctpSettings,
) -> Result<Listener, LinkError> {
    let Some(first) = addresses.first() else {
        return Err(LinkError::Config("no address to listen on".to_owned()));
    };
    let listening = || {
        let socket = new_socket(addresses)?;
        socket.set_reuse_address(true)?;
        options::apply(&socket, settings)?;
        bind_all(&socket, addresses)?;
        socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
        Ok(Listener { socket: sys::register(socket)?, settings: settings.clone() })
    };
    listening().map_err(|error| failed("cannot listen on", *first, &error))
}

impl Listener {
    pub(crate) fn local_address(&self) -> io::Result<SocketAddr> {
        let address = self.socket.get_ref().local_addr()?.as_socket();
        address.ok_or_else(|| io::Error::other("not an IP address"))
    }

    pub(crate) async fn accept(&self, limits: &Limits) -> io::Result<Wire> {
        let (socket, peer) = self.socket.async_io(Interest::READABLE, |socket| socket.accept()).await?;
        socket.set_nonblocking(true)?;
        let peer =
            peer.as_socket().map(canonical).ok_or_else(|| io::Error::other("a peer without an address"))?;
        Ok(into_wire(sys::register(socket)?, peer, &self.settings, limits))
    }
}

fn new_socket(addresses: &[SocketAddr]) -> io::Result<Socket> {
    let domain = if addresses.iter().any(SocketAddr::is_ipv6) { Domain::IPV6 } else { Domain::IPV4 };
    let socket = Socket::new(domain, Type::STREAM.nonblocking(), Some(Protocol::from(libc::IPPROTO_SCTP)))?;
    socket.set_send_buffer_size(SOCKET_BUFFER_BYTES)?;
    socket.set_recv_buffer_size(SOCKET_BUFFER_BYTES)?;
    Ok(socket)
}

fn failed(action: &'static str, address: SocketAddr, error: &io::Error) -> LinkError {
    match error.raw_os_error() {
        Some(libc::EPROTONOSUPPORT | libc::ESOCKTNOSUPPORT) => LinkError::NoKernelSctp,
        _ => LinkError::io(action, address, error),
    }
}

/// Binds to every address, all with the port of the first, which the system may choose.
fn bind_all(socket: &Socket, addresses: &[SocketAddr]) -> io::Result<()> {
    let Some((first, rest)) = addresses.split_first() else { return Ok(()) };
    socket.bind(&(*first).into())?;
    let port = socket.local_addr()?.as_socket().map_or(first.port(), |bound| bound.port());
    let rest: Vec<SocketAddr> = rest.iter().map(|address| SocketAddr::new(address.ip(), port)).collect();
    options::bind_more(socket, &rest)
}

fn peer_of(socket: &Socket) -> Option<SocketAddr> {
    socket.peer_addr().ok()?.as_socket().map(canonical)
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn into_wire(socket: AsyncFd<Socket>, peer: SocketAddr, settings: &SctpSettings, limits: &Limits) -> Wire {
    let socket = Arc::new(socket);
    let reader = Reader {
        socket: socket.clone(),
        settings: settings.clone(),
        buffer: vec![0; READ_BYTES],
        message: BytesMut::new(),
        max_frame_bytes: limits.max_frame_bytes,
    };
    let writer = Writer { socket, ppid: settings.ppid };
    Wire { peer, reader: wire::Reader::Kernel(reader), writer: wire::Writer::Kernel(writer) }
}

pub(crate) struct Reader {
    socket: Arc<AsyncFd<Socket>>,
    settings: SctpSettings,
    buffer: Vec<u8>,
    /// The message being received; the kernel hands a large one over in parts.
    message: BytesMut,
    max_frame_bytes: usize,
}

impl Reader {
    pub(crate) async fn read(&mut self) -> Result<Inbound, End> {
        loop {
            let buffer = &mut self.buffer;
            let received =
                self.socket.async_io(Interest::READABLE, |socket| sys::receive(socket, buffer)).await;
            let received = received.map_err(|error| End::Failed(error.to_string()))?;
            let octets = &self.buffer[..received.bytes];
            if received.is_notification {
                match Notification::read(octets) {
                    Notification::ShutDown => return Err(End::Closed),
                    Notification::Lost => return Err(self.lost()),
                    Notification::Restarted => {
                        self.message.clear();
                        return Err(End::Restarted);
                    }
                    Notification::Path { address, reachable } => {
                        return Ok(Inbound::Path { address, reachable });
                    }
                    Notification::Other => continue,
                }
            }
            if octets.is_empty() {
                return Err(End::Closed);
            }
            let so_far = self.message.len() + octets.len();
            if so_far > self.max_frame_bytes {
                return Err(End::too_large(so_far, self.max_frame_bytes));
            }
            self.message.extend_from_slice(octets);
            if !received.is_end {
                continue;
            }
            let message = self.message.split().freeze();
            match received.ppid {
                Some(ppid) if !self.settings.accepts(ppid) => {
                    warn!(ppid, "message of another protocol dropped");
                }
                _ => return Ok(Inbound::Frame(message)),
            }
        }
    }

    /// The socket's error tells an abort from an unreachable peer.
    fn lost(&self) -> End {
        let error = self.socket.get_ref().take_error().ok().flatten();
        let cause =
            error.map_or_else(|| "aborted by the peer or unreachable".to_owned(), |error| error.to_string());
        End::Failed(format!("the association was lost: {cause}"))
    }
}

pub(crate) struct Writer {
    socket: Arc<AsyncFd<Socket>>,
    ppid: u32,
}

impl Writer {
    pub(crate) async fn write(&mut self, frame: &[u8]) -> Result<(), End> {
        let info = libc::sctp_sndinfo {
            // In order, on stream 0: TS 29.168 asks for no more.
            snd_sid: 0,
            snd_flags: 0,
            snd_ppid: self.ppid.to_be(),
            snd_context: 0,
            snd_assoc_id: 0,
        };
        // The kernel takes a message whole or not at all.
        let sent = self.socket.async_io(Interest::WRITABLE, |socket| sys::send(socket, frame, &info)).await;
        sent.map(drop).map_err(|error| End::Failed(error.to_string()))
    }

    pub(crate) fn shut_down(&mut self) {
        // An error means that the association is gone already; the reader says so.
        let _ = self.socket.get_ref().shutdown(std::net::Shutdown::Write);
    }

    pub(crate) fn abort(&mut self) {
        // Without it the drop is an orderly close, which is the worst that can happen here.
        let _ = self.socket.get_ref().set_linger(Some(Duration::ZERO));
    }
}
