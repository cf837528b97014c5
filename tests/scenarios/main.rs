//! The conformance scenarios, each under its number: what a control room or a network does, what every peer must then
//! see on the wire, octet for octet and nothing beside, and what the control room is shown.
//!
//! [`world::World`] joins engine and dispatch as the daemon does, in virtual time. The peers are scripts: they say what
//! a test makes them say, in PDUs written out, and a PDU that no test has asked after fails it at its end.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests wait for sockets")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests stop at the first surprise"
)]

mod admin;
mod cbsp_peers;
mod errors_4g;
mod failure_4g;
mod limits;
mod links;
mod rncs;
mod several;
mod start_4g;
mod stop_4g;
mod table;
mod update_4g;
mod words;
mod world;
