//! Whatever is written reads back, and whatever is read does no harm.

use aper::{Error, OpenTypeStream, Reader, Sink, Writer};
use bytes::BytesMut;
use proptest::prelude::*;

/// Something that can be written after `lead` bits.
#[derive(Clone, Debug)]
enum Value {
    Integer { min: u64, span: u64, offset: u64 },
    NormallySmall(u64),
    OctetString { octets: Vec<u8>, min: usize, max: usize },
    BitString { octets: Vec<u8>, width: usize },
    OpenType(usize),
    List(Vec<u8>, usize),
}

fn value() -> impl Strategy<Value = Value> {
    let span = prop_oneof![0..300u64, 250..70_000u64, Just(u64::MAX / 2)];
    prop_oneof![
        (0..=u64::MAX / 2, span, any::<u64>())
            .prop_map(|(min, span, offset)| { Value::Integer { min, span, offset: offset % (span + 1) } }),
        prop_oneof![0..64u64, any::<u64>()].prop_map(Value::NormallySmall),
        (proptest::collection::vec(any::<u8>(), 0..300), 0..3usize, prop_oneof![0..300usize, Just(70_000)])
            .prop_map(|(octets, below, above)| Value::OctetString {
                min: octets.len().saturating_sub(below),
                max: octets.len() + above,
                octets,
            }),
        (1..400usize).prop_map(|width| {
            let mut octets = vec![0xff; width.div_ceil(8)];
            if let (Some(last), rest @ 1..) = (octets.last_mut(), width % 8) {
                *last <<= 8 - rest;
            }
            Value::BitString { octets, width }
        }),
        prop_oneof![0..200usize, 16_000..17_000usize, 65_000..66_000usize, 80_000..83_000usize]
            .prop_map(Value::OpenType),
        (proptest::collection::vec(any::<u8>(), 1..300), prop_oneof![Just(65_535), Just(70_000)])
            .prop_map(|(items, max)| Value::List(items, max)),
    ]
}

fn write(writer: &mut Writer<'_>, value: &Value) -> Result<(), Error> {
    match value {
        Value::Integer { min, span, offset } => writer.integer(min + offset, *min..=min + span),
        Value::NormallySmall(value) => writer.normally_small(*value),
        Value::OctetString { octets, min, max } => writer.octet_string(octets, *min..=*max),
        Value::BitString { octets, width } => writer.long_bit_string(octets, *width, 1..=400),
        Value::OpenType(length) => writer.open_type(|writer| {
            writer.octets(&vec![0xa5; *length]);
            Ok(())
        }),
        Value::List(items, max) => writer.list(items, 1..=*max, |writer, item| {
            writer.bits((*item).into(), 8);
            Ok(())
        }),
    }
}

fn read_back(reader: &mut Reader<'_>, value: &Value) -> Result<(), TestCaseError> {
    match value {
        Value::Integer { min, span, offset } => {
            prop_assert_eq!(reader.integer(*min..=min + span), Ok(min + offset));
        }
        Value::NormallySmall(value) => prop_assert_eq!(reader.normally_small(), Ok(*value)),
        Value::OctetString { octets, min, max } => {
            let found = reader.octet_string(*min..=*max);
            prop_assert_eq!(found.as_deref(), Ok(&octets[..]));
        }
        Value::BitString { octets, width } => {
            prop_assert_eq!(reader.long_bit_string(1..=400), Ok((octets.clone(), *width)));
        }
        Value::OpenType(length) => {
            let expected = if *length == 0 { vec![0] } else { vec![0xa5; *length] };
            let open = reader.open_type();
            prop_assert!(open.is_ok_and(|open| open.octets() == expected));
        }
        Value::List(items, max) => {
            let found = reader.list::<_, Error>(1..=*max, 8, |reader| Ok(reader.bits(8)? as u8));
            prop_assert_eq!(found.as_ref(), Ok(items));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back(
        lead in 0..8u32,
        values in proptest::collection::vec(value(), 1..6),
    ) {
        let mut out = BytesMut::new();
        let mut writer = Writer::new(&mut out);
        writer.bits(0x55, lead);
        for value in &values {
            write(&mut writer, value).unwrap();
        }
        let mut reader = Reader::new(&out);
        prop_assert_eq!(reader.bits(lead), Ok(0x55 & ((1 << lead) - 1)));
        for value in &values {
            read_back(&mut reader, value)?;
        }
        prop_assert!(reader.bits_left() < 8);
    }

    #[test]
    fn a_stream_writes_what_a_writer_does(
        length in prop_oneof![1..300usize, 16_300..16_500usize, 1..200_000usize, Just(65_536), Just(131_072)],
        before in 0..100usize,
        run in 1..30_000usize,
    ) {
        let content: Vec<u8> = (0..length).map(|i| i as u8).collect();
        let mut written = BytesMut::new();
        Writer::new(&mut written).open_type(|writer| {
            writer.octets(&content[..before.min(length)]);
            writer.open_type(|writer| {
                writer.octets(&content);
                Ok::<_, Error>(())
            })
        }).unwrap();

        let mut streamed = BytesMut::new();
        let outer_octets = before.min(length) + Writer::open_type_octets(length);
        let mut outer = OpenTypeStream::new(&mut streamed, outer_octets);
        outer.put(&content[..before.min(length)]);
        let mut inner = OpenTypeStream::new(&mut outer, length);
        content.chunks(run).for_each(|run| inner.put(run));
        prop_assert!(inner.finish());
        prop_assert!(outer.finish());
        prop_assert_eq!(streamed.len(), Writer::open_type_octets(outer_octets));
        prop_assert!(streamed == written);
    }

    #[test]
    fn no_octets_make_a_reader_panic(
        input in proptest::collection::vec(any::<u8>(), 0..200),
        values in proptest::collection::vec(value(), 1..6),
    ) {
        let mut reader = Reader::new(&input);
        for value in &values {
            // The results do not matter: that none of them panics, and that the reader stays inside its input, does.
            match value {
                Value::Integer { min, span, .. } => drop(reader.integer(*min..=min + span)),
                Value::NormallySmall(_) => drop(reader.skip_additions()),
                Value::OctetString { min, max, .. } => drop(reader.octet_string(*min..=*max)),
                Value::BitString { .. } => drop(reader.long_bit_string(1..=400)),
                Value::OpenType(_) => drop(reader.open_type()),
                Value::List(_, max) => {
                    drop(reader.list::<_, Error>(1..=*max, 8, |reader| reader.index(3, true)));
                }
            }
            prop_assert!(reader.offset() <= input.len());
        }
    }
}
