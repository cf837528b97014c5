//! How lists and octets look in JSON: a list of service areas may be a rule, octets are hexadecimal.

use std::fmt;

use cbs::Plmn;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serializer};

use super::ServiceArea;

/// `{plmn, lac, sac_start, step, count}`: service area `i` has the code `sac_start + i * step`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    plmn: Plmn,
    lac: u16,
    sac_start: u16,
    step: u16,
    count: u16,
}

impl Rule {
    fn areas<E: serde::de::Error>(&self) -> Result<Vec<ServiceArea>, E> {
        let sac = |i: u16| i.checked_mul(self.step)?.checked_add(self.sac_start);
        let area = |i| sac(i).map(|sac| ServiceArea::new(self.plmn, self.lac, sac));
        let areas = (0..self.count).map(area).collect::<Option<_>>();
        areas.ok_or_else(|| E::custom("the rule's service area codes leave 16 bits"))
    }
}

/// Reads a list of service areas, or the rule that makes it.
pub(crate) fn areas<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ServiceArea>, D::Error> {
    struct ListOrRule;

    impl<'de> Visitor<'de> for ListOrRule {
        type Value = Vec<ServiceArea>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list, or a rule {plmn, lac, sac_start, step, count}")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut areas = Vec::new();
            while let Some(area) = seq.next_element()? {
                areas.push(area);
            }
            Ok(areas)
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            Rule::deserialize(MapAccessDeserializer::new(map))?.areas()
        }
    }

    deserializer.deserialize_any(ListOrRule)
}

/// Octets of a fixed number as hexadecimal text.
pub(crate) mod hex_array {
    use super::*;

    pub(crate) fn serialize<S: Serializer, const N: usize>(
        octets: &[u8; N],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(octets))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        deserializer: D,
    ) -> Result<[u8; N], D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut octets = [0; N];
        hex::decode_to_slice(&text, &mut octets).map_err(D::Error::custom)?;
        Ok(octets)
    }
}
