//! Properties of the codec: nothing is lost on the way to octets and back, and no octets are too strange.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use bytes::BytesMut;
use cbs::{Alphabet, Content, DataCodingScheme, MessageId, Page, Pages, Plmn, SerialNumber, WarningType};
use cbsp::pdu::*;
use cbsp::{
    BroadcastCount, CGI_OCTETS, FRAME_MAX_BYTES, KeepAlivePeriod, KillTemplate, RepetitionCoding,
    RepetitionUnits, WarningPeriod, WriteTemplate, frame_length,
};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

fn message_id() -> impl Strategy<Value = MessageId> {
    any::<u16>().prop_map(MessageId::new)
}

fn serial() -> impl Strategy<Value = SerialNumber> {
    any::<u16>().prop_map(SerialNumber::from_bits)
}

fn channel() -> impl Strategy<Value = Channel> {
    select(vec![Channel::Basic, Channel::Extended])
}

fn broadcast_message_type() -> impl Strategy<Value = BroadcastMessageType> {
    select(vec![BroadcastMessageType::Cbs, BroadcastMessageType::Emergency])
}

fn kind() -> impl Strategy<Value = CellKind> {
    select(vec![CellKind::Cgi, CellKind::LacCi, CellKind::Ci, CellKind::Lai, CellKind::Lac, CellKind::Bss])
}

fn plmn() -> impl Strategy<Value = Plmn> {
    select(vec!["22001", "22003", "22005", "310410", "00101"]).prop_map(|text| text.parse().unwrap())
}

fn cell(kind: CellKind) -> impl Strategy<Value = CellId> {
    (plmn(), any::<u16>(), any::<u16>()).prop_map(move |(plmn, lac, ci)| match kind {
        CellKind::Cgi => CellId::Cgi { plmn, lac, ci },
        CellKind::LacCi => CellId::LacCi { lac, ci },
        CellKind::Ci => CellId::Ci { ci },
        CellKind::Lai => CellId::Lai { plmn, lac },
        CellKind::Lac => CellId::Lac { lac },
        CellKind::Bss => CellId::Bss,
    })
}

fn cells() -> impl Strategy<Value = CellList> {
    kind().prop_flat_map(|kind| {
        vec(cell(kind), 0..20).prop_map(move |cells| CellList::new(kind, cells).unwrap())
    })
}

fn completed() -> impl Strategy<Value = CompletedList> {
    let info = select(vec![CompletedInfo::Valid, CompletedInfo::Overflow, CompletedInfo::Unknown]);
    kind().prop_flat_map(move |kind| {
        let entry = (cell(kind), any::<u16>(), info.clone());
        let entry = entry.prop_map(|(cell, completed, info)| Completed { cell, completed, info });
        vec(entry, 0..20).prop_map(move |entries| CompletedList::new(kind, entries).unwrap())
    })
}

fn loading() -> impl Strategy<Value = LoadingList> {
    kind().prop_flat_map(|kind| {
        let entry = (cell(kind), any::<[u8; 2]>()).prop_map(|(cell, load)| Loading { cell, load });
        vec(entry, 0..20).prop_map(move |entries| LoadingList::new(kind, entries).unwrap())
    })
}

fn failures() -> impl Strategy<Value = FailureList> {
    let entry = kind().prop_flat_map(|kind| (cell(kind), any::<u8>()));
    let entry = entry.prop_map(|(cell, cause)| FailedCell { cell, cause: Cause(cause) });
    vec(entry, 0..20).prop_map(|entries| FailureList::new(entries).unwrap())
}

fn content() -> impl Strategy<Value = (DataCodingScheme, Content)> {
    let page = (vec(any::<u8>(), Page::OCTETS), 0..=82_u8);
    let page = page.prop_map(|(octets, useful)| Page::new(octets.try_into().unwrap(), useful).unwrap());
    let pages = (any::<u8>().prop_map(DataCodingScheme::new), vec(page, 1..=Pages::MAX));
    let pages = pages.prop_map(|(dcs, pages)| (dcs, Content::from_pages(Pages::new(pages).unwrap(), dcs)));
    let text = ("[ -_a-~]{0,300}", select(vec![Alphabet::Gsm7, Alphabet::Ucs2]));
    let text = text.prop_map(|(text, alphabet)| {
        let pages = Content::new(text, alphabet).unwrap().pages().clone();
        (alphabet.dcs(), Content::from_pages(pages, alphabet.dcs()))
    });
    prop_oneof![pages, text]
}

