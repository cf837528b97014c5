//! The listener: connections, their limits, and the few things that can be asked.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{self, HeaderMap};
use hyper::server::conn::http1;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::error::Error;
use crate::page::{Page, Pages};
use crate::rate::Rates;

/// What all readers are granted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Connections at once; more wait in the backlog of the socket. Default 4096.
    pub connections_max: usize,
    /// Connections of one reader at once; 0: no limit. Default 32.
    pub connections_per_reader_max: u32,
    /// Requests of one reader in a minute; 0: no limit. Default 120.
    pub requests_per_minute: u32,
    /// Readers come through a proxy that names them in `X-Forwarded-For`; connections are the proxy's then.
    pub behind_proxy: bool,
    /// How long the head of a request may take, and a connection may stay idle. Default 30 s.
    pub head_timeout: Duration,
    /// The longest that a reader may wait for a change. Default 60 s.
    pub wait_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 4096,
            connections_per_reader_max: 32,
            requests_per_minute: 120,
            behind_proxy: false,
            head_timeout: Duration::from_secs(30),
            wait_max: Duration::from_secs(60),
        }
    }
}

/// A certificate and its key.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

impl Tls {
    /// Reads a certificate chain and its private key, both in PEM.
    pub fn from_pem(certificates: &[u8], key: &[u8]) -> Result<Self, Error> {
        let wrong = |reason: String| Error::Tls { reason };
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificates)
            .collect::<Result<_, _>>()
            .map_err(|error| wrong(error.to_string()))?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| wrong(error.to_string()))?;
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|error| wrong(error.to_string()))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}

impl std::fmt::Debug for Tls {
    /// Never shows the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls")
    }
}

