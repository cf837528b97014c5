//! Golden octets: each both ways.
//!
//! A test fails by panicking, in its helping functions too.
#![allow(clippy::unwrap_used)]

use aper::{Error, Index, Reader, Writer};
use bytes::BytesMut;

fn written(write: impl FnOnce(&mut Writer<'_>) -> Result<(), Error>) -> String {
    let mut out = BytesMut::new();
    write(&mut Writer::new(&mut out)).unwrap();
    hex::encode(out)
}

fn octets(text: &str) -> Vec<u8> {
    hex::decode(text.replace(' ', "")).unwrap()
}

#[test]
fn constrained_integers() {
    for (value, range, expected) in [
        (5, 5..=5, ""),
        (1, 0..=1, "80"),
        (4, 1..=20, "18"),
        (254, 0..=254, "fe"),
        (7, 0..=255, "07"),
        (60, 0..=4096, "003c"),
        (60, 0..=65_535, "003c"),
        (7200, 4096..=131_071, "400c20"),
        (4096, 4096..=131_071, "0000"),
        (60, 0..=131_071, "003c"),
        (70_000, 0..=131_071, "80011170"),
    ] {
        assert_eq!(written(|w| w.integer(value, range.clone())), expected, "{value} in {range:?}");
        let read = octets(expected);
        assert_eq!(Reader::new(&read).integer(range.clone()), Ok(value), "{value} in {range:?}");
    }
}

#[test]
fn an_integer_out_of_its_range_is_refused_both_ways() {
    let mut out = BytesMut::new();
    let refused = Writer::new(&mut out).integer(4097, 0..=4096);
    assert_eq!(refused, Err(Error::Range { min: 0, max: 4096, found: 4097 }));
    let read = Reader::new(&[0x10, 0x01]).integer(0..=4096);
    assert_eq!(read, Err(Error::Value { at: 0, min: 0, max: 4096, found: 4097 }));
}

#[test]
fn normally_small_numbers() {
    for (value, expected) in [(0, "00"), (1, "02"), (63, "7e"), (64, "800140"), (300, "8002012c")] {
        assert_eq!(written(|w| w.normally_small(value)), expected);
        assert_eq!(Reader::new(&octets(expected)).normally_small(), Ok(value));
    }
}

#[test]
fn strings_align_when_they_are_long_or_vary() {
    let octet_strings: [(&str, _, &str); 5] = [
        ("beef", 2..=2, "df7780"),
        ("22f010", 3..=3, "8022f010"),
        ("524e53", 1..=20, "88524e53"),
        ("aa", 1..=256, "8000aa"),
        ("aa", 1..=9600, "800000aa"),
    ];
    for (string, sizes, expected) in octet_strings {
        let string = octets(string);
        let write = |w: &mut Writer<'_>| {
            w.bit(true);
            w.octet_string(&string, sizes.clone())
        };
        assert_eq!(written(write), expected);
        let read = octets(expected);
        let mut reader = Reader::new(&read);
        assert_eq!(reader.bit(), Ok(true));
        assert_eq!(reader.octet_string(sizes).unwrap(), string);
    }

    for (value, width, sizes, expected) in [
        (0x111b, 16, 16..=16, "888d80"),
        (0x0a1b201, 28, 28..=28, "800a1b2010"),
        (0x12345, 20, 20..=20, "80123450"),
        (0x2_aaaa, 22, 22..=32, "800aaaa8"),
        (0xffff_ffff, 32, 22..=32, "d0ffffffff"),
    ] {
        let write = |w: &mut Writer<'_>| {
            w.bit(true);
            w.bit_string(value, width, sizes.clone())
        };
        assert_eq!(written(write), expected);
        let read = octets(expected);
        let mut reader = Reader::new(&read);
        assert_eq!(reader.bit(), Ok(true));
        assert_eq!(reader.bit_string(sizes), Ok((value, width)));
    }
}

#[test]
fn a_long_bit_string_counts_bits() {
    let string = octets("abcd e0");
    let expected = "00 12 abcde0".replace(' ', "");
    assert_eq!(written(|w| w.long_bit_string(&string, 19, 1..=9968)), expected);
    assert_eq!(Reader::new(&octets(&expected)).long_bit_string(1..=9968), Ok((string, 19)));
}

