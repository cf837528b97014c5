//! protocolExtensions of Write-Replace: what ETWS adds (TS 25.419 §9.1.3).

use std::fmt;

use cbs::WarningType;
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::json;

/// The extensions of a message in the order of the wire. Its JSON form is an object whose order is that order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Extensions(pub Vec<Extension>);

impl Extensions {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One extension.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Extension {
    /// WarningSecurityInfo. Not used in practice.
    SecurityInfo(SecurityInfo),
    /// Paging-ETWS-Indicator: page the phones.
    PagingEtws,
    /// Warning-Type: what kind of warning.
    WarningType(WarningType),
    /// Broadcast-Message-Content-Validity-Indicator: the content is mandatory, but here it says nothing.
    ContentNotValid,
}

/// WarningSecurityInfo, 50 octets: a time stamp and a signature.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct SecurityInfo(#[serde(with = "json::hex_array")] pub [u8; 50]);

impl Serialize for Extensions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for extension in &self.0 {
            match extension {
                Extension::SecurityInfo(info) => map.serialize_entry("security_info", info),
                Extension::PagingEtws => map.serialize_entry("paging_etws", &true),
                Extension::WarningType(kind) => map.serialize_entry("warning_type", kind),
                Extension::ContentNotValid => map.serialize_entry("content_not_valid", &true),
            }?;
        }
        map.end()
    }
}

/// The words of the JSON form.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    SecurityInfo,
    PagingEtws,
    WarningType,
    ContentNotValid,
}

impl<'de> Deserialize<'de> for Extensions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Extensions;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of extensions in the order of the wire")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Extensions, A::Error> {
        let mut extensions = Vec::new();
        while let Some(word) = map.next_key()? {
            let flag = |is_there: bool, extension| is_there.then_some(extension);
            extensions.extend(match word {
                Word::SecurityInfo => Some(Extension::SecurityInfo(map.next_value()?)),
                Word::PagingEtws => flag(map.next_value()?, Extension::PagingEtws),
                Word::WarningType => Some(Extension::WarningType(map.next_value()?)),
                Word::ContentNotValid => flag(map.next_value()?, Extension::ContentNotValid),
            });
        }
        Ok(Extensions(extensions))
    }
}
