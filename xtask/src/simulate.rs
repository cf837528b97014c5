//! The simulator: its release binary, with what was given on the command line.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use crate::cargo::cargo;

/// Builds and runs it; its output and its exit status are ours.
pub(crate) fn run(root: &Path, arguments: &[OsString]) -> ExitCode {
    let status = cargo()
        .args(["run", "--release", "--quiet", "--package", "simulation", "--manifest-path"])
        .arg(root.join("Cargo.toml"))
        .arg("--")
        .args(arguments)
        .status();
    match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cargo cannot be run: {error}");
            ExitCode::FAILURE
        }
    }
}
