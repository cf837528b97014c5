//! Frames both ways: what is written is read again, and what a CBC may send never does harm.

#![allow(clippy::unwrap_used, reason = "tests only")]

use bytes::Bytes;
use cbe::{Answer, Ask, DeliveryReport, Error, Method, Place, Request, Tag};
use proptest::prelude::*;

#[test]
fn a_request_has_the_octets_of_http() {
    let ask = Ask::Take { path: "/cap".into(), message: Bytes::from("<alert/>") };
    let frame = Request { tag: Tag(7), ask }.encode();
    let message = b"POST /cap HTTP/1.1\r\ncontent-type: application/cap+xml\r\n\r\n<alert/>";
    assert_eq!(frame, [&[0, 0, 0, 0, 0, 0, 0, 7][..], message].concat());
}

#[test]
fn an_answer_is_read_as_servers_write_it() {
    let frame = b"\0\0\0\0\0\0\0\x09HTTP/1.1 202 Accepted\r\nLocation: /reports/7\r\nDate: now\r\n\
        Content-Type: Application/JSON; charset=utf-8\r\n\r\n{}";
    let answer = Answer {
        status: 202,
        location: Some("/reports/7".into()),
        media_type: Some("application/json".into()),
        body: Bytes::from("{}"),
    };
    assert_eq!(Answer::decode(frame), Ok((Tag(9), answer)));
    assert_eq!(Answer::decode(b"short"), Err(Error::Tag { found: 5 }));
    let endless = Error::Http { expected: "the head of a message", found: "one without its end".into() };
    assert_eq!(Answer::decode(b"\0\0\0\0\0\0\0\x01HTTP/1.1 200 OK\r\n"), Err(endless));
}

#[test]
fn a_report_says_all_or_names_cells() {
    let text = br#"{"identifier": "A-1.1", "complete": true, "on_air": "all", "failed": ["mts/gsm/1/2"]}"#;
    let report = DeliveryReport {
        identifier: "A-1.1".into(),
        complete: true,
        on_air: Place::ALL,
        off_air: Place::default(),
        failed: Place::Cells(vec!["mts/gsm/1/2".into()]),
    };
    assert_eq!(DeliveryReport::read(text), Ok(report.clone()));
    assert_eq!(DeliveryReport::read(&report.write()), Ok(report));
    assert!(DeliveryReport::read(br#"{"on_air": "some"}"#).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_is_read_again(
        tag: u64,
        path in "/[a-z0-9./-]{0,20}",
        method in prop::sample::select(vec!["POST", "GET", "OPTIONS"]),
        body in prop::collection::vec(any::<u8>(), 0..200),
        status in 100..600_u16,
        location in prop::option::of("/[a-z0-9/]{0,20}"),
    ) {
        let ask = match method {
            "POST" => Ask::Take { path, message: body.clone().into() },
            "GET" => Ask::Report { path },
            method => Ask::Other { method: Method(method.into()), path },
        };
        let request = Request { tag: Tag(tag), ask };
        prop_assert_eq!(Request::decode(&request.encode()), Ok(request));
        let answer = Answer { status, location, media_type: None, body: body.into() };
        prop_assert_eq!(Answer::decode(&answer.encode(Tag(tag))), Ok((Tag(tag), answer)));
    }

    #[test]
    fn any_octets_are_read_or_refused(octets in prop::collection::vec(any::<u8>(), 0..300), head: bool) {
        let octets = if head { [b"\0\0\0\0\0\0\0\x01HTTP/1.1 200 OK\r\n", &octets[..]].concat() } else { octets };
        let _ = Answer::decode(&octets);
        let _ = Request::decode(&octets);
        let _ = DeliveryReport::read(&octets);
    }
}
