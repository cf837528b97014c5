//! SABP, the protocol between a CBC and the RNCs of a 3G network (TS 25.419), over TCP.
//!
//! Messages become octets and octets become messages; a [`Session`] drives one connection. The crate is pure: no socket,
//! no clock. A link cuts the messages off the stream by [`frame_length`]. Read [`Pdu`] and [`Session`] first;
//! [`WriteTemplate`] and [`KillTemplate`] are the short way from many service areas to octets.
//!
//! Unlike on the other interfaces either side may open the connection: an RNC does to report a RESTART or a FAILURE
//! (TS 25.419 §5), and closes it then. Both ends use it meanwhile, so a session does not know who dialled.

mod cadence;
mod decode;
mod encode;
mod error;
mod frame;
mod pdu;
mod refusal;
mod schema;
mod session;
mod template;

pub use cadence::{BroadcastCount, RepetitionSeconds};
pub use decode::Decoded;
pub use error::Error;
pub use frame::{FRAME_MAX_BYTES, frame_length};
pub use pdu::*;
pub use refusal::Refusal;
pub use session::{CloseReason, Event, PeerError, Request, ResetPolicy, Session, SessionConfig, Token};
pub use template::{AREAS_PER_PDU_MAX, KillTemplate, WriteTemplate};
