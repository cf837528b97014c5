//! SCTP of the Linux kernel.

/// Whether the running kernel has SCTP.
pub fn kernel_sctp_available() -> bool {
    false
}
