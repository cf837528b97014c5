//! The messages of SBc-AP as a table: procedures, IEs in the order of the wire, how important each is, whether it may be
//! absent (TS 29.168 §4.4.3, §4.4.4, §4.4.7).

use crate::pdu::Criticality::{self, Ignore, Reject};
use crate::pdu::TriggeringMessage::{self, InitiatingMessage, SuccessfulOutcome};

/// IE and extension ids (TS 29.168 §4.4.7).
pub(crate) mod id {
    pub(crate) const CAUSE: u16 = 1;
    pub(crate) const CRITICALITY_DIAGNOSTICS: u16 = 2;
    pub(crate) const DATA_CODING_SCHEME: u16 = 3;
    pub(crate) const MESSAGE_IDENTIFIER: u16 = 5;
    pub(crate) const NUMBER_OF_BROADCASTS_REQUESTED: u16 = 7;
    pub(crate) const REPETITION_PERIOD: u16 = 10;
    pub(crate) const SERIAL_NUMBER: u16 = 11;
    pub(crate) const LIST_OF_TAIS: u16 = 14;
    pub(crate) const WARNING_AREA_LIST: u16 = 15;
    pub(crate) const WARNING_MESSAGE_CONTENT: u16 = 16;
    pub(crate) const WARNING_SECURITY_INFORMATION: u16 = 17;
    pub(crate) const WARNING_TYPE: u16 = 18;
    pub(crate) const OMC_ID: u16 = 19;
    pub(crate) const CONCURRENT_WARNING_MESSAGE_INDICATOR: u16 = 20;
    pub(crate) const EXTENDED_REPETITION_PERIOD: u16 = 21;
    pub(crate) const UNKNOWN_TRACKING_AREA_LIST: u16 = 22;
    pub(crate) const BROADCAST_SCHEDULED_AREA_LIST: u16 = 23;
    pub(crate) const SEND_WRITE_REPLACE_WARNING_INDICATION: u16 = 24;
    pub(crate) const BROADCAST_CANCELLED_AREA_LIST: u16 = 25;
    pub(crate) const SEND_STOP_WARNING_INDICATION: u16 = 26;
    pub(crate) const STOP_ALL_INDICATOR: u16 = 27;
    pub(crate) const GLOBAL_ENB_ID: u16 = 28;
    pub(crate) const BROADCAST_EMPTY_AREA_LIST: u16 = 29;
    pub(crate) const RESTARTED_CELL_LIST: u16 = 30;
    pub(crate) const LIST_OF_TAIS_RESTART: u16 = 31;
    pub(crate) const LIST_OF_EAIS_RESTART: u16 = 32;
    pub(crate) const FAILED_CELL_LIST: u16 = 33;
    pub(crate) const LIST_OF_5GS_TAIS: u16 = 34;
    pub(crate) const WARNING_AREA_LIST_5GS: u16 = 35;
    pub(crate) const GLOBAL_RAN_NODE_ID: u16 = 36;
    pub(crate) const GLOBAL_GNB_ID: u16 = 37;
    pub(crate) const RAT_SELECTOR_5GS: u16 = 38;
    pub(crate) const UNKNOWN_5GS_TRACKING_AREA_LIST: u16 = 39;
    pub(crate) const BROADCAST_SCHEDULED_AREA_LIST_5GS: u16 = 40;
    pub(crate) const BROADCAST_CANCELLED_AREA_LIST_5GS: u16 = 41;
    pub(crate) const BROADCAST_EMPTY_AREA_LIST_5GS: u16 = 42;
    pub(crate) const RESTARTED_CELL_LIST_NR: u16 = 43;
    pub(crate) const FAILED_CELL_LIST_NR: u16 = 44;
    pub(crate) const LIST_OF_5GS_TAI_FOR_RESTART: u16 = 45;
    pub(crate) const WARNING_AREA_COORDINATES: u16 = 46;
}

