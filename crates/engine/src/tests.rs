//! The engine in a small world: a pool of MMEs that stands serials beside each other, a BSC that replaces in place, an
//! RNC without a peer, and two officers.

mod airtime;
mod exchange;
mod lifecycle;
mod network;
mod restarts;
mod storm;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use area::{Atlas, CellRuns, Circle, ControllerId, Coverage, Inventory, Target};
use cbs::SerialNumber;
use policy::{Case, Channel, Fact, LanguageText, MessageIds, Profile};

use crate::command::{Actor, Change, Command, Roles, Wording};
use crate::order::{Action, Demand, Order, Verb};
use crate::report::{CellReport, Outcome, Report};
use crate::{Airtime, AlertId, Counting, Engine, Entry, Now, Patience, Refusal, Setup, Traits};

const HOUR_MS: i64 = 3_600_000;

static ATLAS: LazyLock<Arc<Atlas>> = LazyLock::new(|| Arc::new(Atlas::serbia().unwrap()));

/// Six cells of a pool (0 to 5), four of a BSC, two of an RNC, by the inventory's order of controllers.
const CELLS: &str = "\
operator,mcc,mnc,rat,lac_or_tac,cell_id,enb_or_gnb_id,lat,lon,azimuth_deg,beamwidth_deg,radius_m,controller
mts,220,03,gsm,1100,1,,45.25,19.84,0,360,500,mts-bsc-01
mts,220,03,gsm,1100,2,,45.25,19.84,0,360,500,mts-bsc-01
mts,220,03,gsm,1100,3,,45.26,19.85,0,360,500,mts-bsc-01
mts,220,03,gsm,1100,4,,45.26,19.85,0,360,500,mts-bsc-01
mts,220,03,lte,3100,256257,1001,45.25,19.84,0,360,500,mts-mme-pool-north
mts,220,03,lte,3100,256258,1001,45.25,19.84,0,360,500,mts-mme-pool-north
mts,220,03,lte,3100,256513,1002,45.26,19.85,0,360,500,mts-mme-pool-north
mts,220,03,lte,3100,256514,1002,45.26,19.85,0,360,500,mts-mme-pool-north
mts,220,03,lte,3101,256769,1003,45.60,19.85,0,360,500,mts-mme-pool-north
mts,220,03,lte,3101,256770,1003,45.60,19.85,0,360,500,mts-mme-pool-north
mts,220,03,umts,2100,1,101,45.25,19.84,0,360,500,mts-rnc-01
mts,220,03,umts,2100,2,101,45.25,19.84,0,360,500,mts-rnc-01
";

/// An engine with a clock, a journal that is always in sync unless held, and no network.
struct World {
    engine: Engine,
    now: Now,
    journal: Vec<Entry>,
    /// How many records are durable; `None`: all.
    held_at: Option<usize>,
    airtime: Airtime,
}

impl World {
    fn new() -> Self {
        Self::with_air(Airtime::default())
    }

    /// The same, where the cells carry so much.
    fn with_air(airtime: Airtime) -> Self {
        let mut world = Self {
            engine: Engine::new(setup(CELLS, airtime)),
            now: Now { monotonic_ms: 1_000, wall_ms: 1_700_000_000_000 },
            journal: Vec::new(),
            held_at: None,
            airtime,
        };
        let mut out = Vec::new();
        world.engine.start(world.now, &[], &mut out);
        world.keep(out);
        for controller in world.peers() {
            world.report(Report::Up(controller));
        }
        world
    }

    /// The controllers with a peer.
    fn peers(&self) -> Vec<ControllerId> {
        vec![self.controller("mts-bsc-01"), self.controller("mts-mme-pool-north")]
    }

    fn controller(&self, name: &str) -> ControllerId {
        self.engine.setup().inventory.by_name(name).unwrap()
    }

    fn bsc(&self) -> ControllerId {
        self.controller("mts-bsc-01")
    }

    fn pool(&self) -> ControllerId {
        self.controller("mts-mme-pool-north")
    }

    fn keep(&mut self, out: Vec<Entry>) {
        self.journal.extend(out);
        let durable = self.held_at.unwrap_or(self.journal.len());
        if let Some(entry) = durable.checked_sub(1).and_then(|at| self.journal.get(at)) {
            self.engine.durable(entry.seq);
        }
    }

