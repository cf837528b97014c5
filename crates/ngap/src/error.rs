//! What can be wrong with a message, to be sent or received.

use crate::pdu::{Criticality, IeDiagnostics, TriggeringMessage};

/// Why a message cannot be encoded, or why what came is not one.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A part of the message that has its own rules breaks them (TS 23.041).
    #[error(transparent)]
    Cbs(#[from] cbs::Error),
    /// A CHOICE has an alternative that this release does not know.
    #[error("octet {at}: expected alternative 0 to {max}, found the one for extensions")]
    Choice {
        /// Where.
        at: usize,
        /// The last one that is known.
        max: u64,
    },
    /// An IE is there twice: an abstract syntax error, "falsely constructed message".
    #[error("octet {at}: expected IE {id} once, found it again")]
    Duplicate {
        /// The IE.
        id: u16,
        /// The octet where it begins again.
        at: usize,
    },
    /// A gNB identity has a wrong number of bits.
    #[error("gNB identity: expected 22 to 32 bits, found {found}")]
    GnbIdBits {
        /// The number of bits that came.
        found: u32,
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
    #[error("expected a public warning message of NGAP, found procedure {procedure} as {triggering:?}")]
    Procedure {
        /// The procedure code that came.
        procedure: u8,
        /// Which message of the procedure.
        triggering: TriggeringMessage,
        /// What its sender wants us to do who do not know it.
        criticality: Criticality,
    },
    /// The octets are not aligned PER of this protocol.
    #[error(transparent)]
    Syntax(#[from] aper::Error),
    /// A number does not fit where it belongs.
    #[error("{what}: expected at most {max}, found {found}")]
    Value {
        /// The number's name.
        what: &'static str,
        /// The highest one.
        max: u64,
        /// The number that came.
        found: u64,
    },
}

impl Error {
    /// The octet of the message where the fault lies, counted from 0; `None` where it has no one place.
    pub fn offset(&self) -> Option<usize> {
        match self {
            Self::Choice { at, .. } => Some(*at),
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
