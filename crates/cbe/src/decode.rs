//! From octets.

use bytes::Bytes;
use httparse::{EMPTY_HEADER, Header, Status};

use crate::{Answer, Ask, Error, Method, Request, Tag};

/// The most headers of a message.
const HEADERS_MAX: usize = 64;

impl Request {
    /// The request of a frame.
    pub fn decode(frame: &[u8]) -> Result<Self, Error> {
        let (tag, message) = split(frame)?;
        let mut headers = [EMPTY_HEADER; HEADERS_MAX];
        let mut head = httparse::Request::new(&mut headers);
        let octets = complete(head.parse(message))?;
        let missing = |expected| Error::Http { expected, found: "none".into() };
        let path = head.path.ok_or_else(|| missing("a path"))?.to_owned();
        let ask = match head.method.ok_or_else(|| missing("a method"))? {
            "POST" => Ask::Take { path, message: Bytes::copy_from_slice(&message[octets..]) },
            "GET" => Ask::Report { path },
            method => Ask::Other { method: Method(method.to_owned()), path },
        };
        Ok(Self { tag, ask })
    }
}

impl Answer {
    /// The answer of a frame, and the tag of what it answers.
    pub fn decode(frame: &[u8]) -> Result<(Tag, Self), Error> {
        let (tag, message) = split(frame)?;
        let mut headers = [EMPTY_HEADER; HEADERS_MAX];
        let mut head = httparse::Response::new(&mut headers);
        let octets = complete(head.parse(message))?;
        let answer = Self {
            status: head.code.unwrap_or_default(),
            location: value(head.headers, "location"),
            media_type: value(head.headers, "content-type")
                .map(|value| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()),
            body: Bytes::copy_from_slice(&message[octets..]),
        };
        Ok((tag, answer))
    }
}

fn split(frame: &[u8]) -> Result<(Tag, &[u8]), Error> {
    let (tag, message) = frame.split_first_chunk().ok_or(Error::Tag { found: frame.len() })?;
    Ok((Tag(u64::from_be_bytes(*tag)), message))
}

fn complete(parsed: httparse::Result<usize>) -> Result<usize, Error> {
    let expected = "the head of a message";
    match parsed {
        Ok(Status::Complete(octets)) => Ok(octets),
        Ok(Status::Partial) => Err(Error::Http { expected, found: "one without its end".into() }),
        Err(error) => Err(Error::Http { expected, found: error.to_string() }),
    }
}

fn value(headers: &[Header<'_>], name: &str) -> Option<String> {
    let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
    std::str::from_utf8(header.value).ok().map(|value| value.trim().to_owned())
}