    fn command(&mut self, who: &str, command: Command) -> Result<AlertId, Refusal> {
        self.keyed(who, None, command)
    }

    fn keyed(&mut self, who: &str, key: Option<&str>, command: Command) -> Result<AlertId, Refusal> {
        let mut out = Vec::new();
        let answer = self.engine.command(self.now, &officer(who), key.map(Into::into), command, &mut out);
        assert!(answer.is_ok() || out.is_empty(), "a refused command changes nothing");
        self.keep(out);
        answer
    }

    fn report(&mut self, report: Report) {
        // What is said at one moment is of one turn, and may join the last record.
        let mut out: Vec<Entry> = self.journal.pop().into_iter().collect();
        self.engine.report(self.now, report, &mut out);
        self.keep(out);
    }

    /// Lets time pass.
    fn pass(&mut self, ms: u64) {
        self.now.monotonic_ms += ms;
        self.now.wall_ms += ms as i64;
        let mut out = Vec::new();
        self.engine.tick(self.now, &mut out);
        self.keep(out);
    }

    fn orders(&mut self) -> Vec<Order> {
        let mut orders = Vec::new();
        while let Some(demand) = self.engine.poll_demand() {
            if let Demand::Order(order) = demand {
                orders.push(order);
            }
        }
        orders
    }

    /// A word about an order.
    fn say(&mut self, order: &Order, outcome: Outcome) {
        self.say_in(order, outcome, order.cells.clone());
    }

    fn say_in(&mut self, order: &Order, outcome: Outcome, cells: CellRuns) {
        self.report(Report::Cells(CellReport {
            controller: order.controller,
            broadcast: order.broadcast,
            serial: order.action.serial(),
            verb: order.action.verb(),
            outcome,
            cells,
        }));
    }

    fn settle(&mut self, order: &Order) {
        self.report(Report::Settled(order.id));
    }

    /// Sends the order and answers it as a good network does.
    fn obey(&mut self, order: &Order) {
        self.say(order, Outcome::Sent);
        if order.controller == self.pool() {
            self.say(order, Outcome::Accepted);
        }
        self.say(order, Outcome::Confirmed);
        self.settle(order);
    }

    /// Obeys until nothing is asked any more; what was asked.
    fn obey_all(&mut self) -> Vec<Order> {
        let mut all = Vec::new();
        loop {
            let orders = self.orders();
            if orders.is_empty() {
                return all;
            }
            for order in orders {
                self.obey(&order);
                all.push(order);
            }
        }
    }

    /// A live alert for both towns' cells, approved; nothing has been sent.
    fn approved(&mut self) -> AlertId {
        let alert = self.command("ana", draft("Нестало дете", 5_000)).unwrap();
        self.command("ana", Command::Submit { alert }).unwrap();
        self.command("bora", Command::Approve { alert, version: Some(1) }).unwrap();
        alert
    }

    /// A live alert confirmed in every cell.
    fn active(&mut self) -> AlertId {
        let alert = self.approved();
        self.obey_all();
        alert
    }

    /// An update that two people want.
    fn updated(&mut self, alert: AlertId, change: Change) {
        self.command("ana", Command::Update { alert, change }).unwrap();
        self.command("bora", Command::Approve { alert, version: None }).unwrap();
    }

    fn cancel(&mut self, alert: AlertId) {
        self.command("bora", Command::Cancel { alert, reason: "found".into() }).unwrap();
    }

    /// The same engine, made anew from its journal.
    fn reborn(&mut self) {
        self.reborn_in(CELLS, &[]);
    }

