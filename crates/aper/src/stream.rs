//! Open types whose length is known before their content: written straight through, without a move.

use bytes::{BufMut, BytesMut};

use crate::FRAGMENT;

/// Where octets go.
pub trait Sink {
    /// Appends octets.
    fn put(&mut self, octets: &[u8]);
}

impl Sink for BytesMut {
    fn put(&mut self, octets: &[u8]) {
        self.put_slice(octets);
    }
}

/// An open type of a known length. It puts its length determinants between the octets where they are due, and is itself a
/// sink, so that open types nest. [`OpenTypeStream::finish`] ends it.
#[derive(Debug)]
pub struct OpenTypeStream<'a, S: Sink> {
    sink: &'a mut S,
    /// Octets to come beyond the fragment that is open.
    left: usize,
    /// Octets to come in the fragment that is open.
    left_in_fragment: usize,
    is_last: bool,
}

impl<'a, S: Sink> OpenTypeStream<'a, S> {
    /// An open type of `octets` octets, at least one.
    pub fn new(sink: &'a mut S, octets: usize) -> Self {
        let mut stream = Self { sink, left: octets, left_in_fragment: 0, is_last: false };
        stream.next_fragment();
        stream
    }

    /// Ends the open type. True if all octets that were announced have been put.
    #[must_use]
    pub fn finish(mut self) -> bool {
        if self.left_in_fragment == 0 && !self.is_last {
            self.next_fragment();
        }
        self.left_in_fragment == 0 && self.is_last
    }

    fn next_fragment(&mut self) {
        let blocks = (self.left / FRAGMENT).min(4);
        let length = if blocks > 0 { blocks * FRAGMENT } else { self.left };
        match length {
            0..128 => self.sink.put(&[length as u8]),
            128..FRAGMENT => self.sink.put(&(0x8000 | length as u16).to_be_bytes()),
            _ => self.sink.put(&[0xc0 | blocks as u8]),
        }
        self.is_last = blocks == 0;
        self.left -= length;
        self.left_in_fragment = length;
    }
}

impl<S: Sink> Sink for OpenTypeStream<'_, S> {
    /// Appends octets; those beyond the announced length are dropped.
    fn put(&mut self, mut octets: &[u8]) {
        while !octets.is_empty() {
            if self.left_in_fragment == 0 {
                if self.is_last {
                    return;
                }
                self.next_fragment();
                continue;
            }
            let (now, later) = octets.split_at(octets.len().min(self.left_in_fragment));
            self.sink.put(now);
            self.left_in_fragment -= now.len();
            octets = later;
        }
    }
}
