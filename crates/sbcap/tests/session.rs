//! An association with an MME: answers and timeouts, what the MME may tell, and what it must be told when it errs.
//!
//! A test fails by panicking, in its helping functions too.
#![allow(clippy::unwrap_used)]

use bytes::{Bytes, BytesMut};
use cbs::{MessageId, SerialNumber};
use sbcap::{
    Cause, CloseReason, Ecgi, Error, Event, Kind, Pdu, PeerError, Refusal, Request, Session, SessionConfig,
    Token, Tolerance,
};
use serde_json::{Value, json};

fn connected(config: SessionConfig) -> Session {
    let mut session = Session::new(config);
    session.connected(0);
    session
}

fn events(session: &mut Session) -> Vec<Event> {
    std::iter::from_fn(|| session.poll_event()).collect()
}

/// The PDUs that wait to be sent, as JSON.
fn sent(session: &mut Session) -> Vec<Value> {
    let pdus = std::iter::from_fn(|| session.poll_transmit());
    pdus.map(|pdu| serde_json::to_value(Pdu::decode(&pdu).unwrap().pdu).unwrap()).collect()
}

fn octets(text: &str) -> Vec<u8> {
    hex::decode(text.replace(' ', "")).unwrap()
}

fn encoded(message: Value) -> BytesMut {
    let mut out = BytesMut::new();
    serde_json::from_value::<Pdu>(message).unwrap().encode(&mut out).unwrap();
    out
}

fn write(update: u16) -> Request {
    let (message_id, serial) = (MessageId::new(4379), SerialNumber::from_bits(0x4110 + update));
    Request { kind: Kind::Write, message_id, serial }
}

/// The answer to `write(update)`.
fn response(update: u16, cause: u8) -> BytesMut {
    encoded(json!({
        "message": "write_replace_warning_response", "message_id": 4379,
        "serial": {"gs": 1, "code": 17, "update": update}, "cause": cause,
    }))
}

/// The token and cause of an answer.
fn answer(event: &Event) -> Option<(Option<Token>, Cause)> {
    match event {
        Event::Response { token, cause, .. } => Some((*token, *cause)),
        _ => None,
    }
}

#[test]
fn a_session_is_ready_as_soon_as_it_is_connected_and_sends_nothing_by_itself() {
    let mut session = Session::new(SessionConfig::default());
    assert!(!session.is_ready());
    session.connected(0);
    assert!(session.is_ready());
    assert_eq!((session.poll_transmit(), session.poll_event(), session.next_wakeup()), (None, None, None));
}

#[test]
fn answers_find_their_request_the_oldest_first() {
    let mut session = connected(SessionConfig::default());
    for (token, update) in [(1, 0), (2, 1), (3, 0)] {
        session.request(0, Token(token), write(update), Bytes::from_static(b"write"));
    }
    for (update, cause) in [(0, 0), (0, 11), (1, 4)] {
        session.received(5, &response(update, cause));
    }
    let answers: Vec<_> = events(&mut session).iter().filter_map(answer).collect();
    let expected = [(1, 0), (3, 11), (2, 4)].map(|(token, cause)| (Some(Token(token)), Cause(cause)));
    assert_eq!(answers, expected);
    assert_eq!((session.pending(), session.next_wakeup()), (0, None));
}

#[test]
fn a_stop_is_not_answered_by_the_response_to_a_write() {
    let mut session = connected(SessionConfig::default());
    session.request(0, Token(1), Request { kind: Kind::Stop, ..write(0) }, Bytes::new());
    session.received(5, &response(0, 0));
    assert_eq!(events(&mut session).iter().filter_map(answer).next(), Some((None, Cause(0))));
    assert_eq!(session.pending(), 1);
}

#[test]
fn a_request_is_reported_unanswered_once_and_its_late_answer_still_has_its_token() {
    let mut session = connected(SessionConfig::default());
    session.request(100, Token(1), write(0), Bytes::new());
    assert_eq!(session.next_wakeup(), Some(10_100));
    session.handle_timeout(10_099);
    assert_eq!(session.poll_event(), None);
    session.handle_timeout(10_100);
    session.handle_timeout(10_101);
    assert_eq!(events(&mut session), [Event::Unanswered { token: Token(1) }]);
    assert_eq!(session.pending(), 0);
    session.received(12_000, &response(0, 0));
    assert_eq!(events(&mut session).iter().filter_map(answer).next(), Some((Some(Token(1)), Cause(0))));
}

