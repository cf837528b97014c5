//! What the operators hang on their towers, and how they number it.

use std::collections::BTreeMap;

use cbs::Plmn;

use super::random::Random;
use super::towers::{Class, Tower};
use crate::draft::{Draft, Row};
use crate::{Controller, Error, Inventory, Operator, OperatorId, Point, Rat};

/// The operators: name, network, share of the masts, first eNB and gNB identity less one.
const OPERATORS: [(&str, [u8; 3], f64, u32, u32); 3] = [
    ("mts", [0x22, 0xf0, 0x30], 0.40, 20_000, 700_000),
    ("yettel", [0x22, 0xf0, 0x10], 0.31, 40_000, 1_200_000),
    ("a1", [0x22, 0xf0, 0x50], 0.29, 60_000, 2_300_000),
];
/// Districts are numbered from 0.
const DISTRICTS: usize = 256;

/// The most cells that share a LAC or TAC.
pub(super) const fn cells_per_area(rat: Rat) -> u32 {
    match rat {
        Rat::Gsm => 250,
        Rat::Umts => 300,
        Rat::Lte => 600,
        Rat::Nr => 800,
    }
}

/// What one operator hangs on one tower.
pub(super) struct Mast {
    tower: Tower,
    operator: usize,
    sectors: u32,
    /// Carriers of each technology; each serves every sector.
    carriers: [u32; 4],
    rotation_deg: u32,
    /// Scales the radius of all its cells.
    reach: f64,
    /// Its last cells are left off beyond this number.
    limit: u32,
}

impl Mast {
    /// A mast of at most `limit` cells.
    pub(super) fn new(tower: Tower, limit: u32, random: &mut Random) -> Self {
        let class = tower.class;
        let by_class = |chances: [f64; 4]| chances[class as usize];
        let mut share = random.unit();
        let mut operator = 0;
        while operator + 1 < OPERATORS.len() && share >= OPERATORS[operator].2 {
            share -= OPERATORS[operator].2;
            operator += 1;
        }
        let [gsm, umts, lte, nr, more_gsm, more_umts, more_lte, more_nr] = [(); 8].map(|()| random.unit());
        let (thin, is_small) = (random.chance(0.25), random.chance(0.12) && class == Class::Urban);
        let is_urban = class == Class::Urban;
        let count = |present: bool, more: bool| if present { 1 + u32::from(more) } else { 0 };
        let nr = count(nr < by_class([0.55, 0.32, 0.12, 0.25]), is_urban && more_nr < 0.4);
        let carriers = if is_small {
            [0, 0, count(true, lte < 0.5), nr]
        } else {
            let layers = [[0.95, 0.85, 0.5, 0.6], [0.7, 0.4, 0.1, 0.1], [0.3, 0.08, 0.0, 0.0]];
            let layers =
                1 + layers.into_iter().filter(|chances| more_lte < by_class(*chances)).count() as u32;
            [
                count(gsm < 0.90, is_urban && more_gsm < 0.45),
                count(umts < by_class([0.80, 0.75, 0.55, 0.60]), is_urban && more_umts < 0.35),
                if lte < 0.96 { layers } else { 0 },
                nr,
            ]
        };
        Self {
            tower,
            operator,
            sectors: match class {
                _ if is_small => 1,
                Class::Road => 2,
                Class::Rural if thin => 2,
                _ => 3,
            },
            carriers: if carriers == [0; 4] { [0, 0, 1, 0] } else { carriers },
            rotation_deg: random.below(360) as u32,
            reach: 0.7 + 0.7 * random.unit(),
            limit,
        }
    }

    pub(super) fn cells(&self) -> u32 {
        (self.carriers.iter().sum::<u32>() * self.sectors).min(self.limit)
    }

    fn cells_of(&self, rat: Rat) -> u32 {
        self.carriers[rat as usize] * self.sectors
    }

