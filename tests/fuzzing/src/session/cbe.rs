//! What an operator's own CBC answers, read in the middle of a conversation.

use bytes::{Bytes, BytesMut};
use cbe::{Answer, DeliveryReport, Document, Event, Request, Session, SessionConfig, Token};

/// The requests that are open when the answer comes.
const REQUESTS: u64 = 3;
/// For how long a session is watched, in milliseconds: ten waits for an answer.
const WATCHED_MS: u64 = 100_000;
/// More turns than a session has reason to be woken for in that time.
const TURNS_MAX: usize = 1_000;

/// The first octet says which post is answered, the rest is the answer, which comes twice: each request is told of once,
/// and the session wants to be woken no more often than it has reason to.
pub fn run(input: &[u8]) {
    let Some((which, message)) = input.split_first() else { return };
    let mut session = Session::new(SessionConfig::default());
    session.connected();
    for number in 1..=REQUESTS {
        // Two alerts, one of them with two messages.
        let (alert, number_in_alert) = (number.div_ceil(2), if number == 2 { 2 } else { 1 });
        let identifier = format!("A-{alert}.{number_in_alert}");
        let octets = Bytes::from_static(b"<alert/>");
        session.request(0, Token(number), &Document { identifier, alert, number: number_in_alert, octets });
    }
    let posts: Vec<Request> = posts(&mut session);
    let mut tag = posts[usize::from(*which) % posts.len()].tag;
    tag.0 += u64::from(*which == u8::MAX) << 32;
    let mut frame = BytesMut::from(&tag.0.to_be_bytes()[..]);
    frame.extend_from_slice(message);
    if let Ok((read, answer)) = Answer::decode(&frame) {
        assert_eq!(read, tag, "the tag of a frame");
        let again = Answer::decode(&answer.encode(tag)).expect("what was encoded is an answer").1;
        assert_eq!((again.status, &again.body), (answer.status, &answer.body));
        if let Ok(report) = DeliveryReport::read(&answer.body) {
            assert_eq!(DeliveryReport::read(&report.write()).as_ref(), Ok(&report));
        }
    }
    let mut told = Vec::new();
    session.received(1, &frame);
    listen(&mut session, &mut told);
    session.received(2, &frame);
    let mut now_ms = 2;
    for turn in 0.. {
        assert!(turn < TURNS_MAX, "a session that is woken for nothing");
        listen(&mut session, &mut told);
        let Some(wakeup_ms) = session.next_wakeup().filter(|wakeup_ms| *wakeup_ms < WATCHED_MS) else {
            break;
        };
        now_ms = now_ms.max(wakeup_ms);
        session.handle_timeout(now_ms);
    }
    session.disconnected();
    listen(&mut session, &mut told);
    told.sort_unstable();
    assert_eq!(told, (1..=REQUESTS).collect::<Vec<_>>(), "each request is told of once");
}

fn posts(session: &mut Session) -> Vec<Request> {
    let frames = std::iter::from_fn(|| session.poll_transmit());
    frames.map(|frame| Request::decode(&frame).expect("our own request")).collect()
}

fn listen(session: &mut Session, told: &mut Vec<u64>) {
    posts(session);
    while let Some(event) = session.poll_event() {
        match event {
            Event::Accepted { token } | Event::Refused { token, .. } | Event::Unanswered { token } => {
                told.push(token.0);
            }
            Event::Delivery(_)
            | Event::ServerError { .. }
            | Event::PeerError(_)
            | Event::Unexpected { .. } => {}
        }
    }
}
