//! Polygons in whole microdegrees, so that every question about them has an exact answer.

use crate::Error;

/// A point on the map in WGS84 microdegrees (about 11 cm).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Point {
    /// Latitude, −90 000 000..=90 000 000.
    pub lat_udeg: i32,
    /// Longitude, −180 000 000..=180 000 000.
    pub lon_udeg: i32,
}

/// An area bounded by rings, by the even-odd rule: a second ring inside the first is a hole, one beside it is
/// another part, and the direction of winding does not matter. Edges are straight in latitude and longitude
/// (RFC 7946 §3.1.1) and do not cross the antimeridian.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Polygon {
    rings: Vec<Vec<Point>>,
}

/// One side of a ring.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Edge {
    pub(crate) south: Point,
    pub(crate) north: Point,
}

/// A rectangle in microdegrees, borders included.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Extent {
    pub(crate) south: i32,
    pub(crate) north: i32,
    pub(crate) west: i32,
    pub(crate) east: i32,
}

impl Point {
    /// The point at these degrees, rounded to the microdegree; an error when they lie outside the world.
    /// `place` says in an error where the point was found.
    pub fn from_degrees(lat: f64, lon: f64, place: &str) -> Result<Self, Error> {
        if lat.abs() <= 90.0 && lon.abs() <= 180.0 {
            Ok(Self { lat_udeg: (lat * 1e6).round() as i32, lon_udeg: (lon * 1e6).round() as i32 })
        } else {
            Err(Error::Shape {
                place: place.to_owned(),
                expected: "latitude from -90 to 90 and longitude from -180 to 180".to_owned(),
                found: format!("{lat}, {lon}"),
            })
        }
    }

    /// Latitude and longitude in degrees.
    pub fn degrees(self) -> (f64, f64) {
        (f64::from(self.lat_udeg) / 1e6, f64::from(self.lon_udeg) / 1e6)
    }
}

impl Polygon {
    /// The most points of one ring.
    pub const POINTS_MAX: usize = 5_000;

    /// An area of these rings. Each is closed (its first point comes again at its end), has at least three
    /// corners and neither crosses nor touches itself. `place` says in an error where the polygon was found.
    pub fn new(rings: Vec<Vec<Point>>, place: &str) -> Result<Self, Error> {
        let fault = |ring: usize, expected: &str, found: String| Error::Shape {
            place: if ring == 0 { place.to_owned() } else { format!("{place}, ring {ring}") },
            expected: expected.to_owned(),
            found,
        };
        if rings.is_empty() {
            return Err(fault(0, "at least one ring", "none".to_owned()));
        }
        let mut clean = Vec::with_capacity(rings.len());
        for (at, mut ring) in rings.into_iter().enumerate() {
            if ring.len() > Self::POINTS_MAX {
                let expected = format!("at most {} points", Self::POINTS_MAX);
                return Err(fault(at, &expected, ring.len().to_string()));
            }
            if ring.first() != ring.last() {
                return Err(fault(at, "the first point again at the end", "an open ring".to_owned()));
            }
            ring.dedup();
            if ring.len() < 4 {
                return Err(fault(
                    at,
                    "at least 4 points, the last equal to the first",
                    format!("{} different in succession", ring.len()),
                ));
            }
            if let Some([a, b]) = crossing(&ring) {
                return Err(fault(
                    at,
                    "sides that do not meet",
                    format!("a crossing of the sides after points {a} and {b}"),
                ));
            }
            clean.push(ring);
        }
        Ok(Self { rings: clean })
    }

    /// The rings, each closed.
    pub fn rings(&self) -> &[Vec<Point>] {
        &self.rings
    }

    /// Whether the point lies inside. A point on a border between two areas lies in exactly one of them.
    pub fn contains(&self, point: Point) -> bool {
        self.edges().filter(|edge| edge.is_crossed_east_of(point)).count() % 2 == 1
    }

    /// The sides of all rings.
    pub(crate) fn edges(&self) -> impl Iterator<Item = Edge> + '_ {
        self.rings.iter().flat_map(|ring| ring.windows(2)).map(|side| Edge::new(side[0], side[1]))
    }

    /// The least rectangle round it.
    pub(crate) fn extent(&self) -> Extent {
        let corners = self.rings.iter().flatten().copied();
        corners
            .map(Extent::of)
            .reduce(Extent::union)
            .unwrap_or(Extent::of(Point { lat_udeg: 0, lon_udeg: 0 }))
    }
}

