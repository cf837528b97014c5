//! What the control room is told. Everything here is derived from the records.

use std::collections::BTreeMap;
use std::ops::Range;

use area::{CellIndex, ControllerId, Rat, Target};
use cbs::{DataCodingScheme, MessageId, SerialNumber};
use policy::{Channel, LanguageText, Picture, Role};
use serde::{Deserialize, Serialize};

use crate::alert::{Alert, AlertId, Origin, State, Step, Version};
use crate::broadcast::Broadcast;
use crate::cells::{CellStatus, Edition, Phase};
use crate::engine::Engine;
use crate::leg::Leg;
use crate::report::Cause;

mod gives_way;

pub use gives_way::{GivesWay, Scarcity};

/// An alert as the control room sees it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct AlertView {
    /// Its name.
    pub id: AlertId,
    /// Live, exercise or test.
    pub channel: Channel,
    /// Its class.
    pub class: String,
    /// Where it stands.
    pub state: State,
    /// The version on the air, or the draft.
    pub version: Option<VersionView>,
    /// The version that waits for a second person, when another one is shown.
    pub waiting: Option<VersionView>,
    /// When the version on the air ends, in wall-clock milliseconds.
    pub expires_ms: Option<i64>,
    /// Its messages, as each operator's network knows them.
    pub messages: Vec<MessageView>,
    /// The cells in which it is wanted, each counted once, in the state of its message that is furthest behind.
    pub cells: Counts,
    /// The cells in which it is wanted no longer, likewise.
    pub off: Counts,
    /// The cells in the area that no configured peer serves. They are never counted as targeted.
    pub unserved: u32,
    /// The same by operator and technology.
    pub networks: Vec<NetworkView>,
    /// Where it gets less of the air than it asks for.
    #[serde(default)]
    pub gives_way: Vec<GivesWay>,
    /// What people did to it, in order.
    pub history: Vec<Step>,
}

/// A version as the control room sees it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct VersionView {
    /// Its number.
    pub number: u16,
    /// Who wrote it.
    pub author: String,
    /// Who approved it.
    pub approver: Option<String>,
    /// When it was approved, in wall-clock milliseconds.
    pub approved_ms: Option<i64>,
    /// When the network first confirmed a cell of it, in wall-clock milliseconds.
    pub first_confirmed_ms: Option<i64>,
    /// When the network last confirmed another cell of it, in wall-clock milliseconds.
    pub last_confirmed_ms: Option<i64>,
    /// Its texts; none when they have been erased.
    pub texts: Vec<LanguageText>,
    /// Its picture; none when it has been erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<PictureView>,
    /// The messages they make.
    pub planned: Vec<PlannedView>,
    /// The warning area as it was asked for.
    pub target: Target,
    /// How many cells of configured peers it touches.
    pub cells: u32,
    /// How many it touches that none serves.
    pub unserved: u32,
    /// How long it lives from its approval on, in seconds.
    pub duration_s: u32,
    /// The CAP message of others that it was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// A picture, without its octets.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct PictureView {
    /// Its media type.
    pub media_type: String,
    /// Its size, in bytes.
    pub bytes: usize,
    /// Its width, in pixels.
    pub width: u32,
    /// Its height, in pixels.
    pub height: u32,
}

/// A message of a version.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct PlannedView {
    /// Which message.
    pub role: Role,
    /// Its languages.
    pub languages: Vec<String>,
    /// Its alphabet.
    pub dcs: DataCodingScheme,
    /// Its number of pages; 0 for a primary notification of ETWS.
    pub pages: usize,
    /// What a phone shows; none when it has been erased.
    pub text: Option<String>,
}

/// A message on the air.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct MessageView {
    /// Which message.
    pub role: Role,
    /// The edition wanted now: 0 is the first text.
    pub edition: Edition,
    /// Its identifier and serial number in each operator's network.
    pub names: Vec<NameView>,
    /// Its cells, in the states of this one message.
    pub cells: Counts,
    /// The cells in which it is wanted no longer.
    pub off: Counts,
    /// How often it had been broadcast where it was stopped: the number of cells by the count, as far as networks say.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub broadcasts: BTreeMap<u16, u32>,
}

