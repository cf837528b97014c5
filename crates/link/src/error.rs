//! Why a link cannot be made, or an attempt failed.

use std::io;
use std::net::SocketAddr;

/// The one error of this crate. `Config` needs a person; the others are worth another attempt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The settings cannot work.
    #[error("{0}")]
    Config(String),
    /// A socket call failed.
    #[error("{action} {address}: {source_text}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which address.
        address: SocketAddr,
        /// What the system said.
        source_text: String,
    },
    /// The running kernel has no SCTP.
    #[error(
        "this kernel has no SCTP (protocol 132 is not supported): load the `sctp` module, or set the peer's transport \
         to UDP-encapsulated SCTP (RFC 6951, UDP port 9899), which is meant for labs and closed tunnels"
    )]
    NoKernelSctp,
    /// Nothing came back in time.
    #[error("no connection to {address} within {waited_ms} ms")]
    TimedOut {
        /// Whom we dialled.
        address: SocketAddr,
        /// How long we waited, in milliseconds.
        waited_ms: u64,
    },
}

impl LinkError {
    pub(crate) fn io(action: &'static str, address: SocketAddr, error: &io::Error) -> Self {
        LinkError::Io { action, address, source_text: error.to_string() }
    }
}
