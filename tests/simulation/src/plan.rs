//! What happens in a run: a world, and a list of events drawn from the seed. Leaving events out gives a smaller run of
//! the same world, which is how a failure is shrunk.

use std::num::NonZeroU32;

use engine::Airtime;

use crate::chance::Chance;

/// A run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where everything else is drawn from.
    pub seed: u64,
    /// The size and the manners of the world.
    pub world: World,
    /// What happens, by time.
    pub events: Vec<Event>,
    /// When faults stop, in milliseconds after the start.
    pub calm_ms: u64,
    /// The daemon dies at these effects, counted from its first start: a record written, a sync, a PDU handed out.
    pub deaths: Vec<u64>,
    /// How many octets the first of these deaths leaves of what was not synced; drawn otherwise.
    pub octets_kept: Option<u64>,
}

/// The size and the manners of the world.
#[derive(Clone, Copy, Debug)]
pub struct World {
    /// How many operators, 1 to 3.
    pub operators: u64,
    /// The most controllers of one operator.
    pub controllers_max: u64,
    /// The most cells of one controller.
    pub cells_max: u64,
    /// Phones in each cell.
    pub phones: u32,
    /// Elements have faults of their own: late, refusing, without indications.
    pub faulty: bool,
    /// An operator has three message codes that are ours, and no more.
    pub few_codes: bool,
    /// What the air of every cell carries.
    pub airtime: Airtime,
}

impl World {
    /// Whether it has ten thousand cells or more.
    pub fn is_large(&self) -> bool {
        self.cells_max >= 1_000
    }
}

/// Something that happens.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// When, in milliseconds after the start.
    pub at_ms: u64,
    /// What.
    pub what: What,
}

/// What happens. Elements and cells are drawn numbers, taken modulo what there is.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the fields are drawn numbers that their variants explain")]
pub enum What {
    /// An officer asks for something; the client asks again with the same key until it is answered.
    Ask(Ask),
    /// An element says nothing for a while; deaf: it does not hear either.
    Silence { element: u64, for_ms: u64, deaf: bool },
    /// An element restarts and loses everything.
    RestartElement { element: u64 },
    /// A few cells restart.
    RestartCells { cell: u64, count: u64 },
    /// A few cells fail until they restart.
    FailCells { cell: u64, count: u64, for_ms: u64 },
    /// A link breaks. The first `arriving` PDUs on their way each way still arrive, then one is torn; the rest is lost.
    Cut { element: u64, arriving: u64 },
    /// A link is half open: everything is lost on it until it breaks.
    Hole { element: u64, for_ms: u64 },
    /// A link takes no more than two PDUs until it opens again.
    Stall { element: u64, for_ms: u64 },
    /// The wall clock steps.
    ClockStep { by_ms: i64 },
    /// The daemon dies at the effect so many effects from now, or after a while, and is started again.
    Die { effects: u64, for_ms: u64 },
    /// The next sync of the journal fails; somebody notices and starts the daemon anew after a while.
    SyncFails { for_ms: u64 },
    /// The journal's disk is full; somebody makes room and starts the daemon anew after a while.
    DiskFull { for_ms: u64 },
    /// Everything shown is compared with what the network said, and with a replay of the records.
    Look,
}

/// What an officer asks for. Alerts are numbered in the order of their drafts.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// Which officer, of three.
    pub officer: u64,
    /// Which alert.
    pub alert: u64,
    /// What.
    pub verb: AskVerb,
    /// The client repeats it with the same key although it was answered.
    pub twice: bool,
}

/// What an officer asks for.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the fields are those of a draft and of an update")]
pub enum AskVerb {
    /// A draft around cell `place`, so many metres wide.
    Draft { channel: u64, place: u64, radius_m: u32, duration_s: u32, languages: u64 },
    /// Hand it to a second person.
    Submit,
    /// Approve what waits.
    Approve,
    /// Propose another text, area or life.
    Update { text: bool, radius_m: Option<u32>, duration_s: Option<u32> },
    /// Take it back.
    Cancel,
}

