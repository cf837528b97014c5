//! What the log and the alarms should hear. A notice drives nothing but what its doc says.

use std::fmt;

use crate::PeerId;

/// Something worth telling, about one peer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Notice {
    /// The peer.
    pub peer: PeerId,
    /// What kind of thing happened.
    pub kind: NoticeKind,
    /// The rest, in words.
    pub words: String,
}

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum NoticeKind {
    /// The peer can take orders.
    Ready,
    /// The peer's link is of no more use: the shell must close it.
    CloseLink,
    /// The peer sent an error indication.
    ErrorIndication,
    /// The peer sent something that cannot be understood.
    ProtocolError,
    /// The peer does not serve a tracking area that the inventory gives it.
    UnknownArea,
    /// Another message with one of our identifiers and serial numbers is on the air.
    SerialClash,
    /// Cells failed and wait for their restart: one notice for all of a second.
    CellsFailed,
    /// Cells restarted: one notice for all of a second.
    CellsRestarted,
    /// The peer answered, indicated or named something that nobody asked for.
    Unsolicited,
    /// The peer refused a request as a whole, or does it nowhere in some of its nodes.
    Refused,
    /// A request was not answered in time.
    Unanswered,
    /// The interface to this peer cannot say what was asked; nothing was sent.
    NotExpressible,
    /// The peer could not do what was asked of the session itself, for example a reset.
    SessionRefused,
    /// An order was not taken, because too many wait already.
    QueueFull,
}

impl NoticeKind {
    /// Its name in logs and counters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::CloseLink => "close_link",
            Self::ErrorIndication => "error_indication",
            Self::ProtocolError => "protocol_error",
            Self::UnknownArea => "unknown_area",
            Self::SerialClash => "serial_clash",
            Self::CellsFailed => "cells_failed",
            Self::CellsRestarted => "cells_restarted",
            Self::Unsolicited => "unsolicited",
            Self::Refused => "refused",
            Self::Unanswered => "unanswered",
            Self::NotExpressible => "not_expressible",
            Self::SessionRefused => "session_refused",
            Self::QueueFull => "queue_full",
        }
    }
}

impl fmt::Display for NoticeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
