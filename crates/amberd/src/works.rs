//! The engine and dispatch joined: the only way to tell either of them anything. What they are told, and what comes of
//! it, can be recorded; a replay tells another pair the same.

use std::collections::VecDeque;

use bytes::Bytes;
use dispatch::{Dispatch, Document, FirstContact, Notice, PeerId};
use engine::command::{Actor, Command};
use engine::order::{Demand, Order};
use engine::{AlertId, Engine, Entry, Import, Now, Record, Refusal, Seq};

use crate::recording::{Paper, Tape, Told, Turn};

/// The engine, dispatch, and the records that wait to be handed to the journal.
pub(crate) struct Works {
    engine: Engine,
    dispatch: Dispatch,
    records: Vec<Entry>,
    tape: Option<Tape>,
}

impl Works {
    pub(crate) fn new(engine: Engine, dispatch: Dispatch, tape: Option<Tape>) -> Self {
        Self { engine, dispatch, records: Vec::new(), tape }
    }

    pub(crate) const fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) const fn dispatch(&self) -> &Dispatch {
        &self.dispatch
    }

    /// When either has something to do, in monotonic milliseconds.
    pub(crate) fn next_wakeup(&self) -> Option<u64> {
        [self.engine.next_wakeup(), self.dispatch.next_wakeup()].into_iter().flatten().min()
    }

    /// The records since they were last taken.
    pub(crate) fn take_records(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.records)
    }

    /// Whether some of these records say that what the public is told has changed.
    pub(crate) fn concerns_the_public(&self) -> bool {
        let mut records = self.records.iter();
        records.any(|entry| matches!(entry.record, Record::Approved { .. } | Record::Stepped { .. }))
    }

    /// What has come of what was told since the last call, where a tape listens.
    pub(crate) fn take_said(&mut self) -> Vec<String> {
        self.tape.as_mut().map(Tape::take_said).unwrap_or_default()
    }

    pub(crate) fn start(&mut self, now: Now, moved: &[Option<u32>]) {
        self.told(now, || Told::Start { moved: moved.to_vec() });
        self.engine.start(now, moved, &mut self.records);
    }

    pub(crate) fn command(
        &mut self,
        now: Now,
        actor: &Actor,
        key: Option<String>,
        command: Command,
    ) -> Result<AlertId, Refusal> {
        if let Some(tape) = &mut self.tape {
            tape.told_command(now, &self.engine, actor, key.as_deref(), &command);
        }
        let result = self.engine.command(now, actor, key, command, &mut self.records);
        self.answered(&result);
        result
    }

    pub(crate) fn import(&mut self, now: Now, actor: &Actor, import: Import) -> Result<AlertId, Refusal> {
        if let Some(tape) = &mut self.tape {
            tape.told_import(now, &self.engine, actor, &import);
        }
        let result = self.engine.import(now, actor, import, &mut self.records);
        self.answered(&result);
        result
    }

    pub(crate) fn durable(&mut self, now: Now, seq: Seq) {
        self.told(now, || Told::Durable { seq });
        self.engine.durable(seq);
    }

    pub(crate) fn snapshot_written(&mut self, now: Now, at: Seq, digest: String) {
        self.told(now, || Told::Snapshot { at, digest: digest.clone() });
        self.engine.snapshot_written(now, at, digest, &mut self.records);
    }

    /// Whether the peer was known before.
    pub(crate) fn meet(&mut self, now: Now, peer: &str) -> bool {
        self.told(now, || Told::Meet { peer: peer.to_owned() });
        let known = self.engine.meet(now, peer, &mut self.records);
        self.said(|| format!("peer {peer} is {}", if known { "known" } else { "new" }));
        known
    }

    pub(crate) fn link_up(&mut self, now: Now, peer: PeerId, first: FirstContact) {
        self.told(now, || Told::LinkUp { peer: peer.0, first: first.0 });
        self.dispatch.link_up(now.monotonic_ms, peer, first);
    }

    pub(crate) fn link_down(&mut self, now: Now, peer: PeerId) {
        self.told(now, || Told::LinkDown { peer: peer.0 });
        self.dispatch.link_down(now.monotonic_ms, peer);
    }

    pub(crate) fn received(&mut self, now: Now, peer: PeerId, pdu: &[u8]) {
        self.told(now, || Told::Received { peer: peer.0, pdu: hex::encode(pdu) });
        self.dispatch.received(now.monotonic_ms, peer, pdu);
    }

    pub(crate) fn set_writable(&mut self, now: Now, peer: PeerId, writable: bool) {
        self.told(now, || Told::Writable { peer: peer.0, writable });
        self.dispatch.set_writable(peer, writable);
    }

    /// Lets everything that is due happen, until neither has anything left to say. `send` hands a PDU to its peer's
    /// link, and says whether there is room for another; `document` gives the CAP message that an order for an
    /// operator's own CBC is to bring.
    pub(crate) fn turn(
        &mut self,
        now: Now,
        mut send: impl FnMut(PeerId, Bytes) -> bool,
        mut document: impl FnMut(&Engine, &Order) -> Option<Document>,
    ) -> Vec<Notice> {
        self.engine.tick(now, &mut self.records);
        self.dispatch.handle_timeout(now.monotonic_ms);
        let (mut sent, mut turn) = (0, Turn::default());
        // A message of CAP is signed when the first order asks for it. That takes milliseconds, in which nobody else waits:
        // these orders come when all that others are to be told is on its way.
        let mut by_cap = VecDeque::new();
        loop {
            let mut idle = true;
            while let Some(demand) = self.engine.poll_demand() {
                match demand {
                    Demand::Order(order) if self.dispatch.is_asked_by_cap(order.controller) => {
                        by_cap.push_back(order);
                    }
                    Demand::Order(_) => self.dispatch.demand(now.monotonic_ms, demand),
                    Demand::Withdraw(broadcast) => {
                        // What is withdrawn must have been asked for.
                        let (earlier, others) =
                            by_cap.into_iter().partition(|order| order.broadcast == broadcast);
                        by_cap = others;
                        self.demand_by_cap(now, earlier, &mut turn, &mut document);
                        self.dispatch.demand(now.monotonic_ms, demand);
                    }
                }
                idle = false;
            }
            while let Some((peer, pdu)) = self.dispatch.poll_transmit(now.monotonic_ms) {
                self.said(|| format!("to peer {}: {} octets", peer.0, pdu.len()));
                if !send(peer, pdu) {
                    self.dispatch.set_writable(peer, false);
                    turn.last_for_now.push(sent);
                }
                sent += 1;
                idle = false;
                // A cancel that the reports below bring about must not wait behind more writes than these.
                self.hear(now);
            }
            idle &= !self.hear(now);
            if idle && by_cap.is_empty() {
                break;
            }
            if idle {
                self.demand_by_cap(now, std::mem::take(&mut by_cap), &mut turn, &mut document);
            }
        }
        let notices: Vec<Notice> = std::iter::from_fn(|| self.dispatch.poll_notice()).collect();
        for notice in &notices {
            self.said(|| format!("notice of peer {}: {}", notice.peer.0, notice.kind));
        }
        if let Some(tape) = &mut self.tape {
            tape.turned(now, turn, &self.records);
        }
        notices
    }

    /// Hands dispatch the orders for an operator's own CBC, with the CAP message that it is to hold. Without one an order
    /// is refused there: nothing says what it wants.
    fn demand_by_cap(
        &mut self,
        now: Now,
        orders: VecDeque<Order>,
        turn: &mut Turn,
        document: &mut impl FnMut(&Engine, &Order) -> Option<Document>,
    ) {
        for order in orders {
            let document = document(&self.engine, &order);
            turn.papers.push(document.as_ref().map(Paper::of));
            match document {
                Some(document) => self.dispatch.demand_by_cap(now.monotonic_ms, order, document),
                None => self.dispatch.demand(now.monotonic_ms, Demand::Order(order)),
            }
        }
    }

    fn hear(&mut self, now: Now) -> bool {
        let mut heard = false;
        while let Some(report) = self.dispatch.poll_report() {
            self.engine.report(now, report, &mut self.records);
            heard = true;
        }
        heard
    }

    fn answered(&mut self, result: &Result<AlertId, Refusal>) {
        self.said(|| match result {
            Ok(alert) => format!("done {alert}"),
            Err(refusal) => format!("refused {}", admin::Problem::from(refusal.clone()).code()),
        });
    }

    fn told(&mut self, now: Now, told: impl FnOnce() -> Told) {
        if let Some(tape) = &mut self.tape {
            tape.told(now, told());
        }
    }

    fn said(&mut self, words: impl FnOnce() -> String) {
        if let Some(tape) = &mut self.tape {
            tape.said(words());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::Arc;

    use area::{Atlas, ControllerId, Coverage, Inventory, Target};
    use dispatch::{Profile, Reach, Route};
    use engine::command::{Roles, Wording};
    use engine::{Patience, Setup};
    use policy::{Channel, LanguageText};

    use super::*;

    const NOW: Now = Now { monotonic_ms: 1_000, wall_ms: 1_800_000_000_000 };

    /// One cell whose operator is asked by CAP, and one of an MME.
    fn works() -> Works {
        let cells = format!(
            "{}\na1,220,05,nr,4097,4097,1,45.25,19.84,0,360,900,amf-1\n\
             mts,220,03,lte,4097,25857,101,45.25,19.84,0,360,800,mme-1\n",
            area::HEADER
        );
        let inventory = Arc::new(Inventory::import(cells.as_bytes()).unwrap());
        let route = |name: &str, peer| Route {
            controller: inventory.by_name(name).unwrap(),
            reach: Reach::OneThenFailover,
            peers: vec![PeerId(peer)],
        };
        let peers = vec![Profile::cap("cbc", "/cap"), Profile::sbcap("mme")];
        let routes = vec![route("amf-1", 0), route("mme-1", 1)];
        let dispatch = Dispatch::new(&inventory, dispatch::Setup { peers, routes }).unwrap();
        let traits = [0, 1].map(|number| dispatch.traits(ControllerId(number)));
        let policy = include_str!("../../../config/policies/missing-child.toml");
        let setup = Setup {
            coverage: Coverage::new(&inventory),
            traits: traits.into(),
            inventory,
            atlas: Arc::new(Atlas::serbia().unwrap()),
            profiles: vec![toml::from_str(policy).unwrap()],
            codes: std::collections::BTreeMap::new(),
            patience: Patience {
                retry_first_ms: 1_000,
                retry_max_ms: 1_000,
                indication_ms: 1_000,
                audit_ms: 0,
            },
            alerts_max: 1,
        };
        let mut works = Works::new(Engine::new(setup), dispatch, None);
        works.start(NOW, &[]);
        [0, 1].into_iter().for_each(|peer| works.link_up(NOW, PeerId(peer), FirstContact(false)));
        works
    }

    fn does(works: &mut Works, name: &str, command: Command) -> AlertId {
        let roles = Roles { author: true, approver: true, ..Roles::default() };
        let alert = works.command(NOW, &Actor { name: name.into(), root: false, roles }, None, command);
        works.durable(NOW, works.engine().last());
        alert.unwrap()
    }

    /// What happens in a turn.
    fn turn(works: &mut Works) -> Vec<&'static str> {
        let log = RefCell::new(Vec::new());
        let send = |PeerId(peer), _| {
            log.borrow_mut().push(["posted", "told"][usize::from(peer)]);
            true
        };
        works.turn(NOW, send, |engine, _| {
            log.borrow_mut().push("signed");
            let number = u32::try_from(engine.bulletins(AlertId(1), "us").len()).unwrap();
            let identifier = format!("A-1.{number}");
            Some(Document { identifier, alert: 1, number, octets: Bytes::from_static(b"<alert/>") })
        });
        log.into_inner()
    }

    #[test]
    fn nobody_waits_while_a_message_of_cap_is_signed() {
        let mut works = works();
        turn(&mut works);
        let text = LanguageText { language: "sr-Latn".into(), text: "VEZBA".into() };
        let circle = area::Circle { lat: 45.25, lon: 19.84, radius_m: 5_000 };
        let target = Target { circles: vec![circle], ..Target::default() };
        let wording = Wording { texts: vec![text], target, ..Wording::default() };
        let (channel, class) = (Channel::Exercise, "missing-child".to_owned());
        let alert = does(&mut works, "jelena", Command::Draft { channel, class, wording });
        does(&mut works, "jelena", Command::Submit { alert });
        does(&mut works, "milan", Command::Approve { alert, version: None });
        assert_eq!(turn(&mut works), ["told", "signed", "posted"]);
        does(&mut works, "milan", Command::Cancel { alert, reason: "end".into() });
        assert_eq!(turn(&mut works), ["told", "signed", "posted"]);
    }
}
