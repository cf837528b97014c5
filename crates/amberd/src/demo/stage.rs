//! The stage: a country of cells, three operators' networks and the daemon, each in a process of its own.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use area::{Atlas, Inventory, Rat};
use opsim::{ElementKind, ElementPlan, Faults, Habits, PhonePlan, Plan, Role, Share, Silence, TransportPlan};
use serde::de::DeserializeOwned;
use tempfile::TempDir;

use super::{Arguments, DemoError};

/// Two officers who share one user here. Outside a demo the kernel says who somebody is.
pub(crate) const AUTHOR: &str = "jelena";
pub(crate) const APPROVER: &str = "milan";

/// Whom the demo's CAP messages are signed by.
pub(crate) const CERTIFICATE: &str = include_str!("../../../../fixtures/cap/keys/ecdsa.crt.pem");
/// The operator whose 5G is reached by CAP, through a CBC of its own.
pub(crate) const BY_CAP: &str = "a1";

/// Everything that runs.
pub(crate) struct Stage {
    folder: TempDir,
    pub(crate) inventory: Inventory,
    pub(crate) networks: Vec<Network>,
    pub(crate) elements: Vec<Element>,
    daemon: Child,
    started: Instant,
}

/// One operator's process.
pub(crate) struct Network {
    pub(crate) operator: String,
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// An MME, a BSC or an RNC of the stage.
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
pub(crate) struct Element {
    /// Its name.
    pub(crate) name: String,
    /// Where it listens; for an MME that is a UDP address, with SCTP behind it.
    pub(crate) address: SocketAddr,
    /// What it speaks.
    #[serde(default)]
    pub(crate) protocol: String,
    /// Whose cells it serves.
    #[serde(default)]
    pub(crate) controller: String,
}

impl Stage {
    /// Makes the country, starts the networks, then the daemon.
    pub(crate) fn set(arguments: &Arguments) -> Result<Self, DemoError> {
        let started = Instant::now();
        let folder = tempfile::Builder::new().prefix("amberd-demo-").tempdir()?;
        let count = area::parse_count(&arguments.cells)?;
        let inventory = area::generate(count, arguments.seed, &Atlas::serbia()?)?;
        let cells_file = folder.path().join("cells.csv");
        let mut file = std::io::BufWriter::new(std::fs::File::create(&cells_file)?);
        inventory.write_csv(&mut file)?;
        file.flush()?;
        println!(
            "A country of {} invented cells, {} controllers, made in {} ms.",
            inventory.len(),
            inventory.controllers().len(),
            started.elapsed().as_millis()
        );
        let mut networks = Vec::new();
        let mut elements = Vec::new();
        for operator in inventory.operators() {
            let plan = plan(&inventory, &operator.name, &cells_file, arguments);
            let mut network = Network::start(&plan)?;
            let ready: Ready = network.read("its listening addresses")?;
            for element in ready.elements {
                let Some(planned) = plan.elements.iter().find(|planned| planned.name == element.name) else {
                    continue;
                };
                let protocol = match planned.kind {
                    ElementKind::Mme => "sbcap",
                    ElementKind::Bsc => "cbsp",
                    ElementKind::Rnc => "sabp",
                    ElementKind::Cbc => "cap",
                };
                elements.push(Element {
                    protocol: protocol.into(),
                    controller: planned.controller.clone(),
                    ..element
                });
            }
            networks.push(network);
        }
        let speaking =
            |protocol: &str| elements.iter().filter(|element| element.protocol == protocol).count();
        println!(
            "Three simulated operators as processes of their own: {} MMEs (4G, SBc-AP over SCTP), {} RNCs (3G, SABP over TCP), \
             {} BSCs (2G, CBSP over TCP), and {BY_CAP}'s own CBC (5G, CAP over HTTP).",
            speaking("sbcap"),
            speaking("sabp"),
            speaking("cbsp")
        );
        write_config(folder.path(), &inventory, &elements)?;
        let daemon = start_daemon(folder.path())?;
        Ok(Self { folder, inventory, networks, elements, daemon, started })
    }

    /// Kills the daemon as no program can prevent (SIGKILL), and starts it again on the same journal.
    pub(crate) fn crash_daemon(&mut self) -> Result<(), DemoError> {
        self.daemon.kill()?;
        self.daemon.wait()?;
        self.daemon = start_daemon(self.folder.path())?;
        Ok(())
    }

    /// The admin socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("admin.sock")
    }