    /// The same with another inventory; `moved`: where each cell of the old one stands in it.
    fn reborn_in(&mut self, cells: &str, moved: &[Option<u32>]) {
        // By a snapshot of half of the records, and by all of them: the state is the same, octet for octet.
        let (before, after) = self.journal.split_at(self.journal.len() / 2);
        let mut half = Engine::new(setup(cells, self.airtime));
        before.iter().for_each(|entry| half.replay(entry));
        let octets = serde_json::to_vec(&half.snapshot()).unwrap();
        let mut engine =
            Engine::restore(setup(cells, self.airtime), serde_json::from_slice(&octets).unwrap());
        let mut whole = Engine::new(setup(cells, self.airtime));
        self.journal.iter().for_each(|entry| whole.replay(entry));
        after.iter().for_each(|entry| engine.replay(entry));
        let written = |engine: &Engine| serde_json::to_string(&engine.snapshot()).unwrap();
        assert_eq!(written(&engine), written(&whole));
        self.engine = engine;
        let mut out = Vec::new();
        self.engine.start(self.now, moved, &mut out);
        self.keep(out);
        for controller in self.peers() {
            self.report(Report::Up(controller));
        }
    }
}

fn setup(cells: &str, airtime: Airtime) -> Setup {
    let inventory = Arc::new(Inventory::import(cells.as_bytes()).unwrap());
    let traits = inventory.controllers().iter().map(|controller| match controller.rat {
        area::Rat::Gsm => Some(Traits {
            in_place: true,
            indications: false,
            stops_first: false,
            counts: Counting::Ends,
            pooled: false,
            airtime,
        }),
        area::Rat::Lte => Some(Traits {
            in_place: false,
            indications: true,
            stops_first: false,
            counts: Counting::Ends,
            pooled: true,
            airtime,
        }),
        _ => None,
    });
    Setup {
        coverage: Coverage::new(&inventory),
        traits: traits.collect(),
        inventory,
        atlas: ATLAS.clone(),
        profiles: vec![profile()],
        codes: BTreeMap::new(),
        patience: Patience {
            retry_first_ms: 2_000,
            retry_max_ms: 60_000,
            indication_ms: 30_000,
            audit_ms: 300_000,
        },
        alerts_max: 20,
    }
}

fn profile() -> Profile {
    Profile {
        name: "missing-child".into(),
        message_ids: MessageIds {
            live: cbs::MessageId::AMBER,
            exercise: cbs::MessageId::EXERCISE,
            test: cbs::MessageId::TEST,
        },
        message_ids_by_operator: BTreeMap::new(),
        local_languages: vec!["sr-Cyrl".into(), "sr-Latn".into()],
        repetition_period_s: 60,
        duration_default_s: 3600,
        duration_max_s: 172_800,
        until_stopped: false,
        max_pages: 15,
        max_age_years: Some(17),
        require: vec![Fact::ImminentDanger],
        any_of: Vec::new(),
        cap: policy::CapWords { picture_bytes_max: 1000, ..policy::CapWords::default() },
        media: Vec::new(),
    }
}

fn officer(name: &str) -> Actor {
    let roles = Roles { author: true, approver: true, ..Roles::default() };
    Actor { name: name.into(), root: name == "root", roles }
}

fn draft(text: &str, radius_m: u32) -> Command {
    draft_on(Channel::Live, text, radius_m)
}

fn draft_on(channel: Channel, text: &str, radius_m: u32) -> Command {
    Command::Draft { channel, class: "missing-child".into(), wording: wording(text, radius_m) }
}

fn wording(text: &str, radius_m: u32) -> Wording {
    Wording {
        texts: vec![LanguageText { language: "sr-Cyrl".into(), text: text.into() }],
        target: around(radius_m),
        case: Case { age_years: Some(7), facts: [Fact::ImminentDanger].into(), ..Case::default() },
        ..Wording::default()
    }
}

/// Around the two sites: 5 km holds all but the third eNB, 100 km holds all.
fn around(radius_m: u32) -> Target {
    Target { circles: vec![Circle { lat: 45.255, lon: 19.845, radius_m }], ..Target::default() }
}

fn writes(orders: &[Order]) -> Vec<&Order> {
    orders.iter().filter(|order| order.action.verb() == Verb::Write).collect()
}

fn kills(orders: &[Order]) -> Vec<&Order> {
    orders.iter().filter(|order| order.action.verb() == Verb::Kill).collect()
}

fn serials(orders: &[&Order]) -> Vec<SerialNumber> {
    orders.iter().map(|order| order.action.serial()).collect()
}

fn replaced(order: &Order) -> Option<SerialNumber> {
    if let Action::Write { replaces, .. } = &order.action { *replaces } else { None }
}
