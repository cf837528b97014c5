//! The admin API: how the control room and the daemon speak.
//!
//! HTTP/1.1 with JSON over a Unix socket, versioned under `/v1`, errors as RFC 9457 problems, events by SSE; the
//! contract is [`OPENAPI`]. The crate knows who calls (the kernel says it) and what is asked, and decides nothing:
//! that is for the [`Control`] behind it. Read [`Control`] first, then [`serve`] for the daemon's side and [`Client`]
//! for everybody else's.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // this room owns a socket and its timeouts

mod answer;
mod control;
mod problem;
mod request;

pub use answer::{
    Answer, ChangeView, JournalView, Me, PeerView, PreviewView, ReachView, StatusView, TrafficRow,
};
pub use control::{Caller, Control, Identity};
pub use problem::Problem;
pub use request::{Approval, Draft, Reason, Request};