/// What a message is called in an operator's network.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct NameView {
    /// The operator.
    pub operator: String,
    /// The message identifier.
    pub message_id: MessageId,
    /// The serial number.
    pub serial: SerialNumber,
}

/// One operator's cells of one technology.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct NetworkView {
    /// The operator.
    pub operator: String,
    /// The technology.
    pub rat: Rat,
    /// The cells in which the alert is wanted.
    pub cells: Counts,
    /// The cells in which it is wanted no longer.
    pub off: Counts,
    /// The cells in the area that no configured peer serves.
    pub unserved: u32,
    /// The cells in which an older text may still be on the air.
    pub older: u32,
    /// When the network first confirmed a cell of the present texts, in wall-clock milliseconds.
    pub first_confirmed_ms: Option<i64>,
    /// When it last confirmed another one, in wall-clock milliseconds.
    pub last_confirmed_ms: Option<i64>,
    /// Why cells were refused.
    pub causes: BTreeMap<String, u32>,
}

/// One tracking or location area of a controller.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct AreaView {
    /// The operator.
    pub operator: String,
    /// The technology.
    pub rat: Rat,
    /// The controller.
    pub controller: String,
    /// The tracking area code, or the location area code.
    pub lac_or_tac: u32,
    /// The cells in which the alert is wanted.
    pub cells: Counts,
    /// The cells in which it is wanted no longer.
    pub off: Counts,
}

/// How many cells are in which state.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
pub struct Counts {
    /// All of them.
    pub targeted: u32,
    /// Nothing has been handed to a link.
    pub pending: u32,
    /// Handed to a link.
    pub sent: u32,
    /// The controller took it and started distributing, no more.
    pub accepted: u32,
    /// The network said it is so.
    pub confirmed: u32,
    /// The network refused.
    pub refused: u32,
    /// Asked, and no answer came.
    pub unknown: u32,
}

impl Counts {
    fn add(&mut self, phase: Phase, cells: u32) {
        self.targeted += cells;
        *match phase {
            Phase::Pending | Phase::OffPending | Phase::Renew | Phase::Deferred => &mut self.pending,
            Phase::Sent | Phase::OffSent => &mut self.sent,
            Phase::Accepted | Phase::OffAccepted => &mut self.accepted,
            Phase::Confirmed | Phase::Off => &mut self.confirmed,
            Phase::Refused | Phase::OffRefused => &mut self.refused,
            Phase::Unknown | Phase::OffUnknown => &mut self.unknown,
        } += cells;
    }

    pub(crate) fn join(&mut self, other: Self) {
        self.targeted += other.targeted;
        self.pending += other.pending;
        self.sent += other.sent;
        self.accepted += other.accepted;
        self.confirmed += other.confirmed;
        self.refused += other.refused;
        self.unknown += other.unknown;
    }
}

impl Engine {
    /// An alert's cells by tracking or location area: each cell counted once, as in [`AlertView::cells`]. It costs the
    /// areas and the spans of like cells, and not the cells.
    pub fn areas(&self, id: AlertId) -> Option<Vec<AreaView>> {
        let inventory = &self.setup.inventory;
        let broadcasts: Vec<&Broadcast> =
            self.alert(id)?.broadcasts.iter().filter_map(|id| self.broadcast(*id)).collect();
        let mut areas: Vec<AreaView> = Vec::new();
        for (controller, id) in inventory.controllers().iter().zip((0..).map(ControllerId)) {
            let here =
                broadcasts.iter().filter_map(|broadcast| Some((broadcast.current(), broadcast.leg(id)?)));
            let of_area = |lac_or_tac| AreaView {
                operator: inventory.operator(controller.operator).name.clone(),
                rat: controller.rat,
                controller: controller.name.clone(),
                lac_or_tac,
                cells: Counts::default(),
                off: Counts::default(),
            };
            let first = areas.len();
            for Behind { run, status, .. } in behind(here) {
                let mut left = run;
                while let Some(area) =
                    inventory.area_of(CellIndex(left.start)).filter(|_| left.start < left.end)
                {
                    let lac_or_tac = inventory.lacs_or_tacs()[left.start as usize];
                    if areas[first..].last().is_none_or(|last| last.lac_or_tac != lac_or_tac) {
                        areas.push(of_area(lac_or_tac));
                    }
                    let end = area.end.min(left.end);
                    if let Some(row) = areas.last_mut() {
                        count(&mut row.cells, &mut row.off, status.phase(), end - left.start);
                    }
                    left.start = end;
                }
            }
        }
        Some(areas)
    }