    /// Technology, carrier and sector of each cell.
    fn hung(&self) -> impl Iterator<Item = (Rat, u32, u32)> + '_ {
        let carriers =
            Rat::ALL.into_iter().flat_map(|rat| (0..self.carriers[rat as usize]).map(move |at| (rat, at)));
        let cells =
            carriers.flat_map(|(rat, carrier)| (0..self.sectors).map(move |sector| (rat, carrier, sector)));
        cells.take(self.limit as usize)
    }

    fn radius_m(&self, rat: Rat, carrier: u32, random: &mut Random) -> u32 {
        let usual = match rat {
            Rat::Gsm => [350.0, 900.0, 4200.0, 3000.0],
            Rat::Umts => [300.0, 800.0, 3000.0, 2400.0],
            Rat::Lte => [450.0, 1200.0, 5500.0, 4000.0],
            Rat::Nr => [260.0, 550.0, 1600.0, 1200.0],
        };
        let higher_band = 1.0 - 0.12 * f64::from(carrier);
        (usual[self.tower.class as usize] * self.reach * higher_band * (0.85 + 0.3 * random.unit())) as u32
    }
}

/// All masts in the order of their numbering, and what has been numbered so far.
pub(super) struct Network {
    masts: Vec<Mast>,
    /// By operator and technology: cells in all, cells numbered.
    cells: [[[u32; 2]; 4]; 3],
    /// By operator, technology and district: the first LAC or TAC, cells numbered.
    areas: [[Vec<[u32; 2]>; 4]; 3],
    nodes: [[u32; 2]; 3],
}

impl Network {
    pub(super) fn new(mut masts: Vec<Mast>, count: u32) -> Result<Self, Error> {
        masts.sort_by_cached_key(|mast| (mast.operator, mast.tower.district, curve(mast.tower.site)));
        let mut cells = [[[0; 2]; 4]; 3];
        let mut areas = [(); 3].map(|()| [(); 4].map(|()| vec![[0; 2]; DISTRICTS]));
        for mast in &masts {
            for rat in Rat::ALL {
                cells[mast.operator][rat as usize][0] += mast.cells_of(rat);
                areas[mast.operator][rat as usize][usize::from(mast.tower.district)][0] += mast.cells_of(rat);
            }
        }
        for (operator, areas) in areas.iter_mut().enumerate() {
            for rat in Rat::ALL {
                let mut next = first_area(operator as u32, rat, count);
                for district in &mut areas[rat as usize] {
                    let codes = district[0].div_ceil(cells_per_area(rat));
                    district[0] = next;
                    next += codes;
                }
                if rat != Rat::Nr && next > 65_533 {
                    return Err(Error::TooMany { what: "generated area codes", limit: 65_533 });
                }
            }
        }
        Ok(Self { masts, cells, areas, nodes: OPERATORS.map(|(.., enb, gnb)| [enb, gnb]) })
    }

    pub(super) fn inventory(mut self, random: &mut Random) -> Result<Inventory, Error> {
        let mut draft = Draft::default();
        // Only operators with cells: another would be lost on the way through a file.
        let mut ids = [OperatorId(0); 3];
        for (at, (name, octets, ..)) in OPERATORS.into_iter().enumerate() {
            if self.cells[at].iter().any(|[total, _]| *total > 0) {
                ids[at] = OperatorId(draft.operators.len() as u16);
                // The octets are decimal, so the error cannot occur; it is passed on all the same.
                let plmn = Plmn::from_octets(octets)
                    .map_err(|_| Error::Unpopulated { expected: "decimal PLMNs" })?;
                draft.operators.push(Operator { name: name.to_owned(), plmn });
            }
        }
        let mut controllers = BTreeMap::new();
        for mast in std::mem::take(&mut self.masts) {
            let [enb, gnb] = &mut self.nodes[mast.operator];
            *enb += u32::from(mast.carriers[Rat::Lte as usize] > 0);
            *gnb += u32::from(mast.carriers[Rat::Nr as usize] > 0);
            for (rat, carrier, sector) in mast.hung() {
                let numbers = self.number(&mast, rat, carrier, sector);
                let controller =
                    *controllers.entry((mast.operator, rat, numbers.controller)).or_insert_with(|| {
                        draft.controllers.push(Controller {
                            name: controller_name(OPERATORS[mast.operator].0, rat, numbers.controller),
                            operator: ids[mast.operator],
                            rat,
                            cells: 0..0,
                        });
                        draft.controllers.len() as u16 - 1
                    });
                draft.rows.push(Row {
                    cell_id: numbers.cell_id,
                    lac_or_tac: numbers.area,
                    node_id: numbers.node,
                    site: mast.tower.site,
                    radius_m: mast.radius_m(rat, carrier, random),
                    line: 0,
                    azimuth_deg: match mast.sectors {
                        1 => 0,
                        sectors => ((mast.rotation_deg + sector * 360 / sectors) % 360) as u16,
                    },
                    beamwidth_deg: [360, 120, 65][mast.sectors as usize - 1],
                    controller,
                });
            }
        }
        Ok(draft.finish().0)
    }

