//! The messages as a table: procedures, IEs in the order of the wire, how important each is, whether it may be absent
//! (TS 38.413 §9.4.3, §9.4.4, §9.4.7).

use crate::pdu::Criticality::{self, Ignore, Reject};
use crate::pdu::TriggeringMessage::{self, InitiatingMessage, SuccessfulOutcome};

/// IE ids (TS 38.413 §9.4.7).
pub(crate) mod id {
    pub(crate) const BROADCAST_CANCELLED_AREA_LIST: u16 = 12;
    pub(crate) const BROADCAST_COMPLETED_AREA_LIST: u16 = 13;
    pub(crate) const CANCEL_ALL_WARNING_MESSAGES: u16 = 14;
    pub(crate) const CELL_ID_LIST_FOR_RESTART: u16 = 16;
    pub(crate) const CONCURRENT_WARNING_MESSAGE_IND: u16 = 17;
    pub(crate) const CRITICALITY_DIAGNOSTICS: u16 = 19;
    pub(crate) const DATA_CODING_SCHEME: u16 = 20;
    pub(crate) const EMERGENCY_AREA_ID_LIST_FOR_RESTART: u16 = 23;
    pub(crate) const GLOBAL_RAN_NODE_ID: u16 = 27;
    pub(crate) const MESSAGE_IDENTIFIER: u16 = 35;
    pub(crate) const NUMBER_OF_BROADCASTS_REQUESTED: u16 = 47;
    pub(crate) const PWS_FAILED_CELL_ID_LIST: u16 = 81;
    pub(crate) const REPETITION_PERIOD: u16 = 87;
    pub(crate) const SERIAL_NUMBER: u16 = 95;
    pub(crate) const TAI_LIST_FOR_RESTART: u16 = 104;
    pub(crate) const WARNING_AREA_LIST: u16 = 122;
    pub(crate) const WARNING_MESSAGE_CONTENTS: u16 = 123;
    pub(crate) const WARNING_SECURITY_INFO: u16 = 124;
    pub(crate) const WARNING_TYPE: u16 = 125;
    pub(crate) const WARNING_AREA_COORDINATES: u16 = 141;
}

/// The most items of lists (TS 38.413 §9.4.7).
pub(crate) mod max {
    pub(crate) const ERRORS: usize = 256;
    /// Cells, tracking areas, emergency areas of a warning, and cells in each of these.
    pub(crate) const FOR_WARNING: usize = 65_535;
    pub(crate) const CELLS_IN_GNB: usize = 16_384;
    pub(crate) const CELLS_IN_NG_ENB: usize = 256;
    pub(crate) const RESTART_TAIS: usize = 2_048;
    pub(crate) const RESTART_EAIS: usize = 256;
    /// The most octets of a WarningMessageContents.
    pub(crate) const CONTENT: usize = 9_600;
    /// The longest RepetitionPeriod, in seconds.
    pub(crate) const PERIOD_S: u64 = 131_071;
    /// The most IEs of a message.
    pub(crate) const IES: usize = 65_535;
}

/// One message of a procedure.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) kind: MessageKind,
    pub(crate) procedure: u8,
    pub(crate) triggering: TriggeringMessage,
    /// The criticality of the procedure.
    pub(crate) criticality: Criticality,
    /// At most [`FIELDS_MAX`].
    pub(crate) fields: &'static [Field],
}

/// Which message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum MessageKind {
    WriteReplaceWarningRequest,
    WriteReplaceWarningResponse,
    PwsCancelRequest,
    PwsCancelResponse,
    PwsRestartIndication,
    PwsFailureIndication,
}

/// One IE of a message.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) id: u16,
    pub(crate) criticality: Criticality,
    pub(crate) is_mandatory: bool,
}

/// The most IEs that a message has.
pub(crate) const FIELDS_MAX: usize = 11;

pub(crate) static WRITE_REPLACE_WARNING_REQUEST: Message = Message {
    kind: MessageKind::WriteReplaceWarningRequest,
    procedure: 51,
    triggering: InitiatingMessage,
    criticality: Reject,
    fields: &[
        mandatory(id::MESSAGE_IDENTIFIER),
        mandatory(id::SERIAL_NUMBER),
        optional(id::WARNING_AREA_LIST, Ignore),
        mandatory(id::REPETITION_PERIOD),
        mandatory(id::NUMBER_OF_BROADCASTS_REQUESTED),
        optional(id::WARNING_TYPE, Ignore),
        optional(id::WARNING_SECURITY_INFO, Ignore),
        optional(id::DATA_CODING_SCHEME, Ignore),
        optional(id::WARNING_MESSAGE_CONTENTS, Ignore),
        optional(id::CONCURRENT_WARNING_MESSAGE_IND, Reject),
        optional(id::WARNING_AREA_COORDINATES, Ignore),
    ],
};

