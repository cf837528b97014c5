//! The feed as Atom (RFC 4287): an entry for each CAP message, newest first.

use std::fmt::Write as _;

use super::{moment, picture_address};
use crate::board::{Board, Item, Message};

pub(super) fn feed(board: &Board, now_s: i64) -> String {
    let url = escaped(&board.public_url);
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n\
         <id>{url}/feed.atom</id>\n<title>{publisher}</title>\n<updated>{updated}</updated>\n\
         <author><name>{publisher}</name></author>\n\
         <link rel=\"self\" type=\"application/atom+xml\" href=\"{url}/feed.atom\"/>\n",
        publisher = escaped(&board.publisher),
        updated = moment(board.changed_s),
    );
    let mut entries: Vec<(&Item, &Message)> = board
        .shown(now_s)
        .flat_map(|item| item.messages.iter().map(move |message| (item, message)))
        .collect();
    entries.retain(|(_, message)| message.cap.is_some());
    entries.sort_by_key(|(_, message)| std::cmp::Reverse(message.sent_s));
    for (item, message) in entries {
        entry(&mut out, board, item, message);
    }
    out.push_str("</feed>\n");
    out
}

fn entry(out: &mut String, board: &Board, item: &Item, message: &Message) {
    let address = escaped(&board.address(&message.identifier));
    let (title, summary) = match &item.live {
        Some(live) => (live.event.clone(), live.texts.first().map(|text| text.text.clone())),
        None => (format!("{} is cancelled", item.alert), None),
    };
    // What cannot be written to a string does not exist.
    let _ = write!(
        out,
        "<entry>\n<id>{address}</id>\n<title>{}</title>\n<updated>{}</updated>\n\
         <category term=\"{}\"/>\n<category term=\"{}\"/>\n\
         <link rel=\"alternate\" type=\"application/cap+xml\" href=\"{address}\"/>\n",
        escaped(&title),
        moment(message.sent_s),
        item.channel,
        escaped(&item.class),
    );
    if let Some(picture) = &message.picture {
        let address = escaped(&picture_address(&board.public_url, &message.identifier));
        let (media_type, length) = (picture.media_type(), picture.octets().len());
        let _ = writeln!(
            out,
            "<link rel=\"enclosure\" type=\"{media_type}\" length=\"{length}\" href=\"{address}\"/>"
        );
    }
    // Only the newest message says what the alert says now.
    if let Some(summary) = summary.filter(|_| item.newest() == Some(message)) {
        let _ = writeln!(out, "<summary>{}</summary>", escaped(&summary));
    }
    out.push_str("</entry>\n");
}

/// A text within XML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.chars() {
        match ch {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push(' '),
            // XML 1.0 has no other controls.
            ch if ch.is_control() => {}
            ch => out.push(ch),
        }
    }
    out
}
