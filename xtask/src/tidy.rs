//! What keeps the tree tidy that neither rustfmt nor clippy can see.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::steps::Outcome;

/// Which crates of this workspace a crate may know. A protocol knows no engine, the engine no protocol; the shells
/// `amberd` and `amberctl` may know all.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("admin", &["area", "engine", "policy"]),
    ("aper", &[]),
    ("area", &["cbs"]),
    ("cap", &[]),
    ("capture", &[]),
    ("cbe", &["cap"]),
    ("cbs", &[]),
    ("cbsp", &["cbs"]),
    ("dispatch", &["area", "cbe", "cbs", "cbsp", "engine", "ngap", "sabp", "sbcap"]),
    ("engine", &["area", "cbs", "policy"]),
    ("feed", &["area", "policy"]),
    ("journal", &[]),
    ("link", &[]),
    ("ngap", &["aper", "cbs"]),
    ("opsim", &["area", "cap", "cbe", "cbs", "cbsp", "link", "ngap", "sabp", "sbcap"]),
    ("policy", &["area", "cap", "cbs"]),
    ("sabp", &["aper", "cbs"]),
    ("sbcap", &["aper", "cbs"]),
];

/// Crates without clock, socket, file and thread. Clippy holds them to it; here, that they do not tell clippy otherwise.
const PURE: &[&str] = &[
    "aper", "area", "cap", "capture", "cbe", "cbs", "cbsp", "dispatch", "engine", "ngap", "policy", "sabp",
    "sbcap",
];

