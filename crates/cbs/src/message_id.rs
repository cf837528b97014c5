//! The message identifier: what kind of message this is (TS 23.041 §9.4.1.2.2).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A message identifier, 16 bits. Public warning uses 4352 to 6400.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(transparent)]
pub struct MessageId(u16);

impl MessageId {
    /// The identifier with this number.
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// The number, as it goes on the wire.
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
