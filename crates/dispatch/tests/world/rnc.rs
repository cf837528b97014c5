//! What an RNC says, and what is made of it.

use cbs::{Broadcasts, Content, Level, RepetitionPeriod};
use dispatch::{FirstContact, PeerId, Profile, Reach};
use engine::order::{Action, Body, Demand, Message, Priority};
use engine::report::{Cause, Outcome, Report};
use serde_json::{Value, json};
use std::num::NonZeroU16;
use std::sync::Arc;

use crate::station::{Manner, Request, prompt, silent, with, with_count};
use crate::{ALERT, UMTS, World, free, indices, message, write};

const SABP: &str = include_str!("../../../../fixtures/vectors/sabp.json");
const ALL: [u32; 5] = [0, 1, 2, 3, 4];

fn rnc() -> World {
    World::new(UMTS, Reach::OneThenFailover, vec![free(Profile::sabp("rnc"))]).up()
}

fn serial(bits: u16) -> Value {
    serde_json::to_value(cbs::SerialNumber::from_bits(bits)).unwrap()
}

fn sai(cell: u32) -> Value {
    let (lac, sac) = [(4097, 1), (4097, 2), (4097, 3), (4098, 1), (4098, 4)][cell as usize];
    json!({"plmn": "22001", "lac": lac, "sac": sac})
}

fn sais(cells: &[u32]) -> Value {
    cells.iter().map(|cell| sai(*cell)).collect()
}

fn completed(cells: &[u32]) -> Value {
    cells.iter().map(|cell| with_count(&sai(*cell), 1)).collect()
}

fn failures(cells: &[(u32, u8)]) -> Value {
    let failure = |(cell, cause): &(u32, u8)| {
        let mut failure = sai(*cell);
        failure["cause"] = json!(cause);
        failure
    };
    cells.iter().map(failure).collect()
}

/// Answers a request of this kind with these failures and successes, all others well.
fn failing(kind: &'static str, refused: &[(u32, u8)], done: &[u32]) -> Manner {
    let (failures, completed) = (failures(refused), completed(done));
    with(10, move |request: &Request, answer| {
        if request.kind() != kind {
            return answer;
        }
        let mut failure = answer;
        failure["message"] = json!(format!("{kind}_failure"));
        failure["failures"] = failures.clone();
        failure.as_object_mut().unwrap().remove("completed");
        if completed != json!([]) {
            failure["completed"] = completed.clone();
        }
        failure
    })
}

fn replace(world: &mut World, serial: u16, old: u16, cells: std::ops::Range<u32>) {
    world.order(
        Priority::Live(Level::Amber),
        ALERT,
        write(serial, Some(old)),
        area::CellRuns::from_range(cells),
    );
}

#[test]
fn a_message_is_written_replaced_in_place_and_killed() {
    let mut world = rnc();
    world.write(0x4210, 0..5);
    world.run(100);
    replace(&mut world, 0x4211, 0x4210, 0..5);
    world.run(100);
    world.kill(0x4211, 0..5);
    world.run(100);
    let kinds: Vec<_> = world.sent.iter().map(Request::kind).collect();
    assert_eq!(kinds, ["write_replace", "write_replace", "kill"]);
    assert_eq!(world.sent[0].pdu.get("old_serial"), None);
    assert_eq!(world.sent[1].pdu["old_serial"], serial(0x4210));
    assert_eq!(world.sent[2].pdu["service_areas"], sais(&ALL));
    let confirmed = world.words().into_iter().filter(|word| *word == (Outcome::Confirmed, ALL.into()));
    assert_eq!((confirmed.count(), world.settled().len()), (3, 3));
    let traits = world.dispatch.traits(area::ControllerId(0)).unwrap();
    assert!(traits.in_place && !traits.indications);
}

#[test]
fn requests_have_the_octets_of_the_golden_vectors() {
    let vectors: Vec<Value> = serde_json::from_str(SABP).unwrap();
    let golden = |name: &str| {
        let vector = vectors.iter().find(|vector| vector["name"] == name).unwrap();
        (vector["hex"].as_str().unwrap().to_owned(), vector["input"].clone())
    };
    let (octets, input) = golden("sabp-write-ucs2");
    let content: Content = serde_json::from_value(input["content"].clone()).unwrap();
    let written = Message {
        serial: serde_json::from_value(input["new_serial"].clone()).unwrap(),
        body: Body::Text {
            dcs: serde_json::from_value(input["dcs"].clone()).unwrap(),
            pages: content.pages().clone(),
        },
        period: RepetitionPeriod::from_ms(30_000).unwrap(),
        ..(*message(0)).clone()
    };
    let mut world = rnc();
    let broadcasts = Broadcasts::Count(NonZeroU16::new(120).unwrap());
    let action = Action::Write { message: Arc::new(written), broadcasts, replaces: None };
    world.order(Priority::Live(Level::Amber), ALERT, action, area::CellRuns::from_range(0..2));
    world.run(100);
    world.query(33 << 4 | 0x4000, 0..2);
    world.run(100);
    world.kill(33 << 4 | 0x4000, 0..2);
    world.run(100);
    let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
    let sent: Vec<String> = world.sent.iter().map(|request| hex(&request.octets)).collect();
    assert_eq!(sent, [octets, golden("sabp-status-query").0, golden("sabp-kill").0]);
}