fn text_broadcast() -> impl Strategy<Value = TextBroadcast> {
    let category = select(vec![Category::High, Category::Background, Category::Normal]);
    (channel(), category, 1..=RepetitionUnits::MAX, any::<u16>(), content()).prop_map(
        |(channel, category, units, broadcasts, (dcs, content))| TextBroadcast {
            channel,
            category,
            repetition_period: RepetitionUnits::new(units).unwrap(),
            broadcasts: BroadcastCount(broadcasts),
            dcs,
            content,
        },
    )
}

fn emergency() -> impl Strategy<Value = Emergency> {
    (any::<[u8; 2]>(), vec(any::<u8>(), SecurityInfo::OCTETS), 0..=186_u8).prop_map(
        |(warning_type, info, period)| Emergency {
            warning_type: WarningType::from_octets(warning_type),
            security_info: SecurityInfo(info.try_into().unwrap()),
            warning_period: WarningPeriod::from_code(period).unwrap(),
        },
    )
}

fn write_replace() -> impl Strategy<Value = WriteReplace> {
    let broadcast =
        prop_oneof![text_broadcast().prop_map(Broadcast::Text), emergency().prop_map(Broadcast::Emergency)];
    (message_id(), serial(), of(serial()), cells(), broadcast).prop_map(
        |(message_id, new_serial, old_serial, cells, broadcast)| WriteReplace {
            message_id,
            new_serial,
            old_serial,
            cells,
            broadcast,
        },
    )
}

/// A message of each type, whose fields come from tuples of strategies in the order of the fields.
macro_rules! any_message {
    ($($message:ident { $($field:ident: $strategy:expr),+ })*) => {
        prop_oneof![
            $(($($strategy,)+).prop_map(|($($field,)+)| Pdu::$message($message { $($field),+ })),)*
            write_replace().prop_map(Pdu::WriteReplace),
            Just(Pdu::KeepAliveComplete(KeepAliveComplete {})),
        ]
    };
}

fn pdu() -> impl Strategy<Value = Pdu> {
    any_message! {
        WriteReplaceComplete {
            message_id: message_id(), new_serial: serial(), old_serial: of(serial()), completed: of(completed()),
            cells: of(cells()), channel: of(channel())
        }
        WriteReplaceFailure {
            message_id: message_id(), new_serial: serial(), old_serial: of(serial()), failures: failures(),
            completed: of(completed()), cells: of(cells()), channel: of(channel())
        }
        Kill { message_id: message_id(), old_serial: serial(), cells: cells(), channel: of(channel()) }
        KillComplete {
            message_id: message_id(), old_serial: serial(), completed: of(completed()), cells: of(cells()),
            channel: of(channel())
        }
        KillFailure {
            message_id: message_id(), old_serial: serial(), failures: failures(), completed: of(completed()),
            cells: of(cells()), channel: of(channel())
        }
        LoadQuery { cells: cells(), channel: channel() }
        LoadQueryComplete { loading: loading(), channel: channel() }
        LoadQueryFailure { failures: failures(), loading: of(loading()), channel: channel() }
        MessageStatusQuery { message_id: message_id(), old_serial: serial(), cells: cells(), channel: channel() }
        MessageStatusQueryComplete {
            message_id: message_id(), old_serial: serial(), completed: completed(), channel: channel()
        }
        MessageStatusQueryFailure {
            message_id: message_id(), old_serial: serial(), failures: failures(), completed: of(completed()),
            channel: channel()
        }
        SetDrx {
            cells: cells(), schedule_period: of(any::<u8>().prop_map(DrxParameter)),
            reserved_slots: of(any::<u8>().prop_map(DrxParameter)), channel: of(channel())
        }
        SetDrxComplete { cells: of(cells()), channel: of(channel()) }
        SetDrxFailure { failures: failures(), cells: of(cells()), channel: of(channel()) }
        Reset { cells: cells() }
        ResetComplete { cells: cells() }
        ResetFailure { failures: failures(), cells: of(cells()) }
        Restart {
            cells: cells(), broadcast_message_type: broadcast_message_type(),
            recovery: of(select(vec![Recovery::DataAvailable, Recovery::DataLost]))
        }
        Failure { failures: failures(), broadcast_message_type: broadcast_message_type() }
        ErrorIndication {
            cause: any::<u8>().prop_map(Cause), message_id: of(message_id()), new_serial: of(serial()),
            old_serial: of(serial()), channel: of(channel())
        }
        KeepAlive { period: (1..=38_u8).prop_map(|code| KeepAlivePeriod::from_code(code).unwrap()) }
    }
}

