//! From what a peer said to reports.

use std::ops::Range;

use area::{CellIndex, CellRuns};
use engine::order::Verb;
use engine::report::{Cause, CellReport, Outcome, Report};
use sbcap::GlobalEnbId;

use super::Dispatch;
use crate::book::Asked;
use crate::heard::{Answer, Counts, Heard, Place, cells_at};
use crate::peer::{FAILED_MS, Peer};
use crate::register::{Handed, Reference};
use crate::{NoticeKind, PeerId};

impl Dispatch {
    /// Takes in what a peer's session heard.
    pub(super) fn hear(&mut self, id: PeerId, heard: Heard) {
        match heard {
            Heard::Answer { token, answer } => self.hear_answer(id, token, answer),
            Heard::Unanswered { token } => self.hear_nothing(id, token),
            Heard::Indication { reference, verb, places, nowhere, counts } => {
                self.hear_counts(id, reference, &counts);
                self.hear_indication(id, reference, verb, Outcome::Confirmed, &places, |handed| {
                    Some(&handed.cells)
                });
                // An eNB that stopped nothing had nothing on. It may say so of another request than the one that names
                // its cells, so the word counts only where this peer has accepted to stop the cell.
                if verb == Verb::Kill {
                    let off = Outcome::Confirmed;
                    self.hear_indication(id, reference, verb, off, &nowhere, |handed| handed.stopping(id));
                } else if !nowhere.is_empty() {
                    let cause = Cause::NoBroadcast;
                    let refused = Outcome::Refused(cause);
                    self.hear_indication(id, reference, verb, refused, &nowhere, |handed| {
                        Some(&handed.cells)
                    });
                    let words = format!("message {} {}: {}", reference.0, reference.1, cause.words());
                    self.notice(id, NoticeKind::Refused, words);
                }
            }
            Heard::Delivery { reference, verb, parts } => self.hear_delivery(id, reference, verb, &parts),
            Heard::Restart { places, node, data_lost } => self.hear_restart(id, &places, node, data_lost),
            Heard::Failure { places } => self.hear_failure(id, &places),
            Heard::Remark { kind, words } => self.notice(id, kind, words),
        }
    }

    /// Gives each cell that was asked for the first outcome that the answer has for it.
    fn hear_answer(&mut self, id: PeerId, token: u64, answer: Answer) {
        let Some(asked) = self.book.asked(token) else { return };
        let Some(place) = self.route_of.get(&asked.controller) else { return };
        let sector = &self.routes[*place].sector;
        let named: Vec<_> = answer
            .parts
            .iter()
            .map(|(outcome, places)| (*outcome, cells_at(sector, &self.wire, places).cells))
            .collect();
        let all = named.iter().fold(CellRuns::new(), |all, (_, cells)| all.union(cells));
        if !all.is_empty()
            && all.intersect(&asked.cells).is_empty()
            && self.book.exchange(token, &all)
            && let Some(peer) = self.peers.get_mut(usize::from(id.0))
        {
            peer.answered();
        }
        let Some(asked) = self.book.asked(token) else { return };
        let mut left = asked.cells.clone();
        let mut verdict = Vec::with_capacity(named.len() + 1);
        for (outcome, cells) in named {
            let here = left.intersect(&cells);
            left = left.subtract(&here);
            verdict.push((outcome, here));
        }
        verdict.push((if all.is_empty() { answer.unnamed } else { answer.rest }, left));
        let reference = (asked.message_id, asked.serial);
        if asked.verb == Verb::Kill {
            for (_, cells) in verdict.iter().filter(|(outcome, _)| *outcome == Outcome::Accepted) {
                self.routes[*place].register.stops(reference, id, cells);
            }
        }
        let alarm = alarm(asked, &answer).map(|kind| (kind, words(asked, &answer)));
        if let Some((kind, words)) = alarm {
            self.notice(id, kind, words);
        }
        self.hear_counts(id, reference, &answer.counts);
        if self.book.answered(token, verdict)
            && let Some(peer) = self.peer_mut(id)
        {
            peer.answered();
        }
    }

    fn hear_nothing(&mut self, id: PeerId, token: u64) {
        let Some(asked) = self.book.asked(token) else { return };
        let place = self.route_of.get(&asked.controller).copied();
        let words = format!("no answer to a {:?} of {} {}", asked.verb, asked.message_id, asked.serial);
        if !self.book.unanswered(token) {
            return;
        }
        self.notice(id, NoticeKind::Unanswered, words);
        if let Some(peer) = self.peer_mut(id) {
            peer.answered();
            peer.counters.unanswered += 1;
        }
        if let Some(place) = place {
            self.fail_over(place, id);
        }
    }

