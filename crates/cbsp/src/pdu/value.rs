//! The small values of CBSP messages (TS 48.049 §8.2).

use serde::{Deserialize, Serialize};

/// Which of a cell's two broadcast channels (TS 48.049 §8.2.20).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Channel {
    /// The basic channel, to which every phone listens.
    #[default]
    Basic = 0,
    /// The extended channel.
    Extended = 1,
}

/// How urgent a message is for the scheduler of the cell (TS 48.049 §8.2.7).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Category {
    /// At the next chance.
    High = 0,
    /// When nothing else is to be sent.
    Background = 1,
    /// Within its repetition period.
    Normal = 2,
}

/// Which kind of message a report is about (TS 48.049 §8.2.24).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum BroadcastMessageType {
    /// Cell broadcast.
    Cbs = 0,
    /// Emergency messages (ETWS).
    Emergency = 1,
}

/// Whether cells that restarted still have their messages (TS 48.049 §8.2.15).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Recovery {
    /// They have.
    DataAvailable = 0,
    /// They have not: all has to be written again.
    DataLost = 1,
}

/// A count of message slots: the schedule period, or the slots reserved in it (TS 48.049 §8.2.22, §8.2.23).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct DrxParameter(pub u8);

/// The warning security information, 50 octets, which nobody uses: a time stamp and a signature (TS 48.049 §8.2.19).
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecurityInfo(pub [u8; Self::OCTETS]);

impl SecurityInfo {
    /// How many octets it has.
    pub const OCTETS: usize = 50;
    /// What is sent where there is none: zeros.
    pub const NONE: Self = Self([0; Self::OCTETS]);
}

impl TryFrom<String> for SecurityInfo {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut octets = [0; Self::OCTETS];
        hex::decode_to_slice(&text, &mut octets)
            .map_err(|error| format!("security information: expected 50 octets in hexadecimal, {error}"))?;
        Ok(Self(octets))
    }
}

impl From<SecurityInfo> for String {
    fn from(info: SecurityInfo) -> Self {
        hex::encode(info.0)
    }
}
