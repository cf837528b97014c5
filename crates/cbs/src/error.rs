//! The one error of this crate: what was expected and what came.

/// Why a value cannot be a part of a cell broadcast message.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A message code does not fit its ten bits (TS 23.041 §9.4.1.2.1).
    #[error("message code: expected 0 to 1023, found {found}")]
    MessageCode {
        /// The code that came.
        found: u16,
    },
    /// A PLMN is not five or six decimal digits.
    #[error("PLMN: expected five or six decimal digits (MCC and MNC), found {found:?}")]
    Plmn {
        /// The text that came.
        found: String,
    },
    /// Three octets are not the TBCD form of a PLMN.
    #[error("PLMN octets: expected decimal digits as TBCD, found {}", hex::encode(found))]
    PlmnOctets {
        /// The octets that came.
        found: [u8; 3],
    },
    /// A geographical scope does not fit its two bits.
    #[error("geographical scope: expected 0 to 3, found {found}")]
    Scope {
        /// The scope that came.
        found: u8,
    },
    /// An update number does not fit its four bits.
    #[error("update number: expected 0 to 15, found {found}")]
    UpdateNumber {
        /// The update number that came.
        found: u8,
    },
    /// A repetition period is nothing a network could keep.
    #[error("repetition period: expected 1000 to {max_ms} ms, found {found_ms} ms")]
    RepetitionPeriod {
        /// The period that came, in milliseconds.
        found_ms: u32,
        /// The longest period any interface can say, in milliseconds.
        max_ms: u32,
    },
}
