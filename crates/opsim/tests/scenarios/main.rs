//! The model of a network, told in messages and time: what it answers, what is on the air, what rings.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what fails here fails the test")]

mod bsc;
mod cbc;
mod faults;
mod golden;
mod mme;
mod phones;
mod random;
mod rnc;
mod world;
