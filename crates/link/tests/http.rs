//! HTTP links against a real server, with and without TLS.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "real sockets, real time")]
#![allow(clippy::panic, clippy::unwrap_used, reason = "the server is made for tests only")]

mod world;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, body::Incoming, server::conn::http1};
use hyper_util::rt::TokioIo;
use link::{DialConfig, HttpSettings, Limits, Link, LinkError, LinkId, TlsSettings, Transport};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio_rustls::TlsAcceptor;
use world::*;

/// An authority, and a certificate of its for a name with the key.
struct Authority(CertifiedIssuer<'static, KeyPair>);

struct Identity {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    fn identity(&self, name: &str) -> Identity {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        Identity { certificate: params.signed_by(&key, &self.0).unwrap(), key }
    }
}

/// What an HTTP server saw and shall say.
#[derive(Default)]
struct Server {
    /// The status of link tests; 204 when 0.
    health: AtomicU16,
    tests: AtomicUsize,
    requests: Mutex<Vec<(Method, String, String, Bytes)>>,
}

impl Server {
    /// Serves on a free port, with TLS where an acceptor is given. `/slow` is answered after 300 ms, `/never` never.
    fn start(self: &Arc<Self>, world: &World, tls: Option<TlsAcceptor>) -> SocketAddr {
        let listener = world.runtime.block_on(tokio::net::TcpListener::bind(loopback(0))).unwrap();
        let address = listener.local_addr().unwrap();
        let server = self.clone();
        world.runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (server, tls) = (server.clone(), tls.clone());
                tokio::spawn(async move {
                    let service = service_fn(move |request| server.clone().answer(request));
                    // A client that breaks off is part of the tests.
                    let _ = match tls {
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => {
                                http1::Builder::new().serve_connection(TokioIo::new(stream), service).await
                            }
                            Err(_) => return,
                        },
                        None => http1::Builder::new().serve_connection(TokioIo::new(stream), service).await,
                    };
                });
            }
        });
        address
    }

    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Full<Bytes>>, hyper::Error> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        if head.method == Method::OPTIONS {
            self.tests.fetch_add(1, Ordering::SeqCst);
            let status = Some(self.health.load(Ordering::SeqCst)).filter(|status| *status > 0).unwrap_or(204);
            return Ok(Response::builder().status(status).body(Full::default()).unwrap());
        }
        let path = head.uri.path().to_owned();
        let host = head.headers["host"].to_str().unwrap().to_owned();
        self.requests.lock().unwrap().push((head.method, host, path.clone(), body.clone()));
        match path.as_str() {
            "/slow" => tokio::time::sleep(Duration::from_millis(300)).await,
            "/never" => std::future::pending().await,
            // The connection goes with its task.
            "/break" => panic!("a server dies"),
            _ => {}
        }
        let echo = [b"you said ".as_slice(), &body].concat();
        Ok(Response::builder()
            .status(202)
            .header("location", "/reports/1")
            .body(Full::new(echo.into()))
            .unwrap())
    }
}

fn settings(host: &str, tls: Option<TlsSettings>) -> HttpSettings {
    HttpSettings {
        host: host.into(),
        tls,
        path: "/cap".into(),
        test_every_ms: 100,
        answer_timeout_ms: 2_000,
        requests_max: 4,
    }
}

fn plain() -> HttpSettings {
    settings("127.0.0.1", None)
}

fn frame(tag: u64, path: &str, body: &str) -> Bytes {
    let head = format!("POST {path} HTTP/1.1\r\ncontent-type: application/cap+xml\r\n\r\n{body}");
    [&tag.to_be_bytes()[..], head.as_bytes()].concat().into()
}

fn split(frame: &[u8]) -> (u64, String) {
    (u64::from_be_bytes(frame[..8].try_into().unwrap()), String::from_utf8(frame[8..].to_vec()).unwrap())
}

