//! CAP in and out of the real daemon, with libxml2 and xmlsec1 as second opinions.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use admin::ImportWith;
use cap::signature::{SigningKey, Trust, sign, verify};
use cap::{Document, Level, Limits, MessageType};
use engine::State;
use engine::command::{self, Change, Wording};
use engine::view::AlertView;
use opsim::Faults;
use policy::{Case, Fact, Picture};
use tests::daemon::{APPROVER, AUTHOR, Config, Daemon, refusal, wording};
use tests::need;
use tests::networks::Network;
use tests::patience::until;
use tests::process::{amberctl, run};

const TEXT: &str = "NESTALO DETE: Marko, 7 godina. Pozovite 192.";
const SENDER: &str = "floods@rhmz.example";
/// 2030-01-01: within the validity of the test certificates.
const NOW_UNIX_S: i64 = 1_893_456_000;

fn keys() -> PathBuf {
    need::workspace().join("fixtures/cap/keys")
}

/// A daemon that signs with the ECDSA key, and asks one sender for a signature.
fn daemon() -> (Daemon, Network) {
    daemon_with("")
}

/// The same with more in its configuration.
fn daemon_with(more: &str) -> (Daemon, Network) {
    let network = Network::start(1000, &Faults::default(), "");
    let config = Config::new(&network.cells, &[(&network.operator, &network.peers)]);
    let main = std::fs::read_to_string(config.path("amberd.toml")).unwrap();
    let keys = keys().display().to_string();
    config.write(
        "amberd.toml",
        &format!(
            "{main}\n[cap]\nsender = \"alerts@mup.example\"\nkey = \"{keys}/ecdsa.key.pem\"\n\
             certificate = \"{keys}/ecdsa.crt.pem\"\n[[cap.senders]]\nname = \"{SENDER}\"\n\
             signature = \"required\"\ntrust = [\"{keys}/anchor.crt.pem\"]\n{more}"
        ),
    );
    (Daemon::start(config), network)
}

/// A message of the trusted sender, not signed yet.
fn message(identifier: &str, message_type: MessageType, references: &[&str]) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
    let fixture = std::fs::read_to_string(need::workspace().join("fixtures/cap/missing-child.xml")).unwrap();
    let fixture = fixture.replace("pronadji-me", "missing-child");
    let document = Document::decode(fixture.as_bytes(), Limits::DEFAULT).unwrap();
    let mut alert = document.alert().unwrap();
    alert.identifier = identifier.into();
    alert.sender = SENDER.into();
    alert.msg_type = message_type;
    alert.sent = SENT.parse().unwrap();
    let references: Vec<String> =
        references.iter().map(|reference| format!("{SENDER},{reference},{SENT}")).collect();
    alert.references = (!references.is_empty()).then(|| references.join(" ").into());
    for info in &mut alert.infos {
        info.expires = Some(cap::DateTime::new(now + 7200, 60).unwrap());
    }
    if message_type == MessageType::Cancel {
        alert.infos.clear();
    }
    cap::write(&alert, Level::Profile).unwrap()
}

const SENT: &str = "2026-11-24T18:45:15+01:00";

fn signed(message: &str) -> Vec<u8> {
    let read = |name: &str| std::fs::read_to_string(keys().join(name)).unwrap();
    let key = SigningKey::from_pem(&read("rsa.key.pem")).unwrap();
    sign(message, &key, &read("rsa.crt.pem")).unwrap().into_bytes()
}

fn import(daemon: &Daemon, officer: &str, message: &[u8]) -> Result<AlertView, admin::Error> {
    let facts = [Fact::ImminentDanger, Fact::SufficientInformation].into();
    let case = Some(Case { age_years: Some(7), facts, ..Case::default() });
    let with = ImportWith { class: None, case };
    daemon.asks(officer, async |client| client.import(message.to_vec(), &with).await)
}

fn export(daemon: &Daemon, alert: &str, which: &[&str]) -> String {
    let mut command = amberctl();
    command
        .arg("--socket")
        .arg(daemon.config.path("admin.sock"))
        .args(["--as", AUTHOR, "cap", "export", alert]);
    let ended = run(command.args(which));
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    ended.out
}

/// What libxml2 says of a message, and xmlsec1 of its signature; none where a program or the XSD is missing.
fn second_opinions(folder: &Path, message: &[u8]) -> Option<[bool; 2]> {
    let xsd = need::shared_data()?.join("cap/CAP-v1.2.xsd");
    if !(need::program("xmllint") && need::program("xmlsec1")) {
        return None;
    }
    let file = folder.join("message.xml");
    std::fs::write(&file, message).unwrap();
    let valid = run(Command::new("xmllint").args(["--noout", "--nonet", "--schema"]).arg(xsd).arg(&file));
    let intact = run(Command::new("xmlsec1")
        .args(["--verify", "--enabled-key-data", "x509", "--trusted-pem"])
        .arg(keys().join("anchor.crt.pem"))
        .arg(&file));
    Some([valid.code == Some(0), intact.code == Some(0)])
}

