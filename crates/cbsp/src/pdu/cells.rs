//! Cells, and groups of them, as CBSP names them (TS 48.049 §8.2.6).

use cbs::Plmn;
use serde::{Deserialize, Serialize};

use crate::Error;

/// In which form cells are named: the cell identification discriminator.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum CellKind {
    /// Cells by their global identity (CGI): network, location area code, cell identity; 7 octets.
    Cgi = 0,
    /// Cells by location area code and cell identity; 4 octets.
    LacCi = 1,
    /// Cells by cell identity alone; 2 octets.
    Ci = 2,
    /// Whole location areas by their identity (LAI): network and code; 5 octets.
    Lai = 4,
    /// Whole location areas by their code alone; 2 octets.
    Lac = 5,
    /// All cells of the BSC; no octets.
    Bss = 6,
}

impl CellKind {
    /// The form with this discriminator.
    pub const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Cgi,
            1 => Self::LacCi,
            2 => Self::Ci,
            4 => Self::Lai,
            5 => Self::Lac,
            6 => Self::Bss,
            _ => return None,
        })
    }

    /// The discriminator, as it goes on the wire.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The octets of one identifier.
    pub const fn width(self) -> usize {
        match self {
            Self::Cgi => 7,
            Self::LacCi => 4,
            Self::Ci | Self::Lac => 2,
            Self::Lai => 5,
            Self::Bss => 0,
        }
    }

    /// The word for it in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cgi => "cgi",
            Self::LacCi => "lac_ci",
            Self::Ci => "ci",
            Self::Lai => "lai",
            Self::Lac => "lac",
            Self::Bss => "bss",
        }
    }

    /// Whether identifiers of this form begin with a network.
    pub(crate) const fn has_plmn(self) -> bool {
        matches!(self, Self::Cgi | Self::Lai)
    }
}

/// A cell, or a group of cells, by one of the six forms.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CellId {
    /// One cell, globally.
    Cgi {
        /// The network.
        plmn: Plmn,
        /// The location area code.
        lac: u16,
        /// The cell identity.
        ci: u16,
    },
    /// One cell of the network.
    LacCi {
        /// The location area code.
        lac: u16,
        /// The cell identity.
        ci: u16,
    },
    /// One cell of the BSC.
    Ci {
        /// The cell identity.
        ci: u16,
    },
    /// A location area, globally.
    Lai {
        /// The network.
        plmn: Plmn,
        /// The location area code.
        lac: u16,
    },
    /// A location area of the network.
    Lac {
        /// The location area code.
        lac: u16,
    },
    /// All cells of the BSC.
    Bss,
}

impl CellId {
    /// The form it has.
    pub const fn kind(&self) -> CellKind {
        match self {
            Self::Cgi { .. } => CellKind::Cgi,
            Self::LacCi { .. } => CellKind::LacCi,
            Self::Ci { .. } => CellKind::Ci,
            Self::Lai { .. } => CellKind::Lai,
            Self::Lac { .. } => CellKind::Lac,
            Self::Bss => CellKind::Bss,
        }
    }

    /// Its network, location area code and cell identity, as far as its form has them.
    pub const fn parts(&self) -> (Option<Plmn>, Option<u16>, Option<u16>) {
        match *self {
            Self::Cgi { plmn, lac, ci } => (Some(plmn), Some(lac), Some(ci)),
            Self::LacCi { lac, ci } => (None, Some(lac), Some(ci)),
            Self::Ci { ci } => (None, None, Some(ci)),
            Self::Lai { plmn, lac } => (Some(plmn), Some(lac), None),
            Self::Lac { lac } => (None, Some(lac), None),
            Self::Bss => (None, None, None),
        }
    }

    /// Writes it in wire form.
    ///
    /// ```text
    /// +---------+---------+---------+
    /// | PLMN, 3 | LAC, 2  | CI, 2   |   each form has some of the three, in this order
    /// +---------+---------+---------+
    /// ```
    pub fn put(&self, out: &mut Vec<u8>) {
        let (plmn, lac, ci) = self.parts();
        out.extend(plmn.iter().flat_map(|plmn| plmn.octets()));
        out.extend(lac.iter().flat_map(|lac| lac.to_be_bytes()));
        out.extend(ci.iter().flat_map(|ci| ci.to_be_bytes()));
    }

    /// Reads one of this form from exactly its octets.
    pub fn from_octets(kind: CellKind, octets: &[u8]) -> Result<Self, Error> {
        let wrong = Error::CellOctets { width: kind.width(), found: octets.len() };
        Ok(match (kind, octets) {
            (CellKind::Cgi, &[a, b, c, l, m, i, j]) => {
                Self::Cgi { plmn: Plmn::from_octets([a, b, c])?, lac: be(l, m), ci: be(i, j) }
            }
            (CellKind::LacCi, &[l, m, i, j]) => Self::LacCi { lac: be(l, m), ci: be(i, j) },
            (CellKind::Ci, &[i, j]) => Self::Ci { ci: be(i, j) },
            (CellKind::Lai, &[a, b, c, l, m]) => {
                Self::Lai { plmn: Plmn::from_octets([a, b, c])?, lac: be(l, m) }
            }
            (CellKind::Lac, &[l, m]) => Self::Lac { lac: be(l, m) },
            (CellKind::Bss, &[]) => Self::Bss,
            _ => return Err(wrong),
        })
    }
}

const fn be(high: u8, low: u8) -> u16 {
    u16::from_be_bytes([high, low])
}
