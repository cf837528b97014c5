//! An inventory in the making: from rows in any order to columns in the canonical one.

use sha2::{Digest, Sha256};

use crate::inventory::{Geometry, Identities};
use crate::{Controller, Inventory, Operator, OperatorId, Point};

/// A cell on its way into an inventory; `controller` points into the draft's list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) cell_id: u64,
    pub(crate) lac_or_tac: u32,
    pub(crate) node_id: u32,
    pub(crate) site: Point,
    pub(crate) radius_m: u32,
    /// The line it came from, 0 when it came from no file.
    pub(crate) line: u32,
    pub(crate) azimuth_deg: u16,
    pub(crate) beamwidth_deg: u16,
    pub(crate) controller: u16,
}

/// An inventory in the making: tables and rows in any order.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    pub(crate) operators: Vec<Operator>,
    /// Controllers with the index of their operator in `operators`; `cells` is not yet known.
    pub(crate) controllers: Vec<Controller>,
    pub(crate) rows: Vec<Row>,
}

impl Draft {
    /// Brings everything into canonical order. The second part lists pairs of rows with one identity; the
    /// inventory is only sound when there are none.
    pub(crate) fn finish(self) -> (Inventory, Vec<[Row; 2]>) {
        let Self { mut operators, mut controllers, mut rows } = self;

        let new_operator = sorted_places(&operators, |operator| operator.plmn);
        operators.sort_by_key(|operator| operator.plmn);
        for controller in &mut controllers {
            controller.operator = OperatorId(new_operator[usize::from(controller.operator.0)]);
        }
        let order = |controller: &Controller| (controller.operator, controller.rat, controller.name.clone());
        let new_controller = sorted_places(&controllers, order);
        controllers.sort_by_cached_key(order);
        for row in &mut rows {
            row.controller = new_controller[usize::from(row.controller)];
        }
        rows.sort_unstable_by_key(|row| (row.controller, row.lac_or_tac, row.cell_id, row.line));
        let mut start = 0;
        for (at, controller) in controllers.iter_mut().enumerate() {
            let count = rows[start as usize..].partition_point(|row| usize::from(row.controller) <= at);
            controller.cells = start..start + count as u32;
            start = controller.cells.end;
        }

        let mut identities = Identities {
            lac_or_tac: rows.iter().map(|row| row.lac_or_tac).collect(),
            cell_id: rows.iter().map(|row| row.cell_id).collect(),
            node_id: rows.iter().map(|row| row.node_id).collect(),
            by_key: Vec::new(),
        };
        let mut by_key: Vec<u32> = (0..rows.len() as u32).collect();
        let mut twins = Vec::new();
        for network in controllers.chunk_by(|a, b| (a.operator, a.rat) == (b.operator, b.rat)) {
            let rat = network[0].rat;
            let cells = network[0].cells.start as usize..network[network.len() - 1].cells.end as usize;
            by_key[cells.clone()]
                .sort_unstable_by_key(|cell| (identities.key(rat, *cell), rows[*cell as usize].line));
            let neighbours = by_key[cells].windows(2);
            let same = neighbours.filter(|pair| identities.key(rat, pair[0]) == identities.key(rat, pair[1]));
            twins.extend(same.map(|pair| [rows[pair[0] as usize], rows[pair[1] as usize]]));
        }
        identities.by_key = by_key;

        let geometry = Geometry {
            site: rows.iter().map(|row| row.site).collect(),
            azimuth_deg: rows.iter().map(|row| row.azimuth_deg).collect(),
            beamwidth_deg: rows.iter().map(|row| row.beamwidth_deg).collect(),
            radius_m: rows.iter().map(|row| row.radius_m).collect(),
        };
        let digest = digest(&operators, &controllers, &rows);
        (Inventory { operators, controllers, identities, geometry, digest }, twins)
    }
}

/// For each element, its place after sorting by `key`.
fn sorted_places<T, K: Ord>(list: &[T], key: impl Fn(&T) -> K) -> Vec<u16> {
    let mut order: Vec<usize> = (0..list.len()).collect();
    order.sort_by_cached_key(|at| key(&list[*at]));
    let mut places = vec![0; list.len()];
    for (place, at) in order.into_iter().enumerate() {
        places[at] = place as u16;
    }
    places
}

/// SHA-256 over the tables, names ended by a zero octet, then each row in big-endian octets.
fn digest(operators: &[Operator], controllers: &[Controller], rows: &[Row]) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix("amberd inventory 1\0");
    for Operator { name, plmn } in operators {
        hash.update(name);
        hash.update([0]);
        hash.update(plmn.octets());
    }
    for Controller { name, operator, rat, cells } in controllers {
        hash.update(name);
        hash.update([0]);
        hash.update(operator.0.to_be_bytes());
        hash.update([*rat as u8]);
        hash.update(cells.end.to_be_bytes());
    }
    let mut octets = Vec::with_capacity(36);
    for row in rows {
        octets.clear();
        octets.extend(row.controller.to_be_bytes());
        octets.extend(row.lac_or_tac.to_be_bytes());
        octets.extend(row.cell_id.to_be_bytes());
        octets.extend(row.node_id.to_be_bytes());
        octets.extend(row.site.lat_udeg.to_be_bytes());
        octets.extend(row.site.lon_udeg.to_be_bytes());
        octets.extend(row.azimuth_deg.to_be_bytes());
        octets.extend(row.beamwidth_deg.to_be_bytes());
        octets.extend(row.radius_m.to_be_bytes());
        hash.update(&octets);
    }
    hash.finalize().into()
}
