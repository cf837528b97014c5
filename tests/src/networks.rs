//! One operator's simulated network, as a process of its own: what it says of its cells and phones is the other side of
//! what the daemon claims.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{ChildStdin, ChildStdout, Stdio};

use area::{Atlas, CellRuns, Inventory, Rat};
use opsim::{
    Command, ElementKind, ElementPlan, Faults, Habits, MessageKey, PhonePlan, Plan, Report, ReportRequest,
    Role, TransportPlan,
};
use serde_json::Value;
use tempfile::TempDir;

use crate::process::{Running, amberd};

/// A network that runs.
#[derive(Debug)]
pub struct Network {
    /// The operator's name.
    pub operator: String,
    /// The inventory of the whole country, of which it has its part.
    pub inventory: Inventory,
    /// The same as CSV.
    pub cells: String,
    /// The `[[peer]]`s of its elements, for the daemon.
    pub peers: String,
    /// Its process.
    pub process: Running,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    _folder: TempDir,
}

impl Network {
    /// The first operator's network in a country of so many cells, each with one phone. Every element has these faults;
    /// `terms` are further keys of each peer.
    pub fn start(cells: u32, faults: &Faults, terms: &str) -> Self {
        Self::of(
            cells,
            |inventory| elements(inventory, faults),
            |element, address| format!("{}{terms}", peer(element, address)),
        )
    }

    /// The same with elements of the caller's choice, and what the daemon is told of each: its address is known then.
    pub fn of(
        cells: u32,
        elements: impl FnOnce(&Inventory) -> Vec<ElementPlan>,
        peer: impl Fn(&ElementPlan, &str) -> String,
    ) -> Self {
        let inventory = area::generate(cells, 220, &Atlas::serbia().unwrap()).unwrap();
        let mut csv = Vec::new();
        inventory.write_csv(&mut csv).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let cells_file = folder.path().join("cells.csv");
        std::fs::write(&cells_file, &csv).unwrap();
        let plan = plan(&inventory, cells_file, elements(&inventory));
        let mut process =
            amberd().arg("simulated-operator").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let orders = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        let mut network = Self {
            operator: plan.operator.clone(),
            inventory,
            cells: String::from_utf8(csv).unwrap(),
            peers: String::new(),
            process: Running(process),
            orders,
            answers,
            _folder: folder,
        };
        let ready: Value = network.ask(&serde_json::to_string(&plan).unwrap());
        network.peers = peers(&plan, &ready, peer);
        network
    }

    /// What its cells and phones did, those of `target` apart from the others.
    pub fn report(&mut self, target: CellRuns) -> Report {
        let request = ReportRequest { target: Some(target), messages: None };
        let answer = self.ask(&serde_json::to_string(&Command::Report(request)).unwrap());
        serde_json::from_value(answer).unwrap()
    }

    /// Carries out a command.
    pub fn command(&mut self, command: &Command) -> Value {
        self.ask(&serde_json::to_string(command).unwrap())
    }

    /// The same of these messages alone.
    pub fn report_of(&mut self, target: CellRuns, messages: Vec<MessageKey>) -> Report {
        let request = ReportRequest { target: Some(target), messages: Some(messages) };
        let answer = self.ask(&serde_json::to_string(&Command::Report(request)).unwrap());
        serde_json::from_value(answer).unwrap()
    }

    fn ask(&mut self, question: &str) -> Value {
        writeln!(self.orders, "{question}").unwrap();
        self.orders.flush().unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{answer:?}: {error}"))
    }
}

/// An MME for each pool of the operator, a BSC for each 2G controller.
pub fn elements(inventory: &Inventory, faults: &Faults) -> Vec<ElementPlan> {
    let operator = &inventory.operators()[0];
    let own = inventory.controllers().iter().filter(|controller| {
        inventory.operator(controller.operator) == operator && matches!(controller.rat, Rat::Lte | Rat::Gsm)
    });
    let element = |controller: &area::Controller| {
        let (kind, transport) = match controller.rat {
            Rat::Lte => (ElementKind::Mme, TransportPlan::UdpSctp),
            _ => (ElementKind::Bsc, TransportPlan::Tcp),
        };
        ElementPlan {
            name: controller.name.clone(),
            kind,
            controller: controller.name.clone(),
            role: Role::Listen,
            transport,
            address: ([127, 0, 0, 1], 0).into(),
            sctp_port: 29_168,
            tls: None,
            habits: Habits::default(),
            faults: faults.clone(),
        }
    };
    own.map(element).collect()
}

fn plan(inventory: &Inventory, cells_file: PathBuf, elements: Vec<ElementPlan>) -> Plan {
    let operator = &inventory.operators()[0];
    Plan {
        operator: operator.name.clone(),
        plmn: operator.plmn,
        cells_file: cells_file.display().to_string(),
        seed: 220,
        phones: PhonePlan { per_cell: 1, ..PhonePlan::default() },
        elements,
    }
}

fn peers(plan: &Plan, ready: &Value, peer: impl Fn(&ElementPlan, &str) -> String) -> String {
    let known = ready["elements"].as_array().unwrap();
    let elements = plan.elements.iter().zip(known).map(|(element, known)| {
        assert_eq!(known["name"], element.name);
        peer(element, known["address"].as_str().unwrap())
    });
    elements.collect()
}

/// What the daemon is told of an MME or a BSC.
pub fn peer(element: &ElementPlan, address: &str) -> String {
    let name = &element.name;
    let peer = format!("[[peer]]\nname = \"{name}\"\ncontrollers = [\"{name}\"]\n");
    match element.kind {
        ElementKind::Mme => {
            let (_, port) = address.rsplit_once(':').unwrap();
            format!(
                "{peer}protocol = \"sbcap\"\ntransport = \"sctp_over_udp\"\naddresses = [\"127.0.0.1:29168\"]\n\
                 udp_port = {port}\n"
            )
        }
        _ => format!("{peer}protocol = \"cbsp\"\ntransport = \"tcp\"\naddresses = [\"{address}\"]\n"),
    }
}
