//! The admin API over a real socket, with a daemon behind it that remembers what it was asked.
#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests: they measure time, and stop at the first surprise in their helpers too"
)]

mod calls;
mod hostile;
mod watching;
mod world;
