//! The demo as Wireshark sees it: every frame dissects, and together they say what the demo's report says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tests::capture::Capture;
use tests::need;
use tests::process::{amberd, run};
use tests::tshark::{Frame, frames, joined};

/// One message of ours on the wire.
#[derive(Debug)]
struct Sent {
    kind: Kind,
    operator: String,
    message_id: u32,
    serial: u32,
    /// Cells by their identity in the operator's network.
    cells: Vec<String>,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Write,
    Stop,
}

/// The values of a frame, taken off message by message.
struct Values {
    columns: Vec<std::vec::IntoIter<String>>,
}

impl Values {
    fn new(values: Vec<Vec<String>>) -> Self {
        Self { columns: values.into_iter().map(Vec::into_iter).collect() }
    }

    fn next(&mut self, column: usize) -> Option<String> {
        self.columns[column].next()
    }

    fn take(&mut self, column: usize, count: usize) -> Vec<String> {
        self.columns[column].by_ref().take(count).collect()
    }

    fn rest(&mut self, column: usize) -> Vec<String> {
        self.columns[column].by_ref().collect()
    }
}

fn hexadecimal(text: &str) -> u32 {
    u32::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
}

/// The operator of each port of an element with this protocol.
fn operators(report: &Value, protocol: &str) -> BTreeMap<String, String> {
    let elements = report["elements"].as_array().unwrap().iter();
    elements
        .filter(|element| element["protocol"] == protocol)
        .map(|element| {
            let (_, port) = element["address"].as_str().unwrap().rsplit_once(':').unwrap();
            let (operator, _) = element["name"].as_str().unwrap().split_once('-').unwrap();
            (port.to_owned(), operator.to_owned())
        })
        .collect()
}

/// What we sent to MMEs. Their answers must carry no cause but acceptance.
fn sbcap(capture: &std::path::Path, report: &Value) -> Vec<Sent> {
    let ports = operators(report, "sbcap");
    let rules: Vec<String> = ports.keys().map(|port| format!("udp.port=={port},sctp")).collect();
    let among = ports.keys().cloned().collect::<Vec<_>>().join(",");
    let fields = [
        "udp.dstport",
        "sbc-ap.procedureCode",
        "sbc-ap.Message_Identifier",
        "sbc-ap.Serial_Number",
        "sbc-ap.WarningMessageContents.nb_pages",
        "sbc-ap.WarningMessageContents.decoded_page",
        "sbc-ap.cell_ID",
        "sbc-ap.Cause",
    ];
    let filter = format!("sbcap && udp.port in {{{among}}}");
    let mut sent = Vec::new();
    for Frame { number, values } in frames(capture, &rules, &filter, &fields) {
        let mut values = Values::new(values);
        let port = values.next(0).unwrap();
        assert!(values.rest(7).iter().all(|cause| cause == "0"), "frame {number}: a refusal");
        let Some(operator) = ports.get(&port) else { continue };
        let procedures = values.rest(1);
        assert_eq!(procedures.len(), 1, "frame {number}: one of our messages in each packet");
        let pages = values.next(4).map_or(0, |pages| pages.parse().unwrap());
        sent.push(Sent {
            kind: if procedures[0] == "0" { Kind::Write } else { Kind::Stop },
            operator: operator.clone(),
            message_id: values.next(2).unwrap().parse().unwrap(),
            serial: hexadecimal(&values.next(3).unwrap()),
            text: joined(&values.take(5, pages)),
            cells: values.rest(6),
        });
    }
    sent
}

/// What we sent to BSCs. They must have refused nothing.
fn cbsp(capture: &std::path::Path, report: &Value) -> Vec<Sent> {
    let ports = operators(report, "cbsp");
    let rules: Vec<String> = ports.keys().map(|port| format!("tcp.port=={port},cbsp")).collect();
    let among = ports.keys().cloned().collect::<Vec<_>>().join(",");
    let fields = [
        "tcp.dstport",
        "cbsp.msg_type",
        "cbsp.message_id",
        "cbsp.new_serial_nr",
        "cbsp.old_serial_nr",
        "cbsp.num_of_pages",
        "cbsp.cb_page_content",
        "cbsp.lac",
        "cbsp.ci",
        "cbsp.cause",
    ];
    let filter = format!("cbsp && tcp.port in {{{among}}}");
    let mut sent = Vec::new();
    for Frame { number, values } in frames(capture, &rules, &filter, &fields) {
        let mut values = Values::new(values);
        let port = values.next(0).unwrap();
        assert_eq!(values.rest(9), [""; 0], "frame {number}: a refusal");
        let Some(operator) = ports.get(&port) else { continue };
        // WRITE-REPLACE, KILL; the rest of what we send is about the link.
        let ours: Vec<String> =
            values.rest(1).into_iter().filter(|kind| kind == "1" || kind == "4").collect();
        let (lacs, cis) = (values.rest(7), values.rest(8));
        let mut cells: Vec<String> = lacs.iter().zip(&cis).map(|(lac, ci)| format!("{lac} {ci}")).collect();
        for kind in ours {
            let pages = if kind == "1" { values.next(5).unwrap().parse().unwrap() } else { 0 };
            let new = if kind == "1" { values.next(3) } else { None };
            sent.push(Sent {
                kind: if kind == "1" { Kind::Write } else { Kind::Stop },
                operator: operator.clone(),
                message_id: hexadecimal(&values.next(2).unwrap()),
                serial: hexadecimal(&new.or_else(|| values.next(4)).unwrap()),
                text: joined(&values.take(6, pages)),
                // All cells of the frame: those of two messages in one segment are not told apart.
                cells: std::mem::take(&mut cells),
            });
        }
    }
    sent
}

