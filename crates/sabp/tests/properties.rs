//! Whatever is encoded decodes to itself, and whatever is decoded does no harm.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use bytes::{Bytes, BytesMut};
use cbs::{Alphabet, Content, DataCodingScheme, MessageId, Page, Pages, Plmn, SerialNumber, WarningType};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use sabp::*;

fn message_id() -> impl Strategy<Value = MessageId> {
    any::<u16>().prop_map(MessageId::new)
}

fn serial() -> impl Strategy<Value = SerialNumber> {
    any::<u16>().prop_map(SerialNumber::from_bits)
}

fn area() -> impl Strategy<Value = ServiceArea> {
    let plmn = select(vec!["22001", "22003", "310410", "00101"]);
    (plmn, any::<u16>(), any::<u16>())
        .prop_map(|(plmn, lac, sac)| ServiceArea::new(plmn.parse::<Plmn>().unwrap(), lac, sac))
}

fn areas() -> impl Strategy<Value = Vec<ServiceArea>> {
    vec(area(), 1..20)
}

fn completed(min: usize) -> impl Strategy<Value = Vec<CompletedArea>> {
    let info = of(select(vec![CompletedInfo::Overflow, CompletedInfo::Unknown]));
    let item = (area(), any::<u16>(), info).prop_map(|(area, completed, info)| CompletedArea {
        area,
        completed,
        info,
    });
    vec(item, min..20)
}

fn failures() -> impl Strategy<Value = Vec<FailedArea>> {
    vec((area(), cause()).prop_map(|(area, cause)| FailedArea { area, cause }), 1..20)
}

fn loading(min: usize) -> impl Strategy<Value = Vec<LoadedArea>> {
    vec((area(), 0..=20_480_u16).prop_map(|(area, bandwidth)| LoadedArea { area, bandwidth }), min..20)
}

fn cause() -> impl Strategy<Value = Cause> {
    any::<u8>().prop_map(Cause)
}

fn criticality() -> impl Strategy<Value = Criticality> {
    select(vec![Criticality::Reject, Criticality::Ignore, Criticality::Notify])
}

fn diagnostics() -> impl Strategy<Value = Option<CriticalityDiagnostics>> {
    let triggering = select(vec![
        TriggeringMessage::InitiatingMessage,
        TriggeringMessage::SuccessfulOutcome,
        TriggeringMessage::UnsuccessfulOutcome,
        TriggeringMessage::Outcome,
    ]);
    let error = of(select(vec![TypeOfError::NotUnderstood, TypeOfError::Missing]));
    let ie = (criticality(), any::<u16>(), of(any::<u8>()), error).prop_map(
        |(criticality, id, repetition, error)| IeDiagnostics { criticality, id, repetition, error },
    );
    of((of(any::<u8>()), of(triggering), of(criticality()), vec(ie, 0..5)).prop_map(
        |(procedure_code, triggering, procedure_criticality, ies)| CriticalityDiagnostics {
            procedure_code,
            triggering,
            procedure_criticality,
            ies,
        },
    ))
}

fn content() -> impl Strategy<Value = (DataCodingScheme, Content)> {
    let page = (vec(any::<u8>(), Page::OCTETS), 0..=Page::OCTETS as u8);
    let page = page.prop_map(|(octets, useful)| Page::new(octets.try_into().unwrap(), useful).unwrap());
    let pages = (any::<u8>(), vec(page, 1..=Pages::MAX)).prop_map(|(dcs, pages)| {
        let dcs = DataCodingScheme::new(dcs);
        (dcs, Content::from_pages(Pages::new(pages).unwrap(), dcs))
    });
    let text = "[a-zA-Z0-9 .,]{1,200}"
        .prop_map(|text| (DataCodingScheme::GSM7, Content::new(text, Alphabet::Gsm7).unwrap()));
    prop_oneof![pages, text]
}

fn extensions() -> impl Strategy<Value = Extensions> {
    let all = (vec(any::<u8>(), 50), any::<[u8; 2]>()).prop_map(|(info, kind)| {
        vec![
            Extension::SecurityInfo(SecurityInfo(info.try_into().unwrap())),
            Extension::PagingEtws,
            Extension::WarningType(WarningType::from_octets(kind)),
            Extension::ContentNotValid,
        ]
    });
    let some = all.prop_flat_map(|all| proptest::sample::subsequence(all, 0..=4).prop_shuffle());
    some.prop_map(Extensions)
}

