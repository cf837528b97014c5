//! What the engine must know of a controller's peers: how they take new texts, what they tell, and what they count.

use serde::{Deserialize, Serialize};

use crate::airtime::Airtime;

/// What the engine must know of a controller's peers.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Traits {
    /// A new serial number replaces the old one in place (CBSP, SABP, CAP) instead of standing beside it (SBc-AP with the
    /// concurrent flag, NGAP).
    pub in_place: bool,
    /// The peers tell by indications what is on the air.
    pub indications: bool,
    /// An old text is stopped before the new one is started beside it, and not after.
    #[serde(default)]
    pub stops_first: bool,
    /// What ends there by a count of broadcasts.
    #[serde(default)]
    pub counts: Counting,
    /// Several peers serve the cells, and each tells of the same restart.
    #[serde(default)]
    pub pooled: bool,
    /// What the air of each cell carries.
    #[serde(default)]
    pub airtime: Airtime,
}

impl Traits {
    /// Whether a question tells what is on and puts nothing there (CBSP, SABP): a loss that nobody has told of is found so.
    pub fn tells_when_asked(self) -> bool {
        self.in_place && !self.indications && self.counts != Counting::Nothing
    }
}

/// What ends by a count of broadcasts at a controller's peers, and so has to be started anew where it lasts longer.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// Nothing: a centre of the operator's sees to it.
    Nothing,
    /// What has an end.
    #[default]
    Ends,
    /// What is broadcast until it is stopped as well: it gets the largest count.
    Everything,
}