#[test]
fn a_failure_is_believed_where_it_says_something() {
    let mut world = rnc();
    world.manner(0, failing("write_replace", &[(0, 3), (4, 6), (1, 3)], &[2]));
    world.write(0x4210, 0..5);
    world.run(100);
    assert_eq!(
        world.words()[1..],
        [
            (Outcome::Refused(Cause::AreaUnknown), vec![0, 1]),
            (Outcome::Refused(Cause::CapacityExceeded), vec![4]),
            (Outcome::Confirmed, vec![2]),
            (Outcome::Unanswered, vec![3]),
        ]
    );
    assert_eq!(world.settled().len(), 1);
}

#[test]
fn causes_of_an_rnc_are_told_in_neutral_words() {
    for (code, cause) in [
        (0, Cause::InvalidParameter),
        (1, Cause::InvalidParameter),
        (2, Cause::ReferenceUnknown),
        (3, Cause::AreaUnknown),
        (4, Cause::ProtocolError),
        (6, Cause::CapacityExceeded),
        (7, Cause::CapacityExceeded),
        (8, Cause::NotSupported),
        (9, Cause::NotOperational),
        (11, Cause::Unspecified),
        (13, Cause::ProtocolError),
        (200, Cause::Unspecified),
    ] {
        let mut world = rnc();
        world.manner(0, failing("write_replace", &[(0, code)], &[]));
        world.write(0x4210, 0..1);
        world.run(100);
        assert_eq!(world.words()[1], (Outcome::Refused(cause), vec![0]), "{code}");
    }
}

#[test]
fn an_old_serial_that_is_unknown_is_told_for_its_service_area_only() {
    let mut world = rnc();
    world.manner(0, failing("write_replace", &[(1, 2)], &[0, 2, 3, 4]));
    replace(&mut world, 0x4211, 0x4210, 0..5);
    world.run(100);
    assert_eq!(
        world.words()[1..],
        [(Outcome::Refused(Cause::ReferenceUnknown), vec![1]), (Outcome::Confirmed, vec![0, 2, 3, 4])]
    );
}

#[test]
fn a_reference_that_is_used_is_asked_about_and_confirmed_where_it_is_our_version() {
    let mut world = rnc();
    world.manner(0, failing("write_replace", &[(1, 10), (2, 10), (3, 9)], &[0, 4]));
    let order = world.write(0x4210, 0..5);
    world.run(100);
    let query = &world.sent("message_status_query")[0].pdu;
    assert_eq!((&query["old_serial"], &query["service_areas"]), (&serial(0x4210), &sais(&[1, 2])));
    assert_eq!(
        world.words()[1..],
        [
            (Outcome::Refused(Cause::NotOperational), vec![3]),
            (Outcome::Confirmed, vec![0, 4]),
            (Outcome::Confirmed, vec![1, 2]),
        ]
    );
    assert_eq!(world.settled(), [order.0]);
    assert!(world.notices.is_empty());
    assert_eq!(world.dispatch.peer_status(PeerId(0)).in_flight, 0);
}

#[test]
fn what_is_asked_about_after_a_refusal_keeps_the_pace_too() {
    let paced = Profile { window: 4, cells_per_pdu: 1, pdus_per_second: 10, ..free(Profile::sabp("rnc")) };
    let mut world = World::new(UMTS, Reach::OneThenFailover, vec![paced]).up();
    world.manner(0, failing("write_replace", &[(0, 10), (1, 10), (2, 10), (3, 10), (4, 10)], &[]));
    world.write(0x4210, 0..5);
    world.run(2_000);
    assert_eq!(world.sent("message_status_query").len(), 5);
    let times: Vec<u64> = world.sent.iter().map(|request| request.at_ms).collect();
    assert!(times.is_sorted_by(|earlier, later| earlier + 100 <= *later), "{times:?}");
}

