//! What a CBC says of the cells.

use serde::{Deserialize, Serialize};

use crate::Error;

/// A delivery report on one CAP message: what has become of it in the cells, as far as the CBC knows. A cell that it says
/// nothing of is one that nobody knows anything of.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct DeliveryReport {
    /// The CAP identifier of the message.
    pub identifier: String,
    /// Nothing will be added any more.
    pub complete: bool,
    /// Where what the message says is on the air.
    pub on_air: Place,
    /// Where nothing of its alert is on the air.
    pub off_air: Place,
    /// Where it cannot be brought on the air, or off.
    pub failed: Place,
}

/// Cells in a delivery report.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Place {
    /// The cells with these names: `operator/technology/location area/cell` as in CAP-RS.
    Cells(Vec<String>),
    /// `"all"`: every cell that the message concerns.
    All(All),
}

/// The word `"all"`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum All {
    /// Every cell.
    All,
}

impl Default for Place {
    fn default() -> Self {
        Self::Cells(Vec::new())
    }
}

impl Place {
    /// Every cell that the message concerns.
    pub const ALL: Self = Self::All(All::All);

    /// Whether it is no cell at all.
    pub fn is_nowhere(&self) -> bool {
        matches!(self, Self::Cells(cells) if cells.is_empty())
    }
}

impl DeliveryReport {
    /// The report in a body.
    pub fn read(body: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice(body).map_err(|error| Error::Report { found: error.to_string() })
    }

    /// It as a body.
    pub fn write(&self) -> Vec<u8> {
        // Strings and flags can always be written.
        serde_json::to_vec(self).unwrap_or_default()
    }
}
