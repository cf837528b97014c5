//! Reading and writing an inventory as CSV.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::ops::RangeInclusive;
use std::str::FromStr;

use cbs::Plmn;
use csv::ByteRecord;

use crate::draft::{Draft, Row};
use crate::{CellIndex, Controller, Error, Inventory, Operator, OperatorId, Point, Rat, RowFault};

/// The first line of an inventory.
pub const HEADER: &str = "operator,mcc,mnc,rat,lac_or_tac,cell_id,enb_or_gnb_id,lat,lon,azimuth_deg,beamwidth_deg,radius_m,controller";

/// The longest name of an operator or a controller, in octets.
const NAME_MAX: usize = 64;
/// The most octets of a wrong field that a fault repeats.
const FOUND_MAX: usize = 40;

impl Inventory {
    /// Reads an inventory, all of it or nothing. A wrong row is named by line and column.
    pub fn import(reader: impl Read) -> Result<Self, Error> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(reader);
        let header = reader.byte_headers().map_err(read_error)?;
        let found = header.iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join(",");
        if found != HEADER {
            return Err(Error::Header { expected: HEADER, found: shortened(found.as_bytes()) });
        }
        let mut import = Import::default();
        let mut record = ByteRecord::new();
        while reader.read_byte_record(&mut record).map_err(read_error)? {
            let line = record.position().map_or(0, csv::Position::line);
            match import.row(&Fields { record: &record, line }) {
                Ok(row) if import.draft.rows.len() < Self::CELLS_MAX as usize => import.draft.rows.push(row),
                Ok(_) => return Err(Error::TooMany { what: "cells", limit: Self::CELLS_MAX.into() }),
                Err(fault) => import.note(fault),
            }
        }
        import.finish()
    }

    /// Writes the inventory as CSV, in the order of its indices. [`import`](Self::import) gives an equal one
    /// back.
    pub fn write_csv(&self, out: &mut impl Write) -> std::io::Result<()> {
        writeln!(out, "{HEADER}")?;
        for controller in self.controllers() {
            let Operator { name, plmn } = self.operator(controller.operator);
            let network = plmn.to_string();
            let (mcc, mnc) = network.split_at(3);
            for index in controller.cells.clone().map(CellIndex) {
                let (cell, footprint) = (self.cell(index), self.footprint(index));
                let (lat, lon) = footprint.site.degrees();
                write!(out, "{name},{mcc},{mnc},{},{},{},", cell.rat, cell.lac_or_tac, cell.cell_id)?;
                if cell.rat != Rat::Gsm {
                    write!(out, "{}", cell.node_id)?;
                }
                writeln!(
                    out,
                    ",{:.6},{:.6},{},{},{},{}",
                    lat,
                    lon,
                    footprint.azimuth_deg,
                    footprint.beamwidth_deg,
                    footprint.radius_m,
                    controller.name
                )?;
            }
        }
        Ok(())
    }
}

/// What has been read so far.
#[derive(Default)]
struct Import {
    draft: Draft,
    operators: HashMap<String, u16>,
    controllers: HashMap<String, u16>,
    faults: Vec<RowFault>,
    total: u64,
}

impl Import {
    fn row(&mut self, fields: &Fields<'_>) -> Result<Row, RowFault> {
        fields.count()?;
        let operator = self.operator(fields)?;
        let rat: Rat = fields.parse(3, "gsm, umts, lte or nr")?;
        let (area_max, id_max, node_bits) = match rat {
            Rat::Gsm => (65_533, 0xffff, None),
            Rat::Umts => (65_533, 0xffff, None),
            Rat::Lte => (65_533, (1 << 28) - 1, Some(8)),
            Rat::Nr => ((1 << 24) - 3, (1 << 36) - 1, Some(12)),
        };
        let lac_or_tac = fields.number(4, 1..=area_max)?;
        let cell_id = fields.number(5, 1..=id_max)?;
        let node_id = match (rat, node_bits) {
            (_, Some(bits)) => {
                let node = cell_id >> bits;
                fields.is(6, &node.to_string(), || format!("cell_id >> {bits} = {node}"))?;
                node
            }
            (Rat::Umts, _) => fields.number(6, 0..=4095)?,
            _ => {
                fields.is(6, "", || "nothing for gsm".to_owned())?;
                0
            }
        };
        Ok(Row {
            cell_id,
            lac_or_tac: lac_or_tac as u32,
            node_id: node_id as u32,
            site: Point { lat_udeg: fields.microdegrees(7, 90)?, lon_udeg: fields.microdegrees(8, 180)? },
            radius_m: fields.number(11, 31..=39_999)? as u32,
            line: u32::try_from(fields.line).unwrap_or(u32::MAX),
            azimuth_deg: fields.number(9, 0..=359)? as u16,
            beamwidth_deg: fields.number(10, 1..=360)? as u16,
            controller: self.controller(fields, operator, rat)?,
        })
    }

