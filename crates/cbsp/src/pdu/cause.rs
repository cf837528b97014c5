//! Why something failed (TS 48.049 §8.2.13).

use std::fmt;

use serde::{Deserialize, Serialize};

/// A cause, one octet. Values that the standard does not name are kept as they came.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Cause(pub u8);

impl Cause {
    /// Parameter not recognised.
    pub const PARAMETER_NOT_RECOGNISED: Self = Self(0);
    /// Parameter value invalid.
    pub const PARAMETER_VALUE_INVALID: Self = Self(1);
    /// Message reference not identified: no such message in this cell.
    pub const MESSAGE_REFERENCE_NOT_IDENTIFIED: Self = Self(2);
    /// Cell identity not valid.
    pub const CELL_IDENTITY_NOT_VALID: Self = Self(3);
    /// Unrecognised message.
    pub const UNRECOGNISED_MESSAGE: Self = Self(4);
    /// Missing mandatory element.
    pub const MISSING_MANDATORY_ELEMENT: Self = Self(5);
    /// BSC capacity exceeded.
    pub const BSC_CAPACITY_EXCEEDED: Self = Self(6);
    /// Cell memory exceeded.
    pub const CELL_MEMORY_EXCEEDED: Self = Self(7);
    /// BSC memory exceeded.
    pub const BSC_MEMORY_EXCEEDED: Self = Self(8);
    /// Cell broadcast not supported.
    pub const CELL_BROADCAST_NOT_SUPPORTED: Self = Self(9);
    /// Cell broadcast not operational.
    pub const CELL_BROADCAST_NOT_OPERATIONAL: Self = Self(10);
    /// Incompatible DRX parameter.
    pub const INCOMPATIBLE_DRX_PARAMETER: Self = Self(11);
    /// Extended channel not supported.
    pub const EXTENDED_CHANNEL_NOT_SUPPORTED: Self = Self(12);
    /// Message reference already used: this identifier and serial number are on the air in this cell.
    pub const MESSAGE_REFERENCE_ALREADY_USED: Self = Self(13);
    /// Unspecified error.
    pub const UNSPECIFIED: Self = Self(14);
    /// LAI or LAC not valid.
    pub const LAI_OR_LAC_NOT_VALID: Self = Self(15);

    /// The standard's words for it; `None` when it has none.
    pub fn name(self) -> Option<&'static str> {
        const NAMES: [&str; 16] = [
            "parameter not recognised",
            "parameter value invalid",
            "message reference not identified",
            "cell identity not valid",
            "unrecognised message",
            "missing mandatory element",
            "BSC capacity exceeded",
            "cell memory exceeded",
            "BSC memory exceeded",
            "cell broadcast not supported",
            "cell broadcast not operational",
            "incompatible DRX parameter",
            "extended channel not supported",
            "message reference already used",
            "unspecified error",
            "LAI or LAC not valid",
        ];
        NAMES.get(usize::from(self.0)).copied()
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({})", self.0),
            None => write!(f, "unknown cause ({})", self.0),
        }
    }
}
