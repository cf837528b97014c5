//! Octets become messages.

mod container;
mod envelope;
pub(crate) mod values;

use aper::Reader;

use crate::Error;
use crate::pdu::{
    Areas, CriticalityDiagnostics, ErrorIndication, Extension, Extensions, LoadQueryComplete,
    LoadQueryFailure, Pdu, Reference, ReferenceComplete, ReferenceFailure, ResetComplete, ResetFailure,
    Restart, WriteReplace, WriteReplaceComplete, WriteReplaceFailure,
};
use crate::schema::{MessageKind, id};

use container::Ies;
pub(crate) use envelope::{Envelope, Header};
use values::{Take, content, list};

/// A message that came, and what was passed over in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Decoded {
    /// The message.
    pub pdu: Pdu,
    /// Ids of IEs that were not understood and asked to be ignored.
    pub skipped: Vec<u16>,
    /// Ids of IEs that were not understood and asked to be reported.
    pub report: Vec<u16>,
    /// How many octets came after the end of the message.
    pub trailing: usize,
}

impl Pdu {
    /// Reads a message. IEs may come in any order; those that are not understood are treated by their criticality, extension
    /// additions and octets after the end are passed over.
    pub fn decode(input: &[u8]) -> Result<Decoded, Error> {
        let envelope = Envelope::read(input)?;
        let mut ies = envelope.ies()?;
        ies.check()?;
        let pdu = match envelope.message.kind {
            MessageKind::WriteReplace => Self::WriteReplace(WriteReplace::read(&mut ies)?),
            MessageKind::WriteReplaceComplete => {
                Self::WriteReplaceComplete(WriteReplaceComplete::read(&mut ies)?)
            }
            MessageKind::WriteReplaceFailure => {
                Self::WriteReplaceFailure(WriteReplaceFailure::read(&mut ies)?)
            }
            MessageKind::Kill => Self::Kill(Reference::read(&mut ies)?),
            MessageKind::KillComplete => Self::KillComplete(ReferenceComplete::read(&mut ies)?),
            MessageKind::KillFailure => Self::KillFailure(ReferenceFailure::read(&mut ies)?),
            MessageKind::LoadQuery => Self::LoadQuery(Areas::read(&mut ies)?),
            MessageKind::LoadQueryComplete => Self::LoadQueryComplete(LoadQueryComplete::read(&mut ies)?),
            MessageKind::LoadQueryFailure => Self::LoadQueryFailure(LoadQueryFailure::read(&mut ies)?),
            MessageKind::MessageStatusQuery => Self::MessageStatusQuery(Reference::read(&mut ies)?),
            MessageKind::MessageStatusQueryComplete => {
                Self::MessageStatusQueryComplete(ReferenceComplete::read(&mut ies)?)
            }
            MessageKind::MessageStatusQueryFailure => {
                Self::MessageStatusQueryFailure(ReferenceFailure::read(&mut ies)?)
            }
            MessageKind::Restart => Self::Restart(Restart::read(&mut ies)?),
            MessageKind::Reset => Self::Reset(Areas::read(&mut ies)?),
            MessageKind::ResetComplete => Self::ResetComplete(ResetComplete::read(&mut ies)?),
            MessageKind::ResetFailure => Self::ResetFailure(ResetFailure::read(&mut ies)?),
            MessageKind::Failure => Self::Failure(Areas::read(&mut ies)?),
            MessageKind::ErrorIndication => Self::ErrorIndication(ErrorIndication::read(&mut ies)?),
        };
        let Ies { skipped, report, .. } = ies;
        Ok(Decoded { pdu, skipped, report, trailing: envelope.trailing })
    }
}

impl WriteReplace {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        let dcs = ies.mandatory(id::DATA_CODING_SCHEME, Take::take)?;
        Ok(Self {
            message_id: ies.mandatory(id::MESSAGE_IDENTIFIER, Take::take)?,
            new_serial: ies.mandatory(id::NEW_SERIAL_NUMBER, Take::take)?,
            old_serial: ies.optional(id::OLD_SERIAL_NUMBER, Take::take)?,
            service_areas: ies.mandatory(id::SERVICE_AREAS_LIST, list)?,
            category: ies.optional(id::CATEGORY, Take::take)?,
            repetition_period: ies.mandatory(id::REPETITION_PERIOD, Take::take)?,
            broadcasts: ies.mandatory(id::NUMBER_OF_BROADCASTS_REQUESTED, Take::take)?,
            dcs,
            content: ies.mandatory(id::BROADCAST_MESSAGE_CONTENT, |reader| content(reader, dcs))?,
            ext: Extensions::read(ies)?,
        })
    }
}

