//! Requests and answers.

use bytes::Bytes;

/// Names a request towards its answer.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Tag(pub u64);

/// A request to a CBC.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// Its tag.
    pub tag: Tag,
    /// What is asked.
    pub ask: Ask,
}

/// What is asked of a CBC.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Ask {
    /// To take a CAP message.
    Take {
        /// Where.
        path: String,
        /// The message.
        message: Bytes,
    },
    /// How far it has got with one.
    Report {
        /// Where: what `Location` said.
        path: String,
    },
    /// Whether it is there: any other request. Link tests are made beneath sessions.
    Other {
        /// The method.
        method: Method,
        /// Where.
        path: String,
    },
}

/// A method of HTTP that says nothing here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Method(pub String);

/// An answer of a CBC.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Where a delivery report will be.
    pub location: Option<String>,
    /// The media type of the body, without its parameters, in lower case.
    pub media_type: Option<String>,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// An answer of a status code alone.
    pub fn of(status: u16) -> Self {
        Self { status, ..Self::default() }
    }
}
