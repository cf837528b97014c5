//! Every golden message, encoded by us and read by Wireshark.

use bytes::BytesMut;
use serde_json::Value;
use tests::pcap::{Carrier, Pcap};
use tests::tshark::{Frame, frames, joined};
use tests::vectors::{numbers, serial, written_out};
use tests::{need, vectors};

/// Encodes every vector of a protocol, and hands each input with what tshark read to `compare`, together with a way
/// to look up the values of a field.
fn dissect(
    protocol: &str,
    carrier: Carrier,
    fields: &[&str],
    encode: impl Fn(Value) -> BytesMut,
    compare: impl Fn(&Value, &dyn Fn(&str) -> Vec<String>),
) {
    if !need::program("tshark") {
        return;
    }
    let vectors = vectors::of(protocol);
    let mut pcap = Pcap::default();
    vectors.iter().for_each(|vector| pcap.add(carrier, &encode(vector["input"].clone())));
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("vectors.pcap");
    pcap.write(&capture);
    let filter = protocol.to_lowercase().replace('-', "");
    let frames = frames(&capture, &[], &filter, fields);
    assert!(!frames.is_empty() && frames.len() == vectors.len(), "{} of {}", frames.len(), vectors.len());
    for (vector, Frame { number, values }) in vectors.iter().zip(frames) {
        println!("frame {number}: {}", vector["name"]);
        let field = |name: &str| values[fields.iter().position(|field| *field == name).unwrap()].clone();
        compare(&written_out(&vector["input"]), &field);
    }
}

/// A number of the input as tshark shows it; nothing when the input does not have it.
fn shown(value: &Value, show: impl Fn(u64) -> String) -> Vec<String> {
    value.as_u64().map(show).into_iter().collect()
}

/// Lists whose order on the wire is the message's, not the input's.
fn sorted(mut list: Vec<String>) -> Vec<String> {
    list.sort();
    list
}

fn text(input: &Value) -> String {
    let text = input["content"]["text"].as_str().unwrap_or_default();
    text.replace('\r', "")
}

#[test]
fn wireshark_reads_in_our_sbcap_what_we_meant() {
    let fields = [
        "sbc-ap.procedureCode",
        "sbc-ap.Message_Identifier",
        "sbc-ap.Serial_Number",
        "sbc-ap.Cause",
        "sbc-ap.Repetition_Period",
        "sbc-ap.Extended_Repetition_Period",
        "sbc-ap.Number_of_Broadcasts_Requested",
        "sbc-ap.Data_Coding_Scheme",
        "sbc-ap.cell_ID",
        "sbc-ap.tAC",
        "sbc-ap.tAC_5GS",
        "sbc-ap.WarningMessageContents.decoded_page",
    ];
    let encode = |input| {
        let pdu: sbcap::Pdu = serde_json::from_value(input).unwrap();
        let mut out = BytesMut::new();
        pdu.encode(&mut out).unwrap();
        out
    };
    dissect("SBc-AP", Carrier::Sctp(29168, 24), &fields, encode, |input, field| {
        let procedure = match input["message"].as_str().unwrap() {
            "write_replace_warning_request" | "write_replace_warning_response" => "0",
            "stop_warning_request" | "stop_warning_response" => "1",
            "error_indication" => "2",
            "write_replace_warning_indication" => "3",
            "stop_warning_indication" => "4",
            "pws_restart_indication" => "5",
            "pws_failure_indication" => "6",
            other => panic!("{other}"),
        };
        assert_eq!(field("sbc-ap.procedureCode")[0], procedure);
        let decimal = |number: u64| number.to_string();
        assert_eq!(field("sbc-ap.Message_Identifier"), shown(&input["message_id"], decimal));
        let serials = input.get("serial").map(|number| format!("{:04x}", serial(number)));
        assert_eq!(field("sbc-ap.Serial_Number"), serials.into_iter().collect::<Vec<_>>());
        assert_eq!(field("sbc-ap.Cause"), shown(&input["cause"], decimal));
        assert_eq!(field("sbc-ap.Repetition_Period"), shown(&input["repetition_period"], decimal));
        assert_eq!(
            field("sbc-ap.Extended_Repetition_Period"),
            shown(&input["extended_repetition_period"], decimal)
        );
        assert_eq!(field("sbc-ap.Number_of_Broadcasts_Requested"), shown(&input["broadcasts"], decimal));
        assert_eq!(field("sbc-ap.Data_Coding_Scheme"), shown(&input["dcs"], |dcs| format!("{dcs:02x}")));
        let cells = numbers(input, "eci").into_iter().map(|eci| format!("{:08x}", eci << 4)).collect();
        assert_eq!(sorted(field("sbc-ap.cell_ID")), sorted(cells));
        let tacs = numbers(input, "tac").into_iter().map(decimal).collect();
        let read = [field("sbc-ap.tAC"), field("sbc-ap.tAC_5GS")].concat();
        assert_eq!(sorted(read), sorted(tacs));
        assert_eq!(joined(&field("sbc-ap.WarningMessageContents.decoded_page")), text(input));
    });
}

