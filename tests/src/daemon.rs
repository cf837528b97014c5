//! A daemon in a folder of its own, and the officers who speak to it.
//!
//! It is the demo's daemon where a test needs officers that are no users of this machine: everything else is the same.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

use admin::Client;
use area::Target;
use engine::AlertId;
use engine::command::{self, Wording};
use engine::view::AlertView;
use policy::{Case, Channel, Fact, LanguageText};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::need::workspace;
use crate::patience::until;
use crate::process::{Running, amberd};

/// The officers. Outside a demo the kernel says who somebody is.
pub const AUTHOR: &str = "jelena";
/// As above.
pub const APPROVER: &str = "milan";

/// A folder with a whole configuration.
#[derive(Debug)]
pub struct Config {
    folder: TempDir,
}

impl Config {
    /// A configuration for the cells of an inventory (CSV) and for operators: each with its name and its `[[peer]]`s.
    pub fn new(cells: &str, operators: &[(&str, &str)]) -> Self {
        let config = Self { folder: tempfile::Builder::new().prefix("amberd-test-").tempdir().unwrap() };
        config.write("cells.csv", cells);
        let mut files = String::new();
        for (name, peers) in operators {
            config.write(&format!("{name}.toml"), &format!("name = \"{name}\"\n{peers}"));
            write!(files, "\"{name}.toml\",").unwrap();
        }
        let policy = workspace().join("config/policies/missing-child.toml");
        config.write("missing-child.toml", &std::fs::read_to_string(policy).unwrap());
        let officers = format!("{{ users = [\"{AUTHOR}\", \"{APPROVER}\"] }}");
        let main = format!(
            "demonstration = true\nstate_dir = \"state\"\ninventory = \"cells.csv\"\noperators = [{files}]\n\
             policies = [\"missing-child.toml\"]\nadmin = {{ socket = \"admin.sock\", mode = \"0600\" }}\n\
             roles = {{ author = {officers}, approver = {officers} }}\n\
             patience = {{ retry_first_ms = 300, retry_max_ms = 2000, indication_ms = 2000 }}\n"
        );
        config.write("amberd.toml", &main);
        config
    }

    /// Writes a file of it.
    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// Replaces a part of a file that must be there.
    pub fn edit(&self, name: &str, old: &str, new: &str) {
        let text = std::fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(old), "{old:?} in {name}");
        self.write(name, &text.replacen(old, new, 1));
    }

    /// The path of a file of it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the daemon has written to its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("daemon.log")).unwrap_or_default()
    }
}

/// A daemon that runs.
#[derive(Debug)]
pub struct Daemon {
    /// Its configuration.
    pub config: Config,
    /// Its process.
    pub process: Running,
    runtime: Runtime,
}

impl Daemon {
    /// Starts the demo's daemon, and waits until it answers and all its peers are ready.
    pub fn start(config: Config) -> Self {
        Self::start_with(config, |_| {})
    }

    /// The same with something changed about its start.
    pub fn start_with(config: Config, change: impl FnOnce(&mut Command)) -> Self {
        let process = launch(&config, change);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut daemon = Self { config, process, runtime };
        daemon.wait_ready();
        daemon
    }

    /// Starts it again on the same journal, after it has ended, with something changed about its start.
    pub fn start_again(&mut self, change: impl FnOnce(&mut Command)) {
        self.process = launch(&self.config, change);
        self.wait_ready();
    }

    /// What the officer does to an alert; panics with the daemon's reason when it refuses.
    pub fn does(&self, officer: &str, command: &command::Command) -> AlertView {
        self.tries(officer, command).unwrap_or_else(|error| panic!("{officer}, {}: {error}", command.verb()))
    }

    /// What the officer tries to do to an alert.
    pub fn tries(&self, officer: &str, command: &command::Command) -> Result<AlertView, admin::Error> {
        self.runtime.block_on(self.client(officer)?.command(None, command))
    }

