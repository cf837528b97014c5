//! Holds the annotated files of `config/` to the code, and what is said about wrong ones to its words.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use toml::{Table, Value};

use super::Config;
use crate::country::Country;

const MAIN: &str = "amberd.toml";
const MTS: &str = "operators/mts.toml";
const YETTEL: &str = "operators/yettel.toml";
const A1: &str = "operators/a1.toml";
const POLICY: &str = "policies/missing-child.toml";

#[test]
fn the_annotated_files_are_a_configuration() {
    let config = Config::read(&annotated().join(MAIN)).unwrap();
    let names: Vec<&str> = config.operator.iter().map(|operator| operator.name.as_str()).collect();
    assert_eq!(names, ["mts", "yettel", "a1"]);
    assert_eq!(config.profile[0].name, "missing-child");
}

#[test]
fn the_annotated_peers_fit_the_country_that_amberctl_invents() {
    let folder = copy();
    let invented = area::generate(10_000, 220, &area::Atlas::serbia().unwrap()).unwrap();
    invented.write_csv(&mut fs::File::create(folder.path().join("cells.csv")).unwrap()).unwrap();
    let country = Country::read(&read(&folder).unwrap()).unwrap();
    assert_eq!(country.peers.len(), 12);
}

#[test]
fn every_key_that_the_code_knows_is_explained() {
    let sections = [
        (
            MAIN,
            &[
                "",
                "admin",
                "cap",
                "cap.senders",
                "feed",
                "roles",
                "roles.author",
                "patience",
                "limits",
                "recorder",
            ][..],
        ),
        (MTS, &["", "airtime", "peer"]),
        (POLICY, &["", "message_ids", "cap", "media"]),
    ];
    for (file, sections) in sections {
        let comments = comments(file);
        for section in sections {
            let keys = keys_known_in(file, section);
            assert!(keys.len() > 1, "{file} [{section}]: {keys:?}");
            for key in keys {
                let path = [section, key.as_str()].join(".");
                let path = path.trim_start_matches('.');
                assert!(comments.get(path).is_some_and(|comment| !comment.is_empty()), "{file}: {path}");
            }
        }
    }
}

#[test]
fn the_defaults_in_the_comments_are_those_of_the_code() {
    for (file, part) in [(MAIN, None), (MTS, Some("operator")), (POLICY, Some("profile"))] {
        let comments = comments(file);
        let defaults = comments.iter().filter_map(|(path, comment)| Some((path, default_in(comment)?)));
        let folder = copy();
        let mut table = table(&folder, file);
        for (path, _) in defaults.clone() {
            remove(&mut table, &path.split('.').collect::<Vec<_>>());
        }
        fs::write(folder.path().join(file), table.to_string()).unwrap();
        let effective = read(&folder).unwrap().effective().unwrap().parse::<Table>().unwrap();
        let effective = Value::from(effective);
        let effective = part.map_or(&effective, |part| &effective[part][0]);
        for (path, expected) in defaults {
            let found = path.split('.').try_fold(effective, |at, key| {
                at.as_array().and_then(|peers| peers.first()).unwrap_or(at).get(key)
            });
            let found = match found {
                None => "none".to_owned(),
                // Of a section it is only said that it may be left away.
                Some(Value::Table(_)) => "{}".to_owned(),
                Some(value) => value.to_string(),
            };
            assert_eq!(found, expected, "{file}: {path}");
        }
    }
}

#[test]
fn an_unknown_key_is_told_with_its_place_and_the_keys_there_are() {
    let folder = copy();
    let line = edit(&folder, MTS, "window = 4", "widow = 4");
    let told = told(&folder);
    assert!(told.starts_with(&format!("{MTS}: TOML parse error at line {line}, column 1")), "{told}");
    assert!(
        told.contains("unknown field `widow`, expected one of `name`, `protocol`, `transport`,"),
        "{told}"
    );
    assert!(told.contains("`window`"), "{told}");
}

#[test]
fn a_value_of_the_wrong_kind_is_told_with_its_place() {
    let folder = copy();
    let line = edit(&folder, MTS, "window = 4", "window = \"four\"");
    let told = told(&folder);
    assert!(told.starts_with(&format!("{MTS}: TOML parse error at line {line}, column 10")), "{told}");
    assert!(told.contains("invalid type: string \"four\", expected u16"), "{told}");
}

