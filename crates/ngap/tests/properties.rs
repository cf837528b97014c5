//! Whatever is encoded decodes to itself, and whatever is decoded does no harm.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use bytes::BytesMut;
use cbs::{
    Alphabet, Content, Coordinates, DataCodingScheme, MessageId, Page, Pages, Plmn, SerialNumber, WarningType,
};
use ngap::*;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{Index, select};

fn message_id() -> impl Strategy<Value = MessageId> {
    any::<u16>().prop_map(MessageId::new)
}

fn serial() -> impl Strategy<Value = SerialNumber> {
    any::<u16>().prop_map(SerialNumber::from_bits)
}

fn plmn() -> impl Strategy<Value = Plmn> {
    select(vec!["22001", "22003", "310410", "00101"]).prop_map(|text| text.parse().unwrap())
}

fn eutra() -> impl Strategy<Value = EutraCgi> {
    (plmn(), 0..=EutraCgi::ECI_MAX).prop_map(|(plmn, eci)| EutraCgi::new(plmn, eci).unwrap())
}

fn nr() -> impl Strategy<Value = NrCgi> {
    (plmn(), 0..=NrCgi::NCI_MAX).prop_map(|(plmn, nci)| NrCgi::new(plmn, nci).unwrap())
}

fn tai() -> impl Strategy<Value = Tai> {
    (plmn(), 0..=Tai::TAC_MAX).prop_map(|(plmn, tac)| Tai::new(plmn, tac).unwrap())
}

fn eai() -> impl Strategy<Value = Eai> {
    any::<[u8; 3]>().prop_map(Eai)
}

fn cancelled<C: std::fmt::Debug>(cell: impl Strategy<Value = C>) -> impl Strategy<Value = Cancelled<C>> {
    (cell, any::<u16>()).prop_map(|(cell, broadcasts)| Cancelled { cell, broadcasts })
}

fn cell_list() -> impl Strategy<Value = CellList> {
    prop_oneof![vec(eutra(), 1..20).prop_map(CellList::Eutra), vec(nr(), 1..300).prop_map(CellList::Nr)]
}

fn area() -> impl Strategy<Value = WarningArea> {
    prop_oneof![
        vec(eutra(), 1..20).prop_map(WarningArea::Cells),
        vec(nr(), 1..20).prop_map(WarningArea::NrCells),
        vec(tai(), 1..20).prop_map(WarningArea::Tais),
        vec(eai(), 1..20).prop_map(WarningArea::Eais),
    ]
}

fn in_tais<C: std::fmt::Debug>(cell: impl Strategy<Value = C>) -> impl Strategy<Value = Vec<CellsInTai<C>>> {
    vec((tai(), vec(cell, 1..5)).prop_map(|(tai, cells)| CellsInTai { tai, cells }), 1..5)
}

fn in_eais<C: std::fmt::Debug>(cell: impl Strategy<Value = C>) -> impl Strategy<Value = Vec<CellsInEai<C>>> {
    vec((eai(), vec(cell, 1..5)).prop_map(|(eai, cells)| CellsInEai { eai, cells }), 1..5)
}

fn completed() -> impl Strategy<Value = CompletedArea> {
    prop_oneof![
        vec(eutra(), 1..20).prop_map(CompletedArea::Cells),
        in_tais(eutra()).prop_map(CompletedArea::Tais),
        in_eais(eutra()).prop_map(CompletedArea::Eais),
        vec(nr(), 1..20).prop_map(CompletedArea::NrCells),
        in_tais(nr()).prop_map(CompletedArea::NrTais),
        in_eais(nr()).prop_map(CompletedArea::NrEais),
    ]
}

fn cancelled_area() -> impl Strategy<Value = CancelledArea> {
    prop_oneof![
        vec(cancelled(eutra()), 1..20).prop_map(CancelledArea::Cells),
        in_tais(cancelled(eutra())).prop_map(CancelledArea::Tais),
        in_eais(cancelled(eutra())).prop_map(CancelledArea::Eais),
        vec(cancelled(nr()), 1..20).prop_map(CancelledArea::NrCells),
        in_tais(cancelled(nr())).prop_map(CancelledArea::NrTais),
        in_eais(cancelled(nr())).prop_map(CancelledArea::NrEais),
    ]
}

fn node() -> impl Strategy<Value = GlobalRanNodeId> {
    let bits = GlobalGnbId::BITS_MIN..=GlobalGnbId::BITS_MAX;
    let kind = select(vec![NgEnbKind::Macro, NgEnbKind::ShortMacro, NgEnbKind::LongMacro]);
    prop_oneof![
        (plmn(), bits, any::<u32>()).prop_map(|(plmn, bits, id)| {
            GlobalRanNodeId::Gnb(GlobalGnbId::new(plmn, id >> (32 - bits), bits).unwrap())
        }),
        (plmn(), kind, any::<u32>()).prop_map(|(plmn, kind, id)| {
            GlobalRanNodeId::NgEnb(GlobalNgEnbId::new(plmn, kind, id >> (32 - kind.bits())).unwrap())
        }),
        (plmn(), any::<u16>()).prop_map(|(plmn, id)| GlobalRanNodeId::N3iwf(GlobalN3iwfId { plmn, id })),
    ]
}

