//! Polygons and circles: CAP 1.2 §3.2.4.

use std::fmt;
use std::str::FromStr;

use crate::xml::is_space;

/// A place on WGS 84.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
}

/// A closed line of at least four points, the last being the first. It may cross itself: see [`Polygon::crossing`].
#[derive(Clone, Debug, PartialEq)]
pub struct Polygon {
    points: Vec<Point>,
}

/// A circle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circle {
    /// Its centre.
    pub centre: Point,
    /// Its radius in kilometres; 0 is the point itself.
    pub radius_km: f64,
}

/// Why a shape is none.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ShapeError {
    /// No coordinates where there should be some.
    #[error("expected lat,lon in decimal degrees, found {found:?}")]
    Coordinates {
        /// What was there.
        found: String,
    },
    /// A place that WGS 84 does not have.
    #[error("expected a latitude of at most 90 and a longitude of at most 180 degrees, found {found:?}")]
    OutOfBounds {
        /// What was there.
        found: String,
    },
    /// A negative radius, or none.
    #[error("expected a radius in kilometres, found {found:?}")]
    Radius {
        /// What was there.
        found: String,
    },
    /// Too few points.
    #[error("expected at least 4 points, found {found}")]
    TooFewPoints {
        /// How many there are.
        found: usize,
    },
    /// The last point is not the first.
    #[error("expected the first point again at the end, found {found}")]
    NotClosed {
        /// The last point.
        found: Point,
    },
}

/// Whether a polygon crosses or touches itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Crossing {
    /// It does not.
    None,
    /// It does, near this point.
    At(Point),
    /// It is too tangled to tell within the limit of steps.
    TooComplex,
}

impl Polygon {
    /// A polygon of points, the last being the first.
    pub fn new(points: Vec<Point>) -> Result<Self, ShapeError> {
        match (points.first(), points.last()) {
            _ if points.len() < 4 => Err(ShapeError::TooFewPoints { found: points.len() }),
            (Some(first), Some(last)) if first != last => Err(ShapeError::NotClosed { found: *last }),
            _ => Ok(Polygon { points }),
        }
    }

    /// The points, the last being the first.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Whether the line crosses or touches itself (other than where it closes).
    ///
    /// Sides are swept along the longer side of the polygon's frame, and only those whose own frames overlap are compared.
    /// That is fast for any line that encloses an area; the number of steps is limited for those that do not.
    pub fn crossing(&self) -> Crossing {
        const STEPS_PER_SIDE: usize = 1_000;
        let mut points = self.points.clone();
        points.dedup();
        let count = points.len() - 1;
        if count < 3 {
            return Crossing::At(points[0]);
        }
        let mut sides = swept(&points);
        sides.sort_unstable_by(|a, b| a.along.0.total_cmp(&b.along.0));
        let mut steps_left = STEPS_PER_SIDE * count;
        for (rank, first) in sides.iter().enumerate() {
            for second in &sides[rank + 1..] {
                if second.along.0 > first.along.1 {
                    break;
                }
                steps_left -= 1;
                if steps_left == 0 {
                    return Crossing::TooComplex;
                }
                if second.across.0 > first.across.1 || first.across.0 > second.across.1 {
                    continue;
                }
                let (early, late) = (first.index.min(second.index), first.index.max(second.index));
                let side = |index: usize| (points[index], points[index + 1]);
                let touches = match late - early {
                    1 => folds_back(side(early), side(late)),
                    gap if gap == count - 1 => folds_back(side(late), side(early)),
                    _ => meet(side(early), side(late)),
                };
                if touches {
                    return Crossing::At(points[late]);
                }
            }
        }
        Crossing::None
    }
}

/// The frame of one side, along the axis of the sweep and across it.
struct Swept {
    along: (f64, f64),
    across: (f64, f64),
    index: usize,
}