/// The most items of lists (TS 29.168 §4.4.7, "Lists").
pub(crate) mod max {
    pub(crate) const ERRORS: usize = 256;
    pub(crate) const CELLS: usize = 65_535;
    pub(crate) const CELLS_IN_AREA: usize = 65_535;
    pub(crate) const TAIS: usize = 65_535;
    pub(crate) const EMERGENCY_AREAS: usize = 65_535;
    pub(crate) const ENBS: usize = 256;
    pub(crate) const RESTARTED_CELLS: usize = 256;
    pub(crate) const RESTART_TAIS: usize = 2_048;
    pub(crate) const RESTART_EAIS: usize = 256;
    pub(crate) const FAILED_CELLS: usize = 256;
    pub(crate) const TAIS_5GS: usize = 2_048;
    pub(crate) const CELLS_GNB: usize = 16_384;
    pub(crate) const CELLS_5GS: usize = 16_776_960;
    pub(crate) const RAN_NODES: usize = 65_535;
    /// The most octets of a Warning-Message-Content.
    pub(crate) const CONTENT: usize = 9_600;
    /// The most IEs or extensions of a message.
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
    /// The ids of its protocolExtensions; `None`: its SEQUENCE has none.
    pub(crate) extensions: Option<&'static [u16]>,
}

/// Which message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum MessageKind {
    WriteReplaceWarningRequest,
    WriteReplaceWarningResponse,
    StopWarningRequest,
    StopWarningResponse,
    ErrorIndication,
    WriteReplaceWarningIndication,
    StopWarningIndication,
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
pub(crate) const FIELDS_MAX: usize = 16;

/// The procedure that is never answered by itself.
pub(crate) const ERROR_INDICATION_CODE: u8 = 2;

pub(crate) static WRITE_REPLACE_WARNING_REQUEST: Message = Message {
    kind: MessageKind::WriteReplaceWarningRequest,
    procedure: 0,
    triggering: InitiatingMessage,
    criticality: Reject,
    fields: &[
        mandatory(id::MESSAGE_IDENTIFIER),
        mandatory(id::SERIAL_NUMBER),
        optional(id::LIST_OF_TAIS, Reject),
        optional(id::WARNING_AREA_LIST, Ignore),
        mandatory(id::REPETITION_PERIOD),
        optional(id::EXTENDED_REPETITION_PERIOD, Reject),
        mandatory(id::NUMBER_OF_BROADCASTS_REQUESTED),
        optional(id::WARNING_TYPE, Ignore),
        optional(id::WARNING_SECURITY_INFORMATION, Ignore),
        optional(id::DATA_CODING_SCHEME, Ignore),
        optional(id::WARNING_MESSAGE_CONTENT, Ignore),
        optional(id::OMC_ID, Ignore),
        optional(id::CONCURRENT_WARNING_MESSAGE_INDICATOR, Reject),
        optional(id::SEND_WRITE_REPLACE_WARNING_INDICATION, Ignore),
        optional(id::GLOBAL_ENB_ID, Ignore),
        optional(id::WARNING_AREA_COORDINATES, Ignore),
    ],
    extensions: Some(&[
        id::LIST_OF_5GS_TAIS,
        id::WARNING_AREA_LIST_5GS,
        id::GLOBAL_RAN_NODE_ID,
        id::RAT_SELECTOR_5GS,
    ]),
};

pub(crate) static WRITE_REPLACE_WARNING_RESPONSE: Message =
    response(MessageKind::WriteReplaceWarningResponse, 0);

pub(crate) static STOP_WARNING_REQUEST: Message = Message {
    kind: MessageKind::StopWarningRequest,
    procedure: 1,
    triggering: InitiatingMessage,
    criticality: Reject,
    fields: &[
        mandatory(id::MESSAGE_IDENTIFIER),
        mandatory(id::SERIAL_NUMBER),
        optional(id::LIST_OF_TAIS, Reject),
        optional(id::WARNING_AREA_LIST, Ignore),
        optional(id::OMC_ID, Ignore),
        optional(id::SEND_STOP_WARNING_INDICATION, Ignore),
        optional(id::STOP_ALL_INDICATOR, Reject),
    ],
    extensions: Some(&[id::LIST_OF_5GS_TAIS, id::WARNING_AREA_LIST_5GS, id::RAT_SELECTOR_5GS]),
};

pub(crate) static STOP_WARNING_RESPONSE: Message = response(MessageKind::StopWarningResponse, 1);

pub(crate) static ERROR_INDICATION: Message = Message {
    kind: MessageKind::ErrorIndication,
    procedure: ERROR_INDICATION_CODE,
    triggering: InitiatingMessage,
    criticality: Ignore,
    fields: &[optional(id::CAUSE, Ignore), optional(id::CRITICALITY_DIAGNOSTICS, Ignore)],
    extensions: None,
};

