//! Warning area coordinates, by which a phone judges itself whether it is in the area (ATIS-0700041, TS 23.041
//! §9.3.61).

use serde::{Deserialize, Serialize};

use crate::{Error, Shape};

const MAX_WAIT: u16 = 1;
const HEADER_OCTETS: usize = 2;

/// The shapes of a warning area and how long a phone may look for its own position.
///
/// A run of elements, each bit-packed and filled with zero bits to an octet:
///
/// ```text
///  4 bits   10 bits                        2 bits
/// +------+-------------------------------+----+-------
/// | type | length in octets, these 2 too | 00 | value
/// +------+-------------------------------+----+-------
/// type 1  maximum wait: 8 bits of seconds, 255 = the phone's default; at most one, and first
/// type 2  polygon: 44 bits a point (latitude 22, longitude 22), the first point not repeated
/// type 3  circle: 44 bits of centre, 20 bits of radius
/// ```
///
/// Its JSON form is `{"max_wait": null, "shapes": [{"polygon": [[lat, lon], …]}, {"circle": [lat, lon, km]}]}`.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub struct Coordinates {
    max_wait_s: Option<u8>,
    shapes: Vec<Shape>,
}

impl Coordinates {
    /// The most octets that the coordinates may take.
    pub const OCTETS_MAX: usize = 1024;

    /// Coordinates of these parts, or an error when they are none or take more than 1024 octets.
    ///
    /// `max_wait_s` is in seconds; 255 leaves it to the phone.
    pub fn new(max_wait_s: Option<u8>, shapes: Vec<Shape>) -> Result<Self, Error> {
        let coordinates = Self { max_wait_s, shapes };
        Self::check_length(coordinates.encode().len())?;
        Ok(coordinates)
    }

    /// Reads coordinates. What this type cannot hold is refused, so encoding what was decoded never changes it.
    pub fn decode(octets: &[u8]) -> Result<Self, Error> {
        Self::check_length(octets.len())?;
        let mut coordinates = Self { max_wait_s: None, shapes: Vec::new() };
        let mut at = 0;
        while let Some(rest) = octets.get(at..).filter(|rest| !rest.is_empty()) {
            let refuse = |expected, found| Error::Coordinates { at, expected, found };
            let Some((header, value)) = rest.split_first_chunk::<HEADER_OCTETS>() else {
                return Err(refuse("two octets of type and length", 1));
            };
            let header = u16::from_be_bytes(*header);
            let (kind, length, spare) = (header >> 12, header >> 2 & 0x3ff, header & 3);
            if spare != 0 {
                return Err(refuse("two zero bits after the length", spare));
            }
            let Some(value) = usize::from(length).checked_sub(HEADER_OCTETS).and_then(|n| value.get(..n))
            else {
                return Err(refuse("a length of at least 2 and within the octets that came", length));
            };
            match (kind, value) {
                (MAX_WAIT, [seconds]) if at == 0 => coordinates.max_wait_s = Some(*seconds),
                (MAX_WAIT, _) => return Err(refuse("one maximum wait of 3 octets, and first", length)),
                _ => {
                    let shape = Shape::decode(kind, value).ok_or(refuse(
                        "a polygon (type 2) of 3 points or more or a circle (type 3), filled with zero bits",
                        kind,
                    ))?;
                    coordinates.shapes.push(shape);
                }
            }
            at += usize::from(length);
        }
        Ok(coordinates)
    }

    /// The octets, as they go on the wire.
    pub fn encode(&self) -> Vec<u8> {
        let mut octets = Vec::new();
        let mut element = |kind: u16, value: &[u8]| {
            let length = (HEADER_OCTETS + value.len()) as u16;
            octets.extend((kind << 12 | length << 2).to_be_bytes());
            octets.extend(value);
        };
        if let Some(seconds) = self.max_wait_s {
            element(MAX_WAIT, &[seconds]);
        }
        for shape in &self.shapes {
            element(shape.kind(), &shape.value());
        }
        octets
    }

    /// How long a phone may look for its position, in seconds; 255 and `None` leave it to the phone.
    pub const fn max_wait_s(&self) -> Option<u8> {
        self.max_wait_s
    }

    /// The shapes in order.
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    fn check_length(found: usize) -> Result<(), Error> {
        if found == 0 || found > Self::OCTETS_MAX {
            return Err(Error::CoordinatesLength { found, max: Self::OCTETS_MAX });
        }
        Ok(())
    }
}

impl TryFrom<Fields> for Coordinates {
    type Error = Error;

    fn try_from(fields: Fields) -> Result<Self, Error> {
        Self::new(fields.max_wait, fields.shapes)
    }
}

