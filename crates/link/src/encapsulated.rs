//! SCTP in user space over UDP (RFC 6951), for machines whose kernel has none. **For labs and closed tunnels only**: the
//! stack's cookies carry no MAC and its tags are not cryptographic, so whoever can send UDP to the port can forge an
//! association.
//!
//! Single path: of several addresses one is used at a time. A consumer that stalls for longer than the retransmissions
//! allow (some ten seconds by default) loses the association, because the stack does not answer probes of a closed
//! window.
//!
//! One [`Endpoint`] is one UDP socket with its own thread, because an association of the stack (`dcsctp`, sans-I/O)
//! must stay on the thread that made it. The halves of a wire ask the thread and wait for its answer, one question at a
//! time; that is the flow control in both directions.

mod association;
mod driver;
mod packet;

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tracing::warn;

use crate::wire::{self, End, Wire};
use crate::{Limits, LinkError, SctpSettings};
use association::AssociationId;
use driver::{Command, Driver, Passive};

/// A UDP socket and the associations over it. It lives until its last handle, reader and writer are dropped.
pub(crate) struct Endpoint {
    commands: Commands,
    udp: SocketAddr,
}

/// Each asker has one question at a time, so the number of waiting commands is bounded by that of associations.
type Commands = mpsc::UnboundedSender<Command>;

impl Endpoint {
    /// An endpoint that only dials.
    pub(crate) fn dialling(
        udp: SocketAddr,
        settings: &SctpSettings,
        limits: &Limits,
    ) -> Result<Self, LinkError> {
        Self::open(udp, None, settings, limits)
    }

    /// An endpoint that takes in associations to SCTP port `port`.
    pub(crate) fn listening(
        udp: SocketAddr,
        port: u16,
        max_associations: usize,
        settings: &SctpSettings,
        limits: &Limits,
    ) -> Result<(Self, Accepting), LinkError> {
        let (established, accepted) = mpsc::channel(ACCEPT_QUEUE);
        let passive = Passive { port, max_associations, established };
        Ok((Self::open(udp, Some(passive), settings, limits)?, Accepting { accepted }))
    }

    fn open(
        udp: SocketAddr,
        passive: Option<Passive>,
        settings: &SctpSettings,
        limits: &Limits,
    ) -> Result<Self, LinkError> {
        let failed = |error: io::Error| LinkError::io("cannot open UDP port", udp, &error);
        let socket = UdpSocket::bind(udp).map_err(failed)?;
        let udp = socket.local_addr().map_err(failed)?;
        if !udp.ip().is_loopback() {
            warn!(%udp, "UDP-encapsulated SCTP is for labs and closed tunnels only: anyone who reaches the port can forge");
        }
        // Room for a burst; the system may grant less.
        let _ = socket2::SockRef::from(&socket).set_recv_buffer_size(4 << 20);
        socket.set_nonblocking(true).map_err(failed)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let (commands, asked) = mpsc::unbounded_channel();
        let weak = commands.downgrade();
        let (settings, limits) = (settings.clone(), limits.clone());
        std::thread::Builder::new()
            .name(format!("sctp-udp-{}", udp.port()))
            .spawn(move || runtime.block_on(Driver::new(settings, limits, passive, weak).run(socket, asked)))
            .map_err(failed)?;
        Ok(Self { commands, udp })
    }

    /// Dials the SCTP port of `peer` through its UDP port; from our SCTP port `from`, or any for 0.
    pub(crate) async fn connect(
        &self,
        peer: SocketAddr,
        remote_udp: u16,
        from: u16,
    ) -> Result<Wire, LinkError> {
        let (reply, answer) = oneshot::channel();
        let to = SocketAddr::new(peer.ip(), remote_udp);
        let _ = self.commands.send(Command::Dial { to, local_port: from, remote_port: peer.port(), reply });
        let refused = |text: String| LinkError::Io {
            action: "cannot associate with",
            address: peer,
            source_text: text,
        };
        answer.await.unwrap_or_else(|_| Err("the SCTP thread is gone".to_owned())).map_err(refused)
    }

    /// The address of the UDP socket.
    pub(crate) fn local_address(&self) -> SocketAddr {
        self.udp
    }
}

/// Established associations nobody has accepted yet.
const ACCEPT_QUEUE: usize = 64;

/// Where a listening endpoint's associations come out.
pub(crate) struct Accepting {
    accepted: mpsc::Receiver<Wire>,
}

impl Accepting {
    pub(crate) async fn accept(&mut self) -> io::Result<Wire> {
        self.accepted.recv().await.ok_or_else(|| io::Error::other("the SCTP thread is gone"))
    }
}

/// An association's place on the endpoint's thread. Dropping the last one aborts what is left of it.
struct Seat {
    id: AssociationId,
    commands: Commands,
}

impl Seat {
    fn wire(id: AssociationId, peer: SocketAddr, commands: Commands) -> Wire {
        let seat = Arc::new(Seat { id, commands });
        let reader = wire::Reader::Encapsulated(Reader(seat.clone()));
        Wire { peer, reader, writer: wire::Writer::Encapsulated(Writer(seat)) }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let _ = self.commands.send(Command::Leave { id: self.id });
    }
}

pub(crate) struct Reader(Arc<Seat>);

impl Reader {
    pub(crate) async fn read(&mut self) -> Result<Bytes, End> {
        let (reply, answer) = oneshot::channel();
        let _ = self.0.commands.send(Command::Read { id: self.0.id, reply });
        answer.await.unwrap_or_else(|_| Err(End::Failed("the SCTP thread is gone".to_owned())))
    }
}

pub(crate) struct Writer(Arc<Seat>);

impl Writer {
    pub(crate) async fn write(&mut self, frame: Bytes) -> Result<(), End> {
        let (reply, answer) = oneshot::channel();
        let _ = self.0.commands.send(Command::Write { id: self.0.id, frame, reply });
        answer.await.unwrap_or_else(|_| Err(End::Failed("the SCTP thread is gone".to_owned())))
    }

    pub(crate) fn shut_down(&mut self) {
        let _ = self.0.commands.send(Command::ShutDown { id: self.0.id });
    }

    pub(crate) fn abort(&mut self) {
        // Dropping the wire does it.
    }
}
