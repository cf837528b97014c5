//! Reading.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use crate::width::Width;
use crate::{Error, FRAGMENT, UNCONSTRAINED};

/// Reads an encoding. Nothing it reads makes it allocate more than the input is long.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    input: &'a [u8],
    /// Where the input starts in the outermost one, in octets.
    base: usize,
    /// The next bit.
    at_bit: usize,
}

/// The start of a SEQUENCE: whether it has extension additions, and which of its OPTIONAL members are there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Preamble {
    extended: bool,
    present: u64,
    optionals: u32,
}

impl Preamble {
    /// Whether the sequence ends with extension additions: skip them by [`Reader::skip_additions`] after its last member.
    pub fn is_extended(self) -> bool {
        self.extended
    }

    /// Whether OPTIONAL member `index` (counted from 0 in the order of the type) is there.
    pub fn has(self, index: u32) -> bool {
        index < self.optionals && self.present >> (self.optionals - 1 - index) & 1 == 1
    }
}

/// Which alternative of a CHOICE, or which value of an ENUMERATED.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Index {
    /// One before the extension marker.
    Root(u64),
    /// One beyond it, counted from 0. A CHOICE goes on with an open type.
    Extension(u64),
}

/// The octets of an open type, put together when they came in fragments.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OpenType<'a> {
    octets: Cow<'a, [u8]>,
    at: usize,
}

impl OpenType<'_> {
    /// A reader of the content.
    pub fn reader(&self) -> Reader<'_> {
        Reader { input: &self.octets, base: self.at, at_bit: 0 }
    }

    /// The content, padding included.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }
}

impl<'a> Reader<'a> {
    /// A reader from the first octet.
    pub fn new(input: &'a [u8]) -> Self {
        Self { input, base: 0, at_bit: 0 }
    }

    /// The octet that is read next, counted in the outermost input.
    pub fn offset(&self) -> usize {
        self.base + self.at_bit / 8
    }

    /// How many bits are left.
    pub fn bits_left(&self) -> usize {
        self.input.len() * 8 - self.at_bit
    }

    /// How many whole octets are left.
    pub fn octets_left(&self) -> usize {
        self.bits_left() / 8
    }

    /// One bit.
    pub fn bit(&mut self) -> Result<bool, Error> {
        Ok(self.bits(1)? == 1)
    }

    /// `width` bits, at most 64, as a number.
    pub fn bits(&mut self, width: u32) -> Result<u64, Error> {
        self.expect_bits(width as usize)?;
        let (mut value, mut left) = (0, width);
        while left > 0 {
            let free = 8 - (self.at_bit % 8) as u32;
            let taken = left.min(free);
            let octet = self.input[self.at_bit / 8];
            let chunk = octet >> (free - taken) & (0xff >> (8 - taken));
            value = value << taken | u64::from(chunk);
            self.at_bit += taken as usize;
            left -= taken;
        }
        Ok(value)
    }

    /// Goes on at the next octet; what the bits between are does not matter.
    pub fn align(&mut self) {
        self.at_bit = self.at_bit.next_multiple_of(8);
    }

