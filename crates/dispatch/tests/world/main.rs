//! A small network in memory: the dispatcher, links without delay, and stations that answer as they are told to.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the world is made for tests only")]

mod cbc;
mod golden;
mod outcomes;
mod properties;
mod rnc;
mod routes;
mod station;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::num::NonZeroU16;
use std::sync::Arc;

use area::{CellIndex, CellRuns, ControllerId, Inventory};
use cbs::{Alphabet, Broadcasts, Content, Level, MessageId, RepetitionPeriod, SerialNumber};
use dispatch::{Dispatch, FirstContact, Notice, PeerId, Profile, Protocol, Reach, Route, Setup};
use engine::order::{Action, Body, BroadcastId, Demand, Message, Order, OrderId, Priority};
use engine::report::{CellReport, Outcome, Report};
use serde_json::Value;

use station::{Manner, Request};

pub(crate) struct World {
    pub(crate) now_ms: u64,
    pub(crate) dispatch: Dispatch,
    /// What was handed to links, in order.
    pub(crate) sent: Vec<Request>,
    pub(crate) reports: Vec<Report>,
    pub(crate) notices: Vec<Notice>,
    inventory: Inventory,
    protocols: Vec<Protocol>,
    manners: Vec<Manner>,
    /// What peers will say, by time and order.
    coming: BTreeMap<(u64, usize), (PeerId, Value)>,
    said: usize,
    orders: u64,
}

/// LTE cells: three eNBs in two tracking areas, the second with a cell in each.
pub(crate) const LTE: &[(&str, u16, &[u32])] =
    &[("pool", 1, &[0x101, 0x102, 0x103, 0x201]), ("pool", 2, &[0x202, 0x301, 0x302, 0x303])];

/// Service areas of one RNC.
pub(crate) const UMTS: &[(&str, u16, &[u32])] = &[("rnc", 4097, &[1, 2, 3]), ("rnc", 4098, &[1, 4])];

/// GSM cells of one BSC.
pub(crate) const GSM: &[(&str, u16, &[u32])] = &[("bsc", 7, &[1, 2, 3]), ("bsc", 8, &[1, 4])];

pub(crate) const ALERT: BroadcastId = BroadcastId(1);

impl World {
    /// One controller and its peers, links down, every peer prompt.
    pub(crate) fn new(cells: &[(&str, u16, &[u32])], reach: Reach, peers: Vec<Profile>) -> Self {
        let routes = |inventory: &Inventory| {
            let ids = (0..peers.len() as u16).map(PeerId).collect();
            assert_eq!(inventory.controllers().len(), 1);
            vec![Route { controller: ControllerId(0), reach, peers: ids }]
        };
        Self::with_routes(cells, peers.clone(), routes)
    }

    pub(crate) fn with_routes(
        cells: &[(&str, u16, &[u32])],
        peers: Vec<Profile>,
        routes: impl Fn(&Inventory) -> Vec<Route>,
    ) -> Self {
        let inventory = inventory(cells, peers[0].protocol);
        let protocols: Vec<Protocol> = peers.iter().map(|peer| peer.protocol).collect();
        let manners = protocols.iter().map(|_| station::prompt(10)).collect();
        let routes = routes(&inventory);
        let dispatch = Dispatch::new(&inventory, Setup { peers, routes }).unwrap();
        Self {
            now_ms: 100_000,
            dispatch,
            sent: Vec::new(),
            reports: Vec::new(),
            notices: Vec::new(),
            inventory,
            protocols,
            manners,
            coming: BTreeMap::new(),
            said: 0,
            orders: 0,
        }
    }

    /// With every link up and all reports of that forgotten.
    pub(crate) fn up(mut self) -> Self {
        for peer in 0..self.protocols.len() {
            self.link_up(peer);
        }
        self.run(0);
        self.reports.clear();
        self.notices.clear();
        self.sent.clear();
        self
    }

    pub(crate) fn link_up(&mut self, peer: usize) {
        self.dispatch.link_up(self.now_ms, PeerId(peer as u16), FirstContact(false));
    }

    /// A link that goes down loses what is under way on it.
    pub(crate) fn link_down(&mut self, peer: usize) {
        self.coming.retain(|_, (to, _)| to.0 as usize != peer);
        self.dispatch.link_down(self.now_ms, PeerId(peer as u16));
    }

    pub(crate) fn manner(&mut self, peer: usize, manner: Manner) {
        self.manners[peer] = manner;
    }

    /// A peer says something in so many milliseconds.
    pub(crate) fn say(&mut self, peer: usize, in_ms: u64, pdu: Value) {
        self.said += 1;
        self.coming.insert((self.now_ms + in_ms, self.said), (PeerId(peer as u16), pdu));
    }

    pub(crate) fn order(
        &mut self,
        priority: Priority,
        broadcast: BroadcastId,
        action: Action,
        cells: CellRuns,
    ) -> OrderId {
        self.orders += 1;
        let id = OrderId(self.orders);
        let index = cells.indices().next().unwrap_or(CellIndex(0));
        let controller = self.inventory.controller_of(index);
        let order = Order { id, controller, broadcast, priority, action, cells };
        self.dispatch.demand(self.now_ms, Demand::Order(order));
        id
    }

    pub(crate) fn write(&mut self, serial: u16, cells: std::ops::Range<u32>) -> OrderId {
        self.order(Priority::Live(Level::Amber), ALERT, write(serial, None), CellRuns::from_range(cells))
    }

