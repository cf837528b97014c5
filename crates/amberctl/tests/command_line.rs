//! The program as it is called, against a daemon that remembers what it was asked.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "a test: it runs a program, and stops at the first surprise in its helpers too"
)]

use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::{Arc, Mutex};

use admin::{Answer, Caller, Control, Identity, Limits, Problem, Request};
use engine::command::Command;
use engine::view::{AlertView, AreaView};
use engine::{AlertId, State};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::watch;

/// Answers with the alert of the contract's example.
#[derive(Clone)]
struct Daemon {
    asked: Arc<Mutex<Vec<(Caller, Request)>>>,
    view: Arc<Mutex<AlertView>>,
    changed: Arc<watch::Sender<u64>>,
}

impl Control for Daemon {
    async fn ask(&self, caller: Caller, request: Request) -> Result<Answer, Problem> {
        // Held until the answer is made: whoever sees that something was asked may change what is answered next.
        let mut asked = self.asked.lock().unwrap();
        asked.push((caller, request.clone()));
        match request {
            Request::Command { command: Command::Cancel { .. }, .. } => Err(Problem::forbidden("not you")),
            Request::Command { command: Command::Submit { .. }, .. } => {
                Err(Problem::journal_failed("disk full"))
            }
            Request::Areas { .. } => Ok(Answer::Areas(areas())),
            _ => Ok(Answer::Alert(Box::new(self.view.lock().unwrap().clone()))),
        }
    }

    fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}

struct World {
    daemon: Daemon,
    path: PathBuf,
    _folder: TempDir,
}

impl World {
    async fn new() -> Self {
        let contract: Value = serde_json::from_str(admin::OPENAPI).unwrap();
        let view =
            serde_json::from_value(contract["components"]["examples"]["alert"]["value"].clone()).unwrap();
        let view = Arc::new(Mutex::new(view));
        let daemon = Daemon { asked: Arc::default(), view, changed: Arc::new(watch::channel(0).0) };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        let listener = admin::bind(&path, 0o600, None).await.unwrap();
        let limits = Limits::default();
        tokio::spawn(admin::serve(
            listener,
            daemon.clone(),
            Identity::AssertedForDemo,
            limits,
            std::future::pending(),
        ));
        Self { daemon, path, _folder: folder }
    }

    async fn run(&self, arguments: &str) -> Output {
        run(&format!("--socket {} {arguments}", self.path.display())).await
    }

    fn last_asked(&self) -> (Caller, Request) {
        self.daemon.asked.lock().unwrap().last().unwrap().clone()
    }
}

async fn run(arguments: &str) -> Output {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_amberctl"));
    command.args(arguments.split(' ')).stdin(Stdio::null()).output().await.unwrap()
}

/// The areas of the contract's example.
fn areas() -> Vec<AreaView> {
    let contract: Value = serde_json::from_str(admin::OPENAPI).unwrap();
    let answer = &contract["paths"]["/v1/alerts/{id}/areas"]["get"]["responses"]["200"];
    serde_json::from_value(answer["content"]["application/json"]["example"].clone()).unwrap()
}

fn text(octets: &[u8]) -> &str {
    std::str::from_utf8(octets).unwrap()
}

#[tokio::test]
async fn a_draft_prints_its_name_and_every_command_has_a_key_of_its_own() {
    let world = World::new().await;
    let draft = "--as jelena alert draft --channel test --class missing-child --text sr=Proba --area RS-06";
    let (first, second) = (world.run(draft).await, world.run(draft).await);
    assert_eq!((first.status.code(), text(&first.stdout)), (Some(0), "A-17\n"), "{}", text(&first.stderr));
    assert_eq!(second.status.code(), Some(0));
    let asked = world.daemon.asked.lock().unwrap().clone();
    let keys = asked.iter().map(|(caller, request)| {
        assert_eq!(caller.asserted.as_deref(), Some("jelena"));
        let Request::Command { key: Some(key), command: Command::Draft { class, .. } } = request else {
            unreachable!("{request:?}")
        };
        assert_eq!(class, "missing-child");
        key
    });
    let keys: std::collections::BTreeSet<_> = keys.collect();
    assert_eq!(keys.len(), 2);
    world.run(&format!("--key k-1 {draft}")).await;
    assert!(matches!(world.last_asked().1, Request::Command { key: Some(key), .. } if key == "k-1"));
}

