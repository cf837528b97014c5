//! protocolExtensions of the messages: what a CBC leg says that serves 5GS too (TS 29.168 §4.4.4).

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::area_5gs::{CancelledArea5gs, NrCgi, ScheduledArea5gs, Tai5gs, WarningArea5gs};
use super::json;
use super::node::{GlobalGnbId, GlobalRanNodeId};

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
    /// List-of-5GS-TAIs: which gNBs to address.
    Tais(Vec<Tai5gs>),
    /// Warning-Area-List-5GS: where the warning goes.
    Area(WarningArea5gs),
    /// Global-RAN-Node-ID: the node to address.
    RanNode(GlobalRanNodeId),
    /// Global-GNB-ID: the gNB that restarted or failed.
    Gnb(GlobalGnbId),
    /// RAT-Selector-5GS: the warning is meant for 5GS.
    RatSelector,
    /// Unknown-5GS-Tracking-Area-List: tracking areas that are not served there.
    UnknownTais(Vec<Tai5gs>),
    /// Broadcast-Scheduled-Area-List-5GS: where it is on the air.
    ScheduledArea(ScheduledArea5gs),
    /// Broadcast-Cancelled-Area-List-5GS: where it is off the air.
    CancelledArea(CancelledArea5gs),
    /// Broadcast-Empty-Area-List-5GS: nodes that had nothing on the air.
    EmptyArea(Vec<GlobalRanNodeId>),
    /// Restarted-Cell-List-NR.
    RestartedCells(Vec<NrCgi>),
    /// Failed-Cell-List-NR.
    FailedCells(Vec<NrCgi>),
    /// List-of-5GS-TAI-for-Restart.
    RestartTais(Vec<Tai5gs>),
}

impl Serialize for Extensions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for extension in &self.0 {
            match extension {
                Extension::Tais(tais) => map.serialize_entry("tais_5gs", tais),
                Extension::Area(area) => map.serialize_entry("area_5gs", area),
                Extension::RanNode(node) => map.serialize_entry("global_ran_node_id", node),
                Extension::Gnb(gnb) => map.serialize_entry("global_gnb_id", gnb),
                Extension::RatSelector => map.serialize_entry("rat_selector_5gs", &true),
                Extension::UnknownTais(tais) => map.serialize_entry("unknown_tais_5gs", tais),
                Extension::ScheduledArea(area) => map.serialize_entry("broadcast_scheduled_area_5gs", area),
                Extension::CancelledArea(area) => map.serialize_entry("broadcast_cancelled_area_5gs", area),
                Extension::EmptyArea(nodes) => map.serialize_entry("broadcast_empty_area_5gs", nodes),
                Extension::RestartedCells(cells) => map.serialize_entry("restarted_cells_nr", cells),
                Extension::FailedCells(cells) => map.serialize_entry("failed_cells_nr", cells),
                Extension::RestartTais(tais) => map.serialize_entry("restart_tais_5gs", tais),
            }?;
        }
        map.end()
    }
}

/// The words of the JSON form.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    #[serde(rename = "tais_5gs")]
    Tais,
    #[serde(rename = "area_5gs")]
    Area,
    #[serde(rename = "global_ran_node_id")]
    RanNode,
    #[serde(rename = "global_gnb_id")]
    Gnb,
    #[serde(rename = "rat_selector_5gs")]
    RatSelector,
    #[serde(rename = "unknown_tais_5gs")]
    UnknownTais,
    #[serde(rename = "broadcast_scheduled_area_5gs")]
    ScheduledArea,
    #[serde(rename = "broadcast_cancelled_area_5gs")]
    CancelledArea,
    #[serde(rename = "broadcast_empty_area_5gs")]
    EmptyArea,
    #[serde(rename = "restarted_cells_nr")]
    RestartedCells,
    #[serde(rename = "failed_cells_nr")]
    FailedCells,
    #[serde(rename = "restart_tais_5gs")]
    RestartTais,
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
            extensions.push(match word {
                Word::Tais => Extension::Tais(map.next_value::<List<_>>()?.0),
                Word::Area => Extension::Area(map.next_value()?),
                Word::RanNode => Extension::RanNode(map.next_value()?),
                Word::Gnb => Extension::Gnb(map.next_value()?),
                Word::RatSelector => {
                    if !map.next_value::<bool>()? {
                        continue;
                    }
                    Extension::RatSelector
                }
                Word::UnknownTais => Extension::UnknownTais(map.next_value::<List<_>>()?.0),
                Word::ScheduledArea => Extension::ScheduledArea(map.next_value()?),
                Word::CancelledArea => Extension::CancelledArea(map.next_value()?),
                Word::EmptyArea => Extension::EmptyArea(map.next_value()?),
                Word::RestartedCells => Extension::RestartedCells(map.next_value::<List<_>>()?.0),
                Word::FailedCells => Extension::FailedCells(map.next_value::<List<_>>()?.0),
                Word::RestartTais => Extension::RestartTais(map.next_value::<List<_>>()?.0),
            });
        }
        Ok(Extensions(extensions))
    }
}

/// A list, or the rule that makes it.
#[derive(Deserialize)]
#[serde(transparent, bound(deserialize = "T: Deserialize<'de> + json::Numbered"))]
struct List<T>(#[serde(deserialize_with = "json::list")] Vec<T>);
