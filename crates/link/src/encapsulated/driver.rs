//! The thread of an endpoint: one UDP socket, its associations, their timers.

use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, warn};

use super::association::{Association, AssociationId, Route};
use super::packet::Header;
use super::{Commands, Seat};
use crate::wire::{End, Wire};
use crate::{Limits, SctpSettings};

/// What the rest of the program asks of the thread.
pub(super) enum Command {
    Dial { to: SocketAddr, local_port: u16, remote_port: u16, reply: oneshot::Sender<Result<Wire, String>> },
    Read { id: AssociationId, reply: oneshot::Sender<Result<Bytes, End>> },
    Write { id: AssociationId, frame: Bytes, reply: oneshot::Sender<Result<(), End>> },
    ShutDown { id: AssociationId },
    Leave { id: AssociationId },
}

/// What a listening endpoint needs.
pub(super) struct Passive {
    pub(super) port: u16,
    pub(super) max_associations: usize,
    pub(super) established: mpsc::Sender<Wire>,
}

/// How long a peer's INIT keeps a place before its COOKIE ECHO.
const HALF_OPEN: Duration = Duration::from_secs(5);
/// How often half-open places are looked over.
const SWEEP: Duration = Duration::from_secs(1);
/// SCTP ports to dial from.
const EPHEMERAL: std::ops::RangeInclusive<u16> = 49_152..=65_535;

pub(super) struct Driver {
    settings: SctpSettings,
    limits: Limits,
    passive: Option<Passive>,
    /// For the wires handed out; weak, so that the thread ends with its last user.
    commands: mpsc::WeakUnboundedSender<Command>,
    associations: HashMap<AssociationId, (Association, Phase)>,
    routes: HashMap<Route, AssociationId>,
    next_id: u64,
    next_port: u16,
}

/// Who learns that the association is up.
enum Phase {
    Dialled(oneshot::Sender<Result<Wire, String>>),
    HalfOpen,
    Up,
    /// Its wire is gone.
    Left,
}

impl Driver {
    pub(super) fn new(
        settings: SctpSettings,
        limits: Limits,
        passive: Option<Passive>,
        commands: mpsc::WeakUnboundedSender<Command>,
    ) -> Self {
        let (associations, routes) = (HashMap::new(), HashMap::new());
        // Not to come back on the port of our last life, which the peer would take for a restart.
        let offset = std::process::id() as u16 % (EPHEMERAL.end() - EPHEMERAL.start());
        let next_port = EPHEMERAL.start() + offset;
        Self { settings, limits, passive, commands, associations, routes, next_id: 0, next_port }
    }

    pub(super) async fn run(mut self, socket: UdpSocket, mut asked: mpsc::UnboundedReceiver<Command>) {
        let socket = match tokio::net::UdpSocket::from_std(socket) {
            Ok(socket) => socket,
            Err(error) => return warn!(%error, "UDP socket"),
        };
        let mut sweep = tokio::time::interval(SWEEP);
        let mut datagram = vec![0; usize::from(u16::MAX)];
        loop {
            let wakeup = self.associations.values().filter_map(|(association, _)| association.wakeup()).min();
            let touched = tokio::select! {
                command = asked.recv() => match command {
                    Some(command) => self.command(command),
                    None => return,
                },
                received = socket.recv_from(&mut datagram) => match received {
                    Ok((bytes, from)) => self.packet(&socket, from, &datagram[..bytes]).await,
                    // An ICMP error of some earlier packet; whose it was cannot be told.
                    Err(error) => {
                        debug!(%error, "UDP");
                        None
                    }
                },
                () = sleep_until(wakeup) => {
                    self.tick(&socket).await;
                    None
                }
                _ = sweep.tick() => {
                    self.sweep();
                    None
                }
            };
            if let Some(id) = touched {
                self.settle(&socket, id).await;
            }
        }
    }

    /// Does what is asked; the association it touched.
    fn command(&mut self, command: Command) -> Option<AssociationId> {
        match command {
            Command::Dial { to, local_port, remote_port, reply } => {
                self.sweep();
                let local_port = if local_port == 0 { self.free_port() } else { local_port };
                let route = Route { udp: to, remote_port, local_port };
                if self.routes.contains_key(&route) {
                    let _ = reply.send(Err(format!("SCTP port {local_port} is in use")));
                    return None;
                }
                let id = self.add(route, Phase::Dialled(reply));
                self.with(id, Association::connect)
            }
            Command::Read { id, reply } => self.with(id, |association| association.read(reply)),
            Command::Write { id, frame, reply } => {
                self.with(id, |association| association.write(frame, reply))
            }
            Command::ShutDown { id } => self.with(id, Association::shut_down),
            Command::Leave { id } => {
                let (association, phase) = self.associations.get_mut(&id)?;
                association.abort();
                *phase = Phase::Left;
                Some(id)
            }
        }
    }

