//! Messages from a TCP stream: its octets in order, whatever came twice or late.

use std::collections::BTreeMap;

use crate::packet::Segment;

/// Octets that may wait for those before them; then those are given up.
const WAITING_BYTES_MAX: usize = 1 << 20;
/// What a waiting segment counts besides its octets, so that many small ones have a limit too.
const SEGMENT_BYTES: usize = 256;

/// One direction of a connection.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// The sequence number of the next octet, once one is known.
    next: Option<u32>,
    /// Octets in order that are no whole message yet.
    ready: Vec<u8>,
    /// Octets that came before their turn, by how far they are ahead of the first octet of the stream.
    waiting: BTreeMap<u32, Vec<u8>>,
    waiting_bytes: usize,
    /// The stream cannot be followed any more: nobody knows where a message begins.
    is_lost: bool,
}

impl Stream {
    /// The messages that this segment completes; `frame_length` finds the length of the first one in a stream.
    pub(crate) fn take(
        &mut self,
        segment: &Segment<'_>,
        frame_length: impl Fn(&[u8]) -> Result<Option<usize>, String>,
    ) -> Vec<Result<Vec<u8>, String>> {
        if segment.is_first {
            *self = Self { next: Some(segment.sequence.wrapping_add(1)), ..Self::default() };
        }
        if segment.octets.is_empty() || self.is_lost {
            return Vec::new();
        }
        let at = if segment.is_first { segment.sequence.wrapping_add(1) } else { segment.sequence };
        self.next.get_or_insert(at);
        // Of two that begin alike the longer one says more.
        let is_new = self.waiting.get(&at).is_none_or(|known| known.len() < segment.octets.len());
        if is_new {
            self.waiting_bytes += segment.octets.len() + SEGMENT_BYTES;
            let shorter = self.waiting.insert(at, segment.octets.to_vec());
            self.waiting_bytes -= shorter.map_or(0, |shorter| shorter.len() + SEGMENT_BYTES);
        }
        self.join();
        if self.waiting_bytes > WAITING_BYTES_MAX {
            self.is_lost = true;
            return vec![Err("expected octets that are missing from the capture".to_owned())];
        }
        self.cut(frame_length)
    }

    /// Moves what is next in order, and drops what was there already.
    fn join(&mut self) {
        while let Some(next) = self.next {
            // Sequence numbers run over: a number less than half the circle ahead is later.
            let ahead = |at: u32| at.wrapping_sub(next) as i32;
            let Some(at) = self.waiting.keys().copied().find(|at| ahead(*at) <= 0) else { return };
            let Some(octets) = self.waiting.remove(&at) else { return };
            self.waiting_bytes -= octets.len() + SEGMENT_BYTES;
            let known = next.wrapping_sub(at) as usize;
            if let Some(new) = octets.get(known..) {
                self.ready.extend(new);
                self.next = Some(next.wrapping_add(new.len() as u32));
            }
        }
    }

    fn cut(
        &mut self,
        frame_length: impl Fn(&[u8]) -> Result<Option<usize>, String>,
    ) -> Vec<Result<Vec<u8>, String>> {
        let (mut messages, mut at) = (Vec::new(), 0);
        loop {
            match frame_length(&self.ready[at..]) {
                Ok(Some(length)) if length <= self.ready.len() - at => {
                    messages.push(Ok(self.ready[at..at + length].to_vec()));
                    at += length;
                }
                Ok(_) => break,
                Err(error) => {
                    self.is_lost = true;
                    messages.push(Err(error));
                    break;
                }
            }
        }
        self.ready.drain(..at);
        messages
    }
}