#[test]
fn what_a_cbc_needs_is_asked_for() {
    for (from, to, expected) in [
        ("", "", "protocol: expected cap.sender in the main file with cap, found none"),
        ("transport = \"https\"", "transport = \"tcp\"", "transport: expected https for cap, found Tcp"),
        (
            "transport = \"https\"",
            "transport = \"http\"",
            "transport: expected https but on loopback, found http to 192.0.2.200:8443",
        ),
        ("key = \"keys/amberd.key.pem\"", "", "key: expected a PEM file, for https, found none"),
        (
            "path = \"/cap\"",
            "path = \"cap\"",
            "path: expected one that begins with /, without blanks, found \"cap\"",
        ),
        (
            "name = \"mts-cbc-1\"",
            "name = \"mts-cbc-1\"\nrole = \"listen\"",
            "role: expected \"dial\" for cap",
        ),
    ] {
        let folder = copy();
        take_examples(&folder, MTS);
        edit(&folder, MTS, from, to);
        let told = told(&folder);
        assert!(told.starts_with(&format!("{MTS}: peer \"mts-cbc-1\": {expected}")), "{told}");
    }
}

#[test]
fn a_controller_is_reached_by_cap_or_directly_and_not_by_both() {
    let mix = |controllers: &str| {
        let folder = copy();
        take_examples(&folder, MTS);
        let cap = "[\"mts-amf-set-1\", \"mts-amf-set-2\"]";
        edit(&folder, MTS, cap, controllers);
        told(&folder)
    };
    let both = mix("[\"mts-amf-set-1\", \"mts-bsc-02\"]");
    let expected = "peer \"mts-cbc-1\": controllers: expected controllers that are reached by cap alone, found \
                    \"mts-bsc-02\", which peer \"mts-bsc-02\" reaches directly";
    assert!(both.starts_with(&format!("{MTS}: {expected}")), "{both}");
    // Of one operator some technologies may be reached by CAP and others directly: what is told is another fault.
    let apart = mix("[\"mts-amf-set-1\"]");
    assert!(apart.contains("protocol: expected cap.sender"), "{apart}");
}

#[test]
fn what_could_not_work_is_told_with_what_was_expected() {
    for (file, from, to, expected) in [
        (
            MTS,
            "[\"192.0.2.100:48049\"]",
            "[]",
            "peer \"mts-bsc-01\": addresses: expected at least one \"address:port\", found none",
        ),
        (
            MTS,
            "listen = \"203.0.113.5:48049\"",
            "",
            "peer \"mts-bsc-02\": listen: expected the address we listen on, since role is \"listen\", found none",
        ),
        (
            MTS,
            "transport = \"tcp\"\naddresses = [\"192.0.2.100:48049\"]",
            "transport = \"sctp\"\naddresses = [\"192.0.2.100:48049\"]",
            "peer \"mts-bsc-01\": transport: expected tcp for cbsp, found",
        ),
        (
            MTS,
            "role = \"listen\"\n",
            "",
            "peer \"mts-bsc-02\": listen: expected role \"listen\" with it, or protocol \"sabp\", found role \"dial\"",
        ),
        (
            MTS,
            "transport = \"tcp\"\naddresses = [\"192.0.2.60:3452\"]",
            "transport = \"sctp\"\naddresses = [\"192.0.2.60:3452\"]",
            "peer \"mts-rnc-01\": transport: expected tcp for sabp, found",
        ),
        (
            A1,
            "transport = \"sctp\"",
            "transport = \"tcp\"",
            "peer \"a1-mme-1\": transport: expected sctp or sctp_over_udp for sbcap, found",
        ),
        (
            YETTEL,
            "name = \"yettel-bsc-01\"",
            "name = \"mts-bsc-01\"",
            "peer \"mts-bsc-01\": expected a name of its own, found another with it",
        ),
        (
            YETTEL,
            "[512, 1023]",
            "[512, 1024]",
            "message_codes: expected [first, last] within 0 to 1023, found [512, 1024]",
        ),
        (
            MAIN,
            "[\"amber-approvers\"]",
            "[]",
            "roles.approver: expected at least one user or group, found none",
        ),
        (
            MAIN,
            "mode = \"0660\"",
            "mode = \"rw\"",
            "admin.mode: expected octal permission bits such as \"0660\", found \"rw\"",
        ),
        (
            MAIN,
            "#sender = \"alerts",
            "sender = \"alerts",
            "cap: expected sender, key and certificate, or none of them, found some",
        ),
        (
            MAIN,
            "signature = \"optional\"",
            "signature = \"required\"",
            "cap: senders: expected certificates in trust where signature is \"required\", found none for those",
        ),
        (MAIN, "#listen = ", "listen = ", "feed.listen: expected cap.sender with it, found none"),
        (MAIN, "[\"policies/missing-child.toml\"]", "[]", "policies: expected at least one file, found none"),
    ] {
        let folder = copy();
        edit(&folder, file, from, to);
        let told = told(&folder);
        assert!(told.starts_with(&format!("{file}: {expected}")), "{told}");
    }
}