    /// `count` octets as they are, aligned.
    pub fn octets(&mut self, count: usize) -> Result<&'a [u8], Error> {
        self.align();
        self.expect_bits(count.saturating_mul(8))?;
        let start = self.at_bit / 8;
        self.at_bit += count * 8;
        Ok(&self.input[start..start + count])
    }

    /// `N` octets as they are, aligned.
    pub fn octet_array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut array = [0; N];
        array.copy_from_slice(self.octets(N)?);
        Ok(array)
    }

    /// A constrained INTEGER.
    pub fn integer(&mut self, range: RangeInclusive<u64>) -> Result<u64, Error> {
        let at = self.offset();
        let (min, max) = range.into_inner();
        let offset = match Width::of(max - min) {
            Width::Bits(bits) => self.bits(bits)?,
            Width::Octets(octets) => {
                self.align();
                self.bits(octets * 8)?
            }
            Width::Counted { max_octets } => {
                let octets = self.integer(1..=max_octets.into())?;
                self.align();
                self.bits(octets as u32 * 8)?
            }
        };
        match min.checked_add(offset) {
            Some(value) if value <= max => Ok(value),
            beyond => Err(Error::Value { at, min, max, found: beyond.unwrap_or(u64::MAX) }),
        }
    }

    /// A number that is expected to be small.
    pub fn normally_small(&mut self) -> Result<u64, Error> {
        if !self.bit()? {
            return self.bits(6);
        }
        let at = self.offset();
        match self.length()? {
            Length::Last(octets @ 1..=8) => self.bits(octets as u32 * 8),
            Length::Last(found) | Length::Fragment(found) => {
                Err(Error::Value { at, min: 1, max: 8, found: found as u64 })
            }
        }
    }

    /// The index of a CHOICE or of an ENUMERATED of `alternatives` root alternatives.
    pub fn index(&mut self, alternatives: u64, extensible: bool) -> Result<Index, Error> {
        if extensible && self.bit()? {
            return self.normally_small().map(Index::Extension);
        }
        self.integer(0..=alternatives.saturating_sub(1)).map(Index::Root)
    }

    /// The start of a SEQUENCE with so many OPTIONAL members, at most 64.
    pub fn preamble(&mut self, extensible: bool, optionals: u32) -> Result<Preamble, Error> {
        let extended = extensible && self.bit()?;
        Ok(Preamble { extended, present: self.bits(optionals)?, optionals })
    }

    /// Skips the extension additions of a SEQUENCE.
    pub fn skip_additions(&mut self) -> Result<(), Error> {
        let at = self.offset();
        let count = self.normally_small_length()?;
        self.expect_items(at, count, 1)?;
        let mut present = self.clone();
        self.at_bit += count;
        for _ in 0..count {
            if present.bit()? {
                self.skip_open_type()?;
            }
        }
        Ok(())
    }

    /// A BIT STRING of at most 64 bits, as a number and its width in bits.
    pub fn bit_string(&mut self, sizes: RangeInclusive<usize>) -> Result<(u64, usize), Error> {
        let at = self.offset();
        let width = self.bit_string_size(&sizes)?;
        if width > 64 {
            return Err(Error::Value { at, min: *sizes.start() as u64, max: 64, found: width as u64 });
        }
        Ok((self.bits(width as u32)?, width))
    }

    /// A BIT STRING as octets and its width in bits; the bits after its last are zero.
    pub fn long_bit_string(&mut self, sizes: RangeInclusive<usize>) -> Result<(Vec<u8>, usize), Error> {
        let width = self.bit_string_size(&sizes)?;
        self.expect_bits(width)?;
        let mut octets = Vec::with_capacity(width.div_ceil(8));
        for _ in 0..width / 8 {
            octets.push(self.bits(8)? as u8);
        }
        let rest = width as u32 % 8;
        if rest > 0 {
            octets.push((self.bits(rest)? << (8 - rest)) as u8);
        }
        Ok((octets, width))
    }

    /// An OCTET STRING.
    pub fn octet_string(&mut self, sizes: RangeInclusive<usize>) -> Result<Cow<'a, [u8]>, Error> {
        let at = self.offset();
        if *sizes.end() >= UNCONSTRAINED {
            let octets = self.fragments()?;
            check_size(at, octets.len(), &sizes)?;
            return Ok(octets);
        }
        let size = self.size(&sizes)?;
        let short_and_fixed = sizes.start() == sizes.end() && *sizes.end() <= 2;
        if short_and_fixed {
            return (0..size).map(|_| Ok(self.bits(8)? as u8)).collect::<Result<Vec<_>, _>>().map(Cow::Owned);
        }
        if size == 0 { Ok(Cow::Borrowed(&[])) } else { self.octets(size).map(Cow::Borrowed) }
    }

    /// The items of a SEQUENCE OF, each read by `item`. Each takes at least `item_bits`, so a count that the octets left
    /// cannot hold is refused before the first item is read.
    pub fn list<T, E: From<Error>>(
        &mut self,
        sizes: RangeInclusive<usize>,
        item_bits: usize,
        mut item: impl FnMut(&mut Self) -> Result<T, E>,
    ) -> Result<Vec<T>, E> {
        let mut items = Vec::new();
        self.each(sizes, item_bits, |reader, count| {
            items.reserve(count);
            for _ in 0..count {
                items.push(item(reader)?);
            }
            Ok::<_, E>(())
        })?;
        Ok(items)
    }

    /// The items of a SEQUENCE OF in runs: `run` is called with the number of items that it must read, once, or once a
    /// fragment. Counts are refused as in [`Reader::list`].
    pub fn each<E: From<Error>>(
        &mut self,
        sizes: RangeInclusive<usize>,
        item_bits: usize,
        mut run: impl FnMut(&mut Self, usize) -> Result<(), E>,
    ) -> Result<(), E> {
        let at = self.offset();
        if *sizes.end() < UNCONSTRAINED {
            let count = self.size(&sizes)?;
            self.expect_items(at, count, item_bits)?;
            return run(self, count);
        }
        let mut total = 0;
        loop {
            let at = self.offset();
            let (count, last) = match self.length()? {
                Length::Last(count) => (count, true),
                Length::Fragment(count) => (count, false),
            };
            total += count;
            self.expect_items(at, count, item_bits)?;
            run(self, count)?;
            if last {
                break;
            }
        }
        Ok(check_size(at, total, &sizes)?)
    }

    /// The size of a string or list whose greatest size is below 65536.
    pub fn size(&mut self, sizes: &RangeInclusive<usize>) -> Result<usize, Error> {
        Ok(self.integer(*sizes.start() as u64..=*sizes.end() as u64)? as usize)
    }

    /// An open type: borrowed when it came in one piece, else put together.
    pub fn open_type(&mut self) -> Result<OpenType<'a>, Error> {
        self.align();
        let octets = self.fragments()?;
        let at = self.offset() - octets.len();
        Ok(OpenType { octets, at })
    }

    /// Skips an open type without putting it together.
    pub fn skip_open_type(&mut self) -> Result<(), Error> {
        loop {
            match self.length()? {
                Length::Last(count) => return self.octets(count).map(drop),
                Length::Fragment(count) => self.octets(count).map(drop)?,
            }
        }
    }

    /// Octets under a general length determinant.
    fn fragments(&mut self) -> Result<Cow<'a, [u8]>, Error> {
        let mut count = match self.length()? {
            Length::Last(count) => return self.octets(count).map(Cow::Borrowed),
            Length::Fragment(count) => count,
        };
        let mut whole = Vec::new();
        loop {
            whole.extend_from_slice(self.octets(count)?);
            count = match self.length()? {
                Length::Fragment(count) => count,
                Length::Last(count) => {
                    whole.extend_from_slice(self.octets(count)?);
                    return Ok(Cow::Owned(whole));
                }
            };
        }
    }

    /// A general length determinant (X.691 §11.9.3.5 on). The longer form of a short length is taken too.
    fn length(&mut self) -> Result<Length, Error> {
        self.align();
        let at = self.offset();
        let first = self.bits(8)? as u8;
        match first {
            0x00..=0x7f => Ok(Length::Last(first.into())),
            0x80..=0xbf => Ok(Length::Last(usize::from(first & 0x3f) << 8 | self.bits(8)? as usize)),
            0xc1..=0xc4 => Ok(Length::Fragment(usize::from(first & 0x3f) * FRAGMENT)),
            _ => Err(Error::FragmentLength { at, found: first }),
        }
    }

    /// A length that is expected to be small and is at least one (X.691 §11.9.3.4).
    fn normally_small_length(&mut self) -> Result<usize, Error> {
        if !self.bit()? {
            return Ok(self.bits(6)? as usize + 1);
        }
        let at = self.offset();
        match self.length()? {
            Length::Last(length) => Ok(length),
            // No type of the radio network has 16384 extension additions.
            Length::Fragment(found) => {
                Err(Error::Value { at, min: 1, max: FRAGMENT as u64 - 1, found: found as u64 })
            }
        }
    }

    fn bit_string_size(&mut self, sizes: &RangeInclusive<usize>) -> Result<usize, Error> {
        let at = self.offset();
        let width = if *sizes.end() < UNCONSTRAINED {
            self.size(sizes)?
        } else {
            match self.length()? {
                Length::Last(width) => width,
                // No protocol of the radio network has a BIT STRING of 16384 bits or more.
                Length::Fragment(found) => {
                    return Err(Error::Value { at, min: 0, max: FRAGMENT as u64 - 1, found: found as u64 });
                }
            }
        };
        check_size(at, width, sizes)?;
        let short_and_fixed = sizes.start() == sizes.end() && *sizes.end() <= 16;
        if !short_and_fixed && width > 0 {
            self.align();
        }
        Ok(width)
    }

    fn expect_bits(&self, expected_bits: usize) -> Result<(), Error> {
        let found_bits = self.bits_left();
        if found_bits < expected_bits {
            return Err(Error::Truncated { at: self.offset(), expected_bits, found_bits });
        }
        Ok(())
    }

    fn expect_items(&self, at: usize, found: usize, item_bits: usize) -> Result<(), Error> {
        let max = self.bits_left() / item_bits.max(1);
        if found > max { Err(Error::Count { at, max, found }) } else { Ok(()) }
    }
}

/// A general length determinant.
enum Length {
    /// So many follow, and no more.
    Last(usize),
    /// So many follow, then another length.
    Fragment(usize),
}

fn check_size(at: usize, found: usize, sizes: &RangeInclusive<usize>) -> Result<(), Error> {
    let (min, max) = (*sizes.start() as u64, *sizes.end() as u64);
    let found = found as u64;
    if found < min || found > max { Err(Error::Value { at, min, max, found }) } else { Ok(()) }
}
