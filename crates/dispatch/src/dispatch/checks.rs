//! Whether a setup can work.

use std::collections::BTreeSet;

use area::{Inventory, Rat};

use crate::{Error, Profile, Protocol, Setup};

/// Refuses what would fail later, in front of a peer.
pub(super) fn check(inventory: &Inventory, setup: &Setup) -> Result<(), Error> {
    setup.peers.iter().try_for_each(check_limits)?;
    let mut seen = BTreeSet::new();
    for route in &setup.routes {
        let count = inventory.controllers().len();
        let Some(controller) = inventory.controllers().get(usize::from(route.controller.0)) else {
            return Err(Error::UnknownController { found: route.controller.0, count });
        };
        let controller_name = || controller.name.clone();
        if !seen.insert(route.controller) {
            return Err(Error::Twice { controller: controller_name(), what: "the controller" });
        }
        if route.peers.is_empty() {
            return Err(Error::NoPeer { controller: controller_name() });
        }
        if route.peers.iter().collect::<BTreeSet<_>>().len() != route.peers.len() {
            return Err(Error::Twice { controller: controller_name(), what: "a peer" });
        }
        for peer in &route.peers {
            let Some(profile) = setup.peers.get(usize::from(peer.0)) else {
                let (found, count) = (peer.0, setup.peers.len());
                return Err(Error::UnknownPeer { controller: controller_name(), found, count });
            };
            let (protocol, serves) = match profile.protocol {
                // A CBC looks after cells of any technology.
                Protocol::Cap(_) => continue,
                Protocol::Sbcap(_) => ("SBc-AP", Rat::Lte),
                Protocol::Cbsp(_) => ("CBSP", Rat::Gsm),
                Protocol::Sabp(_) => ("SABP", Rat::Umts),
            };
            if controller.rat != serves {
                return Err(Error::ProtocolMismatch {
                    controller: controller_name(),
                    peer: profile.name.clone(),
                    protocol,
                    rat: controller.rat,
                });
            }
        }
    }
    Ok(())
}

fn check_limits(profile: &Profile) -> Result<(), Error> {
    let cells_max = match profile.protocol {
        Protocol::Cap(_) => u32::MAX,
        Protocol::Sbcap(_) => 65_535,
        Protocol::Cbsp(_) => cbsp::MAX_CELLS_PER_PDU as u32,
        Protocol::Sabp(_) => sabp::AREAS_PER_PDU_MAX as u32,
    };
    let limits = [
        ("window", profile.window.into(), 1, 1000),
        ("cells_per_pdu", profile.cells_per_pdu, 1, cells_max),
        // The least holds 15 pages and the 256 cells of the largest eNB, each in its own tracking area.
        ("octets_per_pdu", profile.octets_per_pdu, 5000, 1 << 20),
        ("pdus_per_second", profile.pdus_per_second, 0, 1_000_000),
        ("answer_timeout_ms", profile.answer_timeout_ms, 1, 600_000),
        ("cell_interval_ms", profile.cell_interval_ms, 0, 3_600_000),
        ("cell_burst", profile.cell_burst.into(), 1, 100),
    ];
    for (limit, found, min, max) in limits {
        if !(min..=max).contains(&found) {
            return Err(Error::Limit { peer: profile.name.clone(), limit, min, max, found });
        }
    }
    if matches!(profile.protocol, Protocol::Cbsp(_)) {
        let keep_alive_s = u16::try_from(profile.keep_alive_ms / 1000).unwrap_or(u16::MAX);
        let whole = profile.keep_alive_ms.is_multiple_of(1000);
        if !whole || cbsp::KeepAlivePeriod::from_s(keep_alive_s).is_err() {
            return Err(Error::KeepAlive { peer: profile.name.clone(), found_ms: profile.keep_alive_ms });
        }
    }
    Ok(())
}
