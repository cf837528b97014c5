//! Where towers stand.

use super::random::Random;
use super::roads::ROADS;
use crate::polygon::{Edge, Extent};
use crate::sector::{Plane, Sector};
use crate::{Area, Atlas, Error, Level, Point, Polygon};

/// The outline within which towers stand.
const COUNTRY: &str = "RS-XKM";
/// How far towers keep from the border in metres: as far as the coarse map may be off it (0.01 degree).
const BORDER_M: u32 = 1_112;
/// Microdegrees of latitude in a kilometre.
const UDEG_PER_KM_NORTH: f64 = 1e6 / 111.2;
/// Microdegrees of longitude in a kilometre, in the middle of the country.
const UDEG_PER_KM_EAST: f64 = UDEG_PER_KM_NORTH / 0.71;

/// A tower, before it is known who uses it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tower {
    pub(super) site: Point,
    pub(super) district: u8,
    pub(super) class: Class,
}

/// What a tower serves.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Class {
    Urban,
    Suburban,
    Rural,
    Road,
}

/// The land to place towers on.
pub(super) struct Land<'a> {
    municipalities: Vec<Municipality<'a>>,
    by_people: Weights,
    by_area: Weights,
    /// Stretches of road and their lengths.
    stretches: Vec<[Point; 2]>,
    by_length: Weights,
}

struct Municipality<'a> {
    area: &'a Area,
    extent: Extent,
    district: u8,
    people: f64,
    seat: Point,
    /// How far from the seat most people live, in kilometres.
    spread_km: f64,
    /// The sides of the country's outline that are near enough to matter.
    border: Vec<Edge>,
}

impl<'a> Land<'a> {
    pub(super) fn new(atlas: &'a Atlas) -> Result<Self, Error> {
        let country =
            atlas.find(COUNTRY).map_err(|_| Error::Unpopulated { expected: "the outline RS-XKM" })?;
        let areas = atlas.areas().iter();
        let municipalities: Vec<_> =
            areas.filter_map(|area| Municipality::new(area, &country.polygon)).collect();
        if municipalities.is_empty() {
            return Err(Error::Unpopulated { expected: "municipalities with population and seat" });
        }
        let stretches: Vec<_> =
            ROADS.iter().flat_map(|road| road.windows(2)).map(|ends| [ends[0], ends[1]]).collect();
        let length_km = |[a, b]: &[Point; 2]| {
            let north = f64::from(b.lat_udeg - a.lat_udeg) / UDEG_PER_KM_NORTH;
            let east = f64::from(b.lon_udeg - a.lon_udeg) / UDEG_PER_KM_EAST;
            (north * north + east * east).sqrt()
        };
        Ok(Self {
            by_people: Weights::new(municipalities.iter().map(|municipality| municipality.people)),
            by_area: Weights::new(municipalities.iter().map(|municipality| municipality.area.km2)),
            by_length: Weights::new(stretches.iter().map(length_km)),
            municipalities,
            stretches,
        })
    }

    /// A new tower.
    pub(super) fn tower(&self, random: &mut Random) -> Result<Tower, Error> {
        const ATTEMPTS: usize = 1_000;
        let tower = (0..ATTEMPTS).find_map(|_| self.attempt(random));
        tower.ok_or(Error::Unpopulated { expected: "room for towers inside the outline RS-XKM" })
    }

    fn attempt(&self, random: &mut Random) -> Option<Tower> {
        let kind = random.unit();
        let (municipality, site, class) = if kind < 0.56 {
            let municipality = &self.municipalities[self.by_people.draw(random)];
            let class = if municipality.is_small_town() { Class::Suburban } else { Class::Urban };
            (municipality, municipality.near_seat(random)?, class)
        } else if kind < 0.73 {
            let municipality = &self.municipalities[self.by_people.draw(random)];
            let class = if municipality.density() < 70.0 { Class::Rural } else { Class::Suburban };
            (municipality, municipality.anywhere(random)?, class)
        } else if kind < 0.84 {
            let site = self.beside_road(random);
            let municipality = self.municipalities.iter().find(|municipality| municipality.accepts(site))?;
            (municipality, site, Class::Road)
        } else {
            let municipality = &self.municipalities[self.by_area.draw(random)];
            (municipality, municipality.anywhere(random)?, Class::Rural)
        };
        Some(Tower { site, district: municipality.district, class })
    }

