//! The values of IEs and what they are made of (TS 38.413 §9.4.5). The CHOICEs have no extension marker: their last
//! alternative is for extensions.

use aper::{Error, Writer};
use cbs::{Content, Coordinates, DataCodingScheme, MessageId, Plmn, SerialNumber, WarningType};

use crate::pdu::{
    BroadcastArea, Cancelled, CellList, CellsInEai, CellsInTai, Criticality, CriticalityDiagnostics, Eai,
    EutraCgi, GlobalGnbId, GlobalN3iwfId, GlobalNgEnbId, GlobalRanNodeId, IeDiagnostics, NgEnbKind, NrCgi,
    SecurityInfo, Tai, TriggeringMessage, TypeOfError, WarningArea,
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

// Areas.

impl Put for Plmn {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        writer.octets(&self.octets());
        Ok(())
    }
}

impl Put for Tai {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        extensible_preamble(writer);
        self.plmn().put(writer)?;
        writer.bits(self.tac().into(), 24);
        Ok(())
    }
}

impl Put for EutraCgi {
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

impl Put for CellList {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        match self {
            Self::Eutra(cells) => alternative(writer, 0, 3, cells, max::CELLS_IN_NG_ENB),
            Self::Nr(cells) => alternative(writer, 1, 3, cells, max::CELLS_IN_GNB),
        }
    }
}

impl Put for WarningArea {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        match self {
            Self::Cells(cells) => alternative(writer, 0, 5, cells, max::FOR_WARNING),
            Self::NrCells(cells) => alternative(writer, 1, 5, cells, max::FOR_WARNING),
            Self::Tais(tais) => alternative(writer, 2, 5, tais, max::FOR_WARNING),
            Self::Eais(eais) => alternative(writer, 3, 5, eais, max::FOR_WARNING),
        }
    }
}

/// A cell as an item of a broadcast area: a SEQUENCE of its own around it.
pub(crate) trait PutItem {
    fn put_item(&self, writer: &mut Writer<'_>) -> Result<(), Error>;
}

impl PutItem for EutraCgi {
    fn put_item(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        extensible_preamble(writer);
        self.put(writer)
    }
}

impl PutItem for NrCgi {
    fn put_item(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        extensible_preamble(writer);
        self.put(writer)
    }
}

impl<C: PutItem> PutItem for Cancelled<C> {
    fn put_item(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        self.cell.put_item(writer)?;
        writer.integer(self.broadcasts.into(), 0..=65_535)
    }
}

impl<E: PutItem, N: PutItem> Put for BroadcastArea<E, N> {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        match self {
            Self::Cells(cells) => {
                writer.index(0, 7, false)?;
                items(writer, cells)
            }
            Self::Tais(tais) => alternative(writer, 1, 7, tais, max::FOR_WARNING),
            Self::Eais(eais) => alternative(writer, 2, 7, eais, max::FOR_WARNING),
            Self::NrCells(cells) => {
                writer.index(3, 7, false)?;
                items(writer, cells)
            }
            Self::NrTais(tais) => alternative(writer, 4, 7, tais, max::FOR_WARNING),
            Self::NrEais(eais) => alternative(writer, 5, 7, eais, max::FOR_WARNING),
        }
    }
}

impl<C: PutItem> Put for CellsInTai<C> {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        extensible_preamble(writer);
        self.tai.put(writer)?;
        items(writer, &self.cells)
    }
}

impl<C: PutItem> Put for CellsInEai<C> {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        extensible_preamble(writer);
        self.eai.put(writer)?;
        items(writer, &self.cells)
    }
}

// Nodes.

impl Put for GlobalRanNodeId {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        match self {
            Self::Gnb(gnb) => {
                writer.index(0, 4, false)?;
                gnb.put(writer)
            }
            Self::NgEnb(ng_enb) => {
                writer.index(1, 4, false)?;
                ng_enb.put(writer)
            }
            Self::N3iwf(n3iwf) => {
                writer.index(2, 4, false)?;
                n3iwf.put(writer)
            }
        }
    }
}

impl Put for GlobalGnbId {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        extensible_preamble(writer);
        self.plmn().put(writer)?;
        writer.index(0, 2, false)?;
        let widths = Self::BITS_MIN as usize..=Self::BITS_MAX as usize;
        writer.bit_string(self.id().into(), self.bits() as usize, widths)
    }
}

impl Put for GlobalNgEnbId {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        extensible_preamble(writer);
        self.plmn().put(writer)?;
        let index = match self.kind() {
            NgEnbKind::Macro => 0,
            NgEnbKind::ShortMacro => 1,
            NgEnbKind::LongMacro => 2,
        };
        writer.index(index, 4, false)?;
        let width = self.kind().bits() as usize;
        writer.bit_string(self.id().into(), width, width..=width)
    }
}

impl Put for GlobalN3iwfId {
    fn put(&self, writer: &mut Writer<'_>) -> Result<(), Error> {
        extensible_preamble(writer);
        self.plmn.put(writer)?;
        writer.index(0, 2, false)?;
        writer.bit_string(self.id.into(), 16, 16..=16)
    }
}

// Diagnostics.

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
            };
            writer.index(index, 3, false)?;
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

/// The alternative of a CHOICE that is a list.
fn alternative<T: Put>(
    writer: &mut Writer<'_>,
    index: u64,
    alternatives: u64,
    list_items: &[T],
    max: usize,
) -> Result<(), Error> {
    writer.index(index, alternatives, false)?;
    list(writer, list_items, max)
}

fn list<T: Put>(writer: &mut Writer<'_>, items: &[T], max: usize) -> Result<(), Error> {
    writer.list(items, 1..=max, |writer, item| item.put(writer))
}

fn items<C: PutItem>(writer: &mut Writer<'_>, cells: &[C]) -> Result<(), Error> {
    writer.list(cells, 1..=max::FOR_WARNING, |writer, cell| cell.put_item(writer))
}
