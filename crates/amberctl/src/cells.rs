//! `amberctl cells`: inventories, without a daemon.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::Path;

use area::{Atlas, Counts, Inventory, OperatorId, Rat};

use crate::arguments::CellsVerb;
use crate::failure::Failure;

/// Does what is asked.
pub(crate) fn run(verb: CellsVerb, out: &mut impl Write) -> Result<(), Failure> {
    match verb {
        CellsVerb::Check { file, since } => {
            let inventory = read(&file)?;
            match since {
                Some(since) => tell_changes(&read(&since)?, &inventory, out),
                None => tell(&inventory, out),
            }
        }
        CellsVerb::Generate { count, seed, out: file } => {
            let count = area::parse_count(&count).map_err(Failure::refused)?;
            let atlas = Atlas::serbia().map_err(Failure::refused)?;
            let inventory = area::generate(count, seed, &atlas).map_err(Failure::refused)?;
            match file {
                Some(file) => {
                    let unwritable = |error| Failure::usage(format!("{}: {error}", file.display()));
                    let mut writer = BufWriter::new(File::create(&file).map_err(unwritable)?);
                    inventory.write_csv(&mut writer).and_then(|()| writer.flush()).map_err(unwritable)
                }
                None => Ok(inventory.write_csv(&mut BufWriter::new(out))?),
            }
        }
    }
}

fn read(path: &Path) -> Result<Inventory, Failure> {
    let file = File::open(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    Inventory::import(BufReader::new(file))
        .map_err(|error| Failure::refused(format!("{}: {error}", path.display())))
}

fn tell(inventory: &Inventory, out: &mut impl Write) -> Result<(), Failure> {
    for (operator, number) in inventory.operators().iter().zip(0..) {
        for rat in Rat::ALL {
            let cells = inventory.cells_of_rat(OperatorId(number), rat).len();
            if cells > 0 {
                writeln!(out, "{} ({}) {rat}: {cells} cells", operator.name, operator.plmn)?;
            }
        }
    }
    writeln!(out, "{} cells of {} controllers", inventory.len(), inventory.controllers().len())?;
    Ok(())
}

fn tell_changes(old: &Inventory, new: &Inventory, out: &mut impl Write) -> Result<(), Failure> {
    let changes = area::diff(old, new);
    for network in &changes.networks {
        writeln!(out, "{} ({}) {}: {}", network.operator, network.plmn, network.rat, words(&network.counts))?;
    }
    writeln!(out, "all: {}", words(&changes.total))?;
    Ok(())
}

fn words(counts: &Counts) -> String {
    let Counts { added, removed, moved, changed, unchanged } = counts;
    format!(
        "{added} added, {removed} removed, {moved} under another controller or area, {changed} changed, {unchanged} unchanged"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(verb: CellsVerb) -> Result<String, Failure> {
        let mut out = Vec::new();
        run(verb, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn what_is_generated_is_read_again_and_compared() {
        let dir = tempfile::tempdir().unwrap();
        let [all, fewer] = ["all.csv", "fewer.csv"].map(|name| dir.path().join(name));
        let csv = told(CellsVerb::Generate { count: "1k".into(), seed: 7, out: None }).unwrap();
        std::fs::write(&all, &csv).unwrap();
        let lines: Vec<&str> = csv.lines().collect();
        std::fs::write(&fewer, lines[..lines.len() - 3].join("\n")).unwrap();
        let held = told(CellsVerb::Check { file: all.clone(), since: None }).unwrap();
        assert!(held.ends_with("controllers\n") && held.contains("\n1000 cells of "), "{held}");
        let changes = told(CellsVerb::Check { file: fewer, since: Some(all) }).unwrap();
        assert!(
            changes.contains(
                "all: 0 added, 3 removed, 0 under another controller or area, 0 changed, 997 unchanged"
            ),
            "{changes}"
        );
    }

    #[test]
    fn a_broken_row_is_named_with_line_column_expected_and_found() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cells.csv");
        let row = "mts,220,03,gsm,1100,70000,,45.25,19.84,0,360,500,mts-bsc-01";
        std::fs::write(&file, format!("{}\n{row}\n", area::HEADER)).unwrap();
        let Err(Failure::Refused(message)) = told(CellsVerb::Check { file, since: None }) else {
            panic!("a refusal")
        };
        for word in ["line 2", "cell_id", "70000"] {
            assert!(message.contains(word), "{message}");
        }
    }
}
