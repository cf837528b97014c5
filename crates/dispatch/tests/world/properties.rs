//! Random days of a small network, judged by oracles that keep no state but the log.

use std::collections::{BTreeMap, BTreeSet};

use area::{CellIndex, CellRuns};
use cbs::Level;
use dispatch::{PeerId, Profile, Reach};
use engine::order::{BroadcastId, Demand, Priority};
use engine::report::{Outcome, Report};
use proptest::prelude::*;

use crate::station::{Request, prompt};
use crate::{GSM, UMTS, World, indices, kill, write};

/// Three eNBs, of which two have cells in both tracking areas and do not lie together.
const SCATTERED: &[(&str, u16, &[u32])] =
    &[("pool", 1, &[0x101, 0x102, 0x103, 0x201]), ("pool", 2, &[0x104, 0x202, 0x301, 0x302])];

#[derive(Clone, Debug)]
enum Step {
    Write {
        priority: Priority,
        broadcast: u32,
        cells: CellRuns,
    },
    /// Kills what the write so many orders ago wrote.
    Kill {
        back: usize,
        cells: CellRuns,
    },
    Withdraw {
        broadcast: u32,
    },
    Wait {
        ms: u64,
    },
    Link {
        peer: usize,
        up: bool,
    },
    Writable {
        peer: usize,
        writable: bool,
    },
}

/// What the peers speak.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Interface {
    Sbcap,
    Cbsp,
    Sabp,
}

#[derive(Clone, Debug)]
struct Network {
    interface: Interface,
    reach: Reach,
    window: u16,
    cells_per_pdu: u32,
    pdus_per_second: u32,
    cell_interval_ms: u32,
    cell_burst: u16,
    /// After how many milliseconds the peers answer, in turn; 0: not at all.
    delays: Vec<u64>,
}

/// What the oracles know: the orders as they were given, and the log.
struct Day {
    network: Network,
    world: World,
    /// By serial number: the broadcast, the cells, and the length of the log when the order was given.
    writes: BTreeMap<u16, (u32, CellRuns)>,
    /// The order of each serial's kill.
    orders: BTreeMap<u64, (u16, bool)>,
    /// Withdrawn serials, with the length of the log at that time.
    withdrawn: Vec<(u16, usize)>,
    /// When each peer's link went down.
    downs: Vec<(u64, usize)>,
}

fn steps(cells: u32) -> impl Strategy<Value = Vec<Step>> {
    // Any set of cells, holes and all, but the empty one.
    let run = move || {
        (1..1u32 << cells).prop_map(move |set| {
            CellRuns::from_sorted((0..cells).filter(|cell| set >> cell & 1 == 1).map(CellIndex))
        })
    };
    let priority = prop_oneof![
        Just(Priority::Live(Level::Two)),
        Just(Priority::Live(Level::Amber)),
        Just(Priority::Exercise),
        Just(Priority::Test)
    ];
    let step = prop_oneof![
        4 => (priority, 0..3u32, run()).prop_map(|(priority, broadcast, cells)| Step::Write { priority, broadcast, cells }),
        2 => (0..6usize, run()).prop_map(|(back, cells)| Step::Kill { back, cells }),
        1 => (0..3u32).prop_map(|broadcast| Step::Withdraw { broadcast }),
        4 => (0..4000u64).prop_map(|ms| Step::Wait { ms }),
        1 => (0..2usize, any::<bool>()).prop_map(|(peer, up)| Step::Link { peer, up }),
        1 => (0..2usize, any::<bool>()).prop_map(|(peer, writable)| Step::Writable { peer, writable }),
    ];
    prop::collection::vec(step, 1..40)
}

fn networks() -> impl Strategy<Value = Network> {
    prop_oneof![Just(Interface::Sbcap), Just(Interface::Cbsp), Just(Interface::Sabp)]
        .prop_flat_map(networks_of)
}

fn networks_of(interface: Interface) -> impl Strategy<Value = Network> {
    (
        prop_oneof![Just(Reach::OneThenFailover), Just(Reach::All)],
        1..4u16,
        1..7u32,
        prop_oneof![Just(0), Just(3), Just(40)],
        prop_oneof![Just(0), Just(300), Just(2500)],
        1..3u16,
        prop::collection::vec(prop_oneof![4 => 1..900u64, 1 => Just(0)], 1..6),
    )
        .prop_map(
            move |(reach, window, cells_per_pdu, pdus_per_second, cell_interval_ms, cell_burst, delays)| {
                Network {
                    interface,
                    reach,
                    window,
                    cells_per_pdu,
                    pdus_per_second,
                    cell_interval_ms,
                    cell_burst,
                    delays,
                }
            },
        )
}

