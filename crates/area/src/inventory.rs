//! The cells of every operator, as dense columns.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use cbs::Plmn;
use serde::{Deserialize, Serialize};

use crate::draft::Draft;
use crate::{Error, Point};

/// A cell's place in an [`Inventory`], which is sorted by (controller, LAC or TAC, cell identity).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(transparent)]
pub struct CellIndex(pub u32);

/// An operator's place in [`Inventory::operators`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(transparent)]
pub struct OperatorId(pub u16);

/// A controller's place in [`Inventory::controllers`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(transparent)]
pub struct ControllerId(pub u16);

/// A radio access technology.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Rat {
    /// 2G; the controller is a BSC.
    Gsm,
    /// 3G; the controller is an RNC.
    Umts,
    /// 4G; the controller is a pool of MMEs.
    Lte,
    /// 5G; the controller is a set of AMFs.
    Nr,
}

/// A mobile network operator.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Operator {
    /// Its name in the inventory, for example `mts`.
    pub name: String,
    /// Its network.
    pub plmn: Plmn,
}

/// What stands between us and a group of cells: a BSC, an RNC, a pool of MMEs or a set of AMFs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Controller {
    /// Its name, unique in the inventory, for example `mts-mme-pool-bg`.
    pub name: String,
    /// The operator it belongs to.
    pub operator: OperatorId,
    /// The technology of all its cells.
    pub rat: Rat,
    /// Its cells, as dense indices.
    pub cells: Range<u32>,
}

/// A cell's identity within its operator's network: CGI, SAI, ECGI or NCGI without the PLMN (TS 23.003).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CellKey {
    rat: Rat,
    lac: u32,
    cell_id: u64,
}

/// One cell as the network knows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cell {
    /// Its operator.
    pub operator: OperatorId,
    /// Its operator's network.
    pub plmn: Plmn,
    /// Its controller.
    pub controller: ControllerId,
    /// Its technology.
    pub rat: Rat,
    /// GSM, UMTS: location area code (16 bits). LTE: tracking area code (16 bits). NR: tracking area code (24
    /// bits).
    pub lac_or_tac: u32,
    /// GSM: CI (16 bits). UMTS: SAC (16 bits). LTE: ECI (28 bits). NR: NCI (36 bits).
    pub cell_id: u64,
    /// UMTS: RNC-ID (12 bits). LTE: eNB identity (20 bits). NR: gNB identity (24 bits). GSM has none: 0.
    pub node_id: u32,
}

/// Where a cell stands and which sector it serves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Footprint {
    /// The site.
    pub site: Point,
    /// Direction of the sector's middle in degrees, clockwise from north, 0..=359.
    pub azimuth_deg: u16,
    /// Opening of the sector in degrees, 1..=360; 360 is a full circle.
    pub beamwidth_deg: u16,
    /// Reach in metres.
    pub radius_m: u32,
}

/// Every cell of every operator.
///
/// Operators are sorted by PLMN, controllers by (operator, technology, name), cells by (controller, LAC or
/// TAC, cell identity): the order of the imported rows leaves no trace, and the cells of a controller, of a
/// technology and of an operator are each one run of indices.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Inventory {
    pub(crate) operators: Vec<Operator>,
    pub(crate) controllers: Vec<Controller>,
    pub(crate) identities: Identities,
    pub(crate) geometry: Geometry,
    pub(crate) digest: [u8; 32],
}

/// The columns that name cells. `by_key` lists all cells sorted by (operator, [`CellKey`]).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Identities {
    pub(crate) lac_or_tac: Vec<u32>,
    pub(crate) cell_id: Vec<u64>,
    pub(crate) node_id: Vec<u32>,
    pub(crate) by_key: Vec<u32>,
}

/// The columns that place cells; only `Coverage::new` and the writing of an inventory need them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Geometry {
    pub(crate) site: Vec<Point>,
    pub(crate) azimuth_deg: Vec<u16>,
    pub(crate) beamwidth_deg: Vec<u16>,
    pub(crate) radius_m: Vec<u32>,
}

impl Inventory {
    /// The most cells one inventory holds: a continent.
    pub const CELLS_MAX: u32 = 20_000_000;

    /// An inventory without cells.
    pub fn empty() -> Self {
        Draft::default().finish().0
    }

    /// How many cells.
    pub fn len(&self) -> u32 {
        self.identities.cell_id.len() as u32
    }

    /// Whether it holds no cell.
    pub fn is_empty(&self) -> bool {
        self.identities.cell_id.is_empty()
    }

    /// SHA-256 over the tables and rows in their canonical order: equal inventories have equal digests, in
    /// whatever order their rows were imported.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The operators, sorted by PLMN; [`OperatorId`] is the place in this list.
    pub fn operators(&self) -> &[Operator] {
        &self.operators
    }

    /// The controllers, sorted by (operator, technology, name); [`ControllerId`] is the place in this list.
    pub fn controllers(&self) -> &[Controller] {
        &self.controllers
    }

