//! The programs of others that tests ask for a second opinion, and the Debian packages they come in.

use std::path::Path;
use std::process::Command;

use crate::steps::{Outcome, run};

/// A program that some test runs.
struct Needed {
    program: &'static str,
    package: &'static str,
    reason: &'static str,
}

const NEEDED: &[Needed] = &[
    Needed {
        program: "busybox",
        package: "busybox-static",
        reason: "the first process of the kernel with SCTP",
    },
    Needed { program: "ip", package: "iproute2", reason: "several paths between two SCTP endpoints" },
    Needed { program: "linux.uml", package: "user-mode-linux", reason: "a Linux kernel that has SCTP" },
    Needed { program: "osmo-bsc", package: "osmo-bsc", reason: "a real BSC, spoken to in CBSP" },
    Needed { program: "systemd-analyze", package: "systemd", reason: "reads the unit as systemd will" },
    Needed { program: "tshark", package: "tshark", reason: "dissects what we put on the wire" },
    Needed { program: "valgrind", package: "valgrind", reason: "counts the instructions of the inner loops" },
    Needed {
        program: "xmllint",
        package: "libxml2-utils",
        reason: "judges CAP messages by the OASIS schema",
    },
    Needed { program: "xmlsec1", package: "xmlsec1", reason: "judges and makes XML signatures" },
];

/// Sees to it that every program is there: installs what is missing when run as root. What is still missing is named, with
/// the command that installs it; the tests that need it say themselves that they cannot run, but `ci` will not have that.
pub(crate) fn provide(logs: &Path, ci: bool) -> Outcome {
    let missing = missing();
    if missing.is_empty() {
        return Ok(format!("{} programs are there", NEEDED.len()));
    }
    let packages = packages(&missing);
    if is_root() {
        let apt = |arguments: &[&str]| {
            let mut command = Command::new("apt-get");
            // Without a terminal wireshark-common takes its default: only root may capture.
            command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
            run(&logs.join("apt-get.log"), &mut command)
        };
        let install = ["install", "--yes", "--no-install-recommends"];
        if let Err(output) = apt(&["update"]).and_then(|_| apt(&[&install, packages.as_slice()].concat())) {
            println!("\n{}", output.trim_end());
        }
    }
    let missing = self::missing();
    if missing.is_empty() {
        return Ok(format!("installed {}", packages.join(", ")));
    }
    let lines = missing.iter().map(|needed| format!("  {}: {}\n", needed.program, needed.reason));
    let words = format!(
        "missing here, so some tests cannot run:\n{}  apt-get install {}",
        lines.collect::<String>(),
        self::packages(&missing).join(" ")
    );
    if ci { Err(words) } else { Ok(words) }
}

fn packages(needed: &[&'static Needed]) -> Vec<&'static str> {
    needed.iter().map(|needed| needed.package).collect()
}

fn missing() -> Vec<&'static Needed> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    folders.extend(["/usr/sbin", "/sbin"].map(Into::into));
    let there = |needed: &&Needed| folders.iter().any(|folder| folder.join(needed.program).is_file());
    NEEDED.iter().filter(|needed| !there(needed)).collect()
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
