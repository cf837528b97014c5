//! From an HTTP request to what it says: who asks, under which key, about which alert, with which body.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use engine::{AlertId, State};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::call::{CAP_XML, ImportQuery};
use crate::serve::Server;
use crate::{Caller, Control, Identity, ImportWith, Limits, Problem};

/// The header by which the demo's one user says which officer acts.
pub(crate) const ASSERTED_OFFICER: &str = "amberd-asserted-officer";
/// The header under whose value a command is done once.
pub(crate) const IDEMPOTENCY_KEY: &str = "idempotency-key";

impl<C: Control> FromRequestParts<Server<C>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server<C>) -> Result<Self, Problem> {
        let asserted = word(&parts.headers, ASSERTED_OFFICER)?;
        if asserted.is_some() && server.identity == Identity::Peer {
            let detail = format!(
                "header {ASSERTED_OFFICER}: expected none: this daemon takes identities from the kernel alone"
            );
            return Err(bad_request("asserted_identity", detail));
        }
        let peer = parts.extensions.get::<Caller>().cloned();
        let peer = peer.ok_or_else(|| Problem::forbidden("the kernel did not say who calls"))?;
        Ok(Self { asserted, ..peer })
    }
}

/// The value of `Idempotency-Key`, if there is one.
pub(crate) struct Key(pub(crate) Option<String>);

impl<C: Control> FromRequestParts<Server<C>> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Server<C>) -> Result<Self, Problem> {
        word(&parts.headers, IDEMPOTENCY_KEY).map(Key)
    }
}

/// The alert that the path names.
pub(crate) struct Named(pub(crate) AlertId);

impl<C: Control> FromRequestParts<Server<C>> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server<C>) -> Result<Self, Problem> {
        let unknown = |detail| Problem::new(404, "unknown_alert", "there is no such alert", detail);
        let Path(name) = Path::<String>::from_request_parts(parts, server)
            .await
            .map_err(|rejection| unknown(rejection.body_text()))?;
        name.parse().map(Self).map_err(unknown)
    }
}

/// The alert that the path names, and the message of it.
pub(crate) struct NamedMessage(pub(crate) AlertId, pub(crate) String);

impl<C: Control> FromRequestParts<Server<C>> for NamedMessage {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server<C>) -> Result<Self, Problem> {
        let unknown = |detail| Problem::new(404, "unknown_alert", "there is no such alert", detail);
        let Path((name, message)) = Path::<(String, String)>::from_request_parts(parts, server)
            .await
            .map_err(|rejection| unknown(rejection.body_text()))?;
        Ok(Self(name.parse().map_err(unknown)?, message))
    }
}

/// The query of `GET /v1/alerts`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    pub(crate) state: Option<State>,
}

impl<C: Control> FromRequestParts<Server<C>> for Filter {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server<C>) -> Result<Self, Problem> {
        match Query::<Self>::from_request_parts(parts, server).await {
            Ok(Query(filter)) => Ok(filter),
            Err(rejection) => Err(bad_request("query", format!("query: {}", rejection.body_text()))),
        }
    }
}

/// The query of `POST /v1/cap`.
pub(crate) struct With(pub(crate) ImportWith);

impl<C: Control> FromRequestParts<Server<C>> for With {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, server: &Server<C>) -> Result<Self, Problem> {
        let query = Query::<ImportQuery>::from_request_parts(parts, server).await;
        let read = query.map_err(|rejection| rejection.body_text()).and_then(|Query(query)| query.read());
        read.map(Self).map_err(|reason| bad_request("query", format!("query: {reason}")))
    }
}

/// A body in XML, as it came.
pub(crate) struct Xml(pub(crate) Vec<u8>);

impl<C: Control> FromRequest<Server<C>> for Xml {
    type Rejection = Problem;

    async fn from_request(request: Request, server: &Server<C>) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        expect_type(&parts.headers, &[CAP_XML, "application/xml", "text/xml"])?;
        read(&parts.headers, body, &server.limits).await.map(Self)
    }
}

