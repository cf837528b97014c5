//! The missing-child case and the rules of its activation, as data.
//!
//! A [`Profile`] says which message identifiers a class of alerts has on each channel, in which languages, how often
//! and how long it is broadcast, and which facts of a case it requires. [`Profile::plan`] turns texts into the
//! messages that a phone will receive; [`Profile::may_activate`] judges a case. Pure: no I/O, no clock.
//!
//! Here alone the words of CAP and those of cell broadcast meet: [`Profile::cap_alert`] says an alert as CAP,
//! [`Imported::read`] what a CAP message asks for.

mod bulletin;
mod case;
mod error;
mod imported;
mod media;
mod picture;
mod plan;
mod profile;
mod tongue;

pub use bulletin::{Act, Body, Bulletin, CapWords, MessageName, Outlet};
pub use case::{Case, Fact};
pub use cbs::Script;
pub use error::Error;
pub use imported::Imported;
pub use media::{MediaRate, Slot, slots};
pub use picture::Picture;
pub use plan::{LanguageText, Plan, Planned, Role};
pub use profile::{Channel, MessageIds, Profile};
