//! Whatever is encoded decodes to itself, and whatever is decoded does no harm.
//!
//! A test fails by panicking, in its helping functions too.
#![allow(clippy::panic, clippy::unwrap_used)]

mod strategies;

use bytes::{Bytes, BytesMut};
use cbs::{MessageId, SerialNumber};
use proptest::collection::vec;
use proptest::prelude::*;
use sbcap::{
    Ecgi, Event, Kind, Pdu, Request, Session, SessionConfig, StopTemplate, StopWarningIndication,
    StopWarningRequest, Tai, TaiPolicy, Token, WarningArea, WriteReplaceWarningIndication,
    WriteReplaceWarningRequest, WriteTemplate,
};

fn encoded(pdu: &Pdu) -> BytesMut {
    let mut out = BytesMut::new();
    pdu.encode(&mut out).unwrap();
    out
}

/// A message with some octets changed, and perhaps cut.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let changes = vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
    (strategies::pdu(), changes, prop::option::of(any::<prop::sample::Index>())).prop_map(
        |(pdu, changes, cut)| {
            let mut octets = encoded(&pdu).to_vec();
            for (at, octet) in changes {
                let at = at.index(octets.len());
                octets[at] = octet;
            }
            if let Some(cut) = cut {
                octets.truncate(cut.index(octets.len()));
            }
            octets
        },
    )
}

