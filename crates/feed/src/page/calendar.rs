//! The media schedule as iCalendar (RFC 5545): an event for each showing.

use time::OffsetDateTime;

use crate::board::Board;

/// The longest line, in octets, without its end (RFC 5545 §3.1).
const LINE_OCTETS: usize = 75;

pub(super) fn schedule(board: &Board, now_s: i64) -> String {
    let mut out = Calendar::default();
    out.line("BEGIN:VCALENDAR");
    out.line("VERSION:2.0");
    out.line("PRODID:-//amberd//media schedule//EN");
    let host = board.public_url.split("//").last().unwrap_or_default();
    for item in board.shown(now_s) {
        let (Some(live), Some(message)) = (&item.live, item.newest()) else { continue };
        let texts: Vec<&str> = live.texts.iter().map(|text| text.text.as_str()).collect();
        for slot in &live.slots {
            out.line("BEGIN:VEVENT");
            out.line(&format!("UID:{}-{}@{host}", item.alert, slot.at_s));
            out.line(&format!("DTSTAMP:{}", stamp(message.sent_s)));
            out.line(&format!("DTSTART:{}", stamp(slot.at_s)));
            out.line("DURATION:PT1M");
            out.line(&format!("SUMMARY:{}", escaped(&live.event)));
            out.line(&format!("DESCRIPTION:{}", escaped(&texts.join("\n\n"))));
            out.line(&format!("LOCATION:{}", escaped(&live.area)));
            out.line(&format!("URL:{}", board.address(&message.identifier)));
            out.line("END:VEVENT");
        }
    }
    out.line("END:VCALENDAR");
    out.text
}

#[derive(Default)]
struct Calendar {
    text: String,
}

impl Calendar {
    /// Writes a line, folded where it is too long, never within a character.
    fn line(&mut self, line: &str) {
        let mut length = 0;
        for ch in line.chars() {
            if length + ch.len_utf8() > LINE_OCTETS {
                self.text.push_str("\r\n ");
                length = 1;
            }
            self.text.push(ch);
            length += ch.len_utf8();
        }
        self.text.push_str("\r\n");
    }
}

fn stamp(unix_s: i64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(unix_s).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (hour, minute, second) = moment.to_hms();
    format!(
        "{:04}{:02}{:02}T{hour:02}{minute:02}{second:02}Z",
        moment.year(),
        u8::from(moment.month()),
        moment.day()
    )
}

/// A text as a value (RFC 5545 §3.3.11).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.chars() {
        match ch {
            '\\' | ';' | ',' => out.extend(['\\', ch]),
            '\n' => out.push_str("\\n"),
            ch if ch.is_control() => {}
            ch => out.push(ch),
        }
    }
    out
}