/// Answers every reader until the pages end. Nothing that a reader does ends it earlier.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Tls>,
    pages: watch::Receiver<Arc<Pages>>,
    limits: Limits,
) {
    /// How long to wait for descriptors to be freed.
    const PAUSE: Duration = Duration::from_millis(100);
    /// How often it is said.
    const SAID_EVERY: Duration = Duration::from_secs(60);
    let connections_max = if limits.behind_proxy { 0 } else { limits.connections_per_reader_max };
    let feed = Feed {
        rates: Arc::new(Mutex::new(Rates::new(limits.requests_per_minute, connections_max))),
        started: Instant::now(),
        pages: pages.clone(),
        limits,
    };
    let places = Arc::new(Semaphore::new(limits.connections_max));
    let mut ending = pages;
    let mut said: Option<Instant> = None;
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = ended(&mut ending) => return,
        };
        match accepted {
            Ok((stream, address)) => {
                if let Some(guest) = feed.let_in(address.ip()) {
                    tokio::spawn(feed.clone().converse(stream, tls.clone(), guest, place));
                }
            }
            Err(error) => {
                if said.is_none_or(|said| said.elapsed() >= SAID_EVERY) {
                    tracing::warn!(%error, "feed: a connection could not be accepted");
                    said = Some(Instant::now());
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Ends when nobody publishes any more.
async fn ended(pages: &mut watch::Receiver<Arc<Pages>>) {
    while pages.changed().await.is_ok() {}
}

/// What every request is answered with.
#[derive(Clone)]
struct Feed {
    rates: Arc<Mutex<Rates>>,
    started: Instant,
    pages: watch::Receiver<Arc<Pages>>,
    limits: Limits,
}

/// A reader's connection, counted until it ends.
struct Guest {
    address: IpAddr,
    rates: Arc<Mutex<Rates>>,
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.rates.lock().unwrap_or_else(PoisonError::into_inner).close(self.address);
    }
}

type Answer = Response<Full<Bytes>>;

impl Feed {
    fn let_in(&self, address: IpAddr) -> Option<Guest> {
        let may = self.rates().open(address, self.now_ms());
        may.then(|| Guest { address, rates: self.rates.clone() })
    }

    /// Serves one connection to its end.
    async fn converse(self, stream: TcpStream, tls: Option<Tls>, guest: Guest, _place: OwnedSemaphorePermit) {
        // An answer is one segment or few: nothing is won by waiting for more.
        let _ = stream.set_nodelay(true);
        let Some(Tls(acceptor)) = tls else { return self.speak(stream, &guest).await };
        match tokio::time::timeout(self.limits.head_timeout, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => self.speak(stream, &guest).await,
            Ok(Err(error)) => tracing::debug!(%error, "feed: no TLS came about"),
            Err(_) => tracing::debug!("feed: a reader was too slow with TLS"),
        }
    }

    async fn speak(&self, stream: impl AsyncRead + AsyncWrite + Unpin, guest: &Guest) {
        /// The longest head of a request, in bytes.
        const HEAD_BYTES_MAX: usize = 8 << 10;
        let answer = hyper::service::service_fn(|request: Request<Incoming>| async move {
            Ok::<Answer, Infallible>(self.answer(&request, guest.address).await)
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(self.limits.head_timeout)
            .max_buf_size(HEAD_BYTES_MAX);
        let connection = pin!(http.serve_connection(TokioIo::new(stream), answer));
        if let Err(error) = connection.await {
            tracing::debug!(%error, "feed: a connection ended early");
        }
    }

    async fn answer(&self, request: &Request<Incoming>, peer: IpAddr) -> Answer {
        let reader =
            if self.limits.behind_proxy { forwarded(request.headers()).unwrap_or(peer) } else { peer };
        if let Err(wait_s) = self.rates().ask(reader, self.now_ms()) {
            let mut answer = plain(StatusCode::TOO_MANY_REQUESTS, "expected fewer requests\n");
            answer.headers_mut().insert(header::RETRY_AFTER, wait_s.into());
            return answer;
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return plain(StatusCode::METHOD_NOT_ALLOWED, "expected GET or HEAD\n");
        }
        let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        let wait = self.wait(request.uri().query());
        let page = self.page(request.uri().path(), known.unwrap_or_default(), wait).await;
        match page {
            Some(Page::Open { media_type, tag, body }) => page_answer(known, media_type, &tag, body),
            Some(Page::Gone) => plain(StatusCode::GONE, "this is public no more\n"),
            None => plain(
                StatusCode::NOT_FOUND,
                "expected /feed.atom, /areas.geojson, /schedule.ics, /due.json, /cap/<message>.xml or /picture/<message>\n",
            ),
        }
    }

    /// The page of a path as soon as it is another than the reader knows, or when it has waited long enough.
    async fn page(&self, path: &str, known: &str, wait: Duration) -> Option<Page> {
        let mut pages = self.pages.clone();
        let changed = async {
            loop {
                let page = pages.borrow_and_update().page(path).cloned();
                if !matches!(&page, Some(Page::Open { tag, .. }) if matches(known, tag)) {
                    return page;
                }
                if pages.changed().await.is_err() {
                    return page;
                }
            }
        };
        match tokio::time::timeout(wait, changed).await {
            Ok(page) => page,
            Err(_) => self.pages.borrow().page(path).cloned(),
        }
    }

    /// How long the reader wants to wait for a change: `?wait=30`.
    fn wait(&self, query: Option<&str>) -> Duration {
        let mut pairs = query.unwrap_or_default().split('&');
        let seconds = pairs.find_map(|pair| pair.strip_prefix("wait=")?.parse().ok()).unwrap_or(0);
        Duration::from_secs(seconds).min(self.limits.wait_max)
    }

    fn rates(&self) -> std::sync::MutexGuard<'_, Rates> {
        self.rates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

fn page_answer(known: Option<&str>, media_type: &'static str, tag: &str, body: Bytes) -> Answer {
    let unchanged = known.is_some_and(|known| matches(known, tag));
    let mut answer = Response::new(Full::new(if unchanged { Bytes::new() } else { body }));
    let headers = answer.headers_mut();
    // A tag of hexadecimal digits in quotes is always a header's value.
    if let Ok(tag) = tag.parse() {
        headers.insert(header::ETAG, tag);
    }
    if unchanged {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(media_type));
    }
    common(&mut answer);
    answer
}

fn plain(status: StatusCode, words: &'static str) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from_static(words.as_bytes())));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/plain"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        answer.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("GET, HEAD"));
    }
    common(&mut answer);
    answer
}

/// No cache on the way may keep what was stopped; any web page may read it.
fn common(answer: &mut Answer) {
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-cache"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, header::HeaderValue::from_static("*"));
}

/// Whether `If-None-Match` names a tag (RFC 9110 §13.1.2: the weak comparison).
fn matches(known: &str, tag: &str) -> bool {
    known.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

/// The reader that a proxy names: the last address, which the proxy itself has written.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let value = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    let last = value.rsplit(',').next()?.trim();
    last.parse().ok().or_else(|| last.parse::<SocketAddr>().ok().map(|address| address.ip()))
}
