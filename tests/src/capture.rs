//! What really passes over the loopback interface.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::patience::until;
use crate::process::Running;

/// A capture that runs; only root may.
#[derive(Debug)]
pub struct Capture {
    process: Running,
    file: PathBuf,
}

impl Capture {
    /// Captures all of the loopback interface from now on, into a folder.
    pub fn start(folder: &Path) -> Self {
        let (file, log) = (folder.join("lo.pcap"), folder.join("tshark.log"));
        let mut command = Command::new("tshark");
        // A buffer, in MiB, that holds an alert even while nobody reads it.
        command.args(["-i", "lo", "-q", "-B", "64", "-w"]).arg(&file);
        let process = Running::start(&mut command, &log);
        let begun = || std::fs::metadata(&file).is_ok_and(|file| file.len() > 0).then_some(());
        until("the beginning of a capture", 20, begun);
        Self { process, file }
    }

    /// Ends it; where it is.
    pub fn stop(mut self) -> PathBuf {
        // What was sent a moment ago is written out a moment later.
        std::thread::sleep(std::time::Duration::from_secs(1));
        self.process.signal("INT");
        self.process.end(20);
        self.file.clone()
    }
}
