//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use engine::AlertId;
use engine::State;

pub(crate) use self::place::Place;
pub(crate) use self::words::{ChangeArgs, DraftArgs, WordingArgs};

mod place;
mod words;

/// Speaks to the amberd on this machine, and reads and writes what goes over the wires.
#[derive(Debug, Parser)]
#[command(name = "amberctl", version, max_term_width = 100)]
pub(crate) struct Cli {
    /// Write results as JSON, and problems as JSON to standard error.
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) daemon: DaemonArgs,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// How the daemon is reached.
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct DaemonArgs {
    /// The daemon's socket.
    #[arg(
        long,
        global = true,
        value_name = "PATH",
        env = "AMBERD_SOCKET",
        default_value = "/run/amberd/admin.sock"
    )]
    pub(crate) socket: PathBuf,
    /// Speak as this officer; only a demo believes it.
    #[arg(long = "as", global = true, value_name = "NAME")]
    pub(crate) officer: Option<String>,
    /// The idempotency key of a call that is repeated.
    #[arg(long, global = true, value_name = "KEY")]
    pub(crate) key: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Write, approve, follow and end alerts.
    Alert {
        #[command(subcommand)]
        verb: AlertVerb,
    },
    /// Show what a text becomes on phones and which cells it reaches; nothing is written.
    Preview {
        #[command(flatten)]
        draft: Box<DraftArgs>,
    },
    /// Check and compare cell inventories, or invent one.
    Cells {
        #[command(subcommand)]
        verb: CellsVerb,
    },
    /// Show the peers and how they are.
    Peers,
    /// Show how the daemon is, and who it takes you for.
    Status,
    /// Turn JSON, one PDU a line, into hexadecimal octets.
    Encode(CodingArgs),
    /// Turn hexadecimal octets, one PDU a line, into JSON.
    Decode(DecodeArgs),
    /// Work on CAP messages.
    Cap {
        #[command(subcommand)]
        verb: CapVerb,
    },
    /// Verify and export a journal, or a copy of one, by its files.
    Audit {
        #[command(subcommand)]
        verb: AuditVerb,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AlertVerb {
    /// Write a new alert; prints its name.
    Draft {
        #[command(flatten)]
        draft: Box<DraftArgs>,
    },
    /// Write a draft or a returned alert anew, all of it.
    Revise {
        /// Its name, such as A-17.
        alert: AlertId,
        #[command(flatten)]
        wording: Box<WordingArgs>,
    },
    /// Hand a draft to a second person.
    Submit {
        /// Its name, such as A-17.
        alert: AlertId,
    },
    /// Put the waiting version on the air. You must not be its author.
    Approve {
        /// Its name, such as A-17.
        alert: AlertId,
        /// The version that you have looked at; without it, the one that waits now.
        #[arg(long, value_name = "N")]
        version: Option<u16>,
        /// The channel, to confirm it: `live` puts the alert on every phone in its area. Asked for when it is needed.
        #[arg(long, value_name = "CHANNEL")]
        confirm: Option<String>,
    },
    /// Give a submitted alert, or a waiting update, back to its author.
    Return {
        /// Its name, such as A-17.
        alert: AlertId,
        #[arg(long)]
        reason: String,
    },
    /// Refuse a submitted alert, or a waiting update, for ever.
    Reject {
        /// Its name, such as A-17.
        alert: AlertId,
        #[arg(long)]
        reason: String,
    },
    /// Propose another text, area or end for a running alert; a second person approves it.
    Update {
        /// Its name, such as A-17.
        alert: AlertId,
        #[command(flatten)]
        change: Box<ChangeArgs>,
    },
    /// Take an alert off the air, whatever is under way.
    Cancel {
        /// Its name, such as A-17.
        alert: AlertId,
        #[arg(long)]
        reason: String,
    },
    /// Take every alert off the air, at once; prints those that were on.
    StopAll {
        #[arg(long)]
        reason: String,
    },
    /// Show an alert.
    Show {
        /// Its name, such as A-17.
        alert: AlertId,
    },
    /// Write the picture of an alert to a file: that of the version that waits for approval, else the present one.
    Picture {
        /// Its name, such as A-17.
        alert: AlertId,
        /// The file to write.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// List alerts, oldest first.
    List {
        /// Only those in this state.
        #[arg(long, value_parser = words::word::<State>)]
        state: Option<State>,
    },
    /// Follow an alert until it is over.
    Watch {
        /// Its name, such as A-17.
        alert: AlertId,
        /// End earlier.
        #[arg(long)]
        until: Option<Until>,
    },
    /// Show where it stands by tracking and location area.
    Areas {
        /// Its name, such as A-17.
        alert: AlertId,
    },
    /// Show what every network has answered, how fast, and what it has cost.
    Report {
        /// Its name, such as A-17.
        alert: AlertId,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum CellsVerb {
    /// Read an inventory as the daemon does: say what it holds, or name each row that is wrong.
    Check {
        /// The CSV file.
        file: PathBuf,
        /// Say what has changed since this one.
        #[arg(long, value_name = "FILE")]
        since: Option<PathBuf>,
    },
    /// Invent a national inventory: the same cells for the same count and seed.
    Generate {
        /// How many cells: 1k, 60k, 1m, 10m or any number.
        count: String,
        /// The seed.
        #[arg(long, default_value_t = 220)]
        seed: u64,
        /// The file to write; standard output when absent.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// When a watch ends before the alert is over.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Until {
    /// When the network has confirmed or refused every cell.
    Confirmed,
}

/// What the engineers' tools read.
#[derive(Debug, Args)]
pub(crate) struct CodingArgs {
    /// The protocol.
    #[arg(long)]
    pub(crate) protocol: Protocol,
    /// The file to read; standard input when absent.
    pub(crate) file: Option<PathBuf>,
}

/// What is decoded, and what its octets do not say themselves.
#[derive(Debug, Args)]
pub(crate) struct DecodeArgs {
    /// The protocol.
    #[arg(long, required_unless_present("pcap"))]
    pub(crate) protocol: Option<Protocol>,
    /// The file to read; standard input when absent.
    pub(crate) file: Option<PathBuf>,
    /// Print the messages in this capture (pcap or pcapng), with their times and ends.
    #[arg(long, value_name = "FILE", conflicts_with_all(["protocol", "file", "unit", "dcs"]))]
    pub(crate) pcap: Option<PathBuf>,
    /// A TCP port of the capture besides 48049=cbsp and 3452=sabp, and what it carries; more than once for more.
    #[arg(long = "port", value_name = "PORT=PROTOCOL", value_parser = port, requires("pcap"))]
    pub(crate) ports: Vec<(u16, Protocol)>,
    /// What the octets of a line of `cbs` are.
    #[arg(long, required_if_eq("protocol", "cbs"))]
    pub(crate) unit: Option<Unit>,
    /// The data coding scheme of `content`, such as 0x0f or 72.
    #[arg(long, value_parser = words::octet, required_if_eq("unit", "content"))]
    pub(crate) dcs: Option<u8>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Protocol {
    /// SBc-AP, between a CBC and an MME (TS 29.168).
    Sbcap,
    /// CBSP, between a CBC and a BSC (TS 48.049).
    Cbsp,
    /// SABP, between a CBC and an RNC (TS 25.419).
    Sabp,
    /// The public warning messages of NGAP, which a CBCF hands to an AMF (TS 38.413).
    Ngap,
    /// The parts that all protocols share (TS 23.041).
    Cbs,
}

impl Protocol {
    /// Its name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sbcap => "sbcap",
            Self::Cbsp => "cbsp",
            Self::Sabp => "sabp",
            Self::Ngap => "ngap",
            Self::Cbs => "cbs",
        }
    }
}

/// A TCP port and the protocol that it carries.
fn port(text: &str) -> Result<(u16, Protocol), String> {
    let protocol = |name: &str| match name {
        "cbsp" => Some(Protocol::Cbsp),
        "sabp" => Some(Protocol::Sabp),
        _ => None,
    };
    let parts = text.split_once('=').and_then(|(port, name)| Some((port.parse().ok()?, protocol(name)?)));
    parts.ok_or_else(|| format!("expected a port with =cbsp or =sabp, found {text:?}"))
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Unit {
    /// The Warning Message Contents: pages.
    Content,
    /// The Warning Area Coordinates.
    Coordinates,
    /// A network identity.
    Plmn,
    /// A serial number.
    Serial,
    /// An ETWS warning type.
    WarningType,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CapVerb {
    /// Check files; status 1 when one is not acceptable.
    Check(CheckArgs),
    /// Do what a message asks for: an Alert becomes a draft, an Update a proposal, a Cancel a cancel. Once for each message.
    Import(ImportArgs),
    /// Print a message of an alert as signed CAP.
    Export {
        /// The alert, such as A-17.
        alert: AlertId,
        /// Which of its messages: the number of a version, or `cancel`; the newest when absent.
        #[arg(long, value_name = "N")]
        message: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditVerb {
    /// Recompute the digest of every record; status 1 when one is not what it was.
    Verify {
        /// The folder of the journal.
        folder: PathBuf,
        /// A `journal.head` that was copied elsewhere: the journal must still contain what it names.
        #[arg(long, value_name = "FILE")]
        head: Option<PathBuf>,
    },
    /// Verify it, and print its records, one a line as JSON. What is personal stays sealed.
    Export {
        /// The folder of the journal.
        folder: PathBuf,
        /// The first record.
        #[arg(long, value_name = "N", default_value_t = 1)]
        from: u64,
    },
}

/// A message, and what it does not say.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The file; `-` is standard input.
    pub(crate) file: PathBuf,
    /// The class, where the message names none of ours.
    #[arg(long)]
    pub(crate) class: Option<String>,
    /// The child's age in years.
    #[arg(long, value_name = "YEARS")]
    pub(crate) age: Option<u8>,
    /// A fact of the case, such as imminent_danger; more than once for more.
    #[arg(long = "fact", value_parser = words::word::<policy::Fact>)]
    pub(crate) facts: Vec<policy::Fact>,
}

/// Which files are checked, and how far.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// How far: schema, rules, profile or broadcast.
    #[arg(long, default_value = "rules")]
    pub(crate) level: cap::Level,
    /// The files; `-` is standard input.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_has_no_contradictions() {
        Cli::command().debug_assert();
    }

    #[test]
    fn octets_of_cbs_need_a_unit_and_content_a_scheme() {
        let parse = |line: &str| Cli::try_parse_from(line.split(' '));
        assert!(parse("amberctl decode --protocol sbcap").is_ok());
        assert!(parse("amberctl encode --protocol cbs").is_ok());
        assert!(parse("amberctl decode --protocol cbs").is_err());
        assert!(parse("amberctl decode --protocol cbs --unit content").is_err());
        assert!(parse("amberctl decode --protocol cbs --unit content --dcs 0x48 file.hex").is_ok());
        assert!(parse("amberctl decode --protocol cbs --unit serial").is_ok());
        assert!(parse("amberctl decode --protocol cbs --unit content --dcs 256").is_err());
    }

    #[test]
    fn the_daemon_is_named_before_or_after_the_verb() {
        for line in ["amberctl --socket /a --as jelena peers", "amberctl peers --socket /a --as jelena"] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!(cli.daemon.socket, PathBuf::from("/a"));
            assert_eq!(cli.daemon.officer.as_deref(), Some("jelena"));
        }
    }
}
