//! How an entry of a list looks in JSON: the parts of its cell by name, and what the list says about the cell.

use cbs::Plmn;
use serde::{Deserialize, Serialize};

use super::{Cause, CellId, CellKind};
use crate::Error;

/// An entry of any list. Which fields it has depends on the list and on the form of its cells.
#[derive(Clone, Copy, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Item {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<CellKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) plmn: Option<Plmn>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lac: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ci: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) completed: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) info: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) load: Option<[u8; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cause: Option<Cause>,
}

impl Item {
    /// The cell it names, when it has just the parts of this form.
    pub(crate) fn cell(&self, kind: CellKind) -> Result<CellId, Error> {
        Ok(match (kind, self.plmn, self.lac, self.ci) {
            (CellKind::Cgi, Some(plmn), Some(lac), Some(ci)) => CellId::Cgi { plmn, lac, ci },
            (CellKind::LacCi, None, Some(lac), Some(ci)) => CellId::LacCi { lac, ci },
            (CellKind::Ci, None, None, Some(ci)) => CellId::Ci { ci },
            (CellKind::Lai, Some(plmn), Some(lac), None) => CellId::Lai { plmn, lac },
            (CellKind::Lac, None, Some(lac), None) => CellId::Lac { lac },
            (CellKind::Bss, None, None, None) => CellId::Bss,
            _ => return Err(Error::ItemForm { expected: kind.name() }),
        })
    }
}

impl From<CellId> for Item {
    fn from(cell: CellId) -> Self {
        let (plmn, lac, ci) = cell.parts();
        Self { plmn, lac, ci, ..Self::default() }
    }
}
