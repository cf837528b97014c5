//! Engine and dispatch joined as the daemon joins them, in virtual time, with scripts for peers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::ops::RangeInclusive;
use std::sync::{Arc, LazyLock};

use area::{Atlas, CellName, Circle, ControllerId, Coverage, Inventory, Rat, Target};
use bytes::Bytes;
use dispatch::{Dispatch, FirstContact, Notice, NoticeKind, PeerId, Profile, Protocol, Reach, Route};
use engine::command::{Actor, Change, Command, Roles, Wording};
use engine::view::{AlertView, Counts};
use engine::{Airtime, AlertId, CodeRange, Engine, Entry, Now, Patience, Setup, Traits};
use policy::{Channel, LanguageText, MessageIds};
use serde_json::Value;

use crate::words::{self, C1, C2, C3};

static ATLAS: LazyLock<Arc<Atlas>> = LazyLock::new(|| Arc::new(Atlas::serbia().unwrap()));

/// The peer that most scenarios have: an MME, a BSC or an RNC.
pub(crate) const PEER: usize = 0;

/// Cells of one controller in one area.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) controller: &'static str,
    pub(crate) rat: Rat,
    /// TAC or LAC.
    pub(crate) area: u32,
    pub(crate) cells: Vec<u64>,
}

/// What a world is made of.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) sites: Vec<Site>,
    /// Each peer with the controllers it serves.
    pub(crate) peers: Vec<(Profile, Vec<&'static str>)>,
    pub(crate) reach: Reach,
    pub(crate) class: policy::Profile,
    pub(crate) codes: RangeInclusive<u16>,
    pub(crate) patience: Patience,
    /// What the air of each cell carries.
    pub(crate) airtime: Airtime,
    /// Classes beside the first.
    pub(crate) classes: Vec<policy::Profile>,
}

/// The daemon's dispatcher without its sockets and its disk.
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) dispatch: Dispatch,
    pub(crate) now: Now,
    pub(crate) plan: Plan,
    /// Everything that was recorded.
    pub(crate) journal: Vec<Entry>,
    /// The records are synced as soon as they are written.
    pub(crate) disk_works: bool,
    /// Notices nobody has asked after yet.
    notices: Vec<Notice>,
    /// PDUs nobody has asked after yet.
    sent: Vec<(usize, Bytes)>,
    connected: BTreeSet<usize>,
}

/// An MME without limits to its pace, so that scenarios follow one another at once.
pub(crate) fn mme(name: &str) -> Profile {
    Profile { cell_interval_ms: 0, answer_timeout_ms: 5_000, ..Profile::sbcap(name) }
}

/// A BSC likewise.
pub(crate) fn bsc(name: &str) -> Profile {
    Profile { cell_interval_ms: 0, answer_timeout_ms: 10_000, ..Profile::cbsp(name) }
}

/// An RNC likewise.
pub(crate) fn rnc(name: &str) -> Profile {
    Profile { cell_interval_ms: 0, answer_timeout_ms: 10_000, ..Profile::sabp(name) }
}

/// An MME that sends no indications.
pub(crate) fn without_indications(mut profile: Profile) -> Profile {
    if let Protocol::Sbcap(dialect) = &mut profile.protocol {
        dialect.indications = false;
    }
    profile
}

/// Cells of LTE.
pub(crate) fn lte(controller: &'static str, area: u32, cells: &[u64]) -> Site {
    Site { controller, rat: Rat::Lte, area, cells: cells.to_vec() }
}

/// Cells of GSM.
pub(crate) fn gsm(controller: &'static str, area: u32, cells: &[u64]) -> Site {
    Site { controller, rat: Rat::Gsm, area, cells: cells.to_vec() }
}

/// Service areas of UMTS.
pub(crate) fn umts(controller: &'static str, area: u32, cells: &[u64]) -> Site {
    Site { controller, rat: Rat::Umts, area, cells: cells.to_vec() }
}

impl Default for Plan {
    /// One MME with the three cells of the golden vectors. The first alert is 4379 with serial number 4110.
    fn default() -> Self {
        Self {
            sites: vec![lte("pool", 257, &[C1, C2, C3])],
            peers: vec![(mme("mme"), vec!["pool"])],
            reach: Reach::OneThenFailover,
            class: policy::Profile {
                name: "missing-child".into(),
                message_ids: MessageIds {
                    live: cbs::MessageId::AMBER,
                    exercise: cbs::MessageId::EXERCISE,
                    test: cbs::MessageId::TEST,
                },
                message_ids_by_operator: BTreeMap::new(),
                local_languages: vec!["sr".into()],
                repetition_period_s: 60,
                duration_default_s: 1800,
                duration_max_s: 172_800,
                until_stopped: false,
                max_pages: 15,
                max_age_years: None,
                require: Vec::new(),
                any_of: Vec::new(),
                cap: policy::CapWords::default(),
                media: Vec::new(),
            },
            codes: 17..=99,
            patience: Patience {
                retry_first_ms: 2_000,
                retry_max_ms: 60_000,
                indication_ms: 30_000,
                audit_ms: 0,
            },
            airtime: Airtime::default(),
            classes: Vec::new(),
        }
    }
}

