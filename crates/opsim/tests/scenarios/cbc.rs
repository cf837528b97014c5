//! What an operator's CBC makes of CAP messages: names of its own, cells by the area, reports from what is on the air.

use std::sync::Arc;

use area::{CellRuns, Inventory};
use cap::cap_rs::{AlertClass, CapRs, EuLevel};
use cap::{Alert, DateTime, Info, Level, MessageType, NamedValue, Scope, Status};
use cbe::{Answer, Ask, DeliveryReport, Place, Request, Tag};
use opsim::{
    Command, ElementId, ElementKind, ElementPlan, Faults, Habits, Network, PhonePlan, Plan, Reports, Role,
    Transmit, TransportPlan,
};

const PRIMARY: ElementId = ElementId(0);
const SECONDARY: ElementId = ElementId(1);

/// Two cells in Novi Sad of two controllers, one in Niš.
const CELLS: &str = "\
operator,mcc,mnc,rat,lac_or_tac,cell_id,enb_or_gnb_id,lat,lon,azimuth_deg,beamwidth_deg,radius_m,controller
y,220,01,gsm,1,1,,45.25,19.85,0,360,500,bsc-1
y,220,01,gsm,1,2,,43.32,21.90,0,360,500,bsc-1
y,220,01,gsm,2,1,,45.26,19.83,0,360,500,bsc-2
";

struct World {
    network: Network,
    now_ms: u64,
    tags: u64,
}

impl World {
    fn new(reports: Reports, faults: &Faults) -> Self {
        let endpoint = |name: &str| ElementPlan {
            name: name.into(),
            kind: ElementKind::Cbc,
            controller: "bsc-1".into(),
            role: Role::Listen,
            transport: TransportPlan::Http,
            address: ([127, 0, 0, 1], 0).into(),
            sctp_port: 0,
            tls: None,
            habits: Habits { reports, ..Habits::default() },
            faults: faults.clone(),
        };
        let plan = Plan {
            operator: "y".into(),
            plmn: "22001".parse().unwrap(),
            cells_file: String::new(),
            seed: 7,
            phones: PhonePlan { per_cell: 1, additional_languages: 1.0, tests: 1.0, ..PhonePlan::default() },
            elements: vec![endpoint("primary"), endpoint("secondary")],
        };
        let inventory = Inventory::import(CELLS.as_bytes()).unwrap();
        let mut network = Network::new(&plan, Arc::new(inventory)).unwrap();
        network.connected(0, PRIMARY);
        network.connected(0, SECONDARY);
        Self { network, now_ms: 0, tags: 0 }
    }

    fn ask(&mut self, id: ElementId, ask: Ask) -> Option<Answer> {
        self.tags += 1;
        let tag = Tag(self.tags);
        self.network.received(self.now_ms, id, &Request { tag, ask }.encode());
        let Some(Transmit::Pdu(frame)) = self.network.poll_transmit_of(id) else { return None };
        let (answered, answer) = Answer::decode(&frame).unwrap();
        assert_eq!(answered, tag);
        Some(answer)
    }

    fn post(&mut self, id: ElementId, message: &str) -> Answer {
        let message = message.to_owned().into();
        self.ask(id, Ask::Take { path: "/cap".into(), message }).unwrap()
    }

    fn report(&mut self, identifier: &str) -> DeliveryReport {
        let answer = self.ask(PRIMARY, Ask::Report { path: format!("/reports/{identifier}") }).unwrap();
        DeliveryReport::read(&answer.body).unwrap()
    }

    fn on_air(&self) -> Vec<usize> {
        let radio = self.network.radio();
        radio.cells().map(|cell| radio.on_air(cell).len()).collect()
    }

    /// The texts that the phone of a cell showed.
    fn rings(&self, cell: u32) -> Vec<String> {
        let phone = self.network.phones().of_cell(cell).start;
        self.network.phones().report(phone).rings.into_iter().map(|ring| ring.text).collect()
    }
}

