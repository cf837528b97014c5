//! Which cells does this area touch?
//!
//! A balanced tree over the sites is descended together with the figure. At each node only the sides of a
//! polygon that can still matter to the sites below are kept; where none is left, all cells below have one
//! answer and nothing more is computed. So the work follows the length of the border, not the number of
//! cells.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::figure::{Disc, Figure, Outline, Verdict};
use crate::polygon::Extent;
use crate::sector::Sector;
use crate::{CellIndex, CellRuns, Footprint, Inventory, Point, Resolved, Shape};

/// When a cell is in an area.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// When its site lies inside.
    Site,
    /// When its site lies inside, or its sector (azimuth ± half the beamwidth, out to its radius) touches the
    /// area.
    #[default]
    Footprint,
}

/// The cells of an inventory, arranged for search by place. It holds what it needs of the inventory.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// Cells in the order of the tree's leaves.
    places: Vec<Place>,
    /// For each place, its cell.
    cells: Vec<u32>,
    /// A binary tree: the children of node `n` are `2n + 1` and `2n + 2`. A node halves its range of places.
    nodes: Vec<Node>,
}

/// Where a cell stands and which sector it serves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) site: Point,
    pub(crate) radius_m: u32,
    azimuth_deg: u16,
    beamwidth_deg: u16,
}

/// What is known of all places below a node.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Node {
    /// Where the sites lie.
    pub(crate) extent: Extent,
    /// What their cells may reach.
    pub(crate) reach: Extent,
    /// The greatest radius.
    pub(crate) reach_m: u32,
}

/// The most places of a leaf.
const LEAF: usize = 16;

impl Coverage {
    /// Arranges the cells of an inventory.
    pub fn new(inventory: &Inventory) -> Self {
        let mut entries: Vec<(Place, u32)> = (0..inventory.len())
            .map(|cell| (Place::new(inventory.footprint(CellIndex(cell))), cell))
            .collect();
        let mut depth = 0;
        while entries.len() > LEAF << depth {
            depth += 1;
        }
        let mut nodes = vec![Node::default(); (2 << depth) - 1];
        arrange(&mut entries, &mut nodes, 0);
        let (places, cells) = entries.into_iter().unzip();
        Self { places, cells, nodes }
    }

    /// The cells a target touches, by the inventory this coverage was made of.
    pub fn cells_in(&self, target: &Resolved, mode: Mode) -> CellRuns {
        if target.shapes.is_empty() || self.places.is_empty() {
            return target.cells.clone();
        }
        let mut marks = Marks::new(self.cells.len());
        let all = 0..self.places.len();
        for shape in &target.shapes {
            match shape {
                Shape::Circle { centre, radius_m } => {
                    self.descend(&mut Disc::new(*centre, *radius_m, mode), (), 0, all.clone(), &mut marks);
                }
                Shape::Polygon(polygon) => {
                    let (mut outline, scope) = Outline::new(polygon, mode);
                    self.descend(&mut outline, scope, 0, all.clone(), &mut marks);
                }
            }
        }
        marks.runs().union(&target.cells)
    }

    fn descend<F: Figure>(
        &self,
        figure: &mut F,
        outer: F::Scope,
        at: usize,
        range: Range<usize>,
        marks: &mut Marks,
    ) {
        match figure.enter(outer, &self.nodes[at], self.places[range.start].site) {
            Verdict::Outside => {}
            Verdict::Inside => self.cells[range].iter().for_each(|cell| marks.set(*cell)),
            Verdict::Mixed(scope) if range.len() <= LEAF => {
                for (place, cell) in self.places[range.clone()].iter().zip(&self.cells[range]) {
                    if figure.holds(scope, place) {
                        marks.set(*cell);
                    }
                }
                figure.leave(outer);
            }
            Verdict::Mixed(scope) => {
                let middle = range.start + range.len() / 2;
                self.descend(figure, scope, 2 * at + 1, range.start..middle, marks);
                self.descend(figure, scope, 2 * at + 2, middle..range.end, marks);
                figure.leave(outer);
            }
        }
    }
}

