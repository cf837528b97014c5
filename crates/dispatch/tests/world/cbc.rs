//! Operators' own CBCs, asked by CAP: one post for all who want it, what the reports say of the cells, fail-over, and a
//! cancel that overtakes.

use std::sync::Arc;

use area::{CellRuns, ControllerId, Inventory};
use bytes::Bytes;
use cbe::{Answer, Ask, DeliveryReport, Place, REPORT, Request, Tag};
use cbs::{Level, MessageId, WarningType};
use dispatch::{
    CapDialect, Dispatch, Document, FirstContact, PeerId, Profile, Protocol, Reach, Route, Setup, Traffic,
};
use engine::order::{Action, Body, BroadcastId, Demand, Message, Order, OrderId, Priority};
use engine::report::{Cause, Outcome, Report};

use super::{kill, message, write};

const MAIN: BroadcastId = BroadcastId(1);
const ADDITIONAL: BroadcastId = BroadcastId(2);

/// Two BSCs with two cells each and 5G with one, all looked after by a primary and a secondary CBC.
struct World {
    dispatch: Dispatch,
    now_ms: u64,
    orders: u64,
}

impl World {
    fn new(reports: bool) -> Self {
        let rows = [
            "gsm,7,1,,bsc-1",
            "gsm,7,2,,bsc-1",
            "gsm,8,1,,bsc-2",
            "gsm,8,2,,bsc-2",
            "nr,9,68719476735,16777215,core",
        ];
        let rows: Vec<String> = rows
            .iter()
            .map(|row| {
                let (identity, controller) = row.rsplit_once(',').unwrap();
                format!("mts,220,03,{identity},44.8,20.5,0,120,500,{controller}\n")
            })
            .collect();
        let text = format!("{}\n{}", area::HEADER, rows.concat());
        let inventory = Inventory::import(text.as_bytes()).unwrap();
        let peer = |name: &str| {
            let base = Profile::cap(name, "/cap");
            Profile { protocol: Protocol::Cap(CapDialect { reports }), ..base }
        };
        let route = |controller| Route {
            controller: ControllerId(controller),
            reach: Reach::OneThenFailover,
            peers: vec![PeerId(0), PeerId(1)],
        };
        let setup =
            Setup { peers: vec![peer("primary"), peer("secondary")], routes: (0..3).map(route).collect() };
        let mut world =
            Self { dispatch: Dispatch::new(&inventory, setup).unwrap(), now_ms: 1_000, orders: 0 };
        for peer in [0, 1] {
            world.dispatch.link_up(world.now_ms, PeerId(peer), FirstContact(true));
        }
        assert!(world.posted().is_empty(), "nothing is reset, not even at the first contact");
        world.reports();
        world
    }

    /// An order for all cells of a controller; the document is that of this version of alert 1.
    fn order(&mut self, controller: u16, broadcast: BroadcastId, action: Action, version: u32) {
        self.orders += 1;
        let cells = [0..2, 2..4, 4..5][usize::from(controller)].clone();
        let is_kill = matches!(action, Action::Kill { .. });
        let order = Order {
            id: OrderId(self.orders),
            controller: ControllerId(controller),
            broadcast,
            priority: if is_kill { Priority::Kill } else { Priority::Live(Level::Amber) },
            action,
            cells: CellRuns::from_range(cells),
        };
        let octets = Bytes::from(format!("version {version}"));
        let document = Document { identifier: format!("A-1.{version}"), alert: 1, number: version, octets };
        self.dispatch.demand_by_cap(self.now_ms, order, document);
    }

    fn requests(&mut self) -> Vec<(u16, Request)> {
        let sent = std::iter::from_fn(|| self.dispatch.poll_transmit(self.now_ms));
        sent.map(|(peer, frame)| (peer.0, Request::decode(&frame).unwrap())).collect()
    }

    /// The posts: to whom, with which tag, and what.
    fn posted(&mut self) -> Vec<(u16, Tag, String)> {
        let text = |message: Bytes| String::from_utf8(message.to_vec()).unwrap();
        let posts = self.requests().into_iter().filter_map(|(peer, request)| match request.ask {
            Ask::Take { message, .. } => Some((peer, request.tag, text(message))),
            _ => None,
        });
        posts.collect()
    }

    fn answer(&mut self, peer: u16, tag: Tag, answer: Answer) {
        self.dispatch.received(self.now_ms, PeerId(peer), &answer.encode(tag));
    }

