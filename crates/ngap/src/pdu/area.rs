//! Where a warning goes, is, and was (TS 38.413 §9.3.1.37, §9.3.1.43, §9.3.1.44).

use serde::{Deserialize, Serialize};

use super::json::{self, Numbered, Rule};
use super::{Eai, EutraCgi, NrCgi, Tai};
use crate::Error;

/// Where a warning goes (WarningAreaList): 1 to 65535 of one kind.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningArea {
    /// Cells of E-UTRA.
    Cells(#[serde(deserialize_with = "json::list")] Vec<EutraCgi>),
    /// Cells of NR.
    NrCells(#[serde(deserialize_with = "json::list")] Vec<NrCgi>),
    /// Tracking areas.
    Tais(#[serde(deserialize_with = "json::list")] Vec<Tai>),
    /// Emergency areas.
    Eais(Vec<Eai>),
}

/// Where a node has put something on or off the air: in the form in which it was asked. `E` is a cell of E-UTRA as the
/// lists hold it, `N` one of NR.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[serde(bound(deserialize = "E: Deserialize<'de> + Numbered, N: Deserialize<'de> + Numbered"))]
pub enum BroadcastArea<E, N> {
    /// Cells of E-UTRA.
    Cells(#[serde(deserialize_with = "json::list")] Vec<E>),
    /// Tracking areas, each with its cells of E-UTRA.
    Tais(Vec<CellsInTai<E>>),
    /// Emergency areas, each with its cells of E-UTRA.
    Eais(Vec<CellsInEai<E>>),
    /// Cells of NR.
    NrCells(#[serde(deserialize_with = "json::list")] Vec<N>),
    /// Tracking areas, each with its cells of NR.
    NrTais(Vec<CellsInTai<N>>),
    /// Emergency areas, each with its cells of NR.
    NrEais(Vec<CellsInEai<N>>),
}

/// BroadcastCompletedAreaList.
pub type CompletedArea = BroadcastArea<EutraCgi, NrCgi>;
/// BroadcastCancelledAreaList.
pub type CancelledArea = BroadcastArea<Cancelled<EutraCgi>, Cancelled<NrCgi>>;

/// A tracking area and the cells of it that are meant.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(deserialize = "C: Deserialize<'de> + Numbered"))]
pub struct CellsInTai<C> {
    /// The tracking area.
    #[serde(flatten)]
    pub tai: Tai,
    /// Its cells, at least one.
    #[serde(deserialize_with = "json::list")]
    pub cells: Vec<C>,
}

/// An emergency area and the cells of it that are meant.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(deserialize = "C: Deserialize<'de> + Numbered"))]
pub struct CellsInEai<C> {
    /// The emergency area.
    pub eai: Eai,
    /// Its cells, at least one.
    #[serde(deserialize_with = "json::list")]
    pub cells: Vec<C>,
}

/// A cell where a broadcast was stopped.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Cancelled<C> {
    /// The cell.
    #[serde(flatten)]
    pub cell: C,
    /// How often the message was broadcast there.
    pub broadcasts: u16,
}

impl<C: Numbered> Numbered for Cancelled<C> {
    const KEY: &'static str = C::KEY;
    const IS_COUNTED: bool = true;

    fn numbered(rule: &Rule, number: u64) -> Result<Self, Error> {
        Ok(Self { cell: C::numbered(rule, number)?, broadcasts: rule.broadcasts.unwrap_or_default() })
    }
}
