//! The two letters that open a page under the data coding schemes 0x10 and 0x11 (TS 23.038 §5).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, gsm7};

/// A language as its ISO 639-1 code, two lower-case letters: `sr`, `hu`, `en`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language([u8; 2]);

impl Language {
    /// Serbian.
    pub const SERBIAN: Self = Self(*b"sr");

    /// The code in GSM 7-bit, packed into two octets: `sr` is `73 39`.
    pub(crate) fn packed(self) -> [u8; 2] {
        let mut octets = [0; 2];
        gsm7::pack(&self.0, &mut octets);
        octets
    }

    /// The language that these two octets say, if they say one.
    pub(crate) fn from_packed(octets: [u8; 2]) -> Option<Self> {
        let mut septets = gsm7::unpack(&octets);
        let letters = [septets.next()?, septets.next()?];
        letters.iter().all(u8::is_ascii_lowercase).then_some(Self(letters))
    }
}

impl FromStr for Language {
    type Err = Error;

    fn from_str(code: &str) -> Result<Self, Error> {
        match *code.as_bytes() {
            [a, b] if a.is_ascii_lowercase() && b.is_ascii_lowercase() => Ok(Self([a, b])),
            _ => Err(Error::Language { found: code.to_owned() }),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = self.0.map(char::from);
        write!(f, "{a}{b}")
    }
}

impl TryFrom<String> for Language {
    type Error = Error;

    fn try_from(code: String) -> Result<Self, Error> {
        code.parse()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serbian_is_packed_in_two_octets() {
        assert_eq!(Language::SERBIAN.packed(), [0x73, 0x39]);
        assert_eq!(Language::from_packed([0x73, 0x39]), Some(Language::SERBIAN));
        assert_eq!("sr".parse(), Ok(Language::SERBIAN));
    }

    #[test]
    fn only_two_lower_case_letters_are_a_language() {
        for code in ["", "s", "srp", "SR", "s1", "ш"] {
            assert_eq!(code.parse::<Language>(), Err(Error::Language { found: code.into() }));
        }
        assert_eq!(Language::from_packed([0x04, 0x1d]), None);
    }
}
