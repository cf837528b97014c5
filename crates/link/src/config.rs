//! What a link is told: where to, how, and how much of everything.

use std::net::{IpAddr, SocketAddr};

use crate::{Framing, HttpSettings, LinkError, LinkId};

/// A link that dials its peer.
#[derive(Debug, Clone)]
pub struct DialConfig {
    /// The peer's name in logs.
    pub name: String,
    /// How to reach it.
    pub transport: Transport,
    /// The peer's addresses. Kernel SCTP uses all of them in one association; the others try them in turn. With
    /// UDP-encapsulated SCTP the port is the SCTP port.
    pub addresses: Vec<SocketAddr>,
    /// Local addresses to dial from; none leaves the choice to the system. Kernel SCTP binds to all of them, the
    /// others to the first of the right family.
    pub bind: Vec<SocketAddr>,
    /// How long one attempt may take, in milliseconds.
    pub connect_timeout_ms: u64,
    /// How long to wait between attempts.
    pub backoff: Backoff,
    /// The bounds of each connection.
    pub limits: Limits,
}

impl DialConfig {
    /// A link to `addresses` with the default time-outs and limits.
    pub fn new(name: impl Into<String>, transport: Transport, addresses: Vec<SocketAddr>) -> Self {
        Self {
            name: name.into(),
            transport,
            addresses,
            bind: Vec::new(),
            connect_timeout_ms: 5_000,
            backoff: Backoff::default(),
            limits: Limits::default(),
        }
    }
}

/// A socket that takes in peers that dial us.
#[derive(Debug, Clone)]
pub struct ListenConfig {
    /// The listener's name in logs.
    pub name: String,
    /// How the peers reach us.
    pub transport: Transport,
    /// Where to listen; kernel SCTP may take several addresses with one port, the others exactly one. With
    /// UDP-encapsulated SCTP the port is the SCTP port.
    pub bind: Vec<SocketAddr>,
    /// Who may come in.
    pub peers: Peers,
    /// Connections waiting to be accepted.
    pub backlog: u32,
    /// Connections open at once, refused ones included.
    pub max_connections: usize,
    /// The bounds of each connection.
    pub limits: Limits,
}

impl ListenConfig {
    /// A listener on one address with the default limits.
    pub fn new(name: impl Into<String>, transport: Transport, bind: SocketAddr, peers: Peers) -> Self {
        Self {
            name: name.into(),
            transport,
            bind: vec![bind],
            peers,
            backlog: 1024,
            max_connections: 4096,
            limits: Limits::default(),
        }
    }
}

/// Who may connect to a listener.
#[derive(Debug, Clone)]
pub enum Peers {
    /// Anybody; each connection gets the next link number, from this one upwards.
    Anybody {
        /// The number of the first connection.
        first: LinkId,
    },
    /// Only these, told apart by their source address. Everyone else is closed at once without an octet. A peer has
    /// one connection: a second one replaces the first, which is what a restarted peer needs.
    Known(Vec<(LinkId, Vec<IpAddr>)>),
}

/// How the octets travel.
#[derive(Debug, Clone)]
pub enum Transport {
    /// HTTP, over TLS but on loopback: a request is a frame, and so is its answer. Only to dial.
    Http(HttpSettings),
    /// A TCP stream, cut into frames.
    Tcp(Framing),
    /// SCTP of the Linux kernel; a frame is a message.
    KernelSctp(SctpSettings),
    /// SCTP in user space over UDP (RFC 6951); a frame is a message. For labs and closed tunnels only.
    UdpSctp {
        /// The association's settings.
        settings: SctpSettings,
        /// Our UDP port. A dialler takes a free one for `None`; a listener must be given one (9899 is assigned).
        local_port: Option<u16>,
        /// The peer's UDP port when dialling; a listener answers to where a packet came from.
        remote_port: u16,
    },
}

impl Transport {
    /// Refuses settings that cannot work.
    pub(crate) fn check(&self, addresses: &[SocketAddr]) -> Result<(), LinkError> {
        match self {
            Transport::Http(settings) => settings.check(addresses),
            Transport::Tcp(framing) => framing.check().map_err(LinkError::Config),
            Transport::KernelSctp(settings) | Transport::UdpSctp { settings, .. } => settings.check(),
        }
    }

    /// UDP-encapsulated SCTP between a free local port and the assigned port 9899.
    pub fn udp_sctp() -> Self {
        Transport::UdpSctp { settings: SctpSettings::default(), local_port: None, remote_port: 9899 }
    }
}

