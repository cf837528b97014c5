//! Two small networks: one MME with three eNBs and one BSC with two location areas; one RNC. A dispatcher that speaks
//! JSON.

use std::sync::Arc;

use area::{CellIndex, CellRuns, Inventory};
use bytes::BytesMut;
use opsim::{
    Answer, Command, ElementId, ElementKind, ElementPlan, Faults, Habits, Network, PhonePlan, Plan, Report,
    ReportRequest, Ring, Role, Transmit, TransportPlan,
};
use serde_json::{Value, json};

pub(crate) const MME: ElementId = ElementId(0);
pub(crate) const BSC: ElementId = ElementId(1);
/// Alone in its network.
pub(crate) const RNC: ElementId = ElementId(0);

/// The cells of the BSC, by index.
pub(crate) const GSM: [u32; 4] = [0, 1, 2, 3];
/// The cells of eNB 41394 in tracking area 257; 8 is its fourth cell, in tracking area 258.
pub(crate) const ENB: [u32; 3] = [4, 5, 6];
/// The ECIs of the LTE cells, from index 4.
pub(crate) const ECI: [u32; 7] =
    [10_596_865, 10_596_866, 10_596_867, 10_597_121, 10_596_868, 10_597_377, 10_597_378];

pub(crate) const CELLS: &str = "\
operator,mcc,mnc,rat,lac_or_tac,cell_id,enb_or_gnb_id,lat,lon,azimuth_deg,beamwidth_deg,radius_m,controller
y,220,01,gsm,258,772,,44.5,20.5,0,360,500,bsc-1
y,220,01,gsm,258,773,,44.5,20.5,0,360,500,bsc-1
y,220,01,gsm,8193,4369,,44.5,20.5,0,360,500,bsc-1
y,220,01,gsm,8193,4370,,44.5,20.5,0,360,500,bsc-1
y,220,01,lte,257,10596865,41394,44.5,20.5,0,360,500,pool-1
y,220,01,lte,257,10596866,41394,44.5,20.5,0,360,500,pool-1
y,220,01,lte,257,10596867,41394,44.5,20.5,0,360,500,pool-1
y,220,01,lte,257,10597121,41395,44.5,20.5,0,360,500,pool-1
y,220,01,lte,258,10596868,41394,44.5,20.5,0,360,500,pool-1
y,220,01,lte,258,10597377,41396,44.5,20.5,0,360,500,pool-1
y,220,01,lte,258,10597378,41396,44.5,20.5,0,360,500,pool-1
";

/// The cells of the RNC, by index.
pub(crate) const UMTS: [u32; 4] = [0, 1, 2, 3];

const RNC_CELLS: &str = "\
operator,mcc,mnc,rat,lac_or_tac,cell_id,enb_or_gnb_id,lat,lon,azimuth_deg,beamwidth_deg,radius_m,controller
y,220,01,umts,4097,1,7,44.5,20.5,0,360,500,rnc-1
y,220,01,umts,4097,2,7,44.5,20.5,0,360,500,rnc-1
y,220,01,umts,4097,3,7,44.5,20.5,0,360,500,rnc-1
y,220,01,umts,4098,1,7,44.5,20.5,0,360,500,rnc-1
y,220,01,umts,4098,9,7,44.5,20.5,0,360,500,rnc-2
";

pub(crate) fn plan() -> Plan {
    plan_of(vec![
        element("mme-1", ElementKind::Mme, "pool-1", TransportPlan::UdpSctp),
        element("bsc-1", ElementKind::Bsc, "bsc-1", TransportPlan::Tcp),
    ])
}

pub(crate) fn rnc_plan() -> Plan {
    plan_of(vec![element("rnc-1", ElementKind::Rnc, "rnc-1", TransportPlan::Tcp)])
}

fn element(name: &str, kind: ElementKind, controller: &str, transport: TransportPlan) -> ElementPlan {
    ElementPlan {
        name: name.into(),
        kind,
        controller: controller.into(),
        role: Role::Listen,
        transport,
        address: ([127, 0, 0, 1], 0).into(),
        sctp_port: 29_168,
        tls: None,
        habits: Habits { indication_delay_ms: 50, ..Habits::default() },
        faults: Faults::default(),
    }
}

fn plan_of(elements: Vec<ElementPlan>) -> Plan {
    Plan {
        operator: "y".into(),
        plmn: "22001".parse().unwrap(),
        cells_file: String::new(),
        seed: 7,
        phones: PhonePlan { per_cell: 4, additional_languages: 0.5, ..PhonePlan::default() },
        elements,
    }
}

