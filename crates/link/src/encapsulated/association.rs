//! One association: the stack's object and whoever waits for it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use dcsctp::api::{
    DcSctpSocket, Message, Options, PpId, SendOptions, SocketEvent, SocketState, SocketTime, StreamId,
};
use tokio::sync::oneshot;
use tracing::{debug, warn};

use crate::wire::End;
use crate::{Limits, SctpSettings};

/// Names an association on its endpoint's thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct AssociationId(pub(super) u64);

/// What tells the associations of one UDP socket apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Route {
    pub(super) udp: SocketAddr,
    pub(super) remote_port: u16,
    pub(super) local_port: u16,
}

/// Octets the stack may hold for sending before a writer has to wait.
const SEND_BUFFER_BYTES: usize = 256 * 1024;
/// Octets of an SCTP packet: what an Ethernet frame leaves after IP and UDP, with room for a tunnel.
const PACKET_BYTES: usize = 1_400;
/// How long COOKIE ECHO and SHUTDOWN wait before they are sent again.
const HANDSHAKE_RETRY: Duration = Duration::from_millis(500);

/// An association and the halves of its wire that wait for it.
pub(super) struct Association {
    pub(super) route: Route,
    socket: Box<dyn DcSctpSocket>,
    born: Instant,
    settings: SctpSettings,
    limits: Limits,
    /// What arrived before the peer shut down; the stack forgets it when it closes.
    backlog: VecDeque<Message>,
    reading: Option<oneshot::Sender<Result<Bytes, End>>>,
    writing: Option<(Bytes, oneshot::Sender<Result<(), End>>)>,
    restarted: bool,
    ended: Option<End>,
}

/// What the endpoint has to do after the association was fed.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) packets: Vec<Vec<u8>>,
    pub(super) established: bool,
}

impl Association {
    pub(super) fn new(route: Route, settings: &SctpSettings, limits: &Limits) -> Self {
        let socket = dcsctp::new_socket("link", &options(route, settings, limits));
        Self {
            route,
            socket,
            born: Instant::now(),
            settings: settings.clone(),
            limits: limits.clone(),
            backlog: VecDeque::new(),
            reading: None,
            writing: None,
            restarted: false,
            ended: None,
        }
    }

    pub(super) fn connect(&mut self) {
        self.tick();
        self.socket.connect();
    }

    pub(super) fn packet(&mut self, packet: &[u8]) {
        self.tick();
        self.socket.handle_input(packet);
    }

    pub(super) fn read(&mut self, reply: oneshot::Sender<Result<Bytes, End>>) {
        self.tick();
        self.reading = Some(reply);
    }

    pub(super) fn write(&mut self, frame: Bytes, reply: oneshot::Sender<Result<(), End>>) {
        self.tick();
        self.writing = Some((frame, reply));
    }

    pub(super) fn shut_down(&mut self) {
        self.tick();
        self.socket.shutdown();
    }

    /// ABORT, unless it has ended already.
    pub(super) fn abort(&mut self) {
        self.socket.close();
    }

    /// Lets the stack's timers run.
    pub(super) fn tick(&mut self) {
        self.socket.advance_time(SocketTime::zero() + self.born.elapsed());
    }

    /// When the stack's next timer is due.
    pub(super) fn wakeup(&self) -> Option<Instant> {
        let due = self.socket.poll_timeout();
        (due != SocketTime::infinite_future())
            .then(|| due - SocketTime::zero())
            .and_then(|t| self.born.checked_add(t))
    }

    pub(super) fn end(&self) -> Option<&End> {
        self.ended.as_ref()
    }

    pub(super) fn age(&self) -> Duration {
        self.born.elapsed()
    }

    /// Takes what the stack has to say and serves whoever waits. To be called after every other call.
    pub(super) fn settle(&mut self) -> Output {
        let mut output = Output::default();
        self.take_events(&mut output);
        if self.restarted {
            self.tell_of_restart();
        }
        self.serve_writer();
        // Sending makes packets at once, and fetching a message may open the window.
        self.serve_reader();
        self.take_events(&mut output);
        output
    }