    /// An indication tells of cells that were asked for, whichever request it was; about others it claims what nobody
    /// can use.
    fn hear_indication(
        &mut self,
        id: PeerId,
        reference: Reference,
        verb: Verb,
        outcome: Outcome,
        places: &[Place],
        meant: impl Fn(&Handed) -> Option<&CellRuns>,
    ) {
        let (message_id, serial) = reference;
        let mut known = false;
        for place in self.routes_of(id) {
            let route = &self.routes[place];
            let Some(handed) = route.register.handed(reference) else { continue };
            known = true;
            let Some(meant) = meant(handed) else { continue };
            let cells = cells_at(&route.sector, &self.wire, places).cells.intersect(meant);
            if cells.is_empty() {
                continue;
            }
            self.book.report(Report::Cells(CellReport {
                controller: route.controller,
                broadcast: handed.broadcast,
                serial,
                verb,
                outcome,
                cells,
            }));
        }
        if !known {
            let words = format!("an indication of message {message_id} {serial}, which nobody sent");
            self.notice(id, NoticeKind::Unsolicited, words);
        }
    }

    /// How often a message had been broadcast in cells that it was handed out for.
    fn hear_counts(&mut self, id: PeerId, reference: Reference, counts: &Counts) {
        if counts.is_empty() {
            return;
        }
        for place in self.routes_of(id) {
            let route = &self.routes[place];
            let Some(handed) = route.register.handed(reference) else { continue };
            let counted = counts.iter().filter_map(|(cell, count)| {
                let cell = route.sector.cell(&self.wire, cell)?;
                handed.cells.contains(CellIndex(cell)).then_some((cell, *count))
            });
            let mut counted: Vec<(u32, u16)> = counted.collect();
            counted.sort_unstable();
            counted.dedup_by_key(|(cell, _)| *cell);
            let mut runs: Vec<(Range<u32>, u16)> = Vec::new();
            for (cell, count) in counted {
                match runs.last_mut() {
                    Some((run, known)) if run.end == cell && *known == count => run.end += 1,
                    _ => runs.push((cell..cell + 1, count)),
                }
            }
            if !runs.is_empty() {
                let (controller, broadcast, serial) = (route.controller, handed.broadcast, reference.1);
                self.book.report(Report::Counted { controller, broadcast, serial, counts: runs });
            }
        }
    }

    /// A delivery report tells of cells that were asked for; of those it does not name nothing is known.
    fn hear_delivery(&mut self, id: PeerId, reference: Reference, verb: Verb, parts: &[(Outcome, Place)]) {
        for place in self.routes_of(id) {
            let route = &self.routes[place];
            let Some(handed) = route.register.handed(reference) else { continue };
            let mut left = handed.cells.clone();
            for (outcome, place) in parts {
                let named = cells_at(&route.sector, &self.wire, std::slice::from_ref(place)).cells;
                let cells = left.intersect(&named);
                if cells.is_empty() {
                    continue;
                }
                left = left.subtract(&cells);
                self.book.report(Report::Cells(CellReport {
                    controller: route.controller,
                    broadcast: handed.broadcast,
                    serial: reference.1,
                    verb,
                    outcome: *outcome,
                    cells,
                }));
            }
        }
    }

    /// Cells that kept their messages are news only after a failure: what they hold then has to be looked at.
    fn hear_restart(&mut self, id: PeerId, places: &[Place], node: Option<GlobalEnbId>, data_lost: bool) {
        let (mut known, mut restarted) = (false, 0);
        for place in self.routes_of(id) {
            let route = &mut self.routes[place];
            let named = cells_at(&route.sector, &self.wire, places).cells;
            known |= !named.is_empty();
            restarted += u64::from(named.len());
            let back = if data_lost { named.clone() } else { named.intersect(&route.failed) };
            route.failed = route.failed.subtract(&named);
            if !back.is_empty() {
                if let Some(node) = node {
                    route.register.restarted(node, &back);
                }
                self.book.restarted(route.controller, &back);
                self.book.report(Report::Restarted(route.controller, back));
            }
        }
        if let Some(peer) = self.peer_mut(id) {
            peer.upheaval.restarted += restarted;
        }
        self.notice_strangers(id, known, "restart");
    }