pub(crate) struct World {
    pub(crate) network: Network,
    pub(crate) now_ms: u64,
    kinds: Vec<ElementKind>,
    closed: Vec<ElementId>,
}

impl World {
    /// Both elements are connected and their greetings read.
    pub(crate) fn new() -> Self {
        Self::of(plan())
    }

    pub(crate) fn of(plan: Plan) -> Self {
        let mut world = Self::unconnected(plan);
        for id in 0..world.network.elements().len() {
            world.network.connected(0, ElementId(id));
        }
        world.drain();
        world
    }

    pub(crate) fn unconnected(plan: Plan) -> Self {
        let kinds: Vec<ElementKind> = plan.elements.iter().map(|element| element.kind).collect();
        let cells = if kinds.contains(&ElementKind::Rnc) { RNC_CELLS } else { CELLS };
        let inventory = Inventory::import(cells.as_bytes()).unwrap();
        let network = Network::new(&plan, Arc::new(inventory)).unwrap();
        Self { network, now_ms: 0, kinds, closed: Vec::new() }
    }

    /// What an element says to a message, as far as it says so at once.
    pub(crate) fn tell(&mut self, id: ElementId, message: &Value) -> Vec<Value> {
        let mut octets = BytesMut::new();
        let message = message.clone();
        match self.kinds[id.0] {
            ElementKind::Mme => {
                serde_json::from_value::<sbcap::Pdu>(message).unwrap().encode(&mut octets).unwrap();
            }
            ElementKind::Bsc => {
                serde_json::from_value::<cbsp::Pdu>(message).unwrap().encode(&mut octets).unwrap();
            }
            ElementKind::Rnc => {
                serde_json::from_value::<sabp::Pdu>(message).unwrap().encode(&mut octets).unwrap();
            }
            ElementKind::Cbc => panic!("CBCs have a world of their own"),
        }
        let answers = self.tell_octets(id, &octets);
        answers.iter().map(|octets| self.decoded(id, octets)).collect()
    }

    pub(crate) fn tell_octets(&mut self, id: ElementId, octets: &[u8]) -> Vec<Vec<u8>> {
        self.network.received(self.now_ms, id, octets);
        self.octets_of(id)
    }

    /// Lets time pass to `now_ms`.
    pub(crate) fn until(&mut self, now_ms: u64) {
        assert!(now_ms >= self.now_ms);
        self.now_ms = now_ms;
        self.network.handle_timeout(now_ms);
    }

    /// What an element has to say now.
    pub(crate) fn hear(&mut self, id: ElementId) -> Vec<Value> {
        let said = self.octets_of(id);
        said.iter().map(|octets| self.decoded(id, octets)).collect()
    }

    /// The message in these octets of an element.
    pub(crate) fn decoded(&self, id: ElementId, octets: &[u8]) -> Value {
        match self.kinds[id.0] {
            ElementKind::Mme => serde_json::to_value(sbcap::Pdu::decode(octets).unwrap().pdu),
            ElementKind::Bsc => serde_json::to_value(cbsp::Pdu::decode(octets).unwrap()),
            ElementKind::Rnc => serde_json::to_value(sabp::Pdu::decode(octets).unwrap().pdu),
            ElementKind::Cbc => panic!("CBCs have a world of their own"),
        }
        .unwrap()
    }

    /// Whether an element has broken its connection since this was last asked.
    pub(crate) fn has_closed(&mut self, id: ElementId) -> bool {
        self.drain();
        let closed = self.closed.contains(&id);
        self.closed.retain(|other| *other != id);
        closed
    }

    pub(crate) fn command(&mut self, command: Value) -> Answer {
        let command: Command = serde_json::from_value(command).unwrap();
        let answer = self.network.command(self.now_ms, command).unwrap();
        self.network.handle_timeout(self.now_ms);
        answer
    }

    pub(crate) fn report(&self, target: &[u32]) -> Report {
        let target = Some(CellRuns::from_sorted(target.iter().copied().map(CellIndex)));
        self.network.report(self.now_ms, &ReportRequest { target, messages: None })
    }

    /// The cells where a serial number (of message 4379) is on the air.
    pub(crate) fn cells_with(&self, update: u8) -> Vec<u32> {
        let radio = self.network.radio();
        let carries =
            |cell: &u32| radio.on_air(*cell).iter().any(|on| on.message.key.serial.update() == update);
        radio.cells().filter(carries).collect()
    }

    pub(crate) fn rings(&self, phone: u32) -> Vec<Ring> {
        self.network.phones().report(phone).rings
    }

