//! The crash test: the release daemon with real files and real sockets, killed again and again, its disk failing and its
//! network stopped, and what it lost.

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::cargo::cargo;

/// What is wished for.
#[derive(clap::Args)]
pub(crate) struct Wish {
    /// How many rounds; each is a day of up to three alerts.
    #[arg(long, default_value_t = 20)]
    rounds: u64,
    /// What chance begins with: the same seed draws the same alerts, updates, cancels and moments of death. When the
    /// kernel runs the daemon is not drawn, so that a seed need not find twice what it found once.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Builds the release daemon and the program that kills it, and runs that; its output and exit status are ours.
pub(crate) fn run(root: &Path, target: &Path, wish: &Wish) -> ExitCode {
    let release = target.join("release");
    let mut build = cargo();
    build
        .args(["build", "--release", "--quiet", "--package", "amberd", "--package", "tests", "--bins"])
        .current_dir(root);
    let mut crash = Command::new(release.join("crash"));
    crash.args([wish.rounds.to_string(), wish.seed.to_string()]).env("AMBERD_BIN", &release);
    match succeeds(&mut build) && succeeds(&mut crash) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

fn succeeds(command: &mut Command) -> bool {
    match command.status() {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("{:?} cannot be run: {error}", command.get_program());
            false
        }
    }
}
