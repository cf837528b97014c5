//! Which cells of an RNC a list names, and how the RNC names them in its answers (TS 25.419 §9.2.15).

use std::ops::Range;

use area::{CellIndex, CellKey, CellRuns, ControllerId, Inventory, OperatorId, Rat};
use cbs::Plmn;
use sabp::{Cause, FailedArea, ServiceArea};

/// The cells of one RNC by their names. Each is a service area of its own.
#[derive(Debug)]
pub(super) struct Names {
    operator: OperatorId,
    plmn: Plmn,
    range: Range<u32>,
}

/// What a list names.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// The cells.
    pub(super) cells: CellRuns,
    /// The service areas that are none of this RNC's.
    pub(super) unknown: Vec<FailedArea>,
}

impl Names {
    pub(super) fn new(inventory: &Inventory, controller: ControllerId) -> Self {
        let operator = inventory.controller(controller).operator;
        let plmn = inventory.operator(operator).plmn;
        Self { operator, plmn, range: inventory.cells_of(controller) }
    }

    /// All cells.
    pub(super) fn range(&self) -> Range<u32> {
        self.range.clone()
    }

    /// What a list names: the cells, each once, and the service areas of others.
    pub(super) fn resolve(&self, areas: &[ServiceArea], inventory: &Inventory) -> Named {
        let mut named = Named::default();
        let mut cells = Vec::with_capacity(areas.len());
        for area in areas {
            match self.find(*area, inventory) {
                Some(cell) => cells.push(cell),
                None => {
                    let cause = Cause::SERVICE_AREA_IDENTITY_NOT_VALID;
                    named.unknown.push(FailedArea { area: *area, cause });
                }
            }
        }
        cells.sort_unstable();
        named.cells = CellRuns::from_sorted(cells.into_iter().map(CellIndex));
        named
    }

    /// The service areas of some cells.
    pub(super) fn areas(&self, cells: &CellRuns, inventory: &Inventory) -> Vec<ServiceArea> {
        cells.indices().map(|CellIndex(cell)| self.area(cell, inventory)).collect()
    }

    /// The service area of a cell.
    pub(super) fn area(&self, cell: u32, inventory: &Inventory) -> ServiceArea {
        let lac = inventory.lacs_or_tacs()[cell as usize] as u16;
        let sac = inventory.cell_ids()[cell as usize] as u16;
        ServiceArea::new(self.plmn, lac, sac)
    }

    fn find(&self, area: ServiceArea, inventory: &Inventory) -> Option<u32> {
        let [a, b, c, lac @ .., d, e] = area.octets();
        if [a, b, c] != self.plmn.octets() {
            return None;
        }
        let (lac, sac) = (u16::from_be_bytes(lac), u16::from_be_bytes([d, e]));
        let CellIndex(cell) =
            inventory.find(self.operator, CellKey::new(Rat::Umts, lac.into(), sac.into()))?;
        self.range.contains(&cell).then_some(cell)
    }
}