    fn reports(&mut self) -> Vec<Report> {
        std::iter::from_fn(|| self.dispatch.poll_report()).collect()
    }

    /// What was said of cells: the broadcast, the outcome, the cells.
    fn words(&mut self) -> Vec<(u32, Outcome, Vec<u32>)> {
        let words = self.reports().into_iter().filter_map(|report| match report {
            Report::Cells(report) if report.outcome != Outcome::Sent => {
                Some((report.broadcast.0, report.outcome, super::indices(&report.cells)))
            }
            _ => None,
        });
        words.collect()
    }
}

fn report(version: u32, on_air: &[&str], failed: &[&str]) -> DeliveryReport {
    let cells = |names: &[&str]| Place::Cells(names.iter().map(|name| (*name).to_owned()).collect());
    DeliveryReport {
        identifier: format!("A-1.{version}"),
        complete: true,
        on_air: cells(on_air),
        off_air: Place::default(),
        failed: cells(failed),
    }
}

fn with_report(report: &DeliveryReport) -> Answer {
    Answer { media_type: Some(REPORT.into()), body: report.write().into(), ..Answer::of(200) }
}

#[test]
fn a_primary_notification_is_refused_and_its_text_is_posted() {
    let mut world = World::new(false);
    let alarm = message(16);
    let primary = Message {
        message_id: MessageId::ETWS_EARTHQUAKE,
        body: Body::Primary(WarningType::new(WarningType::EARTHQUAKE, true, true).unwrap()),
        ..(*alarm).clone()
    };
    let Action::Write { broadcasts, .. } = write(16, None) else { panic!() };
    let action = Action::Write { message: Arc::new(primary), broadcasts, replaces: None };
    world.order(0, MAIN, action, 1);
    assert!(world.posted().is_empty(), "no CBC is told of a warning that it could not say");
    let words = world.words();
    assert!(matches!(&words[..], [(1, Outcome::Refused(_), cells)] if *cells == [0, 1]), "{words:?}");
    world.order(0, MAIN, write(17, None), 2);
    assert_eq!(world.posted().len(), 1);
}

#[test]
fn all_messages_and_controllers_of_a_version_are_one_post() {
    let mut world = World::new(false);
    for controller in 0..3 {
        world.order(controller, MAIN, write(16, None), 1);
        world.order(controller, ADDITIONAL, write(32, None), 1);
    }
    let posted = world.posted();
    let [(0, tag, text)] = &posted[..] else { panic!("{posted:?}") };
    assert_eq!(text, "version 1");
    world.answer(0, *tag, Answer::of(201));
    assert!(world.posted().is_empty());
    let mut words = world.words();
    words.sort_by_key(|(broadcast, _, cells)| (*broadcast, cells.clone()));
    let cells = [vec![0, 1], vec![2, 3], vec![4]];
    let expected: Vec<_> = [1, 2]
        .into_iter()
        .flat_map(|broadcast| cells.clone().map(|cells| (broadcast, Outcome::Accepted, cells)))
        .collect();
    assert_eq!(words, expected, "taken, and no word of any cell");
    let cost = |world: &World, broadcast| {
        world.dispatch.traffic(broadcast).into_iter().map(|row: Traffic| row.pdus).sum::<u64>()
    };
    assert_eq!((cost(&world, MAIN), cost(&world, ADDITIONAL)), (1, 0), "what went out is counted once");
}

#[test]
fn a_delivery_report_is_believed_of_the_cells_it_names() {
    let mut world = World::new(true);
    for controller in 0..3 {
        world.order(controller, MAIN, write(16, None), 1);
    }
    let [(_, tag, _)] = world.posted()[..] else { panic!() };
    let names = ["mts/gsm/7/1", "mts/gsm/8/2", "mts/nr//68719476735", "mts/gsm/9/9", "nonsense"];
    world.answer(0, tag, with_report(&report(1, &names, &["mts/gsm/7/2"])));
    let mut words = world.words();
    words.retain(|(_, outcome, _)| *outcome != Outcome::Accepted);
    assert_eq!(
        words,
        [
            (1, Outcome::Refused(Cause::CellFailed), vec![1]),
            (1, Outcome::Confirmed, vec![0]),
            (1, Outcome::Confirmed, vec![3]),
            (1, Outcome::Confirmed, vec![4]),
        ],
        "cell 2 is in no list: nobody knows"
    );
}

