//! The table of calls.

use axum::Router;
use axum::extract::{MatchedPath, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post, put};
use engine::command::{Change, Command, Wording};
use serde::Deserialize;

use crate::call::CAP_XML;
use crate::extract::{Filter, Json, Key, MaybeJson, Named, NamedMessage, With, Xml};
use crate::serve::Server;
use crate::watch::watch;
use crate::{Answer, Approval, Caller, Control, Draft, OPENAPI, Problem, Reason, Request, metrics};

/// A call: its method, its path, and what answers it.
type Route<C> = (&'static str, &'static str, MethodRouter<Server<C>>);

/// Every call of the API.
pub(crate) fn routes<C: Control>() -> Vec<Route<C>> {
    vec![
        ("POST", "/v1/alerts", post(draft)),
        ("GET", "/v1/alerts", get(list)),
        ("GET", "/v1/alerts/{id}", get(show)),
        ("PUT", "/v1/alerts/{id}", put(revise)),
        ("POST", "/v1/alerts/{id}/submit", post(submit)),
        ("POST", "/v1/alerts/{id}/approve", post(approve)),
        ("POST", "/v1/alerts/{id}/return", post(give_back)),
        ("POST", "/v1/alerts/{id}/reject", post(reject)),
        ("POST", "/v1/alerts/{id}/update", post(update)),
        ("POST", "/v1/alerts/{id}/cancel", post(cancel)),
        ("GET", "/v1/alerts/{id}/areas", get(areas)),
        ("GET", "/v1/alerts/{id}/cap", get(newest_cap)),
        ("GET", "/v1/alerts/{id}/cap/{message}", get(cap)),
        ("GET", "/v1/alerts/{id}/picture", get(picture)),
        ("GET", "/v1/alerts/{id}/traffic", get(traffic)),
        ("GET", "/v1/alerts/{id}/watch", get(watch)),
        ("POST", "/v1/cap", post(import)),
        ("POST", "/v1/stop-all", post(stop_all)),
        ("POST", "/v1/preview", post(preview)),
        ("GET", "/v1/peers", get(peers)),
        ("GET", "/v1/status", get(status)),
        ("GET", "/v1/openapi.json", get(openapi)),
        ("GET", "/metrics", get(figures)),
    ]
}

/// The calls, and problems for everything that is none.
pub(crate) fn router<C: Control>(server: Server<C>) -> Router {
    let routed =
        routes().into_iter().fold(Router::new(), |router, (_, path, answer)| router.route(path, answer));
    routed.fallback(no_such_call::<C>).method_not_allowed_fallback(no_such_method::<C>).with_state(server)
}

type Answered = Result<Response, Problem>;

async fn draft<C: Control>(
    State(server): State<Server<C>>,
    caller: Caller,
    key: Key,
    Json(draft): Json<Draft>,
) -> Answered {
    let (channel, class, wording) = draft.into_parts();
    let channel = channel.ok_or_else(|| {
        Problem::new(400, "malformed_json", "the request is not well formed", "body: missing field `channel`")
            .with("live, exercise or test", "none")
    })?;
    let answer = server.command(caller, key, Command::Draft { channel, class, wording }).await?;
    let created = answer.into_response();
    Ok((StatusCode::CREATED, created).into_response())
}

async fn revise<C: Control>(
    State(server): State<Server<C>>,
    caller: Caller,
    key: Key,
    Named(alert): Named,
    Json(wording): Json<Wording>,
) -> Answered {
    server.command(caller, key, Command::Revise { alert, wording }).await
}

async fn submit<C: Control>(
    State(server): State<Server<C>>,
    caller: Caller,
    key: Key,
    Named(alert): Named,
    MaybeJson(Nothing {}): MaybeJson<Nothing>,
) -> Answered {
    server.command(caller, key, Command::Submit { alert }).await
}

async fn approve<C: Control>(
    State(server): State<Server<C>>,
    caller: Caller,
    key: Key,
    Named(alert): Named,
    MaybeJson(Approval { version }): MaybeJson<Approval>,
) -> Answered {
    server.command(caller, key, Command::Approve { alert, version }).await
}

async fn give_back<C: Control>(
    State(server): State<Server<C>>,
    caller: Caller,
    key: Key,
    Named(alert): Named,
    Json(Reason { reason }): Json<Reason>,
) -> Answered {
    server.command(caller, key, Command::Return { alert, reason }).await
}

async fn reject<C: Control>(
    State(server): State<Server<C>>,
    caller: Caller,
    key: Key,
    Named(alert): Named,
    Json(Reason { reason }): Json<Reason>,
) -> Answered {
    server.command(caller, key, Command::Reject { alert, reason }).await
}

async fn update<C: Control>(
    State(server): State<Server<C>>,
    caller: Caller,
    key: Key,
    Named(alert): Named,
    Json(change): Json<Change>,
) -> Answered {
    server.command(caller, key, Command::Update { alert, change }).await
}

async fn cancel<C: Control>(
    State(server): State<Server<C>>,
    caller: Caller,
    key: Key,
    Named(alert): Named,
    Json(Reason { reason }): Json<Reason>,
) -> Answered {
    server.command(caller, key, Command::Cancel { alert, reason }).await
}

async fn stop_all<C: Control>(
    State(server): State<Server<C>>,
    caller: Caller,
    key: Key,
    Json(Reason { reason }): Json<Reason>,
) -> Answered {
    server.command(caller, key, Command::StopAll { reason }).await
}

