//! Second opinions on what we put on the wire: Wireshark's dissectors, and a real BSC.

#![allow(clippy::disallowed_methods, clippy::disallowed_types)] // Processes, files and waiting.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)] // A test stops at the first surprise.

mod dissection;
mod osmo_bsc;
