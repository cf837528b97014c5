//! The dispatcher: demands and PDUs in, PDUs and reports out.

mod checks;
mod hear;
mod reach;
mod transmit;

use std::collections::{BTreeMap, VecDeque};

use area::{CellRuns, ControllerId, Inventory};
use bytes::Bytes;
use engine::order::{Action, BroadcastId, Demand, Order, Priority};
use engine::report::{CellReport, Outcome, Report};
use engine::{Airtime, Counting, Traits};
use smallvec::SmallVec;

use crate::alarms::Alarms;
use crate::batch::{Batch, Rest};
use crate::book::Book;
use crate::limiter::CellLimiter;
use crate::peer::Peer;
use crate::queue::{Errand, Queue, Rank};
use crate::register::Register;
use crate::route::Route;
use crate::session::{Session, Shelf};
use crate::wire::{Sector, Wire};
use transmit::reference;

use crate::{Document, Error, Notice, NoticeKind, PeerId, PeerStatus, Protocol, Reach, Setup, Traffic};

/// The most orders that may be open towards one controller; kills are taken up to twice as many, repeats up to half.
const ORDERS_MAX: usize = 10_000;
/// The most notices that wait to be polled; further ones are lost.
const NOTICES_MAX: usize = 10_000;

/// How orders get to the network, for every peer of a dispatcher.
///
/// Drive it like this: hand in what happens, then poll [`poll_transmit`](Self::poll_transmit),
/// [`poll_report`](Self::poll_report) and [`poll_notice`](Self::poll_notice) until each says `None`, then sleep until
/// [`next_wakeup`](Self::next_wakeup) and call [`handle_timeout`](Self::handle_timeout).
#[derive(Debug)]
pub struct Dispatch {
    wire: Wire,
    peers: Vec<Peer>,
    routes: Vec<Route>,
    route_of: BTreeMap<ControllerId, usize>,
    book: Book,
    shelf: Shelf,
    notices: VecDeque<Notice>,
    /// The peers that may have something to send, each once, in turn.
    turns: VecDeque<PeerId>,
    /// When which peer should be looked at, by its number.
    alarms: Alarms,
    /// The batch that was cut last, for its room.
    batch: Batch,
    arrivals: u64,
    started: bool,
}

/// Whether this is the peer's first link since it is known; only then may its cells be reset.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct FirstContact(pub bool);

impl Dispatch {
    /// A dispatcher for this network, with every link down.
    pub fn new(inventory: &Inventory, setup: Setup) -> Result<Self, Error> {
        checks::check(inventory, &setup)?;
        let wire = Wire::new(inventory);
        let mut peers: Vec<Peer> = setup.peers.into_iter().map(Peer::new).collect();
        let peer_count = peers.len();
        let mut routes = Vec::with_capacity(setup.routes.len());
        let mut route_of = BTreeMap::new();
        for (place, route) in setup.routes.into_iter().enumerate() {
            for peer in &route.peers {
                if let Some(peer) = peers.get_mut(usize::from(peer.0)) {
                    peer.routes.push(place);
                }
            }
            route_of.insert(route.controller, place);
            routes.push(Route {
                controller: route.controller,
                reach: route.reach,
                peers: route.peers,
                current: None,
                sector: Sector::new(inventory, inventory.controller(route.controller), &wire),
                limiter: CellLimiter::new(inventory.controller(route.controller).cells.clone()),
                waiting: Queue::default(),
                register: Register::default(),
                failed: CellRuns::new(),
            });
        }
        Ok(Self {
            wire,
            peers,
            routes,
            route_of,
            book: Book::default(),
            shelf: Shelf::default(),
            notices: VecDeque::new(),
            turns: VecDeque::new(),
            alarms: Alarms::new(peer_count),
            batch: Batch::default(),
            arrivals: 0,
            started: false,
        })
    }

    /// Takes a demand of the engine.
    pub fn demand(&mut self, now_ms: u64, demand: Demand) {
        self.start(now_ms);
        match demand {
            Demand::Order(order) => self.take(now_ms, order, None),
            Demand::Withdraw(broadcast) => self.withdraw(broadcast),
        }
    }

    /// Takes an order for cells whose operator's CBC is asked by CAP: it is to hold `document`, which says what the order
    /// wants and all else there is to say of the alert.
    pub fn demand_by_cap(&mut self, now_ms: u64, order: Order, document: Document) {
        self.start(now_ms);
        self.take(now_ms, order, Some(document));
    }

    /// Whether a controller's peers are asked by CAP.
    pub fn is_asked_by_cap(&self, controller: ControllerId) -> bool {
        self.protocols(controller).any(|protocol| matches!(protocol, Protocol::Cap(_)))
    }

