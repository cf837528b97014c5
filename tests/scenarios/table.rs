//! The table of the scenarios names tests that are there.

use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn every_scenario_has_its_tests() {
    let table = include_str!("README.md");
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| S")).collect();
    let numbers: Vec<String> = rows.iter().map(|row| row[2..5].to_owned()).collect();
    assert_eq!(numbers, (1..=84).map(|number| format!("S{number:02}")).collect::<Vec<_>>());
    let mut tests = BTreeSet::new();
    let workspace = tests::need::workspace();
    for folder in ["tests/scenarios", "tests/interop", "tests/end_to_end", "crates/link/tests"] {
        gather(&workspace.join(folder), &mut tests);
    }
    for row in rows {
        let named: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty() || row.contains("| none"), "{row}");
        named.iter().for_each(|test| assert!(tests.contains(*test), "no test {test}: {row}"));
    }
    let listed = |test: &&String| table.contains(&format!("`{test}`"));
    let is_scenario = |test: &&String| test.as_bytes()[0] == b's' && test.as_bytes()[1].is_ascii_digit();
    let forgotten: Vec<&String> = tests.iter().filter(is_scenario).filter(|test| !listed(test)).collect();
    assert!(forgotten.is_empty(), "not in the table: {forgotten:?}");
}

/// The names of all functions in the Rust files of a folder.
fn gather(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(path).unwrap();
            let named = text.split("fn ").skip(1).filter_map(|rest| rest.split(['(', '<']).next());
            names.extend(named.filter(|name| name.len() > 1).map(str::to_owned));
        }
    }
}
