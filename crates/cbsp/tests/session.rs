//! The conversation with a BSC, in virtual time.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use bytes::Bytes;
use cbs::{MessageId, SerialNumber};
use cbsp::pdu::{BroadcastMessageType, Completed, CompletedInfo, FailedCell, Recovery};
use cbsp::{
    Cause, CellId, CellKind, CellList, CloseReason, Error, Event, MessageType, Pdu, RepetitionCoding,
    Request, RequestKind, ResetPolicy, Session, SessionConfig, Token,
};
use proptest::prelude::*;

const RESET: &str = "1000000404000106";
const RESET_COMPLETE: &str = "1100000404000106";
const KEEP_ALIVE: &str = "160000021814";
const KEEP_ALIVE_COMPLETE: &str = "17000000";
const RESTART_CBS: &str = "130000080400010616000d01";
const RESTART_EMERGENCY: &str = "130000080400010616010d01";

/// A session, and its peer's mouth and ears.
struct Link {
    session: Session,
}

impl Link {
    fn down() -> Self {
        Self { session: Session::new(SessionConfig::default()) }
    }

    /// Connected at time 0 without a RESET.
    fn ready() -> Self {
        let mut link = Self::down();
        link.session.connected(0, ResetPolicy::Never);
        assert_eq!(link.events(), [Event::Ready]);
        link
    }

    fn peer_says(&mut self, now_ms: u64, hex: &str) {
        self.session.received(now_ms, &hex::decode(hex.replace(' ', "")).unwrap());
    }

    fn peer_hears(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.session.poll_transmit()).map(hex::encode).collect()
    }

    fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.session.poll_event()).collect()
    }

    /// Lets time pass as far as `until_ms`, waking the session when it asks for it; the peer answers KEEP-ALIVE or not.
    /// The times and frames of what it heard.
    fn pass(&mut self, until_ms: u64, answers_keep_alive: bool) -> Vec<(u64, String)> {
        let mut heard = Vec::new();
        while let Some(now_ms) = self.session.next_wakeup().filter(|next_ms| *next_ms <= until_ms) {
            self.session.handle_timeout(now_ms);
            for frame in self.peer_hears() {
                if frame == KEEP_ALIVE && answers_keep_alive {
                    self.peer_says(now_ms, KEEP_ALIVE_COMPLETE);
                }
                heard.push((now_ms, frame));
            }
            if self.session.should_close().is_some() {
                break;
            }
        }
        heard
    }

    fn ask(&mut self, now_ms: u64, token: u64, kind: RequestKind, serial: u16) {
        self.session.request(now_ms, Token(token), request(kind, serial), Bytes::from_static(b"frame"));
    }
}

fn request(kind: RequestKind, serial: u16) -> Request {
    Request { kind, message_id: MessageId::new(4379), serial: SerialNumber::from_bits(serial) }
}

fn write_complete(serial: &str) -> String {
    format!("02000006 0e111b 03{serial}")
}

#[test]
fn first_contact_sends_one_reset_and_is_ready_after_its_answer() {
    let mut link = Link::down();
    link.session.connected(0, ResetPolicy::First);
    link.peer_says(10, RESTART_CBS);
    link.peer_says(11, RESTART_EMERGENCY);
    assert!(!link.session.is_ready());
    link.peer_says(20, RESET_COMPLETE);
    assert!(link.session.is_ready());
    assert_eq!(link.peer_hears(), [RESET]);
    let restart =
        |message_type| Event::Restart { cells: CellList::bss(), message_type, recovery: Recovery::DataLost };
    assert_eq!(
        link.events(),
        [restart(BroadcastMessageType::Cbs), restart(BroadcastMessageType::Emergency), Event::Ready]
    );
}

#[test]
fn a_reset_that_fails_in_some_cells_ends_the_wait_too() {
    let mut link = Link::down();
    link.session.connected(0, ResetPolicy::First);
    link.peer_says(10, "12000007 090004 020009 0a");
    assert!(link.session.is_ready());
    let events = link.events();
    assert!(matches!(&events[..], [Event::Ready, Event::ResetFailed { failures }] if failures.len() == 1));
}

