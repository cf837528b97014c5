//! The daemon's beginnings and ends: told, asked to stop, killed.

use std::io::Write;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use area::{Atlas, Coverage, Mode};
use opsim::Faults;
use tests::daemon::{AUTHOR, Config, Daemon, wording};
use tests::networks::Network;
use tests::process::limit;

const AREA: &str = "Južnobački okrug";

/// An alert is being sent, cell by cell, when the daemon ends; it is started again, and all is as if it had not.
fn ends_in_the_middle(end: impl FnOnce(&mut Daemon)) {
    let faults = Faults { delay_ms: 150, ..Faults::default() };
    let mut network =
        Network::start(20_000, &faults, "window = 1\ncells_per_pdu = 20\nanswer_timeout_ms = 2000\n");
    let mut daemon = Daemon::start(Config::new(&network.cells, &[(&network.operator, &network.peers)]));
    let wording = wording("NESTALO DETE: Marko, 7 godina. Pozovite 192.", AREA);
    let resolved = wording.target.resolve(&Atlas::serbia().unwrap(), &network.inventory).unwrap();
    let alert = daemon.submitted(wording);
    daemon.approve(alert);
    let before = daemon.wait(alert, "some cells confirmed", |view| view.cells.confirmed > 0);
    assert!(before.cells.confirmed < before.cells.targeted, "the test is to end in the middle");

    end(&mut daemon);
    daemon.start_again(|_| {});
    let after = daemon.wait_confirmed(alert);
    assert_eq!(after.cells.targeted, before.cells.targeted);
    assert_eq!(after.history, before.history);
    let names = |view: &engine::view::AlertView| view.messages[0].names.clone();
    assert_eq!(names(&after), names(&before), "no new serial number, so no phone rings again");

    let target = Coverage::new(&network.inventory).cells_in(&resolved, Mode::Footprint);
    let phones = network.report(target).phones;
    assert_eq!((phones.rang_once, phones.rang_more), (after.cells.targeted.into(), 0));
    assert_eq!(phones.out_of_area_rang, 0);
}

#[test]
fn sigterm_during_dispatch_loses_nothing() {
    ends_in_the_middle(|daemon| {
        daemon.process.signal("TERM");
        let status = daemon.process.end(10);
        assert_eq!(status.code(), Some(0), "{}", daemon.config.log());
        assert!(!daemon.config.path("admin.sock").exists());
    });
}

#[test]
fn sigkill_during_dispatch_rings_no_phone_twice() {
    ends_in_the_middle(|daemon| daemon.process.kill());
}

#[test]
fn death_for_want_of_memory_rings_no_phone_twice() {
    ends_in_the_middle(|daemon| {
        limit(&daemon.process, "data", 1);
        // More than what it has freed before; each body ends too early, so that it keeps all of them.
        let socket = daemon.config.path("admin.sock");
        let head = format!(
            "POST /v1/alerts HTTP/1.1\r\nHost: a\r\namberd-asserted-officer: {AUTHOR}\r\n\
             Content-Type: application/json\r\nContent-Length: 1000001\r\n\r\n"
        );
        let mut calls = Vec::new();
        while let Ok(mut call) = UnixStream::connect(&socket)
            && calls.len() < 100
        {
            call.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
            // The daemon may die before it has read it.
            let _ = call.write_all(head.as_bytes()).and_then(|()| call.write_all(&[b' '; 1_000_000]));
            calls.push(call);
        }
        let status = daemon.process.end(10);
        assert_eq!(status.signal(), Some(6), "it aborts: {status}");
    });
}

#[test]
fn systemd_hears_when_the_daemon_is_ready_and_when_it_stops() {
    let network = Network::start(1000, &Faults::default(), "");
    let mut daemon = Daemon::start(Config::new(&network.cells, &[(&network.operator, &network.peers)]));
    daemon.process.kill();
    let path = daemon.config.path("notify.sock");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let heard = || {
        let mut words = [0; 4096];
        let length = socket.recv(&mut words).unwrap();
        String::from_utf8_lossy(&words[..length]).into_owned()
    };
    daemon.start_again(|command| {
        command.env("NOTIFY_SOCKET", path);
    });
    assert!(heard().contains("READY=1"));
    assert!(daemon.asks(AUTHOR, async |client| client.status().await).is_ok());
    daemon.process.signal("TERM");
    assert!(heard().contains("STOPPING=1"));
    assert_eq!(daemon.process.end(10).code(), Some(0));
}
