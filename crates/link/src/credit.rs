//! Credit: what has come in and was not dropped yet is paid for, so that memory is bounded by what was granted.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What an event without octets costs, and the least a frame costs: about what the event itself occupies.
const EVENT_BYTES: u32 = 128;

/// The credit of one link.
#[derive(Debug, Clone)]
pub(crate) struct Credit {
    left: Arc<Semaphore>,
    granted: u32,
}

/// Credit taken; dropping it gives it back.
pub(crate) type Paid = OwnedSemaphorePermit;

impl Credit {
    pub(crate) fn new(granted: u32) -> Self {
        let granted = granted.max(EVENT_BYTES);
        Self { left: Arc::new(Semaphore::new(granted as usize)), granted }
    }

    /// Pays for an event of `bytes` octets, waiting until there is credit. One larger than all that was granted costs
    /// all of it: it comes through alone.
    pub(crate) async fn pay(&self, bytes: usize) -> Option<Paid> {
        self.left.clone().acquire_many_owned(self.price(bytes)).await.ok()
    }

    /// Pays if there is credit now.
    pub(crate) fn try_pay(&self, bytes: usize) -> Option<Paid> {
        self.left.clone().try_acquire_many_owned(self.price(bytes)).ok()
    }

    fn price(&self, bytes: usize) -> u32 {
        u32::try_from(bytes).unwrap_or(u32::MAX).clamp(EVENT_BYTES, self.granted)
    }
}
