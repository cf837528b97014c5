//! Figures for the control room: peers at this moment, and what a broadcast cost.

use area::ControllerId;

/// A peer at this moment. The counters run from the start of the dispatcher.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PeerStatus {
    /// Its link is up.
    pub up: bool,
    /// It can take orders.
    pub ready: bool,
    /// Requests that wait for its answer.
    pub in_flight: usize,
    /// Orders that wait for their turn at this peer.
    pub queued_orders: usize,
    /// PDUs handed to its link.
    pub pdus_sent: u64,
    /// Octets handed to its link.
    pub octets_sent: u64,
    /// PDUs received from it.
    pub pdus_received: u64,
    /// Octets received from it.
    pub octets_received: u64,
    /// Requests that it did not answer in time.
    pub unanswered: u64,
}

/// What one broadcast cost towards one controller: its writes, queries and kills.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Traffic {
    /// The controller.
    pub controller: ControllerId,
    /// PDUs handed to links.
    pub pdus: u64,
    /// Octets handed to links.
    pub octets: u64,
}
