//! How wide a constrained whole number is (X.691 §11.5.7): both directions must agree on it.

/// The form of a number `value - min` with `max - min = span`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Width {
    /// So many bits, not aligned. None for a range of one.
    Bits(u32),
    /// So many octets, aligned.
    Octets(u32),
    /// The number of octets as 1 to `max_octets`, then those octets, aligned.
    Counted {
        /// The octets of the highest number.
        max_octets: u32,
    },
}

impl Width {
    pub(crate) fn of(span: u64) -> Self {
        match span {
            0..=254 => Self::Bits(bits(span)),
            255 => Self::Octets(1),
            256..=65_535 => Self::Octets(2),
            _ => Self::Counted { max_octets: octets(span) },
        }
    }
}

/// The fewest bits that hold this number; 0 for 0.
pub(crate) fn bits(number: u64) -> u32 {
    u64::BITS - number.leading_zeros()
}

/// The fewest octets that hold this number, at least one.
pub(crate) fn octets(number: u64) -> u32 {
    bits(number).div_ceil(8).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_at_their_bounds() {
        for (span, width) in [
            (0, Width::Bits(0)),
            (1, Width::Bits(1)),
            (254, Width::Bits(8)),
            (255, Width::Octets(1)),
            (256, Width::Octets(2)),
            (65_535, Width::Octets(2)),
            (65_536, Width::Counted { max_octets: 3 }),
            (126_975, Width::Counted { max_octets: 3 }),
            (u64::from(u32::MAX), Width::Counted { max_octets: 4 }),
            (u64::MAX, Width::Counted { max_octets: 8 }),
        ] {
            assert_eq!(Width::of(span), width, "{span}");
        }
    }
}