/// Settings of an SCTP association.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SctpSettings {
    /// The payload protocol identifier we send and expect: 24 for SBc-AP (TS 29.168 §4.1.2).
    pub ppid: u32,
    /// Also take messages with identifier 0, which some peers send for want of setting one.
    pub accept_ppid_zero: bool,
    /// How often an idle path is probed, in milliseconds; more than `rto_initial_ms`, or a lost probe would be
    /// overtaken by the next one before it counts.
    pub heartbeat_ms: u32,
    /// The retransmission time-out before a round trip was measured, in milliseconds.
    pub rto_initial_ms: u32,
    /// The shortest retransmission time-out, in milliseconds. It bounds how fast a path fails over.
    pub rto_min_ms: u32,
    /// The longest retransmission time-out, in milliseconds.
    pub rto_max_ms: u32,
    /// Losses in a row after which a path counts as down (kernel SCTP only).
    pub path_max_retransmissions: u16,
    /// Losses in a row after which the association is given up.
    pub max_retransmissions: u16,
    /// How often INIT is sent before an attempt counts as failed.
    pub max_init_attempts: u16,
    /// Kernel SCTP only: the peer's UDP port when the kernel itself encapsulates (RFC 6951). The kernel's own port is
    /// `sysctl net.sctp.udp_port`.
    pub kernel_encapsulation_port: Option<u16>,
}

impl SctpSettings {
    /// Whether a message with this payload protocol identifier is ours.
    pub(crate) fn accepts(&self, ppid: u32) -> bool {
        ppid == self.ppid || (ppid == 0 && self.accept_ppid_zero)
    }

    /// Refuses timers that cannot work together.
    pub(crate) fn check(&self) -> Result<(), LinkError> {
        let in_order = self.rto_min_ms <= self.rto_initial_ms
            && self.rto_initial_ms <= self.rto_max_ms
            && self.rto_initial_ms < self.heartbeat_ms;
        if in_order && self.rto_min_ms > 0 {
            return Ok(());
        }
        Err(LinkError::Config(format!(
            "SCTP timers must be 0 < rto_min_ms {} <= rto_initial_ms {} <= rto_max_ms {}, and heartbeat_ms {} above \
             rto_initial_ms",
            self.rto_min_ms, self.rto_initial_ms, self.rto_max_ms, self.heartbeat_ms
        )))
    }
}

impl Default for SctpSettings {
    fn default() -> Self {
        Self {
            ppid: 24,
            accept_ppid_zero: true,
            heartbeat_ms: 5_000,
            rto_initial_ms: 500,
            rto_min_ms: 300,
            rto_max_ms: 2_000,
            path_max_retransmissions: 2,
            max_retransmissions: 6,
            max_init_attempts: 4,
            kernel_encapsulation_port: None,
        }
    }
}

/// How long to wait before the next attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Backoff {
    /// The first wait, in milliseconds; each further one is twice as long.
    pub first_ms: u64,
    /// The longest wait, in milliseconds.
    pub max_ms: u64,
    /// How much of a wait may be taken off at random, 0 to 1, so that peers do not return in step.
    pub jitter: f64,
    /// A connection that lived this long, in milliseconds, was stable: the next wait is the first one again.
    pub stable_after_ms: u64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { first_ms: 500, max_ms: 30_000, jitter: 0.2, stable_after_ms: 10_000 }
    }
}

/// The bounds of one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The largest frame that may come in, in octets; a larger one ends the connection.
    pub max_frame_bytes: usize,
    /// Octets that may have come in and not been dropped by the consumer yet.
    pub inbound_bytes: u32,
    /// Frames that may wait to be sent.
    pub outbound_frames: usize,
    /// How long a graceful close may take before it turns into an abort, in milliseconds.
    pub close_timeout_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_frame_bytes: 1 << 20,
            inbound_bytes: 1 << 20,
            outbound_frames: 32,
            close_timeout_ms: 3_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_that_cannot_work_together_are_refused() {
        let default = SctpSettings::default();
        assert_eq!(default.check(), Ok(()));
        for wrong in [
            SctpSettings { rto_min_ms: 0, ..default.clone() },
            SctpSettings { rto_min_ms: 501, ..default.clone() },
            SctpSettings { rto_max_ms: 499, ..default.clone() },
            SctpSettings { heartbeat_ms: 500, ..default.clone() },
        ] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
    }
}
