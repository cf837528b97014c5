//! What outlives the daemon: the journal, what is written down of its state, its copies, and the cancels that it could
//! not take.

use std::process::Command;

use engine::AlertId;
use engine::State;
use engine::command;
use opsim::Faults;
use tests::daemon::{APPROVER, AUTHOR, Config, Daemon, refusal, wording};
use tests::need;
use tests::networks::Network;
use tests::patience::until;
use tests::process::{amberctl, amberd, run};

const AREA: &str = "Južnobački okrug";

/// A daemon and the network that it speaks to.
fn started(change: impl FnOnce(&Config)) -> (Network, Daemon) {
    let network = Network::start(2000, &Faults::default(), "");
    let config = Config::new(&network.cells, &[(&network.operator, &network.peers)]);
    change(&config);
    let daemon = Daemon::start(config);
    (network, daemon)
}

fn on_the_air(daemon: &Daemon, text: &str) -> AlertId {
    let alert = daemon.submitted(wording(text, AREA));
    daemon.approve(alert);
    daemon.wait_confirmed(alert);
    alert
}

/// A verb of the daemon's program on its configuration; what it printed.
fn does(config: &Config, verb: &str, more: impl FnOnce(&mut Command)) -> String {
    let mut command = amberd();
    command.arg(verb).arg("--config").arg(config.path("amberd.toml"));
    more(&mut command);
    let ended = run(&mut command);
    assert_eq!(ended.code, Some(0), "{verb}: {}", ended.err);
    ended.out
}

fn journal_state(daemon: &Daemon) -> String {
    daemon.asks(AUTHOR, async |client| client.status().await).unwrap().journal.state
}

/// What needs a journal.
fn draft() -> command::Command {
    let (channel, class) = (policy::Channel::Live, "missing-child".into());
    command::Command::Draft { channel, class, wording: wording("DRUGO DETE", AREA) }
}

