//! The shapes of a warning area. A coordinate is kept as the code that goes on the wire, so nothing is rounded twice.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Error;

const POLYGON: u16 = 2;
const CIRCLE: u16 = 3;

/// A polygon or a circle.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// The inside of a line through these points.
    Polygon(Polygon),
    /// What lies within a distance of a point.
    Circle(Circle),
}

impl Shape {
    /// The type of its element (see [`crate::Coordinates`]).
    pub(crate) fn kind(&self) -> u16 {
        match self {
            Self::Polygon(_) => POLYGON,
            Self::Circle(_) => CIRCLE,
        }
    }

    /// The value of its element.
    pub(crate) fn value(&self) -> Vec<u8> {
        match self {
            Self::Polygon(polygon) => pack(&polygon.0),
            Self::Circle(Circle { centre, radius }) => {
                (centre.bits() << 20 | u64::from(*radius)).to_be_bytes().to_vec()
            }
        }
    }

    /// The shape of an element; `None` when it is none, or when it would not be written in these octets.
    pub(crate) fn decode(kind: u16, value: &[u8]) -> Option<Self> {
        let shape = match kind {
            POLYGON => Self::Polygon(Polygon::new(unpack(value)).ok()?),
            CIRCLE => {
                let bits = u64::from_be_bytes(value.try_into().ok()?);
                let radius = (bits & u64::from(Circle::CODE_MAX)) as u32;
                Self::Circle(Circle { centre: Point::from_bits(bits >> 20), radius })
            }
            _ => return None,
        };
        (shape.value() == value).then_some(shape)
    }
}

/// The corners of a polygon in order, the first not repeated at the end.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "Vec<Point>", into = "Vec<Point>")]
pub struct Polygon(Vec<Point>);

impl Polygon {
    /// The fewest points of a polygon.
    pub const POINTS_MIN: usize = 3;
    /// The most points that its ten bits of length can say: 2 + ⌈185 × 44 / 8⌉ = 1020 octets.
    pub const POINTS_MAX: usize = 185;

    /// The polygon with these corners, 3 to 185.
    pub fn new(points: Vec<Point>) -> Result<Self, Error> {
        match points.len() {
            Self::POINTS_MIN..=Self::POINTS_MAX => Ok(Self(points)),
            found => Err(Error::PolygonPoints { found, min: Self::POINTS_MIN, max: Self::POINTS_MAX }),
        }
    }

    /// The corners in order.
    pub fn points(&self) -> &[Point] {
        &self.0
    }
}

impl TryFrom<Vec<Point>> for Polygon {
    type Error = Error;

    fn try_from(points: Vec<Point>) -> Result<Self, Error> {
        Self::new(points)
    }
}

impl From<Polygon> for Vec<Point> {
    fn from(polygon: Polygon) -> Self {
        polygon.0
    }
}

/// What lies within a radius of a point.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "[f64; 3]", into = "[f64; 3]")]
pub struct Circle {
    centre: Point,
    radius: u32,
}

impl Circle {
    const CODE_MAX: u32 = (1 << 20) - 1;

    /// The circle around `centre` with this radius in kilometres, kept to the nearest 1/64 km.
    pub fn new(centre: Point, radius_km: f64) -> Result<Self, Error> {
        let radius = radius_code(radius_km);
        if !(0.0..=f64::from(Self::CODE_MAX)).contains(&radius) {
            return Err(Error::Radius { found: radius_km.to_string() });
        }
        Ok(Self { centre, radius: radius as u32 })
    }

    /// The centre.
    pub const fn centre(self) -> Point {
        self.centre
    }

    /// The radius in kilometres: the shortest decimal fraction that gives the same code.
    pub fn radius_km(self) -> f64 {
        let code = f64::from(self.radius);
        shortest(code / 64.0, |km| radius_code(km) == code)
    }
}

impl TryFrom<[f64; 3]> for Circle {
    type Error = Error;

    fn try_from([latitude, longitude, radius_km]: [f64; 3]) -> Result<Self, Error> {
        Self::new(Point::new(latitude, longitude)?, radius_km)
    }
}

impl From<Circle> for [f64; 3] {
    fn from(circle: Circle) -> Self {
        [circle.centre.latitude(), circle.centre.longitude(), circle.radius_km()]
    }
}

/// A point on earth, 22 bits of latitude and 22 of longitude: a step is about 5 m north and at most 10 m east.
#[derive(Clone, Copy, Eq, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "[f64; 2]", into = "[f64; 2]")]
pub struct Point {
    latitude: u32,
    longitude: u32,
}

impl Point {
    const BITS: u32 = 22;
    const CODE_MAX: u32 = (1 << Self::BITS) - 1;

    /// The point at these degrees.
    pub fn new(latitude: f64, longitude: f64) -> Result<Self, Error> {
        if !(-90.0..=90.0).contains(&latitude) || !(-180.0..=180.0).contains(&longitude) {
            return Err(Error::Point { found: format!("{latitude}, {longitude}") });
        }
        Ok(Self { latitude: degree_code(latitude, 180.0), longitude: degree_code(longitude, 360.0) })
    }

    /// The latitude in degrees, north positive: the shortest decimal fraction that gives the same code.
    pub fn latitude(self) -> f64 {
        degrees(self.latitude, 180.0)
    }

