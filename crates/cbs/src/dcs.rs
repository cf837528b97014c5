//! The data coding scheme: in which alphabet, and sometimes in which language, a page is written (TS 23.038 §5).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A data coding scheme, one octet. Every octet is one; the reserved ones mean GSM 7-bit.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct DataCodingScheme(u8);

impl DataCodingScheme {
    /// GSM 7-bit, language unspecified.
    pub const GSM7: Self = Self(0x0f);
    /// GSM 7-bit, each page opened by a language (two letters and CR).
    pub const GSM7_LANGUAGE: Self = Self(0x10);
    /// UCS-2, no message class.
    pub const UCS2: Self = Self(0x48);
    /// UCS-2, each page opened by a language (two letters packed in two octets).
    pub const UCS2_LANGUAGE: Self = Self(0x11);

    /// The scheme with this octet.
    pub const fn new(octet: u8) -> Self {
        Self(octet)
    }

    /// The octet, as it goes on the wire.
    pub const fn octet(self) -> u8 {
        self.0
    }

    /// How the octets of a page become text.
    pub const fn encoding(self) -> Encoding {
        match self.0 {
            0x10 => Encoding::Gsm7WithLanguage,
            0x11 => Encoding::Ucs2WithLanguage,
            // General data coding: bit 5 says compressed, bits 3 and 2 name the alphabet.
            0x60..=0x7f => Encoding::Data,
            0x40..=0x5f => match self.0 >> 2 & 3 {
                1 => Encoding::Data,
                2 => Encoding::Ucs2,
                _ => Encoding::Gsm7,
            },
            // A user data header, I1 protocol messages and WAP: nothing to show as it stands.
            0x90..=0x9f | 0xd0..=0xef => Encoding::Data,
            // Data coding and message class: bit 2 says 8-bit data.
            0xf0..=0xff if self.0 & 4 != 0 => Encoding::Data,
            _ => Encoding::Gsm7,
        }
    }

    /// The language that the scheme itself names, as its ISO 639-1 code.
    pub fn language(self) -> Option<&'static str> {
        const FIRST: [&str; 15] =
            ["de", "en", "it", "fr", "es", "nl", "sv", "da", "pt", "fi", "no", "el", "tr", "hu", "pl"];
        const SECOND: [&str; 5] = ["cs", "he", "ar", "ru", "is"];
        match self.0 {
            0x00..=0x0f => FIRST.get(usize::from(self.0)).copied(),
            0x20..=0x2f => SECOND.get(usize::from(self.0 - 0x20)).copied(),
            _ => None,
        }
    }
}

impl fmt::Display for DataCodingScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:02x}", self.0)
    }
}

/// How the octets of a page become text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Encoding {
    /// No text: 8-bit data, compressed text, or a header before the text. Public warning uses none of them.
    Data,
    /// GSM 7-bit.
    Gsm7,
    /// GSM 7-bit after two letters of language and CR on each page.
    Gsm7WithLanguage,
    /// UCS-2.
    Ucs2,
    /// UCS-2 after two octets of language on each page.
    Ucs2WithLanguage,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes_of_public_warning() {
        for (octet, encoding, language) in [
            (0x00, Encoding::Gsm7, Some("de")),
            (0x01, Encoding::Gsm7, Some("en")),
            (0x0d, Encoding::Gsm7, Some("hu")),
            (0x0e, Encoding::Gsm7, Some("pl")),
            (0x0f, Encoding::Gsm7, None),
            (0x10, Encoding::Gsm7WithLanguage, None),
            (0x11, Encoding::Ucs2WithLanguage, None),
            (0x24, Encoding::Gsm7, Some("is")),
            (0x25, Encoding::Gsm7, None),
            (0x40, Encoding::Gsm7, None),
            (0x44, Encoding::Data, None),
            (0x48, Encoding::Ucs2, None),
            (0x59, Encoding::Ucs2, None),
            (0x68, Encoding::Data, None),
            (0x80, Encoding::Gsm7, None),
            (0xf0, Encoding::Gsm7, None),
            (0xf4, Encoding::Data, None),
        ] {
            let dcs = DataCodingScheme::new(octet);
            assert_eq!((dcs.encoding(), dcs.language()), (encoding, language), "{dcs}");
        }
    }
}
