//! What leaves the dispatcher, octet for octet.

use std::num::NonZeroU16;
use std::sync::Arc;

use area::CellRuns;
use cbs::{Alphabet, Broadcasts, Content, Level, RepetitionPeriod};
use dispatch::{CbspDialect, Profile, Protocol, Reach, SbcapDialect, Tais};
use engine::order::{Action, Body, Message, Priority};

use crate::{ALERT, World, free, message};

const ENB: &[(&str, u16, &[u32])] = &[("pool", 257, &[10_596_865, 10_596_866, 10_596_867])];
const BSC: &[(&str, u16, &[u32])] = &[("bsc", 8193, &[4369, 4370])];

const SBCAP: &str = include_str!("../../../../fixtures/vectors/sbcap.json");
const CBSP: &str = include_str!("../../../../fixtures/vectors/cbsp.json");

/// The octets of a vector of one of these files.
fn vector(vectors: &str, name: &str) -> String {
    let vectors: Vec<serde_json::Value> = serde_json::from_str(vectors).unwrap();
    let vector = vectors.iter().find(|vector| vector["name"] == name).unwrap();
    vector["hex"].as_str().unwrap().to_owned()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[test]
fn a_stop_of_three_cells_has_the_octets_of_the_golden_vector() {
    let mut world = World::new(ENB, Reach::OneThenFailover, vec![free(Profile::sbcap("mme"))]).up();
    world.kill(0x4110, 0..3);
    world.run(0);
    assert_eq!(hex(&world.sent[0].octets), vector(SBCAP, "sbcap-swr-cells"));
}

/// As the vector `sbcap-wrwr-1cell`, with two cells, the tracking area, the concurrent flag and the wish for indications
/// more.
#[test]
fn a_write_of_three_cells_has_its_golden_octets() {
    let mut world = World::new(ENB, Reach::OneThenFailover, vec![free(Profile::sbcap("mme"))]).up();
    world.write(0x4110, 0..3);
    world.run(0);
    let one_cell = vector(SBCAP, "sbcap-wrwr-1cell");
    let (_, from_period) = one_cell.split_once("000a0002003c").unwrap();
    let head = "00000080ad00000a00050002111b000b00024110";
    let areas = "000e000800000022f0100101\
                 000f40190000020022f0100a1b201022f0100a1b202022f0100a1b2030";
    let flags = "001400010000184001";
    assert_eq!(hex(&world.sent[0].octets), format!("{head}{areas}000a0002003c{from_period}{flags}00"));
}

#[test]
fn a_write_to_every_cell_names_none_where_the_dialect_says_so() {
    let dialect =
        SbcapDialect { tais: Tais::AreasOnly, concurrent: true, indications: true, stops_first: false };
    let profile = Profile { protocol: Protocol::Sbcap(dialect), ..free(Profile::sbcap("mme")) };
    let mut world = World::new(ENB, Reach::OneThenFailover, vec![profile]).up();
    world.write(0x4110, 0..3);
    world.write(0x4111, 0..2);
    world.run(0);
    let named: Vec<_> = world.sent.iter().map(|request| (request.cells.len(), request.tacs.len())).collect();
    assert_eq!(named, [(0, 0), (2, 1)]);
}

#[test]
fn cbsp_requests_have_the_octets_of_the_golden_vectors() {
    let text = "AMBER ALERT. Missing child: Marko P., age 7, brown hair, blue jacket. Last seen in Novi Sad at 14:30. \
                Call 192.";
    let written = Message {
        body: Body::Text {
            dcs: Alphabet::Gsm7.dcs(),
            pages: Content::new(text, Alphabet::Gsm7).unwrap().pages().clone(),
        },
        period: RepetitionPeriod::from_ms(32 * 1883).unwrap(),
        ..(*message(65 << 4)).clone()
    };
    let mut profile = free(Profile::cbsp("bsc"));
    if let Protocol::Cbsp(dialect) = profile.protocol {
        profile.protocol = Protocol::Cbsp(CbspDialect { category: cbsp::pdu::Category::High, ..dialect });
    }
    let mut world = World::new(BSC, Reach::OneThenFailover, vec![profile]).up();
    let action =
        Action::Write { message: Arc::new(written), broadcasts: Broadcasts::UntilStopped, replaces: None };
    world.order(Priority::Live(Level::Amber), ALERT, action, CellRuns::from_range(0..2));
    world.query(65 << 4, 0..2);
    world.run(0);
    assert_eq!(hex(&world.sent[0].octets), vector(CBSP, "cbsp-write-gsm7-cgi"));
    assert_eq!(hex(&world.sent[1].octets), vector(CBSP, "cbsp-status-query"));
}

#[test]
fn a_count_is_fitted_to_the_period_that_a_bsc_keeps() {
    let mut world = World::new(BSC, Reach::OneThenFailover, vec![free(Profile::cbsp("bsc"))]).up();
    let period = RepetitionPeriod::from_ms(20_000).unwrap();
    let action = Action::Write {
        message: Arc::new(Message { period, ..(*message(1)).clone() }),
        broadcasts: Broadcasts::Count(NonZeroU16::new(30).unwrap()),
        replaces: None,
    };
    world.order(Priority::Live(Level::Amber), ALERT, action, CellRuns::from_range(0..2));
    world.run(0);
    // 30 broadcasts in 20 s each are 600 s; the BSC repeats every 11 slots, 20.713 s, and has time for 29.
    assert_eq!(world.sent[0].pdu["repetition_period"], 11);
    assert_eq!(world.sent[0].pdu["broadcasts"], 29);
}