impl Edge {
    fn new(a: Point, b: Point) -> Self {
        if a.lat_udeg <= b.lat_udeg { Self { south: a, north: b } } else { Self { south: b, north: a } }
    }

    /// Whether a ray from the point to the east crosses this side; its northern end does not count, so that a
    /// ray through a corner counts once.
    pub(crate) fn is_crossed_east_of(&self, point: Point) -> bool {
        self.south.lat_udeg <= point.lat_udeg
            && point.lat_udeg < self.north.lat_udeg
            && turn(self.south, self.north, point) > 0
    }

    pub(crate) fn extent(&self) -> Extent {
        Extent::of(self.south).union(Extent::of(self.north))
    }
}

impl Extent {
    pub(crate) fn of(point: Point) -> Self {
        let Point { lat_udeg: lat, lon_udeg: lon } = point;
        Self { south: lat, north: lat, west: lon, east: lon }
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self {
            south: self.south.min(other.south),
            north: self.north.max(other.north),
            west: self.west.min(other.west),
            east: self.east.max(other.east),
        }
    }

    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.south <= other.north
            && other.south <= self.north
            && self.west <= other.east
            && other.west <= self.east
    }
}

/// Positive when `a`, `b`, `c` turn to the left (`c` lies west of a line to the north), negative when to the
/// right, 0 when they lie on a line. Exact: differences fit 30 bits, so products fit 60.
fn turn(a: Point, b: Point, c: Point) -> i64 {
    let difference = |to: i32, from: i32| i64::from(to) - i64::from(from);
    difference(b.lon_udeg, a.lon_udeg) * difference(c.lat_udeg, a.lat_udeg)
        - difference(b.lat_udeg, a.lat_udeg) * difference(c.lon_udeg, a.lon_udeg)
}

/// Two sides of a closed ring that meet elsewhere than in the corner they share; counted from 0.
///
/// Sides are swept by latitude, so that only those side by side are compared.
fn crossing(ring: &[Point]) -> Option<[usize; 2]> {
    let sides = ring.len() - 1;
    let mut order: Vec<usize> = (0..sides).collect();
    order.sort_by_key(|side| ring[*side].lat_udeg.min(ring[side + 1].lat_udeg));
    for (at, &one) in order.iter().enumerate() {
        let north = ring[one].lat_udeg.max(ring[one + 1].lat_udeg);
        for &other in &order[at + 1..] {
            if ring[other].lat_udeg.min(ring[other + 1].lat_udeg) > north {
                break;
            }
            let [first, second] = [one.min(other), one.max(other)];
            let (a, b, c, d) = (ring[first], ring[first + 1], ring[second], ring[second + 1]);
            let meet = if b == c {
                folds_back(a, b, d)
            } else if first == 0 && d == a && second == sides - 1 {
                folds_back(c, a, b)
            } else {
                touch(a, b, c, d)
            };
            if meet {
                return Some([first, second]);
            }
        }
    }
    None
}

/// Whether the way from `a` over `b` to `c` returns on itself.
fn folds_back(a: Point, b: Point, c: Point) -> bool {
    let along = |from: i32, over: i32, to: i32| {
        (i64::from(over) - i64::from(from)) * (i64::from(to) - i64::from(over))
    };
    turn(a, b, c) == 0
        && along(a.lon_udeg, b.lon_udeg, c.lon_udeg) + along(a.lat_udeg, b.lat_udeg, c.lat_udeg) < 0
}

/// Whether the segments `ab` and `cd` share a point.
fn touch(a: Point, b: Point, c: Point, d: Point) -> bool {
    Edge::new(a, b).extent().meets(&Edge::new(c, d).extent())
        && turn(a, b, c).signum() * turn(a, b, d).signum() <= 0
        && turn(c, d, a).signum() * turn(c, d, b).signum() <= 0
}

#[cfg(test)]
mod tests {
    use geo::{Contains, Intersects};
    use proptest::prelude::*;

    use super::*;

    fn point(lat: i32, lon: i32) -> Point {
        Point { lat_udeg: lat, lon_udeg: lon }
    }

    fn ring(corners: &[(i32, i32)]) -> Vec<Point> {
        corners.iter().chain(corners.first()).map(|(lat, lon)| point(*lat, *lon)).collect()
    }

