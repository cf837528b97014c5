//! From the head of a peer's queue to octets.

use area::CellRuns;
use bytes::{Bytes, BytesMut};
use engine::order::{Action, Body, Verb};
use engine::report::{Cause, Outcome};
use smallvec::SmallVec;

use super::Dispatch;
use crate::batch::{Batch, Rest, Room, Spacing};
use crate::book::{Asked, Waiting};
use crate::queue::{Errand, Rank};
use crate::register::Reference;
use crate::session::{Ask, octets_around_cells};
use crate::{Document, NoticeKind, PeerId, Protocol, Tais};

impl Dispatch {
    /// The next PDU to this peer, if there is one and no limit holds it back.
    pub(super) fn next_pdu(&mut self, now_ms: u64, id: PeerId) -> Option<Bytes> {
        loop {
            let peer = self.peer_mut(id).filter(|peer| peer.writable)?;
            if let Some(pdu) = peer.next_pdu(now_ms) {
                return Some(pdu);
            }
            let (rank, errand) = peer.next_errand(now_ms)?;
            self.ask(now_ms, id, rank, errand);
        }
    }

    /// Makes the next request of an errand and gives it to the session.
    fn ask(&mut self, now_ms: u64, id: PeerId, rank: Rank, mut errand: Errand) {
        let Some(action) = self.book.order(errand.order).map(|order| order.action(now_ms)) else { return };
        self.hold_back(&action, &mut errand);
        self.hold_apart(id, &action, &mut errand);
        let mut batch = std::mem::take(&mut self.batch);
        batch.clear();
        self.cut(now_ms, id, &action, &mut errand, &mut batch);
        self.ask_batch(now_ms, id, rank, &action, errand, &batch);
        self.batch = batch;
    }

    /// Makes the request of a batch and gives it to the session.
    fn ask_batch(
        &mut self,
        now_ms: u64,
        id: PeerId,
        rank: Rank,
        action: &Action,
        errand: Errand,
        batch: &Batch,
    ) {
        if batch.runs.is_empty() {
            return self.put_back(id, rank, errand);
        }
        let document = self.book.order(errand.order).and_then(|order| order.document.clone());
        match self.encode(id, action, errand.route, batch, document.as_ref()) {
            Ok(pdu) => {
                self.hand_out(now_ms, id, action, &errand, batch, pdu);
                self.put_back(id, rank, errand);
            }
            Err(words) => {
                let undone = batch.cells().union(&errand.rest.cells());
                self.book.close_errand(errand.order, Some((Outcome::Refused(Cause::NotExpressible), undone)));
                self.notice(id, NoticeKind::NotExpressible, words);
            }
        }
    }

    /// Cells that have failed are asked for nothing until they restart (TS 25.419 §8.8.2, TS 23.041 §9.2.11): for them the
    /// order ends here.
    fn hold_back(&mut self, action: &Action, errand: &mut Errand) {
        let route = &self.routes[errand.route];
        if action.verb() == Verb::Kill || route.failed.is_empty() {
            return;
        }
        let cells = errand.rest.cells();
        let failed = cells.intersect(&route.failed);
        if !failed.is_empty() {
            errand.rest = Rest::new(&route.sector, &cells.subtract(&failed));
            self.book.word(errand.order, Outcome::Refused(Cause::CellFailed), failed);
        }
    }

    /// An RNC takes one request at a time about a message in a service area (TS 25.419 §8.2.2): cells that it is being asked
    /// about wait here for the answer, so that all limits hold at the moment when they go.
    fn hold_apart(&mut self, id: PeerId, action: &Action, errand: &mut Errand) {
        let Some(peer) = self.peers.get_mut(usize::from(id.0)) else { return };
        if !matches!(peer.profile.protocol, Protocol::Sabp(_)) {
            return;
        }
        peer.asked
            .retain(|token| self.book.asked(*token).is_some_and(|asked| asked.state == Waiting::Answer));
        let asked = peer.asked.iter().filter_map(|token| self.book.asked(*token));
        let ahead = asked.filter(|asked| asked.is_ahead_of(reference(action), action.verb()));
        let busy = ahead.fold(CellRuns::new(), |busy, asked| busy.union(&asked.cells));
        errand.rest.hold(&self.routes[errand.route].sector, &busy);
    }

    fn cut(&mut self, now_ms: u64, id: PeerId, action: &Action, errand: &mut Errand, batch: &mut Batch) {
        let Some(peer) = self.peers.get(usize::from(id.0)) else { return };
        let octets = peer.profile.octets_per_pdu.saturating_sub(octets_around_cells(action) as u32);
        let room = match (peer.profile.protocol, action) {
            // What names no cell has room for all: a message of CAP, and a stop of everything.
            (Protocol::Cap(_), _) | (_, Action::Kill { all: true, .. }) => {
                Room { cells: u32::MAX, octets: u32::MAX }
            }
            _ => Room { cells: peer.profile.cells_per_pdu, octets },
        };
        let limit = peer.cell_limit.filter(|_| is_write(peer.profile.protocol, action));
        let none = CellRuns::new();
        let route = &self.routes[errand.route];
        let spared = self.book.asked_elsewhere(errand.order).unwrap_or(&none);
        let spacing = limit.map(|limit| Spacing { limiter: &route.limiter, limit, spared });
        let handed = route.register.handed(reference(action)).filter(|_| action.verb() == Verb::Write);
        let lost = handed.map_or(&[][..], |handed| &handed.lost);
        errand.rest.cut(batch, now_ms, &self.wire, &route.sector, room, spacing.as_ref(), lost);
        if let Some(limit) = limit {
            let written = batch.cells().subtract(spared);
            self.routes[errand.route].limiter.note(now_ms, limit, &written);
        }
    }

