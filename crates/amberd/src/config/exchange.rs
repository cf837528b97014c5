//! CAP messages: what ours are signed with, whose signatures count, and how the public reads them.

use std::net::SocketAddr;
use std::path::PathBuf;

use policy::Channel;
use serde::{Deserialize, Serialize};

/// CAP messages, ours and those of others.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Cap {
    /// The sender of our messages; without it none is written.
    pub(crate) sender: Option<String>,
    /// The sender in words.
    pub(crate) sender_name: Option<String>,
    /// The private key that signs them: PKCS #8 in PEM.
    pub(crate) key: Option<PathBuf>,
    /// The certificate of that key, in PEM.
    pub(crate) certificate: Option<PathBuf>,
    /// Whether messages of senders that are not listed must be signed.
    pub(crate) signature: Signature,
    /// Certificates that vouch for senders that are not listed, in PEM.
    pub(crate) trust: Vec<PathBuf>,
    /// Senders with a rule of their own.
    pub(crate) senders: Vec<Sender>,
}

/// A sender with a rule of its own.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sender {
    /// The sender, as its messages name it.
    pub(crate) name: String,
    /// Whether its messages must be signed.
    #[serde(default)]
    pub(crate) signature: Signature,
    /// Certificates that vouch for it, in PEM: its own, or of who issued that.
    #[serde(default)]
    pub(crate) trust: Vec<PathBuf>,
}

/// Whether a message must be signed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Signature {
    /// It may be. Where certificates are named, what is signed must lead to one of them.
    #[default]
    Optional,
    /// It must be, by whom a certificate vouches for.
    Required,
}

impl Cap {
    /// Every file that is named.
    pub(crate) fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let own = self.key.iter_mut().chain(&mut self.certificate).chain(&mut self.trust);
        own.chain(self.senders.iter_mut().flat_map(|sender| &mut sender.trust))
    }

    /// Refuses what could not work, as far as that goes without the files.
    pub(crate) fn check(&self) -> Result<(), String> {
        let parts = [self.sender.is_some(), self.key.is_some(), self.certificate.is_some()];
        if parts.contains(&true) && parts.contains(&false) {
            return Err("cap: expected sender, key and certificate, or none of them, found some".into());
        }
        let odd = |name: &str| name.is_empty() || name.contains([' ', ',', '<', '&']);
        if let Some(found) = self.sender.as_ref().filter(|sender| odd(sender)) {
            return Err(format!(
                "cap.sender: expected a name without blank, comma, < and &, found {found:?}"
            ));
        }
        let rules = self.senders.iter().map(|sender| (&*sender.name, sender.signature, &sender.trust));
        for (name, signature, trust) in
            rules.chain([("those that are not listed", self.signature, &self.trust)])
        {
            if signature == Signature::Required && trust.is_empty() {
                return Err(format!(
                    "cap: senders: expected certificates in trust where signature is \"required\", found none for {name}"
                ));
            }
        }
        Ok(())
    }
}

/// The public feed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Feed {
    /// Where it listens; without it there is no feed.
    pub(crate) listen: Option<SocketAddr>,
    /// Where readers reach it.
    pub(crate) public_url: Option<String>,
    /// Its certificate chain, in PEM; with the key it speaks HTTPS.
    pub(crate) certificate: Option<PathBuf>,
    /// The key of that certificate, in PEM.
    pub(crate) key: Option<PathBuf>,
    /// Readers come through a proxy, which speaks HTTPS for it and names them in `X-Forwarded-For`.
    pub(crate) behind_proxy: bool,
    /// The channels whose alerts are published.
    pub(crate) channels: Vec<Channel>,
    /// How long a cancel stays in the feed, in seconds.
    pub(crate) cancel_kept_s: u32,
    /// Connections at once.
    pub(crate) connections_max: usize,
    /// Connections of one reader at once; 0 is no limit.
    pub(crate) connections_per_reader_max: u32,
    /// Requests of one reader in a minute; 0 is no limit.
    pub(crate) requests_per_minute: u32,
}

impl Default for Feed {
    fn default() -> Self {
        Self {
            listen: None,
            public_url: None,
            certificate: None,
            key: None,
            behind_proxy: false,
            channels: vec![Channel::Live],
            cancel_kept_s: 86_400,
            connections_max: 4_096,
            connections_per_reader_max: 32,
            requests_per_minute: 120,
        }
    }
}

impl Feed {
    /// Every file that is named.
    pub(crate) fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        self.certificate.iter_mut().chain(&mut self.key)
    }

    /// Refuses what could not work, as far as that goes without the files.
    pub(crate) fn check(&self, cap: &Cap) -> Result<(), String> {
        if self.listen.is_none() {
            return Ok(());
        }
        if cap.sender.is_none() {
            return Err("feed.listen: expected cap.sender with it, found none".into());
        }
        let is_address = |url: &String| {
            let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
            host.is_some_and(|host| {
                !host.is_empty() && !host.ends_with('/') && !host.contains(['"', '<', ' '])
            })
        };
        if !self.public_url.as_ref().is_some_and(is_address) {
            let found = self.public_url.as_deref().unwrap_or("none");
            return Err(format!(
                "feed.public_url: expected https://… without a slash at its end, found {found:?}"
            ));
        }
        match (&self.certificate, &self.key, self.behind_proxy) {
            (Some(_), Some(_), false) | (None, None, true) => Ok(()),
            _ => Err("feed: expected certificate and key, or behind_proxy = true, and not both".into()),
        }
    }
}
