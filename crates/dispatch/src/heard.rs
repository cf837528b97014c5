//! What a peer said, in words common to all protocols.

use area::CellName;
use engine::order::Verb;
use engine::report::{Cause, Outcome};
use sbcap::GlobalEnbId;

use crate::NoticeKind;
use crate::register::Reference;
use crate::wire::{Named, Sector, Wire, WireId, WireTai};

/// Something a session heard, or did not hear in time.
#[derive(Debug)]
pub(crate) enum Heard {
    /// An answer to the request with this token.
    Answer { token: u64, answer: Answer },
    /// The request with this token was not answered in time.
    Unanswered { token: u64 },
    /// Where a message is on or off the air, unasked; `nowhere`: the nodes that
    /// broadcast it, or stopped it, in none of their cells.
    Indication { reference: Reference, verb: Verb, places: Vec<Place>, nowhere: Vec<Place>, counts: Counts },
    /// What a delivery report says of a message: the first part that names a cell holds for it.
    Delivery { reference: Reference, verb: Verb, parts: Vec<(Outcome, Place)> },
    /// These cells are back; `node`: the eNB they belong to, where the peer says so.
    Restart { places: Vec<Place>, node: Option<GlobalEnbId>, data_lost: bool },
    /// These cells cannot broadcast.
    Failure { places: Vec<Place> },
    /// For the log only.
    Remark { kind: NoticeKind, words: String },
}

/// What an answer says about the cells asked for: the first part that names a cell holds for it, else `rest`; where it
/// names none of the controller's cells, `unnamed` holds for all.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) parts: Vec<(Outcome, Vec<Place>)>,
    pub(crate) rest: Outcome,
    pub(crate) unnamed: Outcome,
    /// What the log should hear beside.
    pub(crate) words: String,
    pub(crate) counts: Counts,
}

/// How often a message that was stopped had been broadcast, in the cells of which the peer says so.
pub(crate) type Counts = Vec<(WireId, u16)>;

/// Cells as a peer names them.
#[derive(Debug)]
pub(crate) enum Place {
    /// Cells in wire form, 7 octets each.
    Cells(Vec<u8>),
    /// A tracking area.
    Tai(WireTai),
    /// A node: the first bits of its cells' ECIs.
    Enb { plmn: [u8; 3], id: u32, bits: u32 },
    /// Cells or groups of cells of a BSC, in wire form.
    Gsm { kind: cbsp::CellKind, octets: Vec<u8> },
    /// Cells by their names in the inventory; those of another technology are left out.
    Named(Vec<CellName>),
    /// Every cell.
    Everywhere,
}

impl Answer {
    /// The same outcome for every cell asked for.
    pub(crate) fn all(outcome: Outcome) -> Self {
        Self {
            parts: Vec::new(),
            rest: outcome,
            unnamed: outcome,
            words: String::new(),
            counts: Counts::new(),
        }
    }

    /// Done in the cells that the peer names. It has said nothing of others that it was asked for, so that they are not
    /// claimed: a late answer may be taken for that of another request of the same words. One that names none means all.
    pub(crate) fn done(place: Place) -> Self {
        let parts = vec![(Outcome::Confirmed, vec![place])];
        Self { parts, ..Self::all(Outcome::Unanswered) }.or_all(Outcome::Confirmed)
    }

    /// The same with these counts.
    pub(crate) fn counted(self, counts: Counts) -> Self {
        Self { counts, ..self }
    }

    /// The same with this outcome where it names no cell.
    pub(crate) fn or_all(self, unnamed: Outcome) -> Self {
        Self { unnamed, ..self }
    }

    /// The causes for which it refuses something.
    pub(crate) fn causes(&self) -> impl Iterator<Item = Cause> + '_ {
        self.parts.iter().map(|(outcome, _)| outcome).chain([&self.rest]).filter_map(
            |outcome| match outcome {
                Outcome::Refused(cause) => Some(*cause),
                _ => None,
            },
        )
    }
}

/// The cells of a sector that these places name.
pub(crate) fn cells_at(sector: &Sector, wire: &Wire, places: &[Place]) -> Named {
    let mut all = Named::default();
    for place in places {
        let named = place.cells(sector, wire);
        all.cells = if all.cells.is_empty() { named.cells } else { all.cells.union(&named.cells) };
        all.strangers += named.strangers;
    }
    all
}

impl Place {
    fn cells(&self, sector: &Sector, wire: &Wire) -> Named {
        let cells = match self {
            Self::Cells(octets) => return sector.named(wire, ids(octets)),
            Self::Tai(tai) => sector.in_tai(*tai),
            Self::Enb { plmn, id, bits } => sector.in_enb(wire, *plmn, *id, *bits),
            Self::Gsm { kind: cbsp::CellKind::Cgi, octets } => return sector.named(wire, ids(octets)),
            Self::Gsm { kind: cbsp::CellKind::LacCi, octets } => {
                let [a, b, c] = sector.plmn();
                let (groups, _) = octets.as_chunks::<4>();
                let cells: Vec<WireId> =
                    groups.iter().map(|[d, e, f, g]| [a, b, c, *d, *e, *f, *g]).collect();
                return sector.named(wire, &cells);
            }
            Self::Gsm { kind: cbsp::CellKind::Ci, octets } => sector.with_cis(wire, octets.as_chunks().0),
            Self::Gsm { kind: cbsp::CellKind::Lai, octets } => {
                sector.in_lais(wire, octets.as_chunks().0.to_vec())
            }
            Self::Gsm { kind: cbsp::CellKind::Lac, octets } => {
                let [a, b, c] = sector.plmn();
                let lais = octets.as_chunks().0.iter().map(|[d, e]| [a, b, c, *d, *e]);
                sector.in_lais(wire, lais.collect())
            }
            Self::Gsm { kind: cbsp::CellKind::Bss, .. } | Self::Everywhere => sector.all(),
            Self::Named(names) => {
                let cells: Vec<WireId> = names.iter().filter_map(|name| sector.id_of(name)).collect();
                return sector.named(wire, &cells);
            }
        };
        let strangers = usize::from(cells.is_empty());
        Named { cells, strangers }
    }
}

fn ids(octets: &[u8]) -> &[WireId] {
    octets.as_chunks().0
}
