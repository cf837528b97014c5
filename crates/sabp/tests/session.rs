//! A connection with an RNC: turns, answers and timeouts, what the RNC may tell, and what it must be told when it errs.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use bytes::{Bytes, BytesMut};
use cbs::{MessageId, SerialNumber};
use sabp::{
    Cause, CloseReason, Error, Event, Pdu, PeerError, Recovery, Request, ResetPolicy, ServiceArea, Session,
    SessionConfig, Token, TriggeringMessage,
};
use serde_json::{Value, json};

fn ready() -> Session {
    let mut session = Session::new(SessionConfig::default());
    session.connected(0, ResetPolicy::Never);
    assert_eq!(events(&mut session), [Event::Ready]);
    session
}

fn events(session: &mut Session) -> Vec<Event> {
    std::iter::from_fn(|| session.poll_event()).collect()
}

fn sent(session: &mut Session) -> Vec<Bytes> {
    std::iter::from_fn(|| session.poll_transmit()).collect()
}

/// What waits to be sent, as JSON.
fn said(session: &mut Session) -> Vec<Value> {
    let json = |pdu: &Bytes| serde_json::to_value(Pdu::decode(pdu).unwrap().pdu).unwrap();
    sent(session).iter().map(json).collect()
}

fn encoded(message: Value) -> BytesMut {
    let mut out = BytesMut::new();
    serde_json::from_value::<Pdu>(message).unwrap().encode(&mut out).unwrap();
    out
}

fn serial(code: u16, update: u16) -> (MessageId, SerialNumber) {
    (MessageId::AMBER, SerialNumber::from_bits(0x4000 | code << 4 | update))
}

fn write(code: u16, update: u16) -> Request {
    let (message_id, serial) = serial(code, update);
    Request::Write { message_id, serial }
}

fn kill(code: u16, update: u16) -> Request {
    let (message_id, serial) = serial(code, update);
    Request::Kill { message_id, serial }
}

fn area(sac: u16) -> ServiceArea {
    ServiceArea::new("22001".parse().unwrap(), 4097, sac)
}

fn area_json(sac: u16) -> Value {
    json!({"plmn": "22001", "lac": 4097, "sac": sac})
}

/// An answer of this kind about this message.
fn answer(message: &str, code: u16, update: u16, lists: Value) -> BytesMut {
    let serial_name = if message.starts_with("write") { "new_serial" } else { "old_serial" };
    let mut answer = json!({"message": message, "message_id": 4379});
    answer[serial_name] = json!({"gs": 1, "code": code, "update": update});
    answer.as_object_mut().unwrap().extend(lists.as_object().unwrap().clone());
    encoded(answer)
}

fn complete(message: &str, code: u16, update: u16) -> BytesMut {
    answer(
        message,
        code,
        update,
        json!({"completed": [{"plmn": "22001", "lac": 4097, "sac": 1, "completed": 7}]}),
    )
}

fn tokens(events: &[Event]) -> Vec<Token> {
    let token = |event: &Event| match event {
        Event::Completed { token, .. } | Event::Failed { token, .. } => Some(*token),
        _ => None,
    };
    events.iter().filter_map(token).collect()
}

#[test]
fn a_session_is_ready_at_once_and_sends_nothing_by_itself() {
    let mut session = ready();
    assert!(session.is_ready());
    assert_eq!((session.poll_transmit(), session.next_wakeup()), (None, None));
    session.handle_timeout(1_000_000_000);
    assert_eq!((session.poll_transmit(), session.poll_event()), (None, None));
}

#[test]
fn one_request_for_a_message_is_out_at_a_time() {
    let mut session = ready();
    session.request(0, Token(1), write(33, 0), vec![area(1)], Bytes::from_static(b"first"));
    session.request(0, Token(2), write(33, 1), vec![area(1)], Bytes::from_static(b"second"));
    session.request(0, Token(3), write(34, 0), vec![area(1)], Bytes::from_static(b"other"));
    assert_eq!(sent(&mut session), ["first", "other"]);
    assert_eq!(session.pending(), 3);
    session.received(5, &complete("write_replace_complete", 33, 0));
    assert_eq!(tokens(&events(&mut session)), [Token(1)]);
    assert_eq!(sent(&mut session), ["second"]);
    // Its time begins when it is sent.
    session.handle_timeout(10_004);
    assert_eq!(events(&mut session), [Event::Unanswered { token: Token(3) }]);
    assert_eq!(session.next_wakeup(), Some(10_005));
}

