//! Named areas, found by code or by name.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};

use crate::name::{folded, plain, shortened};
use crate::{Error, Point, Polygon};

/// The named areas a control room may choose.
#[derive(Clone, Debug, Default)]
pub struct Atlas {
    areas: Vec<Area>,
    /// What leads to an area, surest first: its code and full name, its short name, either without
    /// diacritics.
    keys: [HashMap<String, Vec<usize>>; 3],
}

/// One named area.
#[derive(Clone, Debug, PartialEq)]
pub struct Area {
    /// ISO 3166-2 (`RS-06`) or the five-digit code of the register of spatial units (`70092`).
    pub code: String,
    /// Its name in Latin script.
    pub name: String,
    /// Its name in Cyrillic script.
    pub name_cyrl: String,
    /// What kind of area it is.
    pub level: Level,
    /// For a municipality, the code of its district.
    pub district: Option<String>,
    /// How many people live there, where a census says so.
    pub population: Option<u64>,
    /// Its extent in square kilometres.
    pub km2: f64,
    /// For a municipality, its seat.
    pub seat: Option<Point>,
    /// Its figure on the map.
    pub polygon: Arc<Polygon>,
}

/// The kinds of named areas.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A country, or the part of it a census covers.
    Country,
    /// A province.
    Province,
    /// A district (okrug).
    District,
    /// A municipality (opština) or a town.
    Municipality,
}

impl Atlas {
    /// The areas of Serbia as this project ships them: coarse figures for tests and the demo, drawn from the
    /// sources that `fixtures/areas/README.md` credits.
    pub fn serbia() -> Result<Self, Error> {
        Self::from_geojson(&[
            include_str!("../../../fixtures/areas/country.geojson"),
            include_str!("../../../fixtures/areas/districts.geojson"),
            include_str!("../../../fixtures/areas/municipalities.geojson"),
        ])
    }

    /// The areas of these GeoJSON feature collections (RFC 7946). Each feature is a Polygon or a MultiPolygon
    /// with the properties `level`, `name`, `name_cyrl` and one of `code`, `iso`, `code_rs`.
    pub fn from_geojson(collections: &[&str]) -> Result<Self, Error> {
        let mut atlas = Self::default();
        for (at, text) in collections.iter().enumerate() {
            let collection: Collection = serde_json::from_str(text)
                .map_err(|error| Error::GeoJson { collection: at + 1, reason: error.to_string() })?;
            for feature in collection.features {
                atlas.add(feature.into_area()?)?;
            }
        }
        Ok(atlas)
    }

    /// All areas, in the order they were given.
    pub fn areas(&self) -> &[Area] {
        &self.areas
    }

    /// The area of that code or name, in either script, case ignored. A name may lack words such as `okrug`,
    /// and diacritics, as long as it means one area; a surer reading is preferred to a looser one.
    pub fn find(&self, text: &str) -> Result<&Area, Error> {
        let name = folded(text);
        let [unaccented, _] = plain(&name);
        for (keys, key) in self.keys.iter().zip([&name, &name, &unaccented]) {
            match keys.get(key).map(Vec::as_slice) {
                Some([at]) => return Ok(&self.areas[*at]),
                Some(several) => {
                    let candidates = several.iter().map(|at| self.areas[*at].title()).collect();
                    return Err(Error::AmbiguousArea { found: text.to_owned(), candidates });
                }
                None => {}
            }
        }
        Err(Error::UnknownArea { found: text.to_owned(), suggestions: self.suggestions(&unaccented) })
    }

