//! The events of a watch.

use std::time::{Duration, Instant};

use crate::world::World;
use admin::{Error, Problem};
use engine::{AlertId, State};

#[tokio::test]
async fn a_watch_shows_the_alert_now_and_at_each_change_until_it_is_over() {
    let world = World::new().await;
    let mut events = world.client().await.watch(AlertId(17)).await.unwrap();
    assert_eq!(events.next().await.unwrap().unwrap().state, State::Active);
    world.daemon.change(|view| view.cells.confirmed += 1);
    assert_eq!(events.next().await.unwrap().unwrap().cells.confirmed, 981);
    world.daemon.change(|_| {}); // of another alert
    world.daemon.change(|view| view.state = State::Cancelled);
    assert_eq!(events.next().await.unwrap().unwrap().state, State::Cancelled);
    world.daemon.change(|view| view.state = State::Closed);
    assert_eq!(events.next().await.unwrap().unwrap().state, State::Closed);
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn a_change_that_came_with_the_first_view_is_not_shown_twice_and_none_is_lost() {
    let world = World::new().await;
    world.daemon.change(|view| view.cells.confirmed = 0);
    let mut events = world.client().await.watch(AlertId(17)).await.unwrap();
    assert_eq!(events.next().await.unwrap().unwrap().cells.confirmed, 0);
    let quiet = tokio::time::timeout(Duration::from_millis(300), events.next()).await;
    assert!(quiet.is_err());
}

#[tokio::test]
async fn a_thousand_changes_a_second_are_at_most_ten_events_and_the_last_is_among_them() {
    let world = World::new().await;
    let mut events = world.client().await.watch(AlertId(17)).await.unwrap();
    let daemon = world.daemon.clone();
    let changes = tokio::spawn(async move {
        for confirmed in 1..=1000 {
            daemon.change(|view| view.cells.confirmed = confirmed);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    let (began, mut seen) = (Instant::now(), 0);
    while events.next().await.unwrap().unwrap().cells.confirmed != 1000 {
        seen += 1;
    }
    changes.await.unwrap();
    let most = began.elapsed().as_millis() / 100 + 2;
    assert!(seen >= 2 && seen as u128 <= most, "{seen} events, at most {most}");
}

#[tokio::test]
async fn a_problem_ends_a_watch_and_is_told() {
    let world = World::new().await;
    let mut events = world.client().await.watch(AlertId(17)).await.unwrap();
    events.next().await.unwrap().unwrap();
    let problem = Problem::forbidden("roles have changed");
    *world.daemon.refusal.lock().unwrap() = Some(problem.clone());
    world.daemon.change(|_| {});
    assert_eq!(events.next().await, Some(Err(Error::Problem(Box::new(problem)))));
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_stop_ends_watches_and_the_daemon_at_once() {
    let mut world = World::new().await;
    let mut events = world.client().await.watch(AlertId(17)).await.unwrap();
    events.next().await.unwrap().unwrap();
    let began = Instant::now();
    world.stop.take().unwrap().send(()).unwrap();
    assert_eq!(events.next().await, None);
    (&mut world.served).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(1));
    assert!(matches!(world.client_error().await, Error::Unreachable { .. }));
}

impl World {
    async fn client_error(&self) -> Error {
        admin::Client::connect(&self.path).await.unwrap_err()
    }
}
