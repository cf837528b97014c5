//! Socket options of SCTP as the octets the kernel reads: `linux/sctp.h`, in native byte order where not said.

use std::io;
use std::net::{IpAddr, SocketAddr};

use socket2::Socket;

use super::sys::set_option;
use crate::SctpSettings;

// Names that are not in `libc`.
const SOCKOPT_BINDX_ADD: libc::c_int = 100;
const SOCKOPT_CONNECTX: libc::c_int = 110;
const REMOTE_UDP_ENCAPS_PORT: libc::c_int = 132;
const SPP_HB_ENABLE: u32 = 1;

/// Streams we ask for and take; only number 0 is used.
const STREAMS: u16 = 16;
/// `sctp_paddrparams`: packed, with an alignment of 4.
const PADDRPARAMS_BYTES: usize = 156;
/// `sctp_udpencaps`: plain C.
const UDPENCAPS_BYTES: usize = 144;

/// Puts the settings on a socket. Set on a listener they are inherited by what it accepts.
pub(super) fn apply(socket: &Socket, settings: &SctpSettings) -> io::Result<()> {
    set_option(socket, libc::SCTP_NODELAY, &1i32.to_ne_bytes())?;
    set_option(socket, libc::SCTP_RECVRCVINFO, &1i32.to_ne_bytes())?;
    // sctp_event_subscribe, an octet each: data, association, address, send failure, peer error, shutdown.
    set_option(socket, libc::SCTP_EVENTS, &[0, 1, 1, 0, 0, 0])?;
    let init = [STREAMS, STREAMS, settings.max_init_attempts, 0].map(u16::to_ne_bytes);
    set_option(socket, libc::SCTP_INITMSG, init.as_flattened())?;
    // Association 0 is every future one.
    let rto = [0, settings.rto_initial_ms, settings.rto_max_ms, settings.rto_min_ms].map(u32::to_ne_bytes);
    set_option(socket, libc::SCTP_RTOINFO, rto.as_flattened())?;
    set_option(socket, libc::SCTP_ASSOCINFO, &association_limits(settings))?;
    set_option(socket, libc::SCTP_PEER_ADDR_PARAMS, &path_limits(settings))?;
    if let Some(port) = settings.kernel_encapsulation_port {
        set_option(socket, REMOTE_UDP_ENCAPS_PORT, &encapsulation(port))?;
    }
    Ok(())
}

/// Binds to further addresses.
pub(super) fn bind_more(socket: &Socket, addresses: &[SocketAddr]) -> io::Result<()> {
    if !addresses.is_empty() {
        set_option(socket, SOCKOPT_BINDX_ADD, &packed(addresses))?;
    }
    Ok(())
}

/// Starts an association with a peer of several addresses.
pub(super) fn connect(socket: &Socket, addresses: &[SocketAddr]) -> io::Result<()> {
    set_option(socket, SOCKOPT_CONNECTX, &packed(addresses)).map(drop)
}

/// `sctp_assocparams`: id, retransmissions, destinations, windows, cookie life; zero leaves a value as it is.
fn association_limits(settings: &SctpSettings) -> [u8; 20] {
    let mut option = [0; 20];
    option[4..6].copy_from_slice(&settings.max_retransmissions.to_ne_bytes());
    option
}

/// `sctp_paddrparams`: id, address (none: all), heartbeat interval, path retransmissions, MTU, SACK delay, flags.
fn path_limits(settings: &SctpSettings) -> [u8; PADDRPARAMS_BYTES] {
    let mut option = [0; PADDRPARAMS_BYTES];
    option[132..136].copy_from_slice(&settings.heartbeat_ms.to_ne_bytes());
    option[136..138].copy_from_slice(&settings.path_max_retransmissions.to_ne_bytes());
    option[146..150].copy_from_slice(&SPP_HB_ENABLE.to_ne_bytes());
    option
}

/// `sctp_udpencaps`: id, address (none: all), port, most significant octet first.
fn encapsulation(port: u16) -> [u8; UDPENCAPS_BYTES] {
    let mut option = [0; UDPENCAPS_BYTES];
    option[136..138].copy_from_slice(&port.to_be_bytes());
    option
}

/// Addresses one after the other, each as `sockaddr_in` or `sockaddr_in6`.
fn packed(addresses: &[SocketAddr]) -> Vec<u8> {
    let mut packed = Vec::new();
    for address in addresses {
        let family = if address.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
        packed.extend((family as libc::sa_family_t).to_ne_bytes());
        packed.extend(address.port().to_be_bytes());
        match address {
            SocketAddr::V4(v4) => {
                packed.extend(v4.ip().octets());
                packed.extend([0; 8]);
            }
            SocketAddr::V6(v6) => {
                packed.extend(v6.flowinfo().to_be_bytes());
                packed.extend(v6.ip().octets());
                packed.extend(v6.scope_id().to_ne_bytes());
            }
        }
    }
    packed
}

/// The address in a `sockaddr_storage`.
pub(super) fn address(storage: &[u8]) -> Option<SocketAddr> {
    let family = i32::from(u16::from_ne_bytes(*storage.first_chunk()?));
    let port = u16::from_be_bytes(*storage.get(2..)?.first_chunk()?);
    let ip: IpAddr = match family {
        libc::AF_INET => storage.get(4..)?.first_chunk::<4>().copied()?.into(),
        libc::AF_INET6 => storage.get(8..)?.first_chunk::<16>().copied()?.into(),
        _ => return None,
    };
    Some(SocketAddr::new(ip.to_canonical(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_it_is_packed() {
        for text in ["192.0.2.7:29168", "[2001:db8::7]:29168"] {
            let one: SocketAddr = text.parse().unwrap();
            assert_eq!(address(&packed(&[one])), Some(one));
        }
        let both = packed(&["192.0.2.7:1".parse().unwrap(), "[2001:db8::7]:1".parse().unwrap()]);
        assert_eq!(both.len(), 16 + 28);
        assert_eq!(address(&[0; 128]), None);
    }
}
