//! SBc-AP, the protocol between a CBC and the MMEs of a 4G network (TS 29.168), over SCTP with PPID 24.
//!
//! Messages become octets and octets become messages; a [`Session`] drives one association. The crate is pure: no socket,
//! no clock. Read [`Pdu`] and [`Session`] first; [`WriteTemplate`], [`StopTemplate`] and [`AreaCells`] are the hot path.

mod decode;
mod encode;
mod error;
mod indication;
mod pdu;
mod refusal;
mod schema;
mod session;
mod template;

pub use decode::{Decoded, Tolerance};
pub use error::Error;
pub use indication::AreaCells;
pub use pdu::*;
pub use refusal::Refusal;
pub use session::{CloseReason, Event, Kind, PeerError, Request, Session, SessionConfig, Token};
pub use template::{StopTemplate, TaiPolicy, WriteTemplate};
