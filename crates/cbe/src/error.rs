//! What cannot be read or written.

use thiserror::Error;

/// Something that this interface does not take.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A message of HTTP.
    #[error("HTTP: expected {expected}, found {found}")]
    Http {
        /// What should be there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// A delivery report.
    #[error("delivery report: expected the JSON of one, found {found}")]
    Report {
        /// What is wrong with it.
        found: String,
    },
    /// A frame without its tag.
    #[error("expected a tag of 8 octets, found {found}")]
    Tag {
        /// How many octets there are.
        found: usize,
    },
}
