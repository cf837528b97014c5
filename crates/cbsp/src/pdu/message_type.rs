//! The message type, the first octet of every message (TS 48.049 §8.2.2).

use std::fmt;

use super::Pdu;

/// The type of a message.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are the standard's; `Pdu` documents them")]
pub enum MessageType {
    WriteReplace = 0x01,
    WriteReplaceComplete = 0x02,
    WriteReplaceFailure = 0x03,
    Kill = 0x04,
    KillComplete = 0x05,
    KillFailure = 0x06,
    LoadQuery = 0x07,
    LoadQueryComplete = 0x08,
    LoadQueryFailure = 0x09,
    MessageStatusQuery = 0x0a,
    MessageStatusQueryComplete = 0x0b,
    MessageStatusQueryFailure = 0x0c,
    SetDrx = 0x0d,
    SetDrxComplete = 0x0e,
    SetDrxFailure = 0x0f,
    Reset = 0x10,
    ResetComplete = 0x11,
    ResetFailure = 0x12,
    Restart = 0x13,
    Failure = 0x14,
    ErrorIndication = 0x15,
    KeepAlive = 0x16,
    KeepAliveComplete = 0x17,
}

impl MessageType {
    /// Every type, in the order of their codes.
    pub const ALL: [Self; 23] = [
        Self::WriteReplace,
        Self::WriteReplaceComplete,
        Self::WriteReplaceFailure,
        Self::Kill,
        Self::KillComplete,
        Self::KillFailure,
        Self::LoadQuery,
        Self::LoadQueryComplete,
        Self::LoadQueryFailure,
        Self::MessageStatusQuery,
        Self::MessageStatusQueryComplete,
        Self::MessageStatusQueryFailure,
        Self::SetDrx,
        Self::SetDrxComplete,
        Self::SetDrxFailure,
        Self::Reset,
        Self::ResetComplete,
        Self::ResetFailure,
        Self::Restart,
        Self::Failure,
        Self::ErrorIndication,
        Self::KeepAlive,
        Self::KeepAliveComplete,
    ];

    /// The type with this code.
    pub fn from_code(code: u8) -> Option<Self> {
        let index = usize::from(code).checked_sub(1)?;
        Self::ALL.get(index).copied()
    }

    /// The code, as it goes on the wire.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Whether only a CBC sends this type; from a BSC it is a fault.
    pub const fn is_from_cbc(self) -> bool {
        matches!(
            self,
            Self::WriteReplace
                | Self::Kill
                | Self::LoadQuery
                | Self::MessageStatusQuery
                | Self::SetDrx
                | Self::Reset
                | Self::KeepAlive
        )
    }

    /// The standard's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WriteReplace => "WRITE-REPLACE",
            Self::WriteReplaceComplete => "WRITE-REPLACE COMPLETE",
            Self::WriteReplaceFailure => "WRITE-REPLACE FAILURE",
            Self::Kill => "KILL",
            Self::KillComplete => "KILL COMPLETE",
            Self::KillFailure => "KILL FAILURE",
            Self::LoadQuery => "LOAD QUERY",
            Self::LoadQueryComplete => "LOAD QUERY COMPLETE",
            Self::LoadQueryFailure => "LOAD QUERY FAILURE",
            Self::MessageStatusQuery => "MESSAGE STATUS QUERY",
            Self::MessageStatusQueryComplete => "MESSAGE STATUS QUERY COMPLETE",
            Self::MessageStatusQueryFailure => "MESSAGE STATUS QUERY FAILURE",
            Self::SetDrx => "SET-DRX",
            Self::SetDrxComplete => "SET-DRX COMPLETE",
            Self::SetDrxFailure => "SET-DRX FAILURE",
            Self::Reset => "RESET",
            Self::ResetComplete => "RESET COMPLETE",
            Self::ResetFailure => "RESET FAILURE",
            Self::Restart => "RESTART",
            Self::Failure => "FAILURE",
            Self::ErrorIndication => "ERROR INDICATION",
            Self::KeepAlive => "KEEP-ALIVE",
            Self::KeepAliveComplete => "KEEP-ALIVE COMPLETE",
        }
    }
}

impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Pdu {
    /// The type of this message.
    pub fn message_type(&self) -> MessageType {
        match self {
            Self::WriteReplace(_) => MessageType::WriteReplace,
            Self::WriteReplaceComplete(_) => MessageType::WriteReplaceComplete,
            Self::WriteReplaceFailure(_) => MessageType::WriteReplaceFailure,
            Self::Kill(_) => MessageType::Kill,
            Self::KillComplete(_) => MessageType::KillComplete,
            Self::KillFailure(_) => MessageType::KillFailure,
            Self::LoadQuery(_) => MessageType::LoadQuery,
            Self::LoadQueryComplete(_) => MessageType::LoadQueryComplete,
            Self::LoadQueryFailure(_) => MessageType::LoadQueryFailure,
            Self::MessageStatusQuery(_) => MessageType::MessageStatusQuery,
            Self::MessageStatusQueryComplete(_) => MessageType::MessageStatusQueryComplete,
            Self::MessageStatusQueryFailure(_) => MessageType::MessageStatusQueryFailure,
            Self::SetDrx(_) => MessageType::SetDrx,
            Self::SetDrxComplete(_) => MessageType::SetDrxComplete,
            Self::SetDrxFailure(_) => MessageType::SetDrxFailure,
            Self::Reset(_) => MessageType::Reset,
            Self::ResetComplete(_) => MessageType::ResetComplete,
            Self::ResetFailure(_) => MessageType::ResetFailure,
            Self::Restart(_) => MessageType::Restart,
            Self::Failure(_) => MessageType::Failure,
            Self::ErrorIndication(_) => MessageType::ErrorIndication,
            Self::KeepAlive(_) => MessageType::KeepAlive,
            Self::KeepAliveComplete(_) => MessageType::KeepAliveComplete,
        }
    }
}