    /// The operator of a row. One operator has one network and the other way round.
    fn operator(&mut self, fields: &Fields<'_>) -> Result<OperatorId, RowFault> {
        let name = fields.name(0)?;
        let (mcc, mnc) = (fields.text(1)?, fields.text(2)?);
        if mcc.len() != 3 {
            return Err(fields.fault(1, "three digits"));
        }
        let plmn: Plmn = format!("{mcc}{mnc}").parse().map_err(|_| fields.fault(2, "two or three digits"))?;
        if let Some(id) = self.operators.get(name) {
            let known = self.draft.operators[usize::from(*id)].plmn;
            return if known == plmn {
                Ok(OperatorId(*id))
            } else {
                Err(RowFault {
                    found: plmn.to_string(),
                    ..fields.fault(2, format!("network {known}, as before for {name}"))
                })
            };
        }
        if let Some(other) = self.draft.operators.iter().find(|operator| operator.plmn == plmn) {
            return Err(fields.fault(0, format!("{}, as before for network {plmn}", other.name)));
        }
        let id = u16::try_from(self.draft.operators.len())
            .map_err(|_| fields.fault(0, "at most 65536 operators"))?;
        self.draft.operators.push(Operator { name: name.to_owned(), plmn });
        self.operators.insert(name.to_owned(), id);
        Ok(OperatorId(id))
    }

    /// The controller of a row. It belongs to one operator and serves one technology.
    fn controller(&mut self, fields: &Fields<'_>, operator: OperatorId, rat: Rat) -> Result<u16, RowFault> {
        let name = fields.name(12)?;
        if let Some(id) = self.controllers.get(name) {
            let known = &self.draft.controllers[usize::from(*id)];
            if (known.operator, known.rat) == (operator, rat) {
                return Ok(*id);
            }
            let owner = &self.draft.operators[usize::from(known.operator.0)].name;
            return Err(fields.fault(
                12,
                format!("a controller of one operator and rat; this one is of {owner}, {}", known.rat),
            ));
        }
        let id = u16::try_from(self.draft.controllers.len())
            .map_err(|_| fields.fault(12, "at most 65536 controllers"))?;
        self.draft.controllers.push(Controller { name: name.to_owned(), operator, rat, cells: 0..0 });
        self.controllers.insert(name.to_owned(), id);
        Ok(id)
    }

    fn note(&mut self, fault: RowFault) {
        self.total += 1;
        if self.faults.len() < RowFault::REPORTED_MAX {
            self.faults.push(fault);
        }
    }

    fn finish(mut self) -> Result<Inventory, Error> {
        if self.total == 0 && self.draft.rows.is_empty() {
            return Err(Error::NoCells);
        }
        let (inventory, twins) = std::mem::take(&mut self.draft).finish();
        for [first, second] in twins {
            self.note(RowFault {
                line: second.line.into(),
                column: "cell_id",
                expected: format!("an identity of its own; line {} has it already", first.line),
                found: second.cell_id.to_string(),
            });
        }
        if self.total == 0 {
            Ok(inventory)
        } else {
            Err(Error::Rows { faults: self.faults, total: self.total })
        }
    }
}

/// The fields of one line.
struct Fields<'a> {
    record: &'a ByteRecord,
    line: u64,
}

impl<'a> Fields<'a> {
    fn count(&self) -> Result<(), RowFault> {
        let expected = HEADER.split(',').count();
        if self.record.len() == expected {
            return Ok(());
        }
        let found = format!("{} fields", self.record.len());
        Err(RowFault { found, ..self.fault(0, format!("{expected} fields")) })
    }

