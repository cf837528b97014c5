//! From a frame to what TCP or SCTP carries in it. Fragments of IP packets are passed over.

use std::net::{IpAddr, SocketAddr};

/// From whom to whom.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Flow {
    /// Who sends.
    pub source: SocketAddr,
    /// Who receives.
    pub destination: SocketAddr,
}

/// What a packet carries.
#[derive(Debug)]
pub(crate) enum Carried<'a> {
    Tcp(Segment<'a>),
    /// The chunks of an SCTP packet.
    Sctp(&'a [u8]),
}

/// A segment of TCP.
#[derive(Debug)]
pub(crate) struct Segment<'a> {
    pub(crate) sequence: u32,
    pub(crate) is_first: bool,
    pub(crate) octets: &'a [u8],
}

#[derive(Debug)]
pub(crate) struct Packet<'a> {
    pub(crate) flow: Flow,
    pub(crate) carried: Carried<'a>,
}

/// The packet in a frame of this link type, if it is one of TCP or SCTP.
pub(crate) fn read(link: u32, frame: &[u8]) -> Option<Packet<'_>> {
    let ip = match link {
        // Loopback of BSD: a protocol family of four octets.
        0 | 108 => frame.get(4..)?,
        1 => ethernet(frame.get(12..)?)?,
        12 | 14 | 101 | 228 | 229 => frame,
        // Linux cooked, versions 1 and 2.
        113 => ethernet(frame.get(14..)?)?,
        276 => frame.get(20..)?,
        _ => return None,
    };
    match ip.first()? >> 4 {
        4 => ipv4(ip),
        6 => ipv6(ip),
        _ => None,
    }
}

/// What follows the ether type, and VLAN tags before it.
fn ethernet(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        match rest {
            [0x08, 0x00, ip @ ..] | [0x86, 0xdd, ip @ ..] => return Some(ip),
            [0x81, 0x00, _, _, tagged @ ..] | [0x88, 0xa8, _, _, tagged @ ..] => rest = tagged,
            _ => return None,
        }
    }
}

fn ipv4(ip: &[u8]) -> Option<Packet<'_>> {
    let total = usize::from(u16_at(ip, 2)?);
    // Offload leaves a length of zero: then the frame says how long the packet is.
    let ip = if total == 0 { ip } else { ip.get(..total.min(ip.len()))? };
    if u16_at(ip, 6)? & 0x3fff != 0 {
        return None;
    }
    let (source, destination) = (ip.get(12..)?.first_chunk::<4>()?, ip.get(16..)?.first_chunk::<4>()?);
    let payload = ip.get(usize::from(ip[0] & 0x0f) * 4..)?;
    transport(ip[9], IpAddr::from(*source), IpAddr::from(*destination), payload)
}

fn ipv6(ip: &[u8]) -> Option<Packet<'_>> {
    let (source, destination) = (ip.get(8..)?.first_chunk::<16>()?, ip.get(24..)?.first_chunk::<16>()?);
    let length = usize::from(u16_at(ip, 4)?);
    let (mut next, mut rest) = (ip[6], ip.get(40..)?);
    rest = if length == 0 { rest } else { rest.get(..length.min(rest.len()))? };
    // Hop-by-hop options, routing, destination options.
    while matches!(next, 0 | 43 | 60) {
        let (header, length) = (*rest.first()?, 8 + 8 * usize::from(*rest.get(1)?));
        (next, rest) = (header, rest.get(length..)?);
    }
    transport(next, IpAddr::from(*source), IpAddr::from(*destination), rest)
}

fn transport(protocol: u8, source: IpAddr, destination: IpAddr, segment: &[u8]) -> Option<Packet<'_>> {
    let ports = (u16_at(segment, 0)?, u16_at(segment, 2)?);
    let carried = match protocol {
        6 => {
            let header = usize::from(segment.get(12)? >> 4) * 4;
            let sequence = u32::from_be_bytes(*segment.get(4..)?.first_chunk()?);
            let is_first = segment.get(13)? & 0x02 != 0;
            Carried::Tcp(Segment { sequence, is_first, octets: segment.get(header..)? })
        }
        // SCTP over UDP, at either end (RFC 6951).
        17 if ports.0 == 9_899 || ports.1 == 9_899 => {
            return transport(132, source, destination, segment.get(8..)?);
        }
        132 => Carried::Sctp(segment.get(12..)?),
        _ => return None,
    };
    let flow =
        Flow { source: SocketAddr::new(source, ports.0), destination: SocketAddr::new(destination, ports.1) };
    Some(Packet { flow, carried })
}

fn u16_at(octets: &[u8], at: usize) -> Option<u16> {
    octets.get(at..)?.first_chunk().map(|octets| u16::from_be_bytes(*octets))
}
