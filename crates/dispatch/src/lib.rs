//! *How* orders get to the network: the hot path.
//!
//! The engine says what should be done in which cells of a controller; this crate queues the orders, cuts them into
//! batches, keeps every limit, encodes, matches the answers and reports what the network said. It is pure: no clock,
//! no socket, no thread; the same inputs give the same outputs. It decides nothing about alerts and never claims more
//! than a peer said. Read [`Dispatch`] and [`Setup`] first.
//!
//! ```text
//! demand ──► queue of a peer ──► batch ──► encode ──► session ──► poll_transmit ──► link
//!            (priority, then      (cells due,          (window, answers,
//!             first come)          limits, eNBs)        keep-alive)
//! poll_report ◄── folded into cells ◄── events ◄── session ◄── received ◄── link
//! ```

mod alarms;
mod batch;
mod book;
mod dispatch;
mod error;
mod heard;
mod limiter;
mod notice;
mod pace;
mod peer;
mod queue;
mod register;
mod route;
mod session;
mod setup;
mod status;
#[cfg(test)]
mod testing;
mod wire;

pub use cbe::Document;
pub use dispatch::{Dispatch, FirstContact};
pub use error::Error;
pub use notice::{Notice, NoticeKind};
pub use setup::{
    CapDialect, CbspDialect, PeerId, Profile, Protocol, Reach, Route, SabpDialect, SbcapDialect, Setup, Tais,
};
pub use status::{PeerStatus, Traffic};