#[test]
fn a_request_is_a_frame_and_so_is_its_answer() {
    let mut world = World::new();
    let server = Arc::new(Server::default());
    let address = server.start(&world, None);
    let _link = world.dial(Transport::Http(plain()), address);
    let connection = world.up(DIALLED);
    send(&connection, &frame(7, "/cap", "<alert/>"));
    let (tag, answer) = split(&world.frame(DIALLED));
    assert_eq!(tag, 7);
    assert!(answer.starts_with("HTTP/1.1 202 \r\n"), "{answer}");
    assert!(
        answer.contains("location: /reports/1\r\n") && answer.ends_with("\r\n\r\nyou said <alert/>"),
        "{answer}"
    );
    let requests = server.requests.lock().unwrap();
    assert_eq!(*requests, [(Method::POST, address.to_string(), "/cap".into(), Bytes::from("<alert/>"))]);
}

#[test]
fn no_request_waits_for_the_answer_to_another() {
    let mut world = World::new();
    let server = Arc::new(Server::default());
    let address = server.start(&world, None);
    let _link = world.dial(Transport::Http(plain()), address);
    let connection = world.up(DIALLED);
    for (tag, path) in [(1, "/never"), (2, "/slow"), (3, "/cap")] {
        send(&connection, &frame(tag, path, ""));
    }
    assert_eq!(split(&world.frame(DIALLED)).0, 3);
    assert_eq!(split(&world.frame(DIALLED)).0, 2);
}

#[test]
fn an_answer_that_never_comes_is_given_up_and_the_link_stays() {
    let mut world = World::new();
    let server = Arc::new(Server::default());
    let address = server.start(&world, None);
    let hasty = HttpSettings { answer_timeout_ms: 200, requests_max: 1, ..plain() };
    let _link = world.dial(Transport::Http(hasty), address);
    let connection = world.up(DIALLED);
    send(&connection, &frame(1, "/never", ""));
    send(&connection, &frame(2, "/cap", ""));
    assert_eq!(split(&world.frame(DIALLED)).0, 2);
}

#[test]
fn a_link_test_that_fails_takes_the_link_down_and_one_that_passes_brings_it_back() {
    let mut world = World::new();
    let server = Arc::new(Server::default());
    let address = server.start(&world, None);
    let _link = world.dial(Transport::Http(plain()), address);
    let _connection = world.up(DIALLED);
    server.health.store(503, Ordering::SeqCst);
    let (reason, _) = world.down(DIALLED);
    assert_eq!(reason, "the link test failed: 503 Service Unavailable");
    server.health.store(405, Ordering::SeqCst);
    let _back = world.up_in_the_end(DIALLED);
    assert!(server.tests.load(Ordering::SeqCst) >= 3);
}

#[test]
fn a_server_that_is_gone_is_dialled_again() {
    let mut world = World::new();
    let slow_tests = HttpSettings { test_every_ms: 60_000, ..plain() };
    let (address, server) = {
        let other = World::new();
        let server = Arc::new(Server::default());
        let address = server.start(&other, None);
        let _link = world.dial(Transport::Http(slow_tests.clone()), address);
        let _connection = world.up(DIALLED);
        (address, server)
    };
    drop(server);
    let _link = Link::dial(
        LinkId(2),
        dial_config(Transport::Http(slow_tests), vec![address]),
        world.sink.clone(),
        world.runtime.handle(),
    )
    .unwrap();
    let (reason, _) = world.unreachable(LinkId(2));
    assert!(reason.contains("cannot connect to"), "{reason}");
}

#[test]
fn a_connection_that_breaks_under_a_request_takes_the_link_down() {
    let mut world = World::new();
    let server = Arc::new(Server::default());
    let address = server.start(&world, None);
    let _link = world.dial(Transport::Http(HttpSettings { test_every_ms: 60_000, ..plain() }), address);
    let connection = world.up(DIALLED);
    send(&connection, &frame(1, "/break", ""));
    let (reason, _) = world.down(DIALLED);
    assert!(reason.contains("connection closed"), "{reason}");
    let _back = world.up_in_the_end(DIALLED);
}

