//! The figures of a target, as a search meets them on its way down the tree of sites.

use std::cell::LazyCell;

use crate::coverage::{Node, Place};
use crate::polygon::{Edge, Extent};
use crate::sector::{Offset, Plane};
use crate::sphere::{METRES_PER_UDEG, bearing, distance_m, narrowing};
use crate::{Mode, Point, Polygon};

/// What a figure has to say about all places below a node.
pub(crate) enum Verdict<S> {
    Inside,
    Outside,
    Mixed(S),
}

/// A figure that narrows itself to the part of the map below a node.
pub(crate) trait Figure {
    /// What is left of the figure below a node.
    type Scope: Copy;

    /// Goes down into a node that holds at least one place; `site` is any of its sites.
    fn enter(&mut self, outer: Self::Scope, node: &Node, site: Point) -> Verdict<Self::Scope>;

    /// Comes back from a node that was [`Verdict::Mixed`].
    fn leave(&mut self, outer: Self::Scope);

    /// Whether the cell at a place below the node of this scope is in.
    fn holds(&mut self, scope: Self::Scope, place: &Place) -> bool;
}

/// A polygon's outline.
///
/// Both lists are stacks: each node appends what it keeps of its parent's part.
pub(crate) struct Outline {
    mode: Mode,
    /// Sides that an eastward ray from some site below may or may not cross.
    rays: Vec<Edge>,
    /// Sides that may touch a site or a sector below.
    near: Vec<Edge>,
    /// The last site asked about and whether it lies inside: many cells share a site.
    seen: Option<(Point, bool, Plane)>,
}

/// The parts of an [`Outline`]'s lists that a node sees.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OutlineScope {
    rays: Part,
    near: Part,
    /// Whether the number of sides that every eastward ray from below crosses is odd.
    odd: bool,
}

#[derive(Clone, Copy, Debug)]
struct Part {
    start: usize,
    end: usize,
}

impl Outline {
    pub(crate) fn new(polygon: &Polygon, mode: Mode) -> (Self, OutlineScope) {
        let near: Vec<Edge> = polygon.edges().collect();
        let all = Part { start: 0, end: near.len() };
        (
            Self { mode, rays: near.clone(), near, seen: None },
            OutlineScope { rays: all, near: all, odd: false },
        )
    }
}

impl Figure for Outline {
    type Scope = OutlineScope;

    fn enter(&mut self, outer: OutlineScope, node: &Node, site: Point) -> Verdict<OutlineScope> {
        let sites = node.extent;
        let within_reach = match self.mode {
            Mode::Site => sites,
            Mode::Footprint => node.reach,
        };
        let mut odd = outer.odd;
        let near = outer.near.narrow(&mut self.near, |edge| edge.extent().meets(&within_reach));
        let rays = outer.rays.narrow(&mut self.rays, |edge| {
            let Extent { south, north, west, east } = edge.extent();
            if north <= sites.south || sites.north < south || east < sites.west {
                return false;
            }
            let crossed_by_all = sites.east < west && south <= sites.south && sites.north < north;
            odd ^= crossed_by_all;
            !crossed_by_all
        });
        let scope = OutlineScope { rays, near, odd };
        if near.start < near.end {
            return Verdict::Mixed(scope);
        }
        // No side comes between the sites below, so one answers for all.
        let inside = self.surrounds(scope, site);
        self.leave(outer);
        if inside { Verdict::Inside } else { Verdict::Outside }
    }

    fn leave(&mut self, outer: OutlineScope) {
        self.rays.truncate(outer.rays.end);
        self.near.truncate(outer.near.end);
    }

    fn holds(&mut self, scope: OutlineScope, place: &Place) -> bool {
        let (inside, plane) = match self.seen {
            Some((site, inside, plane)) if site == place.site => (inside, plane),
            _ => {
                let (inside, plane) = (self.surrounds(scope, place.site), Plane::at(place.site));
                self.seen = Some((place.site, inside, plane));
                (inside, plane)
            }
        };
        if inside || self.mode == Mode::Site {
            return inside;
        }
        let sector = LazyCell::new(|| place.sector());
        let sides = scope.near.of(&self.near).iter().map(|edge| plane.side(edge));
        let mut in_reach = sides.filter(|side| comes_within(side, f64::from(place.radius_m)));
        in_reach.any(|side| sector.touches(side))
    }
}

