//! The dispatcher's thread: it alone owns the engine and dispatch. Everything comes in by one channel, and leaves as
//! records for the journal, PDUs for the links, and answers for the admin socket.
//!
//! One turn: take what has come in; let engine and dispatch work until neither has anything left to say; hand the
//! records over; answer those whose records are durable.

use std::collections::VecDeque;
use std::time::Duration;

use admin::{Answer, Caller, Problem, Request};
use bytes::Bytes;
use crossbeam_channel::{Receiver, RecvTimeoutError};
use dispatch::{Document, FirstContact, NoticeKind, PeerId};
use engine::command::{Actor, Command};
use engine::order::Order;
use engine::{AlertId, Engine, Entry, Import, Now, Record, Seq, Share};
use link::{Connection, EventKind, LinkEvent, SendError};
use policy::{Act, Bulletin};
use tokio::sync::{oneshot, watch};
use tracing::{debug, error, info, warn};

use crate::clock::Clock;
use crate::documents::Documents;
use crate::links::{self, Flapping, Way};
use crate::noticeboard::Publicity;
use crate::storage::{Event, Storage};
use crate::works::Works;

mod answers;
mod loss;

/// Something that comes in.
pub(crate) enum Input {
    /// A call on the admin socket.
    Ask {
        /// Who asks.
        caller: Caller,
        /// What.
        request: Box<Request>,
        /// Where the answer goes.
        reply: Reply,
    },
    /// A CAP message that has been read.
    Import {
        /// Who brings it.
        caller: Caller,
        /// What it asks for.
        import: Box<Import>,
        /// Where the answer goes.
        reply: Reply,
    },
    /// A call for the messages that an alert has been.
    Bulletins {
        /// Who asks.
        caller: Caller,
        /// The alert.
        alert: AlertId,
        /// The sender of our messages.
        sender: String,
        /// Where they go, with the class of the alert.
        reply: oneshot::Sender<Result<(String, Vec<Bulletin>), Problem>>,
    },
    /// Something happened on a link; links are numbered as peers are.
    Link(LinkEvent),
    /// A thread of the storage has something to say.
    Storage(Event),
    /// Finish: hand over what there is, close the links, end.
    Stop,
}

/// Where an answer goes.
pub(crate) type Reply = oneshot::Sender<Result<Answer, Problem>>;

/// Who somebody is.
pub(crate) type Identify = Box<dyn Fn(&Caller) -> Actor + Send>;

/// A peer as the control room is shown it.
#[derive(Debug)]
pub(crate) struct PeerFacts {
    pub(crate) name: String,
    pub(crate) operator: String,
    pub(crate) protocol: String,
    pub(crate) controllers: Vec<String>,
    pub(crate) address: String,
}

/// A peer's link at this moment.
#[derive(Default)]
struct PeerLink {
    /// Its connections, that by its role first: both carry what either side says.
    connections: [Option<Connection>; 2],
    /// A PDU that the link's full queue has not taken yet.
    held: Option<Bytes>,
    since_ms: Option<i64>,
    flapping: Flapping,
    last_notice: Option<String>,
    /// How often the log was told of it in which minute.
    told: (u64, u32),
}

impl PeerLink {
    /// Whether one more notice goes into the log: a peer that talks nonsense must not fill the disk with it.
    fn may_tell(&mut self, peer: &str, now: Now) -> bool {
        let minute = now.monotonic_ms / 60_000;
        if self.told.0 != minute {
            self.told = (minute, 0);
        }
        self.told.1 = self.told.1.saturating_add(1);
        if self.told.1 == NOTICES_A_MINUTE {
            warn!(peer, "too many notices: no more of them are logged in this minute");
        }
        self.told.1 < NOTICES_A_MINUTE
    }
}

/// Who is told when something changes.
pub(crate) struct Audience {
    /// The watches of the admin socket, by a number that grows.
    pub(crate) changed: watch::Sender<u64>,
    /// The public, where there is a feed.
    pub(crate) publicity: Option<Publicity>,
    /// What operators' CBCs are to hold.
    pub(crate) documents: Documents,
}