/// A class of the earthquake and tsunami system, otherwise like another one.
fn earthquake(like: &policy::Profile) -> policy::Profile {
    let (live, test) = (cbs::MessageId::ETWS_EARTHQUAKE, cbs::MessageId::ETWS_TEST);
    let message_ids = MessageIds { live, exercise: test, test };
    policy::Profile { name: "earthquake".into(), message_ids, ..like.clone() }
}

impl Plan {
    /// One BSC with these cells in location area 8193.
    pub(crate) fn bsc(profile: Profile, cells: &[u64]) -> Self {
        Self { sites: vec![gsm("bsc", 8193, cells)], peers: vec![(profile, vec!["bsc"])], ..Self::default() }
    }

    /// The world of this plan, every link up.
    pub(crate) fn up(self) -> World {
        let mut world = self.down();
        for peer in 0..world.plan.peers.len() {
            world.connect(peer);
        }
        world.notices.clear();
        world
    }

    /// The world of this plan, every link down.
    pub(crate) fn down(self) -> World {
        let inventory = Arc::new(self.inventory());
        let (setup, dispatch) = self.setup(&inventory);
        let mut world = World {
            engine: Engine::new(setup),
            dispatch,
            now: Now { monotonic_ms: 1_000, wall_ms: 1_700_000_000_000 },
            plan: self,
            journal: Vec::new(),
            disk_works: true,
            notices: Vec::new(),
            sent: Vec::new(),
            connected: BTreeSet::new(),
        };
        world.start();
        world
    }

    fn inventory(&self) -> Inventory {
        let mut csv =
            "operator,mcc,mnc,rat,lac_or_tac,cell_id,enb_or_gnb_id,lat,lon,azimuth_deg,beamwidth_deg,\
                       radius_m,controller\n"
                .to_owned();
        for Site { controller, rat, area, cells } in &self.sites {
            for cell in cells {
                let node = match rat {
                    Rat::Lte => (cell >> 8).to_string(),
                    Rat::Umts => "1".to_owned(),
                    Rat::Gsm | Rat::Nr => String::new(),
                };
                writeln!(csv, "Yettel,220,01,{rat},{area},{cell},{node},45.25,19.84,0,360,500,{controller}")
                    .unwrap();
            }
        }
        Inventory::import(csv.as_bytes()).unwrap()
    }

    fn setup(&self, inventory: &Arc<Inventory>) -> (Setup, Dispatch) {
        let controllers = (0..).map(ControllerId).zip(inventory.controllers());
        let routes = controllers.filter_map(|(controller, known)| {
            let serves = |(_, names): &&(Profile, Vec<&str>)| names.contains(&known.name.as_str());
            let peers: Vec<PeerId> =
                (0..).map(PeerId).zip(&self.peers).filter(|(_, p)| serves(p)).map(|(id, _)| id).collect();
            (!peers.is_empty()).then_some(Route { controller, reach: self.reach, peers })
        });
        let peers = self.peers.iter().map(|(profile, _)| profile.clone()).collect();
        let setup = dispatch::Setup { peers, routes: routes.collect() };
        let dispatch = Dispatch::new(inventory, setup).unwrap();
        let traits = (0..inventory.controllers().len())
            .map(|n| Some(Traits { airtime: self.airtime, ..dispatch.traits(ControllerId(n as u16))? }));
        let setup = Setup {
            coverage: Coverage::new(inventory),
            traits: traits.collect(),
            codes: inventory
                .operator_by_name("Yettel")
                .map(|id| (id, CodeRange { codes: self.codes.clone(), ..CodeRange::default() }))
                .into_iter()
                .collect(),
            inventory: Arc::clone(inventory),
            atlas: ATLAS.clone(),
            profiles: std::iter::once(&self.class)
                .chain(&self.classes)
                .cloned()
                .chain([earthquake(&self.class)])
                .collect(),
            patience: self.patience,
            alerts_max: 100,
        };
        (setup, dispatch)
    }
}

// What peers do.
impl World {
    /// The world that most 4G scenarios begin in.
    pub(crate) fn one_mme() -> Self {
        Plan::default().up()
    }