fn verifies(message: &[u8]) -> bool {
    let mut trust = Trust::default();
    trust.add_pem(&std::fs::read_to_string(keys().join("anchor.crt.pem")).unwrap()).unwrap();
    let document = Document::decode(message, Limits::DEFAULT);
    document.is_ok_and(|document| verify(&document, &trust, NOW_UNIX_S).is_ok())
}

#[test]
fn each_version_and_the_cancel_go_out_as_signed_cap_that_others_accept() {
    let (daemon, _network) = daemon();
    let alert = daemon.submitted(wording(TEXT, "Novi Sad"));
    let none = daemon.asks(AUTHOR, async |client| client.cap(alert, None).await);
    assert_eq!(refusal(none).0, 404, "a draft is no message");
    daemon.approve(alert);
    let texts = Some(wording(&format!("{TEXT} Plava jakna."), "Novi Sad").texts);
    daemon.does(AUTHOR, &command::Command::Update { alert, change: Change { texts, ..Change::default() } });
    daemon.approve(alert);
    daemon.wait_confirmed(alert);
    let first = export(&daemon, "A-1", &["--message", "1"]);
    daemon.cancel(alert);
    assert_eq!(export(&daemon, "A-1", &["--message", "1"]), first, "the same octets each time");
    let second = export(&daemon, "A-1", &["--message", "2"]);
    let cancel = export(&daemon, "A-1", &[]);

    let mut earlier: Vec<String> = Vec::new();
    for (message, what) in [(&first, "Alert"), (&second, "Update"), (&cancel, "Cancel")] {
        assert!(message.contains(&format!("<msgType>{what}</msgType>")), "{message}");
        assert!(cap::check(message.as_bytes(), Level::Profile).acceptable && verifies(message.as_bytes()));
        let document = Document::decode(message.as_bytes(), Limits::DEFAULT).unwrap();
        let read = document.alert().unwrap();
        assert_eq!(read.references.as_deref().unwrap_or_default(), earlier.join(" "), "{what}");
        earlier.push(format!("{},{},{}", read.sender, read.identifier, read.sent));
        let folder = daemon.config.path("");
        let mut flipped = message.clone().into_bytes();
        let at = message.find("<identifier>").unwrap() + "<identifier>".len();
        flipped[at] ^= 1;
        assert!(!verifies(&flipped), "one flipped octet");
        if let Some(opinions) = second_opinions(&folder, message.as_bytes()) {
            assert_eq!(opinions, [true, true], "{message}");
            assert_eq!(second_opinions(&folder, &flipped), Some([true, false]));
        }
    }
    assert!(!cancel.contains("Marko"), "a cancel holds nothing personal");

    // What went out comes back in as the same draft, and an update of others finds it.
    let view = import(&daemon, AUTHOR, first.as_bytes()).unwrap();
    let (imported, original) = (view.version.unwrap(), daemon.alert(alert));
    assert_eq!((view.state, view.channel, view.class), (State::Draft, original.channel, original.class));
    assert_eq!(imported.texts, wording(TEXT, "Novi Sad").texts);
    assert_eq!(
        (imported.target.areas, imported.cells),
        (vec!["80284".to_owned()], original.version.unwrap().cells)
    );
    assert_eq!(imported.origin.unwrap().signed_by.as_deref().map(|name| name.contains("CN=")), Some(true));
}

