//! What a person or a program asks wrongly is refused with one clear message and a proper status, and changes nothing.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use engine::command::{Command, Wording};
use opsim::Faults;
use policy::Channel;
use tests::daemon::{APPROVER, AUTHOR, Config, Daemon, refusal, wording};
use tests::networks::Network;

const TEXT: &str = "NESTALO DETE: Marko, 7 godina. Pozovite 192.";

/// A daemon with a small network, and a submitted alert.
struct House {
    daemon: Daemon,
    _network: Network,
}

impl House {
    fn new() -> Self {
        let network = Network::start(1000, &Faults::default(), "");
        let daemon = Daemon::start(Config::new(&network.cells, &[(&network.operator, &network.peers)]));
        daemon.submitted(wording(TEXT, "Novi Sad"));
        Self { daemon, _network: network }
    }

    /// All that a refused call must leave as it is.
    fn state(&self) -> (Vec<engine::view::AlertView>, u64) {
        let alerts = self.daemon.asks(AUTHOR, async |client| client.alerts(None).await).unwrap();
        let status = self.daemon.asks(AUTHOR, async |client| client.status().await).unwrap();
        (alerts, serde_json::to_value(status.journal).unwrap()["seq"].as_u64().unwrap())
    }

    /// The officer's command is refused with this status and these words, and nothing changes.
    fn refuses(&self, officer: &str, command: &Command, status: u16, words: &[&str]) {
        let before = self.state();
        let (found, detail) = refusal(self.daemon.tries(officer, command));
        assert_eq!(found, status, "{detail}");
        assert!(!detail.is_empty() && !detail.trim_end().contains('\n'), "one line: {detail:?}");
        words.iter().for_each(|word| assert!(detail.contains(word), "{word:?} in {detail:?}"));
        assert_eq!(self.state(), before);
    }

    fn refuses_draft(&self, wording: Wording, words: &[&str]) {
        let draft = Command::Draft { channel: Channel::Live, class: "missing-child".into(), wording };
        self.refuses(AUTHOR, &draft, 422, words);
    }

    /// Octets to the socket, as a careless program sends them; the answer.
    fn answer(&self, request: &str) -> String {
        let mut socket = UnixStream::connect(self.daemon.config.path("admin.sock")).unwrap();
        // The daemon may answer and hang up before it has read a request that is too large.
        let _ = socket.write_all(request.as_bytes());
        let mut answer = Vec::new();
        let _ = socket.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

fn post(body: &str) -> String {
    format!(
        "POST /v1/alerts HTTP/1.1\r\nHost: amberd\r\nConnection: close\r\namberd-asserted-officer: {AUTHOR}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn wrong_content_is_refused() {
    let house = House::new();
    // The nearest names are suggested.
    house.refuses_draft(wording(TEXT, "Novi Sadd"), &["Novi Sadd", "Novi Sad ("]);
    house.refuses_draft(wording(&"dugačak ".repeat(200), "Novi Sad"), &["15", "pages"]);
    house.refuses_draft(wording("NESTALO DETE \u{1F622}", "Novi Sad"), &["\u{1F622}"]);
}

#[test]
fn wrong_people_and_wrong_moments_are_refused() {
    let house = House::new();
    let alert = house.state().0[0].id;
    let approve = Command::Approve { alert, version: None };
    house.refuses(AUTHOR, &approve, 403, &[AUTHOR, &alert.to_string()]);
    house.refuses("petar", &approve, 403, &["approver"]);
    house.refuses(AUTHOR, &Command::Submit { alert }, 409, &[&alert.to_string(), "submitted"]);
    house.refuses(APPROVER, &Command::Approve { alert, version: Some(7) }, 409, &["7"]);
    let missing = engine::AlertId(999);
    house.refuses(APPROVER, &Command::Approve { alert: missing, version: None }, 404, &["A-999"]);
}

#[test]
fn malformed_and_oversized_requests_are_refused() {
    let house = House::new();
    let before = house.state();
    for (request, status, words) in [
        (post("{\"channel\": live}"), "400", "line 1"),
        (post("{\"channel\": \"live\", \"colour\": 1}"), "4", "colour"),
        (post(&format!("{{\"channel\": \"{}\"}}", "x".repeat(2 << 20))), "413", ""),
        ("HALLO\r\n\r\n".into(), "400", ""),
        ("DELETE /v1/alerts HTTP/1.1\r\nHost: amberd\r\nConnection: close\r\n\r\n".into(), "405", ""),
        ("GET /v2/alerts HTTP/1.1\r\nHost: amberd\r\nConnection: close\r\n\r\n".into(), "404", ""),
    ] {
        let answer = house.answer(&request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{answer}");
        assert!(answer.contains(words), "{words:?} in {answer}");
    }
    assert_eq!(house.state(), before);
}
