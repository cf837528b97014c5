//! Why a call did not get through, or a socket could not be made.

use std::path::PathBuf;

use crate::Problem;

/// Why a call did not get through, or a socket could not be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The connection ended within an answer.
    #[error("the daemon's answer broke off: {reason}")]
    BrokenOff {
        /// What the connection said.
        reason: String,
    },
    /// Another daemon listens on the socket.
    #[error("{}: expected no listener, found a daemon that answers; stop it first", path.display())]
    InUse {
        /// The socket.
        path: PathBuf,
    },
    /// Something that is no socket lies where the socket should be. It is left alone.
    #[error("{}: expected a socket or nothing, found a file or a directory", path.display())]
    NotASocket {
        /// The path.
        path: PathBuf,
    },
    /// The answer is not of this API.
    #[error("expected an answer of the admin API, found status {status}: {reason}")]
    NotUnderstood {
        /// The HTTP status.
        status: u16,
        /// What is odd about it.
        reason: String,
    },
    /// The daemon answered, with a problem.
    #[error(transparent)]
    Problem(Box<Problem>),
    /// The daemon took the call and did not answer in time. What was asked may have been done.
    #[error("expected an answer within {waited_s} s, found none")]
    Silent {
        /// How long it was waited for, in seconds.
        waited_s: u64,
    },
    /// The socket cannot be made.
    #[error("{}: cannot {doing}: {reason}", path.display())]
    Socket {
        /// The socket.
        path: PathBuf,
        /// The step that failed.
        doing: &'static str,
        /// What the system said.
        reason: String,
    },
    /// The daemon cannot be reached.
    #[error("{}: expected a daemon that listens, found none: {reason}", path.display())]
    Unreachable {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}