fn message(
    identifier: &str,
    act: MessageType,
    earlier: &[&str],
    texts: &[(&str, &str)],
    areas: &[&str],
) -> String {
    let sent = DateTime::new(1_893_456_000, 0).unwrap();
    let info = |(language, text): &(&str, &str)| Info {
        language: Some((*language).to_owned().into()),
        categories: vec![cap::Category::Rescue],
        event: "Nestanak deteta".into(),
        response_types: Vec::new(),
        urgency: cap::Urgency::Immediate,
        severity: cap::Severity::Severe,
        certainty: cap::Certainty::Likely,
        audience: None,
        event_codes: Vec::new(),
        effective: None,
        onset: None,
        expires: Some(DateTime::new(1_893_456_000 + 600, 0).unwrap()),
        sender_name: None,
        headline: None,
        description: Some((*text).to_owned().into()),
        instruction: None,
        web: None,
        contact: None,
        parameters: Vec::new(),
        resources: Vec::new(),
        areas: areas
            .iter()
            .map(|code| cap::Area {
                area_desc: (*code).to_owned().into(),
                polygons: Vec::new(),
                circles: Vec::new(),
                geocodes: vec![NamedValue {
                    value_name: "urn:oasis:names:tc:emergency:cap:1.2:profile:cap-rs:1.0:district".into(),
                    value: (*code).to_owned().into(),
                }],
                altitude: None,
                ceiling: None,
            })
            .collect(),
    };
    let references: Vec<String> =
        earlier.iter().map(|earlier| format!("us@mup.example,{earlier},2030-01-01T00:00:00-00:00")).collect();
    let mut alert = Alert {
        identifier: identifier.to_owned().into(),
        sender: "us@mup.example".into(),
        sent,
        status: Status::Actual,
        msg_type: act,
        source: None,
        scope: Scope::Public,
        restriction: None,
        addresses: None,
        codes: Vec::new(),
        note: None,
        references: (!references.is_empty()).then(|| references.join(" ").into()),
        incidents: None,
        infos: texts.iter().map(info).collect(),
        signatures: 0,
    };
    let policy = "missing-child".to_owned();
    CapRs { alert_class: AlertClass::MissingChild, eu_level: EuLevel::Amber, policy }.mark(&mut alert);
    cap::write(&alert, Level::Profile).unwrap()
}

const TEXTS: [(&str, &str); 2] = [("sr-Latn-RS", "NESTALO DETE"), ("en", "MISSING CHILD")];
const LATER: [(&str, &str); 2] = [("sr-Latn-RS", "NESTALO DETE: beli auto"), ("en", "MISSING CHILD")];
const NOVI_SAD: &[&str] = &["RS-06"];

fn named(names: &[&str]) -> Place {
    Place::Cells(names.iter().map(|name| (*name).to_owned()).collect())
}

#[test]
fn an_alert_is_on_the_air_in_its_area_and_the_report_names_the_cells() {
    let mut world = World::new(Reports::Named, &Faults::default());
    let answer = world.post(PRIMARY, &message("A-1.1", MessageType::Alert, &[], &TEXTS, NOVI_SAD));
    assert_eq!((answer.status, answer.location.as_deref()), (202, Some("/reports/A-1.1")));
    assert_eq!(world.on_air(), [2, 0, 2], "both BSCs of the technology, and not Niš");
    let report = world.report("A-1.1");
    assert!(report.complete);
    assert_eq!((report.on_air, report.failed), (named(&["y/gsm/1/1", "y/gsm/2/1"]), named(&[])));
    assert_eq!(world.rings(0), ["NESTALO DETE", "MISSING CHILD"]);
}

#[test]
fn the_same_message_rings_once_whichever_endpoint_gets_it() {
    let mut world = World::new(Reports::None, &Faults::default());
    let alert = message("A-1.1", MessageType::Alert, &[], &TEXTS, NOVI_SAD);
    for id in [PRIMARY, SECONDARY, PRIMARY] {
        let answer = world.post(id, &alert);
        assert_eq!((answer.status, answer.location), (200, None));
    }
    assert_eq!((world.on_air(), world.rings(0).len()), (vec![2, 0, 2], 2));
}

