//! The handle to one connection: send, close, abort.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use tokio::sync::{mpsc, watch};

use crate::LinkId;

/// One connection, from its `Up` to its `Down`. Clones share it; when the last one is dropped it is closed gracefully.
#[derive(Clone)]
pub struct Connection {
    link: LinkId,
    peer: SocketAddr,
    queue: mpsc::Sender<Bytes>,
    ending: watch::Sender<Ending>,
    starved: Arc<AtomicBool>,
}

/// Why a frame was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The connection is gone or going; its `Down` is on the way.
    #[error("the connection is down")]
    Down,
    /// The queue is full; [`EventKind::Writable`](crate::EventKind::Writable) says when to try again.
    #[error("the outbound queue is full")]
    Full,
}

impl Connection {
    /// A connection and the end its writer works from.
    pub(crate) fn new(link: LinkId, peer: SocketAddr, outbound_frames: usize) -> (Self, Outbox) {
        let (queue, frames) = mpsc::channel(outbound_frames.max(1));
        let ending = watch::Sender::new(Ending::No);
        let starved = Arc::new(AtomicBool::new(false));
        let outbox = Outbox { frames, ending: ending.clone(), starved: starved.clone() };
        (Self { link, peer, queue, ending, starved }, outbox)
    }

    /// Queues a frame; frames leave in the order of these calls.
    pub fn send(&self, frame: Bytes) -> Result<(), SendError> {
        if *self.ending.borrow() != Ending::No {
            return Err(SendError::Down);
        }
        let frame = match self.queue.try_send(frame) {
            Ok(()) => return Ok(()),
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(SendError::Down),
            Err(mpsc::error::TrySendError::Full(frame)) => frame,
        };
        // The writer may have emptied the queue before it could see the flag; after the flag is set a queue that is
        // still full will be drained by a writer that does see it.
        self.starved.store(true, Ordering::SeqCst);
        self.queue.try_send(frame).map_err(|error| match error {
            mpsc::error::TrySendError::Closed(_) => SendError::Down,
            mpsc::error::TrySendError::Full(_) => SendError::Full,
        })
    }

    /// How many frames the queue takes now.
    pub fn capacity(&self) -> usize {
        self.queue.capacity()
    }

    /// Writes what is queued, then closes in the transport's orderly way. `reason` is what `Down` will say.
    pub fn close(&self, reason: impl Into<String>) {
        let reason = reason.into();
        self.ending.send_if_modified(|ending| {
            let open = *ending == Ending::No;
            if open {
                *ending = Ending::Close(reason);
            }
            open
        });
    }

    /// Ends the connection at once: TCP RST, SCTP ABORT. What is queued is dropped.
    pub fn abort(&self, reason: impl Into<String>) {
        self.ending.send_replace(Ending::Abort(reason.into()));
    }

    /// The link this connection belongs to.
    pub fn link(&self) -> LinkId {
        self.link
    }

    /// The peer's address.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connection({:?}, {})", self.link, self.peer)
    }
}

/// How the owner wants the connection to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Not yet.
    No,
    /// In order, after what is queued.
    Close(String),
    /// At once.
    Abort(String),
}

/// The writer's end of a [`Connection`].
#[derive(Debug)]
pub(crate) struct Outbox {
    pub(crate) frames: mpsc::Receiver<Bytes>,
    pub(crate) ending: watch::Sender<Ending>,
    starved: Arc<AtomicBool>,
}

impl Outbox {
    /// Whether a sender that met a full queue should hear that there is room again.
    pub(crate) fn has_room_again(&self) -> bool {
        self.frames.len() <= self.frames.max_capacity() / 2 && self.starved.swap(false, Ordering::SeqCst)
    }
}
