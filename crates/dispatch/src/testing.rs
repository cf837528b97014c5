//! Small inventories for the tests.

use std::fmt::Write;

use area::Inventory;

/// LTE cells of one tracking area; the eNB is the cell identity without its last octet.
pub(crate) fn lte(controller: &str, tac: u16, cells: &[u32]) -> String {
    rows(cells, |cell| format!("lte,{tac},{cell},{},{controller}", cell >> 8))
}

/// GSM cells of one location area.
pub(crate) fn gsm(controller: &str, lac: u16, cells: &[u32]) -> String {
    rows(cells, |cell| format!("gsm,{lac},{cell},,{controller}"))
}

/// An inventory of these rows.
pub(crate) fn inventory(rows: &[String]) -> Inventory {
    let text = format!("{}\n{}", area::HEADER, rows.concat());
    Inventory::import(text.as_bytes()).unwrap()
}

fn rows(cells: &[u32], columns: impl Fn(u32) -> String) -> String {
    let mut text = String::new();
    for cell in cells {
        let columns = columns(*cell);
        let (identity, controller) = columns.rsplit_once(',').unwrap();
        writeln!(text, "mts,220,03,{identity},44.8,20.5,0,120,500,{controller}").unwrap();
    }
    text
}
