//! An operator's own cell broadcast centre, as whoever warns the public sees it: CAP over HTTP in, cells on the air.
//!
//! It chooses message identifiers and serial numbers itself, from the level and the languages of the CAP message, and finds
//! the cells by the area. What a later message of an alert refers to is over, whichever of the two comes first. Its
//! endpoints share what it knows, so a message that comes again at another one is known.

mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use area::{Atlas, CellIndex, CellRuns, Coverage, Inventory, Mode, Rat};
use bytes::Bytes;
use cbe::{Answer, Ask, DeliveryReport, Place, Request};
use cbs::{GeographicalScope, SerialNumber};

use crate::element::Heard;
use crate::message::{Body, Cadence, Message};
use crate::radio::Radio;
use crate::{Error, Habits, MessageKey, Reports};
use reading::{Reading, Words};

/// The time from one broadcast to the next, in milliseconds: the CAP message does not say.
const PERIOD_MS: u64 = 60_000;
/// Where delivery reports are.
const REPORTS: &str = "/reports/";

/// One endpoint of a CBC.
#[derive(Debug)]
pub(crate) struct Cbc {
    rat: Rat,
    cells: Range<u32>,
    habits: Habits,
    refuse_writes: Option<u8>,
    atlas: Arc<Atlas>,
    coverage: Arc<Coverage>,
}

/// What a CBC knows, at whichever of its endpoints it was told.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// By identifier.
    taken: BTreeMap<String, Taken>,
    /// The identifiers that later messages referred to.
    over: BTreeSet<String>,
    /// How many message codes it has used, from the last one down.
    codes: u16,
}

/// A CAP message that was taken.
#[derive(Debug)]
struct Taken {
    /// Its messages, with their words; none of a cancel.
    messages: Vec<(MessageKey, Words)>,
    /// Where it is wanted.
    cells: CellRuns,
    /// Where its alert was wanted before.
    before: CellRuns,
    /// What was on there, and is to be no more.
    gone: Vec<MessageKey>,
}

impl Cbc {
    /// The most CAP messages that are remembered.
    const TAKEN_MAX: usize = 10_000;

    /// An endpoint of the CBC for an operator's cells of a technology. It refuses every message if `refuse_writes` is there.
    pub(crate) fn new(
        inventory: &Inventory,
        rat: Rat,
        cells: Range<u32>,
        habits: Habits,
        refuse_writes: Option<u8>,
    ) -> Result<Self, Error> {
        let atlas = Atlas::serbia().map_err(|error| Error::Areas { found: error.to_string() })?;
        let coverage = Arc::new(Coverage::new(inventory));
        Ok(Self { rat, cells, habits, refuse_writes, atlas: Arc::new(atlas), coverage })
    }

    /// A request has come in.
    pub(crate) fn received(
        &mut self,
        now_ms: u64,
        frame: &[u8],
        radio: &mut Radio,
        out: &mut Vec<Bytes>,
    ) -> Heard {
        let Ok(Request { tag, ask }) = Request::decode(frame) else { return Heard::Undecodable };
        let (heard, answer) = match ask {
            Ask::Take { message, .. } => self.take(now_ms, &message, radio),
            Ask::Report { path } => (Heard::Other, self.report(&path, radio)),
            Ask::Other { .. } => (Heard::Other, Answer::of(204)),
        };
        out.push(answer.encode(tag));
        heard
    }

    /// Loses everything: its cells with it.
    pub(crate) fn restart(&mut self, now_ms: u64, radio: &mut Radio) {
        *radio.memory(self.rat) = Memory::default();
        self.cells.clone().for_each(|cell| radio.wipe(now_ms, cell));
    }

    fn take(&mut self, now_ms: u64, message: &[u8], radio: &mut Radio) -> (Heard, Answer) {
        let reading = match Reading::of(message) {
            Ok(reading) => reading,
            Err(words) => {
                let media_type = Some("text/plain".to_owned());
                return (Heard::Undecodable, Answer { media_type, body: words.into(), ..Answer::of(422) });
            }
        };
        let heard = if reading.infos.is_empty() { Heard::Stop } else { Heard::Write };
        if self.refuse_writes.is_some() && heard == Heard::Write {
            return (heard, Answer::of(403));
        }
        let accepted = match self.habits.reports {
            Reports::None => Answer::of(200),
            _ => Answer { location: Some(format!("{REPORTS}{}", reading.identifier)), ..Answer::of(202) },
        };
        let memory = radio.memory(self.rat);
        // The same message once more; or one that comes after what took it back.
        if memory.taken.contains_key(&reading.identifier) {
            return (heard, accepted);
        }
        if memory.taken.len() >= Self::TAKEN_MAX {
            return (heard, Answer::of(429));
        }
        let is_over = memory.over.contains(&reading.identifier);
        let earlier: Vec<&Taken> =
            reading.references.iter().filter_map(|earlier| memory.taken.get(earlier)).collect();
        let before = earlier.iter().fold(CellRuns::new(), |all, taken| all.union(&taken.cells));
        let mut gone: Vec<MessageKey> =
            earlier.iter().flat_map(|taken| &taken.messages).map(|(key, _)| *key).collect();
        let latest = earlier.last().map(|taken| taken.messages.clone()).unwrap_or_default();
        memory.over.extend(reading.references.iter().cloned());
        let messages = if is_over { Vec::new() } else { named(&reading, &latest, memory) };
        let cells = if is_over { CellRuns::new() } else { self.cells_of(&reading, radio) };
        gone.retain(|key| !messages.iter().any(|(kept, _)| kept == key));
        self.bring(now_ms, &reading, &messages, &gone, &cells, radio);
        let taken = Taken { messages, cells, before, gone };
        radio.memory(self.rat).taken.insert(reading.identifier, taken);
        (heard, accepted)
    }