#[tokio::test]
async fn a_live_alert_is_approved_as_it_was_seen_or_not_at_all() {
    let world = World::new().await;
    for wrong in ["alert approve A-17", "alert approve A-17 --confirm test"] {
        let refused = world.run(wrong).await;
        assert_eq!(refused.status.code(), Some(2));
        assert!(
            text(&refused.stderr).contains("A-17 is live: expected --confirm live"),
            "{}",
            text(&refused.stderr)
        );
        assert_eq!(world.last_asked().1, Request::Show { alert: AlertId(17) });
    }
    let approved = world.run("alert approve A-17 --confirm live").await;
    assert_eq!((approved.status.code(), text(&approved.stdout)), (Some(0), "A-17: active\n"));
    let Request::Command { command, .. } = world.last_asked().1 else { unreachable!() };
    assert_eq!(command, Command::Approve { alert: AlertId(17), version: Some(1) });
}

#[tokio::test]
async fn a_refusal_a_wrong_line_and_an_unreachable_daemon_have_their_own_status() {
    let world = World::new().await;
    let refused = world.run("alert cancel A-17 --reason over").await;
    assert_eq!((refused.status.code(), text(&refused.stderr)), (Some(1), "amberctl: not you\n"));
    let refused = world.run("--json alert cancel A-17 --reason over").await;
    let problem: Problem = serde_json::from_slice(&refused.stderr).unwrap();
    assert_eq!((refused.status.code(), problem), (Some(1), Problem::forbidden("not you")));
    let failed = world.run("alert submit A-17").await;
    assert_eq!(failed.status.code(), Some(1));
    assert!(text(&failed.stderr).contains("repeat the same command with --key "), "{}", text(&failed.stderr));
    assert_eq!(world.run("alert cancel A-17").await.status.code(), Some(2));
    let nobody = run("--socket /nowhere/admin.sock status").await;
    assert_eq!(nobody.status.code(), Some(3));
    assert!(
        text(&nobody.stderr).contains("/nowhere/admin.sock: expected a daemon"),
        "{}",
        text(&nobody.stderr)
    );
}

#[tokio::test]
async fn a_watch_writes_a_line_for_each_change_and_ends_with_the_ledger() {
    let world = World::new().await;
    let daemon = world.daemon.clone();
    let change = tokio::spawn(async move {
        while daemon.asked.lock().unwrap().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        daemon.view.lock().unwrap().state = State::Closed;
        daemon.changed.send_modify(|at| *at += 1);
    });
    let watched = world.run("alert watch A-17").await;
    change.await.unwrap();
    assert_eq!(watched.status.code(), Some(0), "{}", text(&watched.stderr));
    let lines: Vec<&str> = text(&watched.stdout).lines().collect();
    assert_eq!(lines[0], "A-17 active: 980 of 1200 confirmed, 200 accepted, 4 refused, 6 unknown");
    assert!(lines[1].starts_with("A-17 closed: "));
    assert!(lines[2].starts_with("on the air  network  targeted"));
    let shown = world.run("--json alert watch A-17").await;
    assert!(serde_json::from_slice::<AlertView>(&shown.stdout).is_ok());
}

#[tokio::test]
async fn the_areas_of_an_alert_are_a_table_for_people_and_json_for_machines() {
    let world = World::new().await;
    let shown = world.run("alert areas A-17").await;
    assert_eq!(shown.status.code(), Some(0), "{}", text(&shown.stderr));
    let rows: Vec<&str> = text(&shown.stdout).lines().collect();
    assert!(rows[0].starts_with("on the air  network  controller  TAC/LAC"), "{rows:?}");
    assert!(rows[1].starts_with("mts         lte      mts-mme-01     1201       320        310"), "{rows:?}");
    assert_eq!(world.last_asked().1, Request::Areas { alert: AlertId(17) });
    let shown = world.run("--json alert areas A-17").await;
    assert_eq!(serde_json::from_slice::<Vec<AreaView>>(&shown.stdout).unwrap(), areas());
}

#[test]
fn octets_that_encode_otherwise_are_decoded_with_a_word_of_warning() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let vectors: Vec<Value> =
        serde_json::from_str(include_str!("../../../fixtures/vectors/sbcap-decode.json")).unwrap();
    let trailing = vectors.iter().find(|vector| vector["name"] == "resp-trailing").unwrap();
    std::fs::write(&file, trailing["hex"].as_str().unwrap()).unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_amberctl"));
    let decoded = command.args(["decode", "--protocol", "sbcap"]).arg(file.path()).output().unwrap();
    assert_eq!(decoded.status.code(), Some(0));
    assert!(text(&decoded.stdout).starts_with(r#"{"message":"write_replace_warning_response""#));
    assert_eq!(text(&decoded.stderr), "amberctl: PDU 1: encoding its words gives other octets than these\n");
}
