//! From the configuration to what the engine and dispatch are told: the cells, the areas, the peers.

use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use area::{Atlas, ControllerId, Coverage, Inventory};
use cbs::GeographicalScope;
use dispatch::{Dispatch, PeerId, Reach, Route};
use engine::{Airtime, CodeRange, Patience, Setup, Traits};

use crate::config::{Config, ConfigError, Operator, Peer, Protocol};
use crate::core::PeerFacts;

/// Everything that the dispatcher's thread is made of, but for its journal.
pub(crate) struct Country {
    pub(crate) setup: Setup,
    pub(crate) dispatch: Dispatch,
    pub(crate) peers: Vec<PeerFacts>,
}

impl Country {
    /// Reads the inventory and the areas, and joins them with the peers. What does not fit is named.
    pub(crate) fn read(config: &Config) -> Result<Self, ConfigError> {
        let main = &config.main;
        let wrong = |message: String| ConfigError { file: main.inventory.clone(), message };
        let file = File::open(&main.inventory).map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let inventory = Inventory::import(BufReader::new(file)).map_err(|error| wrong(error.to_string()))?;
        let inventory = Arc::new(inventory);
        let atlas = Arc::new(atlas(config)?);
        let (setup, peers) = network(config, &inventory)?;
        let dispatch = Dispatch::new(&inventory, setup).map_err(|error| wrong(error.to_string()))?;
        let traits = (0..inventory.controllers().len()).map(|n| {
            let controller = ControllerId(u16::try_from(n).unwrap_or(u16::MAX));
            Some(Traits { airtime: airtime(config, &inventory, controller), ..dispatch.traits(controller)? })
        });
        let setup = Setup {
            coverage: Coverage::new(&inventory),
            traits: traits.collect(),
            codes: codes(config, &inventory)?,
            inventory,
            atlas,
            profiles: config.profile.clone(),
            patience: Patience {
                retry_first_ms: main.patience.retry_first_ms,
                retry_max_ms: main.patience.retry_max_ms,
                indication_ms: main.patience.indication_ms,
                audit_ms: main.patience.audit_ms,
            },
            alerts_max: main.limits.alerts_max,
        };
        Ok(Self { setup, dispatch, peers })
    }
}

fn atlas(config: &Config) -> Result<Atlas, ConfigError> {
    let mut collections = Vec::new();
    for path in &config.main.areas {
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError {
            file: path.clone(),
            message: format!("cannot be read: {error}"),
        })?;
        collections.push(text);
    }
    let texts: Vec<&str> = collections.iter().map(String::as_str).collect();
    let atlas = if texts.is_empty() { Atlas::serbia() } else { Atlas::from_geojson(&texts) };
    atlas.map_err(|error| ConfigError {
        file: config.main.areas.first().cloned().unwrap_or_default(),
        message: error.to_string(),
    })
}

/// The peers, in the order of the files: a peer's number is its link's too.
fn network(config: &Config, inventory: &Inventory) -> Result<(dispatch::Setup, Vec<PeerFacts>), ConfigError> {
    let mut setup = dispatch::Setup::default();
    let mut facts = Vec::new();
    for (operator, file) in config.operator.iter().zip(&config.main.operators) {
        let wrong = |message: String| ConfigError { file: file.clone(), message };
        if inventory.operator_by_name(&operator.name).is_none() {
            let known: Vec<&str> = inventory.operators().iter().map(|known| known.name.as_str()).collect();
            let known = known.join(", ");
            return Err(wrong(format!(
                "name: expected an operator of the inventory ({known}), found {:?}",
                operator.name
            )));
        }
        for peer in &operator.peer {
            let id = PeerId(
                u16::try_from(setup.peers.len()).map_err(|_| wrong("expected at most 65536 peers".into()))?,
            );
            for name in &peer.controllers {
                let controller = controller(inventory, operator, peer, name).map_err(wrong)?;
                match setup.routes.iter_mut().find(|route| route.controller == controller) {
                    Some(route) => route.peers.push(id),
                    None => {
                        let reach = if peer.all { Reach::All } else { Reach::OneThenFailover };
                        setup.routes.push(Route { controller, reach, peers: vec![id] });
                    }
                }
            }
            setup.peers.push(profile(peer));
            facts.push(PeerFacts {
                name: peer.name.clone(),
                operator: operator.name.clone(),
                protocol: match peer.protocol {
                    Protocol::Sbcap => "sbcap".into(),
                    Protocol::Cbsp => "cbsp".into(),
                    Protocol::Sabp => "sabp".into(),
                    Protocol::Cap => "cap".into(),
                },
                controllers: peer.controllers.clone(),
                address: peer.addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            });
        }
    }
    Ok((setup, facts))
}