    /// Asks the admin socket as this officer.
    pub fn asks<T>(
        &self,
        officer: &str,
        question: impl AsyncFnOnce(Client) -> Result<T, admin::Error>,
    ) -> Result<T, admin::Error> {
        let client = self.client(officer)?;
        self.runtime.block_on(question(client))
    }

    /// An alert at this moment.
    pub fn alert(&self, alert: AlertId) -> AlertView {
        self.asks(AUTHOR, async |client| client.alert(alert).await).unwrap()
    }

    /// The author drafts and submits an alert with this wording.
    pub fn submitted(&self, wording: Wording) -> AlertId {
        let draft =
            command::Command::Draft { channel: Channel::Live, class: "missing-child".into(), wording };
        let alert = self.does(AUTHOR, &draft).id;
        self.does(AUTHOR, &command::Command::Submit { alert });
        alert
    }

    /// The approver approves whatever version waits.
    pub fn approve(&self, alert: AlertId) {
        self.does(APPROVER, &command::Command::Approve { alert, version: None });
    }

    /// The approver takes the alert back.
    pub fn cancel(&self, alert: AlertId) {
        self.does(APPROVER, &command::Command::Cancel { alert, reason: "found safe".into() });
    }

    /// Waits until every wanted cell is confirmed, on the newest text.
    pub fn wait_confirmed(&self, alert: AlertId) -> AlertView {
        self.wait(alert, "every cell confirmed", |view| {
            let older: u32 = view.networks.iter().map(|network| network.older).sum();
            view.cells.targeted > 0 && view.cells.confirmed == view.cells.targeted && older == 0
        })
    }

    /// Waits until every cell is confirmed to be off the air.
    pub fn wait_off(&self, alert: AlertId) -> AlertView {
        self.wait(alert, "every cell off", |view| {
            view.off.targeted > 0 && view.off.confirmed == view.off.targeted
        })
    }

    /// Waits until the alert is as it should be.
    pub fn wait(&self, alert: AlertId, what: &str, fits: impl Fn(&AlertView) -> bool) -> AlertView {
        let mut last = None;
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            until(what, 40, || {
                let view = self.alert(alert);
                last = Some(view.clone());
                fits(&view).then_some(view)
            })
        }));
        found.unwrap_or_else(|_| panic!("{what}: not so\n{last:#?}\n{}", self.config.log()))
    }

    fn client(&self, officer: &str) -> Result<Client, admin::Error> {
        let client = self.runtime.block_on(Client::connect(self.config.path("admin.sock")))?;
        Ok(client.asserting(officer))
    }

    fn wait_ready(&mut self) {
        until("every peer ready", 20, || {
            if let Some(status) = self.process.0.try_wait().unwrap() {
                panic!("the daemon ended, {status}\n{}", self.config.log());
            }
            let peers = self.asks(AUTHOR, async |client| client.peers().await).ok()?;
            peers.iter().all(|peer| peer.ready).then_some(())
        });
    }
}

fn launch(config: &Config, change: impl FnOnce(&mut Command)) -> Running {
    let mut command = amberd();
    command.args(["demo-daemon", "--config"]).arg(config.path("amberd.toml"));
    change(&mut command);
    Running::start(&mut command, &config.path("daemon.log"))
}

/// The wording of a missing child's alert with this text in this area.
pub fn wording(text: &str, area: &str) -> Wording {
    Wording {
        texts: vec![LanguageText { language: "sr-Latn".into(), text: text.into() }],
        target: Target { areas: vec![area.into()], ..Target::default() },
        case: Case {
            age_years: Some(7),
            facts: [Fact::ImminentDanger, Fact::SufficientInformation].into(),
            ..Case::default()
        },
        ..Wording::default()
    }
}

/// What a refused call said: its status and its whole text.
pub fn refusal<T: std::fmt::Debug>(outcome: Result<T, admin::Error>) -> (u16, String) {
    match outcome.unwrap_err() {
        admin::Error::Problem(problem) => (problem.status, problem.detail),
        other => panic!("expected a problem, found {other}"),
    }
}
