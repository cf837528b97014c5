//! What cannot be written, and what is not an encoding.

/// Why a value cannot be written, or why octets are not one. Offsets are octets from the start of the outermost input; inside
/// an open type that came in fragments they do not count the fragments' own length octets.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A list announces more items than its octets can hold.
    #[error("octet {at}: expected at most {max} items in the octets that are left, found a count of {found}")]
    Count {
        /// Where.
        at: usize,
        /// How many fit.
        max: usize,
        /// How many are announced.
        found: usize,
    },
    /// A length determinant starts a fragment of no or more than four times 16384.
    #[error("octet {at}: expected a length or a fragment of 1 to 4 times 16384, found {found:#04x}")]
    FragmentLength {
        /// Where.
        at: usize,
        /// The octet that came.
        found: u8,
    },
    /// A value to write is not in its range.
    #[error("expected {min} to {max}, found {found}")]
    Range {
        /// The lowest.
        min: u64,
        /// The highest.
        max: u64,
        /// The value.
        found: u64,
    },
    /// A string or list to write has a size that it may not have.
    #[error("expected a size of {min} to {max}, found {found}")]
    Size {
        /// The fewest.
        min: usize,
        /// The most.
        max: usize,
        /// The size.
        found: usize,
    },
    /// The octets end too early.
    #[error("octet {at}: expected {expected_bits} more bits, found {found_bits}")]
    Truncated {
        /// Where.
        at: usize,
        /// How many bits should follow.
        expected_bits: usize,
        /// How many follow.
        found_bits: usize,
    },
    /// A value, an index or a size that came is beyond its range.
    #[error("octet {at}: expected {min} to {max}, found {found}")]
    Value {
        /// Where.
        at: usize,
        /// The lowest.
        min: u64,
        /// The highest.
        max: u64,
        /// The value that came.
        found: u64,
    },
}

impl Error {
    /// The octet where the fault lies; `None` where what was to be written is at fault.
    pub fn offset(&self) -> Option<usize> {
        match self {
            Self::Count { at, .. }
            | Self::FragmentLength { at, .. }
            | Self::Truncated { at, .. }
            | Self::Value { at, .. } => Some(*at),
            Self::Range { .. } | Self::Size { .. } => None,
        }
    }
}