#[test]
fn an_mme_that_answers_late_is_given_twice_as_long() {
    let mut session = connected(SessionConfig { late_answer_ms: 30_000, ..SessionConfig::default() });
    for (at_ms, given_ms) in [(0, 10_000), (100_000, 20_000), (200_000, 30_000), (300_000, 30_000)] {
        session.request(at_ms, Token(1), write(0), Bytes::new());
        assert_eq!(session.next_wakeup(), Some(at_ms + given_ms));
        session.handle_timeout(at_ms + given_ms);
        session.received(at_ms + given_ms + 1, &response(0, 0));
    }
    // One that answers in time keeps what it has.
    session.request(400_000, Token(2), write(0), Bytes::new());
    session.received(400_001, &response(0, 0));
    session.request(400_002, Token(3), write(0), Bytes::new());
    assert_eq!(session.next_wakeup(), Some(430_002));
}

#[test]
fn a_request_is_forgotten_in_the_end() {
    let mut session = connected(SessionConfig { late_answer_ms: 1_000, ..SessionConfig::default() });
    session.request(0, Token(1), write(0), Bytes::new());
    session.handle_timeout(10_000);
    assert_eq!(session.next_wakeup(), Some(11_000));
    session.handle_timeout(11_000);
    assert_eq!(session.next_wakeup(), None);
    session.received(11_001, &response(0, 0));
    let events = events(&mut session);
    assert_eq!(answer(&events[1]), Some((None, Cause(0))));
}

#[test]
fn a_disconnect_reports_pending_requests_unanswered_and_sends_nothing_of_before() {
    let mut session = connected(SessionConfig::default());
    session.request(0, Token(1), write(0), Bytes::new());
    session.handle_timeout(10_000);
    session.request(10_000, Token(2), write(1), Bytes::new());
    session.disconnected(10_001);
    let unanswered = [1, 2].map(|token| Event::Unanswered { token: Token(token) });
    assert_eq!(events(&mut session), unanswered);
    assert_eq!((session.poll_transmit(), session.next_wakeup()), (None, None));
    session.request(10_002, Token(3), write(0), Bytes::new());
    assert_eq!(events(&mut session), [Event::Unanswered { token: Token(3) }]);
}

#[test]
fn an_mme_that_begins_anew_has_forgotten_what_it_was_asked() {
    let mut session = connected(SessionConfig::default());
    session.request(0, Token(1), write(0), Bytes::from_static(b"write"));
    session.connected(5);
    assert_eq!(events(&mut session), [Event::Unanswered { token: Token(1) }]);
    assert!(session.is_ready());
    assert_eq!((session.pending(), session.poll_transmit()), (0, None));
}

#[test]
fn one_request_too_many_is_reported_unanswered_at_once() {
    let mut session = connected(SessionConfig { requests_max: 1, ..SessionConfig::default() });
    session.request(0, Token(1), write(0), Bytes::from_static(b"first"));
    session.request(0, Token(2), write(1), Bytes::from_static(b"second"));
    assert_eq!(events(&mut session), [Event::Unanswered { token: Token(2) }]);
    assert_eq!(session.poll_transmit().as_deref(), Some(&b"first"[..]));
    assert_eq!(session.poll_transmit(), None);
}

#[test]
fn a_clock_that_steps_back_does_not_lengthen_a_timeout() {
    let mut session = connected(SessionConfig::default());
    session.handle_timeout(50_000);
    session.request(0, Token(1), write(0), Bytes::new());
    assert_eq!(session.next_wakeup(), Some(60_000));
}

#[test]
fn a_response_that_nobody_asked_for_is_told_and_not_answered() {
    let mut session = connected(SessionConfig::default());
    session.received(0, &response(0, 0));
    assert_eq!(events(&mut session).iter().filter_map(answer).next(), Some((None, Cause(0))));
    assert_eq!(session.poll_transmit(), None);
}

