//! WRITE-REPLACE: put a message on the air (TS 48.049 §7.1). It is either a text or an emergency message.

use cbs::{Content, DataCodingScheme, MessageId, SerialNumber, WarningType};
use serde::{Deserialize, Deserializer, Serialize};

use super::{Category, CellList, Channel, SecurityInfo};
use crate::{BroadcastCount, RepetitionUnits, WarningPeriod};

/// Put a message on the air, alone or in the place of another.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub struct WriteReplace {
    /// The message identifier.
    pub message_id: MessageId,
    /// The serial number to broadcast from now on.
    pub new_serial: SerialNumber,
    /// The serial number that is on the air and goes off; none for a new message.
    pub old_serial: Option<SerialNumber>,
    /// Where.
    pub cells: CellList,
    /// What.
    pub broadcast: Broadcast,
}

/// What a WRITE-REPLACE puts on the air.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Broadcast {
    /// A cell broadcast message.
    Text(TextBroadcast),
    /// An emergency message (ETWS), which has no text.
    Emergency(Emergency),
}

/// A cell broadcast message, and how it is broadcast.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TextBroadcast {
    /// On which channel.
    pub channel: Channel,
    /// How urgent.
    pub category: Category,
    /// How often.
    pub repetition_period: RepetitionUnits,
    /// How many times.
    pub broadcasts: BroadcastCount,
    /// The alphabet of the pages.
    pub dcs: DataCodingScheme,
    /// The text and its pages.
    pub content: Content,
}

/// An emergency message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Emergency {
    /// What happened, and whether the phone sounds and shows it.
    pub warning_type: WarningType,
    /// Zeros, or a signature.
    pub security_info: SecurityInfo,
    /// For how long it is broadcast.
    pub warning_period: WarningPeriod,
}

/// A WRITE-REPLACE as the engineers' tools print it: the fields of either kind side by side.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    message_id: MessageId,
    new_serial: SerialNumber,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    old_serial: Option<SerialNumber>,
    cells: CellList,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channel: Option<Channel>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    category: Option<Category>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repetition_period: Option<RepetitionUnits>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    broadcasts: Option<BroadcastCount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dcs: Option<DataCodingScheme>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<Content>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    warning_type: Option<WarningType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    security_info: Option<SecurityInfo>,
    // Unlimited is `null` here, which is not the same as absent.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    warning_period_s: Option<WarningPeriod>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<WarningPeriod>, D::Error> {
    WarningPeriod::deserialize(deserializer).map(Some)
}

impl TryFrom<Fields> for WriteReplace {
    type Error = &'static str;

    fn try_from(fields: Fields) -> Result<Self, Self::Error> {
        let broadcast = match fields {
            Fields {
                channel: Some(channel),
                category: Some(category),
                repetition_period: Some(repetition_period),
                broadcasts: Some(broadcasts),
                dcs: Some(dcs),
                content: Some(content),
                warning_type: None,
                security_info: None,
                warning_period_s: None,
                ..
            } => Broadcast::Text(TextBroadcast {
                channel,
                category,
                repetition_period,
                broadcasts,
                dcs,
                content,
            }),
            Fields {
                channel: None,
                category: None,
                repetition_period: None,
                broadcasts: None,
                dcs: None,
                content: None,
                warning_type: Some(warning_type),
                security_info: Some(security_info),
                warning_period_s: Some(warning_period),
                ..
            } => Broadcast::Emergency(Emergency { warning_type, security_info, warning_period }),
            _ => {
                return Err(
                    "write_replace: expected either channel, category, repetition_period, broadcasts, dcs and \
                            content, or warning_type, security_info and warning_period_s",
                );
            }
        };
        Ok(Self {
            message_id: fields.message_id,
            new_serial: fields.new_serial,
            old_serial: fields.old_serial,
            cells: fields.cells,
            broadcast,
        })
    }
}

impl From<WriteReplace> for Fields {
    fn from(write: WriteReplace) -> Self {
        let WriteReplace { message_id, new_serial, old_serial, cells, broadcast } = write;
        let (text, emergency) = match broadcast {
            Broadcast::Text(text) => (Some(text), None),
            Broadcast::Emergency(emergency) => (None, Some(emergency)),
        };
        Self {
            message_id,
            new_serial,
            old_serial,
            cells,
            channel: text.as_ref().map(|text| text.channel),
            category: text.as_ref().map(|text| text.category),
            repetition_period: text.as_ref().map(|text| text.repetition_period),
            broadcasts: text.as_ref().map(|text| text.broadcasts),
            dcs: text.as_ref().map(|text| text.dcs),
            content: text.map(|text| text.content),
            warning_type: emergency.map(|emergency| emergency.warning_type),
            security_info: emergency.map(|emergency| emergency.security_info),
            warning_period_s: emergency.map(|emergency| emergency.warning_period),
        }
    }
}