fn criticality() -> impl Strategy<Value = Criticality> {
    select(vec![Criticality::Reject, Criticality::Ignore, Criticality::Notify])
}

fn diagnostics() -> impl Strategy<Value = CriticalityDiagnostics> {
    let triggering = select(vec![
        TriggeringMessage::InitiatingMessage,
        TriggeringMessage::SuccessfulOutcome,
        TriggeringMessage::UnsuccessfulOutcome,
    ]);
    let error = select(vec![TypeOfError::NotUnderstood, TypeOfError::Missing]);
    let ie = (criticality(), any::<u16>(), error).prop_map(|(criticality, id, error)| IeDiagnostics {
        criticality,
        id,
        error,
    });
    (of(any::<u8>()), of(triggering), of(criticality()), vec(ie, 0..5)).prop_map(
        |(procedure_code, triggering, procedure_criticality, ies)| CriticalityDiagnostics {
            procedure_code,
            triggering,
            procedure_criticality,
            ies,
        },
    )
}

fn said() -> impl Strategy<Value = (DataCodingScheme, Content)> {
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

fn write() -> impl Strategy<Value = WriteReplaceWarningRequest> {
    // A circle: centre and radius in 64 bits.
    let coordinates = any::<u64>().prop_map(|bits| {
        let octets = [&[0x30, 0x28][..], &bits.to_be_bytes()].concat();
        Coordinates::decode(&octets).unwrap()
    });
    let etws = (of(any::<[u8; 2]>().prop_map(WarningType::from_octets)), of(vec(any::<u8>(), 50)));
    let pace = (0..=131_071_u32, any::<u16>());
    (message_id(), serial(), of(area()), pace, etws, of(said()), any::<bool>(), of(coordinates)).prop_map(
        |(message_id, serial, area, pace, (warning_type, info), said, concurrent, coordinates)| {
            let (dcs, content) = said.unzip();
            WriteReplaceWarningRequest {
                message_id,
                serial,
                area,
                repetition_period: pace.0,
                broadcasts: pace.1,
                warning_type,
                security_info: info.map(|octets| SecurityInfo(octets.try_into().unwrap())),
                dcs,
                content,
                concurrent,
                coordinates,
            }
        },
    )
}

fn pdu() -> impl Strategy<Value = Pdu> {
    prop_oneof![
        3 => write().prop_map(Pdu::WriteReplaceWarningRequest),
        2 => (message_id(), serial(), of(completed()), of(diagnostics())).prop_map(
            |(message_id, serial, broadcast_completed, criticality_diagnostics)| {
                Pdu::WriteReplaceWarningResponse(WriteReplaceWarningResponse {
                    message_id, serial, broadcast_completed, criticality_diagnostics,
                })
            }
        ),
        1 => (message_id(), serial(), of(area()), any::<bool>()).prop_map(
            |(message_id, serial, area, cancel_all)| {
                Pdu::PwsCancelRequest(PwsCancelRequest { message_id, serial, area, cancel_all })
            }
        ),
        2 => (message_id(), serial(), of(cancelled_area()), of(diagnostics())).prop_map(
            |(message_id, serial, broadcast_cancelled, criticality_diagnostics)| {
                Pdu::PwsCancelResponse(PwsCancelResponse {
                    message_id, serial, broadcast_cancelled, criticality_diagnostics,
                })
            }
        ),
        1 => (cell_list(), node(), vec(tai(), 1..20), vec(eai(), 0..20)).prop_map(
            |(cells, node, tais, eais)| {
                Pdu::PwsRestartIndication(PwsRestartIndication { cells, node, tais, eais })
            }
        ),
        1 => (cell_list(), node())
            .prop_map(|(cells, node)| Pdu::PwsFailureIndication(PwsFailureIndication { cells, node })),
    ]
}

fn encoded(pdu: &Pdu) -> BytesMut {
    let mut out = BytesMut::new();
    pdu.encode(&mut out).unwrap();
    out
}

/// Octets that an AMF may send: mostly nearly a message.
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
        let again: Pdu = serde_json::from_str(&text).unwrap();
        // Coordinates are rounded to degrees in JSON: what goes out must be the same.
        prop_assert_eq!(encoded(&again), encoded(&pdu));
    }

    #[test]
    fn what_is_decoded_from_damaged_octets_encodes_and_decodes_again(octets in incoming()) {
        if let Ok(decoded) = Pdu::decode(&octets) {
            prop_assert_eq!(Pdu::decode(&encoded(&decoded.pdu)).unwrap().pdu, decoded.pdu);
        }
    }
}