    fn text(&self, column: usize) -> Result<&'a str, RowFault> {
        std::str::from_utf8(&self.record[column]).map_err(|_| self.fault(column, "UTF-8"))
    }

    fn name(&self, column: usize) -> Result<&'a str, RowFault> {
        let name = self.text(column)?;
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if plain && (1..=NAME_MAX).contains(&name.len()) {
            Ok(name)
        } else {
            Err(self.fault(column, format!("1 to {NAME_MAX} letters, digits, - _ .")))
        }
    }

    fn parse<T: FromStr>(&self, column: usize, expected: &str) -> Result<T, RowFault> {
        self.text(column)?.parse().map_err(|_| self.fault(column, expected))
    }

    fn number(&self, column: usize, range: RangeInclusive<u64>) -> Result<u64, RowFault> {
        let number = self.text(column)?.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| {
            self.fault(column, format!("a whole number from {} to {}", range.start(), range.end()))
        })
    }

    fn is(&self, column: usize, value: &str, expected: impl Fn() -> String) -> Result<(), RowFault> {
        if &self.record[column] == value.as_bytes() { Ok(()) } else { Err(self.fault(column, expected())) }
    }

    fn microdegrees(&self, column: usize, bound: i32) -> Result<i32, RowFault> {
        let degrees =
            self.text(column)?.parse().ok().filter(|degrees: &f64| degrees.abs() <= f64::from(bound));
        let degrees =
            degrees.ok_or_else(|| self.fault(column, format!("degrees from -{bound} to {bound}")))?;
        Ok((degrees * 1e6).round() as i32)
    }

    fn fault(&self, column: usize, expected: impl Into<String>) -> RowFault {
        RowFault {
            line: self.line,
            column: HEADER.split(',').nth(column).unwrap_or_default(),
            expected: expected.into(),
            found: shortened(self.record.get(column).unwrap_or_default()),
        }
    }
}

fn read_error(error: csv::Error) -> Error {
    Error::Read { reason: error.to_string() }
}

