//! The seam between a connection and its transport: whole frames in, whole frames out, one way to end.

use std::net::SocketAddr;

use bytes::Bytes;

use crate::{encapsulated, http, kernel, tcp};

/// An established connection of some transport. Its halves work at the same time.
pub(crate) struct Wire {
    pub(crate) peer: SocketAddr,
    pub(crate) reader: Reader,
    pub(crate) writer: Writer,
}

/// What a reader brings.
#[derive(Debug)]
pub(crate) enum Inbound {
    Frame(Bytes),
    Path { address: SocketAddr, reachable: bool },
}

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// In order, by either side.
    Closed,
    /// Not in order; why.
    Failed(String),
    /// The peer restarted the association: this connection is gone and the next one is already up on the same wire.
    Restarted,
}

impl End {
    pub(crate) fn reason(&self) -> String {
        match self {
            End::Closed => "the peer closed the connection".to_owned(),
            End::Failed(reason) => reason.clone(),
            End::Restarted => "the peer restarted the association".to_owned(),
        }
    }

    /// A frame larger than the limit: its length is known, it is not read.
    pub(crate) fn too_large(frame_bytes: usize, max_frame_bytes: usize) -> Self {
        End::Failed(format!("a frame of {frame_bytes} octets came in, the limit is {max_frame_bytes}"))
    }
}

pub(crate) enum Reader {
    Http(http::Reader),
    Tcp(tcp::Reader),
    Kernel(kernel::Reader),
    Encapsulated(encapsulated::Reader),
}

impl Reader {
    pub(crate) async fn read(&mut self) -> Result<Inbound, End> {
        match self {
            Reader::Http(reader) => reader.read().await.map(Inbound::Frame),
            Reader::Tcp(reader) => reader.read().await.map(Inbound::Frame),
            Reader::Kernel(reader) => reader.read().await,
            Reader::Encapsulated(reader) => reader.read().await.map(Inbound::Frame),
        }
    }
}

pub(crate) enum Writer {
    Http(http::Writer),
    Tcp(tcp::Writer),
    Kernel(kernel::Writer),
    Encapsulated(encapsulated::Writer),
}

impl Writer {
    /// Hands a whole frame to the transport. When this is cancelled or fails the wire can only be aborted.
    pub(crate) async fn write(&mut self, frame: Bytes) -> Result<(), End> {
        match self {
            Writer::Http(writer) => writer.write(&frame).await,
            Writer::Tcp(writer) => writer.write(&frame).await,
            Writer::Kernel(writer) => writer.write(&frame).await,
            Writer::Encapsulated(writer) => writer.write(frame).await,
        }
    }

    /// Starts the orderly end (FIN, SHUTDOWN); the reader sees it completed.
    pub(crate) async fn shut_down(&mut self) {
        match self {
            Writer::Http(writer) => writer.shut_down().await,
            Writer::Tcp(writer) => writer.shut_down().await,
            Writer::Kernel(writer) => writer.shut_down(),
            Writer::Encapsulated(writer) => writer.shut_down(),
        }
    }

    /// Makes dropping the wire an abort (RST, ABORT).
    pub(crate) fn abort(&mut self) {
        match self {
            Writer::Http(writer) => writer.abort(),
            Writer::Tcp(writer) => writer.abort(),
            Writer::Kernel(writer) => writer.abort(),
            Writer::Encapsulated(writer) => writer.abort(),
        }
    }
}
