//! Capture files of our own making: each PDU in an IP packet of its own, between ports of its own, so that no dissector
//! sees two of them as one stream.

use std::path::Path;

/// What carries the PDUs of a protocol.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Carrier {
    /// A TCP segment to this port.
    Tcp(u16),
    /// An SCTP DATA chunk to this port with this payload protocol identifier.
    Sctp(u16, u32),
}

/// A capture in the classic format of libpcap, link type RAW: IP packets.
#[derive(Debug)]
pub struct Pcap {
    octets: Vec<u8>,
    packets: u16,
}

impl Default for Pcap {
    fn default() -> Self {
        let mut octets = Vec::new();
        octets.extend(0xa1b2_c3d4_u32.to_be_bytes());
        octets.extend([0, 2, 0, 4]);
        octets.extend([0; 8]);
        octets.extend(u32::from(u16::MAX).to_be_bytes());
        octets.extend(101_u32.to_be_bytes());
        Self { octets, packets: 0 }
    }
}

impl Pcap {
    /// Adds a PDU. The frames of the capture are in this order, counted from 1.
    pub fn add(&mut self, carrier: Carrier, pdu: &[u8]) {
        self.packets += 1;
        let (protocol, segment) = match carrier {
            Carrier::Tcp(port) => (6, self.tcp(port, pdu)),
            Carrier::Sctp(port, ppid) => (132, self.sctp(port, ppid, pdu)),
        };
        let length = u16::try_from(20 + segment.len()).expect("a PDU that fits into one IP packet");
        let mut packet = vec![0x45, 0];
        packet.extend(length.to_be_bytes());
        // Identification, flags and offset; time to live, protocol; no checksum.
        packet.extend([0, 0, 0, 0, 64, protocol, 0, 0]);
        packet.extend([127, 0, 0, 1, 127, 0, 0, 2]);
        packet.extend(segment);
        self.octets.extend(u32::from(self.packets).to_be_bytes());
        self.octets.extend([0; 4]);
        self.octets.extend([u32::from(length).to_be_bytes(); 2].concat());
        self.octets.extend(packet);
    }

    /// Writes the file.
    pub fn write(&self, path: &Path) {
        std::fs::write(path, &self.octets).unwrap();
    }

    fn tcp(&self, port: u16, pdu: &[u8]) -> Vec<u8> {
        let mut segment = Vec::new();
        segment.extend((20_000 + self.packets).to_be_bytes());
        segment.extend(port.to_be_bytes());
        // Sequence and acknowledgement; five words of header, PSH and ACK; window; no checksum.
        segment.extend([0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 0x20, 0, 0, 0, 0, 0]);
        segment.extend(pdu);
        segment
    }

    fn sctp(&self, port: u16, ppid: u32, pdu: &[u8]) -> Vec<u8> {
        let length = u16::try_from(16 + pdu.len()).expect("a PDU that fits into one chunk");
        let mut segment = Vec::new();
        segment.extend((20_000 + self.packets).to_be_bytes());
        segment.extend(port.to_be_bytes());
        // Verification tag, no checksum; DATA, begin and end.
        segment.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 3]);
        segment.extend(length.to_be_bytes());
        segment.extend(u32::from(self.packets).to_be_bytes());
        segment.extend([0; 4]);
        segment.extend(ppid.to_be_bytes());
        segment.extend(pdu);
        segment.resize(segment.len().next_multiple_of(4), 0);
        segment
    }
}
