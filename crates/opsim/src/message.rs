//! A message as a cell broadcasts it.

use cbs::{DataCodingScheme, Pages, WarningType};

use crate::MessageKey;

/// What is broadcast, and in which rhythm.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// What tells it from others.
    pub key: MessageKey,
    /// What it says.
    pub body: Body,
    /// When.
    pub cadence: Cadence,
}

/// What a message says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Body {
    /// A text in pages.
    Text {
        /// How the pages are coded.
        dcs: DataCodingScheme,
        /// The pages.
        pages: Pages,
    },
    /// A primary notification of ETWS: no text.
    Emergency(WarningType),
}

impl Message {
    /// The text as it stands on a phone's screen: what the pages say, or nothing where they say none.
    pub fn text(&self) -> String {
        match &self.body {
            Body::Text { dcs, pages } => pages.text(*dcs).unwrap_or_default(),
            Body::Emergency(_) => String::new(),
        }
    }

    /// Whether it is a primary notification of ETWS.
    pub fn is_emergency(&self) -> bool {
        matches!(self.body, Body::Emergency(_))
    }

    /// How many pages it takes on the broadcast channel.
    pub fn pages(&self) -> usize {
        match &self.body {
            Body::Text { pages, .. } => pages.as_slice().len(),
            Body::Emergency(_) => 1,
        }
    }
}

/// When a message is broadcast: at once, then once a period, and how often.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cadence {
    period_ms: u64,
    limit: Option<u16>,
}

impl Cadence {
    /// `limit` broadcasts, one every `period_ms`; without a limit until it is stopped.
    pub fn new(period_ms: u64, limit: Option<u16>) -> Self {
        Self { period_ms: period_ms.max(1), limit }
    }

    /// The time from one broadcast to the next, in milliseconds.
    pub fn period_ms(self) -> u64 {
        self.period_ms
    }

    /// How many broadcasts of a message that is on since `since_ms` were made by `now_ms`; the count stops at 65535, as on
    /// every interface.
    pub fn made(self, since_ms: u64, now_ms: u64) -> u16 {
        let made = 1 + now_ms.saturating_sub(since_ms) / self.period_ms;
        u16::try_from(made).unwrap_or(u16::MAX).min(self.limit.unwrap_or(u16::MAX))
    }

    /// When a message that is on since `since_ms` goes off by itself: when the period of its last broadcast is over.
    pub fn ends_ms(self, since_ms: u64) -> Option<u64> {
        Some(since_ms.saturating_add(self.period_ms.saturating_mul(self.limit?.into())))
    }

    /// The first broadcast at `from_ms` or later of a message that is on since `since_ms`.
    pub fn next_ms(self, since_ms: u64, from_ms: u64) -> Option<u64> {
        let periods = from_ms.saturating_sub(since_ms).div_ceil(self.period_ms);
        let at = since_ms.saturating_add(periods.saturating_mul(self.period_ms));
        self.ends_ms(since_ms).is_none_or(|end| at < end).then_some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasts_are_counted_from_the_first() {
        let cadence = Cadence::new(60_000, Some(3));
        for (now_ms, made) in [(5, 1), (60_004, 1), (60_005, 2), (120_005, 3), (999_999, 3)] {
            assert_eq!(cadence.made(5, now_ms), made, "{now_ms}");
        }
        assert_eq!(cadence.ends_ms(5), Some(180_005));
        assert_eq!(Cadence::new(1, None).made(0, 70_000), u16::MAX);
        assert_eq!(Cadence::new(1, None).ends_ms(0), None);
    }

    #[test]
    fn a_late_phone_hears_the_next_broadcast_unless_there_is_none() {
        let cadence = Cadence::new(60_000, Some(3));
        for (from_ms, next_ms) in [(5, Some(5)), (6, Some(60_005)), (120_005, Some(120_005)), (120_006, None)]
        {
            assert_eq!(cadence.next_ms(5, from_ms), next_ms, "{from_ms}");
        }
    }
}
