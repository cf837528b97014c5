//! `cargo xtask test`.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::steps::{Outcome, Steps};
use crate::{cargo, counts, packages, tidy};

/// Runs every step.
pub(crate) fn run(root: &Path) -> ExitCode {
    let ci = ci();
    let mut steps = Steps::new(root);
    let logs = steps.logs().to_owned();
    steps.step("Debian packages", || packages::provide(&logs, ci));
    steps.step("shared data", || shared_data(root, ci));
    steps.step("tidiness", || tidy::check(root));
    steps.program("formatting", &mut cargo(&["fmt", "--all", "--check"]));
    steps.program(
        "clippy",
        &mut cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "--deny", "warnings"]),
    );
    steps.tests("tests of every crate", &mut cargo_test(&["--workspace", "--exclude", "tests"]));
    // The daemon as it is debugged: its own assertions and overflow checks watch it through the long tests.
    let built = steps.program(
        "binaries",
        &mut cargo(&["build", "--quiet", "--package", "amberd", "--package", "amberctl"]),
    );
    if built {
        let mut command = cargo_test(&["--package", "tests"]);
        command.env("AMBERD_BIN", steps.target().join("debug"));
        steps.tests("end-to-end, interop and scenario tests", &mut command);
    }
    let target = steps.target().to_owned();
    steps.step("instruction counts", || counts::check(root, &target, &logs, ci));
    steps.close()
}

/// Whether this is continuous integration, where nothing may be skipped.
fn ci() -> bool {
    std::env::var("CI").is_ok_and(|ci| ci == "true")
}

/// Continues after a failed test; shows what passing tests say, for the tally.
fn cargo_test(what: &[&str]) -> Command {
    cargo(&[&["test", "--no-fail-fast"], what, &["--", "--show-output"]].concat())
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = cargo::cargo();
    command.args(arguments);
    // A checkout that is built once has no use for what would make the next build quicker, and it is half of what lies in
    // `target`.
    if ci() {
        command.env("CARGO_INCREMENTAL", "0");
    }
    command
}

/// Material beside the checkout that tests read further cases from.
fn shared_data(root: &Path, ci: bool) -> Outcome {
    let folder = std::env::var_os("AMBERD_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let words = format!("{} is missing (AMBERD_SHARED names another place)", folder.display());
    match folder.join("vectors").is_dir() {
        true => Ok(format!("in {}", folder.display())),
        false if ci => Err(words),
        false => Ok(format!("{words}: the project's own fixtures alone are tested")),
    }
}