#[test]
fn wireshark_reads_in_our_cbsp_what_we_meant() {
    let fields = [
        "cbsp.msg_type",
        "cbsp.message_id",
        "cbsp.new_serial_nr",
        "cbsp.old_serial_nr",
        "cbsp.cause",
        "cbsp.rep_period",
        "cbsp.num_bcast_req",
        "cbsp.dcs",
        "cbsp.lac",
        "cbsp.ci",
        "cbsp.cb_page_content",
    ];
    let encode = |input| {
        let pdu: cbsp::Pdu = serde_json::from_value(input).unwrap();
        let mut out = BytesMut::new();
        pdu.encode(&mut out).unwrap();
        out
    };
    dissect("CBSP", Carrier::Tcp(48049), &fields, encode, |input, field| {
        // TS 48.049 §8.2.2: the message types.
        let names = [
            (1, "write_replace"),
            (2, "write_replace_complete"),
            (3, "write_replace_failure"),
            (4, "kill"),
            (5, "kill_complete"),
            (6, "kill_failure"),
            (7, "load_query"),
            (8, "load_query_complete"),
            (9, "load_query_failure"),
            (10, "message_status_query"),
            (11, "message_status_query_complete"),
            (12, "message_status_query_failure"),
            (13, "set_drx"),
            (14, "set_drx_complete"),
            (15, "set_drx_failure"),
            (16, "reset"),
            (17, "reset_complete"),
            (18, "reset_failure"),
            (19, "restart"),
            (20, "failure"),
            (21, "error_indication"),
            (22, "keep_alive"),
            (23, "keep_alive_complete"),
        ];
        let name = input["message"].as_str().unwrap();
        let kind = names.iter().find(|(_, known)| *known == name).unwrap().0;
        assert_eq!(field("cbsp.msg_type"), [kind.to_string()]);
        let (decimal, short, long) = (
            |number: u64| number.to_string(),
            |number: u64| format!("{number:#04x}"),
            |number: u64| format!("{number:#06x}"),
        );
        assert_eq!(field("cbsp.message_id"), shown(&input["message_id"], long));
        for (name, known) in [("cbsp.new_serial_nr", "new_serial"), ("cbsp.old_serial_nr", "old_serial")] {
            let serials: Vec<String> =
                input.get(known).map(|number| long(serial(number))).into_iter().collect();
            assert_eq!(field(name), serials);
        }
        let all = |name: &str| numbers(input, name).into_iter();
        assert_eq!(sorted(field("cbsp.cause")), sorted(all("cause").map(short).collect()));
        assert_eq!(field("cbsp.rep_period"), shown(&input["repetition_period"], decimal));
        assert_eq!(field("cbsp.num_bcast_req"), shown(&input["broadcasts"], decimal));
        assert_eq!(field("cbsp.dcs"), shown(&input["dcs"], short));
        assert_eq!(sorted(field("cbsp.lac")), sorted(all("lac").map(long).collect()));
        assert_eq!(sorted(field("cbsp.ci")), sorted(all("ci").map(long).collect()));
        assert_eq!(joined(&field("cbsp.cb_page_content")), text(input));
    });
}

