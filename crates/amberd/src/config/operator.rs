//! A mobile operator: its network, the message codes that are ours there, and its peers.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// One mobile operator.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Operator {
    /// Its name, as in the inventory.
    pub(crate) name: String,
    /// The message codes that are ours alone in its network, first and last.
    #[serde(default = "all_codes")]
    pub(crate) message_codes: [u16; 2],
    /// The geographical scope of every serial number there: 1 is the whole network.
    #[serde(default = "plmn_scope")]
    pub(crate) geographical_scope: u8,
    /// What the air of its cells carries.
    #[serde(default)]
    pub(crate) airtime: Airtime,
    /// Its peers.
    pub(crate) peer: Vec<Peer>,
}

/// What the air of a cell carries, by technology.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Airtime {
    /// How long a page takes on a GSM cell's basic channel, in milliseconds; 0 is no budget.
    pub(crate) gsm_page_ms: u32,
    /// How long a page takes in a UMTS cell, in milliseconds; 0 is no budget.
    pub(crate) umts_page_ms: u32,
    /// How long a page takes in an LTE cell, in milliseconds; 0 is no budget.
    pub(crate) lte_page_ms: u32,
    /// The longest period to which a message is slowed before it has to wait, in seconds.
    pub(crate) slowest_period_s: u32,
}

impl Default for Airtime {
    fn default() -> Self {
        Self {
            gsm_page_ms: engine::Airtime::GSM_PAGE_MS,
            umts_page_ms: 0,
            lte_page_ms: 0,
            slowest_period_s: engine::Airtime::SLOWEST_MS / 1000,
        }
    }
}

impl Airtime {
    /// Of the cells of one technology.
    pub(crate) fn of(self, rat: area::Rat) -> engine::Airtime {
        let page_ms = match rat {
            area::Rat::Gsm => self.gsm_page_ms,
            area::Rat::Umts => self.umts_page_ms,
            area::Rat::Lte => self.lte_page_ms,
            area::Rat::Nr => 0,
        };
        engine::Airtime {
            page_ms: NonZeroU32::new(page_ms),
            slowest_ms: self.slowest_period_s.saturating_mul(1000),
        }
    }

    fn check(self) -> Result<(), String> {
        let page_max_ms = [self.gsm_page_ms, self.umts_page_ms, self.lte_page_ms].into_iter().max();
        if let Some(found) = page_max_ms.filter(|found| *found > 60_000) {
            return Err(format!("airtime: a page's time: expected 0 to 60000 ms, found {found}"));
        }
        let found = self.slowest_period_s;
        if !(1..=1_900).contains(&found) {
            return Err(format!(
                "airtime: slowest_period_s: expected 1 to 1900, the longest that a BSC takes, found {found}"
            ));
        }
        Ok(())
    }
}

const fn all_codes() -> [u16; 2] {
    [0, 1023]
}

const fn plmn_scope() -> u8 {
    1
}

