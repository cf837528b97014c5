//! `crash ROUNDS SEED`: the real daemon with a real journal and real sockets, struck at random moments of busy days.
//!
//! A round is a day: up to three alerts, each drafted, submitted, approved, updated and cancelled by clients that ask again
//! with the same key until they are answered, while the daemon is killed or told to stop and started again, the disk
//! beneath its journal fails, or the network's process is stopped for a while. In the evening everything settles, and two ledgers must agree: what the control room is told, and what the cells and phones of the simulated
//! network did. Then all is taken back, and nothing may be on the air.

// It runs processes, reads the clock and stops at the first surprise.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::process::Command as Program;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use area::{Atlas, Coverage, Inventory, Mode, Target};
use engine::command::{Change, Command};
use engine::view::AlertView;
use engine::{AlertId, State};
use opsim::{Faults, MessageKey, Report};
use policy::Channel;
use simulation::Chance;
use tests::daemon::{APPROVER, AUTHOR, Config, Daemon, wording};
use tests::disk::{Disk, Fault};
use tests::networks::Network;

/// Where alerts are.
const AREAS: [&str; 3] = ["Južnobački okrug", "Сремски округ", "Beograd"];
/// How long after it was asked the daemon may be killed, in milliseconds.
const KILLED_WITHIN_MS: u64 = 120;
/// How long the network may be stopped, in milliseconds; its answers are waited for 2000.
const STOPPED_WITHIN_MS: u64 = 3000;

/// What was done, over all rounds.
#[derive(Debug, Default)]
struct Totals {
    alerts: u64,
    commands: u64,
    deaths: u64,
    ends: u64,
    failures: u64,
    stops: u64,
    cells: u64,
    rings: u64,
}

/// What may happen while the daemon is asked for something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Blow {
    /// Nothing.
    None,
    /// SIGKILL.
    Death,
    /// SIGTERM.
    End,
    /// The disk beneath the journal fails.
    Disk(Fault),
    /// SIGSTOP of the network, for so many milliseconds.
    Stop(u64),
}

impl Blow {
    fn drawn(chance: &mut Chance) -> Self {
        match chance.below(24) {
            0..6 => Self::Death,
            6..8 => Self::End,
            8..10 => Self::Disk(chance.one_of(&[Fault::Full, Fault::SyncOnce, Fault::Syncs])),
            10..12 => Self::Stop(chance.below(STOPPED_WITHIN_MS)),
            _ => Self::None,
        }
    }
}

struct Days {
    daemon: Daemon,
    disk: Disk,
    network: Network,
    chance: Chance,
    keys: u64,
    totals: Totals,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let rounds: u64 = arguments.next().map_or(20, |rounds| rounds.parse().expect("how many rounds"));
    let seed: u64 = arguments.next().map_or(1, |seed| seed.parse().expect("a seed"));
    println!("{rounds} rounds from seed {seed}");
    let started = Instant::now();
    let faults = Faults { delay_ms: 10, jitter_ms: 30, ..Faults::default() };
    let terms = "window = 2\ncells_per_pdu = 40\nanswer_timeout_ms = 2000\ncell_interval_ms = 0\n";
    let network = Network::start(4_000, &faults, terms);
    let config = Config::new(&network.cells, &[(&network.operator, &network.peers)]);
    let (disk, state) = (Disk::new(), config.path("state"));
    let daemon = Daemon::start_with(config, |command| disk.mount(command, &state));
    let mut days =
        Days { daemon, disk, network, chance: Chance::new(seed, 5), keys: 0, totals: Totals::default() };
    for round in 1..=rounds {
        days.day(round);
        // One line a round, so that a run that is stopped says how far it was clean.
        println!("round {round} clean, {} deaths so far", days.totals.deaths);
    }
    let Totals { alerts, commands, deaths, ends, failures, stops, cells, rings } = days.totals;
    println!(
        "{rounds} rounds in {:.0} s: {alerts} alerts, {commands} commands, {deaths} SIGKILLs, {ends} SIGTERMs, {failures} \
         failures of the disk, {stops} SIGSTOPs of the network, {cells} cells confirmed, {rings} phones rang once for each \
         version, 0 violations",
        started.elapsed().as_secs_f64()
    );
}