    /// A peer's link comes up.
    pub(crate) fn connect(&mut self, peer: usize) {
        let mut out = Vec::new();
        let name = self.plan.peers[peer].0.name.clone();
        let met = self.engine.meet(self.now, &name, &mut out);
        self.keep(out);
        self.dispatch.link_up(self.now.monotonic_ms, PeerId(peer as u16), FirstContact(!met));
        self.connected.insert(peer);
        self.work();
    }

    /// A peer's link goes down.
    pub(crate) fn disconnect(&mut self, peer: usize) {
        self.connected.remove(&peer);
        self.dispatch.link_down(self.now.monotonic_ms, PeerId(peer as u16));
        self.work();
    }

    /// A peer says something.
    pub(crate) fn say(&mut self, peer: usize, pdu: &Value) {
        self.say_octets(peer, &words::octets(pdu));
    }

    pub(crate) fn say_octets(&mut self, peer: usize, octets: &[u8]) {
        self.dispatch.received(self.now.monotonic_ms, PeerId(peer as u16), octets);
        self.work();
    }

    /// A peer says something in octets written in hexadecimal.
    pub(crate) fn say_hex(&mut self, peer: usize, octets: &str) {
        self.say_octets(peer, &hex::decode(octets.replace(' ', "")).unwrap());
    }

    /// What was sent to a peer since the last time, as octets.
    pub(crate) fn octets_to(&mut self, peer: usize) -> Vec<Bytes> {
        self.sent.extract_if(.., |(to, _)| *to == peer).map(|(_, octets)| octets).collect()
    }

    /// The same in hexadecimal.
    pub(crate) fn hex_to(&mut self, peer: usize) -> Vec<String> {
        self.octets_to(peer).iter().map(hex::encode).collect()
    }

    /// The same in words, that say all that the octets say.
    pub(crate) fn sent_to(&mut self, peer: usize) -> Vec<Value> {
        let read = match self.plan.peers[peer].0.protocol {
            Protocol::Sbcap(_) => words::sbcap_words,
            Protocol::Cbsp(_) => words::cbsp_words,
            Protocol::Sabp(_) => words::sabp_words,
            Protocol::Cap(_) => panic!("no scenario has a CBC of the operator's"),
        };
        let all = self.octets_to(peer).into_iter().map(|octets| {
            let pdu = read(&octets);
            assert_eq!(hex::encode(words::octets(&pdu)), hex::encode(&octets), "{pdu}");
            pdu
        });
        all.collect()
    }

    /// Asserts that exactly these PDUs were sent to a peer since the last time.
    #[track_caller]
    pub(crate) fn expect(&mut self, peer: usize, pdus: &[Value]) {
        let sent = self.sent_to(peer);
        let same = sent.len() == pdus.len()
            && sent.iter().zip(pdus).all(|(sent, pdu)| words::octets(sent) == words::octets(pdu));
        assert!(same, "to peer {peer}:\n{}\nexpected:\n{}", listed(&sent), listed(pdus));
    }

    /// Asserts that exactly this PDU was sent, answers it with a cause, and gives it back.
    #[track_caller]
    pub(crate) fn expect_and_answer(&mut self, peer: usize, pdu: &Value, cause: u8) {
        self.expect(peer, std::slice::from_ref(pdu));
        self.say(peer, &words::answer(pdu, cause));
    }
}

// What the control room does and sees.
impl World {
    /// An alert in these cells, approved: `TEST`, for half an hour.
    pub(crate) fn alert(&mut self, cells: &[u64]) -> AlertId {
        self.alert_of(&[("sr", "TEST")], cells)
    }

    /// The same with other texts.
    pub(crate) fn alert_of(&mut self, texts: &[(&str, &str)], cells: &[u64]) -> AlertId {
        let alert = self.draft(texts, cells);
        self.raise(alert)
    }

    /// A primary notification of ETWS, approved.
    pub(crate) fn primary(&mut self, cells: &[u64]) -> AlertId {
        let alert = self.draft_of("earthquake", &[], cells);
        self.raise(alert)
    }

    fn raise(&mut self, alert: AlertId) -> AlertId {
        self.command("ana", Command::Submit { alert }).unwrap();
        self.command("bora", Command::Approve { alert, version: None }).unwrap();
        alert
    }

    /// One of another class.
    pub(crate) fn alert_of_class(&mut self, class: &str, cells: &[u64]) -> AlertId {
        let wording =
            Wording { texts: texts_of(&[("sr", "TEST")]), target: self.target(cells), ..Wording::default() };
        let draft = Command::Draft { channel: Channel::Live, class: class.into(), wording };
        let alert = self.command("ana", draft).unwrap();
        self.command("ana", Command::Submit { alert }).unwrap();
        self.command("bora", Command::Approve { alert, version: None }).unwrap()
    }