pub(crate) static WRITE_REPLACE_WARNING_INDICATION: Message = Message {
    kind: MessageKind::WriteReplaceWarningIndication,
    procedure: 3,
    triggering: InitiatingMessage,
    criticality: Ignore,
    fields: &[
        mandatory(id::MESSAGE_IDENTIFIER),
        mandatory(id::SERIAL_NUMBER),
        optional(id::BROADCAST_SCHEDULED_AREA_LIST, Reject),
        // The standard has it in the stop's indication alone; an MME may say here too which eNBs broadcast nothing.
        optional(id::BROADCAST_EMPTY_AREA_LIST, Ignore),
    ],
    extensions: Some(&[id::BROADCAST_SCHEDULED_AREA_LIST_5GS]),
};

pub(crate) static STOP_WARNING_INDICATION: Message = Message {
    kind: MessageKind::StopWarningIndication,
    procedure: 4,
    triggering: InitiatingMessage,
    criticality: Ignore,
    fields: &[
        mandatory(id::MESSAGE_IDENTIFIER),
        mandatory(id::SERIAL_NUMBER),
        optional(id::BROADCAST_CANCELLED_AREA_LIST, Reject),
        optional(id::BROADCAST_EMPTY_AREA_LIST, Ignore),
    ],
    extensions: Some(&[id::BROADCAST_CANCELLED_AREA_LIST_5GS, id::BROADCAST_EMPTY_AREA_LIST_5GS]),
};

pub(crate) static PWS_RESTART_INDICATION: Message = Message {
    kind: MessageKind::PwsRestartIndication,
    procedure: 5,
    triggering: InitiatingMessage,
    criticality: Ignore,
    fields: &[
        mandatory(id::RESTARTED_CELL_LIST),
        mandatory(id::GLOBAL_ENB_ID),
        mandatory(id::LIST_OF_TAIS_RESTART),
        optional(id::LIST_OF_EAIS_RESTART, Reject),
    ],
    extensions: Some(&[id::RESTARTED_CELL_LIST_NR, id::LIST_OF_5GS_TAI_FOR_RESTART, id::GLOBAL_GNB_ID]),
};

pub(crate) static PWS_FAILURE_INDICATION: Message = Message {
    kind: MessageKind::PwsFailureIndication,
    procedure: 6,
    triggering: InitiatingMessage,
    criticality: Ignore,
    fields: &[mandatory(id::FAILED_CELL_LIST), mandatory(id::GLOBAL_ENB_ID)],
    extensions: Some(&[id::FAILED_CELL_LIST_NR, id::GLOBAL_GNB_ID]),
};

static MESSAGES: [&Message; 9] = [
    &WRITE_REPLACE_WARNING_REQUEST,
    &WRITE_REPLACE_WARNING_RESPONSE,
    &STOP_WARNING_REQUEST,
    &STOP_WARNING_RESPONSE,
    &ERROR_INDICATION,
    &WRITE_REPLACE_WARNING_INDICATION,
    &STOP_WARNING_INDICATION,
    &PWS_RESTART_INDICATION,
    &PWS_FAILURE_INDICATION,
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

    /// The criticality that an IE or extension of this message is sent with.
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

const fn response(kind: MessageKind, procedure: u8) -> Message {
    Message {
        kind,
        procedure,
        triggering: SuccessfulOutcome,
        criticality: Reject,
        fields: &RESPONSE_FIELDS,
        extensions: Some(&[id::UNKNOWN_5GS_TRACKING_AREA_LIST]),
    }
}

const RESPONSE_FIELDS: [Field; 5] = [
    mandatory(id::MESSAGE_IDENTIFIER),
    mandatory(id::SERIAL_NUMBER),
    mandatory(id::CAUSE),
    optional(id::CRITICALITY_DIAGNOSTICS, Ignore),
    optional(id::UNKNOWN_TRACKING_AREA_LIST, Ignore),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_has_more_ies_than_a_decoder_has_room_for() {
        assert_eq!(MESSAGES.iter().map(|message| message.fields.len()).max(), Some(FIELDS_MAX));
    }
}