    /// An alert as the control room sees it.
    pub fn view(&self, id: AlertId) -> Option<AlertView> {
        let alert = self.alert(id)?;
        let broadcasts: Vec<&Broadcast> =
            alert.broadcasts.iter().filter_map(|id| self.broadcast(*id)).collect();
        let networks = self.networks(alert, &broadcasts);
        let (mut cells, mut off, mut unserved) = (Counts::default(), Counts::default(), 0);
        for network in &networks {
            cells.join(network.cells);
            off.join(network.off);
            unserved += network.unserved;
        }
        Some(AlertView {
            id,
            channel: alert.channel,
            class: alert.class.clone(),
            state: alert.state,
            version: alert.shown().map(version_view),
            waiting: alert.waiting().filter(|_| alert.current.is_some()).map(version_view),
            expires_ms: alert.current.map(|_| alert.expires_ms),
            messages: broadcasts.iter().map(|broadcast| self.message_view(broadcast)).collect(),
            cells,
            off,
            unserved,
            networks,
            gives_way: self.gives_way(alert),
            history: alert.history.clone(),
        })
    }

    fn message_view(&self, broadcast: &Broadcast) -> MessageView {
        let (mut cells, mut off) = (Counts::default(), Counts::default());
        for leg in &broadcast.legs {
            for (phase, count) in Phase::ALL.into_iter().zip(leg.totals()) {
                if phase.is_wanted() { &mut cells } else { &mut off }.add(phase, *count);
            }
        }
        let names = broadcast.editions.last().map(|text| self.network.names_of(text)).unwrap_or_default();
        let names = names.into_iter().map(|(operator, message_id, serial)| NameView {
            operator: self.setup.inventory.operator(operator).name.clone(),
            message_id,
            serial,
        });
        let mut broadcasts: BTreeMap<u16, u32> = BTreeMap::new();
        for (run, count) in broadcast.legs.iter().flat_map(|leg| leg.counts()) {
            *broadcasts.entry(*count).or_default() += run.end - run.start;
        }
        let (role, edition, names) = (broadcast.role, broadcast.current(), names.collect());
        MessageView { role, edition, names, cells, off, broadcasts }
    }

    fn networks(&self, alert: &Alert, broadcasts: &[&Broadcast]) -> Vec<NetworkView> {
        let inventory = &self.setup.inventory;
        let mut networks: Vec<NetworkView> = Vec::new();
        for (controller, id) in
            inventory.controllers().iter().zip(0..).map(|(c, n)| (c, area::ControllerId(n)))
        {
            let unserved =
                alert.shown().map_or(0, |version| version.unserved.within(controller.cells.clone()).len());
            let here = broadcasts.iter().filter_map(|broadcast| {
                let leg = broadcast.leg(id)?;
                Some((broadcast.current(), leg))
            });
            let times: Vec<(i64, i64)> = here.clone().filter_map(|(_, leg)| leg.confirmed_ms()).collect();
            if unserved == 0 && here.clone().next().is_none() {
                continue;
            }
            let operator = &inventory.operator(controller.operator).name;
            let at =
                networks.iter().position(|known| known.operator == *operator && known.rat == controller.rat);
            let at = at.unwrap_or_else(|| {
                networks.push(NetworkView {
                    operator: operator.clone(),
                    rat: controller.rat,
                    cells: Counts::default(),
                    off: Counts::default(),
                    unserved: 0,
                    older: 0,
                    first_confirmed_ms: None,
                    last_confirmed_ms: None,
                    causes: BTreeMap::new(),
                });
                networks.len() - 1
            });
            networks[at].unserved += unserved;
            networks[at].fold(behind(here));
            for (first, last) in times {
                let network = &mut networks[at];
                network.first_confirmed_ms =
                    Some(network.first_confirmed_ms.map_or(first, |known| known.min(first)));
                network.last_confirmed_ms =
                    Some(network.last_confirmed_ms.map_or(last, |known| known.max(last)));
            }
        }
        networks
    }
}

