//! A cell's sector in its own plane: metres from the site.

use crate::polygon::{Edge, Point};
use crate::sphere::{METRES_PER_UDEG, narrowing};

/// A position in metres east and north of a site.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Offset {
    pub(crate) east: f64,
    pub(crate) north: f64,
}

/// The plane that touches the Earth at a site. Straight in latitude and longitude stays straight.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plane {
    site: Point,
    metres_per_udeg_east: f64,
}

/// The part of a disc round the site that a cell serves: `azimuth ± beamwidth / 2`, out to the radius.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sector {
    radius_m: f64,
    /// The direction of the middle, as a unit vector.
    middle: Offset,
    /// Half the opening in radians, and its cosine; π is the full disc.
    half: f64,
    cos_half: f64,
}

impl Plane {
    pub(crate) fn at(site: Point) -> Self {
        Self { site, metres_per_udeg_east: METRES_PER_UDEG * narrowing(site.lat_udeg) }
    }

    pub(crate) fn offset(&self, point: Point) -> Offset {
        let difference = |to: i32, from: i32| f64::from(to) - f64::from(from);
        Offset {
            east: difference(point.lon_udeg, self.site.lon_udeg) * self.metres_per_udeg_east,
            north: difference(point.lat_udeg, self.site.lat_udeg) * METRES_PER_UDEG,
        }
    }

    pub(crate) fn side(&self, edge: &Edge) -> [Offset; 2] {
        [self.offset(edge.south), self.offset(edge.north)]
    }
}

impl Offset {
    pub(crate) const SITE: Self = Self { east: 0.0, north: 0.0 };

    fn length(self) -> f64 {
        self.dot(self).sqrt()
    }

    fn dot(self, other: Self) -> f64 {
        self.east * other.east + self.north * other.north
    }

    fn minus(self, other: Self) -> Self {
        Self { east: self.east - other.east, north: self.north - other.north }
    }

    fn along(self, direction: Self, by: f64) -> Self {
        Self { east: self.east + direction.east * by, north: self.north + direction.north * by }
    }

    /// The distance to the nearest point of a segment.
    pub(crate) fn distance_to([a, b]: [Self; 2], point: Self) -> f64 {
        let way = b.minus(a);
        let square = way.dot(way);
        let share = if square > 0.0 { (point.minus(a).dot(way) / square).clamp(0.0, 1.0) } else { 0.0 };
        a.along(way, share).minus(point).length()
    }

    /// Twice the area of the triangle `a`, `b`, `self`, positive when it is walked to the left.
    fn turn(self, a: Self, b: Self) -> f64 {
        (b.east - a.east) * (self.north - a.north) - (b.north - a.north) * (self.east - a.east)
    }
}

impl Sector {
    pub(crate) fn new(azimuth_deg: u16, beamwidth_deg: u16, radius_m: u32) -> Self {
        let azimuth = f64::from(azimuth_deg).to_radians();
        let half = f64::from(beamwidth_deg).to_radians() / 2.0;
        Self {
            radius_m: f64::from(radius_m),
            middle: Offset { east: azimuth.sin(), north: azimuth.cos() },
            half,
            cos_half: half.cos(),
        }
    }

    /// How far a point is from the sector; 0 inside.
    pub(crate) fn distance_to(&self, point: Offset) -> f64 {
        if self.faces(point) {
            (point.length() - self.radius_m).max(0.0)
        } else {
            let [left, right] = self.flanks();
            Offset::distance_to(left, point).min(Offset::distance_to(right, point))
        }
    }

    /// Whether a segment has a point in the sector.
    ///
    /// If it has, it either begins or ends inside, or crosses the border: a flank or the arc.
    pub(crate) fn touches(&self, [a, b]: [Offset; 2]) -> bool {
        if Offset::distance_to([a, b], Offset::SITE) > self.radius_m {
            return false;
        }
        if self.is_full() || self.holds(a) || self.holds(b) {
            return true;
        }
        let [left, right] = self.flanks();
        meet(left, [a, b]) || meet(right, [a, b]) || self.meets_arc([a, b])
    }

    fn is_full(&self) -> bool {
        self.half >= std::f64::consts::PI
    }

    fn holds(&self, point: Offset) -> bool {
        point.length() <= self.radius_m && self.faces(point)
    }

    /// Whether the point lies in the sector's direction, at any distance.
    fn faces(&self, point: Offset) -> bool {
        self.is_full() || point.dot(self.middle) >= point.length() * self.cos_half
    }

    /// The two straight borders, from the site outwards.
    fn flanks(&self) -> [[Offset; 2]; 2] {
        let (sin, cos) = self.half.sin_cos();
        [sin, -sin].map(|sin| {
            let Offset { east, north } = self.middle;
            let end = Offset { east: east * cos + north * sin, north: north * cos - east * sin };
            [Offset::SITE, Offset::SITE.along(end, self.radius_m)]
        })
    }

