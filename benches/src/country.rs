//! An invented LTE network of any size in even shape, so that sizes can be compared: pools of 25,000 cells, three cells
//! an eNB, 250 cells a tracking area, ten pools an operator, one peer a pool.

use std::io::{self, Read, Write};

use area::{ControllerId, Error, Inventory};
use dispatch::{PeerId, Profile, Reach, Route, Setup};

/// The most cells of a pool.
pub const CELLS_PER_POOL: u32 = 25_000;
/// Cells of an eNB, three sectors on each of two bands.
const CELLS_PER_ENB: u32 = 6;
const CELLS_PER_TAC: u32 = 252;
const POOLS_PER_OPERATOR: u32 = 10;

/// The inventory of so many cells.
pub fn inventory(cells: u32) -> Result<Inventory, Error> {
    Inventory::import(Rows::new(cells))
}

/// A peer for every controller of an inventory, each with this profile.
pub fn setup(inventory: &Inventory, profile: &Profile) -> Setup {
    let pools = 0..inventory.controllers().len() as u16;
    let route = |pool| Route {
        controller: ControllerId(pool),
        reach: Reach::OneThenFailover,
        peers: vec![PeerId(pool)],
    };
    Setup { peers: pools.clone().map(|_| profile.clone()).collect(), routes: pools.map(route).collect() }
}

/// The rows of the inventory, made as they are read: ten million of them are not kept as text.
struct Rows {
    cells: u32,
    next: u32,
    text: Vec<u8>,
    read: usize,
}

impl Rows {
    fn new(cells: u32) -> Self {
        Self { cells, next: 0, text: format!("{}\n", area::HEADER).into_bytes(), read: 0 }
    }

    fn write_row(&mut self) -> io::Result<()> {
        let (pool, in_pool) = (self.next / CELLS_PER_POOL, self.next % CELLS_PER_POOL);
        let (operator, pool) = (pool / POOLS_PER_OPERATOR, pool % POOLS_PER_OPERATOR);
        // Both are numbered through the operator's network, since cells and areas are named within it.
        let enb = pool * CELLS_PER_POOL.div_ceil(CELLS_PER_ENB) + in_pool / CELLS_PER_ENB + 1;
        let tac = pool * CELLS_PER_POOL.div_ceil(CELLS_PER_TAC) + in_pool / CELLS_PER_TAC + 1;
        let eci = (enb << 8) | (in_pool % CELLS_PER_ENB);
        let (mcc, mnc) = (220 + operator / 100, operator % 100);
        let azimuth = in_pool % 3 * 120;
        writeln!(
            self.text,
            "op{operator},{mcc},{mnc:02},lte,{tac},{eci},{enb},44.8,20.5,{azimuth},120,500,op{operator}-pool{pool}"
        )?;
        self.next += 1;
        Ok(())
    }
}

impl Read for Rows {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.read == self.text.len() {
            (self.read, self.next) = (0, self.next);
            self.text.clear();
            while self.next < self.cells && self.text.len() < 1 << 16 {
                self.write_row()?;
            }
        }
        let count = out.len().min(self.text.len() - self.read);
        out[..count].copy_from_slice(&self.text[self.read..self.read + count]);
        self.read += count;
        Ok(count)
    }
}
