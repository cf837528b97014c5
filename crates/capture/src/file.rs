//! The frames in a capture file: the classic format of libpcap, and pcapng.

/// A frame as it was captured.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Frame<'a> {
    /// Nanoseconds since 1970, where the file says.
    pub(crate) time_ns: Option<u64>,
    /// The link type.
    pub(crate) link: u32,
    pub(crate) octets: &'a [u8],
}

/// The frames in order; ends with the first error.
pub(crate) fn frames(file: &[u8]) -> Box<dyn Iterator<Item = Result<Frame<'_>, String>> + '_> {
    let cursor = |big_endian| Cursor { rest: file, big_endian };
    match file {
        [0x0a, 0x0d, 0x0d, 0x0a, ..] => Box::new(Blocks { cursor: cursor(true), interfaces: Vec::new() }),
        [0xa1, 0xb2, 0xc3, 0xd4, ..] => classic(cursor(true), 1_000),
        [0xd4, 0xc3, 0xb2, 0xa1, ..] => classic(cursor(false), 1_000),
        [0xa1, 0xb2, 0x3c, 0x4d, ..] => classic(cursor(true), 1),
        [0x4d, 0x3c, 0xb2, 0xa1, ..] => classic(cursor(false), 1),
        _ => Box::new(std::iter::once(Err("expected a capture in pcap or pcapng format".to_owned()))),
    }
}

/// Numbers and octets in the byte order of the file.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    rest: &'a [u8],
    big_endian: bool,
}

impl<'a> Cursor<'a> {
    fn octets(&mut self, count: u32) -> Option<&'a [u8]> {
        let (octets, rest) = self.rest.split_at_checked(count as usize)?;
        self.rest = rest;
        Some(octets)
    }

    fn u32(&mut self) -> Option<u32> {
        let octets = self.octets(4)?.try_into().ok()?;
        Some(if self.big_endian { u32::from_be_bytes(octets) } else { u32::from_le_bytes(octets) })
    }

    fn u16(&mut self) -> Option<u16> {
        let octets = self.octets(2)?.try_into().ok()?;
        Some(if self.big_endian { u16::from_be_bytes(octets) } else { u16::from_le_bytes(octets) })
    }
}

fn classic(mut cursor: Cursor<'_>, unit_ns: u64) -> Box<dyn Iterator<Item = Result<Frame<'_>, String>> + '_> {
    let link = cursor.octets(20).and_then(|_| cursor.u32()).map(|link| link & 0xffff);
    let mut over = false;
    Box::new(std::iter::from_fn(move || {
        if over || (link.is_some() && cursor.rest.is_empty()) {
            return None;
        }
        let frame = link.and_then(|link| {
            let (seconds, fraction) = (cursor.u32()?, cursor.u32()?);
            let (captured, _) = (cursor.u32()?, cursor.u32()?);
            let time_ns = u64::from(seconds) * 1_000_000_000 + u64::from(fraction) * unit_ns;
            Some(Frame { time_ns: Some(time_ns), link, octets: cursor.octets(captured)? })
        });
        over = frame.is_none();
        Some(frame.ok_or_else(truncated))
    }))
}

fn truncated() -> String {
    "expected a whole frame, found the end of the capture".to_owned()
}

/// The blocks of pcapng.
struct Blocks<'a> {
    cursor: Cursor<'a>,
    /// Link type and ticks a second of each interface of the section.
    interfaces: Vec<(u32, u64)>,
}

impl<'a> Iterator for Blocks<'a> {
    type Item = Result<Frame<'a>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.cursor.rest.is_empty() {
            match self.block() {
                Some(None) => {}
                Some(Some(frame)) => return Some(Ok(frame)),
                None => {
                    self.cursor.rest = &[];
                    return Some(Err(truncated()));
                }
            }
        }
        None
    }
}

impl<'a> Blocks<'a> {
    /// The next block, and the frame in it if it is a packet; `None` when it is not whole.
    fn block(&mut self) -> Option<Option<Frame<'a>>> {
        const SECTION: u32 = 0x0a0d_0d0a;
        let kind = self.cursor.u32()?;
        if kind == SECTION {
            // The byte-order magic comes after the length that it explains.
            self.cursor.big_endian = self.cursor.rest.get(4..8)? == [0x1a, 0x2b, 0x3c, 0x4d];
            self.interfaces.clear();
        }
        let length = self.cursor.u32()?.checked_sub(12)?;
        let body = self.cursor.octets(length)?;
        self.cursor.u32()?;
        let mut body = Cursor { rest: body, ..self.cursor };
        match kind {
            1 => self.interfaces.push(interface(body)?),
            6 => {
                let (link, per_second) = *self.interfaces.get(body.u32()? as usize)?;
                let ticks = u64::from(body.u32()?) << 32 | u64::from(body.u32()?);
                let (captured, _) = (body.u32()?, body.u32()?);
                let time_ns = u128::from(ticks) * 1_000_000_000 / u128::from(per_second);
                let time_ns = u64::try_from(time_ns).ok();
                return Some(Some(Frame { time_ns, link, octets: body.octets(captured)? }));
            }
            3 => {
                let (link, _) = *self.interfaces.first()?;
                let captured = body.u32()?.min(u32::try_from(body.rest.len().saturating_sub(4)).ok()?);
                return Some(Some(Frame { time_ns: None, link, octets: body.octets(captured)? }));
            }
            _ => {}
        }
        Some(None)
    }
}

/// The link type of an interface and its ticks a second, a million unless its option 9 says otherwise.
fn interface(mut body: Cursor<'_>) -> Option<(u32, u64)> {
    let link = u32::from(body.u16()?);
    body.octets(6)?;
    let mut per_second = 1_000_000;
    while let (Some(code), Some(length)) = (body.u16(), body.u16()) {
        let value = body.octets(u32::from(length).next_multiple_of(4));
        if let (9, Some([resolution, ..])) = (code, value) {
            let base: u64 = if resolution & 0x80 == 0 { 10 } else { 2 };
            per_second = base.checked_pow(u32::from(resolution & 0x7f))?;
        }
        if code == 0 || value.is_none() {
            break;
        }
    }
    Some((link, per_second))
}
