//! What the daemon hands to links: nothing that was not decided, nothing that was taken back, and never more than a cell
//! or a link may get.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use area::{CellRuns, ControllerId};
use dispatch::Reach;
use engine::record::StepVerb;
use engine::{AlertId, Edition, Engine};
use opsim::MessageKey;

use super::Checker;
use super::evidence::Name;
use crate::land::Land;
use crate::words::Asked;

/// What was handed out, as far as limits and later words depend on it.
#[derive(Debug)]
pub(super) struct Requests {
    pub(super) writes: u64,
    pub(super) kills: u64,
    /// What a serial number stood for when it was last written, and when that was.
    owners: BTreeMap<Name, Owner>,
    /// When each cell was last written, the newest last.
    written: BTreeMap<u32, VecDeque<u64>>,
    /// When each peer was last asked.
    asked: Vec<VecDeque<u64>>,
    /// What each controller was asked to broadcast since the daemon's start.
    names: BTreeSet<(ControllerId, MessageKey)>,
    /// What each controller was asked to stop, and not to broadcast since.
    stopped: BTreeSet<(ControllerId, MessageKey)>,
    /// Kills that a peer must get before anything else.
    owed: BTreeMap<usize, BTreeSet<MessageKey>>,
    /// Kills that a peer has had since its link is up.
    killed: BTreeMap<usize, BTreeSet<MessageKey>>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Owner {
    alert: AlertId,
    edition: Edition,
    at_ms: u64,
}

const DAY_MS: u64 = 86_400_000;
/// The least time between two writes to a cell, after so many at once.
const INTERVAL_MS: u64 = 1_000;
const BURST: usize = 4;

impl Requests {
    pub(super) fn new(peers: usize) -> Self {
        Self {
            writes: 0,
            kills: 0,
            owners: BTreeMap::new(),
            written: BTreeMap::new(),
            asked: vec![VecDeque::new(); peers],
            names: BTreeSet::new(),
            stopped: BTreeSet::new(),
            owed: BTreeMap::new(),
            killed: BTreeMap::new(),
        }
    }

    /// The daemon is dead. Cells may have been written just now, so that their intervals go on.
    pub(super) fn died(&mut self) {
        self.asked.iter_mut().for_each(VecDeque::clear);
        self.names.clear();
        self.owed.clear();
        self.killed.clear();
    }

    pub(super) fn link_down(&mut self, peer: usize) {
        self.owed.remove(&peer);
        self.killed.remove(&peer);
    }

    pub(super) fn was_stopped(&self, controller: ControllerId, key: MessageKey) -> bool {
        self.stopped.contains(&(controller, key))
    }

    pub(super) fn was_asked(&self, controller: ControllerId, key: MessageKey) -> bool {
        self.names.contains(&(controller, key))
    }
}

impl Checker {
    /// A controller can be asked again: what has ended goes first, where one peer serves it.
    pub(crate) fn up(&mut self, land: &Land, engine: &Engine, controller: ControllerId) {
        let mut peers = land.peers_of(controller);
        let (Some((peer, profile)), None) = (peers.next(), peers.next()) else { return };
        let mut owed = BTreeSet::new();
        for alert in engine.alerts().filter(|alert| alert.state.is_ending()) {
            for id in &alert.broadcasts {
                let Some(broadcast) = engine.broadcast(*id) else { continue };
                for leg in broadcast.legs.iter().filter(|leg| leg.controller() == controller) {
                    let held = leg
                        .statuses()
                        .flat_map(|(_, status)| status.held(broadcast.current()).collect::<Vec<_>>());
                    let names = held.filter_map(|edition| self.book.name_of(*id, edition, profile.operator));
                    owed.extend(names);
                }
            }
        }
        // Of several texts of one message the newest is stopped first; an RNC gets one word after the other.
        if let Some(killed) = self.requests.killed.get(&peer) {
            let broadcast = |key| self.book.broadcast_of(profile.operator, key);
            let begun: BTreeSet<_> = killed.iter().map(|key| broadcast(*key)).collect();
            owed.retain(|key| !begun.contains(&broadcast(*key)));
        }
        self.requests.owed.insert(peer, owed);
    }

