//! Who the peers are, what each of them takes, and which controller is reached through which.

use area::ControllerId;

/// A peer, numbered by the shell: the place of its profile in [`Setup::peers`].
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct PeerId(pub u16);

/// The protocol spoken to a peer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocol {
    /// To an MME (TS 29.168).
    Sbcap(SbcapDialect),
    /// To a BSC (TS 48.049).
    Cbsp(CbspDialect),
    /// To an RNC (TS 25.419).
    Sabp(SabpDialect),
    /// To an operator's own CBC, by CAP over HTTP.
    Cap(CapDialect),
}

/// What may differ from MME to MME.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SbcapDialect {
    /// When a request lists tracking areas and cells.
    pub tais: Tais,
    /// Send the Concurrent-Warning-Message-Indicator, without which a message replaces whatever is on the air. Never
    /// leave it out but for an MME that is known to refuse it.
    pub concurrent: bool,
    /// Ask for indications of where a message really is on and off the air.
    pub indications: bool,
    /// An update stops the old text before it starts the new one: for an MME or eNB that has no room for both.
    pub stops_first: bool,
}

/// When a request to an MME lists tracking areas and cells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tais {
    /// Always.
    Always,
    /// Not when it is for every cell of the controller: then neither areas nor cells, and the MME takes all it has.
    AreasOnly,
    /// Never tracking areas, and cells as with [`AreasOnly`](Self::AreasOnly): for a peer that takes only the fewest IEs.
    Never,
}

/// What may differ from BSC to BSC.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CbspDialect {
    /// How the repetition period is written.
    pub repetition: cbsp::RepetitionCoding,
    /// The longest repetition period, in slots of 1.883 s; a longer one is refused, not clipped.
    pub repetition_max: u16,
    /// The seconds of a period are written as they are, as if they were slots: for a peer that counts in seconds.
    pub raw_period: bool,
    /// How "until stopped" is written.
    pub unlimited: cbsp::UnlimitedForm,
    /// The broadcast channel.
    pub channel: cbsp::pdu::Channel,
    /// The category of the messages.
    pub category: cbsp::pdu::Category,
}

/// What may differ from RNC to RNC.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SabpDialect {
    /// The category of the messages; `None`: as the RNC has it.
    pub category: Option<sabp::Category>,
}

/// What may differ from CBC to CBC.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CapDialect {
    /// It offers delivery reports, so that its acceptance is not the last word.
    pub reports: bool,
}

/// A peer and its limits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Profile {
    /// Its name, for notices.
    pub name: String,
    /// What it speaks.
    pub protocol: Protocol,
    /// Where messages are posted (CAP only).
    pub path: String,
    /// How many requests may wait for its answer at once. Kills get a few more, so that a cancel overtakes.
    pub window: u16,
    /// The most cells in one request.
    pub cells_per_pdu: u32,
    /// The longest request, in octets.
    pub octets_per_pdu: u32,
    /// The most requests in a second; 0 is no limit.
    pub pdus_per_second: u32,
    /// How long to wait for an answer, in milliseconds.
    pub answer_timeout_ms: u32,
    /// How often to send a keep-alive, in milliseconds (CBSP only).
    pub keep_alive_ms: u32,
    /// The least time between two writes to the same cell, in milliseconds; 0 is no limit.
    pub cell_interval_ms: u32,
    /// How many writes a cell may get at once before the interval holds, at least 1: several messages of one alert.
    pub cell_burst: u16,
}

impl Profile {
    /// An MME with the usual limits.
    pub fn sbcap(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            protocol: Protocol::Sbcap(SbcapDialect {
                tais: Tais::Always,
                concurrent: true,
                indications: true,
                stops_first: false,
            }),
            path: "/".into(),
            window: 4,
            cells_per_pdu: 3000,
            octets_per_pdu: 65_535,
            pdus_per_second: 0,
            answer_timeout_ms: 10_000,
            keep_alive_ms: 30_000,
            cell_interval_ms: 1000,
            cell_burst: 4,
        }
    }

    /// A BSC with the usual limits.
    pub fn cbsp(name: impl Into<String>) -> Self {
        Self {
            protocol: Protocol::Cbsp(CbspDialect {
                repetition: cbsp::RepetitionCoding::Spec,
                repetition_max: cbsp::RepetitionUnits::DEFAULT_BOUND,
                raw_period: false,
                unlimited: cbsp::UnlimitedForm::Zero,
                channel: cbsp::pdu::Channel::Basic,
                category: cbsp::pdu::Category::Normal,
            }),
            cells_per_pdu: 1000,
            ..Self::sbcap(name)
        }
    }

    /// An RNC with the usual limits: a known gateway takes at most 1000 service areas a message.
    pub fn sabp(name: impl Into<String>) -> Self {
        Self {
            protocol: Protocol::Sabp(SabpDialect { category: Some(sabp::Category::NormalPriority) }),
            cells_per_pdu: 1000,
            ..Self::sbcap(name)
        }
    }

    /// A CBC that takes CAP messages at this path and offers no delivery reports.
    pub fn cap(name: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            protocol: Protocol::Cap(CapDialect { reports: false }),
            path: path.into(),
            ..Self::sbcap(name)
        }
    }
}

/// How the peers of a controller share its orders.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reach {
    /// The first that is ready; the next when it is lost or does not answer.
    OneThenFailover,
    /// Every one that is ready; a cell's outcome is the best word of them.
    All,
}

/// How a controller is reached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Route {
    /// The controller.
    pub controller: ControllerId,
    /// How its peers share the orders.
    pub reach: Reach,
    /// Its peers, the preferred first.
    pub peers: Vec<PeerId>,
}

/// The network: every peer, and every controller that has one. A peer may serve several controllers.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Setup {
    /// The peers; a [`PeerId`] is the place in this list.
    pub peers: Vec<Profile>,
    /// The controllers that are reached; the cells of all others are unserved.
    pub routes: Vec<Route>,
}
