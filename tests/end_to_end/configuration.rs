//! A configuration that cannot work is refused with one message that says what, where, expected and found.

use opsim::Faults;
use tests::daemon::Config;
use tests::networks::Network;
use tests::process::{amberd, run};

/// A configuration for `amberd run` that is all right.
fn sound() -> Config {
    let network = Network::start(1000, &Faults::default(), "");
    let config = Config::new(&network.cells, &[(&network.operator, &network.peers)]);
    config.edit("amberd.toml", "demonstration = true\n", "");
    config
}

/// The configuration is refused by `check` and by `run`, in the same words; these are among them.
fn refused(config: &Config, words: &[&str]) {
    for verb in ["check", "run"] {
        let ended = run(amberd().args([verb, "--config"]).arg(config.path("amberd.toml")));
        assert_eq!(ended.code, Some(2), "{verb}: {}{}", ended.out, ended.err);
        assert_eq!(ended.err.matches("amberd: ").count(), 1, "{verb} says one thing: {}", ended.err);
        for word in words {
            assert!(ended.err.contains(word), "{verb}: {word:?} in {:?}", ended.err);
        }
        assert!(!config.path("state").exists() && !config.path("admin.sock").exists(), "nothing was made");
    }
}

#[test]
fn a_sound_configuration_is_accepted() {
    let ended = run(amberd().args(["check", "--config"]).arg(sound().path("amberd.toml")));
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(ended.out.ends_with("ok\n"), "{}", ended.out);
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let config = sound();
    config.edit("amberd.toml", "state_dir", "state_dri = \"x\"\nstate_dir");
    refused(&config, &["amberd.toml", "line 1", "state_dri", "expected"]);
}

#[test]
fn the_demos_own_key_is_refused() {
    let config = sound();
    config.edit("amberd.toml", "state_dir", "demonstration = true\nstate_dir");
    refused(&config, &["amberd.toml", "demonstration"]);
}

#[test]
fn a_peer_without_an_address_is_named() {
    let config = sound();
    let network = std::fs::read_to_string(config.path("amberd.toml")).unwrap();
    let operator = network.split_once("operators = [\"").unwrap().1.split_once('"').unwrap().0;
    let text = std::fs::read_to_string(config.path(operator)).unwrap();
    let line = text.lines().find(|line| line.contains("addresses")).unwrap();
    config.edit(operator, line, "addresses = []");
    refused(&config, &[operator, "peer \"", "addresses", "expected at least one", "found none"]);
}

#[test]
fn a_role_that_nobody_holds_is_named() {
    let config = sound();
    config.edit("amberd.toml", "approver = { users = [\"jelena\", \"milan\"] }", "approver = {}");
    refused(&config, &["amberd.toml", "roles.approver", "expected at least one user or group", "found none"]);
}

#[test]
fn a_broken_row_of_the_cells_is_named_with_its_line_and_value() {
    let config = sound();
    let cells = std::fs::read_to_string(config.path("cells.csv")).unwrap();
    let mut lines: Vec<String> = cells.lines().map(str::to_owned).collect();
    let mut fields: Vec<&str> = lines[4].split(',').collect();
    fields[7] = "north";
    lines[4] = fields.join(",");
    config.write("cells.csv", &lines.join("\n"));
    refused(&config, &["cells.csv", "line 5", "lat", "expected", "`north`"]);
}
