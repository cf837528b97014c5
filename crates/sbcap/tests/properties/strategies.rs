//! Any message: what a type allows, the strategy makes.

use cbs::{
    Alphabet, Content, Coordinates, DataCodingScheme, Language, MessageId, Page, Pages, Plmn, SerialNumber,
    WarningType,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use sbcap::*;

pub(crate) fn pdu() -> impl Strategy<Value = Pdu> {
    prop_oneof![
        4 => write().prop_map(Pdu::WriteReplaceWarningRequest),
        1 => response().prop_map(Pdu::WriteReplaceWarningResponse),
        2 => stop().prop_map(Pdu::StopWarningRequest),
        1 => response().prop_map(Pdu::StopWarningResponse),
        1 => (option::of(cause()), option::of(diagnostics())).prop_map(|(cause, criticality_diagnostics)| {
            Pdu::ErrorIndication(ErrorIndication { cause, criticality_diagnostics })
        }),
        2 => write_indication().prop_map(Pdu::WriteReplaceWarningIndication),
        2 => stop_indication().prop_map(Pdu::StopWarningIndication),
        1 => restart().prop_map(Pdu::PwsRestartIndication),
        1 => failure().prop_map(Pdu::PwsFailureIndication),
    ]
}

pub(crate) fn write() -> impl Strategy<Value = WriteReplaceWarningRequest> {
    let parts = (
        (any::<u16>(), any::<u16>(), vec(tai(), 0..20), option::of(area())),
        (0..=4096u16, option::of(4096..=131_071u32), any::<u16>()),
        (option::of(warning_type()), option::of(any::<[u8; 25]>()), option::of(said()), option::of(omc_id())),
        (any::<bool>(), any::<bool>(), option::of(enb()), option::of(coordinates())),
        extensions(vec![
            vec(tai_5gs(), 1..20).prop_map(Extension::Tais).boxed(),
            area_5gs().prop_map(Extension::Area).boxed(),
            ran_node().prop_map(Extension::RanNode).boxed(),
            Just(Extension::RatSelector).boxed(),
        ]),
    );
    parts.prop_map(|(ids, cadence, what, flags, ext)| {
        let (message_id, serial, tais, area) = ids;
        let (repetition_period, extended_repetition_period, broadcasts) = cadence;
        let (warning_type, security_info, said, omc_id) = what;
        let (concurrent, send_write_replace_indication, global_enb_id, coordinates) = flags;
        let mut security = [0; 50];
        security[..25].copy_from_slice(&security_info.unwrap_or_default());
        let (dcs, content) = said.unzip();
        WriteReplaceWarningRequest {
            message_id: MessageId::new(message_id),
            serial: SerialNumber::from_bits(serial),
            tais,
            area,
            repetition_period,
            extended_repetition_period,
            broadcasts,
            warning_type,
            security_info: security_info.map(|_| SecurityInfo(security)),
            dcs,
            content,
            omc_id,
            concurrent,
            send_write_replace_indication,
            global_enb_id,
            coordinates,
            ext,
        }
    })
}

pub(crate) fn stop() -> impl Strategy<Value = StopWarningRequest> {
    let ext = extensions(vec![
        vec(tai_5gs(), 1..20).prop_map(Extension::Tais).boxed(),
        area_5gs().prop_map(Extension::Area).boxed(),
        Just(Extension::RatSelector).boxed(),
    ]);
    let parts = (
        (any::<u16>(), any::<u16>(), vec(tai(), 0..20), option::of(area())),
        (option::of(omc_id()), any::<bool>(), any::<bool>(), ext),
    );
    parts.prop_map(|((message_id, serial, tais, area), (omc_id, send_stop_indication, stop_all, ext))| {
        StopWarningRequest {
            message_id: MessageId::new(message_id),
            serial: SerialNumber::from_bits(serial),
            tais,
            area,
            omc_id,
            send_stop_indication,
            stop_all,
            ext,
        }
    })
}

fn response() -> impl Strategy<Value = Response> {
    let ext = extensions(vec![vec(tai_5gs(), 1..20).prop_map(Extension::UnknownTais).boxed()]);
    (any::<u16>(), any::<u16>(), cause(), option::of(diagnostics()), vec(tai(), 0..20), ext).prop_map(
        |(message_id, serial, cause, criticality_diagnostics, unknown_tais, ext)| Response {
            message_id: MessageId::new(message_id),
            serial: SerialNumber::from_bits(serial),
            cause,
            criticality_diagnostics,
            unknown_tais,
            ext,
        },
    )
}

pub(crate) fn write_indication() -> impl Strategy<Value = WriteReplaceWarningIndication> {
    let ext = extensions(vec![
        broadcast_area(nr_cell(), tai_5gs(), ecgi()).prop_map(Extension::ScheduledArea).boxed(),
    ]);
    (any::<u16>(), any::<u16>(), option::of(broadcast_area(ecgi(), tai(), ecgi())), ext).prop_map(
        |(message_id, serial, broadcast_scheduled_area, ext)| WriteReplaceWarningIndication {
            message_id: MessageId::new(message_id),
            serial: SerialNumber::from_bits(serial),
            broadcast_scheduled_area,
            ext,
        },
    )
}

pub(crate) fn stop_indication() -> impl Strategy<Value = StopWarningIndication> {
    let ext = extensions(vec![
        broadcast_area(cancelled(nr_cell()), tai_5gs(), cancelled(ecgi()))
            .prop_map(Extension::CancelledArea)
            .boxed(),
        vec(ran_node(), 1..20).prop_map(Extension::EmptyArea).boxed(),
    ]);
    let area = broadcast_area(cancelled(ecgi()), tai(), cancelled(ecgi()));
    (any::<u16>(), any::<u16>(), option::of(area), vec(enb(), 0..20), ext).prop_map(
        |(message_id, serial, broadcast_cancelled_area, broadcast_empty_area, ext)| StopWarningIndication {
            message_id: MessageId::new(message_id),
            serial: SerialNumber::from_bits(serial),
            broadcast_cancelled_area,
            broadcast_empty_area,
            ext,
        },
    )
}

fn restart() -> impl Strategy<Value = PwsRestartIndication> {
    let ext = extensions(vec![
        vec(nr_cell(), 1..20).prop_map(Extension::RestartedCells).boxed(),
        vec(tai_5gs(), 1..20).prop_map(Extension::RestartTais).boxed(),
        gnb().prop_map(Extension::Gnb).boxed(),
    ]);
    (vec(ecgi(), 1..40), enb(), vec(tai(), 1..20), vec(eai(), 0..20), ext).prop_map(
        |(restarted_cells, global_enb_id, restart_tais, restart_eais, ext)| PwsRestartIndication {
            restarted_cells,
            global_enb_id,
            restart_tais,
            restart_eais,
            ext,
        },
    )
}

fn failure() -> impl Strategy<Value = PwsFailureIndication> {
    let ext = extensions(vec![
        vec(nr_cell(), 1..20).prop_map(Extension::FailedCells).boxed(),
        gnb().prop_map(Extension::Gnb).boxed(),
    ]);
    (vec(ecgi(), 1..40), enb(), ext).prop_map(|(failed_cells, global_enb_id, ext)| PwsFailureIndication {
        failed_cells,
        global_enb_id,
        ext,
    })
}

/// Some of these, in any order.
fn extensions(kinds: Vec<BoxedStrategy<Extension>>) -> impl Strategy<Value = Extensions> {
    let count = kinds.len();
    (Just(kinds).prop_shuffle(), 0..=count).prop_flat_map(|(mut kinds, count)| {
        kinds.truncate(count);
        kinds.prop_map(Extensions)
    })
}

fn plmn() -> impl Strategy<Value = Plmn> {
    (0..100_000u32, any::<bool>()).prop_map(|(digits, is_long)| {
        let text = if is_long { format!("{:06}", digits * 7) } else { format!("{digits:05}") };
        text.parse().unwrap()
    })
}

pub(crate) fn tai() -> impl Strategy<Value = Tai> {
    (plmn(), any::<u16>()).prop_map(|(plmn, tac)| Tai { plmn, tac })
}

fn tai_5gs() -> impl Strategy<Value = Tai5gs> {
    (plmn(), 0..=Tai5gs::TAC_MAX).prop_map(|(plmn, tac)| Tai5gs::new(plmn, tac).unwrap())
}

pub(crate) fn ecgi() -> impl Strategy<Value = Ecgi> {
    (plmn(), 0..=Ecgi::ECI_MAX).prop_map(|(plmn, eci)| Ecgi::new(plmn, eci).unwrap())
}

fn nr_cell() -> impl Strategy<Value = NrCgi> {
    (plmn(), 0..=NrCgi::NCI_MAX).prop_map(|(plmn, nci)| NrCgi::new(plmn, nci).unwrap())
}

fn cancelled<C: std::fmt::Debug>(cell: impl Strategy<Value = C>) -> impl Strategy<Value = Cancelled<C>> {
    (cell, any::<u16>()).prop_map(|(cell, broadcasts)| Cancelled { cell, broadcasts })
}

fn eai() -> impl Strategy<Value = Eai> {
    any::<[u8; 3]>().prop_map(Eai)
}

fn area() -> impl Strategy<Value = WarningArea> {
    prop_oneof![
        vec(ecgi(), 1..60).prop_map(WarningArea::Cells),
        vec(tai(), 1..20).prop_map(WarningArea::Tais),
        vec(eai(), 1..20).prop_map(WarningArea::Eais),
    ]
}

fn area_5gs() -> impl Strategy<Value = WarningArea5gs> {
    prop_oneof![
        vec(ecgi(), 1..20).prop_map(WarningArea5gs::Cells),
        vec(nr_cell(), 1..60).prop_map(WarningArea5gs::NrCells),
        tai_5gs().prop_map(WarningArea5gs::Tai),
        vec(eai(), 1..20).prop_map(WarningArea5gs::Eais),
    ]
}

fn broadcast_area<C, T, E>(
    cell: impl Strategy<Value = C> + 'static,
    tai: impl Strategy<Value = T> + 'static,
    cell_in_eai: impl Strategy<Value = E> + 'static,
) -> impl Strategy<Value = BroadcastArea<C, T, E>>
where
    C: std::fmt::Debug + 'static,
    T: std::fmt::Debug + 'static,
    E: std::fmt::Debug + 'static,
{
    let cell = cell.boxed();
    let tais = (tai, vec(cell.clone(), 1..8)).prop_map(|(tai, cells)| CellsInTai { tai, cells });
    let eais = (eai(), vec(cell_in_eai, 1..8)).prop_map(|(eai, cells)| CellsInEai { eai, cells });
    (vec(cell, 0..20), vec(tais, 0..5), vec(eais, 0..5)).prop_map(|(cells, tais, eais)| BroadcastArea {
        cells,
        tais,
        eais,
    })
}

fn enb() -> impl Strategy<Value = GlobalEnbId> {
    let kind =
        prop::sample::select(vec![EnbKind::Macro, EnbKind::Home, EnbKind::ShortMacro, EnbKind::LongMacro]);
    (plmn(), kind, any::<u32>())
        .prop_map(|(plmn, kind, id)| GlobalEnbId::new(plmn, kind, id >> (32 - kind.bits())).unwrap())
}

fn gnb() -> impl Strategy<Value = GlobalGnbId> {
    (plmn(), any::<u32>(), 22..=32u32)
        .prop_map(|(plmn, id, bits)| GlobalGnbId::new(plmn, id >> (32 - bits), bits).unwrap())
}

fn ran_node() -> impl Strategy<Value = GlobalRanNodeId> {
    prop_oneof![gnb().prop_map(GlobalRanNodeId::Gnb), enb().prop_map(GlobalRanNodeId::NgEnb)]
}

fn omc_id() -> impl Strategy<Value = OmcId> {
    vec(any::<u8>(), 1..=20).prop_map(|octets| OmcId::new(octets).unwrap())
}

fn warning_type() -> impl Strategy<Value = WarningType> {
    any::<[u8; 2]>().prop_map(WarningType::from_octets)
}

/// A scheme and what is said under it: a text, or pages that no text gives.
fn said() -> impl Strategy<Value = (DataCodingScheme, Content)> {
    let lang: Language = "sr".parse().unwrap();
    prop_oneof![
        "[A-Za-z0-9 .,]{1,300}".prop_map(|text| (DataCodingScheme::GSM7, Alphabet::Gsm7, text)),
        "[А-Яа-яčćšžđ ]{1,150}".prop_map(|text| (DataCodingScheme::UCS2, Alphabet::Ucs2, text)),
        "[А-Яа-яčćšžđ ]{1,150}".prop_map(move |text| (
            DataCodingScheme::UCS2_LANGUAGE,
            Alphabet::Ucs2Lang(lang),
            text
        )),
    ]
    .prop_map(|(dcs, alphabet, text)| (dcs, Content::new(text, alphabet).unwrap()))
    .boxed()
    .prop_union(
        (any::<u8>(), vec((any::<u8>(), 0..=82u8), 1..=15))
            .prop_map(|(dcs, pages)| {
                let dcs = DataCodingScheme::new(dcs);
                let pages = pages.into_iter().map(|(octet, useful)| Page::new([octet; 82], useful).unwrap());
                (dcs, Content::from_pages(Pages::new(pages.collect()).unwrap(), dcs))
            })
            .boxed(),
    )
}

fn coordinates() -> impl Strategy<Value = Coordinates> {
    (any::<u8>(), 0..4u8).prop_map(|(max_wait_s, shapes)| {
        let mut octets = vec![0x10, 0x0c, max_wait_s];
        for shape in 0..shapes {
            octets.extend([0x30, 0x28, 0xbd, 0x9c, 0xaa, 0x3e, 0x48, 0x00, 0x00, shape]);
        }
        Coordinates::decode(&octets).unwrap()
    })
}

fn cause() -> impl Strategy<Value = Cause> {
    any::<u8>().prop_map(Cause)
}

fn criticality() -> impl Strategy<Value = Criticality> {
    prop::sample::select(vec![Criticality::Reject, Criticality::Ignore, Criticality::Notify])
}

fn diagnostics() -> impl Strategy<Value = CriticalityDiagnostics> {
    let triggering = prop::sample::select(vec![
        TriggeringMessage::InitiatingMessage,
        TriggeringMessage::SuccessfulOutcome,
        TriggeringMessage::UnsuccessfulOutcome,
        TriggeringMessage::Outcome,
    ]);
    let error = prop::sample::select(vec![TypeOfError::NotUnderstood, TypeOfError::Missing]);
    let ie = (criticality(), any::<u16>(), error).prop_map(|(criticality, id, error)| IeDiagnostics {
        criticality,
        id,
        error,
    });
    (option::of(any::<u8>()), option::of(triggering), option::of(criticality()), vec(ie, 0..30)).prop_map(
        |(procedure_code, triggering, procedure_criticality, ies)| CriticalityDiagnostics {
            procedure_code,
            triggering,
            procedure_criticality,
            ies,
        },
    )
}
