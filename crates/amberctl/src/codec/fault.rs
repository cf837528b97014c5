//! Why a line could not be converted.

/// Why, and where: an octet of the PDU when it came as octets, a byte of the line when it came as JSON.
#[derive(Debug, PartialEq)]
pub(super) struct Fault {
    pub(super) error: String,
    /// From 0; nothing where the fault has no one place.
    pub(super) offset: Option<usize>,
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        // A line has one line; a fault of the meaning has no column.
        let offset = error.column().checked_sub(1);
        Self { error: error.to_string(), offset }
    }
}

impl From<sbcap::Error> for Fault {
    fn from(error: sbcap::Error) -> Self {
        Self { error: error.to_string(), offset: error.offset() }
    }
}

impl From<cbsp::Error> for Fault {
    fn from(error: cbsp::Error) -> Self {
        use cbsp::Error as E;
        let offset = match &error {
            E::Discriminator { at, .. }
            | E::DuplicateElement { at, .. }
            | E::ElementValue { at, .. }
            | E::ListLength { at, .. }
            | E::Page { at, .. }
            | E::PageCount { at, .. }
            | E::Plmn { at, .. }
            | E::Truncated { at, .. }
            | E::UnknownElement { at, .. } => Some(*at),
            E::UnknownMessage { .. } => Some(0),
            // The message length is the second to fourth octet (TS 48.049 §7.3).
            E::Length { .. } => Some(1),
            _ => None,
        };
        Self { error: error.to_string(), offset }
    }
}

impl From<sabp::Error> for Fault {
    fn from(error: sabp::Error) -> Self {
        Self { error: error.to_string(), offset: error.offset() }
    }
}

impl From<ngap::Error> for Fault {
    fn from(error: ngap::Error) -> Self {
        Self { error: error.to_string(), offset: error.offset() }
    }
}

impl From<cbs::Error> for Fault {
    fn from(error: cbs::Error) -> Self {
        let offset = match &error {
            cbs::Error::Coordinates { at, .. } => Some(*at),
            _ => None,
        };
        Self { error: error.to_string(), offset }
    }
}
