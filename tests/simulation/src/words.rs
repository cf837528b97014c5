//! What octets on a link say, read anew by the protocol crates: the checker takes nobody's word for what was asked or
//! answered.

use area::{CellIndex, CellKey, CellRuns, Rat};
use cbsp::{CellId, CellList};
use opsim::MessageKey;

use crate::land::{Land, Peer};

/// What the daemon asked of a peer.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    /// To broadcast a message in these cells.
    Write { key: MessageKey, cells: CellRuns },
    /// Where a message is on the air.
    Query { key: MessageKey, cells: CellRuns },
    /// To stop one.
    Kill { key: MessageKey, cells: CellRuns },
    /// Anything else.
    Other,
    /// Nobody can read it.
    Unreadable,
}

/// What a peer said.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    /// It took the message.
    Accepted(MessageKey),
    /// The message is on the air there.
    On(MessageKey, CellRuns),
    /// It is not, as far as it was asked to stop there.
    Off(MessageKey, CellRuns),
    /// These cells have nothing on the air any more.
    Lost(CellRuns),
}

/// Reads what the daemon sent.
pub(crate) fn asked(land: &Land, peer: &Peer, pdu: &[u8]) -> Asked {
    match peer.rat {
        Rat::Gsm => match cbsp::Pdu::decode(pdu) {
            Ok(cbsp::Pdu::WriteReplace(write)) => Asked::Write {
                key: MessageKey { message_id: write.message_id, serial: write.new_serial },
                cells: gsm(land, peer, &write.cells),
            },
            Ok(cbsp::Pdu::Kill(kill)) => Asked::Kill {
                key: MessageKey { message_id: kill.message_id, serial: kill.old_serial },
                cells: gsm(land, peer, &kill.cells),
            },
            Ok(cbsp::Pdu::MessageStatusQuery(query)) => Asked::Query {
                key: MessageKey { message_id: query.message_id, serial: query.old_serial },
                cells: gsm(land, peer, &query.cells),
            },
            Ok(_) => Asked::Other,
            Err(_) => Asked::Unreadable,
        },
        Rat::Umts => match sabp::Pdu::decode(pdu).map(|decoded| decoded.pdu) {
            Ok(sabp::Pdu::WriteReplace(write)) => Asked::Write {
                key: MessageKey { message_id: write.message_id, serial: write.new_serial },
                cells: umts(land, peer, write.service_areas.into_iter()),
            },
            Ok(sabp::Pdu::Kill(kill)) => Asked::Kill {
                key: MessageKey { message_id: kill.message_id, serial: kill.old_serial },
                cells: umts(land, peer, kill.service_areas.into_iter()),
            },
            Ok(sabp::Pdu::MessageStatusQuery(query)) => Asked::Query {
                key: MessageKey { message_id: query.message_id, serial: query.old_serial },
                cells: umts(land, peer, query.service_areas.into_iter()),
            },
            Ok(_) => Asked::Other,
            Err(_) => Asked::Unreadable,
        },
        _ => match sbcap::Pdu::decode(pdu).map(|decoded| decoded.pdu) {
            Ok(sbcap::Pdu::WriteReplaceWarningRequest(write)) => Asked::Write {
                key: MessageKey { message_id: write.message_id, serial: write.serial },
                cells: lte_area(land, peer, write.area.as_ref()),
            },
            Ok(sbcap::Pdu::StopWarningRequest(stop)) => Asked::Kill {
                key: MessageKey { message_id: stop.message_id, serial: stop.serial },
                cells: lte_area(land, peer, stop.area.as_ref()),
            },
            Ok(_) => Asked::Other,
            Err(_) => Asked::Unreadable,
        },
    }
}

/// Reads what a peer sent.
pub(crate) fn told(land: &Land, peer: &Peer, pdu: &[u8]) -> Vec<Told> {
    match peer.rat {
        Rat::Gsm => cbsp::Pdu::decode(pdu).map(|pdu| told_by_bsc(land, peer, pdu)).unwrap_or_default(),
        Rat::Umts => {
            sabp::Pdu::decode(pdu).map(|decoded| told_by_rnc(land, peer, decoded.pdu)).unwrap_or_default()
        }
        _ => sbcap::Pdu::decode(pdu).map(|decoded| told_by_mme(land, peer, decoded.pdu)).unwrap_or_default(),
    }
}

