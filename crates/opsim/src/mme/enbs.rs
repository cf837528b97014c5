//! The eNBs of an MME: who is addressed by tracking areas, and which of their cells a warning area means.

use std::ops::Range;

use area::{CellIndex, CellKey, CellRuns, ControllerId, Inventory, OperatorId, Rat};
use cbs::Plmn;
use sbcap::{Ecgi, GlobalEnbId, Tai, WarningArea};

/// The eNBs of one controller. An eNB is the first 20 bits of its cells' identities: all are macro eNBs.
#[derive(Debug)]
pub(super) struct Enbs {
    operator: OperatorId,
    plmn: Plmn,
    range: Range<u32>,
    /// (eNB, cell), ascending.
    cells: Vec<(u32, u32)>,
    /// (TAC, eNB), ascending, each once.
    areas: Vec<(u16, u32)>,
}

/// Whom a request addresses.
#[derive(Debug)]
pub(super) struct Addressed {
    /// The eNBs, ascending.
    pub(super) enbs: Vec<u32>,
    /// The tracking areas that the MME does not serve.
    pub(super) unknown: Vec<Tai>,
}

impl Enbs {
    pub(super) fn new(inventory: &Inventory, controller: ControllerId) -> Self {
        let range = inventory.cells_of(controller);
        let identities = &inventory.cell_ids()[range.start as usize..range.end as usize];
        let tacs = &inventory.lacs_or_tacs()[range.start as usize..range.end as usize];
        let mut cells: Vec<_> = identities.iter().map(|id| enb_of(*id)).zip(range.clone()).collect();
        let mut areas: Vec<_> =
            tacs.iter().map(|tac| *tac as u16).zip(cells.iter().map(|(enb, _)| *enb)).collect();
        cells.sort_unstable();
        areas.sort_unstable();
        areas.dedup();
        let operator = inventory.controller(controller).operator;
        Self { operator, plmn: inventory.operator(operator).plmn, range, cells, areas }
    }

    /// All cells.
    pub(super) fn range(&self) -> Range<u32> {
        self.range.clone()
    }

    /// The eNBs with a cell in one of these tracking areas, or all when there are none; of these only those that match
    /// the Global-ENB-ID, when there is one.
    pub(super) fn addressed(
        &self,
        tais: &[Tai],
        only: Option<GlobalEnbId>,
        inventory: &Inventory,
    ) -> Addressed {
        let mut enbs = Vec::new();
        let mut unknown = Vec::new();
        for tai in tais {
            match self.enbs_in(*tai) {
                [] => unknown.push(*tai),
                served => enbs.extend(served.iter().map(|(_, enb)| *enb)),
            }
        }
        if tais.is_empty() {
            enbs.extend(self.cells.iter().map(|(enb, _)| *enb));
        }
        enbs.sort_unstable();
        enbs.dedup();
        if let Some(only) = only {
            let matches = |cell| self.ecgi(cell, inventory).is_some_and(|cell| only.serves(cell));
            enbs.retain(|enb| self.cells_of(*enb).iter().any(|(_, cell)| matches(*cell)));
        }
        Addressed { enbs, unknown }
    }

    /// The cells of these eNBs that lie in a warning area, ascending; without an area all of them. The inventory knows no
    /// emergency areas, so no cell lies in one.
    pub(super) fn cells(&self, enbs: &[u32], area: Option<&WarningArea>, inventory: &Inventory) -> CellRuns {
        let serves = |cell: &u32| enbs.binary_search(&enb_of(inventory.cell_ids()[*cell as usize])).is_ok();
        let mut cells: Vec<u32> = match area {
            // All cells of an eNB, in whichever tracking area it was addressed.
            None => enbs.iter().flat_map(|enb| self.cells_of(*enb)).map(|(_, cell)| *cell).collect(),
            Some(WarningArea::Cells(named)) => {
                named.iter().filter_map(|cell| self.find(*cell, inventory)).filter(serves).collect()
            }
            Some(WarningArea::Tais(named)) => {
                named.iter().flat_map(|tai| self.cells_in(*tai, inventory)).filter(serves).collect()
            }
            Some(WarningArea::Eais(_)) => Vec::new(),
        };
        cells.sort_unstable();
        CellRuns::from_sorted(cells.into_iter().map(CellIndex))
    }

    /// The cells of these, by eNB.
    pub(super) fn by_enb(&self, cells: &CellRuns) -> impl Iterator<Item = (u32, Vec<u32>)> {
        self.cells.chunk_by(|(one, _), (other, _)| one == other).filter_map(|of_enb| {
            let wanted: Vec<u32> = of_enb
                .iter()
                .map(|(_, cell)| *cell)
                .filter(|cell| cells.contains(CellIndex(*cell)))
                .collect();
            let (enb, _) = of_enb.first()?;
            (!wanted.is_empty()).then_some((*enb, wanted))
        })
    }

    /// The eNB's identity in messages; `None` never, since it is cut from 28 bits.
    pub(super) fn global_id(&self, enb: u32) -> Option<GlobalEnbId> {
        GlobalEnbId::new(self.plmn, sbcap::EnbKind::Macro, enb).ok()
    }

    /// A cell's identity in messages; `None` never, since an inventory holds no other.
    pub(super) fn ecgi(&self, cell: u32, inventory: &Inventory) -> Option<Ecgi> {
        Ecgi::new(self.plmn, u32::try_from(inventory.cell_ids()[cell as usize]).ok()?).ok()
    }

    /// A cell's tracking area.
    pub(super) fn tai(&self, cell: u32, inventory: &Inventory) -> Tai {
        Tai { plmn: self.plmn, tac: inventory.lacs_or_tacs()[cell as usize] as u16 }
    }

    fn enbs_in(&self, tai: Tai) -> &[(u16, u32)] {
        if tai.plmn != self.plmn {
            return &[];
        }
        let from = self.areas.partition_point(|(tac, _)| *tac < tai.tac);
        let to = self.areas.partition_point(|(tac, _)| *tac <= tai.tac);
        &self.areas[from..to]
    }

    fn cells_of(&self, enb: u32) -> &[(u32, u32)] {
        let from = self.cells.partition_point(|(other, _)| *other < enb);
        let to = self.cells.partition_point(|(other, _)| *other <= enb);
        &self.cells[from..to]
    }

    fn find(&self, cell: Ecgi, inventory: &Inventory) -> Option<u32> {
        let key = CellKey::new(Rat::Lte, 0, cell.eci().into());
        let CellIndex(at) = inventory.find(self.operator, key)?;
        (cell.plmn() == self.plmn && self.range.contains(&at)).then_some(at)
    }

    /// A controller's cells are sorted by tracking area.
    fn cells_in(&self, tai: Tai, inventory: &Inventory) -> Range<u32> {
        if tai.plmn != self.plmn {
            return 0..0;
        }
        let tacs = &inventory.lacs_or_tacs()[self.range.start as usize..self.range.end as usize];
        let from = tacs.partition_point(|tac| *tac < tai.tac.into());
        let to = tacs.partition_point(|tac| *tac <= tai.tac.into());
        self.range.start + from as u32..self.range.start + to as u32
    }
}

/// The macro eNB of a cell: its identity without the last 8 of 28 bits.
fn enb_of(eci: u64) -> u32 {
    (eci >> 8) as u32
}