    /// Numbers the next cell of a mast.
    fn number(&mut self, mast: &Mast, rat: Rat, carrier: u32, sector: u32) -> Numbers {
        let (operator, district) = (mast.operator, mast.tower.district);
        let [total, numbered] = &mut self.cells[operator][rat as usize];
        let [first, in_district] = &mut self.areas[operator][rat as usize][usize::from(district)];
        let area = *first + *in_district / cells_per_area(rat);
        // The cells in their order are dealt to that many controllers in equal parts.
        let dealt = |parts: u32| 1 + (u64::from(*numbered) * u64::from(parts) / u64::from(*total)) as u32;
        let [enb, gnb] = self.nodes[operator];
        let serial = u64::from(1 + *numbered % 65_500);
        let (controller, node, cell_id) = match rat {
            Rat::Gsm => (dealt(rounded_parts(*total, 900).clamp(2, 40)), 0, serial),
            Rat::Umts => {
                let rnc = dealt(rounded_parts(*total, 1500).clamp(1, 24));
                (rnc, 100 * (operator as u32 + 1) + rnc, serial)
            }
            Rat::Lte => (region(district), enb, u64::from(enb << 8 | ((carrier + 1) * 10 + sector + 1))),
            Rat::Nr => {
                let set = if region(district) < 2 { 1 } else { 2 };
                (set, gnb, u64::from(gnb) << 12 | u64::from((carrier + 1) * 64 + sector + 1))
            }
        };
        *numbered += 1;
        *in_district += 1;
        Numbers { controller, area, node, cell_id }
    }
}

/// What a cell is called.
struct Numbers {
    controller: u32,
    area: u32,
    node: u32,
    cell_id: u64,
}

fn controller_name(operator: &str, rat: Rat, number: u32) -> String {
    match rat {
        Rat::Gsm => format!("{operator}-bsc-{number:02}"),
        Rat::Umts => format!("{operator}-rnc-{number:02}"),
        Rat::Lte => format!("{operator}-mme-pool-{}", ["bg", "north", "west", "south"][number as usize % 4]),
        Rat::Nr => format!("{operator}-amf-set-{number}"),
    }
}

/// Where a district lies: 0 Beograd, 1 north, 2 west, 3 south and east.
fn region(district: u8) -> u32 {
    match district {
        0 => 0,
        1..=7 => 1,
        8 | 9 | 12 | 13 | 16..=19 => 2,
        _ => 3,
    }
}

/// The first LAC or TAC of an operator. Up to two million cells operators keep apart; above that the codes
/// must start low, and may be equal because the networks differ.
fn first_area(operator: u32, rat: Rat, count: u32) -> u32 {
    let is_large = count > 2_000_000;
    match rat {
        Rat::Nr if is_large => 0x01_0100 + 0x10_0000 * operator,
        Rat::Nr => 0x01_0100 + 0x01_0000 * operator,
        Rat::Gsm if is_large => 1_000,
        Rat::Umts if is_large => 9_000,
        Rat::Lte if is_large => 20_000,
        Rat::Gsm => 1_100 + 20_000 * operator,
        Rat::Umts => 2_100 + 20_000 * operator,
        Rat::Lte => 3_100 + 20_000 * operator,
    }
}

fn rounded_parts(total: u32, size: u32) -> u32 {
    (total + size / 2) / size
}

/// The place of a site on a Z-order curve over the country: near numbers are near places.
fn curve(site: Point) -> u32 {
    let spread = |udeg: i32, from: i32| {
        let scaled = (i64::from(udeg - from) * 0xffff / 6_000_000).clamp(0, 0xffff) as u32;
        (0..16).fold(0, |bits, bit| bits | (scaled >> bit & 1) << (2 * bit))
    };
    spread(site.lon_udeg, 18_000_000) | spread(site.lat_udeg, 41_000_000) << 1
}