fn row<'a>(report: &'a Value, operator: &str, rat: &str) -> &'a Value {
    let mut rows = report["networks"].as_array().unwrap().iter();
    rows.find(|row| row["operator"] == operator && row["rat"] == rat).unwrap()
}

/// Holds what was sent to one technology against the demo's own report.
fn compare(sent: &[Sent], rat: &str, report: &Value, shown: &BTreeSet<String>) {
    let writes: Vec<&Sent> = sent.iter().filter(|sent| sent.kind == Kind::Write).collect();
    let stops: Vec<&Sent> = sent.iter().filter(|sent| sent.kind == Kind::Stop).collect();
    for operator in ["yettel", "mts", "a1"] {
        let own = |sent: &&&Sent| sent.operator == operator;
        let row = row(report, operator, rat);
        // The first version has update number 0, its update 1: what is stopped with 0 was stopped by the update, with 1
        // by the cancel, which the report's PDUs do not count.
        let updates = |sent: &Sent| sent.serial & 0xf;
        let old_stops = stops.iter().filter(own).filter(|stop| updates(stop) == 0).count();
        let pdus = writes.iter().filter(own).count() + old_stops;
        assert_eq!(row["pdus"], pdus, "{operator} {rat}");
        for update in [0, 1] {
            let version = || writes.iter().filter(own).filter(|write| updates(write) == update);
            let cells: BTreeSet<&String> = version().flat_map(|write| &write.cells).collect();
            assert_eq!(row["cells"]["targeted"], cells.len(), "{operator} {rat}, update {update}");
            let ids: BTreeSet<u32> = version().map(|write| write.message_id).collect();
            assert_eq!(ids, BTreeSet::from([4379, 4392]), "the main message, and that in other languages");
            let serials: BTreeSet<(u32, u32)> =
                version().map(|write| (write.message_id, write.serial)).collect();
            assert_eq!(serials.len(), 2, "one serial number for each message and version: {serials:x?}");
        }
        let cancelled: BTreeSet<&String> =
            stops.iter().filter(own).filter(|stop| updates(stop) == 1).flat_map(|stop| &stop.cells).collect();
        assert_eq!(row["cancel"]["cells_confirmed"], cancelled.len(), "{operator} {rat}");
    }
    let main = writes.iter().filter(|write| write.message_id == 4379);
    let texts: BTreeSet<String> = main.map(|write| write.text.clone()).collect();
    assert_eq!(texts, *shown, "what a phone shows in the demo is what was sent");
}

#[test]
fn wireshark_sees_on_the_wire_what_the_demo_reports() {
    if !need::program("tshark") || !need::root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let capture = Capture::start(folder.path());
    let report = folder.path().join("report.json");
    let demo = run(amberd().args(["demo", "--cells", "20k", "--report"]).arg(&report));
    let capture = capture.stop();
    assert_eq!(demo.code, Some(0), "{}\n{}", demo.out, demo.err);
    let report: Value = serde_json::from_str(&std::fs::read_to_string(&report).unwrap()).unwrap();
    // The phone's screen of each version, as the demo prints it.
    let mut shown = BTreeSet::new();
    let mut lines = demo.out.lines().peekable();
    while let Some(line) = lines.next() {
        if line.contains("rings and shows message 4379") {
            let text = std::iter::from_fn(|| lines.next_if(|line| line.starts_with("    | ")));
            shown.insert(text.map(|line| &line[6..]).collect::<Vec<_>>().join("\n"));
        }
    }
    assert_eq!(shown.len(), 2, "two versions were shown: {}", demo.out);
    compare(&sbcap(&capture, &report), "lte", &report, &shown);
    compare(&cbsp(&capture, &report), "gsm", &report, &shown);
}
