//! A real BSC: osmo-bsc of Debian, the daemon's peer in CBSP. What it broadcasts it tells itself, on its own console.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use engine::AlertId;
use engine::command::{self, Change};
use engine::view::AlertView;
use policy::LanguageText;
use tempfile::TempDir;
use tests::daemon::{AUTHOR, Config, Daemon, wording};
use tests::patience::until;
use tests::process::Running;
use tests::{need, vectors};

const TEXT: &str = "NESTALO DETE: Marko, 7 godina, plava jakna. Pozovite 192.";

/// One cell, in Novi Sad.
const CELLS: &str = "\
operator,mcc,mnc,rat,lac_or_tac,cell_id,enb_or_gnb_id,lat,lon,azimuth_deg,beamwidth_deg,radius_m,controller
osmo,001,01,gsm,23,6969,,45.2517,19.8369,0,360,2000,bsc
";

/// A BSC with one cell. Everything that it opens is on a loopback address of its own.
struct Bsc {
    process: Running,
    address: String,
    folder: TempDir,
}

/// A message as the BSC says it broadcasts it.
#[derive(Debug, PartialEq)]
struct OnAir {
    message_id: u64,
    serial: u64,
    pages: usize,
    period_slots: u32,
    dcs: u64,
}

impl Bsc {
    fn start(number: u8, cbc: &str) -> Self {
        // Two runs of these tests at once get different addresses.
        let address =
            format!("127.{}.{}.{number}", 1 + std::process::id() % 250, std::process::id() / 250 % 250);
        let folder = tempfile::tempdir().unwrap();
        let config = CONFIG.replace("ADDRESS", &address) + &cbc.replace("ADDRESS", &address);
        std::fs::write(folder.path().join("bsc.cfg"), config).unwrap();
        Self { process: launch(folder.path()), address, folder }
    }

    /// Dies without a word, and comes back without memory.
    fn restart(&mut self) {
        self.process.kill();
        self.process = launch(self.folder.path());
    }

    /// What it broadcasts.
    fn on_air(&self) -> Vec<OnAir> {
        let told = self.console("show bts 0 smscb basic");
        let rows = told.lines().filter_map(|line| {
            let columns: Vec<&str> = line.split('|').map(str::trim).collect();
            let [id, serial, pages, _category, period, _sent, _asked, dcs] = columns[..] else { return None };
            Some(OnAir {
                message_id: u64::from_str_radix(id, 16).ok()?,
                serial: u64::from_str_radix(serial, 16).ok()?,
                pages: pages.parse().ok()?,
                period_slots: period.parse().ok()?,
                dcs: u64::from_str_radix(dcs, 16).ok()?,
            })
        });
        rows.collect()
    }

    fn console(&self, question: &str) -> String {
        let address: SocketAddr = format!("{}:4242", self.address).parse().unwrap();
        let mut console = until("osmo-bsc's console", 10, || TcpStream::connect(address).ok());
        console.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        write!(console, "{question}\r\n").unwrap();
        // One prompt before the question, one after the answer. It drops what it has not sent yet when it is told to
        // exit, so it is not.
        let (mut told, mut chunk) = (Vec::new(), [0; 4096]);
        while String::from_utf8_lossy(&told).matches("OsmoBSC> ").count() < 2 {
            let read = console.read(&mut chunk).unwrap();
            assert_ne!(read, 0, "osmo-bsc's console closed");
            told.extend_from_slice(&chunk[..read]);
        }
        String::from_utf8_lossy(&told).into_owned()
    }
}

fn launch(folder: &Path) -> Running {
    let mut command = Command::new("osmo-bsc");
    Running::start(command.args(["-c", "bsc.cfg"]).current_dir(folder), &folder.join("bsc.log"))
}

/// The BSC that we dial, and a daemon that has it as its only peer.
fn dialled(number: u8) -> Option<(Bsc, Daemon)> {
    dialled_by(number, "")
}

/// The same, with these lines in the operator's file.
fn dialled_by(number: u8, operator: &str) -> Option<(Bsc, Daemon)> {
    if !need::program("osmo-bsc") {
        return None;
    }
    let bsc = Bsc::start(number, "cbc\n mode server\n server\n  local-ip ADDRESS\n  local-port 48050\n");
    let peer = format!("{operator}[[peer]]\naddresses = [\"{}:48050\"]\n{PEER}", bsc.address);
    let daemon = Daemon::start(Config::new(CELLS, &[("osmo", &peer)]));
    Some((bsc, daemon))
}

