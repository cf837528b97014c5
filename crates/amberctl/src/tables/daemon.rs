//! The daemon and its peers.

use admin::{PeerView, StatusView};

use super::columns;
use crate::moment::utc;

/// Peers, one a line.
pub(crate) fn peers(peers: &[PeerView]) -> String {
    let rows = peers.iter().map(|peer| {
        let state = match (peer.up, peer.ready) {
            (true, true) => "ready",
            (true, false) => "up, not ready",
            (false, _) => "down",
        };
        let [name, operator, protocol, address] =
            [&peer.name, &peer.operator, &peer.protocol, &peer.address].map(Clone::clone);
        let since = peer.since_ms.map(utc).unwrap_or_default();
        let counts = [peer.in_flight, peer.queued, peer.pdus_sent, peer.octets_sent, peer.pdus_received];
        let [in_flight, queued, sent, octets, received] = counts.map(|count| count.to_string());
        [
            name,
            operator,
            protocol,
            address,
            state.to_owned(),
            since,
            in_flight,
            queued,
            sent,
            octets,
            received,
        ]
    });
    let header = [
        "peer",
        "operator",
        "protocol",
        "address",
        "state",
        "since",
        "in flight",
        "queued",
        "sent",
        "octets",
        "received",
    ];
    let notices =
        peers.iter().filter_map(|peer| Some(format!("{}: {}\n", peer.name, peer.last_notice.as_ref()?)));
    columns(header, rows, 6) + &notices.collect::<String>()
}

/// The daemon.
pub(crate) fn status(status: &StatusView) -> String {
    let StatusView { version, inventory, cells, journal, alerts_open, me } = status;
    format!(
        "amberd {version}\ninventory: {cells} cells, {inventory}\njournal: {}, {} records\nopen alerts: {alerts_open}\nyou are {}, with the roles: {}\n",
        journal.state,
        journal.seq,
        me.name,
        me.roles.words(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    #[test]
    fn peers_are_shown_with_what_happened_last() {
        let mut shown: Vec<PeerView> =
            example("/paths/~1v1~1peers/get/responses/200/content/application~1json/example");
        shown[0].last_notice = Some("keep-alive lost".into());
        let mut down = shown[0].clone();
        (down.up, down.since_ms, down.last_notice) = (false, None, None);
        shown.push(down);
        let expected = "\
peer       operator  protocol  address           state  since                 in flight  queued  sent   octets  received
mts-mme-1  mts       sbcap     192.0.2.10:29168  ready  2026-09-21T11:26:40Z          4      12   120  1200000       118
mts-mme-1  mts       sbcap     192.0.2.10:29168  down                                 4      12   120  1200000       118
mts-mme-1: keep-alive lost
";
        assert_eq!(peers(&shown), expected);
    }

    #[test]
    fn the_status_says_who_asks() {
        let shown =
            status(&example("/paths/~1v1~1status/get/responses/200/content/application~1json/example"));
        assert!(shown.ends_with("open alerts: 1\nyou are jelena, with the roles: author\n"), "{shown}");
    }
}