pub(crate) static WRITE_REPLACE_WARNING_RESPONSE: Message = Message {
    kind: MessageKind::WriteReplaceWarningResponse,
    procedure: 51,
    triggering: SuccessfulOutcome,
    criticality: Reject,
    fields: &[
        mandatory(id::MESSAGE_IDENTIFIER),
        mandatory(id::SERIAL_NUMBER),
        optional(id::BROADCAST_COMPLETED_AREA_LIST, Ignore),
        optional(id::CRITICALITY_DIAGNOSTICS, Ignore),
    ],
};

pub(crate) static PWS_CANCEL_REQUEST: Message = Message {
    kind: MessageKind::PwsCancelRequest,
    procedure: 32,
    triggering: InitiatingMessage,
    criticality: Reject,
    fields: &[
        mandatory(id::MESSAGE_IDENTIFIER),
        mandatory(id::SERIAL_NUMBER),
        optional(id::WARNING_AREA_LIST, Ignore),
        optional(id::CANCEL_ALL_WARNING_MESSAGES, Reject),
    ],
};

pub(crate) static PWS_CANCEL_RESPONSE: Message = Message {
    kind: MessageKind::PwsCancelResponse,
    procedure: 32,
    triggering: SuccessfulOutcome,
    criticality: Reject,
    fields: &[
        mandatory(id::MESSAGE_IDENTIFIER),
        mandatory(id::SERIAL_NUMBER),
        optional(id::BROADCAST_CANCELLED_AREA_LIST, Ignore),
        optional(id::CRITICALITY_DIAGNOSTICS, Ignore),
    ],
};

pub(crate) static PWS_FAILURE_INDICATION: Message = Message {
    kind: MessageKind::PwsFailureIndication,
    procedure: 33,
    triggering: InitiatingMessage,
    criticality: Ignore,
    fields: &[mandatory(id::PWS_FAILED_CELL_ID_LIST), mandatory(id::GLOBAL_RAN_NODE_ID)],
};

pub(crate) static PWS_RESTART_INDICATION: Message = Message {
    kind: MessageKind::PwsRestartIndication,
    procedure: 34,
    triggering: InitiatingMessage,
    criticality: Ignore,
    fields: &[
        mandatory(id::CELL_ID_LIST_FOR_RESTART),
        mandatory(id::GLOBAL_RAN_NODE_ID),
        mandatory(id::TAI_LIST_FOR_RESTART),
        optional(id::EMERGENCY_AREA_ID_LIST_FOR_RESTART, Reject),
    ],
};

static MESSAGES: [&Message; 6] = [
    &WRITE_REPLACE_WARNING_REQUEST,
    &WRITE_REPLACE_WARNING_RESPONSE,
    &PWS_CANCEL_REQUEST,
    &PWS_CANCEL_RESPONSE,
    &PWS_FAILURE_INDICATION,
    &PWS_RESTART_INDICATION,
];

impl Message {
    /// The message that a PDU of this kind holds.
    pub(crate) fn of(procedure: u8, triggering: TriggeringMessage) -> Option<&'static Self> {
        MESSAGES
            .into_iter()
            .find(|message| message.procedure == procedure && message.triggering == triggering)
    }

    /// Where an IE stands in the table.
    pub(crate) fn position(&self, id: u16) -> Option<usize> {
        self.fields.iter().position(|field| field.id == id)
    }

    /// The criticality that an IE of this message is sent with.
    pub(crate) fn criticality_of(&self, id: u16) -> Criticality {
        self.fields.iter().find(|field| field.id == id).map_or(Ignore, |field| field.criticality)
    }
}

/// Every mandatory IE has criticality "reject".
const fn mandatory(id: u16) -> Field {
    Field { id, criticality: Reject, is_mandatory: true }
}

const fn optional(id: u16, criticality: Criticality) -> Field {
    Field { id, criticality, is_mandatory: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_has_more_ies_than_a_decoder_has_room_for() {
        assert_eq!(MESSAGES.iter().map(|message| message.fields.len()).max(), Some(FIELDS_MAX));
    }
}
