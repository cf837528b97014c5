//! Where an alert stands, area by area, asked of the real daemon.

use std::collections::BTreeMap;

use area::{Atlas, CellIndex, Coverage, Mode};
use engine::command::Command;
use engine::view::Counts;
use opsim::Faults;
use policy::Channel;
use tests::daemon::{APPROVER, AUTHOR, Config, Daemon, refusal, wording};
use tests::networks::Network;

#[test]
fn the_areas_of_an_alert_are_those_of_its_cells_and_add_up_to_it() {
    let network = Network::start(2000, &Faults::default(), "");
    let daemon = Daemon::start(Config::new(&network.cells, &[(&network.operator, &network.peers)]));
    let wording = wording("NESTALO DETE: Marko, 7 godina. Pozovite 192.", "Južnobački okrug");
    let resolved = wording.target.resolve(&Atlas::serbia().unwrap(), &network.inventory).unwrap();
    let target = Coverage::new(&network.inventory).cells_in(&resolved, Mode::Footprint);
    let draft = Command::Draft { channel: Channel::Live, class: "missing-child".into(), wording };
    let alert = daemon.does(AUTHOR, &draft).id;
    let areas = || daemon.asks(AUTHOR, async |client| client.areas(alert).await).unwrap();
    assert_eq!(areas(), [], "a draft has asked no cell");
    daemon.does(AUTHOR, &Command::Submit { alert });
    daemon.does(APPROVER, &Command::Approve { alert, version: Some(1) });
    let view = daemon.wait_confirmed(alert);

    // The other operators' networks have no peer here.
    let peers = daemon.asks(AUTHOR, async |client| client.peers().await).unwrap();
    let served: Vec<String> = peers.into_iter().flat_map(|peer| peer.controllers).collect();
    let mut expected: BTreeMap<(String, u32), u32> = BTreeMap::new();
    for cell in target.iter().flatten() {
        let controller = network.inventory.controller(network.inventory.controller_of(CellIndex(cell)));
        let code = network.inventory.lacs_or_tacs()[cell as usize];
        if served.contains(&controller.name) {
            *expected.entry((controller.name.clone(), code)).or_default() += 1;
        }
    }
    let found = areas();
    let (mut targeted, mut confirmed) = (0, 0);
    for area in &found {
        assert_eq!(area.operator, network.operator);
        assert_eq!(area.off, Counts::default());
        assert_eq!(expected.remove(&(area.controller.clone(), area.lac_or_tac)), Some(area.cells.targeted));
        (targeted, confirmed) = (targeted + area.cells.targeted, confirmed + area.cells.confirmed);
    }
    assert_eq!(expected, BTreeMap::new(), "areas that are not shown");
    assert_eq!((targeted, confirmed), (view.cells.targeted, view.cells.confirmed));

    daemon.does(APPROVER, &Command::Cancel { alert, reason: "found".into() });
    let left: u32 = areas().iter().map(|area| area.off.targeted).sum();
    assert_eq!(left, targeted);
    let nobody = daemon.asks(AUTHOR, async |client| client.areas(engine::AlertId(9)).await);
    assert_eq!(refusal(nobody).0, 404);
}
