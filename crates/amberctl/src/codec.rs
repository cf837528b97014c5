//! `amberctl encode` and `amberctl decode`: octets in hexadecimal and JSON, one PDU a line.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::arguments::{CodingArgs, DecodeArgs, Protocol};
use crate::capture;
use crate::failure::Failure;
use crate::lines;

mod fault;
mod unit;

use fault::Fault;

/// JSON lines to hexadecimal lines. A line that fails is told in its place, and the run goes on.
pub(crate) fn encode_lines(coding: &CodingArgs, out: &mut impl Write) -> Result<(), Failure> {
    each_line(coding.file.as_deref(), out, |_, line| encode(coding.protocol, line).map(hex::encode))
}

/// Hexadecimal lines to JSON lines. A line that fails is told in its place, and the run goes on.
pub(crate) fn decode_lines(arguments: &DecodeArgs, out: &mut impl Write) -> Result<(), Failure> {
    if let Some(capture) = &arguments.pcap {
        return capture::decode_file(capture, &arguments.ports, out);
    }
    let protocol = arguments.protocol.ok_or_else(|| Failure::usage("expected --protocol or --pcap"))?;
    each_line(arguments.file.as_deref(), out, |number, line| {
        let octets = octets(line)?;
        let words = match protocol {
            Protocol::Cbs => serde_json::to_value(unit::decode(arguments, &octets)?)?,
            _ => decode(protocol, &octets)?,
        };
        let words = words.to_string();
        compare(protocol, number, &octets, &words);
        Ok(words)
    })
}

/// The words of a PDU, or what is wrong with it and at which octet.
pub(crate) fn words(protocol: Protocol, octets: &[u8]) -> Result<Value, (String, Option<usize>)> {
    decode(protocol, octets).map_err(|fault| (fault.error, fault.offset))
}

fn each_line(
    file: Option<&Path>,
    out: &mut impl Write,
    convert: impl Fn(usize, &str) -> Result<String, Fault>,
) -> Result<(), Failure> {
    let mut input = lines::open(file)?;
    let (mut failed, mut number) = (false, 0);
    while let Some(line) = lines::next(&mut input)? {
        number += 1;
        match line.map_err(|error| Fault { error, offset: None }).and_then(|line| convert(number, &line)) {
            Ok(converted) => writeln!(out, "{converted}")?,
            Err(Fault { error, offset }) => {
                failed = true;
                writeln!(out, "{}", json!({"error": error, "offset": offset}))?;
            }
        }
    }
    if failed { Err(Failure::Told) } else { Ok(()) }
}

/// Says so where `encode` would not give these octets again: they hold something that the words do not say, such as an
/// unknown information element, or say it in an unusual way.
fn compare(protocol: Protocol, number: usize, octets: &[u8], words: &str) {
    if encode(protocol, words).is_ok_and(|again| again != octets) {
        eprintln!("amberctl: PDU {number}: encoding its words gives other octets than these");
    }
}

/// The octets of a PDU in the words of the golden vectors.
fn encode(protocol: Protocol, line: &str) -> Result<Vec<u8>, Fault> {
    let mut out = bytes::BytesMut::new();
    match protocol {
        Protocol::Sbcap => serde_json::from_str::<sbcap::Pdu>(line)?.encode(&mut out)?,
        Protocol::Cbsp => serde_json::from_str::<cbsp::Pdu>(line)?.encode(&mut out)?,
        Protocol::Sabp => serde_json::from_str::<sabp::Pdu>(line)?.encode(&mut out)?,
        Protocol::Ngap => serde_json::from_str::<ngap::Pdu>(line)?.encode(&mut out)?,
        Protocol::Cbs => return Ok(unit::encode(&serde_json::from_str(line)?)),
    }
    Ok(out.into())
}

/// The words of a PDU.
fn decode(protocol: Protocol, octets: &[u8]) -> Result<Value, Fault> {
    let pdu = match protocol {
        Protocol::Sbcap => serde_json::to_value(sbcap::Pdu::decode(octets)?.pdu),
        Protocol::Cbsp => serde_json::to_value(cbsp::Pdu::decode(octets)?),
        Protocol::Sabp => serde_json::to_value(sabp::Pdu::decode(octets)?.pdu),
        Protocol::Ngap => serde_json::to_value(ngap::Pdu::decode(octets)?.pdu),
        Protocol::Cbs => {
            let error = "expected --unit to say which part this is".to_owned();
            return Err(Fault { error, offset: None });
        }
    };
    Ok(pdu?)
}

/// A line of hexadecimal digits as octets.
fn octets(line: &str) -> Result<Vec<u8>, Fault> {
    let digits = line.len() / 2;
    hex::decode(line).map_err(|error| {
        let offset = match error {
            hex::FromHexError::InvalidHexCharacter { index, .. } => index / 2,
            _ => digits,
        };
        Fault { error: format!("expected hexadecimal octets: {error}"), offset: Some(offset) }
    })
}

#[cfg(test)]
mod tests;
