//! One command's conversation with the daemon.

use std::io::Write;

use admin::{Client, Error};
use engine::command::Command;
use engine::view::AlertView;
use serde::Serialize;

use crate::arguments::DaemonArgs;
use crate::failure::Failure;
use crate::tables::plain;

/// A daemon, and how its answers are wanted.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) json: bool,
    key: Option<String>,
}

impl Session {
    /// Finds the daemon.
    pub(crate) async fn open(daemon: DaemonArgs, json: bool) -> Result<Self, Failure> {
        let client = Client::connect(daemon.socket).await?;
        let client = match daemon.officer {
            Some(officer) => client.asserting(officer),
            None => client,
        };
        Ok(Self { client, json, key: daemon.key })
    }

    /// Does something to an alert, under the given key or a new one.
    pub(crate) async fn command(&self, command: &Command) -> Result<AlertView, Failure> {
        let key = self.key.clone().map_or_else(new_key, Ok)?;
        let done = self.client.command(Some(&key), command).await;
        done.map_err(|error: Error| Failure::Daemon { error, key: Some(key) })
    }

    /// Takes everything off the air, under the given key or a new one.
    pub(crate) async fn stop_all(&self, reason: &str) -> Result<Vec<AlertView>, Failure> {
        let key = self.key.clone().map_or_else(new_key, Ok)?;
        let done = self.client.stop_all(Some(&key), reason).await;
        done.map_err(|error: Error| Failure::Daemon { error, key: Some(key) })
    }

    /// Writes an answer: as one line of JSON, or in these words.
    pub(crate) fn write(
        &self,
        out: &mut impl Write,
        answer: &impl Serialize,
        words: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        if self.json {
            serde_json::to_writer(&mut *out, answer).map_err(std::io::Error::from)?;
            writeln!(out)?;
        } else {
            writeln!(out, "{}", plain(words().trim_end()))?;
        }
        Ok(())
    }
}

/// A key that nobody has used.
fn new_key() -> Result<String, Failure> {
    let mut octets = [0; 16];
    getrandom::fill(&mut octets).map_err(|error| Failure::usage(format!("no random numbers: {error}")))?;
    Ok(hex::encode(octets))
}
