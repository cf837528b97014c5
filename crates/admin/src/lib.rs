//! The admin API: how the control room and the daemon speak.
//!
//! HTTP/1.1 with JSON over a Unix socket, versioned under `/v1`, errors as RFC 9457 problems, events by SSE; the
//! contract is [`OPENAPI`]. The crate knows who calls (the kernel says it) and what is asked, and decides nothing:
//! that is for the [`Control`] behind it. Read [`Control`] first, then [`serve`] for the daemon's side and [`Client`]
//! for everybody else's.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // this room owns a socket and its timeouts

mod answer;
mod call;
mod client;
mod control;
mod error;
mod extract;
mod metrics;
mod problem;
mod request;
mod routes;
mod serve;
mod socket;
mod watch;

pub use answer::{
    Answer, ChangeView, JournalView, Me, PeerView, PreviewView, ReachView, StatusView, TrafficRow,
};
pub use client::{Client, Events};
pub use control::{Caller, Control, Identity};
pub use error::Error;
pub use problem::Problem;
pub use request::{Approval, Draft, ImportWith, Reason, Request};
pub use serve::{Limits, serve};
pub use socket::bind;

/// The contract in OpenAPI 3.1; `GET /v1/openapi.json` answers with it.
pub const OPENAPI: &str = include_str!("../openapi.json");
