//! What may be wrong with an inventory, an atlas or a target.

use std::fmt;

/// Why something was refused; the text says what was expected and what was found.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Error {
    /// Several areas go by that name.
    #[error("expected one area, found `{found}`, which may be {}", candidates.join(", "))]
    AmbiguousArea {
        /// The name.
        found: String,
        /// The areas it may mean, with their codes.
        candidates: Vec<String>,
    },
    /// Two areas of an atlas have the same code.
    #[error("expected a code of its own for every area, found `{code}` twice")]
    AreaCode {
        /// The code.
        code: String,
    },
    /// A number of cells cannot be read.
    #[error("expected a number of cells from 1 to {limit}, such as 60k or 1m, found `{found}`")]
    Count {
        /// The limit.
        limit: u32,
        /// The text.
        found: String,
    },
    /// A target has no part.
    #[error("expected at least one area, polygon, circle or cell, found none")]
    EmptyTarget,
    /// A file of areas is not the GeoJSON expected.
    #[error("collection {collection}: expected GeoJSON areas, found {reason}")]
    GeoJson {
        /// Which of the collections given, from 1.
        collection: usize,
        /// What the reader of the JSON said.
        reason: String,
    },
    /// The first line of an inventory is not the header.
    #[error("line 1: expected the header `{expected}`, found `{found}`")]
    Header {
        /// The header of the format.
        expected: &'static str,
        /// What the file begins with.
        found: String,
    },
    /// The inventory holds no cell. An empty import would silence every alert, so it is refused.
    #[error("expected at least one cell, found none")]
    NoCells,
    /// The word names no radio technology.
    #[error("expected gsm, umts, lte or nr, found `{found}`")]
    Rat {
        /// The word.
        found: String,
    },
    /// The source of an inventory broke off.
    #[error("the inventory could not be read: {reason}")]
    Read {
        /// What the reader said.
        reason: String,
    },
    /// Rows of an inventory are wrong; nothing was taken over.
    #[error("{total} bad rows, nothing imported{}", lines(faults))]
    Rows {
        /// The first faults, at most [`RowFault::REPORTED_MAX`].
        faults: Vec<RowFault>,
        /// How many faults there are in all.
        total: u64,
    },
    /// A part of a target or a figure of an atlas is wrong.
    #[error("{place}: expected {expected}, found {found}")]
    Shape {
        /// Which part, in the words of whoever gave it: `polygons[1]`.
        place: String,
        /// What belongs there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A table outgrew its limit.
    #[error("expected at most {limit} {what}, found more")]
    TooMany {
        /// What was counted.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// No area goes by that code or name.
    #[error("expected the code or name of an area, found `{found}`{}", near(suggestions))]
    UnknownArea {
        /// The text.
        found: String,
        /// Areas with a name near to it, nearest first.
        suggestions: Vec<String>,
    },
    /// An atlas does not say enough to place cells in.
    #[error("expected an atlas with {expected}, found none")]
    Unpopulated {
        /// What is missing.
        expected: &'static str,
    },
}

/// One fault in one row of an inventory.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RowFault {
    /// The line in the file, counted from 1.
    pub line: u64,
    /// The column's name in the header.
    pub column: &'static str,
    /// What may stand there.
    pub expected: String,
    /// What stands there, shortened.
    pub found: String,
}

impl RowFault {
    /// How many faults one import reports in full.
    pub const REPORTED_MAX: usize = 20;
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, expected, found } = self;
        write!(f, "line {line}, column {column}: expected {expected}, found `{found}`")
    }
}

fn near(suggestions: &[String]) -> String {
    if suggestions.is_empty() { String::new() } else { format!("; near to it: {}", suggestions.join(", ")) }
}

fn lines(faults: &[RowFault]) -> String {
    faults.iter().map(|fault| format!("\n  {fault}")).collect()
}
