//! The cells of every operator, as dense columns.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use cbs::Plmn;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

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
    /// GSM, UMTS: location area code (16 bits). LTE: tracking area code (16 bits). NR: tracking area code (24 bits).
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
/// Operators are sorted by PLMN, controllers by (operator, technology, name), cells by (controller, LAC or TAC, cell
/// identity): the order of the imported rows leaves no trace, and the cells of a controller, of a technology and of
/// an operator are each one run of indices.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Inventory {
    operators: Vec<Operator>,
    controllers: Vec<Controller>,
    identities: Identities,
    geometry: Geometry,
    digest: [u8; 32],
}

/// The columns that name cells. `by_key` lists all cells sorted by (operator, [`CellKey`]).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Identities {
    lac_or_tac: Vec<u32>,
    cell_id: Vec<u64>,
    node_id: Vec<u32>,
    by_key: Vec<u32>,
}

/// The columns that place cells; only `Coverage::new` and the writing of an inventory need them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Geometry {
    site: Vec<Point>,
    azimuth_deg: Vec<u16>,
    beamwidth_deg: Vec<u16>,
    radius_m: Vec<u32>,
}

/// A cell on its way into an inventory; `controller` points into the draft's list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) cell_id: u64,
    pub(crate) lac_or_tac: u32,
    pub(crate) node_id: u32,
    pub(crate) site: Point,
    pub(crate) radius_m: u32,
    /// The line it came from, 0 when it came from no file.
    pub(crate) line: u32,
    pub(crate) azimuth_deg: u16,
    pub(crate) beamwidth_deg: u16,
    pub(crate) controller: u16,
}

/// An inventory in the making: tables and rows in any order.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) operators: Vec<Operator>,
    /// Controllers with the index of their operator in `operators`; `cells` is not yet known.
    pub(crate) controllers: Vec<Controller>,
    pub(crate) rows: Vec<Row>,
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

    /// SHA-256 over the tables and rows in their canonical order: equal inventories have equal digests, in whatever
    /// order their rows were imported.
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
        // `by_key` is sorted by (operator, technology, …) like the cells themselves, so the same range holds them.
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
    fn key(&self, rat: Rat, cell: u32) -> CellKey {
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

impl Draft {
    /// Brings everything into canonical order. The second part lists pairs of rows with one identity; the inventory
    /// is only sound when there are none.
    pub(crate) fn finish(self) -> (Inventory, Vec<[Row; 2]>) {
        let Self { mut operators, mut controllers, mut rows } = self;

        let new_operator = sorted_places(&operators, |operator| operator.plmn);
        operators.sort_by_key(|operator| operator.plmn);
        for controller in &mut controllers {
            controller.operator = OperatorId(new_operator[usize::from(controller.operator.0)]);
        }
        let order = |controller: &Controller| (controller.operator, controller.rat, controller.name.clone());
        let new_controller = sorted_places(&controllers, order);
        controllers.sort_by_cached_key(order);
        for row in &mut rows {
            row.controller = new_controller[usize::from(row.controller)];
        }
        rows.sort_unstable_by_key(|row| (row.controller, row.lac_or_tac, row.cell_id, row.line));
        let mut start = 0;
        for (at, controller) in controllers.iter_mut().enumerate() {
            let count = rows[start as usize..].partition_point(|row| usize::from(row.controller) <= at);
            controller.cells = start..start + count as u32;
            start = controller.cells.end;
        }

        let mut identities = Identities {
            lac_or_tac: rows.iter().map(|row| row.lac_or_tac).collect(),
            cell_id: rows.iter().map(|row| row.cell_id).collect(),
            node_id: rows.iter().map(|row| row.node_id).collect(),
            by_key: Vec::new(),
        };
        let mut by_key: Vec<u32> = (0..rows.len() as u32).collect();
        let mut twins = Vec::new();
        for network in controllers.chunk_by(|a, b| (a.operator, a.rat) == (b.operator, b.rat)) {
            let rat = network[0].rat;
            let cells = network[0].cells.start as usize..network[network.len() - 1].cells.end as usize;
            by_key[cells.clone()]
                .sort_unstable_by_key(|cell| (identities.key(rat, *cell), rows[*cell as usize].line));
            let neighbours = by_key[cells].windows(2);
            let same = neighbours.filter(|pair| identities.key(rat, pair[0]) == identities.key(rat, pair[1]));
            twins.extend(same.map(|pair| [rows[pair[0] as usize], rows[pair[1] as usize]]));
        }
        identities.by_key = by_key;

        let geometry = Geometry {
            site: rows.iter().map(|row| row.site).collect(),
            azimuth_deg: rows.iter().map(|row| row.azimuth_deg).collect(),
            beamwidth_deg: rows.iter().map(|row| row.beamwidth_deg).collect(),
            radius_m: rows.iter().map(|row| row.radius_m).collect(),
        };
        let digest = digest(&operators, &controllers, &rows);
        (Inventory { operators, controllers, identities, geometry, digest }, twins)
    }
}

/// For each element, its place after sorting by `key`.
fn sorted_places<T, K: Ord>(list: &[T], key: impl Fn(&T) -> K) -> Vec<u16> {
    let mut order: Vec<usize> = (0..list.len()).collect();
    order.sort_by_cached_key(|at| key(&list[*at]));
    let mut places = vec![0; list.len()];
    for (place, at) in order.into_iter().enumerate() {
        places[at] = place as u16;
    }
    places
}

/// SHA-256 over the tables, names ended by a zero octet, then each row in big-endian octets.
fn digest(operators: &[Operator], controllers: &[Controller], rows: &[Row]) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix("amberd inventory 1\0");
    for Operator { name, plmn } in operators {
        hash.update(name);
        hash.update([0]);
        hash.update(plmn.octets());
    }
    for Controller { name, operator, rat, cells } in controllers {
        hash.update(name);
        hash.update([0]);
        hash.update(operator.0.to_be_bytes());
        hash.update([*rat as u8]);
        hash.update(cells.end.to_be_bytes());
    }
    let mut octets = Vec::with_capacity(36);
    for row in rows {
        octets.clear();
        octets.extend(row.controller.to_be_bytes());
        octets.extend(row.lac_or_tac.to_be_bytes());
        octets.extend(row.cell_id.to_be_bytes());
        octets.extend(row.node_id.to_be_bytes());
        octets.extend(row.site.lat_udeg.to_be_bytes());
        octets.extend(row.site.lon_udeg.to_be_bytes());
        octets.extend(row.azimuth_deg.to_be_bytes());
        octets.extend(row.beamwidth_deg.to_be_bytes());
        octets.extend(row.radius_m.to_be_bytes());
        hash.update(&octets);
    }
    hash.finalize().into()
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
