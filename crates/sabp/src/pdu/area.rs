//! Service areas, and what is said of each in the lists (TS 25.419 §9.2.10 to §9.2.13, TS 23.003).

use cbs::Plmn;
use serde::{Deserialize, Serialize};

use super::Cause;
use crate::Error;

/// A service area (SAI), held as it lies on the wire.
///
/// ```text
/// octets  1     3 4     5 6     7
///        +-------+-------+-------+
///        | PLMN  |  LAC  |  SAC  |
///        +-------+-------+-------+
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(from = "Fields", into = "Fields")]
pub struct ServiceArea {
    plmn: Plmn,
    /// LAC and SAC.
    octets: [u8; 4],
}

impl ServiceArea {
    /// Octets of a service area.
    pub const OCTETS: usize = 7;

    /// The service area of this network, location area code and service area code.
    pub const fn new(plmn: Plmn, lac: u16, sac: u16) -> Self {
        let ([a, b], [c, d]) = (lac.to_be_bytes(), sac.to_be_bytes());
        Self { plmn, octets: [a, b, c, d] }
    }

    /// The service area with these octets, or an error when its network is not in decimal digits.
    pub fn from_octets(octets: [u8; Self::OCTETS]) -> Result<Self, Error> {
        let [a, b, c, octets @ ..] = octets;
        Ok(Self { plmn: Plmn::from_octets([a, b, c])?, octets })
    }

    /// The seven octets.
    pub const fn octets(self) -> [u8; Self::OCTETS] {
        let ([a, b, c], [d, e, f, g]) = (self.plmn.octets(), self.octets);
        [a, b, c, d, e, f, g]
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    plmn: Plmn,
    lac: u16,
    sac: u16,
}

impl From<Fields> for ServiceArea {
    fn from(fields: Fields) -> Self {
        Self::new(fields.plmn, fields.lac, fields.sac)
    }
}

impl From<ServiceArea> for Fields {
    fn from(area: ServiceArea) -> Self {
        let ServiceArea { plmn, octets: [a, b, c, d] } = area;
        Self { plmn, lac: u16::from_be_bytes([a, b]), sac: u16::from_be_bytes([c, d]) }
    }
}

/// How often a message was broadcast in a service area.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CompletedArea {
    /// Where.
    #[serde(flatten)]
    pub area: ServiceArea,
    /// How often.
    pub completed: u16,
    /// Why that number is not to be trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub info: Option<CompletedInfo>,
}

/// What is wrong with a number of broadcasts.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CompletedInfo {
    /// There were more than it can say.
    Overflow,
    /// It is not known.
    Unknown,
}

/// Why something failed in a service area.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FailedArea {
    /// Where.
    #[serde(flatten)]
    pub area: ServiceArea,
    /// Why.
    pub cause: Cause,
}

/// What a service area has room for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct LoadedArea {
    /// Where.
    #[serde(flatten)]
    pub area: ServiceArea,
    /// The free part of the broadcast channel, 0 to 20480 bit/s.
    pub bandwidth: u16,
}