    /// The daemon handed octets to a link.
    pub(crate) fn handed(&mut self, land: &Land, peer: usize, wall_ms: i64, asked: &Asked) {
        let at = &land.peers[peer];
        if matches!(asked, Asked::Other) {
            return;
        }
        self.check_pace(land, peer);
        match asked {
            Asked::Unreadable => {
                self.fail(8, format!("octets that nobody can read went to {}", at.profile.name));
            }
            Asked::Kill { key, cells } => {
                self.requests.kills += 1;
                self.requests.stopped.insert((at.controller, *key));
                let broadcast = |key| self.book.broadcast_of(at.operator, key);
                if let Some(owed) = self.requests.owed.get_mut(&peer) {
                    owed.retain(|other| broadcast(*other) != broadcast(*key));
                }
                self.requests.killed.entry(peer).or_default().insert(*key);
                self.due.handed(self.now_ms, at.controller, *key, true);
                self.evidence.killed((at.operator, *key), cells);
            }
            Asked::Write { key, cells } => {
                self.requests.writes += 1;
                self.requests.names.insert((at.controller, *key));
                self.requests.stopped.remove(&(at.controller, *key));
                self.due.handed(self.now_ms, at.controller, *key, false);
                self.check_write(land, peer, wall_ms, *key, cells);
                self.evidence.asked((at.operator, *key), cells);
            }
            Asked::Query { key, cells } => self.evidence.asked((at.operator, *key), cells),
            Asked::Other => {}
        }
    }

    fn check_pace(&mut self, land: &Land, peer: usize) {
        let (now_ms, profile) = (self.now_ms, &land.peers[peer].profile);
        let pace = u64::from(profile.pdus_per_second);
        let recent = &mut self.requests.asked[peer];
        recent.push_back(now_ms);
        recent.retain(|asked_ms| *asked_ms + 1_000 > now_ms);
        let count = recent.len() as u64;
        if pace > 0 && count > pace + 1 {
            self.fail(8, format!("{count} requests in a second to {}, which takes {pace}", profile.name));
        }
    }

    fn check_write(&mut self, land: &Land, peer: usize, wall_ms: i64, key: MessageKey, cells: &CellRuns) {
        let (at, now_ms) = (&land.peers[peer], self.now_ms);
        let what = format!("a write of {} {} to {}", key.message_id, key.serial, at.profile.name);
        if let Some(owed) = self.requests.owed.get(&peer).and_then(|owed| owed.first()) {
            let words =
                format!("{what} before the kill of {} {}, which was due", owed.message_id, owed.serial);
            self.fail(3, words);
        }
        // Where every peer gets every message, a cell counts once for all of them: that cannot be seen from outside.
        let counted = land.routes.iter().all(|route| {
            route.controller != at.controller
                || route.reach == Reach::OneThenFailover
                || route.peers.len() == 1
        });
        for cell in cells.iter().flatten().filter(|_| counted) {
            let written = self.requests.written.entry(cell).or_default();
            let early = written.len() == BURST && written[0] + INTERVAL_MS > now_ms;
            written.push_back(now_ms);
            if written.len() > BURST {
                written.pop_front();
            }
            if early {
                return self.fail(8, format!("{what}: cell {cell} is written too often"));
            }
        }
        let Some(named) = self.book.names.get(&(at.operator, key)).cloned() else {
            return self.fail(2, format!("{what}: no record gives this serial number"));
        };
        let Some(facts) = self.book.alerts.get(&named.alert) else { return };
        let failed = if named.seq > self.durable {
            Some((6, "before its record was durable"))
        } else if facts.ended == Some(StepVerb::Cancel) {
            Some((3, "after the cancel was accepted"))
        } else if facts.ended.is_some() || (wall_ms >= facts.expires_ms && !self.clock_just_stepped()) {
            Some((5, "after expiry"))
        } else if facts.alone {
            Some((4, "that its author approved"))
        } else if key.message_id.channel().map(|channel| format!("{channel:?}").to_lowercase())
            != Some(facts.channel.to_string())
        {
            Some((4, "on another channel's identifier"))
        } else if self.book.current.get(&named.broadcast) != Some(&named.edition) || !named.wanted {
            Some((2, "of a version that is no longer wanted"))
        } else if !cells.subtract(&named.cells).is_empty() {
            Some((2, "outside its area"))
        } else {
            None
        };
        if let Some((invariant, why)) = failed {
            return self.fail(invariant, format!("{what} {why} ({})", named.alert));
        }
        let owner = Owner { alert: named.alert, edition: named.edition, at_ms: now_ms };
        if let Some(known) = self.requests.owners.insert((at.operator, key), owner.clone())
            && (known.alert, known.edition) != (owner.alert, owner.edition)
            && known.at_ms + DAY_MS > now_ms
            && !self.stepped_unseen
        {
            self.fail(5, format!("{what}: {} used this serial number less than a day ago", known.alert));
        }
    }
}
