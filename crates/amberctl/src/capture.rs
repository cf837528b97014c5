//! `amberctl decode --pcap`: the messages in a capture, one JSON object a line.
//!
//! SBc-AP and NGAP are found by the payload protocol identifier of SCTP, over IP or over UDP (RFC 6951); CBSP and SABP by
//! their TCP ports. A fault is told in the place of the message, and the run goes on.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use ::capture::{Carrier, Cut, Flow, Message};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::arguments::Protocol;
use crate::codec;
use crate::failure::Failure;

/// The largest capture that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 30;
/// The ports of the standards (TS 48.049, TS 25.414).
const PORTS: [(u16, Protocol); 2] = [(48_049, Protocol::Cbsp), (3_452, Protocol::Sabp)];

/// The SCTP port of SBc-AP (TS 29.168 §4.1.2).
const SBCAP_PORT: u16 = 29_168;

/// Prints every message of the capture. `ports` are further TCP ports and what they carry.
pub(crate) fn decode_file(
    path: &Path,
    ports: &[(u16, Protocol)],
    out: &mut impl Write,
) -> Result<(), Failure> {
    let unreadable = |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", path.display()));
    let size = std::fs::metadata(path).map_err(|error| unreadable(&error))?.len();
    if size > FILE_BYTES_MAX {
        return Err(unreadable(&format!("expected at most {FILE_BYTES_MAX} bytes, found {size}")));
    }
    let octets = std::fs::read(path).map_err(|error| unreadable(&error))?;
    decode(&octets, ports, out)
}

fn decode(octets: &[u8], ports: &[(u16, Protocol)], out: &mut impl Write) -> Result<(), Failure> {
    let ports: HashMap<u16, Protocol> = PORTS.iter().chain(ports).copied().collect();
    let stream = |flow: Flow| {
        let ends = [flow.destination.port(), flow.source.port()];
        ends.iter().find_map(|port| ports.get(port).copied())
    };
    let mut failed = false;
    for message in ::capture::messages(octets, |flow| stream(flow).map(cut)) {
        let Message { time_ns, flow, carrier, octets } = match message {
            Ok(message) => message,
            Err(error) => {
                writeln!(out, "{}", json!({"error": error, "offset": null}))?;
                return Err(Failure::Told);
            }
        };
        let protocol = match carrier {
            Carrier::Tcp => stream(flow),
            Carrier::Sctp(ppid) => protocol_of(ppid, flow),
        };
        let Some(protocol) = protocol else { continue };
        let mut line = json!({
            "time": utc(time_ns),
            "source": flow.source.to_string(),
            "destination": flow.destination.to_string(),
            "protocol": protocol.name(),
        });
        match octets.map_err(|error| (error, None)).and_then(|octets| codec::words(protocol, &octets)) {
            Ok(words) => line["message"] = words,
            Err((error, offset)) => {
                failed = true;
                line["error"] = error.into();
                line["offset"] = offset.into();
            }
        }
        writeln!(out, "{line}")?;
    }
    if failed { Err(Failure::Told) } else { Ok(()) }
}

/// How the messages of a stream are told apart.
fn cut(protocol: Protocol) -> Cut {
    match protocol {
        Protocol::Cbsp => {
            |stream| cbsp::frame_length(stream, cbsp::FRAME_MAX_BYTES).map_err(|error| error.to_string())
        }
        _ => |stream| sabp::frame_length(stream, sabp::FRAME_MAX_BYTES).map_err(|error| error.to_string()),
    }
}

/// The payload protocol identifiers of IANA. Some MMEs send 0 for want of setting one.
fn protocol_of(ppid: u32, flow: Flow) -> Option<Protocol> {
    let is_sbcap_port = [flow.source, flow.destination].iter().any(|end| end.port() == SBCAP_PORT);
    match ppid {
        0 if is_sbcap_port => Some(Protocol::Sbcap),
        24 => Some(Protocol::Sbcap),
        60 => Some(Protocol::Ngap),
        _ => None,
    }
}

fn utc(time_ns: Option<u64>) -> Option<String> {
    let moment = OffsetDateTime::from_unix_timestamp_nanos(time_ns?.into()).ok()?;
    moment.format(&Rfc3339).ok()
}

#[cfg(test)]
mod tests;
