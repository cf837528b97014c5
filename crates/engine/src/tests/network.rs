//! What the network is asked for, and what its words do.

use super::*;
use crate::State;
use crate::order::BroadcastId;
use crate::report::Cause;

#[test]
fn nothing_is_sent_before_its_decision_is_durable_and_a_kill_waits_for_nothing() {
    let mut world = World::new();
    world.held_at = Some(world.journal.len());
    let alert = world.approved();
    assert!(world.orders().is_empty());
    world.held_at = None;
    world.keep(Vec::new());
    let orders = world.orders();
    assert_eq!(orders.len(), 2);
    world.say(&orders[0], Outcome::Sent);
    world.held_at = Some(world.journal.len());
    world.cancel(alert);
    let kills = world.orders();
    assert_eq!(kills.len(), 1, "a kill for what was sent, and none for what was not");
    assert_eq!((kills[0].action.verb(), kills[0].controller), (Verb::Kill, orders[0].controller));
}

#[test]
fn a_write_names_the_message_and_the_count_that_ends_at_expiry() {
    let mut world = World::new();
    world.approved();
    let orders = world.orders();
    let Action::Write { message, broadcasts, replaces } = &orders[0].action else { panic!("a write") };
    assert_eq!((message.message_id, *replaces), (cbs::MessageId::AMBER, None));
    assert_eq!(*broadcasts, cbs::Broadcasts::Count(60.try_into().unwrap()));
}

#[test]
fn an_unanswered_write_is_repeated_with_the_same_serial_until_expiry() {
    let mut world = World::new();
    let alert = world.approved();
    let first = world.orders();
    for order in &first {
        world.say(order, Outcome::Sent);
        world.say(order, Outcome::Unanswered);
        world.settle(order);
    }
    assert!(world.orders().is_empty(), "not at once");
    assert_eq!(world.engine.view(alert).unwrap().cells.unknown, 8);
    world.pass(2_000);
    let again = world.orders();
    assert_eq!(serials(&writes(&again)), serials(&writes(&first)));
    let mut gaps = Vec::new();
    let mut last = world.now.monotonic_ms;
    let mut orders = again;
    while world.engine.alert(alert).unwrap().state.is_on() {
        for order in std::mem::take(&mut orders) {
            world.say(&order, Outcome::Sent);
            world.say(&order, Outcome::Unanswered);
            world.settle(&order);
        }
        world.pass(1_000);
        orders = world.orders();
        if !writes(&orders).is_empty() {
            gaps.push(world.now.monotonic_ms - last);
            last = world.now.monotonic_ms;
        }
    }
    assert_eq!(gaps[..5], [4_000, 8_000, 16_000, 32_000, 60_000]);
    assert_eq!(world.engine.alert(alert).unwrap().state, State::Expired);
    assert!(orders.iter().all(|order| order.action.verb() == Verb::Kill), "after expiry nothing but kills");
}

#[test]
fn a_permanent_refusal_is_not_repeated_and_a_passing_one_is() {
    for (cause, repeats) in [(Cause::InvalidParameter, 0), (Cause::CapacityExceeded, 1)] {
        let mut world = World::new();
        let alert = world.approved();
        for order in world.orders() {
            if order.controller == world.bsc() {
                world.say(&order, Outcome::Sent);
                world.say(&order, Outcome::Refused(cause));
                world.settle(&order);
            } else {
                world.obey(&order);
            }
        }
        let view = world.engine.view(alert).unwrap();
        assert_eq!((view.cells.refused, view.cells.confirmed), (4, 4));
        world.pass(2_000);
        assert_eq!(world.orders().len(), repeats);
    }
}

