//! What a link reports.

use std::fmt;
use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;

use crate::Connection;
use crate::credit::Paid;

/// Which link an event belongs to; the number is the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub u32);

/// Where a link's events go. It is called on a runtime thread and must not block: put the event into an unbounded
/// channel. What can pile up there is bounded by [`Limits::inbound_bytes`](crate::Limits::inbound_bytes) per link.
pub type Sink = Arc<dyn Fn(LinkEvent) + Send + Sync>;

/// One event of one link. Dropping it gives the link its credit back.
pub struct LinkEvent {
    /// The link it happened on.
    pub link: LinkId,
    /// What happened.
    pub kind: EventKind,
    pub(crate) _paid: Option<Paid>,
}

/// What happened on a link.
#[derive(Debug)]
pub enum EventKind {
    /// A connection is up. Keep the [`Connection`]: when its last clone is dropped the connection is closed.
    Up {
        /// The peer's address, the primary one of an association.
        peer: SocketAddr,
        /// The handle to send on.
        connection: Connection,
    },
    /// The connection is gone. An association that the peer restarted (RFC 9260 §5.2) is a `Down` and an `Up`.
    Down {
        /// Why, in a sentence for people.
        reason: String,
        /// Frames that were queued and not, or not wholly, written. They will not be sent.
        dropped_frames: usize,
    },
    /// A whole frame came in.
    Frame(Frame),
    /// The outbound queue was full for a [`Connection::send`] and has room again.
    Writable,
    /// An attempt to connect failed; the link was down and still is.
    Unreachable {
        /// Why, in a sentence for people.
        reason: String,
        /// When the next attempt starts, in milliseconds from now.
        retry_in_ms: u64,
    },
    /// An unknown address dialled the listener and was turned away. The link is the listener's own number.
    Refused {
        /// Where it came from.
        address: SocketAddr,
    },
    /// The connection was lost again and again before it was stable. Said once until it is stable again.
    Flapping {
        /// Losses in a row so far.
        losses: u32,
    },
    /// One path of a multi-homed association changed; the association itself is still up.
    Path {
        /// The peer's address at the path's end.
        address: SocketAddr,
        /// Whether it can be reached now.
        reachable: bool,
    },
}

impl fmt::Debug for LinkEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkEvent")
            .field("link", &self.link)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// A frame that came in.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame(pub Bytes);

impl Deref for Frame {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({} octets)", self.0.len())
    }
}