    /// Whether the segment crosses the circle within the sector's opening.
    fn meets_arc(&self, [a, b]: [Offset; 2]) -> bool {
        let way = b.minus(a);
        let (square, half_b) = (way.dot(way), a.dot(way));
        let root = half_b * half_b - square * (a.dot(a) - self.radius_m * self.radius_m);
        if square <= 0.0 || root < 0.0 {
            return false;
        }
        [-root.sqrt(), root.sqrt()].iter().any(|root| {
            let share = (root - half_b) / square;
            (0.0..=1.0).contains(&share) && self.faces(a.along(way, share))
        })
    }
}

/// Whether two segments share a point. Not asked of segments on one line: such a side either ends in the
/// sector or crosses its arc.
fn meet([a, b]: [Offset; 2], [c, d]: [Offset; 2]) -> bool {
    let apart = |one: f64, other: f64| one * other > 0.0;
    let ends = [c.turn(a, b), d.turn(a, b)];
    ends != [0.0, 0.0] && !apart(ends[0], ends[1]) && !apart(a.turn(c, d), b.turn(c, d))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn offset(east: f64, north: f64) -> Offset {
        Offset { east, north }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// Walks the segment in small steps: the sector is touched when a step comes close, and not when none
        /// does.
        #[test]
        fn a_segment_touches_a_sector_when_one_of_its_points_lies_inside(
            azimuth in 0..360u16, beamwidth in 1..=360u16, radius in 50..1500u32,
            a in (-2000.0..2000.0f64, -2000.0..2000.0f64), b in (-2000.0..2000.0f64, -2000.0..2000.0f64),
        ) {
            let sector = Sector::new(azimuth, beamwidth, radius);
            let (a, b) = (offset(a.0, a.1), offset(b.0, b.1));
            let nearest = (0..=2000)
                .map(|step| sector.distance_to(a.along(b.minus(a), f64::from(step) / 2000.0)))
                .fold(f64::INFINITY, f64::min);
            if nearest == 0.0 {
                prop_assert!(sector.touches([a, b]));
            } else if nearest > 3.0 {
                prop_assert!(!sector.touches([a, b]));
            }
        }

        /// The distance is compared with the nearest of many points of the sector.
        #[test]
        fn the_distance_to_a_sector_is_that_to_its_nearest_point(
            azimuth in 0..360u16, beamwidth in 1..=360u16,
            east in -2000.0..2000.0f64, north in -2000.0..2000.0f64,
        ) {
            let (sector, point) = (Sector::new(azimuth, beamwidth, 800), offset(east, north));
            let mut nearest = f64::INFINITY;
            for angle in 0..=180 {
                let share = f64::from(angle) / 180.0 - 0.5;
                let bearing = (f64::from(azimuth) + share * f64::from(beamwidth)).to_radians();
                for ring in 0..=50 {
                    let at = Offset::SITE.along(offset(bearing.sin(), bearing.cos()), f64::from(ring) * 16.0);
                    nearest = nearest.min(at.minus(point).length());
                }
            }
            prop_assert!(sector.distance_to(point) <= nearest + 1e-6);
            prop_assert!(nearest <= sector.distance_to(point) + 20.0);
        }
    }

    #[test]
    fn a_sector_to_the_north_reaches_north_only() {
        let sector = Sector::new(0, 90, 1000);
        assert!(sector.touches([offset(-500.0, 900.0), offset(500.0, 900.0)]));
        assert!(!sector.touches([offset(-500.0, -900.0), offset(500.0, -900.0)]));
        assert!(!sector.touches([offset(-2000.0, 1001.0), offset(2000.0, 1001.0)]));
        assert!(sector.touches([offset(-2000.0, 999.0), offset(2000.0, 999.0)]));
        assert_eq!(sector.distance_to(offset(0.0, 1300.0)), 300.0);
        assert_eq!(sector.distance_to(offset(0.0, -300.0)), 300.0);
    }

    #[test]
    fn a_side_behind_the_site_on_the_line_of_a_flank_is_not_touched() {
        let sector = Sector::new(45, 90, 1000);
        assert!(!sector.touches([offset(0.0, -100.0), offset(0.0, -300.0)]));
        assert!(sector.touches([offset(0.0, -100.0), offset(0.0, 1300.0)]));
    }

    #[test]
    fn a_plane_measures_a_degree_as_the_sphere_does() {
        let plane = Plane::at(Point { lat_udeg: 60_000_000, lon_udeg: 20_000_000 });
        let Offset { east, north } = plane.offset(Point { lat_udeg: 60_100_000, lon_udeg: 20_100_000 });
        assert!((north - 11_119.508).abs() < 0.01 && (east - 5_559.754).abs() < 0.01, "{east} {north}");
    }
}
