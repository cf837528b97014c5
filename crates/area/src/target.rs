//! What a control room aims at, and what that means on the map.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Atlas, CellKey, CellRuns, Error, Inventory, Point, Polygon, Rat};

/// Where an alert goes: the union of its parts, as the admin API takes it.
///
/// ```json
/// {"areas": ["RS-06", "Novi Sad"], "polygons": [[[44.8, 20.4], [44.9, 20.4], [44.9, 20.5], [44.8, 20.4]]],
///  "circles": [{"lat": 44.8, "lon": 20.4, "radius_m": 5000}],
///  "cells": [{"operator": "mts", "rat": "gsm", "lac": 1100, "cell_id": 17}]}
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Target {
    /// Named areas, by code or name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub areas: Vec<String>,
    /// Closed rings of `[latitude, longitude]` in degrees, the last point equal to the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub polygons: Vec<Vec<[f64; 2]>>,
    /// Circles.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub circles: Vec<Circle>,
    /// Cells by their identity.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<CellName>,
}

/// A circle on the Earth.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Circle {
    /// Latitude of the centre in WGS84 degrees.
    pub lat: f64,
    /// Longitude of the centre in WGS84 degrees.
    pub lon: f64,
    /// Radius in metres.
    pub radius_m: u32,
}

/// A cell named by its identity in an operator's network.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CellName {
    /// The operator's name in the inventory, or its PLMN in digits.
    pub operator: String,
    /// The technology.
    pub rat: Rat,
    /// The location area code: needed for GSM and UMTS, whose identities hold it, and for no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lac: Option<u32>,
    /// CI, SAC, ECI or NCI.
    pub cell_id: u64,
}

/// A target that has passed every check: figures on the map, and cells of one inventory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resolved {
    /// The figures.
    pub shapes: Vec<Shape>,
    /// The cells that were named one by one.
    pub cells: CellRuns,
}

/// A figure on the map.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Everything within a distance of a centre.
    Circle {
        /// The centre.
        centre: Point,
        /// The distance in metres.
        radius_m: u32,
    },
    /// A polygon, drawn for this target or shared with the atlas.
    Polygon(Arc<Polygon>),
}

impl Target {
    /// The most areas, polygons and circles in one target.
    pub const SHAPES_MAX: usize = 256;
    /// The most cells named one by one.
    pub const CELLS_MAX: usize = 10_000;
    /// The widest circle, in metres.
    pub const RADIUS_M_MAX: u32 = 1_000_000;

    /// Looks up names and checks figures. An error names the part: `polygons[1]: expected …, found …`.
    pub fn resolve(&self, atlas: &Atlas, inventory: &Inventory) -> Result<Resolved, Error> {
        let shapes = self.areas.len() + self.polygons.len() + self.circles.len();
        if shapes + self.cells.len() == 0 {
            return Err(Error::EmptyTarget);
        }
        if shapes > Self::SHAPES_MAX {
            return Err(Error::TooMany {
                what: "areas, polygons and circles",
                limit: Self::SHAPES_MAX as u64,
            });
        }
        if self.cells.len() > Self::CELLS_MAX {
            return Err(Error::TooMany { what: "cells in a target", limit: Self::CELLS_MAX as u64 });
        }
        let areas = self.areas.iter().map(|name| Ok(Shape::Polygon(atlas.find(name)?.polygon.clone())));
        let polygons =
            self.polygons.iter().enumerate().map(|(at, ring)| polygon(ring, &format!("polygons[{at}]")));
        let circles =
            self.circles.iter().enumerate().map(|(at, circle)| circle.shape(&format!("circles[{at}]")));
        let shapes = areas.chain(polygons).chain(circles).collect::<Result<_, Error>>()?;
        let cells =
            self.cells.iter().enumerate().map(|(at, cell)| cell.find(inventory, &format!("cells[{at}]")));
        let mut cells = cells.collect::<Result<Vec<_>, Error>>()?;
        cells.sort_unstable();
        Ok(Resolved { shapes, cells: CellRuns::from_sorted(cells) })
    }
}

fn polygon(ring: &[[f64; 2]], place: &str) -> Result<Shape, Error> {
    let points = ring.iter().enumerate();
    let points =
        points.map(|(at, [lat, lon])| Point::from_degrees(*lat, *lon, &format!("{place}, point {at}")));
    let ring = points.take(Polygon::POINTS_MAX + 1).collect::<Result<_, _>>()?;
    Ok(Shape::Polygon(Arc::new(Polygon::new(vec![ring], place)?)))
}

impl Circle {
    fn shape(&self, place: &str) -> Result<Shape, Error> {
        let centre = Point::from_degrees(self.lat, self.lon, place)?;
        if (1..=Target::RADIUS_M_MAX).contains(&self.radius_m) {
            return Ok(Shape::Circle { centre, radius_m: self.radius_m });
        }
        Err(Error::Shape {
            place: place.to_owned(),
            expected: format!("a radius from 1 to {} m", Target::RADIUS_M_MAX),
            found: format!("{} m", self.radius_m),
        })
    }
}

