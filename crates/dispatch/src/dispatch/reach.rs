//! Which peer gets a controller's orders as peers come and go.

use engine::order::Priority;
use engine::report::{Outcome, Report};

use super::Dispatch;
use crate::batch::Rest;
use crate::book::Open;
use crate::queue::{Errand, Rank};
use crate::{NoticeKind, PeerId, Reach};

impl Dispatch {
    /// A peer can take orders: it gets those that waited, and is the current one unless a preferred peer is ready.
    pub(super) fn peer_ready(&mut self, id: PeerId) {
        self.notice(id, NoticeKind::Ready, "takes orders".into());
        let Some(peer) = self.peers.get_mut(usize::from(id.0)) else { return };
        peer.in_flight = 0;
        peer.queue.rouse();
        for place in peer.routes.clone() {
            let route = &mut self.routes[place];
            let is_first = route.current.is_none();
            let rank = |peer: PeerId| route.peers.iter().position(|other| *other == peer);
            if route.current.is_none_or(|current| rank(id) < rank(current)) {
                route.current = Some(id);
            }
            // Each further one has to be brought level too, with what is on where all get everything, and with what has been
            // stopped while it was away: the engine must look again.
            self.book.report(Report::Up(route.controller));
            // While nobody listened, failed cells may have restarted. Those that have not refuse what they are asked, and
            // are asked again after a while.
            if is_first {
                self.end_failure(place);
            }
            let waiting = self.routes[place].waiting.extract(|_, _| true);
            let Some(peer) = self.peers.get_mut(usize::from(id.0)) else { return };
            for (rank, errand) in waiting {
                peer.queue.insert(rank, errand);
            }
        }
    }

    /// A peer takes no more orders: its errands go to the next one that is ready, or wait.
    pub(super) fn peer_lost(&mut self, id: PeerId) {
        let Some(peer) = self.peer(id) else { return };
        for place in peer.routes.clone() {
            let next = self.next_ready(place, id);
            let route = &mut self.routes[place];
            if route.current == Some(id) {
                route.current = next;
            }
            let controller = route.controller;
            self.move_errands(place, id, next, |_| true);
            if next.is_none() {
                self.book.report(Report::Down(controller));
            }
        }
    }

    /// A peer left a request unanswered: where one peer gets the orders, the next one is tried. A kill stays with the
    /// silent one too, which may yet act on the write that it was handed.
    pub(super) fn fail_over(&mut self, place: usize, id: PeerId) {
        let Some(next) = self.next_ready(place, id) else { return };
        let route = &mut self.routes[place];
        if route.reach == Reach::OneThenFailover && route.current == Some(id) {
            route.current = Some(next);
            self.share_kills(place, id, next);
            let is_meant = |rank: Rank| rank.priority != Priority::Kill;
            self.move_errands(place, id, Some(next), is_meant);
        }
    }

    fn next_ready(&self, place: usize, id: PeerId) -> Option<PeerId> {
        self.routes[place].after(id).find(|id| self.peer(*id).is_some_and(|peer| peer.ready))
    }

    /// What a peer is still to kill for a controller another one is to kill as well.
    fn share_kills(&mut self, place: usize, from: PeerId, to: PeerId) {
        let Some(peer) = self.peer_mut(from) else { return };
        let is_kill = |rank: Rank, errand: &Errand| errand.route == place && rank.priority == Priority::Kill;
        let kills = peer.queue.extract(is_kill);
        for (rank, errand) in kills {
            // Once it has been shared the other has it, or has been asked for all of it by now.
            let is_shared = self.book.order(errand.order).is_none_or(Open::is_shared);
            if !is_shared && let Some(other) = self.peer_mut(to) {
                other.queue.insert(rank, errand.clone());
                self.book.share(errand.order);
            }
            if let Some(peer) = self.peer_mut(from) {
                peer.queue.insert(rank, errand);
            }
        }
    }

    /// Moves what a peer was still to do for a controller. An order that other peers have too leaves nothing behind but
    /// the cells that none of them was asked for.
    fn move_errands(
        &mut self,
        place: usize,
        from: PeerId,
        to: Option<PeerId>,
        is_meant: impl Fn(Rank) -> bool,
    ) {
        let Some(peer) = self.peer_mut(from) else { return };
        for (rank, errand) in peer.queue.extract(|rank, errand| errand.route == place && is_meant(rank)) {
            self.move_errand(rank, errand, to);
        }
        if let Some(to) = to {
            self.stir(to);
        }
    }

    fn move_errand(&mut self, rank: Rank, mut errand: Errand, to: Option<PeerId>) {
        let others = self.book.order(errand.order).map_or(0, |order| order.errands.saturating_sub(1));
        if others > 0 {
            return self.book.close_errand(errand.order, None);
        }
        let route = &mut self.routes[errand.route];
        if let Some(asked) = self.book.asked_elsewhere(errand.order) {
            errand.rest = Rest::new(&route.sector, &errand.rest.cells().subtract(asked));
        }
        if errand.rest.is_empty() {
            return self.book.close_errand(errand.order, None);
        }
        match to.and_then(|PeerId(id)| self.peers.get_mut(usize::from(id))) {
            Some(peer) => peer.queue.insert(rank, errand),
            None if rank.priority == Priority::Kill => route.waiting.insert(rank, errand),
            // It would go out before the kills that a peer that comes back must get first. The engine asks again then.
            None => self.book.close_errand(errand.order, Some((Outcome::Withdrawn, errand.rest.cells()))),
        }
    }
}
