//! The cells' ready wire identifiers: one column for the whole inventory, and the way back from an identifier to its
//! cell.
//!
//! ```text
//! LTE  PLMN (3)  ECI << 4 (4)      as in SBc-AP's lists of EUTRAN-CGIs
//! GSM  PLMN (3)  LAC (2)  CI (2)   a CGI
//! UMTS PLMN (3)  LAC (2)  SAC (2)  a SAI: a cell is a service area of its own
//! NR   0 0       NCI << 4 (5)      no wire's form: only to find a cell by
//! ```

use std::collections::HashSet;
use std::ops::Range;

use area::{CellName, CellRuns, Controller, Inventory, Rat};
use smallvec::SmallVec;

/// A cell's identifier as it goes on the wire.
pub(crate) type WireId = [u8; 7];

/// A tracking area as it goes on the wire: PLMN and TAC.
pub(crate) type WireTai = [u8; 5];

/// Runs of cells in an order of their own; few, so that they take no heap.
pub(crate) type Runs = SmallVec<[Range<u32>; 2]>;

/// Bits of an ECI.
const ECI_BITS: u32 = 28;
/// How many identifiers are compared at once.
const STRETCH: usize = 64;

/// The column of wire identifiers, by cell index.
#[derive(Debug)]
pub(crate) struct Wire {
    ids: Vec<WireId>,
}

impl Wire {
    /// Lays out the identifiers of every cell.
    pub(crate) fn new(inventory: &Inventory) -> Self {
        let mut ids = vec![[0; 7]; inventory.len() as usize];
        for controller in inventory.controllers() {
            let plmn = inventory.operator(controller.operator).plmn.octets();
            for cell in controller.cells.clone().map(|cell| cell as usize) {
                ids[cell] =
                    id(plmn, controller.rat, inventory.lacs_or_tacs()[cell], inventory.cell_ids()[cell]);
            }
        }
        Self { ids }
    }

    /// The identifiers of a run of cells, as they lie on the wire.
    pub(crate) fn run(&self, cells: Range<u32>) -> &[u8] {
        self.ids.get(cells.start as usize..cells.end as usize).unwrap_or_default().as_flattened()
    }

    fn id(&self, cell: u32) -> WireId {
        self.ids.get(cell as usize).copied().unwrap_or_default()
    }

    /// The eNB of an LTE cell: the first 20 bits of its ECI.
    fn enb(&self, cell: u32) -> u32 {
        let [_, _, _, id @ ..] = self.id(cell);
        u32::from_be_bytes(id) >> 12
    }
}

/// One controller's cells: how batches may be cut from them, and how to find one that a peer names.
#[derive(Debug)]
pub(crate) struct Sector {
    cells: Range<u32>,
    plmn: [u8; 3],
    rat: Rat,
    /// The cells, sorted by wire identifier.
    by_id: Vec<u32>,
    /// Where each tracking area begins, ascending; empty for GSM and UMTS.
    tais: Vec<(u32, WireTai)>,
    /// The eNBs whose cells do not lie together, because they are in several tracking areas.
    scattered: Vec<CellRuns>,
}

/// Cells that a peer named.
#[derive(Debug, Default)]
pub(crate) struct Named {
    /// Those that are the controller's.
    pub(crate) cells: CellRuns,
    /// How many are not.
    pub(crate) strangers: usize,
}

impl Sector {
    /// The sector of a controller.
    pub(crate) fn new(inventory: &Inventory, controller: &Controller, wire: &Wire) -> Self {
        let plmn = inventory.operator(controller.operator).plmn.octets();
        let mut by_id: Vec<u32> = controller.cells.clone().collect();
        by_id.sort_unstable_by_key(|cell| wire.id(*cell));
        let mut sector = Self {
            cells: controller.cells.clone(),
            plmn,
            rat: controller.rat,
            by_id,
            tais: Vec::new(),
            scattered: Vec::new(),
        };
        if controller.rat == Rat::Lte {
            let mut last = None;
            for cell in controller.cells.clone() {
                let tac = inventory.lacs_or_tacs()[cell as usize] as u16;
                if last.replace(tac) != Some(tac) {
                    sector.tais.push((cell, tai(plmn, tac)));
                }
            }
            let enbs = sector.by_id.chunk_by(|a, b| wire.enb(*a) == wire.enb(*b));
            sector.scattered = enbs
                .filter(|cells| cells.windows(2).any(|pair| pair[0] + 1 != pair[1]))
                .map(|cells| runs(cells.to_vec()))
                .filter(|cells| cells.iter().len() > 1)
                .collect();
        }
        sector
    }