    fn add(&mut self, area: Area) -> Result<(), Error> {
        let (full, code) = (folded(&area.name), folded(&area.code));
        if self.keys[0].contains_key(&code) {
            return Err(Error::AreaCode { code: area.code });
        }
        let short = shortened(&full).to_owned();
        let [a, b] = plain(&full);
        let [c, d] = plain(&short);
        let at = self.areas.len();
        let sure = [code, full, folded(&area.name_cyrl)].map(|name| (0, name));
        let loose = [a, b, c, d].map(|name| (2, name));
        for (tier, name) in sure.into_iter().chain([(1, short)]).chain(loose) {
            let named = self.keys[tier].entry(name).or_default();
            if named.last() != Some(&at) {
                named.push(at);
            }
        }
        self.areas.push(area);
        Ok(())
    }

    /// Up to three areas with a name near to what was asked, nearest first.
    fn suggestions(&self, unaccented: &str) -> Vec<String> {
        const NEAR: f64 = 0.6;
        let mut near: Vec<(f64, usize)> = self.keys[2]
            .iter()
            .map(|(name, areas)| (strsim::normalized_damerau_levenshtein(name, unaccented), areas))
            .filter(|(likeness, _)| *likeness >= NEAR)
            .flat_map(|(likeness, areas)| areas.iter().map(move |at| (likeness, *at)))
            .collect();
        near.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
        let mut places: Vec<usize> = Vec::new();
        for (_, at) in near {
            if !places.contains(&at) {
                places.push(at);
            }
        }
        places.iter().take(3).map(|at| self.areas[*at].title()).collect()
    }
}

impl Area {
    /// Name and code, for lists of candidates.
    fn title(&self) -> String {
        format!("{} ({})", self.name, self.code)
    }
}

#[derive(Deserialize)]
struct Collection {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    properties: Properties,
    geometry: Geometry,
}

#[derive(Deserialize)]
struct Properties {
    level: Level,
    #[serde(alias = "iso", alias = "code_rs", deserialize_with = "code")]
    code: String,
    name: String,
    name_cyrl: String,
    district: Option<String>,
    pop2022: Option<u64>,
    #[serde(default)]
    km2: f64,
    seat_point: Option<[f64; 2]>,
}

type Ring = Vec<[f64; 2]>;

#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum Geometry {
    Polygon(Vec<Ring>),
    MultiPolygon(Vec<Vec<Ring>>),
}

impl Feature {
    fn into_area(self) -> Result<Area, Error> {
        let Properties { level, code, name, name_cyrl, district, pop2022, km2, seat_point } = self.properties;
        let place = format!("{name} ({code})");
        let point = |[lon, lat]: [f64; 2]| Point::from_degrees(lat, lon, &place);
        let rings = match self.geometry {
            Geometry::Polygon(rings) => rings,
            Geometry::MultiPolygon(polygons) => polygons.into_iter().flatten().collect(),
        };
        let rings = rings.into_iter().map(|ring| ring.into_iter().map(point).collect());
        let polygon = Polygon::new(rings.collect::<Result<_, _>>()?, &place)?;
        let seat = seat_point.map(point).transpose()?;
        let (population, polygon) = (pop2022, Arc::new(polygon));
        Ok(Area { code, name, name_cyrl, level, district, population, km2, seat, polygon })
    }
}

