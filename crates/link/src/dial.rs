//! A link that dials.

use tokio::runtime::Handle;

use crate::{DialConfig, LinkError, LinkId, Sink};

/// A link that dials its peer until it is stopped or dropped.
#[derive(Debug)]
pub struct Link {}

impl Link {
    /// Checks the settings and starts dialling on `runtime`.
    pub fn dial(id: LinkId, config: DialConfig, sink: Sink, runtime: &Handle) -> Result<Self, LinkError> {
        let _ = (id, config, sink, runtime);
        Ok(Self {})
    }

    /// Closes the connection gracefully and dials no more. `Down` is still reported.
    pub fn stop(&self) {}
}
