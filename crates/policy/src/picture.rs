//! A picture of the child: for television, signs and whoever reads CAP. No phone is sent it.

use std::fmt;
use std::sync::Arc;

use base64ct::{Base64, Encoding as _};
use serde::{Deserialize, Serialize};
use sha1::{Digest as _, Sha1};

use crate::error::Error;

/// A picture, JPEG or PNG, and nothing but the picture: what its file says beside it, such as where and when it was
/// taken, is left out. Personal, therefore sealed in the journal. In JSON it is Base64.
#[derive(Clone, Eq, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Picture {
    octets: Arc<[u8]>,
    format: Format,
    width: u32,
    height: u32,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Format {
    Jpeg,
    Png,
}

impl Picture {
    /// The largest picture, in bytes: with its texts it is within the longest body of a call.
    pub const BYTES_MAX: usize = 512 << 10;

    /// The longest side, in pixels: a small file must not become a huge picture at whoever shows it.
    pub const SIDE_MAX: u32 = 4096;

    /// Reads a file.
    pub fn read(file: &[u8]) -> Result<Self, Error> {
        let mut parts = Parts { file, at: 0, kept: Vec::new() };
        let (format, size) = if file.starts_with(&JPEG) {
            (Format::Jpeg, parts.jpeg())
        } else if file.starts_with(&PNG) {
            (Format::Png, parts.png())
        } else {
            return wrong("a JPEG or PNG file", "another kind of file");
        };
        let Some((width, height)) = size else {
            return wrong("a whole JPEG or PNG file", "one that is cut off or damaged");
        };
        if !(1..=Self::SIDE_MAX).contains(&width) || !(1..=Self::SIDE_MAX).contains(&height) {
            let expected = format!("sides of 1 to {} pixels", Self::SIDE_MAX);
            return wrong(&expected, &format!("{width} x {height}"));
        }
        // The journal reads it again: what would be another picture then is none.
        let mut again = Parts { file: &parts.kept, at: 0, kept: Vec::new() };
        let same = if format == Format::Jpeg { again.jpeg() } else { again.png() };
        if same != size || again.kept != parts.kept {
            return wrong("a whole JPEG or PNG file", "one that is damaged");
        }
        let found = parts.kept.len();
        if found > Self::BYTES_MAX {
            return wrong(&format!("at most {} bytes", Self::BYTES_MAX), &format!("{found} bytes"));
        }
        Ok(Self { octets: parts.kept.into(), format, width, height })
    }

    /// Reads Base64, with or without white space, as CAP's `derefUri` holds it (CAP 1.2 §3.2.3).
    pub fn from_base64(text: &str) -> Result<Self, Error> {
        Self::read(&Self::file_of(text)?)
    }

    /// The file that Base64 says.
    pub(crate) fn file_of(text: &str) -> Result<Vec<u8>, Error> {
        let text: String = text.split_ascii_whitespace().collect();
        Base64::decode_vec(&text).or_else(|_| wrong("Base64", "something else"))
    }

    /// The SHA-1 of a file, in hexadecimal.
    pub(crate) fn digest_of(file: &[u8]) -> String {
        Sha1::digest(file).iter().map(|octet| format!("{octet:02x}")).collect()
    }

    /// A picture of nothing that is as large, for whoever may not see the real one.
    pub fn blank(bytes: usize) -> Self {
        let chunk = |name: &[u8; 4], data: &[u8]| {
            let length = u32::try_from(data.len()).unwrap_or_default().to_be_bytes();
            [&length[..], name, data, &[0; 4]].concat()
        };
        let head = chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
        let end = chunk(b"IEND", &[]);
        let frame = PNG.len() + head.len() + 2 * end.len();
        let data = chunk(b"IDAT", &vec![0; bytes.min(Self::BYTES_MAX).saturating_sub(frame)]);
        let octets = [&PNG[..], &head, &data, &end].concat().into();
        Self { octets, format: Format::Png, width: 1, height: 1 }
    }

    /// The file.
    pub fn octets(&self) -> &Arc<[u8]> {
        &self.octets
    }

    /// The file in Base64.
    pub fn base64(&self) -> String {
        Base64::encode_string(&self.octets)
    }

    /// Its media type.
    pub const fn media_type(&self) -> &'static str {
        match self.format {
            Format::Jpeg => "image/jpeg",
            Format::Png => "image/png",
        }
    }

    /// Its width and its height, in pixels.
    pub const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Its SHA-1 in hexadecimal, as CAP's `digest` holds it. No safeguard: the signature over the message is that.
    pub fn digest(&self) -> String {
        Self::digest_of(&self.octets)
    }
}

impl fmt::Debug for Picture {
    /// What is personal stays out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { octets, width, height, .. } = self;
        write!(f, "Picture({}, {width} x {height}, {} bytes)", self.media_type(), octets.len())
    }
}

impl TryFrom<String> for Picture {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::from_base64(&text)
    }
}

impl From<Picture> for String {
    fn from(picture: Picture) -> Self {
        picture.base64()
    }
}

