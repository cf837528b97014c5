//! What every network has answered.

use std::fmt::Write;

use admin::TrafficRow;
use engine::view::{AlertView, Counts, NetworkView};

use super::columns;
use crate::moment::{between, utc};

/// The cells of an alert by operator and technology, in the states that the networks gave.
pub(crate) fn ledger(alert: &AlertView) -> String {
    let mut text = String::new();
    let mut part = |title: &str, total: &Counts, of: fn(&NetworkView) -> &Counts, wanted: bool| {
        if total.targeted == 0 {
            return;
        }
        let unserved = |unserved: u32| if wanted { unserved.to_string() } else { String::new() };
        let mut rows: Vec<_> = alert
            .networks
            .iter()
            .filter(|network| of(network).targeted > 0 || (wanted && network.unserved > 0))
            .map(|network| {
                row(&network.operator, &network.rat.to_string(), of(network), unserved(network.unserved))
            })
            .collect();
        rows.push(row("all", "", total, unserved(alert.unserved)));
        let last = if wanted { "unserved" } else { "" };
        let header = [
            title,
            "network",
            "targeted",
            "confirmed",
            "accepted",
            "sent",
            "pending",
            "refused",
            "unknown",
            last,
        ];
        text += &columns(header, rows, 2);
    };
    part("on the air", &alert.cells, |network| &network.cells, true);
    part("off the air", &alert.off, |network| &network.off, false);
    for network in &alert.networks {
        let name = format!("{} {}", network.operator, network.rat);
        if network.older > 0 {
            let _ = writeln!(text, "{name}: {} cells may still show an older text", network.older);
        }
        for (cause, cells) in &network.causes {
            let _ = writeln!(text, "{name}: {cells} cells refused: {cause}");
        }
    }
    if text.is_empty() { "no cell has been asked yet\n".to_owned() } else { text }
}

/// The ledger, how fast it was, and what it has cost.
pub(crate) fn report(alert: &AlertView, traffic: &[TrafficRow]) -> String {
    let mut text = format!("{}  {}  {}  {}\n", alert.id, alert.channel, alert.class, alert.state);
    if let Some(version) = &alert.version {
        let _ = writeln!(text, "version {} by {}", version.number, version.author);
        if let (Some(by), Some(approved_ms)) = (&version.approver, version.approved_ms) {
            let _ = writeln!(text, "approved by {by} at {}", utc(approved_ms));
            for (what, at_ms) in [("first", version.first_confirmed_ms), ("last", version.last_confirmed_ms)]
            {
                if let Some(at_ms) = at_ms {
                    let after = between(approved_ms, at_ms);
                    let _ = writeln!(text, "{what} cell confirmed {after} after approval");
                }
            }
        }
    }
    text += "\n";
    text += &ledger(alert);
    if !traffic.is_empty() {
        let rows = traffic.iter().map(|row| {
            [row.operator.clone(), row.rat.to_string(), row.pdus.to_string(), row.octets.to_string()]
        });
        text += "\n";
        text += &columns(["traffic", "network", "PDUs", "octets"], rows, 2);
    }
    text
}

fn row(operator: &str, network: &str, counts: &Counts, unserved: String) -> [String; 10] {
    let Counts { targeted, pending, sent, accepted, confirmed, refused, unknown } = counts;
    let [targeted, confirmed, accepted, sent, pending, refused, unknown] =
        [targeted, confirmed, accepted, sent, pending, refused, unknown].map(ToString::to_string);
    let [operator, network] = [operator, network].map(str::to_owned);
    [operator, network, targeted, confirmed, accepted, sent, pending, refused, unknown, unserved]
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ALERT, example};
    use super::*;

    #[test]
    fn a_report_tells_states_speed_and_cost() {
        let traffic = [TrafficRow { operator: "mts".into(), rat: area::Rat::Lte, pdus: 6, octets: 52_000 }];
        let expected = "\
A-17  live  missing-child  active
version 1 by jelena
approved by petar at 2026-09-21T14:13:20Z
first cell confirmed 1.200 s after approval
last cell confirmed 9.000 s after approval

on the air  network  targeted  confirmed  accepted  sent  pending  refused  unknown  unserved
mts         lte          1200        980       200    10        0        4        6        12
all                      1200        980       200    10        0        4        6        12
mts lte: 4 cells refused: cell not available

traffic  network  PDUs  octets
mts      lte         6   52000
";
        assert_eq!(report(&example(ALERT), &traffic), expected);
    }

    #[test]
    fn cells_that_leave_the_air_have_a_table_of_their_own() {
        let mut alert: AlertView = example(ALERT);
        (alert.off, alert.cells) = (alert.cells, Counts::default());
        let network = &mut alert.networks[0];
        (network.off, network.cells, network.older) = (network.cells, Counts::default(), 3);
        let expected = "\
off the air  network  targeted  confirmed  accepted  sent  pending  refused  unknown
mts          lte          1200        980       200    10        0        4        6
all                       1200        980       200    10        0        4        6
mts lte: 3 cells may still show an older text
mts lte: 4 cells refused: cell not available
";
        assert_eq!(ledger(&alert), expected);
    }

    #[test]
    fn a_draft_has_asked_no_cell() {
        let mut alert: AlertView = example(ALERT);
        (alert.cells, alert.networks) = (Counts::default(), vec![]);
        assert_eq!(ledger(&alert), "no cell has been asked yet\n");
    }
}
