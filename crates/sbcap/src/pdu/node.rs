//! Who an eNB or gNB is (TS 29.168 §4.3.4, TS 23.003 §19.6).

use cbs::Plmn;
use serde::{Deserialize, Serialize};

use crate::Error;

/// Which form an eNB identity has; each has its own number of bits.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EnbKind {
    /// A macro eNB, 20 bits.
    Macro,
    /// A home eNB, 28 bits: the whole cell identity.
    Home,
    /// A short macro eNB, 18 bits.
    ShortMacro,
    /// A long macro eNB, 21 bits.
    LongMacro,
}

impl EnbKind {
    /// How many bits the identity has.
    pub const fn bits(self) -> u32 {
        match self {
            Self::Macro => 20,
            Self::Home => 28,
            Self::ShortMacro => 18,
            Self::LongMacro => 21,
        }
    }
}

/// An eNB (Global-ENB-ID), or an ng-eNB.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "EnbFields", into = "EnbFields")]
pub struct GlobalEnbId {
    plmn: Plmn,
    kind: EnbKind,
    id: u32,
}

impl GlobalEnbId {
    /// The eNB with this identity, or an error when it does not fit the bits of its kind.
    pub fn new(plmn: Plmn, kind: EnbKind, id: u32) -> Result<Self, Error> {
        let max = (1 << kind.bits()) - 1;
        if id > max {
            return Err(Error::Value { what: "eNB identity", max: max.into(), found: id.into() });
        }
        Ok(Self { plmn, kind, id })
    }

    /// The network.
    pub fn plmn(self) -> Plmn {
        self.plmn
    }

    /// The form of the identity.
    pub fn kind(self) -> EnbKind {
        self.kind
    }

    /// The identity, `kind().bits()` bits.
    pub fn id(self) -> u32 {
        self.id
    }

    /// Whether a cell with this identity belongs to this eNB: the eNB's bits are the first of the cell's 28.
    pub fn serves(self, cell: super::Ecgi) -> bool {
        cell.plmn() == self.plmn && cell.eci() >> (28 - self.kind.bits()) == self.id
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct EnbFields {
    plmn: Plmn,
    kind: EnbKind,
    id: u32,
}

impl TryFrom<EnbFields> for GlobalEnbId {
    type Error = Error;

    fn try_from(fields: EnbFields) -> Result<Self, Error> {
        Self::new(fields.plmn, fields.kind, fields.id)
    }
}

impl From<GlobalEnbId> for EnbFields {
    fn from(enb: GlobalEnbId) -> Self {
        Self { plmn: enb.plmn, kind: enb.kind, id: enb.id }
    }
}

/// A gNB (Global-GNB-ID): its identity has 22 to 32 bits, as the operator chose.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "GnbFields", into = "GnbFields")]
pub struct GlobalGnbId {
    plmn: Plmn,
    id: u32,
    bits: u32,
}

impl GlobalGnbId {
    /// The fewest bits of an identity.
    pub const BITS_MIN: u32 = 22;
    /// The most bits of an identity.
    pub const BITS_MAX: u32 = 32;

    /// The gNB with this identity of `bits` bits, or what does not fit.
    pub fn new(plmn: Plmn, id: u32, bits: u32) -> Result<Self, Error> {
        if !(Self::BITS_MIN..=Self::BITS_MAX).contains(&bits) {
            return Err(Error::GnbIdBits { found: bits });
        }
        let max = (1 << bits) - 1;
        if u64::from(id) > max {
            return Err(Error::Value { what: "gNB identity", max, found: id.into() });
        }
        Ok(Self { plmn, id, bits })
    }

    /// The network.
    pub fn plmn(self) -> Plmn {
        self.plmn
    }

    /// The identity.
    pub fn id(self) -> u32 {
        self.id
    }

    /// How many bits the identity has, 22 to 32.
    pub fn bits(self) -> u32 {
        self.bits
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct GnbFields {
    plmn: Plmn,
    id: u32,
    bits: u32,
}

impl TryFrom<GnbFields> for GlobalGnbId {
    type Error = Error;

    fn try_from(fields: GnbFields) -> Result<Self, Error> {
        Self::new(fields.plmn, fields.id, fields.bits)
    }
}

impl From<GlobalGnbId> for GnbFields {
    fn from(gnb: GlobalGnbId) -> Self {
        Self { plmn: gnb.plmn, id: gnb.id, bits: gnb.bits }
    }
}

/// A node of the 5G radio network (Global-RAN-Node-ID).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GlobalRanNodeId {
    /// A gNB.
    Gnb(GlobalGnbId),
    /// An ng-eNB.
    NgEnb(GlobalEnbId),
}