#[test]
fn one_person_alone_in_both_roles_is_refused() {
    let folder = copy();
    for role in ["author", "approver"] {
        edit(&folder, MAIN, &format!("[\"amber-{role}s\"]"), "[]");
        edit(&folder, MAIN, "users = []", "users = [\"jelena\"]");
    }
    let expected = "roles: expected two different people as author and approver, found only \"jelena\"";
    assert_eq!(told(&folder), format!("{MAIN}: {expected}"));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let folder = copy();
    edit(&folder, MAIN, A1, "operators/globaltel.toml");
    assert!(told(&folder).starts_with("operators/globaltel.toml: cannot be read: No such file"));
}

#[test]
fn asserted_identities_are_for_the_demo_alone() {
    let folder = copy();
    edit(&folder, MAIN, "state_dir =", "demonstration = true\nstate_dir =");
    assert!(told(&folder).contains("unknown field `demonstration`"));
    let outside = Config::read_demonstration(&folder.path().join(MAIN)).unwrap_err();
    assert!(outside.message.contains("expected an address on loopback"), "{outside}");
}

/// The folder of the annotated files.
fn annotated() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config")
}

/// A copy of them.
fn copy() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in [MAIN, MTS, YETTEL, A1, POLICY] {
        let copy = folder.path().join(file);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(annotated().join(file), copy).unwrap();
    }
    folder
}

/// Turns the examples of a file into keys.
fn take_examples(folder: &TempDir, file: &str) {
    let path = folder.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    let is_example = |line: &&str| line.starts_with('#') && !line.starts_with("# ") && *line != "#";
    let lines = text.lines().map(|line| if is_example(&line) { &line[1..] } else { line });
    fs::write(&path, lines.collect::<Vec<_>>().join("\n")).unwrap();
}

/// Replaces the first `from` in a file; the line where that is.
fn edit(folder: &TempDir, file: &str, from: &str, to: &str) -> usize {
    let path = folder.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    let (before, _) = text.split_once(from).unwrap_or_else(|| panic!("{file} has no {from}"));
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
    before.lines().count() + usize::from(before.ends_with('\n'))
}

fn table(folder: &TempDir, file: &str) -> Table {
    fs::read_to_string(folder.path().join(file)).unwrap().parse().unwrap()
}

fn read(folder: &TempDir) -> Result<Config, super::ConfigError> {
    Config::read(&folder.path().join(MAIN))
}

/// What is said about a wrong configuration, without the folder's own name.
fn told(folder: &TempDir) -> String {
    let told = read(folder).unwrap_err().to_string();
    told.replace(&format!("{}/", folder.path().display()), "")
}

/// The comment right above each key and section of a file, by the path of the key. Of peers, the first to have a key.
fn comments(file: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(annotated().join(file)).unwrap();
    let (mut section, mut comment) = (String::new(), String::new());
    let mut comments = BTreeMap::new();
    for line in text.lines() {
        // A key with # right before it is an example.
        let example = line.strip_prefix('#').filter(|key| !key.starts_with(' ') && key.contains(" = "));
        if let (None, Some(words)) = (example, line.strip_prefix('#')) {
            comment += words;
            comment.push('\n');
            continue;
        }
        let line = example.unwrap_or(line);
        let name = line.trim_matches(['[', ']']);
        let path = if line.starts_with('[') {
            section = format!("{name}.");
            Some(name.to_owned())
        } else {
            line.split_once(" = ").map(|(key, _)| format!("{section}{key}"))
        };
        let above = std::mem::take(&mut comment);
        if let Some(path) = path {
            comments.entry(path).or_insert(above);
        }
    }
    comments
}

/// The default that a comment names, in TOML or as "none".
fn default_in(comment: &str) -> Option<String> {
    let said = comment.lines().find_map(|line| line.strip_prefix(" Default: "))?;
    Some(if said.starts_with("none") { "none" } else { said.trim_end_matches('.') }.to_owned())
}

/// The keys that are expected in a section, as the message about an unknown one lists them.
fn keys_known_in(file: &str, section: &str) -> Vec<String> {
    let folder = copy();
    let mut table = table(&folder, file);
    let at = section.split('.').filter(|name| !name.is_empty()).fold(&mut table, |at, name| {
        let value = at.get_mut(name).unwrap();
        let value = if value.is_array() { &mut value[0] } else { value };
        value.as_table_mut().unwrap()
    });
    at.insert("unheard_of".into(), true.into());
    fs::write(folder.path().join(file), table.to_string()).unwrap();
    let told = told(&folder);
    let (_, expected) = told.split_once("unknown field `unheard_of`, expected ").unwrap();
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Takes a key out, of every peer where it is a peer's.
fn remove(table: &mut Table, path: &[&str]) {
    match path {
        [key] => drop(table.remove(*key)),
        [section, rest @ ..] => match table.get_mut(*section) {
            Some(Value::Array(peers)) => {
                peers.iter_mut().filter_map(Value::as_table_mut).for_each(|peer| remove(peer, rest));
            }
            Some(Value::Table(section)) => remove(section, rest),
            _ => {}
        },
        [] => {}
    }
}