    fn take_events(&mut self, output: &mut Output) {
        while let Some(event) = self.socket.poll_event() {
            match event {
                SocketEvent::SendPacket(packet) => output.packets.push(packet),
                SocketEvent::OnConnected() => output.established = true,
                SocketEvent::OnConnectionRestarted() => self.restarted = true,
                SocketEvent::OnClosed() => self.ended = Some(End::Closed),
                SocketEvent::OnAborted(kind, text) => {
                    self.ended = Some(End::Failed(format!("the association was aborted: {kind:?} {text}")));
                }
                SocketEvent::OnError(kind, text) => debug!(route = ?self.route, ?kind, text, "SCTP"),
                _ => {}
            }
        }
        if self.socket.state() == SocketState::ShuttingDown {
            self.backlog.extend(std::iter::from_fn(|| self.socket.get_next_message()));
        }
    }

    /// Tells both halves, so that nothing of the new association can reach a half of the old one.
    fn tell_of_restart(&mut self) {
        let reader = self.reading.take().is_some_and(|reply| reply.send(Err(End::Restarted)).is_ok());
        let writer = self.writing.take().is_some_and(|(_, reply)| reply.send(Err(End::Restarted)).is_ok());
        self.restarted &= !(reader || writer);
    }

    fn serve_reader(&mut self) {
        while let Some(reply) = self.reading.take_if(|reply| !reply.is_closed()) {
            let message = self.backlog.pop_front().or_else(|| self.socket.get_next_message());
            let result = match (message, &self.ended) {
                (Some(message), _) if message.payload.len() > self.limits.max_frame_bytes => {
                    Err(End::too_large(message.payload.len(), self.limits.max_frame_bytes))
                }
                (Some(message), _) if self.settings.accepts(message.ppid.0) => Ok(message.payload.into()),
                (Some(message), _) => {
                    warn!(route = ?self.route, ppid = message.ppid.0, "message of another protocol dropped");
                    self.reading = Some(reply);
                    continue;
                }
                (None, Some(end)) => Err(end.clone()),
                (None, None) => {
                    self.reading = Some(reply);
                    return;
                }
            };
            let _ = reply.send(result);
        }
    }

    fn serve_writer(&mut self) {
        let Some((frame, reply)) = self.writing.take() else { return };
        if let Some(end) = &self.ended {
            let _ = reply.send(Err(end.clone()));
            return;
        }
        if self.socket.buffered_amount(STREAM) > SEND_BUFFER_BYTES {
            self.writing = Some((frame, reply));
            return;
        }
        let message = Message::new(STREAM, PpId(self.settings.ppid), frame.into());
        let sent = self.socket.send(message, &SendOptions::default());
        let _ = reply.send(sent.map_err(|error| End::Failed(error.to_string())));
    }
}

/// Everything goes out in order on stream 0; what comes in is taken from any stream (TS 29.168 asks for no more).
const STREAM: StreamId = StreamId(0);

fn options(route: Route, settings: &SctpSettings, limits: &Limits) -> Options {
    let ms = |ms: u32| Duration::from_millis(ms.into());
    let largest = limits.max_frame_bytes;
    Options {
        local_port: route.local_port,
        remote_port: route.remote_port,
        announced_maximum_incoming_streams: 16,
        announced_maximum_outgoing_streams: 16,
        mtu: PACKET_BYTES,
        max_message_size: largest,
        // The window has to hold the largest message whole, and a started one beside it.
        max_receiver_window_buffer_size: 2 * largest + SEND_BUFFER_BYTES,
        max_send_buffer_size: 2 * SEND_BUFFER_BYTES + largest,
        per_stream_send_queue_limit: 2 * SEND_BUFFER_BYTES + largest,
        total_buffered_amount_low_threshold: SEND_BUFFER_BYTES,
        default_stream_buffered_amount_low_threshold: SEND_BUFFER_BYTES,
        rto_initial: ms(settings.rto_initial_ms),
        rto_min: ms(settings.rto_min_ms),
        rto_max: ms(settings.rto_max_ms),
        t1_init_timeout: ms(settings.rto_initial_ms),
        t1_cookie_timeout: HANDSHAKE_RETRY,
        t2_shutdown_timeout: HANDSHAKE_RETRY,
        max_timer_backoff_duration: Some(ms(settings.rto_max_ms)),
        heartbeat_interval: ms(settings.heartbeat_ms),
        max_retransmissions: Some(settings.max_retransmissions.into()),
        max_init_retransmits: Some(settings.max_init_attempts.into()),
        enable_partial_reliability: false,
        enable_message_interleaving: false,
        disable_checksum_verification: false,
        ..Options::default()
    }
}
