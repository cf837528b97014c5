//! From a message to its octets.

use bytes::{BufMut, BytesMut};

use crate::element::Value;
use crate::layout::Layout;
use crate::pdu::{MessageType, Pdu};
use crate::{Error, HEADER_BYTES, RepetitionCoding};

impl Pdu {
    /// Appends the message to `out`, the repetition period as the standard codes it. Whatever the types can hold can be
    /// said, so that this does not fail today; the signature is that of every protocol crate.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), Error> {
        self.encode_with(RepetitionCoding::Spec, out)
    }

    /// Appends the message to `out`, the repetition period in this coding.
    pub fn encode_with(&self, coding: RepetitionCoding, out: &mut BytesMut) -> Result<(), Error> {
        let start = put_header(self.message_type(), out);
        let writer = &mut Writer::new(coding, out);
        match self {
            Self::WriteReplace(message) => message.write(writer),
            Self::WriteReplaceComplete(message) => message.write(writer),
            Self::WriteReplaceFailure(message) => message.write(writer),
            Self::Kill(message) => message.write(writer),
            Self::KillComplete(message) => message.write(writer),
            Self::KillFailure(message) => message.write(writer),
            Self::LoadQuery(message) => message.write(writer),
            Self::LoadQueryComplete(message) => message.write(writer),
            Self::LoadQueryFailure(message) => message.write(writer),
            Self::MessageStatusQuery(message) => message.write(writer),
            Self::MessageStatusQueryComplete(message) => message.write(writer),
            Self::MessageStatusQueryFailure(message) => message.write(writer),
            Self::SetDrx(message) => message.write(writer),
            Self::SetDrxComplete(message) => message.write(writer),
            Self::SetDrxFailure(message) => message.write(writer),
            Self::Reset(message) => message.write(writer),
            Self::ResetComplete(message) => message.write(writer),
            Self::ResetFailure(message) => message.write(writer),
            Self::Restart(message) => message.write(writer),
            Self::Failure(message) => message.write(writer),
            Self::ErrorIndication(message) => message.write(writer),
            Self::KeepAlive(message) => message.write(writer),
            Self::KeepAliveComplete(message) => message.write(writer),
        }
        put_length(start, out);
        Ok(())
    }
}

/// Opens a message; `put_length` closes it.
pub(crate) fn put_header(message: MessageType, out: &mut BytesMut) -> usize {
    let start = out.len();
    out.put_slice(&[message.code(), 0, 0, 0]);
    start
}

/// Writes the length of the message that began at `start` and ends with `out`.
pub(crate) fn put_length(start: usize, out: &mut BytesMut) {
    let length = out.len().saturating_sub(start + HEADER_BYTES) as u32;
    if let Some(field) = out.get_mut(start + 1..start + HEADER_BYTES) {
        // Three lists of 65,535 octets and 15 pages stay far below the 16 million that three octets can say.
        field.copy_from_slice(&length.to_be_bytes()[1..]);
    }
}

/// Writes elements one after the other.
pub(crate) struct Writer<'a> {
    coding: RepetitionCoding,
    out: &'a mut BytesMut,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(coding: RepetitionCoding, out: &'a mut BytesMut) -> Self {
        Self { coding, out }
    }

    /// How the repetition period is written.
    pub(crate) fn coding(&self) -> RepetitionCoding {
        self.coding
    }

    /// Writes an element; an optional one only when there is a value.
    pub(crate) fn field(&mut self, iei: u8, field: &impl WriteField) {
        field.write(iei, self.out);
    }

    /// Writes octets as they are.
    pub(crate) fn octets(&mut self, octets: &[u8]) {
        self.out.put_slice(octets);
    }
}

/// A field of a message: a value, or an optional one.
pub(crate) trait WriteField {
    fn write(&self, iei: u8, out: &mut BytesMut);
}

impl<V: Value> WriteField for V {
    fn write(&self, iei: u8, out: &mut BytesMut) {
        out.put_u8(iei);
        self.put(out);
    }
}

impl<V: Value> WriteField for Option<V> {
    fn write(&self, iei: u8, out: &mut BytesMut) {
        if let Some(value) = self {
            value.write(iei, out);
        }
    }
}
