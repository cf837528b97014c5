//! From bytes to text: size, encoding, the characters XML allows, and line ends.

use std::borrow::Cow;

use crate::problem::{Code, Problem};

/// What a message may grow to. The defaults are far above any real alert.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The size of the whole message, in bytes.
    pub message_bytes: usize,
    /// How deep elements may nest.
    pub depth: usize,
    /// Attributes and namespace declarations of one element.
    pub attributes: usize,
    /// Namespace declarations in scope of one element.
    pub namespaces: usize,
    /// Polygons and circles of one message.
    pub shapes: usize,
    /// Points of all polygons of one message.
    pub points: usize,
    /// Problems reported; the rest is counted in one line.
    pub problems: usize,
}

impl Limits {
    /// The limits of [`crate::check`] and [`crate::Document::decode`].
    pub const DEFAULT: Limits = Limits {
        message_bytes: 4 << 20,
        depth: 32,
        attributes: 32,
        namespaces: 64,
        shapes: 1_000,
        points: 50_000,
        problems: 100,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Limits::DEFAULT
    }
}

/// A message as text, ready to be read. It owns the text only where the bytes had to be changed (another encoding than
/// UTF-8, or line ends other than LF), so that everything read from it can borrow.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) limits: Limits,
}

impl<'a> Document<'a> {
    /// Takes UTF-8 and UTF-16 (each with or without byte order mark), US-ASCII, and ISO-8859-1. Any other encoding is
    /// refused by name.
    pub fn decode(bytes: &'a [u8], limits: Limits) -> Result<Self, Problem> {
        if bytes.len() > limits.message_bytes {
            let expected = format!("at most {} bytes", limits.message_bytes);
            return Err(Problem::error(Code::TooLarge, "/", expected, format!("{} bytes", bytes.len())));
        }
        let text = decoded(bytes)?;
        Ok(Document { text: normalised(text)?, limits })
    }
}

fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, Problem> {
    if let Some(units) = bytes.strip_prefix(b"\xff\xfe") {
        return utf16(units, u16::from_le_bytes).map(Cow::Owned);
    }
    if let Some(units) = bytes.strip_prefix(b"\xfe\xff") {
        return utf16(units, u16::from_be_bytes).map(Cow::Owned);
    }
    // Without a mark the first characters of the declaration show the order (XML 1.0 appendix F.1).
    if bytes.starts_with(b"<\0?\0") {
        return utf16(bytes, u16::from_le_bytes).map(Cow::Owned);
    }
    if bytes.starts_with(b"\0<\0?") {
        return utf16(bytes, u16::from_be_bytes).map(Cow::Owned);
    }
    let marked = bytes.starts_with(b"\xef\xbb\xbf");
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let encoding = declared_encoding(bytes);
    // A byte order mark outranks the declaration: the bytes are UTF-8 whatever it says.
    match encoding.map(str::to_ascii_uppercase).as_deref() {
        _ if marked => utf8(bytes),
        None | Some("UTF-8" | "UTF8" | "US-ASCII" | "ASCII") => utf8(bytes),
        Some("ISO-8859-1" | "ISO-LATIN-1" | "ISO LATIN 1" | "LATIN1") => {
            Ok(Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()))
        }
        Some(other) => {
            Err(Problem::error(Code::Encoding, "/", "UTF-8, UTF-16, US-ASCII or ISO-8859-1", other))
        }
    }
}

/// The encoding named in the XML declaration. Whether the declaration is well formed is for the reader to say.
fn declared_encoding(bytes: &[u8]) -> Option<&str> {
    const DECLARATION_BYTES: usize = 256;
    let head = &bytes[..bytes.len().min(DECLARATION_BYTES)];
    let head = head.utf8_chunks().next()?.valid();
    let declaration = head.strip_prefix("<?xml")?;
    let declaration = &declaration[..declaration.find("?>")?];
    let (_, rest) = declaration.split_once("encoding")?;
    let rest = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    rest[1..].split_once(quote).map(|(name, _)| name)
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, Problem> {
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
        let at = error.valid_up_to();
        let found = format!("byte 0x{:02x} at offset {at}", bytes[at]);
        Problem { line: Some(line_of(bytes, at)), ..Problem::error(Code::Encoding, "/", "UTF-8", found) }
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Problem> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|&pair| unit(pair))).collect();
    match text {
        Ok(text) if rest.is_empty() => Ok(text),
        Ok(_) => Err(Problem::error(Code::Encoding, "/", "UTF-16", "an odd number of bytes")),
        Err(error) => Err(Problem::error(Code::Encoding, "/", "UTF-16", error.to_string())),
    }
}

/// XML 1.0 §2.2 and §2.11: refuses characters XML does not have, and turns CR LF and CR into LF.
///
/// One pass without branches decides whether there is anything to look at; there hardly ever is.
fn normalised(text: Cow<'_, str>) -> Result<Cow<'_, str>, Problem> {
    let (mut control, mut carriage_return, mut last_of_plane) = (false, false, false);
    for &byte in text.as_bytes() {
        control |= byte < 0x20 && byte != b'\t' && byte != b'\n' && byte != b'\r';
        carriage_return |= byte == b'\r';
        last_of_plane |= byte == 0xef;
    }
    if control || last_of_plane {
        let stray = text.char_indices().find(|&(_, ch)| !is_xml_char(ch));
        if let Some((at, ch)) = stray {
            let found = format!("U+{:04X}", u32::from(ch));
            let problem = Problem::error(Code::Malformed, "/", "a character that XML allows", found);
            return Err(Problem { line: Some(line_of(text.as_bytes(), at)), ..problem });
        }
    }
    if carriage_return {
        return Ok(Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")));
    }
    Ok(text)
}

/// XML 1.0 §2.2, production `Char`.
pub(crate) fn is_xml_char(ch: char) -> bool {
    matches!(ch, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// The line of an offset, counted from 1.
pub(crate) fn line_of(bytes: &[u8], at: usize) -> usize {
    1 + bytes[..at.min(bytes.len())].iter().filter(|&&byte| byte == b'\n').count()
}