    fn octets_of(&mut self, id: ElementId) -> Vec<Vec<u8>> {
        let mut said = Vec::new();
        while let Some(transmit) = self.network.poll_transmit_of(id) {
            match transmit {
                Transmit::Pdu(octets) => said.push(octets.to_vec()),
                Transmit::Close => self.closed.push(id),
            }
        }
        said
    }

    fn drain(&mut self) {
        while let Some((id, transmit)) = self.network.poll_transmit() {
            if transmit == Transmit::Close {
                self.closed.push(id);
            }
        }
    }
}

pub(crate) fn serial(update: u8) -> Value {
    json!({"gs": 1, "code": 17, "update": update})
}

pub(crate) fn ecgis(cells: &[u32]) -> Value {
    cells.iter().map(|cell| json!({"plmn": "22001", "eci": ECI[*cell as usize - 4]})).collect()
}

pub(crate) fn tais(tacs: &[u16]) -> Value {
    tacs.iter().map(|tac| json!({"plmn": "22001", "tac": tac})).collect()
}

/// A Write-Replace-Warning-Request: ten broadcasts, one a minute, beside others, with indications.
pub(crate) fn write(update: u8, cells: &[u32]) -> Value {
    json!({
        "message": "write_replace_warning_request", "message_id": 4379, "serial": serial(update),
        "area": {"cells": ecgis(cells)}, "repetition_period": 60, "broadcasts": 10, "dcs": 15,
        "content": {"encoding": "gsm7", "text": format!("version {update}")}, "concurrent": true,
        "send_write_replace_indication": true,
    })
}

/// A Stop-Warning-Request with indications.
pub(crate) fn stop(update: u8, cells: &[u32]) -> Value {
    json!({
        "message": "stop_warning_request", "message_id": 4379, "serial": serial(update),
        "area": {"cells": ecgis(cells)}, "send_stop_indication": true,
    })
}

pub(crate) fn cgis(cells: &[u32]) -> Value {
    const IDS: [(u16, u16); 4] = [(258, 772), (258, 773), (8193, 4369), (8193, 4370)];
    let items: Value = cells
        .iter()
        .map(|cell| IDS[*cell as usize])
        .map(|(lac, ci)| json!({"plmn": "22001", "lac": lac, "ci": ci}))
        .collect();
    json!({"kind": "cgi", "items": items})
}

/// A WRITE-REPLACE: ten broadcasts, one every 32 slots (60.256 s).
pub(crate) fn cbsp_write(update: u8, old: Option<u8>, cells: &[u32]) -> Value {
    let mut write = json!({
        "message": "write_replace", "message_id": 4379, "new_serial": serial(update), "cells": cgis(cells),
        "channel": "basic", "category": "normal", "repetition_period": 32, "broadcasts": 10, "dcs": 15,
        "content": {"encoding": "gsm7", "text": format!("version {update}")},
    });
    if let Some(old) = old {
        write["old_serial"] = serial(old);
    }
    write
}

pub(crate) fn kill(update: u8, cells: &[u32]) -> Value {
    json!({"message": "kill", "message_id": 4379, "old_serial": serial(update), "cells": cgis(cells), "channel": "basic"})
}

pub(crate) fn sais(cells: &[u32]) -> Value {
    const IDS: [(u16, u16); 4] = [(4097, 1), (4097, 2), (4097, 3), (4098, 1)];
    let ids = cells.iter().map(|cell| IDS[*cell as usize]);
    ids.map(|(lac, sac)| json!({"plmn": "22001", "lac": lac, "sac": sac})).collect()
}

/// A Write-Replace of SABP: ten broadcasts, one a minute.
pub(crate) fn sabp_write(update: u8, old: Option<u8>, cells: &[u32]) -> Value {
    let mut write = json!({
        "message": "write_replace", "message_id": 4379, "new_serial": serial(update), "service_areas": sais(cells),
        "repetition_period": 60, "broadcasts": 10, "dcs": 15,
        "content": {"encoding": "gsm7", "text": format!("version {update}")},
    });
    if let Some(old) = old {
        write["old_serial"] = serial(old);
    }
    write
}

/// A Kill or a Message-Status-Query of SABP.
pub(crate) fn sabp_reference(message: &str, update: u8, cells: &[u32]) -> Value {
    json!({"message": message, "message_id": 4379, "old_serial": serial(update), "service_areas": sais(cells)})
}

/// The causes of a failure answer, in the order of its list.
pub(crate) fn causes(answer: &Value) -> Vec<u64> {
    answer["failures"].as_array().unwrap().iter().map(|failure| failure["cause"].as_u64().unwrap()).collect()
}
