//! The public warning messages of NGAP, the protocol of the 5G radio network (TS 38.413).
//!
//! A CBCF never speaks NGAP itself: it hands whole PDUs to the AMF over HTTP, and gets whole PDUs back in notifications
//! (TS 29.518). So this crate is a codec and has no session. It is pure. Read [`Pdu`] first.

mod decode;
mod encode;
mod error;
mod pdu;
mod schema;

pub use decode::Decoded;
pub use error::Error;
pub use pdu::*;
