//! What a phone receives: the Cell Broadcast Service message of TS 23.041 and its alphabets (TS 23.038).
//!
//! Text becomes pages and pages become text; serial numbers, message identifiers, data coding schemes, cadence,
//! warning area coordinates and ETWS warning types are values that cannot hold what the standard forbids. A text is
//! cleaned by [`text::normalize`] and changes its script by [`Script::apply`], each only when asked.
//! The crate is pure: no I/O, no clock, no randomness. Read [`Content`] and [`SerialNumber`] first.
//!
//! ```
//! use cbs::{Alphabet, Content};
//!
//! let text = "НЕСТАЛО ДЕТЕ: Марко, 7 година.";
//! let content = Content::new(text, Alphabet::cheapest(text))?;
//! assert_eq!(content.alphabet(), Some(Alphabet::Ucs2));
//! assert_eq!(content.pages().as_slice().len(), 1);
//! assert_eq!(content.pages().text(Alphabet::Ucs2.dcs())?, text);
//! # Ok::<(), cbs::Error>(())
//! ```

mod alphabet;
mod cadence;
mod content;
mod coordinates;
mod dcs;
mod error;
mod gsm7;
mod language;
mod message_id;
mod page;
mod plmn;
mod script;
mod serial;
mod shape;
pub mod text;
mod ucs2;
mod warning_type;

pub use alphabet::Alphabet;
pub use cadence::{Broadcasts, RepetitionPeriod};
pub use content::Content;
pub use coordinates::Coordinates;
pub use dcs::{DataCodingScheme, Encoding};
pub use error::Error;
pub use language::Language;
pub use message_id::{Channel, Level, MessageId};
pub use page::{Page, Pages};
pub use plmn::Plmn;
pub use script::Script;
pub use serial::{GeographicalScope, SerialNumber};
pub use shape::{Circle, Point, Polygon, Shape};
pub use warning_type::WarningType;