#[test]
fn an_update_replaces_in_place_on_2g_and_stands_beside_then_stops_on_4g() {
    let mut world = World::new();
    let alert = world.active();
    let text = LanguageText { language: "sr-Cyrl".into(), text: "Ново возило".into() };
    let change = Change { texts: Some(vec![text]), ..Change::default() };
    world.command("ana", Command::Update { alert, change }).unwrap();
    world.command("bora", Command::Approve { alert, version: Some(2) }).unwrap();
    let orders = world.orders();
    assert_eq!(serials(&writes(&orders)).iter().map(|serial| serial.update()).collect::<Vec<_>>(), [1, 1]);
    let (bsc, pool) = (world.bsc(), world.pool());
    for order in &orders {
        let update = replaced(order).map(SerialNumber::update);
        assert_eq!(update, (order.controller == bsc).then_some(0));
        world.obey(order);
    }
    let stops = world.orders();
    assert_eq!(serials(&kills(&stops)).iter().map(|serial| serial.update()).collect::<Vec<_>>(), [0]);
    assert_eq!(stops[0].controller, pool);
    assert!(world.engine.view(alert).unwrap().networks.iter().any(|network| network.older == 4));
    world.obey(&stops[0]);
    assert!(world.orders().is_empty());
    assert!(world.engine.view(alert).unwrap().networks.iter().all(|network| network.older == 0));
}

#[test]
fn a_grown_area_writes_only_the_new_cells_with_the_same_serial() {
    let mut world = World::new();
    let alert = world.active();
    let change = Change { target: Some(around(100_000)), ..Change::default() };
    world.command("ana", Command::Update { alert, change }).unwrap();
    world.command("bora", Command::Approve { alert, version: Some(2) }).unwrap();
    let orders = world.obey_all();
    assert_eq!(orders.len(), 1);
    assert_eq!((orders[0].cells.len(), orders[0].action.serial().update()), (2, 0));
    assert_eq!(world.engine.view(alert).unwrap().cells.confirmed, 10);
}

#[test]
fn a_shrunk_area_stops_only_the_cells_that_left() {
    let mut world = World::new();
    let alert = world.command("ana", draft("Нестало дете", 100_000)).unwrap();
    world.command("ana", Command::Submit { alert }).unwrap();
    world.command("bora", Command::Approve { alert, version: None }).unwrap();
    world.obey_all();
    let change = Change { target: Some(around(5_000)), ..Change::default() };
    world.command("ana", Command::Update { alert, change }).unwrap();
    world.command("bora", Command::Approve { alert, version: None }).unwrap();
    let orders = world.obey_all();
    assert_eq!(orders.len(), 1);
    assert_eq!((orders[0].action.verb(), orders[0].cells.len()), (Verb::Kill, 2));
    let view = world.engine.view(alert).unwrap();
    assert_eq!((view.cells.confirmed, view.off.confirmed), (8, 2));
}

#[test]
fn a_longer_life_stops_and_starts_with_the_same_serial() {
    let mut world = World::new();
    let alert = world.active();
    let change = Change { duration_s: Some(7_200), ..Change::default() };
    world.command("ana", Command::Update { alert, change }).unwrap();
    world.command("bora", Command::Approve { alert, version: Some(2) }).unwrap();
    let orders = world.obey_all();
    let verbs: Vec<Verb> = orders.iter().map(|order| order.action.verb()).collect();
    assert_eq!(verbs, [Verb::Kill, Verb::Kill, Verb::Write, Verb::Write]);
    assert!(orders.iter().all(|order| order.action.serial().update() == 0));
    assert_eq!(world.engine.view(alert).unwrap().cells.confirmed, 8);
}

#[test]
fn after_update_15_comes_a_new_code_and_the_old_one_is_stopped() {
    let mut world = World::new();
    let alert = world.active();
    let mut last = None;
    for n in 2..=17 {
        let text = LanguageText { language: "sr-Cyrl".into(), text: format!("Верзија {n}") };
        let change = Change { texts: Some(vec![text]), ..Change::default() };
        world.command("ana", Command::Update { alert, change }).unwrap();
        world.command("bora", Command::Approve { alert, version: Some(n) }).unwrap();
        let orders = world.obey_all();
        last = Some((serials(&writes(&orders))[0], serials(&kills(&orders))[0]));
    }
    let (written, stopped) = last.unwrap();
    assert_eq!((written.code(), written.update()), (1, 0));
    assert_eq!((stopped.code(), stopped.update()), (0, 15));
}

#[test]
fn an_update_overtakes_an_unsent_write() {
    let mut world = World::new();
    for controller in world.peers() {
        world.report(Report::Down(controller));
    }
    let alert = world.approved();
    let text = LanguageText { language: "sr-Cyrl".into(), text: "Ново возило".into() };
    let change = Change { texts: Some(vec![text]), ..Change::default() };
    world.command("ana", Command::Update { alert, change }).unwrap();
    world.command("bora", Command::Approve { alert, version: None }).unwrap();
    for controller in world.peers() {
        world.report(Report::Up(controller));
    }
    let orders = world.obey_all();
    let writes = writes(&orders);
    assert_eq!(writes.len(), 2);
    assert!(writes.iter().all(|order| order.action.serial().update() == 1 && replaced(order).is_none()));
}

