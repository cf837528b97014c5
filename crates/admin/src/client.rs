//! The caller's side of the socket.

use std::path::PathBuf;
use std::time::Duration;

use engine::command::{Command, Wording};
use engine::view::{AlertView, AreaView};
use engine::{AlertId, State};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

use crate::call::Call;
use crate::extract::{ASSERTED_OFFICER, IDEMPOTENCY_KEY};
use crate::{Error, ImportWith, PeerView, PreviewView, Problem, StatusView, TrafficRow};

mod events;

pub use events::Events;

/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest answer that is read, in bytes: a list of every alert that may be open, with room to spare.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// A daemon that answered when [`Client::connect`] knocked. Each call has a connection of its own.
#[derive(Clone, Debug)]
pub struct Client {
    path: PathBuf,
    officer: Option<String>,
}

impl Client {
    /// Finds out whether a daemon listens at `path`.
    pub async fn connect(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let client = Self { path: path.into(), officer: None };
        client.dial().await?;
        Ok(client)
    }

    /// The same, speaking as this officer. A daemon other than the demo refuses that.
    #[must_use]
    pub fn asserting(self, officer: impl Into<String>) -> Self {
        Self { officer: Some(officer.into()), ..self }
    }

    /// Does something to an alert, once for each key.
    pub async fn command(&self, key: Option<&str>, command: &Command) -> Result<AlertView, Error> {
        self.ask(Call::command(command), key).await
    }

    /// Does what a CAP message asks for, once for each message.
    pub async fn import(&self, message: Vec<u8>, with: &ImportWith) -> Result<AlertView, Error> {
        self.ask(Call::import(message, with), None).await
    }

    /// A message of an alert as signed CAP: the number of a version, or `cancel`; the newest when absent.
    pub async fn cap(&self, alert: AlertId, message: Option<&str>) -> Result<String, Error> {
        let message = message.map(|message| format!("/{message}")).unwrap_or_default();
        let (status, octets) =
            self.octets(Call::view(format!("/v1/alerts/{alert}/cap{message}")), None).await?;
        let no_text = |_| Error::NotUnderstood { status: status.as_u16(), reason: "no text".to_owned() };
        String::from_utf8(octets).map_err(no_text)
    }

    /// The picture of the version that waits for approval, else of the present one.
    pub async fn picture(&self, alert: AlertId) -> Result<Vec<u8>, Error> {
        Ok(self.octets(Call::view(format!("/v1/alerts/{alert}/picture")), None).await?.1)
    }

    /// Every alert, or those in one state, oldest first.
    pub async fn alerts(&self, state: Option<State>) -> Result<Vec<AlertView>, Error> {
        let query = state.map(|state| format!("?state={state}")).unwrap_or_default();
        self.ask(Call::view(format!("/v1/alerts{query}")), None).await
    }

    /// Takes everything off the air; the alerts that were on.
    pub async fn stop_all(&self, key: Option<&str>, reason: &str) -> Result<Vec<AlertView>, Error> {
        self.ask(Call::command(&Command::StopAll { reason: reason.to_owned() }), key).await
    }

    /// One alert.
    pub async fn alert(&self, alert: AlertId) -> Result<AlertView, Error> {
        self.ask(Call::view(format!("/v1/alerts/{alert}")), None).await
    }

    /// An alert's cells by tracking and location area.
    pub async fn areas(&self, alert: AlertId) -> Result<Vec<AreaView>, Error> {
        self.ask(Call::view(format!("/v1/alerts/{alert}/areas")), None).await
    }

    /// What an alert has cost on the links.
    pub async fn traffic(&self, alert: AlertId) -> Result<Vec<TrafficRow>, Error> {
        self.ask(Call::view(format!("/v1/alerts/{alert}/traffic")), None).await
    }

    /// An alert now and at each change, until it is over.
    pub async fn watch(&self, alert: AlertId) -> Result<Events, Error> {
        let response = self.send(Call::view(format!("/v1/alerts/{alert}/watch")), None).await?;
        if response.status() == StatusCode::OK {
            return Ok(Events::new(response.into_body()));
        }
        Err(problem(response.status(), &collect(response).await?))
    }

