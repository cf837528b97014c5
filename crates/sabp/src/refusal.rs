//! What to answer to a message that cannot be taken (TS 25.419 §10).

use aper::Reader;
use cbs::{MessageId, SerialNumber};

use crate::Error;
use crate::decode::values::Take;
use crate::decode::{Envelope, Header};
use crate::pdu::{
    Cause, Criticality, CriticalityDiagnostics, ErrorIndication, IeDiagnostics, Pdu, TypeOfError,
};
use crate::schema::{ERROR_INDICATION_CODE, id, max};

/// Why a message was not taken, in the words of the protocol.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// The reason.
    pub cause: Cause,
    /// Which message and which of its IEs, as far as that could be read.
    pub diagnostics: CriticalityDiagnostics,
    /// The identifier in the message, if it has one and that could be read.
    pub message_id: Option<MessageId>,
    /// The new serial number in it, else the old one.
    pub serial: Option<SerialNumber>,
}

impl Refusal {
    /// The refusal of these octets, which [`Pdu::decode`] refused with this error. `None` where the sender must not be
    /// answered: an Error-Indication never is, and neither is what asks to be ignored when it is not understood.
    pub fn of(input: &[u8], error: &Error) -> Option<Self> {
        let header = Header::read(&mut Reader::new(input)).ok();
        let is_error_indication = header.is_some_and(|header| header.procedure == ERROR_INDICATION_CODE);
        let asks_to_be_ignored = match error {
            Error::Procedure { criticality, .. } | Error::IeValue { criticality, .. } => {
                *criticality == Criticality::Ignore
            }
            Error::Ies { ies, .. } => ies.iter().all(|ie| ie.criticality == Criticality::Ignore),
            _ => false,
        };
        if is_error_indication || asks_to_be_ignored {
            return None;
        }
        let (cause, ies) = blame(error);
        Some(Self::new(input, cause, ies))
    }

    /// The refusal of a message that was understood but has no place here.
    pub(crate) fn unexpected(input: &[u8]) -> Self {
        Self::new(input, Cause::MESSAGE_NOT_COMPATIBLE_WITH_RECEIVER_STATE, Vec::new())
    }

    /// What to say of a message that was taken although it holds IEs that asked to be reported.
    pub(crate) fn notify(input: &[u8], ids: &[u16]) -> Self {
        let ie = |id: &u16| IeDiagnostics::new(Criticality::Notify, *id, TypeOfError::NotUnderstood);
        let ies = ids.iter().take(max::ERRORS).map(ie).collect();
        Self::new(input, Cause::ABSTRACT_SYNTAX_ERROR_IGNORE_AND_NOTIFY, ies)
    }

    /// The Error-Indication that says so.
    pub fn error_indication(self) -> Pdu {
        Pdu::ErrorIndication(ErrorIndication {
            message_id: self.message_id,
            serial: self.serial,
            cause: Some(self.cause),
            criticality_diagnostics: Some(self.diagnostics)
                .filter(|diagnostics| *diagnostics != CriticalityDiagnostics::default()),
        })
    }

    fn new(input: &[u8], cause: Cause, ies: Vec<IeDiagnostics>) -> Self {
        let header = Header::read(&mut Reader::new(input)).ok();
        let (message_id, serial) = reference(input);
        let diagnostics = CriticalityDiagnostics {
            procedure_code: header.map(|header| header.procedure),
            triggering: header.map(|header| header.triggering),
            procedure_criticality: header.map(|header| header.criticality),
            ies,
        };
        Self { cause, diagnostics, message_id, serial }
    }
}

/// The cause of an error, and the IEs it is about.
fn blame(error: &Error) -> (Cause, Vec<IeDiagnostics>) {
    let not_understood =
        |criticality, id| vec![IeDiagnostics::new(criticality, id, TypeOfError::NotUnderstood)];
    match error {
        Error::Duplicate { id, .. } => {
            let cause = Cause::ABSTRACT_SYNTAX_ERROR_FALSELY_CONSTRUCTED_MESSAGE;
            (cause, not_understood(Criticality::Reject, *id))
        }
        Error::IeValue { id, criticality, .. } => {
            (Cause::PARAMETER_VALUE_INVALID, not_understood(*criticality, *id))
        }
        Error::Ies { ies, .. } if ies.iter().any(|ie| ie.error == Some(TypeOfError::Missing)) => {
            (Cause::MISSING_MANDATORY_ELEMENT, ies.clone())
        }
        Error::Ies { ies, .. } => (Cause::PARAMETER_NOT_RECOGNISED, ies.clone()),
        Error::Procedure { .. } => (Cause::UNRECOGNISED_MESSAGE, Vec::new()),
        _ => (Cause::TRANSFER_SYNTAX_ERROR, Vec::new()),
    }
}

/// The identifier and a serial number of a message, as far as they can be read.
fn reference(input: &[u8]) -> (Option<MessageId>, Option<SerialNumber>) {
    let Ok(envelope) = Envelope::read(input) else { return (None, None) };
    let Ok(mut ies) = envelope.ies() else { return (None, None) };
    let message_id = ies.optional(id::MESSAGE_IDENTIFIER, Take::take).ok().flatten();
    let mut serial = |id| ies.optional(id, Take::take).ok().flatten();
    (message_id, serial(id::NEW_SERIAL_NUMBER).or_else(|| serial(id::OLD_SERIAL_NUMBER)))
}