#[test]
fn a_report_for_all_covers_all_but_what_failed_and_a_kill_looks_for_what_is_off() {
    let mut world = World::new(true);
    world.order(0, MAIN, write(16, None), 1);
    let [(_, tag, _)] = world.posted()[..] else { panic!() };
    let all = DeliveryReport { on_air: Place::ALL, ..report(1, &[], &["mts/gsm/7/2"]) };
    world.answer(0, tag, with_report(&all));
    let confirmed = (1, Outcome::Confirmed, vec![0]);
    assert!(world.words().contains(&confirmed));
    world.order(0, MAIN, kill(16), 2);
    let [(_, tag, _)] = world.posted()[..] else { panic!() };
    let off = DeliveryReport { off_air: Place::ALL, ..report(2, &[], &[]) };
    world.answer(0, tag, with_report(&off));
    let words = world.words();
    assert_eq!(words, [(1, Outcome::Accepted, vec![0, 1]), (1, Outcome::Confirmed, vec![0, 1])]);
}

#[test]
fn a_cancel_overtakes_an_alert_that_is_not_acknowledged() {
    let mut world = World::new(false);
    for controller in 0..3 {
        world.order(controller, MAIN, write(16, None), 1);
        world.order(controller, ADDITIONAL, write(32, None), 1);
    }
    let posted = world.posted();
    let [(0, slow, _)] = posted[..] else { panic!("{posted:?}") };
    world.dispatch.demand(world.now_ms, Demand::Withdraw(MAIN));
    world.dispatch.demand(world.now_ms, Demand::Withdraw(ADDITIONAL));
    for controller in 0..3 {
        world.order(controller, MAIN, kill(16), 2);
    }
    let posted = world.posted();
    let [(0, cancel, text)] = &posted[..] else { panic!("{posted:?}") };
    assert_eq!(text, "version 2");
    world.answer(0, *cancel, Answer::of(200));
    // The alert was slow; the CBC hears of its end once more.
    world.answer(0, slow, Answer::of(200));
    let posted = world.posted();
    assert_eq!(posted.iter().map(|(_, _, text)| text.as_str()).collect::<Vec<_>>(), ["version 2"]);
}

#[test]
fn silence_and_a_servers_error_turn_to_the_secondary_with_the_same_message() {
    for error in [None, Some(Answer::of(503))] {
        let mut world = World::new(false);
        world.order(0, MAIN, write(16, None), 1);
        let [(0, tag, _)] = world.posted()[..] else { panic!() };
        match error {
            Some(answer) => world.answer(0, tag, answer),
            None => {
                world.now_ms += 10_000;
                world.dispatch.handle_timeout(world.now_ms);
            }
        }
        assert_eq!(world.words(), [(1, Outcome::Unanswered, vec![0, 1])]);
        let query = Action::Write { message: message(16), broadcasts: cbs::Broadcasts::Once, replaces: None };
        world.order(0, MAIN, query, 1);
        let posted = world.posted();
        let [(1, tag, text)] = &posted[..] else { panic!("{posted:?}") };
        assert_eq!(text, "version 1");
        world.answer(1, *tag, Answer::of(409));
        assert_eq!(world.words(), [(1, Outcome::Accepted, vec![0, 1])], "it has it already");
        // The cancel goes to both: the silent one may have taken the alert after all.
        world.order(0, MAIN, kill(16), 2);
        let peers: std::collections::BTreeSet<u16> =
            world.posted().into_iter().map(|(peer, ..)| peer).collect();
        assert_eq!(peers, [0, 1].into());
    }
}

#[test]
fn an_order_without_a_message_is_refused_and_nothing_is_posted() {
    let mut world = World::new(false);
    let order = Order {
        id: OrderId(9),
        controller: ControllerId(0),
        broadcast: MAIN,
        priority: Priority::Live(Level::Amber),
        action: write(16, None),
        cells: CellRuns::from_range(0..2),
    };
    world.dispatch.demand(world.now_ms, Demand::Order(order));
    assert!(world.posted().is_empty());
    assert_eq!(world.words(), [(1, Outcome::Refused(Cause::NotExpressible), vec![0, 1])]);
}

#[test]
fn traits_say_that_a_text_is_replaced_in_place_and_whether_reports_come() {
    for reports in [false, true] {
        let world = World::new(reports);
        let traits = world.dispatch.traits(ControllerId(2)).unwrap();
        assert_eq!(traits.counts, engine::Counting::Nothing, "it ends a broadcast itself");
        assert_eq!((traits.in_place, traits.indications), (true, reports));
        assert!(world.dispatch.is_asked_by_cap(ControllerId(2)));
    }
}