/// The steps, then health: every link up, every answer prompt, and time for all that is left.
fn play(network: &Network, steps: &[Step]) -> Day {
    let profile = |name: &str| Profile {
        window: network.window,
        cells_per_pdu: network.cells_per_pdu,
        pdus_per_second: network.pdus_per_second,
        cell_interval_ms: network.cell_interval_ms,
        cell_burst: network.cell_burst,
        ..match network.interface {
            Interface::Sbcap => Profile::sbcap(name),
            Interface::Cbsp => Profile::cbsp(name),
            Interface::Sabp => Profile::sabp(name),
        }
    };
    let cells = match network.interface {
        Interface::Sbcap => SCATTERED,
        Interface::Cbsp => GSM,
        Interface::Sabp => UMTS,
    };
    let mut world = World::new(cells, network.reach, vec![profile("a"), profile("b")]).up();
    for peer in 0..2 {
        let delays = network.delays.clone();
        let mut turn = peer;
        world.manner(
            peer,
            Box::new(move |request| {
                if matches!(request.kind(), "keep_alive" | "reset") {
                    return prompt(1)(request);
                }
                turn += 1;
                let delay = delays[turn % delays.len()];
                request.success().filter(|_| delay > 0).map(|answer| (delay, answer)).into_iter().collect()
            }),
        );
    }
    let mut day = Day {
        network: network.clone(),
        world,
        writes: BTreeMap::new(),
        orders: BTreeMap::new(),
        withdrawn: Vec::new(),
        downs: Vec::new(),
    };
    steps.iter().for_each(|step| day.step(step));
    for peer in 0..2 {
        day.world.manner(peer, prompt(1));
        day.world.dispatch.set_writable(PeerId(peer as u16), true);
        if !day.world.dispatch.peer_status(PeerId(peer as u16)).up {
            day.world.link_up(peer);
        }
    }
    day.world.run(600_000);
    day
}

impl Day {
    fn step(&mut self, step: &Step) {
        let world = &mut self.world;
        match step.clone() {
            Step::Write { priority, broadcast, cells } => {
                let serial = self.writes.len() as u16 + 1;
                self.writes.insert(serial, (broadcast, cells.clone()));
                let id = world.order(priority, BroadcastId(broadcast), write(serial, None), cells);
                self.orders.insert(id.0, (serial, false));
            }
            Step::Kill { back, cells } => {
                let Some(serial) =
                    (self.writes.len() as u16).checked_sub(back as u16).filter(|serial| *serial > 0)
                else {
                    return;
                };
                if self.orders.values().any(|order| *order == (serial, true)) {
                    return;
                }
                let broadcast = BroadcastId(self.writes[&serial].0);
                let id = world.order(Priority::Kill, broadcast, kill(serial), cells);
                self.orders.insert(id.0, (serial, true));
            }
            Step::Withdraw { broadcast } => {
                world.dispatch.demand(world.now_ms, Demand::Withdraw(BroadcastId(broadcast)));
                let serials = self.writes.iter().filter(|(_, write)| write.0 == broadcast);
                self.withdrawn.extend(serials.map(|(serial, _)| (*serial, world.sent.len())));
            }
            Step::Wait { ms } => world.run(ms),
            Step::Link { peer, up } => {
                self.downs.push((world.now_ms, peer));
                world.link_down(peer);
                if up {
                    world.link_up(peer);
                }
            }
            Step::Writable { peer, writable } => {
                world.dispatch.set_writable(PeerId(peer as u16), writable);
            }
        }
    }

    fn requests(&self) -> impl Iterator<Item = &Request> {
        self.world.sent.iter().filter(|request| request.is_write() || request.is_kill())
    }

    fn writes(&self) -> impl Iterator<Item = &Request> {
        self.requests().filter(|request| request.is_write())
    }
}

fn serial(request: &Request) -> u16 {
    let serial =
        ["serial", "new_serial", "old_serial"].into_iter().find_map(|key| request.pdu.get(key)).unwrap();
    serde_json::from_value::<cbs::SerialNumber>(serial.clone()).unwrap().bits()
}

fn every_order_settles_exactly_once(day: &Day) {
    let mut settled = day.world.settled();
    settled.sort_unstable();
    assert_eq!(settled, day.orders.keys().copied().collect::<Vec<_>>());
}