    /// The operator.
    ///
    /// # Panics
    /// When the id is of another inventory.
    pub fn operator(&self, OperatorId(id): OperatorId) -> &Operator {
        &self.operators[usize::from(id)]
    }

    /// The controller.
    ///
    /// # Panics
    /// When the id is of another inventory.
    pub fn controller(&self, ControllerId(id): ControllerId) -> &Controller {
        &self.controllers[usize::from(id)]
    }

    /// The operator of that name, case ignored.
    pub fn operator_by_name(&self, name: &str) -> Option<OperatorId> {
        let at = self.operators.iter().position(|operator| operator.name.eq_ignore_ascii_case(name))?;
        Some(OperatorId(at as u16))
    }

    /// The operator of that network.
    pub fn operator_by_plmn(&self, plmn: Plmn) -> Option<OperatorId> {
        let at = self.operators.iter().position(|operator| operator.plmn == plmn)?;
        Some(OperatorId(at as u16))
    }

    /// The controller of that name.
    pub fn by_name(&self, name: &str) -> Option<ControllerId> {
        let at = self.controllers.iter().position(|controller| controller.name == name)?;
        Some(ControllerId(at as u16))
    }

    /// The controller a cell belongs to.
    pub fn controller_of(&self, CellIndex(cell): CellIndex) -> ControllerId {
        ControllerId(self.controllers.partition_point(|controller| controller.cells.end <= cell) as u16)
    }

    /// The cells of a controller.
    pub fn cells_of(&self, controller: ControllerId) -> Range<u32> {
        self.controller(controller).cells.clone()
    }

    /// The cells in the same location or tracking area of the same controller; `None` when there is no such cell.
    pub fn area_of(&self, CellIndex(cell): CellIndex) -> Option<Range<u32>> {
        let run = self.controllers.get(usize::from(self.controller_of(CellIndex(cell)).0))?.cells.clone();
        let codes = self.lacs_or_tacs().get(run.start as usize..run.end as usize)?;
        let code = codes.get((cell - run.start) as usize)?;
        let from = codes.partition_point(|other| other < code) as u32;
        let to = codes.partition_point(|other| other <= code) as u32;
        Some(run.start + from..run.start + to)
    }

    /// The cells of an operator, all technologies.
    pub fn cells_of_operator(&self, operator: OperatorId) -> Range<u32> {
        self.span(|controller| controller.operator.cmp(&operator))
    }

    /// The cells of an operator in one technology.
    pub fn cells_of_rat(&self, operator: OperatorId, rat: Rat) -> Range<u32> {
        self.span(|controller| (controller.operator, controller.rat).cmp(&(operator, rat)))
    }

    /// The identity of a cell.
    ///
    /// # Panics
    /// When the index is of another inventory.
    pub fn cell(&self, index: CellIndex) -> Cell {
        let at = index.0 as usize;
        let id = self.controller_of(index);
        let controller = self.controller(id);
        Cell {
            operator: controller.operator,
            plmn: self.operator(controller.operator).plmn,
            controller: id,
            rat: controller.rat,
            lac_or_tac: self.identities.lac_or_tac[at],
            cell_id: self.identities.cell_id[at],
            node_id: self.identities.node_id[at],
        }
    }

    /// Where a cell stands and which sector it serves.
    ///
    /// # Panics
    /// When the index is of another inventory.
    pub fn footprint(&self, CellIndex(cell): CellIndex) -> Footprint {
        let at = cell as usize;
        Footprint {
            site: self.geometry.site[at],
            azimuth_deg: self.geometry.azimuth_deg[at],
            beamwidth_deg: self.geometry.beamwidth_deg[at],
            radius_m: self.geometry.radius_m[at],
        }
    }

    /// The cell of that identity in an operator's network; logarithmic.
    pub fn find(&self, operator: OperatorId, key: CellKey) -> Option<CellIndex> {
        let range = self.cells_of_rat(operator, key.rat);
        // `by_key` is sorted by (operator, technology, …) like the cells themselves, so the same range holds
        // them.
        let keys = &self.identities.by_key[range.start as usize..range.end as usize];
        let at = keys.binary_search_by_key(&key, |cell| self.identities.key(key.rat, *cell)).ok()?;
        Some(CellIndex(keys[at]))
    }

    /// Every cell by network and identity, ascending.
    pub(crate) fn identities(&self) -> impl Iterator<Item = ((Plmn, CellKey), CellIndex)> + '_ {
        self.identities.by_key.iter().map(|cell| {
            let controller = self.controller(self.controller_of(CellIndex(*cell)));
            let plmn = self.operator(controller.operator).plmn;
            ((plmn, self.identities.key(controller.rat, *cell)), CellIndex(*cell))
        })
    }

    /// Every cell's LAC or TAC, by index: for whoever lays out wire identifiers in bulk.
    pub fn lacs_or_tacs(&self) -> &[u32] {
        &self.identities.lac_or_tac
    }

    /// Every cell's identity, by index.
    pub fn cell_ids(&self) -> &[u64] {
        &self.identities.cell_id
    }

    /// Every cell's RNC, eNB or gNB identity, by index; 0 for GSM.
    pub fn node_ids(&self) -> &[u32] {
        &self.identities.node_id
    }

    /// The cells of the controllers that compare equal; controllers are sorted by what is compared.
    fn span(&self, compare: impl Fn(&Controller) -> std::cmp::Ordering) -> Range<u32> {
        let from = self.controllers.partition_point(|controller| compare(controller).is_lt());
        let to = self.controllers.partition_point(|controller| compare(controller).is_le());
        match &self.controllers[from..to] {
            [] => 0..0,
            [one] => one.cells.clone(),
            [first, .., last] => first.cells.start..last.cells.end,
        }
    }
}

