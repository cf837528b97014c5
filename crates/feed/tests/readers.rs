//! Readers over real sockets.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests: they open sockets, measure time, and stop at the first surprise"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use feed::{Board, Item, Limits, Live, Message, Pages, Tls};
use policy::{Channel, LanguageText, MediaRate, slots};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// 2100: nothing of the test's board ends by itself.
const FAR_S: i64 = 4_102_444_800;

fn on() -> Board {
    let rates = [MediaRate { every_s: 1800, until_s: 28_800 }];
    Board {
        public_url: "https://alerts.example".into(),
        publisher: "MUP".into(),
        changed_s: 0,
        items: vec![Item {
            alert: "A-1".into(),
            channel: Channel::Live,
            class: "missing-child".into(),
            messages: vec![message("A-1.1", Some("<alert>Marko</alert>"))],
            live: Some(Live {
                event: "Missing child".into(),
                texts: vec![LanguageText { language: "en".into(), text: "Marko, 7".into() }],
                area: "Novi Sad".into(),
                shapes: Vec::new(),
                since_s: FAR_S - 60,
                slots: slots(&rates, FAR_S - 60, FAR_S),
            }),
            until_s: FAR_S,
        }],
    }
}

/// The same after a cancel.
fn stopped() -> Board {
    let mut board = on();
    let item = &mut board.items[0];
    item.live = None;
    item.messages = vec![message("A-1.1", None), message("A-1.cancel", Some("<alert>Cancel</alert>"))];
    board
}

fn message(identifier: &str, cap: Option<&str>) -> Message {
    Message { identifier: identifier.into(), sent_s: FAR_S - 60, cap: cap.map(Arc::from), picture: None }
}

struct World {
    boards: watch::Sender<Arc<Board>>,
    address: SocketAddr,
}

