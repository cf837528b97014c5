//! The golden vectors of TS 23.041: bytes made by an encoder that is not ours, both ways.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test: it reads the shared vectors from where the environment says, and stops at the first surprise"
)]

use std::path::PathBuf;

use cbs::{Content, Coordinates, DataCodingScheme, Pages, Plmn, SerialNumber, WarningType};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Deserialize)]
struct Vector {
    name: String,
    protocol: String,
    input: Value,
    hex: String,
}

/// The `input` of a vector.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "unit", rename_all = "snake_case")]
enum Unit {
    Content { content: Content },
    Coordinates { coordinates: Coordinates },
    Plmn { plmn: Plmn },
    Serial { serial: SerialNumber },
    WarningType { warning_type: WarningType },
}

impl Unit {
    fn encode(&self) -> Vec<u8> {
        match self {
            Self::Content { content } => content.pages().warning_message_contents(),
            Self::Coordinates { coordinates } => coordinates.encode(),
            Self::Plmn { plmn } => plmn.octets().into(),
            Self::Serial { serial } => serial.bits().to_be_bytes().into(),
            Self::WarningType { warning_type } => warning_type.octets().into(),
        }
    }

    /// The unit of the same kind in these octets.
    fn decode_alike(&self, octets: &[u8]) -> Self {
        match self {
            Self::Content { content } => {
                let dcs = content.alphabet().map_or(DataCodingScheme::GSM7, cbs::Alphabet::dcs);
                let content = Content::from_pages(Pages::decode(octets).unwrap(), dcs);
                Self::Content { content }
            }
            Self::Coordinates { .. } => {
                Self::Coordinates { coordinates: Coordinates::decode(octets).unwrap() }
            }
            Self::Plmn { .. } => Self::Plmn { plmn: Plmn::from_octets(octets.try_into().unwrap()).unwrap() },
            Self::Serial { .. } => {
                let bits = u16::from_be_bytes(octets.try_into().unwrap());
                Self::Serial { serial: SerialNumber::from_bits(bits) }
            }
            Self::WarningType { .. } => {
                Self::WarningType { warning_type: WarningType::from_octets(octets.try_into().unwrap()) }
            }
        }
    }
}

fn check(vectors: &str) -> usize {
    let vectors: Vec<Vector> = serde_json::from_str(vectors).unwrap();
    let ours = vectors.iter().filter(|vector| vector.protocol == "23.041");
    ours.inspect(|Vector { name, input, hex, .. }| {
        let unit: Unit = serde_json::from_value(input.clone()).unwrap();
        assert_eq!(hex::encode(unit.encode()), *hex, "{name}");
        let decoded = unit.decode_alike(&hex::decode(hex).unwrap());
        assert_eq!(serde_json::to_value(decoded).unwrap(), *input, "{name}");
    })
    .count()
}

#[test]
fn our_copy_of_the_vectors_passes_both_ways() {
    assert_eq!(check(include_str!("../../../fixtures/vectors/23.041.json")), 12);
}

#[test]
fn the_shared_vectors_pass_both_ways() {
    let shared = std::env::var("AMBERD_SHARED")
        .map_or_else(|_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    match std::fs::read_to_string(shared.join("vectors/vectors.json")) {
        Ok(vectors) => assert!(check(&vectors) >= 12),
        Err(error) => {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "no shared vectors: {error}");
            println!("NOT RUN: no shared vectors in {}: {error}", shared.display());
        }
    }
}
