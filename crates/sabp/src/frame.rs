//! Where a message ends in the TCP stream: nothing but its own encoding tells (TS 25.414, X.691 §11.9).

use crate::Error;

/// The octets before the open type: the CHOICE, the procedure and its criticality.
const HEADER_OCTETS: usize = 3;
/// A fragment holds 1 to 4 times this many octets.
const FRAGMENT_OCTETS: usize = 16_384;

/// The longest message a receiver needs to take: a list of 65,535 failures, one of 65,535 counts, and small change.
pub const FRAME_MAX_BYTES: usize = 2 * 1024 * 1024;

/// The length of the first message in `stream`; `None` while its last length determinant is not there yet. A message of
/// more than `max` octets is an error as soon as that is known, and so is a length that no encoder writes: the stream
/// cannot be followed any further.
///
/// ```text
/// 00 00 00   C1 + 16384 octets   85 20 + 1312 octets   | next message
/// header     a fragment          the last length
/// ```
pub fn frame_length(stream: &[u8], max: usize) -> Result<Option<usize>, Error> {
    let mut end = HEADER_OCTETS;
    loop {
        let (length, is_last) = match stream.get(end..).unwrap_or_default() {
            [] => return Ok(None),
            [short @ ..0x80, ..] => (1 + usize::from(*short), true),
            [0x80..=0xbf] => return Ok(None),
            [high @ 0x80..=0xbf, low, ..] => (2 + usize::from(u16::from_be_bytes([high & 0x3f, *low])), true),
            [blocks @ 0xc1..=0xc4, ..] => (1 + usize::from(blocks & 0x3f) * FRAGMENT_OCTETS, false),
            [found, ..] => return Err(aper::Error::FragmentLength { at: end, found: *found }.into()),
        };
        end += length;
        if end > max {
            return Err(Error::FrameTooLong { max, found: end });
        }
        if is_last {
            return Ok(Some(end));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(stream: &[u8]) -> Result<Option<usize>, Error> {
        frame_length(stream, FRAME_MAX_BYTES)
    }

    #[test]
    fn a_message_ends_where_its_length_says() {
        assert_eq!(length(&[]), Ok(None));
        assert_eq!(length(&[0, 5, 0]), Ok(None));
        assert_eq!(length(&[0, 5, 0, 0x17]), Ok(Some(27)));
        assert_eq!(length(&[0, 5, 0, 0x80]), Ok(None));
        assert_eq!(length(&[0, 5, 0, 0x80, 0xe7, 1, 2]), Ok(Some(236)));
    }

    #[test]
    fn a_fragment_is_followed_by_another_length() {
        let mut stream = vec![0, 0, 0, 0xc1];
        stream.resize(4 + 16_384, 0xff);
        assert_eq!(length(&stream), Ok(None));
        stream.push(0xc2);
        stream.resize(stream.len() + 32_768, 0xff);
        assert_eq!(length(&stream), Ok(None));
        stream.push(0x00);
        assert_eq!(length(&stream), Ok(Some(stream.len())));
    }

    #[test]
    fn a_length_that_no_encoder_writes_ends_the_stream() {
        for found in [0xc0, 0xc5, 0xff] {
            let error = aper::Error::FragmentLength { at: 3, found };
            assert_eq!(length(&[0, 0, 0, found]), Err(Error::Syntax(error)));
        }
    }

    #[test]
    fn a_message_beyond_the_limit_ends_the_stream_before_it_is_all_there() {
        assert_eq!(
            frame_length(&[0, 0, 0, 0xc4], 65_000),
            Err(Error::FrameTooLong { max: 65_000, found: 65_540 })
        );
        assert_eq!(frame_length(&[0, 0, 0, 0x17], 27), Ok(Some(27)));
        assert_eq!(frame_length(&[0, 0, 0, 0x18], 27), Err(Error::FrameTooLong { max: 27, found: 28 }));
    }
}
