//! Answers as people read them.

use comfy_table::{CellAlignment, Table, presets};

mod alert;
mod daemon;
mod ledger;
mod preview;

pub(crate) use alert::{alert, alerts};
pub(crate) use daemon::{peers, status};
pub(crate) use ledger::{ledger, report};
pub(crate) use preview::preview;

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
    fn columns_are_as_wide_as_they_must_be_and_numbers_stand_right() {
        let rows = [["mts".to_owned(), "7".to_owned()], ["Yettel".to_owned(), "1200".to_owned()]];
        assert_eq!(columns(["name", "n"], rows, 1), "name       n\nmts        7\nYettel  1200\n");
    }
}
