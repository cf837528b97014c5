//! The model of a network, told in messages and time: what it answers, what is on the air, what rings.

mod bsc;
mod faults;
mod golden;
mod mme;
mod phones;
mod random;
mod world;