    /// A peer's link is up.
    pub fn link_up(&mut self, now_ms: u64, id: PeerId, first: FirstContact) {
        self.start(now_ms);
        self.link_down(now_ms, id);
        let cells = if first.0 { self.cells_of(id) } else { Vec::new() };
        let Some(peer) = self.peer_mut(id) else { return };
        let mut session = Session::new(&peer.profile, first, &cells);
        session.connected(now_ms);
        peer.session = Some(session);
        peer.writable = true;
        peer.closing = false;
        self.attend(now_ms, id);
    }

    /// A peer's link is down: what was in flight is reported unanswered, what was not handed out goes to the next peer
    /// or waits.
    pub fn link_down(&mut self, now_ms: u64, id: PeerId) {
        let Some(session) = self.peer_mut(id).and_then(|peer| peer.session.as_mut()) else { return };
        session.disconnected(now_ms);
        self.attend(now_ms, id);
        if let Some(peer) = self.peer_mut(id) {
            peer.session = None;
            peer.held = None;
        }
        self.stir(id);
    }

    /// A peer sent a PDU.
    pub fn received(&mut self, now_ms: u64, id: PeerId, pdu: &[u8]) {
        let Some(peer) = self.peer_mut(id) else { return };
        let Some(session) = &mut peer.session else { return };
        peer.counters.pdus_received += 1;
        peer.counters.octets_received += pdu.len() as u64;
        session.received(now_ms, pdu);
        self.attend(now_ms, id);
    }

    /// A link has room for another PDU, or has none.
    pub fn set_writable(&mut self, id: PeerId, writable: bool) {
        let Some(peer) = self.peer_mut(id) else { return };
        peer.writable = writable;
        self.stir(id);
    }

