//! What reading and checking a CAP message costs, as a multiple of quick-xml's bare event scan of the same bytes.
//!
//! Each file is scanned and checked in turns, many times; the fastest of each counts. Files come from the shared folder
//! (`$AMBERD_SHARED`, else `shared` beside the workspace): the OASIS examples first, the IPAWS ones, and all valid ones.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads files and the clock")]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cap::{Level, check};
use quick_xml::events::Event;

fn main() {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let folder = std::env::var_os("AMBERD_SHARED").map_or(beside, PathBuf::from).join("cap/valid");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("not run: no CAP files in {}", folder.display());
        return;
    };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    println!(
        "{:46} {:>8} {:>9} {:>9} {:>9} {:>6}",
        "file", "bytes", "scan ns", "broadc ns", "profil ns", "ratio"
    );
    let (mut oasis, mut all) = (Cost::default(), Cost::default());
    for file in files {
        let Ok(bytes) = std::fs::read(&file) else { continue };
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let cost = Cost::of(&bytes);
        all.add(cost);
        if name.contains("v1dot2_appendix") || name.contains("Oasis_") {
            oasis.add(cost);
        }
        cost.print(&name, bytes.len());
    }
    oasis.print("OASIS examples", 0);
    all.print("all valid files", 0);
}

#[derive(Clone, Copy, Default)]
struct Cost {
    scan: Duration,
    broadcast: Duration,
    profile: Duration,
}

impl Cost {
    fn of(bytes: &[u8]) -> Self {
        let rounds = (2_000_000 / bytes.len()).clamp(20, 2_000);
        let mut cost = Cost { scan: Duration::MAX, broadcast: Duration::MAX, profile: Duration::MAX };
        for _ in 0..rounds {
            cost.scan = cost.scan.min(time(|| scan(bytes)));
            cost.broadcast = cost.broadcast.min(time(|| check(bytes, Level::Broadcast).problems.len()));
            cost.profile = cost.profile.min(time(|| check(bytes, Level::Profile).problems.len()));
        }
        cost
    }

    fn add(&mut self, other: Self) {
        self.scan += other.scan;
        self.broadcast += other.broadcast;
        self.profile += other.profile;
    }

    fn print(&self, name: &str, bytes: usize) {
        let worst = self.broadcast.max(self.profile).as_nanos() as f64;
        let (scan, broadcast, profile) =
            (self.scan.as_nanos(), self.broadcast.as_nanos(), self.profile.as_nanos());
        println!("{name:46.46} {bytes:8} {scan:9} {broadcast:9} {profile:9} {:6.2}", worst / scan as f64);
    }
}

/// The yardstick: every event, nothing done with it.
fn scan(bytes: &[u8]) -> usize {
    let mut reader = quick_xml::Reader::from_reader(bytes);
    let mut events = 0;
    loop {
        match black_box(reader.read_event()) {
            Ok(Event::Eof) | Err(_) => return events,
            Ok(_) => events += 1,
        }
    }
}

fn time<T>(work: impl Fn() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}