impl Plan {
    /// The run of a seed: mostly a small world, one in two hundred a large one.
    pub fn of(seed: u64) -> Self {
        let mut chance = Chance::new(seed, 1);
        let large = seed % 200 == 199;
        let world = World {
            operators: if large { 3 } else { chance.between(1, 3) },
            controllers_max: chance.between(if large { 3 } else { 1 }, 4),
            cells_max: if large { chance.between(3_000, 6_000) } else { chance.one_of(&[2, 5, 12, 40]) },
            phones: if large { 1 } else { 2 },
            faulty: !chance.once_in(3),
            few_codes: chance.once_in(6),
            airtime: airtime(&mut Chance::new(seed, 5)),
        };
        let calm_ms = chance.between(5, 30) * 60_000;
        let mut plan =
            Self { seed, world, events: Vec::new(), calm_ms, deaths: Vec::new(), octets_kept: None };
        plan.draw_alerts(&mut chance);
        // What is asked for is part of the storm.
        let last_ms = plan.events.iter().map(|event| event.at_ms).max().unwrap_or(0);
        plan.calm_ms = plan.calm_ms.max(last_ms + 1_000);
        if !chance.once_in(12) {
            plan.draw_faults(&mut chance, if large { 4 } else { 12 });
        }
        plan.events.sort_by_key(|event| event.at_ms);
        plan
    }

    /// A quiet plan for two peers and three cells: one alert, an update, a cancel; for exhaustive deaths.
    pub fn tiny(seed: u64, deaths: Vec<u64>) -> Self {
        let world = World {
            operators: 1,
            controllers_max: 2,
            cells_max: 2,
            phones: 1,
            faulty: false,
            few_codes: false,
            airtime: Airtime::default(),
        };
        let ask = |at_ms, officer, verb| Event {
            at_ms,
            what: What::Ask(Ask { officer, alert: 0, verb, twice: false }),
        };
        let draft =
            AskVerb::Draft { channel: 0, place: 0, radius_m: 100_000, duration_s: 3_600, languages: 1 };
        let update = AskVerb::Update { text: true, radius_m: None, duration_s: None };
        let events = vec![
            ask(2_000, 0, draft),
            ask(3_000, 0, AskVerb::Submit),
            ask(4_000, 1, AskVerb::Approve),
            ask(30_000, 1, update),
            ask(31_000, 0, AskVerb::Approve),
            ask(60_000, 1, AskVerb::Cancel),
        ];
        Self { seed, world, events, calm_ms: 90_000, deaths, octets_kept: None }
    }

    /// The same run with these of its events alone.
    #[must_use]
    pub fn only(&self, kept: &[usize]) -> Self {
        let events = kept.iter().filter_map(|at| self.events.get(*at).copied()).collect();
        Self { events, ..self.clone() }
    }

    fn push(&mut self, at_ms: u64, what: What) {
        self.events.push(Event { at_ms, what });
    }