#[test]
fn messages_of_others_come_in_once_signed_and_by_two_people() {
    let (daemon, _network) = daemon();
    let plain = message("r1", MessageType::Alert, &[]);
    let (status, why) = refusal(import(&daemon, AUTHOR, plain.as_bytes()));
    assert!(status == 403 && why.contains("expected a signature, found none"), "{status} {why}");
    let good = signed(&plain);
    let tampered = String::from_utf8(good.clone()).unwrap().replace("6 година", "9 година");
    let (status, why) = refusal(import(&daemon, AUTHOR, tampered.as_bytes()));
    assert!(status == 403 && why.contains("digest"), "{status} {why}");
    let (status, why) = refusal(import(&daemon, AUTHOR, b"<alert"));
    assert!(status == 422, "{status} {why}");

    // The same message, many times at once: one alert.
    let all: Vec<AlertView> = std::thread::scope(|scope| {
        let socket = daemon.config.path("admin.sock");
        let calls: Vec<_> = (0..8)
            .map(|_| {
                let (socket, message) = (socket.clone(), good.clone());
                scope.spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    runtime.block_on(async {
                        let client = admin::Client::connect(socket).await.unwrap().asserting(AUTHOR);
                        client.import(message, &ImportWith::default()).await.unwrap()
                    })
                })
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    let alert = all[0].id;
    assert!(all.iter().all(|view| view.id == alert));
    assert_eq!(daemon.asks(AUTHOR, async |client| client.alerts(None).await).unwrap().len(), 1);
    assert_eq!((all[0].channel, all[0].state), (policy::Channel::Exercise, State::Draft));

    daemon.does(AUTHOR, &command::Command::Submit { alert });
    assert_eq!(refusal(daemon.tries(AUTHOR, &command::Command::Approve { alert, version: None })).0, 403);
    daemon.approve(alert);
    daemon.wait_confirmed(alert);

    let (status, why) =
        refusal(import(&daemon, AUTHOR, &signed(&message("r2", MessageType::Update, &["r0"]))));
    assert!(status == 404 && why.contains("r0"), "{status} {why}");
    let view = import(&daemon, AUTHOR, &signed(&message("r2", MessageType::Update, &["r1"]))).unwrap();
    assert_eq!((view.id, view.waiting.map(|version| version.number)), (alert, Some(2)));
    let other = import(&daemon, AUTHOR, &signed(&message("o1", MessageType::Alert, &[]))).unwrap().id;
    let both = signed(&message("r3", MessageType::Cancel, &["r1", "o1"]));
    let (status, why) = refusal(import(&daemon, AUTHOR, &both));
    assert!(status == 409 && why.contains(&format!("{alert}, {other}")), "{status} {why}");
    let file = daemon.config.path("cancel.xml");
    std::fs::write(&file, signed(&message("r3", MessageType::Cancel, &["r1"]))).unwrap();
    let mut command = amberctl();
    command.arg("--socket").arg(daemon.config.path("admin.sock")).args(["--as", APPROVER, "cap", "import"]);
    let ended = run(command.arg(file));
    assert!(ended.code == Some(0) && ended.out.starts_with(&alert.to_string()), "{}{}", ended.out, ended.err);
    daemon.wait_off(alert);
}

/// An answer of the public feed: its status and its whole text.
fn read_feed(address: SocketAddr, path: &str) -> (u16, String) {
    let (status, octets) = octets_in_feed(address, path);
    (status, String::from_utf8(octets).unwrap())
}

fn octets_in_feed(address: SocketAddr, path: &str) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let mut octets = Vec::new();
    stream.read_to_end(&mut octets).unwrap();
    (std::str::from_utf8(&octets[9..12]).unwrap().parse().unwrap(), octets)
}

fn feed_at(address: SocketAddr) -> String {
    format!(
        "[feed]\nlisten = \"{address}\"\npublic_url = \"https://alerts.example\"\nbehind_proxy = true\n\
         requests_per_minute = 0\n"
    )
}

#[test]
fn a_picture_is_in_the_message_where_no_feed_shows_it_and_comes_back_with_it() {
    let (daemon, _network) = daemon();
    let file = daemon.config.path("child.png");
    std::fs::write(&file, Picture::blank(5000).octets()).unwrap();
    let does = |officer: &str, line: &[&str]| {
        let mut command = amberctl();
        command.arg("--socket").arg(daemon.config.path("admin.sock")).args(["--as", officer]).args(line);
        let ended = run(&mut command);
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        ended.out
    };
    let (text, file) = (format!("sr-Latn={TEXT}"), file.to_str().unwrap());
    let draft = ["alert", "draft", "--channel", "live", "--class", "missing-child", "--area", "Novi Sad"];
    let case = ["--age", "7", "--fact", "imminent_danger", "--fact", "sufficient_information"];
    let with = ["--text", &text, "--text", "en=Missing: Marko, 7. Call 192.", "--picture", file];
    assert_eq!(does(AUTHOR, &[&draft[..], &case, &with].concat()).trim(), "A-1");
    does(AUTHOR, &["alert", "submit", "A-1"]);
    assert!(does(APPROVER, &["alert", "show", "A-1"]).contains("picture: image/png, 1 x 1, 5000 bytes"));
    let seen = daemon.config.path("seen.png");
    does(APPROVER, &["alert", "picture", "A-1", "--out", seen.to_str().unwrap()]);
    assert_eq!(std::fs::read(&seen).unwrap(), **Picture::blank(5000).octets(), "what is to be approved");
    does(APPROVER, &["alert", "approve", "A-1", "--confirm", "live"]);

    let message = export(&daemon, "A-1", &[]);
    assert_eq!(message.matches("<derefUri>").count(), 1, "once, whatever the number of languages");
    if let Some(opinions) = second_opinions(&daemon.config.path(""), message.as_bytes()) {
        assert_eq!(opinions, [true, true], "{message}");
    }
    let view = import(&daemon, AUTHOR, message.as_bytes()).unwrap();
    let original = daemon.alert("A-1".parse().unwrap()).version.unwrap();
    let imported = view.version.unwrap();
    assert_eq!((imported.picture, imported.texts), (original.picture, original.texts));
}

#[test]
fn the_feed_shows_the_present_picture_alone_and_none_after_the_stop() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let (mut daemon, _network) = daemon_with(&feed_at(address));
    let picture = Picture::blank(6000);
    let alert = daemon.submitted(Wording { picture: Some(picture.clone()), ..wording(TEXT, "Novi Sad") });
    daemon.approve(alert);
    let shown = |path: &str| octets_in_feed(address, path);
    until("the picture in the feed", 5, || (shown("/picture/A-1.1").0 == 200).then_some(()));
    let file = picture.octets().to_vec();
    assert!(shown("/picture/A-1.1").1.ends_with(&file));
    let message = export(&daemon, "A-1", &[]);
    assert!(message.contains("<uri>https://alerts.example/picture/A-1.1</uri>"), "{message}");
    assert!(!message.contains("derefUri"));
    if let Some(opinions) = second_opinions(&daemon.config.path(""), message.as_bytes()) {
        assert_eq!(opinions, [true, true], "{message}");
    }
    daemon.process.kill();
    daemon.start_again(|_| ());
    until("the picture after a restart", 10, || (shown("/picture/A-1.1").0 == 200).then_some(()));
    assert_eq!(export(&daemon, "A-1", &[]), message, "the same octets for the same version");

    // Another picture alone is news for media, not for phones.
    daemon.wait_confirmed(alert);
    let names =
        |view: &AlertView| view.messages.iter().map(|message| message.names.clone()).collect::<Vec<_>>();
    let before = names(&daemon.alert(alert));
    let change = Change { picture: Some(Some(Picture::blank(6001))), ..Change::default() };
    daemon.does(AUTHOR, &command::Command::Update { alert, change });
    daemon.approve(alert);
    until("the other picture", 5, || (shown("/picture/A-1.2").0 == 200).then_some(()));
    assert_eq!(shown("/picture/A-1.1").0, 404, "it was taken back");
    assert_eq!(names(&daemon.alert(alert)), before);

    daemon.cancel(alert);
    let cancelled = Instant::now();
    until("the end of the picture", 5, || (shown("/picture/A-1.2").0 == 410).then_some(()));
    assert!(cancelled.elapsed() < Duration::from_secs(1), "{:?}", cancelled.elapsed());
}

