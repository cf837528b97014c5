//! The reader of server-sent events.

use engine::view::AlertView;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::broken_off;
use crate::{Error, Problem};

/// The events of a watch.
#[derive(Debug)]
pub struct Events {
    body: Incoming,
    received: Vec<u8>,
    /// How much of `received` is known to hold no end of an event.
    searched: usize,
}

impl Events {
    /// The longest event that is read, in bytes.
    const EVENT_BYTES_MAX: usize = 4 << 20;

    pub(super) fn new(body: Incoming) -> Self {
        Self { body, received: Vec::new(), searched: 0 }
    }

    /// The alert when it has changed; nothing when it is over, or when the daemon stops.
    pub async fn next(&mut self) -> Option<Result<AlertView, Error>> {
        loop {
            while let Some(event) = self.take_event() {
                if let Some(view) = read(&event) {
                    return Some(view);
                }
            }
            match self.body.frame().await? {
                Ok(frame) => self.received.extend_from_slice(frame.data_ref()?),
                Err(error) => return Some(Err(broken_off(error))),
            }
            if self.received.len() > Self::EVENT_BYTES_MAX {
                let reason = format!("expected events of at most {} bytes", Self::EVENT_BYTES_MAX);
                return Some(Err(Error::BrokenOff { reason }));
            }
        }
    }

    /// Cuts the first whole event off what has been received.
    fn take_event(&mut self) -> Option<String> {
        let end = self.received[self.searched..].windows(2).position(|pair| pair == b"\n\n");
        let Some(end) = end else {
            // The first half of an end may have come already.
            self.searched = self.received.len().saturating_sub(1);
            return None;
        };
        let event: Vec<u8> = self.received.drain(..self.searched + end + 2).collect();
        self.searched = 0;
        Some(String::from_utf8_lossy(&event).into_owned())
    }
}

/// What an event says; nothing for a comment, or for an event that this version does not know.
fn read(event: &str) -> Option<Result<AlertView, Error>> {
    let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let data = field("data")?;
    let odd = |error: serde_json::Error| Error::NotUnderstood { status: 200, reason: error.to_string() };
    match field("event")? {
        "alert" => Some(serde_json::from_str(data).map_err(odd)),
        "problem" => Some(Err(match serde_json::from_str::<Problem>(data) {
            Ok(problem) => Error::Problem(Box::new(problem)),
            Err(error) => odd(error),
        })),
        _ => None,
    }
}
