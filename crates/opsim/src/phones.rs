//! The phones, and the rule by which they ring.
//!
//! A phone shows a message once: it drops one whose message identifier and serial number it has shown within 24 hours in
//! the same place, whatever the text. What counts as the same place, the geographical scope of the serial number says
//! (TS 23.041 §9.4.1.2.1; Android's CellBroadcastHandler does it so).

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use area::{CellIndex, CellRuns, Inventory};
use cbs::{Channel, GeographicalScope, MessageId};

use crate::chance::Chance;
use crate::radio::{Aired, OnAir, Radio};
use crate::{MessageKey, PhonePlan, PhoneReport, Ring};

/// For how long a phone remembers what it has shown, in milliseconds.
pub const DUPLICATE_WINDOW_MS: u64 = 86_400_000;

/// What a phone's owner has chosen.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Choices {
    /// Messages in additional languages are shown.
    pub additional_languages: bool,
    /// Tests, exercises and operators' own messages are shown.
    pub tests: bool,
    /// Live warnings that may be switched off are.
    pub opted_out: bool,
}

impl Choices {
    /// Whether such a phone shows messages of this identifier.
    pub fn shows(self, id: MessageId) -> bool {
        let main = id.main_language();
        let wanted = match id.channel() {
            Some(Channel::Live) => !self.opted_out || main == MessageId::LEVEL_1,
            Some(_) => self.tests,
            None => false,
        };
        wanted && (id == main || self.additional_languages)
    }
}

/// All phones of an operator's subscribers, numbered from 0 in the order of the cells they start in.
#[derive(Debug, Default)]
pub struct Phones {
    /// The cell a phone started in, ascending.
    home: Vec<u32>,
    cell: Vec<u32>,
    choices: Vec<Choices>,
    /// The place after that of a phone's newest ring in `rings`; 0 when it never rang.
    newest: Vec<u32>,
    rings: Vec<RingRecord>,
    rings_unrecorded: u64,
    shown: Vec<Shown>,
    shown_by_key: HashMap<MessageKey, Vec<u32>>,
    /// Phones that have left home, by where they are; some may have gone on from there.
    guests: HashMap<u32, Vec<u32>>,
    /// By time and order of entry: who hears what.
    agenda: BTreeMap<(u64, u64), Hearing>,
    entries: u64,
}

/// A ring. Those of one phone are chained from the newest to the oldest.
#[derive(Clone, Copy, Debug)]
struct RingRecord {
    at_ms: u64,
    cell: u32,
    shown: u32,
    previous: u32,
}

/// What phones have shown: a message and its text.
#[derive(Debug)]
struct Shown {
    key: MessageKey,
    text: String,
}

/// A broadcast that phones may not have heard before.
#[derive(Debug)]
struct Hearing {
    who: Listeners,
    what: OnAir,
}

#[derive(Debug)]
enum Listeners {
    Cells(CellRuns),
    Phone { phone: u32, cell: u32 },
}

impl Phones {
    /// The most phones.
    pub const MAX: u64 = 50_000_000;
    /// The most rings that are recorded.
    pub const RINGS_MAX: usize = 100_000_000;
    /// The most different messages and texts that are told apart; the rings of others are not recorded.
    pub const SHOWN_MAX: usize = 1_000_000;
    /// The most broadcasts that somebody waits for.
    const AGENDA_MAX: usize = 4_000_000;

    /// The phones of a plan in these cells.
    pub(crate) fn new(plan: &PhonePlan, seed: u64, cells: &CellRuns) -> Self {
        let mut chance = Chance::new(seed, 0x70_686f_6e65);
        let home: Vec<u32> =
            cells.indices().flat_map(|CellIndex(cell)| (0..plan.per_cell).map(move |_| cell)).collect();
        let choices = home.iter().map(|_| Choices {
            additional_languages: chance.happens(plan.additional_languages),
            tests: chance.happens(plan.tests),
            opted_out: chance.happens(plan.opted_out),
        });
        Self {
            choices: choices.collect(),
            cell: home.clone(),
            newest: vec![0; home.len()],
            home,
            ..Self::default()
        }
    }

