//! The Common Alerting Protocol, as the world exchanges it (OASIS CAP 1.2): read, check, write, sign.
//!
//! Pure: bytes in, values out; no clock, no files, no sockets, no randomness. It knows nothing of cell broadcast beyond
//! what makes a message fit for it; the mapping to pages and serial numbers belongs to `policy`.
//!
//! Read [`Alert`] first, the message as data, then [`check`]: one pass over the bytes reads the message and holds it
//! against the schema; rules, profile and broadcast fitness are functions of the message. What is unknown is refused
//! with its name, never defaulted.

mod alert;
mod broadcast;
pub mod cap_rs;
mod check;
mod document;
mod error;
mod lexical;
mod problem;
mod read;
mod rules;
mod schema;
mod shape;
pub mod signature;
mod time;
mod write;
mod xml;

pub use alert::{
    Alert, Area, Category, Certainty, Info, MessageType, NamedValue, Reference, Resource, ResponseType,
    Scope, Severity, Status, Text, Urgency,
};
pub use check::{check, check_json, check_within};
pub use document::{Document, Limits};
pub use error::Error;
pub use problem::{Code, FileVerdict, Level, Problem, Severity as ProblemSeverity, Verdict};
pub use shape::{Circle, Crossing, Point, Polygon, ShapeError};
pub use time::DateTime;
pub use write::write;
