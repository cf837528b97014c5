//! Who somebody is, by the kernel's word: `amberd run`, and real users of this machine at its socket.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use opsim::Faults;
use tests::daemon::Config;
use tests::need;
use tests::networks::Network;
use tests::patience::until;
use tests::process::{Ended, Running, amberd, binary, run};

/// Two users that every Debian has, with their ids.
const GAMES: (&str, u32) = ("games", 5);
const NEWS: (&str, u32) = ("news", 9);
const ROOT: (&str, u32) = ("root", 0);

/// `amberctl`, run by a user.
fn amberctl(folder: &Path, (_, id): (&str, u32), arguments: &[&str]) -> Ended {
    let mut command = Command::new(folder.join("amberctl"));
    command.arg("--socket").arg(folder.join("admin.sock")).args(arguments);
    run(command.current_dir(folder).uid(id).gid(id))
}

#[test]
fn two_users_of_the_machine_bring_an_alert_on_the_air_and_nobody_alone() {
    if !need::root() {
        return;
    }
    let network = Network::start(1000, &Faults::default(), "");
    let config = Config::new(&network.cells, &[(&network.operator, &network.peers)]);
    config.edit("amberd.toml", "demonstration = true\n", "");
    config.edit("amberd.toml", "0600", "0666");
    config.edit("amberd.toml", "[\"jelena\", \"milan\"]", "[\"games\", \"root\"]");
    config.edit("amberd.toml", "[\"jelena\", \"milan\"]", "[\"games\", \"news\", \"root\"]");
    // They may come as far as the socket, and have a program that they may run.
    let folder = config.path("");
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).unwrap();
    std::fs::copy(binary("amberctl"), folder.join("amberctl")).unwrap();
    let mut command = amberd();
    let _daemon = Running::start(
        command.args(["run", "--config"]).arg(config.path("amberd.toml")),
        &config.path("daemon.log"),
    );
    until("the daemon", 20, || (amberctl(&folder, GAMES, &["status"]).code == Some(0)).then_some(()));

    let draft = ["alert", "draft", "--channel", "live", "--class", "missing-child", "--area", "Novi Sad"];
    let case = ["--age", "7", "--fact", "imminent_danger", "--fact", "sufficient_information"];
    let draft =
        [&draft[..], &case, &["--text", "sr-Latn=NESTALO DETE: Marko, 7 godina. Pozovite 192."]].concat();
    let approve = ["alert", "approve", "A-1", "--confirm", "live"];
    let refused = |user, arguments: &[&str], words: &[&str]| {
        let Ended { code, out, err } = amberctl(&folder, user, arguments);
        assert_eq!(code, Some(1), "{arguments:?}: {out}{err}");
        words.iter().for_each(|word| assert!(err.contains(word), "{word:?} in {err:?}"));
    };
    let done = |user, arguments: &[&str]| {
        let Ended { code, out, err } = amberctl(&folder, user, arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {out}{err}\n{}", config.log());
    };
    refused(ROOT, &draft, &["root"]);
    refused(NEWS, &draft, &["author"]);
    refused(GAMES, &[&["--as", "news"], &draft[..]].concat(), &["asserted"]);
    done(GAMES, &draft);
    done(GAMES, &["alert", "submit", "A-1"]);
    refused(GAMES, &approve, &["another person"]);
    refused(ROOT, &approve, &["root"]);
    done(NEWS, &approve);
    done(GAMES, &["alert", "watch", "A-1", "--until", "confirmed"]);
}
