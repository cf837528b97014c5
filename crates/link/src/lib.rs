//! `link` connects, frames and moves bytes; it knows no meaning.
//!
//! A [`Link`] dials one peer and keeps dialling with a growing back-off; a [`Listener`] takes in the peers that dial
//! us. Both report through one [`Sink`] and hand out a [`Connection`] each time one is up: that is the handle to
//! send on, and it dies with its connection, so nothing meant for an old connection can reach a new one.
//!
//! Read [`EventKind`] and [`Connection`] first. The contract:
//!
//! * `Up` and `Down` of a link alternate. What was queued and not written at `Down` is dropped and counted; a
//!   reconnect never sends the tail of a frame.
//! * Whatever comes in is paid for with [`Credit`](Limits::inbound_bytes). An event gives its credit back when it is
//!   dropped; while there is none the socket is not read. One slow consumer or one flooding peer costs the others
//!   nothing, and the sink itself needs no bound.
//! * What goes out waits in a small bounded queue; a full one answers [`SendError::Full`] and later
//!   [`EventKind::Writable`].
//!
//! ```no_run
//! use std::sync::{Arc, mpsc};
//! use link::{DialConfig, EventKind, Framing, Link, LinkId, Sink, Transport};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let runtime = tokio::runtime::Runtime::new()?;
//! let (sender, events) = mpsc::channel();
//! let sink: Sink = Arc::new(move |event| drop(sender.send(event)));
//! let config = DialConfig::new("bsc-1", Transport::Tcp(Framing::CBSP), vec!["192.0.2.10:48049".parse()?]);
//! let _link = Link::dial(LinkId(1), config, sink, runtime.handle())?;
//! let mut current = None;
//! for event in events {
//!     match event.kind {
//!         EventKind::Up { connection, .. } => current = Some(connection),
//!         EventKind::Down { .. } => current = None,
//!         EventKind::Frame(frame) => println!("{} octets from {current:?}", frame.len()),
//!         _ => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Transports: TCP, SCTP of the Linux kernel (RFC 9260, sockets of RFC 6458), HTTP over TLS (RFC 9112), and SCTP in user
//! space over UDP (RFC 6951). **The last is for labs and closed tunnels only**: its stack authenticates neither cookies nor addresses.

// This crate owns sockets and clocks: it is the place the disallowed lists send them to.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

mod backoff;
mod config;
mod connection;
mod credit;
mod dial;
mod encapsulated;
mod error;
mod event;
mod framing;
mod http;
mod kernel;
mod listen;
mod serve;
mod tcp;
mod wire;

pub use config::{Backoff, DialConfig, Limits, ListenConfig, Peers, SctpSettings, Transport};
pub use connection::{Connection, SendError};
pub use dial::Link;
pub use error::LinkError;
pub use event::{EventKind, Frame, LinkEvent, LinkId, Sink};
pub use framing::Framing;
pub use http::{HttpSettings, TlsSettings};
pub use kernel::kernel_sctp_available;
pub use listen::Listener;