    /// Fails when the daemon has ended, with the end of its log.
    pub(crate) fn check_daemon(&mut self) -> Result<(), DemoError> {
        let Some(status) = self.daemon.try_wait()? else { return Ok(()) };
        let log = std::fs::read_to_string(self.folder.path().join("daemon.log")).unwrap_or_default();
        let tail: Vec<&str> = log.lines().rev().take(8).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        Err(DemoError::Process {
            process: "daemon".into(),
            expected: "to run".into(),
            found: format!("{status}\n{}", tail.join("\n")),
        })
    }

    /// How long all of this has taken.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Leaves everything running until Ctrl-C.
    pub(crate) async fn keep(&self) {
        let socket = self.socket();
        println!("\nEverything keeps running. In another terminal, for example:");
        println!(
            "  cargo run --release -p amberctl -- --socket {} --as {AUTHOR} alert list",
            socket.display()
        );
        println!("  cargo run --release -p amberctl -- --socket {} --as {AUTHOR} peers", socket.display());
        println!(
            "The daemon's log is {}. Ctrl-C ends it all.",
            self.folder.path().join("daemon.log").display()
        );
        // Without a signal handler the only other way to end is a kill, which ends everything as well.
        let _ = tokio::signal::ctrl_c().await;
    }

    /// Ends everything: the daemon by SIGTERM, the networks by the end of their input.
    pub(crate) fn strike(mut self) {
        let pid = self.daemon.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().is_ok_and(|status| status.success());
        let patience = Instant::now();
        while asked && patience.elapsed() < Duration::from_secs(8) {
            if matches!(self.daemon.try_wait(), Ok(Some(_))) {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Whatever is gone already is no failure.
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

impl Network {
    fn start(plan: &Plan) -> Result<Self, DemoError> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("simulated-operator")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let gone = || std::io::Error::other("a pipe to the operator's process is missing");
        let orders = process.stdin.take().ok_or_else(gone)?;
        let answers = BufReader::new(process.stdout.take().ok_or_else(gone)?);
        let mut network = Self { operator: plan.operator.clone(), process, orders, answers };
        writeln!(network.orders, "{}", serde_json::to_string(plan)?)?;
        network.orders.flush()?;
        Ok(network)
    }

    /// Asks the network, and reads its answer.
    pub(crate) fn ask<T: DeserializeOwned>(&mut self, command: &opsim::Command) -> Result<T, DemoError> {
        writeln!(self.orders, "{}", serde_json::to_string(command)?)?;
        self.orders.flush()?;
        self.read("an answer")
    }

    fn read<T: DeserializeOwned>(&mut self, expected: &str) -> Result<T, DemoError> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        serde_json::from_str(&line).map_err(|error| DemoError::Process {
            process: format!("operator {}", self.operator),
            expected: expected.into(),
            found: format!("{line:?} ({error})"),
        })
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // It ends with its input; whatever is gone already is no failure.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What an operator's process says first.
#[derive(serde::Deserialize)]
struct Ready {
    elements: Vec<Element>,
}

/// A network: an MME for each pool and a second one for one of them, a BSC for each 2G
/// controller, an RNC for each 3G one.
fn plan(inventory: &Inventory, operator: &str, cells_file: &Path, arguments: &Arguments) -> Plan {
    let is_cbc = |element: &ElementPlan| element.kind == ElementKind::Cbc;
    let mut elements = Vec::new();
    let mut plmn = None;
    for controller in inventory.controllers() {
        let owner = inventory.operator(controller.operator);
        if owner.name != operator {
            continue;
        }
        plmn = Some(owner.plmn);
        let (kind, transport, names) = match controller.rat {
            Rat::Lte => {
                let name = controller.name.replace("-pool", "");
                let second = controller.name.ends_with("-north").then(|| format!("{name}-2"));
                let names = std::iter::once(format!("{name}-1")).chain(second).collect::<Vec<_>>();
                (ElementKind::Mme, TransportPlan::UdpSctp, names)
            }
            Rat::Gsm => (ElementKind::Bsc, TransportPlan::Tcp, vec![controller.name.clone()]),
            Rat::Umts => (ElementKind::Rnc, TransportPlan::Tcp, vec![controller.name.clone()]),
            // One CBC for all of them.
            Rat::Nr if operator == BY_CAP && !elements.iter().any(is_cbc) => {
                (ElementKind::Cbc, TransportPlan::Http, vec![format!("{operator}-cbc")])
            }
            Rat::Nr => continue,
        };
        elements.extend(names.into_iter().map(|name| ElementPlan {
            name,
            kind,
            controller: controller.name.clone(),
            role: Role::Listen,
            transport,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            sctp_port: 29_168,
            tls: None,
            habits: Habits::default(),
            faults: Faults::default(),
        }));
    }
    if arguments.faults {
        plant(&mut elements, operator);
    }
    if arguments.crash {
        // Every answer takes a while, so that the daemon dies with all of them on their way.
        elements.iter_mut().for_each(|element| element.faults.delay_ms = 400);
    }
    Plan {
        operator: operator.to_owned(),
        plmn: plmn.unwrap_or_else(|| inventory.operators()[0].plmn),
        cells_file: cells_file.display().to_string(),
        seed: arguments.seed,
        phones: PhonePlan { per_cell: 1, ..PhonePlan::default() },
        elements,
    }
}

/// The faults of `--faults`: mts's first northern MME hears and carries out, but its answers of four seconds are lost;
/// each BSC of Yettel has ten cells that cannot broadcast.
fn plant(elements: &mut [ElementPlan], operator: &str) {
    for element in elements {
        if operator == "mts" && element.name.ends_with("-north-1") {
            element.faults.silent = Some(Silence { from_ms: 0, for_ms: 4_000, deaf: false });
        }
        if operator == "yettel" && element.kind == ElementKind::Bsc {
            element.faults.refuse_cells = Some(Share::Count(10));
        }
    }
}

fn nr_controllers<'a>(inventory: &'a Inventory, operator: &str) -> impl Iterator<Item = &'a str> {
    let operator = inventory.operator_by_name(operator);
    let controllers = inventory.controllers().iter();
    controllers
        .filter(move |known| known.rat == Rat::Nr && Some(known.operator) == operator)
        .map(|known| known.name.as_str())
}

fn start_daemon(folder: &Path) -> Result<Child, DemoError> {
    let log = std::fs::File::options().create(true).append(true).open(folder.join("daemon.log"))?;
    let daemon = Command::new(std::env::current_exe()?)
        .args(["demo-daemon", "--config"])
        .arg(folder.join("amberd.toml"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()?;
    Ok(daemon)
}

fn write_config(folder: &Path, inventory: &Inventory, elements: &[Element]) -> Result<(), DemoError> {
    let mut operators = Vec::new();
    for operator in inventory.operators() {
        let mut text = format!("name = \"{}\"\n", operator.name);
        for element in elements.iter().filter(|element| element.name.starts_with(&operator.name)) {
            let Element { name, address, protocol, controller } = element;
            let controllers: Vec<&str> = match protocol.as_str() {
                "cap" => nr_controllers(inventory, &operator.name).collect(),
                _ => vec![controller],
            };
            // What waits for an answer, or for a silent peer, is shortened to what an audience can watch.
            let _ = write!(
                text,
                "\n[[peer]]\nname = \"{name}\"\nprotocol = \"{protocol}\"\ncontrollers = {controllers:?}\nanswer_timeout_ms = 2000\n"
            );
            let _ = if protocol == "sbcap" {
                write!(
                    text,
                    "transport = \"sctp_over_udp\"\naddresses = [\"127.0.0.1:29168\"]\nudp_port = {}\n",
                    address.port()
                )
            } else if protocol == "cap" {
                write!(
                    text,
                    "transport = \"http\"\naddresses = [\"{address}\"]\npath = \"/cap\"\nreports = true\n"
                )
            } else {
                write!(text, "transport = \"tcp\"\naddresses = [\"{address}\"]\n")
            };
        }
        let path = folder.join(format!("{}.toml", operator.name));
        std::fs::write(&path, text)?;
        operators.push(format!("\"{}.toml\"", operator.name));
    }
    std::fs::write(
        folder.join("missing-child.toml"),
        include_str!("../../../../config/policies/missing-child.toml"),
    )?;
    // The keys of the tests: they protect nothing.
    std::fs::write(folder.join("cap.key.pem"), include_str!("../../../../fixtures/cap/keys/ecdsa.key.pem"))?;
    std::fs::write(folder.join("cap.crt.pem"), CERTIFICATE)?;
    let main = format!(
        "demonstration = true\nstate_dir = \"state\"\ninventory = \"cells.csv\"\noperators = [{}]\n\
         policies = [\"missing-child.toml\"]\n\n[admin]\nsocket = \"admin.sock\"\nmode = \"0600\"\n\n\
         [roles]\nauthor = {{ users = [\"{AUTHOR}\", \"{APPROVER}\"] }}\n\
         approver = {{ users = [\"{AUTHOR}\", \"{APPROVER}\"] }}\n\n\
         [cap]\nsender = \"alerts@demo.example\"\nkey = \"cap.key.pem\"\ncertificate = \"cap.crt.pem\"\n\n\
         [patience]\nretry_first_ms = 500\nretry_max_ms = 4000\nindication_ms = 3000\n",
        operators.join(", ")
    );
    std::fs::write(folder.join("amberd.toml"), main)?;
    Ok(())
}