/// Halves the places along the longer side of their extent until they fit a leaf, and notes each node.
fn arrange(entries: &mut [(Place, u32)], nodes: &mut [Node], at: usize) {
    if entries.len() <= LEAF {
        // Cells of one site side by side, so that what is found out about the site serves them all.
        entries.sort_unstable_by_key(|(place, cell)| (place.site, *cell));
        nodes[at] = entries.iter().map(|(place, _)| Node::of(place)).reduce(Node::union).unwrap_or_default();
        return;
    }
    let extent =
        entries.iter().map(|(place, _)| Extent::of(place.site)).reduce(Extent::union).unwrap_or_default();
    let Extent { south, north, west, east } = extent;
    let middle = entries.len() / 2;
    if i64::from(north) - i64::from(south) > i64::from(east) - i64::from(west) {
        entries.select_nth_unstable_by_key(middle, |(place, _)| place.site.lat_udeg);
    } else {
        entries.select_nth_unstable_by_key(middle, |(place, _)| place.site.lon_udeg);
    }
    let (left, right) = entries.split_at_mut(middle);
    arrange(left, nodes, 2 * at + 1);
    arrange(right, nodes, 2 * at + 2);
    nodes[at] = nodes[2 * at + 1].union(nodes[2 * at + 2]);
}

impl Place {
    fn new(footprint: Footprint) -> Self {
        let Footprint { site, azimuth_deg, beamwidth_deg, radius_m } = footprint;
        Self { site, radius_m, azimuth_deg, beamwidth_deg }
    }

    pub(crate) fn sector(&self) -> Sector {
        Sector::new(self.azimuth_deg, self.beamwidth_deg, self.radius_m)
    }
}

impl Node {
    fn of(place: &Place) -> Self {
        let extent = Extent::of(place.site);
        Self { extent, reach: extent.widened(place.radius_m), reach_m: place.radius_m }
    }

    fn union(self, other: Self) -> Self {
        Self {
            extent: self.extent.union(other.extent),
            reach: self.reach.union(other.reach),
            reach_m: self.reach_m.max(other.reach_m),
        }
    }
}

/// One bit a cell.
struct Marks(Vec<u64>);

impl Marks {
    fn new(cells: usize) -> Self {
        Self(vec![0; cells.div_ceil(64)])
    }

    fn set(&mut self, cell: u32) {
        self.0[cell as usize / 64] |= 1 << (cell % 64);
    }