    /// What words would become.
    pub async fn preview(&self, class: &str, wording: &Wording) -> Result<PreviewView, Error> {
        self.ask(Call::preview(class, wording), None).await
    }

    /// Every peer.
    pub async fn peers(&self) -> Result<Vec<PeerView>, Error> {
        self.ask(Call::view("/v1/peers".to_owned()), None).await
    }

    /// How the daemon is.
    pub async fn status(&self) -> Result<StatusView, Error> {
        self.ask(Call::view("/v1/status".to_owned()), None).await
    }

    /// The contract, as JSON.
    pub async fn openapi(&self) -> Result<serde_json::Value, Error> {
        self.ask(Call::view("/v1/openapi.json".to_owned()), None).await
    }

    async fn ask<T: DeserializeOwned>(&self, call: Call, key: Option<&str>) -> Result<T, Error> {
        let (status, octets) = self.octets(call, key).await?;
        serde_json::from_slice(&octets).map_err(|error| not_understood(status, error))
    }

    /// The body of an answer that is a success.
    async fn octets(&self, call: Call, key: Option<&str>) -> Result<(StatusCode, Vec<u8>), Error> {
        let answer = async {
            let response = self.send(call, key).await?;
            let status = response.status();
            Ok((status, collect(response).await?))
        };
        let silent = Error::Silent { waited_s: ANSWER_TIMEOUT.as_secs() };
        let (status, octets) = tokio::time::timeout(ANSWER_TIMEOUT, answer).await.map_err(|_| silent)??;
        if !status.is_success() {
            return Err(problem(status, &octets));
        }
        Ok((status, octets))
    }

    async fn send(&self, call: Call, key: Option<&str>) -> Result<Response<Incoming>, Error> {
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(self.dial().await?)).await.map_err(broken_off)?;
        // It ends by itself, with the answer or with whoever reads it.
        tokio::spawn(connection);
        let mut request =
            hyper::Request::builder().method(call.method).uri(call.path).header(header::HOST, "amberd");
        if let Some(officer) = &self.officer {
            request = request.header(ASSERTED_OFFICER, officer);
        }
        if let Some(key) = key {
            request = request.header(IDEMPOTENCY_KEY, key);
        }
        if call.body.is_some() {
            request = request.header(header::CONTENT_TYPE, call.media_type);
        }
        let body = Full::new(Bytes::from(call.body.unwrap_or_default()));
        let malformed = |error: hyper::http::Error| {
            let detail = format!("officer or key: expected characters of ASCII: {error}");
            Error::Problem(Box::new(Problem::new(400, "header", "the request is not well formed", detail)))
        };
        sender.send_request(request.body(body).map_err(malformed)?).await.map_err(broken_off)
    }

    async fn dial(&self) -> Result<UnixStream, Error> {
        let unreachable =
            |error: std::io::Error| Error::Unreachable { path: self.path.clone(), reason: error.to_string() };
        UnixStream::connect(&self.path).await.map_err(unreachable)
    }
}

async fn collect(response: Response<Incoming>) -> Result<Vec<u8>, Error> {
    let (mut body, mut octets) = (response.into_body(), Vec::new());
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(broken_off)?.into_data() {
            octets.extend_from_slice(&data);
        }
        if octets.len() > ANSWER_BYTES_MAX {
            return Err(Error::BrokenOff { reason: format!("expected at most {ANSWER_BYTES_MAX} bytes") });
        }
    }
    Ok(octets)
}

fn problem(status: StatusCode, octets: &[u8]) -> Error {
    match serde_json::from_slice(octets) {
        Ok(problem) => Error::Problem(Box::new(problem)),
        Err(error) => not_understood(status, error),
    }
}

fn not_understood(status: StatusCode, error: serde_json::Error) -> Error {
    Error::NotUnderstood { status: status.as_u16(), reason: error.to_string() }
}

fn broken_off(error: hyper::Error) -> Error {
    Error::BrokenOff { reason: error.to_string() }
}