impl NetworkView {
    /// Counts each cell once.
    fn fold(&mut self, behind: impl Iterator<Item = Behind>) {
        for Behind { run, status, older } in behind {
            let cells = run.end - run.start;
            self.older += if older { cells } else { 0 };
            count(&mut self.cells, &mut self.off, status.phase(), cells);
            if matches!(status.phase(), Phase::Refused | Phase::OffRefused) && status.cause() != Cause::None {
                *self.causes.entry(status.cause().words().to_owned()).or_default() += cells;
            }
        }
    }
}

/// Neighbours that are in the same state for every message.
struct Behind {
    run: Range<u32>,
    /// Of the message that is furthest behind.
    status: CellStatus,
    /// An older text of some message may still be on the air.
    older: bool,
}

/// The cells of the legs at one controller, ascending.
fn behind<'a>(legs: impl Iterator<Item = (Edition, &'a Leg)>) -> impl Iterator<Item = Behind> {
    let mut legs: Vec<_> = legs.map(|(current, leg)| (current, leg.spans().peekable())).collect();
    std::iter::from_fn(move || {
        let starts = legs.iter_mut().filter_map(|(_, leg)| leg.peek().map(|(run, _)| run.start));
        let start = starts.min()?;
        let ends = legs.iter_mut().filter_map(|(_, leg)| {
            leg.peek().map(|(run, _)| if run.start == start { run.end } else { run.start })
        });
        let run = start..ends.min()?;
        let mut behind: Option<Behind> = None;
        for (current, leg) in &mut legs {
            let Some((left, status)) = leg.peek_mut().filter(|(left, _)| left.start == start) else {
                continue;
            };
            let status = *status;
            left.start = run.end;
            if left.start == left.end {
                leg.next();
            }
            let older = status.phase().is_wanted() && status.stale(*current).is_some();
            let behind = behind.get_or_insert_with(|| Behind { run: run.clone(), status, older });
            behind.older |= older;
            if rank(status.phase()) > rank(behind.status.phase()) {
                behind.status = status;
            }
        }
        behind
    })
}

fn count(cells: &mut Counts, off: &mut Counts, phase: Phase, number: u32) {
    if phase.is_wanted() { cells } else { off }.add(phase, number);
}

/// How far a cell is from what is wanted; a cell that wants one message and not another counts by the wanted one.
const fn rank(phase: Phase) -> u8 {
    match phase {
        Phase::Refused => 13,
        Phase::Unknown => 12,
        Phase::Deferred => 11,
        Phase::Renew => 10,
        Phase::Pending => 9,
        Phase::Sent => 8,
        Phase::Accepted => 7,
        Phase::Confirmed => 6,
        Phase::OffRefused => 5,
        Phase::OffUnknown => 4,
        Phase::OffPending => 3,
        Phase::OffSent => 2,
        Phase::OffAccepted => 1,
        Phase::Off => 0,
    }
}

/// A version as the control room sees it, on the air or not.
pub fn version_view(version: &Version) -> VersionView {
    let personal = version.private.open();
    let planned = version.planned.iter().enumerate().map(|(at, planned)| PlannedView {
        role: planned.role,
        languages: planned.languages.clone(),
        dcs: planned.dcs,
        pages: planned.pages,
        text: personal.and_then(|personal| personal.bodies.get(at)).cloned(),
    });
    VersionView {
        number: version.number,
        author: version.author.clone(),
        approver: version.approved.as_ref().map(|(by, _)| by.clone()),
        approved_ms: version.approved.as_ref().map(|(_, wall_ms)| *wall_ms),
        first_confirmed_ms: version.confirmed_ms.map(|(first, _)| first),
        last_confirmed_ms: version.confirmed_ms.map(|(_, last)| last),
        texts: personal.map(|personal| personal.texts.clone()).unwrap_or_default(),
        picture: personal.and_then(|personal| personal.picture.as_ref()).map(picture_view),
        planned: planned.collect(),
        target: version.target.clone(),
        cells: version.cells.len(),
        unserved: version.unserved.len(),
        duration_s: version.duration_s,
        origin: version.origin.clone(),
    }
}

fn picture_view(picture: &Picture) -> PictureView {
    let (width, height) = picture.size();
    PictureView { media_type: picture.media_type().to_owned(), bytes: picture.octets().len(), width, height }
}