fn swept(points: &[Point]) -> Vec<Swept> {
    let ordered = |a: f64, b: f64| (a.min(b), a.max(b));
    let extent = |axis: fn(&Point) -> f64| {
        let values = points.iter().map(axis);
        values.clone().fold(f64::MIN, f64::max) - values.fold(f64::MAX, f64::min)
    };
    let taller = extent(|point| point.lat) > extent(|point| point.lon);
    let sides = points.windows(2).enumerate().map(|(index, ends)| {
        let (lat, lon) = (ordered(ends[0].lat, ends[1].lat), ordered(ends[0].lon, ends[1].lon));
        let (along, across) = if taller { (lat, lon) } else { (lon, lat) };
        Swept { along, across, index }
    });
    sides.collect()
}

type Side = (Point, Point);

/// Whether a side runs back over the side before it.
fn folds_back(before: Side, after: Side) -> bool {
    let (from, corner, to) = (before.0, before.1, after.1);
    let back = (from.lat - corner.lat) * (to.lat - corner.lat)
        + (from.lon - corner.lon) * (to.lon - corner.lon)
        > 0.0;
    back && turn(from, corner, to) == 0.0
}

/// Whether two sides, whose frames overlap, have a point in common.
fn meet(a: Side, b: Side) -> bool {
    turn(a.0, a.1, b.0) * turn(a.0, a.1, b.1) <= 0.0 && turn(b.0, b.1, a.0) * turn(b.0, b.1, a.1) <= 0.0
}

/// Positive when the way from a over b to c turns left, negative when right, zero when straight on or back. The sign is
/// taken, so that the product of two turns cannot underflow.
fn turn(a: Point, b: Point, c: Point) -> f64 {
    let cross = (b.lon - a.lon) * (c.lat - a.lat) - (b.lat - a.lat) * (c.lon - a.lon);
    if cross == 0.0 { 0.0 } else { cross.signum() }
}

impl FromStr for Polygon {
    type Err = ShapeError;

    /// Pairs may be separated by any white space: some senders break the line.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const PAIR_CHARS: usize = 14;
        let mut points = Vec::with_capacity(text.len() / PAIR_CHARS + 1);
        for pair in text.split_ascii_whitespace() {
            points.push(pair.parse()?);
        }
        Polygon::new(points)
    }
}

impl FromStr for Circle {
    type Err = ShapeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim_matches(is_space);
        let (centre, radius) = text.split_once(is_space).unwrap_or((text, ""));
        let centre = centre.parse()?;
        match number(radius.trim_matches(is_space)) {
            Some(radius_km) if radius_km >= 0.0 => Ok(Circle { centre, radius_km }),
            _ => Err(ShapeError::Radius { found: text.into() }),
        }
    }
}

impl FromStr for Point {
    type Err = ShapeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = text.split_once(',').and_then(|(lat, lon)| Some((number(lat)?, number(lon)?)));
        match numbers {
            None => Err(ShapeError::Coordinates { found: text.into() }),
            Some((lat, lon)) if lat.abs() <= 90.0 && lon.abs() <= 180.0 => Ok(Point { lat, lon }),
            Some(_) => Err(ShapeError::OutOfBounds { found: text.into() }),
        }
    }
}

/// A decimal number without exponent. Up to 15 digits are exact as a whole number, and so is a power of ten: one division
/// then rounds as the standard library would. Anything longer goes there.
fn number(text: &str) -> Option<f64> {
    const EXACT_DIGITS: usize = 15;
    const POWERS: [f64; EXACT_DIGITS + 1] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text).as_bytes();
    let point = unsigned.iter().position(|&byte| byte == b'.').unwrap_or(unsigned.len());
    let (whole, fraction) = (&unsigned[..point], unsigned.get(point + 1..).unwrap_or_default());
    let digits = whole.len() + fraction.len();
    let mut value = 0u64;
    for byte in whole.iter().chain(fraction) {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    match digits {
        0 => None,
        1..=EXACT_DIGITS => {
            let value = value as f64 / POWERS[fraction.len()];
            Some(if text.starts_with('-') { -value } else { value })
        }
        _ => text.parse().ok(),
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.lat, self.lon)
    }
}

impl fmt::Display for Polygon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, point) in self.points.iter().enumerate() {
            let separator = if index == 0 { "" } else { " " };
            write!(f, "{separator}{point}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Circle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.centre, self.radius_km)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames_overlap(a: Side, b: Side) -> bool {
        let overlap = |axis: fn(Point) -> f64| {
            axis(a.0).max(axis(a.1)) >= axis(b.0).min(axis(b.1))
                && axis(b.0).max(axis(b.1)) >= axis(a.0).min(axis(a.1))
        };
        overlap(|point| point.lat) && overlap(|point| point.lon)
    }