    /// Brings the cells to what the message says: off what is not of it, on what is.
    fn bring(
        &self,
        now_ms: u64,
        reading: &Reading,
        messages: &[(MessageKey, Words)],
        gone: &[MessageKey],
        cells: &CellRuns,
        radio: &mut Radio,
    ) {
        for cell in self.cells.clone() {
            // What stays begins again, to last as long as it says now; phones that have shown it do not ring again.
            for key in gone.iter().chain(messages.iter().map(|(key, _)| key)) {
                radio.stop(now_ms, cell, *key);
            }
        }
        let broadcasts = reading.lasts_s.saturating_mul(1000).div_ceil(PERIOD_MS).max(1);
        let cadence = Cadence::new(PERIOD_MS, Some(u16::try_from(broadcasts).unwrap_or(u16::MAX)));
        for (key, words) in messages {
            let body = Body::Text { dcs: words.dcs, pages: words.pages.clone() };
            radio.start(now_ms, Message { key: *key, body, cadence }, cells);
        }
    }

    fn cells_of(&self, reading: &Reading, radio: &Radio) -> CellRuns {
        let Ok(resolved) = reading.target.resolve(&self.atlas, radio.inventory()) else {
            return CellRuns::new();
        };
        self.coverage.cells_in(&resolved, Mode::default()).within(self.cells.clone())
    }

    /// How far a message has got, told from what is on the air.
    fn report(&self, path: &str, radio: &mut Radio) -> Answer {
        let identifier = path.strip_prefix(REPORTS).unwrap_or_default();
        let Some(taken) = radio.memory(self.rat).taken.get(identifier) else { return Answer::of(404) };
        let (keys, gone): (Vec<MessageKey>, Vec<MessageKey>) =
            (taken.messages.iter().map(|(key, _)| *key).collect(), taken.gone.clone());
        let (wanted, before) = (taken.cells.clone(), taken.before.subtract(&taken.cells));
        let radio = &*radio;
        let pick = |cells: &CellRuns, of: &dyn Fn(u32) -> bool| {
            CellRuns::from_sorted(cells.indices().filter(|CellIndex(cell)| of(*cell)).collect::<Vec<_>>())
        };
        let on = pick(&wanted, &|cell| keys.iter().all(|key| radio.find(cell, *key).is_some()));
        let failed = pick(&wanted, &|cell| radio.is_dead(cell));
        let left = |cell| gone.iter().chain(&keys).any(|key| radio.find(cell, *key).is_some());
        let off = pick(&before, &|cell| !left(cell));
        let complete = on.len() + failed.len() + off.len() == wanted.len() + before.len();
        let report = DeliveryReport {
            identifier: identifier.to_owned(),
            complete,
            on_air: self.place(&on, &wanted, radio.inventory()),
            off_air: self.place(&off, &before, radio.inventory()),
            failed: self.place(&failed, &CellRuns::new(), radio.inventory()),
        };
        let media_type = Some(cbe::REPORT.to_owned());
        Answer { media_type, body: report.write().into(), ..Answer::of(200) }
    }

    fn place(&self, cells: &CellRuns, all: &CellRuns, inventory: &Inventory) -> Place {
        if self.habits.reports == Reports::All && cells == all && !cells.is_empty() {
            return Place::ALL;
        }
        let name = |index: CellIndex| {
            let cell = inventory.cell(index);
            let operator = &inventory.operator(cell.operator).name;
            let lac = match cell.rat {
                Rat::Gsm | Rat::Umts => cell.lac_or_tac.to_string(),
                Rat::Lte | Rat::Nr => String::new(),
            };
            format!("{operator}/{}/{lac}/{}", cell.rat, cell.cell_id)
        };
        Place::Cells(cells.indices().map(name).collect())
    }
}

/// Each of a message's texts with what it is called: what says the same as in the latest message keeps its name, what says
/// something else gets the next update of it.
fn named(reading: &Reading, latest: &[(MessageKey, Words)], memory: &mut Memory) -> Vec<(MessageKey, Words)> {
    let mut named: Vec<(MessageKey, Words)> = Vec::new();
    for words in &reading.infos {
        let same = |(key, _): &&(MessageKey, Words)| key.message_id == words.message_id;
        let serial = match latest.iter().filter(same).nth(named.iter().filter(same).count()) {
            Some((key, known)) if known == words => key.serial,
            Some((key, _)) => key.serial.next_update().unwrap_or(key.serial),
            None => {
                let code = SerialNumber::CODE_MAX - memory.codes;
                memory.codes = (memory.codes + 1) % (SerialNumber::CODE_MAX + 1);
                SerialNumber::new(GeographicalScope::Plmn, code, 0).unwrap_or(SerialNumber::from_bits(0))
            }
        };
        named.push((MessageKey { message_id: words.message_id, serial }, words.clone()));
    }
    named
}
