//! The parts that all protocols share (TS 23.041), each by itself.

use cbs::{Content, Coordinates, DataCodingScheme, Pages, Plmn, SerialNumber, WarningType};
use serde::{Deserialize, Serialize};

use super::fault::Fault;
use crate::arguments::{DecodeArgs, Unit};

/// A part, in the words of the golden vectors.
#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "unit", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Part {
    Content { content: Content },
    Coordinates { coordinates: Coordinates },
    Plmn { plmn: Plmn },
    Serial { serial: SerialNumber },
    WarningType { warning_type: WarningType },
}

pub(super) fn encode(part: &Part) -> Vec<u8> {
    match part {
        Part::Content { content } => content.pages().warning_message_contents(),
        Part::Coordinates { coordinates } => coordinates.encode(),
        Part::Plmn { plmn } => plmn.octets().into(),
        Part::Serial { serial } => serial.bits().to_be_bytes().into(),
        Part::WarningType { warning_type } => warning_type.octets().into(),
    }
}

/// The part of the kind that the command line names. Octets do not say it themselves.
pub(super) fn decode(arguments: &DecodeArgs, octets: &[u8]) -> Result<Part, Fault> {
    Ok(match arguments.unit.unwrap_or(Unit::Content) {
        Unit::Content => {
            let dcs = DataCodingScheme::new(arguments.dcs.unwrap_or(DataCodingScheme::GSM7.octet()));
            Part::Content { content: Content::from_pages(Pages::decode(octets)?, dcs) }
        }
        Unit::Coordinates => Part::Coordinates { coordinates: Coordinates::decode(octets)? },
        Unit::Plmn => Part::Plmn { plmn: Plmn::from_octets(exactly(octets)?)? },
        Unit::Serial => {
            Part::Serial { serial: SerialNumber::from_bits(u16::from_be_bytes(exactly(octets)?)) }
        }
        Unit::WarningType => Part::WarningType { warning_type: WarningType::from_octets(exactly(octets)?) },
    })
}

fn exactly<const N: usize>(octets: &[u8]) -> Result<[u8; N], Fault> {
    octets.try_into().map_err(|_| Fault {
        error: format!("expected {N} octets, found {}", octets.len()),
        offset: Some(octets.len().min(N)),
    })
}