/// What the dispatcher's thread owns.
pub(crate) struct Core {
    clock: Clock,
    works: Works,
    storage: Storage,
    identify: Identify,
    peers: Vec<PeerFacts>,
    links: Vec<PeerLink>,
    durable: Seq,
    /// Why nothing can be made durable any more.
    journal_failed: Option<String>,
    /// What is wrong with records that the start did not read.
    damaged: Option<String>,
    /// The last record that rests on the file of cancels.
    recalled: Option<Seq>,
    /// Answers that wait for their records.
    answers: VecDeque<(Seq, Reply, Result<Answer, Problem>)>,
    audience: Audience,
    /// The last record that the watches of the admin socket were told of.
    told: Seq,
    /// Whether they are to look again although there is no record of what changed.
    changed: bool,
    /// The record that must be durable before the public is told again.
    unpublished: Option<Seq>,
}

impl Core {
    pub(crate) fn new(
        clock: Clock,
        works: Works,
        storage: Storage,
        identify: Identify,
        peers: Vec<PeerFacts>,
        audience: Audience,
    ) -> Self {
        let links = peers.iter().map(|_| PeerLink::default()).collect();
        let durable = works.engine().last();
        Self {
            clock,
            works,
            storage,
            identify,
            peers,
            links,
            durable,
            journal_failed: None,
            damaged: None,
            recalled: None,
            answers: VecDeque::new(),
            audience,
            told: durable,
            changed: false,
            // What was replayed is durable.
            unpublished: Some(durable),
        }
    }

