//! The same request, many times at once, from clients of their own: what is asked once is done once.

use area::{Atlas, Coverage, Mode};
use engine::command::Command;
use engine::view::AlertView;
use opsim::Faults;
use policy::Channel;
use tests::daemon::{APPROVER, AUTHOR, Config, Daemon, refusal, wording};
use tests::networks::Network;

const CLIENTS: usize = 12;

/// The answers to a command that as many clients give under the same key at the same moment.
fn at_once(daemon: &Daemon, officer: &str, key: &str, command: &Command) -> Vec<AlertView> {
    let start = std::sync::Barrier::new(CLIENTS);
    let give = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client = admin::Client::connect(daemon.config.path("admin.sock")).await.unwrap();
            let client = client.asserting(officer);
            start.wait();
            client.command(Some(key), command).await.unwrap()
        })
    };
    std::thread::scope(|scope| {
        let calls: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(give)).collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    })
}

#[test]
fn a_request_that_comes_many_times_at_once_is_done_once_and_answered_alike() {
    let mut network = Network::start(2000, &Faults::default(), "");
    let daemon = Daemon::start(Config::new(&network.cells, &[(&network.operator, &network.peers)]));
    let wording = wording("NESTALO DETE: Marko, 7 godina. Pozovite 192.", "Južnobački okrug");
    let resolved = wording.target.resolve(&Atlas::serbia().unwrap(), &network.inventory).unwrap();
    let draft = Command::Draft { channel: Channel::Live, class: "missing-child".into(), wording };
    let drafted = at_once(&daemon, AUTHOR, "draft-1", &draft);
    assert!(drafted.iter().all(|view| *view == drafted[0]), "{drafted:#?}");
    assert_eq!(daemon.asks(AUTHOR, async |client| client.alerts(None).await).unwrap().len(), 1);

    let alert = drafted[0].id;
    daemon.does(AUTHOR, &Command::Submit { alert });
    let approve = Command::Approve { alert, version: Some(1) };
    let approved = at_once(&daemon, APPROVER, "yes-1", &approve);
    let said =
        |view: &AlertView| (view.id, view.history.clone(), view.expires_ms, view.messages[0].names.clone());
    assert!(approved.iter().all(|view| said(view) == said(&approved[0])), "{approved:#?}");
    // Without the key it is another request, and comes too late.
    assert_eq!(refusal(daemon.tries(APPROVER, &approve)).0, 409);

    let on = daemon.wait_confirmed(alert);
    assert_eq!(on.messages[0].names, approved[0].messages[0].names);
    let target = Coverage::new(&network.inventory).cells_in(&resolved, Mode::Footprint);
    let phones = network.report(target).phones;
    assert_eq!((phones.rang_once, phones.rang_more), (on.cells.targeted.into(), 0));
}