impl CellName {
    fn find(&self, inventory: &Inventory, place: &str) -> Result<crate::CellIndex, Error> {
        let fault = |expected: &str, found: String| Error::Shape {
            place: place.to_owned(),
            expected: expected.to_owned(),
            found,
        };
        let by_plmn = || inventory.operator_by_plmn(self.operator.parse().ok()?);
        let operator = inventory.operator_by_name(&self.operator).or_else(by_plmn);
        let operator =
            operator.ok_or_else(|| fault("an operator of the inventory", format!("`{}`", self.operator)))?;
        let lac = match (self.rat, self.lac) {
            (Rat::Gsm | Rat::Umts, Some(lac)) => lac,
            (Rat::Lte | Rat::Nr, None) => 0,
            (rat, Some(lac)) => return Err(fault(&format!("no lac for {rat}"), lac.to_string())),
            (rat, None) => return Err(fault(&format!("a lac for {rat}"), "none".to_owned())),
        };
        let cell = inventory.find(operator, CellKey::new(self.rat, lac, self.cell_id));
        cell.ok_or_else(|| {
            let lac = self.lac.map(|lac| format!("lac {lac}, ")).unwrap_or_default();
            fault(
                "a cell of the inventory",
                format!("{} {} {lac}cell {}", self.operator, self.rat, self.cell_id),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELLS: &str = "mts,220,03,gsm,1100,17,,44.0,20.0,10,65,300,mts-bsc-01\n\
        mts,220,03,lte,3100,5120779,20003,44.5,20.0,354,65,4185,mts-mme-pool-bg\n";

    fn resolve(json: &str) -> Result<Resolved, Error> {
        let inventory = Inventory::import(format!("{}\n{CELLS}", crate::HEADER).as_bytes()).unwrap();
        serde_json::from_str::<Target>(json).unwrap().resolve(&Atlas::serbia().unwrap(), &inventory)
    }

    #[test]
    fn every_kind_of_part_is_resolved() {
        let json = r#"{"areas":["RS-06","Нови Сад"],"polygons":[[[44.8,20.4],[44.9,20.4],[44.9,20.5],[44.8,20.4]]],
            "circles":[{"lat":44.8,"lon":20.4,"radius_m":5000}],
            "cells":[{"operator":"mts","rat":"lte","cell_id":5120779},{"operator":"22003","rat":"gsm","lac":1100,"cell_id":17}]}"#;
        let resolved = resolve(json).unwrap();
        assert_eq!(resolved.shapes.len(), 4);
        assert_eq!(resolved.cells, CellRuns::from_range(0..2));
        let target: Target = serde_json::from_str(json).unwrap();
        let again = serde_json::to_string(&target).unwrap();
        assert_eq!(serde_json::from_str::<Target>(&again).unwrap(), target);
    }

    #[test]
    fn a_wrong_part_is_named() {
        for (json, expected) in [
            ("{}", "expected at least one area"),
            (r#"{"areas":["Nowy Sad"]}"#, "found `Nowy Sad`; near to it: Novi Sad (80284)"),
            (
                r#"{"polygons":[[[44,20],[45,20],[45,21],[44,20]],[[44,20],[95,20]]]}"#,
                "polygons[1], point 1: expected latitude",
            ),
            (r#"{"polygons":[[[44,20],[45,20],[45,21]]]}"#, "polygons[0]: expected the first point again"),
            (r#"{"polygons":[[[44,20],[45,21],[44,21],[45,20],[44,20]]]}"#, "found a crossing"),
            (r#"{"circles":[{"lat":44,"lon":20,"radius_m":0}]}"#, "circles[0]: expected a radius from 1"),
            (r#"{"cells":[{"operator":"x","rat":"lte","cell_id":1}]}"#, "cells[0]: expected an operator"),
            (
                r#"{"cells":[{"operator":"mts","rat":"gsm","cell_id":17}]}"#,
                "cells[0]: expected a lac for gsm, found none",
            ),
            (
                r#"{"cells":[{"operator":"mts","rat":"lte","lac":1,"cell_id":1}]}"#,
                "expected no lac for lte, found 1",
            ),
            (
                r#"{"cells":[{"operator":"mts","rat":"gsm","lac":1100,"cell_id":18}]}"#,
                "found mts gsm lac 1100, cell 18",
            ),
        ] {
            let error = resolve(json).unwrap_err().to_string();
            assert!(error.contains(expected), "{json}: {error}");
        }
    }

    #[test]
    fn limits_hold() {
        let many = Target { areas: vec!["RS".to_owned(); Target::SHAPES_MAX + 1], ..Target::default() };
        let fault = many.resolve(&Atlas::default(), &Inventory::empty());
        assert_eq!(fault, Err(Error::TooMany { what: "areas, polygons and circles", limit: 256 }));
        let long =
            Target { polygons: vec![vec![[44.0, 20.0]; Polygon::POINTS_MAX + 1]], ..Target::default() };
        let fault = long.resolve(&Atlas::default(), &Inventory::empty()).unwrap_err().to_string();
        assert!(fault.contains("expected at most 5000 points"), "{fault}");
    }

    #[test]
    fn unknown_fields_are_refused() {
        assert!(serde_json::from_str::<Target>(r#"{"area":["RS"]}"#).is_err());
    }
}
