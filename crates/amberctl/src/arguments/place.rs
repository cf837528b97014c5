//! A warning area on the command line.

use std::str::FromStr;

use area::{CellName, Circle, Rat, Target};
use clap::Args;

/// The parts of a warning area; it is their union.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct Place {
    /// A named area, by name or code.
    #[arg(long = "area", value_name = "NAME_OR_CODE")]
    areas: Vec<String>,
    /// A circle in degrees and metres.
    #[arg(long = "circle", value_name = "LAT,LON,RADIUS_M", value_parser = circle, allow_hyphen_values = true)]
    circles: Vec<Circle>,
    /// A polygon in degrees; it is closed when it is not.
    #[arg(long = "polygon", value_name = "LAT,LON LAT,LON …", value_parser = polygon, allow_hyphen_values = true)]
    polygons: Vec<Ring>,
    /// A cell by its identity; with a LAC for gsm and umts.
    #[arg(long = "cell", value_name = "OPERATOR:RAT:[LAC:]ID", value_parser = cell)]
    cells: Vec<CellName>,
}

impl Place {
    /// The area, if any part of one was given.
    pub(crate) fn into_target(self) -> Option<Target> {
        let Self { areas, circles, polygons, cells } = self;
        let polygons = polygons.into_iter().map(|Ring(points)| points).collect();
        let target = Target { areas, polygons, circles, cells };
        (target != Target::default()).then_some(target)
    }
}

/// A type of its own, since a list of lists means something else to the parser of the command line.
#[derive(Clone, Debug)]
struct Ring(Vec<[f64; 2]>);

fn circle(text: &str) -> Result<Circle, String> {
    let fault = || format!("expected LAT,LON,RADIUS_M such as 45.26,19.83,5000, found {text:?}");
    let [lat, lon, radius_m] = text.split(',').collect::<Vec<_>>()[..] else { return Err(fault()) };
    let circle = || Some(Circle { lat: number(lat)?, lon: number(lon)?, radius_m: number(radius_m)? });
    circle().ok_or_else(fault)
}

fn polygon(text: &str) -> Result<Ring, String> {
    let point = |point: &str| {
        let (lat, lon) = point.split_once(',')?;
        Some([number(lat)?, number(lon)?])
    };
    let ring: Option<Vec<[f64; 2]>> = text.split_whitespace().map(point).collect();
    let mut ring = ring.filter(|ring| ring.len() >= 3).ok_or_else(|| {
        format!("expected at least three points LAT,LON with spaces between, found {text:?}")
    })?;
    if ring.first() != ring.last() {
        ring.extend(ring.first().copied());
    }
    Ok(Ring(ring))
}

fn cell(text: &str) -> Result<CellName, String> {
    let fault = || format!("expected OPERATOR:RAT:[LAC:]ID such as mts:gsm:1100:17, found {text:?}");
    let parts: Vec<&str> = text.split(':').collect();
    let (operator, rat, lac, cell_id) = match parts[..] {
        [operator, rat, cell_id] => (operator, rat, None, cell_id),
        [operator, rat, lac, cell_id] => (operator, rat, Some(number(lac).ok_or_else(fault)?), cell_id),
        _ => return Err(fault()),
    };
    let rat: Rat = rat.parse().map_err(|error: area::Error| error.to_string())?;
    Ok(CellName { operator: operator.to_owned(), rat, lac, cell_id: number(cell_id).ok_or_else(fault)? })
}

fn number<T: FromStr>(text: &str) -> Option<T> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_polygon_is_closed_when_it_is_not() {
        let open = polygon("45,19 46,19  46,20").unwrap().0;
        assert_eq!(open, [[45.0, 19.0], [46.0, 19.0], [46.0, 20.0], [45.0, 19.0]]);
        assert_eq!(polygon("45,19 46,19 46,20 45,19").unwrap().0, open);
        assert!(polygon("45,19 46,19").unwrap_err().contains("three points"));
        assert!(polygon("45,19 46;19 46,20").is_err());
    }

    #[test]
    fn a_circle_is_three_numbers() {
        let Circle { lat, lon, radius_m } = circle("45.26, 19.83, 5000").unwrap();
        assert_eq!((lat, lon, radius_m), (45.26, 19.83, 5000));
        for text in ["45.26,19.83", "45.26,19.83,5km", "45.26,19.83,-1", "1,2,3,4"] {
            assert!(circle(text).unwrap_err().contains(text), "{text}");
        }
    }

    #[test]
    fn a_cell_has_a_lac_where_its_identity_holds_one() {
        let gsm = cell("mts:gsm:1100:17").unwrap();
        assert_eq!((gsm.rat, gsm.lac, gsm.cell_id), (Rat::Gsm, Some(1100), 17));
        let lte = cell("22003:lte:5120779").unwrap();
        assert_eq!((lte.operator.as_str(), lte.lac, lte.cell_id), ("22003", None, 5_120_779));
        assert!(cell("mts:5g:1").unwrap_err().contains("gsm, umts, lte or nr"));
        assert!(cell("mts:lte").is_err());
    }
}
