//! The orders that are open and the requests that wait for an answer: what is reported of them, and when an order is
//! settled.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::{BuildHasherDefault, DefaultHasher};

use area::{CellRuns, ControllerId};
use cbs::{MessageId, SerialNumber};
use engine::order::{Action, BroadcastId, Order, OrderId, Verb};
use engine::report::{Cause, CellReport, Outcome, Report};

use crate::register::Reference;
use crate::{Document, PeerId};

/// The most unanswered requests that are remembered for a late answer; the oldest is forgotten first.
const LATE_MAX: usize = 4096;

/// A map that takes no memory for what comes and goes, with the same hashes in every run.
type Table<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

/// Every open order and every request without an answer.
#[derive(Debug, Default)]
pub(crate) struct Book {
    orders: Table<OrderId, Open>,
    open_by_controller: BTreeMap<ControllerId, usize>,
    asked: Table<u64, Asked>,
    late: VecDeque<u64>,
    next_token: u64,
    reports: VecDeque<Report>,
}

/// An order that is not settled.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) controller: ControllerId,
    pub(crate) broadcast: BroadcastId,
    action: Action,
    /// When it was given, in monotonic milliseconds.
    given_ms: u64,
    /// The CAP message that a CBC is to hold for it.
    pub(crate) document: Option<Document>,
    /// How many peers have it in their queue (or none has, and it waits for one).
    pub(crate) errands: usize,
    requests: usize,
    /// Kept only of an order that several peers have.
    shared: Option<Shared>,
}

/// What several peers said about the cells of one order. A good word is passed on at once; a bad one only when no peer
/// had a better.
#[derive(Debug, Default)]
struct Shared {
    sent: CellRuns,
    good: CellRuns,
    bad: Vec<(Outcome, CellRuns)>,
}

/// A request that was handed to a link.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) order: OrderId,
    pub(crate) controller: ControllerId,
    pub(crate) broadcast: BroadcastId,
    pub(crate) peer: PeerId,
    pub(crate) verb: Verb,
    pub(crate) message_id: MessageId,
    pub(crate) serial: SerialNumber,
    pub(crate) cells: CellRuns,
    /// Each of its cells had been asked for the same message before.
    pub(crate) repeat: bool,
    pub(crate) state: Waiting,
}

/// What a request waits for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Waiting {
    /// Its answer.
    Answer,
    /// An answer that would be late: it has been reported unanswered, and its order does without.
    LateAnswer,
    /// Nothing: the late answer to the same request before it was an answer to this one too.
    Nothing,
}

impl Open {
    /// What it asks for now: of a count, what is left after it has waited in a queue.
    pub(crate) fn action(&self, now_ms: u64) -> Action {
        let mut action = self.action.clone();
        if let Action::Write { message, broadcasts, .. } | Action::Query { message, broadcasts } = &mut action
        {
            *broadcasts = broadcasts.late_by(now_ms.saturating_sub(self.given_ms), message.period);
        }
        action
    }

    /// Whether several peers have it, or had it.
    pub(crate) const fn is_shared(&self) -> bool {
        self.shared.is_some()
    }
}

impl Book {
    /// Opens an order that so many peers have in their queues.
    pub(crate) fn open(&mut self, now_ms: u64, order: &Order, document: Option<Document>, errands: usize) {
        let open = Open {
            controller: order.controller,
            broadcast: order.broadcast,
            action: order.action.clone(),
            given_ms: now_ms,
            document,
            errands,
            requests: 0,
            shared: (errands > 1).then(Shared::default),
        };
        self.orders.insert(order.id, open);
        *self.open_by_controller.entry(order.controller).or_default() += 1;
    }

    /// One more peer has an order in its queue.
    pub(crate) fn share(&mut self, order: OrderId) {
        if let Some(open) = self.orders.get_mut(&order) {
            open.errands += 1;
            open.shared.get_or_insert_default();
        }
    }

    /// An open order.
    pub(crate) fn order(&self, order: OrderId) -> Option<&Open> {
        self.orders.get(&order)
    }

    /// A request, by the token it was sent with.
    pub(crate) fn asked(&self, token: u64) -> Option<&Asked> {
        self.asked.get(&token)
    }

    /// Failed cells of a controller have restarted: what was to be told of them once all peers have spoken holds no more.
    pub(crate) fn restarted(&mut self, controller: ControllerId, cells: &CellRuns) {
        let failed = Outcome::Refused(Cause::CellFailed);
        let open = self.orders.values_mut().filter(|open| open.controller == controller);
        let words = open.filter_map(|open| open.shared.as_mut()).flat_map(|shared| &mut shared.bad);
        words.filter(|(outcome, _)| *outcome == failed).for_each(|(_, those)| *those = those.subtract(cells));
    }