    fn with(&mut self, id: AssociationId, work: impl FnOnce(&mut Association)) -> Option<AssociationId> {
        let (association, _) = self.associations.get_mut(&id)?;
        work(association);
        Some(id)
    }

    async fn packet(
        &mut self,
        socket: &tokio::net::UdpSocket,
        from: SocketAddr,
        packet: &[u8],
    ) -> Option<AssociationId> {
        let header = Header::read(packet)?;
        let route = Route { udp: from, remote_port: header.source_port, local_port: header.destination_port };
        let id = match self.routes.get(&route) {
            Some(id) => *id,
            None if header.is_init() && self.takes_in(header.destination_port) => {
                self.add(route, Phase::HalfOpen)
            }
            None => {
                if let Some(abort) = header.out_of_the_blue() {
                    let _ = socket.send_to(&abort, from).await;
                }
                return None;
            }
        };
        self.with(id, |association| association.packet(packet))
    }

    fn takes_in(&self, port: u16) -> bool {
        let Some(passive) = &self.passive else { return false };
        passive.port == port && self.associations.len() < passive.max_associations
    }

    fn add(&mut self, route: Route, phase: Phase) -> AssociationId {
        let id = AssociationId(self.next_id);
        self.next_id += 1;
        self.routes.insert(route, id);
        self.associations.insert(id, (Association::new(route, &self.settings, &self.limits), phase));
        id
    }

    fn remove(&mut self, id: AssociationId) {
        let Some((association, _)) = self.associations.remove(&id) else { return };
        if self.routes.get(&association.route) == Some(&id) {
            self.routes.remove(&association.route);
        }
    }

    fn free_port(&mut self) -> u16 {
        let port = self.next_port;
        self.next_port = if port == *EPHEMERAL.end() { *EPHEMERAL.start() } else { port + 1 };
        port
    }

    async fn tick(&mut self, socket: &tokio::net::UdpSocket) {
        let now = Instant::now();
        let is_due = |association: &Association| association.wakeup().is_some_and(|at| at <= now);
        let due: Vec<AssociationId> =
            self.associations.iter().filter(|(_, (a, _))| is_due(a)).map(|(id, _)| *id).collect();
        for id in due {
            self.with(id, Association::tick);
            self.settle(socket, id).await;
        }
    }

    fn sweep(&mut self) {
        let is_stale = |association: &Association, phase: &Phase| match phase {
            Phase::HalfOpen => association.age() > HALF_OPEN,
            Phase::Dialled(reply) => reply.is_closed(),
            Phase::Up | Phase::Left => false,
        };
        let stale: Vec<AssociationId> = self
            .associations
            .iter()
            .filter(|(_, (a, phase))| is_stale(a, phase))
            .map(|(id, _)| *id)
            .collect();
        stale.into_iter().for_each(|id| self.remove(id));
    }

    /// Sends what an association has to send and tells who waits for it.
    async fn settle(&mut self, socket: &tokio::net::UdpSocket, id: AssociationId) {
        let Some((association, phase)) = self.associations.get_mut(&id) else { return };
        let output = association.settle();
        for packet in output.packets {
            // A packet that cannot be sent is a lost one; the stack's timers see to it.
            let _ = socket.send_to(&packet, association.route.udp).await;
        }
        let peer = SocketAddr::new(association.route.udp.ip(), association.route.remote_port);
        let ended = association.end().cloned();
        if ended.is_some() && self.routes.get(&association.route) == Some(&id) {
            // Its peer may come again from the same ports before our side has left.
            self.routes.remove(&association.route);
        }
        let is_over = match (std::mem::replace(phase, Phase::Up), ended) {
            (Phase::Left, _) => true,
            (Phase::Dialled(reply), Some(end)) => {
                let _ = reply.send(Err(end.reason()));
                true
            }
            (Phase::HalfOpen, Some(_)) => true,
            (waiting, None) if !output.established => {
                *phase = waiting;
                false
            }
            (Phase::Dialled(reply), None) => {
                let wire = self.wire(id, peer);
                wire.is_none_or(|wire| reply.send(Ok(wire)).is_err())
            }
            (Phase::HalfOpen, None) => {
                // A full queue refuses: dropping the wire aborts the association.
                let wire = self.wire(id, peer);
                if let (Some(wire), Some(passive)) = (wire, &self.passive) {
                    let _ = passive.established.try_send(wire);
                }
                false
            }
            (Phase::Up, _) => false,
        };
        if is_over {
            self.remove(id);
        }
    }

    fn wire(&self, id: AssociationId, peer: SocketAddr) -> Option<Wire> {
        let commands: Commands = self.commands.upgrade()?;
        Some(Seat::wire(id, peer, commands))
    }
}

async fn sleep_until(wakeup: Option<Instant>) {
    match wakeup {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
