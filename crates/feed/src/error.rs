//! Why the feed cannot be served.

use std::net::SocketAddr;

/// Why the feed cannot be served.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Error {
    /// The listener cannot be made.
    #[error("{address}: expected to listen there, found {reason}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        reason: String,
    },
    /// The certificate or the key cannot be used.
    #[error("expected a certificate chain and its private key in PEM, found {reason}")]
    Tls {
        /// What is wrong with them.
        reason: String,
    },
}