    fn draw_alerts(&mut self, chance: &mut Chance) {
        let alerts = chance.between(1, 4);
        for alert in 0..alerts {
            let mut at_ms = chance.between(1_000, self.calm_ms * 2 / 3);
            let author = chance.below(3);
            let other = (author + chance.between(1, 2)) % 3;
            let verb = AskVerb::Draft {
                channel: chance.one_of(&[0, 0, 0, 0, 1, 2]),
                place: chance.draw(),
                radius_m: radius(chance),
                duration_s: chance.one_of(&[120, 600, 1_200, 3_600, 14_400]),
                languages: chance.between(1, 2),
            };
            let ask = |plan: &mut Self, at_ms: u64, officer: u64, verb, chance: &mut Chance| {
                let twice = chance.once_in(4);
                plan.push(at_ms, What::Ask(Ask { officer, alert, verb, twice }));
            };
            ask(self, at_ms, author, verb, chance);
            at_ms += chance.between(100, 20_000);
            ask(self, at_ms, author, AskVerb::Submit, chance);
            at_ms += chance.between(100, 20_000);
            if chance.once_in(4) {
                ask(self, at_ms, author, AskVerb::Approve, chance);
            }
            if !chance.once_in(10) {
                // Now and then two officers race.
                if chance.once_in(5) {
                    ask(self, at_ms, (other + 1) % 3, AskVerb::Approve, chance);
                }
                ask(self, at_ms, other, AskVerb::Approve, chance);
            }
            for _ in 0..chance.one_of(&[0, 0, 1, 2, 3, 17]) {
                at_ms += chance.between(100, 90_000);
                let verb = AskVerb::Update {
                    text: !chance.once_in(3),
                    radius_m: chance.once_in(2).then(|| radius(chance)),
                    duration_s: chance.once_in(3).then(|| chance.one_of(&[300, 1_800, 7_200])),
                };
                ask(self, at_ms, author, verb, chance);
                at_ms += chance.between(0, 10_000);
                if !chance.once_in(6) {
                    ask(self, at_ms, other, AskVerb::Approve, chance);
                }
                if chance.once_in(8) {
                    ask(self, at_ms, author, AskVerb::Cancel, chance);
                }
            }
            if !chance.once_in(3) {
                at_ms += chance.one_of(&[0, 1, 500, 10_000, 200_000]);
                ask(self, at_ms, chance.below(3), AskVerb::Cancel, chance);
            }
        }
        for _ in 0..chance.below(4) {
            self.push(chance.below(self.calm_ms), What::Look);
        }
    }

    fn draw_faults(&mut self, chance: &mut Chance, most: u64) {
        // Most faults strike while something is under way.
        let asks: Vec<u64> = self.events.iter().map(|event| event.at_ms).collect();
        for _ in 0..chance.between(1, most) {
            let near = chance.one_of(&asks) + chance.one_of(&[0, 1, 20, 100, 1_000, 15_000]);
            let at_ms =
                if chance.once_in(3) { chance.below(self.calm_ms) } else { near.min(self.calm_ms - 1) };
            let (element, cell) = (chance.draw(), chance.draw());
            let for_ms = chance.one_of(&[500, 5_000, 15_000, 45_000, 200_000]);
            let what = match chance.below(25) {
                0..=3 => What::Silence { element, for_ms, deaf: chance.once_in(2) },
                4..=5 => What::RestartElement { element },
                6..=7 => What::RestartCells { cell, count: chance.between(1, 6) },
                8 => What::FailCells { cell, count: chance.between(1, 6), for_ms },
                9..=11 => What::Cut { element, arriving: chance.below(3) },
                12..=13 => What::Hole { element, for_ms },
                14..=16 => What::Stall { element, for_ms },
                17 => What::ClockStep {
                    by_ms: chance.one_of(&[-3_600_000, -61_000, -1_500, 900, 5_000, 700_000, 98_000_000]),
                },
                18..=22 => What::Die { effects: chance.below(60), for_ms: chance.between(1_000, 20_000) },
                23 => What::SyncFails { for_ms },
                _ => What::DiskFull { for_ms },
            };
            self.push(at_ms, what);
        }
    }
}

/// In every third world cells carry one to four pages a minute.
fn airtime(chance: &mut Chance) -> Airtime {
    let page_ms = chance.one_of(&[0, 0, 0, 0, 14_000, 29_000, 55_000]);
    let slowest_ms = chance.one_of(&[60_000, 120_000, Airtime::SLOWEST_MS]);
    Airtime { page_ms: NonZeroU32::new(page_ms), slowest_ms }
}

fn radius(chance: &mut Chance) -> u32 {
    chance.one_of(&[600, 3_000, 10_000, 40_000, 200_000])
}
