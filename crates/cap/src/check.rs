//! The levels of checking, put together.

use crate::broadcast::broadcast;
use crate::cap_rs::profile;
use crate::document::{Document, Limits};
use crate::problem::{Code, FileVerdict, Level, Problem, Severity, Verdict};
use crate::rules::rules;
use crate::signature;

/// Checks a message up to a level, within [`Limits::DEFAULT`].
///
/// An unacceptable message is checked no further than the schema when that already refuses it: rules about a message that
/// could not be read would only be noise.
pub fn check(bytes: &[u8], level: Level) -> Verdict {
    check_within(bytes, level, Limits::DEFAULT)
}

/// Checks a message up to a level, within given limits.
pub fn check_within(bytes: &[u8], level: Level, limits: Limits) -> Verdict {
    let document = match Document::decode(bytes, limits) {
        Ok(document) => document,
        Err(problem) => return refused(vec![problem]),
    };
    let alert = match document.alert() {
        Ok(alert) => alert,
        Err(problems) => return refused(problems),
    };
    let mut problems = Vec::new();
    if level != Level::Schema {
        rules(&alert, limits, &mut problems);
    }
    match level {
        Level::Schema | Level::Rules => {}
        Level::Profile => profile(&alert, &mut problems),
        Level::Broadcast => broadcast(&alert, &mut problems),
    }
    accepted(problems, limits)
}

fn refused(problems: Vec<Problem>) -> Verdict {
    Verdict { schema_valid: false, acceptable: false, problems }
}

fn accepted(mut problems: Vec<Problem>, limits: Limits) -> Verdict {
    let acceptable = problems.iter().all(|problem| problem.severity != Severity::Error);
    if problems.len() > limits.problems {
        let found = format!("{} more", problems.len() - limits.problems);
        problems.truncate(limits.problems);
        problems.push(Problem::warning(
            Code::TooMany,
            "/",
            format!("at most {} problems", limits.problems),
            found,
        ));
    }
    Verdict { schema_valid: true, acceptable, problems }
}

/// One line of `amberctl cap check`: the check, and from [`Level::Rules`] on what [`signature::inspect`] says. Whom to trust
/// is another question: [`signature::verify`].
pub fn check_json<'a>(file: &'a str, bytes: &[u8], level: Level) -> FileVerdict<'a> {
    let mut verdict = check(bytes, level);
    if let (true, Ok(document)) =
        (verdict.schema_valid && level != Level::Schema, Document::decode(bytes, Limits::DEFAULT))
    {
        let problems = signature::inspect(&document);
        verdict.acceptable &= problems.iter().all(|problem| problem.severity != Severity::Error);
        verdict.problems.extend(problems);
    }
    verdict.about(file)
}
