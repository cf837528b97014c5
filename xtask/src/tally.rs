//! How many tests passed, as their harness says.

use std::fmt;

/// The results of some runs of `cargo test`.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Tally {
    passed: usize,
    pub(crate) failed: usize,
    /// The names of those that failed.
    pub(crate) failures: Vec<String>,
    /// Why some could not be run here, in their own words.
    pub(crate) not_run: Vec<String>,
}

impl Tally {
    /// Reads what `cargo test -- --show-output` printed.
    ///
    /// A test that cannot be run here passes, and prints a line that begins with `NOT RUN:`; it is counted as skipped.
    /// Ignored tests are not counted: each is run by another one, in a place of its own (a kernel with SCTP, a process).
    pub(crate) fn of(output: &str) -> Self {
        let mut tally = Self::default();
        for line in output.lines().map(str::trim) {
            if let Some(counts) = line.strip_prefix("test result: ") {
                tally.passed += count(counts, "passed");
                tally.failed += count(counts, "failed");
            } else if let Some(why) = line.strip_prefix("NOT RUN: ") {
                tally.not_run.push(why.to_owned());
            } else if let Some(test) =
                line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED"))
            {
                tally.failures.push(test.to_owned());
            }
        }
        tally.passed = tally.passed.saturating_sub(tally.not_run.len());
        tally
    }

    /// Adds another run.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.failures.extend(other.failures);
        self.not_run.extend(other.not_run);
    }
}

/// The number before a word: `3` of `ok. 3 passed; 0 failed`.
fn count(counts: &str, word: &str) -> usize {
    let words: Vec<&str> = counts.split([' ', ';', '.']).filter(|word| !word.is_empty()).collect();
    words.windows(2).find(|pair| pair[1] == word).and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.not_run.is_empty() { Ok(()) } else { write!(f, ", {} skipped", self.not_run.len()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "
test far ... ok
test near ... FAILED
test deep ... ignored, needs a kernel with SCTP
test result: FAILED. 3 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s
---- far stdout ----
NOT RUN: no osmo-bsc on this machine
test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

    #[test]
    fn results_are_summed_and_named() {
        let tally = Tally::of(OUTPUT);
        assert_eq!(tally.to_string(), "4 passed, 1 failed, 1 skipped");
        assert_eq!(tally.failures, ["near"]);
        assert_eq!(tally.not_run, ["no osmo-bsc on this machine"]);
    }

    #[test]
    fn runs_add_up() {
        let mut tally = Tally::default();
        assert_eq!(tally.to_string(), "0 passed, 0 failed");
        tally.add(Tally::of(OUTPUT));
        tally.add(Tally::of("test result: ok. 5 passed; 0 failed; 0 ignored"));
        assert_eq!(tally.to_string(), "9 passed, 1 failed, 1 skipped");
    }
}
