//! A controller and the way to it.

use area::{CellRuns, ControllerId};

use crate::limiter::CellLimiter;
use crate::queue::Queue;
use crate::register::Register;
use crate::wire::Sector;
use crate::{PeerId, Reach};

/// The way to a controller.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) controller: ControllerId,
    pub(crate) reach: Reach,
    /// The peers, the preferred first.
    pub(crate) peers: Vec<PeerId>,
    /// The one that gets the orders where one does; none while no peer is ready.
    pub(crate) current: Option<PeerId>,
    pub(crate) sector: Sector,
    pub(crate) limiter: CellLimiter,
    /// Orders that wait for a peer to be ready.
    pub(crate) waiting: Queue,
    pub(crate) register: Register,
    /// Cells that reported a failure and have not restarted since.
    pub(crate) failed: CellRuns,
}

impl Route {
    /// The peers after this one, in their order, round to it.
    pub(crate) fn after(&self, peer: PeerId) -> impl Iterator<Item = PeerId> + '_ {
        let at = self.peers.iter().position(|other| *other == peer).unwrap_or(0);
        self.peers[at..].iter().skip(1).chain(&self.peers[..at]).copied()
    }
}
