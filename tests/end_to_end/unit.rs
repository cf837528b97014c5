//! The systemd unit, read as systemd reads it.

use std::process::Command;

use tests::need;
use tests::process::{binary, run};

fn unit() -> String {
    std::fs::read_to_string(need::workspace().join("config/systemd/amberd.service")).unwrap()
}

#[test]
fn systemd_understands_the_unit() {
    if !need::program("systemd-analyze") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("amberd.service");
    // The daemon is not installed here.
    let text = unit().replace("/usr/bin/amberd", binary("amberd").to_str().unwrap());
    std::fs::write(&copy, text).unwrap();
    let ended = run(Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&copy));
    let ours: Vec<&str> = ended.err.lines().filter(|line| line.contains("amberd.service")).collect();
    assert!(ours.is_empty(), "{}", ended.err);
    let ended = run(Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--threshold=20"])
        .arg(&copy));
    assert_eq!(ended.code, Some(0), "exposure above 2.0:\n{}{}", ended.out, ended.err);
}

#[test]
fn the_unit_runs_what_there_is() {
    let unit = unit();
    assert!(unit.contains("\nExecStart=/usr/bin/amberd run --config /etc/amberd/amberd.toml\n"));
    assert!(unit.contains("\nType=notify\n") && unit.contains("\nKillSignal=SIGTERM\n"));
}
