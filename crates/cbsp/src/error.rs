//! The one error of this crate: where, what was expected and what came.

use crate::pdu::{Cause, MessageType};

/// Why octets are no CBSP message, or why a value cannot become one. Offsets (`at`) count octets from the start of
/// the message, header included.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A part of the message itself (text, network, serial number) cannot be.
    #[error(transparent)]
    Cbs(#[from] cbs::Error),
    /// The cells of one message do not fit the two octets of their list's length.
    #[error("cells of one message: expected at most {max}, found {found}")]
    CellCount {
        /// How many fit.
        max: usize,
        /// How many there were.
        found: usize,
    },
    /// A run of cells is not made of whole identifiers.
    #[error("cells: expected a multiple of {width} octets, found {found}")]
    CellOctets {
        /// The octets of one cell.
        width: usize,
        /// The octets that came.
        found: usize,
    },
    /// An octet says which form cells have, and means none.
    #[error("octet {at}: expected cell identification discriminator 0 to 2 or 4 to 6, found {found}")]
    Discriminator {
        /// Where.
        at: usize,
        /// The discriminator that came.
        found: u8,
    },
    /// An information element that may be there once is there twice.
    #[error("octet {at}: expected information element 0x{iei:02x} at most once, found it again")]
    DuplicateElement {
        /// Where the second one begins.
        at: usize,
        /// Its identifier.
        iei: u8,
    },
    /// A value stands in an information element that does not take it.
    #[error("octet {at}: expected {expected}, found {found}")]
    ElementValue {
        /// Where.
        at: usize,
        /// What the element takes.
        expected: &'static str,
        /// What came.
        found: u16,
    },
    /// A frame announces more octets than the receiver takes.
    #[error("frame: expected at most {max} octets, found {found} announced")]
    FrameTooLong {
        /// The most that the receiver takes.
        max: usize,
        /// What the header announces, header included.
        found: usize,
    },
    /// Some items of one list have another form than its first.
    #[error("list of {expected} cells: found the fields of another form")]
    ItemForm {
        /// The form of the list.
        expected: &'static str,
    },
    /// The header announces another length than there is.
    #[error("message length: expected {announced} octets after the header, found {found}")]
    Length {
        /// What the header says.
        announced: usize,
        /// What is there.
        found: usize,
    },
    /// A list ends in the midst of an entry.
    #[error("octet {at}: expected entries of {width} octets, found {found} octets")]
    ListLength {
        /// Where the entries begin.
        at: usize,
        /// The octets of one entry.
        width: usize,
        /// The octets that came.
        found: usize,
    },
    /// A list does not fit the two octets of its length.
    #[error("list: expected at most {max} octets of entries, found {found}")]
    ListTooLong {
        /// The octets that fit.
        max: usize,
        /// The octets there were.
        found: usize,
    },
    /// An information element that the message must have is not there.
    #[error("{message}: expected information element 0x{iei:02x}, found none")]
    MissingElement {
        /// The message.
        message: MessageType,
        /// The identifier of what is missing.
        iei: u8,
    },
    /// A page cannot be.
    #[error("octet {at}: {source}")]
    Page {
        /// Where the page begins.
        at: usize,
        /// What is wrong with it.
        source: cbs::Error,
    },
    /// The number of pages is not the number of contents.
    #[error("octet {at}: expected {announced} pages, found {found}")]
    PageCount {
        /// Where the number stands.
        at: usize,
        /// The number announced.
        announced: u8,
        /// The contents that came.
        found: usize,
    },
    /// A period has no code of its own, and a near one would be another promise.
    #[error("{name} of {found_s} s has no code; the nearest below is {below_s} s")]
    Period {
        /// Which period.
        name: &'static str,
        /// The period asked for, in seconds.
        found_s: u16,
        /// The longest shorter period that has a code, in seconds; 0 when there is none.
        below_s: u16,
    },
    /// A network identity is not in decimal digits.
    #[error("octet {at}: {source}")]
    Plmn {
        /// Where it begins.
        at: usize,
        /// What is wrong with it.
        source: cbs::Error,
    },
    /// A repetition period does not fit the field, or the bound set for it.
    #[error("repetition period: expected 1 to {max} units of 1.883 s, found {found}")]
    RepetitionPeriod {
        /// The most units allowed.
        max: u16,
        /// The units asked for.
        found: u32,
    },
    /// The message ends where something should be.
    #[error("octet {at}: expected {expected} more octets, found {found}")]
    Truncated {
        /// Where.
        at: usize,
        /// How many octets should follow.
        expected: usize,
        /// How many do.
        found: usize,
    },
    /// An information element that nobody knows; its length is unknown too, so that nothing after it can be read.
    #[error("octet {at}: expected an information element identifier 0x01 to 0x18, found 0x{found:02x}")]
    UnknownElement {
        /// Where.
        at: usize,
        /// The identifier that came.
        found: u8,
    },
    /// A message type that nobody knows.
    #[error("expected a message type 0x01 to 0x17, found 0x{found:02x}")]
    UnknownMessage {
        /// The type that came.
        found: u8,
    },
}

impl Error {
    /// The cause that tells the peer about this error (TS 48.049 §8.2.13).
    pub fn cause(&self) -> Cause {
        match self {
            Self::MissingElement { .. } => Cause::MISSING_MANDATORY_ELEMENT,
            Self::UnknownElement { .. } => Cause::PARAMETER_NOT_RECOGNISED,
            Self::UnknownMessage { .. } => Cause::UNRECOGNISED_MESSAGE,
            _ => Cause::PARAMETER_VALUE_INVALID,
        }
    }
}