fn told_by_bsc(land: &Land, peer: &Peer, pdu: cbsp::Pdu) -> Vec<Told> {
    use cbsp::pdu::Recovery;
    let key = |message_id, serial| MessageKey { message_id, serial };
    let on = |key, list: &Option<CellList>| {
        list.iter().map(|list| Told::On(key, gsm(land, peer, list))).collect::<Vec<_>>()
    };
    match pdu {
        cbsp::Pdu::WriteReplaceComplete(said) => on(key(said.message_id, said.new_serial), &said.cells),
        cbsp::Pdu::WriteReplaceFailure(said) => {
            let key = key(said.message_id, said.new_serial);
            let mut told = on(key, &said.cells);
            let used = |cause| cause == cbsp::Cause::MESSAGE_REFERENCE_ALREADY_USED;
            let known = said.failures.iter().filter(|failed| used(failed.cause)).map(|failed| failed.cell);
            told.push(Told::On(key, named(land, peer, known)));
            told
        }
        cbsp::Pdu::MessageStatusQueryComplete(said) => {
            let cells = said.completed.iter().map(|completed| completed.cell);
            vec![Told::On(key(said.message_id, said.old_serial), named(land, peer, cells))]
        }
        cbsp::Pdu::MessageStatusQueryFailure(said) => {
            let cells = said.completed.iter().flat_map(|list| list.iter()).map(|completed| completed.cell);
            vec![Told::On(key(said.message_id, said.old_serial), named(land, peer, cells))]
        }
        cbsp::Pdu::KillComplete(said) => {
            let all = CellRuns::from_range(land.inventory.cells_of(peer.controller));
            let off = said.cells.as_ref().map_or(all, |list| gsm(land, peer, list));
            vec![Told::Off(key(said.message_id, said.old_serial), off)]
        }
        cbsp::Pdu::KillFailure(said) => {
            let gone = |cause| cause == cbsp::Cause::MESSAGE_REFERENCE_NOT_IDENTIFIED;
            let gone = said.failures.iter().filter(|failed| gone(failed.cause)).map(|failed| failed.cell);
            let off = said.cells.as_ref().map_or(CellRuns::new(), |list| gsm(land, peer, list));
            vec![Told::Off(key(said.message_id, said.old_serial), off.union(&named(land, peer, gone)))]
        }
        cbsp::Pdu::Restart(said) if said.recovery != Some(Recovery::DataAvailable) => {
            vec![Told::Lost(gsm(land, peer, &said.cells))]
        }
        cbsp::Pdu::Failure(said) => {
            vec![Told::Lost(named(land, peer, said.failures.iter().map(|failed| failed.cell)))]
        }
        _ => Vec::new(),
    }
}

/// What an RNC says.
fn told_by_rnc(land: &Land, peer: &Peer, pdu: sabp::Pdu) -> Vec<Told> {
    let key = |message_id, serial| MessageKey { message_id, serial };
    let done = |list: &[sabp::CompletedArea]| umts(land, peer, list.iter().map(|done| done.area));
    let gone = |failures: &[sabp::FailedArea]| {
        let cause = sabp::Cause::VALID_CN_MESSAGE_NOT_IDENTIFIED;
        umts(land, peer, failures.iter().filter(|failed| failed.cause == cause).map(|failed| failed.area))
    };
    match pdu {
        sabp::Pdu::WriteReplaceComplete(said) => {
            vec![Told::On(key(said.message_id, said.new_serial), done(&said.completed))]
        }
        // "Reference already used" is no word on this version: to an RNC all updates of a message are one.
        sabp::Pdu::WriteReplaceFailure(said) => {
            vec![Told::On(key(said.message_id, said.new_serial), done(&said.completed))]
        }
        sabp::Pdu::MessageStatusQueryComplete(said) => {
            vec![Told::On(key(said.message_id, said.old_serial), done(&said.completed))]
        }
        sabp::Pdu::MessageStatusQueryFailure(said) => {
            vec![Told::On(key(said.message_id, said.old_serial), done(&said.completed))]
        }
        sabp::Pdu::KillComplete(said) => {
            let all = CellRuns::from_range(land.inventory.cells_of(peer.controller));
            vec![Told::Off(key(said.message_id, said.old_serial), all)]
        }
        sabp::Pdu::KillFailure(said) => {
            let off = done(&said.completed).union(&gone(&said.failures));
            vec![Told::Off(key(said.message_id, said.old_serial), off)]
        }
        sabp::Pdu::Restart(said) if said.recovery != Some(sabp::Recovery::DataAvailable) => {
            vec![Told::Lost(umts(land, peer, said.service_areas.into_iter()))]
        }
        sabp::Pdu::Failure(said) => vec![Told::Lost(umts(land, peer, said.service_areas.into_iter()))],
        _ => Vec::new(),
    }
}

