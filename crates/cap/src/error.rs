//! What the functions of this crate fail with.

use crate::problem::Problem;

/// Why a message, a key or a word was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A certificate that cannot be used.
    #[error("expected a certificate with an RSA, P-256 or P-384 key, found {found}")]
    Certificate {
        /// What is wrong with it.
        found: String,
    },
    /// No date-time of CAP.
    #[error("expected a date-time like 2026-11-24T18:45:15+01:00, found {found:?}")]
    DateTime {
        /// What was there.
        found: String,
    },
    /// A private key that cannot be used.
    #[error("expected a PKCS #8 private key (RSA of at least 2048 bits, or P-256), found {found}")]
    Key {
        /// What is wrong with it.
        found: String,
    },
    /// The message is signed already.
    #[error("expected a message without signature, found a signed one")]
    Signed,
    /// A message that would not be accepted by our own check.
    #[error("expected an acceptable message, found {} problems, the first: {}", problems.len(), first(problems))]
    Unacceptable {
        /// What is wrong with it.
        problems: Vec<Problem>,
    },
    /// Not the name of a level.
    #[error("expected schema, rules, profile or broadcast, found {found:?}")]
    UnknownLevel {
        /// What was there.
        found: String,
    },
}

fn first(problems: &[Problem]) -> String {
    problems.first().map(Problem::to_string).unwrap_or_default()
}
