//! Simulated operator networks: MMEs with their eNBs, BSCs with their BTSs, RNCs, CBCs, the cells, and the phones in them.
//!
//! What happens in a network is modelled without a socket or a clock: octets and the time go in, octets and a record of
//! what was on the air and what rang come out. The same model serves the demo, the tests and the simulator in memory;
//! only [`shell`] moves it in real time over real sockets. Read [`Plan`] and [`Network`] first.
//!
//! ```text
//! octets ─► Element: Mme | Bsc | Rnc | Cbc ─► Radio: what is on the air in each cell ─► Phones: what rings
//!              │ faults: late, silent, refusing, restarting                      │
//! octets ◄─────┘                                              Report ◄───────────┘
//! ```
//!
//! The models follow TS 36.413 §8.12 (through TS 29.168), TS 48.049 and TS 25.419, and the rule of TS 23.041 by which a
//! phone tells a new message from one it has shown. They use the protocol crates for octets only and nothing of what the
//! dispatcher makes of a message, so that a mistake of the dispatcher's is not made here again.

mod bsc;
mod cbc;
mod chance;
mod command;
mod element;
mod error;
mod message;
mod mme;
mod network;
mod phones;
mod plan;
mod radio;
mod report;
mod rnc;
pub mod shell;

pub use command::{Command, MessageKey, ReportRequest, Restart};
pub use element::{Element, Transmit};
pub use error::Error;
pub use message::{Body, Cadence, Message};
pub use network::{Answer, ElementId, Network};
pub use phones::{Choices, DUPLICATE_WINDOW_MS, Phones};
pub use plan::{
    ElementKind, ElementPlan, Faults, Habits, PhonePlan, Plan, Reports, Role, Share, Silence, TlsPlan,
    TransportPlan,
};
pub use radio::{Change, Obstacle, OnAir, Radio};
pub use report::{
    CellPhones, Counters, ElementReport, MessageReport, PhoneReport, PhonesReport, Report, Ring,
};