#[test]
fn an_update_rings_for_the_text_that_changed_and_its_area_counts() {
    let mut world = World::new(Reports::Named, &Faults::default());
    world.post(PRIMARY, &message("A-1.1", MessageType::Alert, &[], &TEXTS, &["RS-06", "RS-20"]));
    assert_eq!(world.on_air(), [2, 2, 2]);
    world.post(PRIMARY, &message("A-1.2", MessageType::Update, &["A-1.1"], &LATER, NOVI_SAD));
    assert_eq!(world.on_air(), [2, 0, 2]);
    assert_eq!(world.rings(0), ["NESTALO DETE", "MISSING CHILD", "NESTALO DETE: beli auto"]);
    let report = world.report("A-1.2");
    assert_eq!((report.off_air, report.complete), (named(&["y/gsm/1/2"]), true));
}

#[test]
fn a_cancel_takes_everything_off_and_one_that_overtakes_leaves_nothing_to_put_on() {
    let alert = message("A-1.1", MessageType::Alert, &[], &TEXTS, NOVI_SAD);
    let cancel = message("A-1.cancel", MessageType::Cancel, &["A-1.1"], &[], &[]);
    let mut world = World::new(Reports::All, &Faults::default());
    world.post(PRIMARY, &alert);
    assert_eq!(world.report("A-1.1").on_air, Place::ALL);
    world.post(PRIMARY, &cancel);
    assert_eq!((world.on_air(), world.report("A-1.cancel").off_air), (vec![0; 3], Place::ALL));

    let mut world = World::new(Reports::All, &Faults::default());
    world.post(PRIMARY, &cancel);
    assert_eq!(world.post(PRIMARY, &alert).status, 202);
    assert_eq!((world.on_air(), world.rings(0).len()), (vec![0; 3], 0));
}

#[test]
fn an_alert_ends_by_itself_at_its_expiry() {
    let mut world = World::new(Reports::None, &Faults::default());
    world.post(PRIMARY, &message("A-1.1", MessageType::Alert, &[], &TEXTS, NOVI_SAD));
    world.network.handle_timeout(599_000);
    assert_eq!(world.on_air(), [2, 0, 2]);
    world.network.handle_timeout(600_000);
    assert_eq!(world.on_air(), [0; 3]);
}

#[test]
fn a_cell_that_cannot_broadcast_is_reported_and_a_wrong_message_refused() {
    let mut world = World::new(Reports::Named, &Faults::default());
    world.network.command(0, Command::Fail { cells: CellRuns::from_range(0..1) }).unwrap();
    world.post(PRIMARY, &message("A-1.1", MessageType::Alert, &[], &TEXTS, NOVI_SAD));
    let report = world.report("A-1.1");
    assert_eq!((report.on_air, report.failed), (named(&["y/gsm/2/1"]), named(&["y/gsm/1/1"])));
    assert_eq!(world.post(PRIMARY, "<alert/>").status, 422);
    assert_eq!(world.ask(PRIMARY, Ask::Report { path: "/reports/A-9.1".into() }).unwrap().status, 404);

    let mut world = World::new(Reports::Named, &Faults { refuse_writes: Some(1), ..Faults::default() });
    let alert = message("A-1.1", MessageType::Alert, &[], &TEXTS, NOVI_SAD);
    assert_eq!((world.post(PRIMARY, &alert).status, world.on_air()), (403, vec![0; 3]));
}

#[test]
fn a_silent_endpoint_does_what_it_is_told_and_does_not_say_so() {
    let mut world = World::new(Reports::Named, &Faults::default());
    let silent = Command::Silent { element: "primary".into(), for_ms: 5_000, deaf: false };
    world.network.command(0, silent).unwrap();
    let alert = message("A-1.1", MessageType::Alert, &[], &TEXTS, NOVI_SAD);
    assert_eq!(world.ask(PRIMARY, Ask::Take { path: "/".into(), message: alert.clone().into() }), None);
    assert_eq!(world.on_air(), [2, 0, 2]);
    assert_eq!(world.post(SECONDARY, &alert).status, 202);
    assert_eq!(world.rings(0).len(), 2, "the other endpoint knows it already");
}
