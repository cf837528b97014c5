//! The radio inventory and the shapes of warning areas: which cells does this area touch?
//!
//! Pure: bytes and numbers come in, values go out. The crate opens no file and no socket, reads no clock and
//! draws no chance of its own; [`generate`] takes its seed as an argument. It knows no alert and no protocol.
//!
//! Read first: [`Inventory`], every cell of every operator as dense columns sorted by controller, LAC or TAC
//! and cell identity, and [`CellRuns`], a set of its cells. From the map to the cells it goes
//!
//! ```text
//! Target ──resolve(Atlas, Inventory)──► Resolved ──Coverage::cells_in(Mode)──► CellRuns
//! ```
//!
//! Coordinates are WGS84 degrees. Cell identities follow TS 23.003.

mod atlas;
mod changes;
mod coverage;
mod draft;
mod error;
mod figure;
mod generate;
mod import;
mod inventory;
mod name;
mod polygon;
mod runs;
mod sector;
mod spans;
mod sphere;
mod target;

pub use atlas::{Area, Atlas, Level};
pub use changes::{Changes, Counts, NetworkChanges, diff, remap};
pub use coverage::{Coverage, Mode};
pub use error::{Error, RowFault};
pub use generate::{generate, parse_count};
pub use import::HEADER;
pub use inventory::{
    Cell, CellIndex, CellKey, Controller, ControllerId, Footprint, Inventory, Operator, OperatorId, Rat,
};
pub use polygon::{Point, Polygon};
pub use runs::CellRuns;
pub use spans::{Span, Spans};
pub use target::{CellName, Circle, Resolved, Shape, Target};

/// The folder of shared material, for tests that have more to check when it is at hand; its absence is said,
/// and in CI it is a failure.
#[cfg(test)]
#[allow(clippy::disallowed_methods)]
fn shared_folder() -> Option<std::path::PathBuf> {
    let beside = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var("AMBERD_SHARED").map_or(beside, Into::into);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{} is missing", folder.display());
    println!("NOT RUN: {} is missing", folder.display());
    None
}
