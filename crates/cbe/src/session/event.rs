//! What a session tells.

use crate::{DeliveryReport, Error, Tag};

/// The caller's name for a request of his.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Token(pub u64);

/// Something that a session heard, or did not hear in time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Event {
    /// The CBC has taken the message, or one that supersedes it. It says nothing of any cell.
    Accepted {
        /// The request.
        token: Token,
    },
    /// The CBC does not take the message.
    Refused {
        /// The request.
        token: Token,
        /// The status code; below 300 it was a CAP message of type Error that refused.
        status: u16,
        /// What was said with it.
        words: String,
    },
    /// No answer in time, or one by which nobody knows whether the message was taken. One may still come.
    Unanswered {
        /// The request.
        token: Token,
    },
    /// What has become of a message in the cells.
    Delivery(DeliveryReport),
    /// The CBC could not do it just now: a status code of 500 or more.
    ServerError {
        /// The status code.
        status: u16,
        /// What was said with it.
        words: String,
    },
    /// It said something that cannot be understood.
    PeerError(Error),
    /// It answered what nobody asked.
    Unexpected {
        /// The tag.
        tag: Tag,
    },
}
