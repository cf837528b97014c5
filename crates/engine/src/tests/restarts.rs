//! Cells that restart while something is under way to them.

use super::*;
use crate::command::Change;

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
