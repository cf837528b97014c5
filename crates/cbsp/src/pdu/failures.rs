//! The failure list: where something failed, and why (TS 48.049 §8.2.11).

use cbs::Plmn;
use serde::{Deserialize, Serialize};

use super::item::Item;
use super::{Cause, CellId, CellKind};
use crate::Error;

/// A cell, or a group of cells, where something failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Failure {
    /// Where.
    pub cell: CellId,
    /// Why.
    pub cause: Cause,
}

/// Where something failed, held as its octets. Each entry says for itself in which form it names its cell.
///
/// ```text
/// octet   1      2     3   4
///        +------+---------+------------------------------------+
///        | IEI  | length  | discriminator, identifier, cause … |   length counts from octet 4
///        +------+---------+------------------------------------+
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FailureList {
    octets: Vec<u8>,
    len: usize,
}

impl FailureList {
    /// The octets that the length field can count.
    pub const MAX_OCTETS: usize = 65_535;

    /// The list of these entries.
    pub fn new(entries: impl IntoIterator<Item = Failure>) -> Result<Self, Error> {
        let mut octets = Vec::new();
        for Failure { cell, cause } in entries {
            octets.push(cell.kind().code());
            cell.put(&mut octets);
            octets.push(cause.0);
        }
        Self::from_octets(octets)
    }

    /// The list with these entries in wire form.
    pub fn from_octets(octets: impl Into<Vec<u8>>) -> Result<Self, Error> {
        Self::checked(octets.into(), 0)
    }

    /// The list in these octets, which begin at octet `at` of the message.
    pub(crate) fn read(octets: &[u8], at: usize) -> Result<Self, Error> {
        Self::checked(octets.to_vec(), at)
    }

    /// The spare half of each discriminator becomes zero, since it says nothing: lists that say the same are equal.
    fn checked(mut octets: Vec<u8>, at: usize) -> Result<Self, Error> {
        let total = octets.len();
        if total > Self::MAX_OCTETS {
            return Err(Error::ListTooLong { max: Self::MAX_OCTETS, found: total });
        }
        let (mut rest, mut len) = (octets.as_mut_slice(), 0);
        while let Some((discriminator, after)) = rest.split_first_mut() {
            let left = after.len();
            let at = at + total - left - 1;
            *discriminator &= 0xf;
            let kind = CellKind::from_code(*discriminator)
                .ok_or(Error::Discriminator { at, found: *discriminator })?;
            let width = kind.width() + 1;
            let Some((entry, after)) = after.split_at_mut_checked(width) else {
                return Err(Error::Truncated { at: at + 1, expected: width, found: left });
            };
            if let (true, [a, b, c, ..]) = (kind.has_plmn(), &*entry) {
                Plmn::from_octets([*a, *b, *c]).map_err(|source| Error::Plmn { at: at + 1, source })?;
            }
            (rest, len) = (after, len + 1);
        }
        Ok(Self { octets, len })
    }

    /// The entries in wire form.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The entries in order.
    pub fn iter(&self) -> impl Iterator<Item = Failure> + '_ {
        let mut rest = self.octets.as_slice();
        // Each entry was checked when the list was made: this ends where the octets end.
        std::iter::from_fn(move || {
            let (first, after) = rest.split_first()?;
            let kind = CellKind::from_code(*first)?;
            let (cell, after) = after.split_at_checked(kind.width())?;
            let (cause, after) = after.split_first()?;
            rest = after;
            Some(Failure { cell: CellId::from_octets(kind, cell).ok()?, cause: Cause(*cause) })
        })
    }
}

impl Serialize for FailureList {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(|Failure { cell, cause }| Item {
            kind: Some(cell.kind()),
            cause: Some(cause),
            ..cell.into()
        }))
    }
}

impl<'de> Deserialize<'de> for FailureList {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let failure = |item: Item| match item {
            Item {
                kind: Some(kind), cause: Some(cause), completed: None, info: None, load: None, ..
            } => Ok(Failure { cell: item.cell(kind)?, cause }),
            _ => Err(Error::ItemForm { expected: "failed" }),
        };
        let items = Vec::<Item>::deserialize(deserializer)?;
        let failures = items.into_iter().map(failure).collect::<Result<Vec<_>, _>>();
        failures.and_then(Self::new).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spare_half_octet_makes_no_difference() {
        let entry = |discriminator: u8| [discriminator, 0x22, 0xf0, 0x10, 0, 3, 0, 4, 9];
        let list = |discriminator| FailureList::from_octets(entry(discriminator)).unwrap();
        assert_eq!(list(0x80), list(0x00));
        assert_eq!(list(0x80).octets(), entry(0x00));
        assert_eq!(FailureList::from_octets(entry(0x87)), Err(Error::Discriminator { at: 0, found: 7 }));
    }
}