#[test]
fn a_cancel_while_a_peer_is_down_reaches_it_before_anything_else() {
    let mut world = World::new();
    let alert = world.active();
    let pool = world.pool();
    world.report(Report::Down(pool));
    assert_eq!(world.engine.view(alert).unwrap().cells.unknown, 4);
    world.cancel(alert);
    let other = world.approved();
    let orders = world.orders();
    assert!(orders.iter().all(|order| order.controller != pool));
    world.report(Report::Up(pool));
    let orders = world.orders();
    assert_eq!(orders[0].action.verb(), Verb::Kill);
    assert!(orders.iter().any(|order| order.action.verb() == Verb::Write));
    orders.iter().for_each(|order| world.obey(order));
    let _ = other;
}

#[test]
fn a_reconnect_asks_what_is_on_and_writes_only_what_is_not() {
    let mut world = World::new();
    let alert = world.active();
    let bsc = world.bsc();
    world.report(Report::Down(bsc));
    world.report(Report::Up(bsc));
    let orders = world.orders();
    assert_eq!(orders.len(), 1);
    assert_eq!(orders[0].action.verb(), Verb::Query);
    world.say(&orders[0], Outcome::Sent);
    let mut cells = orders[0].cells.indices();
    let (on, off) = (cells.next().unwrap(), cells.next().unwrap());
    let rest = CellRuns::from_sorted(cells.chain([on]));
    world.say_in(&orders[0], Outcome::Confirmed, rest);
    world.say_in(&orders[0], Outcome::Refused(Cause::ReferenceUnknown), CellRuns::from_sorted([off]));
    world.settle(&orders[0]);
    let orders = world.orders();
    assert_eq!((orders[0].action.verb(), orders[0].cells.len()), (Verb::Write, 1));
    world.obey(&orders[0]);
    assert_eq!(world.engine.view(alert).unwrap().cells.confirmed, 8);
}

#[test]
fn restarted_cells_get_what_is_live_and_nothing_that_is_over() {
    let mut world = World::new();
    let over = world.active();
    world.cancel(over);
    world.obey_all();
    let alert = world.active();
    let pool = world.pool();
    let cells = CellRuns::from_range(world.engine.setup().inventory.cells_of(pool));
    world.report(Report::Restarted(pool, cells));
    let orders = world.obey_all();
    assert_eq!(orders.len(), 1);
    assert_eq!((orders[0].action.verb(), orders[0].cells.len()), (Verb::Write, 4));
    assert_eq!(world.engine.view(alert).unwrap().cells.confirmed, 8);
}

#[test]
fn failed_cells_wait_for_their_restart() {
    let mut world = World::new();
    let alert = world.active();
    let pool = world.pool();
    let cells = CellRuns::from_range(world.engine.setup().inventory.cells_of(pool));
    world.report(Report::Failed(pool, cells.clone()));
    world.pass(120_000);
    assert!(world.orders().is_empty());
    assert_eq!(world.engine.view(alert).unwrap().cells.refused, 4);
    world.report(Report::Restarted(pool, cells));
    world.obey_all();
    assert_eq!(world.engine.view(alert).unwrap().cells.confirmed, 8);
}

#[test]
fn an_acceptance_without_indication_is_asked_about_again() {
    let mut world = World::new();
    let alert = world.approved();
    for order in world.orders() {
        world.say(&order, Outcome::Sent);
        world.say(
            &order,
            if order.controller == world.pool() { Outcome::Accepted } else { Outcome::Confirmed },
        );
        world.settle(&order);
    }
    assert_eq!(world.engine.view(alert).unwrap().cells.accepted, 4);
    world.pass(29_000);
    assert!(world.orders().is_empty());
    world.pass(1_000);
    let orders = world.orders();
    assert_eq!((orders.len(), orders[0].action.verb()), (1, Verb::Query));
}

