//! The least time between two requests to one peer.

/// A peer's pace. Time is kept in microseconds, so that more than a thousand requests a second can be told apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    spacing_us: u64,
    next_us: u64,
}

impl Pace {
    /// So many requests a second; 0 is no limit.
    pub(crate) fn new(per_second: u32) -> Self {
        Self { spacing_us: 1_000_000_u64.checked_div(per_second.into()).unwrap_or(0), next_us: 0 }
    }

    /// The first millisecond in which the next request may go.
    pub(crate) fn next_ms(&self) -> u64 {
        self.next_us / 1000
    }

    /// Notes a request.
    pub(crate) fn note(&mut self, now_ms: u64) {
        if self.spacing_us > 0 {
            self.next_us = self.next_us.max(now_ms * 1000) + self.spacing_us;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holds_as_many_requests_as_the_pace_says() {
        for per_second in [1, 3, 7, 100, 999, 1000, 1001, 5000] {
            let mut pace = Pace::new(per_second);
            let mut sent = 0;
            for now_ms in 10_000..20_000 {
                while pace.next_ms() <= now_ms {
                    pace.note(now_ms);
                    sent += 1;
                }
            }
            assert!((per_second * 10..=per_second * 10 + 11).contains(&sent), "{per_second}: {sent}");
        }
    }

    #[test]
    fn no_pace_is_no_limit() {
        let mut pace = Pace::new(0);
        pace.note(5);
        assert_eq!(pace.next_ms(), 0);
    }
}
