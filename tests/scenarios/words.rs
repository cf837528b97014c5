//! What peers say and are told, in the words of the golden vectors.

use bytes::BytesMut;
use serde_json::{Value, json};

/// The network of the golden vectors.
pub(crate) const PLMN: &str = "22001";
/// Three cells of one eNB (41394) in tracking area 257, as in the golden vectors.
pub(crate) const C1: u64 = 10_596_865;
pub(crate) const C2: u64 = C1 + 1;
pub(crate) const C3: u64 = C1 + 2;
/// Cells of another eNB in the same tracking area.
pub(crate) const C4: u64 = C1 + 256;
pub(crate) const C5: u64 = C4 + 1;
/// The eNB of the first three cells.
pub(crate) const ENB: u64 = C1 >> 8;

/// A protocol's octets for a message in words.
pub(crate) fn octets(pdu: &Value) -> Vec<u8> {
    let mut out = BytesMut::new();
    if let Ok(pdu) = serde_json::from_value::<sbcap::Pdu>(pdu.clone()) {
        pdu.encode(&mut out).unwrap();
    } else if let Ok(pdu) = serde_json::from_value::<cbsp::Pdu>(pdu.clone()) {
        pdu.encode(&mut out).unwrap();
    } else {
        let pdu = serde_json::from_value::<sabp::Pdu>(pdu.clone());
        pdu.unwrap_or_else(|error| panic!("{error}")).encode(&mut out).unwrap();
    }
    out.to_vec()
}

/// The words for octets of SBc-AP.
pub(crate) fn sbcap_words(octets: &[u8]) -> Value {
    serde_json::to_value(sbcap::Pdu::decode(octets).unwrap().pdu).unwrap()
}

/// The words for octets of CBSP.
pub(crate) fn cbsp_words(octets: &[u8]) -> Value {
    serde_json::to_value(cbsp::Pdu::decode(octets).unwrap()).unwrap()
}

/// The words for octets of SABP.
pub(crate) fn sabp_words(octets: &[u8]) -> Value {
    serde_json::to_value(sabp::Pdu::decode(octets).unwrap().pdu).unwrap()
}

/// A serial number from its 16 bits.
pub(crate) fn serial(bits: u16) -> Value {
    serde_json::to_value(cbs::SerialNumber::from_bits(bits)).unwrap()
}

pub(crate) fn ecgis(cells: &[u64]) -> Value {
    cells.iter().map(|eci| json!({"plmn": PLMN, "eci": eci})).collect()
}

pub(crate) fn tai(tac: u64) -> Value {
    json!({"plmn": PLMN, "tac": tac})
}

/// A message with these members in place of, or beside, its own; `null` takes one out.
pub(crate) fn with(mut pdu: Value, members: Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        match value {
            Value::Null => drop(pdu.as_object_mut().unwrap().remove(name)),
            value => pdu[name] = value.clone(),
        }
    }
    pdu
}

/// The Write-Replace-Warning-Request that the world's first alert makes: `TEST` every 60 s, 30 times.
pub(crate) fn write(bits: u16, cells: &[u64]) -> Value {
    json!({
        "message": "write_replace_warning_request", "message_id": 4379, "serial": serial(bits),
        "tais": [tai(257)], "area": {"cells": ecgis(cells)}, "repetition_period": 60, "broadcasts": 30,
        "dcs": 15, "content": {"encoding": "gsm7", "text": "TEST"},
        "concurrent": true, "send_write_replace_indication": true,
    })
}

/// The Stop-Warning-Request of the world's first alert.
pub(crate) fn stop(bits: u16, cells: &[u64]) -> Value {
    json!({
        "message": "stop_warning_request", "message_id": 4379, "serial": serial(bits),
        "tais": [tai(257)], "area": {"cells": ecgis(cells)}, "send_stop_indication": true,
    })
}

/// The answer to a request, with a cause.
pub(crate) fn answer(request: &Value, cause: u8) -> Value {
    let message = match request["message"].as_str().unwrap() {
        "write_replace_warning_request" => "write_replace_warning_response",
        "stop_warning_request" => "stop_warning_response",
        other => panic!("no answer to {other}"),
    };
    json!({
        "message": message, "message_id": request["message_id"], "serial": request["serial"], "cause": cause,
    })
}

/// A Write-Replace-Warning-Indication: on the air in these cells.
pub(crate) fn on_air(bits: u16, cells: &[u64]) -> Value {
    json!({
        "message": "write_replace_warning_indication", "message_id": 4379, "serial": serial(bits),
        "broadcast_scheduled_area": {"cells": ecgis(cells)},
    })
}

/// A Stop-Warning-Indication: off the air in these cells, after so many broadcasts each.
pub(crate) fn off_air(bits: u16, cells: &[u64], broadcasts: u16) -> Value {
    let cell = |eci: &u64| json!({"plmn": PLMN, "eci": eci, "broadcasts": broadcasts});
    json!({
        "message": "stop_warning_indication", "message_id": 4379, "serial": serial(bits),
        "broadcast_cancelled_area": {"cells": cells.iter().map(cell).collect::<Value>()},
    })
}

/// A PWS-Restart-Indication of the cells of one eNB.
pub(crate) fn restart(cells: &[u64]) -> Value {
    json!({
        "message": "pws_restart_indication", "restarted_cells": ecgis(cells),
        "global_enb_id": enb(cells[0] >> 8), "restart_tais": [tai(257)],
    })
}

/// A PWS-Failure-Indication of the cells of one eNB.
pub(crate) fn failure(cells: &[u64]) -> Value {
    json!({
        "message": "pws_failure_indication", "failed_cells": ecgis(cells), "global_enb_id": enb(cells[0] >> 8),
    })
}

pub(crate) fn enb(id: u64) -> Value {
    json!({"plmn": PLMN, "kind": "macro", "id": id})
}

/// The octets of a golden vector, in hexadecimal.
pub(crate) fn vector(name: &str) -> &'static str {
    golden(name)["hex"].as_str().unwrap().to_owned().leak()
}

/// A golden vector's words.
pub(crate) fn vector_words(name: &str) -> Value {
    golden(name)["input"].clone()
}

fn golden(name: &str) -> Value {
    let file = match name.split('-').next() {
        Some("cbsp") => include_str!("../../fixtures/vectors/cbsp.json"),
        Some("sabp") => include_str!("../../fixtures/vectors/sabp.json"),
        _ => include_str!("../../fixtures/vectors/sbcap.json"),
    };
    let vectors: Vec<Value> = serde_json::from_str(file).unwrap();
    let found = vectors.into_iter().find(|vector| vector["name"] == name);
    found.unwrap_or_else(|| panic!("no vector {name}"))
}
