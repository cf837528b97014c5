//! Which cells does this area touch?
//!
//! A balanced tree over the sites is descended together with the figure. At each node only the sides of a polygon that can still
//! matter to the sites below are kept; where none is left, all cells below have one answer and nothing more is
//! computed. So the work follows the length of the border, not the number of cells.

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
    /// When its site lies inside, or its sector (azimuth ± half the beamwidth, out to its radius) touches the area.
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
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    /// Where the sites lie.
    pub(crate) extent: Extent,
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
    let of = |place: &Place| Node { extent: Extent::of(place.site), reach_m: place.radius_m };
    nodes[at] = entries.iter().map(|(place, _)| of(place)).reduce(Node::union).unwrap_or_default();
    if entries.len() <= LEAF {
        return;
    }
    let Extent { south, north, west, east } = nodes[at].extent;
    let middle = entries.len() / 2;
    if i64::from(north) - i64::from(south) > i64::from(east) - i64::from(west) {
        entries.select_nth_unstable_by_key(middle, |(place, _)| place.site.lat_udeg);
    } else {
        entries.select_nth_unstable_by_key(middle, |(place, _)| place.site.lon_udeg);
    }
    let (left, right) = entries.split_at_mut(middle);
    arrange(left, nodes, 2 * at + 1);
    arrange(right, nodes, 2 * at + 2);
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
    fn union(self, other: Self) -> Self {
        Self { extent: self.extent.union(other.extent), reach_m: self.reach_m.max(other.reach_m) }
    }
}

impl Default for Node {
    fn default() -> Self {
        Self { extent: Extent::of(Point { lat_udeg: 0, lon_udeg: 0 }), reach_m: 0 }
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
