//! The messages of SABP as a table: procedures, IEs in the order of the wire, how important each is, whether it may be
//! absent (TS 25.419 §9.3.2, §9.3.3, §9.3.6).

use crate::pdu::Criticality::{self, Ignore, Reject};
use crate::pdu::TriggeringMessage::{self, InitiatingMessage, SuccessfulOutcome, UnsuccessfulOutcome};

/// IE and extension ids (TS 25.419 §9.3.6).
pub(crate) mod id {
    pub(crate) const BROADCAST_MESSAGE_CONTENT: u16 = 0;
    pub(crate) const CATEGORY: u16 = 1;
    pub(crate) const CAUSE: u16 = 2;
    pub(crate) const CRITICALITY_DIAGNOSTICS: u16 = 3;
    pub(crate) const DATA_CODING_SCHEME: u16 = 4;
    pub(crate) const FAILURE_LIST: u16 = 5;
    pub(crate) const MESSAGE_IDENTIFIER: u16 = 6;
    pub(crate) const NEW_SERIAL_NUMBER: u16 = 7;
    pub(crate) const NUMBER_OF_BROADCASTS_COMPLETED_LIST: u16 = 8;
    pub(crate) const NUMBER_OF_BROADCASTS_REQUESTED: u16 = 9;
    pub(crate) const OLD_SERIAL_NUMBER: u16 = 10;
    pub(crate) const RADIO_RESOURCE_LOADING_LIST: u16 = 11;
    pub(crate) const RECOVERY_INDICATION: u16 = 12;
    pub(crate) const REPETITION_PERIOD: u16 = 13;
    pub(crate) const SERIAL_NUMBER: u16 = 14;
    pub(crate) const SERVICE_AREAS_LIST: u16 = 15;
    pub(crate) const TYPE_OF_ERROR: u16 = 17;
    pub(crate) const PAGING_ETWS_INDICATOR: u16 = 18;
    pub(crate) const WARNING_TYPE: u16 = 19;
    pub(crate) const WARNING_SECURITY_INFO: u16 = 20;
    pub(crate) const BROADCAST_MESSAGE_CONTENT_VALIDITY_INDICATOR: u16 = 21;
}

/// The most items of lists (TS 25.419 §9.3.6).
pub(crate) mod max {
    pub(crate) const ERRORS: usize = 256;
    pub(crate) const SERVICE_AREAS: usize = 65_535;
    /// The most bits of a Broadcast-Message-Content: 15 pages.
    pub(crate) const CONTENT_BITS: usize = 9_968;
    /// The highest Available-Bandwidth, in bit/s.
    pub(crate) const BANDWIDTH: u64 = 20_480;
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
    /// The ids of its protocolExtensions that are defined.
    pub(crate) extensions: &'static [u16],
}

/// Which message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum MessageKind {
    WriteReplace,
    WriteReplaceComplete,
    WriteReplaceFailure,
    Kill,
    KillComplete,
    KillFailure,
    LoadQuery,
    LoadQueryComplete,
    LoadQueryFailure,
    MessageStatusQuery,
    MessageStatusQueryComplete,
    MessageStatusQueryFailure,
    Restart,
    Reset,
    ResetComplete,
    ResetFailure,
    Failure,
    ErrorIndication,
}

/// One IE of a message.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) id: u16,
    pub(crate) criticality: Criticality,
    pub(crate) is_mandatory: bool,
}

/// The most IEs that a message has.
pub(crate) const FIELDS_MAX: usize = 9;

/// The procedure that is never answered by itself.
pub(crate) const ERROR_INDICATION_CODE: u8 = 7;

pub(crate) static WRITE_REPLACE: Message = Message {
    extensions: &[
        id::WARNING_SECURITY_INFO,
        id::PAGING_ETWS_INDICATOR,
        id::WARNING_TYPE,
        id::BROADCAST_MESSAGE_CONTENT_VALIDITY_INDICATOR,
    ],
    ..request(
        MessageKind::WriteReplace,
        0,
        &[
            mandatory(id::MESSAGE_IDENTIFIER),
            mandatory(id::NEW_SERIAL_NUMBER),
            optional(id::OLD_SERIAL_NUMBER, Ignore),
            mandatory(id::SERVICE_AREAS_LIST),
            optional(id::CATEGORY, Ignore),
            mandatory(id::REPETITION_PERIOD),
            mandatory(id::NUMBER_OF_BROADCASTS_REQUESTED),
            mandatory(id::DATA_CODING_SCHEME),
            mandatory(id::BROADCAST_MESSAGE_CONTENT),
        ],
    )
};

