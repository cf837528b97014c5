//! The daemon, its configuration, and the officers.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

use area::{Circle, Target};
use engine::AlertId;
use engine::command::{Command, Wording};
use tests::daemon::{APPROVER, AUTHOR, Config, Daemon, wording};

use crate::responder::Responder;

/// How long the daemon is left alone, so that nobody's question is counted as its work.
const REST: Duration = Duration::from_millis(60);

/// A daemon with a BSC behind each port of the responder.
pub(crate) struct Stage {
    daemon: Daemon,
    text: &'static str,
}

impl Stage {
    /// Starts it and waits for its links.
    pub(crate) fn start(responder: &Responder, cells_each: u32, text: &'static str) -> Self {
        let mut cells = format!("{}\n", area::HEADER);
        let mut peers = String::new();
        for (bsc, port) in (1..).zip(&responder.ports) {
            for cell in 1..=cells_each {
                writeln!(cells, "mts,220,03,gsm,{bsc},{cell},,44.8,20.5,0,120,500,bsc-{bsc}").unwrap();
            }
            writeln!(
                peers,
                "[[peer]]\nname = \"bsc-{bsc}\"\nprotocol = \"cbsp\"\ntransport = \"tcp\"\n\
                 addresses = [\"127.0.0.1:{port}\"]\ncontrollers = [\"bsc-{bsc}\"]\ncells_per_pdu = {cells_each}\n\
                 cell_interval_ms = 100"
            )
            .unwrap();
        }
        Self { daemon: Daemon::start(Config::new(&cells, &[("mts", &peers)])), text }
    }

    /// The daemon's process.
    pub(crate) fn process(&self) -> u32 {
        self.daemon.process.0.id()
    }

    /// Where its journal is.
    pub(crate) fn folder(&self) -> PathBuf {
        self.daemon.config.path("state")
    }

    /// One alert from its draft to its end, so that every buffer has its size.
    pub(crate) fn alert(&mut self) {
        let alert = self.submitted();
        self.approve(alert);
        self.confirmed_ms(alert);
        self.cancel(alert);
    }

    /// An alert that waits for the second person; nothing else is under way.
    pub(crate) fn submitted(&self) -> AlertId {
        // All sites are one place.
        let circles = vec![Circle { lat: 44.8, lon: 20.5, radius_m: 1000 }];
        let target = Target { circles, ..Target::default() };
        let alert = self.daemon.submitted(Wording { target, ..wording(self.text, "") });
        self.rest_of_cells();
        alert
    }

    /// Waits until the cells have rested from the alert before.
    pub(crate) fn rest_of_cells(&self) {
        std::thread::sleep(4 * REST);
    }

    /// The second person's call.
    pub(crate) fn approve(&self, alert: AlertId) {
        self.daemon.does(APPROVER, &Command::Approve { alert, version: None });
    }

    /// Leaves the daemon alone for longer than it needs.
    pub(crate) fn rest(&self) {
        std::thread::sleep(REST);
    }

    /// When the last cell was confirmed, in wall-clock milliseconds.
    pub(crate) fn confirmed_ms(&self, alert: AlertId) -> i64 {
        self.rest();
        let view = self.daemon.wait_confirmed(alert);
        view.version.and_then(|version| version.last_confirmed_ms).unwrap()
    }

    /// Takes the alert back and waits for its end.
    pub(crate) fn cancel(&self, alert: AlertId) {
        self.daemon.does(AUTHOR, &Command::Cancel { alert, reason: "found".into() });
        self.daemon.wait_off(alert);
        self.rest();
    }
}
