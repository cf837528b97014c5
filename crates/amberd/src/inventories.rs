//! The inventories that records speak of, kept beside the journal by digest: when the configuration brings another
//! one, the cells of live alerts are found again in it.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use area::{Changes, Inventory};
use engine::Engine;
use tracing::{info, warn};

use crate::daemon::DaemonError;

/// Where each cell of the records' inventory stands in the present one; empty where it is the same, or nothing is open
/// that needs it. Says what has changed.
pub(crate) fn moved(state_dir: &Path, engine: &Engine) -> Result<Vec<Option<u32>>, DaemonError> {
    let present = &engine.setup().inventory;
    let known = engine.inventory_of_records();
    if known.is_empty() || known == hex::encode(present.digest()) {
        return Ok(Vec::new());
    }
    let path = path(state_dir, known);
    let old = File::open(&path)
        .map_err(|error| error.to_string())
        .and_then(|file| Inventory::import(BufReader::new(file)).map_err(|error| error.to_string()));
    match old {
        Ok(old) => {
            tell(&area::diff(&old, present));
            Ok(area::remap(&old, present))
        }
        Err(found) if engine.open_alerts().next().is_some() => {
            Err(DaemonError::InventoryLost { path, found })
        }
        Err(found) => {
            warn!(found, "the inventory has changed, and the one before is not here to compare with");
            Ok(Vec::new())
        }
    }
}

/// Keeps the present inventory, whole or not at all, beside that of the records, and no other.
pub(crate) fn keep(state_dir: &Path, engine: &Engine) -> std::io::Result<()> {
    let inventory = &engine.setup().inventory;
    let path = path(state_dir, &hex::encode(inventory.digest()));
    let known = self::path(state_dir, engine.inventory_of_records());
    if !path.exists() {
        let beside = path.with_extension("part");
        let mut file = BufWriter::new(File::create(&beside)?);
        inventory.write_csv(&mut file)?;
        file.flush()?;
        file.get_ref().sync_all()?;
        fs::rename(&beside, &path)?;
        File::open(state_dir)?.sync_all()?;
    }
    for entry in fs::read_dir(state_dir)? {
        let other = entry?.path();
        let is_inventory =
            other.file_name().is_some_and(|name| name.to_string_lossy().starts_with("inventory-"));
        if is_inventory && other != path && other != known {
            fs::remove_file(other)?;
        }
    }
    Ok(())
}

fn path(state_dir: &Path, digest: &str) -> PathBuf {
    state_dir.join(format!("inventory-{digest}.csv"))
}

fn tell(changes: &Changes) {
    for network in &changes.networks {
        let area::Counts { added, removed, moved, changed, unchanged } = network.counts;
        info!(
            operator = network.operator,
            rat = %network.rat,
            added, removed, moved, changed, unchanged,
            "the inventory has changed"
        );
    }
}
