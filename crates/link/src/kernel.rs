//! SCTP of the Linux kernel.
use crate::wire::*;
use crate::*;
use std::io;
use std::net::SocketAddr;

/// Whether the running kernel has SCTP.
pub fn kernel_sctp_available() -> bool {
    false
}
pub(crate) async fn connect(
    a: &[SocketAddr],
    b: &[SocketAddr],
    s: &SctpSettings,
    l: &Limits,
) -> Result<Wire, LinkError> {
    Err(LinkError::NoKernelSctp)
}
pub(crate) struct Listener;
pub(crate) fn listen(b: &[SocketAddr], k: u32, s: &SctpSettings) -> Result<Listener, LinkError> {
    Err(LinkError::NoKernelSctp)
}
impl Listener {
    pub(crate) fn local_address(&self) -> Result<SocketAddr, LinkError> {
        Err(LinkError::NoKernelSctp)
    }
    pub(crate) async fn accept(&self, limits: &Limits) -> io::Result<Wire> {
        Err(io::Error::other(""))
    }
}
pub(crate) struct Reader;
impl Reader {
    pub(crate) async fn read(&mut self) -> Result<Inbound, End> {
        Err(End::Closed)
    }
}
pub(crate) struct Writer;
impl Writer {
    pub(crate) async fn write(&mut self, f: &[u8]) -> Result<(), End> {
        Err(End::Closed)
    }
    pub(crate) fn shut_down(&mut self) {}
    pub(crate) fn abort(&mut self) {}
}
