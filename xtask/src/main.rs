//! `cargo xtask`: the project's own commands. Continuous integration runs the same ones as people do.

// It runs programs and reads files, the clock and the environment.
#![allow(clippy::disallowed_methods)]

mod bench;
mod cargo;
mod counts;
mod crash;
mod fuzz;
mod packages;
mod simulate;
mod steps;
mod tally;
mod test;
mod tidy;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Measure the hot path, each figure against a yardstick of the same run, and write the figures as JSON.
    Bench(bench::Wish),
    /// Count the instructions of the inner loops with callgrind, and compare them with what is written down.
    Counts(counts::Wish),
    /// Kill the release daemon at random moments of busy days, fail its disk, stop its network, start it again, and compare
    /// what the control room is told with what the cells and phones did.
    Crash(crash::Wish),
    /// Play a country with faults, seed by seed, and check what must always hold: --seeds N, --first-seed M, --json FILE,
    /// --only EVENTS; a failure is shrunk, with the command that replays it.
    #[command(disable_help_flag = true)]
    Simulate {
        /// What the simulator is told; --help says more.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Check and test everything: formatting, clippy, tidiness, every test, and the release binaries end to end.
    ///
    /// Debian packages that tests need are installed where that is allowed (as root), else named. With CI=true in the
    /// environment a missing package or a missing folder of shared data fails the run.
    Test,
    /// Fuzz the decoders and sessions with libFuzzer (cargo-fuzz, a nightly toolchain); keep what it finds.
    Fuzz {
        /// Which target; each in turn when absent.
        target: Option<String>,
        /// How long each.
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    match Arguments::parse().verb {
        Verb::Bench(wish) => bench::run(root, &wish),
        Verb::Counts(wish) => {
            let steps = steps::Steps::new(root);
            counts::run_alone(root, steps.target(), steps.logs(), &wish)
        }
        Verb::Crash(wish) => crash::run(root, steps::Steps::new(root).target(), &wish),
        Verb::Simulate { arguments } => simulate::run(root, &arguments),
        Verb::Test => test::run(root),
        Verb::Fuzz { target, seconds } => fuzz::run(root, target.as_deref(), seconds),
    }
}