impl Identities {
    pub(crate) fn key(&self, rat: Rat, cell: u32) -> CellKey {
        CellKey::new(rat, self.lac_or_tac[cell as usize], self.cell_id[cell as usize])
    }
}

impl CellKey {
    /// The identity of a cell. ECGI and NCGI hold no tracking area code, so for LTE and NR it is left out.
    pub fn new(rat: Rat, lac_or_tac: u32, cell_id: u64) -> Self {
        let lac = if matches!(rat, Rat::Gsm | Rat::Umts) { lac_or_tac } else { 0 };
        Self { rat, lac, cell_id }
    }

    /// The technology.
    pub fn rat(self) -> Rat {
        self.rat
    }
}

impl Cell {
    /// Its identity within the operator's network.
    pub fn key(&self) -> CellKey {
        CellKey::new(self.rat, self.lac_or_tac, self.cell_id)
    }
}

impl Rat {
    /// All technologies, oldest first.
    pub const ALL: [Self; 4] = [Self::Gsm, Self::Umts, Self::Lte, Self::Nr];

    /// Its name in files and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gsm => "gsm",
            Self::Umts => "umts",
            Self::Lte => "lte",
            Self::Nr => "nr",
        }
    }
}

impl fmt::Display for Rat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Rat {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|rat| rat.name() == text);
        found.ok_or_else(|| Error::Rat { found: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [&str; 6] = [
        "mts,220,03,lte,3100,5120779,20003,44.547043,20.035449,354,65,4185,mts-mme-pool-bg",
        "yettel,220,01,gsm,1101,7,,44.5,20.1,0,360,500,yettel-bsc-01",
        "mts,220,03,gsm,1102,7,,44.5,20.1,0,360,500,mts-bsc-01",
        "mts,220,03,gsm,1101,8,,44.5,20.1,0,360,500,mts-bsc-02",
        "mts,220,03,lte,3101,5120778,20003,44.547043,20.035449,354,65,4185,mts-mme-pool-bg",
        "mts,220,03,gsm,1101,7,,44.5,20.1,0,360,500,mts-bsc-01",
    ];

    fn import(rows: &[&str]) -> Inventory {
        Inventory::import(format!("{}\n{}\n", crate::HEADER, rows.join("\n")).as_bytes()).unwrap()
    }

    #[test]
    fn the_order_of_rows_leaves_no_trace() {
        let expected = import(&ROWS);
        let mut rows = ROWS;
        for turn in 0..rows.len() {
            rows.rotate_left(1);
            rows.swap(0, turn);
            assert_eq!(import(&rows), expected);
        }
        assert_ne!(import(&ROWS[1..]).digest(), expected.digest());
    }

    #[test]
    fn cells_of_a_controller_a_rat_and_an_operator_are_one_run() {
        let inventory = import(&ROWS);
        let mts = inventory.operator_by_name("MTS").unwrap();
        assert_eq!(inventory.operators()[0].name, "yettel");
        assert_eq!(inventory.cells_of(inventory.by_name("mts-bsc-01").unwrap()), 1..3);
        assert_eq!(inventory.cells_of_rat(mts, Rat::Gsm), 1..4);
        assert_eq!(inventory.cells_of_rat(mts, Rat::Nr), 0..0);
        assert_eq!(inventory.cells_of_operator(mts), 1..6);
    }

    #[test]
    fn every_cell_is_found_by_its_identity_and_knows_its_controller() {
        let inventory = import(&ROWS);
        for index in (0..inventory.len()).map(CellIndex) {
            let cell = inventory.cell(index);
            assert_eq!(inventory.find(cell.operator, cell.key()), Some(index));
            assert!(inventory.cells_of(cell.controller).contains(&index.0));
        }
        let mts = inventory.operator_by_plmn("22003".parse().unwrap()).unwrap();
        assert_eq!(inventory.find(mts, CellKey::new(Rat::Gsm, 1103, 7)), None);
        // An ECGI holds no tracking area code, so any will do.
        assert!(inventory.find(mts, CellKey::new(Rat::Lte, 9, 5_120_778)).is_some());
    }

    #[test]
    fn an_empty_inventory_answers() {
        let empty = Inventory::empty();
        assert_eq!((empty.len(), empty.by_name("x")), (0, None));
        assert_eq!(empty.cells_of_operator(OperatorId(0)), 0..0);
    }
}
