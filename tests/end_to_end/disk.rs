//! A disk that fails beneath a daemon that works, and is well again.

use std::io::{Read, Write};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;

use engine::command::Command;
use engine::{AlertId, State};
use opsim::{Faults, Report, ReportRequest};
use policy::Channel;
use tests::daemon::{APPROVER, AUTHOR, Config, Daemon, refusal, wording};
use tests::disk::{Disk, Fault};
use tests::networks::Network;
use tests::patience::until;
use tests::process::{amberctl, run};

const AREA: &str = "Južnobački okrug";

/// A daemon whose journal is on a disk that can fail, its network, and who hears what systemd would.
struct House {
    disk: Disk,
    network: Network,
    daemon: Daemon,
    systemd: UnixDatagram,
}

impl House {
    fn new() -> Self {
        let network = Network::start(1000, &Faults::default(), "");
        let config = Config::new(&network.cells, &[(&network.operator, &network.peers)]);
        let (disk, path) = (Disk::new(), config.path("notify.sock"));
        let systemd = UnixDatagram::bind(&path).unwrap();
        systemd.set_nonblocking(true).unwrap();
        let state = config.path("state");
        let daemon = Daemon::start_with(config, |command| {
            disk.mount(command, &state);
            command.env("NOTIFY_SOCKET", path);
        });
        Self { disk, network, daemon, systemd }
    }

    /// Kills the daemon and starts it again on the same disk.
    fn start_again(&mut self) {
        self.daemon.process.kill();
        let (disk, state, path) =
            (&self.disk, self.daemon.config.path("state"), self.daemon.config.path("notify.sock"));
        self.daemon.start_again(|command| {
            disk.mount(command, &state);
            command.env("NOTIFY_SOCKET", path);
        });
    }

    fn on_the_air(&self) -> AlertId {
        let alert = self.daemon.submitted(wording("NESTALO DETE: Marko, 7 godina. Pozovite 192.", AREA));
        self.daemon.approve(alert);
        self.daemon.wait_confirmed(alert);
        alert
    }

    /// Each way to ask says that the journal failed.
    fn every_interface_says_so(&self) {
        let state = self.daemon.asks(AUTHOR, async |client| client.status().await).unwrap().journal.state;
        assert!(state.starts_with("failed: "), "{state}");
        let socket = self.daemon.config.path("admin.sock");
        let mut status = amberctl();
        status.arg("--socket").arg(&socket).args(["--as", AUTHOR, "status"]);
        let printed = run(&mut status).out;
        assert!(printed.contains(&format!("journal: {state}")), "{printed}");
        let metrics = read_metrics(&socket);
        assert!(metrics.contains("\namberd_journal_ok 0\n"), "{metrics}");
        until("systemd told", 5, || {
            let mut words = [0; 4096];
            let length = self.systemd.recv(&mut words).ok()?;
            String::from_utf8_lossy(&words[..length]).contains("STATUS=journal failed").then_some(())
        });
    }

    /// How often the daemon has said in its log that the journal failed.
    fn said(&self) -> usize {
        self.daemon.config.log().matches("the journal cannot be written").count()
    }

    /// What its cells and phones did, of all messages that were ever on the air.
    fn report(&mut self) -> Report {
        serde_json::from_value(self.network.command(&opsim::Command::Report(ReportRequest::default())))
            .unwrap()
    }

    /// The disk fails under an approval. From then on nothing new leaves, whatever the disk does, until the next start.
    fn fails_and_recovers(&mut self, fault: Fault) {
        let alert = self.on_the_air();
        let other = self.daemon.submitted(wording("DRUGO DETE: Ana, 5 godina. Pozovite 192.", AREA));
        let (before, said) = (self.report(), self.said());
        let approve = Command::Approve { alert: other, version: None };

        self.disk.fail(fault);
        assert_eq!(refusal(self.daemon.tries(APPROVER, &approve)).0, 503, "{fault:?}");
        assert_eq!(self.disk.is_failing(), fault != Fault::SyncOnce, "the disk was asked");
        self.every_interface_says_so();
        // It is not tried again: a disk that is well now has not kept what it was given before.
        self.disk.mend();
        let draft = Command::Draft {
            channel: Channel::Live,
            class: "missing-child".into(),
            wording: wording("TREĆE DETE", AREA),
        };
        assert_eq!(refusal(self.daemon.tries(AUTHOR, &draft)).0, 503);
        self.daemon.cancel(alert);
        self.daemon.wait_off(alert);
        assert_eq!(self.report().messages.len(), before.messages.len(), "{fault:?}: no new message left");
        assert_eq!(self.said(), said + 1, "said once:\n{}", self.daemon.config.log());

        // A start while the disk still fails is no crash loop, and cancels what the journal has on.
        self.disk.fail(fault);
        if fault != Fault::SyncOnce {
            self.start_again();
            self.every_interface_says_so();
            self.daemon.wait_off(alert);
        }
        self.disk.mend();
        self.start_again();
        let closed = self.daemon.wait(alert, "closed", |view| view.state == State::Closed);
        assert_eq!(closed.history.iter().filter(|step| step.verb == "cancel").count(), 1);
        assert_eq!(
            self.daemon.alert(other).state,
            State::Submitted,
            "{fault:?}: what was refused was not done"
        );
        self.daemon.approve(other);
        self.daemon.wait_confirmed(other);
        let ended = self.report();
        assert_eq!(ended.messages.len(), before.messages.len() + 1);
        assert_eq!((ended.phones.rang_more, ended.phones.rings_unrecorded), (0, 0), "{fault:?}");
        self.daemon.cancel(other);
        self.daemon.wait_off(other);
    }
}

fn read_metrics(socket: &Path) -> String {
    let mut stream = UnixStream::connect(socket).unwrap();
    let request = format!(
        "GET /metrics HTTP/1.1\r\nHost: amberd\r\nConnection: close\r\namberd-asserted-officer: {AUTHOR}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_sync_that_failed_once_is_never_tried_again_and_every_interface_says_so() {
    House::new().fails_and_recovers(Fault::SyncOnce);
}

#[test]
fn a_disk_that_keeps_nothing_ends_new_warnings_until_it_is_well_and_no_cancel() {
    House::new().fails_and_recovers(Fault::Syncs);
}

#[test]
fn a_disk_that_is_full_ends_new_warnings_until_it_has_room_and_no_cancel() {
    House::new().fails_and_recovers(Fault::Full);
}

#[test]
fn a_cancel_that_the_disk_fails_under_is_answered_and_given_again_by_the_next_start() {
    let mut house = House::new();
    let alert = house.on_the_air();
    house.disk.fail(Fault::SyncOnce);
    house.daemon.cancel(alert);
    house.every_interface_says_so();
    house.daemon.wait_off(alert);
    house.start_again();
    let view = house.daemon.wait(alert, "closed", |view| view.state == State::Closed);
    assert_eq!(view.history.iter().filter(|step| step.verb == "cancel").count(), 1);
}
