//! When to try again: pure, so that it can be tested without waiting.

use crate::Backoff;

/// Short-lived connections in a row that make a link flap.
const FLAPPING_LOSSES: u32 = 3;

/// The back-off of one link. Waits double from the first to the longest and start over after a stable connection.
#[derive(Debug)]
pub(crate) struct Pause {
    settings: Backoff,
    attempts: u32,
    losses: u32,
    random: u64,
}

impl Pause {
    /// `seed` only has to differ between links.
    pub(crate) fn new(settings: Backoff, seed: u64) -> Self {
        Self { settings, attempts: 0, losses: 0, random: seed | 1 }
    }

    /// The wait before the next attempt, in milliseconds.
    pub(crate) fn next_ms(&mut self) -> u64 {
        let doubled = self.settings.first_ms.saturating_mul(1 << self.attempts.min(32));
        self.attempts = self.attempts.saturating_add(1);
        let whole = doubled.min(self.settings.max_ms);
        let taken_off = self.settings.jitter.clamp(0.0, 1.0) * self.next_fraction();
        whole - (whole as f64 * taken_off) as u64
    }

    /// Notes that a connection lasted `lived_ms`. The number of losses in a row when they become flapping: once.
    pub(crate) fn lost(&mut self, lived_ms: u64) -> Option<u32> {
        if lived_ms >= self.settings.stable_after_ms {
            self.attempts = 0;
            self.losses = 0;
            return None;
        }
        self.losses = self.losses.saturating_add(1);
        (self.losses == FLAPPING_LOSSES).then_some(self.losses)
    }

    /// xorshift64: peers must not return in step, nothing more is asked of it.
    fn next_fraction(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn steady() -> Backoff {
        Backoff { jitter: 0.0, ..Backoff::default() }
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let mut pause = Pause::new(steady(), 7);
        let waits: Vec<u64> = (0..9).map(|_| pause.next_ms()).collect();
        assert_eq!(waits, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    }

    #[test]
    fn a_stable_connection_starts_over_and_a_short_one_does_not() {
        let mut pause = Pause::new(steady(), 7);
        assert_eq!((pause.next_ms(), pause.next_ms()), (500, 1_000));
        pause.lost(9_999);
        assert_eq!(pause.next_ms(), 2_000);
        pause.lost(10_000);
        assert_eq!(pause.next_ms(), 500);
    }

    #[test]
    fn flapping_is_said_once_until_the_link_was_stable() {
        let mut pause = Pause::new(steady(), 7);
        let said: Vec<Option<u32>> = (0..20).map(|_| pause.lost(100)).collect();
        assert_eq!(said.iter().flatten().collect::<Vec<_>>(), [&3]);
        assert_eq!(pause.lost(60_000), None);
        assert_eq!((pause.lost(1), pause.lost(1), pause.lost(1)), (None, None, Some(3)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn jitter_only_ever_shortens_a_wait(seed: u64, attempts in 0u32..100) {
            let mut jittered = Pause::new(Backoff::default(), seed);
            let mut whole = Pause::new(steady(), seed);
            for _ in 0..attempts {
                let (short, long) = (jittered.next_ms(), whole.next_ms());
                prop_assert!(short <= long && short * 10 >= long * 8 - 10, "{short} of {long}");
            }
        }
    }
}
