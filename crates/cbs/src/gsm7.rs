//! The GSM 7-bit default alphabet, its extension table, and its packing (TS 23.038 §6.1.2, §6.2.1).
//!
//! ```text
//! octet 0: b a6..a0   septet i lies in the bits 7i to 7i+6 of a string of bits that
//! octet 1: cc b6..b1  starts at the low bit of the first octet
//! octet 2: ddd c6..c2
//! ```

use crate::page::{Page, Paginator};
use crate::{Error, Pages};

/// How many septets a page holds: 651 of its 656 bits.
pub(crate) const SEPTETS_PER_PAGE: usize = 93;
/// Fills what the text leaves of a page.
pub(crate) const CR: u8 = 0x0d;
/// Announces a character of the extension table.
const ESCAPE: u8 = 0x1b;

#[rustfmt::skip]
const DEFAULT: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å',
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{1b}', 'Æ', 'æ', 'ß', 'É',
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§',
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

const EXTENSION: [(u8, char); 10] = [
    (0x0a, '\u{c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2f, '\\'),
    (0x3c, '['),
    (0x3d, '~'),
    (0x3e, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

/// How many septets the character takes, 1 or 2; `None` when the alphabet lacks it.
pub(crate) fn width(ch: char) -> Option<usize> {
    code(ch).map(|code| if code.escaped { 2 } else { 1 })
}

/// The pages of a text. An escape and its character stay on one page.
pub(crate) fn paginate(text: &str) -> Result<Pages, Error> {
    let mut pages = Paginator::default();
    let mut septets = Vec::with_capacity(SEPTETS_PER_PAGE);
    for (at, found) in text.chars().enumerate() {
        let code = code(found).ok_or(Error::NotGsm7 { at, found })?;
        if septets.len() + 1 + usize::from(code.escaped) > SEPTETS_PER_PAGE {
            pages.push(page(&septets));
            septets.clear();
        }
        if code.escaped {
            septets.push(ESCAPE);
        }
        septets.push(code.septet);
    }
    if !septets.is_empty() || text.is_empty() {
        pages.push(page(&septets));
    }
    pages.finish()
}

/// The text of a page's useful octets as they stand, without `skip` septets at its start.
///
/// Seven and eight septets both take seven octets, so one CR at the end of a full octet is fill, not text.
pub(crate) fn decode(useful: &[u8], skip: usize) -> String {
    let mut septets: Vec<u8> = unpack(useful).take(SEPTETS_PER_PAGE).collect();
    if useful.len().is_multiple_of(7) && septets.last() == Some(&CR) {
        septets.pop();
    }
    let mut text = String::with_capacity(septets.len());
    let mut septets = septets.into_iter().skip(skip);
    while let Some(septet) = septets.next() {
        if septet != ESCAPE {
            text.push(DEFAULT[usize::from(septet & 0x7f)]);
        } else if let Some(septet) = septets.next() {
            text.push(escaped(septet));
        }
    }
    text
}

/// Packs septets into octets from the low bit on; what does not fit is left out.
pub(crate) fn pack(septets: &[u8], octets: &mut [u8]) {
    let (mut held, mut bits) = (0u16, 0);
    let mut octets = octets.iter_mut();
    for septet in septets {
        held |= u16::from(septet & 0x7f) << bits;
        bits += 7;
        if bits >= 8 {
            let Some(octet) = octets.next() else { return };
            *octet = held as u8;
            held >>= 8;
            bits -= 8;
        }
    }
    if bits > 0
        && let Some(octet) = octets.next()
    {
        *octet = held as u8;
    }
}

/// The whole septets in these octets.
pub(crate) fn unpack(octets: &[u8]) -> impl Iterator<Item = u8> {
    (0..octets.len() * 8 / 7).map(|index| {
        let (octet, shift) = (index * 7 / 8, index * 7 % 8);
        let low = u16::from(octets[octet]);
        let high = octets.get(octet + 1).map_or(0, |octet| u16::from(*octet));
        ((high << 8 | low) >> shift & 0x7f) as u8
    })
}

/// A page of at most 93 septets, filled up with CR.
fn page(septets: &[u8]) -> Page {
    let mut filled = [CR; SEPTETS_PER_PAGE];
    filled[..septets.len()].copy_from_slice(septets);
    let mut octets = [0; Page::OCTETS];
    pack(&filled, &mut octets);
    Page::filled(octets, (septets.len() * 7).div_ceil(8))
}

struct Code {
    escaped: bool,
    septet: u8,
}

fn code(ch: char) -> Option<Code> {
    // The table has a place for ESC, but ESC is no character.
    if ch == char::from(ESCAPE) {
        return None;
    }
    if let Some(septet) = DEFAULT.iter().position(|known| *known == ch) {
        return Some(Code { escaped: false, septet: septet as u8 });
    }
    let (septet, _) = EXTENSION.iter().find(|(_, known)| *known == ch)?;
    Some(Code { escaped: true, septet: *septet })
}

/// What a phone shows for an escape and this septet: the plain character where the extension table has none, and a
/// space for a second escape, which is kept for a further table (TS 23.038 §6.2.1.1).
fn escaped(septet: u8) -> char {
    match EXTENSION.iter().find(|(code, _)| *code == septet) {
        Some((_, ch)) => *ch,
        None if septet == ESCAPE => ' ',
        None => DEFAULT[usize::from(septet & 0x7f)],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn golden_packing() {
        let mut octets = [0; 4];
        pack(b"TEST", &mut octets);
        assert_eq!(octets, [0xd4, 0xe2, 0x94, 0x0a]);
        let page = paginate("TEST").unwrap().as_slice()[0];
        assert_eq!(page.octets()[..8], [0xd4, 0xe2, 0x94, 0xda, 0x68, 0x34, 0x1a, 0x8d]);
        assert_eq!(page.useful().len(), 4);
    }

    #[test]
    fn a_character_outside_the_alphabet_is_named_with_its_place() {
        assert_eq!(paginate("Nije čudo"), Err(Error::NotGsm7 { at: 5, found: 'č' }));
        assert_eq!(paginate("\u{1b}"), Err(Error::NotGsm7 { at: 0, found: '\u{1b}' }));
    }

    #[test]
    fn an_escape_pair_moves_to_the_next_page_as_one() {
        let pages = paginate(&format!("{}€", "x".repeat(92))).unwrap();
        let texts: Vec<_> = pages.as_slice().iter().map(|page| decode(page.useful(), 0)).collect();
        assert_eq!(texts, ["x".repeat(92), "€".into()]);
        assert_eq!(paginate(&format!("{}€", "x".repeat(91))).unwrap().as_slice().len(), 1);
    }

    #[test]
    fn an_unknown_escape_shows_the_plain_character() {
        let mut octets = [0; 7];
        pack(&[0x1b, b'A', 0x1b, 0x1b, b'b', 0x1b], &mut octets);
        assert_eq!(decode(&octets[..6], 0), "A b");
    }

    fn gsm7_text() -> impl Strategy<Value = String> {
        let alphabet: Vec<char> =
            DEFAULT.into_iter().chain(EXTENSION.map(|(_, ch)| ch)).filter(|ch| *ch != '\u{1b}').collect();
        proptest::collection::vec(proptest::sample::select(alphabet), 0..650)
            .prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn any_text_of_the_alphabet_comes_back(text in gsm7_text()) {
            let pages = paginate(&text).unwrap();
            let back: String = pages.as_slice().iter().map(|page| decode(page.useful(), 0)).collect();
            // A CR at the very end may be fill.
            prop_assert_eq!(back.trim_end_matches('\r'), text.trim_end_matches('\r'));
        }

        #[test]
        fn packing_is_undone_by_unpacking(septets in proptest::collection::vec(0u8..128, 0..94)) {
            let mut octets = vec![0; (septets.len() * 7).div_ceil(8)];
            pack(&septets, &mut octets);
            let back: Vec<u8> = unpack(&octets).take(septets.len()).collect();
            prop_assert_eq!(back, septets);
        }
    }
}
