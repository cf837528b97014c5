//! Lists of cells whose entries all have one form: the cell list, the completed list and the loading list.

use std::marker::PhantomData;

use cbs::Plmn;
use serde::{Deserialize, Serialize};

use super::item::Item;
use super::{CellId, CellKind};
use crate::Error;

/// What stands in a list: a cell, and what the list says about it.
pub trait Entry: Copy + Sized {
    /// How many octets follow the cell's identifier.
    const EXTRA: usize;

    /// The cell.
    fn cell(&self) -> CellId;

    /// Writes the octets that follow the cell's identifier.
    fn put_extra(&self, out: &mut Vec<u8>);

    /// The entry of this cell with these octets after the identifier; `None` unless they are `EXTRA`.
    fn from_parts(cell: CellId, extra: &[u8]) -> Option<Self>;

    /// Sets what says nothing in the octets after the identifier to zero.
    fn settle(_extra: &mut [u8]) {}
}

/// A list, held as its octets: the form of its cells once, then the entries.
///
/// ```text
/// octet   1      2     3   4                5
///        +------+---------+----------------+--------------------+
///        | IEI  | length  | discriminator  | identifier, extra …|   length counts from octet 4
///        +------+---------+----------------+--------------------+
/// ```
///
/// A list of 9,000 cells is one allocation. What is in it has been checked: whole entries, decimal networks, and a
/// length that fits its two octets. A cell list of all cells of the BSC has no entries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct List<E> {
    kind: CellKind,
    octets: Vec<u8>,
    entry: PhantomData<E>,
}

/// Which cells (TS 48.049 §8.2.6).
pub type CellList = List<CellId>;
/// How often a message was broadcast in each cell (TS 48.049 §8.2.10).
pub type CompletedList = List<Completed>;
/// How full the broadcast channel of each cell is (TS 48.049 §8.2.12).
pub type LoadingList = List<Loading>;

impl<E: Entry> List<E> {
    /// The octets that the length field can count, the discriminator taken off.
    pub const MAX_OCTETS: usize = 65_535 - 1;

    /// The list of these entries, all of one form.
    pub fn new(kind: CellKind, entries: impl IntoIterator<Item = E>) -> Result<Self, Error> {
        let mut octets = Vec::new();
        for entry in entries {
            if entry.cell().kind() != kind {
                return Err(Error::ItemForm { expected: kind.name() });
            }
            entry.cell().put(&mut octets);
            entry.put_extra(&mut octets);
        }
        Self::from_octets(kind, octets)
    }

    /// The list with these entries in wire form, one after the other.
    pub fn from_octets(kind: CellKind, octets: impl Into<Vec<u8>>) -> Result<Self, Error> {
        Self::checked(kind, octets.into(), 0)
    }

    /// The list with these entries, which begin at octet `at` of the message.
    pub(crate) fn read(kind: CellKind, octets: &[u8], at: usize) -> Result<Self, Error> {
        Self::checked(kind, octets.to_vec(), at)
    }

    /// The list with these entries if they are of this form; errors count octets from `at`. What says nothing is set to
    /// zero: lists that say the same are equal.
    fn checked(kind: CellKind, mut octets: Vec<u8>, at: usize) -> Result<Self, Error> {
        let width = kind.width() + E::EXTRA;
        if octets.len().checked_rem(width).unwrap_or(octets.len()) != 0 {
            return Err(Error::ListLength { at, width, found: octets.len() });
        }
        if octets.len() > Self::MAX_OCTETS {
            return Err(Error::ListTooLong { max: Self::MAX_OCTETS, found: octets.len() });
        }
        if kind.has_plmn() {
            for (index, entry) in octets.chunks_exact(width).enumerate() {
                if let [a, b, c, ..] = *entry {
                    Plmn::from_octets([a, b, c])
                        .map_err(|source| Error::Plmn { at: at + index * width, source })?;
                }
            }
        }
        if E::EXTRA > 0 {
            octets.chunks_exact_mut(width).for_each(|entry| E::settle(&mut entry[width - E::EXTRA..]));
        }
        Ok(Self { kind, octets, entry: PhantomData })
    }

    /// The form of the cells.
    pub fn kind(&self) -> CellKind {
        self.kind
    }

    /// The entries in wire form; of a cell list by CGI these are its cells, seven octets each.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// The entries in wire form, without a copy.
    pub fn into_octets(self) -> Vec<u8> {
        self.octets
    }

    /// How many entries there are; none for a cell list of all cells of the BSC.
    pub fn len(&self) -> usize {
        self.octets.len() / self.width()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// The entries in order.
    pub fn iter(&self) -> impl Iterator<Item = E> + '_ {
        // Each entry was checked when the list was made: none is passed over here.
        self.octets.chunks_exact(self.width()).filter_map(|entry| {
            let (cell, extra) = entry.split_at(self.kind.width().min(entry.len()));
            E::from_parts(CellId::from_octets(self.kind, cell).ok()?, extra)
        })
    }

    fn width(&self) -> usize {
        (self.kind.width() + E::EXTRA).max(1)
    }
}

impl CellList {
    /// All cells of the BSC.
    pub const fn bss() -> Self {
        Self { kind: CellKind::Bss, octets: Vec::new(), entry: PhantomData }
    }
}

