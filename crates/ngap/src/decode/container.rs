//! The IEs of a message and what is to be said about those that are not understood (TS 38.413 §10).

use aper::{OpenType, Reader};

use super::values::criticality;
use crate::Error;
use crate::pdu::{Criticality, IeDiagnostics, TypeOfError};
use crate::schema::{FIELDS_MAX, Message, max};

/// The fewest bits of an IE: id, criticality and a length.
const IE_BITS: usize = 32;

/// The IEs of one message.
pub(crate) struct Ies<'a> {
    message: &'static Message,
    /// In the order of the message's table.
    fields: [Option<Raw<'a>>; FIELDS_MAX],
    /// Ids of IEs that were not understood and asked to be ignored.
    pub(crate) skipped: Vec<u16>,
    /// Ids of IEs that were not understood and asked to be reported.
    pub(crate) report: Vec<u16>,
    blamed: Vec<IeDiagnostics>,
    /// Where the first IE to blame lies; none where it is missing.
    blamed_at: Option<usize>,
    /// An IE that came again, and where.
    duplicate: Option<(u16, usize)>,
    /// Where the IEs end.
    end: usize,
}

/// An IE whose value is not read yet.
struct Raw<'a> {
    /// Where it begins.
    at: usize,
    id: u16,
    criticality: Criticality,
    value: OpenType<'a>,
}

impl<'a> Ies<'a> {
    /// Reads all IEs of a message, whether they may be so or not: [`Ies::check`] tells.
    ///
    /// An open type borrows from `reader`'s input unless it is fragmented.
    pub(super) fn read(message: &'static Message, reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut ies = Self {
            message,
            fields: Default::default(),
            skipped: Vec::new(),
            report: Vec::new(),
            blamed: Vec::new(),
            blamed_at: None,
            duplicate: None,
            end: 0,
        };
        let preamble = reader.preamble(true, 0)?;
        ies.read_container(reader)?;
        ies.end = reader.offset();
        if preamble.is_extended() {
            reader.skip_additions()?;
        }
        Ok(ies)
    }

    /// Refuses IEs that came twice, are missing, or are unknown and must be understood.
    pub(crate) fn check(&mut self) -> Result<(), Error> {
        if let Some((id, at)) = self.duplicate {
            return Err(Error::Duplicate { id, at });
        }
        for (field, found) in self.message.fields.iter().zip(&self.fields) {
            if field.is_mandatory && found.is_none() {
                let missing = IeDiagnostics::new(field.criticality, field.id, TypeOfError::Missing);
                blame(&mut self.blamed, missing);
            }
        }
        match &self.blamed[..] {
            [] => Ok(()),
            _ => {
                let at = self.blamed_at.unwrap_or(self.end);
                Err(Error::Ies { ies: std::mem::take(&mut self.blamed), at })
            }
        }
    }

    /// The value of a mandatory IE.
    pub(crate) fn mandatory<T>(
        &mut self,
        id: u16,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let criticality = self.message.criticality_of(id);
        let missing = || vec![IeDiagnostics::new(criticality, id, TypeOfError::Missing)];
        let at = self.end;
        let raw = self.take(id).ok_or_else(|| Error::Ies { ies: missing(), at })?;
        let value = read(&mut raw.value.reader());
        value.map_err(|why| Error::IeValue { id, criticality, why: Box::new(why) })
    }

    /// The value of an optional IE. A value that is not valid is treated by the criticality it came with, as if the IE were
    /// not known.
    pub(crate) fn optional<T>(
        &mut self,
        id: u16,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        match self.take(id) {
            Some(raw) => self.understand(&raw, read),
            None => Ok(None),
        }
    }

    /// Whether an ENUMERATED {true, ...} is there.
    pub(crate) fn flag(&mut self, id: u16) -> bool {
        self.take(id).is_some()
    }

    /// The value of an IE, or `None` when it is not valid and may be passed over.
    fn understand<T>(
        &mut self,
        raw: &Raw<'_>,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let (id, criticality) = (raw.id, raw.criticality);
        match read(&mut raw.value.reader()) {
            Ok(value) => return Ok(Some(value)),
            Err(why) if criticality == Criticality::Reject => {
                return Err(Error::IeValue { id, criticality, why: Box::new(why) });
            }
            Err(_) => self.not_understood(raw.at, id, criticality),
        }
        Ok(None)
    }

    fn take(&mut self, id: u16) -> Option<Raw<'a>> {
        let position = self.message.position(id)?;
        self.fields.get_mut(position)?.take()
    }

    fn read_container(&mut self, reader: &mut Reader<'a>) -> Result<(), Error> {
        reader.each(0..=max::IES, IE_BITS, |reader, count| {
            for _ in 0..count {
                let at = reader.offset();
                let id = u16::from_be_bytes(reader.octet_array()?);
                let raw = Raw { at, id, criticality: criticality(reader)?, value: reader.open_type()? };
                let criticality = raw.criticality;
                if !self.accept_ie(raw) {
                    self.not_understood(at, id, criticality);
                }
            }
            Ok(())
        })
    }

    /// Keeps an IE that the message knows; false for another.
    fn accept_ie(&mut self, raw: Raw<'a>) -> bool {
        let Some(place) = self.message.position(raw.id).and_then(|at| self.fields.get_mut(at)) else {
            return false;
        };
        if place.is_some() {
            self.duplicate = Some((raw.id, raw.at));
        }
        *place = Some(raw);
        true
    }

    fn not_understood(&mut self, at: usize, id: u16, criticality: Criticality) {
        match criticality {
            Criticality::Ignore => self.skipped.push(id),
            Criticality::Notify => self.report.push(id),
            Criticality::Reject => {
                self.blamed_at.get_or_insert(at);
                blame(&mut self.blamed, IeDiagnostics::new(criticality, id, TypeOfError::NotUnderstood));
            }
        }
    }
}

/// Diagnostics have room for so many.
fn blame(blamed: &mut Vec<IeDiagnostics>, ie: IeDiagnostics) {
    if blamed.len() < max::ERRORS {
        blamed.push(ie);
    }
}