#[test]
fn a_kill_puts_aside_the_writes_that_wait() {
    let mut session = ready();
    session.request(0, Token(1), write(33, 0), vec![area(1)], Bytes::from_static(b"write"));
    session.request(0, Token(2), write(33, 1), vec![area(1)], Bytes::from_static(b"waits"));
    session.request(0, Token(3), write(33, 1), vec![area(2)], Bytes::from_static(b"elsewhere"));
    session.request(0, Token(4), kill(33, 0), vec![area(1)], Bytes::from_static(b"kill"));
    assert_eq!(events(&mut session), [Event::Unanswered { token: Token(2) }]);
    assert_eq!(sent(&mut session), ["write", "elsewhere", "kill"]);
}

#[test]
fn a_kill_waits_for_no_answer_but_that_of_another_kill() {
    let mut session = ready();
    session.request(0, Token(1), write(33, 0), vec![area(1)], Bytes::from_static(b"write"));
    session.request(0, Token(2), kill(33, 0), vec![area(1)], Bytes::from_static(b"kill"));
    session.request(0, Token(3), kill(33, 1), vec![area(1), area(2)], Bytes::from_static(b"same message"));
    session.request(0, Token(4), write(33, 2), vec![area(2)], Bytes::from_static(b"after it"));
    assert_eq!(sent(&mut session), ["write", "kill"]);
    session.received(9, &complete("kill_complete", 33, 0));
    assert_eq!(sent(&mut session), ["same message"]);
    session.received(9, &complete("write_replace_complete", 33, 0));
    assert_eq!(session.poll_transmit(), None);
    session.received(9, &complete("kill_complete", 33, 1));
    assert_eq!(sent(&mut session), ["after it"]);
    assert_eq!(tokens(&events(&mut session)), [Token(2), Token(1), Token(3)]);
}

#[test]
fn a_write_waits_for_no_query_and_a_query_for_every_write() {
    let mut session = ready();
    let (message_id, serial) = serial(33, 0);
    let query = Request::StatusQuery { message_id, serial };
    session.request(0, Token(1), query, vec![area(1)], Bytes::from_static(b"query"));
    session.request(0, Token(2), write(33, 0), vec![area(1)], Bytes::from_static(b"write"));
    session.request(0, Token(3), query, vec![area(1)], Bytes::from_static(b"again"));
    assert_eq!(sent(&mut session), ["query", "write"]);
    session.received(1, &complete("message_status_query_complete", 33, 0));
    assert_eq!(session.poll_transmit(), None);
    session.received(1, &complete("write_replace_complete", 33, 0));
    assert_eq!(sent(&mut session), ["again"]);
}

#[test]
fn requests_for_a_message_in_other_service_areas_do_not_wait_for_one_another() {
    let mut session = ready();
    session.request(0, Token(1), write(33, 0), vec![area(3), area(1)], Bytes::from_static(b"1 and 3"));
    session.request(0, Token(2), write(33, 0), vec![area(2), area(4)], Bytes::from_static(b"2 and 4"));
    session.request(0, Token(3), write(33, 0), vec![area(4), area(5)], Bytes::from_static(b"4 and 5"));
    session.request(0, Token(4), write(33, 0), vec![area(5)], Bytes::from_static(b"5"));
    assert_eq!(sent(&mut session), ["1 and 3", "2 and 4"]);
    // An answer finds its request by a service area that it names.
    let done = |sac| json!({"completed": [{"plmn": "22001", "lac": 4097, "sac": sac, "completed": 0}]});
    session.received(5, &answer("write_replace_complete", 33, 0, done(4)));
    assert_eq!(tokens(&events(&mut session)), [Token(2)]);
    assert_eq!(sent(&mut session), ["4 and 5"], "the last waits for the one before it");
    let failed = json!({"failures": [{"plmn": "22001", "lac": 4097, "sac": 5, "cause": 6}]});
    session.received(6, &answer("write_replace_failure", 33, 0, failed));
    session.received(6, &answer("write_replace_complete", 33, 0, done(9)));
    assert_eq!(tokens(&events(&mut session)), [Token(3), Token(1)], "a strange one means the oldest");
    assert_eq!(sent(&mut session), ["5"]);
}

#[test]
fn an_answer_belongs_to_the_request_of_its_kind_and_serial_number() {
    let mut session = ready();
    session.request(0, Token(1), write(33, 0), vec![area(1)], Bytes::new());
    session.received(5, &complete("kill_complete", 33, 0));
    session.received(5, &complete("write_replace_complete", 33, 1));
    assert!(events(&mut session).iter().all(|event| matches!(event, Event::Unexpected { .. })));
    // The write, and no Error-Indication: an answer that nobody asked for may only be late.
    assert_eq!(sent(&mut session).len(), 1);
    assert_eq!(session.pending(), 1);
}