    pub(crate) fn draft(&mut self, texts: &[(&str, &str)], cells: &[u64]) -> AlertId {
        self.draft_of("missing-child", texts, cells)
    }

    fn draft_of(&mut self, class: &str, texts: &[(&str, &str)], cells: &[u64]) -> AlertId {
        let wording = Wording { texts: texts_of(texts), target: self.target(cells), ..Wording::default() };
        let draft = Command::Draft { channel: Channel::Live, class: class.into(), wording };
        self.command("ana", draft).unwrap()
    }

    /// The alert of the scenarios, confirmed in all of its cells at the one MME.
    pub(crate) fn on_air(&mut self, cells: &[u64]) -> AlertId {
        let alert = self.alert(cells);
        for request in self.sent_to(PEER) {
            self.say(PEER, &words::answer(&request, 0));
            self.say(
                PEER,
                &words::with(words::on_air(0x4110, cells), serde_json::json!({"serial": request["serial"]})),
            );
        }
        alert
    }

    /// A new version, written by one and approved by the other.
    pub(crate) fn update(&mut self, alert: AlertId, change: Change) {
        self.command("ana", Command::Update { alert, change }).unwrap();
        self.command("bora", Command::Approve { alert, version: None }).unwrap();
    }

    pub(crate) fn new_text(&mut self, alert: AlertId, text: &str) {
        self.update(alert, Change { texts: Some(texts_of(&[("sr", text)])), ..Change::default() });
    }

    pub(crate) fn new_cells(&mut self, alert: AlertId, cells: &[u64]) {
        let target = self.target(cells);
        self.update(alert, Change { target: Some(target), ..Change::default() });
    }

    pub(crate) fn cancel(&mut self, alert: AlertId) {
        self.command("bora", Command::Cancel { alert, reason: "found".into() }).unwrap();
    }

    pub(crate) fn command(&mut self, who: &str, command: Command) -> Result<AlertId, engine::Refusal> {
        self.keyed(who, None, command)
    }

    pub(crate) fn keyed(
        &mut self,
        who: &str,
        key: Option<&str>,
        command: Command,
    ) -> Result<AlertId, engine::Refusal> {
        let roles = Roles { author: true, approver: true, ..Roles::default() };
        let actor = Actor { name: who.into(), root: false, roles };
        let mut out = Vec::new();
        let answer = self.engine.command(self.now, &actor, key.map(Into::into), command, &mut out);
        self.keep(out);
        self.work();
        answer
    }

    pub(crate) fn view(&self, alert: AlertId) -> AlertView {
        self.engine.view(alert).unwrap()
    }

    /// The alert's cells by state, those wanted before those wanted no longer: `2 confirmed, 1 refused; off: 1 confirmed`.
    pub(crate) fn shown(&self, alert: AlertId) -> String {
        let view = self.view(alert);
        let off = counted(view.off);
        if off.is_empty() { counted(view.cells) } else { format!("{}; off: {off}", counted(view.cells)) }
    }

    /// Why cells were refused.
    pub(crate) fn causes(&self, alert: AlertId) -> Vec<String> {
        self.view(alert).networks.into_iter().flat_map(|network| network.causes.into_keys()).collect()
    }

    /// The serial numbers the alert has now.
    pub(crate) fn serials(&self, alert: AlertId) -> Vec<u16> {
        let names = self.view(alert).messages.into_iter().flat_map(|message| message.names);
        names.map(|name| name.serial.bits()).collect()
    }

    /// The notices since the last time.
    pub(crate) fn notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    pub(crate) fn notice_kinds(&mut self) -> Vec<NoticeKind> {
        self.notices().into_iter().map(|notice| notice.kind).collect()
    }

    /// These cells; more than may be named one by one are all there are.
    pub(crate) fn target(&self, cells: &[u64]) -> Target {
        if cells.len() > Target::CELLS_MAX {
            let circles = vec![Circle { lat: 45.25, lon: 19.84, radius_m: 1_000 }];
            return Target { circles, ..Target::default() };
        }
        let cells = cells.iter().map(|cell| {
            let site = self.plan.sites.iter().find(|site| site.cells.contains(cell)).unwrap();
            let lac = matches!(site.rat, Rat::Gsm | Rat::Umts).then_some(site.area);
            CellName { operator: "Yettel".into(), rat: site.rat, lac, cell_id: *cell }
        });
        Target { cells: cells.collect(), ..Target::default() }
    }
}