impl World {
    async fn new(limits: Limits, tls: Option<Tls>) -> Self {
        let (boards, seen) = watch::channel(Arc::new(on()));
        let (pages, rendered) = watch::channel::<Arc<Pages>>(Arc::new(on().pages(0)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(feed::publish(seen, pages));
        tokio::spawn(feed::serve(listener, tls, rendered, limits));
        Self { boards, address }
    }

    async fn send(&self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        Answer::read(&mut stream).await
    }

    async fn ask(&self, path: &str, headers: &str) -> Answer {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{headers}\r\n")).await
    }
}

struct Answer {
    status: u16,
    text: String,
}

impl Answer {
    async fn read(stream: &mut TcpStream) -> Self {
        let mut octets = Vec::new();
        let _ = stream.read_to_end(&mut octets).await;
        let text = String::from_utf8_lossy(&octets).into_owned();
        Self { status: text.get(9..12).and_then(|status| status.parse().ok()).unwrap_or(0), text }
    }

    fn tag(&self) -> &str {
        let line = self.text.lines().find(|line| line.to_lowercase().starts_with("etag: ")).unwrap();
        &line[6..]
    }
}

fn generous() -> Limits {
    Limits { connections_per_reader_max: 0, requests_per_minute: 0, ..Limits::default() }
}

#[tokio::test]
async fn each_page_is_read_and_known_by_its_tag() {
    let world = World::new(generous(), None).await;
    for (path, media_type) in [
        ("/feed.atom", "application/atom+xml"),
        ("/areas.geojson", "application/geo+json"),
        ("/schedule.ics", "text/calendar"),
        ("/due.json", "application/json"),
        ("/cap/A-1.1.xml", "application/cap+xml"),
    ] {
        let answer = world.ask(path, "").await;
        assert!(answer.status == 200 && answer.text.contains(media_type), "{}", answer.text);
        let again = world.ask(path, &format!("If-None-Match: {}\r\n", answer.tag())).await;
        assert_eq!((again.status, again.text.contains("\r\n\r\n")), (304, true), "{path}");
        assert_eq!(world.ask(path, "If-None-Match: \"x\"\r\n").await.status, 200);
    }
    assert_eq!(world.ask("/cap/A-9.1.xml", "").await.status, 404);
    assert_eq!(world.ask("/../etc/passwd", "").await.status, 404);
    assert_eq!(
        world.send("DELETE /due.json HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.status,
        405
    );
    assert_eq!(world.send("no http at all\r\n\r\n").await.status, 400);
}

#[tokio::test]
async fn who_waits_hears_of_a_stop_at_once_and_nobody_reads_the_text_again() {
    let world = World::new(generous(), None).await;
    let known = world.ask("/due.json", "").await;
    let header = format!("If-None-Match: {}\r\n", known.tag());
    let quiet = Instant::now();
    assert_eq!(world.ask("/due.json?wait=1", &header).await.status, 304);
    assert!(quiet.elapsed() >= Duration::from_secs(1));
    let waiting = world.ask("/due.json?wait=30", &header);
    let stop = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        world.boards.send_replace(Arc::new(stopped()));
        Instant::now()
    };
    let (answer, stopped_at) = tokio::join!(waiting, stop);
    assert!(stopped_at.elapsed() < Duration::from_secs(1), "{:?}", stopped_at.elapsed());
    assert!(answer.status == 200 && answer.text.contains("A-1.cancel"), "{}", answer.text);
    assert_eq!(world.ask("/cap/A-1.1.xml", "").await.status, 410);
    for path in ["/feed.atom", "/areas.geojson", "/schedule.ics", "/due.json"] {
        assert!(!world.ask(path, "").await.text.contains("Marko"), "{path}");
    }
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_again() {
    let limits = Limits { requests_per_minute: 5, ..Limits::default() };
    let world = World::new(limits, None).await;
    for _ in 0..5 {
        assert_eq!(world.ask("/due.json", "").await.status, 200);
    }
    let refused = world.ask("/due.json", "").await;
    assert!(
        refused.status == 429 && refused.text.to_lowercase().contains("retry-after: "),
        "{}",
        refused.text
    );
    let proxied = World::new(Limits { behind_proxy: true, ..limits }, None).await;
    for n in 0..20 {
        let named = format!("X-Forwarded-For: 198.51.100.9, 192.0.2.{n}\r\n");
        assert_eq!(
            proxied.ask("/due.json", &named).await.status,
            200,
            "each reader behind a proxy counts alone"
        );
    }
}

#[tokio::test]
async fn one_reader_holds_so_many_connections_and_no_more() {
    let world = World::new(Limits { connections_per_reader_max: 3, ..generous() }, None).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(TcpStream::connect(world.address).await.unwrap());
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(world.ask("/due.json", "").await.status, 0, "turned away");
    held.clear();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(world.ask("/due.json", "").await.status, 200);
}

/// Processor time of this whole process, in milliseconds.
fn processor_ms() -> u64 {
    let usage = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = usage.rsplit(')').next().unwrap().split_whitespace().collect();
    // utime and stime, in hundredths of a second (proc(5)).
    (fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()) * 10
}

/// Both ends of a thousand connections need more descriptors than a shell usually grants.
fn raise_descriptors() -> bool {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let wanted = rustix::process::Rlimit { current: limit.maximum.or(Some(4096)), ..limit };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, wanted).is_ok()
        && wanted.current.is_none_or(|current| current > 2100)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_idle_readers_cost_nothing_and_all_hear_of_a_stop() {
    if !raise_descriptors() {
        println!("NOT RUN: this machine grants too few descriptors");
        return;
    }
    let world = World::new(generous(), None).await;
    let tag = world.ask("/due.json", "").await.tag().to_owned();
    let mut readers = Vec::new();
    for _ in 0..1000 {
        let mut stream = TcpStream::connect(world.address).await.unwrap();
        let request = format!(
            "GET /due.json?wait=60 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nIf-None-Match: {tag}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        readers.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let (before_ms, began) = (processor_ms(), Instant::now());
    tokio::time::sleep(Duration::from_secs(3)).await;
    let spent_ms = processor_ms() - before_ms;
    println!("1000 idle readers: {spent_ms} ms of processor time in {:?}", began.elapsed());
    assert!(spent_ms <= 150, "{spent_ms} ms");

    let stopped_at = Instant::now();
    world.boards.send_replace(Arc::new(stopped()));
    for stream in &mut readers {
        let answer = Answer::read(stream).await;
        assert!(answer.status == 200 && answer.text.contains("A-1.cancel"), "{}", answer.text);
    }
    println!("all of them heard of the stop after {:?}", stopped_at.elapsed());
    assert!(stopped_at.elapsed() < Duration::from_secs(5), "{:?}", stopped_at.elapsed());
}

/// OpenSSL as a reader of the feed over HTTPS.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_feed_speaks_https_with_its_certificate() {
    let keys = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/cap/keys");
    let read = |name: &str| std::fs::read(keys.join(name)).unwrap();
    let tls = Tls::from_pem(&read("ecdsa.crt.pem"), &read("ecdsa.key.pem")).unwrap();
    assert!(Tls::from_pem(&read("ecdsa.crt.pem"), &read("rsa.key.pem")).is_err(), "another's key");
    assert!(Tls::from_pem(b"", b"").is_err());
    if std::process::Command::new("openssl").arg("version").output().is_err() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "openssl must be present in CI");
        println!("NOT RUN: no openssl on this machine");
        return;
    }
    let world = World::new(generous(), Some(tls)).await;
    let asked = tokio::task::spawn_blocking(move || {
        use std::io::Write as _;
        let mut reader = std::process::Command::new("openssl")
            .args(["s_client", "-quiet", "-verify_return_error", "-CAfile"])
            .arg(keys.join("anchor.crt.pem"))
            .args(["-connect", &world.address.to_string()])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let request = b"GET /feed.atom HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        reader.stdin.as_mut().unwrap().write_all(request).unwrap();
        let ended = reader.wait_with_output().unwrap();
        String::from_utf8(ended.stdout).unwrap()
    });
    let answer = asked.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("A-1.1"), "{answer}");
}
