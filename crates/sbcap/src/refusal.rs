//! What to answer to a message that cannot be taken (TS 29.168 §4.5).

use aper::Reader;
use cbs::{MessageId, SerialNumber};

use crate::Error;
use crate::decode::values::Take;
use crate::decode::{Envelope, Header};
use crate::pdu::{
    Cause, Criticality, CriticalityDiagnostics, ErrorIndication, IeDiagnostics, Pdu, Response,
    TriggeringMessage, TypeOfError,
};
use crate::schema::{ERROR_INDICATION_CODE, MessageKind, id};

/// Why a message was not taken, in the words of the protocol.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// The reason.
    pub cause: Cause,
    /// Which message and which of its IEs, as far as that could be read.
    pub diagnostics: CriticalityDiagnostics,
    request: Option<(MessageKind, MessageId, SerialNumber)>,
}

impl Refusal {
    /// The refusal of these octets, which [`Pdu::decode`] refused with this error. `None` where the sender must not be
    /// answered: an Error-Indication never is, and neither is an unknown procedure that asks to be ignored.
    pub fn of(input: &[u8], error: &Error) -> Option<Self> {
        let header = Header::read(&mut Reader::new(input)).ok();
        let is_error_indication = header.is_some_and(|header| header.procedure == ERROR_INDICATION_CODE);
        let asks_to_be_ignored = matches!(error, Error::Procedure { criticality: Criticality::Ignore, .. });
        if is_error_indication || asks_to_be_ignored {
            return None;
        }
        let (cause, ies) = blame(error);
        Some(Self { cause, diagnostics: diagnostics(header, ies), request: request(input) })
    }

    /// The refusal of a message that was understood but has no place here.
    pub(crate) fn unexpected(input: &[u8]) -> Self {
        let header = Header::read(&mut Reader::new(input)).ok();
        let cause = Cause::MESSAGE_NOT_COMPATIBLE_WITH_RECEIVER_STATE;
        Self { cause, diagnostics: diagnostics(header, Vec::new()), request: None }
    }

    /// What to say of a message that was taken although it holds IEs that asked to be reported.
    pub(crate) fn notify(input: &[u8], ies: &[u16]) -> Self {
        let header = Header::read(&mut Reader::new(input)).ok();
        let (criticality, error) = (Criticality::Notify, TypeOfError::NotUnderstood);
        let ies = ies.iter().take(crate::schema::max::ERRORS);
        let ies = ies.map(|id| IeDiagnostics { criticality, id: *id, error }).collect();
        let cause = Cause::ABSTRACT_SYNTAX_ERROR_IGNORE_AND_NOTIFY;
        Self { cause, diagnostics: diagnostics(header, ies), request: None }
    }

    /// The Error-Indication that says so.
    pub fn error_indication(self) -> Pdu {
        Pdu::ErrorIndication(ErrorIndication {
            cause: Some(self.cause),
            criticality_diagnostics: Some(self.diagnostics)
                .filter(|diagnostics| *diagnostics != CriticalityDiagnostics::default()),
        })
    }

    /// The response that says so: the due answer when what came was a request whose identifier and serial number could be
    /// read.
    pub fn response(&self) -> Option<Pdu> {
        let (kind, message_id, serial) = self.request?;
        let response = Response {
            message_id,
            serial,
            cause: self.cause,
            criticality_diagnostics: Some(self.diagnostics.clone()),
            unknown_tais: Vec::new(),
            ext: Default::default(),
        };
        match kind {
            MessageKind::WriteReplaceWarningRequest => Some(Pdu::WriteReplaceWarningResponse(response)),
            MessageKind::StopWarningRequest => Some(Pdu::StopWarningResponse(response)),
            _ => None,
        }
    }
}

fn diagnostics(header: Option<Header>, ies: Vec<IeDiagnostics>) -> CriticalityDiagnostics {
    CriticalityDiagnostics {
        procedure_code: header.map(|header| header.procedure),
        triggering: header.map(|header| header.triggering),
        procedure_criticality: header.map(|header| header.criticality),
        ies,
    }
}

/// The cause of an error, and the IEs it is about.
fn blame(error: &Error) -> (Cause, Vec<IeDiagnostics>) {
    let error_of = TypeOfError::NotUnderstood;
    match error {
        Error::Duplicate { id, .. } => {
            let ie = IeDiagnostics { criticality: Criticality::Reject, id: *id, error: error_of };
            (Cause::ABSTRACT_SYNTAX_ERROR_FALSELY_CONSTRUCTED_MESSAGE, vec![ie])
        }
        Error::IeValue { id, criticality, .. } => {
            let ie = IeDiagnostics { criticality: *criticality, id: *id, error: error_of };
            (Cause::PARAMETER_VALUE_INVALID, vec![ie])
        }
        Error::Ies { ies, .. } if ies.iter().any(|ie| ie.error == TypeOfError::Missing) => {
            (Cause::MISSING_MANDATORY_ELEMENT, ies.clone())
        }
        Error::Ies { ies, .. } => (Cause::PARAMETER_NOT_RECOGNISED, ies.clone()),
        Error::Procedure { .. } => (Cause::UNRECOGNISED_MESSAGE, Vec::new()),
        _ => (Cause::TRANSFER_SYNTAX_ERROR, Vec::new()),
    }
}

/// The request that these octets are, as far as an answer needs it.
fn request(input: &[u8]) -> Option<(MessageKind, MessageId, SerialNumber)> {
    let envelope = Envelope::read(input).ok()?;
    if envelope.message.triggering != TriggeringMessage::InitiatingMessage {
        return None;
    }
    let mut ies = envelope.ies().ok()?;
    let message_id = ies.mandatory(id::MESSAGE_IDENTIFIER, Take::take).ok()?;
    let serial = ies.mandatory(id::SERIAL_NUMBER, Take::take).ok()?;
    Some((envelope.message.kind, message_id, serial))
}
