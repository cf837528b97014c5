//! A country drawn from a seed: operators with BSCs and pools of MMEs, their cells in a row, and the phones in them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, OnceLock};

use area::{Atlas, ControllerId, Coverage, Inventory, OperatorId, Rat};
use cbs::MessageId;
use dispatch::{Dispatch, PeerId, Protocol, Reach, Route};
use engine::{CodeRange, Engine, Patience, Setup, Traits};
use opsim::{
    ElementId, ElementKind, ElementPlan, Faults, Habits, Network, PhonePlan, Role, Share, TransportPlan,
};
use policy::{Fact, MessageIds, Profile};

use crate::chance::Chance;
use crate::plan::Plan;

/// The country, and what every peer in it is like.
pub(crate) struct Land {
    pub(crate) inventory: Arc<Inventory>,
    pub(crate) peers: Vec<Peer>,
    pub(crate) routes: Vec<Route>,
    pub(crate) profiles: Vec<Profile>,
    codes: BTreeMap<OperatorId, CodeRange>,
    traits: Vec<Option<Traits>>,
}

/// A peer of the daemon's and the element it is connected to.
pub(crate) struct Peer {
    pub(crate) profile: dispatch::Profile,
    pub(crate) network: usize,
    pub(crate) element: ElementId,
    pub(crate) operator: OperatorId,
    pub(crate) controller: ControllerId,
    pub(crate) rat: Rat,
    pub(crate) latency_ms: u64,
    pub(crate) faults: Faults,
    pub(crate) keeps_messages: bool,
}

const OPERATORS: [(&str, &str); 3] = [("mts", "220,03"), ("yettel", "220,01"), ("a1", "220,05")];

/// From one broadcast to the next.
pub(crate) const PERIOD_S: u32 = 60;

impl Land {
    /// The land of a plan, and its networks.
    pub(crate) fn new(plan: &Plan) -> (Self, Vec<Network>) {
        let mut chance = Chance::new(plan.seed, 2);
        let mut drafts = Vec::new();
        let mut rows = format!("{}\n", area::HEADER);
        let mut site = 0;
        for (operator, known) in OPERATORS.iter().enumerate().take(plan.world.operators as usize) {
            let controllers = chance
                .between(1, plan.world.controllers_max)
                .max(u64::from(plan.world.controllers_max == 2) * 2);
            for number in 0..controllers {
                let rat = [Rat::Lte, Rat::Gsm, Rat::Umts][((number + operator as u64) % 3) as usize];
                let name = format!("{}-{}-{number}", known.0, rat.name());
                let least = if plan.world.is_large() { plan.world.cells_max / 2 } else { 1 };
                let cells = chance
                    .between(least, plan.world.cells_max)
                    .max(plan.world.cells_max.min(2) * u64::from(plan.world.controllers_max == 2));
                cells_of(&mut rows, &mut chance, operator, rat, &name, cells, &mut site);
                let pool = if rat == Rat::Lte { chance.one_of(&[1, 1, 2]) } else { 1 };
                let reach = chance.one_of(&[Reach::All, Reach::OneThenFailover]);
                drafts.push((operator, rat, name, pool, reach));
            }
        }
        let inventory =
            Arc::new(Inventory::import(rows.as_bytes()).expect("the drawn cells are an inventory"));
        let mut land = Self {
            peers: Vec::new(),
            routes: Vec::new(),
            profiles: vec![profile()],
            codes: BTreeMap::new(),
            traits: Vec::new(),
            inventory,
        };
        let mut plans: Vec<opsim::Plan> = Vec::new();
        for (at, operator) in OPERATORS.iter().enumerate().take(plan.world.operators as usize) {
            let id = land.inventory.operator_by_name(operator.0).expect("every operator has cells");
            let first = chance.below(900) as u16;
            // Now and then there are so few that they run out, and the next has to wait for the end of their rest.
            let codes = if plan.world.few_codes { 2 } else { 60 };
            let range = CodeRange { codes: first..=first + codes, ..CodeRange::default() };
            land.codes.insert(id, range);
            plans.push(opsim::Plan {
                operator: operator.0.into(),
                plmn: land.inventory.operator(id).plmn,
                cells_file: String::new(),
                seed: plan.seed ^ at as u64,
                phones: PhonePlan {
                    per_cell: plan.world.phones,
                    tests: 0.5,
                    opted_out: 0.1,
                    ..PhonePlan::default()
                },
                elements: Vec::new(),
            });
        }
        for (operator, rat, name, pool, reach) in drafts {
            let controller = land.inventory.by_name(&name).expect("every controller has cells");
            let faulty = plan.world.faulty;
            let indicates = rat == Rat::Lte && !(faulty && chance.once_in(8));
            let mut ids = Vec::new();
            for member in 0..pool {
                let peer = Peer {
                    profile: limits(
                        &mut chance,
                        &format!("{name}-{member}"),
                        rat,
                        indicates,
                        plan.world.is_large(),
                    ),
                    network: operator,
                    element: ElementId(plans[operator].elements.len()),
                    operator: land.inventory.controller(controller).operator,
                    controller,
                    rat,
                    latency_ms: chance.between(1, 60),
                    faults: faults(&mut chance, faulty, rat, indicates),
                    keeps_messages: !(faulty && chance.once_in(4)),
                };
                plans[operator].elements.push(element(&mut chance, &peer, &name));
                ids.push(PeerId(land.peers.len() as u16));
                land.peers.push(peer);
            }
            land.routes.push(Route { controller, reach, peers: ids });
        }
        let networks = plans
            .iter()
            .map(|plan| Network::new(plan, land.inventory.clone()).expect("the drawn plan is one"))
            .collect();
        let dispatch = land.dispatch();
        land.traits = (0..land.inventory.controllers().len())
            .map(|n| Some(Traits { airtime: plan.world.airtime, ..dispatch.traits(ControllerId(n as u16))? }))
            .collect();
        (land, networks)
    }

