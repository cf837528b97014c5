//! The conversation with a CBC: one post a message, whoever asks, and the later message always last.

#![allow(clippy::unwrap_used, reason = "tests only")]

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use cbe::{
    Answer, Ask, CAP, DeliveryReport, Document, Event, Place, REPORT, Request, Session, SessionConfig, Tag,
    Token,
};
use proptest::prelude::*;

fn document(alert: u64, number: u32) -> Document {
    let identifier = format!("A-{alert}.{number}");
    Document { octets: Bytes::from(format!("<alert>{identifier}</alert>")), identifier, alert, number }
}

fn session() -> Session {
    let mut session = Session::new(SessionConfig { path: "/cap".into(), ..SessionConfig::default() });
    session.connected();
    session
}

fn sent(session: &mut Session) -> Vec<Request> {
    std::iter::from_fn(|| session.poll_transmit()).map(|frame| Request::decode(&frame).unwrap()).collect()
}

/// The tags and identifiers of what was posted.
fn posted(session: &mut Session) -> Vec<(Tag, String)> {
    let text = |message: Bytes| {
        String::from_utf8(message.to_vec()).unwrap().replace("<alert>", "").replace("</alert>", "")
    };
    sent(session)
        .into_iter()
        .filter_map(|request| match request.ask {
            Ask::Take { message, .. } => Some((request.tag, text(message))),
            _ => None,
        })
        .collect()
}

fn events(session: &mut Session) -> Vec<Event> {
    std::iter::from_fn(|| session.poll_event()).collect()
}

fn accepted(token: u64) -> Event {
    Event::Accepted { token: Token(token) }
}

fn unanswered(token: u64) -> Event {
    Event::Unanswered { token: Token(token) }
}

#[test]
fn a_message_is_posted_once_for_all_who_ask_and_the_answer_is_for_each() {
    let mut session = session();
    session.request(0, Token(1), &document(1, 1));
    session.request(0, Token(2), &document(1, 1));
    let requests = sent(&mut session);
    let [Request { tag, ask: Ask::Take { path, message } }] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!((path.as_str(), message.as_ref()), ("/cap", &b"<alert>A-1.1</alert>"[..]));
    session.received(5, &Answer::of(201).encode(*tag));
    session.request(6, Token(3), &document(1, 1));
    assert_eq!(events(&mut session), [accepted(1), accepted(2), accepted(3)]);
    assert!(posted(&mut session).is_empty());
    session.request(5_000, Token(4), &document(1, 1));
    assert_eq!(posted(&mut session).len(), 1, "asking again later is a query, and that is a post");
}

#[test]
fn a_duplicate_is_taken_and_a_refusal_is_told_with_its_words() {
    let mut session = session();
    for (token, answer) in [
        (1, Answer::of(409)),
        (
            2,
            Answer {
                media_type: Some("text/plain".into()),
                body: "who are you?\n".into(),
                ..Answer::of(403)
            },
        ),
        (3, Answer::of(503)),
    ] {
        session.request(0, Token(token), &document(token, 1));
        let [(tag, _)] = posted(&mut session)[..] else { panic!() };
        session.received(1, &answer.encode(tag));
    }
    assert_eq!(
        events(&mut session),
        [
            accepted(1),
            Event::Refused { token: Token(2), status: 403, words: "status 403 who are you? ".trim().into() },
            Event::ServerError { status: 503, words: "status 503".into() },
            unanswered(3),
        ]
    );
}

#[test]
fn a_cap_message_of_type_error_refuses_whatever_the_status_says() {
    let mut session = session();
    session.request(0, Token(1), &document(1, 1));
    let [(tag, _)] = posted(&mut session)[..] else { panic!() };
    let body = "<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\"><identifier>E</identifier><sender>cbc</sender>\
         <sent>2026-11-24T12:00:00+01:00</sent><status>Actual</status><msgType>Error</msgType><scope>Private</scope>\
         <addresses>us</addresses><note>no such area</note></alert>";
    let answer = Answer { media_type: Some(CAP.into()), body: body.into(), ..Answer::of(200) };
    session.received(1, &answer.encode(tag));
    let refused = Event::Refused { token: Token(1), status: 200, words: "no such area".into() };
    assert_eq!(events(&mut session), [refused]);
}

