//! The values of IEs and what they are made of (TS 25.419 §9.3.4).

use aper::{Error, Writer};
use cbs::{Content, DataCodingScheme, MessageId, SerialNumber, WarningType};

use crate::pdu::{
    Category, Cause, CompletedArea, CompletedInfo, Criticality, CriticalityDiagnostics, FailedArea,
    IeDiagnostics, LoadedArea, Recovery, SecurityInfo, ServiceArea, TriggeringMessage, TypeOfError,
};
use crate::schema::{id, max};
use crate::{BroadcastCount, RepetitionSeconds};

/// A value that can be written.
pub(crate) trait Put {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error>;
}

// The message.

impl Put for MessageId {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        writer.bit_string(self.number().into(), 16, 16..=16)
    }
}

impl Put for SerialNumber {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        writer.bit_string(self.bits().into(), 16, 16..=16)
    }
}

impl Put for DataCodingScheme {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        writer.bit_string(self.octet().into(), 8, 8..=8)
    }
}

impl Put for Content {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        let octets = self.pages().warning_message_contents();
        writer.long_bit_string(&octets, octets.len() * 8, 1..=max::CONTENT_BITS)
    }
}

impl Put for Category {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        let index = match self {
            Self::HighPriority => 0,
            Self::BackgroundPriority => 1,
            Self::NormalPriority => 2,
            Self::DefaultPriority => 3,
        };
        writer.index(index, 4, true)
    }
}

impl Put for RepetitionSeconds {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        writer.integer(self.seconds().into(), 1..=Self::MAX_S.into())
    }
}

impl Put for BroadcastCount {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        writer.integer(self.0.into(), 0..=65_535)
    }
}

impl Put for WarningType {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        writer.octet_string(&self.octets(), 2..=2)
    }
}

impl Put for SecurityInfo {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        writer.octets(&self.0);
        Ok(())
    }
}

impl Put for Recovery {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        let index = match self {
            Self::DataLost => 0,
            Self::DataAvailable => 1,
        };
        writer.index(index, 2, false)
    }
}

// Service areas.

impl Put for ServiceArea {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        writer.octets(&self.octets());
        Ok(())
    }
}

impl Put for CompletedArea {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        writer.bit(false);
        writer.bit(self.info.is_some());
        writer.bit(false);
        self.area.put(writer)?;
        writer.integer(self.completed.into(), 0..=65_535)?;
        match self.info {
            None => Ok(()),
            Some(CompletedInfo::Overflow) => writer.index(0, 2, true),
            Some(CompletedInfo::Unknown) => writer.index(1, 2, true),
        }
    }
}

impl Put for FailedArea {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        extensible_preamble(writer);
        self.area.put(writer)?;
        self.cause.put(writer)
    }
}

impl Put for LoadedArea {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        extensible_preamble(writer);
        self.area.put(writer)?;
        writer.integer(self.bandwidth.into(), 0..=max::BANDWIDTH)
    }
}

// Causes and diagnostics.

impl Put for Cause {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        writer.integer(self.0.into(), 0..=255)
    }
}

impl Put for CriticalityDiagnostics {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        writer.bit(false);
        writer.bit(self.procedure_code.is_some());
        writer.bit(self.triggering.is_some());
        writer.bit(self.procedure_criticality.is_some());
        writer.bit(!self.ies.is_empty());
        writer.bit(false);
        if let Some(procedure) = self.procedure_code {
            writer.octets(&[procedure]);
        }
        if let Some(triggering) = self.triggering {
            let index = match triggering {
                TriggeringMessage::InitiatingMessage => 0,
                TriggeringMessage::SuccessfulOutcome => 1,
                TriggeringMessage::UnsuccessfulOutcome => 2,
                TriggeringMessage::Outcome => 3,
            };
            writer.index(index, 4, false)?;
        }
        if let Some(criticality) = self.procedure_criticality {
            put_criticality(writer, criticality);
        }
        if !self.ies.is_empty() {
            writer.list(&self.ies, 1..=max::ERRORS, |writer, ie| ie.put(writer))?;
        }
        Ok(())
    }
}

impl Put for IeDiagnostics {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        writer.bit(false);
        writer.bit(self.repetition.is_some());
        writer.bit(self.error.is_some());
        put_criticality(writer, self.criticality);
        writer.octets(&self.id.to_be_bytes());
        if let Some(repetition) = self.repetition {
            writer.integer(repetition.into(), 0..=255)?;
        }
        let Some(error) = self.error else { return Ok(()) };
        // The one extension, in a container of its own.
        writer.size(1, &(1..=max::IES))?;
        writer.octets(&id::TYPE_OF_ERROR.to_be_bytes());
        put_criticality(writer, Criticality::Ignore);
        let index = match error {
            TypeOfError::NotUnderstood => 0,
            TypeOfError::Missing => 1,
        };
        writer.open_type(|writer| writer.index(index, 2, true))
    }
}

/// Criticality, two bits.
pub(crate) fn put_criticality(writer: &mut Writer<'_>, criticality: Criticality) {
    let code = match criticality {
        Criticality::Reject => 0,
        Criticality::Ignore => 1,
        Criticality::Notify => 2,
    };
    writer.bits(code, 2);
}

/// The preamble of an extensible SEQUENCE whose one OPTIONAL member is its iE-Extensions: nothing of either.
fn extensible_preamble(writer: &mut Writer<'_>) {
    writer.bits(0, 2);
}
