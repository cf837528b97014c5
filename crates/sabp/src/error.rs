//! What can be wrong with a message, to be sent or received.

use crate::pdu::{Criticality, IeDiagnostics, TriggeringMessage};

/// Why a message cannot be encoded, or why what came is not one.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A run of service areas is not a whole number of them.
    #[error("service areas: expected a multiple of 7 octets, found {found}")]
    AreaOctets {
        /// The number of octets that came.
        found: usize,
    },
    /// A part of the message that has its own rules breaks them (TS 23.041).
    #[error(transparent)]
    Cbs(#[from] cbs::Error),
    /// A Broadcast-Message-Content is not made of whole octets.
    #[error("content: expected whole octets, found {found_bits} bits")]
    ContentBits {
        /// The number of bits that came.
        found_bits: usize,
    },
    /// An IE is there twice: an abstract syntax error, "falsely constructed message".
    #[error("octet {at}: expected IE {id} once, found it again")]
    Duplicate {
        /// The IE.
        id: u16,
        /// The octet where it begins again.
        at: usize,
    },
    /// A message is longer than the receiver takes.
    #[error("frame: expected at most {max} octets, found at least {found}")]
    FrameTooLong {
        /// The most that the receiver takes.
        max: usize,
        /// How many octets it has at least.
        found: usize,
    },
    /// A value of an IE to be sent has no encoding.
    #[error("IE {id}: {why}")]
    Ie {
        /// The IE.
        id: u16,
        /// What is wrong with its value.
        why: aper::Error,
    },
    /// The value of an IE that must be understood is not valid.
    #[error("IE {id}: {why}")]
    IeValue {
        /// The IE.
        id: u16,
        /// How important its sender finds it.
        criticality: Criticality,
        /// What is wrong with its value.
        why: Box<Error>,
    },
    /// The message lacks IEs, or holds unknown ones that must be understood.
    #[error("octet {at}: expected IEs that are known and complete, found {}", told(ies))]
    Ies {
        /// The IEs to blame, at most 256.
        ies: Vec<IeDiagnostics>,
        /// The octet where the first that is not known begins; where the IEs end when one is missing.
        at: usize,
    },
    /// The CHOICE of the PDU has an alternative that no release knows.
    #[error("PDU: expected alternative 0 to 2, found {found}")]
    Outcome {
        /// The alternative that came.
        found: u64,
    },
    /// The procedure does not exist, or not with this outcome.
    #[error("expected a message of SABP, found procedure {procedure} as {triggering:?}")]
    Procedure {
        /// The procedure code that came.
        procedure: u8,
        /// Which message of the procedure.
        triggering: TriggeringMessage,
        /// What its sender wants us to do who do not know it.
        criticality: Criticality,
    },
    /// A repetition period does not fit the field.
    #[error("repetition period: expected 1 to 4096 s, found {found_s} s")]
    RepetitionPeriod {
        /// The seconds asked for.
        found_s: u32,
    },
    /// The octets are not aligned PER of this protocol.
    #[error(transparent)]
    Syntax(#[from] aper::Error),
}

impl Error {
    /// The octet of the message where the fault lies, counted from 0; `None` where it has no one place.
    pub fn offset(&self) -> Option<usize> {
        match self {
            Self::Duplicate { at, .. } | Self::Ies { at, .. } => Some(*at),
            Self::IeValue { why, .. } => why.offset(),
            Self::Outcome { .. } => Some(0),
            // The octet after the CHOICE.
            Self::Procedure { .. } => Some(1),
            Self::Syntax(why) => why.offset(),
            _ => None,
        }
    }
}

fn told(ies: &[IeDiagnostics]) -> String {
    ies.iter().map(IeDiagnostics::to_string).collect::<Vec<_>>().join(", ")
}