    pub(crate) fn kill(&mut self, serial: u16, cells: std::ops::Range<u32>) -> OrderId {
        self.order(Priority::Kill, ALERT, kill(serial), CellRuns::from_range(cells))
    }

    pub(crate) fn query(&mut self, serial: u16, cells: std::ops::Range<u32>) -> OrderId {
        let action = Action::Query { message: message(serial), broadcasts: thirty() };
        self.order(Priority::Live(Level::Amber), ALERT, action, CellRuns::from_range(cells))
    }

    /// Lets so much time pass, and everything happen that is due in it.
    pub(crate) fn run(&mut self, ms: u64) {
        let end_ms = self.now_ms + ms;
        for round in 0.. {
            assert!(round < 100_000, "the dispatcher asks to be woken again and again at {}", self.now_ms);
            self.exchange();
            let coming = self.coming.first_key_value().map(|((at_ms, _), _)| *at_ms);
            let next_ms = [coming, self.dispatch.next_wakeup()].into_iter().flatten().min();
            let Some(next_ms) = next_ms.filter(|next_ms| *next_ms <= end_ms) else { break };
            self.now_ms = self.now_ms.max(next_ms);
            while let Some(entry) = self.coming.first_entry().filter(|entry| entry.key().0 <= self.now_ms) {
                let (peer, pdu) = entry.remove();
                let octets = station::encode(self.protocols[peer.0 as usize], pdu);
                self.dispatch.received(self.now_ms, peer, &octets);
            }
            self.dispatch.handle_timeout(self.now_ms);
        }
        self.now_ms = end_ms;
    }

    fn exchange(&mut self) {
        while let Some((peer, octets)) = self.dispatch.poll_transmit(self.now_ms) {
            let at = peer.0 as usize;
            let mut request =
                station::decode(self.protocols[at], &self.inventory, peer, self.now_ms, &octets);
            let answers = (self.manners[at])(&request);
            request.answered_ms = answers.iter().map(|(in_ms, _)| self.now_ms + in_ms).min();
            for (in_ms, pdu) in answers {
                self.say(at, in_ms, pdu);
            }
            self.sent.push(request);
        }
        self.reports.extend(std::iter::from_fn(|| self.dispatch.poll_report()));
        self.notices.extend(std::iter::from_fn(|| self.dispatch.poll_notice()));
    }

    /// The requests of this kind.
    pub(crate) fn sent(&self, kind: &str) -> Vec<&Request> {
        self.sent.iter().filter(|request| request.kind() == kind).collect()
    }

    /// Everything reported of cells, as (outcome, cells).
    pub(crate) fn words(&self) -> Vec<(Outcome, Vec<u32>)> {
        self.cell_reports().map(|report| (report.outcome, indices(&report.cells))).collect()
    }

    pub(crate) fn cell_reports(&self) -> impl Iterator<Item = &CellReport> {
        self.reports.iter().filter_map(|report| match report {
            Report::Cells(report) => Some(report),
            _ => None,
        })
    }

    /// The orders that are settled, in order.
    pub(crate) fn settled(&self) -> Vec<u64> {
        let id = |report: &Report| match report {
            Report::Settled(OrderId(id)) => Some(*id),
            _ => None,
        };
        self.reports.iter().filter_map(id).collect()
    }

    pub(crate) fn notice_kinds(&self) -> Vec<&'static str> {
        self.notices.iter().map(|notice| notice.kind.name()).collect()
    }
}

/// A profile without limits on time.
pub(crate) fn free(profile: Profile) -> Profile {
    Profile { cell_interval_ms: 0, pdus_per_second: 0, ..profile }
}

pub(crate) fn message(serial: u16) -> Arc<Message> {
    let content = Content::new("TEST", Alphabet::Gsm7).unwrap();
    Arc::new(Message {
        message_id: MessageId::new(4379),
        serial: SerialNumber::from_bits(serial),
        body: Body::Text { dcs: Alphabet::Gsm7.dcs(), pages: content.pages().clone() },
        period: RepetitionPeriod::from_ms(60_000).unwrap(),
    })
}

pub(crate) fn write(serial: u16, replaces: Option<u16>) -> Action {
    let replaces = replaces.map(SerialNumber::from_bits);
    Action::Write { message: message(serial), broadcasts: thirty(), replaces }
}

pub(crate) fn kill(serial: u16) -> Action {
    Action::Kill { message_id: MessageId::new(4379), serial: SerialNumber::from_bits(serial), all: false }
}

fn thirty() -> Broadcasts {
    Broadcasts::Count(NonZeroU16::new(30).unwrap())
}

pub(crate) fn indices(cells: &CellRuns) -> Vec<u32> {
    cells.indices().map(|CellIndex(cell)| cell).collect()
}

fn inventory(groups: &[(&str, u16, &[u32])], protocol: Protocol) -> Inventory {
    let mut text = format!("{}\n", area::HEADER);
    for (controller, area, cells) in groups {
        for cell in *cells {
            let identity = match protocol {
                Protocol::Sbcap(_) => format!("lte,{area},{cell},{}", cell >> 8),
                Protocol::Cbsp(_) => format!("gsm,{area},{cell},"),
                Protocol::Sabp(_) => format!("umts,{area},{cell},7"),
                Protocol::Cap(_) => panic!("CBCs have a world of their own"),
            };
            writeln!(text, "yettel,220,01,{identity},44.8,20.5,0,120,500,{controller}").unwrap();
        }
    }
    Inventory::import(text.as_bytes()).unwrap()
}