#[test]
fn a_reference_that_another_version_uses_is_an_alarm_and_no_success() {
    let mut world = rnc();
    let mut write = failing("write_replace", &[(0, 10), (1, 10)], &[]);
    // An RNC may also count another version's broadcasts, as 0 that are unknown (TS 25.419 §8.5.2).
    let mut query = with(10, |request, mut answer| {
        if request.kind() == "message_status_query" {
            answer["completed"] = completed(&[0, 1]);
            answer["completed"][1]["completed"] = json!(0);
            answer["completed"][1]["info"] = json!("unknown");
        }
        answer
    });
    world
        .manner(0, Box::new(move |request| if request.is_write() { write(request) } else { query(request) }));
    world.write(0x4210, 0..2);
    world.run(100);
    assert_eq!(
        world.words()[1..],
        [(Outcome::Confirmed, vec![0]), (Outcome::Refused(Cause::Unspecified), vec![1])]
    );
    assert_eq!(world.notice_kinds(), ["serial_clash"]);
}

#[test]
fn a_reference_that_nobody_explains_stays_open() {
    let mut world = rnc();
    let mut write = failing("write_replace", &[(0, 10)], &[]);
    world.manner(0, Box::new(move |request| if request.is_write() { write(request) } else { Vec::new() }));
    let order = world.write(0x4210, 0..1);
    world.run(9_000);
    assert!(world.settled().is_empty());
    world.run(2_000);
    assert_eq!(world.words()[1..], [(Outcome::Unanswered, vec![0])]);
    assert_eq!(world.settled(), [order.0]);

    // Neither does it survive the link.
    world.write(0x4220, 0..1);
    world.run(100);
    world.link_down(0);
    world.run(100);
    assert_eq!(world.words().last(), Some(&(Outcome::Unanswered, vec![0])));
    assert_eq!(world.settled().len(), 2);
}

#[test]
fn one_request_for_each_message_and_area_is_out_and_a_kill_waits_for_none_but_kills() {
    let mut world = rnc();
    world.manner(0, silent());
    world.write(0x4210, 0..2);
    world.write(0x4211, 1..3);
    world.write(0x4211, 3..5);
    world.write(0x4220, 2..3);
    world.run(100);
    let cells: Vec<_> = world.sent.iter().map(|request| request.cells.clone()).collect();
    assert_eq!(
        cells,
        [vec![0, 1], vec![2], vec![3, 4], vec![2]],
        "two updates of one message are one message"
    );
    world.kill(0x4210, 0..2);
    world.run(1);
    assert_eq!(world.sent[4].kind(), "kill", "before the answer to the write");
    assert_eq!(world.dispatch.next_wakeup(), Some(110_000), "what waits for an answer needs no time");
    world.manner(0, prompt(10));
    world.run(11_000);
    assert_eq!(
        (world.sent.len(), &world.sent[5].cells),
        (6, &vec![1]),
        "and goes when it has come, or comes no more"
    );
    assert_eq!(world.settled().len(), 5);
}

#[test]
fn failed_service_areas_get_no_write_until_they_restart() {
    let mut world = rnc();
    world.say(0, 1, json!({"message": "failure", "service_areas": sais(&[1])}));
    world.run(10);
    let order = world.write(0x4210, 0..5);
    world.run(100);
    assert_eq!(world.sent("write_replace")[0].cells, [0, 2, 3, 4]);
    let expected = [
        (Outcome::Refused(Cause::CellFailed), vec![1]),
        (Outcome::Sent, vec![0, 2, 3, 4]),
        (Outcome::Confirmed, vec![0, 2, 3, 4]),
    ];
    assert_eq!(world.words(), expected);
    assert_eq!(world.settled(), [order.0]);

    world.say(0, 1, json!({"message": "restart", "service_areas": sais(&[1])}));
    world.run(10);
    assert!(matches!(world.reports.last(), Some(Report::Restarted(_, cells)) if indices(cells) == [1]));
    world.write(0x4210, 1..2);
    world.run(100);
    assert_eq!(world.sent("write_replace")[1].cells, [1]);
}

#[test]
fn a_failure_stops_what_still_waits_but_not_a_kill() {
    let mut world = rnc();
    world.dispatch.set_writable(PeerId(0), false);
    let write = world.write(0x4210, 0..2);
    let kill = world.kill(0x4220, 0..2);
    world.say(0, 1, json!({"message": "failure", "service_areas": sais(&[0, 1])}));
    world.run(10);
    world.dispatch.set_writable(PeerId(0), true);
    world.run(100);
    assert_eq!(world.sent.iter().map(Request::kind).collect::<Vec<_>>(), ["kill"]);
    let mut settled = world.settled();
    settled.sort_unstable();
    assert_eq!(settled, [write.0, kill.0]);
}

