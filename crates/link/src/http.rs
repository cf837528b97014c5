//! HTTP(S) to a peer that is asked and answers: a request is a frame, and so is its answer.
//!
//! A frame is a tag of eight octets, the sender's, which the answer carries too, and an HTTP/1.1 message (RFC 9112) whose
//! body reaches to the frame's end. Each request has a connection of its own. So none waits behind another that is not
//! answered, none meets a connection that the peer has just given up, and each proves the whole way, down to the
//! certificates. What that costs, a handshake a request, does not count where requests are few.
//!
//! The link is up while its tests pass: an OPTIONS request now and then, which any answer but a server's error passes.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST, HeaderValue};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tracing::debug;

use crate::wire::{self, End, Wire};
use crate::{LinkError, tcp};

/// Octets of a frame's tag.
const TAG_BYTES: usize = 8;
/// The most headers of a request.
const HEADERS_MAX: usize = 16;

/// How a peer is asked by HTTP.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// The peer's name or IP address: requests are for it, and its certificate must be.
    pub host: String,
    /// What is agreed on beneath; none is plain HTTP, which a link takes on loopback only.
    pub tls: Option<TlsSettings>,
    /// The path that link tests ask for.
    pub path: String,
    /// From one link test to the next, in milliseconds.
    pub test_every_ms: u64,
    /// How long to wait for an answer once connected, in milliseconds. A request that has none by then is given up.
    pub answer_timeout_ms: u64,
    /// Requests that may be under way at once; further ones wait in the queue.
    pub requests_max: usize,
}

/// Both sides' certificates: TLS 1.2 or 1.3, by rustls.
#[derive(Debug, Clone)]
pub struct TlsSettings(Arc<ClientConfig>);

impl TlsSettings {
    /// The authorities that the peer's certificate must come from, our own certificate with those between it and the
    /// peer's authority, and its key, each in PEM.
    pub fn mutual(authorities: &[u8], certificate: &[u8], key: &[u8]) -> Result<Self, LinkError> {
        let wrong = |what: &str, found: String| LinkError::Config(format!("{what}: {found}"));
        let certificates = |what: &str, pem: &[u8]| {
            let found: Result<Vec<CertificateDer<'static>>, _> =
                CertificateDer::pem_slice_iter(pem).collect();
            match found {
                Ok(found) if found.is_empty() => Err(wrong(what, "found no certificate in PEM".into())),
                Ok(found) => Ok(found),
                Err(error) => Err(wrong(what, error.to_string())),
            }
        };
        let mut roots = RootCertStore::empty();
        for authority in certificates("authorities", authorities)? {
            roots.add(authority).map_err(|error| wrong("authorities", error.to_string()))?;
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| wrong("key", error.to_string()))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| wrong("TLS", error.to_string()))?
            .with_root_certificates(roots)
            .with_client_auth_cert(certificates("certificate", certificate)?, key)
            .map_err(|error| wrong("certificate and key", error.to_string()))?;
        Ok(Self(Arc::new(config)))
    }
}

impl HttpSettings {
    /// Refuses settings that cannot work, and plain HTTP to another machine.
    pub(crate) fn check(&self, addresses: &[SocketAddr]) -> Result<(), LinkError> {
        let remote = addresses.iter().find(|address| !address.ip().is_loopback());
        if let (None, Some(address)) = (&self.tls, remote) {
            return Err(LinkError::Config(format!("plain HTTP goes to loopback only, found {address}")));
        }
        server_name(&self.host)?;
        HeaderValue::from_str(&self.host).map_err(|_| {
            LinkError::Config(format!("host: expected a name or an address, found {:?}", self.host))
        })?;
        if !self.path.starts_with('/') {
            return Err(LinkError::Config(format!("path: expected a leading /, found {:?}", self.path)));
        }
        if self.test_every_ms == 0 || self.answer_timeout_ms == 0 || self.requests_max == 0 {
            return Err(LinkError::Config("HTTP: times and requests_max must be at least 1".to_owned()));
        }
        Ok(())
    }
}