#[test]
fn after_a_crash_the_same_goes_out_with_the_same_serial() {
    let mut world = World::new();
    let alert = world.approved();
    let before = world.orders();
    world.reborn();
    let after = world.orders();
    assert_eq!(serials(&writes(&after)).len() + after.len() - writes(&after).len(), before.len());
    assert!(after.iter().all(|order| order.action.serial() == before[0].action.serial()));
    after.iter().for_each(|order| world.obey(order));
    assert_eq!(world.engine.view(alert).unwrap().cells.confirmed, 8);
}

#[test]
fn a_cancel_after_a_crash_reaches_what_may_have_been_sent() {
    let mut world = World::new();
    let alert = world.approved();
    world.orders();
    world.reborn();
    world.cancel(alert);
    let orders = world.obey_all();
    let cells: u32 = kills(&orders).iter().map(|order| order.cells.len()).sum();
    assert_eq!(cells, 8);
    assert_eq!(world.engine.alert(alert).unwrap().state, State::Closed);
}

#[test]
fn expiry_is_neither_early_nor_late() {
    let mut world = World::new();
    let alert = world.active();
    let left_ms = world.engine.alert(alert).unwrap().expires_ms - world.now.wall_ms;
    assert_eq!(left_ms, HOUR_MS);
    world.pass(left_ms as u64 - 1);
    assert!(world.engine.alert(alert).unwrap().state.is_on());
    world.pass(1);
    assert_eq!(world.engine.alert(alert).unwrap().state, State::Expired);
    assert_eq!(kills(&world.orders()).len(), 2);
}

#[test]
fn kills_are_retried_until_the_last_possible_broadcast_is_over() {
    let mut world = World::new();
    let alert = world.active();
    world.cancel(alert);
    let mut tries = 0;
    while world.engine.alert(alert).unwrap().state != State::Closed {
        for order in world.orders() {
            tries += 1;
            world.say(&order, Outcome::Sent);
            world.say(&order, Outcome::Unanswered);
            world.settle(&order);
        }
        world.pass(10_000);
    }
    assert!(tries > 100, "{tries}");
    let off = world.engine.view(alert).unwrap().off;
    assert_eq!((off.unknown, off.confirmed), (8, 0), "never more than the network said");
}

#[test]
fn another_inventory_moves_the_cells_of_a_live_alert() {
    let mut world = World::new();
    let alert = world.active();
    let serial_of = |world: &World| world.engine.view(alert).unwrap().messages[0].names[0].serial;
    let before = serial_of(&world);
    // A new operator with a lower PLMN comes first, one GSM cell is gone, and a BSC takes a cell of another name.
    let newcomer = "yettel,220,01,gsm,1,1,,44.0,21.0,0,360,500,yettel-bsc-01\n";
    let cells = CELLS.replace("mts,220,03,gsm,1100,2,,45.25,19.84,0,360,500,mts-bsc-01\n", newcomer);
    let old = Inventory::import(CELLS.as_bytes()).unwrap();
    let new = Inventory::import(cells.as_bytes()).unwrap();
    world.reborn_in(&cells, &area::remap(&old, &new));
    assert_eq!(serial_of(&world), before);
    let orders = world.orders();
    let bsc = world.bsc();
    let asked = orders.iter().find(|order| order.controller == bsc).unwrap();
    assert_eq!((asked.action.verb(), asked.cells.len()), (Verb::Query, 3));
    assert!(asked.cells.indices().all(|cell| new.controller_of(cell) == bsc));
    orders.iter().for_each(|order| world.obey(order));
    world.obey_all();
    assert_eq!(world.engine.view(alert).unwrap().cells.confirmed, 7);
    world.cancel(alert);
    let kills = world.obey_all();
    assert_eq!(kills.iter().map(|order| order.cells.len()).sum::<u32>(), 7);
    let view = world.engine.view(alert).unwrap();
    world.reborn_in(&cells, &[]);
    assert_eq!(world.engine.view(alert).unwrap(), view, "a replay over the change gives the state before");
}

