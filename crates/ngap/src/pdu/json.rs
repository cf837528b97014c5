//! How lists, octets and nodes look in JSON: a list may be a rule, octets are hexadecimal, a node has the name of its kind.

use std::fmt;
use std::marker::PhantomData;

use cbs::Plmn;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    CellList, Eai, EutraCgi, GlobalGnbId, GlobalN3iwfId, GlobalNgEnbId, GlobalRanNodeId, NrCgi,
    PwsFailureIndication, PwsRestartIndication, Tai,
};

/// The longest list that a rule may ask for: the bound of the standard's own lists.
const ITEMS_MAX: u64 = 65_535;

/// An item of a list that can be written as a rule.
pub(crate) trait Numbered: Sized {
    /// The word for the number that runs, as in `"key": "nci"`.
    const KEY: &'static str;

    /// Whether each item says how often something was broadcast.
    const IS_COUNTED: bool = false;

    /// The item with this number.
    fn numbered(rule: &Rule, number: u64) -> Result<Self, crate::Error>;
}

/// `{plmn, key, start, step, count}`: item `i` has the number `start + i * step`. Where items have a number of broadcasts,
/// `broadcasts` gives all of them the same.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    pub(crate) plmn: Plmn,
    pub(crate) broadcasts: Option<u16>,
    key: String,
    start: u64,
    step: u64,
    count: u64,
}

impl Rule {
    fn items<T: Numbered, E: serde::de::Error>(&self) -> Result<Vec<T>, E> {
        if self.key != T::KEY {
            return Err(E::custom(format!("key: expected {:?}, found {:?}", T::KEY, self.key)));
        }
        if self.count > ITEMS_MAX {
            return Err(E::custom(format!("count: expected at most {ITEMS_MAX}, found {}", self.count)));
        }
        if self.broadcasts.is_some() != T::IS_COUNTED {
            return Err(E::custom("broadcasts: expected where cells were stopped, and only there"));
        }
        let number = |i: u64| i.checked_mul(self.step)?.checked_add(self.start);
        (0..self.count)
            .map(|i| {
                let number = number(i).ok_or_else(|| E::custom("the rule's numbers leave 64 bits"))?;
                T::numbered(self, number).map_err(E::custom)
            })
            .collect()
    }
}

/// Reads a list, or the rule that makes it.
pub(crate) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Numbered,
{
    struct ListOrRule<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de> + Numbered> Visitor<'de> for ListOrRule<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list, or a rule {plmn, key, start, step, count}")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut items = Vec::new();
            while let Some(item) = seq.next_element()? {
                items.push(item);
            }
            Ok(items)
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            Rule::deserialize(MapAccessDeserializer::new(map))?.items()
        }
    }

    deserializer.deserialize_any(ListOrRule(PhantomData))
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

/// `true` or absent, as an ENUMERATED {true} is there or not.
pub(crate) fn is_false(flag: &bool) -> bool {
    !flag
}

/// The members of a [`PwsRestartIndication`] by their names.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RestartFields {
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "list")]
    restart_cells_eutra: Vec<EutraCgi>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "list")]
    restart_cells_nr: Vec<NrCgi>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    global_gnb_id: Option<GlobalGnbId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    global_ng_enb_id: Option<GlobalNgEnbId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    global_n3iwf_id: Option<GlobalN3iwfId>,
    #[serde(deserialize_with = "list")]
    restart_tais: Vec<Tai>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    restart_eais: Vec<Eai>,
}

impl TryFrom<RestartFields> for PwsRestartIndication {
    type Error = &'static str;

    fn try_from(fields: RestartFields) -> Result<Self, Self::Error> {
        Ok(Self {
            cells: cells(fields.restart_cells_eutra, fields.restart_cells_nr)?,
            node: node(fields.global_gnb_id, fields.global_ng_enb_id, fields.global_n3iwf_id)?,
            tais: fields.restart_tais,
            eais: fields.restart_eais,
        })
    }
}

impl From<PwsRestartIndication> for RestartFields {
    fn from(restart: PwsRestartIndication) -> Self {
        let (restart_cells_eutra, restart_cells_nr) = cell_fields(restart.cells);
        let (global_gnb_id, global_ng_enb_id, global_n3iwf_id) = node_fields(restart.node);
        Self {
            restart_cells_eutra,
            restart_cells_nr,
            global_gnb_id,
            global_ng_enb_id,
            global_n3iwf_id,
            restart_tais: restart.tais,
            restart_eais: restart.eais,
        }
    }
}

/// The members of a [`PwsFailureIndication`] by their names.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FailureFields {
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "list")]
    failed_cells_eutra: Vec<EutraCgi>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "list")]
    failed_cells_nr: Vec<NrCgi>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    global_gnb_id: Option<GlobalGnbId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    global_ng_enb_id: Option<GlobalNgEnbId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    global_n3iwf_id: Option<GlobalN3iwfId>,
}

impl TryFrom<FailureFields> for PwsFailureIndication {
    type Error = &'static str;

    fn try_from(fields: FailureFields) -> Result<Self, Self::Error> {
        Ok(Self {
            cells: cells(fields.failed_cells_eutra, fields.failed_cells_nr)?,
            node: node(fields.global_gnb_id, fields.global_ng_enb_id, fields.global_n3iwf_id)?,
        })
    }
}

impl From<PwsFailureIndication> for FailureFields {
    fn from(failure: PwsFailureIndication) -> Self {
        let (failed_cells_eutra, failed_cells_nr) = cell_fields(failure.cells);
        let (global_gnb_id, global_ng_enb_id, global_n3iwf_id) = node_fields(failure.node);
        Self { failed_cells_eutra, failed_cells_nr, global_gnb_id, global_ng_enb_id, global_n3iwf_id }
    }
}

fn cells(eutra: Vec<EutraCgi>, nr: Vec<NrCgi>) -> Result<CellList, &'static str> {
    match (&eutra[..], &nr[..]) {
        ([], [_, ..]) => Ok(CellList::Nr(nr)),
        ([_, ..], []) => Ok(CellList::Eutra(eutra)),
        _ => Err("cells: expected either cells of E-UTRA or cells of NR"),
    }
}

fn cell_fields(cells: CellList) -> (Vec<EutraCgi>, Vec<NrCgi>) {
    match cells {
        CellList::Eutra(cells) => (cells, Vec::new()),
        CellList::Nr(cells) => (Vec::new(), cells),
    }
}

fn node(
    gnb: Option<GlobalGnbId>,
    ng_enb: Option<GlobalNgEnbId>,
    n3iwf: Option<GlobalN3iwfId>,
) -> Result<GlobalRanNodeId, &'static str> {
    match (gnb, ng_enb, n3iwf) {
        (Some(gnb), None, None) => Ok(GlobalRanNodeId::Gnb(gnb)),
        (None, Some(ng_enb), None) => Ok(GlobalRanNodeId::NgEnb(ng_enb)),
        (None, None, Some(n3iwf)) => Ok(GlobalRanNodeId::N3iwf(n3iwf)),
        _ => Err("node: expected one of global_gnb_id, global_ng_enb_id and global_n3iwf_id"),
    }
}

fn node_fields(node: GlobalRanNodeId) -> (Option<GlobalGnbId>, Option<GlobalNgEnbId>, Option<GlobalN3iwfId>) {
    match node {
        GlobalRanNodeId::Gnb(gnb) => (Some(gnb), None, None),
        GlobalRanNodeId::NgEnb(ng_enb) => (None, Some(ng_enb), None),
        GlobalRanNodeId::N3iwf(n3iwf) => (None, None, Some(n3iwf)),
    }
}