impl Days {
    fn day(&mut self, round: u64) {
        let alerts: Vec<(AlertId, Target)> =
            (0..self.chance.between(1, 3)).map(|number| self.raise(round, number)).collect();
        for (alert, _) in &alerts {
            for update in 0..self.chance.below(3) {
                let words = format!("NESTALO DETE: dan {round}, izmena {update}. Pozovite 192.");
                let texts = wording(&words, AREAS[0]).texts;
                let change = Change { texts: Some(texts), ..Change::default() };
                self.insist(AUTHOR, Command::Update { alert: *alert, change });
                self.insist(APPROVER, Command::Approve { alert: *alert, version: None });
            }
        }
        for (alert, target) in &alerts {
            let cancelled = self.chance.once_in(2);
            if cancelled {
                self.cancel(*alert);
            }
            self.settle(round, *alert, target, cancelled);
        }
        for (alert, _) in &alerts {
            if self.daemon.alert(*alert).state.is_on() {
                self.cancel(*alert);
            }
            self.daemon.wait_off(*alert);
            let closed = self.daemon.wait(*alert, "closed", |view| view.state == State::Closed);
            each_step_once(round, &closed);
        }
        let on_air = |report: &Report| {
            let cells =
                report.messages.iter().map(|message| message.cells_on_air + message.cells_on_air_elsewhere);
            cells.sum::<u32>()
        };
        let report = self.network.report(area::CellRuns::new());
        assert_eq!(on_air(&report), 0, "round {round}: something is still on the air: {report:?}");
    }

    /// An alert, approved.
    fn raise(&mut self, round: u64, number: u64) -> (AlertId, Target) {
        let area = self.chance.one_of(&AREAS);
        let wording = wording(&format!("NESTALO DETE: dan {round}, {number}. Pozovite 192."), area);
        let target = wording.target.clone();
        let draft = Command::Draft { channel: Channel::Live, class: "missing-child".into(), wording };
        let alert = self.insist(AUTHOR, draft).id;
        self.insist(AUTHOR, Command::Submit { alert });
        self.insist(APPROVER, Command::Approve { alert, version: None });
        self.totals.alerts += 1;
        (alert, target)
    }

    fn cancel(&mut self, alert: AlertId) {
        self.insist(APPROVER, Command::Cancel { alert, reason: "found safe".into() });
    }

    /// Asks with one key until there is an answer; half of the time something happens meanwhile.
    fn insist(&mut self, officer: &str, command: Command) -> AlertView {
        self.keys += 1;
        self.totals.commands += 1;
        let key = format!("crash-{}", self.keys);
        let mut next = Blow::drawn(&mut self.chance);
        loop {
            let blow = std::mem::replace(&mut next, Blow::None);
            let striker = self.strike(blow);
            let command = &command;
            let key = Some(key.as_str());
            let answer = self.daemon.asks(officer, async |client| client.command(key, command).await);
            if let Some(striker) = striker {
                striker.join().expect("the striker does not panic");
            }
            self.recover(blow);
            match (answer, blow) {
                (Ok(view), _) => return view,
                // What was refused because of the blow is asked again.
                (Err(admin::Error::Problem(problem)), Blow::Disk(_))
                    if problem.code() == "journal_failed" => {}
                (Err(admin::Error::Problem(problem)), Blow::End) if problem.code() == "busy" => {}
                (Err(admin::Error::Problem(problem)), _) => {
                    panic!("{officer}, {}: {problem:?}", command.verb())
                }
                // The daemon is dead, or was before it could answer.
                (Err(_), _) => {}
            }
        }
    }

