//! The simulator: its release binary, with what was given on the command line.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, ExitCode};

/// Builds and runs it; its output and its exit status are ours.
pub(crate) fn run(root: &Path, arguments: &[OsString]) -> ExitCode {
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let status = Command::new(cargo)
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
