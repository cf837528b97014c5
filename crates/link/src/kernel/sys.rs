//! The system calls std and socket2 do not offer for SCTP (RFC 6458), and nothing else: the only unsafe code here.
#![allow(unsafe_code)]

use std::io;
use std::mem::size_of;
use std::os::fd::AsRawFd;

use socket2::Socket;
use tokio::io::unix::AsyncFd;

/// Hands a socket to tokio's readiness.
pub(super) fn register(socket: Socket) -> io::Result<AsyncFd<Socket>> {
    // SAFETY: a `Socket` owns its descriptor, which stays open and the same until the `Socket` is dropped, and the
    // `AsyncFd` owns the `Socket` and gives out shared references only.
    unsafe { AsyncFd::register(socket) }.map_err(|error| error.into_parts().1)
}

/// `setsockopt` on the level of SCTP. The result is the call's own: an association for `SCTP_SOCKOPT_CONNECTX`.
pub(super) fn set_option(socket: &Socket, name: libc::c_int, value: &[u8]) -> io::Result<libc::c_int> {
    let length = libc::socklen_t::try_from(value.len()).map_err(io::Error::other)?;
    // SAFETY: the kernel reads `length` octets from `value`, which outlives the call; the descriptor is open because
    // `socket` is borrowed.
    check(i64::from(unsafe {
        libc::setsockopt(socket.as_raw_fd(), libc::IPPROTO_SCTP, name, value.as_ptr().cast(), length)
    }))
    .map(|result| result as libc::c_int)
}

/// Sends one whole message with its SCTP_SNDINFO.
pub(super) fn send(socket: &Socket, message: &[u8], info: &libc::sctp_sndinfo) -> io::Result<usize> {
    let mut control = Control::default();
    let mut octets = libc::iovec { iov_base: message.as_ptr().cast_mut().cast(), iov_len: message.len() };
    // SAFETY: `msghdr` is plain data for which zero is a valid value.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = &raw mut octets;
    header.msg_iovlen = 1;
    header.msg_control = (&raw mut control).cast();
    header.msg_controllen = SNDINFO_SPACE as _;
    // SAFETY: `header` points to a control buffer aligned for `cmsghdr` with room for one SCTP_SNDINFO (asserted
    // beside `Control`), so that CMSG_FIRSTHDR is not null and header and data may be written.
    unsafe {
        let first = libc::CMSG_FIRSTHDR(&raw const header);
        (*first).cmsg_level = libc::IPPROTO_SCTP;
        (*first).cmsg_type = libc::SCTP_SNDINFO;
        (*first).cmsg_len = libc::CMSG_LEN(SNDINFO_BYTES) as _;
        libc::CMSG_DATA(first).cast::<libc::sctp_sndinfo>().write_unaligned(*info);
    }
    // SAFETY: every pointer in `header` is to a local or to `message`, which outlive the call; the kernel does not
    // write through `msg_iov` of a send.
    let sent = unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const header, libc::MSG_NOSIGNAL) };
    check(sent as i64)
}

/// What one `recvmsg` brought.
pub(super) struct Received {
    /// Octets in the buffer.
    pub(super) bytes: usize,
    /// Whether they end a message or notification.
    pub(super) is_end: bool,
    /// Whether they are of a notification.
    pub(super) is_notification: bool,
    /// The payload protocol identifier, when SCTP_RCVINFO came with it.
    pub(super) ppid: Option<u32>,
}

/// Receives a part of a message or notification.
pub(super) fn receive(socket: &Socket, buffer: &mut [u8]) -> io::Result<Received> {
    let mut control = Control::default();
    let mut octets = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    // SAFETY: `msghdr` is plain data for which zero is a valid value.
    let mut header: libc::msghdr = unsafe { std::mem::zeroed() };
    header.msg_iov = &raw mut octets;
    header.msg_iovlen = 1;
    header.msg_control = (&raw mut control).cast();
    header.msg_controllen = size_of::<Control>() as _;
    // SAFETY: every pointer in `header` is to a local or to `buffer`, exclusively borrowed, with the length of each.
    let bytes = check(unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut header, 0) } as i64)?;
    let mut ppid = None;
    // SAFETY: the kernel filled `control` and set `msg_controllen`; the CMSG macros stay within it. The data of an
    // SCTP_RCVINFO is as long as its structure, which the length is checked for before it is read, unaligned.
    unsafe {
        let mut next = libc::CMSG_FIRSTHDR(&raw const header);
        while !next.is_null() {
            let wanted = libc::CMSG_LEN(size_of::<libc::sctp_rcvinfo>() as u32) as usize;
            let is_info = (*next).cmsg_level == libc::IPPROTO_SCTP && (*next).cmsg_type == libc::SCTP_RCVINFO;
            if is_info && (*next).cmsg_len as usize >= wanted {
                let info = libc::CMSG_DATA(next).cast::<libc::sctp_rcvinfo>().read_unaligned();
                ppid = Some(u32::from_be(info.rcv_ppid));
            }
            next = libc::CMSG_NXTHDR(&raw const header, next);
        }
    }
    let has = |flag: libc::c_int| header.msg_flags & flag != 0;
    Ok(Received { bytes, is_end: has(libc::MSG_EOR), is_notification: has(libc::MSG_NOTIFICATION), ppid })
}

const SNDINFO_BYTES: u32 = size_of::<libc::sctp_sndinfo>() as u32;
// SAFETY: pure arithmetic.
const SNDINFO_SPACE: usize = unsafe { libc::CMSG_SPACE(SNDINFO_BYTES) } as usize;

/// A control buffer, with room for more than we ask the kernel to send along.
#[repr(C, align(8))]
struct Control([u8; 128]);

const _: () = assert!(SNDINFO_SPACE <= size_of::<Control>());
const _: () = assert!(align_of::<libc::cmsghdr>() <= align_of::<Control>());

impl Default for Control {
    fn default() -> Self {
        Self([0; 128])
    }
}

fn check(result: i64) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::last_os_error())
}
