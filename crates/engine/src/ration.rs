//! Sharing out the air of the cells: who gives way is decided and recorded here, and a write is held back here while
//! what must leave the air to make room for it may still be on.
//!
//! The first is part of what should be on the air, so it is a record like any approval. The second is a matter of what
//! is: it is looked at when an order is about to be given, and forgotten.

use std::ops::Range;

use area::{CellRuns, ControllerId};

use crate::airtime::{Load, Ration, Share, Tight, Wish, sweep};
use crate::alert::AlertId;
use crate::broadcast::Broadcast;
use crate::cells::{CellStatus, Edition};
use crate::engine::Engine;
use crate::leg::{Leg, Need};
use crate::now::{Now, Seq};
use crate::order::{BroadcastId, Priority};
use crate::record::{Entry, Record};
use crate::traits::Traits;

/// How long a controller's refusal for want of room is believed, in milliseconds.
const TIGHT_MS: i64 = 600_000;

/// Runs of cells with what is on the air there.
type Loads = Vec<(Range<u32>, Load)>;

impl Engine {
    /// Shares the air out anew wherever more is wanted than it carries, or was. Records what has changed and asks for it.
    pub(crate) fn ration(&mut self, now: Now, out: &mut Vec<Entry>) {
        let wanted = self.wanted_by_rank();
        let wishes: Vec<Wish> = wanted.iter().map(|(_, wish, _)| *wish).collect();
        let mut decided = Vec::new();
        for (controller, place) in self.network.places() {
            let Some(airtime) = place.traits.map(|traits| traits.airtime) else { continue };
            let old = self.rations.get(&controller);
            let fits = wishes.iter().map(|wish| airtime.load(wish.cadence)).sum::<Load>() <= airtime.whole();
            if fits && old.is_none() {
                continue;
            }
            let tight = old.map(|old| old.tight.as_slice()).unwrap_or_default();
            let tight = tight.iter().filter(|tight| tight.until_ms > now.wall_ms).cloned();
            let mut ration = Ration { lesser: Vec::new(), tight: tight.collect() };
            let sets = wanted.iter().map(|(_, _, cells)| cells.within(place.cells.0..place.cells.1));
            let sets: Vec<CellRuns> =
                sets.chain(ration.tight.iter().map(|tight| tight.cells.clone())).collect();
            sweep(&sets, |cells, holding| {
                let here: Vec<usize> = holding.iter().copied().filter(|at| *at < wishes.len()).collect();
                let wishes: Vec<Wish> = here.iter().map(|at| wishes[*at]).collect();
                let room = ration.room(airtime, cells.start);
                for (at, share) in here.into_iter().zip(airtime.shares(room, &wishes)) {
                    if share != Share::Full {
                        ration.give(wanted[at].0, share, cells.clone());
                    }
                }
            });
            if old.map_or(!ration.is_empty(), |old| *old != ration) {
                decided.push((controller, ration));
            }
        }
        self.decide(now, decided, out);
        let tight = self.rations.values().flat_map(|ration| &ration.tight);
        if let Some(until_ms) = tight.map(|tight| tight.until_ms).min() {
            self.wake_at(now.look_for(until_ms));
        }
        for controller in std::mem::take(&mut self.crowded) {
            self.drive_controller(now, controller);
        }
    }

    fn decide(&mut self, now: Now, decided: Vec<(ControllerId, Ration)>, out: &mut Vec<Entry>) {
        let mut changed: Vec<AlertId> = Vec::new();
        for (controller, ration) in &decided {
            let old = self.rations.get(controller).cloned().unwrap_or_default();
            let lesser = old.lesser.iter().chain(&ration.lesser);
            changed.extend(lesser.filter_map(|lesser| Some(self.broadcast(lesser.broadcast)?.alert)));
        }
        changed.sort_unstable();
        changed.dedup();
        for alert in &changed {
            self.record_sent(now, *alert, out);
        }
        for (controller, ration) in decided {
            self.record(now, Record::Rationed { controller, ration }, out);
        }
        for alert in changed {
            self.drive_alert(now, alert, true);
        }
    }

    pub(crate) fn apply_ration(&mut self, seq: Seq, controller: ControllerId, ration: &Ration) {
        let old = self.rations.remove(&controller).unwrap_or_default();
        let mut touched: Vec<BroadcastId> =
            old.lesser.iter().chain(&ration.lesser).map(|lesser| lesser.broadcast).collect();
        touched.sort_unstable();
        touched.dedup();
        for id in touched {
            let mut changed = CellRuns::new();
            for lesser in old.of(id) {
                changed = changed.union(&lesser.cells.subtract(&ration.cells(id, lesser.share)));
            }
            for lesser in ration.of(id) {
                changed = changed.union(&lesser.cells.subtract(&old.cells(id, lesser.share)));
            }
            if changed.is_empty() {
                continue;
            }
            let Some(broadcast) = self.broadcasts.get_mut(id.0 as usize) else { continue };
            let current = broadcast.current();
            broadcast.decided = seq;
            let (waited, waits) = (old.cells(id, Share::Nothing), ration.cells(id, Share::Nothing));
            let paced = changed.subtract(&waited).subtract(&waits);
            if let Some(leg) = broadcast.leg_mut(controller) {
                leg.share_air(current, &waits, &paced);
            }
        }
        if !ration.is_empty() {
            self.rations.insert(controller, ration.clone());
        }
    }