    /// How many.
    pub fn len(&self) -> u32 {
        self.home.len() as u32
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.home.is_empty()
    }

    /// The phones that started in a cell.
    pub fn of_cell(&self, cell: u32) -> Range<u32> {
        let from = self.home.partition_point(|home| *home < cell);
        let to = self.home.partition_point(|home| *home <= cell);
        from as u32..to as u32
    }

    /// The cell a phone is in.
    ///
    /// # Panics
    /// When there is no such phone.
    pub fn cell(&self, phone: u32) -> u32 {
        self.cell[phone as usize]
    }

    /// What the owner of a phone has chosen.
    ///
    /// # Panics
    /// When there is no such phone.
    pub fn choices(&self, phone: u32) -> Choices {
        self.choices[phone as usize]
    }

    /// How often a phone rang for a message.
    ///
    /// # Panics
    /// When there is no such phone.
    pub fn rang(&self, phone: u32, key: MessageKey) -> usize {
        self.rings_of(phone).filter(|ring| self.shown[ring.shown as usize].key == key).count()
    }

    /// Every message that any phone could have shown, by identifier and serial number.
    pub fn heard(&self) -> Vec<MessageKey> {
        let mut keys: Vec<MessageKey> = self.shown_by_key.keys().copied().collect();
        keys.sort_unstable();
        keys
    }

    /// Rings, or chances to ring, that were not recorded for want of room.
    pub fn rings_unrecorded(&self) -> u64 {
        self.rings_unrecorded
    }

    /// A phone and what it showed.
    ///
    /// # Panics
    /// When there is no such phone.
    pub fn report(&self, phone: u32) -> PhoneReport {
        let Choices { additional_languages, tests, opted_out } = self.choices(phone);
        let mut rings: Vec<Ring> = self
            .rings_of(phone)
            .map(|ring| {
                let Shown { key, text } = &self.shown[ring.shown as usize];
                Ring { at_ms: ring.at_ms, message_id: key.message_id, serial: key.serial, text: text.clone() }
            })
            .collect();
        rings.reverse();
        PhoneReport { phone, cell: self.cell(phone), additional_languages, tests, opted_out, rings }
    }

    /// A phone goes to another cell and hears the next broadcast of what is on the air there. Answers whether there is
    /// such a phone.
    pub(crate) fn change_cell(&mut self, now_ms: u64, phone: u32, cell: u32, radio: &Radio) -> bool {
        let Some(place) = self.cell.get_mut(phone as usize) else { return false };
        *place = cell;
        let guests = self.guests.entry(cell).or_default();
        if !guests.contains(&phone) {
            guests.push(phone);
        }
        for what in radio.on_air(cell) {
            self.listen(now_ms, Hearing { who: Listeners::Phone { phone, cell }, what: what.clone() });
        }
        true
    }

    /// The phones in these cells hear what has just gone on the air.
    pub(crate) fn hear(&mut self, aired: Aired, radio: &Radio) {
        let at_ms = aired.on_air.since_ms;
        self.attend(at_ms, Hearing { who: Listeners::Cells(aired.cells), what: aired.on_air }, radio);
    }

    /// When phones next hear something, in milliseconds.
    pub(crate) fn next_wakeup(&self) -> Option<u64> {
        self.agenda.first_key_value().map(|((at, _), _)| *at)
    }

    /// Lets the phones hear what is broadcast up to `now_ms`.
    pub(crate) fn handle_timeout(&mut self, now_ms: u64, radio: &Radio) {
        while let Some(first) = self.agenda.first_entry().filter(|first| first.key().0 <= now_ms) {
            let ((at_ms, _), hearing) = first.remove_entry();
            self.attend(at_ms, hearing, radio);
        }
    }

    /// Waits for the first broadcast at `from_ms` or later.
    fn listen(&mut self, from_ms: u64, hearing: Hearing) {
        let OnAir { message, since_ms } = &hearing.what;
        let Some(at_ms) = message.cadence.next_ms(*since_ms, from_ms) else { return };
        if self.agenda.len() >= Self::AGENDA_MAX {
            self.rings_unrecorded += 1;
            return;
        }
        self.entries += 1;
        self.agenda.insert((at_ms, self.entries), hearing);
    }

