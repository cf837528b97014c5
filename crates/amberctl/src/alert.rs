//! `amberctl alert`.

use std::io::Write;

use engine::AlertId;
use engine::command::Command;
use engine::view::AlertView;

use crate::arguments::AlertVerb;
use crate::confirm::{ask_on_terminal, confirm};
use crate::failure::Failure;
use crate::session::Session;
use crate::{report, tables, watch};

pub(crate) async fn run(verb: AlertVerb, session: &Session, out: &mut impl Write) -> Result<(), Failure> {
    let command = match verb {
        AlertVerb::Draft { draft } => {
            let (channel, class, wording) = draft.into_draft()?.into_parts();
            let channel = channel
                .ok_or_else(|| Failure::usage("--channel: expected live, exercise or test, found none"))?;
            let view = session.command(&Command::Draft { channel, class, wording }).await?;
            // The name alone, for `$(amberctl alert draft …)`.
            return session.write(out, &view, || view.id.to_string());
        }
        AlertVerb::Revise { alert, wording } => Command::Revise { alert, wording: wording.into_wording()? },
        AlertVerb::Submit { alert } => Command::Submit { alert },
        AlertVerb::Approve { alert, version, confirm } => {
            return approve(alert, version, confirm.as_deref(), session, out).await;
        }
        AlertVerb::Return { alert, reason } => Command::Return { alert, reason },
        AlertVerb::Reject { alert, reason } => Command::Reject { alert, reason },
        AlertVerb::Update { alert, change } => Command::Update { alert, change: change.into_change()? },
        AlertVerb::Cancel { alert, reason } => Command::Cancel { alert, reason },
        AlertVerb::StopAll { reason } => {
            let views = session.stop_all(&reason).await?;
            return session.write(out, &views, || tables::alerts(&views));
        }
        AlertVerb::Show { alert } => {
            let view = session.client.alert(alert).await?;
            return session.write(out, &view, || tables::alert(&view));
        }
        AlertVerb::Picture { alert, out: file } => {
            let picture = session.client.picture(alert).await?;
            return std::fs::write(&file, picture)
                .map_err(|error| Failure::usage(format!("{}: {error}", file.display())));
        }
        AlertVerb::List { state } => {
            let views = session.client.alerts(state).await?;
            return session.write(out, &views, || tables::alerts(&views));
        }
        AlertVerb::Watch { alert, until } => return watch::watch(alert, until, session, out).await,
        AlertVerb::Areas { alert } => return report::areas(alert, session, out).await,
        AlertVerb::Report { alert } => return report::report(alert, session, out).await,
    };
    tell(&command, session, out).await
}

async fn tell(command: &Command, session: &Session, out: &mut impl Write) -> Result<(), Failure> {
    let view = session.command(command).await?;
    session.write(out, &view, || standing(&view))
}

/// Where an alert stands, in a line.
pub(crate) fn standing(view: &AlertView) -> String {
    match &view.waiting {
        Some(waiting) => {
            format!("{}: {}; version {} waits for approval", view.id, view.state, waiting.number)
        }
        None => format!("{}: {}", view.id, view.state),
    }
}

/// Approves the version that was looked at, once the channel is confirmed.
async fn approve(
    alert: AlertId,
    version: Option<u16>,
    confirmation: Option<&str>,
    session: &Session,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let view = session.client.alert(alert).await?;
    confirm(alert, view.channel, confirmation, || ask_on_terminal(&view))?;
    // What the daemon shows now is what has been confirmed: should another version come in between, it is refused.
    let shown = view.waiting.as_ref().or(view.version.as_ref()).map(|shown| shown.number);
    tell(&Command::Approve { alert, version: version.or(shown) }, session, out).await
}