impl Entry for CellId {
    const EXTRA: usize = 0;

    fn cell(&self) -> CellId {
        *self
    }

    fn put_extra(&self, _out: &mut Vec<u8>) {}

    fn from_parts(cell: CellId, extra: &[u8]) -> Option<Self> {
        extra.is_empty().then_some(cell)
    }
}

/// How often a message was broadcast in a cell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Completed {
    /// The cell.
    pub cell: CellId,
    /// How often, as far as `info` says that this means anything.
    pub completed: u16,
    /// What the count is worth.
    pub info: CompletedInfo,
}

/// What a count of broadcasts is worth.
///
/// The standard has a half octet for it and peers disagree which half: either is read, the low one is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum CompletedInfo {
    /// The count is right.
    Valid = 0,
    /// The count ran over; it was more.
    Overflow = 1,
    /// The count is not known.
    Unknown = 2,
}

impl CompletedInfo {
    /// What this octet says; an octet without a meaning leaves the count valid.
    pub const fn from_octet(octet: u8) -> Self {
        match octet {
            0x01 | 0x10 => Self::Overflow,
            0x02 | 0x20 => Self::Unknown,
            _ => Self::Valid,
        }
    }
}

impl Entry for Completed {
    const EXTRA: usize = 3;

    fn cell(&self) -> CellId {
        self.cell
    }

    fn put_extra(&self, out: &mut Vec<u8>) {
        out.extend(self.completed.to_be_bytes());
        out.push(self.info as u8);
    }

    fn from_parts(cell: CellId, extra: &[u8]) -> Option<Self> {
        let &[high, low, info] = extra else { return None };
        let completed = u16::from_be_bytes([high, low]);
        Some(Self { cell, completed, info: CompletedInfo::from_octet(info) })
    }

    fn settle(extra: &mut [u8]) {
        if let [_, _, info] = extra {
            *info = CompletedInfo::from_octet(*info) as u8;
        }
    }
}

/// How full the broadcast channel of a cell is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Loading {
    /// The cell.
    pub cell: CellId,
    /// The standard's two figures, as they came.
    pub load: [u8; 2],
}

impl Entry for Loading {
    const EXTRA: usize = 2;

    fn cell(&self) -> CellId {
        self.cell
    }

    fn put_extra(&self, out: &mut Vec<u8>) {
        out.extend(self.load);
    }

    fn from_parts(cell: CellId, extra: &[u8]) -> Option<Self> {
        extra.try_into().ok().map(|load| Self { cell, load })
    }
}

/// A list as the engineers' tools print it.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    kind: CellKind,
    #[serde(default)]
    items: Vec<Item>,
}

/// Turns entries into their JSON form and back.
trait EntryFields: Entry {
    fn item(&self) -> Item;

    fn from_item(kind: CellKind, item: Item) -> Result<Self, Error>;
}

impl EntryFields for CellId {
    fn item(&self) -> Item {
        (*self).into()
    }

    fn from_item(kind: CellKind, item: Item) -> Result<Self, Error> {
        match item {
            Item { kind: None, completed: None, info: None, load: None, cause: None, .. } => item.cell(kind),
            _ => Err(Error::ItemForm { expected: kind.name() }),
        }
    }
}

impl EntryFields for Completed {
    fn item(&self) -> Item {
        Item { completed: Some(self.completed), info: Some(self.info as u8), ..self.cell.into() }
    }

    fn from_item(kind: CellKind, item: Item) -> Result<Self, Error> {
        match item {
            Item {
                kind: None,
                completed: Some(completed),
                info: Some(info @ 0..=2),
                load: None,
                cause: None,
                ..
            } => Ok(Self { cell: item.cell(kind)?, completed, info: CompletedInfo::from_octet(info) }),
            _ => Err(Error::ItemForm { expected: kind.name() }),
        }
    }
}

impl EntryFields for Loading {
    fn item(&self) -> Item {
        Item { load: Some(self.load), ..self.cell.into() }
    }

    fn from_item(kind: CellKind, item: Item) -> Result<Self, Error> {
        match item {
            Item { kind: None, completed: None, info: None, load: Some(load), cause: None, .. } => {
                Ok(Self { cell: item.cell(kind)?, load })
            }
            _ => Err(Error::ItemForm { expected: kind.name() }),
        }
    }
}

impl<E: EntryFields> Serialize for List<E> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Fields { kind: self.kind, items: self.iter().map(|entry| entry.item()).collect() }
            .serialize(serializer)
    }
}

impl<'de, E: EntryFields> Deserialize<'de> for List<E> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Fields { kind, items } = Fields::deserialize(deserializer)?;
        let entries = items.into_iter().map(|item| E::from_item(kind, item)).collect::<Result<Vec<_>, _>>();
        entries.and_then(|entries| Self::new(kind, entries)).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_info_without_a_meaning_makes_no_difference() {
        let entry = |info: u8| [0x22, 0xf0, 0x10, 0, 12, 0, 22, 0, 5, info];
        let list = |info: u8| CompletedList::from_octets(CellKind::Cgi, entry(info)).unwrap();
        assert_eq!(list(0x0c), list(0x00));
        assert_eq!(list(0x10).octets(), entry(0x01));
    }
}
