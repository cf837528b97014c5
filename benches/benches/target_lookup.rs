//! Which of 60,000 cells stand in Beograd: [`area::Coverage`] as a multiple of a linear scan with the `geo` crate.
#![allow(clippy::unwrap_used, reason = "a benchmark ends where its world does not hold")]

use area::{Atlas, CellIndex, Coverage, Mode, Target};
use benches::{Figure, clock};
use geo::Contains;

fn main() {
    let atlas = Atlas::serbia().unwrap();
    let inventory = area::generate(60_000, 220, &atlas).unwrap();
    let coverage = Coverage::new(&inventory);
    let target = Target { areas: vec!["RS-00".into()], ..Target::default() };
    let resolved = target.resolve(&atlas, &inventory).unwrap();
    let beograd = atlas.find("RS-00").unwrap();
    let mut rings = beograd.polygon.rings().iter().map(|ring| {
        let corners = ring.iter().map(|corner| corner.degrees()).map(|(lat, lon)| (lon, lat));
        geo::LineString::from(corners.collect::<Vec<_>>())
    });
    let corners = beograd.polygon.rings().iter().map(Vec::len).sum::<usize>();
    let polygon = geo::Polygon::new(rings.next().unwrap(), rings.collect());
    let sites: Vec<geo::Point> = (0..inventory.len())
        .map(|cell| {
            let (lat, lon) = inventory.footprint(CellIndex(cell)).site.degrees();
            geo::Point::new(lon, lat)
        })
        .collect();
    let mut found = (0, 0);
    let mut pairs = Vec::new();
    for _ in 0..clock::rounds(200, 40) {
        let lookup = clock::time(|| found.0 = coverage.cells_in(&resolved, Mode::Site).len());
        let scan = clock::time(|| found.1 = sites.iter().filter(|site| polygon.contains(*site)).count());
        pairs.push((lookup, scan));
    }
    let (ratio, time) = clock::ratio(&pairs);
    Figure {
        name: "target_lookup_beograd",
        ratio: Some(ratio),
        value: time.as_secs_f64() * 1e6,
        unit: "us",
        how: format!(
            "Coverage::cells_in of Beograd ({corners} corners, by site) over 60 k cells, {} found / testing every site with \
             geo's Contains, {} found; median of {} pairs",
            found.0,
            found.1,
            pairs.len()
        ),
    }
    .print();
    let footprint = clock::time(|| coverage.cells_in(&resolved, Mode::Footprint));
    println!("    by footprint, sectors reaching in included: {:.1} us", footprint.as_secs_f64() * 1e6);
}
