//! The cleaning of a text before its alphabet is chosen: what an editor has put in that costs pages and says nothing.

use serde::Serialize;
use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// A cleaned text and all that was changed in it.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Normalized {
    /// The text as it would be broadcast.
    pub text: String,
    /// What differs from the text that came, in its order.
    pub changes: Vec<Change>,
}

/// One change that the cleaning has made.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Change {
    /// Where it was in the text that came, in characters from 0.
    pub at: usize,
    /// What was there.
    pub from: String,
    /// What is there now.
    pub to: String,
}

/// Cleans a text: composes letters and their marks (NFC), writes the digraphs of U+01C4 to U+01CC as two letters, and
/// makes typographic quotes, dashes, ellipses and spaces plain. Nothing is changed without being listed.
pub fn normalize(text: &str) -> Normalized {
    let mut normalized = Normalized { text: String::with_capacity(text.len()), changes: Vec::new() };
    let mut at = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let (cluster, after) = rest.split_at(cluster_length(rest));
        let start = normalized.text.len();
        for ch in cluster.nfc() {
            match plain(ch) {
                Some(plain) => normalized.text.push_str(plain),
                None => normalized.text.push(ch),
            }
        }
        let to = &normalized.text[start..];
        if to != cluster {
            normalized.changes.push(Change { at, from: cluster.into(), to: to.into() });
        }
        at += cluster.chars().count();
        rest = after;
    }
    normalized
}

/// How many bytes of a text compose on their own: the first character and all that could join it.
fn cluster_length(text: &str) -> usize {
    let joins = |ch: char| {
        canonical_combining_class(ch) != 0 || is_nfc_quick(std::iter::once(ch)) == IsNormalized::Maybe
    };
    let next = text.char_indices().skip(1).find(|(_, ch)| !joins(*ch));
    next.map_or(text.len(), |(index, _)| index)
}

/// The plain form of a typographic character.
fn plain(ch: char) -> Option<&'static str> {
    Some(match ch {
        '\u{1c4}' => "DŽ",
        '\u{1c5}' => "Dž",
        '\u{1c6}' => "dž",
        '\u{1c7}' => "LJ",
        '\u{1c8}' => "Lj",
        '\u{1c9}' => "lj",
        '\u{1ca}' => "NJ",
        '\u{1cb}' => "Nj",
        '\u{1cc}' => "nj",
        '„' | '“' | '”' | '‟' | '«' | '»' => "\"",
        '‘' | '’' | '‚' | '‛' | '‹' | '›' => "'",
        // Hyphens, dashes of every length, and the minus sign.
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
        '…' => "...",
        // Spaces that do not break or have a width of their own, and the tab.
        '\t' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' => " ",
        // The soft hyphen and characters without a width: nobody sees them, yet one of them forces UCS-2.
        '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}' => "",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn change(at: usize, from: &str, to: &str) -> Change {
        Change { at, from: from.into(), to: to.into() }
    }

    #[test]
    fn a_clean_text_stays_as_it_is() {
        let text = "Нестала Јована Илић, 5 година. Đak, čeka!\nAMBER \"112\"";
        assert_eq!(normalize(text), Normalized { text: text.into(), changes: vec![] });
    }

    #[test]
    fn every_change_is_listed_with_its_place() {
        let normalized = normalize("„Зна\u{a0}се“ – c\u{30c}eka \u{1cb}egoš…");
        assert_eq!(normalized.text, "\"Зна се\" - čeka Njegoš...");
        assert_eq!(
            normalized.changes,
            [
                change(0, "„", "\""),
                change(4, "\u{a0}", " "),
                change(7, "“", "\""),
                change(9, "–", "-"),
                change(11, "c\u{30c}", "č"),
                change(17, "\u{1cb}", "Nj"),
                change(22, "…", "..."),
            ]
        );
    }

    #[test]
    fn a_mark_that_composes_with_nothing_stays() {
        assert_eq!(normalize("ш\u{30c}").changes, []);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn the_changes_alone_lead_from_the_text_to_the_clean_text(
            text in "([a-zčš„“–… \u{301}\u{30c}\u{327}\u{a0}\u{1100}\u{1161}\u{11a8}\u{212b}]|\\PC){0,40}",
        ) {
            let Normalized { text: clean, changes } = normalize(&text);
            let chars: Vec<char> = text.chars().collect();
            let (mut rebuilt, mut at) = (String::new(), 0);
            for change in changes {
                rebuilt.extend(&chars[at..change.at]);
                at = change.at + change.from.chars().count();
                prop_assert_eq!(&chars[change.at..at].iter().collect::<String>(), &change.from);
                rebuilt.push_str(&change.to);
            }
            rebuilt.extend(&chars[at..]);
            prop_assert_eq!(&rebuilt, &clean);
            prop_assert_eq!(normalize(&clean), Normalized { text: clean, changes: vec![] });
        }

        #[test]
        fn a_text_without_typography_becomes_its_composed_form(
            text in "[a-zčšđА-Яа-я\u{301}\u{30c}\u{327}\u{323}\u{1100}\u{1161}\u{11a8}\u{212b}\u{344}]{0,40}",
        ) {
            prop_assert_eq!(normalize(&text).text, text.nfc().collect::<String>());
        }
    }
}
