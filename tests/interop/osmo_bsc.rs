//! osmo
