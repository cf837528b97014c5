//! Which elements each message has, in the order they are written: TS 48.049 §7 as a table.
//!
//! A field that is an `Option` in [`crate::pdu`] is optional on the wire. Elements come in any order when read.

use cbs::{Content, Page, Pages};

use crate::decode::Elements;
use crate::element::iei::*;
use crate::encode::Writer;
use crate::pdu::*;
use crate::{Error, RepetitionUnits};

/// A message as its elements.
pub(crate) trait Layout: Sized {
    /// Takes the message's elements out of those that came; others that came with them do not matter.
    fn read(elements: &Elements<'_>) -> Result<Self, Error>;

    /// Writes the elements.
    fn write(&self, out: &mut Writer<'_>);
}

macro_rules! layout {
    ($($message:ident { $($field:ident: $iei:ident),* })*) => {$(
        impl Layout for $message {
            fn read(_elements: &Elements<'_>) -> Result<Self, Error> {
                Ok(Self { $($field: _elements.field($iei)?),* })
            }

            fn write(&self, _out: &mut Writer<'_>) {
                $(_out.field($iei, &self.$field);)*
            }
        }
    )*};
}

layout! {
    WriteReplaceComplete {
        message_id: MESSAGE_IDENTIFIER, new_serial: NEW_SERIAL_NUMBER, old_serial: OLD_SERIAL_NUMBER,
        completed: BROADCASTS_COMPLETED_LIST, cells: CELL_LIST, channel: CHANNEL_INDICATOR
    }
    WriteReplaceFailure {
        message_id: MESSAGE_IDENTIFIER, new_serial: NEW_SERIAL_NUMBER, old_serial: OLD_SERIAL_NUMBER,
        failures: FAILURE_LIST, completed: BROADCASTS_COMPLETED_LIST, cells: CELL_LIST, channel: CHANNEL_INDICATOR
    }
    Kill {
        message_id: MESSAGE_IDENTIFIER, old_serial: OLD_SERIAL_NUMBER, cells: CELL_LIST, channel: CHANNEL_INDICATOR
    }
    KillComplete {
        message_id: MESSAGE_IDENTIFIER, old_serial: OLD_SERIAL_NUMBER, completed: BROADCASTS_COMPLETED_LIST,
        cells: CELL_LIST, channel: CHANNEL_INDICATOR
    }
    KillFailure {
        message_id: MESSAGE_IDENTIFIER, old_serial: OLD_SERIAL_NUMBER, failures: FAILURE_LIST,
        completed: BROADCASTS_COMPLETED_LIST, cells: CELL_LIST, channel: CHANNEL_INDICATOR
    }
    LoadQuery { cells: CELL_LIST, channel: CHANNEL_INDICATOR }
    LoadQueryComplete { loading: LOADING_LIST, channel: CHANNEL_INDICATOR }
    LoadQueryFailure { failures: FAILURE_LIST, loading: LOADING_LIST, channel: CHANNEL_INDICATOR }
    MessageStatusQuery {
        message_id: MESSAGE_IDENTIFIER, old_serial: OLD_SERIAL_NUMBER, cells: CELL_LIST, channel: CHANNEL_INDICATOR
    }
    MessageStatusQueryComplete {
        message_id: MESSAGE_IDENTIFIER, old_serial: OLD_SERIAL_NUMBER, completed: BROADCASTS_COMPLETED_LIST,
        channel: CHANNEL_INDICATOR
    }
    MessageStatusQueryFailure {
        message_id: MESSAGE_IDENTIFIER, old_serial: OLD_SERIAL_NUMBER, failures: FAILURE_LIST,
        completed: BROADCASTS_COMPLETED_LIST, channel: CHANNEL_INDICATOR
    }
    SetDrx {
        cells: CELL_LIST, schedule_period: SCHEDULE_PERIOD, reserved_slots: RESERVED_SLOTS, channel: CHANNEL_INDICATOR
    }
    SetDrxComplete { cells: CELL_LIST, channel: CHANNEL_INDICATOR }
    SetDrxFailure { failures: FAILURE_LIST, cells: CELL_LIST, channel: CHANNEL_INDICATOR }
    Reset { cells: CELL_LIST }
    ResetComplete { cells: CELL_LIST }
    ResetFailure { failures: FAILURE_LIST, cells: CELL_LIST }
    Restart { cells: CELL_LIST, broadcast_message_type: BROADCAST_MESSAGE_TYPE, recovery: RECOVERY_INDICATION }
    Failure { failures: FAILURE_LIST, broadcast_message_type: BROADCAST_MESSAGE_TYPE }
    ErrorIndication {
        cause: CAUSE, message_id: MESSAGE_IDENTIFIER, new_serial: NEW_SERIAL_NUMBER, old_serial: OLD_SERIAL_NUMBER,
        channel: CHANNEL_INDICATOR
    }
    KeepAlive { period: KEEP_ALIVE_PERIOD }
    KeepAliveComplete {}
    Emergency {
        warning_type: WARNING_TYPE, security_info: WARNING_SECURITY_INFORMATION, warning_period: WARNING_PERIOD
    }
}

/// The emergency indicator of an ETWS message; the others are reserved (TS 48.049 §8.2.17).
const EMERGENCY_ETWS: u8 = 1;

impl Layout for WriteReplace {
    fn read(elements: &Elements<'_>) -> Result<Self, Error> {
        let broadcast = match elements.get(EMERGENCY_INDICATOR) {
            None => Broadcast::Text(TextBroadcast::read(elements)?),
            Some(found) => match found.octet()? {
                EMERGENCY_ETWS => Broadcast::Emergency(Emergency::read(elements)?),
                other => return Err(found.unexpected("emergency indicator 1", other)),
            },
        };
        Ok(Self {
            message_id: elements.field(MESSAGE_IDENTIFIER)?,
            new_serial: elements.field(NEW_SERIAL_NUMBER)?,
            old_serial: elements.field(OLD_SERIAL_NUMBER)?,
            cells: elements.field(CELL_LIST)?,
            broadcast,
        })
    }

    fn write(&self, out: &mut Writer<'_>) {
        out.field(MESSAGE_IDENTIFIER, &self.message_id);
        out.field(NEW_SERIAL_NUMBER, &self.new_serial);
        out.field(OLD_SERIAL_NUMBER, &self.old_serial);
        out.field(CELL_LIST, &self.cells);
        match &self.broadcast {
            Broadcast::Text(text) => text.write(out),
            Broadcast::Emergency(emergency) => {
                out.octets(&[EMERGENCY_INDICATOR, EMERGENCY_ETWS]);
                emergency.write(out);
            }
        }
    }
}

impl Layout for TextBroadcast {
    fn read(elements: &Elements<'_>) -> Result<Self, Error> {
        let dcs = elements.field(DATA_CODING_SCHEME)?;
        let period = elements.required(REPETITION_PERIOD)?;
        let units = elements.coding().units(period.array()?);
        Ok(Self {
            channel: elements.field(CHANNEL_INDICATOR)?,
            category: elements.field(CATEGORY)?,
            repetition_period: RepetitionUnits::new(units)
                .map_err(|_| period.unexpected("repetition period 1 to 4095", units))?,
            broadcasts: elements.field(BROADCASTS_REQUESTED)?,
            dcs,
            content: Content::from_pages(read_pages(elements)?, dcs),
        })
    }

    fn write(&self, out: &mut Writer<'_>) {
        self.write_before_count(out);
        out.field(BROADCASTS_REQUESTED, &self.broadcasts);
        self.write_after_count(out);
    }
}

impl TextBroadcast {
    /// What comes before the number of broadcasts, which alone may change from one write of a message to the next.
    pub(crate) fn write_before_count(&self, out: &mut Writer<'_>) {
        out.field(CHANNEL_INDICATOR, &self.channel);
        out.field(CATEGORY, &self.category);
        let [first, second] = out.coding().octets(self.repetition_period);
        out.octets(&[REPETITION_PERIOD, first, second]);
    }

    /// What comes after the number of broadcasts. Each page is led by its length, unlike on the other interfaces.
    ///
    /// ```text
    /// +------+-----------------+-----------------+
    /// | 0x01 | useful octets   | page, 82 octets |
    /// +------+-----------------+-----------------+
    /// ```
    pub(crate) fn write_after_count(&self, out: &mut Writer<'_>) {
        let pages = self.content.pages().as_slice();
        out.octets(&[NUMBER_OF_PAGES, pages.len() as u8]);
        out.field(DATA_CODING_SCHEME, &self.dcs);
        for page in pages {
            out.octets(&[MESSAGE_CONTENT, page.useful_octets()]);
            out.octets(page.octets());
        }
    }
}

fn read_pages(elements: &Elements<'_>) -> Result<Pages, Error> {
    let number = elements.required(NUMBER_OF_PAGES)?;
    let announced = number.octet()?;
    let found = elements.contents();
    if found.len() != usize::from(announced) {
        return Err(Error::PageCount { at: number.at, announced, found: found.len() });
    }
    let mut pages = Vec::with_capacity(found.len());
    for content in found {
        let [useful, octets @ ..] = content.array::<{ 1 + Page::OCTETS }>()?;
        pages.push(Page::new(octets, useful).map_err(|source| Error::Page { at: content.at, source })?);
    }
    Pages::new(pages).map_err(|source| Error::Page { at: number.at, source })
}
