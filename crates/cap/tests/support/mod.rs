//! What the oracle tests share: the folder of real messages, and the programs that judge beside us.
#![allow(dead_code, reason = "each test file uses some of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The shared material: `$AMBERD_SHARED`, else `shared` beside the workspace. `None` where it is missing, except in CI,
/// where that is a failure.
pub(crate) fn shared_cap() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("AMBERD_SHARED").map_or(beside, PathBuf::from).join("cap");
    present(folder.join("MANIFEST.csv").exists(), "the shared CAP files").then_some(folder)
}

/// Whether a program can be run. Missing in CI is a failure.
pub(crate) fn has_program(name: &str) -> bool {
    present(Command::new(name).arg("--version").output().is_ok(), name)
}

fn present(there: bool, what: &str) -> bool {
    if !there {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{what} must be present in CI");
        println!("NOT RUN: {what} not present");
    }
    there
}

/// The messages of one subfolder, by name.
pub(crate) fn messages(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect()
}

/// A folder of its own for one test, emptied at the start.
pub(crate) fn scratch(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// What libxml2 says of many messages in a few calls: true where the XSD accepts.
pub(crate) fn xmllint(xsd: &Path, scratch: &Path, messages: &[Vec<u8>]) -> Vec<bool> {
    let mut valid = HashSet::new();
    let paths: Vec<_> = (0..messages.len()).map(|index| scratch.join(format!("{index}.xml"))).collect();
    for (path, message) in paths.iter().zip(messages) {
        std::fs::write(path, message).unwrap();
    }
    for batch in paths.chunks(200) {
        let output = Command::new("xmllint")
            .args(["--noout", "--nonet", "--schema"])
            .arg(xsd)
            .args(batch)
            .output()
            .unwrap();
        let report = String::from_utf8_lossy(&output.stderr).into_owned();
        valid.extend(report.lines().filter_map(|line| line.strip_suffix(" validates")).map(PathBuf::from));
    }
    paths.iter().map(|path| valid.contains(path)).collect()
}
