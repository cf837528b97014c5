//! A network in a process of its own: real sockets, real time, JSON lines on standard input and output.
//!
//! ```text
//! stdin   {plan}                        first, then {command} …; its end is the end
//! stdout  {"ready":true,"elements":[{"name":…,"address":…}]}   when every listener is bound
//!         one line for each command: the answer, {"done":true}, or {"error":…}
//! ```

// The only part of this crate with sockets, a clock, threads and files: it moves a `Network` in real time.
#![allow(clippy::disallowed_methods)]

mod ports;
mod web;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use area::Inventory;
use crossbeam_channel::{Receiver, bounded, select, unbounded};
use serde_json::json;

use crate::{Answer, Command, Error, Network, Plan};
use ports::{Event, Ports};

/// The longest line of standard input, in octets.
const LINE_MAX_BYTES: u64 = 64 << 20;
/// Commands that wait to be carried out.
const COMMANDS_MAX: usize = 16;
/// How long to sleep when nothing is due, in milliseconds.
const IDLE_MS: u64 = 60_000;

/// Reads a plan, then commands, from standard input and answers on standard output, until either ends.
pub fn run_from_stdin() -> Result<(), Error> {
    let mut input = BufReader::new(io::stdin());
    let expected = "a plan";
    let line =
        read_line(&mut input).map_err(|error| Error::Command { expected, found: error.to_string() })?;
    let plan = serde_json::from_str(&line.unwrap_or_default())
        .map_err(|error| Error::Command { expected, found: error.to_string() })?;
    run(plan, input, io::stdout())
}

/// Carries out a plan until `commands` ends or says so, or nobody reads the `answers` any more.
pub fn run(plan: Plan, commands: impl BufRead + Send + 'static, answers: impl Write) -> Result<(), Error> {
    let inventory = Arc::new(read_inventory(&plan.cells_file)?);
    let network = Network::new(&plan, inventory)?;
    let (sink, events) = unbounded();
    let ports = Ports::open(&plan, &sink)?;
    let (lines, commands_in) = bounded(COMMANDS_MAX);
    thread::spawn(move || {
        let mut commands = commands;
        while let Ok(Some(line)) = read_line(&mut commands) {
            if lines.send(line).is_err() {
                return;
            }
        }
    });
    let mut shell = Shell { network, ports, answers, started: Instant::now() };
    // Whoever read the answers is gone: that is an end like any other.
    let _ = shell.serve(&events, &commands_in);
    Ok(())
}

struct Shell<W> {
    network: Network,
    ports: Ports,
    answers: W,
    started: Instant,
}

impl<W: Write> Shell<W> {
    fn serve(&mut self, events: &Receiver<Event>, commands: &Receiver<String>) -> io::Result<()> {
        let elements: Vec<_> =
            self.ports.addresses().map(|(name, address)| json!({"name": name, "address": address})).collect();
        self.say(&json!({"ready": true, "elements": elements}))?;
        loop {
            let now_ms = self.now_ms();
            let wait_ms = self.network.next_wakeup().map_or(IDLE_MS, |at_ms| at_ms.saturating_sub(now_ms));
            select! {
                recv(events) -> event => match event {
                    Ok(event) => self.ports.handle(self.now_ms(), event, &mut self.network),
                    Err(_) => return Ok(()),
                },
                recv(commands) -> line => match line {
                    Ok(line) => if !self.obey(&line)? { return Ok(()) },
                    Err(_) => return Ok(()),
                },
                default(Duration::from_millis(wait_ms.min(IDLE_MS))) => {}
            }
            self.network.handle_timeout(self.now_ms());
            self.ports.transmit(&mut self.network);
        }
    }

    /// Carries out a line and answers it. The answer is false when it was the last one.
    fn obey(&mut self, line: &str) -> io::Result<bool> {
        let now_ms = self.now_ms();
        let command = serde_json::from_str::<Command>(line)
            .map_err(|error| Error::Command { expected: "a command", found: error.to_string() });
        match command.and_then(|command| self.network.command(now_ms, command)) {
            Ok(Answer::Report(report)) => self.say(&report)?,
            Ok(Answer::Phones(phones)) => self.say(&phones)?,
            Ok(Answer::Done) => self.say(&json!({"done": true}))?,
            Ok(Answer::Quit) => {
                self.say(&json!({"done": true}))?;
                return Ok(false);
            }
            Err(error) => self.say(&json!({"error": error.to_string()}))?,
        }
        Ok(true)
    }

    fn say(&mut self, answer: &impl serde::Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(answer)?;
        line.push(b'\n');
        self.answers.write_all(&line)?;
        self.answers.flush()
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

fn read_inventory(path: &str) -> Result<Inventory, Error> {
    let error = |found: String| Error::Inventory { path: path.to_owned(), found };
    let file = File::open(path).map_err(|cause| error(cause.to_string()))?;
    Inventory::import(BufReader::new(file)).map_err(|cause| error(cause.to_string()))
}

/// The next line; `None` at the end.
fn read_line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    let octets = input.by_ref().take(LINE_MAX_BYTES).read_line(&mut line)?;
    Ok((octets > 0).then_some(line))
}
