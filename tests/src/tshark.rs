//! Wireshark's dissectors as a second opinion on octets.

use std::path::Path;
use std::process::Command;

use crate::process::run;

/// Between the values of one field; nothing that a warning would say.
const BETWEEN: char = '~';

/// The fields of one frame, as they were asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Frame {
    /// Its number in the capture, from 1.
    pub number: usize,
    /// For each field asked for, its values in the order of the wire.
    pub values: Vec<Vec<String>>,
}

/// The fields of every frame of a capture that passes `filter`. Panics when tshark finds one malformed or has a complaint
/// about one. `decode_as` are rules such as `tcp.port==48050,cbsp`.
pub fn frames(capture: &Path, decode_as: &[String], filter: &str, fields: &[&str]) -> Vec<Frame> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(capture).args(["-Y", filter, "-T", "fields", "-E", "separator=/t"]);
    command.args(["-E", &format!("aggregator={BETWEEN}")]);
    // Two passes, so that what ends a reassembled message knows all of it.
    command.args(["-2", "-o", "sctp.reassembly:TRUE", "-o", "tcp.desegment_tcp_streams:TRUE"]);
    for rule in decode_as {
        command.args(["-d", rule]);
    }
    for field in ["frame.number", "_ws.malformed", "_ws.expert.message"].iter().chain(fields) {
        command.args(["-e", field]);
    }
    let ended = run(&mut command);
    assert_eq!(ended.code, Some(0), "tshark: {}", ended.err);
    let frames = ended.out.lines().map(|line| {
        let mut values = line.split('\t').map(values);
        let number = values.next().unwrap()[0].parse().unwrap();
        let complaints: Vec<String> = values.by_ref().take(2).flatten().collect();
        let complaints: Vec<&String> =
            complaints.iter().filter(|words| !NOISE.iter().any(|noise| words.contains(noise))).collect();
        assert!(complaints.is_empty(), "frame {number}: {complaints:?}");
        Frame { number, values: values.collect() }
    });
    frames.collect()
}

/// Remarks that are no complaint about the PDU: on how TCP goes, and on what was sent before the capture began.
const NOISE: &[&str] = &["Connection ", "ACK", "Window", "window"];

fn values(field: &str) -> Vec<String> {
    field.split(BETWEEN).filter(|value| !value.is_empty()).map(str::to_owned).collect()
}

/// The pages of a text joined, without what fills up a page. Tshark writes a carriage return as `\r`.
pub fn joined(pages: &[String]) -> String {
    pages.concat().replace("\\r", "").replace("\\n", "\n")
}
