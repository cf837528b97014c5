//! What a careless or hostile caller can do, and what it gets.

use std::time::{Duration, Instant};

use crate::world::World;
use admin::{Error, Identity, Limits};
use engine::AlertId;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

const JSON: &str = "Content-Type: application/json\r\n";

#[tokio::test]
async fn a_malformed_request_is_told_what_is_wrong_and_where() {
    let world = World::new().await;
    let reason = "/v1/alerts/A-1/cancel";
    let twice = "Content-Type: application/json\r\nIdempotency-Key: a\r\nIdempotency-Key: b\r\n";
    for (method, path, headers, body, status, code, detail) in [
        ("POST", reason, JSON, "{\n \"reason\": x}", 400, "malformed_json", "line 2 column 12"),
        (
            "POST",
            reason,
            JSON,
            r#"{"reason":"a","why":1}"#,
            400,
            "malformed_json",
            "unknown field `why`, expected `reason` at line 1",
        ),
        ("POST", reason, JSON, "", 400, "malformed_json", "line 1 column 0"),
        (
            "POST",
            reason,
            "",
            r#"{"reason":"a"}"#,
            415,
            "content_type",
            "expected application/json, found none",
        ),
        ("POST", reason, "Content-Type: text/plain\r\n", "{}", 415, "content_type", "found text/plain"),
        (
            "POST",
            "/v1/alerts",
            JSON,
            r#"{"class":"c","texts":[],"target":{}}"#,
            400,
            "malformed_json",
            "missing field `channel`",
        ),
        (
            "POST",
            "/v1/alerts",
            JSON,
            r#"{"channel":"live","class":"c","texts":[],"target":{"area":[]}}"#,
            400,
            "malformed_json",
            "unknown field `area`",
        ),
        ("POST", reason, twice, r#"{"reason":"a"}"#, 400, "header", "idempotency-key: expected once"),
        ("GET", "/v1/alerts?state=gone", "", "", 400, "query", "gone"),
        ("GET", "/v1/alerts?sate=draft", "", "", 400, "query", "sate"),
        (
            "GET",
            "/v1/alerts/seventeen",
            "",
            "",
            404,
            "unknown_alert",
            "expected A-<number>, found \"seventeen\"",
        ),
        ("GET", "/v2/alerts", "", "", 404, "unknown_route", "GET /v1/alerts/{id}/watch"),
        ("GET", "/v1/alerts/", "", "", 404, "unknown_route", "found GET /v1/alerts/"),
        (
            "DELETE",
            "/v1/alerts/A-1",
            "",
            "",
            405,
            "method",
            "/v1/alerts/{id}: expected GET or PUT, found DELETE",
        ),
    ] {
        let answer = world.call(method, path, headers, body).await;
        let problem = answer.problem();
        assert_eq!(
            (problem.status, problem.code()),
            (status, code),
            "{method} {path} {body}: {}",
            answer.body
        );
        assert!(problem.detail.contains(detail), "{method} {path} {body}: {}", problem.detail);
    }
    assert!(world.daemon.asked.lock().unwrap().is_empty());
    assert!(world.call("DELETE", "/v1/peers", "", "").await.head.contains("allow: get"));
    assert_ne!(world.send("no http at all\r\n\r\n").await.status, 200);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_announced_or_not() {
    let limits = Limits { request_bytes_max: 100, ..Limits::default() };
    let world = World::with(Identity::Peer, limits).await;
    let long = format!(r#"{{"reason":"{}"}}"#, "x".repeat(100));
    let announced = world.call("POST", "/v1/alerts/A-1/cancel", JSON, &long).await.problem();
    assert_eq!((announced.status, announced.found.as_deref()), (413, Some("113 bytes")));
    assert_eq!(announced.expected.as_deref(), Some("at most 100 bytes"));
    let chunked = format!(
        "POST /v1/alerts/A-1/cancel HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{JSON}Transfer-Encoding: chunked\r\n\r\n71\r\n{long}\r\n0\r\n\r\n"
    );
    let unannounced = world.send(&chunked).await.problem();
    assert_eq!((unannounced.status, unannounced.found.as_deref()), (413, Some("more")));
    let short = format!(r#"{{"reason":"{}"}}"#, "x".repeat(87));
    assert_eq!(world.call("POST", "/v1/alerts/A-1/cancel", JSON, &short).await.status, 200);
}

#[tokio::test]
async fn a_slow_caller_is_let_go() {
    let soon = Duration::from_millis(200);
    let world =
        World::with(Identity::Peer, Limits { head_timeout: soon, body_timeout: soon, ..Limits::default() })
            .await;
    let body = world
        .send(&format!(
            "POST /v1/alerts/A-1/cancel HTTP/1.1\r\nHost: a\r\n{JSON}Content-Length: 20\r\n\r\n{{"
        ))
        .await
        .problem();
    assert_eq!((body.status, body.code()), (408, "too_slow"));
    for head in ["", "GET /v1/peers HTTP/1.1\r\nHost:", "GET /v1/peers HTTP/1.1\r\nHost: a\r\n\r\n"] {
        // Nothing, half a head, and a connection left idle after its answer.
        let began = Instant::now();
        let _ = world.send(head).await;
        assert!(began.elapsed() < Duration::from_secs(5), "{head:?}");
    }
    assert_eq!(world.call("GET", "/v1/peers", "", "").await.status, 200);
}

#[tokio::test]
async fn two_hundred_callers_at_once_are_all_answered() {
    let world = World::new().await;
    let mut open = Vec::new();
    for _ in 0..200 {
        open.push(UnixStream::connect(&world.path).await.unwrap());
    }
    for stream in &mut open {
        stream.write_all(b"GET /v1/peers HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    }
    for stream in &mut open {
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.unwrap();
        assert_eq!(&start, b"HTTP/1.1 200");
    }
}

#[tokio::test]
async fn callers_beyond_the_limit_wait_for_a_place() {
    let limits = Limits { connections_max: 2, head_timeout: Duration::from_millis(300), ..Limits::default() };
    let world = World::with(Identity::Peer, limits).await;
    let idle =
        [UnixStream::connect(&world.path).await.unwrap(), UnixStream::connect(&world.path).await.unwrap()];
    // The idle ones lose their places in time.
    assert_eq!(world.call("GET", "/v1/peers", "", "").await.status, 200);
    drop(idle);
}

#[tokio::test]
async fn watches_leave_places_for_a_cancel() {
    let limits = Limits { connections_max: 3, watches_max: 1, ..Limits::default() };
    let world = World::with(Identity::Peer, limits).await;
    let client = world.client().await;
    let first = client.watch(AlertId(1)).await.unwrap();
    let Err(Error::Problem(problem)) = client.watch(AlertId(1)).await else { panic!("expected a problem") };
    assert_eq!((problem.status, problem.code()), (503, "busy"));
    assert_eq!(world.call("POST", "/v1/alerts/A-1/cancel", JSON, r#"{"reason":"a"}"#).await.status, 200);
    drop(first);
    let again = async {
        while client.watch(AlertId(1)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), again).await.unwrap();
}
