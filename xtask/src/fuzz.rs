//! `cargo xtask fuzz`.

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::cargo::cargo;

/// What a target may take: memory, one allocation, and seconds for one input.
const LIMITS: [&str; 3] = ["-rss_limit_mb=1024", "-malloc_limit_mb=256", "-timeout=10"];

/// Fuzzes one target, or each in turn, for so many seconds; keeps the shortest inputs that reached something new. Needs
/// cargo-fuzz and a nightly toolchain.
pub(crate) fn run(root: &Path, target: Option<&str>, seconds: u32) -> ExitCode {
    let outcome = match target {
        Some(target) => fuzz(root, target, seconds),
        None => targets(root).and_then(|all| all.iter().try_for_each(|target| fuzz(root, target, seconds))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn targets(root: &Path) -> Result<Vec<String>, String> {
    let output = bodies(root, &["list"]).output().map_err(|error| format!("cargo cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

fn fuzz(root: &Path, target: &str, seconds: u32) -> Result<(), String> {
    let (corpus, smallest) = (format!("fuzz/corpus/{target}"), format!("fuzz/corpus/{target}-smallest"));
    done(&mut bodies(root, &["unpack", target, &corpus]))?;
    let time = format!("-max_total_time={seconds}");
    let fuzzing = done(libfuzzer(root, target).arg(&corpus).arg("--").args(LIMITS).arg(&time));
    fuzzing.map_err(|why| format!("{why}\n{target}: the input is in fuzz/artifacts/{target}; add it to tests/fuzzing/corpus/{target}.hex"))?;
    std::fs::create_dir_all(root.join(&smallest)).map_err(|error| format!("{smallest}: {error}"))?;
    done(libfuzzer(root, target).args([&smallest, &corpus, "--", "-merge=1"]))?;
    done(&mut bodies(root, &["keep", target, &smallest]))
}

/// The program that knows the seeds.
fn bodies(root: &Path, arguments: &[&str]) -> Command {
    let mut command = cargo();
    command.args(["run", "--quiet", "--package", "fuzzing", "--"]).args(arguments).current_dir(root);
    command
}

fn libfuzzer(root: &Path, target: &str) -> Command {
    let mut command = cargo();
    // The caller's cargo has named its own toolchain in the environment.
    command.args(["+nightly", "fuzz", "run", target]).env_remove("RUSTUP_TOOLCHAIN").current_dir(root);
    command
}

fn done(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?}: {status}")),
        Err(error) => Err(format!("{command:?} cannot be run: {error}")),
    }
}
