//! The values of IEs and what they are made of, in the order of TS 29.168 §4.4.5's parts.

use aper::{Error, Writer};
use cbs::{Content, Coordinates, DataCodingScheme, MessageId, Plmn, SerialNumber, WarningType};

use crate::pdu::{
    BroadcastArea, Cancelled, Cause, CellsInEai, CellsInTai, Criticality, CriticalityDiagnostics, Eai, Ecgi,
    EnbKind, GlobalEnbId, GlobalGnbId, GlobalRanNodeId, IeDiagnostics, NrCgi, OmcId, SecurityInfo, Tai,
    Tai5gs, TriggeringMessage, TypeOfError, WarningArea, WarningArea5gs,
};
use crate::schema::max;

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
        writer.octet_string(&self.pages().warning_message_contents(), 1..=max::CONTENT)
    }
}

impl Put for Coordinates {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        writer.octet_string(&self.encode(), 1..=Self::OCTETS_MAX)
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

impl Put for OmcId {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        writer.octet_string(self.octets(), 1..=Self::OCTETS_MAX)
    }
}

// Areas.

impl Put for Plmn {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        writer.octets(&self.octets());
        Ok(())
    }
}

impl Put for Tai {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        writer.bit(false);
        writer.octets(&self.octets());
        Ok(())
    }
}

impl Put for Tai5gs {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        writer.bit(false);
        self.plmn().put(writer)?;
        writer.bits(self.tac().into(), 24);
        Ok(())
    }
}

impl Put for Ecgi {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        extensible_preamble(writer);
        self.plmn().put(writer)?;
        writer.bit_string(self.eci().into(), 28, 28..=28)
    }
}

impl Put for NrCgi {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        extensible_preamble(writer);
        self.plmn().put(writer)?;
        writer.bit_string(self.nci(), 36, 36..=36)
    }
}

impl Put for Eai {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        writer.octets(&self.0);
        Ok(())
    }
}

impl Put for WarningArea {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        let mut alternative = |index| writer.index(index, 3, true);
        match self {
            Self::Cells(cells) => {
                alternative(0)?;
                list(writer, cells, max::CELLS)
            }
            Self::Tais(tais) => {
                alternative(1)?;
                list(writer, tais, max::TAIS)
            }
            Self::Eais(eais) => {
                alternative(2)?;
                list(writer, eais, max::EMERGENCY_AREAS)
            }
        }
    }
}

impl Put for WarningArea5gs {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        let mut alternative = |index| writer.index(index, 4, true);
        match self {
            Self::Cells(cells) => {
                alternative(0)?;
                list(writer, cells, max::CELLS)
            }
            Self::NrCells(cells) => {
                alternative(1)?;
                list(writer, cells, max::CELLS_GNB)
            }
            Self::Tai(tai) => {
                alternative(2)?;
                tai.put(writer)
            }
            Self::Eais(eais) => {
                alternative(3)?;
                list(writer, eais, max::EMERGENCY_AREAS)
            }
        }
    }
}

/// A cell as an item of a broadcast area: a SEQUENCE of its own around it.
pub(crate) trait PutItem {
    /// The most cells that are named by themselves.
    const CELLS_MAX: usize;

    fn put_item(&self, writer: &mut Writer<'_>) -> Result<(), Error>;
}

impl PutItem for Ecgi {
    const CELLS_MAX: usize = max::CELLS;

    fn put_item(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        extensible_preamble(writer);
        self.put(writer)
    }
}

impl PutItem for NrCgi {
    const CELLS_MAX: usize = max::CELLS_5GS;

    fn put_item(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        extensible_preamble(writer);
        self.put(writer)
    }
}

impl<C: PutItem> PutItem for Cancelled<C> {
    const CELLS_MAX: usize = C::CELLS_MAX;

    fn put_item(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        self.cell.put_item(writer)?;
        writer.integer(self.broadcasts.into(), 0..=65_535)
    }
}

impl<C: PutItem, T: Put, E: PutItem> Put for BroadcastArea<C, T, E> {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        writer.bit(false);
        for is_there in [!self.cells.is_empty(), !self.tais.is_empty(), !self.eais.is_empty(), false] {
            writer.bit(is_there);
        }
        if !self.cells.is_empty() {
            writer.list(&self.cells, 1..=C::CELLS_MAX, |writer, cell| cell.put_item(writer))?;
        }
        if !self.tais.is_empty() {
            list(writer, &self.tais, max::TAIS)?;
        }
        if !self.eais.is_empty() {
            list(writer, &self.eais, max::EMERGENCY_AREAS)?;
        }
        Ok(())
    }
}

impl<C: PutItem, T: Put> Put for CellsInTai<C, T> {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        extensible_preamble(writer);
        self.tai.put(writer)?;
        writer.list(&self.cells, 1..=max::CELLS_IN_AREA, |writer, cell| cell.put_item(writer))
    }
}

impl<C: PutItem> Put for CellsInEai<C> {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        extensible_preamble(writer);
        self.eai.put(writer)?;
        writer.list(&self.cells, 1..=max::CELLS_IN_AREA, |writer, cell| cell.put_item(writer))
    }
}

// Nodes.

impl Put for GlobalEnbId {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        extensible_preamble(writer);
        self.plmn().put(writer)?;
        let width = self.kind().bits() as usize;
        let id = |writer: &mut Writer<'_>| writer.bit_string(self.id().into(), width, width..=width);
        match self.kind() {
            EnbKind::Macro => writer.index(0, 2, true)?,
            EnbKind::Home => writer.index(1, 2, true)?,
            EnbKind::ShortMacro => {
                writer.extension_index(0)?;
                return writer.open_type(id);
            }
            EnbKind::LongMacro => {
                writer.extension_index(1)?;
                return writer.open_type(id);
            }
        }
        id(writer)
    }
}

impl Put for GlobalGnbId {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        extensible_preamble(writer);
        self.plmn().put(writer)?;
        writer.index(0, 1, true)?;
        let widths = Self::BITS_MIN as usize..=Self::BITS_MAX as usize;
        writer.bit_string(self.id().into(), self.bits() as usize, widths)
    }
}

impl Put for GlobalRanNodeId {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        match self {
            Self::Gnb(gnb) => {
                writer.index(0, 2, true)?;
                gnb.put(writer)
            }
            Self::NgEnb(enb) => {
                writer.index(1, 2, true)?;
                enb.put(writer)
            }
        }
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
            list(writer, &self.ies, max::ERRORS)?;
        }
        Ok(())
    }
}

impl Put for IeDiagnostics {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        extensible_preamble(writer);
        put_criticality(writer, self.criticality);
        writer.octets(&self.id.to_be_bytes());
        let index = match self.error {
            TypeOfError::NotUnderstood => 0,
            TypeOfError::Missing => 1,
        };
        writer.index(index, 2, true)
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

fn list<T: Put>(writer: &mut Writer<'_>, items: &[T], max: usize) -> Result<(), Error> {
    writer.list(items, 1..=max, |writer, item| item.put(writer))
}
