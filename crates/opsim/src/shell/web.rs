//! The endpoint of a CBC: HTTP in, frames to the network, and the answers back.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use cbe::{Answer, Ask, Method, Request, Tag};
use crossbeam_channel::Sender;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, LOCATION};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, oneshot};
use tokio_rustls::TlsAcceptor;

use super::ports::Event;
use crate::{ElementPlan, TlsPlan};

/// The longest request, in octets.
const REQUEST_MAX_BYTES: usize = 4 << 20;
/// The most connections at once; further ones wait.
const CONNECTIONS_MAX: usize = 256;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A request that has come in.
pub(super) struct Asked {
    /// The element's place in the plan.
    pub(super) element: usize,
    /// The request, as a frame.
    pub(super) frame: Bytes,
    /// Its tag.
    pub(super) tag: Tag,
    /// Where the answer goes, as a frame. Dropped, it breaks the connection.
    pub(super) reply: oneshot::Sender<Bytes>,
}

/// Serves an endpoint until the runtime ends; the address it has.
pub(super) fn serve(
    plan: &ElementPlan,
    element: usize,
    events: &Sender<Event>,
    runtime: &Runtime,
) -> Result<SocketAddr, Failure> {
    let tls = plan.tls.as_ref().map(acceptor).transpose()?;
    let listener = runtime.block_on(TcpListener::bind(plan.address))?;
    let address = listener.local_addr()?;
    let endpoint = Arc::new(Endpoint { element, events: events.clone(), tags: AtomicU64::new(1) });
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    runtime.spawn(async move {
        while let (Ok((stream, _)), Ok(permit)) =
            (listener.accept().await, room.clone().acquire_owned().await)
        {
            let (endpoint, tls) = (endpoint.clone(), tls.clone());
            tokio::spawn(async move {
                let service = service_fn(move |request| endpoint.clone().ask(request));
                // What goes wrong with a connection is its client's affair.
                let _ = match tls {
                    None => http1::Builder::new().serve_connection(TokioIo::new(stream), service).await,
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => {
                            http1::Builder::new().serve_connection(TokioIo::new(stream), service).await
                        }
                        Err(_) => return,
                    },
                };
                drop(permit);
            });
        }
    });
    Ok(address)
}

/// TLS that takes nobody without a certificate of the authorities.
fn acceptor(plan: &TlsPlan) -> Result<TlsAcceptor, Failure> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_file_iter(&plan.authorities)? {
        roots.add(authority?)?;
    }
    let certificates: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(&plan.certificate)?.collect::<Result<_, _>>()?;
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build()?;
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(certificates, PrivateKeyDer::from_pem_file(&plan.key)?)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

struct Endpoint {
    element: usize,
    events: Sender<Event>,
    tags: AtomicU64,
}

impl Endpoint {
    async fn ask(
        self: Arc<Self>,
        request: hyper::Request<Incoming>,
    ) -> Result<hyper::Response<Full<Bytes>>, Failure> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, REQUEST_MAX_BYTES).collect().await?.to_bytes();
        let path = head.uri.path().to_owned();
        let ask = match head.method {
            hyper::Method::POST => Ask::Take { path, message: body },
            hyper::Method::GET => Ask::Report { path },
            method => Ask::Other { method: Method(method.as_str().to_owned()), path },
        };
        let tag = Tag(self.tags.fetch_add(1, Ordering::Relaxed));
        let (reply, answer) = oneshot::channel();
        let asked = Asked { element: self.element, frame: Request { tag, ask }.encode(), tag, reply };
        self.events.send(Event::Asked(asked))?;
        let (_, answer) = Answer::decode(&answer.await?)?;
        let mut response = hyper::Response::builder().status(answer.status);
        if let Some(location) = answer.location {
            response = response.header(LOCATION, location);
        }
        if let Some(media_type) = answer.media_type {
            response = response.header(CONTENT_TYPE, media_type);
        }
        Ok(response.body(Full::new(answer.body))?)
    }
}