/// A record that is not the daemon's: its next commit must fail.
fn write_past_the_lock(config: &Config, sql: &str) {
    rusqlite::Connection::open(config.path("state/journal.db")).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn a_start_reads_the_state_that_was_written_down_and_the_records_after_it() {
    let (_network, mut daemon) = started(|config| {
        config.edit("amberd.toml", "roles =", "limits = { snapshot_records = 10 }\nroles =");
    });
    let alert = on_the_air(&daemon, "NESTALO DETE: Marko, 7 godina. Pozovite 192.");
    let before = daemon.alert(alert);
    until("the state written down", 10, || {
        daemon.config.log().contains("the state is written down").then_some(())
    });
    let verified = does(&daemon.config, "verify", |_| {});
    assert!(verified.contains("is what a replay of the records gives"), "{verified}");
    // Two commits, so that the record which names the state is among what was synced.
    let other = daemon.submitted(wording("DRUGO DETE", AREA));
    daemon.process.kill();
    daemon.start_again(|_| {});
    let after = daemon.wait_confirmed(alert);
    let said = |view: engine::view::AlertView| {
        (view.version.unwrap().texts, view.history, view.expires_ms, view.messages[0].names.clone())
    };
    assert_eq!(said(after), said(before));
    assert_eq!(daemon.alert(other).state, State::Submitted);
    let log = daemon.config.log();
    let replayed = log.lines().rfind(|line| line.contains("the journal is replayed")).unwrap();
    let number = |name: &str| -> u64 {
        let rest = replayed.split_once(&format!("{name}=")).unwrap().1;
        rest.split_whitespace().next().unwrap().parse().unwrap()
    };
    assert!(number("replayed") < number("records"), "{replayed}");
    until("the whole journal verified", 10, || {
        daemon.config.log().contains("the whole journal is verified").then_some(())
    });
}

#[test]
fn a_cancel_that_the_journal_could_not_take_is_not_forgotten_by_the_next_start() {
    let (_network, mut daemon) = started(|_| {});
    let alert = on_the_air(&daemon, "NESTALO DETE: Marko, 7 godina. Pozovite 192.");
    write_past_the_lock(
        &daemon.config,
        "INSERT INTO records SELECT max(seq) + 1, 0, x'00', zeroblob(32) FROM records",
    );
    // The first to need the journal is told; the alert on the air stays.
    assert_eq!(refusal(daemon.tries(AUTHOR, &draft())).0, 503);
    assert!(journal_state(&daemon).starts_with("failed: "));
    daemon.cancel(alert);
    daemon.wait_off(alert);
    assert!(daemon.config.path("cancels").exists());
    daemon.process.kill();
    write_past_the_lock(
        &daemon.config,
        "DROP TRIGGER records_kept; DELETE FROM records WHERE payload = x'00'",
    );
    daemon.start_again(|_| {});
    let view = daemon.wait(alert, "closed", |view| view.state == State::Closed);
    assert!(view.history.iter().any(|step| step.verb == "cancel" && step.by.as_deref() == Some(APPROVER)));
    assert_eq!(journal_state(&daemon), "ok");
    until("the file is gone", 10, || (!daemon.config.path("cancels").exists()).then_some(()));
}

#[test]
fn a_cancel_that_nothing_could_record_goes_out_and_says_so() {
    let (_network, daemon) = started(|config| {
        config.edit("amberd.toml", "state_dir =", "cancels = \"nowhere/cancels\"\nstate_dir =");
    });
    let alert = on_the_air(&daemon, "NESTALO DETE: Marko, 7 godina. Pozovite 192.");
    write_past_the_lock(
        &daemon.config,
        "INSERT INTO records SELECT max(seq) + 1, 0, x'00', zeroblob(32) FROM records",
    );
    assert_eq!(refusal(daemon.tries(AUTHOR, &draft())).0, 503);
    let cancel = command::Command::Cancel { alert, reason: "found safe".into() };
    match daemon.tries(APPROVER, &cancel).unwrap_err() {
        admin::Error::Problem(problem) => {
            assert_eq!((problem.status, problem.code()), (503, "cancel_unrecorded"), "{problem}");
        }
        other => panic!("expected a problem, found {other}"),
    }
    daemon.wait_off(alert);
}

#[test]
fn the_words_of_a_closed_alert_are_erased_and_the_journal_can_still_be_audited() {
    let (_network, mut daemon) = started(|_| {});
    let alert = on_the_air(&daemon, "NESTALO DETE: Marko, 7 godina. Pozovite 192.");
    let erase = |command: &mut Command| {
        command.arg(alert.to_string());
    };
    let mut too_early = amberd();
    too_early.arg("erase").arg("--config").arg(daemon.config.path("amberd.toml"));
    erase(&mut too_early);
    let refused = run(&mut too_early);
    assert!(refused.code == Some(1) && refused.err.contains("expected a closed alert"), "{}", refused.err);
    daemon.cancel(alert);
    daemon.wait(alert, "closed", |view| view.state == State::Closed);
    let kept = daemon.config.path("kept.head");
    std::fs::copy(daemon.config.path("state/journal.head"), &kept).unwrap();

    does(&daemon.config, "erase", erase);
    let key = daemon.config.path(&format!("state/keys/{alert}.key"));
    assert!(!key.exists() && key.with_extension("erased").exists());
    daemon.process.kill();
    daemon.start_again(|_| {});
    let version = daemon.alert(alert).version.unwrap();
    assert!(version.texts.is_empty(), "{version:?}");

    let audit = |verb: &str, more: &[&str]| {
        let state = daemon.config.path("state");
        run(amberctl().args(["audit", verb]).arg(state).args(more))
    };
    let verified = audit("verify", &["--head", kept.to_str().unwrap()]);
    assert!(
        verified.code == Some(0) && verified.out.contains("is the one that was kept"),
        "{}",
        verified.err
    );
    let exported = audit("export", &[]).out;
    let last: serde_json::Value = serde_json::from_str(exported.lines().last().unwrap()).unwrap();
    assert!(verified.out.contains(last["digest"].as_str().unwrap()), "{}", verified.out);
    assert!(exported.contains("found safe") && !exported.contains("Marko"));
}

#[test]
fn a_daemon_whose_disk_takes_nothing_starts_says_so_and_still_cancels() {
    if !need::private_mounts() {
        return;
    }
    let (_network, mut daemon) = started(|_| {});
    let alert = on_the_air(&daemon, "NESTALO DETE: Marko, 7 godina. Pozovite 192.");
    for end in ["TERM", "KILL"] {
        daemon.process.signal(end);
        daemon.process.end(10);
        let state = daemon.config.path("state").display().to_string();
        daemon.start_again(|command| {
            let read_only =
                format!("mount --bind {state} {state} && mount -o remount,ro,bind {state} && exec \"$@\"");
            let mut wrapped = Command::new("unshare");
            wrapped.args(["--mount", "sh", "-c", &read_only, "sh"]).arg(command.get_program());
            wrapped.args(command.get_args());
            *command = wrapped;
        });
        let view = daemon.wait_confirmed(alert);
        assert_eq!(view.state, State::Active);
        let found = journal_state(&daemon);
        assert!(found.starts_with("failed: "), "{found}");
        assert_eq!(refusal(daemon.tries(AUTHOR, &draft())).0, 503);
    }
    daemon.cancel(alert);
    daemon.wait_off(alert);
    daemon.process.kill();
    daemon.start_again(|_| {});
    daemon.wait(alert, "closed", |view| view.state == State::Closed);
    assert_eq!(journal_state(&daemon), "ok");
}

#[test]
fn a_restored_copy_uses_no_code_that_may_have_been_used_and_takes_off_what_was_cancelled_since() {
    let operator = |network: &Network| format!("{}.toml", network.operator);
    let network = Network::start(2000, &Faults::default(), "");
    let config = Config::new(&network.cells, &[(&network.operator, &network.peers)]);
    config.edit(&operator(&network), "name =", "message_codes = [0, 511]\nname =");
    let mut daemon = Daemon::start(config);
    let kept = on_the_air(&daemon, "NESTALO DETE: Marko, 7 godina. Pozovite 192.");
    let cancelled = on_the_air(&daemon, "NESTALO DETE: Ana, 5 godina. Pozovite 192.");
    let names = daemon.alert(kept).messages[0].names.clone();
    let copy = |daemon: &Daemon, name: &str| {
        does(&daemon.config, "backup", |command| {
            command.arg("--to").arg(daemon.config.path(name));
            command.arg("--keys-to").arg(daemon.config.path("keys-copy"));
        })
    };
    assert!(copy(&daemon, "copy").contains("2 keys"));
    daemon.cancel(cancelled);
    daemon.wait_off(cancelled);
    on_the_air(&daemon, "NESTALO DETE: Petar, 6 godina. Pozovite 192.");
    daemon.process.kill();
    let state = daemon.config.path("state");
    let restore = |command: &mut Command| {
        command.arg("--from").arg(daemon.config.path("copy"));
        command.arg("--keys-from").arg(daemon.config.path("keys-copy"));
        command.arg("--cancel").arg(cancelled.to_string());
    };
    let mut over = amberd();
    over.arg("restore").arg("--config").arg(daemon.config.path("amberd.toml"));
    restore(&mut over);
    let refused = run(&mut over);
    assert!(refused.code == Some(1) && refused.err.contains("move the whole folder away"), "{}", refused.err);
    std::fs::rename(&state, daemon.config.path("state-lost")).unwrap();
    let told = does(&daemon.config, "restore", restore);
    assert!(told.contains(&format!("{kept} (Live) is on in this copy")), "{told}");

    daemon.start_again(|_| {});
    let view = daemon.wait_confirmed(kept);
    assert_eq!(view.messages[0].names, names);
    assert_eq!(view.version.unwrap().texts[0].text, "NESTALO DETE: Marko, 7 godina. Pozovite 192.");
    daemon.wait(cancelled, "closed", |view| view.state == State::Closed);
    let draft = daemon.submitted(wording("NESTALO DETE: Mila, 4 godine. Pozovite 192.", AREA));
    let approve = command::Command::Approve { alert: draft, version: None };
    let (status, words) = refusal(daemon.tries(APPROVER, &approve));
    assert_eq!(status, 422, "{words}");

    // A range that has not been used.
    daemon.process.kill();
    daemon.config.edit(&operator(&network), "[0, 511]", "[512, 1023]");
    daemon.start_again(|_| {});
    daemon.approve(draft);
    let view = daemon.wait_confirmed(draft);
    assert!(view.messages[0].names[0].serial.code() >= 512);
}
