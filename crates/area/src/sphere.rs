//! Distances on a sphere of the Earth's mean radius.

use crate::Point;

/// The Earth's mean radius in metres.
const RADIUS_M: f64 = 6_371_008.8;

/// Metres in a millionth of a degree of latitude.
pub(crate) const METRES_PER_UDEG: f64 = RADIUS_M * std::f64::consts::PI / 180.0 / 1e6;

/// The distance between two points in metres (haversine).
pub(crate) fn distance_m(a: Point, b: Point) -> f64 {
    let ([lat_a, lon_a], [lat_b, lon_b]) = (radians(a), radians(b));
    let (lat, lon) = (((lat_b - lat_a) / 2.0).sin(), ((lon_b - lon_a) / 2.0).sin());
    let square = lat * lat + lat_a.cos() * lat_b.cos() * lon * lon;
    2.0 * RADIUS_M * square.sqrt().min(1.0).asin()
}

/// The direction in which the shortest way from `a` to `b` sets out, in radians clockwise from north.
pub(crate) fn bearing(a: Point, b: Point) -> f64 {
    let ([lat_a, lon_a], [lat_b, lon_b]) = (radians(a), radians(b));
    let east = (lon_b - lon_a).sin() * lat_b.cos();
    let north = lat_a.cos() * lat_b.sin() - lat_a.sin() * lat_b.cos() * (lon_b - lon_a).cos();
    east.atan2(north)
}

/// The cosine of a latitude, which shortens degrees of longitude; never negative.
pub(crate) fn narrowing(lat_udeg: i32) -> f64 {
    (f64::from(lat_udeg) / 1e6).to_radians().cos().max(0.0)
}

fn radians(point: Point) -> [f64; 2] {
    [point.lat_udeg, point.lon_udeg].map(|udeg| (f64::from(udeg) / 1e6).to_radians())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(lat: i32, lon: i32) -> Point {
        Point { lat_udeg: lat * 1_000_000, lon_udeg: lon * 1_000_000 }
    }

    #[test]
    fn a_quarter_of_the_equator_and_of_a_meridian_are_equal() {
        let quarter = RADIUS_M * std::f64::consts::FRAC_PI_2;
        for (a, b) in
            [(point(0, 0), point(0, 90)), (point(0, 20), point(90, 20)), (point(0, 180), point(0, -90))]
        {
            assert!((distance_m(a, b) - quarter).abs() < 1e-3);
        }
    }

    #[test]
    fn bearings_turn_clockwise_from_north() {
        for (to, degrees) in
            [(point(1, 0), 0.0), (point(0, 1), 90.0), (point(-1, 0), 180.0), (point(0, -1), -90.0)]
        {
            assert!((bearing(point(0, 0), to).to_degrees() - degrees).abs() < 1e-9);
        }
    }
}
