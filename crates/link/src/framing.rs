//! Cutting a stream into frames.

/// How a TCP stream is cut into frames. (SCTP keeps message boundaries and needs none.)
#[derive(Clone, Copy)]
pub enum Framing {
    /// A header that carries the length of what follows it, most significant octet first. CBSP (TS 48.049 §8.1):
    /// `Framing::CBSP`.
    Length {
        /// Where the length starts.
        offset: usize,
        /// How many octets it has, 1 to 4.
        octets: usize,
        /// The size of the header; the length does not count it.
        header_bytes: usize,
    },
    /// The octets themselves tell where a frame ends (SABP, aligned PER): given what has come in so far, the length of
    /// the first frame, `None` while that cannot be told, or why it can never be. It is asked again as octets come in.
    SelfDelimiting(fn(&[u8]) -> Result<Option<usize>, String>),
}

impl Framing {
    /// Message type (1 octet), length of the rest (3 octets).
    pub const CBSP: Framing = Framing::Length { offset: 1, octets: 3, header_bytes: 4 };

    /// The length of the first frame in `input`, its header included, once it can be told.
    pub(crate) fn frame_bytes(&self, input: &[u8]) -> Result<Option<usize>, String> {
        match *self {
            Framing::Length { offset, octets, header_bytes } => {
                let field = input.get(offset..offset + octets);
                let announced =
                    field.map(|f| f.iter().fold(0usize, |sum, octet| sum << 8 | usize::from(*octet)));
                Ok(announced.map(|bytes| header_bytes + bytes))
            }
            Framing::SelfDelimiting(measure) => match measure(input)? {
                Some(0) => Err("a frame of no octets".to_owned()),
                length => Ok(length),
            },
        }
    }

    /// Why this framing cannot work, if so.
    pub(crate) fn check(&self) -> Result<(), String> {
        match *self {
            Framing::Length { offset, octets, header_bytes }
                if !(1..=4).contains(&octets) || offset + octets > header_bytes =>
            {
                Err(format!(
                    "a length of {octets} octets at {offset} does not fit a header of {header_bytes}"
                ))
            }
            _ => Ok(()),
        }
    }
}

impl std::fmt::Debug for Framing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Framing::Length { offset, octets, .. } => write!(f, "Length({octets} octets at {offset})"),
            Framing::SelfDelimiting(_) => f.write_str("SelfDelimiting"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cbsp_frames_are_the_header_and_what_it_announces() {
        let restart = [0x13, 0, 0, 8, 4, 0, 1, 6, 0x16, 0, 0x0d, 1, 0x16];
        assert_eq!(Framing::CBSP.frame_bytes(&restart), Ok(Some(12)));
        assert_eq!(Framing::CBSP.frame_bytes(&restart[..4]), Ok(Some(12)));
        assert_eq!(Framing::CBSP.frame_bytes(&restart[..3]), Ok(None));
        assert_eq!(Framing::CBSP.frame_bytes(&[0x17, 0xff, 0xff, 0xff]), Ok(Some(4 + 0xff_ffff)));
    }

    #[test]
    fn a_length_outside_its_header_is_refused() {
        assert!(Framing::CBSP.check().is_ok());
        assert!(Framing::Length { offset: 2, octets: 3, header_bytes: 4 }.check().is_err());
        assert!(Framing::Length { offset: 0, octets: 5, header_bytes: 8 }.check().is_err());
    }

    #[test]
    fn a_frame_of_no_octets_would_never_end_and_is_an_error() {
        assert!(Framing::SelfDelimiting(|_| Ok(Some(0))).frame_bytes(&[1]).is_err());
    }
}