pub(crate) static WRITE_REPLACE_COMPLETE: Message = complete(
    MessageKind::WriteReplaceComplete,
    0,
    &[
        mandatory(id::MESSAGE_IDENTIFIER),
        mandatory(id::NEW_SERIAL_NUMBER),
        mandatory(id::NUMBER_OF_BROADCASTS_COMPLETED_LIST),
        optional(id::CRITICALITY_DIAGNOSTICS, Ignore),
    ],
);

pub(crate) static WRITE_REPLACE_FAILURE: Message = failure(
    MessageKind::WriteReplaceFailure,
    0,
    &[
        mandatory(id::MESSAGE_IDENTIFIER),
        mandatory(id::NEW_SERIAL_NUMBER),
        mandatory(id::FAILURE_LIST),
        optional(id::NUMBER_OF_BROADCASTS_COMPLETED_LIST, Ignore),
        optional(id::CRITICALITY_DIAGNOSTICS, Ignore),
    ],
);

pub(crate) static KILL: Message = request(MessageKind::Kill, 1, &REFERENCE_FIELDS);

pub(crate) static KILL_COMPLETE: Message = complete(MessageKind::KillComplete, 1, &REFERENCE_COMPLETE_FIELDS);

pub(crate) static KILL_FAILURE: Message = failure(
    MessageKind::KillFailure,
    1,
    &[
        mandatory(id::MESSAGE_IDENTIFIER),
        mandatory(id::OLD_SERIAL_NUMBER),
        mandatory(id::FAILURE_LIST),
        optional(id::NUMBER_OF_BROADCASTS_COMPLETED_LIST, Ignore),
        optional(id::CRITICALITY_DIAGNOSTICS, Ignore),
    ],
);

pub(crate) static LOAD_QUERY: Message =
    request(MessageKind::LoadQuery, 2, &[mandatory(id::SERVICE_AREAS_LIST)]);

pub(crate) static LOAD_QUERY_COMPLETE: Message = complete(
    MessageKind::LoadQueryComplete,
    2,
    &[mandatory(id::RADIO_RESOURCE_LOADING_LIST), optional(id::CRITICALITY_DIAGNOSTICS, Ignore)],
);

pub(crate) static LOAD_QUERY_FAILURE: Message = failure(
    MessageKind::LoadQueryFailure,
    2,
    &[
        mandatory(id::FAILURE_LIST),
        optional(id::RADIO_RESOURCE_LOADING_LIST, Ignore),
        optional(id::CRITICALITY_DIAGNOSTICS, Ignore),
    ],
);

pub(crate) static MESSAGE_STATUS_QUERY: Message =
    request(MessageKind::MessageStatusQuery, 3, &REFERENCE_FIELDS);

pub(crate) static MESSAGE_STATUS_QUERY_COMPLETE: Message =
    complete(MessageKind::MessageStatusQueryComplete, 3, &REFERENCE_COMPLETE_FIELDS);

pub(crate) static MESSAGE_STATUS_QUERY_FAILURE: Message = failure(
    MessageKind::MessageStatusQueryFailure,
    3,
    // Here, and only here, the failures stand before the serial number.
    &[
        mandatory(id::MESSAGE_IDENTIFIER),
        mandatory(id::FAILURE_LIST),
        mandatory(id::OLD_SERIAL_NUMBER),
        optional(id::NUMBER_OF_BROADCASTS_COMPLETED_LIST, Ignore),
        optional(id::CRITICALITY_DIAGNOSTICS, Ignore),
    ],
);

pub(crate) static RESTART: Message = indication(
    MessageKind::Restart,
    4,
    &[mandatory_ignored(id::SERVICE_AREAS_LIST), optional(id::RECOVERY_INDICATION, Ignore)],
);

