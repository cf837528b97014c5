//! An operator's own cell broadcast centre, asked by CAP over HTTP: what goes to it, and what it answers.
//!
//! No standard says how a cell broadcast entity (TS 23.041 §4) and an operator's CBC speak. What is common is a CAP message
//! in the body of a POST. The rest here is HTTP's own (RFC 9110): the status code accepts or refuses, `Location` names a
//! delivery report, which is asked for until it is complete. The identifier makes a repeated POST harmless, so that asking
//! again is the query.
//!
//! Pure: octets and the time in, octets and events out. It knows no cell broadcast, and of a CAP message no more than the
//! [`Document`] says. Read [`Session`] first.
//!
//! ```text
//! frame = tag (8 octets, the answer has the same) + HTTP/1.1 message, its body to the frame's end
//! ```

mod decode;
mod document;
mod encode;
mod error;
mod exchange;
mod report;
mod session;

pub use document::Document;
pub use error::Error;
pub use exchange::{Answer, Ask, Method, Request, Tag};
pub use report::{DeliveryReport, Place};
pub use session::{Event, Session, SessionConfig, Token};

/// The media type of a CAP message.
pub const CAP: &str = "application/cap+xml";
/// The media type of a delivery report.
pub const REPORT: &str = "application/json";
/// The longest frame that a CBC may send, in octets: a delivery report that names some 300,000 cells.
pub const FRAME_MAX_BYTES: usize = 8 << 20;