#[test]
fn a_failure_says_where_and_why_and_where_it_was_done() {
    let mut session = ready();
    session.request(0, Token(1), write(33, 0), vec![area(1)], Bytes::new());
    let failure = json!({"plmn": "22001", "lac": 4097, "sac": 1, "cause": 10});
    let done = json!({"plmn": "22001", "lac": 4097, "sac": 2, "completed": 0});
    let lists = json!({"failures": [failure], "completed": [done]});
    session.received(5, &answer("write_replace_failure", 33, 0, lists));
    let Some(Event::Failed { token, request, failures, completed }) = session.poll_event() else {
        panic!("no failure")
    };
    assert_eq!((token, request), (Token(1), write(33, 0)));
    assert_eq!((failures[0].area, failures[0].cause), (area(1), Cause::MESSAGE_REFERENCE_ALREADY_USED));
    assert_eq!(completed[0].area.octets(), [0x22, 0xf0, 0x10, 0x10, 0x01, 0x00, 0x02]);
}

#[test]
fn a_request_is_unanswered_once_and_its_late_answer_still_has_its_token() {
    let mut session = ready();
    session.request(100, Token(1), write(33, 0), vec![area(1)], Bytes::new());
    session.handle_timeout(10_099);
    assert_eq!(session.poll_event(), None);
    session.handle_timeout(10_100);
    session.handle_timeout(10_101);
    assert_eq!(events(&mut session), [Event::Unanswered { token: Token(1) }]);
    session.received(12_000, &complete("write_replace_complete", 33, 0));
    assert_eq!(tokens(&events(&mut session)), [Token(1)]);
}

#[test]
fn an_rnc_that_answers_late_is_given_twice_as_long() {
    let mut session = ready();
    for (at_ms, given_ms) in
        [(0, 10_000), (100_000, 20_000), (200_000, 40_000), (300_000, 60_000), (400_000, 60_000)]
    {
        session.request(at_ms, Token(1), write(33, 0), vec![area(1)], Bytes::new());
        assert_eq!(session.next_wakeup(), Some(at_ms + given_ms));
        session.handle_timeout(at_ms + given_ms);
        session.received(at_ms + given_ms + 1, &complete("write_replace_complete", 33, 0));
    }
}

#[test]
fn the_end_of_a_connection_leaves_all_unanswered_and_nothing_is_sent() {
    let mut session = ready();
    for token in 1..=2 {
        session.request(0, Token(token), write(33, 0), vec![area(1)], Bytes::new());
    }
    session.disconnected(1);
    session.request(2, Token(3), write(33, 0), vec![area(1)], Bytes::new());
    let unanswered = [1, 2, 3].map(|token| Event::Unanswered { token: Token(token) });
    assert_eq!(events(&mut session), unanswered);
    assert_eq!((session.poll_transmit(), session.pending()), (None, 0));
}

#[test]
fn a_restart_without_recovery_means_that_the_data_is_lost() {
    let mut session = ready();
    session.received(0, &encoded(json!({"message": "restart", "service_areas": [area_json(1)]})));
    let available =
        json!({"message": "restart", "service_areas": [area_json(2)], "recovery": "data-available"});
    session.received(0, &encoded(available));
    session.received(0, &encoded(json!({"message": "failure", "service_areas": [area_json(3)]})));
    let expected = [
        Event::Restart { areas: vec![area(1)], recovery: Recovery::DataLost },
        Event::Restart { areas: vec![area(2)], recovery: Recovery::DataAvailable },
        Event::Failure { areas: vec![area(3)] },
    ];
    assert_eq!(events(&mut session), expected);
    assert_eq!(session.poll_transmit(), None);
}

#[test]
fn a_session_that_begins_with_resets_is_ready_after_the_last_answer() {
    let mut session = Session::new(SessionConfig { reset_areas_max: 2, ..SessionConfig::default() });
    session.connected(0, ResetPolicy::First(vec![area(1), area(2), area(3)]));
    let resets = said(&mut session);
    assert_eq!(resets[0], json!({"message": "reset", "service_areas": [area_json(1), area_json(2)]}));
    assert_eq!(resets[1], json!({"message": "reset", "service_areas": [area_json(3)]}));
    session.request(1, Token(1), write(33, 0), vec![area(1)], Bytes::new());
    assert_eq!(events(&mut session), [Event::Unanswered { token: Token(1) }]);

    let failure = json!({"plmn": "22001", "lac": 4097, "sac": 2, "cause": 9});
    let first = json!({"message": "reset_failure", "failures": [failure], "service_areas": [area_json(1)]});
    session.received(2, &encoded(first));
    assert!(!session.is_ready());
    let second = json!({"message": "reset_complete", "service_areas": [area_json(3), area_json(4)]});
    session.received(3, &encoded(second));
    let events = events(&mut session);
    assert!(matches!(&events[0], Event::Reset { token: None, failures, .. } if failures.len() == 1));
    assert_eq!(events[1], Event::PeerError { what: PeerError::ResetAreas { expected: 1, found: 2 } });
    assert_eq!(events[2], Event::Ready);
    assert_eq!(session.next_wakeup(), None);
}