    /// The cells of an order that another peer has been asked for.
    pub(crate) fn asked_elsewhere(&self, order: OrderId) -> Option<&CellRuns> {
        self.orders.get(&order)?.shared.as_ref().map(|shared| &shared.sent)
    }

    /// How many orders are open towards a controller.
    pub(crate) fn open_orders(&self, controller: ControllerId) -> usize {
        self.open_by_controller.get(&controller).copied().unwrap_or(0)
    }

    /// Reports something.
    pub(crate) fn report(&mut self, report: Report) {
        self.reports.push_back(report);
    }

    /// The next report.
    pub(crate) fn poll_report(&mut self) -> Option<Report> {
        self.reports.pop_front()
    }

    /// The token of the next request.
    pub(crate) fn token(&mut self) -> u64 {
        self.next_token += 1;
        self.next_token
    }

    /// A request was handed to a link.
    pub(crate) fn sent(&mut self, token: u64, asked: Asked) {
        if let Some(open) = self.orders.get_mut(&asked.order) {
            open.requests += 1;
        }
        self.word(asked.order, Outcome::Sent, asked.cells.clone());
        self.asked.insert(token, asked);
    }

    /// A request was answered; `verdict` has an outcome for each of its cells. Says whether one more request of the peer
    /// waits no longer.
    pub(crate) fn answered(&mut self, token: u64, verdict: Vec<(Outcome, CellRuns)>) -> bool {
        let Some(asked) = self.asked.remove(&token) else { return false };
        match asked.state {
            Waiting::Answer => {
                self.close_request(&asked, verdict);
                true
            }
            Waiting::LateAnswer => {
                // Two requests of the same words look alike in an answer, and the session gives it to the older one. If
                // that had been given up, the answer is as good for the younger.
                let repeats = self.asked.iter().filter(|(_, other)| asked.is_repeated_by(other));
                let Some(repeat) = repeats.map(|(token, _)| *token).min() else {
                    self.tell(&asked, verdict);
                    return false;
                };
                if let Some(mut younger) = self.asked.remove(&repeat) {
                    self.close_request(&younger, verdict);
                    younger.state = Waiting::Nothing;
                    self.remember(repeat, younger);
                }
                true
            }
            Waiting::Nothing => {
                self.tell(&asked, verdict);
                false
            }
        }
    }

    /// The answer to this request names none of its cells but others: it is that of another request of the same words,
    /// and a session cannot tell the two apart. They change places. Where the other one's answer is late, its session
    /// waits no longer for the one that now has its place, which counts as unanswered until its own answer comes: says
    /// whether one more request of the peer waits no longer.
    pub(crate) fn exchange(&mut self, token: u64, named: &CellRuns) -> bool {
        let Some(asked) = self.asked.get(&token) else { return false };
        let is_meant = |other: &Asked| asked.looks_like(other) && !other.cells.intersect(named).is_empty();
        let mut others = self.asked.iter().filter(|(known, _)| **known != token);
        let Some(other) = others.find(|(_, other)| is_meant(other)).map(|(known, _)| *known) else {
            return false;
        };
        let (Some(asked), Some(meant)) = (self.asked.remove(&token), self.asked.remove(&other)) else {
            return false;
        };
        let is_late = meant.state != Waiting::Answer && asked.state == Waiting::Answer;
        self.asked.insert(token, meant);
        self.asked.insert(other, asked);
        is_late && self.unanswered(other)
    }

    /// A request was not answered in time, or cannot be any more. Says whether that is news.
    pub(crate) fn unanswered(&mut self, token: u64) -> bool {
        let Some(mut asked) = self.asked.remove(&token) else { return false };
        if asked.state != Waiting::Answer {
            return false;
        }
        self.close_request(&asked, vec![(Outcome::Unanswered, asked.cells.clone())]);
        asked.state = Waiting::LateAnswer;
        self.remember(token, asked);
        true
    }

    /// A peer has handed out all it had to do for an order, or will do no more of it: then `undone` says what became of
    /// the cells it leaves.
    pub(crate) fn close_errand(&mut self, order: OrderId, undone: Option<(Outcome, CellRuns)>) {
        if let Some((outcome, cells)) = undone {
            self.word(order, outcome, cells);
        }
        if let Some(open) = self.orders.get_mut(&order) {
            open.errands -= 1;
        }
        self.settle(order);
    }

