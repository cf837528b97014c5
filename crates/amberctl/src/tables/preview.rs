//! What a text becomes on phones, and whom it reaches.

use std::fmt::Write;

use admin::PreviewView;
use cbs::{Alphabet, Content, Error};

use super::alert::version;
use super::columns;

/// The pages, what the cleaning changed, and the cells.
pub(crate) fn preview(preview: &PreviewView) -> String {
    let mut text = version(&preview.version);
    for change in &preview.changes {
        let (at, language) = (change.at, &change.language);
        let _ =
            writeln!(text, "changed in {language}, character {at}: {:?} became {:?}", change.from, change.to);
    }
    let rows = preview.networks.iter().map(|network| {
        let [cells, unserved] = [network.cells, network.unserved].map(|cells| cells.to_string());
        [network.operator.clone(), network.rat.to_string(), cells, unserved]
    });
    text += "\n";
    text + &columns(["operator", "network", "cells", "unserved"], rows, 2)
}

/// The alphabet that a text needs and what it takes in it; and, where one character costs GSM 7-bit, which one.
pub(super) fn size(text: &str) -> String {
    match Content::new(text, Alphabet::Gsm7) {
        Err(Error::NotGsm7 { at, found }) => {
            let units = text.encode_utf16().count();
            let why = if text.chars().filter(|ch| !ch.is_ascii()).count() <= FEW {
                format!("; {found:?} at {at} is not in GSM 7-bit")
            } else {
                String::new()
            };
            format!(", UCS-2, {units} characters (41 a page){why}")
        }
        _ => {
            let septets: usize = text.chars().map(|ch| if EXTENSION.contains(ch) { 2 } else { 1 }).sum();
            format!(", GSM 7-bit, {septets} septets (93 a page)")
        }
    }
}

/// So few characters may well be an oversight.
const FEW: usize = 5;
/// The characters that take an escape and another septet (TS 23.038 §6.2.1.1).
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    #[test]
    fn a_preview_shows_pages_changes_and_reach() {
        let pointer = "/paths/~1v1~1preview/post/responses/200/content/application~1json/example";
        let shown = preview(&example(pointer));
        let expected = "\
  | Missing child: Marko, 7. Call 192.
changed in en, character 13: \"–\" became \"-\"

operator  network  cells  unserved
mts       lte       1200        12
";
        assert!(shown.starts_with("version 1 by jelena, for 2h\narea: RS-06"), "{shown}");
        assert!(shown.ends_with(expected), "{shown}");
    }

    #[test]
    fn a_single_character_that_costs_pages_is_named() {
        assert_eq!(size("100 €"), ", GSM 7-bit, 6 septets (93 a page)");
        assert_eq!(size("ceka č"), ", UCS-2, 6 characters (41 a page); 'č' at 5 is not in GSM 7-bit");
        assert_eq!(size("Нестало"), ", UCS-2, 7 characters (41 a page)");
    }
}