    /// A message is wanted anew: where it had to wait, it still has to.
    pub(crate) fn defer_again(&mut self, id: BroadcastId) {
        for (controller, ration) in &self.rations {
            let waits = ration.cells(id, Share::Nothing);
            let broadcast = self.broadcasts.get_mut(id.0 as usize).filter(|_| !waits.is_empty());
            if let Some(broadcast) = broadcast {
                let current = broadcast.current();
                if let Some(leg) = broadcast.leg_mut(*controller) {
                    leg.share_air(current, &waits, &CellRuns::new());
                }
            }
        }
    }

    /// A controller refused a message for want of room: where lesser ones of ours are on the air beside it, there is no
    /// more room than what is on, and they give way. A BSC or RNC speaks of the air of its cells; an MME does not.
    pub(crate) fn learn_room(
        &mut self,
        now: Now,
        controller: ControllerId,
        refused: BroadcastId,
        cells: &CellRuns,
        out: &mut Vec<Entry>,
    ) {
        let Some(traits) = self.traits(controller).filter(|traits| traits.in_place) else { return };
        let wanted = self.wanted_by_rank();
        let Some(rank) = wanted.iter().position(|(id, ..)| *id == refused) else { return };
        let lesser: Vec<BroadcastId> = wanted[rank + 1..].iter().map(|(id, ..)| *id).collect();
        let (mut sets, mut on) = (vec![cells.clone()], vec![(0, false)]);
        for (id, leg) in self.others(controller, refused) {
            for (run, load) in self.loads(id, leg, traits) {
                sets.push(CellRuns::from_range(run));
                on.push((load, lesser.contains(&id)));
            }
        }
        let mut ration = self.rations.get(&controller).cloned().unwrap_or_default();
        let mut learned = false;
        let until_ms = now.wall_ms.saturating_add(TIGHT_MS);
        sweep(&sets, |run, holding| {
            let yields = holding.iter().any(|at| on[*at].0 > 0 && on[*at].1);
            if holding.first() == Some(&0) && yields {
                let room = holding.iter().map(|at| on[*at].0).sum();
                ration.tighten(Tight { cells: CellRuns::from_range(run), room, until_ms });
                learned = true;
            }
        });
        if learned {
            self.record(now, Record::Rationed { controller, ration }, out);
            self.ration(now, out);
        }
    }

    /// What of a need can be asked for now, by the share of the air that it has. A write is held back where something
    /// else that must leave the air first may be on still.
    pub(crate) fn paced(
        &self,
        controller: ControllerId,
        traits: Traits,
        id: BroadcastId,
        need: Need,
        cells: CellRuns,
    ) -> Vec<(Share, CellRuns)> {
        if matches!(need, Need::Kill(_)) {
            return vec![(Share::Full, cells)];
        }
        // A status query puts nothing on the air; where there is none, a write of the live serial stands in for it.
        let mut rest = match need {
            Need::Query | Need::Audit if traits.in_place => cells,
            _ => self.roomy(controller, traits, id, cells),
        };
        let mut parts = Vec::new();
        for lesser in self.rations.get(&controller).into_iter().flat_map(|ration| ration.of(id)) {
            let part = rest.intersect(&lesser.cells);
            rest = rest.subtract(&part);
            parts.push((lesser.share, part));
        }
        parts.push((Share::Full, rest));
        parts.retain(|(_, cells)| !cells.is_empty());
        parts
    }

