//! Writing.

use std::ops::RangeInclusive;

use bytes::{BufMut, BytesMut};

use crate::width::{self, Width};
use crate::{Error, FRAGMENT, UNCONSTRAINED};

/// Writes an encoding at the end of a buffer.
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut BytesMut,
    /// How many low bits of the last octet are not written yet, 0 to 7. They are zero.
    free_bits: u32,
}

/// Where a count goes that is known only after what it counts.
#[derive(Debug)]
#[must_use]
pub struct Count(usize);

impl<'a> Writer<'a> {
    /// A writer that starts at an octet of its own.
    pub fn new(out: &'a mut BytesMut) -> Self {
        Self { out, free_bits: 0 }
    }

    /// One bit: the bit of an OPTIONAL, of a BOOLEAN, or of an extension marker.
    pub fn bit(&mut self, bit: bool) {
        self.bits(u64::from(bit), 1);
    }

    /// The low `width` bits of `value`, the highest of them first.
    pub fn bits(&mut self, value: u64, width: u32) {
        let mut left = width.min(u64::BITS);
        while left > 0 {
            if self.free_bits == 0 {
                self.out.put_u8(0);
                self.free_bits = 8;
            }
            let taken = left.min(self.free_bits);
            left -= taken;
            self.free_bits -= taken;
            let chunk = (value >> left) as u8 & (0xff >> (8 - taken));
            if let Some(last) = self.out.last_mut() {
                *last |= chunk << self.free_bits;
            }
        }
    }

    /// Goes on at the next octet; the bits between are zero.
    pub fn align(&mut self) {
        self.free_bits = 0;
    }

    /// Octets as they are, aligned.
    pub fn octets(&mut self, octets: &[u8]) {
        self.align();
        self.out.put_slice(octets);
    }

    /// A constrained INTEGER (X.691 §11.5).
    pub fn integer(&mut self, value: u64, range: RangeInclusive<u64>) -> Result<(), Error> {
        let (min, max) = range.into_inner();
        if value < min || value > max {
            return Err(Error::Range { min, max, found: value });
        }
        let offset = value - min;
        match Width::of(max - min) {
            Width::Bits(bits) => self.bits(offset, bits),
            Width::Octets(octets) => {
                self.align();
                self.bits(offset, octets * 8);
            }
            Width::Counted { max_octets } => {
                let octets = width::octets(offset);
                self.integer(octets.into(), 1..=max_octets.into())?;
                self.align();
                self.bits(offset, octets * 8);
            }
        }
        Ok(())
    }

    /// A number that is expected to be small: an index beyond an extension marker (X.691 §11.6).
    pub fn normally_small(&mut self, value: u64) -> Result<(), Error> {
        if value < 64 {
            self.bits(value, 7);
            return Ok(());
        }
        self.bit(true);
        let octets = width::octets(value);
        self.length(octets as usize)?;
        self.bits(value, octets * 8);
        Ok(())
    }

    /// The index of a CHOICE or of an ENUMERATED of `alternatives` root alternatives, with its extension bit if it is
    /// `extensible` (X.691 §14, §23).
    pub fn index(&mut self, index: u64, alternatives: u64, extensible: bool) -> Result<(), Error> {
        if extensible {
            self.bit(false);
        }
        self.integer(index, 0..=alternatives.saturating_sub(1))
    }

    /// The index of an alternative beyond the extension marker, counted from 0. A CHOICE goes on with an open type.
    pub fn extension_index(&mut self, index: u64) -> Result<(), Error> {
        self.bit(true);
        self.normally_small(index)
    }

    /// A BIT STRING that is a number: its low `width` bits (X.691 §16).
    pub fn bit_string(
        &mut self,
        value: u64,
        width: usize,
        sizes: RangeInclusive<usize>,
    ) -> Result<(), Error> {
        self.bit_string_size(width, &sizes)?;
        self.bits(value, width as u32);
        Ok(())
    }

    /// A BIT STRING of octets, the first bit being the highest of the first octet; `width` in bits. `octets` that are too
    /// few or too many are an error.
    pub fn long_bit_string(
        &mut self,
        octets: &[u8],
        width: usize,
        sizes: RangeInclusive<usize>,
    ) -> Result<(), Error> {
        let expected = width.div_ceil(8);
        if octets.len() != expected {
            return Err(Error::Size { min: expected, max: expected, found: octets.len() });
        }
        self.bit_string_size(width, &sizes)?;
        let (whole, rest) = octets.split_at(width / 8);
        if self.free_bits == 0 {
            self.out.put_slice(whole);
        } else {
            whole.iter().for_each(|octet| self.bits((*octet).into(), 8));
        }
        if let [last] = rest {
            let bits = width as u32 % 8;
            self.bits(u64::from(*last >> (8 - bits)), bits);
        }
        Ok(())
    }

    /// An OCTET STRING (X.691 §17).
    pub fn octet_string(&mut self, octets: &[u8], sizes: RangeInclusive<usize>) -> Result<(), Error> {
        if *sizes.end() >= UNCONSTRAINED {
            check_size(octets.len(), &sizes)?;
            return self.fragments(octets.len(), |writer, part| {
                writer.octets(octets.get(part).unwrap_or_default());
                Ok(())
            });
        }
        self.size(octets.len(), &sizes)?;
        let short_and_fixed = sizes.start() == sizes.end() && *sizes.end() <= 2;
        match octets {
            _ if short_and_fixed => octets.iter().for_each(|octet| self.bits((*octet).into(), 8)),
            [] => {}
            _ => self.octets(octets),
        }
        Ok(())
    }