impl WriteReplaceComplete {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            message_id: ies.mandatory(id::MESSAGE_IDENTIFIER, Take::take)?,
            new_serial: ies.mandatory(id::NEW_SERIAL_NUMBER, Take::take)?,
            completed: ies.mandatory(id::NUMBER_OF_BROADCASTS_COMPLETED_LIST, list)?,
            criticality_diagnostics: diagnostics(ies)?,
        })
    }
}

impl WriteReplaceFailure {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            message_id: ies.mandatory(id::MESSAGE_IDENTIFIER, Take::take)?,
            new_serial: ies.mandatory(id::NEW_SERIAL_NUMBER, Take::take)?,
            failures: ies.mandatory(id::FAILURE_LIST, list)?,
            completed: ies.optional(id::NUMBER_OF_BROADCASTS_COMPLETED_LIST, list)?.unwrap_or_default(),
            criticality_diagnostics: diagnostics(ies)?,
        })
    }
}

impl Reference {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            message_id: ies.mandatory(id::MESSAGE_IDENTIFIER, Take::take)?,
            old_serial: ies.mandatory(id::OLD_SERIAL_NUMBER, Take::take)?,
            service_areas: ies.mandatory(id::SERVICE_AREAS_LIST, list)?,
        })
    }
}

impl ReferenceComplete {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            message_id: ies.mandatory(id::MESSAGE_IDENTIFIER, Take::take)?,
            old_serial: ies.mandatory(id::OLD_SERIAL_NUMBER, Take::take)?,
            completed: ies.mandatory(id::NUMBER_OF_BROADCASTS_COMPLETED_LIST, list)?,
            criticality_diagnostics: diagnostics(ies)?,
        })
    }
}

impl ReferenceFailure {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            message_id: ies.mandatory(id::MESSAGE_IDENTIFIER, Take::take)?,
            old_serial: ies.mandatory(id::OLD_SERIAL_NUMBER, Take::take)?,
            failures: ies.mandatory(id::FAILURE_LIST, list)?,
            completed: ies.optional(id::NUMBER_OF_BROADCASTS_COMPLETED_LIST, list)?.unwrap_or_default(),
            criticality_diagnostics: diagnostics(ies)?,
        })
    }
}

impl Areas {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self { service_areas: ies.mandatory(id::SERVICE_AREAS_LIST, list)? })
    }
}

impl LoadQueryComplete {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            loading: ies.mandatory(id::RADIO_RESOURCE_LOADING_LIST, list)?,
            criticality_diagnostics: diagnostics(ies)?,
        })
    }
}

impl LoadQueryFailure {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            failures: ies.mandatory(id::FAILURE_LIST, list)?,
            loading: ies.optional(id::RADIO_RESOURCE_LOADING_LIST, list)?.unwrap_or_default(),
            criticality_diagnostics: diagnostics(ies)?,
        })
    }
}

impl ResetComplete {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            service_areas: ies.mandatory(id::SERVICE_AREAS_LIST, list)?,
            criticality_diagnostics: diagnostics(ies)?,
        })
    }
}

impl ResetFailure {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            failures: ies.mandatory(id::FAILURE_LIST, list)?,
            service_areas: ies.optional(id::SERVICE_AREAS_LIST, list)?.unwrap_or_default(),
            criticality_diagnostics: diagnostics(ies)?,
        })
    }
}

impl Restart {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            service_areas: ies.mandatory(id::SERVICE_AREAS_LIST, list)?,
            recovery: ies.optional(id::RECOVERY_INDICATION, Take::take)?,
        })
    }
}

impl ErrorIndication {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        Ok(Self {
            message_id: ies.optional(id::MESSAGE_IDENTIFIER, Take::take)?,
            serial: ies.optional(id::SERIAL_NUMBER, Take::take)?,
            cause: ies.optional(id::CAUSE, Take::take)?,
            criticality_diagnostics: diagnostics(ies)?,
        })
    }
}

fn diagnostics(ies: &mut Ies<'_>) -> Result<Option<CriticalityDiagnostics>, Error> {
    ies.optional(id::CRITICALITY_DIAGNOSTICS, Take::take)
}

impl Extensions {
    fn read(ies: &mut Ies<'_>) -> Result<Self, Error> {
        let mut extensions = Vec::new();
        for raw in ies.extensions() {
            extensions.extend(ies.understand(&raw, |reader| Extension::read(raw.id, reader))?);
        }
        Ok(Self(extensions))
    }
}

impl Extension {
    /// Reads an extension that the table of its message names.
    fn read(id: u16, reader: &mut Reader<'_>) -> Result<Self, Error> {
        match id {
            id::WARNING_SECURITY_INFO => Take::take(reader).map(Self::SecurityInfo),
            id::WARNING_TYPE => Take::take(reader).map(Self::WarningType),
            id::PAGING_ETWS_INDICATOR => Ok(Self::PagingEtws),
            _ => Ok(Self::ContentNotValid),
        }
    }
}