fn every_cell_of_an_order_is_sent_once_or_withdrawn(day: &Day) {
    for (serial_of_order, (_, cells)) in &day.writes {
        let mut sent = BTreeMap::<u32, Vec<PeerId>>::new();
        for request in day.writes().filter(|request| serial(request) == *serial_of_order) {
            request.cells.iter().for_each(|cell| sent.entry(*cell).or_default().push(request.peer));
        }
        for peers in sent.values() {
            let distinct: BTreeSet<_> = peers.iter().collect();
            assert_eq!(distinct.len(), peers.len(), "twice through the same peer");
            assert!(peers.len() == 1 || day.network.reach == Reach::All);
        }
        let withdrawn = day.world.cell_reports().filter(|report| {
            report.serial.bits() == *serial_of_order && report.outcome == Outcome::Withdrawn
        });
        let mut all: Vec<u32> =
            withdrawn.flat_map(|report| indices(&report.cells)).chain(sent.into_keys()).collect();
        all.sort_unstable();
        assert_eq!(all, indices(cells), "serial {serial_of_order}");
    }
}

fn each_cell_gets_one_word_and_sent_comes_before_it(day: &Day) {
    for (serial_of_order, is_kill) in day.orders.values() {
        let verb = if *is_kill { engine::order::Verb::Kill } else { engine::order::Verb::Write };
        let mut sent = BTreeSet::new();
        for report in day.world.cell_reports() {
            if report.serial.bits() != *serial_of_order || report.verb != verb {
                continue;
            }
            for cell in indices(&report.cells) {
                match report.outcome {
                    Outcome::Sent => assert!(sent.insert(cell), "sent twice"),
                    Outcome::Withdrawn => assert!(!sent.contains(&cell)),
                    _ => assert!(sent.contains(&cell), "{report:?} before it was sent"),
                }
            }
        }
    }
}

fn withdrawn_orders_are_not_sent(day: &Day) {
    for (withdrawn, at) in &day.withdrawn {
        let late = day.world.sent[*at..].iter().filter(|request| request.is_write());
        assert_eq!(late.filter(|request| serial(request) == *withdrawn).count(), 0);
    }
}

fn no_cell_is_written_more_often_than_its_limit(day: &Day) {
    let interval_ms = u64::from(day.network.cell_interval_ms);
    if interval_ms == 0 {
        return;
    }
    let mut writes = BTreeMap::<u32, Vec<u64>>::new();
    let mut seen = BTreeSet::new();
    for request in day.writes() {
        for cell in &request.cells {
            // The same order through another peer is the same write.
            if seen.insert((serial(request), *cell)) {
                writes.entry(*cell).or_default().push(request.at_ms);
            }
        }
    }
    for times in writes.values() {
        for (at, first) in times.iter().enumerate() {
            for (count, last) in times[at..].iter().enumerate() {
                let granted = u64::from(day.network.cell_burst) + (last - first) / interval_ms;
                assert!((count as u64) < granted, "{times:?}");
            }
        }
    }
}

fn the_pace_of_a_peer_is_kept(day: &Day) {
    let per_second = u64::from(day.network.pdus_per_second);
    for peer in [PeerId(0), PeerId(1)] {
        let times: Vec<u64> =
            day.requests().filter(|request| request.peer == peer).map(|request| request.at_ms).collect();
        for (at, first) in times.iter().enumerate().filter(|_| per_second > 0) {
            for (count, last) in times[at..].iter().enumerate() {
                // A millisecond is the grain of the clock.
                assert!(count as u64 * 1000 <= (last - first + 1) * per_second, "{times:?}");
            }
        }
    }
}

/// A request is in flight until its answer, its time-out or its link's end.
fn the_window_of_a_peer_is_kept(day: &Day) {
    let window = usize::from(day.network.window);
    for peer in [PeerId(0), PeerId(1)] {
        let requests: Vec<&Request> = day.requests().filter(|request| request.peer == peer).collect();
        for (at, request) in requests.iter().enumerate() {
            let now_ms = request.at_ms;
            let open = requests[..at].iter().filter(|earlier| {
                let cut = |(down_ms, of): &(u64, usize)| {
                    *of == usize::from(peer.0) && (earlier.at_ms..=now_ms).contains(down_ms)
                };
                now_ms < earlier.at_ms + 10_000
                    && earlier.answered_ms.is_none_or(|answered_ms| now_ms < answered_ms)
                    && !day.downs.iter().any(cut)
            });
            let room = if request.is_kill() { window + 2 } else { window };
            assert!(open.count() < room, "{request:?}");
        }
    }
}