/// A code, written as text or as a number.
fn code<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Code {
        Text(String),
        Number(u64),
    }
    Ok(match Code::deserialize(deserializer)? {
        Code::Text(text) => text,
        Code::Number(number) => number.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(atlas: &Atlas, text: &str) -> String {
        atlas.find(text).map_or_else(|error| format!("{text}: {error}"), |area| area.code.clone())
    }

    #[test]
    fn an_area_is_found_by_code_and_by_name_in_either_script() {
        let atlas = Atlas::serbia().unwrap();
        for (text, code) in [
            ("RS-06", "RS-06"),
            ("rs-06", "RS-06"),
            ("70092", "70092"),
            ("Novi Sad", "80284"),
            ("НОВИ САД", "80284"),
            ("Грaд Београд", "RS-00"),
            ("Beograd", "RS-00"),
            ("zlatiborski", "RS-16"),
            ("Zlatiborski okrug", "RS-16"),
            ("Vojvodina", "RS-VO"),
            ("Čačak", "71242"),
            ("cacak", "71242"),
            ("Indjija", "80179"),
            ("indija", "80179"),
            ("Palilula (Nis)", "71323"),
            ("kosovsko mitrovacki okrug", "RS-28"),
        ] {
            assert_eq!(code_of(&atlas, text), code, "{text}");
        }
    }

    #[test]
    fn every_area_is_found_by_its_code_and_both_names() {
        let atlas = Atlas::serbia().unwrap();
        assert_eq!(atlas.areas().len(), 4 + 30 + 165);
        for area in atlas.areas() {
            for text in [&area.code, &area.name, &area.name_cyrl] {
                assert_eq!(code_of(&atlas, text), area.code);
            }
        }
    }

    #[test]
    fn an_ambiguous_name_gives_its_candidates() {
        let atlas = Atlas::serbia().unwrap();
        let Err(Error::AmbiguousArea { candidates, .. }) = atlas.find("Палилула") else {
            panic!("expected candidates");
        };
        assert_eq!(candidates.len(), 2);
        assert!(candidates[0].starts_with("Palilula (Beograd)"), "{candidates:?}");
    }

    #[test]
    fn an_unknown_name_gives_near_ones() {
        let atlas = Atlas::serbia().unwrap();
        let error = atlas.find("Kragujevats").unwrap_err().to_string();
        assert!(error.contains("Kragujevac ("), "{error}");
        let error = atlas.find("Xyzzy").unwrap_err().to_string();
        assert!(!error.contains("near"), "{error}");
    }

    #[test]
    fn districts_and_municipalities_lie_where_they_should() {
        let atlas = Atlas::serbia().unwrap();
        let belgrade = Point::from_degrees(44.8, 20.46, "Beograd").unwrap();
        for (name, inside) in
            [("RS", true), ("RS-00", true), ("RS-VO", false), ("RS-XKM", true), ("RS-KM", false)]
        {
            assert_eq!(atlas.find(name).unwrap().polygon.contains(belgrade), inside, "{name}");
        }
        for area in atlas.areas().iter().filter(|area| area.level == Level::Municipality) {
            let district = atlas.find(area.district.as_deref().unwrap()).unwrap();
            let seat = area.seat.unwrap();
            assert_eq!(area.polygon.contains(seat), district.polygon.contains(seat), "{}", area.name);
        }
    }

    #[test]
    fn a_second_area_of_one_code_or_a_bad_figure_is_refused() {
        let feature = r#"{"properties":{"level":"district","iso":"X-1","name":"X","name_cyrl":"Х"},
            "geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}}"#;
        let twice = format!(r#"{{"features":[{feature},{feature}]}}"#);
        assert_eq!(Atlas::from_geojson(&[&twice]).unwrap_err(), Error::AreaCode { code: "X-1".into() });
        let open = format!(r#"{{"features":[{}]}}"#, feature.replace(",[0,0]]]", ",[0,1]]]"));
        assert!(Atlas::from_geojson(&[&open]).unwrap_err().to_string().starts_with("X (X-1): expected"));
        assert!(matches!(Atlas::from_geojson(&["{}"]), Err(Error::GeoJson { collection: 1, .. })));
    }

    #[allow(clippy::disallowed_methods)]
    /// The detailed figures this project's are drawn from, where they are at hand.
    #[test]
    fn detailed_figures_are_read_too() {
        let Some(folder) = crate::shared_folder() else { return };
        let read = |level: &str| {
            std::fs::read_to_string(folder.join(format!("geo/serbia-{level}.geojson"))).unwrap()
        };
        let texts = ["country", "districts", "municipalities"].map(read);
        let atlas = Atlas::from_geojson(&texts.each_ref().map(String::as_str)).unwrap();
        assert_eq!(code_of(&atlas, "Нови Сад"), "80284");
    }
}
