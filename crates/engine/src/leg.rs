//! One broadcast in the cells of one controller: their states, what has been asked and not answered, and what is due.

use std::ops::Range;

use area::{CellRuns, ControllerId};
use serde::{Deserialize, Serialize};

use crate::apply::later;
use crate::cells::{CellStatus, Ear, Edition, Phase};
use crate::counts::Counts;
use crate::ledger::Ledger;
pub use crate::ledger::Totals;
use crate::order::{OrderId, Verb};
use crate::patience::Patience;
use crate::report::{Cause, CellReport, Outcome};
use crate::traits::Traits;

/// What an order should do for some cells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Need {
    /// Write the current edition, in place of this one if any.
    Write(Option<Edition>),
    /// Ask whether the current edition is on.
    Query,
    /// Ask whether it is on still, when there is nothing else to do.
    Audit,
    /// Kill this edition.
    Kill(Edition),
}

impl Need {
    /// The verb of the order that answers it.
    pub const fn verb(self) -> Verb {
        match self {
            Self::Write(_) => Verb::Write,
            Self::Query | Self::Audit => Verb::Query,
            Self::Kill(_) => Verb::Kill,
        }
    }
}

/// The cells of one controller that a broadcast has ever been wanted in.
#[derive(Clone, Debug)]
pub struct Leg {
    controller: ControllerId,
    ledger: Ledger,
    holds: Vec<Hold>,
    attempt: u32,
    repeat: bool,
    verify: bool,
    audit: Audit,
    confirmed_ms: Option<(i64, i64)>,
    /// When the count of what is on began, at the earliest of its cells; in wall-clock milliseconds.
    since_ms: Option<i64>,
    counts: Counts,
}

/// When it is asked whether what is on is on still.
#[derive(Clone, Copy, Debug, Default)]
enum Audit {
    /// Once something has been asked for.
    #[default]
    Idle,
    /// At this monotonic time, in milliseconds.
    At(u64),
    /// Now.
    Due,
}

/// What a leg knows durably.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct LegState {
    controller: ControllerId,
    /// Cells in one state: the first, the one after the last, the editions that may be on, the phase and its cause.
    spans: Vec<(u32, u32, u16, Phase, Cause)>,
    repeat: bool,
    verify: bool,
    confirmed_ms: Option<(i64, i64)>,
    #[serde(default)]
    since_ms: Option<i64>,
    #[serde(default)]
    counts: Counts,
}

impl LegState {
    /// Where its cells are.
    pub(crate) const fn controller(&self) -> ControllerId {
        self.controller
    }
}

/// What has been asked for these cells, and until when the same is not asked again.
#[derive(Clone, Debug)]
struct Hold {
    order: OrderId,
    verb: Verb,
    edition: Edition,
    cells: CellRuns,
    /// `None` while the order is open; then the monotonic time at which the same may be asked again.
    until_ms: Option<u64>,
    /// The wish has changed since, so that what of it had not left was withdrawn.
    superseded: bool,
}

impl Leg {
    /// A leg that holds no cell yet.
    pub fn new(controller: ControllerId) -> Self {
        Self {
            controller,
            ledger: Ledger::default(),
            holds: Vec::new(),
            attempt: 0,
            repeat: false,
            verify: false,
            audit: Audit::Idle,
            confirmed_ms: None,
            since_ms: None,
            counts: Counts::default(),
        }
    }

    /// A leg of cells with their states, ascending.
    pub(crate) fn of(controller: ControllerId, statuses: &[(u32, CellStatus)], current: Edition) -> Self {
        let mut leg = Self::new(controller);
        leg.ledger = Ledger::of(statuses.iter().map(|(index, status)| (*index..*index + 1, *status)));
        // Whoever was asked, and what came of it, belongs to the network before.
        leg.doubt(current, true);
        leg
    }

    /// What it knows durably.
    pub(crate) fn state(&self) -> LegState {
        let spans = self
            .spans()
            .map(|(run, status)| (run.start, run.end, status.maybe(), status.phase(), status.cause()));
        LegState {
            controller: self.controller,
            spans: spans.collect(),
            repeat: self.repeat,
            verify: self.verify,
            confirmed_ms: self.confirmed_ms,
            since_ms: self.since_ms,
            counts: self.counts.clone(),
        }
    }