impl Outline {
    fn surrounds(&self, scope: OutlineScope, site: Point) -> bool {
        let crossed = scope.rays.of(&self.rays).iter().filter(|edge| edge.is_crossed_east_of(site)).count();
        scope.odd ^ (crossed % 2 == 1)
    }
}

impl Part {
    fn of(self, edges: &[Edge]) -> &[Edge] {
        &edges[self.start..self.end]
    }

    /// Appends to the stack what is kept of this part.
    fn narrow(self, stack: &mut Vec<Edge>, mut keep: impl FnMut(&Edge) -> bool) -> Self {
        let start = stack.len();
        for at in self.start..self.end {
            let edge = stack[at];
            if keep(&edge) {
                stack.push(edge);
            }
        }
        Self { start, end: stack.len() }
    }
}

/// Whether the box round a side comes within a distance of the site.
fn comes_within([a, b]: &[Offset; 2], radius_m: f64) -> bool {
    let within = |one: f64, other: f64| one.min(other) <= radius_m && one.max(other) >= -radius_m;
    within(a.east, b.east) && within(a.north, b.north)
}

/// A circle on the sphere.
pub(crate) struct Disc {
    centre: Point,
    radius_m: f64,
    mode: Mode,
}

impl Disc {
    /// Metres by which bounds are kept on the safe side of rounding.
    const SLACK_M: f64 = 1.0;

    pub(crate) fn new(centre: Point, radius_m: u32, mode: Mode) -> Self {
        Self { centre, radius_m: f64::from(radius_m), mode }
    }
}

impl Figure for Disc {
    type Scope = ();

    fn enter(&mut self, (): (), node: &Node, site: Point) -> Verdict<()> {
        let away = distance_m(self.centre, site);
        let spread = node.extent.diameter_m() + Self::SLACK_M;
        let reach = if self.mode == Mode::Footprint { f64::from(node.reach_m) } else { 0.0 };
        if away + spread <= self.radius_m {
            Verdict::Inside
        } else if away - spread > self.radius_m + reach {
            Verdict::Outside
        } else {
            Verdict::Mixed(())
        }
    }

    fn leave(&mut self, (): ()) {}

    /// The centre is set into the site's plane by its true distance and bearing.
    fn holds(&mut self, (): (), place: &Place) -> bool {
        let away = distance_m(place.site, self.centre);
        if away <= self.radius_m {
            return true;
        }
        if self.mode == Mode::Site || away > self.radius_m + f64::from(place.radius_m) {
            return false;
        }
        let (east, north) = bearing(place.site, self.centre).sin_cos();
        place.sector().distance_to(Offset { east: east * away, north: north * away }) <= self.radius_m
    }
}

impl Extent {
    /// The rectangle that holds everything within a distance of it, or more.
    pub(crate) fn widened(self, by_m: u32) -> Self {
        let by = f64::from(by_m) / METRES_PER_UDEG + 1.0;
        let widest = by / narrowing(self.south.saturating_abs().max(self.north.saturating_abs()));
        // A float too large for the type becomes its maximum: near a pole every longitude is near.
        let (lat, lon) = (by.ceil() as i32, widest.ceil() as i32);
        Self {
            south: self.south.saturating_sub(lat),
            north: self.north.saturating_add(lat),
            west: self.west.saturating_sub(lon),
            east: self.east.saturating_add(lon),
        }
    }

    /// A distance that no two points in it exceed: along a meridian, then along the longest parallel.
    fn diameter_m(self) -> f64 {
        let widest =
            if self.south <= 0 && self.north >= 0 { 0 } else { self.south.abs().min(self.north.abs()) };
        let degrees = |from: i32, to: i32| (f64::from(to) - f64::from(from)) * METRES_PER_UDEG;
        degrees(self.south, self.north) + degrees(self.west, self.east) * narrowing(widest)
    }
}