/// Paths that exist on one machine only. Written apart, so that this file is as tidy as the others.
const PLACES: &[&str] =
    &[concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/Us", "ers/"), concat!("/wo", "rk/")];

/// The longest Rust file that needs no word about it, in lines.
const LINES_MAX: usize = 600;

/// The two commands that the README must name: how to see it, and how to test it.
const COMMANDS: &[&str] = &["cargo run --release -- demo", "cargo xtask test"];

/// Checks the whole tree.
pub(crate) fn check(root: &Path) -> Outcome {
    let files = files(root)?;
    let mut faults = Vec::new();
    let mut long = Vec::new();
    for path in &files {
        // What is no text is nobody's to read.
        let Ok(text) = std::fs::read_to_string(root.join(path)) else { continue };
        let shown = path.display();
        faults.extend(places(&text).map(|(line, place)| {
            format!("{shown}:{line}: expected no path of one machine, found one under {place}")
        }));
        if path.extension().is_some_and(|extension| extension == "rs") {
            let lines = text.lines().count();
            if lines > LINES_MAX {
                long.push(format!("{shown} has {lines} lines"));
            }
            if !text.trim_start().starts_with("//!") && !is_part_of_a_test(path) {
                faults.push(format!("{shown}:1: expected a module doc (//!)"));
            }
        }
        if let ["crates", name, rest @ ..] = components(path).as_slice() {
            match rest {
                ["Cargo.toml"] => faults.extend(manifest_faults(name, &text)),
                ["src", ..] if PURE.contains(name) && !is_part_of_a_test(path) => {
                    faults.extend(impurities(&text).map(|line| {
                        format!("{shown}:{line}: expected a pure crate to lift clippy's ban for tests only")
                    }))
                }
                _ => {}
            }
        }
    }
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap_or_default();
    let unnamed = COMMANDS.iter().filter(|command| !readme.contains(**command));
    faults.extend(unnamed.map(|command| format!("README.md: expected the command {command:?}")));
    let note = if long.is_empty() {
        format!("{} files", files.len())
    } else {
        format!("{} files; above {LINES_MAX} lines: {}", files.len(), long.join(", "))
    };
    if faults.is_empty() { Ok(note) } else { Err(faults.join("\n")) }
}

/// Every file that is, or is about to be, under version control; relative to the root.
fn files(root: &Path) -> Result<Vec<PathBuf>, String> {
    let git = Command::new("git")
        // A checkout that belongs to somebody else is read all the same: nothing of it is run.
        .args(["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .map_err(|error| format!("git cannot be run: {error}"))?;
    if !git.status.success() {
        return Err(format!("git ls-files: {}", String::from_utf8_lossy(&git.stderr).trim_end()));
    }
    let names = String::from_utf8_lossy(&git.stdout).into_owned();
    Ok(names.split_terminator('\0').map(PathBuf::from).collect())
}

/// The lines that name a path of one machine.
fn places(text: &str) -> impl Iterator<Item = (usize, &'static str)> {
    let found = |line: &str| PLACES.iter().copied().find(|place| line.contains(place));
    text.lines().zip(1..).filter_map(move |(line, number)| Some((number, found(line)?)))
}

/// The lines where clippy's lists of what a pure crate must not use are lifted for more than tests.
fn impurities(text: &str) -> impl Iterator<Item = usize> {
    let tests = text.lines().position(|line| line.starts_with("#[cfg(test)]")).unwrap_or(usize::MAX);
    let lifted = move |(line, at): &(&str, usize)| line.contains("clippy::disallowed_") && *at < tests;
    text.lines().zip(0..).filter(lifted).map(|(_, at)| at + 1)
}

fn manifest_faults(name: &str, manifest: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if !manifest.contains("[lints]\nworkspace = true") {
        faults.push(format!("crates/{name}/Cargo.toml: expected the lints of the workspace"));
    }
    let Some((_, may_know)) = MAY_KNOW.iter().find(|(room, _)| *room == name) else { return faults };
    let rooms: Vec<&str> = MAY_KNOW.iter().map(|(room, _)| *room).chain(["amberd", "amberctl"]).collect();
    let lines = manifest.lines().skip_while(|line| line.trim() != "[dependencies]").skip(1);
    let dependencies =
        lines.take_while(|line| !line.starts_with('[')).filter_map(|line| line.split(['.', ' ', '=']).next());
    let unknown = dependencies.filter(|other| rooms.contains(other) && !may_know.contains(other));
    faults.extend(unknown.map(|other| format!("crates/{name}/Cargo.toml: {name} must not know {other}")));
    faults
}

/// A module of tests alone; only the `main.rs` of a test crate owes a doc.
fn is_part_of_a_test(path: &Path) -> bool {
    let parts = components(path);
    match parts.split_last() {
        Some((&"main.rs", _)) | None => false,
        Some((name, folders)) => *name == "tests.rs" || folders.contains(&"tests"),
    }
}

fn components(path: &Path) -> Vec<&str> {
    path.iter().filter_map(|part| part.to_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_one_machine_is_found_with_its_line() {
        let text = format!("a\nb = \"{}me\"\n", PLACES[0]);
        assert_eq!(places(&text).collect::<Vec<_>>(), [(2, PLACES[0])]);
        assert_eq!(places("/usr/bin/amberd").count(), 0);
    }

    #[test]
    fn a_ban_may_be_lifted_for_tests_alone() {
        let allow = "#![allow(clippy::disallowed_methods)]";
        assert_eq!(impurities(&format!("//! Doc.\n{allow}\n")).collect::<Vec<_>>(), [2]);
        assert_eq!(impurities(&format!("//! Doc.\n#[cfg(test)]\n{allow}\n")).count(), 0);
    }

    #[test]
    fn a_protocol_that_knows_the_engine_is_found() {
        let manifest =
            "[lints]\nworkspace = true\n\n[dependencies]\ncbs.workspace = true\nengine.workspace = true\n";
        assert_eq!(manifest_faults("cbsp", manifest), ["crates/cbsp/Cargo.toml: cbsp must not know engine"]);
        assert!(manifest_faults("dispatch", manifest).is_empty());
        assert_eq!(manifest_faults("amberd", "").len(), 1);
    }

    #[test]
    fn every_row_knows_only_rows() {
        let rooms: Vec<&str> = MAY_KNOW.iter().map(|(room, _)| *room).collect();
        assert!(MAY_KNOW.iter().flat_map(|(_, others)| *others).all(|other| rooms.contains(other)));
        assert!(PURE.iter().all(|room| rooms.contains(room)));
    }
}