    fn runs(&self) -> CellRuns {
        let mut runs = CellRuns::new();
        for (first, mut word) in (0..).step_by(64).zip(self.0.iter().copied()) {
            while word != 0 {
                let start = word.trailing_zeros();
                let end = start + (word >> start).trailing_ones();
                runs.push(first + start..first + end);
                word &= u64::MAX.checked_shl(end).unwrap_or(0);
            }
        }
        runs
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use geo::Contains;
    use proptest::prelude::*;

    use super::*;
    use crate::sector::Plane;
    use crate::{Atlas, Polygon, generate};

    /// Cells of any size and direction, crowded so that figures meet many of them.
    fn inventories() -> impl Strategy<Value = Inventory> {
        let cell = (0..40i32, 0..40i32, 0..360u16, prop_oneof![Just(360u16), 1..360u16], 31..6000u32);
        proptest::collection::vec(cell, 1..150).prop_map(|cells| {
            let mut csv = format!("{}\n", crate::HEADER);
            for (at, (lat, lon, azimuth, beamwidth, radius)) in (1..).zip(cells) {
                let (lat, lon) = (44.0 + f64::from(lat) / 200.0, 20.0 + f64::from(lon) / 200.0);
                csv += &format!(
                    "a1,220,05,gsm,1,{at},,{lat},{lon},{azimuth},{beamwidth},{radius},b{}\n",
                    at % 3
                );
            }
            Inventory::import(csv.as_bytes()).unwrap()
        })
    }

    /// A star with a corner in each direction, some points of it on the sites' grid.
    fn polygons() -> impl Strategy<Value = Polygon> {
        let reaches = proptest::collection::vec(1..30i32, 3..12);
        (0..40i32, 0..40i32, reaches, any::<bool>()).prop_filter_map(
            "crosses itself",
            |(lat, lon, reaches, hollow)| {
                let turn = std::f64::consts::TAU / reaches.len() as f64;
                let star = |scale: f64| {
                    let corner = |(at, reach): (usize, &i32)| {
                        let (sin, cos) = (at as f64 * turn).sin_cos();
                        let out = |middle: i32, by: f64| {
                            (f64::from(middle) + by * f64::from(*reach) * scale) / 200.0
                        };
                        Point::from_degrees(44.0 + out(lat, sin), 20.0 + out(lon, cos), "star").unwrap()
                    };
                    let mut ring: Vec<_> = reaches.iter().enumerate().map(corner).collect();
                    ring.push(ring[0]);
                    ring
                };
                let rings = if hollow { vec![star(1.0), star(0.5)] } else { vec![star(1.0)] };
                Polygon::new(rings, "star").ok()
            },
        )
    }

    /// What the search must find, cell by cell and side by side.
    fn naive(inventory: &Inventory, shape: &Shape, mode: Mode) -> CellRuns {
        let is_in = |cell: &CellIndex| {
            let place = Place::new(inventory.footprint(*cell));
            match shape {
                Shape::Polygon(polygon) => {
                    let plane = Plane::at(place.site);
                    polygon.contains(place.site)
                        || mode == Mode::Footprint
                            && polygon.edges().any(|edge| place.sector().touches(plane.side(&edge)))
                }
                Shape::Circle { centre, radius_m } => Disc::new(*centre, *radius_m, mode).holds((), &place),
            }
        };
        CellRuns::from_sorted((0..inventory.len()).map(CellIndex).filter(is_in))
    }

    fn found(inventory: &Inventory, shape: &Shape, mode: Mode) -> CellRuns {
        let target = Resolved { shapes: vec![shape.clone()], ..Resolved::default() };
        Coverage::new(inventory).cells_in(&target, mode)
    }

    fn circle(lat: i32, lon: i32, radius_m: u32) -> Shape {
        let at = |middle: f64, by: i32| middle + f64::from(by) / 200.0;
        Shape::Circle {
            centre: Point::from_degrees(at(44.0, lat), at(20.0, lon), "centre").unwrap(),
            radius_m,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn the_search_finds_what_a_look_at_every_cell_finds(
            inventory in inventories(), polygon in polygons(), lat in -5..45i32, lon in -5..45i32, radius in 1..9000u32,
        ) {
            for shape in [Shape::Polygon(Arc::new(polygon)), circle(lat, lon, radius)] {
                for mode in [Mode::Site, Mode::Footprint] {
                    prop_assert_eq!(found(&inventory, &shape, mode), naive(&inventory, &shape, mode));
                }
            }
        }

        /// Points of a sector are strewn over its area; a sector with one inside the figure touches it.
        #[test]
        fn a_cell_with_a_point_of_its_sector_in_the_area_is_found(inventory in inventories(), polygon in polygons()) {
            let cells = found(&inventory, &Shape::Polygon(Arc::new(polygon.clone())), Mode::Footprint);
            for cell in (0..inventory.len()).map(CellIndex).filter(|cell| !cells.contains(*cell)) {
                let Footprint { site, azimuth_deg, beamwidth_deg, radius_m } = inventory.footprint(cell);
                let (lat, lon) = site.degrees();
                for (turn, far) in (0..8).flat_map(|turn| (0..8).map(move |far| (f64::from(turn), f64::from(far)))) {
                    let bearing = f64::from(azimuth_deg) + (turn / 7.0 - 0.5) * f64::from(beamwidth_deg);
                    let (east, north) = bearing.to_radians().sin_cos();
                    let degrees = 0.999 * far / 7.0 * f64::from(radius_m) / 111_195.08;
                    let lon = lon + degrees * east / lat.to_radians().cos();
                    let point = Point::from_degrees(lat + degrees * north, lon, "point").unwrap();
                    prop_assert!(!polygon.contains(point), "{:?} of {:?}", point, site);
                }
            }
        }
    }

    #[test]
    fn districts_hold_the_sites_another_library_finds_in_them() {
        let atlas = Atlas::serbia().unwrap();
        let inventory = generate(2_000, 7, &atlas).unwrap();
        let sites: Vec<_> =
            (0..inventory.len()).map(|cell| inventory.footprint(CellIndex(cell)).site).collect();
        for code in ["RS", "RS-XKM", "RS-00", "RS-06", "RS-16", "RS-24"] {
            let polygon = &atlas.find(code).unwrap().polygon;
            let line = |ring: &Vec<Point>| {
                ring.iter().map(|point| (f64::from(point.lon_udeg), f64::from(point.lat_udeg))).collect()
            };
            let [outer, holes @ ..] = polygon.rings() else { panic!("a ring") };
            let oracle = geo::Polygon::new(line(outer), holes.iter().map(line).collect());
            let inside = |cell: &CellIndex| {
                let Point { lat_udeg, lon_udeg } = sites[cell.0 as usize];
                oracle.contains(&geo::Point::new(f64::from(lon_udeg), f64::from(lat_udeg)))
            };
            let expected = CellRuns::from_sorted((0..inventory.len()).map(CellIndex).filter(inside));
            let shape = Shape::Polygon(polygon.clone());
            assert_eq!(found(&inventory, &shape, Mode::Site), expected, "{code}");
            assert_eq!(
                found(&inventory, &shape, Mode::Footprint),
                naive(&inventory, &shape, Mode::Footprint)
            );
        }
    }

    #[test]
    fn a_target_is_the_union_of_its_parts() {
        let atlas = Atlas::serbia().unwrap();
        let inventory = generate(3_000, 7, &atlas).unwrap();
        let shapes =
            vec![Shape::Polygon(atlas.find("RS-06").unwrap().polygon.clone()), circle(160, 80, 20_000)];
        let cells = CellRuns::from_range(5..9);
        let parts = shapes.iter().map(|shape| found(&inventory, shape, Mode::Footprint));
        let expected = parts.fold(cells.clone(), |all, part| all.union(&part));
        let target = Resolved { shapes, cells };
        assert_eq!(Coverage::new(&inventory).cells_in(&target, Mode::Footprint), expected);
        assert!(expected.len() > 100);
    }

    #[test]
    fn a_sector_that_faces_the_area_is_in_and_one_that_turns_its_back_is_not() {
        let rows =
            [0, 180].map(|azimuth| format!("a1,220,05,gsm,1,{},,44.0,20.0,{azimuth},65,3000,b", azimuth + 1));
        let inventory =
            Inventory::import(format!("{}\n{}", crate::HEADER, rows.join("\n")).as_bytes()).unwrap();
        // 2.5 km north of the site.
        let ring = [[44.0225, 19.99], [44.0225, 20.01], [44.04, 20.0], [44.0225, 19.99]];
        let points = ring.map(|[lat, lon]| Point::from_degrees(lat, lon, "ring").unwrap()).to_vec();
        let shape = Shape::Polygon(Arc::new(Polygon::new(vec![points], "ring").unwrap()));
        assert_eq!(found(&inventory, &shape, Mode::Footprint), CellRuns::from_range(0..1));
        assert_eq!(found(&inventory, &shape, Mode::Site), CellRuns::new());
    }

    #[test]
    fn no_cell_no_answer() {
        let shape = circle(0, 0, 1_000);
        assert!(found(&Inventory::empty(), &shape, Mode::Footprint).is_empty());
    }
}
