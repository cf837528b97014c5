//! What an import changes, cell by cell.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use cbs::Plmn;
use serde::Serialize;

use crate::{CellIndex, CellRuns, Inventory, Rat};

/// Cells counted by what became of them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Counts {
    /// Only in the new inventory.
    pub added: u32,
    /// Only in the old inventory.
    pub removed: u32,
    /// In both, under another controller or tracking area.
    pub moved: u32,
    /// In both, under the same controller and area, with another site, sector or node.
    pub changed: u32,
    /// The same in both.
    pub unchanged: u32,
}

/// What an import changes: in all, and per operator and technology.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Changes {
    /// All cells.
    pub total: Counts,
    /// The cells of each network and technology that has any, in that order.
    pub networks: Vec<NetworkChanges>,
}

/// What an import changes in one operator's network of one technology.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct NetworkChanges {
    /// The operator's name, the new one if it changed.
    pub operator: String,
    /// The operator's network.
    pub plmn: Plmn,
    /// The technology.
    pub rat: Rat,
    /// Its cells.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What changes from one inventory to the next. Cells are the same when network, technology and identity are.
pub fn diff(old: &Inventory, new: &Inventory) -> Changes {
    let mut networks: BTreeMap<(Plmn, Rat), Counts> = BTreeMap::new();
    let mut total = Counts::default();
    for (plmn, rat, change) in walk(old, new) {
        *networks.entry((plmn, rat)).or_default().of(old, new, change) += 1;
    }
    let named = |plmn| {
        let at =
            |inventory: &Inventory| Some(inventory.operator(inventory.operator_by_plmn(plmn)?).name.clone());
        at(new).or(at(old)).unwrap_or_default()
    };
    let networks = networks.into_iter().map(|((plmn, rat), counts)| {
        total.add(&counts);
        NetworkChanges { operator: named(plmn), plmn, rat, counts }
    });
    let networks = networks.collect();
    Changes { total, networks }
}

/// Where each cell of the old inventory stands in the new one; `None` when it is gone.
pub fn remap(old: &Inventory, new: &Inventory) -> Vec<Option<u32>> {
    let mut map = vec![None; old.len() as usize];
    for (_, _, change) in walk(old, new) {
        if let Change::Kept(CellIndex(before), CellIndex(after)) = change {
            map[before as usize] = Some(after);
        }
    }
    map
}

impl CellRuns {
    /// The same cells in another inventory, by the map that [`remap`] gives. Cells that are gone, or that the
    /// map does not know, are left out.
    pub fn remapped(&self, map: &[Option<u32>]) -> Self {
        let mapped = self.indices().filter_map(|cell| map.get(cell.0 as usize).copied().flatten());
        let mut cells: Vec<u32> = mapped.collect();
        cells.sort_unstable();
        Self::from_sorted(cells.into_iter().map(CellIndex))
    }
}

/// What becomes of one cell: its index in the old inventory, in the new one, or in both.
enum Change {
    Added,
    Removed,
    Kept(CellIndex, CellIndex),
}

/// Walks both inventories in the order of their cells' identities.
fn walk(old: &Inventory, new: &Inventory) -> impl Iterator<Item = (Plmn, Rat, Change)> {
    let mut before = old.identities().peekable();
    let mut after = new.identities().peekable();
    std::iter::from_fn(move || {
        let order = match (before.peek(), after.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((was, _)), Some((is, _))) => was.cmp(is),
        };
        let was = before.next_if(|_| order.is_le());
        let is = after.next_if(|_| order.is_ge());
        let ((plmn, key), _) = was.or(is)?;
        let change = match (was, is) {
            (Some((_, was)), Some((_, is))) => Change::Kept(was, is),
            (Some(_), None) => Change::Removed,
            (None, _) => Change::Added,
        };
        Some((plmn, key.rat(), change))
    })
}

impl Counts {
    /// The count a change belongs to.
    fn of(&mut self, old: &Inventory, new: &Inventory, change: Change) -> &mut u32 {
        let (before, after) = match change {
            Change::Added => return &mut self.added,
            Change::Removed => return &mut self.removed,
            Change::Kept(before, after) => (before, after),
        };
        let (was, is) = (old.cell(before), new.cell(after));
        let controllers = (&old.controller(was.controller).name, &new.controller(is.controller).name);
        if was.lac_or_tac != is.lac_or_tac || controllers.0 != controllers.1 {
            &mut self.moved
        } else if was.node_id != is.node_id || old.footprint(before) != new.footprint(after) {
            &mut self.changed
        } else {
            &mut self.unchanged
        }
    }

    fn add(&mut self, other: &Self) {
        self.added += other.added;
        self.removed += other.removed;
        self.moved += other.moved;
        self.changed += other.changed;
        self.unchanged += other.unchanged;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: [&str; 5] = [
        "mts,220,03,gsm,1100,1,,44.0,20.0,10,65,300,mts-bsc-01",
        "mts,220,03,gsm,1100,2,,44.0,20.0,130,65,300,mts-bsc-01",
        "mts,220,03,lte,3100,5120779,20003,44.5,20.0,354,65,4185,mts-mme-pool-bg",
        "mts,220,03,lte,3100,5120780,20003,44.5,20.0,354,65,4185,mts-mme-pool-bg",
        "yettel,220,01,gsm,1100,1,,44.0,20.0,10,65,300,yettel-bsc-01",
    ];
    const NEW: [&str; 5] = [
        "mts,220,03,gsm,1100,2,,44.0,20.0,130,65,300,mts-bsc-02",
        "mts,220,03,lte,3101,5120779,20003,44.5,20.0,354,65,4185,mts-mme-pool-bg",
        "mts,220,03,lte,3100,5120780,20003,44.5,20.0,353,65,4185,mts-mme-pool-bg",
        "yettel,220,01,gsm,1100,1,,44.0,20.0,10,65,300,yettel-bsc-01",
        "a1,220,05,gsm,1100,1,,44.0,20.0,10,65,300,a1-bsc-01",
    ];

    fn import(rows: &[&str]) -> Inventory {
        Inventory::import(format!("{}\n{}\n", crate::HEADER, rows.join("\n")).as_bytes()).unwrap()
    }

    #[test]
    fn an_import_says_what_changed() {
        let changes = diff(&import(&OLD), &import(&NEW));
        let expected = Counts { added: 1, removed: 1, moved: 2, changed: 1, unchanged: 1 };
        assert_eq!(changes.total, expected);
        let of: Vec<_> = changes.networks.iter().map(|network| (&*network.operator, network.rat)).collect();
        assert_eq!(of, [("yettel", Rat::Gsm), ("mts", Rat::Gsm), ("mts", Rat::Lte), ("a1", Rat::Gsm)]);
        assert_eq!(changes.networks[1].counts, Counts { removed: 1, moved: 1, ..Counts::default() });
    }

    #[test]
    fn the_same_inventory_changes_nothing() {
        let total = diff(&import(&OLD), &import(&OLD)).total;
        assert_eq!(total, Counts { unchanged: 5, ..Counts::default() });
    }

    #[test]
    fn a_map_leads_every_kept_cell_to_its_new_place() {
        let (old, new) = (import(&OLD), import(&NEW));
        let map = remap(&old, &new);
        for cell in (0..old.len()).map(CellIndex) {
            let was = old.cell(cell);
            let is = new.operator_by_plmn(was.plmn).and_then(|operator| new.find(operator, was.key()));
            assert_eq!(map[cell.0 as usize].map(CellIndex), is);
        }
        let all = CellRuns::from_range(0..old.len());
        assert_eq!(all.remapped(&map), CellRuns::from_range(0..4));
    }
}
