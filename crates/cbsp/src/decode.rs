//! From octets to a message. One pass finds the elements and looks at no value; then the message takes those it has.

use cbs::Pages;

use crate::element::{Found, Value, ValueLength, iei};
use crate::layout::Layout;
use crate::pdu::{MessageType, Pdu};
use crate::{Error, HEADER_BYTES, RepetitionCoding};

impl Pdu {
    /// The message in these octets, which are one frame and no more. The repetition period is read as the standard
    /// codes it.
    pub fn decode(frame: &[u8]) -> Result<Self, Error> {
        Self::decode_with(RepetitionCoding::Spec, frame)
    }

    /// The message in these octets, its repetition period read in this coding.
    pub fn decode_with(coding: RepetitionCoding, frame: &[u8]) -> Result<Self, Error> {
        let elements = &Elements::find(coding, frame)?;
        Ok(match elements.message {
            MessageType::WriteReplace => Self::WriteReplace(Layout::read(elements)?),
            MessageType::WriteReplaceComplete => Self::WriteReplaceComplete(Layout::read(elements)?),
            MessageType::WriteReplaceFailure => Self::WriteReplaceFailure(Layout::read(elements)?),
            MessageType::Kill => Self::Kill(Layout::read(elements)?),
            MessageType::KillComplete => Self::KillComplete(Layout::read(elements)?),
            MessageType::KillFailure => Self::KillFailure(Layout::read(elements)?),
            MessageType::LoadQuery => Self::LoadQuery(Layout::read(elements)?),
            MessageType::LoadQueryComplete => Self::LoadQueryComplete(Layout::read(elements)?),
            MessageType::LoadQueryFailure => Self::LoadQueryFailure(Layout::read(elements)?),
            MessageType::MessageStatusQuery => Self::MessageStatusQuery(Layout::read(elements)?),
            MessageType::MessageStatusQueryComplete => {
                Self::MessageStatusQueryComplete(Layout::read(elements)?)
            }
            MessageType::MessageStatusQueryFailure => {
                Self::MessageStatusQueryFailure(Layout::read(elements)?)
            }
            MessageType::SetDrx => Self::SetDrx(Layout::read(elements)?),
            MessageType::SetDrxComplete => Self::SetDrxComplete(Layout::read(elements)?),
            MessageType::SetDrxFailure => Self::SetDrxFailure(Layout::read(elements)?),
            MessageType::Reset => Self::Reset(Layout::read(elements)?),
            MessageType::ResetComplete => Self::ResetComplete(Layout::read(elements)?),
            MessageType::ResetFailure => Self::ResetFailure(Layout::read(elements)?),
            MessageType::Restart => Self::Restart(Layout::read(elements)?),
            MessageType::Failure => Self::Failure(Layout::read(elements)?),
            MessageType::ErrorIndication => Self::ErrorIndication(Layout::read(elements)?),
            MessageType::KeepAlive => Self::KeepAlive(Layout::read(elements)?),
            MessageType::KeepAliveComplete => Self::KeepAliveComplete(Layout::read(elements)?),
        })
    }
}

/// The elements of a message, each found and measured.
pub(crate) struct Elements<'a> {
    message: MessageType,
    coding: RepetitionCoding,
    /// By identifier; the first place stays empty.
    found: [Option<Found<'a>>; iei::LAST as usize + 1],
    /// The one element that may come more than once, in its order.
    contents: Vec<Found<'a>>,
}

impl<'a> Elements<'a> {
    fn find(coding: RepetitionCoding, frame: &'a [u8]) -> Result<Self, Error> {
        let Some((&[code, a, b, c], mut rest)) = frame.split_first_chunk::<HEADER_BYTES>() else {
            return Err(Error::Truncated { at: 0, expected: HEADER_BYTES, found: frame.len() });
        };
        let message = MessageType::from_code(code).ok_or(Error::UnknownMessage { found: code })?;
        let announced = u32::from_be_bytes([0, a, b, c]) as usize;
        if announced != rest.len() {
            return Err(Error::Length { announced, found: rest.len() });
        }
        let mut elements = Self { message, coding, found: [None; _], contents: Vec::new() };
        while let Some((&iei, after)) = rest.split_first() {
            let at = frame.len() - after.len();
            let (found, after) = measure(iei, at, after)?;
            elements.add(iei, found)?;
            rest = after;
        }
        Ok(elements)
    }

    fn add(&mut self, iei: u8, found: Found<'a>) -> Result<(), Error> {
        if iei == iei::MESSAGE_CONTENT {
            if self.contents.len() == Pages::MAX {
                return Err(found.unexpected("15 pages at most", Pages::MAX as u16 + 1));
            }
            self.contents.push(found);
            return Ok(());
        }
        match self.found.get_mut(usize::from(iei)) {
            Some(place @ None) => *place = Some(found),
            _ => return Err(Error::DuplicateElement { at: found.at, iei }),
        }
        Ok(())
    }

    /// How the repetition period is read.
    pub(crate) fn coding(&self) -> RepetitionCoding {
        self.coding
    }

    /// The pages.
    pub(crate) fn contents(&self) -> &[Found<'a>] {
        &self.contents
    }

    /// The element with this identifier, if it came.
    pub(crate) fn get(&self, iei: u8) -> Option<Found<'a>> {
        self.found.get(usize::from(iei)).copied().flatten()
    }

    /// The element with this identifier, which must have come.
    pub(crate) fn required(&self, iei: u8) -> Result<Found<'a>, Error> {
        self.get(iei).ok_or(Error::MissingElement { message: self.message, iei })
    }

    /// A field of the message from the element with this identifier.
    pub(crate) fn field<F: ReadField>(&self, iei: u8) -> Result<F, Error> {
        F::read(self, iei)
    }
}

/// The value of an element whose identifier has been read, and what follows it.
fn measure(iei: u8, mut at: usize, rest: &[u8]) -> Result<(Found<'_>, &[u8]), Error> {
    let truncated = |at, expected, found| Error::Truncated { at, expected, found };
    let length = ValueLength::of(iei).ok_or(Error::UnknownElement { at: at - 1, found: iei })?;
    let (expected, rest) = match length {
        ValueLength::Fixed(octets) => (octets, rest),
        ValueLength::Counted => {
            let (count, rest) = rest.split_first_chunk().ok_or(truncated(at, 2, rest.len()))?;
            at += 2;
            (usize::from(u16::from_be_bytes(*count)), rest)
        }
    };
    let (octets, rest) = rest.split_at_checked(expected).ok_or(truncated(at, expected, rest.len()))?;
    Ok((Found { at, octets }, rest))
}

/// A field of a message: a value, or an optional one.
pub(crate) trait ReadField: Sized {
    fn read(elements: &Elements<'_>, iei: u8) -> Result<Self, Error>;
}

impl<V: Value> ReadField for V {
    fn read(elements: &Elements<'_>, iei: u8) -> Result<Self, Error> {
        V::read(elements.required(iei)?)
    }
}

impl<V: Value> ReadField for Option<V> {
    fn read(elements: &Elements<'_>, iei: u8) -> Result<Self, Error> {
        elements.get(iei).map(V::read).transpose()
    }
}
