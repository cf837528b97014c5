//! Encoding one SBc-AP Write-Replace-Warning-Request with a run of 3,000 cells, as a multiple of copying its octets in
//! cache.
#![allow(clippy::unwrap_used, reason = "a benchmark ends where its world does not hold")]

use std::hint::black_box;

use benches::encoding::Encoding;
use benches::{Figure, clock};
use bytes::BytesMut;
use sbcap::{Ecgi, Pdu};

/// Encodings between two looks at the clock.
const BATCH: u32 = 200;

fn main() {
    let Encoding { template, cells, tais } = Encoding::new().unwrap();
    assert_eq!(cells.len(), 3000 * Ecgi::OCTETS);
    let mut out = BytesMut::with_capacity(1 << 16);
    template.encode(&[&cells], &tais, &mut out).unwrap();
    let octets = out.to_vec();
    assert!(Pdu::decode(&octets).is_ok());

    let mut copy = vec![0; octets.len()];
    let pairs: Vec<_> = (0..clock::rounds(400, 100))
        .map(|_| {
            let encoding = clock::time(|| {
                for _ in 0..BATCH {
                    out.clear();
                    template.encode(black_box(&[&cells]), black_box(&tais), &mut out).unwrap();
                    black_box(&out);
                }
            });
            let copying = clock::time(|| {
                for _ in 0..BATCH {
                    copy.copy_from_slice(black_box(&octets));
                    black_box(&copy);
                }
            });
            (encoding, copying)
        })
        .collect();
    let (ratio, time) = clock::ratio(&pairs);
    Figure {
        name: "encode_sbcap_3000_cells",
        ratio: Some(ratio),
        value: time.as_secs_f64() * 1e6 / f64::from(BATCH),
        unit: "us",
        how: format!(
            "WriteTemplate::encode of 3000 cells and 13 tracking areas ({} octets) / copy of the same octets in \
             cache; {BATCH} of each in turns, median of {} pairs",
            octets.len(),
            pairs.len()
        ),
    }
    .print();
}
