//! A disk that fails on cue, beneath the journal of a real daemon.
//!
//! It is a library that the daemon is started with (`LD_PRELOAD`), so it needs neither root nor a device: what the daemon
//! writes and syncs in one folder passes through it. `disk.c` says what it does.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// How the disk fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// It takes no write (`ENOSPC`), until it is mended.
    Full,
    /// The next sync fails (`EIO`) and what it was to keep is lost; after that all goes well again.
    SyncOnce,
    /// The same for each sync, until it is mended.
    Syncs,
}

/// The disk.
#[derive(Debug)]
pub struct Disk {
    folder: TempDir,
}

impl Disk {
    /// Compiles it. The C compiler that SQLite needs does.
    #[allow(clippy::new_without_default)] // It runs a compiler.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("disk.c");
        std::fs::write(&source, include_str!("disk.c")).unwrap();
        let mut compiler = Command::new("cc");
        compiler.args(["-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o"]);
        let status = compiler.arg(folder.path().join("disk.so")).arg(source).arg("-ldl").status();
        assert!(status.unwrap().success(), "the disk must compile");
        Self { folder }
    }

    /// Lets the process have `folder` on this disk.
    pub fn mount(&self, command: &mut Command, folder: &Path) {
        command.env("LD_PRELOAD", self.folder.path().join("disk.so"));
        command.env("AMBERD_TEST_DISK", folder).env("AMBERD_TEST_DISK_CUE", self.cue());
    }

    /// From now on it fails.
    pub fn fail(&self, fault: Fault) {
        let cue = match fault {
            Fault::Full => "write 28 lasting",
            Fault::SyncOnce => "sync 5 once",
            Fault::Syncs => "sync 5 lasting",
        };
        let prepared = self.folder.path().join("prepared");
        std::fs::write(&prepared, cue).unwrap();
        std::fs::rename(prepared, self.cue()).unwrap();
    }

    /// From now on it is well.
    pub fn mend(&self) {
        // A fault that comes once has mended itself.
        let _ = std::fs::remove_file(self.cue());
    }

    /// Whether it would still fail.
    pub fn is_failing(&self) -> bool {
        self.cue().exists()
    }

    fn cue(&self) -> std::path::PathBuf {
        self.folder.path().join("cue")
    }
}
