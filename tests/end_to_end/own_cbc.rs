//! An operator who runs a cell broadcast centre of his own: the real daemon, CAP over HTTPS with certificates on both sides, and a
//! CBC with two endpoints.

use std::path::Path;

use area::{CellRuns, ControllerId, Inventory, Rat};
use engine::State;
use engine::command::{Change, Command};
use opsim::{
    Counters, ElementKind, ElementPlan, Faults, Habits, Report, Reports, Role, TlsPlan, TransportPlan,
};
use policy::LanguageText;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;
use tests::daemon::{APPROVER, AUTHOR, Config, Daemon, wording};
use tests::need::workspace;
use tests::networks::Network;
use tests::patience::until;

const AREA: &str = "Južnobački okrug";
const TEXT: &str = "NESTALO DETE: Marko, 7 godina. Pozovite 192.";

/// The certificates of both sides, as files.
struct Keys(TempDir);

impl Keys {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (authority, name) in [("operator", "cbc.example"), ("ours", "amberd.example")] {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.distinguished_name.push(DnType::CommonName, authority);
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
            let certificate = params.signed_by(&key, &issuer).unwrap();
            let write = |file: &str, text: String| {
                std::fs::write(folder.path().join(format!("{authority}.{file}.pem")), text).unwrap();
            };
            write("authority", issuer.pem());
            write("certificate", certificate.pem());
            write("key", key.serialize_pem());
        }
        Self(folder)
    }

    fn path(&self, file: &str) -> std::path::PathBuf {
        self.0.path().join(format!("{file}.pem"))
    }
}

/// The 2G cells of the first operator behind a CBC with two endpoints; the faults are the primary's.
fn network(keys: &Keys, reports: Reports, faults: &Faults) -> Network {
    let endpoint = |name: &str, controller: &str, faults: &Faults| ElementPlan {
        name: name.into(),
        kind: ElementKind::Cbc,
        controller: controller.into(),
        role: Role::Listen,
        transport: TransportPlan::Http,
        address: ([127, 0, 0, 1], 0).into(),
        sctp_port: 0,
        tls: Some(TlsPlan {
            authorities: keys.path("ours.authority"),
            certificate: keys.path("operator.certificate"),
            key: keys.path("operator.key"),
        }),
        habits: Habits { reports, ..Habits::default() },
        faults: faults.clone(),
    };
    let inventory = area::generate(CELLS, 220, &area::Atlas::serbia().unwrap()).unwrap();
    let controllers: Vec<String> = gsm(&inventory).map(|(_, controller)| controller.name.clone()).collect();
    let elements = |_: &Inventory| {
        vec![
            endpoint("primary", &controllers[0], faults),
            endpoint("secondary", &controllers[0], &Faults::default()),
        ]
    };
    let file = |file: &str| keys.path(file).display().to_string();
    let (authorities, certificate, key) =
        (file("operator.authority"), file("ours.certificate"), file("ours.key"));
    Network::of(CELLS, elements, |element, address| {
        format!(
            "[[peer]]\nname = \"{}\"\nprotocol = \"cap\"\ntransport = \"https\"\naddresses = [\"{address}\"]\n\
             host = \"cbc.example\"\npath = \"/cap\"\nauthorities = \"{authorities}\"\n\
             certificate = \"{certificate}\"\nkey = \"{key}\"\nreports = {}\nanswer_timeout_ms = 1500\n\
             keep_alive_ms = 1000\ncontrollers = {controllers:?}\n",
            element.name,
            reports != Reports::None,
        )
    })
}

const CELLS: u32 = 2_000;

fn gsm(inventory: &Inventory) -> impl Iterator<Item = (ControllerId, &area::Controller)> {
    let own = inventory.controllers().iter().zip(0..).filter(|(controller, _)| {
        controller.rat == Rat::Gsm && inventory.operator(controller.operator) == &inventory.operators()[0]
    });
    own.map(|(controller, number)| (ControllerId(number), controller))
}

fn daemon(network: &Network) -> Daemon {
    let config = Config::new(&network.cells, &[(&network.operator, &network.peers)]);
    let main = std::fs::read_to_string(config.path("amberd.toml")).unwrap();
    let keys = workspace().join("fixtures/cap/keys");
    let key = |name: &str| Path::display(&keys.join(name)).to_string();
    let cap = format!(
        "[cap]\nsender = \"alerts@mup.example\"\nkey = \"{}\"\ncertificate = \"{}\"\n",
        key("ecdsa.key.pem"),
        key("ecdsa.crt.pem")
    );
    config.write("amberd.toml", &format!("{main}\n{cap}"));
    Daemon::start(config)
}

/// The cells of the area, as the daemon has targeted them.
fn target(network: &Network) -> CellRuns {
    let inventory = &network.inventory;
    let target = wording(TEXT, AREA).target.resolve(&area::Atlas::serbia().unwrap(), inventory).unwrap();
    let all = area::Coverage::new(inventory).cells_in(&target, area::Mode::default());
    gsm(inventory)
        .fold(CellRuns::new(), |sum, (_, controller)| sum.union(&all.within(controller.cells.clone())))
}

fn counters(report: &Report, name: &str) -> Counters {
    report.elements.iter().find(|element| element.name == name).unwrap().counters
}

