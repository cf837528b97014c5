//! Words that come late: something was under way when a cell restarted, or when a kill was asked for.

use super::*;
use crate::Record;
use crate::alert::State;
use crate::report::Cause;

#[test]
fn what_was_under_way_to_a_cell_that_restarted_is_killed_by_a_cancel() {
    let mut world = World::new();
    let alert = world.approved();
    let bsc = world.bsc();
    let orders = world.orders();
    let write = orders.iter().find(|order| order.controller == bsc).unwrap();
    world.say(write, Outcome::Sent);
    world.report(Report::Restarted(bsc, write.cells.clone()));
    world.reborn();
    world.cancel(alert);
    let killed = world.orders();
    let killed = kills(&killed).into_iter().find(|order| order.controller == bsc).unwrap();
    assert_eq!((&killed.cells, killed.action.serial()), (&write.cells, write.action.serial()));
}

#[test]
fn what_was_under_way_to_a_cell_that_restarted_is_replaced_by_an_update() {
    let mut world = World::new();
    let alert = world.approved();
    let bsc = world.bsc();
    let orders = world.orders();
    let first = orders.iter().find(|order| order.controller == bsc).unwrap();
    world.say(first, Outcome::Sent);
    let texts = vec![LanguageText { language: "sr-Cyrl".into(), text: "Плава јакна".into() }];
    let change = Change { texts: Some(texts), ..Change::default() };
    world.command("ana", Command::Update { alert, change }).unwrap();
    world.report(Report::Restarted(bsc, first.cells.clone()));
    world.command("bora", Command::Approve { alert, version: Some(2) }).unwrap();
    let orders = world.orders();
    let second = writes(&orders).into_iter().find(|order| order.controller == bsc).unwrap();
    assert_eq!(replaced(second), Some(first.action.serial()));
}

#[test]
fn a_late_word_about_a_write_counts_no_more_once_a_kill_is_asked_for() {
    let mut world = World::new();
    let alert = world.active();
    let change = Change { duration_s: Some(7_200), ..Change::default() };
    world.updated(alert, change);
    let pool = world.pool();
    let orders = world.orders();
    let kill = kills(&orders).into_iter().find(|order| order.controller == pool).unwrap();
    world.say(kill, Outcome::Sent);
    world.say(kill, Outcome::Accepted);
    let late = CellReport {
        controller: pool,
        broadcast: kill.broadcast,
        serial: kill.action.serial(),
        verb: Verb::Write,
        outcome: Outcome::Confirmed,
        cells: kill.cells.clone(),
    };
    world.report(Report::Cells(late));
    world.say(kill, Outcome::Confirmed);
    world.settle(kill);
    let orders = world.orders();
    assert!(writes(&orders).iter().any(|order| order.controller == pool && order.cells == kill.cells));
}

#[test]
fn a_stop_that_one_of_a_pool_had_later_than_the_write_is_asked_about() {
    let mut world = World::new();
    world.approved();
    let pool = world.pool();
    let orders = world.obey_all();
    let write = writes(&orders).into_iter().find(|order| order.controller == pool).unwrap();
    let (broadcast, serial, cells) = (write.broadcast, write.action.serial(), write.cells.clone());
    let report = |outcome| {
        let (controller, verb) = (pool, Verb::Kill);
        Report::Cells(CellReport { controller, broadcast, serial, verb, outcome, cells: cells.clone() })
    };
    world.report(report(Outcome::Refused(Cause::ReferenceUnknown)));
    assert!(world.orders().is_empty(), "that one knows nothing of it says nothing about the others");
    world.report(report(Outcome::Confirmed));
    let orders = world.orders();
    assert_eq!(orders.len(), 1);
    let asked = &orders[0];
    assert_eq!((asked.controller, asked.action.serial(), &asked.cells), (pool, serial, &cells));
    assert_eq!(asked.action.verb(), Verb::Write, "of the same name: no phone rings twice");
}

#[test]
fn the_same_word_about_many_cells_is_one_record_that_says_what_each_alone_would() {
    let mut world = World::new();
    world.approved();
    let orders = world.orders();
    assert_eq!(orders.len(), 2, "one for the BSC, one for the pool");
    orders.iter().for_each(|order| world.say(order, Outcome::Sent));
    let before = world.journal.len();
    orders.iter().rev().for_each(|order| world.say(order, Outcome::Unanswered));
    assert_eq!(world.journal.len(), before + 1);
    let all = orders.iter().fold(CellRuns::new(), |all, order| all.union(&order.cells));
    let Record::Reported { cells, .. } = &world.journal[before].record else { panic!("a report") };
    assert_eq!(*cells, all);
    let mut again = Engine::new(setup(CELLS, world.airtime));
    world.journal.iter().for_each(|entry| again.replay(entry));
    let written = |engine: &Engine| serde_json::to_string(&engine.snapshot()).unwrap();
    assert_eq!(written(&again), written(&world.engine));
}

#[test]
fn another_word_or_one_of_another_turn_is_another_record() {
    let mut world = World::new();
    world.approved();
    let orders = world.orders();
    let [one, other] = &orders[..] else { panic!("one for the BSC, one for the pool") };
    let before = world.journal.len();
    world.say(one, Outcome::Unanswered);
    world.say(other, Outcome::Accepted);
    assert_eq!(world.journal.len(), before + 2, "another word");
    world.say(other, Outcome::Accepted);
    assert_eq!(world.journal.len(), before + 3, "the same cells again");
    world.pass(0);
    world.say(one, Outcome::Accepted);
    assert_eq!(world.journal.len(), before + 4, "another turn");
}