fn requests_fit_their_peer_and_never_part_an_enb(day: &Day) {
    if day.network.interface != Interface::Sbcap {
        assert!(day.requests().all(|request| request.cells.len() <= day.network.cells_per_pdu as usize));
        return;
    }
    // The eNBs of `SCATTERED` by cell index, and the tracking areas.
    let enb = |cell: u32| [1, 1, 1, 2, 1, 2, 3, 3][cell as usize];
    let tac = |cell: u32| if cell < 4 { 1 } else { 2 };
    for (index, request) in day.requests().enumerate() {
        let enbs: BTreeSet<u32> = request.cells.iter().map(|cell| enb(*cell)).collect();
        assert!(request.cells.len() <= day.network.cells_per_pdu as usize || enbs.len() == 1);
        let tacs: BTreeSet<u64> = request.cells.iter().map(|cell| tac(*cell)).collect();
        assert_eq!(request.tacs, tacs.into_iter().collect::<Vec<_>>());
        let parted = day.requests().skip(index + 1).any(|later| {
            later.peer == request.peer
                && later.kind() == request.kind()
                && serial(later) == serial(request)
                && later.cells.iter().any(|cell| enbs.contains(&enb(*cell)))
        });
        assert!(!parted, "{request:?}");
    }
}

/// To an RNC two updates of a message in one service area are one message, and of two requests for it at once it drops
/// one. But a kill goes past all that is no kill, and a write past a query.
fn an_rnc_is_asked_one_thing_at_a_time_of_each_message_and_area(day: &Day) {
    for peer in [PeerId(0), PeerId(1)] {
        let requests: Vec<&Request> = day.requests().filter(|request| request.peer == peer).collect();
        for (at, request) in requests.iter().enumerate() {
            let now_ms = request.at_ms;
            let open = requests[..at].iter().any(|earlier| {
                let cut = |(down_ms, of): &(u64, usize)| {
                    *of == usize::from(peer.0) && (earlier.at_ms..=now_ms).contains(down_ms)
                };
                let goes_past = match request.kind() {
                    "kill" => earlier.kind() != "kill",
                    kind => kind == "write_replace" && earlier.kind() == "message_status_query",
                };
                serial(earlier) >> 4 == serial(request) >> 4
                    && earlier.cells.iter().any(|cell| request.cells.contains(cell))
                    && !goes_past
                    && now_ms < earlier.at_ms + 10_000
                    && earlier.answered_ms.is_none_or(|answered_ms| now_ms < answered_ms)
                    && !day.downs.iter().any(cut)
            });
            assert!(!open, "{request:?}");
        }
    }
}

fn everything_ends_at_rest(day: &Day) {
    for peer in [PeerId(0), PeerId(1)] {
        let status = day.world.dispatch.peer_status(peer);
        assert_eq!((status.in_flight, status.queued_orders), (0, 0));
    }
    let ups = day.world.reports.iter().filter(|report| matches!(report, Report::Up(_))).count();
    let downs = day.world.reports.iter().filter(|report| matches!(report, Report::Down(_))).count();
    assert!(ups >= downs, "{ups} ups, {downs} downs");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_promises_hold_on_any_day(
        (network, steps) in networks().prop_flat_map(|network| {
            let cells = if network.interface == Interface::Sbcap { 8 } else { 5 };
            (Just(network), steps(cells))
        })
    ) {
        let day = play(&network, &steps);
        every_order_settles_exactly_once(&day);
        every_cell_of_an_order_is_sent_once_or_withdrawn(&day);
        each_cell_gets_one_word_and_sent_comes_before_it(&day);
        withdrawn_orders_are_not_sent(&day);
        no_cell_is_written_more_often_than_its_limit(&day);
        the_pace_of_a_peer_is_kept(&day);
        the_window_of_a_peer_is_kept(&day);
        requests_fit_their_peer_and_never_part_an_enb(&day);
        if network.interface == Interface::Sabp {
            an_rnc_is_asked_one_thing_at_a_time_of_each_message_and_area(&day);
        }
        everything_ends_at_rest(&day);
    }

    #[test]
    fn the_same_inputs_give_the_same_outputs(network in networks(), steps in steps(5)) {
        let [one, two] = [play(&network, &steps), play(&network, &steps)];
        prop_assert_eq!(&one.world.sent, &two.world.sent);
        prop_assert_eq!(format!("{:?}", one.world.reports), format!("{:?}", two.world.reports));
        prop_assert_eq!(&one.world.notices, &two.world.notices);
    }
}
