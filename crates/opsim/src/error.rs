//! Why a plan cannot be carried out, or a command not.

use area::Rat;

use crate::ElementKind;

/// The one error of this crate.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The map of named areas.
    #[error("the areas cannot be read: {found}")]
    Areas {
        /// Why.
        found: String,
    },
    /// A command names a cell that is not the operator's.
    #[error("expected a cell of this operator, found {found}")]
    Cell {
        /// The index that came.
        found: u32,
    },
    /// More cells than the protocol can answer about in one message.
    #[error("{element}: expected at most {max} cells, found {found}")]
    Cells {
        /// The element.
        element: String,
        /// The most.
        max: usize,
        /// How many there are.
        found: usize,
    },
    /// A line is not a command, or not a plan.
    #[error("expected {expected} in JSON: {found}")]
    Command {
        /// What was awaited.
        expected: &'static str,
        /// What the reader says of the line.
        found: String,
    },
    /// An element names a controller that is not the operator's.
    #[error("{element}: expected a controller of this operator, found {found:?}")]
    Controller {
        /// The element.
        element: String,
        /// The name that came.
        found: String,
    },
    /// A command names an element that does not exist.
    #[error("expected the name of an element, found {found:?}")]
    Element {
        /// The name that came.
        found: String,
    },
    /// Two elements have one name.
    #[error("expected each element's name once, found {found:?} again")]
    ElementName {
        /// The name.
        found: String,
    },
    /// The plan has too many elements.
    #[error("expected at most {max} elements, found {found}")]
    Elements {
        /// The most.
        max: usize,
        /// How many there are.
        found: usize,
    },
    /// The inventory cannot be read.
    #[error("cells file {path:?}: {found}")]
    Inventory {
        /// Its path.
        path: String,
        /// Why.
        found: String,
    },
    /// An element cannot listen or dial.
    #[error("{element}: {found}")]
    Link {
        /// The element.
        element: String,
        /// Why.
        found: String,
    },
    /// A command names a phone that does not exist.
    #[error("expected the number of a phone, below {phones}, found {found}")]
    Phone {
        /// How many phones there are.
        phones: u32,
        /// The number that came.
        found: u32,
    },
    /// The plan has too many phones.
    #[error("expected at most {max} phones, found {found}")]
    Phones {
        /// The most.
        max: u64,
        /// How many there are.
        found: u64,
    },
    /// The inventory has no such network.
    #[error("expected a network of the inventory, found {found}")]
    Plmn {
        /// The network that came.
        found: cbs::Plmn,
    },
    /// An element is of the wrong kind for its cells.
    #[error("{element}: a {kind:?} cannot serve cells of {found}")]
    Rat {
        /// The element.
        element: String,
        /// What it is.
        kind: ElementKind,
        /// The technology of its controller's cells.
        found: Rat,
    },
}