#[test]
fn a_name_that_is_anothers_is_given_up_where_nothing_of_ours_is_on_the_air() {
    let mut world = World::new();
    let alert = world.approved();
    let clash = Outcome::Refused(Cause::ReferenceUsed);
    for order in world.orders() {
        world.say(&order, Outcome::Sent);
        if order.controller == world.pool() {
            world.say(&order, clash);
        } else {
            world.say(&order, Outcome::Confirmed);
        }
        world.settle(&order);
    }
    let again = world.obey_all();
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].controller, world.pool());
    let serials: Vec<_> =
        world.engine.view(alert).unwrap().messages[0].names.iter().map(|n| n.serial).collect();
    assert_eq!(serials.len(), 2);
    assert_eq!((again[0].action.serial(), serials[0].code() + 1), (serials[1], serials[1].code()));
    // The journal knows, and each is killed by its own name.
    world.reborn();
    world.obey_all();
    world.cancel(alert);
    let kills: Vec<_> =
        world.obey_all().iter().map(|order| (order.controller, order.action.serial())).collect();
    assert_eq!(kills.len(), 2);
    assert!(kills.contains(&(world.bsc(), serials[0])) && kills.contains(&(world.pool(), serials[1])));
}

#[test]
fn what_dispatch_turns_away_is_asked_again_only_after_a_while() {
    let mut world = World::new();
    world.approved();
    for order in world.orders() {
        world.say(&order, Outcome::Withdrawn);
        world.settle(&order);
    }
    assert!(world.orders().is_empty());
    world.pass(2_000);
    assert_eq!(world.orders().len(), 2);
}

#[test]
fn an_alert_expires_within_a_second_of_a_step_of_the_wall_clock() {
    let mut world = World::new();
    let alert = world.active();
    world.now.wall_ms += HOUR_MS;
    assert!(world.engine.next_wakeup().is_some_and(|wake_ms| wake_ms <= world.now.monotonic_ms + 1_000));
    world.pass(1_000);
    assert_eq!(world.engine.alert(alert).unwrap().state, State::Expired);
}

#[test]
fn the_late_answer_to_a_kill_does_not_forget_a_later_write() {
    let mut world = World::new();
    let alert = world.active();
    // A longer life: stop and start. The first stop is answered late, after the second and the new start.
    let change = Change { duration_s: Some(7_200), ..Change::default() };
    world.command("ana", Command::Update { alert, change }).unwrap();
    world.command("bora", Command::Approve { alert, version: Some(2) }).unwrap();
    let (bsc, kills) = (world.bsc(), world.orders());
    let kill = kills.iter().find(|order| order.controller == bsc).unwrap();
    world.say(kill, Outcome::Sent);
    world.say(kill, Outcome::Confirmed);
    world.settle(kill);
    let writes = world.orders();
    let write = writes.iter().find(|order| order.controller == bsc).unwrap();
    assert_eq!(write.action.verb(), Verb::Write);
    world.say(write, Outcome::Sent);
    world.say(kill, Outcome::Refused(Cause::ReferenceUnknown));
    world.cancel(alert);
    let after = world.orders();
    assert!(after.iter().any(|order| order.controller == bsc && order.action.verb() == Verb::Kill));
}

/// An alert in two languages, confirmed, and an update that drops one of them, approved; nothing of it has been polled.
fn with_a_language_dropped(world: &mut World) -> (AlertId, BroadcastId) {
    let mut words = wording("Нестало дете", 5_000);
    words.texts.push(LanguageText { language: "en".into(), text: "Child missing".into() });
    let class = "missing-child".to_owned();
    let alert =
        world.command("ana", Command::Draft { channel: Channel::Live, class, wording: words }).unwrap();
    world.command("ana", Command::Submit { alert }).unwrap();
    world.command("bora", Command::Approve { alert, version: None }).unwrap();
    world.obey_all();
    let text = LanguageText { language: "sr-Cyrl".into(), text: "Ново возило".into() };
    let change = Change { texts: Some(vec![text]), ..Change::default() };
    world.command("ana", Command::Update { alert, change }).unwrap();
    world.command("bora", Command::Approve { alert, version: None }).unwrap();
    (alert, world.engine.alert(alert).unwrap().broadcasts[1])
}

#[test]
fn a_language_that_an_update_drops_is_taken_off() {
    let mut world = World::new();
    let (_, twin) = with_a_language_dropped(&mut world);
    let orders = world.obey_all();
    let killed: u32 =
        kills(&orders).iter().filter(|order| order.broadcast == twin).map(|order| order.cells.len()).sum();
    assert_eq!(killed, 8);
}

