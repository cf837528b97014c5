//! The choice of an alphabet for a text.

use crate::dcs::Encoding;
use crate::{DataCodingScheme, Language, Page, gsm7};

/// In which alphabet a text is broadcast.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Alphabet {
    /// GSM 7-bit: 93 characters a page, none of them Cyrillic and none of č ć š ž đ.
    Gsm7,
    /// UCS-2: 41 characters a page.
    Ucs2,
    /// UCS-2 with its language named on each page: 40 characters a page.
    Ucs2Lang(Language),
}

impl Alphabet {
    /// The alphabet that takes the fewest pages: GSM 7-bit where the text allows it, else UCS-2.
    pub fn cheapest(text: &str) -> Self {
        if text.chars().all(|ch| gsm7::width(ch).is_some()) { Self::Gsm7 } else { Self::Ucs2 }
    }

    /// The scheme that tells the phone of this alphabet.
    pub const fn dcs(self) -> DataCodingScheme {
        match self {
            Self::Gsm7 => DataCodingScheme::GSM7,
            Self::Ucs2 => DataCodingScheme::UCS2,
            Self::Ucs2Lang(_) => DataCodingScheme::UCS2_LANGUAGE,
        }
    }

    /// The alphabet of a page that came under this scheme, if it is one of ours.
    pub(crate) fn of_page(page: &Page, dcs: DataCodingScheme) -> Option<Self> {
        match dcs.encoding() {
            Encoding::Gsm7 => Some(Self::Gsm7),
            Encoding::Ucs2 => Some(Self::Ucs2),
            Encoding::Ucs2WithLanguage => {
                Some(Self::Ucs2Lang(Language::from_packed(*page.useful().first_chunk()?)?))
            }
            Encoding::Gsm7WithLanguage | Encoding::Data => None,
        }
    }
}
