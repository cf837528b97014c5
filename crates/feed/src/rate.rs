//! How much one reader may ask. Readers are told apart by address; a home's IPv6 network counts as one.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

/// The most readers that are remembered; those who have been quiet are forgotten first.
const READERS_MAX: usize = 20_000;

/// How far apart those who have been quiet are forgotten, in milliseconds.
const FORGET_EVERY_MS: u64 = 1_000;

/// What each reader has used up. Time is an argument, in milliseconds.
#[derive(Debug)]
pub(crate) struct Rates {
    /// From one request to the next, once the allowance is used up, in milliseconds; 0: no limit.
    interval_ms: u64,
    /// How far ahead of that pace a reader may be, in milliseconds: a minute's requests.
    ahead_ms: u64,
    /// Connections of one reader at once; 0: no limit.
    connections_max: u32,
    readers: HashMap<IpAddr, Reader>,
    /// When those who have been quiet were last forgotten: a crowd must not have that done for each of its members.
    forgot_ms: Option<u64>,
}

#[derive(Debug, Default)]
struct Reader {
    /// When its requests so far would all have been due.
    due_ms: u64,
    connections: u32,
}

impl Rates {
    pub(crate) fn new(requests_per_minute: u32, connections_max: u32) -> Self {
        let interval_ms = 60_000u64.checked_div(requests_per_minute.into()).unwrap_or(0);
        Self { interval_ms, ahead_ms: 60_000, connections_max, readers: HashMap::new(), forgot_ms: None }
    }

    /// Whether a reader may ask now; if not, in how many seconds.
    pub(crate) fn ask(&mut self, reader: IpAddr, now_ms: u64) -> Result<(), u64> {
        let (interval_ms, ahead_ms) = (self.interval_ms, self.ahead_ms);
        let Some(reader) = self.reader(reader, now_ms) else { return Err(60) };
        let due_ms = reader.due_ms.max(now_ms) + interval_ms;
        if due_ms > now_ms + ahead_ms {
            return Err((due_ms - now_ms - ahead_ms).div_ceil(1000));
        }
        reader.due_ms = due_ms;
        Ok(())
    }

    /// Whether a reader may open another connection; it is counted until [`Rates::close`].
    pub(crate) fn open(&mut self, reader: IpAddr, now_ms: u64) -> bool {
        let max = self.connections_max;
        let Some(reader) = self.reader(reader, now_ms) else { return false };
        let may = max == 0 || reader.connections < max;
        reader.connections += u32::from(may);
        may
    }

    pub(crate) fn close(&mut self, reader: IpAddr) {
        if let Some(reader) = self.readers.get_mut(&network(reader)) {
            reader.connections = reader.connections.saturating_sub(1);
        }
    }

    fn reader(&mut self, reader: IpAddr, now_ms: u64) -> Option<&mut Reader> {
        let reader = network(reader);
        if self.readers.len() >= READERS_MAX && !self.readers.contains_key(&reader) {
            if self.forgot_ms.is_none_or(|forgot_ms| now_ms >= forgot_ms + FORGET_EVERY_MS) {
                self.readers.retain(|_, reader| reader.connections > 0 || reader.due_ms > now_ms);
                self.forgot_ms = Some(now_ms);
            }
            if self.readers.len() >= READERS_MAX {
                return None;
            }
        }
        Some(self.readers.entry(reader).or_default())
    }
}

fn network(reader: IpAddr) -> IpAddr {
    match reader.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !(u128::MAX >> 64))),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn a_reader_has_a_minutes_requests_at_once_and_then_one_at_a_time() {
        let mut rates = Rates::new(60, 0);
        assert!((0..60).all(|_| rates.ask(READER, 5_000).is_ok()));
        assert_eq!(rates.ask(READER, 5_000), Err(1));
        assert_eq!(rates.ask("192.0.2.1".parse().unwrap(), 5_000), Ok(()));
        assert_eq!(rates.ask(READER, 6_000), Ok(()));
        assert!(rates.ask(READER, 6_500).is_err());
    }

    #[test]
    fn connections_are_counted_until_they_close() {
        let mut rates = Rates::new(0, 2);
        assert_eq!([0; 3].map(|_| rates.open(READER, 0)), [true, true, false]);
        rates.close(READER);
        assert!(rates.open(READER, 0));
    }

    #[test]
    fn one_home_is_one_reader_and_the_list_of_readers_ends() {
        let mut rates = Rates::new(1, 0);
        assert!(rates.ask("2001:db8::1".parse().unwrap(), 0).is_ok());
        assert!(rates.ask("2001:db8::2".parse().unwrap(), 0).is_err());
        for n in 0..30_000u32 {
            let _ = rates.ask(IpAddr::V4((0x0a00_0000 + n).into()), 0);
        }
        assert_eq!(rates.readers.len(), READERS_MAX);
        assert!(rates.ask(READER, 70_000).is_ok(), "those who were quiet make room");
    }
}
