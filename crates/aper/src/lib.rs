//! Aligned Packed Encoding Rules (ITU-T X.691, "BASIC-PER ALIGNED"), as the radio network's protocols use them.
//!
//! Bits, numbers, strings, lists, preambles, choices and open types, written and read; the crate knows no message, allocates
//! by no announced count and is pure. Read [`Writer`] and [`Reader`]: each method of the one has its mirror in the other.
//! [`OpenTypeStream`] is for who knows lengths beforehand and cannot afford a move.

mod error;
mod reader;
mod stream;
mod width;
mod writer;

pub use error::Error;
pub use reader::{Index, OpenType, Preamble, Reader};
pub use stream::{OpenTypeStream, Sink};
pub use writer::{Count, Writer};

/// Sizes from this bound on are not constrained for PER: their length is a general length determinant (X.691 §11.9.3.3).
const UNCONSTRAINED: usize = 65_536;

/// A fragment holds 1 to 4 times this many octets or items (X.691 §11.9.3.8.3).
const FRAGMENT: usize = 16_384;
