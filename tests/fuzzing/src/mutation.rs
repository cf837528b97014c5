//! Mutations that are the same on each run.

/// A sequence of numbers that only looks random (SplitMix64).
#[derive(Debug)]
pub struct Chance(pub u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `bound`; 0 where there is none.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// Numbers at which lengths and counts go wrong.
const EDGES: [u8; 8] = [0x00, 0x01, 0x7f, 0x80, 0x82, 0xc1, 0xc4, 0xff];

/// An input with one to four things changed: a bit, an octet, a stretch left out, doubled, or taken from another input.
pub fn mutated(input: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut octets = input.to_vec();
    for _ in 0..=chance.below(4) {
        let at = chance.below(octets.len());
        let end = at + chance.below(1 + (octets.len() - at).min(32));
        match chance.below(6) {
            0 => flip(&mut octets, at, chance.below(8)),
            1 => set(&mut octets, at, EDGES[chance.below(EDGES.len())]),
            2 => drop(octets.drain(at..end)),
            3 => octets.truncate(at),
            4 => {
                let stretch = octets[at..end].to_vec();
                octets.splice(at..at, stretch);
            }
            _ => {
                let from = chance.below(other.len());
                let to = from + chance.below(1 + (other.len() - from).min(32));
                octets.splice(at..end, other[from..to].iter().copied());
            }
        }
    }
    octets
}

fn flip(octets: &mut [u8], at: usize, bit: usize) {
    if let Some(octet) = octets.get_mut(at) {
        *octet ^= 1 << bit;
    }
}

fn set(octets: &mut [u8], at: usize, value: u8) {
    if let Some(octet) = octets.get_mut(at) {
        *octet = value;
    }
}