/// A JSON body.
pub(crate) struct Json<T>(pub(crate) T);

impl<C: Control, T: DeserializeOwned> FromRequest<Server<C>> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, server: &Server<C>) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        expect_json(&parts.headers)?;
        let octets = read(&parts.headers, body, &server.limits).await?;
        parse(&octets).map(Self)
    }
}

/// A JSON body that may be left away.
pub(crate) struct MaybeJson<T>(pub(crate) T);

impl<C: Control, T: DeserializeOwned + Default> FromRequest<Server<C>> for MaybeJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, server: &Server<C>) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let octets = read(&parts.headers, body, &server.limits).await?;
        if octets.is_empty() {
            return Ok(Self(T::default()));
        }
        expect_json(&parts.headers)?;
        parse(&octets).map(Self)
    }
}

fn expect_json(headers: &HeaderMap) -> Result<(), Problem> {
    expect_type(headers, &["application/json"])
}

fn expect_type(headers: &HeaderMap, expected: &[&str]) -> Result<(), Problem> {
    let found = headers
        .get(header::CONTENT_TYPE)
        .map_or("none", |value| value.to_str().unwrap_or("one not in ASCII"));
    let media_type = found.split(';').next().unwrap_or_default().trim();
    if expected.iter().any(|known| media_type.eq_ignore_ascii_case(known)) {
        return Ok(());
    }
    let expected = expected.join(" or ");
    let detail = format!("content type: expected {expected}, found {found}");
    Err(Problem::new(415, "content_type", "the body is not of a type that is read", detail)
        .with(expected, found))
}

/// Reads a body within the limits of size and time.
async fn read(headers: &HeaderMap, body: Body, limits: &Limits) -> Result<Vec<u8>, Problem> {
    let max = limits.request_bytes_max;
    let too_large = |found: String| {
        let detail = format!("body: expected at most {max} bytes, found {found}");
        Problem::new(413, "too_large", "the body is too large", detail)
            .with(format!("at most {max} bytes"), found)
    };
    let announced =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if let Some(announced) = announced.filter(|announced| *announced > max as u64) {
        return Err(too_large(format!("{announced} bytes")));
    }
    let collect = async {
        let (mut body, mut octets) = (body, Vec::new());
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| bad_request("body", format!("body: it broke off: {error}")))?;
            let data = frame.into_data().unwrap_or_else(|_| Bytes::new());
            if octets.len() + data.len() > max {
                return Err(too_large("more".to_owned()));
            }
            octets.extend_from_slice(&data);
        }
        Ok(octets)
    };
    match tokio::time::timeout(limits.body_timeout, collect).await {
        Ok(read) => read,
        Err(_) => Err(too_slow(limits.body_timeout)),
    }
}

fn parse<T: DeserializeOwned>(octets: &[u8]) -> Result<T, Problem> {
    // The reader's message ends with the line and the column.
    serde_json::from_slice(octets).map_err(|error| bad_request("malformed_json", format!("body: {error}")))
}

/// The value of a header that holds one word.
fn word(headers: &HeaderMap, name: &'static str) -> Result<Option<String>, Problem> {
    const LENGTH_MAX: usize = 128;
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let good = |value: &&str| !value.is_empty() && value.len() <= LENGTH_MAX;
    match value.to_str().ok().filter(good) {
        Some(value) if values.next().is_none() => Ok(Some(value.to_owned())),
        _ => {
            let detail = format!("header {name}: expected once, with 1 to {LENGTH_MAX} characters of ASCII");
            Err(bad_request("header", detail))
        }
    }
}

fn bad_request(code: &str, detail: String) -> Problem {
    Problem::new(400, code, "the request is not well formed", detail)
}

fn too_slow(waited: Duration) -> Problem {
    let detail = format!("body: expected all of it within {} s", waited.as_secs_f32());
    Problem::new(408, "too_slow", "the request came too slowly", detail)
}