/// One peer: an MME, a BSC, an RNC, or the operator's own CBC.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Peer {
    /// Its name.
    pub(crate) name: String,
    /// What it speaks.
    pub(crate) protocol: Protocol,
    /// How octets travel.
    pub(crate) transport: Transport,
    /// Who opens the connection; by the standards we do.
    #[serde(default)]
    pub(crate) role: Role,
    /// Its addresses: where to dial, or from where it may come in (its port is not looked at then).
    pub(crate) addresses: Vec<SocketAddr>,
    /// Where we listen, when it dials us; an RNC may do so beside the connection that we dial (SABP).
    #[serde(default)]
    pub(crate) listen: Option<SocketAddr>,
    /// Its UDP port, for SCTP over UDP.
    #[serde(default = "sctp_over_udp")]
    pub(crate) udp_port: u16,
    /// Where messages are posted (CAP).
    #[serde(default = "path")]
    pub(crate) path: String,
    /// The name that its certificate has, and that requests are for (CAP); its address when absent.
    #[serde(default)]
    pub(crate) host: Option<String>,
    /// PEM file of the authorities that its certificate must come from (HTTPS).
    #[serde(default)]
    pub(crate) authorities: Option<PathBuf>,
    /// PEM file of our certificate towards it, and those between it and its authority (HTTPS).
    #[serde(default)]
    pub(crate) certificate: Option<PathBuf>,
    /// PEM file of our certificate's key (HTTPS).
    #[serde(default)]
    pub(crate) key: Option<PathBuf>,
    /// It offers delivery reports (CAP).
    #[serde(default)]
    pub(crate) reports: bool,
    /// The controllers of the inventory that it serves.
    pub(crate) controllers: Vec<String>,
    /// Every peer of a controller gets every message, in place of the first that is up.
    #[serde(default)]
    pub(crate) all: bool,
    /// How many requests may wait for its answer at once.
    #[serde(default = "window")]
    pub(crate) window: u16,
    /// The most cells in one request; the protocol's own bound when absent.
    #[serde(default)]
    pub(crate) cells_per_pdu: Option<u32>,
    /// The longest request, in octets.
    #[serde(default = "octets_per_pdu")]
    pub(crate) octets_per_pdu: u32,
    /// The most requests in a second; 0 is no limit.
    #[serde(default)]
    pub(crate) pdus_per_second: u32,
    /// How long to wait for an answer, in milliseconds.
    #[serde(default = "answer_timeout_ms")]
    pub(crate) answer_timeout_ms: u32,
    /// How often to send a keep-alive (CBSP) or to test the link (CAP), in milliseconds.
    #[serde(default = "keep_alive_ms")]
    pub(crate) keep_alive_ms: u32,
    /// The least time between two writes to one cell, in milliseconds; 0 is no limit.
    #[serde(default = "cell_interval_ms")]
    pub(crate) cell_interval_ms: u32,
    /// How many writes a cell may get at once before that interval holds.
    #[serde(default = "cell_burst")]
    pub(crate) cell_burst: u16,
    /// It sends indications of what is really on the air (SBc-AP).
    #[serde(default = "yes")]
    pub(crate) indications: bool,
    /// Ask for warnings to stand beside others (SBc-AP); never turn it off but for an MME known to refuse it.
    #[serde(default = "yes")]
    pub(crate) concurrent: bool,
    /// When a request lists tracking areas and cells (SBc-AP).
    #[serde(default)]
    pub(crate) tais: Tais,
    /// An update stops the old text before it starts the new one (SBc-AP).
    #[serde(default)]
    pub(crate) stops_first: bool,
    /// The category of the messages (CBSP, SABP).
    #[serde(default)]
    pub(crate) category: Category,
    /// The longest repetition period, in slots of 1.883 s (CBSP).
    #[serde(default = "period_max_slots")]
    pub(crate) period_max_slots: u16,
    /// The seconds of a period are written as if they were slots (CBSP).
    #[serde(default)]
    pub(crate) raw_period: bool,
    /// It writes the repetition period as libosmocore does, in place of TS 48.049 (CBSP).
    #[serde(default)]
    pub(crate) osmocom_period: bool,
    /// It takes 0 broadcasts for one, so "until stopped" is sent as 65535 (CBSP).
    #[serde(default)]
    pub(crate) zero_is_one: bool,
}

/// The protocol of a peer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Protocol {
    /// SBc-AP, to an MME.
    Sbcap,
    /// CBSP, to a BSC.
    Cbsp,
    /// SABP, to an RNC.
    Sabp,
    /// CAP over HTTP, to an operator's own CBC.
    Cap,
}

/// How octets travel to a peer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Transport {
    /// TCP.
    Tcp,
    /// SCTP of the kernel.
    Sctp,
    /// SCTP over UDP in user space: for labs and closed tunnels only.
    SctpOverUdp,
    /// HTTP over TLS with certificates on both sides.
    Https,
    /// Plain HTTP, on loopback only.
    Http,
}

/// When a request lists tracking areas and cells.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tais {
    /// Always.
    #[default]
    Always,
    /// Not when a message is for all that the peer has: then neither areas nor cells.
    AreasOnly,
    /// Never tracking areas, and cells as with `areas_only`.
    Never,
}

impl From<Tais> for dispatch::Tais {
    fn from(tais: Tais) -> Self {
        match tais {
            Tais::Always => Self::Always,
            Tais::AreasOnly => Self::AreasOnly,
            Tais::Never => Self::Never,
        }
    }
}

/// The category of messages.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Category {
    /// Broadcast at once.
    High,
    /// At its period.
    #[default]
    Normal,
    /// When nothing else is.
    Background,
}

impl From<Category> for cbsp::pdu::Category {
    fn from(category: Category) -> Self {
        match category {
            Category::High => Self::High,
            Category::Normal => Self::Normal,
            Category::Background => Self::Background,
        }
    }
}

impl From<Category> for sabp::Category {
    fn from(category: Category) -> Self {
        match category {
            Category::High => Self::HighPriority,
            Category::Normal => Self::NormalPriority,
            Category::Background => Self::BackgroundPriority,
        }
    }
}

/// Who opens the connection.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// We do.
    #[default]
    Dial,
    /// The peer does.
    Listen,
}

const fn sctp_over_udp() -> u16 {
    9899
}

fn path() -> String {
    "/".into()
}

const fn window() -> u16 {
    4
}

const fn octets_per_pdu() -> u32 {
    65_535
}

const fn answer_timeout_ms() -> u32 {
    10_000
}

const fn keep_alive_ms() -> u32 {
    30_000
}

const fn cell_interval_ms() -> u32 {
    1_000
}

const fn cell_burst() -> u16 {
    4
}

const fn period_max_slots() -> u16 {
    cbsp::RepetitionUnits::DEFAULT_BOUND
}

const fn yes() -> bool {
    true
}

