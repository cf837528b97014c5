//! The daemon's figures as Prometheus reads them: text format 0.0.4, out of the same views that people are shown.

use std::fmt::{Display, Write};

use crate::{PeerView, StatusView};

/// The media type of the text format.
pub(crate) const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A figure of each peer: its name, whether it only grows, what it is, and its value.
type OfPeer = (&'static str, Kind, &'static str, fn(&PeerView) -> u64);

/// What a figure does.
#[derive(Clone, Copy)]
enum Kind {
    /// It only grows, until the daemon starts again.
    Counter,
    /// It goes up and down.
    Gauge,
}

const OF_PEERS: &[OfPeer] = &[
    ("amberd_peer_up", Kind::Gauge, "Whether the link is up.", |peer| peer.up.into()),
    ("amberd_peer_ready", Kind::Gauge, "Whether the peer takes requests.", |peer| peer.ready.into()),
    ("amberd_peer_requests_in_flight", Kind::Gauge, "Requests that wait for an answer.", |peer| {
        peer.in_flight
    }),
    ("amberd_peer_orders_queued", Kind::Gauge, "Orders that wait.", |peer| peer.queued),
    ("amberd_peer_pdus_sent_total", Kind::Counter, "PDUs sent.", |peer| peer.pdus_sent),
    ("amberd_peer_octets_sent_total", Kind::Counter, "Octets sent.", |peer| peer.octets_sent),
    ("amberd_peer_pdus_received_total", Kind::Counter, "PDUs received.", |peer| peer.pdus_received),
];

/// The figures of the daemon and of its peers.
pub(crate) fn text(status: &StatusView, peers: &[PeerView]) -> String {
    let mut text = String::new();
    let journal_ok = u8::from(status.journal.state == "ok");
    figure(&mut text, "amberd_alerts_open", Kind::Gauge, "Alerts that are not over.");
    sample(&mut text, "amberd_alerts_open", &[], status.alerts_open);
    figure(&mut text, "amberd_cells", Kind::Gauge, "Cells of the inventory.");
    sample(&mut text, "amberd_cells", &[], status.cells);
    figure(&mut text, "amberd_journal_ok", Kind::Gauge, "Whether the journal is whole and takes records.");
    sample(&mut text, "amberd_journal_ok", &[], journal_ok);
    figure(&mut text, "amberd_journal_records_total", Kind::Counter, "Records that are durable.");
    sample(&mut text, "amberd_journal_records_total", &[], status.journal.seq);
    for (name, kind, help, value) in OF_PEERS {
        figure(&mut text, name, *kind, help);
        for peer in peers {
            let labels = [
                ("peer", peer.name.as_str()),
                ("operator", peer.operator.as_str()),
                ("protocol", peer.protocol.as_str()),
            ];
            sample(&mut text, name, &labels, value(peer));
        }
    }
    text
}

// Writing into a string does not fail.

fn figure(text: &mut String, name: &str, kind: Kind, help: &str) {
    let kind = match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
    };
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
}

fn sample(text: &mut String, name: &str, labels: &[(&str, &str)], value: impl Display) {
    let labels: Vec<String> =
        labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
    let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
    let _ = writeln!(text, "{name}{labels} {value}");
}

/// A label's value: what would end it is escaped.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use serde_json::Value;

    use super::*;

    fn example<T: DeserializeOwned>(path: &str) -> T {
        let contract: Value = serde_json::from_str(crate::OPENAPI).unwrap();
        let answer = &contract["paths"][path]["get"]["responses"]["200"];
        serde_json::from_value(answer["content"]["application/json"]["example"].clone()).unwrap()
    }

    #[test]
    fn each_figure_has_its_type_once_and_a_sample_for_each_peer() {
        let status: StatusView = example("/v1/status");
        let mut peers: Vec<PeerView> = example("/v1/peers");
        peers.truncate(1);
        peers.push(PeerView { name: "a \"b\"\\\n".into(), up: false, pdus_sent: 7, ..peers[0].clone() });
        let text = text(&status, &peers);
        let operator = format!("operator=\"{}\",protocol=\"{}\"", peers[0].operator, peers[0].protocol);
        for line in [
            format!("amberd_alerts_open {}", status.alerts_open),
            "amberd_journal_ok 1".into(),
            "# TYPE amberd_peer_pdus_sent_total counter".into(),
            format!("amberd_peer_up{{peer=\"{}\",{operator}}} 1", peers[0].name),
            format!("amberd_peer_up{{peer=\"a \\\"b\\\"\\\\\\n\",{operator}}} 0"),
            format!("amberd_peer_pdus_sent_total{{peer=\"a \\\"b\\\"\\\\\\n\",{operator}}} 7"),
        ] {
            assert_eq!(text.lines().filter(|found| *found == line).count(), 1, "{line}\n{text}");
        }
        assert_eq!(text.lines().count(), 4 * 3 + OF_PEERS.len() * 4);
    }

    #[test]
    fn a_journal_that_failed_is_not_ok() {
        let mut status: StatusView = example("/v1/status");
        status.journal.state = "failed: disk full".into();
        assert!(text(&status, &[]).contains("\namberd_journal_ok 0\n"));
    }
}
