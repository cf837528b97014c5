//! Why a command has failed, and how that is told.

use std::io::{self, Write};

use serde_json::json;

use crate::tables::plain;

/// Why a command has failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The daemon has refused, or did not answer.
    #[error("{error}{}", repeat(error, key.as_deref()))]
    Daemon {
        /// What happened.
        error: admin::Error,
        /// The key under which a command can be repeated.
        key: Option<String>,
    },
    /// The content of a file, or what was asked of this program, is refused.
    #[error("{0}")]
    Refused(String),
    /// Something was refused that has already been told, line by line.
    #[error("some lines or files were refused")]
    Told,
    /// The result could not be written.
    #[error("output: {0}")]
    Output(#[from] io::Error),
    /// The command line, or a file that it names, is wrong. Nothing was sent.
    #[error("{0}")]
    Usage(String),
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    pub(crate) fn refused(error: impl std::fmt::Display) -> Self {
        Self::Refused(error.to_string())
    }

    /// The exit status.
    pub(crate) fn status(&self) -> u8 {
        match self {
            Self::Daemon { error: admin::Error::Problem(_) | admin::Error::NotUnderstood { .. }, .. }
            | Self::Refused(_)
            | Self::Told => 1,
            Self::Daemon { .. } => 3,
            // Whoever reads the output has had enough: nothing is wrong.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Self::Output(_) => 1,
            Self::Usage(_) => 2,
        }
    }

    /// Says what happened, in one message, or as a problem in JSON.
    pub(crate) fn tell(&self, as_json: bool, out: &mut impl Write) {
        if matches!(self, Self::Told) || self.status() == 0 {
            return;
        }
        // Nobody is left to hear that this could not be written.
        let _ = match self {
            Self::Daemon { error: admin::Error::Problem(problem), .. } if as_json => {
                writeln!(out, "{}", json!(problem))
            }
            _ if as_json => {
                let kind = format!("{}{}", admin::Problem::KIND_PREFIX, self.code());
                writeln!(
                    out,
                    "{}",
                    json!({"type": kind, "title": "the command has failed", "detail": self.to_string()})
                )
            }
            _ => writeln!(out, "amberctl: {}", plain(&self.to_string())),
        };
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Daemon { .. } => "unreachable",
            Self::Output(_) => "output",
            Self::Refused(_) | Self::Told => "refused",
            Self::Usage(_) => "usage",
        }
    }
}

/// A call may have been done although no answer came; the same key finds out without doing it twice.
fn repeat(error: &admin::Error, key: Option<&str>) -> String {
    match (error, key) {
        (admin::Error::Problem(problem), _) if problem.status < 500 => String::new(),
        (_, Some(key)) => format!("\nrepeat the same command with --key {key}"),
        (_, None) => String::new(),
    }
}

impl From<admin::Error> for Failure {
    fn from(error: admin::Error) -> Self {
        Self::Daemon { error, key: None }
    }
}

#[cfg(test)]
mod tests {
    use admin::{Error, Problem};

    use super::*;

    fn told(failure: &Failure, as_json: bool) -> String {
        let mut out = Vec::new();
        failure.tell(as_json, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_failure_has_its_status_and_its_words() {
        let key = || Some("k1".to_owned());
        let refused =
            Failure::Daemon { error: Error::Problem(Box::new(Problem::forbidden("no"))), key: key() };
        assert_eq!((refused.status(), told(&refused, false).as_str()), (1, "amberctl: no\n"));
        assert!(told(&refused, true).contains(r#""status":403"#));
        let silent = Failure::Daemon { error: Error::Silent { waited_s: 30 }, key: key() };
        assert_eq!(silent.status(), 3);
        assert!(told(&silent, false).ends_with("\nrepeat the same command with --key k1\n"));
        assert!(told(&silent, true).contains(r#"{"type":"urn:amberd:problem:unreachable""#));
        let usage = Failure::usage("--class: none");
        assert_eq!((usage.status(), told(&usage, false).as_str()), (2, "amberctl: --class: none\n"));
        let pipe = Failure::Output(io::ErrorKind::BrokenPipe.into());
        assert_eq!((pipe.status(), told(&pipe, false).as_str()), (0, ""));
        assert_eq!((Failure::Told.status(), told(&Failure::Told, true).as_str()), (1, ""));
    }
}