#[test]
fn a_reset_without_an_answer_ends_the_connection() {
    let mut session = Session::new(SessionConfig::default());
    session.connected(5, ResetPolicy::First(vec![area(1)]));
    assert_eq!(session.next_wakeup(), Some(10_005));
    session.handle_timeout(10_005);
    assert_eq!(session.should_close(), Some(CloseReason::ResetUnanswered));
}

#[test]
fn a_reset_and_a_load_query_of_the_caller_are_answered_with_their_tokens() {
    let mut session = ready();
    session.request(0, Token(1), Request::Reset, vec![area(1)], Bytes::new());
    session.request(0, Token(2), Request::LoadQuery, vec![area(1)], Bytes::new());
    session.received(
        1,
        &encoded(json!({"message": "load_query_complete", "loading": [
            {"plmn": "22001", "lac": 4097, "sac": 1, "bandwidth": 20_480},
        ]})),
    );
    session.received(1, &encoded(json!({"message": "reset_complete", "service_areas": [area_json(1)]})));
    let events = events(&mut session);
    assert!(
        matches!(&events[0], Event::Loading { token: Token(2), loading, .. } if loading[0].bandwidth == 20_480)
    );
    assert!(matches!(&events[1], Event::Reset { token: Some(Token(1)), .. }));
}

#[test]
fn an_error_indication_ends_the_request_that_it_names_and_is_never_answered() {
    let mut session = ready();
    session.request(0, Token(1), write(33, 0), vec![area(1)], Bytes::new());
    let _write = session.poll_transmit();
    let other = json!({"message": "error_indication", "message_id": 4379, "cause": 11,
        "criticality_diagnostics": {"procedure_code": 1}});
    session.received(1, &encoded(other));
    assert!(matches!(session.poll_event(), Some(Event::ErrorIndication { token: None, .. })));
    let serial = json!({"gs": 1, "code": 33, "update": 0});
    session
        .received(1, &encoded(json!({"message": "error_indication", "message_id": 4379, "serial": serial})));
    assert!(matches!(session.poll_event(), Some(Event::ErrorIndication { token: Some(Token(1)), .. })));
    session.received(2, &hex::decode("000740140000").unwrap());
    assert!(matches!(session.poll_event(), Some(Event::PeerError { what: PeerError::Undecodable(_) })));
    assert_eq!(session.poll_transmit(), None);
}

#[test]
fn what_cannot_be_read_and_what_only_a_cbc_sends_is_answered_with_an_error_indication() {
    let mut session = ready();
    session.received(0, &[0x00, 0x00, 0x00, 0xc0]);
    let request = json!({"message": "kill", "message_id": 4379, "old_serial": {"gs": 1, "code": 33, "update": 0},
        "service_areas": [area_json(1)]});
    session.received(0, &encoded(request));
    let answers = said(&mut session);
    assert_eq!((&answers[0]["cause"], &answers[1]["cause"]), (&json!(12), &json!(14)));
    assert_eq!(answers[1]["message_id"], 4379);
    let events = events(&mut session);
    let error = Error::Syntax(aper::Error::FragmentLength { at: 3, found: 0xc0 });
    assert_eq!(events[0], Event::PeerError { what: PeerError::Undecodable(error) });
    let triggering = TriggeringMessage::InitiatingMessage;
    assert_eq!(events[1], Event::Unexpected { procedure: 1, triggering });
}

#[test]
fn a_session_whose_events_are_not_polled_asks_to_be_closed() {
    let mut session = Session::new(SessionConfig { events_max: 3, ..SessionConfig::default() });
    session.connected(0, ResetPolicy::Never);
    let failure = encoded(json!({"message": "failure", "service_areas": [area_json(3)]}));
    for _ in 0..5 {
        session.received(0, &failure);
    }
    assert_eq!(session.should_close(), Some(CloseReason::Flooded));
    assert_eq!(events(&mut session).len(), 3);
}
