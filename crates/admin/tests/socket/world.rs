//! A daemon that remembers what it was asked and answers with the examples of the contract, on a real socket.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use admin::{Answer, Caller, Client, Control, Identity, Limits, Problem, Request};
use engine::command::Command;
use engine::view::AlertView;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

pub(crate) struct World {
    pub(crate) daemon: Daemon,
    pub(crate) path: PathBuf,
    pub(crate) stop: Option<oneshot::Sender<()>>,
    pub(crate) served: JoinHandle<()>,
    _folder: TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Identity::Peer, Limits::default()).await
    }

    pub(crate) async fn with(identity: Identity, limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.sock");
        let listener = admin::bind(&path, 0o600, None).await.unwrap();
        let (stop, stopped) = oneshot::channel();
        let daemon = Daemon::new();
        let shutdown = async { stopped.await.unwrap_or_default() };
        let served = tokio::spawn(admin::serve(listener, daemon.clone(), identity, limits, shutdown));
        Self { daemon, path, stop: Some(stop), served, _folder: folder }
    }

    pub(crate) async fn client(&self) -> Client {
        Client::connect(&self.path).await.unwrap()
    }

    /// Sends these octets and gives back all that is answered.
    pub(crate) async fn send(&self, request: &str) -> Response {
        let mut stream = UnixStream::connect(&self.path).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).map_or(0, |status| status.parse().unwrap());
        Response { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    /// A call with a JSON body.
    pub(crate) async fn call(&self, method: &str, path: &str, headers: &str, body: &str) -> Response {
        let length = body.len();
        self.send(&format!(
            "{method} {path} HTTP/1.1\r\nHost: amberd\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        ))
        .await
    }
}

pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn problem(&self) -> Problem {
        assert!(self.head.contains("application/problem+json"), "{}", self.head);
        let problem: Problem = serde_json::from_str(&self.body).unwrap();
        assert_eq!(problem.status, self.status);
        problem
    }
}

#[derive(Clone)]
pub(crate) struct Daemon {
    pub(crate) asked: Arc<Mutex<Vec<(Caller, Request)>>>,
    pub(crate) refusal: Arc<Mutex<Option<Problem>>>,
    pub(crate) view: Arc<Mutex<AlertView>>,
    pub(crate) changed: Arc<watch::Sender<u64>>,
}

impl Daemon {
    fn new() -> Self {
        Self {
            asked: Arc::default(),
            refusal: Arc::default(),
            view: Arc::new(Mutex::new(example("show"))),
            changed: Arc::new(watch::channel(0).0),
        }
    }

    pub(crate) fn last_asked(&self) -> (Caller, Request) {
        self.asked.lock().unwrap().last().unwrap().clone()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut AlertView)) {
        change(&mut self.view.lock().unwrap());
        self.changed.send_modify(|at| *at += 1);
    }
}

impl Control for Daemon {
    async fn ask(&self, caller: Caller, request: Request) -> Result<Answer, Problem> {
        self.asked.lock().unwrap().push((caller, request.clone()));
        if let Some(problem) = self.refusal.lock().unwrap().clone() {
            return Err(problem);
        }
        let view = self.view.lock().unwrap().clone();
        Ok(match request {
            Request::Areas { .. } => Answer::Areas(example("areas")),
            Request::Cap { .. } => Answer::Cap(CAP.into()),
            Request::Picture { .. } => Answer::Picture(policy::Picture::blank(80)),
            Request::Command { command: Command::StopAll { .. }, .. } => Answer::Alerts(vec![view]),
            Request::Command { .. } | Request::Import { .. } | Request::Show { .. } => {
                Answer::Alert(Box::new(view))
            }
            Request::List { .. } => Answer::Alerts(vec![view]),
            Request::Peers => Answer::Peers(example("peers")),
            Request::Preview { .. } => Answer::Preview(example("preview")),
            Request::Status => Answer::Status(example("status")),
            Request::Traffic { .. } => Answer::Traffic(example("traffic")),
        })
    }

    fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }
}

/// Every operation of the contract: its method in capitals, its path, and what is said about it.
pub(crate) fn operations() -> Vec<(String, String, Value)> {
    let contract: Value = serde_json::from_str(admin::OPENAPI).unwrap();
    let paths = contract["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, methods)| {
        methods
            .as_object()
            .unwrap()
            .iter()
            .map(|(method, said)| (method.to_uppercase(), path.clone(), said.clone()))
    });
    operations.collect()
}

/// The example answer of the contract to this operation.
pub(crate) fn example<T: DeserializeOwned>(operation: &str) -> T {
    let (.., said) = operations().into_iter().find(|(.., said)| said["operationId"] == operation).unwrap();
    let good =
        said["responses"].as_object().unwrap().iter().find(|(status, _)| status.starts_with('2')).unwrap().1;
    let answer = &good["content"]["application/json"];
    let shared: Value = serde_json::from_str(admin::OPENAPI).unwrap();
    let example = answer.get("example").unwrap_or(&shared["components"]["examples"]["alert"]["value"]);
    serde_json::from_value(example.clone()).unwrap()
}

/// A message that is answered and taken: nobody looks into it here.
pub(crate) const CAP: &str = "<alert/>";

/// The example body of the contract for this operation, with its media type, if it takes one.
pub(crate) fn body_of(said: &Value) -> Option<(String, String)> {
    let (media_type, content) = said.pointer("/requestBody/content")?.as_object()?.iter().next()?;
    let example = content.get("example")?;
    Some((media_type.clone(), example.as_str().map_or_else(|| example.to_string(), str::to_owned)))
}