#[test]
fn a_reset_without_an_answer_closes_the_connection() {
    let mut link = Link::down();
    link.session.connected(0, ResetPolicy::First);
    assert_eq!(link.pass(60_000, true), [(10_000, RESET.to_owned())]);
    assert_eq!(link.session.should_close(), Some(CloseReason::ResetUnanswered));
    assert_eq!(link.session.next_wakeup(), None);
}

#[test]
fn a_connection_with_live_messages_is_ready_at_once_and_sends_no_reset() {
    let mut link = Link::ready();
    assert!(link.session.is_ready());
    link.peer_says(0, "13000006 04000106 1600");
    link.peer_says(0, "13000008 04000106 1600 0d00");
    assert_eq!(link.peer_hears(), [""; 0]);
    let recoveries = link.events().into_iter().map(|event| match event {
        Event::Restart { recovery, .. } => recovery,
        other => panic!("{other:?}"),
    });
    assert_eq!(recoveries.collect::<Vec<_>>(), [Recovery::DataLost, Recovery::DataAvailable]);
}

#[test]
fn keep_alives_follow_each_other_within_their_period() {
    let mut link = Link::ready();
    let heard = link.pass(300_000, true);
    assert_eq!(heard.len(), 12);
    let mut last_ms = 0;
    for (now_ms, frame) in heard {
        assert_eq!(frame, KEEP_ALIVE);
        assert!(now_ms - last_ms <= 30_000, "{last_ms} to {now_ms}");
        last_ms = now_ms;
    }
    assert_eq!(link.session.should_close(), None);
    assert_eq!(link.events(), []);
}

#[test]
fn a_keep_alive_without_an_answer_closes_the_connection_after_period_and_grace() {
    let mut link = Link::ready();
    let first_ms = link.pass(30_000, false)[0].0;
    link.pass(first_ms + 34_999, false);
    assert_eq!(link.session.should_close(), None);
    link.pass(first_ms + 35_000, false);
    assert_eq!(link.session.should_close(), Some(CloseReason::KeepAliveLost));
    assert_eq!(link.events(), [Event::KeepAliveLost]);
    // One that is answered just in time closes nothing.
    let mut link = Link::ready();
    link.pass(first_ms + 34_999, false);
    link.peer_says(first_ms + 34_999, KEEP_ALIVE_COMPLETE);
    link.session.handle_timeout(first_ms + 35_000);
    assert_eq!(link.session.should_close(), None);
}

#[test]
fn a_slow_answer_is_waited_for_while_keep_alives_are_answered() {
    let mut link = Link::ready();
    link.ask(20_000, 1, RequestKind::Write, 0x4110);
    assert_eq!(link.peer_hears(), [hex::encode("frame")]);
    let heard = link.pass(28_000, true);
    assert_eq!(heard, [(24_000, KEEP_ALIVE.to_owned())]);
    link.peer_says(28_000, &write_complete("4110"));
    assert!(matches!(link.events()[..], [Event::Completed { token: Token(1), .. }]));
}

#[test]
fn a_complete_without_a_cell_list_is_an_answer() {
    let mut link = Link::ready();
    link.ask(0, 1, RequestKind::Write, 0x4110);
    link.ask(0, 2, RequestKind::Kill, 0x4110);
    link.peer_says(1, &write_complete("4110"));
    link.peer_says(2, "0500000f 0e111b 024110 080006 05 0001 0003 00");
    let events = link.events();
    let [first, Event::Completed { token: Token(2), request: asked, cells: None, counts: Some(counts) }] =
        &events[..]
    else {
        panic!("{events:?}");
    };
    let request = |kind| request(kind, 0x4110);
    let write =
        Event::Completed { token: Token(1), request: request(RequestKind::Write), cells: None, counts: None };
    assert_eq!(first, &write);
    assert_eq!(*asked, request(RequestKind::Kill));
    let count = Completed { cell: CellId::Lac { lac: 1 }, completed: 3, info: CompletedInfo::Valid };
    assert_eq!(counts.iter().collect::<Vec<_>>(), [count]);
    assert_eq!(link.session.pending(), 0);
}