fn shortened(field: &[u8]) -> String {
    let text = String::from_utf8_lossy(&field[..field.len().min(FOUND_MAX)]).into_owned();
    if field.len() > FOUND_MAX { text + "…" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LTE: &str = "mts,220,03,lte,3100,5120779,20003,44.547043,20.035449,354,65,4185,mts-mme-pool-bg";

    fn import(rows: &str) -> Result<Inventory, Error> {
        Inventory::import(format!("{HEADER}\n{rows}").as_bytes())
    }

    /// The faults of a file, and how many there are in all.
    fn faults(rows: &str) -> (Vec<RowFault>, u64) {
        match import(rows) {
            Err(Error::Rows { faults, total }) => (faults, total),
            other => panic!("{rows}: expected faults, found {other:?}"),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let rows = [
            "a1,220,05,nr,65793,2867200065,700000,44.000001,-20.5,0,360,300,a1-amf-set-1",
            "a1,220,05,umts,2100,9,301,44.0,20.0,0,120,300,a1-rnc-01",
            "mts,220,03,gsm,1100,1,,44.0,20.0,10,65,300,mts-bsc-01",
            LTE,
        ];
        let inventory = import(&rows.join("\n")).unwrap();
        let mut csv = Vec::new();
        inventory.write_csv(&mut csv).unwrap();
        assert_eq!(Inventory::import(&csv[..]).unwrap(), inventory);
        assert!(String::from_utf8(csv).unwrap().contains(LTE));
    }

    #[test]
    fn a_wrong_field_is_named_by_line_and_column() {
        for (column, value, expected) in [
            ("operator", "m t s", "1 to 64 letters"),
            ("mcc", "22", "three digits"),
            ("mnc", "x3", "two or three digits"),
            ("rat", "LTE", "gsm, umts, lte or nr"),
            ("lac_or_tac", "65534", "from 1 to 65533"),
            ("cell_id", "268435456", "from 1 to 268435455"),
            ("enb_or_gnb_id", "20004", "cell_id >> 8 = 20003"),
            ("lat", "NaN", "degrees from -90 to 90"),
            ("lon", "180.1", "degrees from -180 to 180"),
            ("azimuth_deg", "360", "from 0 to 359"),
            ("beamwidth_deg", "0", "from 1 to 360"),
            ("radius_m", "40000", "from 31 to 39999"),
            ("controller", "", "1 to 64 letters"),
        ] {
            let at = HEADER.split(',').position(|name| name == column).unwrap();
            let mut fields: Vec<&str> = LTE.split(',').collect();
            fields[at] = value;
            let other = LTE.replace("5120779", "5120778");
            let (faults, total) = faults(&format!("{other}\n{}\n", fields.join(",")));
            assert_eq!(total, 1, "{column}");
            assert_eq!((faults[0].line, faults[0].column, &*faults[0].found), (3, column, value));
            assert!(faults[0].expected.contains(expected), "{column}: {}", faults[0]);
        }
    }

    #[test]
    fn ranges_follow_the_technology() {
        for (row, column) in [
            ("a1,220,05,gsm,1100,65536,,44,20,0,360,300,b", "cell_id"),
            ("a1,220,05,gsm,1100,1,7,44,20,0,360,300,b", "enb_or_gnb_id"),
            ("a1,220,05,umts,1100,1,4096,44,20,0,360,300,b", "enb_or_gnb_id"),
            ("a1,220,05,nr,16777214,2867200065,700000,44,20,0,360,300,b", "lac_or_tac"),
            ("a1,220,05,nr,1,2867200065,700001,44,20,0,360,300,b", "enb_or_gnb_id"),
        ] {
            assert_eq!(faults(row).0[0].column, column, "{row}");
        }
    }

    #[test]
    fn a_short_row_names_how_many_fields_it_has() {
        let fault = &faults("mts,220,03").0[0];
        assert_eq!((&*fault.expected, &*fault.found), ("13 fields", "3 fields"));
    }

    #[test]
    fn two_cells_of_one_identity_are_named_with_both_lines() {
        let moved = LTE.replace("mme-pool-bg", "mme-pool-south").replace(",3100,", ",3101,");
        let fault = &faults(&format!("{LTE}\n{moved}\n")).0[0];
        assert_eq!((fault.line, &*fault.found), (3, "5120779"));
        assert!(fault.expected.contains("line 2"), "{fault}");
        // The same CI in another location area is another cell.
        assert!(import("a1,220,05,gsm,1,7,,44,20,0,360,300,b\na1,220,05,gsm,2,7,,44,20,0,360,300,b").is_ok());
    }

    #[test]
    fn a_controller_belongs_to_one_operator_and_one_technology() {
        let (faults, _) = faults(&format!("{LTE}\nmts,220,03,gsm,1,7,,44,20,0,360,300,mts-mme-pool-bg\n"));
        assert_eq!((faults[0].line, faults[0].column), (3, "controller"));
    }

    #[test]
    fn an_operator_has_one_network_and_a_network_one_operator() {
        let other_network = LTE.replace(",03,", ",04,").replace("5120779", "5120780");
        assert_eq!(faults(&format!("{LTE}\n{other_network}")).0[0].column, "mnc");
        let other_name = LTE.replace("mts,", "telekom,").replace("5120779", "5120780");
        assert_eq!(faults(&format!("{LTE}\n{other_name}")).0[0].column, "operator");
    }

    #[test]
    fn twenty_faults_are_told_in_full_and_the_rest_counted() {
        let (faults, total) = faults(&"x\n".repeat(25));
        assert_eq!((faults.len(), total), (20, 25));
    }

    #[test]
    fn a_wrong_header_or_an_empty_file_is_refused() {
        assert!(matches!(Inventory::import("a,b\n".as_bytes()), Err(Error::Header { .. })));
        assert!(matches!(Inventory::import("".as_bytes()), Err(Error::Header { .. })));
        assert_eq!(import(""), Err(Error::NoCells));
    }

    /// Rows drawn by another program, where they are at hand.
    #[test]
    #[allow(clippy::disallowed_methods)] // A test may read a file.
    fn the_sample_of_the_format_is_read_and_written_back() {
        let Some(folder) = crate::shared_folder() else { return };
        let sample = std::fs::read_to_string(folder.join("geo/cells-sample.csv")).unwrap();
        let inventory = Inventory::import(sample.as_bytes()).unwrap();
        assert_eq!((inventory.len(), inventory.operators().len()), (3_000, 3));
        let mut csv = Vec::new();
        inventory.write_csv(&mut csv).unwrap();
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(lines(std::str::from_utf8(&csv).unwrap()), lines(&sample));
    }
}
