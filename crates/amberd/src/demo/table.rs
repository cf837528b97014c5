//! The closing table.

use super::figures::{CellFigures, Figures, NetworkFigures};

/// Prints it.
pub(crate) fn print(figures: &Figures) {
    println!(
        "\n{:<7} {:<5} {:>8} {:>8} {:>9} {:>7} {:>7} {:>8} {:>5} {:>9} {:>8} {:>8} {:>9}",
        "",
        "",
        "targeted",
        "accepted",
        "confirmed",
        "refused",
        "unknown",
        "unserved",
        "PDUs",
        "octets",
        "first ms",
        "last ms",
        "cancelled"
    );
    for row in &figures.networks {
        line(row);
    }
    let total = NetworkFigures {
        operator: "all".into(),
        cells: figures.cells,
        cancel: figures.cancel,
        pdus: figures.pdus,
        octets: figures.octets,
        approve_to_first_confirmation_ms: figures.approve_to_first_confirmation_ms,
        approve_to_last_confirmation_ms: figures.approve_to_last_confirmation_ms,
        ..NetworkFigures::default()
    };
    line(&total);
    println!(
        "(cells by their state after the first version; PDUs and octets sent for both versions; times from approval to the first and last confirmation)"
    );
    let phones = &figures.phones;
    println!(
        "\nPhones: {} in the area, of which {} rang once for each version and message, {} more than once, {} missed one; {} outside, of which {} rang.",
        phones.in_area,
        phones.rang_once,
        phones.rang_more,
        phones.missed,
        phones.out_of_area,
        phones.out_of_area_rang
    );
    println!(
        "Update: {} of {} cells confirmed {} ms after its approval. Cancel: {} of {} cells confirmed off; the networks say {} still broadcast.",
        figures.update.cells.confirmed,
        figures.update.cells.targeted,
        figures.update.approve_to_last_confirmation_ms.unwrap_or(-1),
        figures.cancel.cells_confirmed,
        figures.cancel.cells_targeted,
        figures.cells_still_on_air,
    );
}

fn line(row: &NetworkFigures) {
    let CellFigures { targeted, accepted, confirmed, refused, unknown, unserved, .. } = row.cells;
    let ms = |ms: Option<i64>| ms.map_or_else(|| "-".to_owned(), |ms| ms.to_string());
    println!(
        "{:<7} {:<5} {targeted:>8} {accepted:>8} {confirmed:>9} {refused:>7} {unknown:>7} {unserved:>8} {:>5} {:>9} {:>8} {:>8} {:>9}",
        row.operator,
        row.rat,
        row.pdus,
        row.octets,
        ms(row.approve_to_first_confirmation_ms),
        ms(row.approve_to_last_confirmation_ms),
        row.cancel.cells_confirmed,
    );
}
