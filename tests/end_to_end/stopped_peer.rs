//! A peer's process is stopped (SIGSTOP) while an alert goes out: its sockets take octets, and nothing answers.

use area::Rat;
use engine::view::{AlertView, Counts};
use opsim::{ElementKind, Faults, Report, ReportRequest};
use tests::daemon::{Config, Daemon, wording};
use tests::networks::{Network, elements, peer};

const CELLS: u32 = 2000;

/// The elements of one kind, as a process of their own.
fn network(kind: ElementKind) -> Network {
    let mine = |element: &opsim::ElementPlan| element.kind == kind;
    let faults = Faults { delay_ms: 20, ..Faults::default() };
    Network::of(
        CELLS,
        |inventory| elements(inventory, &faults).into_iter().filter(mine).collect(),
        |element, address| format!("{}answer_timeout_ms = 2000\n", peer(element, address)),
    )
}

/// The cells of a technology, and those in which the alert is wanted no longer.
fn cells(view: &AlertView, rat: Rat) -> (Counts, Counts) {
    let network = view.networks.iter().find(|network| network.rat == rat && network.unserved == 0).unwrap();
    (network.cells, network.off)
}

fn all_confirmed(cells: Counts) -> bool {
    cells.targeted > 0 && cells.confirmed == cells.targeted
}

fn report(network: &mut Network) -> Report {
    serde_json::from_value(network.command(&opsim::Command::Report(ReportRequest::default()))).unwrap()
}

#[test]
fn a_stopped_peer_delays_no_other_and_is_reconciled_when_it_goes_on() {
    let (mut mmes, mut bscs) = (network(ElementKind::Mme), network(ElementKind::Bsc));
    let peers = format!("{}{}", mmes.peers, bscs.peers);
    let daemon = Daemon::start(Config::new(&mmes.cells, &[(&mmes.operator, &peers)]));
    let alert = daemon.submitted(wording("NESTALO DETE: Marko, 7 godina. Pozovite 192.", "Južnobački okrug"));

    bscs.process.signal("STOP");
    daemon.approve(alert);
    let view = daemon.wait(alert, "the others confirmed", |view| all_confirmed(cells(view, Rat::Lte).0));
    let stopped = cells(&view, Rat::Gsm).0;
    assert_eq!((stopped.confirmed, stopped.unknown), (0, 0), "nobody waits until it times out: {stopped:?}");
    daemon.wait(alert, "the stopped peer's cells unknown", |view| cells(view, Rat::Gsm).0.unknown > 0);

    bscs.process.signal("CONT");
    let view = daemon.wait_confirmed(alert);
    for network in [&mut mmes, &mut bscs] {
        let report = report(network);
        assert_eq!(report.messages.len(), 1, "one serial number: {report:?}");
        assert_eq!((report.phones.rang_more, report.phones.rings_unrecorded), (0, 0));
    }
    let rang: u64 = [&mut mmes, &mut bscs].map(|network| report(network).messages[0].rang_once).iter().sum();
    assert_eq!(rang, u64::from(view.cells.targeted));

    // The same while it is taken back: the kill is what it hears first.
    bscs.process.signal("STOP");
    daemon.cancel(alert);
    daemon.wait(alert, "the others off", |view| all_confirmed(cells(view, Rat::Lte).1));
    bscs.process.signal("CONT");
    daemon.wait_off(alert);
    let on_air = |network: &mut Network| report(network).messages[0].cells_on_air;
    assert_eq!((on_air(&mut mmes), on_air(&mut bscs)), (0, 0));
}
