//! The network that the records speak of. It is a record itself, so that a replay needs no inventory: indices of cells,
//! controllers and operators mean what they meant when they were written.

use std::collections::BTreeMap;

use area::{CellRuns, ControllerId, Inventory, OperatorId};
use cbs::{MessageId, SerialNumber};
use serde::{Deserialize, Serialize};

use crate::broadcast::{Broadcast, Text};
use crate::cells::CellStatus;
use crate::leg::Leg;
use crate::traits::Traits;

/// Operators, controllers and their cells, by the indices of one inventory.
#[derive(Clone, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
pub struct Network {
    /// The SHA-256 of the inventory, in hexadecimal.
    pub inventory: String,
    /// The operators' names.
    pub operators: Vec<String>,
    /// The controllers.
    pub controllers: Vec<Place>,
}

/// A controller and its cells.
#[derive(Clone, Debug, Eq, PartialEq, Deserialize, Serialize)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// Its operator.
    pub operator: OperatorId,
    /// Its cells: the first, and the one after the last.
    pub cells: (u32, u32),
    /// What its peers do; `None` where it has none.
    pub traits: Option<Traits>,
}

/// Cells that moved together to other indices: the first old one, the first new one, how many.
pub type Move = (u32, u32, u32);

impl Network {
    /// The network of an inventory, with what each controller's peers do.
    pub fn new(inventory: &Inventory, traits: &[Option<Traits>]) -> Self {
        let controllers = inventory.controllers().iter().zip(traits).map(|(controller, traits)| Place {
            name: controller.name.clone(),
            operator: controller.operator,
            cells: (controller.cells.start, controller.cells.end),
            traits: *traits,
        });
        Self {
            inventory: hex::encode(inventory.digest()),
            operators: inventory.operators().iter().map(|operator| operator.name.clone()).collect(),
            controllers: controllers.collect(),
        }
    }

    /// A controller.
    pub fn place(&self, ControllerId(at): ControllerId) -> Option<&Place> {
        self.controllers.get(usize::from(at))
    }

    /// Everything that a text is called, at whatever controller.
    pub(crate) fn names_of(&self, text: &Text) -> Vec<(OperatorId, MessageId, SerialNumber)> {
        let renamed = text.renamed().iter().filter_map(|(controller, serial)| {
            let operator = self.place(*controller)?.operator;
            Some((operator, text.name(operator)?.0, *serial))
        });
        text.names().iter().copied().chain(renamed).collect()
    }

    /// Each controller with its number.
    pub fn places(&self) -> impl Iterator<Item = (ControllerId, &Place)> {
        (0..).map(ControllerId).zip(&self.controllers)
    }

    /// These cells by controller. Controllers stand in the order of their cells.
    pub(crate) fn apart(&self, cells: &CellRuns) -> Vec<(ControllerId, CellRuns)> {
        let (Some(first), Some(last)) = (cells.iter().next(), cells.iter().next_back()) else {
            return Vec::new();
        };
        let from = self.controllers.partition_point(|place| place.cells.1 <= first.start);
        let places = (from..).zip(self.controllers.iter().skip(from));
        let touched = places.take_while(|(_, place)| place.cells.0 < last.end);
        let apart =
            touched.map(|(at, place)| (ControllerId(at as u16), cells.within(place.cells.0..place.cells.1)));
        apart.filter(|(_, here)| !here.is_empty()).collect()
    }

    /// Each controller's number in this network by its number in another.
    pub(crate) fn controllers_of(&self, other: &Self) -> BTreeMap<ControllerId, ControllerId> {
        let number = |name: &str| self.places().find(|(_, known)| known.name == name);
        other.places().filter_map(|(old, place)| Some((old, number(&place.name)?.0))).collect()
    }

    /// Each operator's number in this network by its number in another.
    pub(crate) fn operators_of(&self, other: &Self) -> BTreeMap<OperatorId, OperatorId> {
        let number =
            |name: &String| (0..).map(OperatorId).zip(&self.operators).find(|(_, known)| *known == name);
        let pairs = (0..).map(OperatorId).zip(&other.operators);
        pairs.filter_map(|(old, name)| Some((old, number(name)?.0))).collect()
    }
}

/// Runs of cells that moved together, from a map of each old index to its new one.
pub fn moves(map: &[Option<u32>]) -> Vec<Move> {
    let mut moves: Vec<Move> = Vec::new();
    for (old, new) in (0..).zip(map).filter_map(|(old, new)| Some((old, (*new)?))) {
        match moves.last_mut() {
            Some((from, to, cells)) if *from + *cells == old && *to + *cells == new => *cells += 1,
            _ => moves.push((old, new, 1)),
        }
    }
    moves
}

/// The map of each old index to its new one, from runs of cells that moved together.
pub(crate) fn map(moves: &[Move]) -> Vec<Option<u32>> {
    let len = moves.iter().map(|(old, _, cells)| old + cells).max().unwrap_or(0);
    let mut map = vec![None; len as usize];
    for (old, new, cells) in moves {
        for n in 0..*cells {
            map[(old + n) as usize] = Some(new + n);
        }
    }
    map
}

impl Broadcast {
    /// The same broadcast in another network. A cell that is gone takes its state with it: nobody can reach it.
    pub(crate) fn moved(
        &mut self,
        map: &[Option<u32>],
        operators: &BTreeMap<OperatorId, OperatorId>,
        controllers: &BTreeMap<ControllerId, ControllerId>,
        network: &Network,
    ) {
        self.editions.iter_mut().for_each(|text| text.renumber(operators, controllers));
        let statuses = self.legs.iter().flat_map(Leg::statuses);
        let mut statuses: Vec<(u32, CellStatus)> = statuses
            .filter_map(|(old, status)| Some((map.get(old as usize).copied().flatten()?, status)))
            .collect();
        statuses.sort_unstable_by_key(|(index, _)| *index);
        let current = self.current();
        let legs =
            network.places().filter(|(_, place)| place.traits.is_some()).filter_map(|(controller, place)| {
                let from = statuses.partition_point(|(index, _)| *index < place.cells.0);
                let to = statuses.partition_point(|(index, _)| *index < place.cells.1);
                (from < to).then(|| Leg::of(controller, &statuses[from..to], current))
            });
        self.legs = legs.collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_and_maps_say_the_same() {
        let old = [Some(5), Some(6), None, Some(0), Some(1), Some(2), None];
        let runs = moves(&old);
        assert_eq!(runs, [(0, 5, 2), (3, 0, 3)]);
        assert_eq!(map(&runs), old[..6]);
    }
}