    fn encode(
        &mut self,
        id: PeerId,
        action: &Action,
        place: usize,
        batch: &Batch,
        document: Option<&Document>,
    ) -> Result<Bytes, String> {
        let peer = &self.peers[usize::from(id.0)];
        let protocol = peer.profile.protocol;
        if let Protocol::Cap(_) = protocol {
            if let Action::Write { message, .. } | Action::Query { message, .. } = action
                && matches!(message.body, Body::Primary(_))
            {
                return Err(
                    "a primary notification of ETWS does not go by CAP, which has no word for it".into()
                );
            }
            let document = document.ok_or("there is no CAP message that says this")?;
            return Ok(document.octets.clone());
        }
        let cells: u32 = batch.runs.iter().map(|run| run.end - run.start).sum();
        // A request that names no cell is for all that the peer has, so the controller must be all it has.
        let tais = if let Protocol::Sbcap(dialect) = protocol { dialect.tais } else { Tais::Always };
        let is_for_all = matches!(action, Action::Kill { all: true, .. })
            || tais != Tais::Always && cells == self.routes[place].sector.len() && peer.routes.len() == 1;
        let (runs, tais): (SmallVec<[&[u8]; 4]>, _) = if is_for_all {
            (SmallVec::new(), &[][..])
        } else {
            let runs = batch.runs.iter().map(|run| self.wire.run(run.clone()));
            let named = if tais == Tais::Never { &[][..] } else { batch.tais.as_slice() };
            (runs.collect(), named)
        };
        let replaces = match action {
            Action::Write { replaces, .. } => *replaces,
            Action::Query { .. } | Action::Kill { .. } => None,
        };
        // A template reserves what it writes and no octet more, so that the buffer goes on as it is.
        let mut out = BytesMut::new();
        self.shelf.template(protocol, action, batch.node)?.encode(replaces, &runs, tais, &mut out)?;
        Ok(out.freeze())
    }

    fn hand_out(
        &mut self,
        now_ms: u64,
        id: PeerId,
        action: &Action,
        errand: &Errand,
        batch: &Batch,
        pdu: Bytes,
    ) {
        let order = self.book.order(errand.order).map(|order| (order.broadcast, order.document.clone()));
        let Some((broadcast, document)) = order else { return };
        let cells = batch.cells();
        let (token, octets) = (self.book.token(), pdu.len());
        let peer = &mut self.peers[usize::from(id.0)];
        peer.in_flight += 1;
        if matches!(peer.profile.protocol, Protocol::Sabp(_)) {
            peer.asked.push(token);
        }
        let goes_out = peer.session.as_mut().is_some_and(|session| {
            let runs = batch.runs.iter().map(|run| self.wire.run(run.clone()));
            let runs: SmallVec<[&[u8]; 4]> = runs.collect();
            session.request(now_ms, token, Ask { action, cells: &runs, pdu, document: document.as_ref() })
        });
        let octets = if goes_out { octets } else { 0 };
        let route = &mut self.routes[errand.route];
        let reference = reference(action);
        let repeat = route.register.note(reference, action.verb(), broadcast, id, &cells, octets);
        let asked = Asked {
            order: errand.order,
            controller: route.controller,
            broadcast,
            peer: id,
            verb: action.verb(),
            message_id: reference.0,
            serial: reference.1,
            cells,
            repeat,
            state: Waiting::Answer,
        };
        self.book.sent(token, asked);
        self.listen(id);
    }

    /// Puts an errand back in line, or closes it when nothing of it is left.
    fn put_back(&mut self, id: PeerId, rank: Rank, errand: Errand) {
        if errand.rest.is_empty() {
            return self.book.close_errand(errand.order, None);
        }
        if let Some(peer) = self.peer_mut(id) {
            peer.queue.insert(rank, errand);
        }
    }
}

/// Whether this writes to the cells, so that their limits count. What a CBC does to its cells is its own affair.
fn is_write(protocol: Protocol, action: &Action) -> bool {
    match action.verb() {
        Verb::Write => !matches!(protocol, Protocol::Cap(_)),
        Verb::Query => matches!(protocol, Protocol::Sbcap(_)),
        Verb::Kill => false,
    }
}

/// How an action's message is named.
pub(super) fn reference(action: &Action) -> Reference {
    match action {
        Action::Write { message, .. } | Action::Query { message, .. } => (message.message_id, message.serial),
        Action::Kill { message_id, serial, .. } => (*message_id, *serial),
    }
}
