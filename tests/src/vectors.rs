//! The golden vectors: messages with their meaning as JSON, in the words of `amberctl encode`.

use serde_json::{Value, json};

use crate::need;

/// The vectors of one protocol: the project's own, and the shared ones where they are.
pub fn of(protocol: &str) -> Vec<Value> {
    let mut files =
        vec![need::workspace().join("fixtures/vectors").join(format!("{}.json", file_name(protocol)))];
    files.extend(need::shared_data().map(|folder| folder.join("vectors/vectors.json")));
    let mut vectors: Vec<Value> = Vec::new();
    for file in files {
        let text =
            std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let all: Vec<Value> = serde_json::from_str(&text).unwrap();
        vectors.extend(all.into_iter().filter(|vector| vector["protocol"] == protocol));
    }
    vectors.sort_by_key(|vector| vector["name"].to_string());
    vectors.dedup();
    vectors
}

fn file_name(protocol: &str) -> String {
    protocol.to_lowercase().replace('-', "")
}

/// The input with each rule replaced by the list that it makes: `{plmn, key, start, step, count}`, and that of SABP,
/// `{plmn, lac, sac_start, step, count}`.
pub fn written_out(input: &Value) -> Value {
    match input {
        Value::Object(rule) if rule.contains_key("step") => {
            let number = |name: &str| rule[name].as_u64().unwrap();
            let (key, start) = match rule.get("key") {
                Some(key) => (key.as_str().unwrap(), number("start")),
                None => ("sac", number("sac_start")),
            };
            let item = |i| {
                let mut item = json!({"plmn": rule["plmn"], key: start + i * number("step")});
                rule.get("lac").inspect(|lac| item["lac"] = (*lac).clone());
                item
            };
            (0..number("count")).map(item).collect()
        }
        Value::Object(object) => {
            object.iter().map(|(name, value)| (name.clone(), written_out(value))).collect()
        }
        Value::Array(list) => list.iter().map(written_out).collect(),
        other => other.clone(),
    }
}

/// Every number under this name, wherever it stands, in its order.
pub fn numbers(value: &Value, name: &str) -> Vec<u64> {
    match value {
        Value::Object(object) => object
            .iter()
            .flat_map(|(key, value)| match value.as_u64().filter(|_| key == name) {
                Some(number) => vec![number],
                None => numbers(value, name),
            })
            .collect(),
        Value::Array(list) => list.iter().flat_map(|value| numbers(value, name)).collect(),
        _ => Vec::new(),
    }
}

/// A serial number `{gs, code, update}` as the 16 bits on the wire (TS 23.041 §9.4.1.2.1).
pub fn serial(serial: &Value) -> u64 {
    let part = |name: &str| serial[name].as_u64().unwrap();
    part("gs") << 14 | part("code") << 4 | part("update")
}
