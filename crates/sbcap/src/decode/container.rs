//! The IEs of a message and what is to be said about those that are not understood (TS 29.168 §4.5).

use aper::{OpenType, Reader};

use super::Tolerance;
use super::values::criticality;
use crate::Error;
use crate::pdu::{Criticality, IeDiagnostics, TypeOfError};
use crate::schema::{FIELDS_MAX, Message, id, max};

/// The fewest bits of an IE: id, criticality and a length.
const IE_BITS: usize = 32;

/// The IEs of one message.
pub(crate) struct Ies<'a> {
    message: &'static Message,
    /// In the order of the message's table.
    fields: [Option<Raw<'a>>; FIELDS_MAX],
    /// In the order of the wire.
    extensions: Vec<Raw<'a>>,
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

/// An IE or an extension whose value is not read yet.
pub(crate) struct Raw<'a> {
    /// Where it begins.
    at: usize,
    pub(crate) id: u16,
    criticality: Criticality,
    value: OpenType<'a>,
}

impl<'a> Ies<'a> {
    /// Reads all IEs and extensions of a message, whether they may be so or not: [`Ies::check`] tells.
    ///
    /// An open type borrows from `reader`'s input unless it is fragmented.
    pub(super) fn read(message: &'static Message, reader: &mut Reader<'a>) -> Result<Self, Error> {
        let mut ies = Self {
            message,
            fields: Default::default(),
            extensions: Vec::new(),
            skipped: Vec::new(),
            report: Vec::new(),
            blamed: Vec::new(),
            blamed_at: None,
            duplicate: None,
            end: 0,
        };
        let preamble = reader.preamble(true, u32::from(message.extensions.is_some()))?;
        ies.read_container(reader, 0, Self::accept_ie)?;
        if preamble.has(0) {
            ies.read_container(reader, 1, Self::accept_extension)?;
        }
        ies.end = reader.offset();
        if preamble.is_extended() {
            reader.skip_additions()?;
        }
        Ok(ies)
    }

    /// Refuses IEs that came twice, are missing, or are unknown and must be understood.
    pub(crate) fn check(&mut self, tolerance: Tolerance) -> Result<(), Error> {
        if let Some((id, at)) = self.duplicate {
            return Err(Error::Duplicate { id, at });
        }
        for (field, found) in self.message.fields.iter().zip(&self.fields) {
            let is_forgiven = field.id == id::LIST_OF_TAIS_RESTART && tolerance.restart_without_tais;
            if field.is_mandatory && found.is_none() && !is_forgiven {
                let (criticality, error) = (field.criticality, TypeOfError::Missing);
                blame(&mut self.blamed, IeDiagnostics { criticality, id: field.id, error });
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
        let at = self.end;
        let raw = self.take(id).ok_or_else(|| {
            let missing = IeDiagnostics { criticality: Criticality::Reject, id, error: TypeOfError::Missing };
            Error::Ies { ies: vec![missing], at }
        })?;
        let value = read(&mut raw.value.reader());
        value.map_err(|why| Error::IeValue { id, criticality: Criticality::Reject, why: Box::new(why) })
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

    /// Whether an ENUMERATED {true} is there.
    pub(crate) fn flag(&mut self, id: u16) -> bool {
        self.take(id).is_some()
    }

    /// The extensions that the message knows, in the order of the wire.
    pub(crate) fn extensions(&mut self) -> Vec<Raw<'a>> {
        std::mem::take(&mut self.extensions)
    }

    /// The value of an IE or extension, or `None` when it is not valid and may be passed over.
    pub(crate) fn understand<T>(
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

    fn read_container(
        &mut self,
        reader: &mut Reader<'a>,
        count_min: usize,
        accept: fn(&mut Self, Raw<'a>) -> bool,
    ) -> Result<(), Error> {
        reader.each(count_min..=max::IES, IE_BITS, |reader, count| {
            for _ in 0..count {
                let at = reader.offset();
                let id = u16::from_be_bytes(reader.octet_array()?);
                let raw = Raw { at, id, criticality: criticality(reader)?, value: reader.open_type()? };
                let criticality = raw.criticality;
                if !accept(self, raw) {
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

    /// Keeps an extension that the message knows; false for another.
    fn accept_extension(&mut self, raw: Raw<'a>) -> bool {
        let is_known = self.message.extensions.is_some_and(|known| known.contains(&raw.id));
        if is_known && self.extensions.iter().any(|other| other.id == raw.id) {
            self.duplicate = Some((raw.id, raw.at));
        } else if is_known {
            self.extensions.push(raw);
        }
        is_known
    }

    fn not_understood(&mut self, at: usize, id: u16, criticality: Criticality) {
        match criticality {
            Criticality::Ignore => self.skipped.push(id),
            Criticality::Notify => self.report.push(id),
            Criticality::Reject => {
                self.blamed_at.get_or_insert(at);
                blame(&mut self.blamed, IeDiagnostics { criticality, id, error: TypeOfError::NotUnderstood });
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
