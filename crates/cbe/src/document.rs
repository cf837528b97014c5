//! A CAP message as it goes to a CBC.

use bytes::Bytes;

/// A CAP message, written and signed by others. Nobody here reads it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Document {
    /// Its CAP identifier.
    pub identifier: String,
    /// The alert that it is about: the messages of one alert follow each other.
    pub alert: u64,
    /// Its place among them; a later one says all that an earlier one has left to say.
    pub number: u32,
    /// The message.
    pub octets: Bytes,
}

impl Document {
    /// Whether this one says all that the other does, and more.
    pub fn supersedes(&self, other: &Self) -> bool {
        self.alert == other.alert && self.number > other.number
    }
}