/// So many different messages were heard, each phone in the area heard each that it shows once, and none elsewhere did.
fn assert_phones(report: &Report, messages: usize) {
    assert_eq!(report.messages.len(), messages);
    let phones = &report.phones;
    assert!(phones.in_area > 10, "{phones:?}");
    assert_eq!((phones.rang_once, phones.out_of_area_rang), (phones.in_area, 0), "{phones:?}");
}

#[test]
fn an_alert_its_update_and_its_cancel_go_through_the_cbc_and_each_is_posted_once() {
    let keys = Keys::new();
    let mut network = network(&keys, Reports::Named, &Faults::default());
    let daemon = daemon(&network);
    let cells = target(&network);
    let alert = daemon.submitted(wording(TEXT, AREA));
    daemon.approve(alert);
    let view = daemon.wait_confirmed(alert);
    assert_eq!(view.cells.targeted, cells.len(), "the CBC finds the cells that the daemon counts");
    assert_phones(&network.report(cells.clone()), 1);

    let text = LanguageText { language: "sr-Latn".into(), text: format!("{TEXT} Beli auto.") };
    let change = Change { texts: Some(vec![text]), ..Change::default() };
    daemon.does(AUTHOR, &Command::Update { alert, change });
    daemon.approve(alert);
    daemon.wait_confirmed(alert);
    let report = network.report(cells.clone());
    assert_phones(&report, 2);

    daemon.cancel(alert);
    daemon.wait_off(alert);
    let report = network.report(cells);
    let on: u32 = report.messages.iter().map(|message| message.cells_on_air).sum();
    assert_eq!(on, 0);
    let primary = counters(&report, "primary");
    assert_eq!((primary.writes, primary.stops), (2, 1), "each version once, for all controllers");
    assert_eq!(counters(&report, "secondary").writes, 0);
}

#[test]
fn a_primary_that_does_not_answer_is_stood_in_for_and_no_phone_rings_twice() {
    let keys = Keys::new();
    let mut network = network(&keys, Reports::All, &Faults::default());
    let daemon = daemon(&network);
    let silent = opsim::Command::Silent { element: "primary".into(), for_ms: 20_000, deaf: false };
    network.command(&silent);
    let cells = target(&network);
    let alert = daemon.submitted(wording(TEXT, AREA));
    daemon.approve(alert);
    daemon.wait_confirmed(alert);
    let report = network.report(cells.clone());
    assert_phones(&report, 1);
    assert!(counters(&report, "secondary").writes >= 1, "{report:?}");
    daemon.cancel(alert);
    until("nothing on the air", 20, || {
        let report = network.report(cells.clone());
        report.messages.iter().all(|message| message.cells_on_air == 0).then_some(())
    });
}

#[test]
fn without_delivery_reports_cells_are_accepted_and_never_confirmed() {
    let keys = Keys::new();
    let network = network(&keys, Reports::None, &Faults::default());
    let daemon = daemon(&network);
    let alert = daemon.submitted(wording(TEXT, AREA));
    daemon.approve(alert);
    let view = daemon.wait(alert, "every cell accepted", |view| {
        view.cells.targeted > 0 && view.cells.accepted == view.cells.targeted
    });
    assert_eq!(view.cells.confirmed, 0);
    daemon.cancel(alert);
    let view = daemon.wait(alert, "closed", |view| view.state == State::Closed);
    assert_eq!(view.off.confirmed, 0, "off, too, is the CBC's word alone");
}

#[test]
fn a_cancel_overtakes_an_alert_that_is_not_acknowledged() {
    let keys = Keys::new();
    // Every answer takes a second; what is asked is done at once.
    let mut network = network(&keys, Reports::Named, &Faults { delay_ms: 1_000, ..Faults::default() });
    let daemon = daemon(&network);
    let cells = target(&network);
    let alert = daemon.submitted(wording(TEXT, AREA));
    daemon.approve(alert);
    daemon.does(APPROVER, &Command::Cancel { alert, reason: "found safe".into() });
    until("the cancel at the CBC", 20, || {
        (counters(&network.report(cells.clone()), "primary").stops > 0).then_some(())
    });
    daemon.wait_off(alert);
    let report = network.report(cells);
    let on: u32 = report.messages.iter().map(|message| message.cells_on_air).sum();
    assert_eq!(on, 0);
}

#[test]
fn a_cbc_that_does_not_know_our_certificate_gets_nothing() {
    let (keys, strangers) = (Keys::new(), Keys::new());
    let network = network(&keys, Reports::Named, &Faults::default());
    let ours = |keys: &Keys, file: &str| keys.path(file).display().to_string();
    let mut peers = network.peers.clone();
    for file in ["ours.certificate", "ours.key"] {
        peers = peers.replace(&ours(&keys, file), &ours(&strangers, file));
    }
    let config = Config::new(&network.cells, &[(&network.operator, &peers)]);
    let main = std::fs::read_to_string(config.path("amberd.toml")).unwrap();
    let cap = format!(
        "[cap]\nsender = \"alerts@mup.example\"\nkey = \"{0}/ecdsa.key.pem\"\ncertificate = \"{0}/ecdsa.crt.pem\"\n",
        workspace().join("fixtures/cap/keys").display()
    );
    config.write("amberd.toml", &format!("{main}\n{cap}"));
    let mut process = tests::process::amberd();
    process.args(["demo-daemon", "--config"]).arg(config.path("amberd.toml"));
    let _running = tests::process::Running::start(&mut process, &config.path("daemon.log"));
    until("the refusal in the log", 20, || config.log().contains("cannot connect").then_some(()));
    assert!(!config.log().contains("link up"), "{}", config.log());
}
