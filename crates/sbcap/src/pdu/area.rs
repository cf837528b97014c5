//! Cells, tracking areas and emergency areas, and the lists of them (TS 29.168 §4.3.4, TS 23.003).

use cbs::Plmn;
use serde::{Deserialize, Serialize};

use super::json::{self, Numbered, Rule};
use crate::Error;

/// A tracking area of E-UTRAN: the network and its 16-bit code.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tai {
    /// The network.
    pub plmn: Plmn,
    /// The tracking area code.
    pub tac: u16,
}

impl Tai {
    /// Octets of a tracking area identity: PLMN (3), TAC (2).
    pub const OCTETS: usize = 5;

    /// The identity in its five octets.
    pub fn octets(self) -> [u8; Self::OCTETS] {
        let [a, b, c] = self.plmn.octets();
        let [d, e] = self.tac.to_be_bytes();
        [a, b, c, d, e]
    }

    /// The identity with these five octets.
    pub fn from_octets([a, b, c, d, e]: [u8; Self::OCTETS]) -> Result<Self, Error> {
        Ok(Self { plmn: Plmn::from_octets([a, b, c])?, tac: u16::from_be_bytes([d, e]) })
    }
}

impl Numbered for Tai {
    const KEY: &'static str = "tac";

    fn numbered(rule: &Rule, number: u64) -> Result<Self, Error> {
        let tac = u16::try_from(number).map_err(|_| Error::Value {
            what: "TAC",
            max: u16::MAX.into(),
            found: number,
        })?;
        Ok(Self { plmn: rule.plmn, tac })
    }
}

/// A cell of E-UTRAN, the ECGI: the network and its 28-bit cell identity.
///
/// ```text
/// octets  1     3 4         7
///        +-------+-----------+
///        | PLMN  | ECI << 4  |   as it lies in a list; the low nibble holds the next cell's preamble, which is 0
///        +-------+-----------+
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "EcgiFields", into = "EcgiFields")]
pub struct Ecgi {
    plmn: Plmn,
    eci: u32,
}

impl Ecgi {
    /// Octets of a cell in a list.
    pub const OCTETS: usize = 7;
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

    /// The cell in its seven octets.
    pub fn octets(self) -> [u8; Self::OCTETS] {
        let [a, b, c] = self.plmn.octets();
        let [d, e, f, g] = (self.eci << 4).to_be_bytes();
        [a, b, c, d, e, f, g]
    }

    /// The cell with these seven octets; the low nibble of the last one is not looked at.
    pub fn from_octets([a, b, c, d, e, f, g]: [u8; Self::OCTETS]) -> Result<Self, Error> {
        Ok(Self { plmn: Plmn::from_octets([a, b, c])?, eci: u32::from_be_bytes([d, e, f, g]) >> 4 })
    }
}

impl Numbered for Ecgi {
    const KEY: &'static str = "eci";

    fn numbered(rule: &Rule, number: u64) -> Result<Self, Error> {
        let max = u64::from(Self::ECI_MAX);
        let eci = u32::try_from(number).map_err(|_| Error::Value { what: "ECI", max, found: number })?;
        Self::new(rule.plmn, eci)
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct EcgiFields {
    plmn: Plmn,
    eci: u32,
}

impl TryFrom<EcgiFields> for Ecgi {
    type Error = Error;

    fn try_from(fields: EcgiFields) -> Result<Self, Error> {
        Self::new(fields.plmn, fields.eci)
    }
}

impl From<Ecgi> for EcgiFields {
    fn from(cell: Ecgi) -> Self {
        Self { plmn: cell.plmn, eci: cell.eci }
    }
}

/// An emergency area, three octets that the operator defines.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Eai(#[serde(with = "json::hex_array")] pub [u8; 3]);

/// Where a warning goes (Warning-Area-List). Absent: every cell of the addressed eNBs.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningArea {
    /// Cells.
    Cells(#[serde(deserialize_with = "json::list")] Vec<Ecgi>),
    /// Tracking areas.
    Tais(#[serde(deserialize_with = "json::list")] Vec<Tai>),
    /// Emergency areas.
    Eais(Vec<Eai>),
}

/// Where something is (or was) on the air, by cells, by tracking area and by emergency area. `C` is a cell as the list holds
/// it, `T` the tracking area, `E` a cell of an emergency area. An empty list is an absent one.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(
    deserialize = "C: Deserialize<'de> + Numbered, T: Deserialize<'de>, E: Deserialize<'de> + Numbered"
))]
pub struct BroadcastArea<C, T, E = C> {
    /// Cells that are named by themselves.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty", deserialize_with = "json::list")]
    pub cells: Vec<C>,
    /// Tracking areas, each with its cells.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub tais: Vec<CellsInTai<C, T>>,
    /// Emergency areas, each with its cells.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub eais: Vec<CellsInEai<E>>,
}

impl<C, T, E> Default for BroadcastArea<C, T, E> {
    fn default() -> Self {
        Self { cells: Vec::new(), tais: Vec::new(), eais: Vec::new() }
    }
}

/// Broadcast-Scheduled-Area-List.
pub type ScheduledArea = BroadcastArea<Ecgi, Tai>;
/// Broadcast-Cancelled-Area-List.
pub type CancelledArea = BroadcastArea<Cancelled<Ecgi>, Tai>;

/// A tracking area and the cells of it that are meant.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(deserialize = "C: Deserialize<'de> + Numbered, T: Deserialize<'de>"))]
pub struct CellsInTai<C, T> {
    /// The tracking area.
    #[serde(flatten)]
    pub tai: T,
    /// Its cells, at least one.
    #[serde(deserialize_with = "json::list")]
    pub cells: Vec<C>,
}

/// An emergency area and the cells of it that are meant.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(deserialize = "C: Deserialize<'de> + Numbered"))]
pub struct CellsInEai<C> {
    /// The emergency area.
    pub eai: Eai,
    /// Its cells, at least one.
    #[serde(deserialize_with = "json::list")]
    pub cells: Vec<C>,
}

/// A cell where a broadcast was stopped.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cancelled<C> {
    /// The cell.
    #[serde(flatten)]
    pub cell: C,
    /// How often the message was broadcast there.
    pub broadcasts: u16,
}

impl<C: Numbered> Numbered for Cancelled<C> {
    const KEY: &'static str = C::KEY;
    const IS_COUNTED: bool = true;

    fn numbered(rule: &Rule, number: u64) -> Result<Self, Error> {
        Ok(Self { cell: C::numbered(rule, number)?, broadcasts: rule.broadcasts.unwrap_or_default() })
    }
}