/// Tests the way to the peer; it is up if the test passes.
pub(crate) async fn connect(
    address: SocketAddr,
    bind: Option<SocketAddr>,
    settings: &HttpSettings,
    max_frame_bytes: usize,
) -> Result<Wire, LinkError> {
    let peer = Arc::new(Peer { address, bind, settings: settings.clone(), max_frame_bytes });
    peer.test().await.map_err(|failure| failure.into_error(address))?;
    let (to_reader, answers) = mpsc::channel(settings.requests_max);
    let mut tests = JoinSet::new();
    tests.spawn(keep_testing(peer.clone(), to_reader.clone()));
    let room = Arc::new(Semaphore::new(settings.requests_max));
    Ok(Wire {
        peer: address,
        reader: wire::Reader::Http(Reader { answers, _tests: tests }),
        writer: wire::Writer::Http(Writer { peer, room, to_reader, under_way: JoinSet::new() }),
    })
}

async fn keep_testing(peer: Arc<Peer>, to_reader: mpsc::Sender<Result<Bytes, End>>) {
    let every = Duration::from_millis(peer.settings.test_every_ms);
    loop {
        tokio::time::sleep(every).await;
        if let Err(failure) = peer.test().await {
            let reason = format!("the link test failed: {}", failure.words);
            // Without a reader the connection has ended anyway.
            let _ = to_reader.send(Err(End::Failed(reason))).await;
            return;
        }
    }
}

/// Where answers come in.
pub(crate) struct Reader {
    answers: mpsc::Receiver<Result<Bytes, End>>,
    _tests: JoinSet<()>,
}

impl Reader {
    pub(crate) async fn read(&mut self) -> Result<Bytes, End> {
        self.answers.recv().await.unwrap_or(Err(End::Closed))
    }
}

/// Where requests go out.
pub(crate) struct Writer {
    peer: Arc<Peer>,
    room: Arc<Semaphore>,
    to_reader: mpsc::Sender<Result<Bytes, End>>,
    under_way: JoinSet<()>,
}

impl Writer {
    /// Starts the request; its answer comes in like any frame.
    pub(crate) async fn write(&mut self, frame: &[u8]) -> Result<(), End> {
        let (tag, request) = self.peer.request(frame).map_err(End::Failed)?;
        let permit = self.room.clone().acquire_owned().await.map_err(|_| End::Closed)?;
        while self.under_way.try_join_next().is_some() {}
        let (peer, to_reader) = (self.peer.clone(), self.to_reader.clone());
        self.under_way.spawn(async move {
            let answer = match peer.ask(request).await {
                Ok(answer) => Ok(peer.frame(tag, &answer)),
                // Whoever asked has his own patience, and the peer may only be slow.
                Err(Failure { silence: true, words }) => {
                    debug!(peer = %peer.address, words, "no answer");
                    return;
                }
                Err(Failure { words, .. }) => Err(End::Failed(words)),
            };
            drop(permit);
            // Without a reader the connection has ended.
            let _ = to_reader.send(answer).await;
        });
        Ok(())
    }

    /// Lets what is under way be answered, then ends.
    pub(crate) async fn shut_down(&mut self) {
        while self.under_way.join_next().await.is_some() {}
        let _ = self.to_reader.send(Err(End::Closed)).await;
    }

    pub(crate) fn abort(&mut self) {
        self.under_way.abort_all();
    }
}

/// What a request goes over.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The peer at one address.
struct Peer {
    address: SocketAddr,
    bind: Option<SocketAddr>,
    settings: HttpSettings,
    max_frame_bytes: usize,
}

/// Why a request has no answer.
struct Failure {
    /// It was asked, and nothing came in time.
    silence: bool,
    words: String,
}

impl Failure {
    fn new(words: impl ToString) -> Self {
        Self { silence: false, words: words.to_string() }
    }

    fn into_error(self, address: SocketAddr) -> LinkError {
        LinkError::Io { action: "cannot ask", address, source_text: self.words }
    }
}

impl Peer {
    async fn test(&self) -> Result<(), Failure> {
        let request = self.addressed(Method::OPTIONS, &self.settings.path, Bytes::new());
        let answer = self.ask(request.map_err(Failure::new)?).await?;
        let status = answer.status();
        if status.is_server_error() { Err(Failure::new(format!("{status}"))) } else { Ok(()) }
    }