/// What the daemon says is on the air, in the words of the BSC.
fn claimed(view: &AlertView) -> Vec<OnAir> {
    let planned = &view.version.as_ref().unwrap().planned;
    let messages = view.messages.iter().map(|message| {
        let planned = planned.iter().find(|planned| planned.role == message.role).unwrap();
        OnAir {
            message_id: serde_json::to_value(message.names[0].message_id).unwrap().as_u64().unwrap(),
            serial: vectors::serial(&serde_json::to_value(message.names[0].serial).unwrap()),
            pages: planned.pages,
            // 60 s in slots of 1.883 s.
            period_slots: 32,
            dcs: u64::from(planned.dcs.octet()),
        }
    });
    messages.collect()
}

#[test]
fn a_real_bsc_broadcasts_what_we_say_it_does() {
    let Some((bsc, daemon)) = dialled(1) else { return };
    let alert = daemon.submitted(wording(TEXT, "Novi Sad"));
    assert_eq!(bsc.on_air(), [], "nothing is on the air before a second person approves");
    daemon.approve(alert);
    let written = daemon.wait_confirmed(alert);
    assert_eq!(bsc.on_air(), claimed(&written));

    let text = LanguageText {
        language: "sr-Latn".into(),
        text: format!("{TEXT} Beli auto, registracija NS-123-AB."),
    };
    let change = Change { texts: Some(vec![text]), ..Change::default() };
    daemon.does(AUTHOR, &command::Command::Update { alert, change });
    assert_eq!(bsc.on_air(), claimed(&written), "an update changes nothing before it is approved");
    daemon.approve(alert);
    let replaced = daemon.wait_confirmed(alert);
    assert_ne!(claimed(&replaced), claimed(&written));
    assert_eq!(bsc.on_air(), claimed(&replaced), "the new text stands in the place of the old one");

    daemon.cancel(alert);
    daemon.wait_off(alert);
    assert_eq!(bsc.on_air(), []);
}

#[test]
fn a_real_bsc_that_restarts_gets_its_message_back() {
    let Some((mut bsc, daemon)) = dialled(2) else { return };
    let alert = daemon.submitted(wording(TEXT, "Novi Sad"));
    daemon.approve(alert);
    let written = daemon.wait_confirmed(alert);
    bsc.restart();
    until("the message back on the air", 30, || (bsc.on_air() == claimed(&written)).then_some(()));
    assert_eq!(
        claimed(&daemon.wait_confirmed(alert)),
        claimed(&written),
        "with the serial number that it had"
    );
    daemon.cancel(alert);
    daemon.wait_off(alert);
    assert_eq!(bsc.on_air(), []);
}

#[test]
fn a_daemon_that_dies_leaves_the_message_of_a_real_bsc_alone() {
    let Some((bsc, mut daemon)) = dialled(3) else { return };
    let alert = daemon.submitted(wording(TEXT, "Novi Sad"));
    daemon.approve(alert);
    let written = daemon.wait_confirmed(alert);
    daemon.process.kill();
    assert_eq!(bsc.on_air(), claimed(&written));
    daemon.start_again(|_| {});
    let after = daemon.wait_confirmed(alert);
    assert_eq!(claimed(&after), claimed(&written), "a start takes no new serial number");
    assert_eq!(bsc.on_air(), claimed(&written));
    daemon.cancel(alert);
    daemon.wait_off(alert);
    assert_eq!(bsc.on_air(), []);
}

#[test]
fn a_cancel_reaches_a_real_bsc_that_was_away() {
    let Some((mut bsc, daemon)) = dialled(4) else { return };
    let alert = daemon.submitted(wording(TEXT, "Novi Sad"));
    daemon.approve(alert);
    daemon.wait_confirmed(alert);
    bsc.process.kill();
    daemon.cancel(alert);
    bsc.restart();
    daemon.wait_off(alert);
    assert_eq!(bsc.on_air(), []);
}

#[test]
fn what_a_real_bsc_refuses_is_shown_as_refused() {
    let Some((bsc, daemon)) = dialled_by(5, "[airtime]\ngsm_page_ms = 0\n") else { return };
    let alerts = three_too_many(&daemon);
    for alert in &alerts[..2] {
        daemon.approve(*alert);
        daemon.wait_confirmed(*alert);
    }
    daemon.approve(alerts[2]);
    let refused = daemon.wait(alerts[2], "a refusal", |view| view.cells.refused == 1);
    assert_eq!(refused.cells.confirmed, 0);
    assert_eq!(refused.networks[0].causes.values().sum::<u32>(), 1, "{:?}", refused.networks[0].causes);
    assert_eq!(bsc.on_air().len(), 2);
}