/// Start of image, and the first octet of the next marker (ITU-T T.81 §B.1.1.3).
const JPEG: [u8; 3] = [0xFF, 0xD8, 0xFF];
/// The signature of a file (PNG §5.2).
const PNG: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// A walk through the parts of a file, which keeps those that the picture is made of.
struct Parts<'a> {
    file: &'a [u8],
    at: usize,
    kept: Vec<u8>,
}

impl<'a> Parts<'a> {
    /// Up to the end of the image: what phones put behind it, such as a film, is no part of it. `None` where the file
    /// ends first.
    fn jpeg(&mut self) -> Option<(u32, u32)> {
        const END: u8 = 0xD9;
        const SCAN: u8 = 0xDA;
        // Marker, length, precision, both sides, and how many components (T.81 §B.2.2).
        const FRAME_MIN: usize = 10;
        self.keep(2)?;
        let mut size = None;
        loop {
            if *self.file.get(self.at)? != 0xFF {
                return None;
            }
            while *self.file.get(self.at + 1)? == 0xFF {
                self.at += 1;
            }
            let marker = *self.file.get(self.at + 1)?;
            if marker == END {
                self.keep(2)?;
                return size;
            }
            let length = 2 + usize::from(u16::from_be_bytes(self.array(self.at + 2)?));
            match marker {
                // Frames, whatever their coding; C4, C8 and CC are tables.
                0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                    if length < FRAME_MIN {
                        return None;
                    }
                    let side = |at| Some(u32::from(u16::from_be_bytes(self.array(at)?)));
                    size = Some((side(self.at + 7)?, side(self.at + 5)?));
                    self.keep(length)?;
                }
                // Of what applications add, the colours: JFIF, a colour profile, Adobe's transform.
                0xE0 | 0xE2 | 0xEE if !self.is_several_pictures() => self.keep(length)?,
                0xE0..=0xEF | 0xFE => self.skip(length)?,
                SCAN => {
                    self.keep(length)?;
                    let data = self.file.get(self.at..)?;
                    let is_marker =
                        |pair: &[u8]| matches!(pair, [0xFF, next] if !matches!(next, 0x00 | 0xD0..=0xD7));
                    self.keep(data.windows(2).position(is_marker)?)?;
                }
                0xC0..=0xDF | 0xF0..=0xFD => self.keep(length)?,
                _ => return None,
            }
        }
    }

    /// Whether the segment says where further pictures are in the file: they are left out.
    fn is_several_pictures(&self) -> bool {
        self.file.get(self.at + 4..).is_some_and(|data| data.starts_with(b"MPF\0"))
    }

    /// Up to the last chunk. `None` where the file ends first.
    fn png(&mut self) -> Option<(u32, u32)> {
        self.keep(PNG.len())?;
        // Its length is fixed (PNG §11.2.2): one that lies would say a size that is not kept.
        let head = self.array::<8>(self.at)?;
        if head != *b"\0\0\0\x0dIHDR" {
            return None;
        }
        let side = |at| Some(u32::from_be_bytes(self.array(at)?));
        let size = (side(self.at + 8)?, side(self.at + 12)?);
        loop {
            let length = usize::try_from(u32::from_be_bytes(self.array(self.at)?)).ok()?.checked_add(12)?;
            match &self.array::<4>(self.at + 4)? {
                b"IEND" => {
                    self.keep(length)?;
                    return Some(size);
                }
                // A capital letter: no reader can do without it (PNG §5.4). Of the others, the colours.
                [b'A'..=b'Z', ..] | b"tRNS" | b"gAMA" | b"cHRM" | b"sRGB" | b"iCCP" | b"sBIT" | b"pHYs" => {
                    self.keep(length)?;
                }
                _ => self.skip(length)?,
            }
        }
    }

    fn array<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.file.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    fn keep(&mut self, octets: usize) -> Option<()> {
        let part = self.file.get(self.at..self.at.checked_add(octets)?)?;
        self.kept.extend_from_slice(part);
        self.at += octets;
        Some(())
    }

    fn skip(&mut self, octets: usize) -> Option<()> {
        self.at = self.at.checked_add(octets).filter(|at| *at <= self.file.len())?;
        Some(())
    }
}