#[test]
fn a_pool_is_asked_again_to_stop_what_is_over_when_one_of_it_comes_back() {
    let mut world = World::new();
    let alert = world.active();
    world.cancel(alert);
    let stopped = world.obey_all();
    let pool = world.pool();
    let stop = kills(&stopped).into_iter().find(|order| order.controller == pool).unwrap();
    assert_eq!(world.engine.alert(alert).unwrap().state, State::Closed);
    for controller in world.peers() {
        world.report(Report::Up(controller));
    }
    let again = world.obey_all();
    assert_eq!(again.len(), 1, "one BSC has only one peer, which had the stop");
    assert_eq!((again[0].action.serial(), &again[0].cells), (stop.action.serial(), &stop.cells));
    assert_eq!(world.engine.alert(alert).unwrap().state, State::Closed);
    world.pass(90_000_000);
    world.report(Report::Up(pool));
    assert!(world.orders().is_empty(), "its time is over");
}

#[test]
fn the_older_text_of_what_is_on_is_stopped_again_when_one_of_a_pool_comes_back() {
    let mut world = World::new();
    let alert = world.active();
    let texts = vec![LanguageText { language: "sr-Cyrl".into(), text: "Плава јакна".into() }];
    let change = Change { texts: Some(texts), ..Change::default() };
    world.updated(alert, change);
    let pool = world.pool();
    let orders = world.obey_all();
    let old = kills(&orders).into_iter().find(|order| order.controller == pool).unwrap().action.serial();
    world.report(Report::Up(pool));
    let again = world.obey_all();
    assert_eq!(serials(&again.iter().collect::<Vec<_>>()), [old], "and the present one is left alone");
}

#[test]
fn a_language_that_was_dropped_is_stopped_again_when_one_of_a_pool_comes_back() {
    let mut world = World::new();
    let text = |language: &str, text: &str| LanguageText { language: language.into(), text: text.into() };
    let both = [text("sr-Latn", "Nestalo dete"), text("en", "Missing child")];
    let alert = world.active();
    let change = |texts: &[LanguageText]| Change { texts: Some(texts.to_vec()), ..Change::default() };
    for texts in [&both[..], &both[..1]] {
        world.updated(alert, change(texts));
        world.obey_all();
    }
    let dropped: Vec<_> = world.engine.alert(alert).unwrap().broadcasts.clone();
    let dropped = dropped.into_iter().filter(|id| !world.engine.broadcast(*id).unwrap().wanted);
    let dropped: Vec<_> = dropped.collect();
    assert!(!dropped.is_empty());
    let pool = world.pool();
    world.report(Report::Up(pool));
    let again = world.obey_all();
    assert!(dropped.iter().all(|id| again.iter().any(|order| order.broadcast == *id)), "{again:?}");
}

#[test]
fn a_refusal_after_a_restart_is_no_proof_that_nothing_is_on() {
    let mut world = World::new();
    let alert = world.approved();
    let pool = world.pool();
    let orders = world.obey_all();
    let cells = &writes(&orders).into_iter().find(|order| order.controller == pool).unwrap().cells;
    world.report(Report::Restarted(pool, cells.clone()));
    world.obey_all();
    // The same restart, told by another of the pool, which does not know the message.
    world.report(Report::Restarted(pool, cells.clone()));
    let orders = world.orders();
    let write = writes(&orders).into_iter().find(|order| order.controller == pool).unwrap();
    world.say(write, Outcome::Sent);
    world.say(write, Outcome::Refused(Cause::NotSupported));
    world.settle(write);
    world.cancel(alert);
    let orders = world.orders();
    assert!(kills(&orders).iter().any(|order| order.controller == pool));
}

#[test]
fn a_loss_that_nobody_told_of_is_found_by_asking() {
    let mut world = World::new();
    world.active();
    let bsc = world.bsc();
    world.pass(299_000);
    assert!(world.orders().is_empty());
    world.pass(11_000);
    let orders = world.orders();
    assert_eq!(orders.len(), 1, "an MME tells of itself");
    let audit = &orders[0];
    assert_eq!((audit.controller, audit.action.verb()), (bsc, Verb::Query));
    let before = world.journal.len();
    world.say(audit, Outcome::Confirmed);
    world.settle(audit);
    assert_eq!((world.journal.len(), world.orders().len()), (before, 0), "no news");

    world.pass(310_000);
    let orders = world.orders();
    let audit = orders.iter().find(|order| order.action.verb() == Verb::Query).unwrap();
    world.say(audit, Outcome::Refused(Cause::ReferenceUnknown));
    world.settle(audit);
    let orders = world.orders();
    let write = writes(&orders).into_iter().find(|order| order.controller == bsc).unwrap();
    assert_eq!((&write.cells, write.action.serial()), (&audit.cells, audit.action.serial()));
}

#[test]
fn a_late_word_about_what_was_stopped_since_is_no_word_about_what_has_not_been_sent_yet() {
    let mut world = World::new();
    let alert = world.active();
    let change = Change { duration_s: Some(7_200), ..Change::default() };
    world.updated(alert, change);
    let pool = world.pool();
    let orders = world.orders();
    let kill = kills(&orders).into_iter().find(|order| order.controller == pool).unwrap();
    for outcome in [Outcome::Sent, Outcome::Accepted, Outcome::Confirmed] {
        world.say(kill, outcome);
    }
    world.settle(kill);
    let orders = world.orders();
    let write = writes(&orders).into_iter().find(|order| order.controller == pool).unwrap();
    // Another of the pool is slow: it accepts the write that the stop has followed.
    world.say(write, Outcome::Accepted);
    let last = world.journal.last().map(|entry| &entry.record);
    assert!(
        matches!(last, Some(Record::Reported { said, .. }) if said.outcome == Outcome::Sent),
        "it may be on, and has not been accepted: {last:?}"
    );
}
