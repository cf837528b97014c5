//! The real programs, over real sockets, as people run them.

#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // Processes, files, sockets and waiting.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // A test stops at the first surprise.

mod areas;
mod cap_exchange;
mod configuration;
mod demo;
mod disk;
mod endings;
mod journal;
mod nonsense;
mod officers;
mod on_the_wire;
mod own_cbc;
mod recording;
mod refusals;
mod repeats;
mod resources;
mod stopped_peer;
mod unit;
mod watches;