#[test]
fn wireshark_reads_in_our_sabp_what_we_meant() {
    let fields = [
        "sabp.procedureCode",
        "sabp.Message_Identifier",
        "sabp.New_Serial_Number",
        "sabp.Old_Serial_Number",
        "sabp.Serial_Number",
        "sabp.Cause",
        "sabp.cause",
        "sabp.Repetition_Period",
        "sabp.Number_of_Broadcasts_Requested",
        "sabp.Data_Coding_Scheme",
        "sabp.lac",
        "sabp.sac",
        "sabp.cb_page_content",
    ];
    let encode = |input| {
        let pdu: sabp::Pdu = serde_json::from_value(input).unwrap();
        let mut out = BytesMut::new();
        pdu.encode(&mut out).unwrap();
        out
    };
    dissect("SABP", Carrier::Tcp(3452), &fields, encode, |input, field| {
        // TS 25.419 §9.3.6: the procedure codes.
        let names = [
            ("write_replace", "0"),
            ("kill", "1"),
            ("load_query", "2"),
            ("message_status_query", "3"),
            ("restart", "4"),
            ("reset", "5"),
            ("failure", "6"),
            ("error_indication", "7"),
        ];
        let name = input["message"].as_str().unwrap();
        let name = name.trim_end_matches("_complete");
        let name = if name == "failure" { name } else { name.trim_end_matches("_failure") };
        let procedure = names.iter().find(|(known, _)| *known == name).unwrap().1;
        assert_eq!(field("sabp.procedureCode"), [procedure]);
        let (decimal, octets) = (|number: u64| number.to_string(), |number: u64| format!("{number:04x}"));
        assert_eq!(field("sabp.Message_Identifier"), shown(&input["message_id"], octets));
        for (name, known) in [
            ("sabp.New_Serial_Number", "new_serial"),
            ("sabp.Old_Serial_Number", "old_serial"),
            ("sabp.Serial_Number", "serial"),
        ] {
            let serials = input.get(known).map(|number| octets(serial(number)));
            assert_eq!(field(name), serials.into_iter().collect::<Vec<_>>());
        }
        let all = |name: &str| numbers(input, name).into_iter();
        let causes = [field("sabp.Cause"), field("sabp.cause")].concat();
        assert_eq!(sorted(causes), sorted(all("cause").map(decimal).collect()));
        assert_eq!(field("sabp.Repetition_Period"), shown(&input["repetition_period"], decimal));
        assert_eq!(field("sabp.Number_of_Broadcasts_Requested"), shown(&input["broadcasts"], decimal));
        assert_eq!(field("sabp.Data_Coding_Scheme"), shown(&input["dcs"], |dcs| format!("{dcs:02x}")));
        assert_eq!(sorted(field("sabp.lac")), sorted(all("lac").map(octets).collect()));
        assert_eq!(sorted(field("sabp.sac")), sorted(all("sac").map(octets).collect()));
        assert_eq!(joined(&field("sabp.cb_page_content")), text(input));
    });
}

#[test]
fn wireshark_reads_in_our_ngap_what_we_meant() {
    let fields = [
        "ngap.procedureCode",
        "ngap.MessageIdentifier",
        "ngap.SerialNumber",
        "ngap.RepetitionPeriod",
        "ngap.NumberOfBroadcastsRequested",
        "ngap.DataCodingScheme",
        "ngap.NRCellIdentity",
        "ngap.tAC",
        "ngap.WarningMessageContents.decoded_page",
    ];
    let encode = |input| {
        let pdu: ngap::Pdu = serde_json::from_value(input).unwrap();
        let mut out = BytesMut::new();
        pdu.encode(&mut out).unwrap();
        out
    };
    dissect("NGAP", Carrier::Sctp(38412, 60), &fields, encode, |input, field| {
        let procedure = match input["message"].as_str().unwrap() {
            "write_replace_warning_request" | "write_replace_warning_response" => "51",
            "pws_cancel_request" | "pws_cancel_response" => "32",
            "pws_failure_indication" => "33",
            "pws_restart_indication" => "34",
            other => panic!("{other}"),
        };
        assert_eq!(field("ngap.procedureCode"), [procedure]);
        let decimal = |number: u64| number.to_string();
        assert_eq!(field("ngap.MessageIdentifier"), shown(&input["message_id"], decimal));
        let serials = input.get("serial").map(|number| format!("{:04x}", serial(number)));
        assert_eq!(field("ngap.SerialNumber"), serials.into_iter().collect::<Vec<_>>());
        assert_eq!(field("ngap.RepetitionPeriod"), shown(&input["repetition_period"], decimal));
        assert_eq!(field("ngap.NumberOfBroadcastsRequested"), shown(&input["broadcasts"], decimal));
        assert_eq!(field("ngap.DataCodingScheme"), shown(&input["dcs"], |dcs| format!("{dcs:02x}")));
        let cells = numbers(input, "nci").into_iter().map(|nci| format!("{nci:#018x}")).collect();
        assert_eq!(sorted(field("ngap.NRCellIdentity")), sorted(cells));
        let tacs = numbers(input, "tac").into_iter().map(decimal).collect();
        assert_eq!(sorted(field("ngap.tAC")), sorted(tacs));
        assert_eq!(joined(&field("ngap.WarningMessageContents.decoded_page")), text(input));
    });
}