/// The parts of the coordinates by name, as the engineers' tools print them.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    max_wait: Option<u8>,
    shapes: Vec<Shape>,
}

impl From<Coordinates> for Fields {
    fn from(coordinates: Coordinates) -> Self {
        Self { max_wait: coordinates.max_wait_s, shapes: coordinates.shapes }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Circle, Point, Polygon};

    fn element(kind: u16, length: usize, value: &[u8]) -> Vec<u8> {
        let header = kind << 12 | (length as u16) << 2;
        [&header.to_be_bytes(), value].concat()
    }

    fn refusal(octets: &[u8]) -> (usize, u16) {
        match Coordinates::decode(octets) {
            Err(Error::Coordinates { at, found, .. }) => (at, found),
            other => panic!("expected a refusal, found {other:?}"),
        }
    }

    #[test]
    fn what_it_cannot_hold_is_refused_with_its_place() {
        let wait = element(1, 3, &[30]);
        assert_eq!(refusal(&[0x10]), (0, 1));
        assert_eq!(refusal(&[0x10, 0x0d, 30]), (0, 1), "spare bits");
        assert_eq!(refusal(&element(1, 1, &[30])), (0, 1), "a length within its own header");
        assert_eq!(refusal(&element(1, 4, &[30])), (0, 4), "a length past the end");
        assert_eq!(refusal(&element(1, 2, &[])), (0, 2), "no value");
        assert_eq!(refusal(&[wait.clone(), wait.clone()].concat()), (3, 3), "a second wait");
        assert_eq!(refusal(&element(7, 3, &[0])), (0, 7), "an unknown type");
        assert_eq!(refusal(&element(3, 8, &[0; 6])), (0, 3), "a circle without a radius");
        assert_eq!(refusal(&element(2, 13, &[0; 11])), (0, 2), "a polygon of two points");
        assert_eq!(refusal(&element(2, 20, &[0; 18])), (0, 2), "an octet too many");
        assert_eq!(refusal(&element(2, 19, &[0xff; 17])), (0, 2), "fill that is not zero");
        assert!(Coordinates::decode(&[wait, element(2, 19, &[0; 17])].concat()).is_ok());
    }

    #[test]
    fn coordinates_are_1_to_1024_octets() {
        let error = |found| Err(Error::CoordinatesLength { found, max: 1024 });
        assert_eq!(Coordinates::new(None, vec![]), error(0));
        assert_eq!(Coordinates::decode(&[]), error(0));
        assert_eq!(Coordinates::decode(&[0; 1025]), error(1025));
        let point = Point::new(45.0, 19.0).unwrap();
        let largest = Shape::Polygon(Polygon::new(vec![point; Polygon::POINTS_MAX]).unwrap());
        assert_eq!(Coordinates::new(Some(1), vec![largest.clone()]).unwrap().encode().len(), 1023);
        let circle = Shape::Circle(Circle::new(point, 1.0).unwrap());
        assert_eq!(Coordinates::new(None, vec![largest, circle]), error(1030));
    }

    fn any_shape() -> impl Strategy<Value = Vec<u8>> {
        let polygon = (3usize..16).prop_flat_map(|points| {
            proptest::collection::vec(any::<u8>(), (points * 44).div_ceil(8)).prop_map(move |mut value| {
                if points % 2 == 1 {
                    *value.last_mut().unwrap() &= 0xf0;
                }
                element(2, 2 + value.len(), &value)
            })
        });
        prop_oneof![polygon, any::<[u8; 8]>().prop_map(|value| element(3, 10, &value))]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn any_codes_come_back_through_octets_and_through_json(
            wait in proptest::option::of(any::<u8>()),
            shapes in proptest::collection::vec(any_shape(), 1..8),
        ) {
            let wait = wait.map(|seconds| element(1, 3, &[seconds])).unwrap_or_default();
            let octets = [wait, shapes.concat()].concat();
            let coordinates = Coordinates::decode(&octets).unwrap();
            prop_assert_eq!(coordinates.encode(), octets);
            let json = serde_json::to_string(&coordinates).unwrap();
            prop_assert_eq!(serde_json::from_str::<Coordinates>(&json).unwrap(), coordinates);
        }

        #[test]
        fn hostile_octets_never_panic(
            kind in 0u16..5,
            length in 0usize..40,
            octets in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            for octets in [element(kind, length, &octets), octets] {
                if let Ok(coordinates) = Coordinates::decode(&octets) {
                    prop_assert_eq!(coordinates.encode(), octets);
                }
            }
        }
    }
}