fn controller(
    inventory: &Inventory,
    operator: &Operator,
    peer: &Peer,
    name: &str,
) -> Result<ControllerId, String> {
    let found = |what: &str| {
        format!(
            "peer {:?}: controllers: expected a controller of {} in the inventory, found {what}",
            peer.name, operator.name
        )
    };
    let id = inventory.by_name(name).ok_or_else(|| found(&format!("no {name:?}")))?;
    let known = inventory.controller(id);
    let owner = &inventory.operator(known.operator).name;
    if *owner != operator.name {
        return Err(found(&format!("{name:?} of {owner}")));
    }
    let (speaks, rat) = match peer.protocol {
        // The operator's own CBC reaches cells of any technology.
        Protocol::Cap => return Ok(id),
        Protocol::Sbcap => ("sbcap", area::Rat::Lte),
        Protocol::Cbsp => ("cbsp", area::Rat::Gsm),
        Protocol::Sabp => ("sabp", area::Rat::Umts),
    };
    if known.rat != rat {
        return Err(found(&format!("{name:?}, whose cells are {}; {speaks} reaches {rat} cells", known.rat)));
    }
    Ok(id)
}

fn profile(peer: &Peer) -> dispatch::Profile {
    use dispatch::Protocol as Speaks;
    let base = match peer.protocol {
        Protocol::Sbcap => dispatch::Profile::sbcap(&peer.name),
        Protocol::Cbsp => dispatch::Profile::cbsp(&peer.name),
        Protocol::Sabp => dispatch::Profile::sabp(&peer.name),
        Protocol::Cap => dispatch::Profile::cap(&peer.name, &peer.path),
    };
    let protocol = match base.protocol {
        Speaks::Sbcap(_) => Speaks::Sbcap(dispatch::SbcapDialect {
            tais: peer.tais.into(),
            concurrent: peer.concurrent,
            indications: peer.indications,
            stops_first: peer.stops_first,
        }),
        Speaks::Cbsp(dialect) => Speaks::Cbsp(dispatch::CbspDialect {
            repetition: if peer.osmocom_period {
                cbsp::RepetitionCoding::Osmocom
            } else {
                dialect.repetition
            },
            unlimited: if peer.zero_is_one {
                cbsp::UnlimitedForm::Largest
            } else {
                cbsp::UnlimitedForm::Zero
            },
            repetition_max: peer.period_max_slots,
            raw_period: peer.raw_period,
            category: peer.category.into(),
            ..dialect
        }),
        Speaks::Sabp(_) => Speaks::Sabp(dispatch::SabpDialect { category: Some(peer.category.into()) }),
        Speaks::Cap(_) => Speaks::Cap(dispatch::CapDialect { reports: peer.reports }),
    };
    dispatch::Profile {
        protocol,
        window: peer.window,
        cells_per_pdu: peer.cells_per_pdu.unwrap_or(base.cells_per_pdu),
        octets_per_pdu: peer.octets_per_pdu,
        pdus_per_second: peer.pdus_per_second,
        answer_timeout_ms: peer.answer_timeout_ms,
        keep_alive_ms: peer.keep_alive_ms,
        cell_interval_ms: peer.cell_interval_ms,
        cell_burst: peer.cell_burst,
        ..base
    }
}

/// What the air of the cells of a controller carries.
fn airtime(config: &Config, inventory: &Inventory, controller: ControllerId) -> Airtime {
    let known = inventory.controller(controller);
    let name = &inventory.operator(known.operator).name;
    let operator = config.operator.iter().find(|operator| operator.name == *name);
    operator.map(|operator| operator.airtime.of(known.rat)).unwrap_or_default()
}

fn codes(
    config: &Config,
    inventory: &Inventory,
) -> Result<std::collections::BTreeMap<area::OperatorId, CodeRange>, ConfigError> {
    let mut codes = std::collections::BTreeMap::new();
    for (operator, file) in config.operator.iter().zip(&config.main.operators) {
        let Some(id) = inventory.operator_by_name(&operator.name) else { continue };
        let [first, last] = operator.message_codes;
        let scope = GeographicalScope::try_from(operator.geographical_scope)
            .map_err(|error| ConfigError { file: file.clone(), message: error.to_string() })?;
        codes.insert(id, CodeRange { scope, codes: first..=last });
    }
    Ok(codes)
}
