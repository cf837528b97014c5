//! What stands behind the socket, and who is in front of it.

use std::future::Future;

use tokio::sync::watch;

use crate::{Answer, Problem, Request};

/// The daemon, as the admin socket sees it.
pub trait Control: Clone + Send + Sync + 'static {
    /// Does what is asked, or says why not. Whether this caller may ask for it is decided here.
    fn ask(&self, caller: Caller, request: Request) -> impl Future<Output = Result<Answer, Problem>> + Send;

    /// A number that grows whenever anything that a view shows may have changed. Its end ends every watch.
    fn changed(&self) -> watch::Receiver<u64>;
}

/// Who asks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Caller {
    /// The user, as the kernel knows the other end of the socket (`SO_PEERCRED`).
    pub uid: u32,
    /// Its primary group.
    pub gid: u32,
    /// The officer that the caller says to be; only with [`Identity::AssertedForDemo`].
    pub asserted: Option<String>,
}

/// Whose word counts for who somebody is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Identity {
    /// The kernel's alone. A caller that asserts another identity is refused.
    #[default]
    Peer,
    /// The caller's, in the header `Amberd-Asserted-Officer`: so that one user can show two officers. Only the demo
    /// may build this.
    AssertedForDemo,
}
