//! Alerts.

use std::fmt::Write;

use engine::view::{AlertView, PictureView, PlannedView, VersionView};
use policy::Role;

use super::{columns, ledger};
use crate::moment::{duration, utc};

/// One alert, all of it.
pub(crate) fn alert(alert: &AlertView) -> String {
    let mut text = format!("{}  {}  {}  {}\n", alert.id, alert.channel, alert.class, alert.state);
    if let Some(expires_ms) = alert.expires_ms {
        let _ = writeln!(text, "ends at {}", utc(expires_ms));
    }
    if let Some(shown) = &alert.version {
        text += &version(shown);
    }
    if let Some(waiting) = &alert.waiting {
        text += "\nwaits for a second person:\n";
        text += &version(waiting);
    }
    for message in &alert.messages {
        for name in &message.names {
            let (role, serial) = (role(message.role), name.serial);
            let _ = writeln!(text, "{} knows {role} as {} {serial}", name.operator, name.message_id);
        }
        let counts = &message.broadcasts;
        if let (Some((fewest, _)), Some((most, _))) = (counts.first_key_value(), counts.last_key_value()) {
            let (role, cells) = (role(message.role), counts.values().sum::<u32>());
            let _ = writeln!(
                text,
                "{role} was broadcast {fewest} to {most} times in {cells} cells until it was stopped"
            );
        }
    }
    text += "\n";
    text += &ledger(alert);
    text += "\n";
    text += &history(alert);
    text
}

/// Alerts, one a line.
pub(crate) fn alerts(alerts: &[AlertView]) -> String {
    if alerts.is_empty() {
        return "no alerts\n".to_owned();
    }
    let rows = alerts.iter().map(|alert| {
        let cells = if alert.state.is_on() { &alert.cells } else { &alert.off };
        let [confirmed, targeted] = [cells.confirmed, cells.targeted].map(|cells| cells.to_string());
        let words =
            [alert.id.to_string(), alert.channel.to_string(), alert.class.clone(), alert.state.to_string()];
        let [id, channel, class, state] = words;
        let ends = alert.expires_ms.map(utc).unwrap_or_default();
        [id, channel, class, state, ends, confirmed, targeted]
    });
    columns(["alert", "channel", "class", "state", "ends at", "confirmed", "targeted"], rows, 5)
}

/// A version: its texts as phones show them, and where.
pub(super) fn version(version: &VersionView) -> String {
    let mut text = format!("version {} by {}", version.number, version.author);
    if let (Some(by), Some(at_ms)) = (&version.approver, version.approved_ms) {
        let _ = write!(text, ", approved by {by} at {}", utc(at_ms));
    }
    let _ = writeln!(text, ", for {}", duration(version.duration_s));
    let _ = writeln!(text, "area: {}", area(&version.target));
    let _ = writeln!(text, "cells: {}, and {} that no peer serves", version.cells, version.unserved);
    if let Some(PictureView { media_type, bytes, width, height }) = &version.picture {
        let _ = writeln!(text, "picture: {media_type}, {width} x {height}, {bytes} bytes");
    }
    for planned in &version.planned {
        text += &message(planned);
    }
    text
}

/// A message as a phone shows it.
fn message(planned: &PlannedView) -> String {
    if planned.pages == 0 {
        return format!("{}: a primary notification of ETWS, which has no text\n", role(planned.role));
    }
    let pages = if planned.pages == 1 { "page" } else { "pages" };
    let size = planned.text.as_deref().map(super::preview::size).unwrap_or_default();
    let languages = planned.languages.join(" and ");
    let mut text = format!("{} in {languages}: {} {pages}{size}\n", role(planned.role), planned.pages);
    for line in planned.text.as_deref().unwrap_or("(erased)").lines() {
        let _ = writeln!(text, "  | {line}");
    }
    text
}

fn role(role: Role) -> String {
    match role {
        Role::Main => "main message".to_owned(),
        Role::Additional(n) => format!("additional message {}", u16::from(n) + 1),
    }
}

fn area(target: &area::Target) -> String {
    let mut parts = target.areas.clone();
    let circles = target.circles.iter();
    parts.extend(circles.map(|circle| format!("{} m around {},{}", circle.radius_m, circle.lat, circle.lon)));
    parts.extend(
        target.polygons.iter().map(|ring| format!("a polygon of {} points", ring.len().saturating_sub(1))),
    );
    if !target.cells.is_empty() {
        parts.push(format!("{} cells by name", target.cells.len()));
    }
    parts.join(", ")
}

fn history(alert: &AlertView) -> String {
    let rows = alert.history.iter().map(|step| {
        let [by, reason] = [&step.by, &step.reason].map(|word| word.clone().unwrap_or_default());
        [utc(step.wall_ms), step.verb.clone(), by, reason]
    });
    columns(["at", "what", "by", "reason"], rows, 4)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ALERT, example};
    use super::*;

    #[test]
    fn an_alert_is_shown_with_its_texts_names_ledger_and_history() {
        let shown = alert(&example(ALERT));
        let expected = "\
A-17  live  missing-child  active
ends at 2026-09-21T16:13:20Z
version 1 by jelena, approved by petar at 2026-09-21T14:13:20Z, for 2h
area: RS-06, 5000 m around 45.26,19.83
cells: 1200, and 12 that no peer serves
main message in sr-Cyrl and sr-Latn: 3 pages, UCS-2, 89 characters (41 a page)
  | Нестало дете: Марко, 7 година. Позовите 192.
  | Nestalo dete: Marko, 7 godina. Pozovite 192.
additional message 1 in en: 1 page, GSM 7-bit, 34 septets (93 a page)
  | Missing child: Marko, 7. Call 192.
";
        assert!(shown.starts_with(expected), "{shown}");
        assert!(shown.contains("mts knows main message as 4379 "), "{shown}");
        assert!(shown.ends_with("2026-09-21T14:13:20Z  approve  petar\n"), "{shown}");
    }

    #[test]
    fn counts_of_broadcasts_are_told_in_one_line() {
        let mut stopped: AlertView = example(ALERT);
        stopped.messages[0].broadcasts = [(11, 1), (12, 2)].into();
        let told = "main message was broadcast 11 to 12 times in 3 cells until it was stopped\n";
        assert!(alert(&stopped).contains(told), "{}", alert(&stopped));
    }

    #[test]
    fn a_list_has_a_line_for_each() {
        let mut over: AlertView = example(ALERT);
        (over.state, over.expires_ms) = (engine::State::Rejected, None);
        let expected = "\
alert  channel  class          state     ends at               confirmed  targeted
A-17   live     missing-child  active    2026-09-21T16:13:20Z        980      1200
A-17   live     missing-child  rejected                                0         0
";
        assert_eq!(alerts(&[example(ALERT), over]), expected);
        assert_eq!(alerts(&[]), "no alerts\n");
    }
}
