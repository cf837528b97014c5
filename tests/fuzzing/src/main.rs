//! Gives libFuzzer what a target starts from, and keeps what is worth it: what `cargo xtask fuzz` stands on.

#![allow(clippy::disallowed_methods)] // it reads and writes files
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use fuzzing::{TARGETS, corpus, target};

/// The longest input that is kept, in octets: longer ones say little more and make every run of the tests slower.
const KEPT_BYTES_MAX: usize = 512;
/// How many inputs of a target are kept; the shortest.
const KEPT_MAX: usize = 200;

const USAGE: &str = "expected: fuzzing list | fuzzing unpack TARGET FOLDER | fuzzing keep TARGET FOLDER";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["list"] => TARGETS.iter().for_each(|target| println!("{}", target.name)),
        ["unpack", target, folder] => unpack(target, Path::new(folder)),
        ["keep", target, folder] => keep(target, Path::new(folder)),
        _ => panic!("{USAGE}"),
    }
}

/// Writes each seed and each kept input to a file of its own.
fn unpack(name: &str, folder: &Path) {
    let target = target(name).expect("a target of `fuzzing list`");
    fs::create_dir_all(folder).unwrap();
    for (input, number) in (target.seeds)().into_iter().chain(corpus::kept(name)).zip(0..) {
        fs::write(folder.join(format!("kept-{number:04}")), input).unwrap();
    }
}

/// Adds the files of a folder to the kept inputs: the shortest that are not there yet.
fn keep(name: &str, folder: &Path) {
    let mut inputs: BTreeSet<(usize, Vec<u8>)> = BTreeSet::new();
    let found = fs::read_dir(folder).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
    for input in found.filter(|input| !input.is_empty() && input.len() <= KEPT_BYTES_MAX) {
        inputs.insert((input.len(), input));
    }
    let kept = corpus::kept(name);
    let mut all: Vec<Vec<u8>> =
        inputs.into_iter().map(|(_, input)| input).filter(|input| !kept.contains(input)).collect();
    all.truncate(KEPT_MAX.saturating_sub(kept.len()));
    let lines: String = kept.iter().chain(&all).map(|input| hex::encode(input) + "\n").collect();
    let file = corpus::kept_file(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, lines).unwrap();
    println!("{name}: {} inputs kept before, {} now", kept.len(), kept.len() + all.len());
}
