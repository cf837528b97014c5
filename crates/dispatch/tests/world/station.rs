//! The far end of a link: what it understands of a request, and how it answers.

use area::Inventory;
use bytes::BytesMut;
use dispatch::{PeerId, Protocol};
use serde_json::{Value, json};

/// A message that was handed to a link.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    pub(crate) at_ms: u64,
    pub(crate) peer: PeerId,
    pub(crate) octets: Vec<u8>,
    /// The message in the words of the golden vectors.
    pub(crate) pdu: Value,
    /// The inventory's indices of the cells that it lists.
    pub(crate) cells: Vec<u32>,
    /// The tracking area codes that it lists.
    pub(crate) tacs: Vec<u64>,
    /// When the station's first word about it arrives, if it has any.
    pub(crate) answered_ms: Option<u64>,
}

/// What a station answers: messages and after how many milliseconds.
pub(crate) type Manner = Box<dyn FnMut(&Request) -> Vec<(u64, Value)>>;

/// Answers everything well after so many milliseconds.
pub(crate) fn prompt(ms: u64) -> Manner {
    Box::new(move |request| request.success().map(|answer| (ms, answer)).into_iter().collect())
}

/// Answers nothing but keep-alives.
pub(crate) fn silent() -> Manner {
    Box::new(|request| match request.kind() {
        "keep_alive" => vec![(1, json!({"message": "keep_alive_complete"}))],
        _ => Vec::new(),
    })
}

/// Answers each request with the success that was due, put through this.
pub(crate) fn with(ms: u64, change: impl Fn(&Request, Value) -> Value + 'static) -> Manner {
    Box::new(move |request| {
        request.success().map(|answer| (ms, change(request, answer))).into_iter().collect()
    })
}

impl Request {
    pub(crate) fn kind(&self) -> &str {
        self.pdu["message"].as_str().unwrap()
    }

    pub(crate) fn is_write(&self) -> bool {
        matches!(self.kind(), "write_replace_warning_request" | "write_replace")
    }

    pub(crate) fn is_kill(&self) -> bool {
        matches!(self.kind(), "stop_warning_request" | "kill")
    }

    fn is_sabp(&self) -> bool {
        self.pdu.get("service_areas").is_some()
    }

    /// The answer that says that all is well.
    pub(crate) fn success(&self) -> Option<Value> {
        let pdu = &self.pdu;
        let sbcap = |message| json!({"message": message, "message_id": pdu["message_id"], "serial": pdu["serial"], "cause": 0});
        let sabp = |message, serial: &str| {
            let areas = pdu["service_areas"].as_array().unwrap().iter();
            let completed: Vec<Value> = areas.map(|area| with_count(area, 0)).collect();
            json!({"message": message, "message_id": pdu["message_id"], serial: pdu[serial], "completed": completed})
        };
        Some(match self.kind() {
            "write_replace" if self.is_sabp() => sabp("write_replace_complete", "new_serial"),
            "kill" if self.is_sabp() => sabp("kill_complete", "old_serial"),
            "message_status_query" if self.is_sabp() => sabp("message_status_query_complete", "old_serial"),
            "reset" if self.is_sabp() => {
                json!({"message": "reset_complete", "service_areas": pdu["service_areas"]})
            }
            "write_replace_warning_request" => sbcap("write_replace_warning_response"),
            "stop_warning_request" => sbcap("stop_warning_response"),
            "write_replace" => json!({
                "message": "write_replace_complete", "message_id": pdu["message_id"],
                "new_serial": pdu["new_serial"], "cells": pdu["cells"], "channel": "basic",
            }),
            "kill" => json!({
                "message": "kill_complete", "message_id": pdu["message_id"],
                "old_serial": pdu["old_serial"], "channel": "basic",
            }),
            "reset" => json!({"message": "reset_complete", "cells": pdu["cells"]}),
            "keep_alive" => json!({"message": "keep_alive_complete"}),
            _ => return None,
        })
    }
}

/// An item of SABP's list of counts.
pub(crate) fn with_count(area: &Value, completed: u16) -> Value {
    let mut item = area.clone();
    item["completed"] = completed.into();
    item
}

pub(crate) fn encode(protocol: Protocol, pdu: Value) -> Vec<u8> {
    let mut out = BytesMut::new();
    match protocol {
        Protocol::Sbcap(_) => {
            serde_json::from_value::<sbcap::Pdu>(pdu).unwrap().encode(&mut out).unwrap();
        }
        Protocol::Cbsp(_) => {
            serde_json::from_value::<cbsp::Pdu>(pdu).unwrap().encode(&mut out).unwrap();
        }
        Protocol::Sabp(_) => {
            serde_json::from_value::<sabp::Pdu>(pdu).unwrap().encode(&mut out).unwrap();
        }
        Protocol::Cap(_) => panic!("CBCs have a world of their own"),
    }
    out.to_vec()
}

pub(crate) fn decode(
    protocol: Protocol,
    inventory: &Inventory,
    peer: PeerId,
    at_ms: u64,
    octets: &[u8],
) -> Request {
    let (pdu, cells, id) = match protocol {
        Protocol::Sbcap(_) => {
            let pdu = serde_json::to_value(sbcap::Pdu::decode(octets).unwrap().pdu).unwrap();
            let cells = pdu["area"]["cells"].clone();
            (pdu, cells, "eci")
        }
        Protocol::Cbsp(_) => {
            let pdu = serde_json::to_value(cbsp::Pdu::decode(octets).unwrap()).unwrap();
            let cells = pdu["cells"]["items"].clone();
            (pdu, cells, "ci")
        }
        Protocol::Sabp(_) => {
            let pdu = serde_json::to_value(sabp::Pdu::decode(octets).unwrap().pdu).unwrap();
            let cells = pdu["service_areas"].clone();
            (pdu, cells, "sac")
        }
        Protocol::Cap(_) => panic!("CBCs have a world of their own"),
    };
    let index = |cell: &Value| {
        let number = |key: &str| cell[key].as_u64().unwrap();
        let same = |at: &usize| {
            let area = u64::from(inventory.lacs_or_tacs()[*at]);
            inventory.cell_ids()[*at] == number(id) && (id == "eci" || area == number("lac"))
        };
        (0..inventory.len() as usize).find(same).unwrap() as u32
    };
    let tacs = pdu["tais"].as_array().into_iter().flatten().map(|tai| tai["tac"].as_u64().unwrap());
    Request {
        at_ms,
        peer,
        octets: octets.to_vec(),
        tacs: tacs.collect(),
        answered_ms: None,
        cells: cells.as_array().into_iter().flatten().map(index).collect(),
        pdu,
    }
}
