//! What a simulated network consists of, as the one who starts it says it in JSON.

use std::net::SocketAddr;
use std::path::PathBuf;

use cbs::Plmn;
use serde::{Deserialize, Serialize};

/// One operator's network: one process of the demo.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The operator's name, for reports.
    pub operator: String,
    /// The operator's network; its cells are taken from the inventory.
    pub plmn: Plmn,
    /// The path of the inventory, the same file as the dispatcher's: cell indices mean the same on both sides.
    #[serde(default)]
    pub cells_file: String,
    /// The same seed and the same input give the same network, to the last octet.
    #[serde(default)]
    pub seed: u64,
    /// The modelled phones.
    #[serde(default)]
    pub phones: PhonePlan,
    /// The MMEs, BSCs, RNCs and CBCs.
    pub elements: Vec<ElementPlan>,
}

/// How many phones there are and what their owners have chosen.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct PhonePlan {
    /// Phones in each cell.
    pub per_cell: u32,
    /// The share that shows messages in additional languages, 0 to 1.
    pub additional_languages: f64,
    /// The share that shows tests, exercises and operators' own messages, 0 to 1.
    pub tests: f64,
    /// The share that has switched off all live warnings that may be switched off (all but level 1), 0 to 1.
    pub opted_out: f64,
}

impl Default for PhonePlan {
    fn default() -> Self {
        Self { per_cell: 0, additional_languages: 0.3, tests: 0.0, opted_out: 0.0 }
    }
}

/// One MME, BSC, RNC, or endpoint of a CBC.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ElementPlan {
    /// Its name, unique in the plan.
    pub name: String,
    /// What it is.
    pub kind: ElementKind,
    /// The controller of the inventory whose cells it serves. Several MMEs may name the same one: a pool.
    pub controller: String,
    /// Who opens the connection.
    #[serde(default)]
    pub role: Role,
    /// How the octets travel. An MME speaks SCTP, a BSC or an RNC TCP, a CBC HTTP.
    pub transport: TransportPlan,
    /// Where it listens, or whom it dials. With UDP-encapsulated SCTP the port is the UDP port. Port 0 lets the
    /// system choose; `ready` names the choice.
    pub address: SocketAddr,
    /// The SCTP port behind UDP encapsulation.
    #[serde(default = "sbc_ap_port")]
    pub sctp_port: u16,
    /// CBC: the keys of its TLS; none is plain HTTP.
    #[serde(default)]
    pub tls: Option<TlsPlan>,
    /// How it differs from others of its kind.
    #[serde(default)]
    pub habits: Habits,
    /// What goes wrong with it.
    #[serde(default)]
    pub faults: Faults,
}

/// The port of SBc-AP (TS 29.168 §4.1.3).
fn sbc_ap_port() -> u16 {
    29_168
}

/// What an element is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ElementKind {
    /// An MME with its eNBs: SBc-AP.
    Mme,
    /// A BSC with its BTSs: CBSP.
    Bsc,
    /// An RNC with its service areas, each a cell: SABP.
    Rnc,
    /// An endpoint of the operator's own CBC: CAP over HTTP. Its cells are all those of its controller's technology.
    Cbc,
}

/// Who opens the connection.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The dispatcher dials us; the standards' way.
    #[default]
    Listen,
    /// We dial the dispatcher.
    Dial,
}

/// How the octets travel.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TransportPlan {
    /// TCP, for CBSP and SABP.
    Tcp,
    /// SCTP in user space over UDP (RFC 6951).
    UdpSctp,
    /// SCTP of the Linux kernel.
    KernelSctp,
    /// HTTP, for CAP; over TLS where the plan has keys for it.
    Http,
}

/// The keys of a CBC, as PEM files.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TlsPlan {
    /// The authorities that a dispatcher's certificate must come from.
    pub authorities: PathBuf,
    /// Its own certificate.
    pub certificate: PathBuf,
    /// The key of that.
    pub key: PathBuf,
}

/// What a CBC says of its cells.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reports {
    /// Nothing.
    None,
    /// Each cell by its name.
    Named,
    /// That it is done everywhere, where it is; else each cell by its name.
    All,
}

/// In what an element differs from others of its kind without being faulty.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Habits {
    /// MME: how long after a request the indications come, in milliseconds.
    pub indication_delay_ms: u64,
    /// MME: the most cells that one indication names, 1 to 65535.
    pub cells_per_indication: u16,
    /// BSC, RNC: it keeps its messages over a mere loss of the connection. A BSC says so in RESTART.
    pub keeps_messages: bool,
    /// BSC: it speaks like osmo-bsc. The repetition period is a plain 16-bit number, 0 broadcasts means one, and KILL
    /// COMPLETE has no cell list.
    pub osmocom: bool,
    /// CBC: the delivery reports it offers.
    pub reports: Reports,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            indication_delay_ms: 50,
            cells_per_indication: 4_000,
            keeps_messages: true,
            osmocom: false,
            reports: Reports::Named,
        }
    }
}

/// What goes wrong with an element. Nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Everything it sends comes this much later, in milliseconds.
    pub delay_ms: u64,
    /// And up to this much more by chance, in milliseconds; the order is kept.
    pub jitter_ms: u64,
    /// Some of its cells never broadcast, drawn by chance.
    pub refuse_cells: Option<Share>,
    /// BSC, RNC: the cause it gives for them (TS 48.049 §8.2.13, TS 25.419 §9.2.5); broadcast not operational if it is
    /// absent. An eNB gives none: it leaves the cell out.
    pub refuse_cause: Option<u8>,
    /// It refuses every write as a whole, with this cause of its protocol.
    pub refuse_writes: Option<u8>,
    /// It falls silent once.
    pub silent: Option<Silence>,
    /// It restarts this long after the first write, in milliseconds: all messages and the connection are lost.
    pub restart_after_ms: Option<u64>,
    /// MME: it never sends an indication, asked for or not.
    pub no_indications: bool,
}

/// A part of all cells.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// This part of them, 0 to 1.
    Fraction(f64),
    /// This many of them.
    Count(u32),
}

/// A time in which nothing is sent. What would have been sent in it is lost.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// When it begins, in milliseconds after the first write; 0 swallows the first answer.
    #[serde(default)]
    pub from_ms: u64,
    /// How long it lasts, in milliseconds.
    pub for_ms: u64,
    /// Requests are lost as well. Otherwise they are carried out and only the answers are lost, which is the harder case
    /// for the one who asked.
    #[serde(default)]
    pub deaf: bool,
}
