//! Notifications of the kernel (RFC 6458 §6), as far as they say something about a connection.

use std::net::SocketAddr;

use super::options::address;

const ASSOC_CHANGE: u16 = 0x8001;
const PEER_ADDR_CHANGE: u16 = 0x8002;

/// What a notification says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notification {
    /// The association ended in order.
    ShutDown,
    /// It was aborted, or given up as unreachable.
    Lost,
    /// The peer restarted it.
    Restarted,
    /// A path changed.
    Path { address: SocketAddr, reachable: bool },
    /// Nothing of interest.
    Other,
}

impl Notification {
    /// Reads `sctp_assoc_change` (type 2, flags 2, length 4, state 2, ...) and `sctp_paddr_change` (type 2, flags 2,
    /// length 4, address 128, state 4, ...), in native byte order.
    pub(super) fn read(octets: &[u8]) -> Self {
        let u16_at = |at: usize| octets.get(at..at + 2).map(|two| u16::from_ne_bytes([two[0], two[1]]));
        match (u16_at(0), u16_at(8)) {
            // COMM_LOST, RESTART, SHUTDOWN_COMP, CANT_STR_ASSOC
            (Some(ASSOC_CHANGE), Some(1 | 4)) => Notification::Lost,
            (Some(ASSOC_CHANGE), Some(2)) => Notification::Restarted,
            (Some(ASSOC_CHANGE), Some(3)) => Notification::ShutDown,
            (Some(PEER_ADDR_CHANGE), _) => Self::path(octets).unwrap_or(Notification::Other),
            _ => Notification::Other,
        }
    }

    fn path(octets: &[u8]) -> Option<Self> {
        let address = address(octets.get(8..136)?)?;
        // ADDR_AVAILABLE, ADDR_UNREACHABLE; the others come before a path carries anything or say what we told it.
        match u32::from_ne_bytes(*octets.get(136..)?.first_chunk()?) {
            0 => Some(Notification::Path { address, reachable: true }),
            1 => Some(Notification::Path { address, reachable: false }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_or_unknown_says_nothing() {
        let restart = [&ASSOC_CHANGE.to_ne_bytes()[..], &[0; 6], &2u16.to_ne_bytes()].concat();
        assert_eq!(Notification::read(&restart), Notification::Restarted);
        for octets in [&[][..], &[1], &restart[..9], &PEER_ADDR_CHANGE.to_ne_bytes(), &[0xff; 200]] {
            assert_eq!(Notification::read(octets), Notification::Other);
        }
    }
}