// The machinery.
impl World {
    /// Lets time pass, and everything happen that is due in it.
    pub(crate) fn pass(&mut self, ms: u64) {
        let until_ms = self.now.monotonic_ms + ms;
        loop {
            let wakes = [self.engine.next_wakeup(), self.dispatch.next_wakeup()];
            let next_ms = wakes.into_iter().flatten().min().map_or(until_ms, |at| at.min(until_ms));
            let step = next_ms.saturating_sub(self.now.monotonic_ms);
            self.now.monotonic_ms += step;
            self.now.wall_ms += step as i64;
            self.work();
            if next_ms >= until_ms {
                return;
            }
        }
    }

    /// The daemon dies, and is started again on its journal. Links are down.
    pub(crate) fn crash(&mut self) {
        let inventory = Arc::new(self.plan.inventory());
        let (setup, dispatch) = self.plan.setup(&inventory);
        self.engine = Engine::new(setup);
        self.dispatch = dispatch;
        self.journal.iter().for_each(|entry| self.engine.replay(entry));
        self.connected.clear();
        self.start();
    }

    fn start(&mut self) {
        let mut out = Vec::new();
        self.engine.start(self.now, &[], &mut out);
        self.keep(out);
        self.work();
    }

    fn keep(&mut self, out: Vec<Entry>) {
        self.journal.extend(out);
        if self.disk_works {
            self.engine.durable(self.engine.last());
        }
    }

    /// One turn of the dispatcher's thread.
    pub(crate) fn work(&mut self) {
        let now = self.now;
        let mut out = Vec::new();
        self.engine.tick(now, &mut out);
        self.keep(out);
        self.dispatch.handle_timeout(now.monotonic_ms);
        loop {
            let mut idle = true;
            while let Some(demand) = self.engine.poll_demand() {
                self.dispatch.demand(now.monotonic_ms, demand);
                idle = false;
            }
            while let Some((peer, pdu)) = self.dispatch.poll_transmit(now.monotonic_ms) {
                assert!(self.connected.contains(&usize::from(peer.0)), "a PDU to a link that is down");
                self.sent.push((usize::from(peer.0), pdu));
                idle = false;
                self.hear();
            }
            idle &= !self.hear();
            if idle {
                break;
            }
        }
        self.notices.extend(std::iter::from_fn(|| self.dispatch.poll_notice()));
        self.notices.retain(|notice| notice.kind != NoticeKind::Ready);
    }

    fn hear(&mut self) -> bool {
        let mut heard = false;
        while let Some(report) = self.dispatch.poll_report() {
            let mut out = Vec::new();
            self.engine.report(self.now, report, &mut out);
            self.keep(out);
            heard = true;
        }
        heard
    }

    /// The journal tells of the same alerts as the engine.
    fn check_journal(&self) {
        let (setup, _) = self.plan.setup(&Arc::new(self.plan.inventory()));
        let mut replayed = Engine::new(setup);
        self.journal.iter().for_each(|entry| replayed.replay(entry));
        for alert in self.engine.alerts() {
            let (live, told) = (self.view(alert.id), replayed.view(alert.id).unwrap());
            assert_eq!((live.state, &live.messages.len()), (told.state, &told.messages.len()));
            assert_eq!(
                (live.cells.confirmed, live.cells.refused),
                (told.cells.confirmed, told.cells.refused)
            );
            let names =
                |view: &AlertView| view.messages.iter().flat_map(|m| m.names.clone()).collect::<Vec<_>>();
            assert_eq!(names(&live), names(&told));
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(
                self.sent.is_empty(),
                "sent beside: {:?}",
                self.sent.iter().map(|(to, octets)| (to, hex::encode(octets))).collect::<Vec<_>>()
            );
            self.check_journal();
        }
    }
}

pub(crate) fn texts_of(texts: &[(&str, &str)]) -> Vec<LanguageText> {
    let text =
        |(language, text): &(&str, &str)| LanguageText { language: (*language).into(), text: (*text).into() };
    texts.iter().map(text).collect()
}

fn counted(counts: Counts) -> String {
    let named = [
        (counts.pending, "pending"),
        (counts.sent, "sent"),
        (counts.accepted, "accepted"),
        (counts.confirmed, "confirmed"),
        (counts.refused, "refused"),
        (counts.unknown, "unknown"),
    ];
    let parts =
        named.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    parts.collect::<Vec<_>>().join(", ")
}

fn listed(pdus: &[Value]) -> String {
    pdus.iter().map(|pdu| format!("  {pdu}")).collect::<Vec<_>>().join("\n")
}
