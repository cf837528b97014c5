//! The few octets of an SCTP packet (RFC 9260 §3) that are needed before an association is found.
//!
//! ```text
//!  0               2               4                       8              12
//! | source port   | dest. port    | verification tag      | CRC32c       | chunk type | flags | length | ...
//! ```

const INIT: u8 = 1;
const ABORT: u8 = 6;
const SHUTDOWN_ACK: u8 = 8;
const SHUTDOWN_COMPLETE: u8 = 14;
/// The T bit: the verification tag is the one received, for want of an association (§8.5.1).
const TAG_REFLECTED: u8 = 1;

/// A packet's common header and the type of its first chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) source_port: u16,
    pub(super) destination_port: u16,
    tag: [u8; 4],
    chunk: u8,
}

impl Header {
    pub(super) fn read(packet: &[u8]) -> Option<Self> {
        let header: &[u8; 16] = packet.first_chunk()?;
        Some(Self {
            source_port: u16::from_be_bytes([header[0], header[1]]),
            destination_port: u16::from_be_bytes([header[2], header[3]]),
            tag: [header[4], header[5], header[6], header[7]],
            chunk: header[12],
        })
    }

    /// Whether the packet asks for an association.
    pub(super) fn is_init(&self) -> bool {
        self.chunk == INIT
    }

    /// The answer to a packet of no association (§8.4): an ABORT, so that a peer of our last life need not wait for its
    /// timers, or what completes a shutdown of which we have forgotten the rest. Nothing is said to an ABORT or SHUTDOWN COMPLETE, nor to an INIT, which a peer will repeat.
    pub(super) fn out_of_the_blue(&self) -> Option<[u8; 16]> {
        if matches!(self.chunk, INIT | ABORT | SHUTDOWN_COMPLETE) {
            return None;
        }
        let mut packet = [0; 16];
        packet[0..2].copy_from_slice(&self.destination_port.to_be_bytes());
        packet[2..4].copy_from_slice(&self.source_port.to_be_bytes());
        packet[4..8].copy_from_slice(&self.tag);
        let answer = if self.chunk == SHUTDOWN_ACK { SHUTDOWN_COMPLETE } else { ABORT };
        packet[12..16].copy_from_slice(&[answer, TAG_REFLECTED, 0, 4]);
        let checksum = crc32c(&packet);
        packet[8..12].copy_from_slice(&checksum.to_le_bytes());
        Some(packet)
    }
}

/// CRC32c (RFC 9260 appendix A), bit by bit: it is only asked for 16 octets.
fn crc32c(octets: &[u8]) -> u32 {
    let fold = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
    !octets.iter().fold(!0, |crc, octet| (0..8).fold(crc ^ u32::from(*octet), fold))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(chunk: u8) -> [u8; 16] {
        [0x71, 0xf0, 0xc0, 0x01, 1, 2, 3, 4, 0, 0, 0, 0, chunk, 0, 0, 4]
    }

    #[test]
    fn crc32c_gives_the_catalogued_check_value() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn data_of_no_association_is_answered_with_a_reflected_abort() {
        let header = Header::read(&packet(0)).unwrap();
        let abort = header.out_of_the_blue().unwrap();
        assert_eq!(abort[..8], [0xc0, 0x01, 0x71, 0xf0, 1, 2, 3, 4]);
        assert_eq!(abort[12..], [6, 1, 0, 4]);
        assert_eq!(Header::read(&abort).unwrap().out_of_the_blue(), None, "an ABORT is never answered");
    }

    #[test]
    fn a_repeated_shutdown_ack_is_answered_with_shutdown_complete() {
        let complete = Header::read(&packet(8)).unwrap().out_of_the_blue().unwrap();
        assert_eq!(complete[12..], [14, 1, 0, 4]);
    }

    #[test]
    fn a_short_packet_is_no_packet() {
        assert_eq!(Header::read(&packet(1)[..15]), None);
        assert!(Header::read(&packet(1)).unwrap().is_init());
    }
}