    /// Works until told to stop. `moved`: where the cells of another inventory stand now, if it was one.
    pub(crate) fn run(mut self, moved: &[Option<u32>], inputs: &Receiver<Input>) {
        let now = self.clock.now();
        self.works.start(now, moved);
        self.recall(now);
        if let Some(why) = self.storage.failed() {
            self.lose_journal(&why);
        }
        loop {
            self.work();
            let input = match self.wait() {
                Some(wait) => inputs.recv_timeout(wait),
                None => inputs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match input {
                Ok(Input::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(input) => {
                    self.take(input);
                    // Whatever else is there joins the turn, up to a bound: nothing due may wait for a flood.
                    for input in inputs.try_iter().take(INPUTS_A_TURN) {
                        if matches!(input, Input::Stop) {
                            return self.finish();
                        }
                        self.take(input);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        self.finish();
    }

    fn wait(&self) -> Option<Duration> {
        let wake_ms = self.works.next_wakeup()?;
        Some(Duration::from_millis(wake_ms.saturating_sub(self.clock.now().monotonic_ms)))
    }

    fn take(&mut self, input: Input) {
        let now = self.clock.now();
        match input {
            Input::Ask { caller, request, reply } => self.ask(now, &caller, *request, reply),
            Input::Import { caller, import, reply } => {
                let actor = (self.identify)(&caller);
                let result = self.import(now, &actor, *import);
                self.reply(reply, result);
            }
            Input::Bulletins { caller, alert, sender, reply } => {
                let actor = (self.identify)(&caller);
                // The caller may have gone; nothing is lost by that.
                let _ = reply.send(self.bulletins(&actor, alert, &sender));
            }
            Input::Link(event) => self.link(now, event),
            Input::Storage(event) => self.stored(now, event),
            Input::Stop => {}
        }
    }

    fn stored(&mut self, now: Now, event: Event) {
        match event {
            Event::Journal(journal::Outcome::Durable(seq)) => {
                self.durable = Seq(seq.0);
                self.works.durable(now, self.durable);
                self.storage.durable(self.durable, &self.works.engine().setup().profiles);
                if self.recalled.is_some_and(|recalled| recalled <= self.durable) {
                    self.recalled = None;
                    self.storage.forget_cancels();
                }
            }
            Event::Journal(journal::Outcome::Failed(error)) => self.lose_journal(&error.to_string()),
            Event::Snapshot(Ok((at, digest))) => {
                info!(record = at.0, digest, "the state is written down");
                self.works.snapshot_written(now, at, digest);
                self.storage.snapshot_over(at);
            }
            Event::Snapshot(Err(why)) => {
                warn!(why, "the state cannot be written down; the next start takes longer");
                self.storage.snapshot_over(self.durable);
            }
            Event::Damaged(why) => {
                error!(why, "the journal is damaged before the state that this start began with");
                self.damaged = Some(why);
                self.changed = true;
            }
        }
    }

    /// Cancels again what was cancelled while the journal took nothing.
    fn recall(&mut self, now: Now) {
        let cancels = self.storage.kept_cancels();
        if cancels.is_empty() {
            return;
        }
        for cancel in cancels {
            let alert = cancel.alert;
            let (actor, command) = cancel.command();
            match self.works.command(now, &actor, None, command) {
                Ok(_) => {
                    warn!(%alert, by = actor.name, "cancelled again: the journal had not taken its cancel")
                }
                Err(refusal) => info!(%alert, %refusal, "a kept cancel has nothing left to do"),
            }
        }
        self.recalled = Some(self.works.engine().last());
    }

    /// Lets everything that is due happen, and hands out what comes of it.
    fn work(&mut self) {
        let now = self.clock.now();
        let (links, documents) = (&mut self.links, &mut self.audience.documents);
        let notices = self.works.turn(
            now,
            |peer, pdu| send(links, peer, pdu),
            |engine, order| document(documents, engine, order),
        );
        for notice in notices {
            self.notice(now, &notice);
        }
        if self.works.concerns_the_public() {
            self.unpublished = Some(self.works.engine().last());
        }
        self.hand_over();
        self.answer();
        self.tell_the_public(now);
        self.tell_watches();
    }

    /// Has every watch look again, once a turn, if there is anything new.
    fn tell_watches(&mut self) {
        let last = self.works.engine().last();
        if std::mem::take(&mut self.changed) || last != self.told {
            self.told = last;
            self.audience.changed.send_modify(|number| *number += 1);
        }
    }

    /// Sends what had waited for room.
    fn send_held(&mut self, now: Now, peer: PeerId, held: Option<Bytes>) {
        if let Some(pdu) = held
            && !send(&mut self.links, peer, pdu)
        {
            self.works.set_writable(now, peer, false);
        }
    }

    fn link(&mut self, now: Now, event: LinkEvent) {
        if let EventKind::Refused { address } = event.kind {
            warn!(%address, "an unknown address dialled in and was turned away");
            return;
        }
        let Some((number, way)) = links::peer_of(event.link) else { return };
        let peer = PeerId(number);
        let (Some(link), Some(facts)) =
            (self.links.get_mut(usize::from(number)), self.peers.get(usize::from(number)))
        else {
            return;
        };
        let name = facts.name.as_str();
        match event.kind {
            EventKind::Up { peer: address, connection } => {
                if link.flapping.is_on() {
                    debug!(peer = name, %address, "link up");
                } else {
                    info!(peer = name, %address, "link up");
                }
                let is_first = link.connections.iter().all(Option::is_none);
                link.connections[way as usize] = Some(connection);
                if !is_first {
                    return;
                }
                link.held = None;
                link.since_ms = Some(now.wall_ms);
                let met = self.works.meet(now, name);
                self.works.set_writable(now, peer, true);
                // A RESET is for once in a peer's life, and nobody would know that it has been.
                let first = !met && self.journal_failed.is_none();
                self.works.link_up(now, peer, FirstContact(first));
            }
            EventKind::Down { reason, dropped_frames } => {
                link.connections[way as usize] = None;
                let held = link.held.take();
                if link.connections.iter().any(Option::is_some) {
                    info!(peer = name, reason, dropped_frames, "one of two connections is closed");
                    // What waited for room in it goes out on the other.
                    self.works.set_writable(now, peer, true);
                    self.send_held(now, peer, held);
                    return;
                }
                link.flapping.lost(now.wall_ms - link.since_ms.replace(now.wall_ms).unwrap_or(now.wall_ms));
                if link.flapping.is_on() {
                    debug!(peer = name, reason, dropped_frames, "link down");
                    link.last_notice = Some(format!("flapping: {reason}"));
                } else {
                    warn!(peer = name, reason, dropped_frames, "link down");
                    link.last_notice = Some(reason);
                }
                self.works.link_down(now, peer);
            }
            EventKind::Frame(frame) => self.works.received(now, peer, &frame),
            EventKind::Writable => {
                let held = link.held.take();
                self.works.set_writable(now, peer, true);
                self.send_held(now, peer, held);
            }
            EventKind::Unreachable { reason, retry_in_ms } => {
                // Every attempt of a long outage is the same news: said when it changes.
                if link.last_notice.as_ref() != Some(&reason) {
                    if !link.flapping.is_on() {
                        warn!(peer = name, reason, retry_in_ms, "cannot connect");
                    }
                    link.last_notice = Some(reason);
                }
            }
            EventKind::Refused { .. } => {}
            // A connection that an RNC opens for one report is meant to be short.
            EventKind::Flapping { .. } if way == Way::PeersOwn => {}
            EventKind::Flapping { losses } => {
                warn!(peer = name, losses, "the link is flapping: no more is said until it was stable");
                link.flapping.begin();
            }
            EventKind::Path { address, reachable } => {
                info!(peer = name, %address, reachable, "a path changed")
            }
        }
        self.changed = true;
    }

    fn notice(&mut self, now: Now, notice: &dispatch::Notice) {
        let Some(link) = self.links.get_mut(usize::from(notice.peer.0)) else { return };
        let name = self.peers.get(usize::from(notice.peer.0)).map_or("", |facts| facts.name.as_str());
        if notice.kind == NoticeKind::Ready {
            if !link.flapping.is_on() {
                info!(peer = name, "ready");
            }
            return;
        }
        if link.may_tell(name, now) {
            warn!(peer = name, kind = notice.kind.name(), "{}", notice.words);
        }
        link.last_notice = Some(notice.words.clone());
        if notice.kind == NoticeKind::CloseLink {
            link.connections.iter().flatten().for_each(|connection| connection.abort(notice.words.clone()));
        }
    }

    /// Hands the records to the journal's thread. While its queue is full they wait here, and with them everything
    /// that rests on them; the next group that is synced makes room.
    fn hand_over(&mut self) {
        if self.journal_failed.is_none() && !self.storage.has_room() {
            return;
        }
        let entries = self.works.take_records();
        entries.iter().for_each(|entry| self.tell(entry));
        if self.journal_failed.is_none()
            && let Err(error) = self.storage.append(&entries)
        {
            self.lose_journal(&error.to_string());
        }
    }

    /// What was decided without anybody having asked for it.
    fn tell(&self, entry: &Entry) {
        let Record::Rationed { controller, ration } = &entry.record else { return };
        let controller = &self.works.engine().setup().inventory.controller(*controller).name;
        for lesser in &ration.lesser {
            let alert =
                self.works.engine().broadcast(lesser.broadcast).map(|broadcast| broadcast.alert.to_string());
            let (alert, cells) = (alert.unwrap_or_default(), lesser.cells.len());
            match lesser.share {
                Share::Slowed(period_ms) => {
                    warn!(alert, controller, cells, period_s = period_ms / 1000, "slowed: the air is full");
                }
                Share::Nothing => warn!(alert, controller, cells, "waits: the air is full"),
                Share::Full => {}
            }
        }
        if ration.lesser.is_empty() {
            info!(controller, "the air carries all that is wanted");
        }
    }

    /// Tells what is on and what was cancelled, once that is durable, or nothing is any more.
    fn tell_the_public(&mut self, now: Now) {
        let Some(publicity) = &self.audience.publicity else { return };
        let durable = |seq: &Seq| *seq <= self.durable || self.journal_failed.is_some();
        if self.unpublished.take_if(|seq| durable(seq)).is_some() {
            let since_ms = now.wall_ms.saturating_sub(publicity.cancel_kept_ms);
            publicity.notices.send_replace(self.works.engine().notices(&publicity.sender, since_ms));
        }
    }

    fn answer(&mut self) {
        while let Some((seq, ..)) = self.answers.front() {
            if *seq > self.durable {
                break;
            }
            if let Some((_, reply, answer)) = self.answers.pop_front() {
                // The caller may have gone; nothing is lost by that.
                let _ = reply.send(answer);
            }
        }
    }

    fn ask(&mut self, now: Now, caller: &Caller, request: Request, reply: Reply) {
        let actor = (self.identify)(caller);
        match request {
            Request::Command { key, command } => {
                let result = self.command(now, &actor, key, command);
                self.reply(reply, result);
            }
            request => drop(reply.send(self.look(now, &actor, request))),
        }
    }

    /// Answers a command: one that was done, once every record so far is durable.
    fn reply(&mut self, reply: Reply, result: Result<Answer, Problem>) {
        let last = self.works.engine().last();
        if result.is_ok() && self.journal_failed.is_none() && last > self.durable {
            self.answers.push_back((last, reply, result));
        } else {
            drop(reply.send(result));
        }
    }

    fn command(
        &mut self,
        now: Now,
        actor: &Actor,
        key: Option<String>,
        command: Command,
    ) -> Result<Answer, Problem> {
        let cancels = matches!(command, Command::Cancel { .. } | Command::StopAll { .. });
        self.refuse_unrecordable(cancels)?;
        let verb = command.verb();
        let on: Vec<AlertId> = match command {
            Command::StopAll { .. } => {
                let on = self.works.engine().open_alerts().filter(|alert| alert.state.is_on());
                on.map(|alert| alert.id).collect()
            }
            _ => Vec::new(),
        };
        let alert = self.works.command(now, actor, key, command)?;
        info!(%alert, verb, by = actor.name, "done");
        on.iter().chain([&alert]).try_for_each(|cancelled| self.keep_cancel(*cancelled))?;
        match verb {
            // A repeat has stopped nothing more.
            "stop all" => {
                Ok(Answer::Alerts(on.into_iter().filter_map(|id| self.works.engine().view(id)).collect()))
            }
            _ => self.show(alert),
        }
    }

    /// Does what a CAP message asks for.
    fn import(&mut self, now: Now, actor: &Actor, import: Import) -> Result<Answer, Problem> {
        self.refuse_unrecordable(import.message.act == Act::Cancel)?;
        let message = import.message.name.clone();
        let alert = self.works.import(now, actor, import)?;
        info!(%alert, verb = "import", by = actor.name, %message, "done");
        self.keep_cancel(alert)?;
        self.show(alert)
    }

    fn finish(mut self) {
        self.hand_over();
        for link in &self.links {
            link.connections.iter().flatten().for_each(|connection| connection.close("the daemon stops"));
        }
        match self.storage.close() {
            Ok(()) => {
                for (_, reply, answer) in self.answers.drain(..) {
                    let _ = reply.send(answer);
                }
            }
            Err(error) => error!(%error, "the journal's last records may be lost"),
        }
        info!("stopped");
    }
}

/// Hands a PDU to its peer's link; whether there is room for another.
fn send(links: &mut [PeerLink], peer: PeerId, pdu: Bytes) -> bool {
    let Some(link) = links.get_mut(usize::from(peer.0)) else { return true };
    // A link that is gone says so itself; what was meant for it is reported unanswered then.
    let Some(connection) = link.connections.iter().flatten().next() else { return true };
    let is_full = connection.send(pdu.clone()) == Err(SendError::Full);
    if is_full {
        link.held = Some(pdu);
    }
    !is_full
}

/// The CAP message that an operator's own CBC is to hold for this order.
fn document(documents: &mut Documents, engine: &Engine, order: &Order) -> Option<Document> {
    let alert = engine.broadcast(order.broadcast)?.alert;
    let problem = match documents.newest(engine, alert) {
        Ok(document) => return Some(document),
        Err(problem) => problem,
    };
    warn!(order = order.id.0, "no CAP message for a CBC: {}", problem.detail);
    None
}

/// How many notices of a peer are logged in a minute.
const NOTICES_A_MINUTE: u32 = 60;
/// How many inputs join one turn.
const INPUTS_A_TURN: usize = 256;