/// Octets that a peer may send: mostly nearly a message.
fn incoming() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![3 => mutated(), 1 => vec(any::<u8>(), 0..200)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn what_is_encoded_decodes_to_itself(pdu in strategies::pdu()) {
        let octets = encoded(&pdu);
        let decoded = Pdu::decode(&octets).unwrap();
        prop_assert_eq!(&decoded.pdu, &pdu);
        prop_assert_eq!((decoded.skipped, decoded.report, decoded.trailing), (vec![], vec![], 0));
    }

    #[test]
    fn the_json_form_says_all(pdu in strategies::pdu()) {
        let text = serde_json::to_string(&pdu).unwrap();
        let again: Pdu = serde_json::from_str(&text).unwrap();
        // Coordinates are rounded to degrees in JSON: what goes out must be the same.
        prop_assert_eq!(encoded(&again), encoded(&pdu));
    }

    #[test]
    fn what_is_decoded_from_damaged_octets_encodes_and_decodes_again(octets in incoming()) {
        if let Ok(decoded) = Pdu::decode(&octets) {
            let again = Pdu::decode(&encoded(&decoded.pdu)).unwrap();
            prop_assert_eq!(again.pdu, decoded.pdu);
        }
    }

    #[test]
    fn a_session_reads_the_cells_that_a_decoder_reads(
        write in strategies::write_indication(),
        stop in strategies::stop_indication(),
    ) {
        let told = |pdu: &Pdu| {
            let mut session = Session::new(SessionConfig::default());
            session.connected(0);
            session.received(0, &encoded(pdu));
            session.poll_event()
        };
        let WriteReplaceWarningIndication { broadcast_scheduled_area, .. } = write.clone();
        let Some(Event::WriteIndication { area, .. }) =
            told(&Pdu::WriteReplaceWarningIndication(write)) else { panic!("no event") };
        let expected = broadcast_scheduled_area.unwrap_or_default();
        let in_tais = expected.tais.iter().flat_map(|tai| &tai.cells);
        let in_eais = expected.eais.iter().flat_map(|eai| &eai.cells);
        let cells: Vec<u8> =
            expected.cells.iter().chain(in_tais).chain(in_eais).flat_map(|cell| cell.octets()).collect();
        prop_assert_eq!(area.cells, cells);
        prop_assert_eq!(area.tais, expected.tais.iter().map(|tai| tai.tai).collect::<Vec<_>>());
        prop_assert_eq!(area.eais, expected.eais.iter().map(|eai| eai.eai).collect::<Vec<_>>());
        prop_assert!(area.broadcasts.is_empty());

        let StopWarningIndication { broadcast_cancelled_area, broadcast_empty_area, .. } = stop.clone();
        let Some(Event::StopIndication { area, .. }) =
            told(&Pdu::StopWarningIndication(stop)) else { panic!("no event") };
        let expected = broadcast_cancelled_area.unwrap_or_default();
        let in_tais = expected.tais.iter().flat_map(|tai| &tai.cells);
        let in_eais = expected.eais.iter().flat_map(|eai| &eai.cells);
        let all: Vec<_> = expected.cells.iter().chain(in_tais).chain(in_eais).collect();
        let cells: Vec<u8> = all.iter().flat_map(|item| item.cell.octets()).collect();
        prop_assert_eq!(area.cells, cells);
        prop_assert_eq!(area.broadcasts, all.iter().map(|item| item.broadcasts).collect::<Vec<_>>());
        prop_assert_eq!(area.empty_enbs, broadcast_empty_area);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn a_template_encodes_what_a_message_does(
        write in strategies::write(),
        stop in strategies::stop(),
        tais in vec(strategies::tai(), 0..5),
        some in vec(strategies::ecgi(), 1..5),
        // Around the counts where the IE, the message, and both begin another fragment.
        count in prop_oneof![0..20usize, 2_300..2_345usize, 4_660..4_690usize, 9_350..9_370usize, 0..20_000usize],
        run in 1..3_000usize,
        policy in prop::sample::select(vec![TaiPolicy::Always, TaiPolicy::WithCells, TaiPolicy::Never]),
    ) {
        let cells: Vec<Ecgi> = some.into_iter().cycle().take(count).collect();
        let octets: Vec<u8> = cells.iter().flat_map(|cell| cell.octets()).collect();
        let runs: Vec<&[u8]> = octets.chunks(run * Ecgi::OCTETS).collect();
        let tai_octets: Vec<[u8; Tai::OCTETS]> = tais.iter().map(|tai| tai.octets()).collect();
        let with_tais = policy == TaiPolicy::Always || policy == TaiPolicy::WithCells && count > 0;
        let tais = if with_tais { tais } else { vec![] };
        let area = (count > 0).then_some(WarningArea::Cells(cells));

        let mut out = BytesMut::new();
        WriteTemplate::new(&write, policy).unwrap().encode(&runs, &tai_octets, &mut out).unwrap();
        let whole = WriteReplaceWarningRequest { tais: tais.clone(), area: area.clone(), ..write };
        prop_assert!(out == encoded(&Pdu::WriteReplaceWarningRequest(whole)));

        let mut out = BytesMut::new();
        StopTemplate::new(&stop, policy).unwrap().encode(&runs, &tai_octets, &mut out).unwrap();
        let whole = StopWarningRequest { tais, area, ..stop };
        prop_assert!(out == encoded(&Pdu::StopWarningRequest(whole)));
    }
}

/// Something that happens to a session.
#[derive(Clone, Debug)]
enum Step {
    Connected,
    Disconnected,
    Received(Vec<u8>),
    Request(u16),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Connected),
        1 => Just(Step::Disconnected),
        8 => incoming().prop_map(Step::Received),
        8 => (0..4u16).prop_map(Step::Request),
        4 => (0..20_000u64).prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_session_tells_of_each_request_and_stays_within_its_limits(steps in vec(step(), 1..60)) {
        let config = SessionConfig { requests_max: 5, queue_max: 8, ..SessionConfig::default() };
        let mut session = Session::new(config);
        let (mut now_ms, mut asked, mut told) = (0, 0, 0);
        for step in steps {
            match step {
                Step::Connected => session.connected(now_ms),
                Step::Disconnected => session.disconnected(now_ms),
                Step::Received(pdu) => session.received(now_ms, &pdu),
                Step::Request(serial) => {
                    asked += 1;
                    let (message_id, serial) = (MessageId::new(4379), SerialNumber::from_bits(serial));
                    let request = Request { kind: Kind::Write, message_id, serial };
                    session.request(now_ms, Token(asked), request, Bytes::from_static(b"pdu"));
                }
                Step::Wait(ms) => {
                    now_ms += ms;
                    session.handle_timeout(now_ms);
                    prop_assert!(session.next_wakeup().is_none_or(|due_ms| due_ms > now_ms));
                }
            }
            prop_assert!(session.pending() <= config.requests_max);
            if session.should_close().is_some() {
                session.disconnected(now_ms);
            }
            let mut sent = 0;
            while session.poll_transmit().is_some() {
                sent += 1;
            }
            prop_assert!(sent <= config.queue_max);
            while let Some(event) = session.poll_event() {
                told += u64::from(matches!(event, Event::Unanswered { .. } | Event::Response { token: Some(_), .. }));
            }
        }
        session.disconnected(now_ms);
        while let Some(event) = session.poll_event() {
            told += u64::from(matches!(event, Event::Unanswered { .. }));
        }
        prop_assert!(told >= asked, "asked {asked}, told {told}");
    }
}