    /// The longitude in degrees, east positive: the shortest decimal fraction that gives the same code.
    pub fn longitude(self) -> f64 {
        degrees(self.longitude, 360.0)
    }

    /// Its 44 bits, as they go on the wire.
    fn bits(self) -> u64 {
        u64::from(self.latitude) << Self::BITS | u64::from(self.longitude)
    }

    fn from_bits(bits: u64) -> Self {
        let code = |bits: u64| (bits & u64::from(Self::CODE_MAX)) as u32;
        Self { latitude: code(bits >> Self::BITS), longitude: code(bits) }
    }
}

impl fmt::Debug for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Point({}, {})", self.latitude(), self.longitude())
    }
}

impl TryFrom<[f64; 2]> for Point {
    type Error = Error;

    fn try_from([latitude, longitude]: [f64; 2]) -> Result<Self, Error> {
        Self::new(latitude, longitude)
    }
}

impl From<Point> for [f64; 2] {
    fn from(point: Point) -> Self {
        [point.latitude(), point.longitude()]
    }
}

/// Points of 44 bits in a row, filled with zero bits to an octet. An odd point starts in the middle of an octet.
fn pack(points: &[Point]) -> Vec<u8> {
    let mut octets = vec![0; (points.len() * 44).div_ceil(8)];
    for (index, point) in points.iter().enumerate() {
        let bits = if index.is_multiple_of(2) { point.bits() << 4 } else { point.bits() };
        let [_, _, six @ ..] = bits.to_be_bytes();
        octets[index * 44 / 8..].iter_mut().zip(six).for_each(|(octet, part)| *octet |= part);
    }
    octets
}

/// The whole points in these octets.
fn unpack(octets: &[u8]) -> Vec<Point> {
    let point = |index: usize| {
        let six = octets[index * 44 / 8..].iter().take(6);
        let bits = six.fold(0, |bits, octet| bits << 8 | u64::from(*octet));
        Point::from_bits(if index.is_multiple_of(2) { bits >> 4 } else { bits })
    };
    (0..octets.len() * 8 / 44).map(point).collect()
}

/// The code of a latitude (`span` 180) or longitude (`span` 360): ⌊(degrees + span / 2) / span × 2²²⌋. The upper edge
/// itself has no code of its own and takes the last.
fn degree_code(degrees: f64, span: f64) -> u32 {
    let code = (degrees + span / 2.0) / span * f64::from(1 << Point::BITS);
    (code as u32).min(Point::CODE_MAX)
}

/// The degrees of a code, from the middle of the interval that the code stands for.
fn degrees(code: u32, span: f64) -> f64 {
    let middle = (f64::from(code) + 0.5) / f64::from(1 << Point::BITS) * span - span / 2.0;
    shortest(middle, |degrees| degree_code(degrees, span) == code)
}

/// The code of a radius in kilometres, not yet held to its 20 bits.
fn radius_code(km: f64) -> f64 {
    (km * 64.0).round()
}

/// The decimal fraction with the fewest places that `fits`, near `exact`, which fits itself.
fn shortest(exact: f64, fits: impl Fn(f64) -> bool) -> f64 {
    (0..=9)
        .map(|places| 10f64.powi(places))
        .map(|scale| (exact * scale).round() / scale)
        .find(|rounded| fits(*rounded))
        .unwrap_or(exact)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_edges_of_the_earth_have_codes() {
        for (latitude, longitude, bits) in
            [(-90.0, -180.0, 0), (90.0, 180.0, (1 << 44) - 1), (0.0, 0.0, 1 << 43 | 1 << 21)]
        {
            let point = Point::new(latitude, longitude).unwrap();
            assert_eq!((point.bits(), Point::from_bits(bits)), (bits, point));
            assert_eq!((point.latitude(), point.longitude()), (latitude, longitude));
        }
    }

    #[test]
    fn what_is_nowhere_on_earth_is_refused() {
        for (latitude, longitude) in [(90.01, 0.0), (0.0, -180.01), (f64::NAN, 0.0), (0.0, f64::INFINITY)] {
            assert!(matches!(Point::new(latitude, longitude), Err(Error::Point { .. })));
        }
        let centre = Point::new(44.8, 20.46).unwrap();
        for radius_km in [-1.0, f64::NAN, 16384.0] {
            assert!(matches!(Circle::new(centre, radius_km), Err(Error::Radius { .. })));
        }
        assert_eq!(
            Polygon::new(vec![centre; 186]),
            Err(Error::PolygonPoints { found: 186, min: 3, max: 185 })
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn four_decimal_places_are_read_back_as_they_were_written(
            latitude in -900_000i32..=900_000,
            longitude in -1_800_000i32..=1_800_000,
            radius in 0u32..1000,
        ) {
            let (latitude, longitude) = (f64::from(latitude) / 1e4, f64::from(longitude) / 1e4);
            let circle = Circle::new(Point::new(latitude, longitude).unwrap(), f64::from(radius) / 10.0).unwrap();
            prop_assert_eq!(circle.centre().latitude(), latitude);
            prop_assert_eq!(circle.centre().longitude(), longitude);
            prop_assert_eq!(circle.radius_km(), f64::from(radius) / 10.0);
        }
    }
}