    /// The items of a SEQUENCE OF, each written by `item` (X.691 §20).
    pub fn list<T>(
        &mut self,
        items: &[T],
        sizes: RangeInclusive<usize>,
        mut item: impl FnMut(&mut Self, &T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut run = |writer: &mut Self, run: &[T]| run.iter().try_for_each(|it| item(writer, it));
        if *sizes.end() < UNCONSTRAINED {
            self.size(items.len(), &sizes)?;
            return run(self, items);
        }
        check_size(items.len(), &sizes)?;
        self.fragments(items.len(), |writer, part| run(writer, items.get(part).unwrap_or_default()))
    }

    /// The size of a string or list whose greatest size is below 65536: nothing when it is fixed. The items follow.
    pub fn size(&mut self, size: usize, sizes: &RangeInclusive<usize>) -> Result<(), Error> {
        check_size(size, sizes)?;
        self.integer(size as u64, *sizes.start() as u64..=*sizes.end() as u64)
    }

    /// Room for a count of two octets, aligned, that is known only later: see [`Writer::fill_count`].
    pub fn reserve_count(&mut self) -> Count {
        self.align();
        let at = self.out.len();
        self.out.put_u16(0);
        Count(at)
    }

    /// Writes the count in its place.
    pub fn fill_count(&mut self, place: Count, count: u16) {
        self.out[place.0..place.0 + 2].copy_from_slice(&count.to_be_bytes());
    }

    /// An open type: what `content` writes, padded to whole octets and at least one, after its length, and in fragments when
    /// it is long (X.691 §11.2). The content is moved at most once to make room for the lengths.
    pub fn open_type<E: From<Error>>(
        &mut self,
        content: impl FnOnce(&mut Writer<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.align();
        let start = self.out.len();
        // Room for the length of nearly all.
        self.out.put_u8(0);
        content(&mut Writer::new(self.out))?;
        if self.out.len() == start + 1 {
            self.out.put_u8(0);
        }
        let length = self.out.len() - start - 1;
        match u8::try_from(length) {
            Ok(short @ ..128) => self.out[start] = short,
            _ => self.spread(start, length),
        }
        Ok(())
    }

    /// The number of octets that [`Writer::open_type`] takes for a content of `length` octets.
    pub const fn open_type_octets(length: usize) -> usize {
        let length = if length == 0 { 1 } else { length };
        length + lengths_octets(length)
    }

    /// Gives the `length` octets after the one at `start` their length determinants, the last ones first.
    fn spread(&mut self, start: usize, length: usize) {
        let lengths = lengths_octets(length);
        self.out.put_bytes(0, lengths - 1);
        let last = length % FRAGMENT;
        let mut from = start + 1 + length;
        let mut to = self.out.len();
        let mut move_part = |octets: usize, header: &[u8]| {
            self.out.copy_within(from - octets..from, to - octets);
            from -= octets;
            to -= octets + header.len();
            self.out[to..to + header.len()].copy_from_slice(header);
        };
        let short = [last as u8];
        let long = (0x8000 | last as u16).to_be_bytes();
        move_part(last, if last < 128 { &short } else { &long });
        let mut blocks = length / FRAGMENT;
        // The first fragments hold four blocks each; the one before the end holds what is left.
        while blocks > 0 {
            let taken = match blocks % 4 {
                0 => 4,
                rest => rest,
            };
            move_part(taken * FRAGMENT, &[0xc0 | taken as u8]);
            blocks -= taken;
        }
    }

    /// A general length below 16384 (X.691 §11.9.3.6, §11.9.3.7).
    fn length(&mut self, length: usize) -> Result<(), Error> {
        self.align();
        match length {
            0..128 => self.out.put_u8(length as u8),
            128..FRAGMENT => self.out.put_u16(0x8000 | length as u16),
            _ => return Err(Error::Size { min: 0, max: FRAGMENT - 1, found: length }),
        }
        Ok(())
    }

    /// A general length and what has it, in fragments (X.691 §11.9.3.8). `part` writes a part of the items.
    fn fragments(
        &mut self,
        length: usize,
        mut part: impl FnMut(&mut Self, std::ops::Range<usize>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut at = 0;
        while length - at >= FRAGMENT {
            let blocks = ((length - at) / FRAGMENT).min(4);
            self.align();
            self.out.put_u8(0xc0 | blocks as u8);
            part(self, at..at + blocks * FRAGMENT)?;
            at += blocks * FRAGMENT;
        }
        self.length(length - at)?;
        part(self, at..length)
    }

    fn bit_string_size(&mut self, width: usize, sizes: &RangeInclusive<usize>) -> Result<(), Error> {
        if *sizes.end() >= UNCONSTRAINED {
            check_size(width, sizes)?;
            self.length(width)?;
        } else {
            self.size(width, sizes)?;
        }
        let short_and_fixed = sizes.start() == sizes.end() && *sizes.end() <= 16;
        if !short_and_fixed && width > 0 {
            self.align();
        }
        Ok(())
    }
}

fn check_size(found: usize, sizes: &RangeInclusive<usize>) -> Result<(), Error> {
    let (min, max) = (*sizes.start(), *sizes.end());
    if found < min || found > max { Err(Error::Size { min, max, found }) } else { Ok(()) }
}

/// The octets that all length determinants of an open type take together.
const fn lengths_octets(length: usize) -> usize {
    let fragments = (length / FRAGMENT).div_ceil(4);
    fragments + if length % FRAGMENT < 128 { 1 } else { 2 }
}