#[test]
fn indices_inside_and_beyond_the_marker() {
    let read = |text: &str| Reader::new(&octets(text)).index(2, true);
    assert_eq!(written(|w| w.index(1, 2, true)), "40");
    assert_eq!(read("40"), Ok(Index::Root(1)));
    assert_eq!(written(|w| w.extension_index(1)), "81");
    assert_eq!(read("81"), Ok(Index::Extension(1)));
    assert_eq!(written(|w| w.index(4, 5, false)), "80");
    assert_eq!(Reader::new(&[0xe0]).index(5, false), Err(Error::Value { at: 0, min: 0, max: 4, found: 7 }));
}

#[test]
fn an_empty_open_type_holds_an_octet() {
    assert_eq!(written(|w| w.open_type(|_| Ok(()))), "0100");
}

#[test]
fn open_types_nest_and_fragment() {
    // 16384 octets inside: a fragment and an empty rest; 16384 + 2 outside: a fragment and a rest of two.
    let content = vec![0x5a; 16_384];
    let nested = |w: &mut Writer<'_>| {
        w.open_type(|w| {
            w.open_type(|w| {
                w.octets(&content);
                Ok::<_, Error>(())
            })
        })
    };
    let found = octets(&written(nested));
    let mut expected = vec![0xc1, 0xc1];
    expected.extend(&content[..16_383]);
    expected.extend([0x02, 0x5a, 0x00]);
    assert_eq!(found, expected);

    let outer = Reader::new(&found).open_type().unwrap();
    let inner = outer.reader().open_type().unwrap();
    assert_eq!(inner.octets(), content);
}

#[test]
fn a_list_of_64k_or_more_has_a_general_length() {
    let items: Vec<u8> = (0..20_000).map(|i| i as u8).collect();
    let write = |w: &mut Writer<'_>| {
        w.list(&items, 1..=16_776_960, |w, item| {
            w.octets(&[*item]);
            Ok(())
        })
    };
    let found = octets(&written(write));
    assert_eq!((found[0], &found[16_385..16_387]), (0xc1, &[0x80 | 0x0e, 0x20][..]));
    let read = Reader::new(&found).list::<_, Error>(1..=16_776_960, 8, |r| Ok(r.bits(8)? as u8));
    assert_eq!(read, Ok(items));
}

#[test]
fn extension_additions_are_skipped() {
    // Two additions announced, the second one there, then an octet that belongs to what follows.
    let input = octets("02 80 02 aabb 77");
    let mut reader = Reader::new(&input);
    reader.skip_additions().unwrap();
    assert_eq!(reader.octets(1), Ok(&[0x77][..]));

    // 65 of them, more than a small length says, the last one there.
    let input = octets("80 41 0000000000000000 80 01 aa 77");
    let mut reader = Reader::new(&input);
    reader.skip_additions().unwrap();
    assert_eq!(reader.octets(1), Ok(&[0x77][..]));
}

#[test]
fn a_count_beyond_the_octets_is_refused_before_any_item_is_read() {
    let mut read = 0;
    let result = Reader::new(&[0xff, 0xfe, 0x00]).list::<(), Error>(1..=65_535, 8, |_| {
        read += 1;
        Ok(())
    });
    assert_eq!(result, Err(Error::Count { at: 0, max: 1, found: 65_535 }));
    assert_eq!(read, 0);
}

#[test]
fn a_fragment_is_one_to_four_blocks() {
    for found in [0xc0, 0xc5, 0xff] {
        assert_eq!(Reader::new(&[found, 0, 0]).open_type(), Err(Error::FragmentLength { at: 0, found }));
    }
    assert!(matches!(Reader::new(&[0xc1, 0, 0]).open_type(), Err(Error::Truncated { at: 1, .. })));
}

#[test]
fn a_length_in_the_longer_form_is_taken() {
    assert_eq!(Reader::new(&[0x80, 0x02, 0xaa, 0xbb]).open_type().unwrap().octets(), [0xaa, 0xbb]);
}