#[test]
fn a_cancel_in_the_same_turn_as_an_update_takes_back_no_kill() {
    let mut world = World::new();
    let (alert, twin) = with_a_language_dropped(&mut world);
    world.cancel(alert);
    let orders = world.obey_all();
    assert!(orders.iter().all(|order| order.action.verb() == Verb::Kill));
    let killed =
        |id| orders.iter().filter(|order| order.broadcast == id).map(|order| order.cells.len()).sum::<u32>();
    let main = world.engine.alert(alert).unwrap().broadcasts[0];
    assert_eq!((killed(main), killed(twin)), (8, 8));
    assert_eq!(world.engine.alert(alert).unwrap().state, State::Closed);
}

#[test]
fn a_step_of_the_wall_clock_shortens_no_rest() {
    let mut world = World::new();
    let alert = world.active();
    let code = |world: &World| {
        let text = world.engine.broadcast(BroadcastId(0)).unwrap().editions.last().unwrap();
        text.name(area::OperatorId(0)).unwrap()
    };
    let (id, serial) = code(&world);
    world.cancel(alert);
    world.obey_all();
    assert_eq!(world.engine.alert(alert).unwrap().state, State::Closed);
    // A day is skipped, and comes again when somebody corrects it; each time only minutes pass.
    for step_ms in [30 * HOUR_MS, -30 * HOUR_MS, 30 * HOUR_MS] {
        world.now.wall_ms += step_ms;
        world.pass(60_000);
        let mut rest = world.engine.serials.clone();
        for _ in 1..=cbs::SerialNumber::CODE_MAX {
            let free = rest.free(area::OperatorId(0), id, world.now.wall_ms).unwrap();
            assert_ne!(free.code(), serial.code());
            rest.take(area::OperatorId(0), id, free);
        }
    }
    assert_eq!(world.engine.snapshot().last(), world.journal.last().unwrap().seq);
    let before = serde_json::to_string(&world.engine.snapshot()).unwrap();
    let mut replayed = Engine::new(setup(CELLS, Airtime::default()));
    world.journal.iter().for_each(|entry| replayed.replay(entry));
    assert_eq!(serde_json::to_string(&replayed.snapshot()).unwrap(), before);
}

#[test]
fn kills_go_on_until_the_networks_counts_are_over_whatever_the_wall_clock_says() {
    let mut world = World::new();
    let alert = world.active();
    world.cancel(alert);
    world.now.wall_ms += 3 * HOUR_MS;
    world.pass(1_000);
    assert_eq!(world.engine.alert(alert).unwrap().state, State::Cancelled);
    for _ in 0..62 {
        world.pass(60_000);
    }
    assert_eq!(world.engine.alert(alert).unwrap().state, State::Closed);
}

#[test]
fn after_a_restore_no_code_that_may_have_been_used_is_used_and_every_peer_is_met_anew() {
    let mut world = World::new();
    let alert = world.active();
    let mut out = Vec::new();
    assert!(!world.engine.meet(world.now, "mts-bsc", &mut out));
    assert!(world.engine.meet(world.now, "mts-bsc", &mut out));
    let codes = BTreeMap::from([(area::OperatorId(0), crate::CodeRange::default())]);
    world.engine.restored(world.now, &codes, &mut out);
    assert!(!world.engine.meet(world.now, "mts-bsc", &mut out));
    world.keep(out);
    world.reborn();
    let exhausted = |refusal| matches!(refusal, Err(Refusal::SerialsExhausted { .. }));
    let text = LanguageText { language: "sr-Cyrl".into(), text: "Ново возило".into() };
    let change = Change { texts: Some(vec![text]), ..Change::default() };
    world.command("ana", Command::Update { alert, change }).unwrap();
    assert!(exhausted(world.command("bora", Command::Approve { alert, version: None })));
    let draft = world.command("ana", draft("Друго дете", 5_000)).unwrap();
    world.command("ana", Command::Submit { alert: draft }).unwrap();
    let approve = Command::Approve { alert: draft, version: None };
    assert!(exhausted(world.command("bora", approve.clone())));
    world.pass(crate::REST_MS as u64 - 1);
    assert!(exhausted(world.command("bora", approve.clone())));
    world.pass(1);
    world.command("bora", approve).unwrap();
}
