//! A network in real time: a BSC and an RNC over TCP and an MME over UDP-encapsulated SCTP, driven by octets and JSON lines.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "real sockets, real time")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "what fails here fails the test")]

use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use link::{Connection, DialConfig, EventKind, Framing, Link, LinkEvent, LinkId, SctpSettings, Transport};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

const PATIENCE: Duration = Duration::from_secs(20);
const BSC: LinkId = LinkId(1);
const MME: LinkId = LinkId(2);
const RNC: LinkId = LinkId(3);

/// The process's two ends, and its dispatcher.
struct Process {
    commands: io::PipeWriter,
    answers: BufReader<io::PipeReader>,
    ended: std::thread::JoinHandle<Result<(), opsim::Error>>,
}

impl Process {
    fn start(plan: &Value) -> Self {
        let (commands_in, commands) = io::pipe().unwrap();
        let (answers, answers_out) = io::pipe().unwrap();
        let plan = serde_json::from_value(plan.clone()).unwrap();
        let ended =
            std::thread::spawn(move || opsim::shell::run(plan, BufReader::new(commands_in), answers_out));
        Self { commands, answers: BufReader::new(answers), ended }
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn ask(&mut self, command: &Value) -> Value {
        writeln!(self.commands, "{command}").unwrap();
        self.answer()
    }
}

struct Dispatcher {
    runtime: Runtime,
    sink: link::Sink,
    events: mpsc::Receiver<LinkEvent>,
}

impl Dispatcher {
    fn new() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (sender, events) = mpsc::channel();
        Self { runtime, sink: Arc::new(move |event| drop(sender.send(event))), events }
    }

    fn dial(&self, id: LinkId, transport: Transport, to: SocketAddr) -> (Link, Connection) {
        let link = Link::dial(
            id,
            DialConfig::new("test", transport, vec![to]),
            self.sink.clone(),
            self.runtime.handle(),
        );
        let connection = loop {
            if let EventKind::Up { connection, .. } = self.next(id) {
                break connection;
            }
        };
        (link.unwrap(), connection)
    }

    /// The next event; there is one link talking at a time.
    fn next(&self, id: LinkId) -> EventKind {
        let event = self.events.recv_timeout(PATIENCE).unwrap();
        assert_eq!(event.link, id);
        event.kind
    }

    fn frame(&self, id: LinkId) -> Bytes {
        match self.next(id) {
            EventKind::Frame(frame) => frame.0,
            other => panic!("expected a frame, got {other:?}"),
        }
    }

    fn cbsp(&self) -> Value {
        serde_json::to_value(cbsp::Pdu::decode(&self.frame(BSC)).unwrap()).unwrap()
    }

    fn sabp(&self) -> Value {
        serde_json::to_value(sabp::Pdu::decode(&self.frame(RNC)).unwrap().pdu).unwrap()
    }

    fn sbcap(&self) -> Value {
        serde_json::to_value(sbcap::Pdu::decode(&self.frame(MME)).unwrap().pdu).unwrap()
    }
}

fn cells_file(cells: &[&str]) -> tempfile::NamedTempFile {
    let header = "operator,mcc,mnc,rat,lac_or_tac,cell_id,enb_or_gnb_id,lat,lon,azimuth_deg,beamwidth_deg,radius_m,controller";
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{header}\n{}", cells.join("\n")).unwrap();
    file
}

