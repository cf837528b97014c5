//! What the air of a cell carries, and who gives way where more is wanted than fits.
//!
//! A cell broadcasts one page at a time. A message of `pages` every `period` takes that much of the cell's time for as
//! long as it is on, so what a cell carries is a sum that must not exceed one whole. Where it would, the lesser message
//! is repeated less often, and where that is not enough it waits. Cells with the same messages are looked at together.

use std::num::NonZeroU32;
use std::ops::Range;

use area::CellRuns;
use serde::{Deserialize, Serialize};

use crate::order::{BroadcastId, Priority};

/// How often the air of one cell is asked for, as one number: billionths of its time, where the time of a page is known.
pub type Load = u64;

/// All of a cell's time.
pub const WHOLE: Load = 1_000_000_000;

/// What the air of each cell of a controller carries.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Airtime {
    /// How long one page takes, in milliseconds; `None`: not known, so that a cell is full only where its controller
    /// says so.
    pub page_ms: Option<NonZeroU32>,
    /// The longest period to which a message is slowed before it has to wait, in milliseconds, a whole number of seconds.
    pub slowest_ms: u32,
}

/// How many pages, how often.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
pub struct Cadence {
    /// Pages of the message.
    pub pages: u32,
    /// From one broadcast to the next, in milliseconds.
    pub period_ms: u32,
}

/// What a message gets of the air.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// What it asks for.
    Full,
    /// A longer period, in milliseconds.
    Slowed(u32),
    /// Nothing, until there is room.
    Nothing,
}

/// Who gives way in the cells of one controller.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
pub struct Ration {
    /// The messages that do not get what they ask for. All others do.
    pub lesser: Vec<Lesser>,
    /// Where the controller has said that there is less room than the budget says.
    pub tight: Vec<Tight>,
}

/// A message that gives way.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Lesser {
    /// The message.
    pub broadcast: BroadcastId,
    /// What it gets.
    pub share: Share,
    /// Where.
    pub cells: CellRuns,
}

/// Cells whose controller refused more than this for want of room.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Tight {
    /// The cells.
    pub cells: CellRuns,
    /// What was on the air there then.
    pub room: Load,
    /// Until when that is believed, in wall-clock milliseconds. Who asked for the rest of the air may be gone then.
    pub until_ms: i64,
}

/// A message that is wanted on the air.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    pub(crate) priority: Priority,
    pub(crate) cadence: Cadence,
}

impl Airtime {
    /// GSM's basic channel carries a page in each 8 multiframes of 51 frames: 1.883 s (TS 44.012, TS 48.049 §8.2.8).
    pub const GSM_PAGE_MS: u32 = 1883;
    /// The longest period of a message that gives way, unless configured otherwise, in milliseconds.
    pub const SLOWEST_MS: u32 = 300_000;

    /// What a cell carries.
    pub const fn whole(self) -> Load {
        if self.page_ms.is_some() { WHOLE } else { Load::MAX }
    }

    /// What a message takes. A network rounds a period to the nearest page's time; rounding down never counts too little.
    pub fn load(self, cadence: Cadence) -> Load {
        u64::from(cadence.pages) * WHOLE / self.slots(cadence.period_ms)
    }

    /// What the heavier of two cadences takes.
    pub fn heavier(self, one: Cadence, other: Cadence) -> Load {
        self.load(one).max(self.load(other))
    }

    /// What a message takes with this share.
    pub fn load_of(self, cadence: Cadence, share: Share) -> Load {
        match share {
            Share::Full => self.load(cadence),
            Share::Slowed(period_ms) => self.load(Cadence { period_ms, ..cadence }),
            Share::Nothing => 0,
        }
    }

