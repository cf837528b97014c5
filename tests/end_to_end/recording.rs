//! What the daemon records of a day, played again.

use std::path::Path;

use engine::command;
use opsim::Faults;
use policy::LanguageText;
use tests::daemon::{APPROVER, AUTHOR, Config, Daemon, wording};
use tests::networks::Network;
use tests::process::{Ended, amberd, run};

const AREA: &str = "Južnobački okrug";

fn replay(config: &Config, recording: &Path) -> Ended {
    let mut command = amberd();
    run(command.arg("replay").arg("--config").arg(config.path("amberd.toml")).arg(recording))
}

/// An alert from its draft to its cancel, with an update on the way.
fn lives(daemon: &Daemon, name: &str) {
    let mut words = wording(&format!("NESTALO DETE: {name} Ljubić, 7 godina. Pozovite 192."), AREA);
    words.case.details.insert("name".into(), format!("{name} Ljubić"));
    let alert = daemon.submitted(words);
    daemon.approve(alert);
    daemon.wait_confirmed(alert);
    let text = format!("NESTALO DETE: {name} Ljubić, viđen u Novom Sadu.");
    let texts = Some(vec![LanguageText { language: "sr-Latn".into(), text }]);
    let change = command::Change { texts, ..command::Change::default() };
    daemon.does(AUTHOR, &command::Command::Update { alert, change });
    daemon.approve(alert);
    daemon.wait_confirmed(alert);
    daemon.cancel(alert);
    daemon.wait_off(alert);
}

fn ends(daemon: &mut Daemon) {
    daemon.process.signal("TERM");
    assert!(daemon.process.end(20).success());
}

#[test]
fn a_recorded_day_gives_the_same_when_it_is_played_again_and_names_nobody() {
    let network = Network::start(2000, &Faults::default(), "");
    let config = Config::new(&network.cells, &[(&network.operator, &network.peers)]);
    config.edit("amberd.toml", "roles =", "recorder = { path = \"recording.jsonl\" }\nroles =");
    let mut daemon = Daemon::start(config);
    lives(&daemon, "Marko");
    let on = daemon.submitted(wording("NESTALO DETE: Jovana Petrović. Pozovite 192.", AREA));
    daemon.approve(on);
    daemon.wait_confirmed(on);
    ends(&mut daemon);
    let first = daemon.config.path("first.jsonl");
    std::fs::rename(daemon.config.path("recording.jsonl"), &first).unwrap();
    // The second recording begins with an alert on the air.
    daemon.start_again(|_| {});
    daemon.wait_confirmed(on);
    lives(&daemon, "Dušan");
    ends(&mut daemon);
    for recording in [&first, &daemon.config.path("recording.jsonl")] {
        let ended = replay(&daemon.config, recording);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        assert!(ended.out.contains("are what they were"), "{}", ended.out);
        let text = std::fs::read_to_string(recording).unwrap();
        assert!(text.contains("\"approve\"") && text.contains("octets"));
        for word in
            ["NESTALO", "Marko", "Ljubi", "Novom Sadu", "Jovana", "Dušan", AUTHOR, APPROVER, "found safe"]
        {
            assert!(!text.contains(word), "{word} in {}", recording.display());
        }
    }
    // One PDU of another length is found, and where.
    let text = std::fs::read_to_string(&first).unwrap();
    let at = text.find(" octets").unwrap();
    let number = text[..at].lines().count();
    let changed = daemon.config.path("changed.jsonl");
    std::fs::write(&changed, format!("{}1{}", &text[..at], &text[at..])).unwrap();
    let ended = replay(&daemon.config, &changed);
    assert_eq!(ended.code, Some(1), "{}", ended.out);
    assert!(ended.err.contains(&format!("line {number}: expected to peer")), "{}", ended.err);
    // Another country decides otherwise.
    daemon.config.edit("amberd.toml", "retry_first_ms = 300", "retry_first_ms = 301");
    assert!(replay(&daemon.config, &first).err.contains("expected the inventory"));
}
