//! The figures: what the daemon said, what the networks did, and whether the two agree.

use admin::TrafficRow;
use area::{CellRuns, Rat};
use engine::view::{AlertView, Counts, NetworkView};
use opsim::{MessageKey, ReportRequest};
use serde::Serialize;

use super::DemoError;
use super::stage::{BY_CAP, Element, Stage};

/// What the demo measured. Times are in milliseconds.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Figures {
    pub(crate) cells: CellFigures,
    pub(crate) phones: PhoneFigures,
    pub(crate) cancel: CancelFigures,
    pub(crate) pdus: u64,
    pub(crate) octets: u64,
    pub(crate) approve_to_first_confirmation_ms: Option<i64>,
    pub(crate) approve_to_last_confirmation_ms: Option<i64>,
    pub(crate) update: UpdateFigures,
    /// The same by operator and technology.
    pub(crate) networks: Vec<NetworkFigures>,
    /// What the networks themselves say after the cancel: messages times cells that are still on the air.
    pub(crate) cells_still_on_air: u64,
    pub(crate) faults_planted: bool,
    pub(crate) demo_ms: u64,
    pub(crate) elements: Vec<Element>,
}

/// One operator's cells and phones of one technology.
#[derive(Debug, Default, Serialize)]
pub(crate) struct NetworkFigures {
    pub(crate) operator: String,
    pub(crate) rat: String,
    pub(crate) cells: CellFigures,
    pub(crate) phones: PhoneFigures,
    pub(crate) cancel: CancelFigures,
    pub(crate) pdus: u64,
    pub(crate) octets: u64,
    pub(crate) approve_to_first_confirmation_ms: Option<i64>,
    pub(crate) approve_to_last_confirmation_ms: Option<i64>,
}

/// Each targeted cell in its final state; those that no peer serves apart.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct CellFigures {
    pub(crate) targeted: u32,
    pub(crate) accepted: u32,
    pub(crate) confirmed: u32,
    pub(crate) refused: u32,
    pub(crate) unknown: u32,
    pub(crate) pending: u32,
    pub(crate) unserved: u32,
}

/// What the phones did.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct PhoneFigures {
    pub(crate) in_area: u64,
    pub(crate) rang_once: u64,
    pub(crate) rang_more: u64,
    pub(crate) missed: u64,
    pub(crate) out_of_area: u64,
    pub(crate) out_of_area_rang: u64,
}

/// What the cancel did.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct CancelFigures {
    pub(crate) cells_targeted: u32,
    pub(crate) cells_confirmed: u32,
}

/// What the update did.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct UpdateFigures {
    pub(crate) cells: CellFigures,
    pub(crate) approve_to_last_confirmation_ms: Option<i64>,
}

impl Figures {
    /// From the views: the alert as approved, confirmed, updated and cancelled.
    pub(crate) fn new(
        approved: &AlertView,
        first: &AlertView,
        updated: &AlertView,
        cancelled: &AlertView,
        traffic: &[TrafficRow],
        cancel: CancelFigures,
    ) -> Self {
        let approved_ms = approved.version.as_ref().and_then(|version| version.approved_ms);
        let since = |wall_ms: Option<i64>| Some(wall_ms? - approved_ms?);
        let times =
            first.version.as_ref().map(|version| (version.first_confirmed_ms, version.last_confirmed_ms));
        let update = updated.version.as_ref();
        let networks = first.networks.iter().map(|network| NetworkFigures {
            operator: network.operator.clone(),
            rat: network.rat.to_string(),
            cells: CellFigures::new(&network.cells, network.unserved),
            cancel: off(cancelled, network),
            pdus: of(traffic, network).map_or(0, |row| row.pdus),
            octets: of(traffic, network).map_or(0, |row| row.octets),
            approve_to_first_confirmation_ms: since(network.first_confirmed_ms),
            approve_to_last_confirmation_ms: since(network.last_confirmed_ms),
            ..NetworkFigures::default()
        });
        Self {
            cells: CellFigures::new(&first.cells, first.unserved),
            cancel,
            pdus: traffic.iter().map(|row| row.pdus).sum(),
            octets: traffic.iter().map(|row| row.octets).sum(),
            approve_to_first_confirmation_ms: since(times.and_then(|(first, _)| first)),
            approve_to_last_confirmation_ms: since(times.and_then(|(_, last)| last)),
            update: UpdateFigures {
                cells: CellFigures::new(&updated.cells, updated.unserved),
                approve_to_last_confirmation_ms: update
                    .and_then(|version| Some(version.last_confirmed_ms? - version.approved_ms?)),
            },
            networks: networks.collect(),
            ..Self::default()
        }
    }