#[test]
fn indications_tell_their_cells_as_octets() {
    let mut session = connected(SessionConfig::default());
    session.received(
        0,
        &octets(
            "0003403d00000300050002111b000b000241100017002a3000000022f010000100010022f0100a1b201022f010\
             0a1b206000000000000100000022f0100a1b20a0",
        ),
    );
    let Some(Event::WriteIndication { area, .. }) = session.poll_event() else { unreachable!() };
    assert_eq!(hex::encode(&area.cells), "22f0100a1b201022f0100a1b206022f0100a1b20a0");
    assert_eq!((area.tais.len(), area.eais.len()), (1, 1));
    let cells = area.cells.as_chunks::<{ Ecgi::OCTETS }>().0;
    assert_eq!(Ecgi::from_octets(cells[2]).unwrap().eci(), 10_596_874);
}

/// The Error-Indication that a received PDU is answered with, if any.
fn reply_to(pdu: &[u8]) -> Option<Value> {
    let mut session = connected(SessionConfig::default());
    session.received(0, pdu);
    let mut replies = sent(&mut session);
    assert!(replies.len() <= 1);
    assert!(events(&mut session).iter().any(|event| matches!(event, Event::PeerError { .. })));
    replies.pop()
}

#[test]
fn garbage_is_answered_with_a_transfer_syntax_error() {
    assert_eq!(reply_to(&octets("ffffff")), Some(json!({"message": "error_indication", "cause": 13})));
    let truncated = octets("2000001400000300050002111b000b0002411000010001");
    assert_eq!(reply_to(&truncated).unwrap()["cause"], 13);
}

#[test]
fn an_error_indication_is_never_answered() {
    let mut session = connected(SessionConfig::default());
    session.received(0, &encoded(json!({"message": "error_indication", "cause": 13})));
    let expected = Event::ErrorIndication { cause: Some(Cause(13)), diagnostics: None };
    assert_eq!(events(&mut session), [expected]);
    // Nor one that cannot be decoded, nor one with an unknown IE that asks to be refused or reported.
    for broken in ["00024008000001", "0002400800000100c8000100", "0002400800000100c8800100"] {
        session.received(0, &octets(broken));
        let events = events(&mut session);
        assert!(events.iter().any(|event| matches!(event, Event::PeerError { .. })), "{broken}: {events:?}");
    }
    assert_eq!(session.poll_transmit(), None);
}

#[test]
fn an_area_that_cannot_be_read_is_answered_with_diagnostics() {
    let reply = reply_to(&octets("0003401700000300050002111b000b000241100017000440fffe00"));
    let expected = json!({
        "message": "error_indication", "cause": 2,
        "criticality_diagnostics": {
            "procedure_code": 3, "triggering": "initiating-message", "procedure_criticality": "ignore",
            "ies": [{"criticality": "reject", "id": 23, "error": "not-understood"}],
        },
    });
    assert_eq!(reply, Some(expected));
}

#[test]
fn a_failure_with_an_unknown_ie_that_must_be_understood_is_refused_whole() {
    let failure =
        octets("0006402800000300210010010022f0100a1b201022f0100a1b2020001c00080022f010000a1b2000c8000100");
    let mut session = connected(SessionConfig::default());
    session.received(0, &failure);
    assert!(matches!(events(&mut session)[..], [Event::PeerError { what: PeerError::Undecodable(_) }]));
    let replies = sent(&mut session);
    assert_eq!(replies[0]["cause"], 1);
    let ies = json!([{"criticality": "reject", "id": 200, "error": "not-understood"}]);
    assert_eq!(replies[0]["criticality_diagnostics"]["ies"], ies);
    assert_eq!(replies.len(), 1);
}

#[test]
fn a_missing_ie_is_answered_with_diagnostics() {
    let reply = reply_to(&octets("2000000f00000200050002111b000b00024110")).unwrap();
    assert_eq!(reply["cause"], 6);
    let ies = json!([{"criticality": "reject", "id": 1, "error": "missing"}]);
    assert_eq!(reply["criticality_diagnostics"]["ies"], ies);
    assert_eq!(reply["criticality_diagnostics"]["triggering"], "successful-outcome");
}

#[test]
fn an_unknown_procedure_is_answered_unless_it_asks_to_be_ignored() {
    assert_eq!(reply_to(&octets("0063000900000100050002111b")).unwrap()["cause"], 5);
    assert_eq!(reply_to(&octets("0063400900000100050002111b")), None);
}