    /// A new dispatch, every link down.
    pub(crate) fn dispatch(&self) -> Dispatch {
        let peers = self.peers.iter().map(|peer| peer.profile.clone()).collect();
        let setup = dispatch::Setup { peers, routes: self.routes.clone() };
        Dispatch::new(&self.inventory, setup).expect("the drawn setup can work")
    }

    /// A new engine that knows no alert.
    pub(crate) fn engine(&self) -> Engine {
        Engine::new(self.setup())
    }

    /// What an engine is told.
    pub(crate) fn setup(&self) -> Setup {
        static ATLAS: OnceLock<Arc<Atlas>> = OnceLock::new();
        let atlas = ATLAS.get_or_init(|| Arc::new(Atlas::serbia().expect("the atlas is part of the crate")));
        Setup {
            coverage: Coverage::new(&self.inventory),
            inventory: self.inventory.clone(),
            atlas: atlas.clone(),
            profiles: self.profiles.clone(),
            traits: self.traits.clone(),
            codes: self.codes.clone(),
            patience: Patience {
                retry_first_ms: 2_000,
                retry_max_ms: 60_000,
                indication_ms: 30_000,
                audit_ms: 300_000,
            },
            alerts_max: 20,
        }
    }

    /// What the engine was told of a controller.
    pub(crate) fn traits(&self, controller: ControllerId) -> Option<Traits> {
        self.traits.get(usize::from(controller.0)).copied().flatten()
    }

    /// The peers of a controller.
    pub(crate) fn peers_of(&self, controller: ControllerId) -> impl Iterator<Item = (usize, &Peer)> {
        self.peers.iter().enumerate().filter(move |(_, peer)| peer.controller == controller)
    }

    /// The controllers, by number.
    pub(crate) fn controllers(&self) -> impl Iterator<Item = ControllerId> + use<> {
        (0..self.inventory.controllers().len()).map(|n| ControllerId(n as u16))
    }
}

fn cells_of(
    rows: &mut String,
    chance: &mut Chance,
    operator: usize,
    rat: Rat,
    controller: &str,
    cells: u64,
    site: &mut u64,
) {
    let (name, plmn) = OPERATORS[operator];
    let area = chance.between(1, 60_000);
    for number in 0..cells {
        *site += 1;
        // A row of sites, about 400 m apart, back and forth between two towns.
        let (lat, lon) = (44.5 + (*site % 250) as f64 * 0.0036, 20.4 + (*site / 250) as f64 * 0.01);
        let area = area + number / 7;
        let (cell, node) = match rat {
            Rat::Lte => (((*site / 3) << 8) + *site % 3 + 1, (*site / 3).to_string()),
            Rat::Umts => (1 + *site % 65_000, "7".to_owned()),
            _ => (1 + *site % 65_000, String::new()),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            rows,
            "{name},{plmn},{},{area},{cell},{node},{lat:.5},{lon:.5},0,360,300,{controller}",
            rat.name()
        );
    }
}