fn wrong<T>(expected: &str, found: &str) -> Result<T, Error> {
    Err(Error::Picture { expected: expected.to_owned(), found: found.to_owned() })
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
        let length = u16::try_from(data.len() + 2).unwrap().to_be_bytes();
        [&[0xFF, marker], &length[..], data].concat()
    }

    /// A JPEG file of this size with these segments at its start.
    fn jpeg(width: u16, height: u16, more: &[Vec<u8>]) -> Vec<u8> {
        let [h, w] = [height.to_be_bytes(), width.to_be_bytes()];
        let frame = segment(0xC0, &[8, h[0], h[1], w[0], w[1], 1, 1, 0x11, 0]);
        let scan = [segment(0xDA, &[1, 1, 0, 0, 63, 0]), vec![1, 0xFF, 0, 2, 0xFF, 0xD3, 3]].concat();
        let table = segment(0xC4, &[0; 17]);
        [vec![0xFF, 0xD8], more.concat(), frame, scan.clone(), table, scan, vec![0xFF, 0xD9]].concat()
    }

    fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).unwrap().to_be_bytes();
        [&length[..], name, data, &[0; 4]].concat()
    }

    fn png(width: u32, height: u32, more: &[Vec<u8>]) -> Vec<u8> {
        let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
        let parts = [chunk(b"IHDR", &head), more.concat(), chunk(b"IDAT", &[7; 20]), chunk(b"IEND", &[])];
        [PNG.to_vec(), parts.concat()].concat()
    }

    #[test]
    fn nothing_but_the_picture_is_kept() {
        let colours = [segment(0xE0, b"JFIF\0"), segment(0xE2, b"ICC_PROFILE\0"), segment(0xEE, b"Adobe")];
        let said = [segment(0xE1, b"Exif\0\0 45.25 N"), segment(0xFE, b"Ana"), segment(0xE2, b"MPF\0")];
        let file = [jpeg(640, 480, &[&said[..], &colours].concat()), b"a film".to_vec()].concat();
        let picture = Picture::read(&file).unwrap();
        assert_eq!((picture.media_type(), picture.size()), ("image/jpeg", (640, 480)));
        assert_eq!(**picture.octets(), *jpeg(640, 480, &colours));

        let colours = [chunk(b"sRGB", &[0]), chunk(b"PLTE", &[0; 3])];
        let said = [chunk(b"tEXt", b"Author\0Ana"), chunk(b"eXIf", b"45.25 N"), chunk(b"tIME", &[0; 7])];
        let file = [png(64, 48, &[&said[..], &colours].concat()), b"more".to_vec()].concat();
        let picture = Picture::read(&file).unwrap();
        assert_eq!((picture.media_type(), picture.size()), ("image/png", (64, 48)));
        assert_eq!(**picture.octets(), *png(64, 48, &colours));
    }

    #[test]
    fn what_is_no_picture_is_refused_with_what_was_found() {
        let long = chunk(b"iCCP", &vec![0; Picture::BYTES_MAX]);
        for (file, expected) in [
            (b"GIF89a".to_vec(), "expected a JPEG or PNG file, found another kind of file"),
            (Vec::new(), "expected a JPEG or PNG file"),
            (jpeg(5000, 10, &[]), "expected sides of 1 to 4096 pixels, found 5000 x 10"),
            (png(1, 0, &[]), "expected sides of 1 to 4096 pixels, found 1 x 0"),
            (png(9, 9, &[long]), "expected at most 524288 bytes, found"),
            (PNG.to_vec(), "found one that is cut off or damaged"),
        ] {
            let told = Picture::read(&file).unwrap_err().to_string();
            assert!(told.contains(expected), "{told}");
        }
        for file in [jpeg(640, 480, &[]), png(640, 480, &[])] {
            for end in 0..file.len() {
                assert!(Picture::read(&file[..end]).is_err(), "{end} of {}", file.len());
            }
        }
        assert!(Picture::from_base64("no base64").is_err());
    }

    #[test]
    fn a_blank_is_a_picture_of_the_same_size() {
        for bytes in [57, 1000, Picture::BYTES_MAX] {
            let blank = Picture::blank(bytes);
            assert_eq!(blank.octets().len(), bytes);
            assert_eq!(Picture::read(blank.octets()), Ok(blank));
        }
    }

    #[test]
    fn its_json_is_its_file_in_base64_and_its_digest_that_of_sha1() {
        let picture = Picture::read(&png(1, 1, &[])).unwrap();
        let json = serde_json::to_string(&picture).unwrap();
        assert_eq!(serde_json::from_str::<Picture>(&json).unwrap(), picture);
        let broken =
            picture.base64().as_bytes().chunks(7).map(<[u8]>::to_vec).collect::<Vec<_>>().join(&b'\n');
        assert_eq!(Picture::from_base64(std::str::from_utf8(&broken).unwrap()).unwrap(), picture);
        // What sha1sum says of the same octets.
        assert_eq!(picture.digest(), "3a9411b040201163b200aa7266647fc0171022d6");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn a_picture_that_was_read_is_read_as_itself(
            is_jpeg in prop::bool::ANY,
            rest in prop::collection::vec(prop::sample::select(vec![0, 1, 8, 0x40, 0xC0, 0xDA, 0xD9, 0xE1, 0xFF]), 0..80),
        ) {
            let start = if is_jpeg { jpeg(8, 8, &[]) } else { png(8, 8, &[]) };
            for at in [2, start.len() / 2, start.len() - 4] {
                let file = [&start[..at], &rest, &start[at..]].concat();
                if let Ok(picture) = Picture::read(&file) {
                    prop_assert!(picture.octets().len() <= file.len());
                    let again = Picture::read(picture.octets());
                    prop_assert_eq!(again, Ok(picture));
                }
            }
        }
    }
}
