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
