//! The areas of the alerts that are on, as GeoJSON (RFC 7946).

use area::{Point, Polygon, Shape};
use serde_json::{Value, json};

use super::moment;
use crate::board::Board;

/// Corners of a circle, which GeoJSON cannot say.
const CORNERS: u32 = 64;
/// Metres of a degree of latitude.
const METRES_A_DEGREE: f64 = 111_195.0;

type Ring = Vec<[f64; 2]>;

pub(super) fn areas(board: &Board, now_s: i64) -> String {
    let features = board.shown(now_s).filter_map(|item| {
        let (live, message) = (item.live.as_ref()?, item.newest()?);
        let polygons: Vec<Vec<Ring>> = live.shapes.iter().flat_map(polygons).collect();
        // Single cells have no place on a public map.
        let geometry = match polygons.is_empty() {
            true => Value::Null,
            false => json!({"type": "MultiPolygon", "coordinates": polygons}),
        };
        Some(json!({
            "type": "Feature",
            "id": item.alert,
            "properties": {
                "channel": item.channel,
                "class": item.class,
                "event": live.event,
                "area": live.area,
                "since": moment(live.since_s),
                "expires": moment(item.until_s),
                "cap": board.address(&message.identifier),
            },
            "geometry": geometry,
        }))
    });
    json!({"type": "FeatureCollection", "features": features.collect::<Vec<_>>()}).to_string()
}

/// A shape as polygons of GeoJSON: an outer ring, counter-clockwise, and its holes, clockwise.
fn polygons(shape: &Shape) -> Vec<Vec<Ring>> {
    match shape {
        Shape::Circle { centre, radius_m } => vec![vec![circle(*centre, *radius_m)]],
        Shape::Polygon(polygon) => parted(polygon),
    }
}

fn circle(centre: Point, radius_m: u32) -> Ring {
    let (lat, lon) = centre.degrees();
    let tall = f64::from(radius_m) / METRES_A_DEGREE;
    // At the poles every longitude is near.
    let wide = tall / lat.to_radians().cos().max(0.01);
    let corner = |n: u32| {
        let angle = std::f64::consts::TAU * f64::from(n % CORNERS) / f64::from(CORNERS);
        [rounded(lon + wide * angle.cos()), rounded(lat + tall * angle.sin())]
    };
    (0..=CORNERS).map(corner).collect()
}

/// The rings of a polygon by the even-odd rule: one that lies in an odd number of others is a hole of the one around it.
fn parted(polygon: &Polygon) -> Vec<Vec<Ring>> {
    let rings = polygon.rings();
    let alone: Vec<Option<Polygon>> =
        rings.iter().map(|ring| Polygon::new(vec![ring.clone()], "ring").ok()).collect();
    let around = |at: usize| {
        let within = move |(other, outer): &(usize, &Option<Polygon>)| {
            *other != at && outer.as_ref().is_some_and(|outer| outer.contains(rings[at][0]))
        };
        alone.iter().enumerate().filter(within).map(|(other, _)| other).collect::<Vec<_>>()
    };
    let depths: Vec<Vec<usize>> = (0..rings.len()).map(around).collect();
    let mut parts: Vec<(usize, Vec<Ring>)> = Vec::new();
    for (at, depth) in depths.iter().enumerate().filter(|(_, depth)| depth.len() % 2 == 0) {
        let holes = (0..rings.len())
            .filter(|hole| depths[*hole].len() == depth.len() + 1 && depths[*hole].contains(&at));
        let mut part = vec![wound(&rings[at], true)];
        part.extend(holes.map(|hole| wound(&rings[hole], false)));
        parts.push((at, part));
    }
    parts.into_iter().map(|(_, part)| part).collect()
}

/// A ring in degrees, wound as asked.
fn wound(ring: &[Point], counter_clockwise: bool) -> Ring {
    let mut points: Ring = ring
        .iter()
        .map(|point| {
            let (lat, lon) = point.degrees();
            [lon, lat]
        })
        .collect();
    let doubled: f64 = points.windows(2).map(|side| side[0][0] * side[1][1] - side[1][0] * side[0][1]).sum();
    if (doubled > 0.0) != counter_clockwise {
        points.reverse();
    }
    points
}

fn rounded(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6
}
