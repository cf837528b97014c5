//! `amberctl alert watch`: an alert as the networks take it up.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};

use area::Rat;
use engine::AlertId;
use engine::view::{AlertView, Counts, GivesWay};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::arguments::Until;
use crate::failure::Failure;
use crate::session::Session;
use crate::tables;

/// Follows an alert: with bars on a terminal, with a line for each change elsewhere, with a view a line in JSON.
pub(crate) async fn watch(
    alert: AlertId,
    until: Option<Until>,
    session: &Session,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let mut events = session.client.watch(alert).await?;
    let mut bars = (!session.json && std::io::stderr().is_terminal()).then(Bars::default);
    while let Some(view) = events.next().await {
        let view = view?;
        match &mut bars {
            Some(bars) => bars.show(&view),
            None => session.write(out, &view, || lines(&view))?,
        }
        if is_enough(&view, until) {
            drop(bars);
            return if session.json {
                Ok(())
            } else {
                Ok(write!(out, "{}", tables::plain(&tables::ledger(&view)))?)
            };
        }
    }
    Err(admin::Error::BrokenOff { reason: format!("the daemon stopped before {alert} was over") }.into())
}

/// Whether a watch has seen what it was to see.
fn is_enough(view: &AlertView, until: Option<Until>) -> bool {
    let Counts { targeted, confirmed, refused, .. } = view.cells;
    let settled = view.state.is_on() && targeted > 0 && confirmed + refused == targeted;
    view.state.is_over() || (until == Some(Until::Confirmed) && settled)
}

/// The cells that the network is asked about now: those to come on, or those to go off.
fn asked<'a>(view: &AlertView, on: &'a Counts, off: &'a Counts) -> &'a Counts {
    if view.state.is_on() { on } else { off }
}

fn line(view: &AlertView) -> String {
    let counts = asked(view, &view.cells, &view.off);
    format!(
        "{} {}: {} of {} confirmed, {}",
        view.id,
        view.state,
        counts.confirmed,
        counts.targeted,
        others(counts)
    )
}

/// The line, and one for each group of cells in which it gives way to other alerts.
fn lines(view: &AlertView) -> String {
    let rows = view.gives_way.iter();
    let rows = rows.map(|row| {
        format!("\n{} gives way: {} {}: {}", view.id, row.operator, row.rat, tables::gives_way(row))
    });
    line(view) + &rows.collect::<String>()
}

fn others(counts: &Counts) -> String {
    let Counts { accepted, refused, unknown, .. } = counts;
    format!("{accepted} accepted, {refused} refused, {unknown} unknown")
}

/// A bar for each operator and technology.
#[derive(Default)]
struct Bars {
    all: MultiProgress,
    by_network: BTreeMap<(String, Rat), ProgressBar>,
}

impl Bars {
    fn show(&mut self, view: &AlertView) {
        for network in &view.networks {
            let bar = self.by_network.entry((network.operator.clone(), network.rat)).or_insert_with(|| {
                let bar =
                    ProgressBar::no_length().with_prefix(format!("{} {}", network.operator, network.rat));
                self.all.add(bar.with_style(style()))
            });
            let counts = asked(view, &network.cells, &network.off);
            bar.set_length(counts.targeted.into());
            bar.set_position(counts.confirmed.into());
            let gives_way = |row: &&GivesWay| {
                (row.operator.as_str(), row.rat) == (network.operator.as_str(), network.rat)
            };
            let less: u32 = view.gives_way.iter().filter(gives_way).map(|row| row.cells).sum();
            let less = if less > 0 { format!(", {less} give way") } else { String::new() };
            bar.set_message(format!("{}: {}{less}", view.state, others(counts)));
        }
    }
}

impl Drop for Bars {
    /// The bars stay as they were last.
    fn drop(&mut self) {
        self.by_network.values().for_each(ProgressBar::abandon);
    }
}

fn style() -> ProgressStyle {
    let style = ProgressStyle::with_template("{prefix:14} [{bar:30}] {pos}/{len} confirmed, {msg}");
    style.map_or_else(|_| ProgressStyle::default_bar(), |style| style.progress_chars("=> "))
}

#[cfg(test)]
mod tests {
    use engine::State;

    use super::*;

    fn example() -> AlertView {
        let contract: serde_json::Value = serde_json::from_str(admin::OPENAPI).unwrap();
        serde_json::from_value(contract["components"]["examples"]["alert"]["value"].clone()).unwrap()
    }

    #[test]
    fn a_watch_ends_when_the_alert_is_over_or_earlier_when_asked() {
        let mut view = example();
        assert!(!is_enough(&view, Some(Until::Confirmed)));
        (view.cells.refused, view.cells.confirmed) = (0, view.cells.targeted);
        assert!(is_enough(&view, Some(Until::Confirmed)));
        assert!(!is_enough(&view, None));
        (view.cells, view.state) = (Counts::default(), State::Submitted);
        assert!(!is_enough(&view, Some(Until::Confirmed)));
        view.state = State::Closed;
        assert!(is_enough(&view, None));
    }

    #[test]
    fn a_line_counts_what_is_asked_for_now() {
        let mut view = example();
        assert_eq!(line(&view), "A-17 active: 980 of 1200 confirmed, 200 accepted, 4 refused, 6 unknown");
        view.state = State::Cancelled;
        assert_eq!(line(&view), "A-17 cancelled: 0 of 0 confirmed, 0 accepted, 0 refused, 0 unknown");
    }

    #[test]
    fn the_bars_have_their_style() {
        assert!(ProgressStyle::with_template("{prefix:14} [{bar:30}] {pos}/{len} confirmed, {msg}").is_ok());
    }
}