    fn beside_road(&self, random: &mut Random) -> Point {
        let [from, to] = self.stretches[self.by_length.draw(random)];
        let share = random.unit();
        let along = |from: i32, to: i32| from + (f64::from(to - from) * share) as i32;
        let on_road = Point {
            lat_udeg: along(from.lat_udeg, to.lat_udeg),
            lon_udeg: along(from.lon_udeg, to.lon_udeg),
        };
        moved(on_road, 0.5, random)
    }
}

impl<'a> Municipality<'a> {
    fn new(area: &'a Area, country: &Polygon) -> Option<Self> {
        if area.level != Level::Municipality {
            return None;
        }
        let district = area.district.as_deref()?.rsplit('-').next()?.parse().ok()?;
        let (people, seat) = (area.population? as f64, area.seat?);
        let by_people = (0.55 * (people / 10_000.0).sqrt()).clamp(0.5, 5.0);
        let spread_km = by_people.min(0.45 * area.km2.sqrt());
        let extent = area.polygon.extent();
        let near = extent.widened(BORDER_M);
        let border = country.edges().filter(|edge| edge.extent().meets(&near)).collect();
        Some(Self { area, extent, district, people, seat, spread_km, border })
    }

    fn near_seat(&self, random: &mut Random) -> Option<Point> {
        let scattered = (0..25).find_map(|_| {
            let site = moved(self.seat, self.spread_km, random);
            self.accepts(site).then_some(site)
        });
        scattered.or_else(|| self.anywhere(random))
    }

    fn anywhere(&self, random: &mut Random) -> Option<Point> {
        let Extent { south, north, west, east } = self.extent;
        (0..60).find_map(|_| {
            let site =
                Point { lat_udeg: between(south, north, random), lon_udeg: between(west, east, random) };
            self.accepts(site).then_some(site)
        })
    }

    fn accepts(&self, site: Point) -> bool {
        self.contains(site) && self.is_off_border(site)
    }

    fn contains(&self, site: Point) -> bool {
        self.extent.meets(&Extent::of(site)) && self.area.polygon.contains(site)
    }

    fn is_off_border(&self, site: Point) -> bool {
        if self.border.is_empty() {
            return true;
        }
        let near = Extent::of(site).widened(BORDER_M);
        let (plane, disc) = (Plane::at(site), Sector::new(0, 360, BORDER_M));
        !self.border.iter().any(|edge| edge.extent().meets(&near) && disc.touches(plane.side(edge)))
    }

    /// People in a square kilometre.
    fn density(&self) -> f64 {
        self.people / self.area.km2
    }

    fn is_small_town(&self) -> bool {
        self.people < 40_000.0 && self.density() < 800.0
    }
}

/// A point scattered round another.
fn moved(from: Point, spread_km: f64, random: &mut Random) -> Point {
    let north = random.normal() * spread_km * UDEG_PER_KM_NORTH;
    let east = random.normal() * spread_km * UDEG_PER_KM_EAST;
    Point { lat_udeg: from.lat_udeg + north as i32, lon_udeg: from.lon_udeg + east as i32 }
}

fn between(low: i32, high: i32, random: &mut Random) -> i32 {
    let width = u64::from(high.abs_diff(low)) + 1;
    low + random.below(width) as i32
}

/// Chances in proportion to weights.
struct Weights {
    sums: Vec<f64>,
    total: f64,
}

impl Weights {
    fn new(weights: impl Iterator<Item = f64>) -> Self {
        let mut total = 0.0;
        let sums = weights
            .map(|weight| {
                total += weight;
                total
            })
            .collect();
        Self { sums, total }
    }

    /// The place of one weight; there is at least one.
    fn draw(&self, random: &mut Random) -> usize {
        let at = random.unit() * self.total;
        self.sums.partition_point(|sum| *sum <= at).min(self.sums.len() - 1)
    }
}
