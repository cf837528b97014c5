//! The one error of this crate: what was expected and what came.

/// Why a value cannot be a part of a cell broadcast message.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The Warning Message Contents are not a count of pages and that many pages of 83 octets.
    #[error(
        "warning message contents: expected 1 + 83 octets for each of {announced} pages, found {found} octets"
    )]
    ContentsLength {
        /// The count of pages in the first octet.
        announced: u8,
        /// How many octets came.
        found: usize,
    },
    /// Warning area coordinates cannot be read (TS 23.041 §9.3.61).
    #[error("warning area coordinates, element at octet {at}: expected {expected}, found {found}")]
    Coordinates {
        /// Where the element starts, in octets from 0.
        at: usize,
        /// What the element should be.
        expected: &'static str,
        /// The field that came.
        found: u16,
    },
    /// Warning area coordinates are empty or too long.
    #[error("warning area coordinates: expected 1 to {max} octets, found {found}")]
    CoordinatesLength {
        /// How many octets they take.
        found: usize,
        /// The most octets they may take.
        max: usize,
    },
    /// A language is not an ISO 639-1 code.
    #[error("language: expected two letters a to z, found {found:?}")]
    Language {
        /// The text that came.
        found: String,
    },
    /// A message code does not fit its ten bits (TS 23.041 §9.4.1.2.1).
    #[error("message code: expected 0 to 1023, found {found}")]
    MessageCode {
        /// The code that came.
        found: u16,
    },
    /// A character has no place in GSM 7-bit.
    #[error("character {found:?} at {at} is not in the GSM 7-bit alphabet; choose UCS-2 or replace it")]
    NotGsm7 {
        /// Its place in the text, in characters from 0.
        at: usize,
        /// The character.
        found: char,
    },
    /// Pages hold no text under this data coding scheme.
    #[error("data coding scheme: expected one of text, found {dcs}")]
    NotText {
        /// The scheme that came.
        dcs: crate::DataCodingScheme,
    },
    /// A character has no place in UCS-2.
    #[error("character {found:?} at {at} lies beyond U+FFFF and is not in UCS-2; replace it")]
    NotUcs2 {
        /// Its place in the text, in characters from 0.
        at: usize,
        /// The character.
        found: char,
    },
    /// A message has no page, or too many.
    #[error("pages: expected 1 to {max}, found {found}")]
    PageCount {
        /// How many pages came.
        found: usize,
        /// The most pages that a message may have.
        max: usize,
    },
    /// The octets of a page are not 82 in hexadecimal.
    #[error("page: expected 164 hexadecimal digits, found {found:?}")]
    PageHex {
        /// The text that came.
        found: String,
    },
    /// A PLMN is not five or six decimal digits.
    #[error("PLMN: expected five or six decimal digits (MCC and MNC), found {found:?}")]
    Plmn {
        /// The text that came.
        found: String,
    },
    /// Three octets are not the TBCD form of a PLMN.
    #[error("PLMN octets: expected decimal digits as TBCD, found {}", hex::encode(found))]
    PlmnOctets {
        /// The octets that came.
        found: [u8; 3],
    },
    /// A point is nowhere on earth.
    #[error("point: expected a latitude of -90 to 90 and a longitude of -180 to 180, found {found}")]
    Point {
        /// The point that came, latitude and longitude in degrees.
        found: String,
    },
    /// A polygon has too few points to be one, or more than its length field can say.
    #[error("polygon: expected {min} to {max} points, found {found}")]
    PolygonPoints {
        /// How many points came.
        found: usize,
        /// The fewest points.
        min: usize,
        /// The most points.
        max: usize,
    },
    /// A radius does not fit its 20 bits of 1/64 km.
    #[error("radius: expected 0 to 16383.98 km, found {found} km")]
    Radius {
        /// The radius that came, in kilometres.
        found: String,
    },
    /// A repetition period is nothing a network could keep.
    #[error("repetition period: expected 1000 to {max_ms} ms, found {found_ms} ms")]
    RepetitionPeriod {
        /// The period that came, in milliseconds.
        found_ms: u32,
        /// The longest period any interface can say, in milliseconds.
        max_ms: u32,
    },
    /// A geographical scope does not fit its two bits.
    #[error("geographical scope: expected 0 to 3, found {found}")]
    Scope {
        /// The scope that came.
        found: u8,
    },
    /// An update number does not fit its four bits.
    #[error("update number: expected 0 to 15, found {found}")]
    UpdateNumber {
        /// The update number that came.
        found: u8,
    },
    /// A page has more useful octets than octets.
    #[error("useful octets of a page: expected 0 to 82, found {found}")]
    UsefulOctets {
        /// The length octet that came.
        found: u8,
    },
    /// An ETWS warning type does not fit its seven bits (TS 23.041 §9.3.24).
    #[error("warning type: expected 0 to 127, found {found}")]
    WarningType {
        /// The value that came.
        found: u8,
    },
}
