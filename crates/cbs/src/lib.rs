//! What a phone receives: the Cell Broadcast Service message of TS 23.041 and its alphabets (TS 23.038).
//!
//! Text becomes pages and pages become text; serial numbers, message identifiers, data coding schemes, cadence,
//! warning area coordinates and ETWS warning types are values that cannot hold what the standard forbids.
//! The crate is pure: no I/O, no clock, no randomness. Read [`Content`] and [`SerialNumber`] first.

mod cadence;
mod error;
mod message_id;
mod plmn;
mod serial;

pub use cadence::{Broadcasts, RepetitionPeriod};
pub use error::Error;
pub use message_id::MessageId;
pub use plmn::Plmn;
pub use serial::{GeographicalScope, SerialNumber};
