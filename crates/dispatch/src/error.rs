//! Why a setup is refused.

use thiserror::Error;

/// A setup that cannot work. Peers and controllers are named as the config and the inventory name them.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// CBSP has no code for a keep-alive period.
    #[error("peer {peer}: CBSP has keep-alive periods of 1 s to 120 s in steps, found {found_ms} ms")]
    KeepAlive {
        /// The peer's name.
        peer: String,
        /// What the profile says.
        found_ms: u32,
    },
    /// A limit of a profile is out of range.
    #[error("peer {peer}: {limit} must be {min} to {max}, found {found}")]
    Limit {
        /// The peer's name.
        peer: String,
        /// Which limit.
        limit: &'static str,
        /// The least.
        min: u32,
        /// The most.
        max: u32,
        /// What the profile says.
        found: u32,
    },
    /// A controller is routed without a peer.
    #[error("controller {controller}: expected at least one peer, found none")]
    NoPeer {
        /// The controller's name.
        controller: String,
    },
    /// A controller's cells are of a technology that its peer's protocol does not serve.
    #[error("controller {controller}: peer {peer} speaks {protocol}, which does not serve {rat} cells")]
    ProtocolMismatch {
        /// The controller's name.
        controller: String,
        /// The peer's name.
        peer: String,
        /// What it speaks.
        protocol: &'static str,
        /// What the cells are.
        rat: area::Rat,
    },
    /// A controller is routed twice, or names a peer twice.
    #[error("controller {controller}: {what} is named twice")]
    Twice {
        /// The controller's name.
        controller: String,
        /// What is doubled.
        what: &'static str,
    },
    /// A route names a controller that the inventory does not have.
    #[error("route to controller number {found}: the inventory has {count} controllers")]
    UnknownController {
        /// The number.
        found: u16,
        /// How many there are.
        count: usize,
    },
    /// A route names a peer that has no profile.
    #[error("controller {controller}: peer number {found} has no profile among {count}")]
    UnknownPeer {
        /// The controller's name.
        controller: String,
        /// The peer's number.
        found: u16,
        /// How many profiles there are.
        count: usize,
    },
}
