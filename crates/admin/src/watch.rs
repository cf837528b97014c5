//! An alert as it changes, by server-sent events.

use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive};
use axum::response::{IntoResponse, Response, Sse};
use engine::AlertId;
use engine::view::AlertView;
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, watch};

use crate::extract::Named;
use crate::serve::{Server, told_to_stop};
use crate::{Answer, Caller, Control, Problem, Request};

/// How far apart two events are at least: ten a second are as much as an eye can follow.
const PACE: Duration = Duration::from_millis(100);
/// How often a word is sent when nothing changes, so that each end notices when the other has gone.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

/// `GET /v1/alerts/{id}/watch`: the alert now and at each change, until it is over.
pub(crate) async fn watch<C: Control>(
    State(server): State<Server<C>>,
    caller: Caller,
    Named(alert): Named,
) -> Result<Response, Problem> {
    // Fewer watches than connections, so that a cancel always finds a place.
    let place = server.watches.clone().try_acquire_owned();
    let place = place
        .map_err(|_| Problem::busy(format!("watches: expected at most {}", server.limits.watches_max)))?;
    let mut changed = server.control.changed();
    changed.mark_unchanged();
    let mut watch = Watch { server, caller, alert, changed, first: None, shown: None, _place: place };
    watch.first = Some(watch.view().await?);
    let events = stream::unfold(Some(watch), async |watch| watch?.event().await);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(SIGN_OF_LIFE)).into_response())
}

/// One watch under way.
struct Watch<C> {
    server: Server<C>,
    caller: Caller,
    alert: AlertId,
    changed: watch::Receiver<u64>,
    /// The alert as it was when the watch began, until that has been sent.
    first: Option<AlertView>,
    /// The alert as it was sent last.
    shown: Option<AlertView>,
    _place: OwnedSemaphorePermit,
}

impl<C: Control> Watch<C> {
    /// The next event, and the watch unless that was the last one.
    async fn event(mut self) -> Option<(Result<Event, axum::Error>, Option<Self>)> {
        let view = match self.first.take() {
            Some(view) => Ok(view),
            None => self.change().await?,
        };
        match view {
            Ok(view) => {
                let event = Event::default().event("alert").json_data(&view);
                let over = view.state.is_over();
                self.shown = Some(view);
                Some((event, (!over).then_some(self)))
            }
            Err(problem) => Some((Event::default().event("problem").json_data(&problem), None)),
        }
    }

    /// The alert when it has changed; nothing when the daemon stops.
    async fn change(&mut self) -> Option<Result<AlertView, Problem>> {
        loop {
            tokio::time::sleep(PACE).await;
            tokio::select! {
                changed = self.changed.changed() => changed.ok()?,
                () = told_to_stop(&mut self.server.stopping) => return None,
            }
            let view = self.view().await;
            if view.as_ref().ok() != self.shown.as_ref() {
                return Some(view);
            }
        }
    }

    async fn view(&self) -> Result<AlertView, Problem> {
        match self.server.control.ask(self.caller.clone(), Request::Show { alert: self.alert }).await? {
            Answer::Alert(view) => Ok(*view),
            _ => Err(Problem::new(
                500,
                "internal",
                "the daemon contradicts itself",
                "asked for an alert, got another answer",
            )),
        }
    }
}