#[test]
fn cells_of_an_answer_stay_in_wire_form() {
    let mut link = Link::ready();
    link.ask(0, 1, RequestKind::Write, 0x4110);
    link.peer_says(1, "02000018 0e111b 034110 04000f 00 22f01020011111 22f01020011112");
    let events = link.events();
    let [Event::Completed { cells: Some(cells), .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(cells.kind(), CellKind::Cgi);
    assert_eq!(hex::encode(cells.octets()), "22f0102001111122f01020011112");
}

#[test]
fn a_failure_names_each_cell_and_its_cause() {
    let mut link = Link::ready();
    link.ask(0, 1, RequestKind::Write, 0x4110);
    let failed = "09000f 00 22f01000030004 03 01 00010002 0f";
    let done = "04000f 00 22f01020011111 22f01020011112";
    link.peer_says(1, &format!("0300002a 0e111b 034110 {failed} {done}"));
    let events = link.events();
    let [Event::Failed { token: Token(1), failures, cells: Some(cells), counts: None, .. }] = &events[..]
    else {
        panic!("{events:?}");
    };
    let plmn = "22001".parse().unwrap();
    let failed = [
        FailedCell { cell: CellId::Cgi { plmn, lac: 3, ci: 4 }, cause: Cause::CELL_IDENTITY_NOT_VALID },
        FailedCell { cell: CellId::LacCi { lac: 1, ci: 2 }, cause: Cause::LAI_OR_LAC_NOT_VALID },
    ];
    assert_eq!(failures.iter().collect::<Vec<_>>(), failed);
    assert_eq!(cells.len(), 2);
}

#[test]
fn answers_find_their_requests_in_order() {
    let mut link = Link::ready();
    for token in 1..=3 {
        link.ask(0, token, RequestKind::Write, 0x4110);
    }
    link.ask(0, 9, RequestKind::Write, 0x4120);
    for serial in ["4120", "4110", "4110", "4110"] {
        link.peer_says(1, &write_complete(serial));
    }
    let tokens = link.events().into_iter().map(|event| match event {
        Event::Completed { token, .. } => token.0,
        other => panic!("{other:?}"),
    });
    assert_eq!(tokens.collect::<Vec<_>>(), [9, 1, 2, 3]);
}

#[test]
fn no_answer_in_time_is_reported_once_and_a_late_answer_still_counts() {
    let mut link = Link::ready();
    link.ask(0, 1, RequestKind::Write, 0x4110);
    assert_eq!(link.session.next_wakeup(), Some(10_000));
    link.session.handle_timeout(9_999);
    assert_eq!(link.events(), []);
    link.session.handle_timeout(10_000);
    link.session.handle_timeout(10_001);
    assert_eq!(link.events(), [Event::Unanswered { token: Token(1) }]);
    assert_eq!(link.session.pending(), 0);
    link.peer_says(20_000, &write_complete("4110"));
    assert!(matches!(link.events()[..], [Event::Completed { token: Token(1), .. }]));
    link.peer_says(20_001, &write_complete("4110"));
    assert_eq!(link.events(), [Event::Unexpected { message: MessageType::WriteReplaceComplete }]);
}

#[test]
fn a_bsc_that_answers_late_is_given_twice_as_long() {
    let config = SessionConfig { answer_timeout_ms: 500, late_answer_ms: 2_500, ..SessionConfig::default() };
    let mut link = Link { session: Session::new(config) };
    link.session.connected(0, ResetPolicy::Never);
    for (at_ms, given_ms) in [(0, 500), (3_000, 1_000), (6_000, 2_000), (9_000, 2_500), (12_000, 2_500)] {
        link.ask(at_ms, 1, RequestKind::Write, 0x4110);
        assert_eq!(link.session.next_wakeup(), Some(at_ms + given_ms));
        link.session.handle_timeout(at_ms + given_ms);
        assert_eq!(link.session.pending(), 0);
        link.peer_says(at_ms + given_ms + 1, &write_complete("4110"));
    }
}

#[test]
fn an_answer_that_never_comes_puts_no_later_one_off() {
    let mut link = Link::ready();
    link.ask(0, 1, RequestKind::Write, 0x4110);
    link.session.handle_timeout(10_000);
    link.ask(10_000, 2, RequestKind::Write, 0x4110);
    link.events();
    link.peer_says(10_001, &write_complete("4110"));
    assert!(matches!(link.events()[..], [Event::Completed { token: Token(2), .. }]));
    // Had it only been late, the other answer finds the other request.
    link.peer_says(10_002, &write_complete("4110"));
    assert!(matches!(link.events()[..], [Event::Completed { token: Token(1), .. }]));
}

#[test]
fn an_answer_is_not_waited_for_for_ever() {
    let mut link = Link::ready();
    link.ask(0, 1, RequestKind::Write, 0x4110);
    link.session.handle_timeout(10_000);
    link.session.handle_timeout(70_000);
    link.events();
    link.peer_says(70_001, &write_complete("4110"));
    assert_eq!(link.events(), [Event::Unexpected { message: MessageType::WriteReplaceComplete }]);
}

#[test]
fn the_end_of_the_connection_leaves_every_open_request_unanswered_once() {
    let mut link = Link::ready();
    link.ask(0, 1, RequestKind::Write, 0x4110);
    link.session.handle_timeout(10_000);
    link.ask(10_000, 2, RequestKind::Kill, 0x4110);
    link.session.disconnected(10_001);
    link.ask(10_002, 3, RequestKind::Kill, 0x4110);
    let unanswered = |token| Event::Unanswered { token: Token(token) };
    assert_eq!(link.events(), [unanswered(1), unanswered(2), unanswered(3)]);
    assert_eq!(link.session.next_wakeup(), None);
    assert_eq!(link.peer_hears(), [""; 0]);
    // An answer on the next connection is not one to a request on the last.
    link.session.connected(20_000, ResetPolicy::Never);
    link.peer_says(20_001, &write_complete("4110"));
    let message = MessageType::WriteReplaceComplete;
    assert_eq!(link.events(), [Event::Ready, Event::Unexpected { message }]);
}

#[test]
fn a_request_before_the_reset_is_answered_is_not_sent() {
    let mut link = Link::down();
    link.session.connected(0, ResetPolicy::First);
    link.ask(1, 1, RequestKind::Write, 0x4110);
    assert_eq!(link.peer_hears(), [RESET]);
    assert_eq!(link.events(), [Event::Unanswered { token: Token(1) }]);
}

#[test]
fn a_message_that_only_a_cbc_sends_is_refused() {
    let mut link = Link::ready();
    for (hex, message) in [
        (RESET, MessageType::Reset),
        (KEEP_ALIVE, MessageType::KeepAlive),
        ("0400000a 0e111b 024110 04000106", MessageType::Kill),
        ("01000044 0e1100 030410 04000106 0f01 100180", MessageType::WriteReplace),
    ] {
        let hex = if message == MessageType::WriteReplace {
            format!("{hex} 11{} 171a", "00".repeat(50))
        } else {
            hex.to_owned()
        };
        link.peer_says(0, &hex);
        assert_eq!(link.peer_hears(), ["150000020b04"]);
        assert_eq!(link.events(), [Event::Unexpected { message }]);
    }
    assert!(link.session.is_ready());
}

#[test]
fn a_stray_write_is_read_as_its_sender_codes_it() {
    let head = "0100006c 0e111b 034110 04000106 1200 0500 060020 070001 13010c0f 0100";
    let write = format!("{head} {}", "00".repeat(82));
    let config = SessionConfig { repetition_coding: RepetitionCoding::Osmocom, ..SessionConfig::default() };
    let mut link = Link { session: Session::new(config) };
    link.session.connected(0, ResetPolicy::Never);
    link.peer_says(0, &write);
    assert_eq!(link.events(), [Event::Ready, Event::Unexpected { message: MessageType::WriteReplace }]);
    // 32 slots in that coding are none in the standard's.
    let mut link = Link::ready();
    link.peer_says(0, &write);
    assert!(matches!(link.events()[..], [Event::PeerError(Error::ElementValue { found: 0, .. })]));
}

#[test]
fn what_cannot_be_read_is_answered_with_its_cause() {
    let mut link = Link::ready();
    for (hex, answer) in [
        ("ff000000", "150000020b04"),
        ("02000002 9900", "150000020b00"),
        ("02000003 0e111b", "150000020b05"),
        ("11000004 04000103", "150000020b01"),
        ("02", "150000020b01"),
    ] {
        link.peer_says(0, hex);
        assert_eq!(link.peer_hears(), [answer], "{hex}");
        assert!(matches!(link.events()[..], [Event::PeerError(_)]));
    }
}

#[test]
fn an_error_indication_is_never_answered() {
    let mut link = Link::ready();
    link.peer_says(0, "15000000");
    let missing = Error::MissingElement { message: MessageType::ErrorIndication, iei: 0x0b };
    assert_eq!(link.events(), [Event::PeerError(missing)]);
    link.peer_says(0, "150000020b04");
    assert!(matches!(link.events()[..], [Event::ErrorIndication { token: None, .. }]));
    assert_eq!(link.peer_hears(), [""; 0]);
}

#[test]
fn an_error_indication_that_names_a_request_ends_it() {
    let mut link = Link::ready();
    link.ask(0, 1, RequestKind::Kill, 0x4110);
    link.ask(0, 2, RequestKind::Write, 0x4111);
    link.peer_hears();
    link.peer_says(1, "1500000b 0b01 0e111b 034111 024110");
    link.peer_says(2, "15000008 0b01 0e111b 024110");
    let tokens = link.events().into_iter().map(|event| match event {
        Event::ErrorIndication { token, .. } => token,
        other => panic!("{other:?}"),
    });
    assert_eq!(tokens.collect::<Vec<_>>(), [Some(Token(2)), Some(Token(1))]);
    assert_eq!(link.session.pending(), 0);
}

#[test]
fn a_peer_that_floods_an_absent_listener_is_cut_off() {
    let mut link = Link::ready();
    for _ in 0..70_000 {
        link.peer_says(0, RESTART_CBS);
    }
    assert_eq!(link.session.should_close(), Some(CloseReason::Flooded));
    assert_eq!(link.events().len(), SessionConfig::default().events_max);
    // One that is listened to may go on.
    let mut link = Link::ready();
    for _ in 0..200_000 {
        link.peer_says(0, RESTART_CBS);
        assert_eq!(link.events().len(), 1);
    }
    assert!(link.session.is_ready());
}

#[test]
fn requests_beyond_the_limit_are_not_sent() {
    let mut link = Link::ready();
    let max = SessionConfig::default().requests_max as u64;
    for token in 0..=max {
        link.ask(0, token, RequestKind::Write, 0x4110);
    }
    assert_eq!(link.events(), [Event::Unanswered { token: Token(max) }]);
    assert_eq!(link.peer_hears().len() as u64, max);
}

#[derive(Clone, Debug)]
enum Step {
    Ask(RequestKind, u16),
    Connect(bool),
    Disconnect,
    Says(Vec<u8>),
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let kind = prop::sample::select(vec![RequestKind::Write, RequestKind::Kill, RequestKind::StatusQuery]);
    let known = prop::sample::select(vec![
        RESET_COMPLETE.to_owned(),
        KEEP_ALIVE_COMPLETE.to_owned(),
        RESTART_CBS.to_owned(),
        write_complete("4110"),
        "05000006 0e111b 024111".to_owned(),
        "0b00000c 0e111b 024110 080001 06 1200".to_owned(),
        "15000008 0b01 0e111b 024110".to_owned(),
    ]);
    let known = known.prop_map(|hex| hex::decode(hex.replace(' ', "")).unwrap());
    let mutated =
        (known.clone(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut frame, at, octet)| {
            let at = at.index(frame.len());
            frame[at] = octet;
            frame
        });
    let step = prop_oneof![
        4 => (kind, 0x4110..0x4112_u16).prop_map(|(kind, serial)| Step::Ask(kind, serial)),
        1 => any::<bool>().prop_map(Step::Connect),
        1 => Just(Step::Disconnect),
        6 => known.prop_map(Step::Says),
        3 => mutated.prop_map(Step::Says),
        1 => prop::collection::vec(any::<u8>(), 0..20).prop_map(Step::Says),
        4 => (0..20_000_u64).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..200)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the peer does: each request has one outcome at least, at most one `Unanswered` and one answer, and no
    /// more is held than the limits say.
    #[test]
    fn every_request_has_its_outcome_and_nothing_grows(steps in steps()) {
        let config = SessionConfig { requests_max: 8, ..SessionConfig::default() };
        let mut link = Link { session: Session::new(config) };
        let mut now_ms = 0;
        let mut unanswered = Vec::new();
        let mut answered = Vec::new();
        let mut asked = 0;
        for step in steps {
            match step {
                Step::Ask(kind, serial) => {
                    link.ask(now_ms, asked, kind, serial);
                    asked += 1;
                }
                Step::Connect(first) => {
                    link.session.connected(now_ms, if first { ResetPolicy::First } else { ResetPolicy::Never });
                }
                Step::Disconnect => link.session.disconnected(now_ms),
                Step::Says(frame) => link.session.received(now_ms, &frame),
                Step::Wait(ms) => {
                    now_ms += ms;
                    link.session.handle_timeout(now_ms);
                    prop_assert!(link.session.next_wakeup().is_none_or(|next_ms| next_ms > now_ms));
                }
            }
            prop_assert!(link.session.pending() <= 8);
            prop_assert!(link.peer_hears().len() <= 18);
            for event in link.events() {
                match event {
                    Event::Unanswered { token } => unanswered.push(token),
                    Event::Completed { token, .. }
                    | Event::Failed { token, .. }
                    | Event::ErrorIndication { token: Some(token), .. } => answered.push(token),
                    _ => {}
                }
            }
        }
        link.session.disconnected(now_ms);
        unanswered.extend(link.events().into_iter().filter_map(|event| match event {
            Event::Unanswered { token } => Some(token),
            _ => None,
        }));
        for token in (0..asked).map(Token) {
            let count = |tokens: &[Token]| tokens.iter().filter(|of| **of == token).count();
            let (silences, answers) = (count(&unanswered), count(&answered));
            prop_assert!(silences <= 1 && answers <= 1 && silences + answers >= 1, "{token:?}");
        }
    }

    #[test]
    fn no_frame_is_too_strange(frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..32)) {
        let mut link = Link::ready();
        for frame in frames {
            let is_error_indication = frame.first() == Some(&MessageType::ErrorIndication.code());
            link.session.received(0, &frame);
            let answers = link.peer_hears();
            prop_assert!(answers.len() <= usize::from(!is_error_indication));
            for answer in answers {
                let answer = Pdu::decode(&hex::decode(answer).unwrap());
                prop_assert!(matches!(answer, Ok(Pdu::ErrorIndication(_))));
            }
        }
    }
}

#[test]
fn a_request_may_be_made_at_any_time() {
    let mut link = Link::ready();
    link.ask(u64::MAX - 1, 1, RequestKind::Write, 0x4110);
    assert_eq!(link.session.next_wakeup().is_some(), link.session.pending() > 0);
}