#[test]
fn a_cancel_overtakes_and_is_said_again_after_what_it_overtook() {
    let mut session = session();
    session.request(0, Token(1), &document(1, 1));
    session.request(10, Token(2), &document(1, 2));
    let first = posted(&mut session);
    assert_eq!(first.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["A-1.1", "A-1.2"]);
    session.received(20, &Answer::of(200).encode(first[1].0));
    assert_eq!(events(&mut session), [accepted(2)]);
    // The slow alert arrives after its cancel.
    session.received(30, &Answer::of(200).encode(first[0].0));
    assert_eq!(events(&mut session), [accepted(1)]);
    let again = posted(&mut session);
    assert_eq!(again.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["A-1.2"]);
    session.received(40, &Answer::of(409).encode(again[0].0));
    assert!(events(&mut session).is_empty() && posted(&mut session).is_empty());
    // And nobody says the alert again.
    session.request(9_000, Token(3), &document(1, 1));
    assert_eq!(posted(&mut session)[0].1, "A-1.2");
}

#[test]
fn silence_is_told_in_time_and_a_late_answer_is_understood() {
    let mut session = session();
    session.request(0, Token(1), &document(1, 1));
    let [(tag, _)] = posted(&mut session)[..] else { panic!() };
    assert_eq!(session.next_wakeup(), Some(10_000));
    session.handle_timeout(9_999);
    assert!(events(&mut session).is_empty());
    session.handle_timeout(10_000);
    assert_eq!((events(&mut session), session.next_wakeup()), (vec![unanswered(1)], None));
    session.received(12_000, &Answer::of(200).encode(tag));
    assert_eq!(events(&mut session), [accepted(1)]);
    session.received(12_000, &Answer::of(200).encode(tag));
    assert_eq!(events(&mut session), [Event::Unexpected { tag }]);
}

#[test]
fn a_lost_link_leaves_nothing_answered_and_nothing_remembered() {
    let mut session = session();
    session.request(0, Token(1), &document(1, 1));
    session.disconnected();
    session.request(1, Token(2), &document(1, 1));
    assert_eq!(events(&mut session), [unanswered(1), unanswered(2)]);
    assert!(posted(&mut session).is_empty());
    session.connected();
    session.request(2, Token(3), &document(1, 1));
    assert_eq!(posted(&mut session).len(), 1);
}

fn report(number: u32, complete: bool, on_air: Place) -> DeliveryReport {
    DeliveryReport { identifier: format!("A-1.{number}"), complete, on_air, ..DeliveryReport::default() }
}

#[test]
fn a_delivery_report_is_asked_for_until_it_is_complete_or_superseded() {
    let mut session = session();
    session.request(0, Token(1), &document(1, 1));
    let [(tag, _)] = posted(&mut session)[..] else { panic!() };
    let location = Some("https://elsewhere.example/reports/7".to_owned());
    session.received(0, &Answer { location, ..Answer::of(202) }.encode(tag));
    assert_eq!(events(&mut session), [accepted(1)]);
    let some = Place::Cells(vec!["mts/gsm/7/1".into()]);
    let mut now_ms = 0;
    for (said, heard) in [
        (report(1, false, some.clone()), true),
        (report(1, false, some), false),
        (report(1, true, Place::ALL), true),
    ] {
        now_ms = session.next_wakeup().unwrap();
        session.handle_timeout(now_ms);
        let requests = sent(&mut session);
        let [Request { tag, ask: Ask::Report { path } }] = &requests[..] else { panic!("{requests:?}") };
        assert_eq!(path, "/reports/7", "it is asked for where the message was posted");
        let body = said.write().into();
        let answer = Answer { media_type: Some(REPORT.into()), body, ..Answer::of(200) };
        session.received(now_ms, &answer.encode(*tag));
        let expected = if heard { vec![Event::Delivery(said)] } else { Vec::new() };
        assert_eq!(events(&mut session), expected);
    }
    assert_eq!(session.next_wakeup(), None);
    // Whoever asks within the moment hears it too.
    session.request(now_ms, Token(2), &document(1, 1));
    assert_eq!(events(&mut session), [accepted(2), Event::Delivery(report(1, true, Place::ALL))]);
}