    /// What became of some cells of an order.
    pub(crate) fn word(&mut self, order: OrderId, outcome: Outcome, mut cells: CellRuns) {
        let Some(open) = self.orders.get_mut(&order) else { return };
        if let Some(shared) = &mut open.shared {
            match outcome {
                Outcome::Sent | Outcome::Withdrawn => {
                    cells = cells.subtract(&shared.sent);
                    shared.sent = shared.sent.union(&cells);
                }
                Outcome::Accepted | Outcome::Confirmed => shared.good = shared.good.union(&cells),
                Outcome::Refused(_) | Outcome::Unanswered => {
                    shared.bad.push((outcome, cells));
                    return;
                }
            }
        }
        if !cells.is_empty() {
            self.reports.push_back(open.report(outcome, cells));
        }
    }

    fn close_request(&mut self, asked: &Asked, verdict: Vec<(Outcome, CellRuns)>) {
        for (outcome, cells) in verdict {
            self.word(asked.order, outcome, cells);
        }
        if let Some(open) = self.orders.get_mut(&asked.order) {
            open.requests -= 1;
        }
        self.settle(asked.order);
    }

    /// Reports a word about a request whose order does without it.
    fn tell(&mut self, asked: &Asked, verdict: Vec<(Outcome, CellRuns)>) {
        for (outcome, cells) in verdict.into_iter().filter(|(_, cells)| !cells.is_empty()) {
            self.reports.push_back(Report::Cells(CellReport {
                controller: asked.controller,
                broadcast: asked.broadcast,
                serial: asked.serial,
                verb: asked.verb,
                outcome,
                cells,
            }));
        }
    }

    fn settle(&mut self, order: OrderId) {
        let done = |open: &Open| open.errands == 0 && open.requests == 0;
        if !self.orders.get(&order).is_some_and(done) {
            return;
        }
        let Some(mut open) = self.orders.remove(&order) else { return };
        if let Some(count) = self.open_by_controller.get_mut(&open.controller) {
            *count -= 1;
        }
        if let Some(Shared { good, mut bad, .. }) = open.shared.take() {
            // A refusal says more than a silence, and so comes last; but whoever was silent may have done it.
            bad.sort_by_key(|(outcome, _)| *outcome != Outcome::Unanswered);
            let unheard = bad
                .iter()
                .filter(|(outcome, _)| *outcome == Outcome::Unanswered)
                .fold(CellRuns::new(), |all, (_, cells)| all.union(cells));
            let (mut silent, mut refused) = (good.clone(), good);
            for (outcome, cells) in bad {
                let told = if outcome == Outcome::Unanswered { &mut silent } else { &mut refused };
                let mut cells = cells.subtract(told);
                // That one peer has nothing to stop does not say that a silent one has not.
                if open.action.verb() == Verb::Kill && outcome == Outcome::Refused(Cause::ReferenceUnknown) {
                    cells = cells.subtract(&unheard);
                }
                if !cells.is_empty() {
                    *told = told.union(&cells);
                    self.reports.push_back(open.report(outcome, cells));
                }
            }
        }
        self.reports.push_back(Report::Settled(order));
    }

    fn remember(&mut self, token: u64, asked: Asked) {
        self.asked.insert(token, asked);
        self.late.push_back(token);
        if self.late.len() > LATE_MAX
            && let Some(oldest) = self.late.pop_front()
        {
            self.asked.remove(&oldest);
        }
    }
}

impl Open {
    fn report(&self, outcome: Outcome, cells: CellRuns) -> Report {
        Report::Cells(CellReport {
            controller: self.controller,
            broadcast: self.broadcast,
            serial: self.action.serial(),
            verb: self.action.verb(),
            outcome,
            cells,
        })
    }
}

impl Asked {
    /// Whether a request about this message must not go past this one at an RNC, which knows a message by its identifier
    /// and the 12 leftmost bits of its serial number. A kill waits for kills only, and a write for no query.
    pub(crate) fn is_ahead_of(&self, (message_id, serial): Reference, verb: Verb) -> bool {
        let goes_past = match verb {
            Verb::Kill => self.verb != Verb::Kill,
            Verb::Write => self.verb == Verb::Query,
            Verb::Query => false,
        };
        !goes_past && self.message_id == message_id && self.serial.bits() >> 4 == serial.bits() >> 4
    }

    fn is_repeated_by(&self, other: &Self) -> bool {
        other.state == Waiting::Answer && self.looks_like(other) && self.cells == other.cells
    }

    /// Whether the same words answer both.
    fn looks_like(&self, other: &Self) -> bool {
        (self.peer, self.verb, self.message_id, self.serial)
            == (other.peer, other.verb, other.message_id, other.serial)
    }
}
