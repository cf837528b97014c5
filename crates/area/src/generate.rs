//! An invented national inventory, the same for the same seed. Nothing in it is a real cell.
//!
//! Three operators share part of their towers. Towers stand where people live, along main roads and thinly
//! everywhere else, never nearer to the border than the coarseness of the map. Only sums, products and square
//! roots are computed, so that every machine gives the same bytes.

mod network;
mod random;
mod roads;
mod towers;

use network::{Mast, Network};
use random::Random;
use towers::Land;

use crate::{Atlas, Error, Inventory};

/// Generates an inventory of exactly `count` cells.
///
/// The atlas needs municipalities with population and seat, and the outline `RS-XKM`.
pub fn generate(count: u32, seed: u64, atlas: &Atlas) -> Result<Inventory, Error> {
    if count == 0 {
        return Err(Error::NoCells);
    }
    if count > Inventory::CELLS_MAX {
        return Err(Error::TooMany { what: "cells", limit: Inventory::CELLS_MAX.into() });
    }
    let land = Land::new(atlas)?;
    let mut random = Random::new(seed);
    // Towers that several operators may use; a site has about 11 cells.
    let shared: Vec<_> =
        (0..count / 20 + 40).map(|_| land.tower(&mut random)).collect::<Result<_, Error>>()?;
    let mut masts = Vec::with_capacity(count as usize / 10);
    let mut left = count;
    while left > 0 {
        let tower = if random.chance(0.45) {
            shared[random.below(shared.len() as u64) as usize]
        } else {
            land.tower(&mut random)?
        };
        let mast = Mast::new(tower, left, &mut random);
        left -= mast.cells();
        masts.push(mast);
    }
    Network::new(masts, count)?.inventory(&mut random)
}

/// A number of cells as people write it: `1k`, `60k`, `1m`, `3000`.
pub fn parse_count(text: &str) -> Result<u32, Error> {
    let lower = text.to_ascii_lowercase();
    let (digits, unit) = match lower.strip_suffix('k') {
        Some(digits) => (digits, 1_000),
        None => lower.strip_suffix('m').map_or((&*lower, 1), |digits| (digits, 1_000_000)),
    };
    let count = digits.parse().ok().and_then(|count: u32| count.checked_mul(unit));
    let count = count.filter(|count| (1..=Inventory::CELLS_MAX).contains(count));
    count.ok_or_else(|| Error::Count { limit: Inventory::CELLS_MAX, found: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{CellIndex, Coverage, Level, Mode, Point, Rat, Resolved, Shape};

    fn sample(count: u32) -> Inventory {
        generate(count, 220, &Atlas::serbia().unwrap()).unwrap()
    }

    #[test]
    fn one_seed_gives_one_inventory() {
        let atlas = Atlas::serbia().unwrap();
        let digests: BTreeSet<_> =
            [1, 1, 2].map(|seed| generate(2_000, seed, &atlas).unwrap().digest()).into_iter().collect();
        assert_eq!(digests.len(), 2);
        // Pinned: a change of the generator moves every benchmark and every recorded demo.
        assert_eq!(hex(&sample(1_000).digest()[..4]), "1f7978f4");
    }

    fn hex(octets: &[u8]) -> String {
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    #[test]
    fn what_is_generated_passes_the_import_and_comes_back_equal() {
        for count in [1, 999, 5_000] {
            let inventory = sample(count);
            assert_eq!(inventory.len(), count);
            let mut csv = Vec::new();
            inventory.write_csv(&mut csv).unwrap();
            assert_eq!(Inventory::import(&csv[..]).unwrap(), inventory);
        }
    }

    #[test]
    fn three_operators_have_four_technologies_and_the_usual_controllers() {
        let inventory = sample(60_000);
        let names: Vec<_> = inventory.operators().iter().map(|operator| &*operator.name).collect();
        assert_eq!(names, ["yettel", "mts", "a1"]);
        for name in ["mts-mme-pool-bg", "mts-bsc-01", "yettel-rnc-01", "a1-amf-set-2", "a1-mme-pool-south"] {
            assert!(inventory.by_name(name).is_some(), "{name}");
        }
        let share = |rat: Rat| {
            let of_rat = inventory.controllers().iter().filter(|controller| controller.rat == rat);
            of_rat.map(|controller| controller.cells.len()).sum::<usize>() as f64 / 60_000.0
        };
        let shares = Rat::ALL.map(share);
        for (share, expected) in shares.iter().zip([0.23, 0.18, 0.49, 0.10]) {
            assert!((share - expected).abs() < 0.04, "{shares:?}");
        }
    }

    #[test]
    fn an_area_code_holds_no_more_cells_than_it_may() {
        let inventory = sample(20_000);
        let mut counts = std::collections::BTreeMap::new();
        for cell in (0..inventory.len()).map(|cell| inventory.cell(CellIndex(cell))) {
            *counts.entry((cell.operator, cell.rat, cell.lac_or_tac)).or_insert(0) += 1;
        }
        for ((_, rat, code), cells) in counts {
            assert!(cells <= network::cells_per_area(rat), "{rat} {code}: {cells}");
        }
    }

    #[test]
    fn operators_share_towers() {
        let inventory = sample(20_000);
        let mut sites = std::collections::BTreeMap::<Point, BTreeSet<_>>::new();
        for cell in (0..inventory.len()).map(CellIndex) {
            sites.entry(inventory.footprint(cell).site).or_default().insert(inventory.cell(cell).operator);
        }
        let shared = sites.values().filter(|operators| operators.len() > 1).count();
        assert!(shared * 20 > sites.len(), "{shared} of {}", sites.len());
    }

    /// By this project's figures, and by the detailed ones where they are at hand.
    #[test]
    #[allow(clippy::disallowed_methods)] // A test may read a file.
    fn every_cell_lies_in_the_country() {
        let inventory = sample(60_000);
        let outside = |atlas: &Atlas| {
            let country = &atlas.find("RS-XKM").unwrap().polygon;
            let mut sites: Vec<_> =
                (0..inventory.len()).map(|cell| inventory.footprint(CellIndex(cell)).site).collect();
            sites.dedup();
            sites.iter().filter(|site| !country.contains(**site)).count()
        };
        let coarse = Atlas::serbia().unwrap();
        assert_eq!(outside(&coarse), 0);
        let coverage = Coverage::new(&inventory);
        for town in coarse.areas().iter().filter(|area| area.level == Level::Municipality) {
            let shapes = vec![Shape::Polygon(town.polygon.clone())];
            let cells = coverage.cells_in(&Resolved { shapes, ..Resolved::default() }, Mode::Site);
            assert!(!cells.is_empty(), "{} has no cell", town.name);
        }
        if let Some(folder) = crate::shared_folder() {
            let text = std::fs::read_to_string(folder.join("geo/serbia-country.geojson")).unwrap();
            assert_eq!(outside(&Atlas::from_geojson(&[&text]).unwrap()), 0);
        }
    }

    #[test]
    fn counts_are_read_as_people_write_them() {
        for (text, count) in [("1k", 1_000), ("60K", 60_000), ("10m", 10_000_000), ("3000", 3_000)] {
            assert_eq!(parse_count(text), Ok(count));
        }
        for text in ["", "k", "0", "1g", "-1k", "1.5m", "5000m", "21m"] {
            assert!(parse_count(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_atlas_without_municipalities_is_refused() {
        assert!(matches!(generate(10, 1, &Atlas::default()), Err(Error::Unpopulated { .. })));
        assert_eq!(generate(0, 1, &Atlas::default()), Err(Error::NoCells));
    }
}