async fn list<C: Control>(
    State(server): State<Server<C>>,
    caller: Caller,
    Filter { state }: Filter,
) -> Answered {
    server.answer(caller, Request::List { state }).await
}

async fn show<C: Control>(State(server): State<Server<C>>, caller: Caller, Named(alert): Named) -> Answered {
    server.answer(caller, Request::Show { alert }).await
}

async fn areas<C: Control>(State(server): State<Server<C>>, caller: Caller, Named(alert): Named) -> Answered {
    server.answer(caller, Request::Areas { alert }).await
}

async fn newest_cap<C: Control>(
    State(server): State<Server<C>>,
    caller: Caller,
    Named(alert): Named,
) -> Answered {
    server.answer(caller, Request::Cap { alert, message: None }).await
}

async fn cap<C: Control>(
    State(server): State<Server<C>>,
    caller: Caller,
    NamedMessage(alert, message): NamedMessage,
) -> Answered {
    server.answer(caller, Request::Cap { alert, message: Some(message) }).await
}

async fn import<C: Control>(
    State(server): State<Server<C>>,
    caller: Caller,
    With(with): With,
    Xml(message): Xml,
) -> Answered {
    server.answer(caller, Request::Import { message, with }).await
}

async fn picture<C: Control>(
    State(server): State<Server<C>>,
    caller: Caller,
    Named(alert): Named,
) -> Answered {
    server.answer(caller, Request::Picture { alert }).await
}

async fn traffic<C: Control>(
    State(server): State<Server<C>>,
    caller: Caller,
    Named(alert): Named,
) -> Answered {
    server.answer(caller, Request::Traffic { alert }).await
}

async fn preview<C: Control>(
    State(server): State<Server<C>>,
    caller: Caller,
    Json(draft): Json<Draft>,
) -> Answered {
    let (_, class, wording) = draft.into_parts();
    server.answer(caller, Request::Preview { class, wording }).await
}

async fn peers<C: Control>(State(server): State<Server<C>>, caller: Caller) -> Answered {
    server.answer(caller, Request::Peers).await
}

async fn status<C: Control>(State(server): State<Server<C>>, caller: Caller) -> Answered {
    server.answer(caller, Request::Status).await
}

/// The figures of the status and the peers, as one text.
async fn figures<C: Control>(State(server): State<Server<C>>, caller: Caller) -> Answered {
    let peers = server.control.ask(caller.clone(), Request::Peers).await?;
    let status = server.control.ask(caller, Request::Status).await?;
    let (Answer::Peers(peers), Answer::Status(status)) = (peers, status) else {
        return Err(Problem::busy("the answers to other questions came"));
    };
    Ok(([(header::CONTENT_TYPE, metrics::MEDIA_TYPE)], metrics::text(&status, &peers)).into_response())
}

async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI).into_response()
}

async fn no_such_call<C: Control>(method: Method, uri: Uri) -> Problem {
    let expected: Vec<String> =
        routes::<C>().iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    let expected = expected.join(", ");
    let found = format!("{method} {}", uri.path());
    Problem::new(
        404,
        "unknown_route",
        "there is no such call",
        format!("expected one of {expected}; found {found}"),
    )
    .with(expected, found)
}

async fn no_such_method<C: Control>(method: Method, path: MatchedPath) -> Problem {
    let known = routes::<C>();
    let here = known.iter().filter(|(_, known, _)| *known == path.as_str());
    let expected = here.map(|(method, ..)| *method).collect::<Vec<_>>().join(" or ");
    let detail = format!("{}: expected {expected}, found {method}", path.as_str());
    Problem::new(405, "method", "the path does not take this method", detail).with(expected, method.as_str())
}

/// The body of a call that takes none: left away, or `{}`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

impl<C: Control> Server<C> {
    async fn command(&self, caller: Caller, Key(key): Key, command: Command) -> Answered {
        self.answer(caller, Request::Command { key, command }).await
    }

    async fn answer(&self, caller: Caller, request: Request) -> Answered {
        self.control.ask(caller, request).await.map(IntoResponse::into_response)
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Self::Cap(message) => ([(header::CONTENT_TYPE, CAP_XML)], message).into_response(),
            Self::Picture(picture) => {
                let media_type = picture.media_type();
                ([(header::CONTENT_TYPE, media_type)], picture.octets().to_vec()).into_response()
            }
            answer => axum::Json(answer).into_response(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [(header::CONTENT_TYPE, "application/problem+json")], axum::Json(self)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;
    use tokio::sync::watch;

    use super::*;

    #[derive(Clone)]
    struct Nobody;

    impl Control for Nobody {
        async fn ask(&self, _: Caller, _: Request) -> Result<Answer, Problem> {
            Err(Problem::busy("nobody is there"))
        }

        fn changed(&self) -> watch::Receiver<u64> {
            watch::channel(0).1
        }
    }

    #[test]
    fn the_contract_has_every_route_and_no_other() {
        let contract: Value = serde_json::from_str(OPENAPI).unwrap();
        let paths = contract["paths"].as_object().unwrap();
        let promised: BTreeSet<(String, String)> = paths
            .iter()
            .flat_map(|(path, methods)| {
                methods.as_object().unwrap().keys().map(|m| (m.to_uppercase(), path.clone()))
            })
            .collect();
        let routed =
            routes::<Nobody>().into_iter().map(|(method, path, _)| (method.to_owned(), path.to_owned()));
        assert_eq!(promised, routed.collect());
    }
}