    /// The leg that knows this.
    pub(crate) fn restored(state: LegState) -> Self {
        let LegState { controller, spans, repeat, verify, confirmed_ms, since_ms, counts } = state;
        let spans = spans.into_iter();
        let ledger = Ledger::of(spans.map(|(start, end, maybe, phase, cause)| {
            (start..end.max(start), CellStatus::of(maybe, phase, cause))
        }));
        Self { ledger, repeat, verify, confirmed_ms, since_ms, counts, ..Self::new(controller) }
    }

    /// Its controller.
    pub const fn controller(&self) -> ControllerId {
        self.controller
    }

    /// In how many cells the broadcast was ever wanted here.
    pub fn len(&self) -> u32 {
        self.ledger.len()
    }

    /// Whether it was never wanted here.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many cells are in each phase.
    pub fn totals(&self) -> &Totals {
        self.ledger.totals()
    }

    /// When the network first and last confirmed another cell of the present edition, in wall-clock milliseconds.
    pub fn confirmed_ms(&self) -> Option<(i64, i64)> {
        self.confirmed_ms
    }

    /// Each cell's index with its status, ascending.
    pub fn statuses(&self) -> impl Iterator<Item = (u32, CellStatus)> + '_ {
        self.spans().flat_map(|(run, status)| run.map(move |cell| (cell, status)))
    }

    /// The same, neighbours of one status together.
    pub fn spans(&self) -> impl Iterator<Item = (Range<u32>, CellStatus)> + '_ {
        self.ledger.spans()
    }

    /// The cells whose message has been handed to a link and not been answered.
    pub fn sent(&self) -> CellRuns {
        self.ledger.cells_where(|status| status.phase() == Phase::Sent)
    }

    /// The cells in which this edition is not on, by all that is known.
    pub(crate) fn without(&self, edition: Edition) -> CellRuns {
        self.ledger.cells_where(|status| !status.may_hold(edition))
    }

    /// What has been asked for and not been answered in some of these cells, by edition.
    pub(crate) fn under_way(&self, current: Edition, cells: &CellRuns) -> Vec<(Edition, CellRuns)> {
        let is_old = |hold: &&Hold| hold.verb == Verb::Write && hold.edition != current;
        let old = self.holds.iter().filter(is_old).filter(|hold| hold.until_ms.is_none());
        let of_old = old.map(|hold| (hold.edition, hold.cells.intersect(cells)));
        let all = [(current, self.sent().intersect(cells))].into_iter().chain(of_old);
        all.filter(|(_, cells)| !cells.is_empty()).collect()
    }

    /// How often it was broadcast in which cells, by the last word of the network about each.
    pub fn counts(&self) -> &[(Range<u32>, u16)] {
        &self.counts.0
    }

    /// The network said how often it was broadcast in these cells.
    pub(crate) fn count(&mut self, counts: &[(Range<u32>, u16)]) {
        self.counts.note(counts);
    }

    /// From now on the broadcast is wanted in `wanted` and in no other cell of this leg. `changed`: in a new edition;
    /// `renew`: in the same one with another count or period.
    pub fn want(&mut self, wanted: &CellRuns, changed: bool, renew: bool) {
        self.ledger.add(wanted, CellStatus::OFF);
        self.ledger.change(&self.ledger.cells().subtract(wanted), CellStatus::unwant);
        self.ledger.change(wanted, |status| status.want(changed, renew));
        self.repeat &= !changed;
        self.verify &= !changed;
        self.confirmed_ms = self.confirmed_ms.filter(|_| !changed);
        self.since_ms = self.since_ms.filter(|_| !changed && !renew);
        self.wish_anew();
    }

    /// When the count of what is on began, at the earliest of its cells; in wall-clock milliseconds.
    pub fn since_ms(&self) -> Option<i64> {
        self.since_ms
    }

    /// From now on what is on has to be started anew, so that its count begins again.
    pub fn renew(&mut self, current: Edition) {
        self.ledger.change_all(|status| status.pace(current));
        self.since_ms = None;
        self.wish_anew();
    }

    /// The wall clock was set; no count in the network knows of it.
    pub fn clock_stepped(&mut self, ms: i64) {
        self.since_ms = self.since_ms.map(|since_ms| later(since_ms, ms));
    }

    /// From now on there is no room on the air for it in the `deferred` cells and, as far as it waited there, in all
    /// others. In the `paced` ones it is on with another period than it is to have.
    pub fn share_air(&mut self, current: Edition, deferred: &CellRuns, paced: &CellRuns) {
        self.ledger.change(&self.ledger.cells().subtract(deferred), |status| status.resume(current));
        self.ledger.change(deferred, CellStatus::defer);
        self.ledger.change(paced, |status| status.pace(current));
        self.wish_anew();
    }

    /// From now on the broadcast is wanted in none of these cells.
    pub fn unwant(&mut self) {
        self.want(&CellRuns::new(), false, false);
    }

    /// The way to the controller is gone; see [`CellStatus::doubt`].
    pub fn doubt(&mut self, current: Edition, sent: bool) {
        self.ledger.change_all(|status| status.doubt(current, sent));
        self.verify = true;
        self.repeat = true;
        if sent {
            self.holds.clear();
        }
    }

    /// We were gone, and several peers serve the cells; see [`CellStatus::suspect`].
    pub fn suspect(&mut self, current: Edition) {
        self.ledger.change_all(|status| status.suspect(current));
    }

    /// Something that stands beside nothing was put on the air in these cells: whether this is on there still has to be
    /// asked.
    pub fn doubt_in(&mut self, cells: &CellRuns, current: Edition) {
        self.ledger.change(cells, |status| status.doubt(current, false));
        for wait in self.holds.iter_mut().filter(|hold| hold.verb != Verb::Kill && hold.until_ms.is_some()) {
            wait.cells = wait.cells.subtract(cells);
        }
        self.verify = true;
        self.repeat = true;
    }

    /// Another message of ETWS took the place of this one in these cells.
    pub fn push_aside(&mut self, cells: &CellRuns) {
        self.ledger.change(cells, CellStatus::push_aside);
    }

    /// Whatever pushed it aside in these cells is gone.
    pub fn come_back(&mut self, cells: &CellRuns) {
        let aside = self.ledger.cells_where(|status| status.cause() == Cause::PushedAside).intersect(cells);
        self.ledger.change(&aside, CellStatus::come_back);
        for wait in self.holds.iter_mut().filter(|hold| hold.verb != Verb::Kill && hold.until_ms.is_some()) {
            wait.cells = wait.cells.subtract(&aside);
        }
    }

    /// The cells in which it has, or is to get, the air that only one message of ETWS can have.
    pub fn holds_the_air(&self) -> CellRuns {
        self.ledger.cells_where(|status| status.phase().is_wanted() && status.cause() != Cause::PushedAside)
    }

    /// The controller can be asked again: no wait stands in the way.
    pub fn wake(&mut self) {
        self.attempt = 0;
        self.holds.retain(|hold| hold.until_ms.is_none());
    }

    /// Whether the present edition may be on the air in none of its cells, and is refused because its name is another's.
    pub fn is_outnamed(&self, current: Edition) -> bool {
        let clash =
            |status: CellStatus| status.phase() == Phase::Refused && status.cause() == Cause::ReferenceUsed;
        self.spans().any(|(_, status)| clash(status))
            && !self.spans().any(|(_, status)| status.may_hold(current))
    }

    /// The present edition has another name here: nothing has been asked for under it, and no refusal counts.
    pub fn begin_anew(&mut self) {
        self.ledger.change_all(CellStatus::retry);
        self.holds.iter_mut().for_each(|hold| hold.superseded = true);
        self.repeat = false;
        self.verify = false;
        self.wake();
    }

    /// These cells restarted and lost everything. What they have lost need not wait until a query says so too; where a
    /// write is the query, the next one waits for its answer.
    pub fn restart(&mut self, cells: &CellRuns, traits: Traits) {
        self.ledger.change(cells, CellStatus::restart);
        // What has been asked for before may be on, whatever is refused now.
        self.repeat = true;
        let is_over = |hold: &Hold| hold.until_ms.is_some() || (hold.verb == Verb::Query && traits.in_place);
        for hold in self.holds.iter_mut().filter(|hold| is_over(hold)) {
            hold.cells = hold.cells.subtract(cells);
        }
    }

    /// These cells failed and wait for their restart.
    pub fn fail(&mut self, cells: &CellRuns) {
        self.ledger.change(cells, CellStatus::fail);
    }

    /// A word of the network about `edition`, that came at `wall_ms`.
    pub fn hear(
        &mut self,
        wall_ms: i64,
        current: Edition,
        traits: Traits,
        edition: Edition,
        report: &CellReport,
    ) {
        let ear =
            Ear { current, in_place: traits.in_place, indications: traits.indications, repeat: self.repeat };
        let confirmed = self.totals()[Phase::Confirmed as usize];
        self.ledger.change(&report.cells, |status| status.hear(ear, report.verb, edition, report.outcome));
        if self.totals()[Phase::Confirmed as usize] > confirmed {
            self.confirmed_ms = Some((self.confirmed_ms.map_or(wall_ms, |(first, _)| first), wall_ms));
        }
        let may_be_on =
            matches!(report.outcome, Outcome::Accepted | Outcome::Confirmed | Outcome::Unanswered);
        if report.verb != Verb::Kill && edition == current && may_be_on {
            self.since_ms.get_or_insert(wall_ms);
        }
        if report.outcome == Outcome::Unanswered {
            self.repeat = true;
            self.verify &= report.verb != Verb::Query;
        }
    }

    /// The order has all its outcomes. What it left open may be asked again only after a while.
    pub fn settled(&mut self, now_ms: u64, order: OrderId, patience: Patience) {
        // One that stops everything is about every edition here.
        let is_open = |hold: &mut Hold| hold.order == order && hold.until_ms.is_none();
        let open: Vec<Hold> = self.holds.extract_if(.., is_open).collect();
        open.into_iter().for_each(|hold| self.settle(now_ms, hold, patience));
        if matches!(self.audit, Audit::Idle) {
            self.audit = patience.audit_at_ms(now_ms).map_or(Audit::Idle, Audit::At);
        }
    }

    fn settle(&mut self, now_ms: u64, hold: Hold, patience: Patience) {
        let (mut failed, mut awaited) = (CellRuns::new(), CellRuns::new());
        for (run, status) in self.ledger.within(&hold.cells) {
            let again = match status.phase() {
                Phase::OffAccepted if status.may_hold(hold.edition) => &mut awaited,
                phase
                    if (!phase.is_wanted() || phase == Phase::Deferred) && status.may_hold(hold.edition) =>
                {
                    &mut failed
                }
                Phase::Sent | Phase::Unknown | Phase::Refused | Phase::Renew => &mut failed,
                // Dispatch turned it away, for want of room: not again at once.
                Phase::Pending
                    if !hold.superseded && status.cause() == Cause::None && hold.verb == Verb::Write =>
                {
                    &mut failed
                }
                Phase::Accepted => &mut awaited,
                // The stop of an old edition beside a confirmed new one, or before it, waits for its indication too.
                Phase::Confirmed | Phase::Pending
                    if hold.verb == Verb::Kill && status.may_hold(hold.edition) =>
                {
                    &mut awaited
                }
                _ => continue,
            };
            again.push(run);
        }
        if !failed.is_empty() {
            let until_ms = now_ms + patience.retry_ms(self.attempt);
            self.attempt = self.attempt.saturating_add(1);
            self.holds.push(Hold { cells: failed, until_ms: Some(until_ms), ..hold });
        }
        if !awaited.is_empty() {
            let until_ms = now_ms + patience.indication_ms;
            self.holds.push(Hold { cells: awaited, until_ms: Some(until_ms), ..hold });
        }
    }

    /// When the next wait is over, or the next audit begins, in monotonic milliseconds.
    pub fn next_wakeup(&self) -> Option<u64> {
        let audit = if let Audit::At(at_ms) = self.audit { Some(at_ms) } else { None };
        self.holds.iter().filter_map(|hold| hold.until_ms).chain(audit).min()
    }

    /// Whether something waits to be asked again.
    pub fn is_waiting(&self) -> bool {
        self.holds.iter().any(|hold| hold.until_ms.is_some())
    }

    /// Lets go of waits that are over, and begins an audit that is due; whether there was one.
    pub fn release(&mut self, now_ms: u64) -> bool {
        let before = self.holds.len();
        self.holds.retain(|hold| hold.until_ms.is_none_or(|until_ms| until_ms > now_ms));
        let is_due = matches!(self.audit, Audit::At(at_ms) if at_ms <= now_ms);
        if is_due {
            self.audit = Audit::Due;
        }
        is_due || self.holds.len() < before
    }

    /// What should be asked now: what is needed and neither asked already nor asked in vain a moment ago.
    pub fn needs(&self, current: Edition, traits: Traits) -> Vec<(Need, CellRuns)> {
        let is_audited =
            matches!(self.audit, Audit::Due) && self.holds.is_empty() && traits.tells_when_asked();
        let mut needs: Vec<(Need, CellRuns)> = Vec::new();
        let mut stops: Vec<(Edition, Range<u32>)> = Vec::new();
        let mut need =
            |wanted: Need, run: &Range<u32>| match needs.iter_mut().find(|(known, _)| *known == wanted) {
                Some((_, cells)) => cells.push(run.clone()),
                None => needs.push((wanted, CellRuns::from_range(run.clone()))),
            };
        for (run, status) in self.spans() {
            let run = &run;
            let replaced = if traits.in_place { status.stale(current) } else { None };
            let older = status.stale(current).filter(|_| !traits.in_place);
            if let Some(old) = older.filter(|_| traits.stops_first && status.phase() == Phase::Pending) {
                need(Need::Kill(old), run);
                stops.push((old, run.clone()));
            }
            match status.phase() {
                Phase::Unknown if self.verify => need(Need::Query, run),
                Phase::Pending | Phase::Sent | Phase::Unknown => need(Need::Write(replaced), run),
                Phase::Refused if status.cause().passes() => need(Need::Write(replaced), run),
                Phase::Accepted if traits.indications => need(Need::Query, run),
                Phase::Confirmed if is_audited => need(Need::Audit, run),
                Phase::Renew => need(Need::Kill(current), run),
                phase if !phase.is_wanted() || phase == Phase::Deferred => {
                    status.held(current).for_each(|edition| need(Need::Kill(edition), run));
                }
                _ => {}
            }
            let stands_beside = matches!(status.phase(), Phase::Accepted | Phase::Confirmed);
            if let Some(old) = older.filter(|_| stands_beside) {
                need(Need::Kill(old), run);
            }
        }
        for (need, cells) in &mut needs {
            if matches!(need, Need::Write(_)) {
                for (old, run) in &stops {
                    *cells = cells.subtract(&self.not_asked_to_stop(*old, run.clone()));
                }
            }
            for hold in &self.holds {
                if hold.blocks(*need, current) {
                    *cells = cells.subtract(&hold.cells);
                }
            }
        }
        needs.retain(|(_, cells)| !cells.is_empty());
        needs
    }

    /// The older texts that may be on in these cells, where there is no room for a write, and have not been asked to stop:
    /// two messages could each wait for what an older text of the other takes of the air.
    pub fn older_in(&self, current: Edition, cells: &CellRuns) -> Vec<(Edition, CellRuns)> {
        let mut older: Vec<(Edition, CellRuns)> = Vec::new();
        for (run, status) in self.ledger.within(cells) {
            let Some(old) = status.stale(current) else { continue };
            match older.iter_mut().find(|(known, _)| *known == old) {
                Some((_, cells)) => cells.push(run),
                None => older.push((old, CellRuns::from_range(run))),
            }
        }
        for (old, cells) in &mut older {
            for hold in self.holds.iter().filter(|hold| hold.blocks(Need::Kill(*old), current)) {
                *cells = cells.subtract(&hold.cells);
            }
        }
        older.retain(|(_, cells)| !cells.is_empty());
        older
    }

    /// The cells among these whose kill of `edition` has not been asked for, or not been answered or given up yet.
    fn not_asked_to_stop(&self, edition: Edition, cells: Range<u32>) -> CellRuns {
        let is_over =
            |hold: &&Hold| hold.verb == Verb::Kill && hold.edition == edition && hold.until_ms.is_some();
        let over = self.holds.iter().filter(is_over);
        over.fold(CellRuns::from_range(cells), |left, hold| left.subtract(&hold.cells))
    }

    /// The cells among these for which a word about a kill of `edition` can be believed: it was asked for them, and the
    /// edition has not been written there since. The late answer to a kill must not be taken for the end of a later write.
    pub fn believes(&self, edition: Edition, cells: &CellRuns) -> CellRuns {
        let kills = self.holds.iter().filter(|hold| hold.verb == Verb::Kill && hold.edition == edition);
        kills.fold(CellRuns::new(), |known, hold| known.union(&hold.cells.intersect(cells)))
    }

    /// The cells among these for which the present edition has not been asked for since it was known to be off. A good word
    /// about it is a late answer to what was asked before.
    pub(crate) fn unasked(&self, current: Edition, cells: &CellRuns) -> CellRuns {
        self.cells_in(cells, |status| status.phase() == Phase::Pending && !status.may_hold(current))
    }

    /// The cells among these that are known to hold this edition and nothing else: that it is on is no news of them.
    pub(crate) fn known_on(&self, edition: Edition, cells: &CellRuns) -> CellRuns {
        self.cells_in(cells, |status| status.phase() == Phase::Confirmed && status.holds_only(edition))
    }

    /// The cells among these that the network says are on the air.
    pub(crate) fn on(&self, cells: &CellRuns) -> CellRuns {
        self.cells_in(cells, |status| matches!(status.phase(), Phase::Accepted | Phase::Confirmed))
    }

    fn cells_in(&self, cells: &CellRuns, which: impl Fn(CellStatus) -> bool) -> CellRuns {
        self.ledger.within(cells).filter(|(_, status)| which(*status)).map(|(run, _)| run).collect()
    }

    /// Remembers that an order has been given.
    pub fn asked(&mut self, order: OrderId, need: Need, current: Edition, cells: CellRuns) {
        if need == Need::Audit {
            self.audit = Audit::Idle;
        }
        let edition = if let Need::Kill(edition) = need { edition } else { current };
        if need.verb() != Verb::Kill {
            for kill in
                self.holds.iter_mut().filter(|hold| hold.verb == Verb::Kill && hold.edition == edition)
            {
                kill.cells = kill.cells.subtract(&cells);
            }
        }
        self.holds.push(Hold { order, verb: need.verb(), edition, cells, until_ms: None, superseded: false });
    }

    /// An order was taken back before anybody saw it.
    pub fn never_asked(&mut self, order: OrderId) {
        self.holds.retain(|hold| hold.order != order);
    }

    fn wish_anew(&mut self) {
        self.attempt = 0;
        // What was asked for the old wish and has its answer holds nothing back any more.
        self.holds.retain(|hold| hold.until_ms.is_none());
        self.holds.iter_mut().for_each(|hold| hold.superseded = true);
    }
}

impl Hold {
    /// Whether it keeps this need from being asked in its cells.
    fn blocks(&self, need: Need, current: Edition) -> bool {
        match need {
            Need::Kill(edition) => self.verb == Verb::Kill && self.edition == edition,
            // A write of an edition waits for an open kill of the same edition, so that their answers can't be confused.
            // So does one that is to take the place of the edition that is being killed.
            Need::Write(_) | Need::Query | Need::Audit => {
                let kill_is_open = self.verb == Verb::Kill && self.until_ms.is_none();
                let asked = self.edition == current && (self.verb != Verb::Kill || kill_is_open);
                asked || (kill_is_open && need == Need::Write(Some(self.edition)))
            }
        }
    }
}