    /// Lets it happen, at once or soon.
    fn strike(&mut self, blow: Blow) -> Option<JoinHandle<()>> {
        let soon = self.chance.below(KILLED_WITHIN_MS);
        let (daemon, network) = (self.daemon.process.0.id(), self.network.process.0.id());
        match blow {
            Blow::None => None,
            Blow::Death => Some(thread::spawn(move || signal_after(soon, "-KILL", daemon))),
            Blow::End => Some(thread::spawn(move || signal_after(soon, "-TERM", daemon))),
            Blow::Disk(fault) => {
                self.disk.fail(fault);
                None
            }
            Blow::Stop(for_ms) => {
                signal_after(0, "-STOP", network);
                thread::spawn(move || signal_after(for_ms, "-CONT", network));
                None
            }
        }
    }

    /// Starts the daemon again where it has ended, or where its disk has failed.
    fn recover(&mut self, blow: Blow) {
        match blow {
            Blow::None => return,
            Blow::Stop(_) => {
                self.totals.stops += 1;
                return;
            }
            Blow::Death => {
                self.daemon.process.kill();
                self.totals.deaths += 1;
            }
            Blow::End => {
                let status = self.daemon.process.end(10);
                assert_eq!(status.code(), Some(0), "{}", self.daemon.config.log());
                self.totals.ends += 1;
            }
            Blow::Disk(_) => {
                self.daemon.process.kill();
                self.totals.failures += 1;
                if self.disk.is_failing() && self.chance.once_in(2) {
                    self.start_again();
                    self.daemon.process.kill();
                }
                self.disk.mend();
            }
        }
        self.start_again();
    }

    fn start_again(&mut self) {
        let (disk, state) = (&self.disk, self.daemon.config.path("state"));
        self.daemon.start_again(|command| disk.mount(command, &state));
    }

    /// Everything settles, and the network says of each cell and phone what the control room is told.
    fn settle(&mut self, round: u64, alert: AlertId, target: &Target, cancelled: bool) {
        if cancelled {
            self.daemon.wait_off(alert);
            return;
        }
        let view = self.daemon.wait_confirmed(alert);
        let cells = cells_in(&self.network.inventory, target);
        let messages: Vec<MessageKey> = view
            .messages
            .iter()
            .flat_map(|message| &message.names)
            .filter(|name| name.operator == self.network.operator)
            .map(|name| MessageKey { message_id: name.message_id, serial: name.serial })
            .collect();
        let report = self.network.report_of(cells, messages);
        for message in &report.messages {
            assert_eq!(message.cells_on_air, view.cells.targeted, "round {round}: {message:?}");
            assert_eq!(message.cells_on_air_elsewhere, 0, "round {round}: {message:?}");
            assert_eq!(message.rang_once, message.enabled, "round {round}: {message:?}");
            assert_eq!((message.rang_more, message.out_of_area_rang), (0, 0), "round {round}: {message:?}");
            self.totals.rings += message.rang_once;
        }
        self.totals.cells += u64::from(view.cells.confirmed);
    }
}

fn signal_after(after_ms: u64, signal: &str, pid: u32) {
    thread::sleep(Duration::from_millis(after_ms));
    let status = Program::new("kill").args([signal, &pid.to_string()]).status();
    assert!(status.expect("kill runs").success());
}

/// Nothing that was asked for is in the history twice.
fn each_step_once(round: u64, view: &AlertView) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    view.history.iter().for_each(|step| *counts.entry(step.verb.as_str()).or_default() += 1);
    let count = |verb| counts.get(verb).copied().unwrap_or(0);
    assert_eq!((count("draft"), count("submit"), count("cancel")), (1, 1, 1), "round {round}: {view:?}");
    assert_eq!(count("approve"), count("update") + 1, "round {round}: {view:?}");
}

fn cells_in(inventory: &Inventory, target: &Target) -> area::CellRuns {
    let atlas = Atlas::serbia().expect("the atlas is part of the crate");
    let resolved = target.resolve(&atlas, inventory).expect("the areas are in the atlas");
    Coverage::new(inventory).cells_in(&resolved, Mode::Footprint)
}