    /// Does what is due by now.
    pub fn handle_timeout(&mut self, now_ms: u64) {
        self.start(now_ms);
        while let Some((_, at)) = self.alarms.first().filter(|(due_ms, _)| *due_ms <= now_ms) {
            self.alarms.set(at, None);
            let id = PeerId(at as u16);
            let Some(peer) = self.peer_mut(id) else { continue };
            peer.queue.wake(now_ms);
            if let Some(session) = &mut peer.session {
                session.handle_timeout(now_ms);
            }
            self.attend(now_ms, id);
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) at the latest, in monotonic milliseconds.
    pub fn next_wakeup(&self) -> Option<u64> {
        self.alarms.first().map(|(due_ms, _)| due_ms)
    }

    /// The next PDU to hand to a link. Peers take turns. What is reported as sent is reported when it leaves here.
    pub fn poll_transmit(&mut self, now_ms: u64) -> Option<(PeerId, Bytes)> {
        while let Some(id) = self.turns.pop_front() {
            let pdu = self.next_pdu(now_ms, id);
            if let Some(peer) = self.peer_mut(id) {
                peer.stirred = false;
            }
            match pdu {
                Some(pdu) => {
                    self.stir(id);
                    return Some((id, pdu));
                }
                None => self.schedule(id),
            }
        }
        None
    }

    /// The next thing learned.
    pub fn poll_report(&mut self) -> Option<Report> {
        self.book.poll_report()
    }

    /// The next thing for the log.
    pub fn poll_notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    /// What the engine must know of a controller, but for what the air of its cells carries; `None` when it has no peer.
    pub fn traits(&self, controller: ControllerId) -> Option<Traits> {
        let place = *self.route_of.get(&controller)?;
        Some(Traits {
            in_place: self.protocols(controller).all(|protocol| !matches!(protocol, Protocol::Sbcap(_))),
            indications: self.protocols(controller).all(|protocol| match protocol {
                Protocol::Sbcap(dialect) => dialect.indications,
                Protocol::Cap(dialect) => dialect.reports,
                Protocol::Cbsp(_) | Protocol::Sabp(_) => false,
            }),
            stops_first: self
                .protocols(controller)
                .any(|protocol| matches!(protocol, Protocol::Sbcap(dialect) if dialect.stops_first)),
            counts: self.counting(controller),
            pooled: self.routes[place].peers.len() > 1,
            airtime: Airtime::default(),
        })
    }

    fn counting(&self, controller: ControllerId) -> Counting {
        let counts = self.protocols(controller).map(|protocol| match protocol {
            Protocol::Cap(_) => Counting::Nothing,
            Protocol::Cbsp(dialect) if dialect.unlimited == cbsp::UnlimitedForm::Largest => {
                Counting::Everything
            }
            Protocol::Cbsp(_) | Protocol::Sabp(_) | Protocol::Sbcap(_) => Counting::Ends,
        });
        // Where they differ, who counts most.
        counts.max_by_key(|counting| *counting as u8).unwrap_or_default()
    }

    /// A peer at this moment.
    pub fn peer_status(&self, id: PeerId) -> PeerStatus {
        self.peer(id).map(Peer::status).unwrap_or_default()
    }

    /// What a broadcast cost towards each controller, by controller.
    pub fn traffic(&self, broadcast: BroadcastId) -> Vec<Traffic> {
        let towards = |route: &Route| route.register.traffic(route.controller, broadcast);
        let mut traffic: Vec<Traffic> = self.routes.iter().filter_map(towards).collect();
        traffic.sort_unstable_by_key(|traffic| traffic.controller);
        traffic
    }

    /// The first time it is told the time.
    fn start(&mut self, now_ms: u64) {
        if !std::mem::replace(&mut self.started, true) {
            self.routes.iter_mut().for_each(|route| route.limiter.start(now_ms));
        }
    }

    /// Queues an order at the peers that shall have it.
    fn take(&mut self, now_ms: u64, order: Order, document: Option<Document>) {
        if self.book.order(order.id).is_some() {
            return;
        }
        let Some(place) = self.route_of.get(&order.controller).copied() else {
            return self.turn_away(&order, order.cells.clone());
        };
        let route = &self.routes[place];
        let handed = route.register.handed(reference(&order.action));
        let is_repeat = handed.is_some_and(|handed| order.cells.subtract(&handed.cells).is_empty());
        let max = match order.priority {
            Priority::Kill => 2 * ORDERS_MAX,
            _ if is_repeat => ORDERS_MAX / 2,
            _ => ORDERS_MAX,
        };
        let open = self.book.open_orders(order.controller);
        if open >= max {
            if let Some(peer) = route.peers.first() {
                let words = format!("{open} orders are open already, order {} is not taken", order.id.0);
                self.notice(*peer, NoticeKind::QueueFull, words);
            }
            return self.turn_away(&order, order.cells.clone());
        }
        let cells = order.cells.intersect(&route.sector.all());
        if cells != order.cells {
            self.report_withdrawn(&order, order.cells.subtract(&cells));
        }
        self.arrivals += 1;
        let rank = Rank { priority: order.priority, is_repeat, arrival: self.arrivals };
        let peers = self.peers_for(place, &order.action);
        self.book.open(now_ms, &order, document, peers.len().max(1));
        let errand =
            |sector: &Sector| Errand { order: order.id, route: place, rest: Rest::new(sector, &cells) };
        let route = &mut self.routes[place];
        if peers.is_empty() && order.priority == Priority::Kill {
            route.waiting.insert(rank, errand(&route.sector));
        } else if peers.is_empty() {
            // A peer that comes back gets kills before anything else: the engine asks again when it hears of that.
            return self.book.close_errand(order.id, Some((Outcome::Withdrawn, cells)));
        }
        for id in peers {
            let errand = errand(&self.routes[place].sector);
            if let Some(peer) = self.peer_mut(id) {
                peer.queue.insert(rank, errand);
                self.stir(id);
            }
        }
    }

    /// The peers that get an order, now.
    fn peers_for(&self, place: usize, action: &Action) -> SmallVec<[PeerId; 4]> {
        let route = &self.routes[place];
        let is_ready = |id: &PeerId| self.peer(*id).is_some_and(|peer| peer.ready);
        match (route.reach, action) {
            (Reach::All, _) => route.peers.iter().copied().filter(is_ready).collect(),
            (Reach::OneThenFailover, Action::Write { .. } | Action::Query { .. }) => {
                route.current.into_iter().collect()
            }
            // A kill follows the message to wherever it was handed: a silent peer may yet act on the write. Of what was
            // handed out before our own death nothing is known. (The endpoints of a CBC are two doors of one house.)
            (Reach::OneThenFailover, Action::Kill { message_id, serial, .. }) => {
                let handed = route.register.handed((*message_id, *serial));
                let is_cbc = |id: &PeerId| {
                    self.peer(*id).is_some_and(|peer| matches!(peer.profile.protocol, Protocol::Cap(_)))
                };
                let had_it =
                    |id: &PeerId| handed.map_or_else(|| !is_cbc(id), |handed| handed.peers.contains(id));
                let gets_it = |id: &PeerId| is_ready(id) && (route.current == Some(*id) || had_it(id));
                route.peers.iter().copied().filter(gets_it).collect()
            }
        }
    }

    /// Drops what is queued of a broadcast, but for its kills.
    fn withdraw(&mut self, broadcast: BroadcastId) {
        let book = &self.book;
        let is_meant = |rank: Rank, errand: &Errand| {
            rank.priority != Priority::Kill
                && book.order(errand.order).is_some_and(|order| order.broadcast == broadcast)
        };
        let queues = self.peers.iter_mut().map(|peer| &mut peer.queue);
        let waiting = self.routes.iter_mut().map(|route| &mut route.waiting);
        let mut errands: Vec<_> = queues.chain(waiting).flat_map(|queue| queue.extract(is_meant)).collect();
        errands.sort_by_key(|(rank, _)| *rank);
        for (_, errand) in errands {
            self.book.close_errand(errand.order, Some((Outcome::Withdrawn, errand.rest.cells())));
        }
    }

    /// An order that is not taken ends at once.
    fn turn_away(&mut self, order: &Order, cells: CellRuns) {
        self.report_withdrawn(order, cells);
        self.book.report(Report::Settled(order.id));
    }

    fn report_withdrawn(&mut self, order: &Order, cells: CellRuns) {
        if !cells.is_empty() {
            self.book.report(Report::Cells(CellReport {
                controller: order.controller,
                broadcast: order.broadcast,
                serial: order.action.serial(),
                verb: order.action.verb(),
                outcome: Outcome::Withdrawn,
                cells,
            }));
        }
    }

    /// Looks at a peer after something happened to its session.
    fn attend(&mut self, now_ms: u64, id: PeerId) {
        self.listen(id);
        self.tell_upheaval(now_ms, id);
        self.try_failed(now_ms, id);
        let Some(peer) = self.peer_mut(id) else { return };
        let session = peer.session.as_mut().filter(|_| !peer.closing);
        if let Some((session, reason)) =
            session.and_then(|session| session.close_reason().map(|why| (session, why)))
        {
            // Nothing more will be heard: what is in flight ends now, before the controller may be called down.
            session.disconnected(now_ms);
            peer.closing = true;
            self.notice(id, NoticeKind::CloseLink, reason);
            self.listen(id);
        }
        let Some(peer) = self.peer_mut(id) else { return };
        let ready = !peer.closing && peer.session.as_ref().is_some_and(Session::is_ready);
        let was_ready = std::mem::replace(&mut peer.ready, ready);
        match (was_ready, ready) {
            (false, true) => self.peer_ready(id),
            (true, false) => self.peer_lost(id),
            _ => {}
        }
        self.stir(id);
    }

    /// Takes in all that a peer's session has heard.
    fn listen(&mut self, id: PeerId) {
        while let Some(heard) =
            self.peer_mut(id).and_then(|peer| peer.session.as_mut()).and_then(Session::poll_heard)
        {
            self.hear(id, heard);
        }
    }

    /// Gives a peer a turn at sending.
    fn stir(&mut self, id: PeerId) {
        if let Some(peer) = self.peer_mut(id)
            && !std::mem::replace(&mut peer.stirred, true)
        {
            self.turns.push_back(id);
        }
        self.schedule(id);
    }

    /// Notes when a peer should be looked at again.
    fn schedule(&mut self, id: PeerId) {
        let Some(peer) = self.peers.get(usize::from(id.0)) else { return };
        self.alarms.set(id.0.into(), peer.next_wakeup());
    }

    /// The cells of a peer's controllers, in wire form.
    fn cells_of(&self, id: PeerId) -> Vec<u8> {
        let Some(peer) = self.peer(id) else { return Vec::new() };
        let mut octets = Vec::new();
        for place in &peer.routes {
            let cells = self.routes[*place].sector.all();
            cells.iter().for_each(|run| octets.extend_from_slice(self.wire.run(run)));
        }
        octets
    }

    /// What is spoken to the peers of a controller.
    fn protocols(&self, controller: ControllerId) -> impl Iterator<Item = Protocol> + '_ {
        let route = self.route_of.get(&controller).map(|place| &self.routes[*place]);
        let peers = route.into_iter().flat_map(|route| &route.peers);
        peers.filter_map(|id| self.peer(*id)).map(|peer| peer.profile.protocol)
    }

    fn notice(&mut self, peer: PeerId, kind: NoticeKind, words: String) {
        if self.notices.len() < NOTICES_MAX {
            self.notices.push_back(Notice { peer, kind, words });
        }
    }

    fn peer(&self, PeerId(id): PeerId) -> Option<&Peer> {
        self.peers.get(usize::from(id))
    }

    fn peer_mut(&mut self, PeerId(id): PeerId) -> Option<&mut Peer> {
        self.peers.get_mut(usize::from(id))
    }
}
