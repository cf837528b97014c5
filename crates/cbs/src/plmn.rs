//! The network identity in its TBCD octets (TS 23.003, TS 24.008 §10.5.1.3).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Error;

/// A network: mobile country code and mobile network code.
///
/// ```text
/// octet 1 = MCC2 << 4 | MCC1
/// octet 2 = (MNC3 or 0xf) << 4 | MCC3
/// octet 3 = MNC2 << 4 | MNC1
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Plmn([u8; 3]);

impl Plmn {
    /// The network in its three octets, or an error when they are not decimal digits.
    pub fn from_octets(octets: [u8; 3]) -> Result<Self, Error> {
        let [a, b, c] = octets;
        let decimal = [a & 0xf, a >> 4, b & 0xf, c & 0xf, c >> 4].iter().all(|digit| *digit <= 9);
        if decimal && (b >> 4 <= 9 || b >> 4 == 0xf) {
            Ok(Self(octets))
        } else {
            Err(Error::PlmnOctets { found: octets })
        }
    }

    /// The three octets as they go on the wire.
    pub const fn octets(self) -> [u8; 3] {
        self.0
    }
}

impl FromStr for Plmn {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let error = || Error::Plmn { found: text.to_owned() };
        let digits: Vec<u8> = text
            .bytes()
            .map(|byte| byte.is_ascii_digit().then(|| byte - b'0').ok_or_else(error))
            .collect::<Result<_, _>>()?;
        match digits[..] {
            [a, b, c, d, e] => Ok(Self([b << 4 | a, 0xf0 | c, e << 4 | d])),
            [a, b, c, d, e, f] => Ok(Self([b << 4 | a, f << 4 | c, e << 4 | d])),
            _ => Err(error()),
        }
    }
}

impl fmt::Display for Plmn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c] = self.0;
        write!(f, "{}{}{}{}{}", a & 0xf, a >> 4, b & 0xf, c & 0xf, c >> 4)?;
        if b >> 4 == 0xf { Ok(()) } else { write!(f, "{}", b >> 4) }
    }
}

impl TryFrom<String> for Plmn {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Plmn> for String {
    fn from(plmn: Plmn) -> Self {
        plmn.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden() {
        for (text, octets) in [
            ("22001", [0x22, 0xf0, 0x10]),
            ("22003", [0x22, 0xf0, 0x30]),
            ("22005", [0x22, 0xf0, 0x50]),
            ("310410", [0x13, 0x00, 0x14]),
        ] {
            let plmn: Plmn = text.parse().unwrap();
            assert_eq!(plmn.octets(), octets);
            assert_eq!(Plmn::from_octets(octets).unwrap().to_string(), text);
        }
    }

    #[test]
    fn anything_but_digits_is_refused() {
        assert_eq!("2200".parse::<Plmn>(), Err(Error::Plmn { found: "2200".into() }));
        assert_eq!("22o01".parse::<Plmn>(), Err(Error::Plmn { found: "22o01".into() }));
        assert!(Plmn::from_octets([0xaa, 0xf0, 0x10]).is_err());
    }
}
