//! Answers as people read them.

use comfy_table::{CellAlignment, Table, presets};

mod alert;
mod areas;
mod daemon;
mod ledger;
mod preview;

pub(crate) use alert::{alert, alerts};
pub(crate) use areas::areas;
pub(crate) use daemon::{peers, status};
pub(crate) use ledger::{gives_way, ledger, report};
pub(crate) use preview::preview;

/// A text that leaves the terminal as it is: what others have written, an author or a peer, may hold characters that
/// move the cursor or turn the direction of reading, and so show another alert than is there.
pub(crate) fn plain(text: &str) -> String {
    let turns = |ch| matches!(ch, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let visible = |ch: char| ch == '\n' || !(ch.is_control() || turns(ch));
    text.chars().map(|ch| if visible(ch) { ch } else { char::REPLACEMENT_CHARACTER }).collect()
}

/// Columns of text, without lines; those from `numbers_from` on are numbers.
fn columns<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
    numbers_from: usize,
) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).force_no_tty().set_header(header).add_rows(rows);
    for (at, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if at >= numbers_from {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt() + "\n"
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use serde_json::Value;

    use super::*;

    /// The example answer of the contract at this path within its paths.
    pub(super) fn example<T: DeserializeOwned>(pointer: &str) -> T {
        let contract: Value = serde_json::from_str(admin::OPENAPI).unwrap();
        serde_json::from_value(contract.pointer(pointer).unwrap().clone()).unwrap()
    }

    pub(super) const ALERT: &str = "/components/examples/alert/value";

    #[test]
    fn nothing_that_others_wrote_moves_the_cursor() {
        assert_eq!(plain("дете\n\u{1b}[2Jx\r\u{202e}y"), "дете\n\u{fffd}[2Jx\u{fffd}\u{fffd}y");
    }

    #[test]
    fn columns_are_as_wide_as_they_must_be_and_numbers_stand_right() {
        let rows = [["mts".to_owned(), "7".to_owned()], ["Yettel".to_owned(), "1200".to_owned()]];
        assert_eq!(columns(["name", "n"], rows, 1), "name       n\nmts        7\nYettel  1200\n");
    }
}