#[test]
fn the_public_reads_what_is_on_and_a_stop_within_a_second() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let (daemon, _network) = daemon_with(&feed_at(address));
    let alert = daemon.submitted(wording(TEXT, "Novi Sad"));
    let pages = ["/feed.atom", "/areas.geojson", "/schedule.ics", "/due.json"];
    let shown = |words: &str| pages.map(|page| read_feed(address, page).1.contains(words));
    assert_eq!(shown("Nestanak deteta"), [false; 4], "nobody has approved it");
    daemon.approve(alert);
    until("the alert in the feed", 5, || (shown("Nestanak deteta") == [true; 4]).then_some(()));
    let texts = Some(wording(&format!("{TEXT} Plava jakna."), "Novi Sad").texts);
    daemon.does(AUTHOR, &command::Command::Update { alert, change: Change { texts, ..Change::default() } });
    daemon.approve(alert);
    let view = daemon.wait_confirmed(alert);
    until("the update in the feed", 5, || read_feed(address, "/due.json").1.contains("jakna").then_some(()));
    for version in ["1", "2"] {
        let exported = export(&daemon, "A-1", &["--message", version]);
        let (status, published) = read_feed(address, &format!("/cap/A-1.{version}.xml"));
        assert!(status == 200 && published.ends_with(&exported), "{published}");
    }
    let names =
        |view: &AlertView| view.messages.iter().map(|message| message.names.clone()).collect::<Vec<_>>();
    assert_eq!(names(&daemon.alert(alert)), names(&view), "publishing asks nothing of phones");

    daemon.cancel(alert);
    let cancelled = Instant::now();
    until("the stop in the feed", 5, || {
        read_feed(address, "/due.json").1.contains("A-1.cancel").then_some(())
    });
    assert!(cancelled.elapsed() < Duration::from_secs(1), "{:?}", cancelled.elapsed());
    daemon.wait(alert, "closed", |view| view.state == State::Closed);
    for personal in ["Marko", "jakna", "Nestanak"] {
        assert_eq!(shown(personal), [false; 4], "{personal}");
    }
    assert_eq!(["1", "2"].map(|version| read_feed(address, &format!("/cap/A-1.{version}.xml")).0), [410; 2]);
    let (status, cancel) = read_feed(address, "/cap/A-1.cancel.xml");
    assert!(status == 200 && cancel.ends_with(&export(&daemon, "A-1", &["--message", "cancel"])));
}
