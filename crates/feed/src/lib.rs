//! The public feed: what television, signs, airports and anybody may read of the alerts that are on. Read-only.
//!
//! [`Board`] is all that is public at a moment; [`Board::pages`] renders it, a pure function of the board and the time.
//! Rendering happens once a change, however many read. The crate owns a listener and no decision: what is on the board is
//! the daemon's affair. Read [`Board`] first, then [`serve`].
#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // this room owns a socket, its timeouts and a clock

mod board;
mod error;
mod page;
mod publish;
mod rate;
mod serve;

pub use board::{Board, Item, Live, Message};
pub use error::Error;
pub use page::{Page, Pages, picture_address};
pub use publish::publish;
pub use serve::{Limits, Tls, serve};
