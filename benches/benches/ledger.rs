//! What the network says, folded into the ledger: ten million confirmations named cell by cell, and the memory that a
//! cell takes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a benchmark ends where its world does not hold")]

use std::collections::BTreeMap;
use std::sync::Arc;

use area::{Atlas, CellIndex, Circle, Coverage, Inventory, Target};
use benches::{Figure, allocations, clock, country, traffic};
use bytes::{Bytes, BytesMut};
use dispatch::{Dispatch, PeerId, Profile};
use engine::command::{Actor, Command, Roles, Wording};
use engine::order::{Action, Demand, Message};
use engine::{Engine, Entry, Now, Patience, Phase, Traits};
use policy::{Case, Channel, Fact, LanguageText, MessageIds};
use sbcap::{Ecgi, Extensions, Pdu, ScheduledArea, WriteReplaceWarningIndication};

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

/// The alerts that are active at once.
const ALERTS: usize = 8;
/// Cells that an indication names.
const CELLS_PER_INDICATION: usize = 3000;

fn main() {
    let cells = 10_000_000;
    let mut world = World::new(cells);
    let per_cell = |octets: u64| octets as f64 / f64::from(cells);
    state("state_octets_per_cell_idle", per_cell(world.dispatch_octets), "none");
    let mut rounds: Vec<Round> = Vec::new();
    let before = allocations::live_octets();
    for alert in 1..=ALERTS {
        rounds.push(world.alert(alert, alert <= clock::rounds(5, 3)));
    }
    let grown = allocations::live_octets() - before;
    state("state_octets_per_cell_8_alerts", per_cell(world.dispatch_octets + grown), "eight");

    rounds.retain(|round| !round.confirmations.is_empty());
    let pairs: Vec<_> = rounds.iter().flat_map(|round| round.confirmations.iter().copied()).collect();
    let (ratio, time) = clock::ratio(&pairs);
    let answers: Vec<_> = rounds.iter().map(|round| round.answers.as_secs_f64()).collect();
    let (count, octets) = (rounds[0].indications, rounds[0].octets);
    Figure {
        name: "ledger_10m_confirmations",
        ratio: Some(ratio),
        value: time.as_secs_f64() * 1e3,
        unit: "ms",
        how: format!(
            "{count} Write-Replace-Warning-Indications that name {CELLS_PER_INDICATION} cells each through \
             Dispatch::received, poll_report and Engine::report / copying their {octets} octets; median of {} pairs. \
             Apart: the same cells accepted by whole-order answers in {:.2} ms",
            pairs.len(),
            clock::median(answers) * 1e3
        ),
    }
    .print();
}

fn state(name: &'static str, value: f64, alerts: &str) {
    Figure {
        name,
        ratio: None,
        value,
        unit: "octets/cell",
        how: format!(
            "heap held by Dispatch (identifiers, search order, limiter, queues, registers) and by the Engine's alerts \
             with {alerts} active, by 10 M cells; the inventory's tables and geometry apart"
        ),
    }
    .print();
}

struct World {
    inventory: Arc<Inventory>,
    engine: Engine,
    dispatch: Dispatch,
    dispatch_octets: u64,
    now: Now,
}

#[derive(Default)]
struct Round {
    /// Each with its yardstick.
    confirmations: Vec<(std::time::Duration, std::time::Duration)>,
    answers: std::time::Duration,
    indications: usize,
    octets: usize,
}

impl World {
    fn new(cells: u32) -> Self {
        let inventory = Arc::new(country::inventory(cells).unwrap());
        let setup = country::setup(&inventory, &Profile { window: 64, ..Profile::sbcap("mme") });
        let peers = setup.peers.len();
        let before = allocations::live_octets();
        let mut dispatch = Dispatch::new(&inventory, setup).unwrap();
        let dispatch_octets = allocations::live_octets() - before;
        let traits = vec![
            Some(Traits {
                in_place: false,
                indications: true,
                stops_first: false,
                counts: engine::Counting::Ends,
                pooled: false,
                airtime: engine::Airtime::default()
            });
            inventory.controllers().len()
        ];
        let mut engine = Engine::new(engine::Setup {
            coverage: Coverage::new(&inventory),
            traits,
            inventory: Arc::clone(&inventory),
            atlas: Arc::new(Atlas::serbia().unwrap()),
            profiles: vec![profile()],
            codes: BTreeMap::new(),
            patience: Patience {
                retry_first_ms: 2_000,
                retry_max_ms: 60_000,
                indication_ms: 30_000,
                audit_ms: 300_000,
            },
            alerts_max: 20,
        });
        let now = Now { monotonic_ms: 1_000, wall_ms: 1_700_000_000_000 };
        let mut out = Vec::new();
        engine.start(now, &[], &mut out);
        (0..peers as u16)
            .for_each(|peer| dispatch.link_up(now.monotonic_ms, PeerId(peer), dispatch::FirstContact(false)));
        let mut world = Self { inventory, engine, dispatch, dispatch_octets, now };
        world.keep(&mut out);
        world.fold();
        world
    }