    /// The cells among these where a message has room beside all that is on, or may be.
    fn roomy(&self, controller: ControllerId, traits: Traits, id: BroadcastId, cells: CellRuns) -> CellRuns {
        let airtime = traits.airtime;
        let ration = self.rations.get(&controller);
        let open = self.open_alerts();
        let broadcasts = open.flat_map(|alert| &alert.broadcasts).filter_map(|id| self.broadcast(*id));
        let most = || broadcasts.map(|broadcast| broadcast.most(airtime)).sum::<Load>();
        if ration.is_none() && (airtime.page_ms.is_none() || most() <= airtime.whole()) {
            return cells;
        }
        let Some(broadcast) = self.broadcast(id) else { return cells };
        let (mut sets, mut on) = (vec![cells], vec![0]);
        for lesser in ration.into_iter().flat_map(|ration| ration.of(id)) {
            sets.push(lesser.cells.clone());
            on.push(0);
        }
        for tight in ration.into_iter().flat_map(|ration| &ration.tight) {
            sets.push(tight.cells.clone());
            on.push(0);
        }
        for (other, leg) in self.others(controller, id) {
            for (run, load) in self.loads(other, leg, traits) {
                sets.push(CellRuns::from_range(run));
                on.push(load);
            }
        }
        let mut roomy = CellRuns::new();
        sweep(&sets, |run, holding| {
            let share = ration.map_or(Share::Full, |ration| ration.share(id, run.start));
            let room = ration.map_or(airtime.whole(), |ration| ration.room(airtime, run.start));
            let beside: Load = holding.iter().map(|at| on[*at]).sum();
            let own = airtime.load_of(broadcast.cadence(), share);
            if holding.first() == Some(&0) && beside.saturating_add(own) <= room {
                roomy.push(run);
            }
        });
        roomy
    }

    /// What is wanted on the air, by rank: the graver first, in a rank the messages in the local languages before those
    /// in others, and of these the earlier approved.
    pub(crate) fn wanted_by_rank(&self) -> Vec<(BroadcastId, Wish, &CellRuns)> {
        let on = self.open_alerts().filter(|alert| alert.state.is_on());
        let mut wanted: Vec<_> = on
            .flat_map(|alert| alert.broadcasts.iter().map(move |id| (*id, alert)))
            .filter_map(|(id, alert)| {
                let broadcast = self.broadcast(id).filter(|broadcast| broadcast.wanted)?;
                let cells = &alert.current.and_then(|at| alert.versions.get(at))?.cells;
                let wish = Wish { priority: broadcast.priority, cadence: broadcast.cadence() };
                Some((rank(id, broadcast), (id, wish, cells)))
            })
            .collect();
        wanted.sort_by_key(|(rank, _)| *rank);
        wanted.into_iter().map(|(_, wanted)| wanted).collect()
    }

    /// The other messages of alerts that are not over, with their cells at a controller.
    fn others(
        &self,
        controller: ControllerId,
        but: BroadcastId,
    ) -> impl Iterator<Item = (BroadcastId, &Leg)> {
        let open = self.open_alerts();
        open.flat_map(|alert| alert.broadcasts.iter().copied()).filter(move |id| *id != but).filter_map(
            move |id| {
                let leg = self.broadcast(id)?.leg(controller)?;
                Some((id, leg))
            },
        )
    }

    /// What a message takes of the air in its cells: what it is to have, or what may be on, whichever is more.
    fn loads(&self, id: BroadcastId, leg: &Leg, traits: Traits) -> Loads {
        let mut loads = Loads::new();
        let Some(broadcast) = self.broadcast(id) else { return loads };
        let ration = self.rations.get(&leg.controller());
        let whole = [(Share::Full, CellRuns::new())];
        let shares: Vec<_> = ration
            .into_iter()
            .flat_map(|ration| ration.of(id))
            .map(|lesser| (lesser.share, lesser.cells.clone()))
            .chain(whole)
            .collect();
        for (run, status) in leg.spans() {
            let mut rest = CellRuns::from_range(run.clone());
            for (share, cells) in &shares {
                let part = if *share == Share::Full { rest.clone() } else { cells.within(run.clone()) };
                rest = rest.subtract(&part);
                let share = traits.airtime.load_of(broadcast.cadence(), *share);
                let load = on_air(broadcast, status, share, traits);
                loads.extend(part.iter().filter(|_| load > 0).map(|run| (run, load)));
            }
        }
        loads
    }
}

/// The rank of a message among all that are wanted on the air.
fn rank(id: BroadcastId, broadcast: &Broadcast) -> (Priority, bool, BroadcastId) {
    (broadcast.priority, broadcast.role != policy::Role::Main, id)
}

/// What a message takes of the air of a cell in this state, where it is to have `share` of it.
fn on_air(broadcast: &Broadcast, status: CellStatus, share: Load, traits: Traits) -> Load {
    let current = broadcast.current();
    let leaves = status.is_leaving();
    let load = |edition: Edition| {
        if edition == current && !leaves {
            return share;
        }
        broadcast.editions.get(usize::from(edition.0)).map_or(0, |text| text.old_load(traits.airtime))
    };
    let held = status.held(current).map(load);
    // What is replaced in place is never on beside what replaces it.
    let held = if traits.in_place { held.max().unwrap_or(0) } else { held.sum() };
    match status.phase() {
        // The network has refused to stop it: what else it takes is for the network to say.
        phase if !phase.is_wanted() && !leaves => 0,
        phase if phase.is_wanted() => held.max(share),
        _ => held,
    }
}