#[test]
fn a_request_of_the_mme_is_out_of_place() {
    let stop = octets("0001000f00000200050002111b000b00024110");
    assert_eq!(reply_to(&stop).unwrap()["cause"], 15);
}

#[test]
fn an_ie_that_asks_to_be_reported_is_reported_and_the_message_taken() {
    let mut session = connected(SessionConfig::default());
    session.request(0, Token(1), write(0), Bytes::new());
    let _request = session.poll_transmit();
    session.received(0, &octets("2000001900000400050002111b000b00024110000100010700c9800100"));
    let events = events(&mut session);
    assert_eq!(answer(&events[0]), Some((Some(Token(1)), Cause(7))));
    assert_eq!(events[1], Event::PeerError { what: PeerError::NotUnderstood { ies: vec![201] } });
    let replies = sent(&mut session);
    assert_eq!(replies[0]["cause"], 17);
    assert_eq!(replies[0]["criticality_diagnostics"]["ies"][0]["id"], 201);
}

#[test]
fn a_restart_without_tracking_areas_is_taken_where_that_is_tolerated() {
    // Procedure criticality "reject", as some senders have it.
    let restart = encoded(json!({
        "message": "pws_restart_indication", "restarted_cells": [{"plmn": "22001", "eci": 10_596_865}],
        "global_enb_id": {"plmn": "22001", "kind": "macro", "id": 41_394},
    }));
    let mut restart = restart.to_vec();
    restart[2] = 0x00;

    let mut session = connected(SessionConfig::default());
    session.received(0, &restart);
    let events = events(&mut session);
    let Event::Restart { cells, tais, .. } = &events[0] else { unreachable!() };
    assert_eq!((hex::encode(cells), tais.len()), ("22f0100a1b2010".to_owned(), 0));
    assert_eq!(events[1], Event::PeerError { what: PeerError::RestartWithoutTais });
    assert_eq!(session.poll_transmit(), None);

    let config = SessionConfig { tolerate_restart_without_tais: false, ..SessionConfig::default() };
    let mut session = connected(config);
    session.received(0, &restart);
    assert_eq!(sent(&mut session)[0]["cause"], 6);
}

#[test]
fn a_session_whose_events_are_not_polled_asks_to_be_closed() {
    let mut session = connected(SessionConfig { queue_max: 2, ..SessionConfig::default() });
    for _ in 0..3 {
        assert_eq!(session.should_close(), None);
        session.received(0, &response(0, 0));
    }
    assert_eq!(session.should_close(), Some(CloseReason::Overrun));
    session.disconnected(0);
    session.connected(1);
    assert_eq!(session.should_close(), None);
}

#[test]
fn a_request_that_cannot_be_taken_has_a_response_that_says_why() {
    // A Write-Replace-Warning-Request without its period, with an unknown IE that must be understood.
    let mut request = octets("00000000 000004 00050002111b 000b00024110 00070002001e 00ca000100");
    request[3] = request.len() as u8 - 4;
    let error = Pdu::decode(&request).unwrap_err();
    assert!(matches!(&error, Error::Ies { ies, .. } if ies.len() == 2));
    let refusal = Refusal::of(&request, &error).unwrap();
    let response = serde_json::to_value(refusal.response().unwrap()).unwrap();
    assert_eq!(response["message"], "write_replace_warning_response");
    assert_eq!(response["cause"], 6);
    assert_eq!(response["message_id"], 4379);
}

#[test]
fn a_mandatory_list_that_cannot_be_read_is_refused_whatever_its_sender_says_of_it() {
    // A PWS-Restart-Indication whose List-of-TAIs-Restart holds nothing and says "ignore".
    let restart = octets("00054021 000003 001e0009 000022f0100a1b2010 001c0008 0022f010000a1b20 001f400100");
    let error = Pdu::decode(&restart).unwrap_err();
    assert!(matches!(error, Error::IeValue { id: 31, .. }), "{error}");
    let tolerant = Pdu::decode_with(&restart, Tolerance { restart_without_tais: true }).unwrap();
    assert!(matches!(tolerant.pdu, Pdu::PwsRestartIndication(restart) if restart.restart_tais.is_empty()));
}