fn write() -> impl Strategy<Value = WriteReplace> {
    let category = of(select(vec![
        Category::HighPriority,
        Category::BackgroundPriority,
        Category::NormalPriority,
        Category::DefaultPriority,
    ]));
    let pace = (category, 1..=4096_u32, any::<u16>());
    ((message_id(), serial(), of(serial())), areas(), pace, content(), extensions()).prop_map(
        |((message_id, new_serial, old_serial), service_areas, pace, (dcs, content), ext)| WriteReplace {
            message_id,
            new_serial,
            old_serial,
            service_areas,
            category: pace.0,
            repetition_period: RepetitionSeconds::new(pace.1).unwrap(),
            broadcasts: BroadcastCount(pace.2),
            dcs,
            content,
            ext,
        },
    )
}

/// A value of a type whose fields come from strategies.
macro_rules! any_of {
    ($type:ident { $($field:ident: $strategy:expr),+ $(,)? }) => {
        ($($strategy,)+).prop_map(|($($field,)+)| $type { $($field),+ })
    };
}

fn reference() -> impl Strategy<Value = Reference> {
    any_of!(Reference { message_id: message_id(), old_serial: serial(), service_areas: areas() })
}

fn reference_complete() -> impl Strategy<Value = ReferenceComplete> {
    any_of!(ReferenceComplete {
        message_id: message_id(),
        old_serial: serial(),
        completed: completed(1),
        criticality_diagnostics: diagnostics(),
    })
}

fn reference_failure() -> impl Strategy<Value = ReferenceFailure> {
    any_of!(ReferenceFailure {
        message_id: message_id(),
        old_serial: serial(),
        failures: failures(),
        completed: completed(0),
        criticality_diagnostics: diagnostics(),
    })
}

fn write_complete() -> impl Strategy<Value = WriteReplaceComplete> {
    any_of!(WriteReplaceComplete {
        message_id: message_id(),
        new_serial: serial(),
        completed: completed(1),
        criticality_diagnostics: diagnostics(),
    })
}

fn write_failure() -> impl Strategy<Value = WriteReplaceFailure> {
    any_of!(WriteReplaceFailure {
        message_id: message_id(),
        new_serial: serial(),
        failures: failures(),
        completed: completed(0),
        criticality_diagnostics: diagnostics(),
    })
}

fn load_complete() -> impl Strategy<Value = LoadQueryComplete> {
    any_of!(LoadQueryComplete { loading: loading(1), criticality_diagnostics: diagnostics() })
}

fn load_failure() -> impl Strategy<Value = LoadQueryFailure> {
    any_of!(LoadQueryFailure {
        failures: failures(),
        loading: loading(0),
        criticality_diagnostics: diagnostics(),
    })
}

fn reset_complete() -> impl Strategy<Value = ResetComplete> {
    any_of!(ResetComplete { service_areas: areas(), criticality_diagnostics: diagnostics() })
}

fn reset_failure() -> impl Strategy<Value = ResetFailure> {
    any_of!(ResetFailure {
        failures: failures(),
        service_areas: vec(area(), 0..20),
        criticality_diagnostics: diagnostics(),
    })
}

fn restart() -> impl Strategy<Value = Restart> {
    let recovery = of(select(vec![Recovery::DataLost, Recovery::DataAvailable]));
    any_of!(Restart { service_areas: areas(), recovery: recovery })
}

fn error_indication() -> impl Strategy<Value = ErrorIndication> {
    any_of!(ErrorIndication {
        message_id: of(message_id()),
        serial: of(serial()),
        cause: of(cause()),
        criticality_diagnostics: diagnostics(),
    })
}

