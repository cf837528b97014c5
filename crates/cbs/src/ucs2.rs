//! UCS-2: two octets a character, the Basic Multilingual Plane only (TS 23.038 §6.2.3).

use crate::page::{Page, Paginator};
use crate::{Error, Language, Pages};

/// Two octets that fill what the text leaves of a page: CR. A GSM phone gets no length octet and decodes all 82, so
/// zeros would show as NULs.
const FILL: [u8; 2] = [0x00, 0x0d];

/// The pages of a text, each opened by the language when one is given (41 characters a page, or 40).
pub(crate) fn paginate(text: &str, language: Option<Language>) -> Result<Pages, Error> {
    let mut prefix = Vec::with_capacity(Page::OCTETS);
    prefix.extend(language.map(Language::packed).iter().flatten());
    let mut pages = Paginator::default();
    let mut octets = prefix.clone();
    for (at, found) in text.chars().enumerate() {
        let unit = u16::try_from(u32::from(found)).map_err(|_| Error::NotUcs2 { at, found })?;
        if octets.len() == Page::OCTETS {
            pages.push(page(&octets));
            octets.clone_from(&prefix);
        }
        octets.extend(unit.to_be_bytes());
    }
    if octets.len() > prefix.len() || text.is_empty() {
        pages.push(page(&octets));
    }
    pages.finish()
}

/// The text of these octets as they stand. A lone surrogate shows as U+FFFD, an odd last octet is nothing.
pub(crate) fn decode(octets: &[u8]) -> String {
    let units = octets.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair));
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// A page of at most 82 octets, an even number, filled up with CR.
fn page(useful: &[u8]) -> Page {
    let mut octets = [0; Page::OCTETS];
    for pair in octets.as_chunks_mut::<2>().0 {
        *pair = FILL;
    }
    octets[..useful.len()].copy_from_slice(useful);
    Page::filled(octets, useful.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_full_page_holds_41_characters_or_40_after_a_language() {
        for (count, language, pages) in [
            (0, None, 1),
            (41, None, 1),
            (42, None, 2),
            (40, Some(Language::SERBIAN), 1),
            (41, Some(Language::SERBIAN), 2),
        ] {
            assert_eq!(paginate(&"ш".repeat(count), language).unwrap().as_slice().len(), pages);
        }
    }

    #[test]
    fn a_character_beyond_the_plane_is_named_with_its_place() {
        assert_eq!(paginate("пас 🐕", None), Err(Error::NotUcs2 { at: 4, found: '🐕' }));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn any_text_of_the_plane_comes_back(
            chars in proptest::collection::vec(proptest::char::range('\0', '\u{ffff}'), 0..600),
            language in proptest::option::of(Just(Language::SERBIAN)),
        ) {
            let text: String = chars.into_iter().collect();
            let skip = if language.is_some() { 2 } else { 0 };
            let pages = paginate(&text, language).unwrap();
            let back: String = pages.as_slice().iter().map(|page| decode(&page.useful()[skip..])).collect();
            prop_assert_eq!(back, text);
        }
    }
}
