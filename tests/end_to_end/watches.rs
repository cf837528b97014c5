//! An alert watched over the admin socket.

use std::time::Duration;

use admin::Client;
use engine::State;
use engine::command::Command;
use opsim::Faults;
use policy::Channel;
use tests::daemon::{AUTHOR, Config, Daemon, wording};
use tests::networks::Network;

#[test]
fn a_watch_sees_what_people_do_while_no_network_says_anything() {
    let network = Network::start(1000, &Faults::default(), "");
    let daemon = Daemon::start(Config::new(&network.cells, &[(&network.operator, &network.peers)]));
    let wording = wording("NESTALO DETE: Marko, 7 godina. Pozovite 192.", "Novi Sad");
    let draft = Command::Draft { channel: Channel::Live, class: "missing-child".into(), wording };
    let alert = daemon.does(AUTHOR, &draft).id;
    let socket = daemon.config.path("admin.sock");
    let seen = daemon.asks(AUTHOR, async |client| {
        let mut events = client.watch(alert).await?;
        let first = events.next().await.unwrap()?.state;
        // The watch waits by now, and what the links said at the start is over.
        tokio::time::sleep(Duration::from_millis(500)).await;
        Client::connect(socket).await?.asserting(AUTHOR).command(None, &Command::Submit { alert }).await?;
        let next = tokio::time::timeout(Duration::from_secs(5), events.next()).await;
        Ok((first, next.expect("an event").unwrap()?.state))
    });
    assert_eq!(seen.unwrap(), (State::Draft, State::Submitted));
}