fn pdu() -> impl Strategy<Value = Pdu> {
    let plain = || areas().prop_map(|service_areas| Areas { service_areas });
    prop_oneof![
        write().prop_map(Pdu::WriteReplace),
        write_complete().prop_map(Pdu::WriteReplaceComplete),
        write_failure().prop_map(Pdu::WriteReplaceFailure),
        reference().prop_map(Pdu::Kill),
        reference_complete().prop_map(Pdu::KillComplete),
        reference_failure().prop_map(Pdu::KillFailure),
        plain().prop_map(Pdu::LoadQuery),
        load_complete().prop_map(Pdu::LoadQueryComplete),
        load_failure().prop_map(Pdu::LoadQueryFailure),
        reference().prop_map(Pdu::MessageStatusQuery),
        reference_complete().prop_map(Pdu::MessageStatusQueryComplete),
        reference_failure().prop_map(Pdu::MessageStatusQueryFailure),
        plain().prop_map(Pdu::Reset),
        reset_complete().prop_map(Pdu::ResetComplete),
        reset_failure().prop_map(Pdu::ResetFailure),
        restart().prop_map(Pdu::Restart),
        plain().prop_map(Pdu::Failure),
        error_indication().prop_map(Pdu::ErrorIndication),
    ]
}

fn encoded(pdu: &Pdu) -> BytesMut {
    let mut out = BytesMut::new();
    pdu.encode(&mut out).unwrap();
    out
}

