//! One SBc-AP write of a run of 3,000 cells, ready to be encoded.

use engine::order::Body;
use sbcap::{Extensions, TaiPolicy, WriteReplaceWarningRequest, WriteTemplate};

use crate::traffic;

/// A template, and what it is given.
#[derive(Debug)]
pub struct Encoding {
    /// The message.
    pub template: WriteTemplate,
    /// The cells, in wire form.
    pub cells: Vec<u8>,
    /// Their tracking areas.
    pub tais: Vec<[u8; 5]>,
}

impl Encoding {
    /// 3,000 cells in 13 tracking areas.
    pub fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let message = traffic::message(1)?;
        let cells = (0..3000_u32).flat_map(|cell| {
            let [d, e, f, g] = ((cell / 6 + 1) << 12 | (cell % 6) << 4).to_be_bytes();
            [0x22, 0xf0, 0x30, d, e, f, g]
        });
        let (dcs, content) = match &message.body {
            Body::Text { dcs, pages } => (Some(*dcs), Some(cbs::Content::from_pages(pages.clone(), *dcs))),
            Body::Primary(_) => (None, None),
        };
        let request = WriteReplaceWarningRequest {
            message_id: message.message_id,
            serial: message.serial,
            tais: Vec::new(),
            area: None,
            repetition_period: 60,
            extended_repetition_period: None,
            broadcasts: 60,
            warning_type: None,
            security_info: None,
            dcs,
            content,
            omc_id: None,
            concurrent: true,
            send_write_replace_indication: true,
            global_enb_id: None,
            coordinates: None,
            ext: Extensions::default(),
        };
        Ok(Self {
            template: WriteTemplate::new(&request, TaiPolicy::Always)?,
            cells: cells.collect(),
            tais: (1..=13).map(|tac| [0x22, 0xf0, 0x30, 0, tac]).collect(),
        })
    }
}