    fn hear_failure(&mut self, id: PeerId, places: &[Place]) {
        let (mut known, mut failed) = (false, 0);
        for place in self.routes_of(id) {
            let route = &mut self.routes[place];
            let named = cells_at(&route.sector, &self.wire, places).cells;
            if !named.is_empty() {
                known = true;
                failed += u64::from(named.len());
                route.failed = route.failed.union(&named);
                self.book.report(Report::Failed(route.controller, named));
            }
        }
        if let Some(peer) = self.peer_mut(id) {
            peer.upheaval.failed += failed;
        }
        self.notice_strangers(id, known, "failure");
    }

    /// Tells of cells that restarted or failed, of all in a while at once.
    pub(super) fn tell_upheaval(&mut self, now_ms: u64, id: PeerId) {
        let Some(peer) = self.peer_mut(id) else { return };
        let news = peer.upheaval.news(now_ms);
        if news.failed > 0 {
            peer.failed_until_ms = Some(now_ms + FAILED_MS);
            let words = format!("{} cells failed and wait for their restart", news.failed);
            self.notice(id, NoticeKind::CellsFailed, words);
        }
        if news.restarted > 0 {
            let words = format!("{} cells restarted", news.restarted);
            self.notice(id, NoticeKind::CellsRestarted, words);
        }
    }

    /// A restart that got lost must not leave a cell without its warnings: after a while a failed cell is tried again. One
    /// that has still failed refuses what it is asked, and is asked again at the pace of any other refusal.
    pub(super) fn try_failed(&mut self, now_ms: u64, id: PeerId) {
        let is_due = |peer: &&mut Peer| peer.failed_until_ms.is_some_and(|until_ms| until_ms <= now_ms);
        let Some(peer) = self.peer_mut(id).filter(is_due) else { return };
        peer.failed_until_ms = None;
        for place in self.routes_of(id) {
            self.end_failure(place);
        }
    }

    /// Takes the failed cells of a route for restarted.
    pub(super) fn end_failure(&mut self, place: usize) {
        let route = &mut self.routes[place];
        if !route.failed.is_empty() {
            let failed = std::mem::take(&mut route.failed);
            self.book.restarted(route.controller, &failed);
            self.book.report(Report::Restarted(route.controller, failed));
        }
    }

    fn notice_strangers(&mut self, id: PeerId, known: bool, what: &str) {
        if !known {
            let words = format!("a {what} of cells that are none of its controllers'");
            self.notice(id, NoticeKind::Unsolicited, words);
        }
    }

    fn routes_of(&self, id: PeerId) -> Vec<usize> {
        self.peer(id).map(|peer| peer.routes.clone()).unwrap_or_default()
    }
}

/// What in an answer the control room should be told beside the cells' outcomes.
fn alarm(asked: &Asked, answer: &Answer) -> Option<NoticeKind> {
    let causes = || answer.causes();
    if causes().any(|cause| matches!(cause, Cause::AreaUnknown | Cause::CellUnknown)) {
        Some(NoticeKind::UnknownArea)
    } else if causes().any(|cause| cause == Cause::ReferenceUsed) {
        // For a repeat it is our own message.
        (asked.verb == Verb::Write && !asked.repeat).then_some(NoticeKind::SerialClash)
    } else if causes().any(|cause| matches!(cause, Cause::ProtocolError | Cause::InvalidParameter)) {
        Some(NoticeKind::ProtocolError)
    } else {
        let is_refused = asked.verb != Verb::Query && matches!(answer.rest, Outcome::Refused(_));
        is_refused.then_some(NoticeKind::Refused)
    }
}

fn words(asked: &Asked, answer: &Answer) -> String {
    let areas = answer.parts.iter().flat_map(|(_, places)| places).filter_map(|place| match place {
        Place::Tai([_, _, _, high, low]) => Some(u16::from_be_bytes([*high, *low]).to_string()),
        _ => None,
    });
    let areas: Vec<String> = areas.take(AREAS_IN_WORDS).collect();
    let mut words = format!("{:?} of message {} {}", asked.verb, asked.message_id, asked.serial);
    if answer.words.is_empty() {
        // A list of failures has a cause for each of its cells.
        let mut causes: Vec<&str> = Vec::new();
        answer.causes().map(Cause::words).for_each(|cause| {
            if !causes.contains(&cause) {
                causes.push(cause);
            }
        });
        words += &format!(": {}", causes.join(", "));
    } else {
        words += &format!(": {}", answer.words);
    }
    if !areas.is_empty() {
        words += &format!(", unknown tracking areas {}", areas.join(" "));
    }
    words
}

/// How many tracking areas a notice names.
const AREAS_IN_WORDS: usize = 16;
