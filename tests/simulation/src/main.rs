//! `simulation`: plays seeds, two at a time, and stops at the first that fails, with the smallest run that does.

// The shell around pure runs: it reads the clock, starts threads and writes a file.
#![allow(clippy::disallowed_methods, clippy::expect_used)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use clap::Parser;
use serde::Serialize;
use simulation::{Bug, Plan, Totals, Violation, run, shrink};

/// Play a country with faults, seed by seed, and check what must always hold.
#[derive(Parser)]
struct Arguments {
    /// How many seeds.
    #[arg(long, default_value_t = 200)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    first_seed: u64,
    /// Only these events of the plan, by number: to replay a shrunk run.
    #[arg(long, value_delimiter = ',')]
    only: Option<Vec<usize>>,
    /// Write the figures there, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Seeds played at once.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Go on after a failure and count them all; nothing is shrunk.
    #[arg(long)]
    keep_going: bool,
    /// Instead: make each mistake on purpose, and say after how many seeds it is found.
    #[arg(long)]
    planted: bool,
    /// Instead: in small worlds, die at every effect, and there with every octet of the journal that was not synced.
    #[arg(long)]
    deaths: bool,
}

/// What is written as JSON.
#[derive(Serialize)]
struct Figures {
    first_seed: u64,
    seconds: f64,
    seeds_per_second: f64,
    simulated_hours: f64,
    violations: Vec<(u64, String)>,
    #[serde(flatten)]
    totals: Totals,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.planted {
        return find_planted(&arguments);
    }
    if arguments.deaths {
        return die_everywhere(&arguments);
    }
    let started = Instant::now();
    let next = AtomicU64::new(arguments.first_seed);
    let end = arguments.first_seed + arguments.seeds;
    let found: Mutex<(Totals, Vec<(u64, Violation)>)> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..arguments.jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        return;
                    }
                    let outcome = run(&plan(&arguments, seed), None);
                    let mut found = found.lock().expect("no run panics while it holds the figures");
                    found.0.add(&outcome.totals);
                    if let Some(violation) = outcome.violation {
                        found.1.push((seed, violation));
                        if !arguments.keep_going {
                            next.store(end, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    let (totals, mut violations) = found.into_inner().expect("no run panicked");
    violations.sort_by_key(|(seed, _)| *seed);
    let seconds = started.elapsed().as_secs_f64();
    for (seed, violation) in &violations {
        println!(
            "seed {seed}: invariant {} violated at {:.3} s: {}",
            violation.invariant,
            violation.at_ms as f64 / 1_000.0,
            violation.words
        );
    }
    if let Some((seed, violation)) = violations.first().filter(|_| !arguments.keep_going) {
        explain(&plan(&arguments, *seed), violation, arguments.only.as_deref());
    }
    let figures = Figures {
        first_seed: arguments.first_seed,
        seconds,
        seeds_per_second: totals.seeds as f64 / seconds,
        simulated_hours: totals.simulated_ms as f64 / 3_600_000.0,
        violations: violations.iter().map(|(seed, violation)| (*seed, violation.words.clone())).collect(),
        totals,
    };
    println!(
        "{} seeds in {seconds:.1} s ({:.0} a second): {:.0} simulated hours, {} alerts, {} deaths, {} violations",
        figures.totals.seeds,
        figures.seeds_per_second,
        figures.simulated_hours,
        figures.totals.alerts,
        figures.totals.deaths,
        violations.len()
    );
    if let Some(path) = &arguments.json {
        let text = serde_json::to_string_pretty(&figures).expect("figures are plain");
        if let Err(error) = std::fs::write(path, text + "\n") {
            eprintln!("{}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    }
    if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn plan(arguments: &Arguments, seed: u64) -> Plan {
    let plan = Plan::of(seed);
    arguments.only.as_ref().map_or_else(|| plan.clone(), |only| plan.only(only))
}

/// Makes each mistake on purpose until it is found.
fn find_planted(arguments: &Arguments) -> ExitCode {
    let mut missed = 0;
    for bug in Bug::ALL {
        let mut seeds = arguments.first_seed..arguments.first_seed + arguments.seeds;
        let found = seeds.find_map(|seed| Some((seed, run(&Plan::of(seed), Some(bug)).violation?)));
        match found {
            Some((seed, Violation { invariant, words, .. })) => {
                let after = seed - arguments.first_seed + 1;
                println!("{bug:?}: found after {after} seeds, invariant {invariant}: {words}");
            }
            None => {
                println!("{bug:?}: not found");
                missed += 1;
            }
        }
    }
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Dies at every effect of small worlds, and leaves there any number of octets that were not synced.
fn die_everywhere(arguments: &Arguments) -> ExitCode {
    let (mut deaths, mut cuts) = (0, 0);
    for seed in arguments.first_seed..arguments.first_seed + arguments.seeds {
        for death in 1..=run(&Plan::tiny(seed, Vec::new()), None).effects {
            deaths += 1;
            let unsynced = run(&Plan::tiny(seed, vec![death]), None).octets_unsynced;
            for octets in 0..=unsynced {
                cuts += 1;
                let plan = Plan { octets_kept: Some(octets), ..Plan::tiny(seed, vec![death]) };
                if let Some(Violation { invariant, words, .. }) = run(&plan, None).violation {
                    println!(
                        "world {seed}, death at effect {death}, {octets} octets left: invariant {invariant}: {words}"
                    );
                    return ExitCode::FAILURE;
                }
            }
        }
    }
    println!("{} small worlds, {deaths} deaths, {cuts} cuts of the journal, 0 violations", arguments.seeds);
    ExitCode::SUCCESS
}

/// Shrinks a failing run and says how to play it again.
fn explain(plan: &Plan, violation: &Violation, only: Option<&[usize]>) {
    let kept = shrink(plan, None, violation.invariant, 300);
    let smallest = plan.only(&kept);
    println!("the smallest run that fails so, {} of {} events:", kept.len(), plan.events.len());
    smallest
        .events
        .iter()
        .for_each(|event| println!("  {:>9.3} s {:?}", event.at_ms as f64 / 1_000.0, event.what));
    if let Some(violation) = run(&smallest, None).violation {
        println!("  then at {:.3} s: {}", violation.at_ms as f64 / 1_000.0, violation.words);
    }
    let original: Vec<String> =
        kept.iter().map(|at| only.map_or(*at, |only| only[*at]).to_string()).collect();
    println!(
        "replay: cargo xtask simulate --seeds 1 --first-seed {} --only {}",
        plan.seed,
        original.join(",")
    );
}