    fn attend(&mut self, at_ms: u64, mut hearing: Hearing, radio: &Radio) {
        let Some(shown) = self.shown(&hearing.what) else {
            self.rings_unrecorded += 1;
            return;
        };
        match &mut hearing.who {
            Listeners::Cells(cells) => {
                let gone = cells.indices().filter(|CellIndex(cell)| !radio.carries(*cell, &hearing.what));
                let gone = CellRuns::from_sorted(gone);
                *cells = cells.subtract(&gone);
                for CellIndex(cell) in cells.indices() {
                    for phone in self.of_cell(cell) {
                        if self.cell[phone as usize] == cell {
                            self.receive(at_ms, phone, cell, shown, radio.inventory());
                        }
                    }
                    for guest in 0..self.guests.get(&cell).map_or(0, Vec::len) {
                        let phone = self.guests[&cell][guest];
                        // Back at home it was among those above.
                        if self.cell[phone as usize] == cell && self.home[phone as usize] != cell {
                            self.receive(at_ms, phone, cell, shown, radio.inventory());
                        }
                    }
                }
                if cells.is_empty() {
                    return;
                }
            }
            Listeners::Phone { phone, cell } => {
                if self.cell[*phone as usize] != *cell || !radio.carries(*cell, &hearing.what) {
                    return;
                }
                self.receive(at_ms, *phone, *cell, shown, radio.inventory());
            }
        }
        // Until then all who have heard it remember it.
        self.listen(at_ms.saturating_add(DUPLICATE_WINDOW_MS), hearing);
    }

    /// A phone receives a broadcast: it rings, or knows it already, or does not show such messages.
    fn receive(&mut self, at_ms: u64, phone: u32, cell: u32, shown: u32, inventory: &Inventory) {
        let key = self.shown[shown as usize].key;
        if !self.choices(phone).shows(key.message_id) {
            return;
        }
        let known = self
            .rings_of(phone)
            .take_while(|ring| ring.at_ms.saturating_add(DUPLICATE_WINDOW_MS) > at_ms)
            .any(|ring| {
                self.shown[ring.shown as usize].key == key
                    && same_place(inventory, key.serial.scope(), ring.cell, cell)
            });
        if known {
            return;
        }
        if self.rings.len() >= Self::RINGS_MAX {
            self.rings_unrecorded += 1;
            return;
        }
        let newest = &mut self.newest[phone as usize];
        self.rings.push(RingRecord { at_ms, cell, shown, previous: *newest });
        *newest = self.rings.len() as u32;
    }

    /// The rings of a phone, newest first.
    fn rings_of(&self, phone: u32) -> impl Iterator<Item = RingRecord> + '_ {
        let mut next = self.newest[phone as usize];
        std::iter::from_fn(move || {
            let ring = *self.rings.get((next as usize).checked_sub(1)?)?;
            next = ring.previous;
            Some(ring)
        })
    }

    /// The place of a message and its text among what was shown, unless there is no room for another.
    fn shown(&mut self, what: &OnAir) -> Option<u32> {
        let key = what.message.key;
        let text = what.message.text();
        let known = self.shown_by_key.entry(key).or_default();
        if let Some(at) = known.iter().find(|at| self.shown[**at as usize].text == text) {
            return Some(*at);
        }
        let at = u32::try_from(self.shown.len()).ok().filter(|_| self.shown.len() < Self::SHOWN_MAX)?;
        known.push(at);
        self.shown.push(Shown { key, text });
        Some(at)
    }
}

/// Whether two cells are one place under a scope. All cells are of one network here.
fn same_place(inventory: &Inventory, scope: GeographicalScope, one: u32, other: u32) -> bool {
    match scope {
        GeographicalScope::Plmn => true,
        GeographicalScope::LocationArea => {
            let area = |cell| {
                let cell = inventory.cell(CellIndex(cell));
                (cell.rat, cell.lac_or_tac)
            };
            one == other || area(one) == area(other)
        }
        GeographicalScope::CellImmediate | GeographicalScope::Cell => one == other,
    }
}