    /// Shares so much room out among wishes, the first of the highest rank. A lower rank takes nothing from a higher one.
    /// Within a rank as many as can be are on the air, if slowed; what is left then goes to the first ones.
    pub(crate) fn shares(self, room: Load, wishes: &[Wish]) -> Vec<Share> {
        let mut left = room;
        let mut shares = vec![Share::Nothing; wishes.len()];
        let mut first = 0;
        for rank in wishes.chunk_by(|a, b| a.priority == b.priority) {
            let shares = &mut shares[first..first + rank.len()];
            first += rank.len();
            for (share, wish) in shares.iter_mut().zip(rank) {
                let least = self.load(self.slowest(wish.cadence));
                if least <= left {
                    left -= least;
                    *share = Share::Slowed(self.slowest(wish.cadence).period_ms);
                }
            }
            for (share, wish) in shares.iter_mut().zip(rank).filter(|(share, _)| **share != Share::Nothing) {
                left += self.load_of(wish.cadence, *share);
                *share = self.quickest(wish.cadence, left);
                left -= self.load_of(wish.cadence, *share);
            }
        }
        shares
    }

    fn slots(self, period_ms: u32) -> u64 {
        u64::from(period_ms / self.page_ms.map_or(1, NonZeroU32::get)).max(1)
    }

    fn slowest(self, cadence: Cadence) -> Cadence {
        Cadence { period_ms: cadence.period_ms.max(self.slowest_ms), ..cadence }
    }

    /// The share of a message whose slowest cadence fits into this room.
    fn quickest(self, cadence: Cadence, room: Load) -> Share {
        if self.load(cadence) <= room {
            return Share::Full;
        }
        let slots = (u64::from(cadence.pages) * WHOLE).div_ceil(room.max(1));
        let period_ms = slots.saturating_mul(self.page_ms.map_or(1, NonZeroU32::get).into());
        let whole_s = period_ms.div_ceil(1000).saturating_mul(1000);
        let slowest_ms = self.slowest(cadence).period_ms;
        Share::Slowed(u32::try_from(whole_s).unwrap_or(u32::MAX).min(slowest_ms))
    }
}

impl Default for Airtime {
    fn default() -> Self {
        Self { page_ms: None, slowest_ms: Self::SLOWEST_MS }
    }
}

impl Ration {
    /// The most stretches of cells whose room is remembered at one controller; the oldest are forgotten first.
    const TIGHT_MAX: usize = 256;

    /// Whether everyone gets what they ask for, as far as is known.
    pub fn is_empty(&self) -> bool {
        self.lesser.is_empty() && self.tight.is_empty()
    }

    /// The cells in which a message has this share.
    pub(crate) fn cells(&self, broadcast: BroadcastId, share: Share) -> CellRuns {
        let lesser = self.lesser.iter().find(|known| known.broadcast == broadcast && known.share == share);
        lesser.map(|lesser| lesser.cells.clone()).unwrap_or_default()
    }

    /// What a message gets less than it asks for, and where.
    pub(crate) fn of(&self, broadcast: BroadcastId) -> impl Iterator<Item = &Lesser> {
        self.lesser.iter().filter(move |lesser| lesser.broadcast == broadcast)
    }

    /// What a message gets in one cell.
    pub(crate) fn share(&self, broadcast: BroadcastId, cell: u32) -> Share {
        let lesser = self.of(broadcast).find(|lesser| lesser.cells.contains(area::CellIndex(cell)));
        lesser.map_or(Share::Full, |lesser| lesser.share)
    }

    /// How much room there is in one cell.
    pub(crate) fn room(&self, airtime: Airtime, cell: u32) -> Load {
        let tight = self.tight.iter().filter(|tight| tight.cells.contains(area::CellIndex(cell)));
        tight.map(|tight| tight.room).fold(airtime.whole(), Load::min)
    }

    /// A message gets this share in these cells.
    pub(crate) fn give(&mut self, broadcast: BroadcastId, share: Share, cells: Range<u32>) {
        let is_known = |lesser: &&mut Lesser| lesser.broadcast == broadcast && lesser.share == share;
        match self.lesser.iter_mut().find(is_known) {
            Some(lesser) => lesser.cells.push(cells),
            None => self.lesser.push(Lesser { broadcast, share, cells: CellRuns::from_range(cells) }),
        }
    }

