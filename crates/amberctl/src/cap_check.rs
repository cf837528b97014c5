//! `amberctl cap check`.

use std::io::{Read, Write};
use std::path::Path;

use crate::arguments::CheckArgs;
use crate::failure::Failure;
use crate::lines;

/// Checks files: a verdict a line in JSON, else a line for each file and one for each problem in it.
pub(crate) fn check_files(check: &CheckArgs, as_json: bool, out: &mut impl Write) -> Result<(), Failure> {
    let mut acceptable = true;
    for file in &check.files {
        let octets = read(file)?;
        let name = file.display().to_string();
        let verdict = cap::check_json(&name, &octets, check.level);
        acceptable &= verdict.verdict.acceptable;
        if as_json {
            serde_json::to_writer(&mut *out, &verdict).map_err(std::io::Error::from)?;
            writeln!(out)?;
            continue;
        }
        writeln!(
            out,
            "{name}: {}",
            if verdict.verdict.acceptable { "acceptable" } else { "not acceptable" }
        )?;
        for problem in &verdict.verdict.problems {
            let severity = match problem.severity {
                cap::ProblemSeverity::Error => "error",
                cap::ProblemSeverity::Warning => "warning",
            };
            let line = problem.line.map(|line| format!(" line {line}:")).unwrap_or_default();
            writeln!(out, "  {severity}:{line} {problem}")?;
        }
    }
    if acceptable { Ok(()) } else { Err(Failure::Told) }
}

/// One octet more than is read is enough for the check to refuse it.
fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let most = cap::Limits::DEFAULT.message_bytes as u64 + 1;
    let mut octets = Vec::new();
    let read = lines::open(Some(file))?.take(most).read_to_end(&mut octets);
    read.map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_cap_is_told_with_its_line_and_the_others_are_still_checked() {
        let files = [tempfile::NamedTempFile::new().unwrap(), tempfile::NamedTempFile::new().unwrap()];
        std::fs::write(&files[0], "<alert>\n</alrt>").unwrap();
        let files = files.iter().map(|file| file.path().to_owned()).collect::<Vec<_>>();
        let check = CheckArgs { level: cap::Level::Rules, files: files.clone() };
        let mut out = Vec::new();
        assert!(matches!(check_files(&check, false, &mut out), Err(Failure::Told)));
        let out = String::from_utf8(out).unwrap();
        assert!(out.contains(&format!("{}: not acceptable\n  error: line ", files[0].display())), "{out}");
        assert!(out.contains(&format!("{}: not acceptable\n", files[1].display())), "{out}");

        let mut out = Vec::new();
        assert!(check_files(&check, true, &mut out).is_err());
        let lines: Vec<serde_json::Value> =
            String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["acceptable"], false);
    }
}
