//! Cells and tracking areas of 5GS, which one CBC leg may serve too (TS 29.168 §4.3.4, protocolExtensions).

use cbs::Plmn;
use serde::{Deserialize, Serialize};

use super::area::{BroadcastArea, Cancelled, Eai, Ecgi};
use super::json::{self, Numbered, Rule};
use crate::Error;

/// A tracking area of 5GS: the network and its 24-bit code.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "TaiFields", into = "TaiFields")]
pub struct Tai5gs {
    plmn: Plmn,
    tac: u32,
}

impl Tai5gs {
    /// The highest tracking area code.
    pub const TAC_MAX: u32 = (1 << 24) - 1;

    /// The tracking area with this code, or an error when it does not fit 24 bits.
    pub fn new(plmn: Plmn, tac: u32) -> Result<Self, Error> {
        if tac > Self::TAC_MAX {
            return Err(Error::Value { what: "5GS TAC", max: Self::TAC_MAX.into(), found: tac.into() });
        }
        Ok(Self { plmn, tac })
    }

    /// The network.
    pub fn plmn(self) -> Plmn {
        self.plmn
    }

    /// The tracking area code, 24 bits.
    pub fn tac(self) -> u32 {
        self.tac
    }
}

impl Numbered for Tai5gs {
    const KEY: &'static str = "tac";

    fn numbered(rule: &Rule, number: u64) -> Result<Self, Error> {
        let max = u64::from(Self::TAC_MAX);
        let tac = u32::try_from(number).map_err(|_| Error::Value { what: "5GS TAC", max, found: number })?;
        Self::new(rule.plmn, tac)
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct TaiFields {
    plmn: Plmn,
    tac: u32,
}

impl TryFrom<TaiFields> for Tai5gs {
    type Error = Error;

    fn try_from(fields: TaiFields) -> Result<Self, Error> {
        Self::new(fields.plmn, fields.tac)
    }
}

impl From<Tai5gs> for TaiFields {
    fn from(tai: Tai5gs) -> Self {
        Self { plmn: tai.plmn, tac: tai.tac }
    }
}

/// A cell of NR: the network and its 36-bit cell identity.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "NrCgiFields", into = "NrCgiFields")]
pub struct NrCgi {
    plmn: Plmn,
    nci: u64,
}

impl NrCgi {
    /// The highest cell identity.
    pub const NCI_MAX: u64 = (1 << 36) - 1;

    /// The cell with this identity, or an error when it does not fit 36 bits.
    pub fn new(plmn: Plmn, nci: u64) -> Result<Self, Error> {
        if nci > Self::NCI_MAX {
            return Err(Error::Value { what: "NCI", max: Self::NCI_MAX, found: nci });
        }
        Ok(Self { plmn, nci })
    }

    /// The network.
    pub fn plmn(self) -> Plmn {
        self.plmn
    }

    /// The cell identity, 36 bits.
    pub fn nci(self) -> u64 {
        self.nci
    }
}

impl Numbered for NrCgi {
    const KEY: &'static str = "nci";

    fn numbered(rule: &Rule, number: u64) -> Result<Self, Error> {
        Self::new(rule.plmn, number)
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct NrCgiFields {
    plmn: Plmn,
    nci: u64,
}

impl TryFrom<NrCgiFields> for NrCgi {
    type Error = Error;

    fn try_from(fields: NrCgiFields) -> Result<Self, Error> {
        Self::new(fields.plmn, fields.nci)
    }
}

impl From<NrCgi> for NrCgiFields {
    fn from(cell: NrCgi) -> Self {
        Self { plmn: cell.plmn, nci: cell.nci }
    }
}

/// Where a warning goes in 5GS (Warning-Area-List-5GS).
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningArea5gs {
    /// Cells of E-UTRAN.
    Cells(#[serde(deserialize_with = "json::list")] Vec<Ecgi>),
    /// Cells of NR.
    NrCells(#[serde(deserialize_with = "json::list")] Vec<NrCgi>),
    /// One tracking area. The release read (V15.1.0) holds a single one here although it is named a list: do not send it
    /// before the peer's release is known.
    Tai(Tai5gs),
    /// Emergency areas.
    Eais(Vec<Eai>),
}

/// Broadcast-Scheduled-Area-List-5GS. Its emergency areas hold cells of E-UTRAN, as in the 4G list.
pub type ScheduledArea5gs = BroadcastArea<NrCgi, Tai5gs, Ecgi>;
/// Broadcast-Cancelled-Area-List-5GS. Its emergency areas hold cells of E-UTRAN, as in the 4G list.
pub type CancelledArea5gs = BroadcastArea<Cancelled<NrCgi>, Tai5gs, Cancelled<Ecgi>>;
