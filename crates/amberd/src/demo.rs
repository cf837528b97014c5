//! `amberd demo`: one missing-child alert on its whole way, from draft to phones and back off the air.
//!
//! Real processes and real sockets: this one is the control room with two officers; the daemon and three simulated
//! operators run beside it, each the same executable again. Nothing here knows what the daemon thinks: it asks the
//! admin socket like anybody else, asks the operators what their cells and phones did, and compares.

mod cap;
mod figures;
mod stage;
mod story;
mod table;

use std::path::PathBuf;

use admin::Identity;

use crate::config::Config;
use crate::daemon::{self, DaemonError};
use stage::Stage;

/// How the demo is run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// One MME falls silent for a while and one BSC refuses some of its cells.
    #[arg(long)]
    faults: bool,
    /// Kill the daemon (SIGKILL) between the approval and the last confirmation, and start it again.
    #[arg(long)]
    crash: bool,
    /// Leave everything running in the end, for you to play with.
    #[arg(long)]
    keep: bool,
    /// Write the figures to FILE as JSON.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// The cells of the country: 1k, 60k, 1m or any number.
    #[arg(long, default_value = "60k", value_name = "COUNT")]
    cells: String,
    /// The seed of the country and its phones.
    #[arg(long, default_value_t = 220)]
    seed: u64,
}

/// Why the demo could not be shown to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    /// The admin socket said no.
    #[error("the admin socket: {0}")]
    Admin(#[from] admin::Error),
    /// The inventory or the areas.
    #[error("{0}")]
    Area(#[from] area::Error),
    /// Files, processes or the runtime.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// JSON that a process or this one wrote.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// A process ended, or said something else than expected.
    #[error("{process}: expected {expected}, found {found}")]
    Process {
        /// Which.
        process: String,
        /// What it should have said.
        expected: String,
        /// What it said.
        found: String,
    },
    /// Something did not happen in time.
    #[error("{what} took longer than {limit_s} s: {found}")]
    Slow {
        /// What.
        what: &'static str,
        /// The limit, in seconds.
        limit_s: u64,
        /// How far it came.
        found: String,
    },
}

/// Shows it; whether every number adds up.
pub(crate) fn run(arguments: &Arguments) -> Result<bool, DemoError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut stage = Stage::set(arguments)?;
    let figures = runtime.block_on(story::tell(&mut stage, arguments))?;
    table::print(&figures);
    if let Some(path) = &arguments.report {
        std::fs::write(path, serde_json::to_string_pretty(&figures)? + "\n")?;
        println!("The figures are in {}.", path.display());
    }
    let faults = figures.faults();
    let done = faults.is_empty();
    if done {
        println!(
            "\nEvery number adds up: each cell in the area confirmed, each phone there rang once a version, no other rang."
        );
    } else {
        println!("\nNot every number adds up:");
        faults.iter().for_each(|fault| println!("  - {fault}"));
    }
    if arguments.keep {
        runtime.block_on(stage.keep());
    }
    stage.strike();
    Ok(done)
}

/// The demo's daemon: officers may assert who they are; every peer is on loopback.
pub(crate) fn daemon(path: &std::path::Path) -> Result<(), DaemonError> {
    daemon::run(&Config::read_demonstration(path)?, Identity::AssertedForDemo)
}
