//! Chance from a seed: the same seed gives the same faults.

/// A small generator of pseudo-random numbers (SplitMix64, by Steele, Lea and Flood).
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The generator of this seed and stream; streams of one seed are independent of each other.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut chance = Self(seed ^ stream.wrapping_mul(0xd605_bbb5_8c8a_bbfd));
        chance.next();
        chance
    }

    /// A number below `bound`, or 0 when that is 0. The bias is below 2⁻³² for bounds that fit 32 bits.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// Whether something of this probability, 0 to 1, happens.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        const BITS: u32 = f64::MANTISSA_DIGITS;
        ((self.next() >> (64 - BITS)) as f64) < probability * (1u64 << BITS) as f64
    }

    /// `count` different numbers below `bound`, ascending; all of them when there are not so many.
    pub(crate) fn choose(&mut self, count: u32, bound: u32) -> Vec<u32> {
        // Knuth's selection sampling: each number is taken with the probability that leaves the rest fair.
        let mut wanted = count.min(bound);
        let mut chosen = Vec::with_capacity(wanted as usize);
        for number in 0..bound {
            if self.below(u64::from(bound - number)) < u64::from(wanted) {
                chosen.push(number);
                wanted -= 1;
            }
        }
        chosen
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_fair_enough_and_the_same_for_the_same_seed() {
        let mut chance = Chance::new(7, 1);
        let happened = (0..10_000).filter(|_| chance.happens(0.3)).count();
        assert!((2_800..3_200).contains(&happened), "{happened}");
        assert!((0..1_000).all(|_| chance.below(10) < 10 && chance.happens(1.0) && !chance.happens(0.0)));
        assert_eq!(Chance::new(7, 1).choose(20, 100), Chance::new(7, 1).choose(20, 100));
        assert_ne!(Chance::new(7, 1).choose(20, 100), Chance::new(7, 2).choose(20, 100));
    }

    #[test]
    fn a_choice_has_the_size_asked_for() {
        for (count, bound, size) in [(0, 9, 0), (3, 9, 3), (9, 9, 9), (12, 9, 9), (1, 0, 0)] {
            let chosen = Chance::new(1, 1).choose(count, bound);
            assert_eq!(chosen.len(), size);
            assert!(chosen.is_sorted_by(|a, b| a < b) && chosen.iter().all(|number| *number < bound));
        }
    }
}
