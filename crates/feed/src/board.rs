//! What is public at a moment.

use std::sync::Arc;

use area::Shape;
use policy::{Channel, LanguageText, Picture, Slot};

/// All that is public at a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Board {
    /// Where readers reach the feed, without a slash at its end: `https://alerts.example`.
    pub public_url: String,
    /// Who publishes it, in words.
    pub publisher: String,
    /// When it last changed, in seconds of Unix time.
    pub changed_s: i64,
    /// The alerts, oldest first.
    pub items: Vec<Item>,
}

/// An alert as the public may know it.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Its name.
    pub alert: String,
    /// Live, exercise or test.
    pub channel: Channel,
    /// Its class.
    pub class: String,
    /// Its CAP messages, oldest first.
    pub messages: Vec<Message>,
    /// What it says, while it is on; of one that was cancelled nothing is left but the cancel.
    pub live: Option<Live>,
    /// Until when it is shown at all, in seconds of Unix time.
    pub until_s: i64,
}

/// A CAP message.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Its identifier; the address is made of it.
    pub identifier: String,
    /// When it was sent, in seconds of Unix time.
    pub sent_s: i64,
    /// The message, signed; none when it is public no more.
    pub cap: Option<Arc<str>>,
    /// The picture that it names, while it is public.
    pub picture: Option<Picture>,
}

/// What an alert says while it is on.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// The event in words.
    pub event: String,
    /// The texts, one a language.
    pub texts: Vec<LanguageText>,
    /// The names of the area.
    pub area: String,
    /// The area on the map.
    pub shapes: Vec<Shape>,
    /// When it was first approved, in seconds of Unix time.
    pub since_s: i64,
    /// When other media show it.
    pub slots: Vec<Slot>,
}

impl Item {
    /// The message that says how things stand.
    pub(crate) fn newest(&self) -> Option<&Message> {
        self.messages.last().filter(|message| message.cap.is_some())
    }
}

impl Live {
    /// The showing that is present at a moment, and when the next one is.
    pub(crate) fn due(&self, now_s: i64) -> (Option<Slot>, Option<i64>) {
        let present = self.slots.iter().find(|slot| (slot.at_s..slot.until_s).contains(&now_s));
        (present.copied(), self.slots.iter().map(|slot| slot.at_s).find(|at_s| *at_s > now_s))
    }
}

impl Board {
    /// The alerts that are shown at a moment.
    pub(crate) fn shown(&self, now_s: i64) -> impl DoubleEndedIterator<Item = &Item> {
        self.items.iter().filter(move |item| now_s < item.until_s)
    }

    /// When the pages change next by themselves, in seconds of Unix time.
    pub fn next_change_s(&self, now_s: i64) -> Option<i64> {
        let slots = self.items.iter().filter_map(|item| item.live.as_ref()).flat_map(|live| &live.slots);
        let moments = slots.flat_map(|slot| [slot.at_s, slot.until_s]);
        moments.chain(self.items.iter().map(|item| item.until_s)).filter(|at_s| *at_s > now_s).min()
    }
}
