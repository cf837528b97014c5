//! What an answer says beside its status code.

use cap::MessageType;

use crate::{Answer, CAP};

/// Characters of an answer's body that are passed on as words.
const WORDS_MAX: usize = 200;

/// What a CAP message of type Error in an answer says; `None` for any other answer.
pub(super) fn rejection(answer: &Answer) -> Option<(u16, String)> {
    if answer.media_type.as_deref() != Some(CAP) {
        return None;
    }
    let document = cap::Document::decode(&answer.body, cap::Limits::DEFAULT).ok()?;
    let message = document.alert().ok()?;
    let note = message.note.as_deref().unwrap_or_default();
    (message.msg_type == MessageType::Error).then(|| (answer.status, clipped(note)))
}

/// The path of a `Location`: it is always asked for where the message was posted.
pub(super) fn path_of(location: &str) -> Option<&str> {
    let path = match location.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/')?..],
        None => location,
    };
    path.starts_with('/').then_some(path)
}

/// The status code of an answer, and what it says to people.
pub(super) fn words(answer: &Answer) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    let readable = answer.media_type.as_deref().is_some_and(|media_type| media_type.starts_with("text/"));
    let text = if readable { clipped(&text) } else { String::new() };
    format!("status {} {text}", answer.status).trim_end().to_owned()
}

fn clipped(text: &str) -> String {
    text.chars().take(WORDS_MAX).map(|ch| if ch.is_control() { ' ' } else { ch }).collect()
}