    async fn ask(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, Failure> {
        let limit_ms = self.settings.answer_timeout_ms;
        let stream = tokio::time::timeout(Duration::from_millis(limit_ms), self.stream());
        let late = |_| Failure::new(format!("no connection to {} within {limit_ms} ms", self.address));
        self.ask_over(stream.await.map_err(late)??, request).await
    }

    /// A new connection, with TLS on it where that is asked for.
    async fn stream(&self) -> Result<Box<dyn Stream>, Failure> {
        let stream = tcp::dial(self.address, self.bind)
            .await
            .map_err(|error| Failure::new(format!("cannot connect to {}: {error}", self.address)))?;
        let Some(TlsSettings(tls)) = &self.settings.tls else { return Ok(Box::new(stream)) };
        let name = server_name(&self.settings.host).map_err(Failure::new)?;
        let agreeing = TlsConnector::from(tls.clone()).connect(name, stream);
        let stream =
            agreeing.await.map_err(|error| Failure::new(format!("TLS with {}: {error}", self.address)))?;
        Ok(Box::new(stream))
    }

    async fn ask_over(
        &self,
        stream: Box<dyn Stream>,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Bytes>, Failure> {
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| Failure::new(chain(&error)))?;
        // Driven beside the request, and dropped with it.
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        let asking = async {
            let (parts, body) =
                sender.send_request(request).await.map_err(|error| chain(&error))?.into_parts();
            let body = Limited::new(body, self.max_frame_bytes).collect().await.map_err(|error| {
                match error.is::<LengthLimitError>() {
                    true => format!("an answer of more than {} octets came in", self.max_frame_bytes),
                    false => chain(&*error),
                }
            })?;
            Ok(Response::from_parts(parts, body.to_bytes()))
        };
        let limit_ms = self.settings.answer_timeout_ms;
        match tokio::time::timeout(Duration::from_millis(limit_ms), asking).await {
            Ok(answer) => answer.map_err(|words: String| Failure::new(words)),
            Err(_) => Err(Failure { silence: true, words: format!("no answer within {limit_ms} ms") }),
        }
    }

    /// A frame as a request.
    fn request(&self, frame: &[u8]) -> Result<([u8; TAG_BYTES], Request<Full<Bytes>>), String> {
        let (tag, message) = frame.split_first_chunk().ok_or("a frame without a tag was to be sent")?;
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut head = httparse::Request::new(&mut headers);
        let malformed = |error: String| format!("a malformed request was to be sent: {error}");
        let parsed = head.parse(message).map_err(|error| malformed(error.to_string()))?;
        let (httparse::Status::Complete(octets), Some(method), Some(path)) = (parsed, head.method, head.path)
        else {
            return Err(malformed("its head has no end".to_owned()));
        };
        let method = Method::from_bytes(method.as_bytes()).map_err(|error| malformed(error.to_string()))?;
        let mut request = self.addressed(method, path, Bytes::copy_from_slice(&message[octets..]))?;
        for header in head.headers.iter() {
            let name = hyper::header::HeaderName::from_bytes(header.name.as_bytes());
            let value = HeaderValue::from_bytes(header.value);
            let (Ok(name), Ok(value)) = (name, value) else {
                return Err(malformed(format!("header {:?}", header.name)));
            };
            request.headers_mut().insert(name, value);
        }
        Ok((*tag, request))
    }

    fn addressed(&self, method: Method, path: &str, body: Bytes) -> Result<Request<Full<Bytes>>, String> {
        let host = &self.settings.host;
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, format!("{host}:{}", self.address.port()))
            .header(CONNECTION, "close")
            .body(Full::new(body))
            .map_err(|error| error.to_string())
    }

    /// An answer as a frame.
    fn frame(&self, tag: [u8; TAG_BYTES], answer: &Response<Bytes>) -> Bytes {
        let mut frame = BytesMut::with_capacity(TAG_BYTES + 256 + answer.body().len());
        frame.put_slice(&tag);
        frame.put_slice(format!("HTTP/1.1 {} \r\n", answer.status().as_u16()).as_bytes());
        for (name, value) in answer.headers() {
            frame.put_slice(name.as_str().as_bytes());
            frame.put_slice(b": ");
            frame.put_slice(value.as_bytes());
            frame.put_slice(b"\r\n");
        }
        frame.put_slice(b"\r\n");
        frame.put_slice(answer.body());
        frame.freeze()
    }
}

fn server_name(host: &str) -> Result<ServerName<'static>, LinkError> {
    ServerName::try_from(host.to_owned())
        .map_err(|_| LinkError::Config(format!("host: expected a name or an address, found {host:?}")))
}

/// An error with its causes: hyper's own words leave them out.
fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |error| (*error).source());
    causes.fold(error.to_string(), |words, cause| format!("{words}: {cause}"))
}
