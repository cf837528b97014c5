//! The daemon's side of the socket: connections and their limits.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::Service;

use crate::routes::router;
use crate::{Caller, Control, Identity};

/// What one daemon grants all its callers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Connections at once; more wait in the backlog of the socket. Default 256.
    pub connections_max: usize,
    /// Watches at once, each on a connection of its own. Below `connections_max`, so that a cancel finds a place.
    /// Default 128.
    pub watches_max: usize,
    /// The longest body of a request, in bytes. Default 1 MiB.
    pub request_bytes_max: usize,
    /// How long the head of a request may take, and an open connection may stay idle. Default 10 s.
    pub head_timeout: Duration,
    /// How long the body of a request may take. Default 10 s.
    pub body_timeout: Duration,
    /// How long requests under way may take after the daemon was told to stop. Default 2 s.
    pub stop_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 256,
            watches_max: 128,
            request_bytes_max: 1 << 20,
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(10),
            stop_timeout: Duration::from_secs(2),
        }
    }
}

/// Answers everybody who connects, until `shutdown` ends. Nothing that a caller does, and no lack of file descriptors,
/// ends it earlier.
pub async fn serve<C: Control>(
    listener: UnixListener,
    control: C,
    identity: Identity,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let mut shutdown = pin!(shutdown);
    let (stop, stopping) = watch::channel(false);
    let watches = Arc::new(Semaphore::new(limits.watches_max));
    let router = router(Server { control, identity, limits, watches, stopping: stopping.clone() });
    let places = Arc::new(Semaphore::new(limits.connections_max));
    let mut connections = JoinSet::new();
    let mut said = None;
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &places, &mut said) => accepted,
        };
        while connections.try_join_next().is_some() {}
        if let Some((stream, caller, place)) = accepted {
            connections.spawn(converse(stream, caller, router.clone(), limits, stopping.clone(), place));
        }
    }
    drop(listener);
    stop.send_replace(true);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(limits.stop_timeout, all).await.is_err() {
        tracing::warn!(left = connections.len(), "admin socket: requests were cut off");
    }
}

/// The next caller, when there is a place for it. An error costs a moment, not the loop; `said` is when the log last said so.
async fn accept(
    listener: &UnixListener,
    places: &Arc<Semaphore>,
    said: &mut Option<Instant>,
) -> Option<(UnixStream, Caller, OwnedSemaphorePermit)> {
    /// How long to wait for descriptors to be freed.
    const PAUSE: Duration = Duration::from_millis(100);
    /// How often it is said.
    const SAID_EVERY: Duration = Duration::from_secs(60);
    let place = places.clone().acquire_owned().await.ok()?;
    let accepted = match listener.accept().await {
        Ok((stream, _)) => stream.peer_cred().map(|peer| (stream, peer)),
        Err(error) => Err(error),
    };
    match accepted {
        Ok((stream, peer)) => {
            Some((stream, Caller { uid: peer.uid(), gid: peer.gid(), asserted: None }, place))
        }
        Err(error) => {
            if said.is_none_or(|said| said.elapsed() >= SAID_EVERY) {
                tracing::warn!(%error, "admin socket: a connection could not be accepted");
                *said = Some(Instant::now());
            }
            tokio::time::sleep(PAUSE).await;
            None
        }
    }
}

/// Serves one connection to its end.
async fn converse(
    stream: UnixStream,
    caller: Caller,
    router: Router,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
) {
    /// The longest head of a request, in bytes.
    const HEAD_BYTES_MAX: usize = 16 << 10;
    let answer = hyper::service::service_fn(move |mut request| {
        let extensions: &mut hyper::http::Extensions = hyper::Request::extensions_mut(&mut request);
        extensions.insert(caller.clone());
        router.clone().call(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head_timeout).max_buf_size(HEAD_BYTES_MAX);
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), answer));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = told_to_stop(&mut stopping) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "admin socket: a connection ended early");
    }
}

/// Ends when the daemon stops.
pub(crate) async fn told_to_stop(stopping: &mut watch::Receiver<bool>) {
    // An error means that `serve` is gone, which is the same.
    let _ = stopping.wait_for(|stopping| *stopping).await.is_ok();
}

/// What every call is answered with.
#[derive(Clone)]
pub(crate) struct Server<C> {
    pub(crate) control: C,
    pub(crate) identity: Identity,
    pub(crate) limits: Limits,
    /// The places for watches.
    pub(crate) watches: Arc<Semaphore>,
    /// Becomes true when the daemon stops.
    pub(crate) stopping: watch::Receiver<bool>,
}
