//! `cargo xtask counts`: how many instructions the inner loops take, by callgrind. Times are noisy; these hardly are.
//!
//! Only the program's own instructions are counted and not those of the C library, whose copies are as many as the
//! processor's widest registers make them.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::Args;

use crate::cargo::cargo;
use crate::steps::{Outcome, run};

/// The loops: an argument of the program `counts`, and the function that is counted.
const LOOPS: &[(&str, &str)] = &[("encode", "encode_counted"), ("limit", "limit_counted")];
/// Where the counts are written down: a loop and its count in each line.
const FILE: &str = "benches/counts.txt";
/// How many percent more are a regression.
const TOLERANCE_PERCENT: u64 = 5;

/// What is asked of a run.
#[derive(Args)]
pub(crate) struct Wish {
    /// Write the counts down instead of comparing them.
    #[arg(long)]
    update: bool,
}

/// Counts, and compares with what is written down or writes it down.
pub(crate) fn run_alone(root: &Path, target: &Path, logs: &Path, wish: &Wish) -> ExitCode {
    let outcome = if wish.update {
        measure(root, target, logs).and_then(|counts| {
            let lines: String = counts.iter().map(|(name, count)| format!("{name} {count}\n")).collect();
            std::fs::write(root.join(FILE), &lines).map_err(|error| format!("{FILE}: {error}"))?;
            Ok(lines)
        })
    } else {
        check(root, target, logs, true)
    };
    match outcome {
        Ok(words) => {
            println!("{}", words.trim_end());
            ExitCode::SUCCESS
        }
        Err(words) => {
            eprintln!("{}", words.trim_end());
            ExitCode::FAILURE
        }
    }
}

/// Counts and compares. Where valgrind is missing that is said, and an error if it `must` be there.
pub(crate) fn check(root: &Path, target: &Path, logs: &Path, must: bool) -> Outcome {
    if Command::new("valgrind").arg("--version").output().is_err() {
        let words = "valgrind is missing: instructions are not counted".to_owned();
        return if must { Err(words) } else { Ok(words) };
    }
    let text = std::fs::read_to_string(root.join(FILE)).map_err(|error| format!("{FILE}: {error}"))?;
    compare(&text, &measure(root, target, logs)?)
}

fn measure(root: &Path, target: &Path, logs: &Path) -> Result<Vec<(&'static str, u64)>, String> {
    let mut build = cargo();
    build
        .args(["build", "--quiet", "--release", "--package", "benches", "--bin", "counts"])
        .current_dir(root);
    run(&logs.join("counts-build.log"), &mut build)?;
    LOOPS.iter().map(|(name, function)| Ok((*name, count(target, logs, name, function)?))).collect()
}

fn count(target: &Path, logs: &Path, name: &str, function: &str) -> Result<u64, String> {
    let program = target.join("release/counts");
    let profile: PathBuf = logs.join(format!("callgrind.{name}"));
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--compress-strings=no", "--compress-pos=no"]);
    valgrind.arg(format!("--toggle-collect=*{function}*"));
    valgrind.arg(format!("--callgrind-out-file={}", profile.display()));
    run(&logs.join(format!("counts-{name}.log")), valgrind.arg(&program).arg(name))?;
    let text = std::fs::read(&profile).map_err(|error| format!("{}: {error}", profile.display()))?;
    match own_instructions(&String::from_utf8_lossy(&text), "/counts") {
        0 => Err(format!("{name}: callgrind counted nothing in *{function}*")),
        count => Ok(count),
    }
}

/// The instructions that a profile has of the object whose path ends like this.
///
/// ```text
/// ob=/path/of/the/object        what follows lies in it
/// fn=name
/// 12 345                        line, instructions
/// calls=1 7                     the line after it has those of the called function, which are counted there
/// 13 999
/// ```
fn own_instructions(profile: &str, object: &str) -> u64 {
    let mut is_own = false;
    let mut is_call = false;
    let mut sum = 0;
    for line in profile.lines() {
        if let Some(path) = line.strip_prefix("ob=") {
            is_own = path.ends_with(object);
        } else if line.starts_with("calls=") {
            is_call = true;
        } else if line.starts_with(|first: char| first.is_ascii_digit()) {
            let count = line.split(' ').nth(1).and_then(|count| count.parse::<u64>().ok());
            sum += count.filter(|_| is_own && !is_call).unwrap_or(0);
            is_call = false;
        }
    }
    sum
}

fn compare(text: &str, counts: &[(&str, u64)]) -> Outcome {
    let mut words = Vec::new();
    let mut is_worse = false;
    for (name, found) in counts {
        let known = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok());
        let known = known.ok_or_else(|| format!("{FILE}: no count of {name}"))?;
        is_worse |= found * 100 > known * (100 + TOLERANCE_PERCENT);
        let change = (*found as f64 / known as f64 - 1.0) * 100.0;
        words.push(format!("{name} {found} instructions, {change:+.1} %"));
    }
    let words = words.join("; ");
    if !is_worse {
        return Ok(words);
    }
    Err(format!(
        "more than {TOLERANCE_PERCENT} % above what {FILE} says: {words}\n\
         if that has to be: cargo xtask counts --update"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROFILE: &str = "\
events: Ir
ob=/target/release/counts
fl=src/lib.rs
fn=encode
12 300
cob=/lib/libc.so.6
cfn=memcpy
calls=20 0
13 5000
14 45
ob=/lib/libc.so.6
fn=memcpy
0 5000
";

    #[test]
    fn only_the_programs_own_instructions_are_counted_and_each_once() {
        assert_eq!(own_instructions(PROFILE, "/counts"), 345);
    }

    #[test]
    fn five_percent_more_is_a_regression() {
        assert!(compare("encode 100\n", &[("encode", 105)]).is_ok());
        assert!(compare("encode 100\n", &[("encode", 106)]).unwrap_err().contains("+6.0 %"));
        assert!(compare("encode 100\n", &[("encode", 50)]).unwrap().contains("-50.0 %"));
        assert!(compare("", &[("encode", 50)]).is_err());
    }
}