    /// A ring round a centre with a corner in each direction: never crosses itself.
    fn stars() -> impl Strategy<Value = Vec<Point>> {
        proptest::collection::vec(100_000..900_000i32, 3..40).prop_map(|reaches| {
            let turn = std::f64::consts::TAU / reaches.len() as f64;
            let corners: Vec<_> = (0..)
                .zip(&reaches)
                .map(|(at, reach)| {
                    let (sin, cos) = (f64::from(at) * turn).sin_cos();
                    ((sin * f64::from(*reach)) as i32, (cos * f64::from(*reach)) as i32)
                })
                .collect();
            ring(&corners)
        })
    }

    fn degrees(ring: &[Point]) -> geo::Polygon {
        let line = ring.iter().map(|point| (f64::from(point.lon_udeg), f64::from(point.lat_udeg))).collect();
        geo::Polygon::new(line, vec![])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn inside_is_what_another_library_calls_inside(star in stars(), lat in -900_000..900_000i32, lon in -900_000..900_000i32) {
            let (oracle, probe) = (degrees(&star), geo::Point::new(f64::from(lon), f64::from(lat)));
            prop_assume!(!oracle.exterior().intersects(&probe));
            let polygon = Polygon::new(vec![star], "star").unwrap();
            prop_assert_eq!(polygon.contains(point(lat, lon)), oracle.contains(&probe));
        }

        #[test]
        fn a_point_on_a_shared_border_lies_in_exactly_one_neighbour(lat in 1..9i32) {
            // Two triangles make a square; their common side runs through whole numbers.
            let east = Polygon::new(vec![ring(&[(0, 0), (0, 10), (10, 10)])], "east").unwrap();
            let west = Polygon::new(vec![ring(&[(0, 0), (10, 10), (10, 0)])], "west").unwrap();
            prop_assert_ne!(east.contains(point(lat, lat)), west.contains(point(lat, lat)));
        }

        #[test]
        fn a_ring_with_two_corners_swapped_is_refused_exactly_when_it_meets_itself(
            corners in proptest::collection::vec((0..30i32, 0..30i32), 4..8)
        ) {
            let ring = ring(&corners);
            prop_assume!(ring.windows(2).all(|side| side[0] != side[1]));
            let n = ring.len() - 1;
            let mut meets = false;
            for i in 0..n {
                for j in i + 1..n {
                    let (a, b, c, d) = (ring[i], ring[i + 1], ring[j], ring[j + 1]);
                    meets |= if j == i + 1 { folds_back(a, b, d) } else if i == 0 && j == n - 1 { folds_back(c, a, b) } else {
                        let line = |p: Point, q: Point| geo::Line::new(
                            (f64::from(p.lon_udeg), f64::from(p.lat_udeg)), (f64::from(q.lon_udeg), f64::from(q.lat_udeg)));
                        line(a, b).intersects(&line(c, d))
                    };
                }
            }
            prop_assert_eq!(Polygon::new(vec![ring], "ring").is_err(), meets);
        }
    }

    #[test]
    fn a_second_ring_inside_is_a_hole_and_one_beside_a_part() {
        let square =
            |at: i32, size: i32| ring(&[(at, at), (at, at + size), (at + size, at + size), (at + size, at)]);
        let polygon = Polygon::new(vec![square(0, 100), square(40, 20), square(200, 50)], "rings").unwrap();
        assert!(polygon.contains(point(10, 10)));
        assert!(!polygon.contains(point(50, 50)));
        assert!(polygon.contains(point(220, 220)));
        assert!(!polygon.contains(point(150, 150)));
    }

    #[test]
    fn an_open_short_crossing_or_folded_ring_is_refused() {
        let fault = |points: Vec<Point>| Polygon::new(vec![points], "polygon 1").unwrap_err().to_string();
        let mut open = ring(&[(0, 0), (0, 9), (9, 9), (9, 0)]);
        open.pop();
        assert!(fault(open).contains("polygon 1: expected the first point again at the end"));
        assert!(fault(ring(&[(0, 0), (5, 5)])).contains("at least 4 points"));
        assert!(fault(ring(&[(0, 0), (9, 9), (0, 9), (9, 0)])).contains("sides after points 0 and 2"));
        assert!(fault(ring(&[(0, 0), (0, 9), (9, 9), (0, 9)])).contains("crossing"));
        assert!(Point::from_degrees(90.1, 0.0, "x").is_err());
        assert!(Point::from_degrees(f64::NAN, 0.0, "x").is_err());
    }
}
