//! A socket that takes in peers.

use std::net::SocketAddr;

use tokio::runtime::Handle;

use crate::{LinkError, LinkId, ListenConfig, Sink};

/// A listening socket; its connections end with it.
#[derive(Debug)]
pub struct Listener {}

impl Listener {
    /// Binds now, so that a port in use is an error here, and accepts on `runtime`. `id` is the number under which
    /// `Refused` is reported.
    pub fn bind(id: LinkId, config: ListenConfig, sink: Sink, runtime: &Handle) -> Result<Self, LinkError> {
        let _ = (id, config, sink, runtime);
        Ok(Self {})
    }

    /// The address it listens on; for port 0 the one the system chose.
    pub fn local_address(&self) -> SocketAddr {
        SocketAddr::from(([0, 0, 0, 0], 0))
    }

    /// Accepts no more and closes every connection gracefully.
    pub fn stop(&self) {}
}