#[test]
fn where_the_latest_is_refused_the_one_before_it_is_the_last_that_is_heard() {
    let mut session = session();
    let tag_of = |session: &mut Session, now_ms, token, number| {
        session.request(now_ms, Token(token), &document(1, number));
        let [(tag, _)] = posted(session)[..] else { panic!("{number} is posted") };
        tag
    };
    let first = tag_of(&mut session, 0, 1, 1);
    session.received(0, &Answer::of(200).encode(first));
    let [first, second, third] =
        [(2, 1), (3, 2), (4, 3)].map(|(token, number)| tag_of(&mut session, 1_000, token, number));
    for (tag, status) in [(second, 200), (first, 409), (third, 400)] {
        session.received(1_000, &Answer::of(status).encode(tag));
    }
    let names: Vec<String> = posted(&mut session).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["A-1.2"]);
}

#[test]
fn the_last_that_is_heard_is_the_latest_though_those_after_it_fail() {
    let mut session = session();
    let tag_of = |session: &mut Session, token, number| {
        session.request(0, Token(token), &document(1, number));
        let [(tag, _)] = posted(session)[..] else { panic!("{number} is posted") };
        tag
    };
    let [first, second] = [(1, 1), (2, 2)].map(|(token, number)| tag_of(&mut session, token, number));
    for tag in [second, first] {
        session.received(0, &Answer::of(200).encode(tag));
    }
    let [(again, _)] = posted(&mut session)[..] else { panic!("the second is said again") };
    session.received(0, &Answer::of(500).encode(again));
    let [third, fourth] = [(3, 3), (4, 4)].map(|(token, number)| tag_of(&mut session, token, number));
    session.received(0, &Answer::of(400).encode(fourth));
    session.received(0, &Answer::of(500).encode(third));
    // The first is the last that was heard.
    let now_ms = session.next_wakeup().unwrap();
    session.handle_timeout(now_ms);
    let [(third, ref name)] = posted(&mut session)[..] else { panic!("the third is said again") };
    assert_eq!(name, "A-1.3");
    session.received(now_ms, &Answer::of(400).encode(third));
    let names: Vec<String> = posted(&mut session).into_iter().map(|(_, name)| name).collect();
    assert_eq!(names, ["A-1.2"]);
}

#[test]
fn a_report_on_something_else_is_an_error_of_the_peers() {
    let mut session = session();
    session.request(0, Token(1), &document(1, 1));
    let [(tag, _)] = posted(&mut session)[..] else { panic!() };
    let body = report(9, true, Place::ALL).write().into();
    session.received(0, &Answer { media_type: Some(REPORT.into()), body, ..Answer::of(200) }.encode(tag));
    let events = events(&mut session);
    assert!(matches!(&events[..], [Event::Accepted { .. }, Event::PeerError(_)]), "{events:?}");
}

