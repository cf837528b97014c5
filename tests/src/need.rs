//! What a test needs and a machine may lack.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Whether this program of others is installed.
pub fn program(name: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    folders.push("/usr/sbin".into());
    met(folders.iter().any(|folder| folder.join(name).is_file()), &format!("no {name} on this machine"))
}

/// Whether the test runs as root.
pub fn root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    met(id.stdout.trim_ascii() == b"0", "only root may do this")
}

/// Whether a process may have mounts of its own.
pub fn private_mounts() -> bool {
    let tried = Command::new("unshare").args(["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).output();
    met(tried.is_ok_and(|tried| tried.status.success()), "no process may mount here")
}

/// The folder of shared test material: `$AMBERD_SHARED`, else `shared` beside the checkout.
pub fn shared_data() -> Option<PathBuf> {
    let beside = || workspace().join("../shared");
    let folder = std::env::var_os("AMBERD_SHARED").map_or_else(beside, PathBuf::from);
    met(folder.is_dir(), &format!("{} is missing", folder.display())).then_some(folder)
}

/// The root of the source tree.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn met(is_met: bool, otherwise: &str) -> bool {
    if !is_met {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{otherwise}, which CI must have");
        println!("NOT RUN: {otherwise}");
    }
    is_met
}
