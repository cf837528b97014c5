//! A whole country in memory, and everything that can go wrong in it: the real engine, dispatch and sessions, the models
//! of operators' networks as peers, a disk that loses what was not synced, officers who ask twice, and a checker that
//! compares what the control room was told with what each cell and phone saw.
//!
//! One thread, virtual time: one seed gives one trace. Read [`Plan`] (what happens), [`run`] (one run) and
//! [`Violation`] (what may never be seen) first; [`Bug`] is how the checker itself is tested.
//!
//! ```text
//! officers ──► engine ──► dispatch ──► link ──► opsim: elements, cells, phones
//!                │  ▲         ▲           │             │
//!                ▼  │         └───────────┘             │
//!               disk      told ──► checker ◄── seen ────┘
//! ```
//!
//! `cargo xtask simulate --seeds 2000` plays it; what it found are tests of the crates they were found in.

// A simulator stops at the first surprise of its own.
#![allow(clippy::expect_used)]

mod book;
mod chance;
mod checker;
mod daemon;
mod disk;
mod land;
mod plan;
mod planted;
mod shrink;
mod simulation;
mod totals;
mod trace;
mod wire;
mod words;

pub use chance::Chance;
pub use checker::Violation;
pub use plan::{Ask, AskVerb, Event, Plan, What, World};
pub use planted::Bug;
pub use shrink::shrink;
pub use simulation::{Outcome, SETTLE_MS, run};
pub use totals::Totals;
pub use trace::Trace;
