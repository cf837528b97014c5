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
    Query,
    /// To stop one.
    Kill { key: MessageKey },
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
            Ok(cbsp::Pdu::Kill(kill)) => {
                Asked::Kill { key: MessageKey { message_id: kill.message_id, serial: kill.old_serial } }
            }
            Ok(cbsp::Pdu::MessageStatusQuery(_)) => Asked::Query,
            Ok(_) => Asked::Other,
            Err(_) => Asked::Unreadable,
        },
        _ => match sbcap::Pdu::decode(pdu).map(|decoded| decoded.pdu) {
            Ok(sbcap::Pdu::WriteReplaceWarningRequest(write)) => Asked::Write {
                key: MessageKey { message_id: write.message_id, serial: write.serial },
                cells: match &write.area {
                    Some(sbcap::WarningArea::Cells(cells)) => lte(land, peer, cells),
                    _ => CellRuns::from_range(land.inventory.cells_of(peer.controller)),
                },
            },
            Ok(sbcap::Pdu::StopWarningRequest(stop)) => {
                Asked::Kill { key: MessageKey { message_id: stop.message_id, serial: stop.serial } }
            }
            Ok(_) => Asked::Other,
            Err(_) => Asked::Unreadable,
        },
    }
}

/// Reads what a peer sent.
pub(crate) fn told(land: &Land, peer: &Peer, pdu: &[u8]) -> Vec<Told> {
    match peer.rat {
        Rat::Gsm => cbsp::Pdu::decode(pdu).map(|pdu| told_by_bsc(land, peer, pdu)).unwrap_or_default(),
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
        cbsp::Pdu::Restart(said) if said.recovery != Some(Recovery::DataAvailable) => {
            vec![Told::Lost(gsm(land, peer, &said.cells))]
        }
        cbsp::Pdu::Failure(said) => {
            vec![Told::Lost(named(land, peer, said.failures.iter().map(|failed| failed.cell)))]
        }
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

fn lte(land: &Land, peer: &Peer, cells: &[sbcap::Ecgi]) -> CellRuns {
    let key = |cell: &sbcap::Ecgi| CellKey::new(Rat::Lte, 0, cell.eci().into());
    let found = cells.iter().filter_map(|cell| land.inventory.find(peer.operator, key(cell)));
    sorted(found.map(|CellIndex(cell)| cell).collect())
}

fn sorted(mut cells: Vec<u32>) -> CellRuns {
    cells.sort_unstable();
    CellRuns::from_sorted(cells.into_iter().map(CellIndex))
}