    /// Every cell of the controller.
    pub(crate) fn all(&self) -> CellRuns {
        CellRuns::from_range(self.cells.clone())
    }

    /// How many cells the controller has.
    pub(crate) fn len(&self) -> u32 {
        self.cells.end - self.cells.start
    }

    /// These cells in an order in which those of one eNB follow each other: ascending, the scattered eNBs last.
    pub(crate) fn in_enb_order(&self, cells: &CellRuns) -> Runs {
        let mut rest = cells.clone();
        let mut moved = Vec::new();
        for enb in &self.scattered {
            let here = rest.intersect(enb);
            if here.iter().len() > 1 {
                rest = rest.subtract(&here);
                moved.extend(here.iter());
            }
        }
        rest.iter().chain(moved).collect()
    }

    /// Whether two neighbours in a batch must not be parted.
    pub(crate) fn inseparable(&self, wire: &Wire, a: u32, b: u32) -> bool {
        self.rat == Rat::Lte && wire.enb(a) == wire.enb(b)
    }

    /// The tracking area of an LTE cell and the cells up to which it holds; `None` for GSM and UMTS.
    pub(crate) fn tai(&self, cell: u32) -> Option<(WireTai, Range<u32>)> {
        let after = self.tais.partition_point(|(start, _)| *start <= cell);
        let (start, tai) = *self.tais.get(after.checked_sub(1)?)?;
        let end = self.tais.get(after).map_or(self.cells.end, |(next, _)| *next);
        Some((tai, start..end))
    }

    /// The cells of a tracking area.
    pub(crate) fn in_tai(&self, tai: WireTai) -> CellRuns {
        let at = self.tais.binary_search_by_key(&tai, |(_, tai)| *tai);
        let span = at.ok().and_then(|at| self.tai(self.tais[at].0));
        CellRuns::from_range(span.map_or(0..0, |(_, cells)| cells))
    }

    /// The cells with these identifiers. Peers list cells mostly as they were asked, so after each the column is followed
    /// as far as it agrees, and only then searched again.
    pub(crate) fn named(&self, wire: &Wire, mut ids: &[WireId]) -> Named {
        let mut strangers = 0;
        let mut found = Vec::new();
        while let [first, others @ ..] = ids {
            let Some(cell) = self.cell(wire, first) else {
                strangers += 1;
                ids = others;
                continue;
            };
            let column = &wire.ids[cell as usize..self.cells.end as usize];
            let same = alike(column, ids);
            found.push(cell..cell + same as u32);
            ids = &ids[same..];
        }
        if !found.is_sorted_by_key(|run| run.start) {
            found.sort_unstable_by_key(|run| run.start);
        }
        Named { cells: found.into_iter().collect(), strangers }
    }

    /// The GSM cells of these location areas, each PLMN and LAC.
    pub(crate) fn in_lais(&self, wire: &Wire, mut lais: Vec<[u8; 5]>) -> CellRuns {
        lais.sort_unstable();
        lais.dedup();
        let mut cells = Vec::new();
        for lai in lais {
            let from = self.by_id.partition_point(|cell| wire.id(*cell)[..5] < lai[..]);
            cells.extend(self.by_id[from..].iter().take_while(|cell| wire.id(**cell)[..5] == lai));
        }
        runs(cells)
    }

    /// The GSM cells with these CIs, in whatever location area.
    pub(crate) fn with_cis(&self, wire: &Wire, cis: &[[u8; 2]]) -> CellRuns {
        let wanted: HashSet<[u8; 2]> = cis.iter().copied().collect();
        let is_wanted = |cell: &u32| {
            let [.., d, e] = wire.id(*cell);
            wanted.contains(&[d, e])
        };
        runs(self.cells.clone().filter(is_wanted).collect())
    }