    fn crossing(text: &str) -> Crossing {
        text.parse::<Polygon>().unwrap().crossing()
    }

    #[test]
    fn simple_polygons_do_not_cross() {
        assert_eq!(crossing("0,0 0,1 1,1 1,0 0,0"), Crossing::None);
        assert_eq!(crossing("0,0 0,0 0,1 1,1 1,0 0,0"), Crossing::None);
        assert_eq!(crossing("0,0 0,2 1,2 1,1 2,1 2,0 0,0"), Crossing::None);
    }

    #[test]
    fn crossings_touches_and_spikes_are_found() {
        for text in [
            "0,0 1,1 1,0 0,1 0,0",
            "0,0 0,2 1,1 2,2 2,0 1,1 0,0",
            "0,0 0,2 1,1 0,1 2,2 2,0 0,0",
            "0,0 0,3 0,1 2,2 0,0",
            "0,0 1,1 2,2 0,0",
            "0,0 0,0 0,0 0,0",
        ] {
            assert!(matches!(crossing(text), Crossing::At(_)), "{text}");
        }
    }

    #[test]
    fn shapes_that_are_none_say_why() {
        let polygon = |text: &str| text.parse::<Polygon>().unwrap_err();
        assert_eq!(polygon("0,0 1,1 0,0"), ShapeError::TooFewPoints { found: 3 });
        assert_eq!(polygon("0,0 1,1 1,0 2,2"), ShapeError::NotClosed { found: Point { lat: 2.0, lon: 2.0 } });
        assert_eq!(polygon("0,0 1 1,0 0,0"), ShapeError::Coordinates { found: "1".into() });
        assert_eq!(polygon("91,0 1,1 1,0 91,0"), ShapeError::OutOfBounds { found: "91,0".into() });
        for text in ["", "1,1", "1,1 -1", "1,1 x", "1 1 1"] {
            assert!(text.parse::<Circle>().is_err(), "{text}");
        }
        assert_eq!("44.8,20.4\n 0".parse::<Circle>().unwrap().radius_km, 0.0);
    }

    #[test]
    fn a_tangle_ends_in_bounded_time() {
        let tooth =
            |index: i32| Point { lat: f64::from(index % 2) * 10.0, lon: 10.0 + f64::from(index) * 1e-9 };
        let mut points: Vec<Point> = (0..50_000).map(tooth).collect();
        points.extend([Point { lat: 20.0, lon: 11.0 }, Point { lat: 20.0, lon: 9.0 }, points[0]]);
        assert_eq!(Polygon::new(points).unwrap().crossing(), Crossing::TooComplex);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn numbers_are_read_as_the_standard_library_reads_them(text in "[-+]?[0-9]{0,3}(\\.[0-9]{0,18})?") {
            let reference = text.parse::<f64>().ok();
            prop_assert_eq!(number(&text), reference);
        }

        /// Comparing every pair of sides is slow and plain: the sweep must find the same.
        #[test]
        fn the_sweep_agrees_with_comparing_every_pair(
            corners in prop::collection::vec((0i32..6, 0i32..6), 3..9)
        ) {
            let mut points: Vec<Point> =
                corners.iter().map(|&(lat, lon)| Point { lat: lat.into(), lon: lon.into() }).collect();
            points.push(points[0]);
            let polygon = Polygon::new(points.clone()).unwrap();
            points.dedup();
            let sides: Vec<Side> = points.windows(2).map(|pair| (pair[0], pair[1])).collect();
            let count = sides.len();
            let mut crosses = count < 3;
            for a in 0..count {
                for b in a + 1..count {
                    crosses |= match b - a {
                        1 => folds_back(sides[a], sides[b]),
                        gap if gap == count - 1 => folds_back(sides[b], sides[a]),
                        _ => frames_overlap(sides[a], sides[b]) && meet(sides[a], sides[b]),
                    };
                }
            }
            prop_assert_eq!(polygon.crossing() != Crossing::None, crosses);
        }
    }
}