#[test]
fn what_fits_our_budget_a_real_bsc_takes() {
    let Some((bsc, daemon)) = dialled(7) else { return };
    let alerts = three_too_many(&daemon);
    for alert in &alerts {
        daemon.approve(*alert);
        daemon.wait_confirmed(*alert);
    }
    let gives_way = daemon.alert(alerts[2]).gives_way;
    assert_eq!(gives_way.iter().map(|row| row.period_s).collect::<Vec<_>>(), [Some(153)]);
    let mut periods: Vec<u32> = bsc.on_air().iter().map(|on_air| on_air.period_slots).collect();
    periods.sort_unstable();
    assert_eq!(periods, [32, 32, 81]);
}

/// Once messages of two periods have been on together, osmo-bsc 1.9 can make no schedule any more: it answers a KILL with
/// COMPLETE, and goes on. Where all keep one period, the lesser waits in place of being slowed.
#[test]
fn who_waited_is_on_at_a_real_bsc_as_soon_as_another_ends() {
    let Some((bsc, daemon)) = dialled_by(8, "[airtime]\nslowest_period_s = 60\n") else { return };
    let alerts = three_too_many(&daemon);
    for alert in &alerts[..2] {
        daemon.approve(*alert);
        daemon.wait_confirmed(*alert);
    }
    daemon.approve(alerts[2]);
    let waits = daemon.wait(alerts[2], "it waits", |view| !view.gives_way.is_empty());
    assert_eq!(waits.gives_way.iter().map(|row| row.period_s).collect::<Vec<_>>(), [None]);
    assert_eq!(bsc.on_air().len(), 2);
    daemon.cancel(alerts[0]);
    daemon.wait_off(alerts[0]);
    let mut claims = claimed(&daemon.wait_confirmed(alerts[2]));
    claims.extend(claimed(&daemon.alert(alerts[1])));
    let mut on_air = bsc.on_air();
    for all in [&mut on_air, &mut claims] {
        all.sort_unstable_by_key(|on_air| on_air.serial);
    }
    assert_eq!(on_air, claims);
}

/// A cell sends one page in 1.883 s, 32 in a minute; three times 13 pages are too many.
fn three_too_many(daemon: &Daemon) -> [AlertId; 3] {
    let long = "ABCDEFGH ".repeat(13 * 93 / 9 - 3);
    [(); 3].map(|()| daemon.submitted(wording(&long, "Novi Sad")))
}

#[test]
fn a_real_bsc_that_dials_us_is_served_as_well() {
    if !need::program("osmo-bsc") {
        return;
    }
    let bsc = Bsc::start(6, "cbc\n mode client\n client\n  remote-ip ADDRESS\n  remote-port 48049\n");
    let at = &bsc.address;
    // It comes from whatever loopback address the system gives it.
    let peer = format!(
        "[[peer]]\naddresses = [\"{at}:0\", \"127.0.0.1:0\"]\nrole = \"listen\"\nlisten = \"{at}:48049\"\n{PEER}"
    );
    let daemon = Daemon::start(Config::new(CELLS, &[("osmo", &peer)]));
    let alert = daemon.submitted(wording(TEXT, "Novi Sad"));
    daemon.approve(alert);
    let written = daemon.wait_confirmed(alert);
    assert_eq!(bsc.on_air(), claimed(&written));
    daemon.cancel(alert);
    daemon.wait_off(alert);
    assert_eq!(bsc.on_air(), []);
}

/// The daemon's words on this peer, whichever side dials.
const PEER: &str = "\
name = \"bsc\"
protocol = \"cbsp\"
transport = \"tcp\"
controllers = [\"bsc\"]
answer_timeout_ms = 3000
osmocom_period = true
zero_is_one = true
";

/// The smallest BSC that has a cell with a broadcast channel.
const CONFIG: &str = "\
line vty
 no login
 bind ADDRESS
ctrl
 bind ADDRESS
log stderr
 logging level cbs info
e1_input
 ipa bind ADDRESS
 e1_line 0 driver ipa
network
 network country code 001
 mobile network code 01
 bts 0
  type osmo-bts
  band GSM-1800
  cell_identity 6969
  location_area_code 23
  ipa unit-id 1800 0
  trx 0
   arfcn 868
   timeslot 0
    phys_chan_config CCCH+SDCCH4+CBCH
";