impl Operator {
    /// Refuses what could not work.
    pub(crate) fn check(&self) -> Result<(), String> {
        let [first, last] = self.message_codes;
        if first > last || last > 1023 {
            return Err(format!(
                "message_codes: expected [first, last] within 0 to 1023, found [{first}, {last}]"
            ));
        }
        if self.geographical_scope > 3 {
            let found = self.geographical_scope;
            return Err(format!("geographical_scope: expected 0 to 3, found {found}"));
        }
        if self.peer.is_empty() {
            return Err("peer: expected at least one [[peer]], found none".into());
        }
        self.airtime.check()?;
        self.peer.iter().try_for_each(Peer::check)?;
        // A CBC that holds a message broadcasts it in all its cells, whatever another peer of them is told.
        let (by_cap, direct): (Vec<&Peer>, _) =
            self.peer.iter().partition(|peer| peer.protocol == Protocol::Cap);
        for (peer, other) in by_cap.iter().flat_map(|peer| direct.iter().map(move |other| (peer, other))) {
            if let Some(both) = peer.controllers.iter().find(|name| other.controllers.contains(name)) {
                return Err(format!(
                    "peer {:?}: controllers: expected controllers that are reached by cap alone, found {both:?}, which \
                     peer {:?} reaches directly",
                    peer.name, other.name
                ));
            }
        }
        Ok(())
    }
}

impl Peer {
    /// The files it names.
    pub(crate) fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        [&mut self.authorities, &mut self.certificate, &mut self.key].into_iter().flatten()
    }

    fn check(&self) -> Result<(), String> {
        let wrong = |key: &str, expected: &str, found: String| {
            Err(format!("peer {:?}: {key}: expected {expected}, found {found}", self.name))
        };
        if self.addresses.is_empty() {
            return wrong("addresses", "at least one \"address:port\"", "none".into());
        }
        if self.controllers.is_empty() {
            return wrong("controllers", "at least one controller of the inventory", "none".into());
        }
        match (self.protocol, self.transport) {
            (Protocol::Cbsp | Protocol::Sabp, Transport::Tcp)
            | (Protocol::Sbcap, Transport::Sctp | Transport::SctpOverUdp)
            | (Protocol::Cap, Transport::Https | Transport::Http) => {}
            (Protocol::Cap, _) => {
                return wrong("transport", "https for cap", format!("{:?}", self.transport));
            }
            (Protocol::Cbsp, _) => {
                return wrong("transport", "tcp for cbsp", format!("{:?}", self.transport));
            }
            (Protocol::Sabp, _) => {
                return wrong("transport", "tcp for sabp", format!("{:?}", self.transport));
            }
            (Protocol::Sbcap, _) => {
                return wrong(
                    "transport",
                    "sctp or sctp_over_udp for sbcap",
                    format!("{:?}", self.transport),
                );
            }
        }
        if self.protocol == Protocol::Cap && self.role == Role::Listen {
            return wrong("role", "\"dial\" for cap", "\"listen\"".into());
        }
        let remote = self.addresses.iter().find(|address| !address.ip().is_loopback());
        if let (Transport::Http, Some(remote)) = (self.transport, remote) {
            return wrong("transport", "https but on loopback", format!("http to {remote}"));
        }
        let files =
            [("authorities", &self.authorities), ("certificate", &self.certificate), ("key", &self.key)];
        if let (Transport::Https, Some((key, _))) =
            (self.transport, files.into_iter().find(|(_, file)| file.is_none()))
        {
            return wrong(key, "a PEM file, for https", "none".into());
        }
        if !self.path.starts_with('/') || !self.path.bytes().all(|octet| octet.is_ascii_graphic()) {
            return wrong("path", "one that begins with /, without blanks", format!("{:?}", self.path));
        }
        if self.role == Role::Listen && self.listen.is_none() {
            return wrong("listen", "the address we listen on, since role is \"listen\"", "none".into());
        }
        if self.role == Role::Dial && self.protocol != Protocol::Sabp && self.listen.is_some() {
            return wrong("listen", "role \"listen\" with it, or protocol \"sabp\"", "role \"dial\"".into());
        }
        let at_least_one = [
            ("window", u32::from(self.window)),
            ("cell_burst", u32::from(self.cell_burst)),
            ("cells_per_pdu", self.cells_per_pdu.unwrap_or(1)),
            ("answer_timeout_ms", self.answer_timeout_ms),
        ];
        if let Some((key, _)) = at_least_one.into_iter().find(|(_, value)| *value == 0) {
            return wrong(key, "at least 1", "0".into());
        }
        if !(1_000..=120_000).contains(&self.keep_alive_ms) {
            return wrong("keep_alive_ms", "1000 to 120000", self.keep_alive_ms.to_string());
        }
        if !(1..=cbsp::RepetitionUnits::MAX).contains(&self.period_max_slots) {
            return wrong("period_max_slots", "1 to 4095", self.period_max_slots.to_string());
        }
        if self.octets_per_pdu < 2_000 {
            return wrong(
                "octets_per_pdu",
                "at least 2000, the length of a 15-page message",
                self.octets_per_pdu.to_string(),
            );
        }
        Ok(())
    }
}