#[test]
fn a_restart_that_was_missed_with_the_link_holds_nothing_back() {
    let mut world = rnc();
    world.say(0, 1, json!({"message": "failure", "service_areas": sais(&[1])}));
    world.run(10);
    world.link_down(0);
    world.link_up(0);
    world.run(10);
    assert!(matches!(world.reports.last(), Some(Report::Restarted(_, cells)) if indices(cells) == [1]));
    world.write(0x4210, 0..5);
    world.run(100);
    assert_eq!(world.sent("write_replace")[0].cells, ALL);
}

#[test]
fn a_restart_without_a_word_about_its_data_has_lost_it() {
    let mut world = rnc();
    for (recovery, restarted) in [(None, true), (Some("data-lost"), true), (Some("data-available"), false)] {
        world.reports.clear();
        let mut restart = json!({"message": "restart", "service_areas": sais(&[0, 4])});
        if let Some(recovery) = recovery {
            restart["recovery"] = json!(recovery);
        }
        world.say(0, 1, restart);
        world.run(10);
        let heard = matches!(&world.reports[..], [Report::Restarted(_, cells)] if indices(cells) == [0, 4]);
        assert_eq!((heard, world.reports.is_empty()), (restarted, !restarted), "{recovery:?}");
    }
}

#[test]
fn an_rnc_that_dials_in_with_a_restart_is_loaded_on_that_connection() {
    let mut world = World::new(UMTS, Reach::OneThenFailover, vec![free(Profile::sabp("rnc"))]);
    world.link_up(0);
    world.say(0, 1, json!({"message": "restart", "service_areas": sais(&ALL)}));
    world.run(5);
    world.write(0x4210, 0..5);
    world.run(100);
    assert_eq!(world.sent("write_replace")[0].cells, ALL);
    assert!(
        world.reports.iter().any(|report| matches!(report, Report::Restarted(_, cells) if cells.len() == 5))
    );
}

#[test]
fn only_the_first_contact_with_an_rnc_begins_with_resets_of_all_its_service_areas() {
    let profile = Profile { cells_per_pdu: 3, ..free(Profile::sabp("rnc")) };
    let mut world = World::new(UMTS, Reach::OneThenFailover, vec![profile]);
    world.dispatch.link_up(world.now_ms, PeerId(0), FirstContact(true));
    world.run(5);
    assert!(world.reports.is_empty(), "not up before the resets are answered");
    world.run(100);
    assert!(matches!(world.reports[..], [Report::Up(_)]));
    world.link_down(0);
    world.link_up(0);
    world.run(100);
    let resets: Vec<_> = world.sent("reset").iter().map(|reset| reset.cells.clone()).collect();
    assert_eq!(resets, [vec![0, 1, 2], vec![3, 4]]);
}

#[test]
fn a_period_that_sabp_cannot_say_is_refused_in_our_own_name() {
    let mut world = rnc();
    let period = RepetitionPeriod::from_ms(5_000_000).unwrap();
    let action = Action::Write {
        message: Arc::new(Message { period, ..(*message(1)).clone() }),
        broadcasts: Broadcasts::UntilStopped,
        replaces: None,
    };
    world.order(Priority::Live(Level::Amber), ALERT, action, area::CellRuns::from_range(0..5));
    world.run(100);
    assert_eq!(world.words(), [(Outcome::Refused(Cause::NotExpressible), ALL.into())]);
}

#[test]
fn an_error_indication_that_names_a_request_ends_it() {
    let mut world = rnc();
    world.manner(
        0,
        with(10, |request, _| {
            json!({"message": "error_indication", "message_id": 4379, "serial": request.pdu["new_serial"], "cause": 13})
        }),
    );
    world.write(0x4210, 0..5);
    world.run(100);
    assert_eq!(world.words()[1], (Outcome::Refused(Cause::ProtocolError), ALL.into()));
    assert_eq!(world.notice_kinds(), ["protocol_error"]);
}

#[test]
fn a_write_that_an_rnc_has_not_been_sent_yet_can_be_withdrawn() {
    let mut world = rnc();
    world.manner(0, silent());
    world.write(0x4210, 0..5);
    world.write(0x4211, 0..5);
    world.run(100);
    assert_eq!(world.sent("write_replace").len(), 1, "an RNC gets one version of a message at a time");
    world.dispatch.demand(world.now_ms, Demand::Withdraw(ALERT));
    world.run(20_000);
    assert_eq!(world.sent("write_replace").len(), 1);
    assert_eq!(world.settled().len(), 2);
}