    /// An alert in every cell, sent, accepted and, where that is to be timed, confirmed.
    fn alert(&mut self, number: usize, timed: bool) -> Round {
        self.now.monotonic_ms += 10_000;
        self.now.wall_ms += 10_000;
        let text = format!("A child is missing since 14:3{number}. Girl, 7 years, red jacket. Call 192.");
        let alert = self.command("ana", draft(&text));
        self.command("ana", Command::Submit { alert });
        self.command("bora", Command::Approve { alert, version: Some(1) });
        let mut messages: BTreeMap<PeerId, Arc<Message>> = BTreeMap::new();
        let mut sent = Vec::new();
        while let Some(demand) = self.engine.poll_demand() {
            if let Demand::Order(order) = &demand
                && let Action::Write { message, .. } = &order.action
            {
                messages.insert(PeerId(order.controller.0), Arc::clone(message));
            }
            self.dispatch.demand(self.now.monotonic_ms, demand);
        }
        while let Some((peer, _)) = self.dispatch.poll_transmit(self.now.monotonic_ms) {
            sent.push(peer);
        }
        self.fold();
        let accepted: BTreeMap<PeerId, Bytes> =
            messages.iter().map(|(peer, message)| (*peer, traffic::accepted(message).unwrap())).collect();
        let answers = clock::time(|| {
            for peer in &sent {
                self.dispatch.received(self.now.monotonic_ms, *peer, &accepted[peer]);
                self.fold();
            }
        });
        let mut round = Round { answers, ..Round::default() };
        if !timed {
            return round;
        }
        let indications: Vec<(PeerId, Bytes)> = messages
            .iter()
            .flat_map(|(peer, message)| {
                self.indications(*peer, message).into_iter().map(|indication| (*peer, indication))
            })
            .collect();
        let confirming = clock::time(|| {
            for (peer, indication) in &indications {
                self.dispatch.received(self.now.monotonic_ms, *peer, indication);
                self.fold();
            }
        });
        round.indications = indications.len();
        round.octets = indications.iter().map(|(_, octets)| octets.len()).sum();
        let mut copy = vec![0_u8; 1 << 16];
        let copying = clock::time(|| {
            for (_, indication) in &indications {
                copy[..indication.len()].copy_from_slice(indication);
                std::hint::black_box(&copy);
            }
        });
        round.confirmations.push((confirming, copying));
        let broadcast = self.engine.alert(alert).unwrap().broadcasts[0];
        let legs = &self.engine.broadcast(broadcast).unwrap().legs;
        let confirmed: u32 = legs.iter().map(|leg| leg.totals()[Phase::Confirmed as usize]).sum();
        assert_eq!(confirmed, self.inventory.len());
        round
    }

    /// What a pool's MME indicates when all of its eNBs broadcast.
    fn indications(&self, peer: PeerId, message: &Message) -> Vec<Bytes> {
        let controller = &self.inventory.controllers()[usize::from(peer.0)];
        let cells: Vec<Ecgi> = controller
            .cells
            .clone()
            .map(|cell| {
                let cell = self.inventory.cell(CellIndex(cell));
                Ecgi::new(cell.plmn, cell.cell_id as u32).unwrap()
            })
            .collect();
        let chunks = cells.chunks(CELLS_PER_INDICATION);
        chunks
            .map(|cells| {
                let area = ScheduledArea { cells: cells.to_vec(), tais: Vec::new(), eais: Vec::new() };
                let mut out = BytesMut::new();
                let indication = WriteReplaceWarningIndication {
                    message_id: message.message_id,
                    serial: message.serial,
                    broadcast_scheduled_area: Some(area),
                    ext: Extensions::default(),
                };
                Pdu::WriteReplaceWarningIndication(indication).encode(&mut out).unwrap();
                out.freeze()
            })
            .collect()
    }

    /// Everything reported, into the engine, whose journal is in sync at once.
    fn fold(&mut self) {
        let mut out = Vec::new();
        while let Some(report) = self.dispatch.poll_report() {
            self.engine.report(self.now, report, &mut out);
        }
        self.keep(&mut out);
    }

    fn keep(&mut self, out: &mut Vec<Entry>) {
        self.engine.durable(self.engine.last());
        out.clear();
    }

    fn command(&mut self, who: &str, command: Command) -> engine::AlertId {
        let roles = Roles { author: true, approver: true, ..Roles::default() };
        let actor = Actor { name: who.into(), root: false, roles };
        let mut out = Vec::new();
        let alert = self.engine.command(self.now, &actor, None, command, &mut out);
        self.keep(&mut out);
        alert.unwrap_or_else(|refusal| panic!("{refusal:?}"))
    }
}

fn draft(text: &str) -> Command {
    // All sites of this country are one place.
    let circle = Circle { lat: 44.8, lon: 20.5, radius_m: 1000 };
    Command::Draft {
        channel: Channel::Live,
        class: "missing-child".into(),
        wording: Wording {
            texts: vec![LanguageText { language: "en".into(), text: text.into() }],
            target: Target { circles: vec![circle], ..Target::default() },
            case: Case { age_years: Some(7), facts: [Fact::ImminentDanger].into(), ..Case::default() },
            ..Wording::default()
        },
    }
}

fn profile() -> policy::Profile {
    policy::Profile {
        name: "missing-child".into(),
        message_ids: MessageIds {
            live: cbs::MessageId::AMBER,
            exercise: cbs::MessageId::EXERCISE,
            test: cbs::MessageId::TEST,
        },
        message_ids_by_operator: BTreeMap::new(),
        local_languages: vec!["en".into()],
        repetition_period_s: 60,
        duration_default_s: 3600,
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