#[test]
fn a_network_answers_over_real_sockets_and_obeys_commands() {
    let file = cells_file(&[
        "y,220,01,gsm,258,772,,44.5,20.5,0,360,500,bsc-1",
        "y,220,01,lte,257,10596865,41394,44.5,20.5,0,360,500,pool-1",
    ]);
    let mut process = Process::start(&json!({
        "operator": "y", "plmn": "22001", "cells_file": file.path(), "seed": 1,
        "phones": {"per_cell": 3, "additional_languages": 0.0},
        "elements": [
            {"name": "bsc", "kind": "bsc", "controller": "bsc-1", "transport": "tcp", "address": "127.0.0.1:0"},
            {"name": "mme", "kind": "mme", "controller": "pool-1", "transport": "udp_sctp",
             "address": "127.0.0.1:0", "faults": {"delay_ms": 20, "refuse_cells": {"count": 0}}},
        ],
    }));
    let ready = process.answer();
    assert_eq!(ready["ready"], true);
    let address =
        |at: usize| -> SocketAddr { ready["elements"][at]["address"].as_str().unwrap().parse().unwrap() };
    assert_eq!(
        (&ready["elements"][0]["name"], &ready["elements"][1]["name"]),
        (&json!("bsc"), &json!("mme"))
    );

    let dispatcher = Dispatcher::new();
    let (_bsc, to_bsc) = dispatcher.dial(BSC, Transport::Tcp(Framing::CBSP), address(0));
    assert_eq!(dispatcher.cbsp()["recovery"], "data_lost");
    assert_eq!(dispatcher.cbsp()["broadcast_message_type"], "emergency");
    let write: cbsp::Pdu = serde_json::from_value(json!({
        "message": "write_replace", "message_id": 4379, "new_serial": {"gs": 1, "code": 17, "update": 0},
        "cells": {"kind": "bss", "items": []}, "channel": "basic", "category": "normal", "repetition_period": 32,
        "broadcasts": 10, "dcs": 15, "content": {"encoding": "gsm7", "text": "over TCP"},
    }))
    .unwrap();
    let mut octets = BytesMut::new();
    write.encode(&mut octets).unwrap();
    to_bsc.send(octets.freeze()).unwrap();
    assert_eq!(dispatcher.cbsp()["message"], "write_replace_complete");

    let transport = |udp_port| Transport::UdpSctp {
        settings: SctpSettings::default(),
        local_port: None,
        remote_port: udp_port,
    };
    let sctp = SocketAddr::from(([127, 0, 0, 1], 29_168));
    let (_mme, to_mme) = dispatcher.dial(MME, transport(address(1).port()), sctp);
    let write: sbcap::Pdu = serde_json::from_value(json!({
        "message": "write_replace_warning_request", "message_id": 4379,
        "serial": {"gs": 1, "code": 17, "update": 0}, "repetition_period": 60, "broadcasts": 10, "dcs": 15,
        "content": {"encoding": "gsm7", "text": "over SCTP"}, "concurrent": true,
        "send_write_replace_indication": true,
    }))
    .unwrap();
    let mut octets = BytesMut::new();
    write.encode(&mut octets).unwrap();
    to_mme.send(octets.freeze()).unwrap();
    assert_eq!(dispatcher.sbcap()["cause"], 0);
    let indication = dispatcher.sbcap();
    assert_eq!(
        indication["broadcast_scheduled_area"]["cells"],
        json!([{"plmn": "22001", "eci": 10_596_865}])
    );

    let key = json!({"message_id": 4379, "serial": {"gs": 1, "code": 17, "update": 0}});
    let report = process.ask(&json!({"do": "report", "target": [[0, 1]], "messages": [key]}));
    let expected = json!({"total": 6, "in_area": 3, "rang_once": 3, "rang_more": 0, "missed": 0, "unreachable": 0, "out_of_area": 3,
                          "out_of_area_rang": 3, "rings_unrecorded": 0});
    assert_eq!(report["phones"], expected);
    assert_eq!(
        (&report["elements"][1]["connected"], &report["elements"][1]["cells_on_air"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(
        (&report["elements"][0]["pdus_in"], &report["elements"][0]["pdus_out"]),
        (&json!(1), &json!(3))
    );
    let phones = process.ask(&json!({"do": "phone", "cell": 1}));
    assert_eq!(phones["phones"][0]["rings"][0]["text"], "over SCTP");

    assert!(
        process.ask(&json!({"do": "dance"}))["error"]
            .as_str()
            .unwrap()
            .starts_with("expected a command in JSON")
    );
    assert_eq!(process.ask(&json!({"do": "restart", "element": "bsc"})), json!({"done": true}));
    assert!(matches!(dispatcher.next(BSC), EventKind::Down { .. }));
    let to_bsc = loop {
        if let EventKind::Up { connection, .. } = dispatcher.next(BSC) {
            break connection;
        }
    };
    assert_eq!(dispatcher.cbsp()["recovery"], "data_lost");
    drop(to_bsc);

    drop(process.commands);
    assert_eq!(process.ended.join().unwrap(), Ok(()), "the end of the commands is the end");
}

#[test]
fn an_rnc_answers_over_a_real_socket_and_tells_of_its_restart() {
    let file = cells_file(&["y,220,01,umts,4097,1,7,44.5,20.5,0,360,500,rnc-1"]);
    let mut process = Process::start(&json!({
        "operator": "y", "plmn": "22001", "cells_file": file.path(), "seed": 1,
        "phones": {"per_cell": 3, "additional_languages": 0.0},
        "elements": [
            {"name": "rnc", "kind": "rnc", "controller": "rnc-1", "transport": "tcp", "address": "127.0.0.1:0"},
        ],
    }));
    let ready = process.answer();
    let address = ready["elements"][0]["address"].as_str().unwrap().parse().unwrap();
    let dispatcher = Dispatcher::new();
    let framing = Framing::SelfDelimiting(|stream| {
        sabp::frame_length(stream, sabp::FRAME_MAX_BYTES).map_err(|error| error.to_string())
    });
    let (_rnc, to_rnc) = dispatcher.dial(RNC, Transport::Tcp(framing), address);
    let send = |connection: &Connection, pdu: Value| {
        let mut octets = BytesMut::new();
        serde_json::from_value::<sabp::Pdu>(pdu).unwrap().encode(&mut octets).unwrap();
        connection.send(octets.freeze()).unwrap();
    };
    let area = json!({"plmn": "22001", "lac": 4097, "sac": 1});
    let serial = json!({"gs": 1, "code": 33, "update": 0});
    send(
        &to_rnc,
        json!({
            "message": "write_replace", "message_id": 4379, "new_serial": serial, "service_areas": [area],
            "category": "normal-priority", "repetition_period": 60, "broadcasts": 10, "dcs": 15,
            "content": {"encoding": "gsm7", "text": "over TCP"},
        }),
    );
    let complete = dispatcher.sabp();
    assert_eq!(
        (&complete["message"], &complete["completed"][0]["sac"]),
        (&json!("write_replace_complete"), &json!(1))
    );
    let phones = process.ask(&json!({"do": "phone", "cell": 0}));
    assert_eq!(phones["phones"][0]["rings"][0]["text"], "over TCP", "{phones}");
    let kill = json!({"message": "kill", "message_id": 4379, "old_serial": serial, "service_areas": [area]});
    send(&to_rnc, kill.clone());
    assert_eq!(dispatcher.sabp()["message"], "kill_complete");

    assert_eq!(process.ask(&json!({"do": "restart", "element": "rnc"})), json!({"done": true}));
    assert!(matches!(dispatcher.next(RNC), EventKind::Down { .. }));
    let to_rnc = loop {
        if let EventKind::Up { connection, .. } = dispatcher.next(RNC) {
            break connection;
        }
    };
    let restart = dispatcher.sabp();
    assert_eq!((&restart["message"], &restart["service_areas"]), (&json!("restart"), &json!([area])));
    send(&to_rnc, kill);
    assert_eq!(dispatcher.sabp()["message"], "kill_failure");

    drop(process.commands);
    assert_eq!(process.ended.join().unwrap(), Ok(()));
}

#[test]
fn a_plan_without_its_cells_file_says_so() {
    let plan = json!({"operator": "y", "plmn": "22001", "cells_file": "/nowhere.csv", "elements": []});
    let error = Process::start(&plan).ended.join().unwrap().unwrap_err();
    assert!(matches!(error, opsim::Error::Inventory { .. }), "{error}");
}
