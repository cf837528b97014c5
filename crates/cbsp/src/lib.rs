//! The Cell Broadcast Service Protocol between a CBC and a BSC (TS 48.049): messages, bytes, and the peer session.
//!
//! Pure: no socket, no clock, no thread. A link cuts frames off the TCP stream ([`frame_length`]) and hands them to
//! a [`Session`], which is the CBC's side of the conversation; the time is an argument. Read [`Pdu`] and [`Session`]
//! first; [`WriteTemplate`] and [`KillTemplate`] are the short way from many cells to octets.
//!
//! ```text
//!           request ──► ┌─────────┐ ──► poll_transmit ──► link
//! link ──► received ──► │ Session │
//!    handle_timeout ──► └─────────┘ ──► poll_event    ──► dispatch
//! ```
//!
//! ```
//! use cbsp::{Event, ResetPolicy, Session, SessionConfig};
//!
//! let mut session = Session::new(SessionConfig::default());
//! session.connected(0, ResetPolicy::First);
//! let reset = session.poll_transmit().unwrap();
//! assert_eq!(reset, [0x10, 0, 0, 4, 0x04, 0, 1, 6].as_slice());
//! session.received(20, &[0x11, 0, 0, 4, 0x04, 0, 1, 6]);
//! assert_eq!(session.poll_event(), Some(Event::Ready));
//! ```

mod cadence;
mod decode;
mod element;
mod encode;
mod error;
mod frame;
mod layout;
pub mod pdu;
mod session;
mod step;
mod template;

pub use cadence::{BroadcastCount, RepetitionCoding, RepetitionUnits, UnlimitedForm};
pub use error::Error;
pub use frame::{FRAME_MAX_BYTES, HEADER_BYTES, frame_length};
pub use pdu::{Cause, CellId, CellKind, CellList, CompletedList, FailureList, LoadingList, MessageType, Pdu};
pub use session::{CloseReason, Event, Request, RequestKind, ResetPolicy, Session, SessionConfig, Token};
pub use step::{KeepAlivePeriod, WarningPeriod};
pub use template::{CGI_OCTETS, KillTemplate, MAX_CELLS_PER_PDU, WriteTemplate};
