//! Which cells of a BSC a list names, and how the BSC names cells in its answers (TS 48.049 §8.2.6).

use std::ops::Range;

use area::{CellIndex, CellKey, CellRuns, ControllerId, Inventory, OperatorId, Rat};
use cbs::Plmn;
use cbsp::pdu::{Entry, FailedCell};
use cbsp::{Cause, CellId, CellKind, CellList, FailureList};

/// The cells of one BSC by their names.
#[derive(Debug)]
pub(super) struct Names {
    operator: OperatorId,
    plmn: Plmn,
    range: Range<u32>,
    /// (CI, cell), ascending: a CI alone may name cells of several location areas.
    by_ci: Vec<(u16, u32)>,
}

/// What a list names.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// The cells.
    pub(super) cells: CellRuns,
    /// The entries that name no cell of this BSC.
    pub(super) unknown: Vec<FailedCell>,
}

impl Names {
    /// The most cells of a BSC: with LAC and CI as many fit into any list of an answer.
    pub(super) const CELLS_MAX: usize = 9_000;

    pub(super) fn new(inventory: &Inventory, controller: ControllerId) -> Self {
        let range = inventory.cells_of(controller);
        let identities = &inventory.cell_ids()[range.start as usize..range.end as usize];
        let mut by_ci: Vec<_> = identities.iter().map(|ci| *ci as u16).zip(range.clone()).collect();
        by_ci.sort_unstable();
        let operator = inventory.controller(controller).operator;
        Self { operator, plmn: inventory.operator(operator).plmn, range, by_ci }
    }

    /// All cells.
    pub(super) fn range(&self) -> Range<u32> {
        self.range.clone()
    }

    /// What a list names: the cells, each once, and the entries that name none.
    pub(super) fn resolve(&self, list: &CellList, inventory: &Inventory) -> Named {
        if list.kind() == CellKind::Bss {
            return Named { cells: CellRuns::from_range(self.range()), unknown: Vec::new() };
        }
        let mut cells = Vec::new();
        let mut unknown = Vec::new();
        for cell in list.iter() {
            let before = cells.len();
            match cell {
                CellId::Cgi { plmn, lac, ci } if plmn == self.plmn => {
                    cells.extend(self.find(lac, ci, inventory))
                }
                CellId::LacCi { lac, ci } => cells.extend(self.find(lac, ci, inventory)),
                CellId::Ci { ci } => cells.extend(self.with_ci(ci)),
                CellId::Lai { plmn, lac } if plmn == self.plmn => cells.extend(self.with_lac(lac, inventory)),
                CellId::Lac { lac } => cells.extend(self.with_lac(lac, inventory)),
                CellId::Bss => cells.extend(self.range()),
                CellId::Cgi { .. } | CellId::Lai { .. } => {}
            }
            if cells.len() == before {
                let cause = match cell.kind() {
                    CellKind::Lai | CellKind::Lac => Cause::LAI_OR_LAC_NOT_VALID,
                    _ => Cause::CELL_IDENTITY_NOT_VALID,
                };
                unknown.push(FailedCell { cell, cause });
            }
        }
        cells.sort_unstable();
        Named { cells: CellRuns::from_sorted(cells.into_iter().map(CellIndex)), unknown }
    }

    /// A list of an answer: by CGI, or by LAC and CI when it would be too long; `None` when it names no cell.
    pub(super) fn list<E: Entry>(
        &self,
        cells: &[u32],
        inventory: &Inventory,
        entry: impl Fn(u32, CellId) -> E,
    ) -> Option<cbsp::pdu::List<E>> {
        if cells.is_empty() {
            return None;
        }
        let kind = self.kind(cells.len(), E::EXTRA);
        let entries = cells.iter().map(|cell| entry(*cell, self.id(*cell, kind, inventory)));
        cbsp::pdu::List::new(kind, entries).ok()
    }

    /// A failure list of an answer, `None` when nothing failed.
    pub(super) fn failures(
        &self,
        cells: &[(u32, Cause)],
        unknown: Vec<FailedCell>,
        inventory: &Inventory,
    ) -> Option<FailureList> {
        if cells.is_empty() && unknown.is_empty() {
            return None;
        }
        // A discriminator and a cause stand with each entry.
        let kind = self.kind(cells.len() + unknown.len(), 2);
        let known = cells
            .iter()
            .map(|(cell, cause)| FailedCell { cell: self.id(*cell, kind, inventory), cause: *cause });
        // Who names more unknown cells than one list holds is told of the first of them.
        let mut octets = 0;
        let fitting = known.chain(unknown).take_while(|failed| {
            octets += failed.cell.kind().width() + 2;
            octets <= FailureList::MAX_OCTETS
        });
        FailureList::new(fitting).ok()
    }

    fn kind(&self, entries: usize, extra: usize) -> CellKind {
        if entries * (CellKind::Cgi.width() + extra) <= CellList::MAX_OCTETS {
            CellKind::Cgi
        } else {
            CellKind::LacCi
        }
    }

    fn id(&self, cell: u32, kind: CellKind, inventory: &Inventory) -> CellId {
        let lac = inventory.lacs_or_tacs()[cell as usize] as u16;
        let ci = inventory.cell_ids()[cell as usize] as u16;
        match kind {
            CellKind::Cgi => CellId::Cgi { plmn: self.plmn, lac, ci },
            _ => CellId::LacCi { lac, ci },
        }
    }

    fn find(&self, lac: u16, ci: u16, inventory: &Inventory) -> Option<u32> {
        let key = CellKey::new(Rat::Gsm, lac.into(), ci.into());
        let CellIndex(cell) = inventory.find(self.operator, key)?;
        self.range.contains(&cell).then_some(cell)
    }

    fn with_ci(&self, ci: u16) -> impl Iterator<Item = u32> + '_ {
        let from = self.by_ci.partition_point(|(other, _)| *other < ci);
        self.by_ci[from..].iter().take_while(move |(other, _)| *other == ci).map(|(_, cell)| *cell)
    }

    /// A controller's cells are sorted by location area.
    fn with_lac(&self, lac: u16, inventory: &Inventory) -> Range<u32> {
        let lacs = &inventory.lacs_or_tacs()[self.range.start as usize..self.range.end as usize];
        let from = lacs.partition_point(|other| *other < lac.into());
        let to = lacs.partition_point(|other| *other <= lac.into());
        self.range.start + from as u32..self.range.start + to as u32
    }
}
