//! Steps, one line each with its time; the output of one that fails in full; one line in the end.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use crate::tally::Tally;

/// What a step says when it is done, in a few words; or all that people need to mend it.
pub(crate) type Outcome = Result<String, String>;

/// A run through all steps. A failed one does not stop the next: people want to see everything at once.
pub(crate) struct Steps {
    root: PathBuf,
    target: PathBuf,
    logs: PathBuf,
    started: Instant,
    failed: Vec<String>,
    tally: Tally,
}

impl Steps {
    /// Steps in the workspace at `root`; the output of each program is kept in `target/xtask`.
    pub(crate) fn new(root: &Path) -> Self {
        let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or("target".into());
        let target = root.join(target);
        Self {
            root: root.to_owned(),
            logs: target.join("xtask"),
            target,
            started: Instant::now(),
            failed: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// One step; whether it went well.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce() -> Outcome) -> bool {
        let started = Instant::now();
        print!("{name:<40} ");
        // A line that cannot be shown is no reason to stop.
        let _ = std::io::stdout().flush();
        let outcome = work();
        let seconds = started.elapsed().as_secs_f64();
        match outcome {
            Ok(note) => {
                println!("{}", format!("ok {seconds:>7.1} s  {note}").trim_end());
                true
            }
            Err(output) => {
                println!("FAILED {seconds:>3.1} s\n\n{}\n", output.trim_end());
                self.failed.push(name.to_owned());
                false
            }
        }
    }

    /// A step that is a program.
    pub(crate) fn program(&mut self, name: &str, command: &mut Command) -> bool {
        let (log, root) = (self.log(name), self.root.clone());
        self.step(name, || run(&log, command.current_dir(root)).map(|_| String::new()))
    }

    /// A step that is `cargo test`; what it counted is added up.
    pub(crate) fn tests(&mut self, name: &str, command: &mut Command) -> bool {
        let (log, root) = (self.log(name), self.root.clone());
        let mut tally = Tally::default();
        let well = self.step(name, || {
            let outcome = run(&log, command.current_dir(root));
            let (Ok(output) | Err(output)) = &outcome;
            tally = Tally::of(output);
            outcome.map(|_| tally.to_string())
        });
        self.tally.add(tally);
        well
    }

    /// Where cargo builds.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Where the output of programs is kept.
    pub(crate) fn logs(&self) -> &Path {
        &self.logs
    }

    /// The end: what failed and what was not run, then the closing line.
    pub(crate) fn close(self) -> ExitCode {
        println!(
            "\nAll in {:.0} s; each program's output is in {}.",
            self.started.elapsed().as_secs_f64(),
            self.logs.display()
        );
        self.tally.not_run.iter().for_each(|why| println!("not run: {why}"));
        self.tally.failures.iter().for_each(|test| println!("failed test: {test}"));
        self.failed.iter().for_each(|step| println!("failed step: {step}"));
        println!("{}", self.tally);
        if self.failed.is_empty() && self.tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{}.log", name.replace([' ', '/', ','], "-")))
    }
}

/// Runs a program to its end; its output is `Err` when its exit status is not 0.
pub(crate) fn run(log: &Path, command: &mut Command) -> Outcome {
    let program = format!("{:?}", command.get_program());
    let unusable = |error: std::io::Error| format!("{program} cannot be run: {error}");
    if let Some(folder) = log.parent() {
        std::fs::create_dir_all(folder).map_err(unusable)?;
    }
    let file = File::create(log).map_err(unusable)?;
    let also = file.try_clone().map_err(unusable)?;
    let status = command
        .env("CARGO_TERM_COLOR", "never")
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(also)
        .status()
        .map_err(unusable)?;
    let output = std::fs::read(log).map_err(unusable)?;
    let output = String::from_utf8_lossy(&output).into_owned();
    if status.success() { Ok(output) } else { Err(format!("{output}\n{program}: {status}")) }
}
