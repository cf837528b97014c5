//! Where a message ends in the TCP stream (TS 48.049 §8.1).

use crate::Error;

/// The octets before the information elements: the type, and the length of what follows.
pub const HEADER_BYTES: usize = 4;

/// The longest frame a receiver needs to take, header included: three lists of 65,535 octets and small change.
pub const FRAME_MAX_BYTES: usize = 256 * 1024;

/// The length of the first frame in `stream`, header included; `None` while its header is not all there. A frame that
/// announces more than `max` octets is an error: the stream cannot be followed any further.
pub fn frame_length(stream: &[u8], max: usize) -> Result<Option<usize>, Error> {
    let Some(&[_, a, b, c]) = stream.first_chunk::<HEADER_BYTES>() else { return Ok(None) };
    let found = HEADER_BYTES + u32::from_be_bytes([0, a, b, c]) as usize;
    if found > max { Err(Error::FrameTooLong { max, found }) } else { Ok(Some(found)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_ends_where_its_header_says() {
        assert_eq!(frame_length(&[0x17, 0, 0], FRAME_MAX_BYTES), Ok(None));
        assert_eq!(frame_length(&[0x17, 0, 0, 0], FRAME_MAX_BYTES), Ok(Some(4)));
        assert_eq!(frame_length(&[0x10, 0, 1, 4, 0xff], FRAME_MAX_BYTES), Ok(Some(264)));
    }

    #[test]
    fn a_frame_beyond_the_limit_ends_the_stream() {
        assert_eq!(
            frame_length(&[0x02, 0xff, 0xff, 0xff], FRAME_MAX_BYTES),
            Err(Error::FrameTooLong { max: 262_144, found: 16_777_219 })
        );
    }
}
