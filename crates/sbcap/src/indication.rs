//! The cells of an indication without an object per cell: a national alert is told about in millions of them.

use crate::pdu::{Eai, GlobalEnbId, Tai};

/// Where something is on or off the air, as Write-Replace-Warning-Indication and Stop-Warning-Indication say it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AreaCells {
    /// All cells that are named, by themselves, in a tracking area or in an emergency area: PLMN (3 octets) and ECI << 4
    /// (4 octets) each, as in [`Ecgi::octets`](crate::Ecgi::octets).
    pub cells: Vec<u8>,
    /// How often the message was broadcast, for each of `cells` in order. Empty in a Write-Replace-Warning-Indication.
    pub broadcasts: Vec<u16>,
    /// The tracking areas that are named.
    pub tais: Vec<Tai>,
    /// The emergency areas that are named.
    pub eais: Vec<Eai>,
    /// eNBs that had nothing on the air. Only in a Stop-Warning-Indication.
    pub empty_enbs: Vec<GlobalEnbId>,
}
