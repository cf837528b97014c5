//! The control room's command line, and the engineers' tools.
//!
//! What is asked of the daemon goes through [`admin::Client`]; nothing is decided here but what a person must confirm
//! before it is sent. `encode`, `decode`, `cap check`, `cells` and `audit` need no daemon. Results go to standard output, problems to
//! standard error; the exit status is 1 when something was refused, 2 when the command line is wrong, 3 when the
//! daemon cannot be reached.
#![allow(clippy::disallowed_methods)] // this program reads files and the environment

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Cli, Verb};
use crate::failure::Failure;

mod alert;
mod arguments;
mod audit;
mod cap;
mod capture;
mod cells;
mod codec;
mod confirm;
mod failure;
mod lines;
mod moment;
mod report;
mod session;
mod tables;
mod watch;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let (json, stdout) = (cli.json, &mut std::io::stdout());
    match run(cli, stdout).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.tell(json, &mut std::io::stderr());
            ExitCode::from(failure.status())
        }
    }
}

async fn run(cli: Cli, out: &mut impl std::io::Write) -> Result<(), Failure> {
    match cli.verb {
        Verb::Encode(coding) => codec::encode_lines(&coding, out),
        Verb::Decode(coding) => codec::decode_lines(&coding, out),
        Verb::Cap { verb: arguments::CapVerb::Check(check) } => cap::check_files(&check, out),
        Verb::Cap { verb: arguments::CapVerb::Import(import) } => {
            cap::import(import, &session::Session::open(cli.daemon, cli.json).await?, out).await
        }
        Verb::Cap { verb: arguments::CapVerb::Export { alert, message } } => {
            let session = session::Session::open(cli.daemon, cli.json).await?;
            cap::export(alert, message.as_deref(), &session, out).await
        }
        Verb::Audit { verb } => audit::run(verb, cli.json, out),
        Verb::Cells { verb } => cells::run(verb, out),
        Verb::Alert { verb } => {
            alert::run(verb, &session::Session::open(cli.daemon, cli.json).await?, out).await
        }
        Verb::Preview { draft } => {
            report::preview(draft, &session::Session::open(cli.daemon, cli.json).await?, out).await
        }
        Verb::Peers => report::peers(&session::Session::open(cli.daemon, cli.json).await?, out).await,
        Verb::Status => report::status(&session::Session::open(cli.daemon, cli.json).await?, out).await,
    }
}