#[test]
fn an_answer_larger_than_the_limit_ends_the_link() {
    let mut world = World::new();
    let server = Arc::new(Server::default());
    let address = server.start(&world, None);
    let limits = Limits { max_frame_bytes: 1_000, ..Limits::default() };
    let _link =
        world.dial_with(DialConfig { limits, ..dial_config(Transport::Http(plain()), vec![address]) });
    let connection = world.up(DIALLED);
    send(&connection, &frame(1, "/cap", &"x".repeat(2_000)));
    assert_eq!(world.down(DIALLED).0, "an answer of more than 1000 octets came in");
}

#[test]
fn plain_http_goes_to_loopback_only() {
    let world = World::new();
    let config = dial_config(Transport::Http(plain()), vec!["192.0.2.1:80".parse().unwrap()]);
    let refused = Link::dial(DIALLED, config, world.sink.clone(), world.runtime.handle());
    let expected = LinkError::Config("plain HTTP goes to loopback only, found 192.0.2.1:80".into());
    assert_eq!(refused.err(), Some(expected));
}

/// A server that asks for a certificate of `clients`.
fn mutual(authority: &Authority, clients: &Authority) -> TlsAcceptor {
    let identity = authority.identity("cbc.example");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(clients.0.der().clone()).unwrap();
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(
            vec![CertificateDer::from(identity.certificate.der().to_vec())],
            PrivateKeyDer::try_from(identity.key.serialize_der()).unwrap(),
        )
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

fn tls(authorities: &Authority, identity: &Identity) -> TlsSettings {
    let (certificate, key) = (identity.certificate.pem(), identity.key.serialize_pem());
    TlsSettings::mutual(authorities.pem().as_bytes(), certificate.as_bytes(), key.as_bytes()).unwrap()
}

#[test]
fn both_sides_show_certificates_that_the_other_knows() {
    let mut world = World::new();
    let (operators, ours) = (Authority::new("operator"), Authority::new("ours"));
    let server = Arc::new(Server::default());
    let address = server.start(&world, Some(mutual(&operators, &ours)));
    let tls = tls(&operators, &ours.identity("amberd.example"));
    let _link = world.dial(Transport::Http(settings("cbc.example", Some(tls))), address);
    let connection = world.up(DIALLED);
    send(&connection, &frame(9, "/cap", "<alert/>"));
    assert_eq!(split(&world.frame(DIALLED)).0, 9);
    let host = format!("cbc.example:{}", address.port());
    assert_eq!(server.requests.lock().unwrap()[0].1, host);
}

#[test]
fn a_certificate_that_the_other_side_does_not_know_keeps_the_link_down() {
    let mut world = World::new();
    let (operators, ours, strangers) =
        (Authority::new("operator"), Authority::new("ours"), Authority::new("strangers"));
    let server = Arc::new(Server::default());
    let address = server.start(&world, Some(mutual(&operators, &ours)));
    let mut number = 0;
    let mut told = |host: &str, tls: TlsSettings| {
        number += 1;
        let config = dial_config(Transport::Http(settings(host, Some(tls))), vec![address]);
        let _link = Link::dial(LinkId(number), config, world.sink.clone(), world.runtime.handle()).unwrap();
        world.unreachable(LinkId(number)).0
    };
    let ours_cert = ours.identity("amberd.example");
    let unknown = told("cbc.example", tls(&operators, &strangers.identity("amberd.example")));
    assert!(unknown.contains("received fatal alert"), "{unknown}");
    let impostor = told("cbc.example", tls(&strangers, &ours_cert));
    assert!(impostor.contains("UnknownIssuer"), "{impostor}");
    let other_name = told("other.example", tls(&operators, &ours_cert));
    assert!(other_name.contains("not valid for name"), "{other_name}");
    assert!(server.requests.lock().unwrap().is_empty());
    assert_eq!(server.tests.load(Ordering::SeqCst), 0);
}