pub(crate) static RESET: Message = request(MessageKind::Reset, 5, &[mandatory(id::SERVICE_AREAS_LIST)]);

pub(crate) static RESET_COMPLETE: Message = complete(
    MessageKind::ResetComplete,
    5,
    &[mandatory(id::SERVICE_AREAS_LIST), optional(id::CRITICALITY_DIAGNOSTICS, Ignore)],
);

pub(crate) static RESET_FAILURE: Message = failure(
    MessageKind::ResetFailure,
    5,
    &[
        mandatory(id::FAILURE_LIST),
        optional(id::SERVICE_AREAS_LIST, Reject),
        optional(id::CRITICALITY_DIAGNOSTICS, Ignore),
    ],
);

pub(crate) static FAILURE: Message =
    indication(MessageKind::Failure, 6, &[mandatory_ignored(id::SERVICE_AREAS_LIST)]);

pub(crate) static ERROR_INDICATION: Message = indication(
    MessageKind::ErrorIndication,
    ERROR_INDICATION_CODE,
    &[
        optional(id::MESSAGE_IDENTIFIER, Ignore),
        optional(id::SERIAL_NUMBER, Ignore),
        optional(id::CAUSE, Ignore),
        optional(id::CRITICALITY_DIAGNOSTICS, Ignore),
    ],
);

static MESSAGES: [&Message; 18] = [
    &WRITE_REPLACE,
    &WRITE_REPLACE_COMPLETE,
    &WRITE_REPLACE_FAILURE,
    &KILL,
    &KILL_COMPLETE,
    &KILL_FAILURE,
    &LOAD_QUERY,
    &LOAD_QUERY_COMPLETE,
    &LOAD_QUERY_FAILURE,
    &MESSAGE_STATUS_QUERY,
    &MESSAGE_STATUS_QUERY_COMPLETE,
    &MESSAGE_STATUS_QUERY_FAILURE,
    &RESTART,
    &RESET,
    &RESET_COMPLETE,
    &RESET_FAILURE,
    &FAILURE,
    &ERROR_INDICATION,
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

const fn mandatory(id: u16) -> Field {
    Field { id, criticality: Reject, is_mandatory: true }
}

/// Indications ask for nothing to be said when their one mandatory IE is missing.
const fn mandatory_ignored(id: u16) -> Field {
    Field { id, criticality: Ignore, is_mandatory: true }
}

const fn optional(id: u16, criticality: Criticality) -> Field {
    Field { id, criticality, is_mandatory: false }
}

const fn request(kind: MessageKind, procedure: u8, fields: &'static [Field]) -> Message {
    let (triggering, criticality) = (InitiatingMessage, Reject);
    Message { kind, procedure, triggering, criticality, fields, extensions: &[] }
}

const fn complete(kind: MessageKind, procedure: u8, fields: &'static [Field]) -> Message {
    Message { triggering: SuccessfulOutcome, ..request(kind, procedure, fields) }
}

const fn failure(kind: MessageKind, procedure: u8, fields: &'static [Field]) -> Message {
    Message { triggering: UnsuccessfulOutcome, ..request(kind, procedure, fields) }
}

const fn indication(kind: MessageKind, procedure: u8, fields: &'static [Field]) -> Message {
    Message { criticality: Ignore, ..request(kind, procedure, fields) }
}

/// Kill and Message-Status-Query.
const REFERENCE_FIELDS: [Field; 3] =
    [mandatory(id::MESSAGE_IDENTIFIER), mandatory(id::OLD_SERIAL_NUMBER), mandatory(id::SERVICE_AREAS_LIST)];

/// Their completes.
const REFERENCE_COMPLETE_FIELDS: [Field; 4] = [
    mandatory(id::MESSAGE_IDENTIFIER),
    mandatory(id::OLD_SERIAL_NUMBER),
    mandatory(id::NUMBER_OF_BROADCASTS_COMPLETED_LIST),
    optional(id::CRITICALITY_DIAGNOSTICS, Ignore),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_has_more_ies_than_a_decoder_has_room_for() {
        assert_eq!(MESSAGES.iter().map(|message| message.fields.len()).max(), Some(FIELDS_MAX));
    }
}