#[derive(Clone, Debug)]
enum Happens {
    Asked { alert: u64, newer: bool },
    Answered { which: usize, status: u16 },
    Passes(u64),
    LinkLost,
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        4 => (0..3_u64, any::<bool>()).prop_map(|(alert, newer)| Happens::Asked { alert, newer }),
        4 => (any::<usize>(), prop::sample::select(vec![200, 202, 409, 400, 500, 503]))
            .prop_map(|(which, status)| Happens::Answered { which, status }),
        2 => (1..6_000_u64).prop_map(Happens::Passes),
        1 => Just(Happens::LinkLost),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn each_request_is_settled_and_the_newest_that_was_taken_is_also_the_last(
        days in prop::collection::vec(happens(), 1..60)
    ) {
        let mut session = session();
        let mut now_ms = 0;
        let mut numbers = [1_u32; 3];
        let mut token = 0;
        // What is under way, and by alert the last message taken, the newest taken, and the newest posted.
        let mut open: Vec<(Tag, String)> = Vec::new();
        let (mut taken, mut newest_taken) = ([0_u32; 3], [0_u32; 3]);
        let mut settled = BTreeMap::<u64, u32>::new();
        let number = |name: &str| {
            let (alert, number) = name.trim_start_matches("A-").split_once('.').unwrap();
            (alert.parse::<usize>().unwrap(), number.parse::<u32>().unwrap())
        };
        let mut newest_posted = [0_u32; 3];
        let (mut was_taken, mut was_refused) = (BTreeSet::new(), BTreeSet::new());
        let quiet = std::iter::repeat_n(Happens::Passes(20_000), 3);
        for happens in days.into_iter().chain(quiet) {
            match happens {
                Happens::Asked { alert, newer } => {
                    numbers[alert as usize] += u32::from(newer);
                    token += 1;
                    session.request(now_ms, Token(token), &document(alert, numbers[alert as usize]));
                }
                Happens::Answered { which, status } if !open.is_empty() => {
                    let (tag, name) = open.remove(which % open.len());
                    let (alert, number) = number(&name);
                    // What it has taken it does not refuse later, nor the other way round.
                    let status = match status {
                        500.. => status,
                        _ if was_taken.contains(&name) => 409,
                        _ if was_refused.contains(&name) => 400,
                        _ => status,
                    };
                    if status < 300 || status == 409 {
                        taken[alert] = number;
                        newest_taken[alert] = newest_taken[alert].max(number);
                        was_taken.insert(name);
                    } else if status < 500 {
                        was_refused.insert(name);
                        // As if it had never been said.
                        if newest_posted[alert] == number {
                            let is_refused = |number: &u32| was_refused.contains(&format!("A-{alert}.{number}"));
                            newest_posted[alert] = (0..number).rfind(|number| !is_refused(number)).unwrap_or(0);
                        }
                    }
                    session.received(now_ms, &Answer::of(status).encode(tag));
                }
                Happens::Passes(ms) => {
                    now_ms += ms;
                    session.handle_timeout(now_ms);
                }
                Happens::LinkLost => {
                    session.disconnected();
                    session.connected();
                    open.clear();
                    (taken, newest_taken) = ([0; 3], [0; 3]);
                    newest_posted = [0; 3];
                }
                Happens::Answered { .. } => {}
            }
            for (tag, name) in posted(&mut session) {
                let (alert, number) = number(&name);
                prop_assert!(number >= newest_posted[alert], "{name} after {}", newest_posted[alert]);
                newest_posted[alert] = number;
                open.push((tag, name));
            }
            for event in events(&mut session) {
                match event {
                    Event::Accepted { token } | Event::Refused { token, .. } | Event::Unanswered { token } => {
                        *settled.entry(token.0).or_default() += 1;
                    }
                    Event::ServerError { .. } => {}
                    other => prop_assert!(false, "{other:?}"),
                }
            }
        }
        for token in 1..=token {
            let words = settled.get(&token).copied().unwrap_or_default();
            // Twice: unanswered in time, and answered late.
            prop_assert!((1..=2).contains(&words), "request {token} was settled {words} times");
        }
        // Whoever wanted the newest asks again, as he does without an answer; all answers come. After that the last message
        // that was taken is the newest of those.
        for alert in (0..3).filter(|alert| newest_posted[*alert] > 0) {
            session.request(now_ms, Token(0), &document(alert as u64, numbers[alert]));
        }
        for round in 0.. {
            prop_assert!(round < 1_000, "it never comes to rest");
            session.handle_timeout(now_ms);
            open.extend(posted(&mut session));
            if open.is_empty() {
                break;
            }
            let (tag, name) = open.remove(0);
            let (alert, number) = number(&name);
            let status = if was_refused.contains(&name) { 400 } else { 200 };
            if status == 200 {
                taken[alert] = number;
                newest_taken[alert] = newest_taken[alert].max(number);
            }
            session.received(now_ms, &Answer::of(status).encode(tag));
        }
        for alert in 0..3 {
            prop_assert_eq!(taken[alert], newest_taken[alert]);
        }
    }
}