    /// The LTE cells of a node: those whose ECI begins with these bits.
    pub(crate) fn in_enb(&self, wire: &Wire, plmn: [u8; 3], id: u32, bits: u32) -> CellRuns {
        let shift = ECI_BITS.saturating_sub(bits) + 4;
        let node = |cell: &u32| {
            let [a, b, c, eci @ ..] = wire.id(*cell);
            ([a, b, c], u32::from_be_bytes(eci) >> shift)
        };
        let from = self.by_id.partition_point(|cell| node(cell) < (plmn, id));
        let here = self.by_id[from..].iter().take_while(|cell| node(cell) == (plmn, id));
        runs(here.copied().collect())
    }

    /// The identifier that a cell of the controller's technology has here; `None` for one of another.
    pub(crate) fn id_of(&self, name: &CellName) -> Option<WireId> {
        (name.rat == self.rat).then(|| id(self.plmn, name.rat, name.lac.unwrap_or_default(), name.cell_id))
    }

    /// The network of the controller's operator.
    pub(crate) fn plmn(&self) -> [u8; 3] {
        self.plmn
    }

    /// The cell with this identifier.
    pub(crate) fn cell(&self, wire: &Wire, id: &WireId) -> Option<u32> {
        let at = self.by_id.binary_search_by_key(id, |cell| wire.id(*cell)).ok()?;
        self.by_id.get(at).copied()
    }
}

/// A cell's identifier; of the location area only what its technology's has.
fn id([a, b, c]: [u8; 3], rat: Rat, lac_or_tac: u32, cell_id: u64) -> WireId {
    let [d, e, f, g] = match rat {
        Rat::Lte => ((cell_id as u32) << 4).to_be_bytes(),
        Rat::Gsm | Rat::Umts => (lac_or_tac << 16 | cell_id as u32).to_be_bytes(),
        Rat::Nr => {
            let [_, _, _, nci @ ..] = (cell_id << 4).to_be_bytes();
            let [c, d, e, f, g] = nci;
            return [0, 0, c, d, e, f, g];
        }
    };
    [a, b, c, d, e, f, g]
}

/// A tracking area identity in its wire form.
fn tai([a, b, c]: [u8; 3], tac: u16) -> WireTai {
    let [d, e] = tac.to_be_bytes();
    [a, b, c, d, e]
}

/// How many identifiers two lists begin with that are the same. Stretches are compared as memory.
fn alike(here: &[WireId], there: &[WireId]) -> usize {
    let stretches = here.chunks_exact(STRETCH).zip(there.chunks_exact(STRETCH));
    let whole = stretches.take_while(|(a, b)| a.as_flattened() == b.as_flattened()).count() * STRETCH;
    whole + here[whole..].iter().zip(&there[whole..]).take_while(|(a, b)| a == b).count()
}

/// The set of these cells, in whatever order they come.
fn runs(mut cells: Vec<u32>) -> CellRuns {
    if !cells.is_sorted() {
        cells.sort_unstable();
    }
    cells.into_iter().map(|cell| cell..cell + 1).collect()
}

#[cfg(test)]
mod tests {
    use area::CellIndex;
    use cbsp::CellKind;
    use proptest::prelude::*;

    use super::*;
    use crate::heard::{Place, cells_at};
    use crate::testing;

    /// Two tracking areas; eNB 2 has cells in both, eNB 1 and 3 lie together.
    fn lte() -> (Inventory, Wire, Sector) {
        let inventory = testing::inventory(&[
            testing::lte("pool", 1, &[0x101, 0x102, 0x201]),
            testing::lte("pool", 2, &[0x202, 0x301]),
        ]);
        let wire = Wire::new(&inventory);
        let sector = Sector::new(&inventory, &inventory.controllers()[0], &wire);
        (inventory, wire, sector)
    }

    #[test]
    fn the_column_holds_what_goes_on_the_wire() {
        let (_, wire, _) = lte();
        assert_eq!(wire.run(0..2), [0x22, 0xf0, 0x30, 0, 0, 0x10, 0x10, 0x22, 0xf0, 0x30, 0, 0, 0x10, 0x20]);
        let gsm = testing::inventory(&[testing::gsm("bsc", 0x1234, &[0x5678])]);
        assert_eq!(Wire::new(&gsm).run(0..1), [0x22, 0xf0, 0x30, 0x12, 0x34, 0x56, 0x78]);
    }