fn limits(chance: &mut Chance, name: &str, rat: Rat, indications: bool, large: bool) -> dispatch::Profile {
    let mut profile = match rat {
        Rat::Gsm => dispatch::Profile::cbsp(name),
        Rat::Umts => dispatch::Profile::sabp(name),
        _ => dispatch::Profile::sbcap(name),
    };
    if let Protocol::Sbcap(dialect) = &mut profile.protocol {
        dialect.indications = indications;
    }
    profile.window = chance.one_of(&[1, 2, 4, 8]);
    if !large {
        profile.cells_per_pdu = chance.one_of(&[2, 9, profile.cells_per_pdu]);
    }
    profile.pdus_per_second = chance.one_of(&[0, 0, 20]);
    profile
}

fn faults(chance: &mut Chance, faulty: bool, rat: Rat, indicates: bool) -> Faults {
    if !faulty {
        return Faults { no_indications: !indicates, ..Faults::default() };
    }
    // Not enough room, or not supported at all.
    let refusals = match rat {
        Rat::Gsm => [cbsp::Cause::BSC_CAPACITY_EXCEEDED.0, cbsp::Cause::CELL_BROADCAST_NOT_SUPPORTED.0],
        Rat::Umts => {
            [sabp::Cause::RNC_CAPACITY_EXCEEDED.0, sabp::Cause::SERVICE_AREA_BROADCAST_NOT_SUPPORTED.0]
        }
        _ => [sbcap::Cause::MME_CAPACITY_EXCEEDED.0, sbcap::Cause::WARNING_BROADCAST_NOT_SUPPORTED.0],
    };
    Faults {
        delay_ms: chance.one_of(&[0, 0, 30, 400, 2_000, 11_000]),
        jitter_ms: chance.one_of(&[0, 20, 500]),
        refuse_cells: chance.once_in(4).then_some(Share::Fraction(0.2)),
        refuse_writes: chance.once_in(16).then(|| chance.one_of(&refusals)),
        no_indications: !indicates || chance.once_in(12),
        ..Faults::default()
    }
}

fn element(chance: &mut Chance, peer: &Peer, controller: &str) -> ElementPlan {
    let (kind, transport) = match peer.rat {
        Rat::Gsm => (ElementKind::Bsc, TransportPlan::Tcp),
        Rat::Umts => (ElementKind::Rnc, TransportPlan::Tcp),
        _ => (ElementKind::Mme, TransportPlan::KernelSctp),
    };
    ElementPlan {
        name: peer.profile.name.clone(),
        kind,
        controller: controller.into(),
        role: Role::Listen,
        transport,
        address: ([127, 0, 0, 1], 0).into(),
        sctp_port: 29_168,
        tls: None,
        habits: Habits {
            indication_delay_ms: chance.one_of(&[0, 50, 1_000]),
            cells_per_indication: chance.one_of(&[1, 5, 4_000]),
            keeps_messages: peer.keeps_messages,
            osmocom: false,
            reports: opsim::Reports::Named,
        },
        faults: peer.faults.clone(),
    }
}

fn profile() -> Profile {
    Profile {
        name: "missing-child".into(),
        message_ids: MessageIds {
            live: MessageId::AMBER,
            exercise: MessageId::EXERCISE,
            test: MessageId::TEST,
        },
        message_ids_by_operator: BTreeMap::new(),
        local_languages: vec!["sr-Cyrl".into(), "sr-Latn".into()],
        repetition_period_s: PERIOD_S,
        duration_default_s: 3_600,
        duration_max_s: 172_800,
        until_stopped: false,
        max_pages: 15,
        max_age_years: Some(17),
        require: vec![Fact::ImminentDanger],
        any_of: Vec::new(),
        cap: policy::CapWords::default(),
        media: Vec::new(),
    }
}
