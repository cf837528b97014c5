//! The programs of this project, and any program as a child that cannot outlive its test.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;

use crate::need::workspace;
use crate::patience::until;

/// `amberd`.
pub fn amberd() -> Command {
    Command::new(binary("amberd"))
}

/// `amberctl`.
pub fn amberctl() -> Command {
    Command::new(binary("amberctl"))
}

/// A program of this project: from the folder `$AMBERD_BIN`, else built like this test.
pub fn binary(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| std::env::var_os("AMBERD_BIN").map_or_else(build, PathBuf::from)).join(name)
}

fn build() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "amberd", "--package", "amberctl", "--target-dir"]);
    cargo.arg(profile.parent().unwrap()).current_dir(workspace());
    // What cargo says of this test's own package would have build scripts run again that ask for it.
    for (name, _) in std::env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        {
            cargo.env_remove(name);
        }
    }
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.status().unwrap().success(), "amberd and amberctl must build");
    profile.to_owned()
}

/// What a program printed and how it ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status; none after a signal.
    pub code: Option<i32>,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

/// Runs a program to its end.
pub fn run(command: &mut Command) -> Ended {
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().unwrap();
    Ended {
        code: status.code(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

/// Limits what a process that runs may have of a resource, as `prlimit` names it: `data` octets, `nofile`.
pub fn limit(process: &Running, resource: &str, most: u64) {
    let mut prlimit = Command::new("prlimit");
    prlimit.args(["--pid", &process.0.id().to_string(), &format!("--{resource}={most}:")]);
    assert!(prlimit.status().unwrap().success());
}

/// A child that is killed with its test.
#[derive(Debug)]
pub struct Running(pub Child);

impl Running {
    /// Starts it. What it writes goes to `log`.
    pub fn start(command: &mut Command, log: &Path) -> Self {
        let log = std::fs::File::options().create(true).append(true).open(log).unwrap();
        let also = log.try_clone().unwrap();
        Self(command.stdin(Stdio::null()).stdout(log).stderr(also).spawn().unwrap())
    }

    /// Sends a signal: `TERM`, `STOP`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.0.id().to_string()]).status();
        assert!(status.unwrap().success());
    }

    /// Kills it as no program can prevent, and waits for its end.
    pub fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Waits for its end.
    pub fn end(&mut self, limit_s: u64) -> ExitStatus {
        until("the end of a process", limit_s, || self.0.try_wait().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Whatever is gone already is no failure.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
