//! The daemon that sends public warnings to every phone of an area, and its demonstration.

// The shell: it owns clocks, files, threads and signals, and passes the time on as an argument.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

mod backup;
mod clock;
mod config;
mod core;
mod country;
mod daemon;
mod demo;
mod documents;
mod exchange;
mod inventories;
mod links;
mod noticeboard;
mod recording;
mod replay;
mod storage;
mod works;

use std::path::PathBuf;
use std::process::ExitCode;

use admin::Identity;
use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::country::Country;

/// Public-warning dispatcher: takes alerts from the control room and brings them to every phone of an area.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Run the daemon until SIGTERM.
    Run {
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Check the configuration, the inventory and the areas, and say what they amount to.
    Check {
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Print the effective configuration, every default written out.
    Config {
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Copy the journal, also while the daemon works, and verify the copy.
    Backup {
        #[command(flatten)]
        file: ConfigFile,
        /// The folder for the journal; none may be there yet.
        #[arg(long, value_name = "FOLDER")]
        to: PathBuf,
        /// The folder for the keys, best on another medium: a copy of the journal with its keys can be read by whoever
        /// has it, and must forget a key that is erased.
        #[arg(long, value_name = "FOLDER")]
        keys_to: Option<PathBuf>,
    },
    /// Put a copy in the place of a journal that is gone; the daemon must not run.
    Restore {
        #[command(flatten)]
        file: ConfigFile,
        /// The folder of the journal's copy.
        #[arg(long, value_name = "FOLDER")]
        from: PathBuf,
        /// The folder of the keys' copy.
        #[arg(long, value_name = "FOLDER")]
        keys_from: Option<PathBuf>,
        /// An alert that was cancelled after the copy was made; may be given more than once. The next start takes it off.
        #[arg(long, value_name = "ALERT")]
        cancel: Vec<engine::AlertId>,
    },
    /// Verify every record of the journal, and what was written down of its state, also while the daemon works.
    Verify {
        #[command(flatten)]
        file: ConfigFile,
    },
    /// Erase for good what is personal in closed alerts; start the daemon again afterwards.
    Erase {
        #[command(flatten)]
        file: ConfigFile,
        /// The alerts.
        #[arg(value_name = "ALERT", required = true)]
        alerts: Vec<engine::AlertId>,
    },
    /// Play a recording ([recorder] of the configuration) again, and say whether the same comes of it.
    Replay {
        #[command(flatten)]
        file: ConfigFile,
        /// The recording.
        recording: PathBuf,
    },
    /// Show one alert on its whole way through a simulated Serbia; needs no configuration, network or privilege.
    Demo(demo::Arguments),
    /// One operator's simulated network, told what to be on standard input.
    #[command(hide = true)]
    SimulatedOperator,
    /// The demo's daemon: officers assert who they are, and every peer is on loopback.
    #[command(hide = true)]
    DemoDaemon {
        #[command(flatten)]
        file: ConfigFile,
    },
}

#[derive(clap::Args)]
struct ConfigFile {
    /// The main file of the configuration.
    #[arg(long = "config", value_name = "FILE", default_value = "/etc/amberd/amberd.toml")]
    path: PathBuf,
}

/// Exit status: 0 done, 1 it failed, 2 a wrong command line or configuration.
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match &arguments.verb {
        Verb::Run { file } => {
            log();
            Config::read(&file.path)
                .map_err(Failure::config)
                .and_then(|config| daemon::run(&config, Identity::Peer).map_err(Failure::daemon))
        }
        Verb::Check { file } => check(&file.path).map_err(Failure::config),
        Verb::Config { file } => {
            let effective = Config::read(&file.path).and_then(|config| config.effective());
            effective.map(|text| print!("{text}")).map_err(Failure::config)
        }
        Verb::Backup { file, to, keys_to } => {
            with(file, |config| backup::backup(config, to, keys_to.as_deref()))
        }
        Verb::Restore { file, from, keys_from, cancel } => {
            with(file, |config| backup::restore(config, from, keys_from.as_deref(), cancel))
        }
        Verb::Verify { file } => with(file, backup::verify),
        Verb::Erase { file, alerts } => with(file, |config| backup::erase(config, alerts)),
        Verb::Replay { file, recording } => replay(file, recording),
        Verb::Demo(arguments) => match demo::run(arguments) {
            Ok(true) => Ok(()),
            Ok(false) => return ExitCode::FAILURE,
            Err(error) => Err(Failure { message: error.to_string(), status: 1 }),
        },
        Verb::SimulatedOperator => {
            opsim::shell::run_from_stdin().map_err(|error| Failure { message: error.to_string(), status: 1 })
        }
        Verb::DemoDaemon { file } => {
            log();
            demo::daemon(&file.path).map_err(Failure::daemon)
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { message, status }) => {
            eprintln!("amberd: {message}");
            ExitCode::from(status)
        }
    }
}

/// Does something with the configuration that the daemon itself is not needed for.
fn with(
    file: &ConfigFile,
    work: impl FnOnce(&Config) -> Result<(), backup::BackupError>,
) -> Result<(), Failure> {
    work(&read(file)?).map_err(|error| {
        let status = if matches!(error, backup::BackupError::Config(_)) { 2 } else { 1 };
        Failure { message: error.to_string(), status }
    })
}

/// The demo's own configuration is as good where nobody acts as anybody.
fn read(file: &ConfigFile) -> Result<Config, Failure> {
    Config::read(&file.path)
        .or_else(|error| Config::read_demonstration(&file.path).map_err(|_| Failure::config(error)))
}

fn replay(file: &ConfigFile, recording: &std::path::Path) -> Result<(), Failure> {
    let played = replay::replay(&read(file)?, recording).map_err(|error| {
        let status = if matches!(error, replay::ReplayError::Config(_)) { 2 } else { 1 };
        Failure { message: format!("{}: {error}", recording.display()), status }
    })?;
    println!(
        "{} turns in {:.1} s of the recording: {} records, messages, notices and answers are what they were",
        played.turns,
        played.lasted_ms as f64 / 1_000.0,
        played.same
    );
    if played.is_torn {
        println!("note: the recording ends within a line");
    }
    Ok(())
}

struct Failure {
    message: String,
    status: u8,
}

impl Failure {
    fn config(error: config::ConfigError) -> Self {
        Self { message: error.to_string(), status: 2 }
    }

    fn daemon(error: daemon::DaemonError) -> Self {
        let status = if matches!(error, daemon::DaemonError::Config(_)) { 2 } else { 1 };
        Self { message: error.to_string(), status }
    }
}

fn check(path: &std::path::Path) -> Result<(), config::ConfigError> {
    let config = Config::read(path)?;
    let country = Country::read(&config)?;
    exchange::Exchange::open(&config, country.setup.atlas.clone())?;
    noticeboard::tls(&config.main.feed)?;
    links::check(&config)?;
    let inventory = &country.setup.inventory;
    for (operator, number) in inventory.operators().iter().zip(0..) {
        for rat in area::Rat::ALL {
            let cells = inventory.cells_of_rat(area::OperatorId(number), rat);
            let controllers = inventory.controllers().iter().zip(&country.setup.traits);
            let served: u32 = controllers
                .filter(|(controller, traits)| cells.contains(&controller.cells.start) && traits.is_some())
                .map(|(controller, _)| controller.cells.end - controller.cells.start)
                .sum();
            let all = cells.end - cells.start;
            println!("{:<10} {:<5} {all:>8} cells, {served:>8} with a peer", operator.name, rat.to_string());
        }
    }
    println!(
        "{} areas, {} peers, {} policies",
        country.setup.atlas.areas().len(),
        country.peers.len(),
        config.profile.len()
    );
    for (name, role) in config.main.roles.unknown() {
        println!("warning: roles.{role} names {name}, which this machine does not know");
    }
    if !link::kernel_sctp_available() {
        println!("note: this kernel has no SCTP; a peer needs transport = \"sctp_over_udp\" here");
    }
    println!("ok");
    Ok(())
}

/// Log lines for the journal: systemd stamps them, so they carry a level and no time; a terminal gets the time.
fn log() {
    use std::io::IsTerminal;
    let filter = tracing_subscriber::EnvFilter::try_from_env("AMBERD_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,link=warn,dcsctp=warn"));
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    if std::io::stderr().is_terminal() {
        builder.init();
    } else {
        builder.without_time().with_ansi(false).init();
    }
}
