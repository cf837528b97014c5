//! What a run did, as one number: two runs with the same number did the same things in the same order.

/// A hash over every effect (FNV-1a, 64 bits).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Trace(pub u64);

impl Default for Trace {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Trace {
    /// Takes in an effect: what kind, when, at which place, and its octets.
    pub(crate) fn note(&mut self, kind: u8, at_ms: u64, place: u64, octets: &[u8]) {
        let head = [u64::from(kind), at_ms, place, octets.len() as u64];
        head.iter().flat_map(|number| number.to_le_bytes()).chain(octets.iter().copied()).for_each(|octet| {
            self.0 = (self.0 ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3);
        });
    }
}
