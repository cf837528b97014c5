//! What people may do, and when.

use super::*;
use crate::State;

#[test]
fn an_alert_goes_from_draft_to_closed() {
    let mut world = World::new();
    let alert = world.command("ana", draft("Нестало дете", 5_000)).unwrap();
    let state = |world: &World| world.engine.alert(alert).unwrap().state;
    assert_eq!(state(&world), State::Draft);
    world.command("ana", Command::Submit { alert }).unwrap();
    assert_eq!(state(&world), State::Submitted);
    assert!(world.orders().is_empty(), "nothing is sent that nobody approved");
    world.command("bora", Command::Approve { alert, version: Some(1) }).unwrap();
    assert_eq!(state(&world), State::Approved);
    world.obey_all();
    assert_eq!(state(&world), State::Active);
    let view = world.engine.view(alert).unwrap();
    assert_eq!((view.cells.targeted, view.cells.confirmed, view.unserved), (8, 8, 2));
    world.cancel(alert);
    assert_eq!(state(&world), State::Cancelled);
    world.obey_all();
    assert_eq!(state(&world), State::Closed);
    let view = world.engine.view(alert).unwrap();
    assert_eq!((view.off.targeted, view.off.confirmed), (8, 8));
}

#[test]
fn the_author_cannot_approve() {
    let mut world = World::new();
    let alert = world.command("ana", draft("Нестало дете", 5_000)).unwrap();
    world.command("ana", Command::Submit { alert }).unwrap();
    let refused = world.command("ana", Command::Approve { alert, version: None }).unwrap_err();
    assert_eq!(refused, Refusal::ApproverIsAuthor { alert, version: 1, by: "ana".into() });
    assert!(world.orders().is_empty());
}

#[test]
fn an_update_needs_its_own_second_person() {
    let mut world = World::new();
    let alert = world.active();
    let change = Change { target: Some(around(100_000)), ..Change::default() };
    world.command("bora", Command::Update { alert, change }).unwrap();
    assert!(world.orders().is_empty());
    let refused = world.command("bora", Command::Approve { alert, version: Some(2) }).unwrap_err();
    assert!(matches!(refused, Refusal::ApproverIsAuthor { version: 2, .. }));
    world.command("ana", Command::Approve { alert, version: Some(2) }).unwrap();
    assert!(!world.orders().is_empty());
}

#[test]
fn uid_0_neither_authors_nor_approves_but_may_cancel() {
    let mut world = World::new();
    assert!(matches!(world.command("root", draft("Нестало дете", 5_000)), Err(Refusal::Root { .. })));
    let alert = world.active();
    world.command("root", Command::Cancel { alert, reason: "found".into() }).unwrap();
}

#[test]
fn a_command_in_the_wrong_state_names_the_states_it_expects() {
    let mut world = World::new();
    let alert = world.command("ana", draft("Нестало дете", 5_000)).unwrap();
    let refused = world.command("bora", Command::Approve { alert, version: None }).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "A-1 is draft: approve expects it to be submitted, or active with an update that waits"
    );
    let unknown = world.command("ana", Command::Submit { alert: AlertId(9) }).unwrap_err();
    assert_eq!(unknown, Refusal::UnknownAlert { alert: AlertId(9) });
}

#[test]
fn a_returned_draft_can_be_written_anew() {
    let mut world = World::new();
    let alert = world.command("ana", draft("Нестало дете", 5_000)).unwrap();
    world.command("ana", Command::Submit { alert }).unwrap();
    world.command("bora", Command::Return { alert, reason: "age missing".into() }).unwrap();
    world.command("ana", Command::Revise { alert, wording: wording("Нестало дете (7)", 5_000) }).unwrap();
    world.command("ana", Command::Submit { alert }).unwrap();
    world.command("bora", Command::Approve { alert, version: Some(1) }).unwrap();
    world.obey_all();
    let view = world.engine.view(alert).unwrap();
    assert_eq!(view.version.unwrap().planned[0].text.as_deref(), Some("Нестало дете (7)"));
}

