//! *What* should be on the air: the life of an alert, the two-person rule, channels, serial numbers, targets, expiry,
//! retries, and the ledger of what every cell did.
//!
//! Deterministic and pure: no network, no disk, no clock, no protocol. What people ask, what networks say and the time
//! come in through [`Engine::command`], [`Engine::report`] and [`Engine::tick`]; records to be made durable come out of
//! them; demands on the network leave by [`Engine::poll_demand`] once [`Engine::durable`] says so of the records they
//! rest on. Replaying the records gives the state before. Read [`Engine`] and [`Record`] first.
//!
//! ```text
//! commands ──► Engine ──► records ──► (journal) ──► durable
//! reports  ──►    │                                    │
//!                 ▼                                    ▼
//!              desired ◄── needs ──► actual       poll_demand ──► dispatch
//! ```

mod airtime;
mod alert;
mod apply;
mod broadcast;
mod cells;
pub mod command;
mod counts;
mod drive;
mod engine;
mod error;
mod exchange;
mod ledger;
mod leg;
mod lifecycle;
mod network;
mod now;
pub mod order;
mod patience;
mod ration;
pub mod record;
pub mod report;
mod serials;
mod silence;
mod snapshot;
mod stop_again;
mod traits;
pub mod view;

pub use airtime::{Airtime, Cadence, Lesser, Load, Ration, Share, Tight, WHOLE};
pub use alert::{Alert, AlertId, Origin, Personal, Private, State, Step, Version};
pub use broadcast::{Broadcast, Text};
pub use cells::{CellStatus, Edition, Phase};
pub use engine::{Engine, Setup};
pub use error::Refusal;
pub use exchange::{Import, Notice};
pub use leg::{Leg, Need, Totals};
pub use network::{Move, Network, Place, moves};
pub use now::{Now, Seq};
pub use patience::Patience;
pub use record::{Entry, Record};
pub use serials::{CodeRange, REST_MS, Serials};
pub use snapshot::Snapshot;
pub use traits::{Counting, Traits};

#[cfg(test)]
mod tests;
