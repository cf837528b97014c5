//! A peer: its link, its queue and its limits.

use bytes::Bytes;
use engine::order::Priority;

use crate::limiter::CellLimit;
use crate::pace::Pace;
use crate::queue::{Errand, Queue, Rank};
use crate::session::Session;
use crate::{PeerStatus, Profile};

/// How many requests more than its window a peer gets when they are kills, so that a cancel need not wait for the
/// answers to writes.
pub(crate) const KILLS_BEYOND_WINDOW: usize = 2;

/// How long cells that restart or fail are counted before they are told of, in milliseconds: a storm is one piece of news.
const UPHEAVAL_MS: u64 = 1_000;

/// How long cells that failed are waited for, in milliseconds, after the last of a peer's that did.
pub(crate) const FAILED_MS: u64 = 180_000;

/// Cells that have restarted or failed and were not told of yet.
#[derive(Debug, Default)]
pub(crate) struct Upheaval {
    pub(crate) restarted: u64,
    pub(crate) failed: u64,
    /// When they are told of.
    due_ms: Option<u64>,
}

impl Upheaval {
    /// What is to be told by now, and is then forgotten.
    pub(crate) fn news(&mut self, now_ms: u64) -> Self {
        let is_empty = self.restarted + self.failed == 0;
        if !is_empty && *self.due_ms.get_or_insert(now_ms + UPHEAVAL_MS) <= now_ms {
            return std::mem::take(self);
        }
        Self::default()
    }
}

/// A peer.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) profile: Profile,
    /// The routes that it serves, by their place.
    pub(crate) routes: Vec<usize>,
    /// Its session; none while the link is down.
    pub(crate) session: Option<Session>,
    /// It can take orders.
    pub(crate) ready: bool,
    /// The shell has been asked to close the link.
    pub(crate) closing: bool,
    /// The link has room for another PDU.
    pub(crate) writable: bool,
    /// Requests that wait for an answer.
    pub(crate) in_flight: usize,
    /// Those among them that others may have to wait for, by token, and some that are answered by now.
    pub(crate) asked: Vec<u64>,
    pub(crate) queue: Queue,
    pub(crate) pace: Pace,
    /// What its session has to send, when the pace holds it back.
    pub(crate) held: Option<Bytes>,
    pub(crate) cell_limit: Option<CellLimit>,
    pub(crate) counters: PeerStatus,
    pub(crate) upheaval: Upheaval,
    /// When cells of which it said that they failed are taken for restarted, whether or not it has said so.
    pub(crate) failed_until_ms: Option<u64>,
    /// It is in the list of those that may have something to send.
    pub(crate) stirred: bool,
}

impl Peer {
    /// A peer whose link is down.
    pub(crate) fn new(profile: Profile) -> Self {
        Self {
            routes: Vec::new(),
            session: None,
            ready: false,
            closing: false,
            writable: true,
            in_flight: 0,
            asked: Vec::new(),
            queue: Queue::default(),
            pace: Pace::new(profile.pdus_per_second),
            held: None,
            cell_limit: CellLimit::new(profile.cell_interval_ms, profile.cell_burst),
            counters: PeerStatus::default(),
            upheaval: Upheaval::default(),
            failed_until_ms: None,
            stirred: false,
            profile,
        }
    }

    /// Takes what its session has to send, when it may go now: whatever a session asks by itself counts too.
    pub(crate) fn next_pdu(&mut self, now_ms: u64) -> Option<Bytes> {
        let pdu = match self.held.take() {
            Some(pdu) => pdu,
            None => self.session.as_mut()?.poll_transmit()?,
        };
        if self.pace.next_ms() > now_ms {
            self.held = Some(pdu);
            return None;
        }
        self.pace.note(now_ms);
        self.counters.pdus_sent += 1;
        self.counters.octets_sent += pdu.len() as u64;
        Some(pdu)
    }

    /// Takes the next errand, when a request may go now.
    pub(crate) fn next_errand(&mut self, now_ms: u64) -> Option<(Rank, Errand)> {
        self.queue.wake(now_ms);
        if self.has_turn() && self.pace.next_ms() <= now_ms { self.queue.pop() } else { None }
    }

    /// A request waits no longer for its answer.
    pub(crate) fn answered(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.queue.rouse();
    }

    /// When it should be looked at again, if nothing happens before. The pace counts only for a peer that has had its
    /// turn and must wait for the next.
    pub(crate) fn next_wakeup(&self) -> Option<u64> {
        let session = self.session.as_ref().and_then(Session::next_wakeup);
        let cells = self.queue.next_wakeup().filter(|_| self.ready);
        let waits = self.held.is_some() || self.has_turn();
        let pace = (!self.stirred && self.writable && waits).then(|| self.pace.next_ms());
        [session, cells, pace, self.upheaval.due_ms, self.failed_until_ms].into_iter().flatten().min()
    }

    /// This peer at this moment.
    pub(crate) fn status(&self) -> PeerStatus {
        PeerStatus {
            up: self.session.is_some(),
            ready: self.ready,
            in_flight: self.in_flight,
            queued_orders: self.queue.len(),
            ..self.counters
        }
    }

    /// Whether there is a request to send and its window lets it go.
    fn has_turn(&self) -> bool {
        let window = usize::from(self.profile.window);
        self.ready
            && self.queue.first().is_some_and(|rank| match rank.priority {
                Priority::Kill => self.in_flight < window + KILLS_BEYOND_WINDOW,
                Priority::Live(_) | Priority::Exercise | Priority::Test => self.in_flight < window,
            })
    }
}