    /// Asks every network what its phones did: for each version, each message that is enabled must have rung once.
    pub(crate) fn ask_phones(
        &mut self,
        stage: &mut Stage,
        target: &CellRuns,
        messages: &[(String, MessageKey)],
    ) -> Result<(), DemoError> {
        let everywhere = CellRuns::from_range(0..stage.inventory.len());
        for row in &mut self.networks {
            let Some(rat) = Rat::ALL.into_iter().find(|rat| rat.to_string() == row.rat) else { continue };
            let Some(operator) = stage.inventory.operator_by_name(&row.operator) else { continue };
            if row.cells.targeted == 0 {
                continue;
            }
            let own = CellRuns::from_range(stage.inventory.cells_of_rat(operator, rat));
            let mut messages: Vec<MessageKey> = messages
                .iter()
                .filter(|(name, _)| *name == row.operator)
                .map(|(_, message)| *message)
                .collect();
            if row.operator == BY_CAP && rat == Rat::Nr {
                messages = named_by_cbc(stage, &messages)?;
            }
            let mut ask = |target: CellRuns| {
                let request = ReportRequest { target: Some(target), messages: Some(messages.clone()) };
                let network = stage.networks.iter_mut().find(|network| network.operator == row.operator);
                let network = network.ok_or_else(|| std::io::Error::other("an operator is missing"))?;
                network.ask::<opsim::Report>(&opsim::Command::Report(request))
            };
            // The phones of this technology: inside, its target cells; outside, everything that is neither target nor
            // another technology's.
            let inside = ask(target.intersect(&own))?.phones;
            let outside = ask(target.union(&everywhere.subtract(&own)))?.phones;
            row.phones = PhoneFigures {
                in_area: inside.in_area,
                rang_once: inside.rang_once,
                rang_more: inside.rang_more,
                missed: inside.missed,
                out_of_area: outside.out_of_area,
                out_of_area_rang: outside.out_of_area_rang,
            };
            self.phones.add(&row.phones);
        }
        Ok(())
    }

    /// Asks every network what is still on the air.
    pub(crate) fn ask_cells(&mut self, stage: &mut Stage, target: &CellRuns) -> Result<(), DemoError> {
        for network in &mut stage.networks {
            let request = ReportRequest { target: Some(target.clone()), messages: None };
            let report: opsim::Report = network.ask(&opsim::Command::Report(request))?;
            let on = report
                .messages
                .iter()
                .map(|message| u64::from(message.cells_on_air) + u64::from(message.cells_on_air_elsewhere));
            self.cells_still_on_air += on.sum::<u64>();
        }
        Ok(())
    }

    /// What does not add up, in words; nothing when all does.
    pub(crate) fn faults(&self) -> Vec<String> {
        let (cells, phones, cancel, update) = (&self.cells, &self.phones, &self.cancel, &self.update.cells);
        let mut faults = Vec::new();
        let mut expect = |what: &str, found: u64, expected: u64| {
            if found != expected {
                faults.push(format!("{what}: expected {expected}, found {found}"));
            }
        };
        expect("cells confirmed, of those targeted", cells.confirmed.into(), cells.targeted.into());
        expect("cells refused", cells.refused.into(), 0);
        expect("cells unknown", cells.unknown.into(), 0);
        expect("cells confirmed after the update", update.confirmed.into(), update.targeted.into());
        expect("phones in the area that rang once a version", phones.rang_once, phones.in_area);
        expect("phones that rang more than once", phones.rang_more, 0);
        expect("phones outside the area that rang", phones.out_of_area_rang, 0);
        expect(
            "cells confirmed off after the cancel",
            cancel.cells_confirmed.into(),
            cancel.cells_targeted.into(),
        );
        expect("cells that still broadcast after the cancel", self.cells_still_on_air, 0);
        if cells.targeted == 0 || phones.in_area == 0 {
            faults.push("expected cells and phones in the area, found none".into());
        }
        faults
    }
}

/// What the operator's own CBC calls the messages: it chooses their names itself, one for each of ours.
fn named_by_cbc(stage: &mut Stage, ours: &[MessageKey]) -> Result<Vec<MessageKey>, DemoError> {
    let network = stage.networks.iter_mut().find(|network| network.operator == BY_CAP);
    let network = network.ok_or_else(|| std::io::Error::other("an operator is missing"))?;
    let request = ReportRequest { target: Some(CellRuns::new()), messages: None };
    let report: opsim::Report = network.ask(&opsim::Command::Report(request))?;
    let heard = report
        .messages
        .iter()
        .map(|message| MessageKey { message_id: message.message_id, serial: message.serial });
    let theirs: Vec<MessageKey> = heard.filter(|key| !ours.contains(key)).collect();
    if theirs.len() == ours.len() {
        return Ok(theirs);
    }
    Err(DemoError::Process {
        process: format!("the CBC of {BY_CAP}"),
        expected: format!("{} messages of its own", ours.len()),
        found: format!("{}", theirs.len()),
    })
}

impl CellFigures {
    fn new(counts: &Counts, unserved: u32) -> Self {
        Self {
            targeted: counts.targeted,
            accepted: counts.accepted,
            confirmed: counts.confirmed,
            refused: counts.refused,
            unknown: counts.unknown,
            pending: counts.pending + counts.sent,
            unserved,
        }
    }
}

impl PhoneFigures {
    fn add(&mut self, other: &Self) {
        self.in_area += other.in_area;
        self.rang_once += other.rang_once;
        self.rang_more += other.rang_more;
        self.missed += other.missed;
        self.out_of_area += other.out_of_area;
        self.out_of_area_rang += other.out_of_area_rang;
    }
}

fn of<'a>(traffic: &'a [TrafficRow], network: &NetworkView) -> Option<&'a TrafficRow> {
    traffic.iter().find(|row| row.operator == network.operator && row.rat == network.rat)
}

fn off(cancelled: &AlertView, network: &NetworkView) -> CancelFigures {
    let same = |known: &&NetworkView| known.operator == network.operator && known.rat == network.rat;
    cancelled.networks.iter().find(same).map_or_else(CancelFigures::default, |network| CancelFigures {
        cells_targeted: network.off.targeted,
        cells_confirmed: network.off.confirmed,
    })
}
