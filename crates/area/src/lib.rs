//! The radio inventory and the shapes of warning areas: which cells does this area touch?
//!
//! Pure: bytes and numbers come in, values go out. The crate opens no file and no socket, reads no clock and draws
//! no chance of its own; [`generate`] takes its seed as an argument. It knows no alert and no protocol.
//!
//! Read first: [`Inventory`], every cell of every operator as dense columns sorted by controller, LAC or TAC and
//! cell identity, and [`CellRuns`], a set of its cells. From the map to the cells it goes
//!
//! ```text
//! Target ──resolve(Atlas, Inventory)──► Resolved ──Coverage::cells_in(Mode)──► CellRuns
//! ```
//!
//! Coordinates are WGS84 degrees. Cell identities follow TS 23.003.

mod error;
mod import;
mod inventory;
mod runs;

pub use error::{Error, RowFault};
pub use import::HEADER;
pub use inventory::{
    Cell, CellIndex, CellKey, Controller, ControllerId, Footprint, Inventory, Operator, OperatorId, Rat,
};
pub use runs::CellRuns;
