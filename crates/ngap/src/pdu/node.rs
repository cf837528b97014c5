//! Nodes of the 5G radio network (TS 38.413 §9.3.1.5).

use cbs::Plmn;
use serde::{Deserialize, Serialize};

use crate::Error;

/// A node (GlobalRANNodeID).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum GlobalRanNodeId {
    /// A gNB.
    Gnb(GlobalGnbId),
    /// A ng-eNB.
    NgEnb(GlobalNgEnbId),
    /// A gateway to access that is none of 3GPP's. It broadcasts nothing, but the type has it.
    N3iwf(GlobalN3iwfId),
}

/// A gNB (GlobalGNB-ID): its identity has 22 to 32 bits, as the operator chose.
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

/// Which form of identity a ng-eNB has.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NgEnbKind {
    /// A macro ng-eNB, 20 bits.
    Macro,
    /// A short macro ng-eNB, 18 bits.
    ShortMacro,
    /// A long macro ng-eNB, 21 bits.
    LongMacro,
}

impl NgEnbKind {
    /// How many bits the identity has.
    pub const fn bits(self) -> u32 {
        match self {
            Self::Macro => 20,
            Self::ShortMacro => 18,
            Self::LongMacro => 21,
        }
    }
}

/// A ng-eNB (GlobalNgENB-ID).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "NgEnbFields", into = "NgEnbFields")]
pub struct GlobalNgEnbId {
    plmn: Plmn,
    kind: NgEnbKind,
    id: u32,
}

impl GlobalNgEnbId {
    /// The ng-eNB with this identity, or an error when it does not fit the bits of its kind.
    pub fn new(plmn: Plmn, kind: NgEnbKind, id: u32) -> Result<Self, Error> {
        let max = (1 << kind.bits()) - 1;
        if id > max {
            return Err(Error::Value { what: "ng-eNB identity", max: max.into(), found: id.into() });
        }
        Ok(Self { plmn, kind, id })
    }

    /// The network.
    pub fn plmn(self) -> Plmn {
        self.plmn
    }

    /// The form of the identity.
    pub fn kind(self) -> NgEnbKind {
        self.kind
    }

    /// The identity, `kind().bits()` bits.
    pub fn id(self) -> u32 {
        self.id
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct NgEnbFields {
    plmn: Plmn,
    kind: NgEnbKind,
    id: u32,
}

impl TryFrom<NgEnbFields> for GlobalNgEnbId {
    type Error = Error;

    fn try_from(fields: NgEnbFields) -> Result<Self, Error> {
        Self::new(fields.plmn, fields.kind, fields.id)
    }
}

impl From<GlobalNgEnbId> for NgEnbFields {
    fn from(ng_enb: GlobalNgEnbId) -> Self {
        Self { plmn: ng_enb.plmn, kind: ng_enb.kind, id: ng_enb.id }
    }
}

/// A N3IWF (GlobalN3IWF-ID).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct GlobalN3iwfId {
    /// The network.
    pub plmn: Plmn,
    /// The identity, 16 bits.
    pub id: u16,
}
