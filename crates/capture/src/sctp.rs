//! Messages from DATA chunks (RFC 9260 §3.3.1): those in one piece, and those in fragments, in any order.

use std::collections::{BTreeMap, HashSet};

/// Fragments that may wait for the rest of their messages; more are forgotten.
const FRAGMENTS_MAX: usize = 4_096;
/// Sequence numbers by which a chunk that comes again is known.
const SEEN_MAX: usize = 65_536;

/// One direction of an association.
#[derive(Debug, Default)]
pub(crate) struct Reassembly {
    fragments: BTreeMap<u32, Fragment>,
    /// The numbers of the chunks that came, to know those that come again.
    seen: HashSet<u32>,
}

#[derive(Debug)]
struct Fragment {
    begins: bool,
    ends: bool,
    ppid: u32,
    octets: Vec<u8>,
}

impl Reassembly {
    /// The messages that these chunks complete, with their payload protocol identifiers.
    pub(crate) fn take(&mut self, mut chunks: &[u8]) -> Vec<(u32, Vec<u8>)> {
        let mut whole = Vec::new();
        while let [kind, flags, high, low, rest @ ..] = chunks {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let Some(value) = length.checked_sub(4).and_then(|length| rest.get(..length)) else { break };
            match kind {
                0 => self.data(*flags, value, &mut whole),
                // INIT and INIT ACK: numbers begin anew.
                1 | 2 => *self = Self::default(),
                _ => {}
            }
            chunks = rest.get((length - 4).next_multiple_of(4)..).unwrap_or_default();
        }
        whole
    }

    fn data(&mut self, flags: u8, value: &[u8], whole: &mut Vec<(u32, Vec<u8>)>) {
        let (Some((tsn, rest)), Some(octets)) = (value.split_first_chunk(), value.get(12..)) else { return };
        let (tsn, Some(ppid)) = (u32::from_be_bytes(*tsn), rest.get(4..).and_then(<[u8]>::first_chunk))
        else {
            return;
        };
        if self.seen.len() >= SEEN_MAX {
            self.seen.clear();
        }
        if !self.seen.insert(tsn) {
            return;
        }
        let ppid = u32::from_be_bytes(*ppid);
        let fragment =
            Fragment { begins: flags & 2 != 0, ends: flags & 1 != 0, ppid, octets: octets.to_vec() };
        if self.fragments.len() >= FRAGMENTS_MAX {
            self.fragments.clear();
        }
        self.fragments.insert(tsn, fragment);
        whole.extend(self.message_around(tsn));
    }

    /// The message that this fragment belongs to, taken out if it is all there.
    fn message_around(&mut self, tsn: u32) -> Option<(u32, Vec<u8>)> {
        let (mut first, mut last) = (tsn, tsn);
        while !self.fragments.get(&first)?.begins {
            first = first.wrapping_sub(1);
        }
        while !self.fragments.get(&last)?.ends {
            last = last.wrapping_add(1);
        }
        let mut message = (self.fragments.get(&first)?.ppid, Vec::new());
        while let Some(fragment) = self.fragments.remove(&first) {
            message.1.extend(fragment.octets);
            if first == last {
                break;
            }
            first = first.wrapping_add(1);
        }
        Some(message)
    }
}
