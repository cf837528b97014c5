//! What the end-to-end and interop tests stand on: the programs of this project as processes, the programs of others
//! as second opinions, and captures of what passes between them.
//!
//! A test that needs something which is not on this machine asks [`need`] for it: that says `NOT RUN`, and fails where
//! `CI=true`.

// Tests run processes and wait for them; they stop at the first surprise.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

pub mod capture;
pub mod daemon;
pub mod disk;
pub mod need;
pub mod networks;
pub mod patience;
pub mod pcap;
pub mod process;
pub mod tshark;
pub mod vectors;
