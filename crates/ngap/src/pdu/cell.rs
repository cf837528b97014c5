//! Cells, tracking areas and emergency areas (TS 38.413 §9.3.1.7, §9.3.1.9, §9.3.3.11, TS 23.003).

use cbs::Plmn;
use serde::{Deserialize, Serialize};

use super::json::{self, Numbered, Rule};
use crate::Error;

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

/// A cell of E-UTRA under a ng-eNB: the network and its 28-bit cell identity.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "EutraCgiFields", into = "EutraCgiFields")]
pub struct EutraCgi {
    plmn: Plmn,
    eci: u32,
}

impl EutraCgi {
    /// The highest cell identity.
    pub const ECI_MAX: u32 = (1 << 28) - 1;

    /// The cell with this identity, or an error when it does not fit 28 bits.
    pub fn new(plmn: Plmn, eci: u32) -> Result<Self, Error> {
        if eci > Self::ECI_MAX {
            return Err(Error::Value { what: "ECI", max: Self::ECI_MAX.into(), found: eci.into() });
        }
        Ok(Self { plmn, eci })
    }

    /// The network.
    pub fn plmn(self) -> Plmn {
        self.plmn
    }

    /// The cell identity, 28 bits.
    pub fn eci(self) -> u32 {
        self.eci
    }
}

impl Numbered for EutraCgi {
    const KEY: &'static str = "eci";

    fn numbered(rule: &Rule, number: u64) -> Result<Self, Error> {
        let max = u64::from(Self::ECI_MAX);
        let eci = u32::try_from(number).map_err(|_| Error::Value { what: "ECI", max, found: number })?;
        Self::new(rule.plmn, eci)
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct EutraCgiFields {
    plmn: Plmn,
    eci: u32,
}

impl TryFrom<EutraCgiFields> for EutraCgi {
    type Error = Error;

    fn try_from(fields: EutraCgiFields) -> Result<Self, Error> {
        Self::new(fields.plmn, fields.eci)
    }
}

impl From<EutraCgi> for EutraCgiFields {
    fn from(cell: EutraCgi) -> Self {
        Self { plmn: cell.plmn, eci: cell.eci }
    }
}

/// A tracking area of 5GS: the network and its 24-bit code.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "TaiFields", into = "TaiFields")]
pub struct Tai {
    plmn: Plmn,
    tac: u32,
}

impl Tai {
    /// The highest tracking area code.
    pub const TAC_MAX: u32 = (1 << 24) - 1;

    /// The tracking area with this code, or an error when it does not fit 24 bits.
    pub fn new(plmn: Plmn, tac: u32) -> Result<Self, Error> {
        if tac > Self::TAC_MAX {
            return Err(Error::Value { what: "TAC", max: Self::TAC_MAX.into(), found: tac.into() });
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

impl Numbered for Tai {
    const KEY: &'static str = "tac";

    fn numbered(rule: &Rule, number: u64) -> Result<Self, Error> {
        let max = u64::from(Self::TAC_MAX);
        let tac = u32::try_from(number).map_err(|_| Error::Value { what: "TAC", max, found: number })?;
        Self::new(rule.plmn, tac)
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct TaiFields {
    plmn: Plmn,
    tac: u32,
}

impl TryFrom<TaiFields> for Tai {
    type Error = Error;

    fn try_from(fields: TaiFields) -> Result<Self, Error> {
        Self::new(fields.plmn, fields.tac)
    }
}

impl From<Tai> for TaiFields {
    fn from(tai: Tai) -> Self {
        Self { plmn: tai.plmn, tac: tai.tac }
    }
}

/// An emergency area, three octets that the operator defines.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Eai(#[serde(with = "json::hex_array")] pub [u8; 3]);

/// The cells of one node, which are of one kind.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CellList {
    /// Cells of E-UTRA.
    Eutra(Vec<EutraCgi>),
    /// Cells of NR.
    Nr(Vec<NrCgi>),
}
