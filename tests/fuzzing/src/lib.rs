//! What the fuzz targets run: one body for each decoder and each session, and the inputs that they start from.
//!
//! A body takes any octets and panics when something that must always hold does not:
//! - what was decoded encodes, and decodes to itself again; and so it is with its JSON;
//! - octets that an encoder wrote are written again from what they decode to;
//! - a session tells of each request, asks for no wake-up in the past, and keeps within its limits, whatever comes when.
//!
//! Under `fuzz/`, libFuzzer calls the bodies with octets of its own invention. The tests of this crate call the same
//! bodies, on any compiler, with the seeds, with what libFuzzer found worth keeping, and with mutations of both.

// A body stops at the first surprise, and the seeds are files.
#![allow(clippy::disallowed_methods)]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

pub mod codec;
pub mod corpus;
pub mod mutation;
pub mod session;
pub mod text;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, here and under `fuzz/`.
    pub name: &'static str,
    /// Its body.
    pub run: fn(&[u8]),
    /// What it starts from.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All fuzz targets.
pub const TARGETS: &[Target] = &[
    Target { name: "admin_bodies", run: text::admin_bodies, seeds: corpus::admin_bodies },
    Target { name: "aper_reader", run: codec::aper_reader, seeds: || corpus::octets("sbcap") },
    Target { name: "area_import", run: text::area_import, seeds: corpus::inventories },
    Target { name: "cap_check", run: text::cap_check, seeds: corpus::cap_messages },
    Target { name: "cap_import", run: text::cap_import, seeds: corpus::cap_imports },
    Target { name: "capture", run: codec::capture, seeds: corpus::captures },
    Target { name: "cbe", run: session::cbe::run, seeds: corpus::cbc_answers },
    Target { name: "cbs_content", run: codec::cbs_content, seeds: corpus::contents },
    Target { name: "cbs_coordinates", run: codec::cbs_coordinates, seeds: || corpus::units("coordinates") },
    Target { name: "cbsp_decode", run: codec::cbsp_decode, seeds: || corpus::octets("cbsp") },
    Target { name: "cbsp_session", run: session::cbsp::run, seeds: || corpus::conversations("cbsp") },
    Target { name: "ngap_decode", run: codec::ngap_decode, seeds: || corpus::octets("ngap") },
    Target { name: "picture", run: text::picture, seeds: corpus::pictures },
    Target { name: "sabp_decode", run: codec::sabp_decode, seeds: || corpus::octets("sabp") },
    Target { name: "sabp_session", run: session::sabp::run, seeds: || corpus::conversations("sabp") },
    Target { name: "sabp_stream", run: codec::sabp_stream, seeds: || corpus::octets("sabp") },
    Target { name: "sbcap_decode", run: codec::sbcap_decode, seeds: || corpus::octets("sbcap") },
    Target { name: "sbcap_session", run: session::sbcap::run, seeds: || corpus::conversations("sbcap") },
];

/// The target with this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
