//! Holds the annotated files of `config/` to the code, and the messages about wrong ones to their words.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use toml::{Table, Value};

use super::Config;

const MAIN: &str = "amberd.toml";
const MTS: &str = "operators/mts.toml";
const YETTEL: &str = "operators/yettel.toml";
const POLICY: &str = "policies/missing-child.toml";
const FILES: [&str; 5] = [MAIN, MTS, YETTEL, "operators/a1.toml", POLICY];

#[test]
fn the_annotated_files_are_a_configuration() {
    let config = Config::read(&source().join(MAIN)).unwrap();
    let names: Vec<&str> = config.operator.iter().map(|operator| operator.name.as_str()).collect();
    assert_eq!(names, ["mts", "yettel", "a1"]);
    assert_eq!(config.profile[0].name, "missing-child");
}

#[test]
fn every_key_that_the_code_knows_is_explained() {
    let sections = [
        (MAIN, &["", "admin", "roles", "roles.author", "patience", "limits"][..]),
        (MTS, &["", "peer"]),
        (POLICY, &["", "message_ids"]),
    ];
    for (file, sections) in sections {
        let explained = explained(file);
        for section in sections {
            let known = keys_known_in(file, section);
            assert!(known.len() > 1, "{file} [{section}]: {known:?}");
            for key in known {
                let path = if section.is_empty() { key } else { format!("{section}.{key}") };
                assert!(explained.get(&path).is_some_and(|comment| !comment.is_empty()), "{file}: {path}");
            }
        }
    }
}

#[test]
fn the_defaults_in_the_comments_are_those_of_the_code() {
    for file in [MAIN, MTS, POLICY] {
        let explained = explained(file);
        let defaults = explained.iter().filter_map(|(path, comment)| Some((path, default_in(comment)?)));
        let folder = copied();
        let without = defaults.clone().fold(table(&folder, file), |mut table, (path, _)| {
            // A controller's name needs no default, but a listener its address.
            remove(&mut table, &path.split('.').collect::<Vec<_>>());
            table
        });
        fs::write(folder.path().join(file), without.to_string().replace("role = \"listen\"\n", "")).unwrap();
        let effective = Config::read(&folder.path().join(MAIN)).unwrap().effective().unwrap();
        let effective: Value = effective.parse::<Table>().unwrap().into();
        let part = match file {
            MTS => &effective["operator"][0],
            POLICY => &effective["profile"][0],
            _ => &effective,
        };
        for (path, expected) in defaults {
            let found = path.split('.').try_fold(part, |at, key| {
                let at = at.as_array().and_then(|peers| peers.first()).unwrap_or(at);
                at.get(key)
            });
            match expected.parse::<Table>() {
                // A section without a key of its own: its keys have their defaults.
                Ok(table) if table["v"].as_table().is_some_and(Table::is_empty) => {
                    assert!(found.is_some_and(Value::is_table), "{file}: {path}");
                }
                Ok(table) => assert_eq!(found, table.get("v"), "{file}: {path}"),
                Err(_) => assert_eq!((expected.as_str(), found), ("v = none", None), "{file}: {path}"),
            }
        }
    }
}

#[test]
fn a_wrong_configuration_gets_one_message_that_says_what_was_expected() {
    let cases = [
        (
            MTS,
            "window = 4",
            "widow = 4",
            "operators/mts.toml: TOML parse error at line 64, column 1\n   |\n64 | widow = 4\n   | ^^^^^\nunknown field `widow`, \
             expected one of `name`, `protocol`, `transport`,",
        ),
        (MTS, "window = 4", "window = \"4\"", "invalid type: string \"4\", expected u16"),
        (
            MAIN,
            "alerts_max = 100",
            "alerts_max = 100\nalerts_max = 100",
            "amberd.toml: TOML parse error at line 87, column 1",
        ),
        (
            MTS,
            "addresses = [\"192.0.2.100:48049\"]",
            "addresses = []",
            "operators/mts.toml: peer \"mts-bsc-00\": addresses: expected at least one \"address:port\", found none",
        ),
        (
            MTS,
            "addresses = [\"192.0.2.100:48049\"]",
            "addresses = [\"192.0.2.100\"]",
            "invalid socket address syntax",
        ),
        (
            MTS,
            "listen = \"203.0.113.5:48049\"",
            "",
            "operators/mts.toml: peer \"mts-bsc-01\": listen: expected the address we listen on, since role is \"listen\", \
             found none",
        ),
        (
            MTS,
            "transport = \"tcp\"\naddresses = [\"192.0.2.100:48049\"]",
            "transport = \"sctp\"\naddresses = [\"192.0.2.100:48049\"]",
            "operators/mts.toml: peer \"mts-bsc-00\": transport: expected tcp for cbsp, found",
        ),
        (
            YETTEL,
            "transport = \"sctp\"\naddresses = [\"192.0.2.51",
            "transport = \"tcp\"\naddresses = [\"192.0.2.51",
            "operators/yettel.toml: peer \"yettel-mme-1\": transport: expected sctp or sctp_over_udp for sbcap, found",
        ),
        (
            YETTEL,
            "name = \"yettel-bsc-00\"",
            "name = \"mts-bsc-00\"",
            "operators/yettel.toml: peer \"mts-bsc-00\": expected a name of its own, found another with it",
        ),
        (
            YETTEL,
            "message_codes = [512, 1023]",
            "message_codes = [512, 1024]",
            "operators/yettel.toml: message_codes: expected [first, last] within 0 to 1023, found [512, 1024]",
        ),
        (
            MAIN,
            "groups = [\"amber-approvers\"]",
            "groups = []",
            "amberd.toml: roles.approver: expected at least one user or group, found none",
        ),
        (MAIN, "mode = \"0660\"", "mode = \"0o660\"", "amberd.toml: admin.mode: expected octal permission bits"),
        (
            MAIN,
            "[\"operators/mts.toml\", \"operators/yettel.toml\", \"operators/a1.toml\"]",
            "[]",
            "amberd.toml: operators: expected at least one file, found none",
        ),
        (MAIN, "operators/a1.toml", "operators/globaltel.toml", "operators/globaltel.toml: cannot be read: No such file"),
        (POLICY, "exercise = 4381", "exercise = 4379", "policies/missing-child.toml: profile"),
    ];
    for (file, from, to, expected) in cases {
        let told = told_after(&[(file, from, to)]);
        assert!(told.contains(expected), "{to}: {told}");
    }
}

#[test]
fn one_person_alone_cannot_be_author_and_approver() {
    let alone = |role: &str| {
        (format!("groups = [\"amber-{role}s\"]"), "groups = []\n# alone".to_owned(), format!("[roles.{role}]"))
    };
    let folder = copied();
    let path = folder.path().join(MAIN);
    let mut main = table(&folder, MAIN);
    for role in ["author", "approver"] {
        let holders: Table = "users = [\"jelena\"]".parse().unwrap();
        main["roles"].as_table_mut().unwrap().insert(role.to_owned(), holders.into());
    }
    fs::write(&path, main.to_string()).unwrap();
    let told = Config::read(&path).unwrap_err().to_string();
    assert!(told.ends_with("roles: expected two different people as author and approver, found only \"jelena\""), "{told}");
    let _ = alone;
}

#[test]
fn the_demos_assertion_of_identities_is_an_unknown_key_to_everybody_else() {
    let told = told_after(&[(MAIN, "state_dir =", "demonstration = true\nstate_dir =")]);
    assert!(told.contains("unknown field `demonstration`"), "{told}");
}
