//! Words that come late: something was under way when a cell restarted, or when a kill was asked for.

use super::*;
use crate::Record;
use crate::command::Change;
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
    world.command("ana", Command::Update { alert, change }).unwrap();
    world.command("bora", Command::Approve { alert, version: Some(2) }).unwrap();
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