fn told_by_mme(land: &Land, peer: &Peer, pdu: sbcap::Pdu) -> Vec<Told> {
    match pdu {
        sbcap::Pdu::WriteReplaceWarningResponse(said) if said.cause.is_accepted() => {
            vec![Told::Accepted(MessageKey { message_id: said.message_id, serial: said.serial })]
        }
        sbcap::Pdu::WriteReplaceWarningIndication(said) => {
            let key = MessageKey { message_id: said.message_id, serial: said.serial };
            let area = said.broadcast_scheduled_area.unwrap_or_default();
            let cells: Vec<sbcap::Ecgi> =
                area.cells.into_iter().chain(area.tais.into_iter().flat_map(|tai| tai.cells)).collect();
            vec![Told::On(key, lte(land, peer, &cells))]
        }
        sbcap::Pdu::StopWarningResponse(said) if said.cause == sbcap::Cause::VALID_MESSAGE_NOT_IDENTIFIED => {
            let all = CellRuns::from_range(land.inventory.cells_of(peer.controller));
            vec![Told::Off(MessageKey { message_id: said.message_id, serial: said.serial }, all)]
        }
        sbcap::Pdu::StopWarningIndication(said) => {
            let area = said.broadcast_cancelled_area.unwrap_or_default();
            let stopped: Vec<sbcap::Ecgi> = area
                .cells
                .into_iter()
                .chain(area.tais.into_iter().flat_map(|tai| tai.cells))
                .map(|stopped| stopped.cell)
                .collect();
            let nodes: Vec<u64> = said.broadcast_empty_area.iter().map(|enb| enb.id().into()).collect();
            let ids = land.inventory.cell_ids();
            let in_nodes = |cell: &u32| nodes.contains(&(ids[*cell as usize] >> 8));
            let empty = sorted(land.inventory.cells_of(peer.controller).filter(in_nodes).collect());
            let key = MessageKey { message_id: said.message_id, serial: said.serial };
            vec![Told::Off(key, lte(land, peer, &stopped).union(&empty))]
        }
        sbcap::Pdu::PwsRestartIndication(said) => vec![Told::Lost(lte(land, peer, &said.restarted_cells))],
        sbcap::Pdu::PwsFailureIndication(said) => vec![Told::Lost(lte(land, peer, &said.failed_cells))],
        _ => Vec::new(),
    }
}

fn gsm(land: &Land, peer: &Peer, list: &CellList) -> CellRuns {
    if list.kind() == cbsp::CellKind::Bss {
        return CellRuns::from_range(land.inventory.cells_of(peer.controller));
    }
    named(land, peer, list.iter())
}

fn named(land: &Land, peer: &Peer, cells: impl Iterator<Item = CellId>) -> CellRuns {
    let all = land.inventory.cells_of(peer.controller);
    let (lacs, cis) = (land.inventory.lacs_or_tacs(), land.inventory.cell_ids());
    let mut found: Vec<u32> = Vec::new();
    for cell in cells {
        let here = all.clone().map(|cell| cell as usize);
        match cell {
            CellId::Cgi { lac, ci, .. } | CellId::LacCi { lac, ci } => {
                let key = CellKey::new(Rat::Gsm, lac.into(), ci.into());
                found.extend(land.inventory.find(peer.operator, key).map(|CellIndex(cell)| cell));
            }
            CellId::Ci { ci } => {
                found.extend(here.filter(|at| cis[*at] == u64::from(ci)).map(|at| at as u32));
            }
            CellId::Lai { lac, .. } | CellId::Lac { lac } => {
                found.extend(here.filter(|at| lacs[*at] == u32::from(lac)).map(|at| at as u32));
            }
            CellId::Bss => found.extend(all.clone()),
        }
    }
    sorted(found)
}

fn umts(land: &Land, peer: &Peer, areas: impl Iterator<Item = sabp::ServiceArea>) -> CellRuns {
    let key = |area: sabp::ServiceArea| {
        let [_, _, _, lac @ .., d, e] = area.octets();
        let (lac, sac) = (u16::from_be_bytes(lac), u16::from_be_bytes([d, e]));
        CellKey::new(Rat::Umts, lac.into(), sac.into())
    };
    let found = areas.filter_map(|area| land.inventory.find(peer.operator, key(area)));
    sorted(found.map(|CellIndex(cell)| cell).collect())
}

fn lte_area(land: &Land, peer: &Peer, area: Option<&sbcap::WarningArea>) -> CellRuns {
    match area {
        Some(sbcap::WarningArea::Cells(cells)) => lte(land, peer, cells),
        _ => CellRuns::from_range(land.inventory.cells_of(peer.controller)),
    }
}

fn lte(land: &Land, peer: &Peer, cells: &[sbcap::Ecgi]) -> CellRuns {
    let key = |cell: &sbcap::Ecgi| CellKey::new(Rat::Lte, 0, cell.eci().into());
    let found = cells.iter().filter_map(|cell| land.inventory.find(peer.operator, key(cell)));
    sorted(found.map(|CellIndex(cell)| cell).collect())
}

fn sorted(mut cells: Vec<u32>) -> CellRuns {
    cells.sort_unstable();
    CellRuns::from_sorted(cells.into_iter().map(CellIndex))
}
