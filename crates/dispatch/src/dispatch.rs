//! The dispatcher: orders and PDUs in, PDUs and reports out.

use area::{ControllerId, Inventory};
use bytes::Bytes;
use engine::order::{BroadcastId, Demand};
use engine::report::Report;

use crate::{ControllerTraits, Error, Notice, PeerId, PeerStatus, Setup, Traffic};

/// How orders get to the network, for every peer of a dispatcher.
pub struct Dispatch {
    setup: Setup,
}

/// Whether this is the peer's first link since it is known; only then may its cells be reset.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FirstContact(pub bool);

// The interface as it will be; the bodies follow.
#[rustfmt::skip]
#[cfg(any())]
impl Dispatch {
    /// A dispatcher for this network, with every link down.
    pub fn new(inventory: &Inventory, setup: Setup) -> Result<Self, Error>;
    /// What the engine must know of a controller; `None` when it has no peer.
    pub fn traits(&self, controller: ControllerId) -> Option<ControllerTraits>;
    /// Takes a demand of the engine.
    pub fn demand(&mut self, now_ms: u64, demand: Demand);
    /// A peer's link is up.
    pub fn link_up(&mut self, now_ms: u64, peer: PeerId, first: FirstContact);
    /// A peer's link is down; what was in flight is reported unanswered.
    pub fn link_down(&mut self, now_ms: u64, peer: PeerId);
    /// A peer sent a PDU.
    pub fn received(&mut self, now_ms: u64, peer: PeerId, pdu: &Bytes);
    /// A link has room for another PDU, or has none.
    pub fn set_writable(&mut self, peer: PeerId, writable: bool);
    /// Does what is due by now.
    pub fn handle_timeout(&mut self, now_ms: u64);
    /// When to call [`handle_timeout`](Self::handle_timeout) at the latest.
    pub fn next_wakeup(&self) -> Option<u64>;
    /// The next PDU to hand to a link.
    pub fn poll_transmit(&mut self, now_ms: u64) -> Option<(PeerId, Bytes)>;
    /// The next thing learned.
    pub fn poll_report(&mut self) -> Option<Report>;
    /// The next thing for the log.
    pub fn poll_notice(&mut self) -> Option<Notice>;
    /// A peer at this moment.
    pub fn peer_status(&self, peer: PeerId) -> PeerStatus;
    /// What a broadcast cost towards each controller, by controller.
    pub fn traffic(&self, broadcast: BroadcastId) -> Vec<Traffic>;
}
