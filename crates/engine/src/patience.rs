//! How long to wait before asking again.

/// How long to wait before asking again.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// After the first refusal or missing answer, in milliseconds; doubled each time.
    pub retry_first_ms: u64,
    /// The longest wait between two tries, in milliseconds.
    pub retry_max_ms: u64,
    /// For indications after an acceptance, in milliseconds, before the network is asked what is on.
    pub indication_ms: u64,
    /// For news, in milliseconds, before a network that tells only when it is asked is asked whether all is on still; 0:
    /// it is never asked so.
    pub audit_ms: u64,
}

/// Audits begin together, that often at most, in milliseconds: each looks at all that is open.
const AUDITS_MS: u64 = 10_000;

impl Patience {
    /// When to ask whether all is on still, if ever, in monotonic milliseconds.
    pub(crate) fn audit_at_ms(self, now_ms: u64) -> Option<u64> {
        (self.audit_ms > 0).then(|| (now_ms + self.audit_ms).next_multiple_of(AUDITS_MS))
    }

    /// How long to wait after so many tries in vain, in milliseconds.
    pub(crate) fn retry_ms(self, attempt: u32) -> u64 {
        self.retry_first_ms.saturating_mul(1 << attempt.min(20)).min(self.retry_max_ms)
    }
}