    /// There is no more than this room in these cells.
    pub(crate) fn tighten(&mut self, tight: Tight) {
        for known in &mut self.tight {
            known.cells = known.cells.subtract(&tight.cells);
        }
        self.tight.push(tight);
        self.tight.retain(|known| !known.cells.is_empty());
        let beyond = self.tight.len().saturating_sub(Self::TIGHT_MAX);
        self.tight.drain(..beyond);
    }
}

/// Calls `each` for every stretch of cells over which the same of these sets hold, and at least one, with their places
/// in the list, ascending.
pub(crate) fn sweep(sets: &[CellRuns], mut each: impl FnMut(Range<u32>, &[usize])) {
    let mut turns: Vec<(u32, usize)> = Vec::new();
    for (place, set) in sets.iter().enumerate() {
        turns.extend(set.iter().flat_map(|run| [run.start, run.end]).map(|cell| (cell, place)));
    }
    turns.sort_unstable();
    let mut holding: Vec<usize> = Vec::new();
    let mut from = 0;
    for same in turns.chunk_by(|a, b| a.0 == b.0) {
        let here = same[0].0;
        if !holding.is_empty() {
            each(from..here, &holding);
        }
        from = here;
        for (_, place) in same {
            match holding.binary_search(place) {
                Ok(at) => drop(holding.remove(at)),
                Err(at) => holding.insert(at, *place),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use area::CellIndex;
    use cbs::Level;
    use proptest::prelude::*;

    use super::*;

    const GSM: Airtime =
        Airtime { page_ms: NonZeroU32::new(Airtime::GSM_PAGE_MS), slowest_ms: Airtime::SLOWEST_MS };

    fn live(pages: u32, period_ms: u32) -> Wish {
        Wish { priority: Priority::Live(Level::Amber), cadence: Cadence { pages, period_ms } }
    }

    #[test]
    fn ten_pages_every_ten_slots_are_all_that_gsm_carries() {
        let ten = [live(1, 19_000); 10];
        assert_eq!(GSM.shares(WHOLE, &ten), [Share::Full; 10]);
        let eleven = GSM.shares(WHOLE, &[live(1, 19_000); 11]);
        // The youngest two make room for all: 11 slots and 110, of 1.883 s, in whole seconds.
        assert_eq!(eleven[..9], [Share::Full; 9]);
        assert_eq!(eleven[9..], [Share::Slowed(21_000), Share::Slowed(208_000)]);
    }

    #[test]
    fn a_graver_message_takes_from_the_lesser_alone() {
        let grave = Wish { priority: Priority::Live(Level::One), ..live(15, 60_000) };
        let test = Wish { priority: Priority::Test, ..live(1, 60_000) };
        let shares = GSM.shares(WHOLE, &[grave, grave, test, test]);
        // Two of 15 pages every 31 slots leave a thirty-first for both tests.
        assert_eq!(shares, [Share::Full, Share::Full, Share::Slowed(74_000), Share::Slowed(287_000)]);
        let full =
            GSM.shares(WHOLE, &[Wish { cadence: Cadence { pages: 15, period_ms: 28_245 }, ..grave }, test]);
        assert_eq!(full, [Share::Full, Share::Nothing]);
    }

    #[test]
    fn air_that_nobody_has_measured_carries_everything() {
        let unknown = Airtime::default();
        assert_eq!(unknown.shares(unknown.whole(), &[live(15, 1_000); 40]), [Share::Full; 40]);
    }

    fn wishes() -> impl Strategy<Value = Vec<Wish>> {
        let ranks = vec![
            Priority::Live(Level::One),
            Priority::Live(Level::Amber),
            Priority::Exercise,
            Priority::Test,
        ];
        let wish =
            (prop::sample::select(ranks), 1..16u32, 1..400u32).prop_map(|(priority, pages, period_s)| Wish {
                priority,
                cadence: Cadence { pages, period_ms: period_s * 1000 },
            });
        prop::collection::vec(wish, 0..12).prop_map(|mut wishes| {
            wishes.sort_by_key(|wish| wish.priority);
            wishes
        })
    }

    /// What CBSP makes of a period: the nearest number of slots.
    fn real_load(airtime: Airtime, wish: &Wish, share: Share) -> f64 {
        let period_ms = match share {
            Share::Full => wish.cadence.period_ms,
            Share::Slowed(period_ms) => period_ms,
            Share::Nothing => return 0.0,
        };
        let page_ms = f64::from(airtime.page_ms.unwrap().get());
        f64::from(wish.cadence.pages) / (f64::from(period_ms) / page_ms).round().max(1.0)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn no_cell_is_given_more_than_its_time(wishes in wishes(), page_ms in 50..4000u32, percent in 0..=100u64) {
            let airtime = Airtime { page_ms: NonZeroU32::new(page_ms), ..Airtime::default() };
            let room = WHOLE / 100 * percent;
            let shares = airtime.shares(room, &wishes);
            let real: f64 = wishes.iter().zip(&shares).map(|(wish, share)| real_load(airtime, wish, *share)).sum();
            prop_assert!(real <= percent as f64 / 100.0 + 1e-6, "{real} {shares:?}");
            for (wish, share) in wishes.iter().zip(&shares) {
                if let Share::Slowed(period_ms) = share {
                    let longest = wish.cadence.period_ms.max(airtime.slowest_ms);
                    prop_assert!((wish.cadence.period_ms..=longest).contains(period_ms));
                }
            }
        }

        #[test]
        fn the_lesser_change_nothing_for_the_graver(wishes in wishes(), page_ms in 50..4000u32, cut in 0..12usize) {
            let airtime = Airtime { page_ms: NonZeroU32::new(page_ms), ..Airtime::default() };
            let all = airtime.shares(WHOLE, &wishes);
            let cut = cut.min(wishes.len());
            let whole_ranks = cut == wishes.len() || cut == 0 || wishes[cut - 1].priority != wishes[cut].priority;
            if whole_ranks {
                prop_assert_eq!(&airtime.shares(WHOLE, &wishes[..cut]), &all[..cut]);
            }
        }

        #[test]
        fn who_waits_would_not_fit_even_at_its_slowest(wishes in wishes(), page_ms in 50..4000u32) {
            let airtime = Airtime { page_ms: NonZeroU32::new(page_ms), ..Airtime::default() };
            let shares = airtime.shares(WHOLE, &wishes);
            let taken: Load =
                wishes.iter().zip(&shares).map(|(wish, share)| airtime.load_of(wish.cadence, *share)).sum();
            for (wish, _) in wishes.iter().zip(&shares).filter(|(_, share)| **share == Share::Nothing) {
                let above: Load = wishes
                    .iter()
                    .zip(&shares)
                    .filter(|(other, _)| other.priority < wish.priority)
                    .map(|(other, share)| airtime.load_of(other.cadence, *share))
                    .sum();
                let peers = wishes.iter().zip(&shares).filter(|(other, share)| {
                    other.priority == wish.priority && **share != Share::Nothing
                });
                let least: Load = peers.map(|(other, _)| airtime.load(airtime.slowest(other.cadence))).sum();
                prop_assert!(above + least + airtime.load(airtime.slowest(wish.cadence)) > WHOLE, "{taken}");
            }
        }

        #[test]
        fn a_sweep_sees_each_cell_once_with_the_sets_that_hold_it(
            sets in prop::collection::vec(prop::collection::btree_set(0..40u32, 0..20), 0..5)
        ) {
            let runs = |set: &BTreeSet<u32>| CellRuns::from_sorted(set.iter().map(|cell| CellIndex(*cell)));
            let mut seen = BTreeMap::new();
            sweep(&sets.iter().map(runs).collect::<Vec<_>>(), |stretch, holding| {
                for cell in stretch {
                    assert!(seen.insert(cell, holding.to_vec()).is_none(), "{cell} twice");
                }
            });
            for cell in 0..40 {
                let holding: Vec<usize> = (0..sets.len()).filter(|at| sets[*at].contains(&cell)).collect();
                prop_assert_eq!(seen.remove(&cell).unwrap_or_default(), holding);
            }
        }
    }
}
