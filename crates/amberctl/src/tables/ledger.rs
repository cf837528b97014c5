//! What every network has answered.

use std::fmt::Write;

use admin::TrafficRow;
use engine::view::{AlertView, Counts, GivesWay, NetworkView, Scarcity};

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
    for row in &alert.gives_way {
        let _ = writeln!(text, "{} {}: {}", row.operator, row.rat, gives_way(row));
    }
    if text.is_empty() { "no cell has been asked yet\n".to_owned() } else { text }
}

/// Cells in which an alert gets less of the air than it asks for: `12 cells of mts-bsc-01 wait for room`, and why.
pub(crate) fn gives_way(row: &GivesWay) -> String {
    let how = match row.period_s {
        Some(period_s) => format!("are repeated only every {period_s} s"),
        None => "wait for room on the air".to_owned(),
    };
    let why = match row.why {
        Scarcity::Budget => "their air is full",
        Scarcity::Refusal => "their controller has no more room",
    };
    let to: Vec<String> = row.to.iter().map(ToString::to_string).collect();
    let (cells, controllers, until) = (row.cells, row.controllers.join(", "), utc(row.until_ms));
    format!(
        "{cells} cells of {controllers} {how}: {why}, and {} go before; until {until} at most",
        to.join(", ")
    )
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
    use engine::AlertId;

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
    fn who_gives_way_is_told_to_whom_and_until_when() {
        let mut alert: AlertView = example(ALERT);
        let row = GivesWay {
            operator: "mts".into(),
            rat: area::Rat::Gsm,
            controllers: vec!["mts-bsc-01".into(), "mts-bsc-02".into()],
            role: policy::Role::Main,
            cells: 12,
            period_s: None,
            to: vec![AlertId(9), AlertId(11)],
            why: Scarcity::Budget,
            until_ms: 1_790_000_000_000,
        };
        alert.gives_way = vec![row.clone(), GivesWay { period_s: Some(208), why: Scarcity::Refusal, ..row }];
        let expected = "\
mts gsm: 12 cells of mts-bsc-01, mts-bsc-02 wait for room on the air: their air is full, and A-9, A-11 go before; \
until 2026-09-21T14:13:20Z at most
mts gsm: 12 cells of mts-bsc-01, mts-bsc-02 are repeated only every 208 s: their controller has no more room, and \
A-9, A-11 go before; until 2026-09-21T14:13:20Z at most
";
        assert!(ledger(&alert).ends_with(expected), "{}", ledger(&alert));
    }

    #[test]
    fn a_draft_has_asked_no_cell() {
        let mut alert: AlertView = example(ALERT);
        (alert.cells, alert.networks) = (Counts::default(), vec![]);
        assert_eq!(ledger(&alert), "no cell has been asked yet\n");
    }
}