/// Octets that a peer may send: mostly nearly a message.
fn incoming() -> impl Strategy<Value = Vec<u8>> {
    let changes = vec((any::<Index>(), any::<u8>()), 0..6);
    let mutated = (pdu(), changes, of(any::<Index>())).prop_map(|(pdu, changes, cut)| {
        let mut octets = encoded(&pdu).to_vec();
        for (at, octet) in changes {
            let at = at.index(octets.len());
            octets[at] = octet;
        }
        octets.truncate(cut.map_or(octets.len(), |cut| cut.index(octets.len())));
        octets
    });
    prop_oneof![3 => mutated, 1 => vec(any::<u8>(), 0..200)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_encoded_decodes_to_itself(pdu in pdu()) {
        let octets = encoded(&pdu);
        let decoded = Pdu::decode(&octets).unwrap();
        prop_assert_eq!(&decoded.pdu, &pdu);
        prop_assert_eq!((decoded.skipped, decoded.report, decoded.trailing), (vec![], vec![], 0));
    }

    #[test]
    fn the_json_form_says_all(pdu in pdu()) {
        let text = serde_json::to_string(&pdu).unwrap();
        prop_assert_eq!(serde_json::from_str::<Pdu>(&text).unwrap(), pdu);
    }

    #[test]
    fn what_is_decoded_from_damaged_octets_encodes_and_decodes_again(octets in incoming()) {
        let _ = frame_length(&octets, FRAME_MAX_BYTES);
        match Pdu::decode(&octets) {
            Ok(decoded) => prop_assert_eq!(Pdu::decode(&encoded(&decoded.pdu)).unwrap().pdu, decoded.pdu),
            Err(error) => if let Some(refusal) = Refusal::of(&octets, &error) {
                encoded(&refusal.error_indication());
            },
        }
    }

    #[test]
    fn a_stream_is_cut_where_its_messages_end(pdus in vec(pdu(), 1..4), cut in any::<Index>()) {
        let messages: Vec<_> = pdus.iter().map(encoded).collect();
        let stream = messages.concat();
        let mut at = 0;
        for message in &messages {
            let length = frame_length(&stream[at..], FRAME_MAX_BYTES).unwrap();
            prop_assert_eq!(length, Some(message.len()));
            at += message.len();
        }
        // However little of the first message is there, its length is right or not known yet.
        let first = &messages[0];
        let length = frame_length(&first[..cut.index(first.len())], FRAME_MAX_BYTES).unwrap();
        prop_assert!(length.is_none_or(|length| length == first.len()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_template_encodes_what_a_message_does(
        write in write(),
        some in areas(),
        // Around the counts where the list, the message, and both begin another fragment.
        count in prop_oneof![1..20usize, 2_300..2_345usize, 4_660..4_690usize, 9_350..9_370usize, 1..20_000usize],
        run in 1..3_000usize,
    ) {
        let service_areas: Vec<ServiceArea> = some.into_iter().cycle().take(count).collect();
        let octets: Vec<u8> = service_areas.iter().flat_map(|area| area.octets()).collect();
        let runs: Vec<&[u8]> = octets.chunks(run * ServiceArea::OCTETS).collect();

        let mut out = BytesMut::new();
        WriteTemplate::new(&write).unwrap().encode(write.broadcasts, write.old_serial, &runs, &mut out).unwrap();
        let kill = Reference {
            message_id: write.message_id, old_serial: write.new_serial, service_areas: service_areas.clone(),
        };
        let whole = encoded(&Pdu::WriteReplace(WriteReplace { service_areas, ..write }));
        prop_assert_eq!(frame_length(&whole, FRAME_MAX_BYTES), Ok(Some(whole.len())));
        prop_assert!(out == whole);

        let mut out = BytesMut::new();
        KillTemplate::new(&kill).unwrap().encode(&runs, &mut out).unwrap();
        prop_assert!(out == encoded(&Pdu::Kill(kill)));
    }
}

#[test]
fn a_message_names_1_to_65535_whole_service_areas() {
    let kill = Reference {
        message_id: MessageId::AMBER,
        old_serial: SerialNumber::from_bits(0x4210),
        service_areas: vec![ServiceArea::new("22001".parse().unwrap(), 1, 2); AREAS_PER_PDU_MAX],
    };
    let template = KillTemplate::new(&kill).unwrap();
    let run: Vec<u8> = kill.service_areas.iter().flat_map(|area| area.octets()).collect();
    let mut out = BytesMut::new();
    template.encode(&[&run], &mut out).unwrap();
    assert!(out == encoded(&Pdu::Kill(kill)));

    let mut out = BytesMut::from("before");
    let size = |found| Error::Ie { id: 15, why: aper::Error::Size { min: 1, max: 65_535, found } };
    assert_eq!(template.encode(&[&run, &run[..7]], &mut out), Err(size(65_536)));
    assert_eq!(template.encode(&[], &mut out), Err(size(0)));
    assert_eq!(template.encode(&[&run[..14], &run[..8]], &mut out), Err(Error::AreaOctets { found: 8 }));
    assert_eq!(out, "before", "a refused message leaves no octets behind");
}

/// Something that happens to a session.
#[derive(Clone, Debug)]
enum Step {
    Connected(usize),
    Disconnected,
    Received(Vec<u8>),
    Request(u8, u16),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..4usize).prop_map(Step::Connected),
        1 => Just(Step::Disconnected),
        8 => incoming().prop_map(Step::Received),
        8 => (0..5u8, 0..40u16).prop_map(|(kind, serial)| Step::Request(kind, serial)),
        4 => (0..20_000u64).prop_map(Step::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_session_tells_of_each_request_and_stays_within_its_limits(steps in vec(step(), 1..60)) {
        let config = SessionConfig { requests_max: 5, events_max: 8, reset_areas_max: 2, ..SessionConfig::default() };
        let mut session = Session::new(config);
        let (mut now_ms, mut asked, mut told) = (0, 0, std::collections::HashSet::new());
        let area = ServiceArea::new("22001".parse().unwrap(), 1, 2);
        for step in steps {
            match step {
                Step::Connected(0) => session.connected(now_ms, ResetPolicy::Never),
                Step::Connected(resets) => session.connected(now_ms, ResetPolicy::First(vec![area; resets])),
                Step::Disconnected => session.disconnected(now_ms),
                Step::Received(pdu) => session.received(now_ms, &pdu),
                Step::Request(kind, serial) => {
                    asked += 1;
                    let (message_id, serial) = (MessageId::new(4379), SerialNumber::from_bits(serial));
                    let request = match kind {
                        0 => Request::Write { message_id, serial },
                        1 => Request::Kill { message_id, serial },
                        2 => Request::StatusQuery { message_id, serial },
                        3 => Request::LoadQuery,
                        _ => Request::Reset,
                    };
                    session.request(now_ms, Token(asked), request, Vec::new(), Bytes::from_static(b"pdu"));
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
            let sent = std::iter::from_fn(|| session.poll_transmit()).count();
            prop_assert!(sent <= 2 * config.requests_max);
            told.extend(std::iter::from_fn(|| session.poll_event()).filter_map(token));
        }
        session.disconnected(now_ms);
        told.extend(std::iter::from_fn(|| session.poll_event()).filter_map(token));
        prop_assert_eq!(told.len() as u64, asked);
    }
}

fn token(event: Event) -> Option<Token> {
    match event {
        Event::Completed { token, .. }
        | Event::Failed { token, .. }
        | Event::Loading { token, .. }
        | Event::Unanswered { token } => Some(token),
        Event::Reset { token, .. } | Event::ErrorIndication { token, .. } => token,
        _ => None,
    }
}
