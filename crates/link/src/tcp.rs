//! TCP: sockets, and frames cut from the stream.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::wire::{self, End, Wire};
use crate::{Framing, Limits, LinkError};

/// How long sent octets may wait for an acknowledgement, or for a peer that has stopped reading.
const DEAD_AFTER: Duration = Duration::from_secs(30);
/// An idle peer that is gone is noticed after the same 30 s.
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(15))
    .with_interval(Duration::from_secs(5))
    .with_retries(3);

/// Octets the read buffer grows by when it is full.
const READ_BYTES: usize = 16 * 1024;

/// Dials `address` from `bind`, if given.
pub(crate) async fn connect(
    address: SocketAddr,
    bind: Option<SocketAddr>,
    framing: Framing,
    limits: &Limits,
) -> Result<Wire, LinkError> {
    let connecting = async { into_wire(dial(address, bind).await?, address, framing, limits) };
    connecting.await.map_err(|error| LinkError::io("cannot connect to", address, &error))
}

/// A connection to `address` from `bind`, if given, that notices a dead peer.
pub(crate) async fn dial(address: SocketAddr, bind: Option<SocketAddr>) -> io::Result<TcpStream> {
    let socket = new_socket(address)?;
    if let Some(bind) = bind {
        socket.set_reuseaddr(true)?;
        socket.bind(bind)?;
    }
    let stream = socket.connect(address).await?;
    watch_over(&stream)?;
    Ok(stream)
}

/// Listens on `address`. Must be called within a runtime.
pub(crate) fn listen(address: SocketAddr, backlog: u32) -> Result<TcpListener, LinkError> {
    let listening = || {
        let socket = new_socket(address)?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(backlog)
    };
    listening().map_err(|error| LinkError::io("cannot listen on", address, &error))
}

/// Waits for the next connection.
pub(crate) async fn accept(listener: &TcpListener, framing: Framing, limits: &Limits) -> io::Result<Wire> {
    let (stream, peer) = listener.accept().await?;
    watch_over(&stream)?;
    into_wire(stream, peer, framing, limits)
}

fn new_socket(address: SocketAddr) -> io::Result<TcpSocket> {
    if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }
}

fn watch_over(stream: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(stream);
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_keepalive(&KEEPALIVE)?;
    socket.set_tcp_user_timeout(Some(DEAD_AFTER))
}

fn into_wire(stream: TcpStream, peer: SocketAddr, framing: Framing, limits: &Limits) -> io::Result<Wire> {
    let (read, write) = stream.into_split();
    let reader = Reader { read, framing, buffer: BytesMut::new(), max_frame_bytes: limits.max_frame_bytes };
    Ok(Wire {
        peer,
        reader: wire::Reader::Tcp(reader),
        writer: wire::Writer::Tcp(Writer { write: Some(write) }),
    })
}

pub(crate) struct Reader {
    read: OwnedReadHalf,
    framing: Framing,
    buffer: BytesMut,
    max_frame_bytes: usize,
}

impl Reader {
    pub(crate) async fn read(&mut self) -> Result<Bytes, End> {
        loop {
            if let Some(frame) = self.next_frame()? {
                return Ok(frame);
            }
            if self.buffer.capacity() - self.buffer.len() < READ_BYTES / 4 {
                self.buffer.reserve(READ_BYTES);
            }
            match self.read.read_buf(&mut self.buffer).await {
                Ok(0) if self.buffer.is_empty() => return Err(End::Closed),
                Ok(0) => {
                    let octets = self.buffer.len();
                    return Err(End::Failed(format!(
                        "the peer closed in a frame, after {octets} octets of it"
                    )));
                }
                Ok(_) => {}
                Err(error) => return Err(End::Failed(error.to_string())),
            }
        }
    }

    /// The first whole frame in the buffer. What a peer announces is compared and never allocated.
    fn next_frame(&mut self) -> Result<Option<Bytes>, End> {
        if self.buffer.is_empty() {
            return Ok(None);
        }
        let announced = self.framing.frame_bytes(&self.buffer).map_err(End::Failed)?;
        let least = announced.unwrap_or(self.buffer.len());
        if least > self.max_frame_bytes {
            return Err(End::too_large(least, self.max_frame_bytes));
        }
        Ok(announced
            .filter(|bytes| *bytes <= self.buffer.len())
            .map(|bytes| self.buffer.split_to(bytes).freeze()))
    }
}

pub(crate) struct Writer {
    /// Gone once aborted.
    write: Option<OwnedWriteHalf>,
}

impl Writer {
    pub(crate) async fn write(&mut self, frame: &[u8]) -> Result<(), End> {
        let Some(write) = &mut self.write else { return Err(End::Closed) };
        write.write_all(frame).await.map_err(|error| End::Failed(error.to_string()))
    }

    pub(crate) async fn shut_down(&mut self) {
        if let Some(write) = &mut self.write {
            // An error means that the connection is gone already; the reader says so.
            let _ = write.shutdown().await;
        }
    }

    pub(crate) fn abort(&mut self) {
        if let Some(write) = self.write.take() {
            // Without it the drop is an orderly close, which is the worst that can happen here.
            let _ = SockRef::from(write.as_ref()).set_linger(Some(Duration::ZERO));
            // Dropped it would send FIN; the socket itself closes with the reader, and then sends RST.
            write.forget();
        }
    }
}