#[test]
fn a_case_that_the_policy_does_not_allow_cannot_be_submitted() {
    let mut world = World::new();
    let mut wording = wording("Нестало дете", 5_000);
    wording.case.age_years = Some(30);
    let class = "missing-child".to_owned();
    let alert = world.command("ana", Command::Draft { channel: Channel::Live, class, wording }).unwrap();
    let refused = world.command("ana", Command::Submit { alert }).unwrap_err();
    assert!(refused.to_string().contains("at most 17"), "{refused}");
}

#[test]
fn the_same_key_does_the_same_thing_once_even_after_a_restart() {
    let mut world = World::new();
    let first = world.keyed("ana", Some("k1"), draft("Нестало дете", 5_000)).unwrap();
    assert_eq!(world.keyed("ana", Some("k1"), draft("Нестало дете", 5_000)), Ok(first));
    world.reborn();
    assert_eq!(world.keyed("ana", Some("k1"), draft("Нестало дете", 5_000)), Ok(first));
    let reused = world.keyed("ana", Some("k1"), Command::Submit { alert: first }).unwrap_err();
    assert_eq!(reused, Refusal::KeyReused { key: "k1".into(), verb: "draft", alert: first });
    assert_eq!(world.engine.alerts().count(), 1);
}

#[test]
fn an_exercise_has_the_exercise_identifier() {
    let mut world = World::new();
    let command = Command::Draft {
        channel: Channel::Exercise,
        class: "missing-child".into(),
        wording: wording("Вежба", 5_000),
    };
    let alert = world.command("ana", command).unwrap();
    world.command("ana", Command::Submit { alert }).unwrap();
    world.command("bora", Command::Approve { alert, version: Some(1) }).unwrap();
    for order in world.orders() {
        let Action::Write { message, .. } = &order.action else { panic!("a write") };
        assert_eq!(message.message_id, cbs::MessageId::EXERCISE);
    }
}

#[test]
fn an_area_without_a_peer_is_refused() {
    let mut world = World::new();
    let mut nowhere = wording("Нестало дете", 10);
    nowhere.target.circles[0].lat = 43.0;
    let command = Command::Draft { channel: Channel::Live, class: "missing-child".into(), wording: nowhere };
    assert_eq!(world.command("ana", command).unwrap_err(), Refusal::AreaEmpty { unserved: 0 });
}

#[test]
fn replay_gives_the_state_before() {
    let mut world = World::new();
    let alert = world.active();
    let change = Change { target: Some(around(100_000)), ..Change::default() };
    world.command("ana", Command::Update { alert, change }).unwrap();
    world.command("bora", Command::Approve { alert, version: Some(2) }).unwrap();
    world.obey_all();
    let before = world.engine.view(alert).unwrap();
    let mut engine = Engine::new(setup(CELLS, Airtime::default()));
    world.journal.iter().for_each(|entry| engine.replay(entry));
    assert_eq!(engine.view(alert).unwrap(), before);
}

#[test]
fn a_count_that_would_run_out_is_begun_again_in_time_and_not_otherwise() {
    let mut world = World::new();
    let alert = world.active();
    let change = Change { duration_s: Some(172_800), period_s: Some(2), ..Change::default() };
    world.command("ana", Command::Update { alert, change }).unwrap();
    world.command("bora", Command::Approve { alert, version: None }).unwrap();
    let before = world.obey_all();
    world.pass(113_000_000);
    // Since when it is on is known after a restart too.
    world.reborn();
    assert!(world.obey_all().iter().all(|order| order.action.verb() == Verb::Query));
    world.pass(1_000_000);
    let asked = world.obey_all();
    assert_eq!((kills(&asked).len(), writes(&asked).len()), (2, 2));
    assert_eq!(serials(&writes(&asked)), serials(&writes(&before)), "a phone takes it for the same message");
    for write in writes(&asked) {
        // What is left of the two days.
        let Action::Write { broadcasts, .. } = &write.action else { panic!() };
        assert_eq!(*broadcasts, cbs::Broadcasts::Count(29_400.try_into().unwrap()));
    }
    world.pass(57_000_000);
    let is_question = |order: &Order| order.action.verb() == Verb::Query;
    assert!(world.obey_all().iter().all(is_question), "this count lasts until the end");
    world.pass(1_800_000);
    let asked = world.obey_all();
    assert_eq!((kills(&asked).len(), asked.len()), (2, 2));
}
