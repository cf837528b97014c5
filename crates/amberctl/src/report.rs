//! Commands that only ask.

use std::io::Write;

use engine::AlertId;
use serde_json::json;

use crate::arguments::DraftArgs;
use crate::failure::Failure;
use crate::session::Session;
use crate::tables;

/// `amberctl preview`.
pub(crate) async fn preview(
    draft: Box<DraftArgs>,
    session: &Session,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let (_, class, wording) = draft.into_draft()?.into_parts();
    let preview = session.client.preview(&class, &wording).await?;
    session.write(out, &preview, || tables::preview(&preview))
}

/// `amberctl alert report`.
pub(crate) async fn report(alert: AlertId, session: &Session, out: &mut impl Write) -> Result<(), Failure> {
    let view = session.client.alert(alert).await?;
    let traffic = session.client.traffic(alert).await?;
    session.write(out, &json!({"alert": view, "traffic": traffic}), || tables::report(&view, &traffic))
}

/// `amberctl alert areas`.
pub(crate) async fn areas(alert: AlertId, session: &Session, out: &mut impl Write) -> Result<(), Failure> {
    let areas = session.client.areas(alert).await?;
    session.write(out, &areas, || tables::areas(&areas))
}

/// `amberctl peers`.
pub(crate) async fn peers(session: &Session, out: &mut impl Write) -> Result<(), Failure> {
    let peers = session.client.peers().await?;
    session.write(out, &peers, || tables::peers(&peers))
}

/// `amberctl status`.
pub(crate) async fn status(session: &Session, out: &mut impl Write) -> Result<(), Failure> {
    let status = session.client.status().await?;
    session.write(out, &status, || tables::status(&status))
}
