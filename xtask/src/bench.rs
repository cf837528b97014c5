//! The figures of the hot path: the programs of `benches`, and what they measured in one file.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::cargo::cargo;

/// The programs, the quickest first. Each prints its figures, and each of them once more for us.
const PROGRAMS: &[&str] = &["encode", "target_lookup", "stalled_peer", "national", "ledger", "loopback"];
/// What a line for us begins with; then come the figure's name and its JSON object, as members of an object.
const MARK: &str = "FIGURE ";

/// What is asked of a run.
#[derive(Args)]
pub(crate) struct Wish {
    /// Take fewer rounds of the same work.
    #[arg(long)]
    quick: bool,
    /// Write the figures into this file.
    #[arg(long, value_name = "FILE")]
    json: PathBuf,
}

/// Runs every program and writes the file, unless one of them fails.
pub(crate) fn run(root: &Path, wish: &Wish) -> ExitCode {
    match measure(root, wish.quick).and_then(|figures| {
        std::fs::write(&wish.json, figures).map_err(|error| format!("{}: {error}", wish.json.display()))
    }) {
        Ok(()) => {
            println!("the figures are in {}", wish.json.display());
            ExitCode::SUCCESS
        }
        Err(words) => {
            eprintln!("{words}");
            ExitCode::FAILURE
        }
    }
}

/// The figures of all programs as one JSON object.
fn measure(root: &Path, quick: bool) -> Result<String, String> {
    let mut members = Vec::new();
    for program in PROGRAMS {
        let mut command = cargo();
        command.args(["bench", "--quiet", "--package", "benches", "--bench", program, "--"]);
        command.args(quick.then_some("--quick")).current_dir(root).stderr(std::process::Stdio::inherit());
        let output = command.output().map_err(|error| format!("cargo cannot be run: {error}"))?;
        let output_text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            return Err(format!("{output_text}\nthe benchmark {program}: {}", output.status));
        }
        for line in output_text.lines() {
            match line.strip_prefix(MARK) {
                Some(member) => members.push(member.to_owned()),
                None => println!("{line}"),
            }
        }
    }
    Ok(object(&members))
}

fn object(members: &[String]) -> String {
    let mut text = "{\n".to_owned();
    for (at, member) in members.iter().enumerate() {
        let comma = if at + 1 < members.len() { "," } else { "" };
        // Writing into a string does not fail.
        let _ = writeln!(text, "  {member}{comma}");
    }
    text + "}\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_make_an_object() {
        assert_eq!(object(&["\"a\": {}".into(), "\"b\": {}".into()]), "{\n  \"a\": {},\n  \"b\": {}\n}\n");
        assert_eq!(object(&[]), "{\n}\n");
    }
}
