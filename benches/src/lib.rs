//! What the hot path costs, each figure a ratio against something measured in the same run.
//!
//! The programs in `benches/` print their figures for people, and as lines that begin with [`Figure::MARK`] for
//! `cargo xtask bench`. They drive [`dispatch::Dispatch`], [`engine::Engine`] and [`area::Coverage`] by the doors that
//! the daemon uses. This crate has what they share: the [`country`] that they send to, and the [`clock`] that they read.

pub mod allocations;
pub mod clock;
pub mod country;
pub mod encoding;
mod figure;
pub mod traffic;

pub use figure::Figure;
