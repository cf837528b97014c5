//! The story: draft, preview, approval, phones, update, cancel. Told through the admin socket.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use admin::Client;
use area::{CellIndex, CellRuns, Rat, Target};
use engine::AlertId;
use engine::command::{Change, Command, Wording};
use engine::view::{AlertView, Counts};
use opsim::{CellPhones, MessageKey};
use policy::{Case, Channel, Fact, LanguageText, Script};

use super::cap;
use super::figures::{CancelFigures, Figures};
use super::stage::{APPROVER, AUTHOR, BY_CAP, Stage};
use super::{Arguments, DemoError};

/// The districts of the alert: around Novi Sad.
const DISTRICTS: [&str; 2] = ["Južnobački okrug", "Сремски округ"];

/// Tells it; what came of it.
pub(crate) async fn tell(stage: &mut Stage, arguments: &Arguments) -> Result<Figures, DemoError> {
    let (author, approver) = connect(stage).await?;
    let wording = wording();
    let preview = author.preview("missing-child", &wording).await?;
    println!("\n{AUTHOR} drafts an alert: a boy of 7 missing in Novi Sad; area: {}.", DISTRICTS.join(", "));
    for planned in &preview.version.planned {
        println!(
            "  {} message in {}: {} pages, {}",
            if planned.role == policy::Role::Main { "main (4379)" } else { "additional-language (4392)" },
            planned.languages.join(" and "),
            planned.pages,
            if planned.dcs == cbs::DataCodingScheme::GSM7 { "GSM 7-bit" } else { "UCS-2" },
        );
    }
    println!(
        "  {} cells of configured peers; {} more in the area have none and will be unserved",
        preview.version.cells, preview.version.unserved
    );
    let draft = Command::Draft { channel: Channel::Live, class: "missing-child".into(), wording };
    let alert = author.command(Some("demo-draft"), &draft).await?.id;
    author.command(Some("demo-submit"), &Command::Submit { alert }).await?;
    let refused = author.command(None, &Command::Approve { alert, version: Some(1) }).await;
    if let Err(error) = refused {
        println!("{AUTHOR} tries to approve it as well: \"{error}\"");
    }
    println!("{APPROVER} approves {alert}.\n");
    let target = target(stage)?;
    let first = approve(stage, &approver, alert, 1, "demo-approve").await?;
    if arguments.crash {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let before = approver.alert(alert).await?;
        stage.crash_daemon()?;
        println!(
            "  kill -9: the daemon dies with {} of {} cells confirmed, and is started again on the same journal",
            before.cells.confirmed, before.cells.targeted
        );
        connect(stage).await?;
    }
    let first_settled = settle(stage, &approver, alert, on).await?;
    let mut messages = names(&first_settled);
    show_phones(stage, &target)?;
    println!("\n  The same as CAP, for whoever is no phone:");
    cap::show(&author, alert, "1").await?;

    println!("\n{AUTHOR} updates it: the car's plate is known. {APPROVER} approves.\n");
    author.command(Some("demo-update"), &Command::Update { alert, change: change() }).await?;
    approve(stage, &approver, alert, 2, "demo-approve-update").await?;
    let updated = settle(stage, &approver, alert, on).await?;
    messages.extend(names(&updated));
    let traffic = approver.traffic(alert).await?;
    show_phones(stage, &target)?;

    println!("\nThe boy is found. {APPROVER} cancels.\n");
    let cancel = Command::Cancel { alert, reason: "found safe".into() };
    approver.command(Some("demo-cancel"), &cancel).await?;
    let cancelled = settle(stage, &approver, alert, off).await?;
    println!("\n  And its cancel, which says all by its references:");
    cap::show(&approver, alert, "cancel").await?;
    let cancel =
        CancelFigures { cells_targeted: cancelled.off.targeted, cells_confirmed: cancelled.off.confirmed };

    let mut figures = Figures::new(&first, &first_settled, &updated, &cancelled, &traffic, cancel);
    figures.elements = stage.elements.clone();
    figures.faults_planted = arguments.faults;
    figures.ask_phones(stage, &target, &messages)?;
    figures.ask_cells(stage, &target)?;
    figures.demo_ms = u64::try_from(stage.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(figures)
}

/// Both officers at the socket, once every peer is ready.
async fn connect(stage: &mut Stage) -> Result<(Client, Client), DemoError> {
    let started = Instant::now();
    let limit_s = 15;
    let mut found = "no admin socket".to_owned();
    while started.elapsed() < Duration::from_secs(limit_s) {
        stage.check_daemon()?;
        if let Ok(client) = Client::connect(stage.socket()).await {
            let author = client.clone().asserting(AUTHOR);
            let peers = author.peers().await?;
            let ready = peers.iter().filter(|peer| peer.ready).count();
            if ready == peers.len() {
                println!(
                    "The daemon is up, its journal in a temporary directory; all {ready} peers are ready after {} ms.",
                    started.elapsed().as_millis()
                );
                return Ok((author, client.asserting(APPROVER)));
            }
            found = format!("{ready} of {} peers are ready", peers.len());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(DemoError::Slow { what: "the start", limit_s, found })
}

async fn approve(
    stage: &mut Stage,
    approver: &Client,
    alert: AlertId,
    version: u16,
    key: &str,
) -> Result<AlertView, DemoError> {
    stage.check_daemon()?;
    let command = Command::Approve { alert, version: Some(version) };
    Ok(approver.command(Some(key), &command).await?)
}

/// Waits until the network has said its last word, showing how far it is.
async fn settle(
    stage: &mut Stage,
    client: &Client,
    alert: AlertId,
    counts: fn(&AlertView) -> Vec<(String, Counts, u32)>,
) -> Result<AlertView, DemoError> {
    let (started, limit_s) = (Instant::now(), 20);
    let mut shown = String::new();
    loop {
        stage.check_daemon()?;
        let view = client.alert(alert).await?;
        let rows = counts(&view);
        show_progress(&rows, started, &mut shown);
        let open: u32 = rows
            .iter()
            .map(|(_, row, older)| row.pending + row.sent + row.accepted + row.unknown + older)
            .sum();
        let over = started.elapsed() >= Duration::from_secs(limit_s);
        if open == 0 || over {
            end_progress(&rows, started);
            return Ok(view);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn on(view: &AlertView) -> Vec<(String, Counts, u32)> {
    let rows = view.networks.iter().filter(|network| network.cells.targeted > 0);
    rows.map(|network| (format!("{} {}", network.operator, network.rat), network.cells, network.older))
        .collect()
}

fn off(view: &AlertView) -> Vec<(String, Counts, u32)> {
    let rows = view.networks.iter().filter(|network| network.off.targeted > 0);
    rows.map(|network| (format!("{} {}", network.operator, network.rat), network.off, 0)).collect()
}

fn show_progress(rows: &[(String, Counts, u32)], started: Instant, shown: &mut String) {
    let (confirmed, targeted) = sums(rows);
    let percent = (u64::from(confirmed) * 100).checked_div(u64::from(targeted)).unwrap_or(0);
    let width = 40;
    let full = usize::try_from(percent).unwrap_or(0) * width / 100;
    let bar = format!(
        "[{}{}] {percent:>3} % of {targeted} cells confirmed",
        "#".repeat(full),
        ".".repeat(width - full)
    );
    if bar == *shown {
        return;
    }
    if std::io::stdout().is_terminal() {
        print!("\r  {bar}");
    } else {
        println!("  {bar} after {} ms", started.elapsed().as_millis());
    }
    // Progress that cannot be shown is no failure of the alert's.
    let _ = std::io::stdout().flush();
    *shown = bar;
}

fn end_progress(rows: &[(String, Counts, u32)], started: Instant) {
    if std::io::stdout().is_terminal() {
        println!();
    }
    for (name, counts, _) in rows {
        let mut line = format!("  {name:<12} {:>6} of {:>6} confirmed", counts.confirmed, counts.targeted);
        for (count, word) in [
            (counts.refused, "refused"),
            (counts.unknown, "unknown"),
            (counts.accepted, "only accepted"),
            (counts.pending + counts.sent, "open"),
        ] {
            if count > 0 {
                line.push_str(&format!(", {count} {word}"));
            }
        }
        println!("{line}");
    }
    println!("  after {} ms", started.elapsed().as_millis());
}

fn sums(rows: &[(String, Counts, u32)]) -> (u32, u32) {
    rows.iter().fold((0, 0), |(confirmed, targeted), (_, row, _)| {
        (confirmed + row.confirmed, targeted + row.targeted)
    })
}

/// The cells of the area that have a peer.
fn target(stage: &Stage) -> Result<CellRuns, DemoError> {
    let inventory = &stage.inventory;
    let resolved = area_of().resolve(&area::Atlas::serbia()?, inventory)?;
    let all = area::Coverage::new(inventory).cells_in(&resolved, area::Mode::Footprint);
    let mut served = CellRuns::new();
    let by_cap = inventory.operator_by_name(BY_CAP);
    let is_served =
        |controller: &&area::Controller| controller.rat != Rat::Nr || Some(controller.operator) == by_cap;
    for controller in inventory.controllers().iter().filter(is_served) {
        all.within(controller.cells.clone()).iter().for_each(|run| served.push(run));
    }
    Ok(served)
}

/// Every operator's names of the present texts.
fn names(view: &AlertView) -> Vec<(String, MessageKey)> {
    let names = view.messages.iter().flat_map(|message| &message.names);
    let mut seen = BTreeSet::new();
    names
        .filter(|name| seen.insert((name.operator.clone(), name.message_id, name.serial)))
        .map(|name| (name.operator.clone(), MessageKey { message_id: name.message_id, serial: name.serial }))
        .collect()
}

/// What stands on a phone in the area, and that one outside it is silent.
fn show_phones(stage: &mut Stage, target: &CellRuns) -> Result<(), DemoError> {
    let lte = |inventory: &area::Inventory, cell: CellIndex| inventory.cell(cell).rat == Rat::Lte;
    let inside =
        target.indices().find(|cell| lte(&stage.inventory, *cell) && near(stage, *cell, 45.2517, 19.8369));
    let outside = (0..stage.inventory.len())
        .map(CellIndex)
        .find(|cell| lte(&stage.inventory, *cell) && near(stage, *cell, 43.3209, 21.8958));
    if let Some(cell) = inside {
        let operator = stage.inventory.operator(stage.inventory.cell(cell).operator).name.clone();
        let phones = phones(stage, &operator, cell)?;
        if let Some(ring) = phones.phones.iter().filter_map(|phone| phone.rings.last()).next_back() {
            println!("\n  A phone in Novi Sad ({operator}, 4G) rings and shows message {}:", ring.message_id);
            ring.text.lines().for_each(|line| println!("    | {line}"));
        }
    }
    if let Some(cell) = outside {
        let operator = stage.inventory.operator(stage.inventory.cell(cell).operator).name.clone();
        let rings: usize = phones(stage, &operator, cell)?.phones.iter().map(|phone| phone.rings.len()).sum();
        println!("  A phone in Niš ({operator}, 4G), 250 km away, has rung {rings} times.");
    }
    Ok(())
}

fn phones(stage: &mut Stage, operator: &str, cell: CellIndex) -> Result<CellPhones, DemoError> {
    let missing = || DemoError::Process {
        process: format!("operator {operator}"),
        expected: "to be on the stage".into(),
        found: "nothing".into(),
    };
    let network =
        stage.networks.iter_mut().find(|network| network.operator == operator).ok_or_else(missing)?;
    network.ask(&opsim::Command::Phone { cell: cell.0 })
}

fn near(stage: &Stage, cell: CellIndex, lat: f64, lon: f64) -> bool {
    let site = stage.inventory.footprint(cell).site;
    let (dlat, dlon) = (f64::from(site.lat_udeg) / 1e6 - lat, f64::from(site.lon_udeg) / 1e6 - lon);
    dlat.abs() < 0.06 && dlon.abs() < 0.06
}

fn area_of() -> Target {
    Target { areas: DISTRICTS.map(str::to_owned).to_vec(), ..Target::default() }
}

fn wording() -> Wording {
    let text = |language: &str, text: &str| LanguageText { language: language.into(), text: text.into() };
    Wording {
        texts: vec![
            text(
                "sr-Cyrl",
                "НЕСТАЛО ДЕТЕ: Марко Петровић, 7 година, смеђа коса, плава јакна. Последњи пут виђен данас у 14.30, \
                 Нови Сад, Булевар ослобођења 12. Ако сте га видели, позовите 192. Не прилазите, не делите непроверено.",
            ),
            text(
                "en",
                "MISSING CHILD: Marko Petrovic, 7, brown hair, blue jacket. Last seen today at 14:30, Novi Sad, \
                 Bulevar oslobodjenja 12. If you have seen him call 192. Do not approach.",
            ),
        ],
        scripts: vec![Script::Cyrillic, Script::Latin],
        target: area_of(),
        duration_s: Some(3600),
        case: Case {
            age_years: Some(7),
            facts: [Fact::AbductionPresumed, Fact::ImminentDanger, Fact::SufficientInformation].into(),
            details: [("name".to_owned(), "Марко Петровић".to_owned())].into(),
        },
        ..Wording::default()
    }
}

fn change() -> Change {
    let mut texts = wording().texts;
    texts[0].text.push_str(" Возило: бела шкода, НС-123-АБ.");
    texts[1].text.push_str(" Vehicle: white Skoda, NS-123-AB.");
    Change { texts: Some(texts), scripts: vec![Script::Cyrillic, Script::Latin], ..Change::default() }
}