    #[test]
    fn cells_are_found_by_identifier_node_and_area() {
        let (inventory, wire, sector) = lte();
        for cell in 0..inventory.len() {
            let id = wire.id(cell);
            assert_eq!(sector.named(&wire, &[id]).cells, CellRuns::from_range(cell..cell + 1));
        }
        let backwards: Vec<WireId> = (0..5).rev().map(|cell| wire.id(cell)).collect();
        assert_eq!(sector.named(&wire, &backwards).cells, sector.all());
        assert_eq!(sector.named(&wire, &[[9; 7]]).strangers, 1);
        let enb_2: Vec<u32> =
            sector.in_enb(&wire, sector.plmn(), 2, 20).indices().map(|CellIndex(cell)| cell).collect();
        assert_eq!(enb_2, [2, 3]);
        assert_eq!(sector.in_enb(&wire, sector.plmn(), 0x301, 28), CellRuns::from_range(4..5));
        assert_eq!(sector.in_tai(tai(sector.plmn(), 2)), CellRuns::from_range(3..5));
        assert!(sector.in_tai(tai(sector.plmn(), 3)).is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn a_list_names_the_cells_that_its_identifiers_name_one_by_one(
            runs in prop::collection::vec((0..400_u32, 0..200_u32), 0..6),
            strangers in prop::collection::vec((any::<prop::sample::Index>(), any::<WireId>()), 0..3),
        ) {
            let cells: Vec<u32> = (0..400).map(|cell| 0x100 + cell * 3).collect();
            let inventory = testing::inventory(&[testing::lte("pool", 1, &cells)]);
            let wire = Wire::new(&inventory);
            let sector = Sector::new(&inventory, &inventory.controllers()[0], &wire);
            let runs = runs.iter().flat_map(|(start, len)| *start..(start + len).min(400));
            let mut ids: Vec<WireId> = runs.map(|cell| wire.id(cell)).collect();
            strangers.iter().for_each(|(at, id)| ids.insert(at.index(ids.len() + 1), *id));
            let each: Vec<Option<u32>> = ids.iter().map(|id| sector.cell(&wire, id)).collect();
            let named = sector.named(&wire, &ids);
            prop_assert_eq!(named.strangers, each.iter().filter(|cell| cell.is_none()).count());
            prop_assert_eq!(named.cells, super::runs(each.into_iter().flatten().collect()));
        }
    }

    #[test]
    fn cells_of_an_enb_in_two_tracking_areas_follow_each_other() {
        let inventory = testing::inventory(&[
            testing::lte("pool", 1, &[0x101, 0x201, 0x301]),
            testing::lte("pool", 2, &[0x102, 0x401]),
        ]);
        let wire = Wire::new(&inventory);
        let sector = Sector::new(&inventory, &inventory.controllers()[0], &wire);
        assert_eq!(sector.in_enb_order(&sector.all())[..], [1..3, 4..5, 0..1, 3..4]);
        assert_eq!(sector.in_enb_order(&CellRuns::from_range(0..4))[..], [1..3, 0..1, 3..4]);
    }

    #[test]
    fn gsm_cells_are_found_by_each_kind_of_cell_list() {
        let inventory = testing::inventory(&[testing::gsm("bsc", 7, &[1, 2]), testing::gsm("bsc", 8, &[1])]);
        let wire = Wire::new(&inventory);
        let sector = Sector::new(&inventory, &inventory.controllers()[0], &wire);
        let place = |kind, octets: &[u8]| {
            let named = cells_at(&sector, &wire, &[Place::Gsm { kind, octets: octets.to_vec() }]);
            (named.cells.indices().map(|cell| cell.0).collect::<Vec<_>>(), named.strangers)
        };
        assert_eq!(place(CellKind::Cgi, &[0x22, 0xf0, 0x30, 0, 8, 0, 1]), (vec![2], 0));
        assert_eq!(place(CellKind::LacCi, &[0, 7, 0, 2, 0, 9, 0, 9]), (vec![1], 1));
        assert_eq!(place(CellKind::Ci, &[0, 1]), (vec![0, 2], 0));
        assert_eq!(place(CellKind::Lai, &[0x22, 0xf0, 0x30, 0, 7]), (vec![0, 1], 0));
        assert_eq!(place(CellKind::Lac, &[0, 8, 0, 8]), (vec![2], 0));
        assert_eq!(place(CellKind::Lac, &[0, 9]), (vec![], 1));
        assert_eq!(place(CellKind::Bss, &[]), (vec![0, 1, 2], 0));
        assert_eq!(sector.tai(0), None);
    }
}