fn coding() -> impl Strategy<Value = RepetitionCoding> {
    select(vec![RepetitionCoding::Spec, RepetitionCoding::Osmocom])
}

fn encoded(pdu: &Pdu, coding: RepetitionCoding) -> BytesMut {
    let mut out = BytesMut::new();
    pdu.encode_with(coding, &mut out).unwrap();
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_message_survives_its_octets(pdu in pdu(), coding in coding()) {
        let frame = encoded(&pdu, coding);
        prop_assert_eq!(Pdu::decode_with(coding, &frame), Ok(pdu.clone()));
        prop_assert_eq!(frame_length(&frame, FRAME_MAX_BYTES), Ok(Some(frame.len())));
        prop_assert_eq!(frame[0], pdu.message_type().code());
    }

    #[test]
    fn a_message_survives_its_json(pdu in pdu()) {
        // By way of text, as the engineers' tools have it.
        let json = serde_json::to_string(&pdu).unwrap();
        prop_assert_eq!(serde_json::from_str::<Pdu>(&json).unwrap(), pdu);
    }

    #[test]
    fn a_mutated_message_is_read_or_refused(
        pdu in pdu(),
        mutations in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut frame = encoded(&pdu, RepetitionCoding::Spec);
        for (at, octet) in mutations {
            let at = at.index(frame.len());
            frame[at] = octet;
        }
        read_or_refused(&frame)?;
        read_or_refused(&frame[..cut.index(frame.len())])?;
    }

    #[test]
    fn random_octets_are_read_or_refused(code in any::<u8>(), mut elements in vec(any::<u8>(), 0..200)) {
        let length = elements.len() as u8;
        elements.splice(0..0, [code, 0, 0, length]);
        read_or_refused(&elements)?;
    }

    #[test]
    fn a_write_template_is_the_message(
        (message_id, new_serial, old_serial) in (message_id(), serial(), of(serial())),
        text in text_broadcast(),
        broadcasts in any::<u16>().prop_map(BroadcastCount),
        runs in vec(vec(cell(CellKind::Cgi), 0..10), 0..5),
        coding in coding(),
    ) {
        let template = WriteTemplate::new(message_id, new_serial, &text, coding);
        let mut frame = BytesMut::from("before");
        let octets = runs_octets(&runs);
        let slices: Vec<&[u8]> = octets.iter().map(Vec::as_slice).collect();
        template.encode(broadcasts, old_serial, &slices, &mut frame).unwrap();
        let cells = CellList::new(CellKind::Cgi, runs.concat()).unwrap();
        let broadcast = Broadcast::Text(TextBroadcast { broadcasts, ..text });
        let pdu = Pdu::WriteReplace(WriteReplace { message_id, new_serial, old_serial, cells, broadcast });
        prop_assert_eq!(&frame["before".len()..], &encoded(&pdu, coding)[..]);
    }

    #[test]
    fn a_kill_template_is_the_message(
        (message_id, old_serial, channel) in (message_id(), serial(), of(channel())),
        runs in vec(vec(cell(CellKind::Cgi), 0..10), 0..5),
    ) {
        let mut frame = BytesMut::new();
        let octets = runs_octets(&runs);
        let slices: Vec<&[u8]> = octets.iter().map(Vec::as_slice).collect();
        KillTemplate::new(message_id, old_serial, channel).encode(&slices, &mut frame).unwrap();
        let cells = CellList::new(CellKind::Cgi, runs.concat()).unwrap();
        let pdu = Pdu::Kill(Kill { message_id, old_serial, cells, channel });
        prop_assert_eq!(frame, encoded(&pdu, RepetitionCoding::Spec));
    }
}

fn read_or_refused(frame: &[u8]) -> Result<(), TestCaseError> {
    for coding in [RepetitionCoding::Spec, RepetitionCoding::Osmocom] {
        if let Ok(pdu) = Pdu::decode_with(coding, frame) {
            // What was read can be said again, and then means the same.
            prop_assert_eq!(Pdu::decode_with(coding, &encoded(&pdu, coding)), Ok(pdu));
        }
    }
    Ok(())
}

fn runs_octets(runs: &[Vec<CellId>]) -> Vec<Vec<u8>> {
    let octets = |run: &Vec<CellId>| {
        let mut octets = Vec::new();
        run.iter().for_each(|cell| cell.put(&mut octets));
        assert_eq!(octets.len(), run.len() * CGI_OCTETS);
        octets
    };
    runs.iter().map(octets).collect()
}
