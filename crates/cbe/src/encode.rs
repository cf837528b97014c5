//! To octets.

use bytes::{BufMut, Bytes, BytesMut};

use crate::{Answer, Ask, CAP, Method, Request, Tag};

impl Request {
    /// It as a frame. A path with a line break or a blank would end the line it stands in: such characters are left out.
    pub fn encode(&self) -> Bytes {
        let (method, path, body) = match &self.ask {
            Ask::Take { path, message } => ("POST", path, Some(message)),
            Ask::Report { path } => ("GET", path, None),
            Ask::Other { method: Method(method), path } => (method.as_str(), path, None),
        };
        let mut out = frame(self.tag, body.map_or(0, Bytes::len));
        out.put_slice(format!("{} {} HTTP/1.1\r\n", word(method), word(path)).as_bytes());
        if body.is_some() {
            header(&mut out, "content-type", CAP);
        }
        end(out, body.map_or(&[], |body| body))
    }
}

impl Answer {
    /// It as a frame.
    pub fn encode(&self, tag: Tag) -> Bytes {
        let mut out = frame(tag, self.body.len());
        out.put_slice(format!("HTTP/1.1 {:03} \r\n", self.status).as_bytes());
        if let Some(location) = &self.location {
            header(&mut out, "location", &word(location));
        }
        if let Some(media_type) = &self.media_type {
            header(&mut out, "content-type", &word(media_type));
        }
        end(out, &self.body)
    }
}

fn frame(Tag(tag): Tag, body_octets: usize) -> BytesMut {
    let mut out = BytesMut::with_capacity(256 + body_octets);
    out.put_u64(tag);
    out
}

fn header(out: &mut BytesMut, name: &str, value: &str) {
    out.put_slice(format!("{name}: {value}\r\n").as_bytes());
}

fn end(mut out: BytesMut, body: &[u8]) -> Bytes {
    out.put_slice(b"\r\n");
    out.put_slice(body);
    out.freeze()
}

fn word(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).collect()
}
